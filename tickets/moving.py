"""How every ticket moves: one compare-and-set of the row, its history line, its event in the outbox.

`take` locks the row by the UPDATE that moves it, so of two who press at once one gets WrongStatus.
What a verb still finds wrong afterwards it raises, and the caller's transaction takes all of it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, exists, or_, select, true, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.ticket import AnyTicketEvent
from models.rules.tickets import MOVES, Move, Verb, lawful
from models.rules.tickets.choices import STAFF, STAFF_PERMISSION
from models.rules.tickets.moves import OPENERS, permitted
from models.rules.tickets.policy import Policy
from models.rules.tickets.recognition import IntakePolicy
from models.rules.tickets.seal import SEALED, seal
from models.store import outbox, streams
from models.store.chain import audit
from models.tables import Parameter, Ticket, TicketHistory, TicketLeg, Unit
from tickets import steps

TEXT_MAX = 5000
NOT_OF_STAFF: frozenset[Verb] = frozenset({"answer", "assign", "merge"})
"""Moves that a complaint about the hotline's own staff does not make: it is looked into, and settled."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moves a ticket: a signed-in person, or the system itself (`user_id` 0).

    can : permissions; unit : code of the person's unit, empty for the centre; district : the only one
    the person may see, empty for the whole city; agent_no : the person's 工号, empty for none; force : code of the
    response unit whose crew the person is, empty for none.
    """

    user_id: int
    name: str
    can: frozenset[str]
    unit: str = ""
    district: str = ""
    agent_no: str = ""
    force: str = ""

    @property
    def ref(self) -> str:
        """Return the actor as events name it."""
        return f"user:{self.user_id}" if self.user_id else "system"


@dataclass(frozen=True, slots=True)
class Taken:
    """A ticket in the hand of a verb: its row, locked, already in its new state.

    texts : what its sealed texts were, without those the verb has set; of a new ticket there are none.
    """

    row: Ticket
    verb: Verb | Literal["open"]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def envelope_id(self) -> str:
        """Return the id of the event of this very version."""
        return f"ticket-{self.row.id}-{self.row.version}"


def take(session: Session, ticket_id: int, verb: Verb, actor: Actor, **values: object) -> Taken:
    """Move the row and hold it; Refused, NotFound, or WrongStatus with what may be done instead.

    values : columns to set with it; a `status` among them stands instead of where the move leads.
    """
    table = moves(session) if actor.user_id else MOVES  # a tenant's table is for people, not timers
    move, theirs = _right(table, verb, actor)
    target = {"status": move.target} if move.target else {}
    row = session.scalar(
        update(Ticket)
        .where(Ticket.id == ticket_id, Ticket.status.in_(move.sources), *theirs)
        .values(version=Ticket.version + 1, **{**target, **values})
        .returning(Ticket)
        .execution_options(populate_existing=True)
    )
    if row is None:
        status: Any = session.scalar(select(Ticket.status).where(Ticket.id == ticket_id))
        if status is None:
            raise NotFound(f"no ticket {ticket_id}")
        lawful(verb, status, {**table, verb: move})
        if theirs:
            raise Refused(f"{actor.ref} did not register it", permission=table[verb].permission)
        raise NotFound(f"ticket {ticket_id} moved meanwhile")
    if row.kind == STAFF and actor.user_id:
        _of_own_staff(session, row, verb, actor)
    return Taken(row, verb, {name: getattr(row, name) for name in SEALED if name not in values})


def _right(
    table: Mapping[Verb, Move], verb: Verb, actor: Actor
) -> tuple[Move, list[ColumnElement[bool]]]:
    """Return the move as this actor may make it, and of which tickets only; Refused for one who may not."""
    move = table[verb]
    if permitted(verb, actor.can, table):
        return move, []
    own = OPENERS.get(verb)
    if own is None or own.permission not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {move.permission}", permission=move.permission)
    return own, [Ticket.opened_by == actor.user_id]


def _of_own_staff(session: Session, row: Ticket, verb: Verb, actor: Actor) -> None:
    """Raise unless the actor may know of this complaint about the hotline's own staff, which goes to no unit."""
    mine = select(Ticket.id).where(Ticket.id == row.id, not_about(actor))
    if session.scalar(mine) is None:
        raise NotFound(f"no ticket {row.id}")
    if verb in NOT_OF_STAFF:
        raise WrongStatus(f"{verb} of a complaint about our own staff", cap="staff")


