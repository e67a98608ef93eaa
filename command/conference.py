"""会商: people of the phone book called together for an incident, the floor granted by the chair (K-09).

The verbs and their events are here; calling, muting and recording is the exchange's, and what it says of a member
comes back as `move_member`.
"""

from collections.abc import Iterable
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.moving import TITLE_MAX, Held, take, tell, text
from models.clock import Instant
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.response import (
    ConferenceAsked,
    ConferenceEnded,
    ConferenceMoved,
    FloorGranted,
    MemberState,
)
from models.rules.incident.moves import MACHINE
from models.rules.incident.state import Conference
from models.tables import DutyContact, DutyGroup, DutyMember
from tickets.moving import Actor

MEMBERS_MOST = 60
STATES: tuple[MemberState, ...] = get_args(MemberState)


def confer(
    session: Session, incident_id: int, *, title: str, people: Iterable[int] = (), groups: Iterable[int] = (),
    record: bool = True, actor: Actor, now: Instant,
) -> int:  # fmt: skip
    """Ask that people and whole groups of the phone book are called together; return the conference's number.

    BadInput names `title`, or `to` when it reaches nobody or more than `MEMBERS_MOST`.
    """
    held = take(session, incident_id, "confer", actor=actor, now=now)
    chosen = set(groups)
    names = session.scalars(
        select(DutyGroup.name).where(DutyGroup.id.in_(chosen)).order_by(DutyGroup.name)
    )
    of_groups = select(DutyMember.contact_id).where(DutyMember.group_id.in_(chosen))
    found = session.execute(
        select(DutyContact.id, DutyContact.name)
        .where(DutyContact.active, DutyContact.id.in_(of_groups) | DutyContact.id.in_(set(people)))
        .order_by(DutyContact.id)
    )
    members = {f"contact:{row.id}": row.name for row in found}
    if not 0 < len(members) <= MEMBERS_MOST:
        raise BadInput(f"{len(members)} members", field="to")
    number = len(held.state.conferences) + 1
    event = ConferenceAsked(
        conference=number, title=text(title, "title", most=TITLE_MAX), groups=tuple(names.all()), members=members,
        chair=actor.name, record=record, **held.facts(),
    )  # fmt: skip
    tell(session, held, event)
    return number


def grant_floor(
    session: Session, incident_id: int, number: int, member: str, *, granted: bool, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """发言控制: let a member speak, or no longer; WrongStatus when it is so already or the conference is over."""
    held = take(session, incident_id, "confer", actor=actor, now=now)
    conference = _open(held, number, member)
    if (member in conference.granted) == granted:
        raise WrongStatus(f"{member} has the floor: {granted}", cap="moved")
    tell(
        session,
        held,
        FloorGranted(conference=number, member=member, granted=granted, **held.facts()),
    )


def move_member(
    session: Session, incident_id: int, number: int, member: str, state: MemberState, *, actor: Actor, now: Instant
) -> bool:  # fmt: skip
    """Take what the exchange says of a member; False when it was known. Only the machinery may."""
    if MACHINE not in actor.can:
        raise Refused(f"{actor.ref} lacks {MACHINE}", permission=MACHINE)
    held = take(session, incident_id, "move_conference", actor=actor, now=now)
    if state not in STATES:
        raise BadInput("wrong state", field="state")
    if _open(held, number, member).members[member] == state:
        return False
    tell(
        session,
        held,
        ConferenceMoved(conference=number, member=member, state=state, **held.facts()),
    )
    return True


def end_conference(
    session: Session, incident_id: int, number: int, *, recording: str = "", actor: Actor, now: Instant
) -> None:  # fmt: skip
    """A conference is over; WrongStatus when it was already. `recording` : its reference, if one was kept."""
    held = take(session, incident_id, "move_conference", actor=actor, now=now)
    _open(held, number)
    kept = text(recording, "recording", owed=False, most=500)
    tell(session, held, ConferenceEnded(conference=number, recording=kept, **held.facts()))


def _open(held: Held, number: int, member: str = "") -> Conference:
    conference = held.state.conferences.get(number)
    if conference is None or (member and member not in conference.members):
        raise NotFound(f"no conference {number} with {member}")
    if conference.ended:
        raise WrongStatus(f"conference {number} is over", cap="moved")
    return conference
