"""What the screens of the centre show beside the floor: arrangement, incidents, notable tickets, city, duty.

All of it is read again at every change and now and then: it stands in rows, so a restart shows the same.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from command import onscreen, queries
from command.display import lasting
from command.duty import acting, roster
from gis_data import state as city_state
from gis_data.coordinates import from_wgs84
from models.clock import Instant, day_of, to_datetime
from models.rules.incident.changes import brief
from models.rules.incident.moves import OPEN
from models.rules.incident.state import Incident as State
from models.rules.incident.state import level_key
from models.rules.tickets.choices import STAFF
from models.tables import CityState, Incident, Screen, ScreenItem, Ticket
from tickets import today
from tickets.blotting import blotted

Section = dict[str, Any]
NOTABLE = 20
STEPS = 12
"""Changes shown of an incident, the latest first."""
POINTS = 200
"""Readings of one bureau that are drawn; the rest are counted."""
_WORST = {"severe": 0, "warning": 1, "notice": 2, "": 3}


def sections(session: Session, *, district: str, now: Instant, datum: str) -> Section:
    """Return every section as someone of a district (empty: the whole city) may see it.

    Points are in `xy` as a map on tiles of `datum` draws them. Nothing in it depends on a language.
    """
    zone = acting.zone(session)
    start, end = day_of(now, zone)
    rows = _incidents(session, start, district)
    labels = queries.labels(session)
    incidents = {str(one.id): _shown(one, labels, datum) for one in rows}
    return {
        "screens": {row.code: _screen(row) for row in session.scalars(select(Screen))},
        "items": _items(session, incidents, labels, district, datum, now),
        "incidents": incidents,
        "day": {"day": [start, end], **figures(rows, labels, start, end)},
        "notable": _notable(session, start, end, district),
        "city": bureaus(city_state.current(session, now=now), datum, now),
        "duty": [
            {
                "level": one.level, "label": one.label, "slot": one.slot, "name": one.name,
                "position": one.position, "offices": list(one.offices), "start": one.start,
                "end": one.end,
            }
            for one in roster.on_duty(session, now=now)
        ],
        **onscreen.sections(session, district=district, now=now, datum=datum),
    }  # fmt: skip


# --- incidents ------------------------------------------------------------------------------


def _incidents(session: Session, start: Instant, district: str) -> list[State]:
    """Return what is open, and what was reported since `start`, the newest first."""
    wanted = [or_(Incident.status.in_(OPEN), Incident.reported_at >= to_datetime(start))]
    if district:
        wanted.append(Incident.district.in_((district, "")))
    rows = session.scalars(
        select(Incident.picture)
        .where(*wanted)
        .order_by(Incident.reported_at.desc(), Incident.id.desc())
    )
    return [msgspec.convert(row, State, str_keys=True) for row in rows]


def figures(rows: Iterable[State], labels: dict[str, str], start: Instant, end: Instant) -> Section:
    """Count the incidents reported in [start, end) by type and by status; exercises apart, as lists can (J-02).

    types : [code, label, how many], the most first.
    """
    day = [row for row in rows if start <= row.reported < end]
    real = [row for row in day if not row.exercise]
    types = Counter(row.type for row in real).most_common()
    return {
        "total": len(real), "exercises": len(day) - len(real),
        "types": [[code, labels.get(code, code), number] for code, number in types],
        "statuses": dict(Counter(row.status for row in real).most_common()),
    }  # fmt: skip


def _shown(one: State, labels: dict[str, str], datum: str) -> Section:
    """Return an incident's static and dynamic data (K-18): a brief, where it is drawn, and its course."""
    done = sum(bool(task.done) for task in one.tasks.values())
    return {
        **brief(one), "title": _said(one.title), "address": _said(one.place.address),
        "label": labels.get(one.type, one.type), "source": one.source, "happened": one.happened,
        "xy": _xy(one.place.lon, one.place.lat, datum), "merged": len(one.merged),
        "done": done, "steps": course(one),
    }  # fmt: skip


def course(one: State) -> list[list[Any]]:
    """Return what changed, the latest first, as [at, what, of, words]; what, of: the key of the sentence.

    Of a level the words are the key of its own word.
    """
    found: list[list[Any]] = [[at, "status", status, ""] for status, at in one.times.items()]
    found += [
        [each.decided_at, "level", each.field, level_key(each.field, each.now)]
        for each in one.revisions.values() if each.state == "set"
    ]  # fmt: skip
    found += [[each.at, "report", each.stage, ""] for each in one.reports.values()]
    found += [[each.at, "plan", each.level, _said(each.title)] for each in one.plans.values()]
    found += [
        [at, "unit", progress, each.label]
        for each in one.assignments.values() for progress, at in each.times.items()
    ]  # fmt: skip
    found += [
        [each.done, "task", "", _said(each.title)] for each in one.tasks.values() if each.done
    ]
    found += [[each.at, "remark", "", _said(each.text)] for each in one.remarks.values()]
    return sorted(found, key=lambda step: -step[0])[:STEPS]


