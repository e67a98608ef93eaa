"""The centre's own steps: to accept, dispatch, review, call back, re-examine: legs without a unit, each with its clock.

Their numbers stand below those of the units' parts, so `moving.legs` and the history's fold know nothing of them.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.deadlines import Lamp, Stage, lamp
from models.rules.tickets.moves import WITH_UNIT
from models.tables import Ticket, TicketHistory, TicketLeg
from tickets import terms

NUMBERS: Mapping[Stage, int] = {
    "dispatch": 0, "review": -1, "callback": -2, "reexamine": -3, "accept": -4,
}  # fmt: skip
"""Step -> the number of its leg."""
STEP = TicketLeg.number <= 0
RUNS = and_(STEP, TicketLeg.handled_at.is_(None))
OWES = or_(
    Ticket.status.in_([state for state in terms.STAGE_OF if state != "reviewed"]),
    and_(Ticket.status == "reviewed", Ticket.called_back_at.is_(None), Ticket.mode != ""),
    Ticket.contested,
)
"""True of a ticket on which the centre owes a step; what was answered at the desk needs no call-back."""


def owed(row: Ticket) -> Stage | None:
    """Return the step the centre owes: `OWES` of one row."""
    if row.contested:
        return "reexamine"
    if row.status == "reviewed" and (row.called_back_at is not None or not row.mode):
        return None
    if row.status == "pending_assign" and not row.opened_by and row.channel in terms.UNATTENDED:
        return "accept"  # who answers the phone accepts at once; this one waits for a person
    return terms.STAGE_OF.get(row.status)


def running(session: Session, ids: Sequence[int]) -> dict[int, TicketLeg]:
    """Return the steps that run: ticket -> its leg."""
    found = session.scalars(select(TicketLeg).where(TicketLeg.ticket_id.in_(ids), RUNS))
    return {leg.ticket_id: leg for leg in found}


def follow(session: Session, row: Ticket, *, who: str, now: Instant) -> None:
    """Stop the clock of the step that a move finished, and start that of the step it left to the centre.

    who : the person who moved it. The ticket's own due instant is that of what is owed now.
    """
    legs = session.scalars(
        select(TicketLeg).where(TicketLeg.ticket_id == row.id).order_by(TicketLeg.turn)
    ).all()
    runs = next((leg for leg in legs if leg.number <= 0 and leg.handled_at is None), None)
    stage = owed(row)
    if (runs.number if runs else None) == (NUMBERS[stage] if stage else None):
        return
    if runs is not None:
        terms.note_lateness(row, runs, now)
        runs.handled_at, runs.person, runs.timer_at = to_datetime(now), who, None
    if stage is not None:
        _begin(session, row, stage, legs, now)
        return
    leads = [leg.due_at for leg in legs if leg.number == 1 and leg.returned_at is None]
    row.due_at = leads[-1] if leads else None


def _begin(
    session: Session, row: Ticket, stage: Stage, legs: Sequence[TicketLeg], began: Instant
) -> None:
    number, turn = NUMBERS[stage], max((leg.turn for leg in legs if leg.number > 0), default=0)
    leg = next((leg for leg in legs if (leg.turn, leg.number) == (turn, number)), None)
    if leg is None:  # one that is owed again, as after a review that sent it back, begins anew
        leg = TicketLeg(
            tenant_id=row.tenant_id, ticket_id=row.id, turn=turn, number=number, unit="", holder=""
        )
    leg.assigned_at, leg.handled_at, leg.person = to_datetime(began), None, ""
    found = terms.step_clock(row, stage, began, terms.calendar(session), terms.rules(session))
    terms.write_clock(row, leg, found)
    row.due_at = leg.due_at
    session.add(leg)  # with its clock: one statement, not two


def renew(session: Session, row: Ticket) -> None:
    """Compute the running step's clock anew from where it began, because a fact of its ticket changed."""
    leg, stage = running(session, [row.id]).get(row.id), owed(row)
    if leg is None or stage is None:
        return
    began = leg.assigned_at.timestamp()
    found = terms.step_clock(row, stage, began, terms.calendar(session), terms.rules(session))
    if leg.due_at != to_datetime(found.at):
        terms.write_clock(row, leg, found)
        row.due_at = leg.due_at


def adopt(session: Session, *, now: Instant, most: int) -> int:
    """Start the clocks of tickets that came without, imported or of an older version; return how many.

    They count from the last move: nobody is late for what another system left lying.
    """
    runs = exists().where(TicketLeg.ticket_id == Ticket.id, RUNS)
    rows = session.scalars(
        select(Ticket).where(OWES, ~runs).limit(most).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        moved = session.scalar(
            select(func.max(TicketHistory.at)).where(TicketHistory.ticket_id == row.id)
        )
        follow(session, row, who="", now=moved.timestamp() if moved else now)
    return len(rows)


def signing(
    session: Session, parts: Sequence[tuple[Ticket, TicketLeg]], *, now: Instant
) -> dict[int, tuple[Instant, Lamp]]:
    """Return by when units must sign for (签收) the parts they have not begun: id of the leg -> (instant, lamp).

    Told by a lamp alone: the part's own clock runs beside it.
    """
    waiting = [
        (row, leg) for row, leg in parts
        if row.status in WITH_UNIT and leg.started_at is None and leg.handled_at is None
    ]  # fmt: skip
    if not waiting:
        return {}
    back = session.execute(  # a part that a review sent back is signed for again
        select(TicketLeg.ticket_id, func.max(TicketLeg.handled_at))
        .where(TicketLeg.ticket_id.in_([row.id for row, _ in waiting]), STEP)
        .group_by(TicketLeg.ticket_id)
    )
    moved = dict(back.all())
    calendar, rules = terms.calendar(session), terms.rules(session)
    found: dict[int, tuple[Instant, Lamp]] = {}
    for row, leg in waiting:
        began = max(leg.assigned_at, moved.get(row.id) or leg.assigned_at).timestamp()
        due = terms.step_clock(row, "sign", began, calendar, rules, unit=leg.unit)
        found[leg.id] = due.at, lamp(due.at, due.warn_at, now)
    return found
