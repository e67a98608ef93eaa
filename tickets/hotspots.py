"""Hotspots of the tickets a query asks for: counted in PostgreSQL under the actor's scope, drawn by gis_data."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from h3.api import basic_str as h3
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import Session

from gis_data.city.bundle import City
from gis_data.gazetteer.reverse import Surface
from gis_data.hotspots import periods
from gis_data.hotspots.board import Board, Counts
from gis_data.hotspots.board import board as drawn
from gis_data.hotspots.periods import stretches
from gis_data.hotspots.result import LeftOut, Period
from gis_data.hotspots.surge import factor
from gis_data.hotspots.terrain import Terrain, terrain_around, terrain_of_city
from models.clock import Instant, day_of, to_datetime
from models.errors import BadInput
from models.rules.places import LOCATED, cell_range
from models.rules.places import RESOLUTION as KEPT
from models.tables import Ticket
from tickets.criteria import Criteria, located_as, where, within
from tickets.moving import Actor
from tickets.terms import calendar

RESOLUTION = 8
"""Hexagons of about 0.7 km2: a quarter. 9 shows streets, and needs more tickets."""
TRENDS = 3
"""Consecutive earlier periods that the trends look at."""


class Asked(NamedTuple):
    """The period asked for, what it is compared with, and the consecutive ones before it with theirs."""

    period: Period
    baseline: tuple[Period, ...]
    before: tuple[tuple[Period, tuple[Period, ...]], ...]

    @property
    def earlier(self) -> set[Period]:
        """Return every period but the present one."""
        return {*self.baseline, *(p for each, own in self.before for p in (each, *own))}


def board(
    session: Session,
    criteria: Criteria,
    *,
    city: City | None,
    actor: Actor,
    now: Instant,
    zone: str,
    resolution: int = RESOLUTION,
    trends: int = TRENDS,
    present: Counts | None = None,
) -> Board:
    """Return all three layers of what a query asks for, with the numbers its lists have.

    The period is that of the criteria, today where they name none, and ends now at the latest. `present` are its
    counts where they are known already. Refused as the query itself; BadInput for a period that is empty or a
    resolution that is not 5 to 9.
    """
    asked = plan(session, criteria, now=now, zone=zone, trends=trends)
    wanted = asked.earlier | ({asked.period} if present is None else set())
    counts = counted(
        session, criteria, wanted, actor=actor, now=now, resolution=min(resolution, KEPT)
    )
    if present is not None:
        counts[asked.period] = present
    ground = terrain(city, resolution, counts.values())
    return drawn(
        ground, asked.period, counts, baseline=asked.baseline, before=asked.before, made_at=now
    )


def plan(
    session: Session, criteria: Criteria, *, now: Instant, zone: str, trends: int = TRENDS
) -> Asked:
    """Return the periods a board is made of; BadInput when the one asked for is empty."""
    start, _ = day_of(now, zone)
    period = Period(criteria.since or start, min(criteria.until or now, now))
    if period.until <= period.since:
        raise BadInput("an empty period", field="until")
    oldest = oldest_of(session, now)
    days = calendar(session)

    def worked(day: date) -> bool:
        return days.is_workday(day)

    def own(each: Period) -> tuple[Period, ...]:
        return periods.baseline(each, zone, worked=worked, oldest=oldest)

    before = [each for each in periods.before(period, zone, trends) if each.since >= oldest]
    return Asked(period, own(period), tuple((each, own(each)) for each in before))


def oldest_of(session: Session, now: Instant) -> Instant:
    """Return when the first ticket there is was opened."""
    first = session.scalar(select(func.min(Ticket.opened_at)))
    return first.timestamp() if first else now


def counted(
    session: Session,
    criteria: Criteria,
    wanted: Collection[Period],
    *,
    actor: Actor,
    now: Instant,
    resolution: int = KEPT,
) -> dict[Period, Counts]:
    """Return the tickets of each period that the criteria, their period aside, ask for, by cells of `resolution`.

    Time is cut at every edge of a period and each ticket counted once, in its stretch, however many periods share
    it: the baselines of consecutive weeks are mostly the same weeks.
    """
    if not wanted:
        return {}
    conditions = where(session, msgspec.structs.replace(criteria, since=0, until=0), actor, now)
    cuts = stretches(wanted)
    told: defaultdict[Period, list[Any]] = defaultdict(list)
    for row in session.execute(union_all(*_by_stretch(cuts, conditions, resolution))):
        told[cuts[row[0]]].append(row[1:])
    return {
        period: _counts_of_rows(
            row for cut in cuts if period.since <= cut.since < period.until for row in told[cut]
        )
        for period in wanted
    }


def _by_stretch(
    cuts: Sequence[Period], conditions: list[ColumnElement[bool]], resolution: int
) -> Iterator[Select[Any]]:
    """Yield one count a stretch: PostgreSQL shares them out among its workers, and reads the index alone."""
    for number, cut in enumerate(cuts):
        fine = (
            select(Ticket.h9, Ticket.district, Ticket.precision, func.count().label("tickets"))
            .where(Ticket.opened_at >= to_datetime(cut.since), Ticket.opened_at < to_datetime(cut.until))
            .where(*conditions).group_by(Ticket.h9, Ticket.district, Ticket.precision).subquery()
        )  # fmt: skip
        how = located_as(fine.c.precision)
        cell = case((how == "yes", func.coalesce(within(fine.c.h9, resolution), 0)), else_=-1)
        yield (
            select(literal(number, Integer), cell, fine.c.district, how, cast(func.sum(fine.c.tickets), BigInteger))
            .group_by(cell, fine.c.district, how)
        )  # fmt: skip


def _counts_of_rows(rows: Iterable[Any]) -> Counts:
    cells: Counter[int] = Counter()
    districts, left = Counter[str](), Counter[str]()
    for cell, district, how, tickets in rows:
        if cell >= 0:
            cells[cell] += tickets
        districts[district] += tickets
        left[how] += tickets
    return counts_of(cells.items(), districts, left)


def counts_of(
    cells: Iterable[tuple[int, int]], districts: Mapping[str, int], left: Mapping[str, int]
) -> Counts:
    """Return counts from (cell, tickets), district -> tickets, and located -> tickets."""
    pairs = np.array(list(cells), np.int64).reshape(-1, 2)
    out = LeftOut(left.get("area", 0), left.get("default", 0), left.get("no", 0))
    return Counts(pairs[:, 0], pairs[:, 1].astype(np.float64), dict(districts), out)


def terrain(city: City | None, resolution: int, counts: Iterable[Counts] = ()) -> Terrain:
    """Return the city's cells; without a city those around the tickets, or around nowhere."""
    if city is not None and len(city.districts):
        return terrain_of_city(city, resolution)
    seen = np.concatenate([np.empty(0, np.int64), *(each.h9 for each in counts)])
    seen = seen[seen > 0]
    if not len(seen):
        seen = np.array([cell_range("8041fffffffffff")[0]], np.int64)
    return terrain_around(seen, resolution)