def _said(text: str) -> str:
    """Return what somebody typed without numbers of people: a wall is read by whoever passes."""
    return blotted(text, (), everything=True)


def _xy(lon: float | None, lat: float | None, datum: str) -> list[float]:
    """Return where a map draws a place, empty for none."""
    if lon is None or lat is None:
        return []
    return [round(float(each), 6) for each in from_wgs84(lon, lat, datum)]


# --- tickets --------------------------------------------------------------------------------


def _notable(session: Session, start: Instant, end: Instant, district: str) -> list[Section]:
    """Return the day's urgent tickets and emergencies, the newest first."""
    wanted = [
        Ticket.opened_at >= to_datetime(start), Ticket.opened_at < to_datetime(end),
        Ticket.kind != STAFF, or_(Ticket.emergency, Ticket.urgency != "normal"),
    ]  # fmt: skip
    if district:
        wanted.append(Ticket.district == district)
    order = (Ticket.opened_at.desc(), Ticket.id.desc())
    rows = session.scalars(select(Ticket).where(*wanted).order_by(*order).limit(NOTABLE)).all()
    return today.lines(session, rows)


# --- screens --------------------------------------------------------------------------------


def _screen(row: Screen) -> Section:
    return {
        "label": row.label, "pages": row.pages, "panels": row.panels, "rotation": row.rotation,
        "focus": row.focus or 0, "position": row.position, "rev": row.rev,
    }  # fmt: skip


def _items(
    session: Session, incidents: dict[str, Section], labels: dict[str, str], district: str,
    datum: str, now: Instant,
) -> list[Section]:  # fmt: skip
    """Return what the console put on the screens, with the thing itself; what a district may not see is left out."""
    rows = session.scalars(
        select(ScreenItem)
        .where(lasting(now))
        .order_by(ScreenItem.screen, ScreenItem.position, ScreenItem.id)
    ).all()
    refs = {kind: {row.ref for row in rows if row.kind == kind} for kind in ("incident", "ticket")}
    things = {
        "incident": _old(session, refs["incident"], incidents, labels, district, datum),
        "ticket": _tickets(session, refs["ticket"], district),
        "state": {
            f"{row.bureau}/{row.key}": _point(row, datum)
            for row in city_state.current(session, now=now)
        } if any(row.kind == "state" for row in rows) else {},
    }  # fmt: skip
    found = []
    for row in rows:
        thing = things[row.kind].get(row.ref) if row.kind != "text" else {}
        if thing is not None:
            found.append({
                "id": row.id, "screen": row.screen, "kind": row.kind, "ref": row.ref,
                "state": row.state, "text": row.text, "by": row.by, "at": row.at.timestamp(),
                "until": row.until.timestamp() if row.until else 0, "thing": thing,
            })  # fmt: skip
    return found


def standing(session: Session, *, datum: str, now: Instant) -> list[Section]:
    """Return what the console put on the screens of the whole city; see `sections`."""
    return _items(session, {}, queries.labels(session), "", datum, now)


def _old(
    session: Session, wanted: set[str], incidents: dict[str, Section], labels: dict[str, str],
    district: str, datum: str,
) -> dict[str, Section]:  # fmt: skip
    """Return the incidents items name; those of days past are read."""
    found = {ref: incidents[ref] for ref in wanted if ref in incidents}
    for ref in wanted - found.keys():
        state = queries.state_of(session, int(ref))
        if state is not None and (not district or state.place.district in (district, "")):
            found[ref] = _shown(state, labels, datum)
    return found


def _tickets(session: Session, wanted: set[str], district: str) -> dict[str, Section]:
    rows = session.scalars(
        select(Ticket).where(
            Ticket.no.in_(wanted), Ticket.kind != STAFF, *([Ticket.district == district] if district else []),
        )
    ).all() if wanted else []  # fmt: skip
    return {line["no"]: line for line in today.lines(session, rows)}


# --- the city -------------------------------------------------------------------------------


def bureaus(known: Iterable[CityState], datum: str, now: Instant) -> list[Section]:
    """Return the five bureaus in their order: their points, the worst first, and how many of them are stale (J-04)."""
    by: dict[str, list[CityState]] = {name: [] for name in city_state.BUREAUS}
    for row in known:
        by[row.bureau].append(row)
    found = []
    for name, rows in by.items():
        rows.sort(
            key=lambda row: (row.until.timestamp() <= now, _WORST[row.level], -row.at.timestamp())
        )
        found.append({
            "bureau": name, "points": [_point(row, datum) for row in rows[:POINTS]], "total": len(rows),
            "at": max((row.at.timestamp() for row in rows), default=0),
        })  # fmt: skip
    return found


def _point(row: CityState, datum: str) -> Section:
    return {
        "bureau": row.bureau, "key": row.key, "label": row.label, "value": row.value, "unit": row.unit,
        "level": row.level, "at": row.at.timestamp(), "until": row.until.timestamp(),
        "xy": _xy(row.lon, row.lat, datum),
    }  # fmt: skip
