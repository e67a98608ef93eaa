"""预案库: the plans and their versions, one version read, and the editor of the next."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_ag_grid as dag
from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, link, panel, status, table
from models.events.incident.response import Card, Contact, PlannedNeed
from models.rules.incident.plans import GRADES, Body, LevelRule, Trigger
from models.tables import Plan

LISTS: Mapping[str, tuple[str, ...]] = {
    "triggers": ("types", "kinds", "grades", "districts", "hazards", "metres"),
    "levels": ("level", "grades", "people", "words"),
    "cards": ("key", "title", "role", "minutes", "after", "text"),
    "needs": ("capability", "count"),
    "contacts": ("role", "name", "phone"),
    "sections": ("title", "text"),
}
"""The lists of a plan, each a grid: name -> its columns."""
SHAPES: Mapping[str, Any] = {
    "triggers": Trigger, "levels": LevelRule, "cards": Card, "needs": PlannedNeed, "contacts": Contact,
}  # fmt: skip
STAGES = ("first", "follow", "final")
STATES = {"active": "ok", "draft": "warn", "retired": "off"}


class Shown(NamedTuple):
    """What the page of one version needs: the row, what it says, its versions, and who wrote them.

    labels : column of the lists -> the label of each code that may stand there.
    """

    row: Plan
    body: Body
    versions: Sequence[Plan]
    names: Mapping[int, str]
    zone: str
    may_edit: bool
    labels: Mapping[str, Mapping[str, str]]


def library(rows: Sequence[Plan], zone: str, words: Words, *, may_edit: bool) -> Child:
    """Return every plan once: its newest version that holds, and whether a draft waits."""
    newest: dict[str, Plan] = {}
    drafts = {row.code for row in rows if row.state == "draft"}
    for row in rows:
        known = newest.get(row.code)
        if known is None or (known.state == "draft" and row.state == "active"):
            newest[row.code] = row
    lines = [
        (
            link(row.title, f"/command/plan?id={row.id}"), row.code,
            words["command.version"].format(n=row.version),
            html.Span([
                status(STATES[row.state], words[f"plan_state.{row.state}"]),
                status("warn", words["plan.draft_waits"]) if row.code in drafts and row.state != "draft" else "",
            ]),
            str(len(row.body.get("cards", ()))),
            clock.moment(row.written_at.timestamp(), zone, words),
        )
        for row in newest.values()
    ]  # fmt: skip
    heads = [
        (words[f"plan.col.{name}"], "")
        for name in ("title", "code", "version", "state", "cards", "written")
    ]
    new = html.Div([
        dcc.Input(id="plan-code", type="text", maxLength=40, placeholder=words["plan.new_code"]),
        html.Button(words["plan.new"], id="plan-new", type="button", className="button primary"),
        html.P(id="plan-new-note", className="form-note", role="alert"),
    ], className="line-form") if may_edit else None  # fmt: skip
    body = table(heads, lines, label=words["plan.library"]) if lines else empty(words["plan.none"])
    return html.Div(
        [
            html.Div(html.H1(words["plan.library"]), className="page-title"), new,
            html.Div(body, className="panel"),
        ],
        className="page plans",
    )  # fmt: skip


def one(shown: Shown, words: Words) -> Child:
    """Return one version with its versions beside it, and the editor for who may."""
    row = shown.row
    title = html.Div(
        [
            html.H1(row.title), html.Span(row.code, className="total"),
            html.Span(words["command.version"].format(n=row.version), className="badge"),
            status(STATES[row.state], words[f"plan_state.{row.state}"]),
        ],
        className="page-title",
    )  # fmt: skip
    main = (
        editor(shown, words) if shown.may_edit and row.state != "retired" else _read(shown, words)
    )
    return html.Div(
        [
            dcc.Store(id="plan-of", data={"id": row.id, "code": row.code}),
            title,
            html.Div([html.Div(main), html.Div(_versions(shown, words))], className="split wide"),
        ],
        className="page plan",
    )


def _versions(shown: Shown, words: Words) -> Child:
    def written(row: Plan) -> str:
        at = clock.moment(row.written_at.timestamp(), shown.zone, words)
        return f" {shown.names.get(row.written_by, '')} {at}"

    lines = [
        html.Li([
            link(words["command.version"].format(n=row.version), f"/command/plan?id={row.id}"),
            " ", status(STATES[row.state], words[f"plan_state.{row.state}"]), html.Small(written(row)),
            html.P(changed(row, before, words), className="muted") if before else None,
        ], className="chosen" if row.id == shown.row.id else "")
        for row, before in zip(shown.versions, [*shown.versions[1:], None], strict=True)
    ]  # fmt: skip
    return panel(words["plan.versions"], html.Ul(lines, className="plain"), css="roomy")


def changed(row: Plan, before: Plan, words: Words) -> str:
    """Return which parts of a plan differ between two versions, with how many entries came and went."""
    said = []
    for name in (*LISTS, "templates", "automatic"):
        now, was = row.body.get(name), before.body.get(name)
        if now == was:
            continue
        more = ""
        if isinstance(now, list) and isinstance(was, list):
            more = f" +{sum(x not in was for x in now)} −{sum(x not in now for x in was)}"
        said.append(words[f"plan.{name}"] + more)
    return "，".join(said) or words["plan.same"]


def _read(shown: Shown, words: Words) -> Child:
    parts: list[Child] = []
    for name, columns in LISTS.items():
        rows = rows_of(shown.body, name)
        if rows:
            heads = [(words[f"plan.col.{column}"], "") for column in columns]
            lines = [
                [said(str(row[column]), shown.labels.get(column, {})) for column in columns] for row in rows
            ]  # fmt: skip
            parts.append(
                panel(words[f"plan.{name}"], table(heads, lines, label=words[f"plan.{name}"]))
            )
    return html.Div(parts)


def said(codes: str, labels: Mapping[str, str]) -> str:
    """Return codes with commas as what they mean; one nobody knows stays as it is."""
    return "、".join(labels.get(code, code) for code in codes.split(",")) if labels else codes


def rows_of(body: Body, name: str) -> list[dict[str, Any]]:
    """Return the rows of one list of a plan as its grid shows them: lists as words with commas."""
    if name == "sections":
        return [{"title": title, "text": said} for title, said in body.sections]
    return [
        {
            column: ",".join(value) if isinstance(value := getattr(item, column), tuple) else value
            for column in LISTS[name]
        }
        for item in getattr(body, name)
    ]


def editor(shown: Shown, words: Words) -> Child:
    """Return the editor: a grid for every list, the templates, and what may be done with the version."""
    draft = shown.row.state == "draft"
    grids = [
        panel(
            words[f"plan.{name}"], [_grid(name, rows_of(shown.body, name), shown.labels, words)],
            note=html.Span([
                words.get(f"plan.{name}_help", ""), " ",
                html.Button(words["plan.add_row"], id={"plan-add": name}, type="button", className="button small"),
            ]),
        )
        for name in LISTS
    ]  # fmt: skip
    templates = [
        html.Div([
            html.Label(words[f"report_stage.{stage}"]),
            dcc.Textarea(id={"plan-template": stage}, value=shown.body.templates.get(stage, ""), rows=2),
        ], className="field")
        for stage in STAGES
    ]  # fmt: skip
    buttons = [
        html.Button(
            words["plan.save"], id={"plan-do": "save"}, type="button", className="button primary"
        )
    ]
    if draft:
        buttons.append(
            html.Button(
                words["plan.publish"], id={"plan-do": "publish"}, type="button", className="button"
            )
        )
    buttons.append(
        html.Button(
            words["plan.retire"], id={"plan-do": "retire"}, type="button", className="button"
        )
    )
    known = "，".join(f"{code} {label}" for code, label in shown.labels["types"].items())
    return html.Div([
        html.Div([html.Label(words["plan.col.title"]),
                  dcc.Input(id="plan-title", type="text", value=shown.row.title, maxLength=100)], className="field"),
        dcc.Checklist([{"label": words["plan.automatic_help"], "value": "yes"}],
                      ["yes"] if shown.body.automatic else [], id="plan-automatic"),
        html.P(words["plan.codes"].format(codes=known), className="muted"),
        *grids,
        panel(words["plan.templates"], templates, css="roomy", note=words["plan.templates_help"]),
        html.P(id="plan-note", className="form-note", role="alert"),
        html.Div(buttons, className="buttons sticky"),
        dcc.Store(id="plan-rev", data=shown.row.rev if draft else 0),
    ])  # fmt: skip


def _grid(
    name: str, rows: list[dict[str, Any]], labels: Mapping[str, Mapping[str, str]], words: Words
) -> Child:
    wide = {"text", "title", "types", "words"}
    wrapped = {"text", "role", "after", "types"}
    choices = {"level": list(GRADES), "capability": list(labels["capability"])}
    columns: list[dict[str, Any]] = [
        {
            "field": column, "headerName": words[f"plan.col.{column}"], "editable": True,
            "flex": 3 if column in wide else 2 if column == "role" else 1, "minWidth": 110 if column == "key" else 80,
            "wrapText": column in wrapped, "autoHeight": column in wrapped, "wrapHeaderText": True,
            "autoHeaderHeight": True,
            # a person reads and types labels, the plan keeps codes
            **({"valueFormatter": {"function": "labels(params)"}} if column in labels else {}),
            **({"valueParser": {"function": "codes(params)"}, "cellEditorParams": {"useFormatter": True}}
               if column in labels and column not in choices else {}),
            **({"cellEditor": "agSelectCellEditor", "cellEditorParams": {"values": choices[column]}}
               if column in choices else {}),
        }
        for column in LISTS[name]
    ]  # fmt: skip
    return dag.AgGrid(
        id={"plan-grid": name}, rowData=rows, columnDefs=columns,
        dashGridOptions={
            "domLayout": "autoHeight", "stopEditingWhenCellsLoseFocus": True, "rowDragManaged": True,
            "rowSelection": {"mode": "multiRow"}, "singleClickEdit": True,
            "localeText": {"noRowsToShow": words["plan.no_rows"]},
            "context": {"labels": {column: labels[column] for column in LISTS[name] if column in labels}},
        },
        defaultColDef={"sortable": False, "resizable": True}, className="ag-theme-quartz plan-grid",
        deleteSelectedRows=False,
    )  # fmt: skip
