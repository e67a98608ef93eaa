"""Dispatch (调派): recommend units for an incident, claim one, follow it step by step, let it go.

Of two coordinators who press for one unit, one gets WrongStatus that says who has it. A status belongs to one
assignment: what is told of one that is over, or was told before it began, touches no other.
"""

from dataclasses import replace
from typing import get_args

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from command import capabilities, forces, ways
from command.forces import UnitLine
from command.moving import Held, read, take, tell, text
from command.recommend import MOST, Recommendation
from command.recommend import recommend as choose
from gis_data.roads.network import Network
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.response import CLOSED, NeedSet, Progress, UnitAssigned, UnitMoved
from models.rules.incident.progress import DRIVING, steps
from models.rules.incident.state import Incident as State
from models.store.db import tenant_of
from models.tables import Assignment, ResponseUnit
from tickets.moving import Actor

ACT = "command.act"
PROGRESS: tuple[Progress, ...] = get_args(Progress)
REASON_MAX = 500


def recommend(
    session: Session, incident_id: int, network: Network | None, *, actor: Actor, now: Instant
) -> Recommendation:
    """Return which units to send for what the incident still needs, and why; never a fault for want of a place.

    network : None while no city is active. Refused without command.view, NotFound outside the actor's scope.
    """
    state = read(session, incident_id, actor=actor)
    return _recommended(session, state, open_needs(state), network, actor, now)


def set_need(
    session: Session, incident_id: int, capability: str, count: int, *, actor: Actor, now: Instant, note: str = ""
) -> None:  # fmt: skip
    """Say how many units of a capability the incident needs; 0 takes the need away, the same again says nothing."""
    held = take(session, incident_id, "set_need", actor=actor, now=now)
    if capability not in held.state.needs and capability not in capabilities.offered(session):
        raise BadInput(f"capability {capability!r}", field="capability")
    if not 0 <= count <= MOST:
        raise BadInput(f"count {count}", field="count")
    if held.state.needs.get(capability, 0) != count:
        tell(session, held, NeedSet(capability=capability, count=count, **held.facts(note)))


def open_needs(state: State) -> dict[str, int]:
    """Return capability -> how many units are still to be sent: what is needed without what is bound for it."""
    sent = [a.capability for a in state.assignments.values() if a.open]
    left = {need: count - sent.count(need) for need, count in state.needs.items()}
    return {need: count for need, count in left.items() if count > 0}


def _recommended(
    session: Session, state: State, needs: dict[str, int], network: Network | None, actor: Actor,
    now: Instant,
) -> Recommendation:  # fmt: skip
    lines = forces.everywhere(session, now=now)
    scene = forces.target(network, state.place.lon, state.place.lat)
    seconds = forces.drives(network, scene, [(line.lon, line.lat) for line in lines])
    found = choose(
        needs,
        forces.candidates(lines, seconds, scene, actor=actor),
        forces.floors(session),
        scene.problem,
    )
    cut_off = {ruled.unit for ruled in found.ruled if ruled.why == "no_way"}
    short = any(need.missing for need in found.needs)
    if network is None or scene.stop is None or not cut_off or not short or found.choices:
        return found
    cause, closures = ways.cut_off(network, _first(lines, cut_off), scene.stop)
    return replace(found, problem=cause, closures=closures)


def _first(lines: list[UnitLine], codes: set[str]) -> tuple[float, float]:
    return next((line.lon, line.lat) for line in lines if line.row.code in codes)


# --- claiming -------------------------------------------------------------------------------