def not_about(actor: Actor) -> ColumnElement[bool]:
    """True of every ticket but complaints about the hotline's own staff that the actor may not know of.

    They are for those who hold `STAFF_PERMISSION` at the centre, and never for the person complained of.
    """
    ordinary = Ticket.kind != STAFF
    if actor.unit or STAFF_PERMISSION not in actor.can:
        return ordinary
    if not actor.agent_no:
        return true()
    about = exists().where(
        TicketHistory.ticket_id == Ticket.id, TicketHistory.verb == "open",
        TicketHistory.event["about"].as_string() == actor.agent_no,
    )  # fmt: skip
    return or_(ordinary, ~about)


def tell(session: Session, taken: Taken, actor: Actor, event: AnyTicketEvent) -> None:
    """Seal the texts it set, write the history line, put the event into the outbox, let the centre's clocks follow."""
    texts = {name: getattr(taken.row, name) for name in SEALED}
    changed = [name for name in SEALED if taken.texts.get(name) != texts[name]]
    event = msgspec.structs.replace(event, seal=seal(taken.row.query_code, texts, changed))
    session.add(
        TicketHistory(
            tenant_id=taken.row.tenant_id, ticket_id=taken.row.id, at=to_datetime(event.at),
            actor=actor.ref, actor_name=actor.name, verb=taken.verb, status=taken.row.status,
            note=event.note, event=msgspec.to_builtins(event),
        )
    )  # fmt: skip
    outbox.record(session, streams.ticket_stream(taken.row.tenant_id), event)
    if taken.row.kind == STAFF:
        audit(
            session, actor=actor.ref, verb=f"staff_{taken.verb}", subject=f"ticket:{taken.row.no}",
            now=event.at,
        )  # fmt: skip
    steps.follow(session, taken.row, who=actor.name, now=event.at)


def facts(taken: Taken, actor: Actor, now: Instant, note: str = "") -> dict[str, Any]:
    """Return the fields every ticket event shares; BadInput when the note is longer than a text may be."""
    if len(note) > TEXT_MAX or "\0" in note:
        raise BadInput("a text is too long", field="note")
    return {
        "id": taken.envelope_id, "at": now, "actor": actor.ref, "ticket": taken.row.id,
        "note": note.strip(), "status": taken.row.status,
    }  # fmt: skip


def owed(text: str, field: str) -> None:
    """Raise BadInput when a text that is owed is empty, or longer than a text may be."""
    if not text.strip():
        raise BadInput(f"{field} is empty", field=field)
    if len(text) > TEXT_MAX or "\0" in text:
        raise BadInput(f"{field} is too long", field=field)


def legs(session: Session, ticket_id: int) -> list[TicketLeg]:
    """Return the parts of the present assignment, the lead first, without those that units gave back; or none."""
    turn = (
        select(TicketLeg.turn)
        .where(TicketLeg.ticket_id == ticket_id, TicketLeg.number > 0)
        .order_by(TicketLeg.turn.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = session.scalars(
        select(TicketLeg)
        .where(TicketLeg.ticket_id == ticket_id, TicketLeg.turn == turn, TicketLeg.number > 0)
        .order_by(TicketLeg.number)
        .execution_options(populate_existing=True)
    )
    parts = list(found)
    if not parts or parts[0].returned_at:  # with the lead's part the assignment is over
        return []
    return [leg for leg in parts if leg.returned_at is None]


def own_leg(session: Session, ticket_id: int, actor: Actor) -> TicketLeg:
    """Return the open part that the actor's unit, or one below it, holds; Refused if there is none."""
    units = set(units_below(session, actor.unit)) if actor.unit else set()
    for leg in legs(session, ticket_id):
        if leg.handled_at is None and (leg.holder in units or leg.unit == actor.unit != ""):
            return leg
    raise Refused(f"ticket {ticket_id} is not with {actor.unit or 'the centre'}")


def units_below(session: Session, code: str) -> list[str]:
    """Return a unit's code and those of all units below it."""
    tree = select(Unit.code).where(Unit.code == code).cte(recursive=True)
    below = select(Unit.code).join(tree, Unit.parent == tree.c.code)
    return list(session.scalars(select(tree.union_all(below).c.code)))


def moves(session: Session) -> Mapping[Verb, Move]:
    """Return the tenant's table of moves as it is now: ours, with what the tenant decided otherwise."""
    own = session.scalar(select(Parameter.value).where(Parameter.name == "moves"))
    return {**MOVES, **msgspec.convert(own, dict[Verb, Move])} if own else MOVES


def intake_policy(session: Session) -> IntakePolicy:
    """Return the tenant's parameters of intake as they are now."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "intake"))
    return msgspec.convert(value, IntakePolicy) if value is not None else IntakePolicy()


def policy(session: Session) -> Policy:
    """Return the tenant's parameters as they are now."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "workflow"))
    return msgspec.convert(value, Policy) if value is not None else Policy()
