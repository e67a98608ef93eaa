"""The site side (现场): what a rescue unit's crew sees and does of the one incident their unit is bound to.

A crew has no right to command. Every verb asks first, with the incident's row locked, whether the unit is bound to
it now; then it is done by the verbs of command in the crew's name. From the moment the unit is released on, nothing
of the incident is the crew's any more.
"""

from dataclasses import replace

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import dispatch, records, rerouting, tasks
from command.moving import text
from gis_data.roads.network import Network
from gis_data.roads.routes import Route, Unreachable
from models.clock import Instant
from models.errors import BadInput, NotFound, Refused
from models.rules.incident.site import SAYS, Sheet, sheet
from models.rules.incident.state import Incident as State
from models.store.db import tenant_of
from models.tables import Assignment, Incident, ResponseUnit
from tickets.moving import Actor

ACT, LEAD = "site.act", "site.lead"
STEPS = (
    "acknowledged",
    "en_route",
    "staging",
    "on_scene",
    "transporting",
    "at_destination",
    "returning",
    "clear",
)
"""What a crew may say of itself: all but that it is called off."""
AGAIN_S = 600.0
"""The same words of the same crew within this are one report: over a weak link a press is sent twice."""


def is_crew(actor: Actor) -> bool:
    """Say whether somebody sees an incident as a unit's crew and in no other way."""
    return ACT in actor.can and bool(actor.force) and "command.view" not in actor.can


def unit_of(session: Session, *, actor: Actor) -> ResponseUnit:
    """Return the unit whose crew the actor is; Refused without `site.act` or a unit in use."""
    row = session.get(ResponseUnit, (tenant_of(session), actor.force)) if actor.force else None
    if ACT not in actor.can or actor.unit or row is None or not row.active:
        raise Refused(f"{actor.ref} is no crew on site", permission=ACT)
    return row


def present(session: Session, *, actor: Actor) -> Sheet | None:
    """Return the crew's part of the incident their unit is bound to, None while it is bound to none."""
    unit = unit_of(session, actor=actor).code
    state = _bound(session, unit, lock=False)
    return None if state is None else sheet(state, unit)


def seen(session: Session, number: int, *, actor: Actor, lock: bool = False) -> Sheet:
    """Return the crew's part of an incident; NotFound unless their unit is bound to it now. lock : until the end."""
    unit = unit_of(session, actor=actor).code
    state = _bound(session, unit, lock=lock)
    found = sheet(state, unit) if state is not None and state.id == number else None
    if found is None:
        raise NotFound(f"no incident {number}")
    return found


def _bound(session: Session, unit: str, *, lock: bool) -> State | None:
    asked = (
        select(Incident.picture)
        .join(Assignment, Assignment.incident_id == Incident.id)
        .where(Assignment.unit == unit, Assignment.closed_at.is_(None))
    )
    picture = session.scalar(asked.with_for_update(of=Incident) if lock else asked)
    return None if picture is None else msgspec.convert(picture, State, str_keys=True)


def commanding(session: Session, number: int, *, actor: Actor) -> Actor:
    """Return the crew as the verbs of command know an actor, the incident locked; NotFound unless it is theirs."""
    return _lent(seen(session, number, actor=actor, lock=True), actor)


def _lent(found: Sheet, actor: Actor) -> Actor:
    name = f"{found.assignment.label}{SAYS}{actor.name}"
    return replace(actor, name=name, can=frozenset({"command.view", "command.act"}), district="")


def way(session: Session, network: Network, *, actor: Actor) -> Route | Unreachable | None:
    """Return the way the crew has still before it, to be drawn; None while it is bound to nothing."""
    found = present(session, actor=actor)
    if found is None:
        return None
    who = _lent(found, actor)
    return rerouting.route_of(session, network, found.assignment.assignment, actor=who)


# --- verbs ----------------------------------------------------------------------------------


def step(session: Session, number: int, progress: str, *, actor: Actor, now: Instant) -> None:
    """Move the unit's own assignment on; WrongStatus with what `may` follow, nothing when it was told already."""
    if progress not in STEPS:
        raise BadInput(f"progress {progress!r}", field="progress")
    found = seen(session, number, actor=actor, lock=True)
    own = found.assignment.assignment
    dispatch.move_unit(session, own, progress, actor=_lent(found, actor), now=now)


def deliver(session: Session, number: int, *, actor: Actor, now: Instant) -> None:
    """Write down that the orders to the unit stand on its screen."""
    found = seen(session, number, actor=actor, lock=True)
    for order in found.orders:
        records.deliver_order(session, number, order.order, actor=_lent(found, actor), now=now)


def answer(
    session: Session, number: int, order: int, *, said: str, done: bool, actor: Actor, now: Instant
) -> None:
    """Answer an order to the unit; NotFound for one to others."""
    found = seen(session, number, actor=actor, lock=True)
    who = _lent(found, actor)
    known = next((each for each in found.orders if each.order == order), None)
    if known is None:
        raise NotFound(f"no order {order}")
    last = known.answers[-1] if known.answers else None
    if last and last[1:] == (who.name, said.strip()) and not done and now - last[0] < AGAIN_S:
        return
    records.answer_order(session, number, order, said=said, done=done, actor=who, now=now)


def begin_task(session: Session, number: int, task: int, *, actor: Actor, now: Instant) -> None:
    """Take a task of the unit on."""
    who = _task(session, number, task, actor)
    tasks.start_task(session, number, task, actor=who, now=now)


def move_task(
    session: Session, number: int, task: int, percent: int, *, note: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Say how far a task of the unit is, 1 to 100: with 100 it is done."""
    who = _task(session, number, task, actor)
    if percent == 100:
        tasks.finish_task(session, number, task, note=note, actor=who, now=now)
    else:
        tasks.progress_task(session, number, task, percent, note=note, actor=who, now=now)


def report(session: Session, number: int, *, said: str, actor: Actor, now: Instant) -> None:
    """Write what the crew sees into the incident's timeline; the same words again at once say nothing."""
    found = seen(session, number, actor=actor, lock=True)
    who, said = _lent(found, actor), text(said, "text")
    if any(r.by == who.name and r.text == said and now - r.at < AGAIN_S for r in found.reports):
        return
    records.remark(session, number, said=said, actor=who, now=now)


def order(
    session: Session, number: int, unit: str, *, said: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Give an order to another unit of the same incident; Refused without `site.lead`."""
    if LEAD not in actor.can:
        raise Refused(f"{actor.ref} lacks {LEAD}", permission=LEAD)
    found = seen(session, number, actor=actor, lock=True)
    if unit not in [other.unit for other in found.others]:
        raise BadInput(f"{unit} is not on the incident", field="unit")
    records.order(session, number, to="", said=said, unit=unit, actor=_lent(found, actor), now=now)


def _task(session: Session, number: int, task: int, actor: Actor) -> Actor:
    found = seen(session, number, actor=actor, lock=True)
    if task not in [each.task for each in found.tasks]:
        raise NotFound(f"no task {task}")
    return _lent(found, actor)