def assign(
    session: Session, incident_id: int, unit: str, *, capability: str, network: Network | None, actor: Actor,
    now: Instant, override: str = "",
) -> Assignment:  # fmt: skip
    """Send a unit for a need; return its assignment.

    The recommendation of this very moment is kept with it. A unit that is not among those recommended for the need
    wants a reason: BadInput (field `override`) with `best` and `why`; one that cannot do what is needed comes for no
    need, which stays open. WrongStatus when it is not to be had, with
    `cap` busy and the incident's `no`, `title` and `incident` it is bound to (blank where the actor does not see
    it), or `cap` out_of_service and the `reason`; Refused for a unit of a district that is not the actor's; NotFound
    for an unknown one.
    """
    why = text(override, "override", owed=False, most=REASON_MAX)
    held = take(session, incident_id, "assign", actor=actor, now=now)
    row = _to_be_had(session, unit, actor)
    left = open_needs(held.state)
    needs = left if capability in left or not capability else {**left, capability: 1}
    found = _recommended(session, held.state, needs, network, actor, now)
    chosen = [choice.unit for choice in found.chosen(capability)]
    if unit not in chosen and not why:
        reason = next((ruled.why for ruled in found.ruled if ruled.unit == unit), "")
        best = chosen[0] if chosen else ""
        raise BadInput(f"{unit} is not recommended", field="override", best=best, why=reason)
    ranked = found.ranking.get(capability, ())
    rank = ranked.index(unit) + 1 if unit in ranked else 0
    return _claim(
        session, held, row, network, capability=capability if capability in row.capabilities else "", rank=rank,
        best=chosen[0] if chosen else "", override="" if unit in chosen else why,
    )  # fmt: skip


def _to_be_had(session: Session, code: str, actor: Actor) -> ResponseUnit:
    """Return a unit that can be sent; its row is claimed later, by compare-and-set."""
    row = session.get(ResponseUnit, (tenant_of(session), code), populate_existing=True)
    if row is None or not row.active:
        raise NotFound(f"no response unit {code}")
    if not forces.own(actor, row.district):
        raise Refused(f"{code} belongs to {row.district}", permission=ACT, district=row.district)
    if row.state != "available":
        raise _not_to_be_had(session, row, actor)
    return row


def _not_to_be_had(session: Session, row: ResponseUnit, actor: Actor) -> WrongStatus:
    held = forces.bound(session, actor=actor).get(row.code)
    if held is None:
        return WrongStatus(f"{row.code} is {row.state}", cap=row.state, reason=row.reason)
    return WrongStatus(
        f"{row.code} is bound to {held.no}", cap="busy", unit=row.code, incident=held.incident, no=held.no,
        title=held.title, assignment=held.assignment,
    )  # fmt: skip


