"""办理 and 审核, 督办 and 批示, reply and call-back, archive: what happens to a ticket once it has a unit."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events import ticket as e
from models.rules.tickets.choices import DISCONTENT, GRADES, POINTS, QUALITIES
from models.tables import Supervision, Ticket, TicketHistory, TicketLeg
from tickets import terms
from tickets.again import ANEW, again, from_now
from tickets.moving import Actor, Taken, facts, legs, moves, owed, own_leg, policy, take, tell

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


def _handled(leg: TicketLeg, result: str, actor: Actor, now: Instant) -> None:
    leg.handled_at, leg.result, leg.timer_at = to_datetime(now), result.strip(), None
    leg.person = leg.person or actor.name


# --- the centre -----------------------------------------------------------------------------


def approve(
    session: Session,
    ticket_id: int,
    *,
    quality: e.Quality = "",
    points: Collection[e.Point] = (),
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """审核通过; the result may be rated, and then each point is met or not (D-34)."""
    rated = _rated(quality, points)
    taken = take(session, ticket_id, "approve", actor, closed_at=to_datetime(now), quality=quality)
    tell(session, taken, actor, e.TicketApproved(**rated, **facts(taken, actor, now, note)))


def send_back(
    session: Session,
    ticket_id: int,
    *,
    quality: e.Quality = "",
    points: Collection[e.Point] = (),
    note: str,
    actor: Actor,
    now: Instant,
) -> None:
    """审核不通过: back to the lead unit with an opinion; the days of the review are not charged to it."""
    owed(note, "note")
    rated = _rated(quality, points)
    taken = take(session, ticket_id, "send_back", actor, quality=quality)
    before = legs(session, ticket_id)[0].handled_at
    lead, due = again(session, taken, now=now), 0.0
    if lead is not None:
        if before is not None:
            taken.row.pauses = [*taken.row.pauses, (before.timestamp(), now)]
        due = terms.set_clock(session, taken.row, lead, now=now).at
        if lead.warn_at is not None and now > lead.warn_at.timestamp():
            # a lateness the timer told is not told again
            lead.timer_at = lead.due_at if now <= due else None
    event = e.TicketSentBack(due=due, **rated, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def _rated(quality: e.Quality, points: Collection[e.Point]) -> dict[str, Any]:
    """Return what a review says of the result as its event has it; points are a rating's, none stand alone."""
    if quality not in ("", *QUALITIES) or (points and not quality):
        raise BadInput(f"quality {quality!r}", field="quality")
    if set(points) - set(POINTS):
        raise BadInput(f"points {points!r}", field="points")
    met = {point: point in points for point in POINTS} if quality else {}
    return {"quality": quality, "points": met}


def reply(session: Session, ticket_id: int, *, text: str, actor: Actor, now: Instant) -> None:
    """The platform's answer to the citizen; units never answer by themselves (X-04)."""
    owed(text, "text")
    taken = take(
        session, ticket_id, "reply", actor, reply=text.strip(), replied_at=to_datetime(now)
    )
    if taken.row.status == "merged" and _main(session, taken).replied_at is None:
        raise WrongStatus("the main ticket has no reply yet", cap="main_reply")
    tell(session, taken, actor, e.TicketReplied(**facts(taken, actor, now, text)))


def _main(session: Session, taken: Taken) -> Ticket:
    return session.get_one(Ticket, taken.row.merged_into)


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
    """回访: what the citizen says. Nobody reached is no grade, and the call-back is owed still (D-28).

    A grade or an answer that is not given again leaves the earlier one.
    """
    if grade not in GRADES or (not reached and (grade != "none" or solved is not None)):
        raise BadInput("a grade of somebody who was not reached", field="grade")
    taken = take(session, ticket_id, "call_back", actor)
    row = taken.row
    if row.replied_at is None:
        raise WrongStatus("the citizen has no reply yet", cap="reply")
    attempt = 0 if reached else attempts(session, ticket_id) + 1
    if reached:
        row.called_back_at = to_datetime(now)
        row.grade = grade if grade != "none" else row.grade or "none"
        row.solved = row.solved if solved is None else solved
    event = e.CitizenCalledBack(
        reached=reached, attempt=attempt, grade=grade, solved=solved,
        **facts(taken, actor, now, note),
    )  # fmt: skip
    tell(session, taken, actor, event)


