"""调班: who has a shift asks, the other agrees, an editor of the roster approves; then both shifts change hands."""

from typing import Any, NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from command.duty import roster
from command.duty.acting import (
    EDIT,
    VIEW,
    contact,
    envelope,
    mine,
    require,
    short,
    take_turn,
    tell,
)
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.duty import (
    SwapAgreed,
    SwapApproved,
    SwapAsked,
    SwapDeclined,
    SwapRefused,
)
from models.rules.duty.roster import Cell
from models.store.db import tenant_of
from models.tables import DutyContact, DutyShift, DutySwap
from tickets.moving import Actor

OPEN = ("asked", "agreed")


class Line(NamedTuple):
    """A swap with its people and its shifts; `back` is None when nothing is given for it."""

    row: DutySwap
    who: DutyContact
    other: DutyContact
    shift: DutyShift
    back: DutyShift | None


def ask(
    session: Session,
    shift_id: int,
    other_id: int,
    why: str,
    *,
    back_id: int = 0,
    actor: Actor,
    now: Instant,
) -> DutySwap:
    """Ask another to take one's own coming shift, for one of theirs (`back_id`) or for none.

    Refused unless the shift is the actor's; WrongStatus when it began, or a swap of it is open already.
    """
    require(actor, VIEW)
    me, shift = mine(session, actor), roster.one(session, shift_id)
    if me is None or shift.row.contact_id != me.id:
        raise Refused(f"shift {shift_id} is not {actor.ref}'s", permission=EDIT)
    other = contact(session, other_id)
    if other.id == me.id or not other.user_id:
        raise BadInput("the other needs a login to agree", field="other", reason="no_login")
    _coming(shift.row, me.id, now)
    if back_id:
        _coming(roster.one(session, back_id).row, other.id, now)
    row = DutySwap(
        tenant_id=tenant_of(session), shift_id=shift_id, back_id=back_id or None, contact_id=me.id,
        other_id=other.id, why=short(why, "why", 200), asked_at=to_datetime(now), state="asked",
        version=1,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise WrongStatus(f"a swap of shift {shift_id} is open", reason="open") from error
    line = Line(row, me, other, shift.row, None)
    tell(session, SwapAsked(**_told(line, actor, now)))
    return row


def _coming(row: DutyShift, owner: int, now: Instant) -> None:
    if row.contact_id != owner or row.state != roster.PLANNED:
        raise WrongStatus(f"shift {row.id} changed hands", reason="edited")
    if row.start_at <= to_datetime(now):
        raise WrongStatus(f"shift {row.id} has begun", reason="begun")


def agree(session: Session, swap_id: int, *, actor: Actor, now: Instant) -> None:
    """Take on what one was asked; it then waits for approval. Refused for anybody but the other."""
    line = _answer(session, swap_id, "agreed", actor, now)
    tell(session, SwapAgreed(**_told(line, actor, now)))


def decline(session: Session, swap_id: int, *, actor: Actor, now: Instant) -> None:
    """Decline what one was asked."""
    line = _answer(session, swap_id, "declined", actor, now)
    tell(session, SwapDeclined(**_told(line, actor, now)))


def _answer(session: Session, swap_id: int, state: str, actor: Actor, now: Instant) -> Line:
    require(actor, VIEW)
    me, line = mine(session, actor), one(session, swap_id)
    if me is None or line.other.id != me.id:
        raise Refused(f"swap {swap_id} was not asked of {actor.ref}", permission=EDIT)
    ended = {"ended_at": to_datetime(now), "ended_by": actor.name} if state == "declined" else {}
    return _moved(session, swap_id, ("asked",), state=state, **ended)


def approve(session: Session, swap_id: int, *, actor: Actor, now: Instant) -> None:
    """Change the roster as both agreed; the approver is neither of them.

    WrongStatus when a shift changed hands or began meanwhile, or somebody is on duty elsewhere then.
    """
    require(actor, EDIT)
    take_turn(session)
    line = _moved(
        session, swap_id, ("agreed",), state="approved", ended_at=to_datetime(now),
        ended_by=actor.name,
    )  # fmt: skip
    if actor.user_id and actor.user_id in (line.who.user_id, line.other.user_id):
        raise Refused("nobody approves a swap of their own", permission=EDIT, reason="own")
    given = [(line.shift, line.who, line.other)]
    if line.back is not None:
        given.append((line.back, line.other, line.who))
    for row, owner, _ in given:
        _coming(row, owner.id, now)
        roster.cancelled(session, row.id, now)
    for row, _, taker in given:
        span = row.start_at.timestamp(), row.end_at.timestamp()
        roster.put(session, row.level, Cell(row.day, row.slot, taker.id), span, now)
    tell(session, SwapApproved(**_told(line, actor, now)))


def refuse(session: Session, swap_id: int, why: str, *, actor: Actor, now: Instant) -> None:
    """Refuse a swap, or take back one's own."""
    require(actor, VIEW)
    line, me = one(session, swap_id), mine(session, actor)
    own = me is not None and me.id == line.who.id
    if not own:
        require(actor, EDIT)
    why = short(why, "why", 200)
    line = _moved(
        session, swap_id, OPEN, state="refused", ended_at=to_datetime(now), ended_by=actor.name
    )
    tell(session, SwapRefused(**{**_told(line, actor, now), "why": why}))


def _moved(session: Session, swap_id: int, states: tuple[str, ...], **values: object) -> Line:
    row = session.scalar(
        update(DutySwap)
        .where(DutySwap.id == swap_id, DutySwap.state.in_(states))
        .values(version=DutySwap.version + 1, **values)
        .returning(DutySwap)
        .execution_options(populate_existing=True)
    )
    line = one(session, swap_id)
    if row is None:
        raise WrongStatus(
            f"swap {swap_id} is {line.row.state}", reason="swap", state=line.row.state
        )
    return line


def _told(line: Line, actor: Actor, now: Instant) -> dict[str, Any]:
    row = line.row
    return {
        **envelope(actor, now, f"swap-{row.id}-{row.version}"), "swap": row.id,
        "shift": row.shift_id, "back": row.back_id or 0, "who": line.who.name,
        "other": line.other.name, "start": line.shift.start_at.timestamp(), "why": row.why,
    }  # fmt: skip


def one(session: Session, swap_id: int) -> Line:
    """Return a swap; NotFound for none."""
    found = _lines(session, DutySwap.id == swap_id)
    if not found:
        raise NotFound(f"no swap {swap_id}")
    return found[0]


def listing(session: Session, *, actor: Actor, limit: int = 40) -> list[Line]:
    """Return the swaps one may see: all for editors, else one's own; the open ones and the newest first."""
    require(actor, VIEW)
    where: Any = True
    if EDIT not in actor.can:
        me = mine(session, actor)
        if me is None:
            return []
        where = or_(DutySwap.contact_id == me.id, DutySwap.other_id == me.id)
    return _lines(session, where)[:limit]


def _lines(session: Session, where: Any) -> list[Line]:  # noqa: ANN401 - a condition
    who, other = aliased(DutyContact), aliased(DutyContact)
    shift, back = aliased(DutyShift), aliased(DutyShift)
    found = session.execute(
        select(DutySwap, who, other, shift, back)
        .join(who, who.id == DutySwap.contact_id)
        .join(other, other.id == DutySwap.other_id)
        .join(shift, shift.id == DutySwap.shift_id)
        .outerjoin(back, back.id == DutySwap.back_id)
        .where(where)
        .order_by(DutySwap.state.in_(OPEN).desc(), DutySwap.id.desc())
        .limit(200)
    )
    return [Line(*each) for each in found]
