"""办理 and 审核, 督办 and 批示, reply and call-back, archive: what happens to a ticket once it has a unit."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events import ticket as e
from models.rules.tickets.choices import GRADES
from models.tables import Supervision, Ticket, TicketLeg
from tickets import terms
from tickets.moving import Actor, Taken, facts, legs, owed, own_leg, policy, take, tell

CONTENT = frozenset({"very_good", "good", "fair"})


# --- the unit -------------------------------------------------------------------------------


def start(session: Session, ticket_id: int, *, actor: Actor, now: Instant, note: str = "") -> None:
    """Begin to handle."""
    taken = take(session, ticket_id, "start", actor)
    leg = own_leg(session, ticket_id, actor)
    leg.started_at, leg.person = to_datetime(now), actor.name
    event = e.TicketStarted(leg=leg.number, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def finish_part(
    session: Session, ticket_id: int, *, result: str, actor: Actor, now: Instant
) -> None:
    """A co-unit's result; the lead goes on."""
    owed(result, "result")
    taken = take(session, ticket_id, "finish_part", actor)
    leg = own_leg(session, ticket_id, actor)
    if leg.number == 1:
        raise WrongStatus("the lead unit submits the whole result")
    _handled(leg, result, actor, now)
    tell(session, taken, actor, e.LegHandled(leg=leg.number, **facts(taken, actor, now, result)))


def submit(session: Session, ticket_id: int, *, result: str, actor: Actor, now: Instant) -> None:
    """The lead unit's result: to be reviewed. All co-units must have finished their parts."""
    owed(result, "result")
    taken = take(
        session, ticket_id, "submit", actor, result=result.strip(), urge_at=None, urge_told=False
    )
    if taken.row.paused_at is not None:
        raise WrongStatus("the clocks stand: let them run first", cap="paused")
    lead, *others = legs(session, ticket_id)
    if own_leg(session, ticket_id, actor).number != lead.number:
        raise WrongStatus("only the lead unit submits")
    owing = [leg.unit for leg in others if leg.handled_at is None]
    if owing:
        raise WrongStatus(f"still owing: {', '.join(owing)}", owing=owing)
    terms.note_lateness(taken.row, lead, now)
    _handled(lead, result, actor, now)
    if taken.row.status == "reviewed":  # by the tenant's table nobody reviews
        taken.row.closed_at = to_datetime(now)
    tell(session, taken, actor, e.TicketHandled(**facts(taken, actor, now, result)))