def attempts(session: Session, ticket_id: int) -> int:
    """Return how often in a row nobody was reached about the present outcome."""
    last = session.scalar(
        select(TicketHistory.event)
        .where(
            TicketHistory.ticket_id == ticket_id,
            TicketHistory.verb.in_(("call_back", "submit", "answer", "settle", "unmerge")),
        )
        .order_by(TicketHistory.id.desc())
        .limit(1)
    )
    return int(last.get("attempt", 0)) if last else 0


def reopen(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """重新办理: the lead unit handles once more, by a new due instant; another one if it is closed."""
    owed(note, "note")
    taken = take(session, ticket_id, "reopen", actor, reopened=Ticket.reopened + 1, **ANEW)
    if taken.row.contested:
        raise WrongStatus("a re-examination is open", cap="contest")
    if taken.row.reopened > policy(session).reopen_cap and "ticket.instruct" not in actor.can:
        raise WrongStatus("handled again as often as allowed: a leader decides", cap="reopen")
    if not legs(session, ticket_id):
        raise WrongStatus("it never had a unit: register it anew", cap="unit")
    due = from_now(session, taken, again(session, taken, now=now), now=now)
    tell(session, taken, actor, e.TicketReopened(due=due, **facts(taken, actor, now, note)))


def archive(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """归档, once the citizen has a reply and was called back (or the ticket was not accepted).

    Who could not be reached as often as the tenant tries is no reason to wait. What was merged into it goes along.
    """
    merged = list(
        session.scalars(
            select(Ticket.id)
            .where(or_(Ticket.id == ticket_id, Ticket.merged_into == ticket_id))
            .order_by(Ticket.id)
            .with_for_update()  # in one order, as a merge holds its two
        )
    )
    taken = take(session, ticket_id, "archive", actor)
    row = taken.row
    closing: e.Closing = ""
    if row.merged_into is not None:
        raise WrongStatus("it is archived with its main ticket", cap="merged")
    if row.replied_at is None:
        raise WrongStatus("the citizen has no reply yet", cap="reply")
    if row.called_back_at is None and row.result and row.mode:
        if attempts(session, ticket_id) < policy(session).call_back_tries:
            raise WrongStatus("the citizen was not called back yet", cap="call_back")
        closing = "unreached"
    if row.grade in DISCONTENT and not note.strip():
        raise BadInput("a discontented citizen's ticket is archived with a reason", field="note")
    if row.contested:
        raise WrongStatus("a re-examination is open", cap="contest")
    event = e.TicketArchived(closing=closing, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)
    if (
        "merged" not in moves(session)["archive"].sources
    ):  # by the tenant's table each stays as it is
        return
    for other in merged:
        if session.get_one(Ticket, other).status == "merged":
            part = take(session, other, "archive", actor)
            told = e.TicketArchived(closing="main", **facts(part, actor, now))
            tell(session, part, actor, told)


# --- supervision ----------------------------------------------------------------------------


def urge(session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant) -> None:
    """催办: every open part is reminded, and told."""
    taken = take(session, ticket_id, "urge", actor, urge_at=None, urge_told=False)
    told = remind(session, ticket_id)
    event = e.TicketUrged(leg=told[0], legs=told, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def remind(session: Session, ticket_id: int) -> tuple[int, ...]:
    """Count an urge on every open part; return their numbers."""
    parts = [leg for leg in legs(session, ticket_id) if leg.handled_at is None]
    for leg in parts:
        leg.urges += 1
    return tuple(leg.number for leg in parts)


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
