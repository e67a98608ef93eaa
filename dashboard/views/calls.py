"""The calls page: tabs, filters that live in the address, the list, and one call's course."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dash_ag_grid as dag
from dash import dcc, html

from dashboard.views import clock
from dashboard.views.call_query import DAYS, CallQuery
from dashboard.views.kit import Child, Words, aria, data, empty, link, skeleton, status
from dashboard.views.kpis import MISSED
from dashboard.views.shapes import CallShape, StepShape

if TYPE_CHECKING:
    from models.tables import Ticket

Names = Mapping[int, str]
OUTCOMES = (
    "answered", "talking", "waiting", "abandoned", "timeout", "overflow", "quick", "left", "unknown"
)  # fmt: skip
LEVELS = {
    "answered": "ok", "talking": "ok", "waiting": "warn", "abandoned": "bad", "timeout": "bad",
    "overflow": "bad", "quick": "bad", "unknown": "off",
}  # fmt: skip
COLUMNS: tuple[tuple[str, int, bool], ...] = (
    ("entered", 158, True),
    ("caller", 140, False),
    ("queue", 112, True),
    ("outcome", 104, True),
    ("agent", 150, False),
    ("wait", 88, True),
    ("talk", 88, True),
    ("held", 80, False),
    ("ring_outs", 92, False),
    ("transferred", 100, False),
    ("callback", 190, False),
    ("call", 170, False),
    ("pbx", 84, False),
)
GRID_THEME = (
    "themeQuartz.withParams({"
    "backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', "
    "headerBackgroundColor: 'var(--sunken)', headerTextColor: 'var(--muted)', "
    "headerFontWeight: 500, borderColor: 'var(--line)', accentColor: 'var(--accent)', "
    "rowHoverColor: 'var(--accent-soft)', fontFamily: 'inherit', fontSize: 14, "
    "cellHorizontalPadding: 14, wrapperBorderRadius: 8, browserColorScheme: 'inherit'})"
)
NUMERIC = frozenset({"wait", "talk", "held", "ring_outs"})


def page(query: CallQuery, queues: Sequence[tuple[str, str]], words: Words) -> Child:
    """Return the calls page; the rows come when the list asks for them."""
    return html.Div(
        [
            html.Div(head(query, queues, words), id="calls-head"),
            html.Div(grid(words), className="calls-list"),
        ],
        className="page calls",
    )


def head(
    query: CallQuery, queues: Sequence[tuple[str, str]], words: Words, total: Child = None
) -> list[Child]:
    """Return title, exports, tabs and filters for a query; `total` is the count known so far."""
    title = html.Div(
        [
            html.H1(words["calls.title"]),
            html.Span(total or skeleton(), id="calls-total", className="total", role="status"),
            html.Div(
                [
                    _export("xlsx", words["calls.export_xlsx"], query),
                    _export("csv", words["calls.export_csv"], query),
                ],
                className="actions",
            ),
        ],
        className="page-title",
    )
    return [title, html.Div([_tabs(query, words), _filters(query, queues, words)], className="bar")]


def _export(kind: str, text: str, query: CallQuery) -> html.A:
    return html.A(text, href=query.href(f"/api/export/calls.{kind}"), className="button")


def _tabs(query: CallQuery, words: Words) -> html.Div:
    tabs = {
        "all": query.href(outcome="", callback="", figure=""),
        "missed": query.href(outcome=",".join(MISSED), callback="", figure=""),
        "todo": query.href(outcome="", callback="todo", figure=""),
        "done": query.href(outcome="", callback="done", figure=""),
    }
    return html.Div(
        [
            link(
                words[f"calls.tab_{name}"],
                href,
                className="tab on" if name == query.tab else "tab",
                **({"aria-current": "true"} if name == query.tab else {}),
            )
            for name, href in tabs.items()
        ],
        className="tabs",
    )


def _filters(query: CallQuery, queues: Sequence[tuple[str, str]], words: Words) -> html.Div:
    days = [
        link(
            words[f"calls.day.{day}"],
            query.href(day=day),
            className="tab on" if day == query.day else "tab",
        )
        for day in DAYS
    ]
    chosen = query.day if query.day not in DAYS else None
    outcome = query.outcomes[0] if len(query.outcomes) == 1 else None
    return html.Div(
        [
            html.Div(
                dcc.Input(
                    id="calls-text", type="search", value=query.text, debounce=True,
                    placeholder=words["calls.search"],
                ),
                className="search",
                **data(search=""),
            ),
            html.Div(days, className="tabs"),
            html.Div(
            dcc.DatePickerSingle(
                id="calls-date", date=chosen, display_format="YYYY-MM-DD",
                placeholder=words["calls.day.label"], first_day_of_week=1,
            ),
                className="date",
            ),
            dcc.Dropdown(
                [{"label": label, "value": name} for name, label in queues],
                value=query.queue or None, id="calls-queue",
                placeholder=words["queue.all"], className="pick",
            ),
            dcc.Dropdown(
                [{"label": words[f"outcome.{name}"], "value": name} for name in OUTCOMES],
                value=outcome, id="calls-outcome",
                placeholder=words["calls.outcome_any"], className="pick",
            ),
            *_figure(query, words),
            link(words["calls.clear"], "/calls?day=today", className="clear"),
        ],
        className="filters",
    )  # fmt: skip


def _figure(query: CallQuery, words: Words) -> list[Child]:
    """Return the mark of a figure whose calls are listed, which a press takes off."""
    label = words.get(f"figure.{query.figure}")
    if not label:
        return []
    text = words["calls.figure"].format(figure=label)
    return [
        link(
            [text, html.Span("×", **aria(hidden="true"))],
            query.href(figure=""),
            className="tab on figure",
        )
    ]


def grid(words: Words) -> dag.AgGrid:
    """Return the list; rows are fetched by block, sorted in the database."""
    columns: list[dict[str, Any]] = []
    for name, width, sortable in COLUMNS:
        column: dict[str, Any] = {
            "field": name, "headerName": words[f"calls.col.{name}"], "width": width,
            "sortable": sortable,
        }  # fmt: skip
        if name == "call":
            column |= {"flex": 1, "minWidth": width}
        if name in NUMERIC:
            column["type"] = "rightAligned"
        if name == "outcome":
            column["cellClass"] = {
                "function": "'outcome ' + (params.data ? params.data.level : '')"
            }
        columns.append(column)
    columns[0]["sort"] = "desc"
    return dag.AgGrid(
        id="calls-grid",
        columnDefs=columns,
        rowModelType="infinite",
        getRowId="params.data.key",
        defaultColDef={"resizable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={
            "theme": {"function": GRID_THEME},
            "rowHeight": 36,
            "headerHeight": 36,
            "cacheBlockSize": 100,
            "maxBlocksInCache": 20,
            "localeText": {"noRowsToShow": words["calls.empty"]},
            "infiniteInitialRowCount": 1,
            "animateRows": False,
        },
        className="grid",
        persistence=True,
        persisted_props=["columnState"],
        style={"height": "100%"},
    )


def row(call: CallShape, *, zone: str, words: Words, names: Names) -> dict[str, Any]:
    """Return a ledger row as the list shows it; `names` tells who called back, by user id."""
    return {
        "key": call.key,
        "level": LEVELS.get(call.outcome, "off"),
        "entered": _instant(call.entered or call.arrived, zone),
        "caller": call.caller,
        "queue": call.queue_label or call.queue or words["queue.none"],
        "outcome": words.get(f"outcome.{call.outcome}", call.outcome),
        "agent": " ".join(part for part in (call.agent_no, call.agent_name) if part),
        "wait": clock.timer(call.wait),
        "talk": clock.timer(call.talk),
        "held": clock.timer(call.held) if call.held else "",
        "ring_outs": call.ring_outs or "",
        "transferred": call.transferred,
        "callback": _callback(call, zone, words, names),
        "call": call.call,
        "pbx": call.pbx,
    }


def _instant(at: float | None, zone: str) -> str:
    return clock.local(at, zone).strftime("%m-%d %H:%M:%S") if at else "—"


def _callback(call: CallShape, zone: str, words: Words, names: Names) -> str:
    if call.callback_at:
        return words["calls.callback.done"].format(
            name=names.get(call.callback_by, ""), time=clock.time_of(call.callback_at, zone)
        )
    return words["calls.callback.todo"] if call.outcome in MISSED else ""


def drawer(
    call: CallShape,
    steps: Sequence[StepShape],
    *,
    zone: str,
    words: Words,
    names: Names,
    may_mark: bool,
    may_reveal: bool = False,
    tickets: Sequence["Ticket"] = (),
    may_open: bool = False,
) -> list[Child]:
    """Return one call: what it was, its course, the call-back mark, its tickets, the way to the number."""
    level = LEVELS.get(call.outcome, "off")
    title = [
        html.H2(call.caller or call.call),
        html.Div(
            [
                status(level, words.get(f"outcome.{call.outcome}", call.outcome)),
                " · ",
                call.queue_label or words["queue.none"],
                " · ",
                clock.moment(call.entered or call.arrived, zone, words),
            ],
            className="muted",
        ),
    ]
    out: list[Child] = [drawer_head(title, words)]
    if call.gap:
        out.append(html.P(status("warn", words["calls.gap"])))
    if call.outcome in MISSED or call.callback_at:
        out.append(_mark(call, zone, words, names, may_mark=may_mark))
    out.append(html.H3(words["calls.timeline"]))
    out.append(_course(steps, zone, words))
    if tickets or may_open:
        out += _tickets(call.key, tickets, words, may_open=may_open)
    if may_reveal and call.caller:
        out += _reveal(call, words)
    return out


def _tickets(key: str, tickets: Sequence["Ticket"], words: Words, *, may_open: bool) -> list[Child]:
    """Return the way from a call to its tickets, and to a new one."""
    items: list[Child] = [
        html.Li(
            [
                link(row.no, f"/ticket?no={row.no}", className="num"), " ", row.title, " ",
                html.Span(words[f"ticket_status.{row.status}"], className="muted"),
            ]
        )
        for row in tickets
    ]  # fmt: skip
    if may_open:
        items.append(html.Li(link(words["calls.register"], f"/tickets/new?call={quote(key)}")))
    return [html.H3(words["calls.tickets"]), html.Ul(items, className="call-tickets")]


def drawer_head(title: Child, words: Words) -> html.Header:
    """Return a drawer's head with its close button."""
    close = html.Button(words["drawer.close"], className="close", type="button", **data(close=""))
    return html.Header([html.Div(title), close])