def _claim(
    session: Session, held: Held, row: ResponseUnit, network: Network | None, *, capability: str,
    rank: int, best: str = "", override: str = "", implied: bool = False, note: str = "",
) -> Assignment:  # fmt: skip
    won = session.scalar(
        update(ResponseUnit)
        .where(ResponseUnit.code == row.code, ResponseUnit.active, ResponseUnit.state == "available")
        .values(state="committed", reason="")
        .returning(ResponseUnit)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if won is None:  # somebody was sooner
        session.refresh(row)
        raise _not_to_be_had(session, row, held.actor)
    place, (lon, lat) = held.state.place, forces.spot(row)
    scene = forces.target(network, place.lon, place.lat)
    drive = ways.drive(network, (lon, lat), scene.stop)
    assignment = Assignment(
        tenant_id=row.tenant_id, incident_id=held.row.id, unit=row.code, capability=capability,
        progress="dispatched", opened_at=to_datetime(held.now), opened_by=held.actor.user_id,
        routed_at=to_datetime(held.now), seconds=drive.seconds, metres=drive.metres, from_lon=lon,
        from_lat=lat, to_lon=place.lon, to_lat=place.lat, closed=ways.closed_mark(network),
        driven=ways.driven_mark(network),
    )  # fmt: skip
    session.add(assignment)
    session.flush()
    event = UnitAssigned(
        assignment=assignment.id, unit=row.code, label=row.label, capability=capability,
        seconds=drive.seconds, metres=drive.metres, rank=rank, best=best, override=override,
        implied=implied, **held.facts(note),
    )  # fmt: skip
    tell(session, held, event)
    return assignment


# --- step by step ---------------------------------------------------------------------------


def move_unit(
    session: Session, assignment_id: int, progress: str, *, actor: Actor, now: Instant,
    lon: float | None = None, lat: float | None = None, note: str = "", implied: bool = False, told: Instant = 0.0,
) -> tuple[Progress, ...]:  # fmt: skip
    """Move an assignment one step on, with the steps that implies; return what was told, nothing if it was known.

    implied : nobody told the step itself either, it was seen. told : when a device told it, by its own clock.
    NotFound, or WrongStatus with what `may` follow; one that is over stays so, and what was told no later than the
    last step the device told (cap `late`) is that one's past, or comes twice.
    """
    if progress not in PROGRESS:
        raise BadInput(f"progress {progress!r}", field="progress")
    row, held = _taken(session, assignment_id, actor, now)
    state = held.state.assignments[assignment_id]
    if told and told <= state.told and progress != state.progress:
        raise WrongStatus(f"{row.unit} told a later step already", cap="late")
    taken = steps(state.progress, progress, state.times)
    for step in taken:
        event = UnitMoved(
            assignment=assignment_id, unit=row.unit, progress=step, implied=implied or step != progress,
            lon=lon if step == progress else None, lat=lat if step == progress else None, told=told,
            **held.facts(note if step == progress else ""),
        )  # fmt: skip
        tell(session, held, event)
    if taken:
        _step(session, row, taken[-1], now)
    return taken


def cancel(
    session: Session, assignment_id: int, *, note: str, actor: Actor, now: Instant
) -> tuple[Progress, ...]:
    """撤销 an assignment, wherever the unit is; why is owed."""
    said = text(note, "note", most=REASON_MAX)
    return move_unit(session, assignment_id, "cancelled", actor=actor, now=now, note=said)


def _taken(
    session: Session, assignment_id: int, actor: Actor, now: Instant
) -> tuple[Assignment, Held]:
    incident = session.scalar(select(Assignment.incident_id).where(Assignment.id == assignment_id))
    if incident is None:
        raise NotFound(f"no assignment {assignment_id}")
    held = take(session, incident, "move_unit", actor=actor, now=now)
    row = session.get_one(Assignment, assignment_id, populate_existing=True)
    if row.closed_at is not None:
        raise WrongStatus(f"assignment {assignment_id} is over", cap="over", progress=row.progress)
    return row, held


def _step(session: Session, row: Assignment, progress: Progress, now: Instant) -> None:
    """Write a step into the row; the last one sets the unit free."""
    if progress in DRIVING and row.progress not in DRIVING:
        row.routed_at = to_datetime(now)  # the drive begins now
    row.progress = progress
    if progress in CLOSED:
        row.closed_at = to_datetime(now)
        session.flush()
        session.execute(
            update(ResponseUnit)
            .where(ResponseUnit.code == row.unit, ResponseUnit.state == "committed")
            .values(state="available")
        )
    session.flush()


# --- what units report of themselves ---------------------------------------------------------


def report(
    session: Session, unit: str, progress: str, *, at: Instant, incident: int = 0, network: Network | None,
    actor: Actor, now: Instant, lon: float | None = None, lat: float | None = None, told: Instant = 0.0,
) -> tuple[Progress, ...]:  # fmt: skip
    """Take down a step that a unit tells of itself; return what was told of it.

    at : when it was so, by our clock; told : by its device's own. A unit on its way to an `incident` it was never
    sent to gets the dispatch that implies. WrongStatus, cap `late`, for what was so before its assignment began, or
    told no later than what the device told last; cap `other` for an incident it is not bound to; cap `unbound` for one
    that is bound to none.
    """
    if progress not in PROGRESS:
        raise BadInput(f"progress {progress!r}", field="progress")
    row = session.scalar(
        select(Assignment).where(Assignment.unit == unit, Assignment.closed_at.is_(None))
    )
    if row is None:
        if progress not in ("en_route", "on_scene") or not incident:
            raise WrongStatus(f"{unit} is bound to nothing", cap="unbound")
        row = imply(session, incident, unit, network=network, actor=actor, now=now)
    elif incident and row.incident_id != incident:
        raise WrongStatus(
            f"{unit} is bound to {row.incident_id}", cap="other", incident=row.incident_id
        )
    elif at < row.opened_at.timestamp():
        raise WrongStatus(f"{unit} told it before it was sent", cap="late")
    return move_unit(session, row.id, progress, actor=actor, now=now, lon=lon, lat=lat, told=told)


def imply(
    session: Session, incident_id: int, unit: str, *, network: Network | None, actor: Actor, now: Instant
) -> Assignment:  # fmt: skip
    """Insert the dispatch of a unit that was seen on its way without one; WrongStatus when it is bound elsewhere."""
    held = take(session, incident_id, "assign", actor=actor, now=now)
    row = _to_be_had(session, unit, actor)
    left = open_needs(held.state)
    capability = next((need for need in sorted(left) if need in row.capabilities), "")
    return _claim(session, held, row, network, capability=capability, rank=0, implied=True)
