"""How every incident moves: its row locked, the rule asked, the event folded into it and put into the outbox.

The row holds the picture after its last event, so live screens, the row and a replay of the log are one fold.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused
from models.events.incident import AnyIncidentEvent
from models.rules import incident as rules
from models.rules.incident.moves import MACHINE, MOVES, Verb, lawful
from models.rules.incident.state import Incident as State
from models.rules.incident.state import Picture
from models.store import outbox, streams
from models.tables import Incident
from tickets.moving import Actor

TEXT_MAX = 5000
TITLE_MAX = 100
SYSTEM = Actor(0, "系统", frozenset({MACHINE, "command.view", "command.report", "command.act"}))
"""Timers, positions and the exchange."""


@dataclass(slots=True)
class Held:
    """An incident in the hand of a verb: its row, locked, and what it is now; `tell` moves both on."""

    row: Incident
    state: State
    actor: Actor
    now: Instant

    def facts(self, note: str = "") -> dict[str, Any]:
        """Return the fields every event of this moment shares; BadInput when the note is too long."""
        at = max(self.now, self.state.at)  # two clocks never turn the order round
        return {
            "id": f"incident-{self.row.id}-{self.state.seq + 1}", "at": at, "actor": self.actor.ref,
            "by": self.actor.name, "incident": self.row.id, "seq": self.state.seq + 1,
            "note": text(note, "note", owed=False),
        }  # fmt: skip


def sees(actor: Actor) -> ColumnElement[bool]:
    """True of the incidents an actor may see: all, or those of his district and those nobody has placed yet."""
    if not actor.district:
        return true()
    return Incident.district.in_((actor.district, ""))


def take(session: Session, incident_id: int, verb: Verb, *, actor: Actor, now: Instant) -> Held:
    """Lock an incident for a verb as `hold` does; WrongStatus where its status does not allow it."""
    held = hold(session, incident_id, verb, actor=actor, now=now)
    lawful(verb, held.state.status)
    return held


def hold(session: Session, incident_id: int, verb: Verb, *, actor: Actor, now: Instant) -> Held:
    """Lock an incident whatever its status; Refused without the verb's right, NotFound outside the actor's scope.

    A unit of the tickets (承办单位) takes no part in command.
    """
    right = MOVES[verb].permission
    if right not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {right}", permission=right)
    row = session.scalar(
        select(Incident)
        .where(Incident.id == incident_id, sees(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(f"no incident {incident_id}")
    return Held(row, msgspec.convert(row.picture, State, str_keys=True), actor, now)


def tell(session: Session, held: Held, event: AnyIncidentEvent) -> None:
    """Fold an event into the row and put it into the outbox; more than one may follow in a transaction."""
    folded = rules.reduce(Picture(held.state), event).incident
    held.state = folded
    write(held.row, folded)
    outbox.record(session, streams.incident_stream(held.row.tenant_id), event)
    session.flush()  # the outbox keeps the order in which they were told


def write(row: Incident, state: State) -> None:
    """Set the row to a state."""
    row.seq, row.status, row.title = state.seq, state.status, state.title
    row.kind, row.type = state.kind, state.type
    row.grade, row.colour, row.level = state.grade, state.colour, state.level
    row.district, row.lon, row.lat = state.place.district, state.place.lon, state.place.lat
    ended = state.times.get("ended") or state.times.get("cancelled")
    row.ended_at = to_datetime(ended) if ended else None
    row.picture = msgspec.to_builtins(state, str_keys=True)


def read(session: Session, incident_id: int, *, actor: Actor) -> State:
    """Return an incident as it is now; Refused without command.view, NotFound outside the actor's scope.

    A unit of the tickets (承办单位) takes no part in command.
    """
    if "command.view" not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks command.view", permission="command.view")
    found = session.scalar(select(Incident.picture).where(Incident.id == incident_id, sees(actor)))
    if found is None:
        raise NotFound(f"no incident {incident_id}")
    return msgspec.convert(found, State, str_keys=True)


def text(given: str, field: str, *, owed: bool = True, most: int = TEXT_MAX) -> str:
    """Return a text as it is kept; BadInput names the field when it is owed and empty, or too long."""
    said = given.strip()
    if (owed and not said) or len(said) > most or "\0" in said:
        raise BadInput(f"wrong {field}", field=field)
    return said
