"""One evaluation report (评估报告): scores with what they were counted from, the chain, the texts, the verbs."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from command.evaluation import SECTIONS, rows_of
from command.evaluation_lists import Report
from command.evaluation_page import Page
from dashboard.views import clock
from dashboard.views.kit import Child, Words, link, panel, table
from dashboard.views.reviews import Here, name_of, points, target_of, value_of
from models.rules.incident.chain import STEPS, Times
from models.rules.incident.measures import JUDGED, MEASURES, Scored

COLUMNS = ("indicator", "value", "target", "weight", "score", "inputs")


def page(report: Report, chain: Times, here: Here, *, own: bool) -> Child:
    """Return a report's page; own : the viewer wrote it, and so does not approve it."""
    words, row, i = here.words, report.row, report.incident
    draft = row.state == "draft" and "command.act" in here.can
    buttons: list[Child] = [
        link(words["reviews.replay"], f"/command/replay?id={i.id}", className="button"),
        html.A("PDF", href=f"/api/command/evaluation/{row.id}.pdf", className="button"),
        html.A("XLSX", href=f"/api/command/evaluation/{row.id}.xlsx", className="button"),
    ]
    mark = html.Span(words["command.exercise"], className="replay-mark") if i.exercise else None
    head = html.Div(
        [html.H1([f"{i.no} {i.title} · {words['reviews.report']} "], className="review-title"), mark,
         html.Div(buttons, className="buttons review-files")], className="page-title",
    )  # fmt: skip
    facts = html.Dl(
        [
            html.Div([html.Dt(label), html.Dd(value)])
            for label, value in [
                *facts_of(report, here),
                (words["reviews.score"], points(row.score, words)),
            ]
        ],
        className="review-facts",
    )
    note = html.P(f"{words['reviews.note']}：{row.note}", className="muted") if row.note else None
    return html.Div(
        [
            head, facts, note,
            html.Div(
                [
                    panel(words["reviews.scores"], _scores(report, draft, here), note=words["reviews.rule"]),
                    html.Div([
                        panel(words["command.chain"], _chain(chain, here)),
                        panel(words["reviews.texts"], _texts(row.sections, draft, words), css="form"),
                        _acts(report, own, here),
                    ]),
                ],
                className="review-body",
            ),
            dcc.Store(id="review-facts", data={"id": row.id, "rev": row.rev}),
        ],
        className="page review",
    )  # fmt: skip


def facts_of(report: Report, here: Here) -> list[tuple[str, str]]:
    """Return what stands above every report."""
    words, row, i = here.words, report.row, report.incident
    ended = i.times.get("ended")
    said = [
        (words["command.type"], here.types.get(i.type, i.type)),
        (words["level_field.grade"], words[f"grade.{i.grade or 'none'}"]),
        (words["command.place"], i.place.address or words["command.no_place"]),
        (words["reviews.reported"], clock.moment(i.reported, here.zone, words)),
        (words["reviews.ended"], clock.moment(ended, here.zone, words)),
        (words["reviews.lasted"], clock.duration(ended - i.reported if ended else None, words)),
        (words["reviews.state_head"], words[f"reviews.state.{row.state}"]),
        (words["reviews.version"], words["command.version"].format(n=row.version)),
        (words["reviews.author"], row.author),
    ]
    if row.approved_at:
        said.append((words["reviews.approver"], row.approver))
    return said


def _scores(report: Report, draft: bool, here: Here) -> Child:
    words = here.words
    heads = [
        (
            words[f"reviews.col.{name}"],
            "num" if name in ("value", "target", "weight", "score") else "",
        )
        for name in COLUMNS
    ]
    lines = []
    for row in rows_of(report.row):
        value: Child = value_of(row, words)
        told: Child = inputs_of(row, here)
        if draft and row.measure == JUDGED:
            value = dcc.Input(
                id={"review-field": row.code, "of": "judged"}, type="number", min=0, max=100, step="any",
                value=row.value,
                placeholder="0–100", className="review-judged",
            )  # fmt: skip
        if draft:
            note = dcc.Input(
                id={"review-field": row.code, "of": "note"}, type="text", value=row.note, maxLength=500,
                placeholder=words["reviews.row_note"],
            )  # fmt: skip
            told = html.Div([html.Small(told, className="muted under"), note])
        elif row.note:
            told = html.Span([told, html.Small(row.note, className="under")])
        lines.append(
            [
                name_of(row, words), value, target_of(row, words), f"{row.weight:g}",
                html.B(points(row.score, words)), told,
            ]
        )  # fmt: skip
    return table(heads, lines, label=words["reviews.scores"])