def pause_clock(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """Wait for the citizen: the clocks of all parts stand, and why is owed."""
    owed(note, "note")
    taken = take(session, ticket_id, "pause_clock", actor)
    own_leg(session, ticket_id, actor)
    if not policy(session).pause_allowed:
        raise WrongStatus("clocks never stand here", cap="pause")
    if taken.row.paused_at is not None:
        raise WrongStatus("the clocks stand already", cap="paused")
    taken.row.paused_at = to_datetime(now)
    for leg in legs(session, ticket_id):
        leg.timer_at = None
    tell(session, taken, actor, e.ClockPaused(**facts(taken, actor, now, note)))


def resume_clock(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """The citizen answered, or nobody waits any more: every open part gets its new due instant."""
    taken = take(session, ticket_id, "resume_clock", actor)
    own_leg(session, ticket_id, actor)
    event = e.ClockResumed(dues=_resumed(session, taken, now), **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def _resumed(session: Session, taken: Taken, now: Instant) -> dict[str, float]:
    row = taken.row
    if row.paused_at is None:
        raise WrongStatus("the clocks run", cap="running")
    row.pauses = [*row.pauses, (row.paused_at.timestamp(), now)]
    row.paused_at = None
    return {
        str(leg.number): terms.set_clock(session, row, leg, now=now).at
        for leg in legs(session, row.id)
        if leg.handled_at is None
    }


def _handled(leg: TicketLeg, result: str, actor: Actor, now: Instant) -> None:
    leg.handled_at, leg.result, leg.timer_at = to_datetime(now), result.strip(), None
    leg.person = leg.person or actor.name


# --- the centre -----------------------------------------------------------------------------


def approve(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """审核通过."""
    taken = take(session, ticket_id, "approve", actor, closed_at=to_datetime(now))
    tell(session, taken, actor, e.TicketApproved(**facts(taken, actor, now, note)))


def send_back(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """审核不通过: back to the lead unit with an opinion; its first due instant stands."""
    owed(note, "note")
    taken = take(session, ticket_id, "send_back", actor)
    lead = _lead_again(session, taken)
    due = lead.due_at.timestamp() if lead.due_at else 0.0
    lead.timer_at = (
        lead.due_at if now <= due else None
    )  # a lateness the timer told is not told again
    tell(session, taken, actor, e.TicketSentBack(due=due, **facts(taken, actor, now, note)))


def reply(session: Session, ticket_id: int, *, text: str, actor: Actor, now: Instant) -> None:
    """The platform's answer to the citizen; units never answer by themselves (X-04)."""
    owed(text, "text")
    taken = take(
        session, ticket_id, "reply", actor, reply=text.strip(), replied_at=to_datetime(now)
    )
    tell(session, taken, actor, e.TicketReplied(**facts(taken, actor, now, text)))


def call_back(
    session: Session,
    ticket_id: int,
    *,
    reached: bool,
    grade: e.Grade = "none",
    solved: bool | None = None,
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """回访: what the citizen says. Nobody reached is no grade."""
    if grade not in GRADES or (not reached and (grade != "none" or solved is not None)):
        raise BadInput("a grade of somebody who was not reached", field="grade")
    taken = take(
        session, ticket_id, "call_back", actor, called_back_at=to_datetime(now), grade=grade,
        solved=solved,
    )  # fmt: skip
    if taken.row.replied_at is None:
        raise WrongStatus("the citizen has no reply yet", cap="reply")
    event = e.CitizenCalledBack(
        reached=reached, grade=grade, solved=solved, **facts(taken, actor, now, note)
    )
    tell(session, taken, actor, event)


def reopen(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """重新办理: the lead unit handles once more, by a new due instant."""
    owed(note, "note")
    taken = take(
        session, ticket_id, "reopen", actor, reopened=Ticket.reopened + 1, closed_at=None,
        replied_at=None, called_back_at=None, grade="", solved=None,
    )  # fmt: skip
    if taken.row.reopened > policy(session).reopen_cap and "ticket.instruct" not in actor.can:
        raise WrongStatus("handled again as often as allowed: a leader decides", cap="reopen")
    lead = _lead_again(session, taken)
    lead.extra = 0
    found = terms.set_clock(session, taken.row, lead, now=now, start=now)
    event = e.TicketReopened(due=found.at, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def archive(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """归档, once the citizen has a reply and was called back (or the ticket was not accepted)."""
    taken = take(session, ticket_id, "archive", actor)
    row = taken.row
    if row.replied_at is None:
        raise WrongStatus("the citizen has no reply yet", cap="reply")
    if row.called_back_at is None and row.result and row.mode:
        raise WrongStatus("the citizen was not called back yet", cap="call_back")
    if row.grade and row.grade not in (*CONTENT, "none") and not note.strip():
        raise BadInput("a discontented citizen's ticket is archived with a reason", field="note")
    if row.contested:
        raise WrongStatus("a re-examination is open", cap="contest")
    tell(session, taken, actor, e.TicketArchived(**facts(taken, actor, now, note)))


def contest(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """复查复核: the citizen contests the outcome."""
    owed(note, "note")
    taken = take(session, ticket_id, "contest", actor)
    if taken.row.contested:
        raise WrongStatus("a re-examination is open", cap="contest")
    taken.row.contested = True
    tell(session, taken, actor, e.ReexaminationOpened(**facts(taken, actor, now, note)))


def conclude(
    session: Session, ticket_id: int, *, upheld: bool, note: str, actor: Actor, now: Instant
) -> None:
    """End the re-examination with a reasoned finding."""
    owed(note, "note")
    taken = take(session, ticket_id, "conclude", actor)
    if not taken.row.contested:
        raise WrongStatus("no re-examination is open", cap="contest")
    taken.row.contested = False
    event = e.ReexaminationClosed(upheld=upheld, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


# --- supervision ----------------------------------------------------------------------------


def urge(session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant) -> None:
    """催办: every open part is reminded; the lead's is told."""
    taken = take(session, ticket_id, "urge", actor, urge_at=None, urge_told=False)
    lead = legs(session, ticket_id)[0]
    lead.urges += 1
    tell(session, taken, actor, e.TicketUrged(leg=lead.number, **facts(taken, actor, now, note)))


def plan_urge(
    session: Session, ticket_id: int, *, on: Instant, note: str = "", actor: Actor, now: Instant
) -> None:
    """定时催办: let the clock urge at `on`, and the supervision desk show it then; 0 takes it back."""
    if on and on <= now:
        raise BadInput("an urge in the past", field="on")
    at = to_datetime(on) if on else None
    taken = take(session, ticket_id, "plan_urge", actor, urge_at=at, urge_told=False)
    tell(session, taken, actor, e.UrgePlanned(on=on, **facts(taken, actor, now, note)))


def supervise(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> int:
    """督办: follow the matter to its end; return the supervision's id."""
    owed(note, "note")
    taken = take(session, ticket_id, "supervise", actor)
    row = Supervision(
        tenant_id=taken.row.tenant_id, ticket_id=ticket_id, opinion=note.strip(),
        started_at=to_datetime(now), started_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    event = e.TicketSupervised(supervision=row.id, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)
    return row.id


def rate_supervision(
    session: Session,
    ticket_id: int,
    supervision: int,
    *,
    rating: int,
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """End a supervision with a rating of 1 to 5."""
    if not 1 <= rating <= 5:
        raise BadInput(f"rating {rating}", field="rating")
    taken = take(session, ticket_id, "rate_supervision", actor)
    done = session.scalar(
        update(Supervision)
        .where(
            Supervision.id == supervision, Supervision.ticket_id == ticket_id,
            Supervision.ended_at.is_(None),
        )
        .values(ended_at=to_datetime(now), rating=rating, rating_note=note.strip())
        .returning(Supervision.id)
    )  # fmt: skip
    if done is None:
        raise NotFound(f"no open supervision {supervision}")
    event = e.SupervisionRated(
        supervision=supervision, rating=rating, **facts(taken, actor, now, note)
    )
    tell(session, taken, actor, event)


def instruct(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """批示."""
    owed(note, "note")
    taken = take(session, ticket_id, "instruct", actor)
    tell(session, taken, actor, e.TicketInstructed(**facts(taken, actor, now, note)))


def _lead_again(session: Session, taken: Taken) -> TicketLeg:
    """Open the lead's part once more; one answered at the desk has none to go back to."""
    found = legs(session, taken.row.id)
    if not found:
        raise WrongStatus("it never had a unit: register it anew", cap="unit")
    lead = found[0]
    lead.handled_at, lead.started_at, lead.holder = None, None, lead.unit
    return lead