def opens(criteria: Criteria, board: Board, *cells: str) -> Criteria:
    """Return what a press on these cells lists: exactly the tickets counted there."""
    return msgspec.structs.replace(
        criteria, since=board.period.since, until=board.period.until, located="yes",
        cells=",".join(cells),
    )  # fmt: skip


def brief(board: Board, surface: Surface | None) -> dict[str, Any]:
    """Return what a wall tells of a board: the places raised by test, by name, and whether the whole city surges.

    at : when it was made; places : the surest first, each with its cell, name and district. ratio : 0 where too little
    is usual to tell one.
    """
    city = next((row for row in board.surge.rows if row.level == "city"), None)
    places = []
    for hot in board.ranking:
        if not (hot.clustered or hot.surging):
            continue
        lat, lon = h3.cell_to_latlng(hot.cell)
        at = surface.at(lon, lat) if surface else None
        places.append(
            {
                "cell": hot.cell, "name": at.name if at else "", "district": at.district if at else "",
                "tickets": hot.tickets, "surging": hot.surging,
                "ratio": round(factor(hot.ratio, hot.expected), 1) if hot.surging else 0,
                "trend": hot.trend, "lon": round(lon, 5), "lat": round(lat, 5),
            }
        )  # fmt: skip
    return {
        "at": board.made_at, "total": board.total, "city": bool(city and city.raised), "places": places,
    }  # fmt: skip


def brief_of_district(told: dict[str, Any], code: str) -> dict[str, Any]:
    """Return what somebody of one district may see of a brief; all of it for the whole city (an empty code)."""
    if not code:
        return told
    own = [place for place in told["places"] if place["district"] == code]
    return {**told, "total": -1, "city": False, "places": own}


# --- the day, field by field ----------------------------------------------------------------


def field_of(row: Any, zone: str) -> str:  # noqa: ANN401 - a ticket, or a row with its columns
    """Return where the live counts hold a ticket: local hour, cell or how little is known, district, category.

    The same from a ticket and from its columns: what is live and what is counted again cannot differ by form.
    """
    hour = datetime.fromtimestamp(row.opened_at.timestamp(), ZoneInfo(zone)).strftime("%H")
    place = f"{row.h9 or 0:x}" if row.located == "yes" else row.located
    return f"{hour}|{place}|{row.district}|{row.category}"


def fields(
    session: Session, day: Period, zone: str, *, ids: Collection[int] | None = None
) -> dict[int, str]:
    """Return ticket -> its field, of the tickets opened in `day`, or of those with these ids."""
    query = select(
        Ticket.id, Ticket.opened_at, Ticket.h9, Ticket.district, Ticket.category,
        located_as(Ticket.precision).label("located"),
    ).where(Ticket.opened_at >= to_datetime(day.since), Ticket.opened_at < to_datetime(day.until))  # fmt: skip
    if ids is not None:
        query = query.where(Ticket.id == any_(literal(list(ids), ARRAY(BigInteger))))
    return {row.id: field_of(row, zone) for row in session.execute(query)}


def counts_of_fields(told: Mapping[str, int]) -> Counts:
    """Return the live counts as a board takes them."""
    cells, districts, left = Counter[int](), Counter[str](), Counter[str]()
    for name, tickets in told.items():
        _, place, district, _ = name.split("|", 3)
        districts[district] += tickets
        if place in LOCATED:
            left[place] += tickets
        else:
            cells[int(place, 16)] += tickets
    return counts_of(cells.items(), districts, left)