def _mark(call: CallShape, zone: str, words: Words, names: Names, *, may_mark: bool) -> html.Div:
    if call.callback_at:
        note = html.P(call.callback_note, className="muted") if call.callback_note else None
        return html.Div(
            [status("ok", _callback(call, zone, words, names)), note], className="callback"
        )
    if not may_mark:
        return html.Div(status("warn", words["calls.callback.todo"]), className="callback")
    return html.Div(
        [
            status("warn", words["calls.callback.todo"]),
            dcc.Input(
                id={"callback-note": call.key}, type="text", maxLength=200,
                placeholder=words["calls.callback.note"],
            ),
            html.Button(
                words["calls.callback.mark"], id={"callback-mark": call.key},
                className="button primary", type="button",
            ),
        ],
        className="callback",
    )  # fmt: skip


def _reveal(call: CallShape, words: Words) -> list[Child]:
    """Return the way to the whole number: a reason is asked for, and who saw it is written down."""
    return [
        html.H3(words["calls.reveal.title"]),
        html.Div(
            [
                dcc.Input(
                    id={"reveal-reason": call.key}, type="text", maxLength=200,
                    placeholder=words["calls.reveal.reason"],
                ),
                html.Button(
                    words["calls.reveal.show"], id={"reveal-show": call.key}, className="button",
                    type="button",
                ),
                html.P(words["calls.reveal.help"], className="muted"),
            ],
            className="reveal",
            id={"reveal-box": call.key},
        ),
    ]  # fmt: skip


def revealed(number: str, words: Words) -> list[Child]:
    """Return the whole number in place of the question."""
    return [
        html.B(number, className="num revealed"),
        html.P(words["calls.reveal.noted"], className="muted"),
    ]


def _detail(step: StepShape, words: Words) -> str:
    if step.what == "held" and step.detail.isdigit():
        return clock.duration(int(step.detail), words)
    if step.what == "rang_out" and step.detail.isdigit():
        return f"{step.detail} {words['unit.times']}".strip()
    return step.detail


def _course(steps: Sequence[StepShape], zone: str, words: Words) -> Child:
    if not steps:
        return empty(words["calls.timeline_empty"])
    items: list[Child] = []
    before: float | None = None
    for step in steps:
        after = "" if before is None else f"+{clock.timer(step.at - before)}"
        before = step.at
        items.append(
            html.Li(
                [
                    html.Time(clock.time_of(step.at, zone)),
                    html.Span(
                        [
                            html.B(words.get(f"step.{step.what}", step.what)),
                            html.Span(_detail(step, words), className="muted"),
                        ]
                    ),
                    html.Span(after, className="muted num"),
                ]
            )
        )
    return html.Ol(items, className="course")
