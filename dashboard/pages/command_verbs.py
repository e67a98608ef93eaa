"""What the verbs of the command page do with what their forms say."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from command import (
    conference,
    dispatch,
    incidents,
    levels,
    moving,
    plans,
    records,
    supplies,
    tasks,
)
from dashboard.door import city, ground
from dashboard.pages.context import place
from dashboard.pages.dispatch import roads
from dashboard.views import clock
from models.errors import BadInput, NotFound
from models.events.incident.course import Place
from models.rules.incident.state import Incident
from tickets import queries as ticket_queries
from tickets.moving import Actor
from tickets.placing import by_address

Values = Mapping[str, Any]
Move = Callable[[Session, int, int, Values, Actor, float], object]


def report(session: Session, v: Values, who: Actor, at: float) -> Incident:
    """Open an incident from the form; the tickets it began with become its reports, as far as they are free."""
    token = _text(v, "token")
    form = incidents.Form(
        type=_text(v, "type"), title=_text(v, "title"), place=_place(v), source=_chosen(v, "source") or "manual",
        happened=_moment(session, v, "happened"), exercise=bool(v.get("exercise")), note=_text(v, "note"),
        origin=f"form:{token}" if token else "",
    )  # fmt: skip
    state = incidents.report(session, form, city=city(session), actor=who, now=at)
    for no in filter(None, _text(v, "tickets").split(",")):
        row = ticket_queries.whole(session, no, actor=who, now=at).row
        if incidents.of_ticket(session, row.id, actor=who) is None:
            incidents.merge_report(session, state.id, row.id, actor=who, now=at)
    return state


def _text(values: Values, name: str) -> str:
    return str(values.get(name) or "")


def _chosen(values: Values, name: str) -> Any:  # noqa: ANN401 - one of a list, the service judges which
    return _text(values, name)


def _number(values: Values, name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _moment(session: Session, values: Values, name: str) -> float:
    return clock.instant(_text(values, name), place(session).zone, name)


def _place(values: Values) -> Place:
    """Read a typed `lon,lat` and address; without a point the address's own, where it leaves no doubt."""
    spot, address = _text(values, "point").strip(), _text(values, "address").strip()
    if not spot:
        return _named(address)
    try:
        lon, lat = (float(part) for part in spot.replace("，", ",").split(","))
    except ValueError:
        raise BadInput("no point", field="point") from None
    return located(lon, lat, address)


def _named(address: str) -> Place:
    try:
        here = ground()
        found = by_address(here.gazetteer, here.surface, address) if address else None
    except NotFound:
        return Place(address=address)
    return located(found.lon, found.lat, address) if found else Place(address=address)


def located(lon: float, lat: float, address: str = "") -> Place:
    """Return a place with its district; outside the city it has none."""
    incidents.placed(Place(lon, lat, address))
    try:
        here = ground().surface.at(lon, lat)
    except NotFound:
        return Place(lon, lat, address)
    return Place(lon, lat, address, here.district if here.inside else "")


def _noted(verb: Callable[..., object]) -> Move:
    return lambda s, i, _n, v, who, at: verb(s, i, note=_text(v, "note"), actor=who, now=at)


def _numbered(verb: Callable[..., object]) -> Move:
    return lambda s, i, n, v, who, at: verb(s, i, n, note=_text(v, "note"), actor=who, now=at)


