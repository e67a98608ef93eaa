"""值班报告: the list and the form of a new one; one report with its text, its figures, its versions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import html

from dashboard.views import clock
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, empty, link, panel, status, table

if TYPE_CHECKING:
    from models.tables import DutyReport, DutyReportVersion

HERE = "/duty/reports"
STATES: Mapping[str, str] = {"draft": "off", "submitted": "warn", "approved": "ok"}
CALLS = ("arrived", "entered", "answered", "abandoned")
RATES = ("connect_rate", "within_offered", "loss_rate")


def listed(
    rows: Sequence["DutyReport"], asked: Mapping[str, str], *, page: int, total: int, most: int, zone: str,
    words: Words,
) -> Child:  # fmt: skip
    """Return a page of the reports with what the list asks for: `since`, `until`, `text`, `state`; most : of a page."""
    heads = [
        (words["duty.field.title"], ""), (words["duty.col.period"], "nowrap"),
        (words["duty.col.state"], "nowrap"), (words["duty.col.made"], "nowrap"),
    ]  # fmt: skip
    body = [
        (
            link(row.title, f"/duty/report?id={row.id}"), period(row, zone),
            state(row.state, words), f"{clock.local(row.drafted_at.timestamp(), zone):%Y-%m-%d %H:%M}",
        )
        for row in rows
    ]  # fmt: skip
    none = "duty.reports.none_found" if any(asked.values()) else "duty.reports.none"
    found = table(heads, body, label=words["duty.tab.reports"]) if body else empty(words[none])
    boxes = [parts.box(name, asked[name], words) for name in ("since", "until", "text")]
    states = [
        ("", words["duty.all"]), *((name, words[f"duty.report.{name}"]) for name in STATES)
    ]  # fmt: skip
    kept = {name: value for name, value in asked.items() if name != "state"}
    bar = [
        parts.search(HERE, boxes, words, keep="state", text="duty.find"),
        parts.tabs(HERE, "state", asked["state"], states, words, kept),
    ]
    turns = [
        link(words["incidents.prev"], _turn(asked, page - 1)) if page else None,
        link(words["incidents.next"], _turn(asked, page + 1))
        if (page + 1) * most < total
        else None,
    ]
    note = words["duty.contacts.total"].format(n=f"{total:,}")
    inner = [html.Div(bar, className="duty-asks"), found, html.Div(turns, className="line")]
    return panel(words["duty.tab.reports"], inner, note=note)


def _turn(asked: Mapping[str, str], page: int) -> str:
    said = {name: value for name, value in asked.items() if value}
    return f"{HERE}?{urlencode({**said, **({'page': page} if page else {})})}"


def page(left: Child, *, since: str, until: str, title: str, may: bool, words: Words) -> Child:
    """Return the list, and beside it the form that draws a new report."""
    if not may:
        return left
    form = [
        parts.typed("report", "title", words, value=title, most=80),
        parts.typed("report", "since", words, value=since, most=16),
        parts.typed("report", "until", words, value=until, most=16, hint=words["duty.period_help"]),
        parts.button("report.draft", words, primary=True),
    ]
    new = panel(words["duty.report_new"], html.Div(form, className="form"), css="roomy")
    return html.Div([html.Div(left), html.Div(new)], className="split")


def period(row: "DutyReport", zone: str) -> str:
    """Return the period a report is of."""
    since, until = (clock.local(at.timestamp(), zone) for at in (row.since, row.until))
    return f"{since:%Y-%m-%d %H:%M} – {until:%m-%d %H:%M}"


def state(name: str, words: Words) -> html.Span:
    """Return the mark of a report's state."""
    return status(STATES[name], words[f"duty.report.{name}"])


def one(
    row: "DutyReport",
    versions: Sequence["DutyReportVersion"],
    *,
    may_edit: bool,
    may_approve: bool,
    files: Sequence[str],
    zone: str,
    words: Words,
) -> Child:
    """Return one report."""
    of: dict[str, Any] = {"key": row.id, "version": row.version}
    acts: list[Child] = []
    if row.state == "draft" and may_edit:
        text: Child = html.Div(
            [
                parts.written("report", "text", words, value=row.text, most=20_000, rows=22),
                html.Div(
                    [
                        parts.button("report.edit", words, primary=True, **of),
                        parts.button("report.submit", words, **of),
                    ],
                    className="acts",
                ),
            ],
            className="form",
        )
    else:
        text = html.Div(row.text, className="pre duty-text")
    if row.state == "submitted" and may_approve:
        acts = [
            html.Div(parts.button("report.approve", words, primary=True, **of), className="acts"),
            parts.opening(
                words["duty.do.report.give_back"],
                [
                    parts.typed("report", "why", words, most=300),
                    parts.button("report.give_back", words, **of),
                ],
            ),
        ]
    links = [
        html.A(words[f"duty.file.{kind}"], href=f"/api/duty/report/{row.id}.{kind}", className="button", download="")
        for kind in files
    ]  # fmt: skip
    head = html.Div(
        [
            link(words["duty.back"], "/duty/reports"), html.Span(period(row, zone), className="num muted"),
            state(row.state, words),
            html.Span(words["duty.approved_by"].format(name=row.approved_name)) if row.approved_name else None,
            html.Div(links, className="files"),
        ],
        className="filters duty-bar",
    )  # fmt: skip
    left = panel(row.title, [text, *acts], css="roomy")
    right = [
        panel(words["duty.facts"], figures(row.facts, words), css="roomy"),
        panel(words["duty.versions"], _versions(versions, zone, words)),
    ]
    return [head, html.Div([html.Div(left), html.Div(right)], className="split")]


def figures(facts: Mapping[str, Any], words: Words) -> Child:
    """Return the facts a report rests on, as they were counted when it was drawn."""
    parts_: list[Child] = []
    calls = facts["calls"]
    for name in CALLS:
        parts_ += [html.Dt(words[f"kpi.{name}"]), html.Dd(f"{calls[name]['v']:,}")]
    for name in RATES:
        ratio = calls[name]
        said = f"{ratio['v'] * 100:.1f} % ({ratio['n']:,}/{ratio['d']:,})" if ratio["d"] else "—"
        parts_ += [html.Dt(words[f"kpi.{name}"]), html.Dd(said)]
    parts_ += [html.Dt(words["duty.tickets_opened"]), html.Dd(f"{facts['tickets']['opened']:,}")]
    for kind, number in facts["tickets"]["kinds"].items():
        parts_ += [html.Dt(words.get(f"kind.{kind}", kind)), html.Dd(f"{number:,}")]
    for name, number in sorted(facts["log"].items()):
        parts_ += [html.Dt(words[f"duty.kind_of.{name}"]), html.Dd(f"{number:,}")]
    return html.Dl(parts_, className="facts num-left")


def _versions(rows: Sequence["DutyReportVersion"], zone: str, words: Words) -> Child:
    heads = [
        ("", "num"),
        (words["duty.col.time"], "nowrap"),
        (words["duty.col.what"], ""),
        (words["duty.col.by"], ""),
    ]
    body = []
    for row in rows:
        said: list[Child] = [words[f"duty.step.{row.verb}"]]
        if row.note:
            said.append(html.P(row.note, className="muted"))
        if row.verb in ("draft", "edit"):
            said.append(
                html.Details(
                    [
                        html.Summary(words["duty.text_then"]),
                        html.Div(row.text, className="pre duty-text"),
                    ]
                )
            )
        at = f"{clock.local(row.at.timestamp(), zone):%m-%d %H:%M}"
        body.append((str(row.version), at, said, row.name))
    return table(heads, body, label=words["duty.versions"])