def inputs_of(row: Scored, here: Here) -> str:
    """Return what a value was counted from."""
    words = here.words
    if row.measure == JUDGED:
        return words["reviews.by_person"]
    if MEASURES[row.measure].unit == "min" and {"from", "to"} <= row.inputs.keys():
        return f"{clock.time_of(row.inputs['from'], here.zone)} → {clock.time_of(row.inputs['to'], here.zone)}"
    if "good" in row.inputs:
        return f"{row.inputs['good']:.0f} / {row.inputs['all']:.0f}"
    if "answered" in row.inputs:
        return f"{row.inputs['answered']:.0f} / {row.inputs['all']:.0f}"
    return words["reviews.no_inputs"]


def chain_rows(chain: Times, here: Here) -> list[tuple[str, str, str]]:
    """Return (step, when, how long after the step before that is known) of every step."""
    words = here.words
    found = []
    before: float | None = None
    for step in STEPS:
        at = chain[step]
        known = clock.moment(at, here.zone, words) if at else words["replay.unknown"]
        took = clock.duration(at - before, words) if at and before and at >= before else ""
        found.append((words[f"chain.{step}"], known, f"+{took}" if took else ""))
        before = at or before
    return found


def _chain(chain: Times, here: Here) -> Child:
    words = here.words
    heads = [(words["reviews.step"], ""), (words["reviews.at"], ""), (words["reviews.took"], "num")]
    return table(heads, chain_rows(chain, here), label=words["command.chain"])


def _texts(sections: Mapping[str, str], draft: bool, words: Words) -> Child:
    found: list[Child] = []
    for name in SECTIONS:
        said = sections.get(name, "")
        if draft:
            box = dcc.Textarea(
                id={"review-field": name, "of": "section"}, value=said, maxLength=5000, rows=3
            )
            found.append(
                html.Div(
                    [html.Label([html.Span(words[f"reviews.section.{name}"]), box])],
                    className="field",
                )
            )
        else:
            found += [
                html.H3(words[f"reviews.section.{name}"]),
                html.P(said or words["reviews.empty"], className="said"),
            ]
    return html.Div(found, className="review-texts")


def _acts(report: Report, own: bool, here: Here) -> Child:
    words, state = here.words, report.row.state
    verbs: list[str] = []
    if "command.act" in here.can and state == "draft":
        verbs += ["save", "measure_again", "submit", "drop"]
    if "command.approve" in here.can and state == "submitted":
        verbs += ["send_back"] if own else ["approve", "send_back"]
    if not verbs:
        return None
    note: Any = dcc.Input(
        id={"review-note": "all"},
        type="text",
        maxLength=500,
        placeholder=words["reviews.note_help"],
    )
    return html.Div(
        [
            note if "send_back" in verbs else None,
            html.Div(
                [
                    html.Button(
                        words[f"reviews.do.{verb}"], id={"review-do": verb}, type="button",
                        className="button primary" if verb in ("save", "approve") else "button",
                    )
                    for verb in verbs
                ],
                className="buttons",
            ),
            html.P(words["reviews.own"], className="muted") if own and state == "submitted" else None,
        ],
        className="review-acts",
    )  # fmt: skip


def printed(report: Report, chain: Times, here: Here, lang: str) -> Page:
    """Return a report as the page it is printed on."""
    words, row, i = here.words, report.row, report.incident
    signed = [f"{words['reviews.author']}：{row.author}"]
    if row.approved_at:
        at = clock.moment(row.approved_at.timestamp(), here.zone, words)
        signed.append(f"{words['reviews.approver']}：{row.approver}　{at}")
    heads = {
        "score": words["reviews.scores"], "total": words["reviews.score"], "rule": words["reviews.rule"],
        "chain": words["command.chain"], "step": words["reviews.step"], "at": words["reviews.at"],
        "took": words["reviews.took"],
    }  # fmt: skip
    return Page(
        lang=lang, title=f"{i.title} {words['reviews.report']}", no=i.no, state=words[f"reviews.state.{row.state}"],
        exercise=words["command.exercise"] if i.exercise else "", facts=facts_of(report, here), heads=heads,
        score=points(row.score, words), columns=[words[f"reviews.col.{name}"] for name in COLUMNS],
        rows=sheet_rows(report, here), chain=chain_rows(chain, here),
        sections=[(words[f"reviews.section.{n}"], row.sections.get(n) or words["reviews.empty"]) for n in SECTIONS],
        signed=signed,
    )  # fmt: skip


def sheet_rows(report: Report, here: Here) -> list[list[str]]:
    """Return the indicators as lines of text, as page, paper and sheet show them."""
    words = here.words
    return [
        [
            name_of(row, words), value_of(row, words), target_of(row, words), f"{row.weight:g}",
            points(row.score, words), " · ".join(filter(None, (inputs_of(row, here), row.note))),
        ]
        for row in rows_of(report.row)
    ]  # fmt: skip