def _amend(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    state = moving.read(session, incident, actor=who)
    spot = _place(v)
    incidents.amend(
        session, incident, title=_text(v, "title"), type_=_text(v, "type"),
        place=spot if spot != state.place else None, note=_text(v, "note"), city=city(session), actor=who, now=at,
    )  # fmt: skip


def _merge(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    whole = ticket_queries.whole(session, _text(v, "ticket").strip(), actor=who, now=at)
    incidents.merge_report(
        session, incident, whole.row.id, note=_text(v, "note"), actor=who, now=at
    )


def _ask_level(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    field = _chosen(v, "field")
    if field not in levels.CHOICES:
        raise BadInput("which field?", field="field")
    was = getattr(moving.read(session, incident, actor=who), field)
    levels.ask_level(
        session, incident, field, _text(v, "value"), was=was, reason=_text(v, "reason"), city=city(session),
        actor=who, now=at,
    )  # fmt: skip


def _add_task(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    minutes = _number(v, "minutes")
    tasks.add_task(
        session, incident, title=_text(v, "title"), role=_text(v, "role"), due=at + minutes * 60 if minutes else 0.0,
        after=tuple(int(number) for number in v.get("after") or ()), said=_text(v, "said"), actor=who, now=at,
    )  # fmt: skip


MOVES: Mapping[str, Move] = {
    "verify": lambda s, i, _n, v, who, at: incidents.verify(
        s, i, note=_text(v, "note"), city=city(s), actor=who, now=at
    ),
    "respond": _noted(incidents.respond),
    "control": _noted(incidents.control),
    "relapse": _noted(incidents.relapse),
    "end": _noted(incidents.end),
    "close": _noted(incidents.close),
    "cancel": lambda s, i, _n, v, who, at: incidents.cancel(
        s, i, into=int(_text(v, "into") or 0), note=_text(v, "note"), actor=who, now=at
    ),
    "amend": _amend,
    "merge_report": _merge,
    "part_report": _numbered(incidents.part_report),
    "ask_level": _ask_level,
    "approve_level": lambda s, i, n, v, who, at: levels.approve_level(
        s, i, n, note=_text(v, "note"), city=city(s), actor=who, now=at
    ),
    "refuse_level": _numbered(levels.refuse_level),
    "activate_plan": lambda s, i, n, v, who, at: plans.activate(
        s, i, n, level=_chosen(v, "level"), reason=_text(v, "reason"), actor=who, now=at
    ),
    "add_task": _add_task,
    "start_task": lambda s, i, n, _v, who, at: tasks.start_task(s, i, n, actor=who, now=at),
    "progress_task": lambda s, i, n, v, who, at: tasks.progress_task(
        s, i, n, int(_number(v, "percent")), note=_text(v, "note"), actor=who, now=at
    ),
    "finish_task": _numbered(tasks.finish_task),
    "drop_task": _numbered(tasks.drop_task),
    "file_report": lambda s, i, _n, v, who, at: records.file_report(
        s, i, _chosen(v, "stage"), said=_text(v, "said"), to=_text(v, "to"), actor=who, now=at
    ),
    "order": lambda s, i, _n, v, who, at: records.order(
        s, i, to=_text(v, "to"), said=_text(v, "said"), actor=who, now=at
    ),
    "answer_order": lambda s, i, n, v, who, at: records.answer_order(
        s, i, n, said=_text(v, "said"), done=bool(v.get("done")), actor=who, now=at
    ),
    "ask_decision": lambda s, i, _n, v, who, at: records.ask_decision(
        s, i, question=_text(v, "question"), actor=who, now=at
    ),
    "decide": lambda s, i, n, v, who, at: records.decide(
        s, i, n, answer=_text(v, "answer"), actor=who, now=at
    ),
    "remark": lambda s, i, _n, v, who, at: records.remark(
        s, i, said=_text(v, "said"), about=_moment(s, v, "about"), actor=who, now=at
    ),
    "change_remark": lambda s, i, n, v, who, at: records.change_remark(
        s, i, n, said=_text(v, "said"), actor=who, now=at
    ),
    "confer": lambda s, i, _n, v, who, at: conference.confer(
        s, i, title=_text(v, "title"), people=[int(one) for one in v.get("people") or ()],
        groups=[int(one) for one in v.get("groups") or ()], record=bool(v.get("record")), actor=who, now=at,
    ),
    "grant_floor": lambda s, i, n, v, who, at: conference.grant_floor(
        s, i, n, _text(v, "member"), granted=True, actor=who, now=at
    ),
    "take_floor": lambda s, i, n, v, who, at: conference.grant_floor(
        s, i, n, _text(v, "member"), granted=False, actor=who, now=at
    ),
    "end_conference": lambda s, i, n, _v, who, at: conference.end_conference(s, i, n, actor=who, now=at),
    "send_unit": lambda s, i, _n, v, who, at: dispatch.assign(
        s, i, _text(v, "member"), capability=_text(v, "need"), network=roads(s), override=_text(v, "override"),
        actor=who, now=at,
    ),
    "cancel_unit": lambda s, _i, n, v, who, at: dispatch.cancel(
        s, n, note=_text(v, "note"), actor=who, now=at
    ),
    "return_supply": lambda s, _i, n, v, who, at: supplies.return_supply(
        s, n, _number(v, "amount"), note=_text(v, "note"), actor=who, now=at
    ),
    "notify": lambda s, i, _n, v, who, at: records.notify(
        s, i, people=[int(one) for one in v.get("people") or ()], groups=[int(one) for one in v.get("groups") or ()],
        to=tuple(filter(None, re.split(r"[,，、]", _text(v, "to")))), said=_text(v, "said"), actor=who, now=at,
    ),
}  # fmt: skip
