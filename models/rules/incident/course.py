"""The fold of an incident's course."""

from typing import assert_never

from msgspec.structs import replace

from models.events.incident import course as e
from models.rules.incident.state import (
    Alert,
    Decision,
    Evaluation,
    Incident,
    Media,
    Merged,
    Remark,
    Report,
    Revision,
    Status,
)


def begin(event: e.IncidentReported) -> Incident:
    """Return the incident as it was reported."""
    merged = {event.ticket: Merged(event.ticket, "", event.call, event.at)} if event.ticket else {}
    return Incident(
        id=event.incident, no=event.no, seq=event.seq, status="reported", kind=event.kind, type=event.incident_type,
        title=event.title, source=event.source, origin=event.origin, place=event.place,
        happened=event.happened, reported=event.at, reported_by=event.by, exercise=event.exercise,
        at=event.at, times={"reported": event.at}, merged=merged,
    )  # fmt: skip


def fold(i: Incident, event: e.CourseEvent) -> Incident:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return the incident after an event of its course."""
    match event:
        case e.IncidentReported():
            return i
        case e.IncidentVerified():
            return _to(i, "verified", event.at)
        case e.ResponseBegun() | e.IncidentRelapsed():
            return _to(i, "responding", event.at)
        case e.IncidentControlled():
            # the last time counts: one that broke out again was not under control before
            return replace(i, status="controlled", times={**i.times, "controlled": event.at})
        case e.IncidentEnded():
            return _to(i, "ended", event.at)
        case e.IncidentClosed():
            return _to(i, "closed", event.at)
        case e.IncidentCancelled():
            return replace(_to(i, "cancelled", event.at), into=event.into)
        case e.IncidentAmended():
            return replace(
                i,
                title=i.title if event.title is None else event.title,
                kind=event.kind or i.kind,
                type=i.type if event.incident_type is None else event.incident_type,
                place=event.place or i.place,
            )
        case e.ReportMerged():
            found = Merged(event.ticket, event.no, event.call, event.at)
            return replace(i, merged={**i.merged, event.ticket: found})
        case e.ReportParted():
            return replace(i, merged={k: v for k, v in i.merged.items() if k != event.ticket})
        case e.LevelAsked() | e.LevelSet() | e.LevelRefused():
            return _level(i, event)
        case e.ReportFiled():
            report = Report(event.number, event.stage, event.text, event.to, event.at, event.by)
            return replace(i, reports={**i.reports, event.number: report})
        case e.DecisionAsked():
            asked = Decision(event.decision, event.question, event.at, event.by)
            return replace(i, decisions={**i.decisions, event.decision: asked})
        case e.DecisionGiven():
            given = replace(
                i.decisions[event.decision], answer=event.answer, answered_at=event.at,
                answered_by=event.by,
            )  # fmt: skip
            return replace(i, decisions={**i.decisions, event.decision: given})
        case e.RemarkMade():
            remark = Remark(event.remark, event.text, event.about, event.at, event.by)
            return replace(i, remarks={**i.remarks, event.remark: remark})
        case e.RemarkChanged():
            remark = replace(i.remarks[event.remark], text=event.text, changed=event.at)
            return replace(i, remarks={**i.remarks, event.remark: remark})
        case e.MediaLinked():
            media = Media(
                event.media, event.form, event.ref, event.title, event.about, event.at, event.by
            )
            return replace(i, media={**i.media, event.media: media})
        case e.AlertDrafted() | e.AlertApproved() | e.AlertRefused():
            return replace(
                i, alerts={**i.alerts, **_ended(i, event), event.alert: _alert(i, event)}
            )
        case e.EvaluationSigned():
            signed = Evaluation(event.evaluation, event.version, event.score, event.at, event.by)
            return replace(i, evaluation=signed)
        case _:
            assert_never(event)


def _to(i: Incident, status: Status, at: float) -> Incident:
    return replace(i, status=status, times={**i.times, status: i.times.get(status, at)})


def _level(i: Incident, event: e.LevelAsked | e.LevelSet | e.LevelRefused) -> Incident:
    number = event.revision or -event.seq  # one set without being asked for has a number of its own
    match event:
        case e.LevelAsked():
            asked = Revision(
                number, event.field, event.was, event.now, event.note, event.by, event.at, "asked"
            )
            return replace(i, revisions={**i.revisions, number: asked})
        case e.LevelRefused():
            refused = replace(
                i.revisions[number], state="refused", decided_by=event.by, decided_at=event.at,
                answer=event.note,
            )  # fmt: skip
            return replace(i, revisions={**i.revisions, number: refused})
        case e.LevelSet():
            known = i.revisions.get(number) or Revision(
                number, event.field, event.was, event.now, event.note, event.by, event.at, "set"
            )
            made = replace(
                known, was=event.was, now=event.now, state="set", decided_by=event.by,
                decided_at=event.at, answer=event.note,
            )  # fmt: skip
            return replace(i, revisions={**i.revisions, number: made}, **{event.field: event.now})
        case _:
            assert_never(event)


def _alert(i: Incident, event: e.AlertDrafted | e.AlertApproved | e.AlertRefused) -> Alert:
    match event:
        case e.AlertDrafted():
            return Alert(
                event.alert, event.identifier, event.headline, event.msg_type, event.at, event.by,
                supersedes=event.supersedes,
            )  # fmt: skip
        case e.AlertApproved():
            return replace(
                i.alerts[event.alert], state="published", decided_at=event.at, decided_by=event.by,
                expires=event.expires,
            )  # fmt: skip
        case e.AlertRefused():
            return replace(
                i.alerts[event.alert], state="refused", decided_at=event.at, decided_by=event.by
            )
        case _:
            assert_never(event)


def _ended(
    i: Incident, event: e.AlertDrafted | e.AlertApproved | e.AlertRefused
) -> dict[int, Alert]:
    """Return the message that a published one ends."""
    made = i.alerts.get(event.alert)
    before = i.alerts.get(made.supersedes) if made and isinstance(event, e.AlertApproved) else None
    if made is None or before is None:
        return {}
    return {
        before.alert: replace(
            before, state="cancelled" if made.msg_type == "Cancel" else "replaced"
        )
    }
