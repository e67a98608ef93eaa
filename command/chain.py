"""The response chain (响应过程) of incidents: call, answer, ticket, units, controlled; P50 and P90 of many."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.moving import sees
from command.queries import Criteria, may_see, where
from models.clock import to_datetime
from models.errors import BadInput
from models.rules.floor import Call
from models.rules.incident.chain import (
    SPANS,
    Before,
    Quantiles,
    Step,
    Times,
    quantiles,
    spans,
    times,
)
from models.rules.incident.state import Incident as State
from models.store import ledger
from models.tables import Incident, IncidentTicket, Ticket
from tickets.moving import Actor

By = Literal["type", "kind", "month", "district"]
MOST = 5_000
"""Incidents one statistic may hold; a longer period is asked for in parts."""


def of(session: Session, state: State) -> Times:
    """Return the chain of one incident."""
    return times(state, _before(session, [state.id]).get(state.id, Before()))


class Group(NamedTuple):
    """Incidents of one kind: how many, whether exercises, and P50 and P90 of each part of the chain, seconds."""

    key: str
    exercise: bool
    incidents: int
    parts: Mapping[tuple[Step, Step], Quantiles]


def statistics(
    session: Session, criteria: Criteria, by: By, *, zone: str, actor: Actor
) -> list[Group]:
    """Return the groups of the incidents that meet the criteria, exercises apart; cancelled ones are no response.

    BadInput, field `period`, for more than `MOST`.
    """
    states = chosen(session, criteria, actor=actor)
    before = _before(session, [state.id for state in states])
    parts: dict[tuple[str, bool], list[Mapping[tuple[Step, Step], float | None]]] = defaultdict(
        list
    )
    for state in states:
        found = spans(times(state, before.get(state.id, Before())))
        parts[key_of(state, by, zone), state.exercise].append(found)
    return [
        Group(key, exercise, len(all_), {span: quantiles(each[span] for each in all_) for span in SPANS})
        for (key, exercise), all_ in sorted(parts.items(), key=lambda item: (item[0][1], item[0][0]))
    ]  # fmt: skip


def chosen(session: Session, criteria: Criteria, *, actor: Actor) -> list[State]:
    """Return the incidents that statistics count: all the actor may see that meet the criteria, none cancelled."""
    may_see(actor)
    query = (
        select(Incident.picture)
        .where(sees(actor), *where(criteria), Incident.status != "cancelled")
        .order_by(Incident.reported_at, Incident.id)
        .limit(MOST + 1)
    )
    rows = session.scalars(query).all()
    if len(rows) > MOST:
        raise BadInput(f"more than {MOST} incidents", field="period")
    return [msgspec.convert(row, State, str_keys=True) for row in rows]


def key_of(state: State, by: By, zone: str) -> str:
    """Return the group of an incident: code of its type, kind or district, or the month it was reported in."""
    if by == "month":
        return f"{to_datetime(state.reported).astimezone(ZoneInfo(zone)):%Y-%m}"
    return {"type": state.type, "kind": state.kind, "district": state.place.district}[by]


def _before(session: Session, incidents: Sequence[int]) -> dict[int, Before]:
    """Return what came before each incident: of all its reports the earliest, and the call that report came by."""
    if not incidents:
        return {}
    rows = session.execute(
        select(IncidentTicket.incident_id, Ticket.opened_at, Ticket.call_key)
        .join(Ticket, Ticket.id == IncidentTicket.ticket_id)
        .where(IncidentTicket.incident_id.in_(incidents))
        .order_by(Ticket.opened_at, Ticket.id)
    ).all()
    first: dict[int, tuple[float, str]] = {}
    for incident, opened, key in rows:
        first.setdefault(incident, (opened.timestamp(), key))
    keys = {key for _, key in first.values() if key}
    visits = ledger.visits_of(session, keys) if keys else []
    call_of = {visit.key: (visit.pbx, visit.call) for visit in visits}
    calls: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for visit in visits:
        calls[visit.pbx, visit.call].append(visit)
    return {
        incident: _of_call(calls.get(call_of.get(key, ("", "")), []), opened)
        for incident, (opened, key) in first.items()
    }


def _of_call(visits: Sequence[Call], opened: float) -> Before:
    arrived = [at for visit in visits if (at := visit.arrived or visit.entered)]
    answered = [visit.answered for visit in visits if visit.answered]
    return Before(min(arrived, default=None), min(answered, default=None), opened)
