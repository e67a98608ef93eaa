"""事件评估: reports drawn from what happened, judged, submitted, approved.

A report keeps its scores with the inputs they were counted from: indicators changed later change no report.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command.indicators import indicators, may
from command.moving import read, sees, take, tell, text
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events.incident.course import EvaluationSigned
from models.rules.incident.measures import JUDGED, Indicator, Scored, score, scored, total
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Evaluation, Incident
from tickets.moving import Actor

WRITE, APPROVE = "command.act", "command.approve"
SECTIONS = ("course", "good", "bad", "advice")
"""处置经过, 经验做法, 存在问题, 改进建议: the texts of a report."""


def draw(session: Session, incident_id: int, *, actor: Actor, now: Instant) -> Evaluation:
    """Draw a report's draft from an incident that is over: measured, with the course as its first text.

    WrongStatus: cap `running` while it is not over, cap `exists` (with `evaluation`) while another is not approved.
    """
    may(actor, WRITE)
    state = read(session, incident_id, actor=actor)
    if state.status not in ("ended", "closed"):
        raise WrongStatus(f"{state.no} is not over", cap="running")
    open_ = session.scalar(
        select(Evaluation.id).where(
            Evaluation.incident_id == incident_id, Evaluation.state != "approved"
        )
    )
    if open_ is not None:
        raise WrongStatus("a report is being written", cap="exists", evaluation=open_)
    last = session.scalar(
        select(func.max(Evaluation.version)).where(Evaluation.incident_id == incident_id)
    )
    held = indicators(session)
    rows = [scored(indicator, state) for indicator in held.rows]
    row = Evaluation(
        tenant_id=tenant_of(session), incident_id=incident_id, version=(last or 0) + 1, state="draft",
        indicators=held.version, seq=state.seq, score=total(rows), rows=msgspec.to_builtins(rows),
        sections=dict.fromkeys(SECTIONS, ""), written_at=to_datetime(now), written_by=actor.user_id,
        author=actor.name,
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus("a report is being written", cap="exists") from error
    _audit(session, "draw_evaluation", row, actor, now)
    return row


def save(
    session: Session, number: int, *, rev: int, sections: Mapping[str, str], judged: Mapping[str, float | None],
    notes: Mapping[str, str], actor: Actor, now: Instant,
) -> Evaluation:  # fmt: skip
    """Write texts, judgements (code -> 0 to 100, None = not judged) and notes of a draft; BadInput names the field."""
    row = _held(session, number, "draft", rev=rev, actor=actor, permission=WRITE)
    unknown = set(sections) - set(SECTIONS)
    if unknown:
        raise BadInput(f"no section {unknown}", field="sections")
    said = {name: text(words, name, owed=False) for name, words in sections.items()}
    rows = [_judged(each, judged, notes) for each in rows_of(row)]
    _write(row, rows, actor, now)
    row.sections = {**row.sections, **said}
    _audit(session, "save_evaluation", row, actor, now)
    return row


def measure_again(
    session: Session, number: int, *, rev: int, actor: Actor, now: Instant
) -> Evaluation:
    """Measure a draft anew by the indicators that hold now; what was judged and noted under a code stays."""
    row = _held(session, number, "draft", rev=rev, actor=actor, permission=WRITE)
    state = read(session, row.incident_id, actor=actor)
    known = {each.code: each for each in rows_of(row)}
    held = indicators(session)
    _write(row, [scored(each, state, known.get(each.code)) for each in held.rows], actor, now)
    row.indicators, row.seq = held.version, state.seq
    _audit(session, "measure_evaluation", row, actor, now)
    return row


def submit(session: Session, number: int, *, rev: int, actor: Actor, now: Instant) -> None:
    """Hand a draft in; WrongStatus, cap `judged`, while indicators wait for their judgement: `owed` [code, label]."""
    row = _held(session, number, "draft", rev=rev, actor=actor, permission=WRITE)
    owed = [
        [each.code, each.label] for each in rows_of(row) if each.measure == JUDGED and each.score is None
    ]  # fmt: skip
    if owed:
        raise WrongStatus("not judged yet", cap="judged", owed=owed)
    row.state, row.rev, row.submitted_at = "submitted", row.rev + 1, to_datetime(now)
    _audit(session, "submit_evaluation", row, actor, now)


def send_back(
    session: Session, number: int, *, rev: int, note: str, actor: Actor, now: Instant
) -> None:
    """Give a submitted report back to be worked on; why is owed."""
    row = _held(session, number, "submitted", rev=rev, actor=actor, permission=APPROVE)
    row.note, row.state, row.rev = text(note, "note"), "draft", row.rev + 1
    _audit(session, "send_back_evaluation", row, actor, now)


def approve(
    session: Session, number: int, *, rev: int, note: str = "", actor: Actor, now: Instant
) -> None:
    """Approve a submitted report: it stands from now on. WrongStatus, cap `own`, for the one who wrote it.

    WrongStatus, cap `nothing`, where not one indicator could be scored.
    """
    row = _held(session, number, "submitted", rev=rev, actor=actor, permission=APPROVE)
    if row.written_by == actor.user_id and actor.user_id:
        raise WrongStatus("who wrote it does not approve it", cap="own")
    if row.score is None:
        raise WrongStatus("nothing is scored", cap="nothing")
    held = take(session, row.incident_id, "sign_evaluation", actor=actor, now=now)
    event = EvaluationSigned(
        evaluation=row.id, version=row.version, score=row.score, **held.facts(note)
    )
    tell(session, held, event)
    row.state, row.rev, row.note = "approved", row.rev + 1, text(note, "note", owed=False)
    row.approved_at, row.approved_by, row.approver = to_datetime(now), actor.user_id, actor.name
    _audit(session, "approve_evaluation", row, actor, now)


def drop(session: Session, number: int, *, rev: int, actor: Actor, now: Instant) -> None:
    """Delete a draft; what was submitted or approved stands."""
    row = _held(session, number, "draft", rev=rev, actor=actor, permission=WRITE)
    _audit(session, "drop_evaluation", row, actor, now)
    session.execute(delete(Evaluation).where(Evaluation.id == row.id))


def _judged(each: Scored, judged: Mapping[str, float | None], notes: Mapping[str, str]) -> Scored:
    note = text(notes.get(each.code, each.note), "note", owed=False, most=500)
    if each.code not in judged:
        return replace(each, note=note)
    value = judged[each.code]
    if each.measure != JUDGED or (value is not None and not 0 <= value <= 100):
        raise BadInput(f"{each.code} judged {value}", field="judged")
    indicator = Indicator(each.code, each.label, each.measure, each.weight, each.target)
    return replace(each, value=value, score=score(indicator, value), note=note)


def _write(row: Evaluation, rows: Sequence[Scored], actor: Actor, now: Instant) -> None:
    row.rows, row.score, row.rev = msgspec.to_builtins(rows), total(rows), row.rev + 1
    row.written_at, row.written_by, row.author = to_datetime(now), actor.user_id, actor.name


def _held(
    session: Session, number: int, state: str, *, rev: int, actor: Actor, permission: str
) -> Evaluation:
    """Lock a report in a state and a revision; WrongStatus, cap `moved`, when somebody was first."""
    may(actor, permission)
    row = session.scalar(
        select(Evaluation)
        .join(Incident, Incident.id == Evaluation.incident_id)
        .where(Evaluation.id == number, sees(actor))
        .with_for_update(of=Evaluation)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is None:
        raise NotFound(f"no report {number}")
    if row.state != state or row.rev != rev:
        raise WrongStatus(f"report {number} was changed meanwhile", cap="moved")
    return row


def _audit(session: Session, verb: str, row: Evaluation, actor: Actor, now: Instant) -> None:
    audit(
        session, actor=actor.ref, verb=verb, subject=f"evaluation:{row.id}", now=now, version=row.version,
        rev=row.rev, score=row.score,
    )  # fmt: skip


def rows_of(row: Evaluation) -> list[Scored]:
    """Return a report's indicators as they were scored."""
    return msgspec.convert(row.rows, list[Scored])
