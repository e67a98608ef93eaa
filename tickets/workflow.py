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
    leg.started_at = to_datetime(now)
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
    leg.handled_at, leg.result = to_datetime(now), result.strip()
    tell(session, taken, actor, e.LegHandled(leg=leg.number, **facts(taken, actor, now, result)))


def submit(session: Session, ticket_id: int, *, result: str, actor: Actor, now: Instant) -> None:
    """The lead unit's result: to be reviewed. All co-units must have finished their parts."""
    owed(result, "result")
    taken = take(session, ticket_id, "submit", actor, result=result.strip())
    lead, *others = legs(session, ticket_id)
    if own_leg(session, ticket_id, actor).number != lead.number:
        raise WrongStatus("only the lead unit submits")
    owing = [leg.unit for leg in others if leg.handled_at is None]
    if owing:
        raise WrongStatus(f"still owing: {', '.join(owing)}", owing=owing)
    lead.handled_at, lead.result = to_datetime(now), result.strip()
    if taken.row.status == "reviewed":  # by the tenant's table nobody reviews
        taken.row.closed_at = to_datetime(now)
    tell(session, taken, actor, e.TicketHandled(**facts(taken, actor, now, result)))


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
    found = terms.handle_by(session, taken.row, lead.unit, now)
    for name, value in terms.columns(found).items():
        setattr(lead, name, value)
    taken.row.due_at = lead.due_at
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
    taken = take(session, ticket_id, "urge", actor)
    lead = legs(session, ticket_id)[0]
    lead.urges += 1
    tell(session, taken, actor, e.TicketUrged(leg=lead.number, **facts(taken, actor, now, note)))


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
