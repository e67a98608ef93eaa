"""Incidents (突发事件): reported from a ticket, a hotspot, a surge or by hand, and their course to the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple, get_args

import msgspec
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command import plotting
from command.moving import TITLE_MAX, Held, sees, take, tell, text, write
from command.starting import start_by_itself
from gis_data.city.bundle import City
from gis_data.coordinates import in_china
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident import course as e
from models.rules import incident as rules
from models.rules.incident.state import Incident as State
from models.store import outbox, streams
from models.store.db import tenant_of
from models.tables import Incident, IncidentTicket, IncidentType, Ticket
from models.tables.incident import INCIDENT_NUMBERS
from tickets.moving import Actor
from tickets.queries import seen

REPORT = "command.report"
NOWHERE = e.Place()
SOURCES: tuple[e.Source, ...] = get_args(e.Source)


@dataclass(frozen=True, slots=True)
class Form:
    """What is said of a new incident.

    type : code of an incident type; happened : seconds, 0 = now; ticket : the id of the ticket it came from,
    0 = none; origin : makes the same sending one incident (the form's token, a hotspot's or surge's key).
    """

    type: str
    title: str
    place: e.Place = NOWHERE
    source: e.Source = "manual"
    happened: Instant = 0.0
    exercise: bool = False
    ticket: int = 0
    origin: str = ""
    note: str = ""


class Type(NamedTuple):
    """A type as forms offer it."""

    code: str
    kind: str
    label: str


def types(session: Session) -> list[Type]:
    """Return the active types, in the tenant's order."""
    found = session.execute(
        select(IncidentType.code, IncidentType.kind, IncidentType.label)
        .where(IncidentType.active)
        .order_by(IncidentType.position, IncidentType.code)
    )
    return [Type(code, kind, label) for code, kind, label in found]


def report(
    session: Session, form: Form, *, city: City | None = None, actor: Actor, now: Instant
) -> State:
    """Open an incident; the same form, ticket, hotspot or surge sent twice is one.

    Refused without command.report; BadInput names the field; NotFound for a ticket the actor does not see;
    WrongStatus, with `incident`, when the ticket tells of one already, and where what this was sent for before is not
    the actor's to see. What the tenant lets start by itself starts, see `starting`.
    """
    if REPORT not in actor.can:
        raise Refused(f"{actor.ref} lacks {REPORT}", permission=REPORT)
    title, note = text(form.title, "title", most=TITLE_MAX), text(form.note, "note", owed=False)
    kind = _kind(session, form.type)
    if form.source not in SOURCES:
        raise BadInput("wrong source", field="source")
    if not 0 <= form.happened <= now + 60:
        raise BadInput("it has not happened yet", field="happened")
    if form.origin and (known := _by_origin(session, form.origin, actor)) is not None:
        return known
    ticket = seen(session, form.ticket, actor=actor) if form.ticket else None
    place = placed(form.place)
    number = f"TF{session.scalar(INCIDENT_NUMBERS)}"
    row = Incident(
        tenant_id=tenant_of(session), no=number, seq=1, status="reported", kind=kind, type=form.type,
        title=title, exercise=form.exercise, origin=form.origin, reported_at=to_datetime(now),
        reported_by=actor.user_id, picture={},
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus("this form is being saved", cap="saved") from error
    event = e.IncidentReported(
        id=f"incident-{row.id}-1", at=now, actor=actor.ref, by=actor.name, incident=row.id, seq=1,
        note=note, no=number, kind=kind, incident_type=form.type, title=title, source=form.source, place=place,
        happened=form.happened or now, exercise=form.exercise, ticket=form.ticket,
        call=ticket.call_key if ticket else "", origin=form.origin,
    )  # fmt: skip
    state = rules.reduce(None, event).incident
    write(row, state)
    outbox.record(session, streams.incident_stream(row.tenant_id), event)
    session.flush()
    if ticket is not None:
        _bind(session, row.id, ticket.id)
    held = Held(row, state, actor, now)
    start_by_itself(session, held, city)
    return held.state


def escalate(
    session: Session, ticket_id: int, type_: str, *, exercise: bool = False, note: str = "",
    city: City | None = None, actor: Actor, now: Instant,
) -> State:  # fmt: skip
    """Open an incident from a ticket in one press: its title, place and call are the ticket's."""
    ticket = seen(session, ticket_id, actor=actor)
    protected = ticket.confidential or ticket.anonymous
    label = session.scalar(select(IncidentType.label).where(IncidentType.code == type_)) or type_
    happened = ticket.happened_at or ticket.opened_at
    form = Form(
        type=type_, title=label if protected else ticket.title[:TITLE_MAX], source="ticket",
        place=e.Place(ticket.lon, ticket.lat, "" if protected else ticket.address, ticket.district),
        happened=min(happened.timestamp(), now), exercise=exercise, ticket=ticket_id, note=note,
    )  # fmt: skip
    return report(session, form, city=city, actor=actor, now=now)


def placed(place: e.Place) -> e.Place:
    """Return a place that can be; BadInput (field `place`) for half a point, one outside China, or too long words.

    A point outside the city stands: help is sent beyond the border, only no road of ours leads there.
    """
    text(place.address, "address", owed=False, most=200)
    if (place.lon is None) != (place.lat is None):
        raise BadInput("half a point", field="place")
    if place.lon is None or place.lat is None:
        return place
    if not (isfinite(place.lon) and isfinite(place.lat) and in_china(place.lon, place.lat)):
        raise BadInput("a point outside the country", field="place")
    return place


def _kind(session: Session, code: str) -> e.Kind:
    kind = session.scalar(
        select(IncidentType.kind).where(IncidentType.code == code, IncidentType.active)
    )
    if kind is None:
        raise BadInput(f"no type {code!r}", field="type")
    found: e.Kind = msgspec.convert(kind, e.Kind)
    return found


def _by_origin(session: Session, origin: str, actor: Actor) -> State | None:
    """Return what a sending became; WrongStatus where it is neither the actor's own nor theirs to see."""
    mine = or_(sees(actor), Incident.reported_by == actor.user_id) if actor.user_id else sees(actor)
    found = session.execute(
        select(Incident.picture, mine).where(Incident.origin == origin)
    ).one_or_none()
    if found is None:
        return None
    picture, shown = found
    if not shown:
        raise WrongStatus("this form was sent by another", cap="saved")
    return msgspec.convert(picture, State, str_keys=True)


def _bind(session: Session, incident_id: int, ticket_id: int) -> None:
    bound = session.scalar(
        insert(IncidentTicket)
        .values(tenant_id=tenant_of(session), ticket_id=ticket_id, incident_id=incident_id)
        .on_conflict_do_nothing()
        .returning(IncidentTicket.incident_id)
    )
    if bound is None:
        other = session.scalar(
            select(IncidentTicket.incident_id).where(IncidentTicket.ticket_id == ticket_id)
        )
        raise WrongStatus(f"ticket {ticket_id} tells of {other}", cap="bound", incident=other)


# --- the course -----------------------------------------------------------------------------


def verify(
    session: Session,
    incident_id: int,
    *,
    note: str,
    city: City | None = None,
    actor: Actor,
    now: Instant,
) -> None:
    """核实; it may start a plan, see `starting`."""
    held = take(session, incident_id, "verify", actor=actor, now=now)
    tell(session, held, e.IncidentVerified(**held.facts(note)))
    start_by_itself(session, held, city)


def respond(session: Session, incident_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """启动处置."""
    held = take(session, incident_id, "respond", actor=actor, now=now)
    tell(session, held, e.ResponseBegun(**held.facts(note)))


def control(session: Session, incident_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """已控制."""
    held = take(session, incident_id, "control", actor=actor, now=now)
    tell(session, held, e.IncidentControlled(**held.facts(note)))


def relapse(session: Session, incident_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """险情反复; a reason is owed."""
    held = take(session, incident_id, "relapse", actor=actor, now=now)
    tell(session, held, e.IncidentRelapsed(**held.facts(text(note, "note"))))


def end(session: Session, incident_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """应急终止; the reason is owed."""
    held = take(session, incident_id, "end", actor=actor, now=now)
    tell(session, held, e.IncidentEnded(**held.facts(text(note, "note"))))


def close(session: Session, incident_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """结案; WrongStatus, with `owed`, while something is: afterwards nobody could see to it from the incident."""
    held = take(session, incident_id, "close", actor=actor, now=now)
    owed = owing(session, held.state, now=now)
    if owed:
        raise WrongStatus(f"still owed: {', '.join(owed)}", cap="owing", owed=owed)
    tell(session, held, e.IncidentClosed(**held.facts(note)))


def owing(session: Session, state: State, *, now: Instant) -> list[str]:
    """Return what keeps an incident from being closed: units, tasks, closures its drawings made, final."""
    checks = {
        "units": any(a.open for a in state.assignments.values()),
        "tasks": any(task.open for task in state.tasks.values()),
        "closures": bool(plotting.open_closures(session, state.id, now=now)),
        "final": all(report.stage != "final" for report in state.reports.values()),
    }
    return [name for name, holds in checks.items() if holds]


def cancel(
    session: Session, incident_id: int, *, note: str, into: int = 0, actor: Actor, now: Instant
) -> None:
    """误报撤销, or another report of incident `into`, to which its tickets go; WrongStatus while units are out.

    A false alarm opens the roads its drawings shut; of an event that goes on as `into` somebody has to see to them
    first: WrongStatus, too.
    """
    if into:  # both rows are locked, the lower first, so that two cancelling each other do not wait for ever
        ids = sorted({into, incident_id})
        locked = session.scalars(
            select(Incident.id).where(Incident.id.in_(ids)).order_by(Incident.id).with_for_update()
        ).all()
        if into == incident_id or into not in locked:
            raise BadInput("no such incident", field="into")
    held = take(session, incident_id, "cancel", actor=actor, now=now)
    if any(a.open for a in held.state.assignments.values()):
        raise WrongStatus("units are out", cap="owing", owed=["units"])
    if not into:
        plotting.lift_all(session, held)
    elif plotting.open_closures(session, incident_id, now=now):
        raise WrongStatus("roads are shut", cap="owing", owed=["closures"])
    if into:
        main = take(session, into, "merge_report", actor=actor, now=now)
        if main.state.exercise != held.state.exercise:
            # a real event would leave every list and figure of what is real, or a drill would enter them
            raise BadInput("an exercise and a real event", field="into", cap="exercise")
        session.execute(
            update(IncidentTicket)
            .where(IncidentTicket.incident_id == incident_id)
            .values(incident_id=into)
        )
        for merged in held.state.merged.values():
            facts = main.facts(held.row.no)
            tell(
                session,
                main,
                e.ReportMerged(ticket=merged.ticket, no=merged.no, call=merged.call, **facts),
            )
    tell(session, held, e.IncidentCancelled(into=into, **held.facts(text(note, "note"))))


def amend(
    session: Session, incident_id: int, *, title: str | None = None, type_: str | None = None,
    place: e.Place | None = None, note: str = "", city: City | None = None, actor: Actor, now: Instant,
) -> None:  # fmt: skip
    """更正 title, type or place; what is None stays, and nothing to change is BadInput. It may start a plan."""
    held = take(session, incident_id, "amend", actor=actor, now=now)
    changed = e.IncidentAmended(
        title=text(title, "title", most=TITLE_MAX) if title not in (None, held.state.title) else None,
        kind=_kind(session, type_) if type_ not in (None, held.state.type) else None,
        incident_type=type_ if type_ != held.state.type else None,
        place=placed(place) if place not in (None, held.state.place) else None,
        **held.facts(note),
    )  # fmt: skip
    if changed.title is None and changed.incident_type is None and changed.place is None:
        raise BadInput("nothing is changed", field="title")
    tell(session, held, changed)
    start_by_itself(session, held, city)


# --- merged reports -------------------------------------------------------------------------


def merge_report(
    session: Session, incident_id: int, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:  # fmt: skip
    """合并接报: a ticket the actor sees tells of it too; WrongStatus when it tells of one already."""
    ticket = seen(session, ticket_id, actor=actor)
    held = take(session, incident_id, "merge_report", actor=actor, now=now)
    _bind(session, incident_id, ticket_id)
    event = e.ReportMerged(ticket=ticket_id, no=ticket.no, call=ticket.call_key, **held.facts(note))
    tell(session, held, event)


def part_report(
    session: Session, incident_id: int, ticket_id: int, *, note: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """A merged ticket tells of something else; why is owed."""
    held = take(session, incident_id, "part_report", actor=actor, now=now)
    row = session.get(IncidentTicket, (tenant_of(session), ticket_id))
    if row is None or row.incident_id != incident_id:
        raise NotFound(f"ticket {ticket_id} does not tell of {incident_id}")
    session.delete(row)
    tell(session, held, e.ReportParted(ticket=ticket_id, **held.facts(text(note, "note"))))


def of_ticket(session: Session, ticket_id: int, *, actor: Actor) -> tuple[int, str] | None:
    """Return id and number of the incident a ticket tells of, if the actor may see it."""
    found = session.execute(
        select(Incident.id, Incident.no)
        .join(IncidentTicket, IncidentTicket.incident_id == Incident.id)
        .where(IncidentTicket.ticket_id == ticket_id, sees(actor))
    ).first()
    return (found.id, found.no) if found else None


def tickets_of(session: Session, incident_id: int) -> Sequence[Ticket]:
    """Return the tickets that tell of an incident, the first report first."""
    return session.scalars(
        select(Ticket)
        .join(IncidentTicket, IncidentTicket.ticket_id == Ticket.id)
        .where(IncidentTicket.incident_id == incident_id)
        .order_by(Ticket.opened_at, Ticket.id)
    ).all()
