"""What is written down of an incident: 首报/续报/终报, orders, questions to the leader, process records, media."""

from collections.abc import Sequence
from math import isfinite
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.duty import notices
from command.moving import TITLE_MAX, Held, take, tell, text
from models.clock import Instant
from models.errors import BadInput, NotFound, WrongStatus
from models.events.incident import course as e
from models.events.incident.response import NoticeSent, OrderAnswered, OrderGiven
from models.rules.incident.state import Incident
from models.tables import DutyGroup
from tickets.moving import Actor

STAGES: tuple[e.Stage, ...] = get_args(e.Stage)
FORMS: tuple[e.Form, ...] = get_args(e.Form)
RECIPIENTS_MOST = 500


def stages(held_reports: list[e.Stage], status: str) -> tuple[e.Stage, ...]:
    """Return which reports may follow those that are filed: the first one first, after the final one none."""
    if not held_reports:
        return ("first",)
    if "final" in held_reports:
        return ()
    return ("follow", "final") if status in ("controlled", "ended") else ("follow",)


def drafted(state: Incident, stage: str) -> str:
    """Return what a report may begin with: the template of a running plan with the facts filled in, else nothing."""
    templates = [plan.templates.get(stage, "") for plan in state.plans.values()]
    said = next(filter(None, reversed(templates)), "")
    facts = {
        "no": state.no, "title": state.title, "address": state.place.address,
        "units": len(state.assignments), "on_scene": sum("on_scene" in a.times for a in state.assignments.values()),
        "done": sum(bool(task.done) for task in state.tasks.values()), "tasks": len(state.tasks),
    }  # fmt: skip
    for name, value in facts.items():
        said = said.replace("{" + name + "}", str(value))
    return said


def file_report(
    session: Session, incident_id: int, stage: e.Stage, *, said: str, to: str, actor: Actor, now: Instant
) -> int:  # fmt: skip
    """Send a report upwards; return its number. WrongStatus, cap `stage`, for one that is not its turn."""
    held = take(session, incident_id, "file_report", actor=actor, now=now)
    if stage not in STAGES:
        raise BadInput("wrong stage", field="stage")
    if stage not in stages([r.stage for r in held.state.reports.values()], held.state.status):
        raise WrongStatus(f"no {stage} report now", cap="stage")
    number = len(held.state.reports) + 1
    event = e.ReportFiled(
        number=number, stage=stage, text=text(said, "text"), to=text(to, "to", most=200), **held.facts()
    )  # fmt: skip
    tell(session, held, event)
    return number


def order(
    session: Session, incident_id: int, *, to: str, said: str, actor: Actor, now: Instant
) -> int:
    """Give an order; return its number."""
    held = take(session, incident_id, "order", actor=actor, now=now)
    number = len(held.state.orders) + 1
    event = OrderGiven(
        order=number, to=text(to, "to", most=200), text=text(said, "text"), **held.facts()
    )
    tell(session, held, event)
    return number


def answer_order(
    session: Session, incident_id: int, number: int, *, said: str, done: bool = False, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Write down what was answered to an order, or that it is done; WrongStatus once it is."""
    held = take(session, incident_id, "answer_order", actor=actor, now=now)
    known = held.state.orders.get(number)
    if known is None:
        raise NotFound(f"no order {number}")
    if known.done:
        raise WrongStatus(f"order {number} is done", cap="moved")
    tell(
        session,
        held,
        OrderAnswered(order=number, text=text(said, "text"), done=done, **held.facts()),
    )


def ask_decision(
    session: Session, incident_id: int, *, question: str, actor: Actor, now: Instant
) -> int:
    """Put a question to the leader; return its number."""
    held = take(session, incident_id, "ask_decision", actor=actor, now=now)
    number = len(held.state.decisions) + 1
    tell(
        session,
        held,
        e.DecisionAsked(decision=number, question=text(question, "text"), **held.facts()),
    )
    return number


def decide(
    session: Session, incident_id: int, number: int, *, answer: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Answer a question; WrongStatus once it was answered."""
    held = take(session, incident_id, "decide", actor=actor, now=now)
    known = held.state.decisions.get(number)
    if known is None:
        raise NotFound(f"no question {number}")
    if known.answered_at:
        raise WrongStatus(f"question {number} was answered", cap="moved")
    tell(
        session, held, e.DecisionGiven(decision=number, answer=text(answer, "text"), **held.facts())
    )


def remark(
    session: Session, incident_id: int, *, said: str, about: Instant = 0.0, actor: Actor, now: Instant
) -> int:  # fmt: skip
    """Write a process record about an instant (0 = now); return its number. BadInput for one to come."""
    held = take(session, incident_id, "remark", actor=actor, now=now)
    number = len(held.state.remarks) + 1
    event = e.RemarkMade(
        remark=number, text=text(said, "text"), about=_past(held, about), **held.facts()
    )
    tell(session, held, event)
    return number


def change_remark(
    session: Session, incident_id: int, number: int, *, said: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Correct a process record, or take it out with an empty text; the log keeps what it said."""
    held = take(session, incident_id, "change_remark", actor=actor, now=now)
    known = held.state.remarks.get(number)
    if known is None:
        raise NotFound(f"no remark {number}")
    said = text(said, "text", owed=False)
    if said == known.text:
        raise BadInput("nothing is changed", field="text")
    tell(session, held, e.RemarkChanged(remark=number, text=said, **held.facts()))


def link_media(
    session: Session, incident_id: int, *, form: e.Form, ref: str, title: str, about: Instant = 0.0,
    actor: Actor, now: Instant,
) -> int:  # fmt: skip
    """Tie a recording, picture, film, paper or camera to an incident; return its number."""
    held = take(session, incident_id, "link_media", actor=actor, now=now)
    if form not in FORMS:
        raise BadInput("wrong form", field="form")
    number = len(held.state.media) + 1
    event = e.MediaLinked(
        media=number,
        form=form,
        ref=text(ref, "ref", most=500),
        title=text(title, "title", most=TITLE_MAX),
        about=_past(held, about),
        **held.facts(),
    )
    tell(session, held, event)
    return number


def notify(
    session: Session, incident_id: int, *, said: str, people: Sequence[int] = (), groups: Sequence[int] = (),
    to: tuple[str, ...] = (), actor: Actor, now: Instant,
) -> int:  # fmt: skip
    """Hand a short message for people and whole groups of the phone book to the channel; return its number.

    to : who stands in no phone book, as written. Everybody is named as the choice meant them now, once. BadInput
    names `to` when it reaches nobody, or more than `RECIPIENTS_MOST`.
    """
    held = take(session, incident_id, "notify", actor=actor, now=now)
    written = tuple(text(each, "to", most=100) for each in to)
    chosen = notices.recipients(session, people=people, groups=groups, now=now)
    if not 0 < len(chosen) + len(written) <= RECIPIENTS_MOST:
        raise BadInput(f"to {len(chosen) + len(written)} people", field="to")
    names = session.scalars(
        select(DutyGroup.name).where(DutyGroup.id.in_(groups)).order_by(DutyGroup.name)
    )
    number = len(held.state.notices) + 1
    event = NoticeSent(
        notice=number, to=written, text=text(said, "text", most=500), groups=tuple(names),
        members={f"contact:{row.id}": row.name for row in chosen},
        without=tuple(f"contact:{row.id}" for row in chosen if not row.masks), **held.facts(),
    )  # fmt: skip
    tell(session, held, event)
    return number


def _past(held: Held, about: Instant) -> Instant:
    at = about or held.now
    if not isfinite(at) or not 0 < at <= held.now + 60:
        raise BadInput("a time to come", field="about")
    return at
