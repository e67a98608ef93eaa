"""The list of tasks over all incidents: what was asked for, one page of it, and how many there are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import dcc, html

from command.task_lists import STATES
from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, data, empty, link, status, table
from dashboard.views.task_query import FILE, HERE, TaskQuery

if TYPE_CHECKING:
    from command.task_lists import TaskLine

COLUMNS = ("due", "title", "role", "state", "progress", "by", "incident")
_BOXES = ("words", "incident", "since", "until")


def page(
    rows: Sequence["TaskLine"], query: TaskQuery, words: Words, *, total: int, pages: int, zone: str, now: float
) -> Child:  # fmt: skip
    """Return the tabs, the form, the list and the way to its other pages."""
    cells = []
    for row in rows:
        said = line(row, zone, now, words)
        there = f"/command?id={row.incident}&pane=plan"
        mark = html.Span(words["command.exercise"], className="exercise") if row.exercise else None
        cells.append(
            [
                html.Span(said["due"], className="num"), link(said["title"], there), said["role"],
                status(lamp(row, now), said["state"]), said["progress"], said["by"],
                html.Span([mark, " ", link(said["incident"], f"/command?id={row.incident}")]),
            ]
        )  # fmt: skip
    heads = [(words[f"tasks.col.{name}"], "") for name in COLUMNS]
    at = query.page
    turns = [
        link(words["incidents.prev"], query.href(page=str(at - 1))) if at else None,
        link(words["incidents.next"], query.href(page=str(at + 1))) if at + 1 < pages else None,
    ]
    found = table(heads, cells, label=words["tasks.title"]) if rows else empty(words["tasks.none"])
    return html.Div(
        [
            html.Div(
                [
                    html.H1(words["tasks.title"]),
                    html.Span(words["tasks.total"].format(n=f"{total:,}"), className="total"),
                    html.A(words["incidents.export"], href=query.href(base=FILE), className="button"),
                ],
                className="page-title",
            ),
            _form(query, words),
            html.Div(found, className="panel"),
            html.Div(turns, className="line"),
        ],
        className="page incidents",
    )  # fmt: skip


def line(row: "TaskLine", zone: str, now: float, words: Words) -> dict[str, str]:
    """Return one task as list and export say it: column -> text."""
    task = row.task
    state = words[f"tasks.is.{_state(row)}"]
    if row.late(now):
        over = clock.duration((task.done or now) - task.due, words)
        state = words["tasks.late_by"].format(state=state, over=over)
    return {
        "due": clock.moment(task.due, zone, words) if task.due else words["tasks.no_due"],
        "title": task.title, "role": task.role, "state": state, "progress": f"{task.percent}%",
        "by": task.done_by or task.started_by or words["tasks.nobody"],
        "incident": f"{row.no} {row.title}",
    }  # fmt: skip


def _state(row: "TaskLine") -> str:
    task = row.task
    if task.done:
        return "done"
    if task.dropped:
        return "dropped"
    if not row.owed:
        return "left"
    return "begun" if task.started else "waiting"


def lamp(row: "TaskLine", now: float) -> str:
    """Return the lamp of a task, as the incident's pane has it: what was done too late is not green."""
    late = row.late(now)
    if row.owed:
        return "bad" if late else "warn" if row.task.started else "off"
    if not row.task.done:
        return "off"
    return "warn" if late else "ok"


def _form(query: TaskQuery, words: Words) -> Child:
    tabs = [
        link(
            words[f"tasks.state.{state or 'all'}"], query.href(state=state),
            className="tab on" if state == query.given.get("state", "") else "tab",
        )
        for state in ("", *STATES)
    ]  # fmt: skip
    boxes = [
        html.Label(
            [
                html.Span(words[f"tasks.ask.{name}"]),
                dcc.Input(
                    name=name, id=f"tasks-{name}", type="text", value=query.given.get(name, ""), maxLength=60,
                    placeholder="2026-01-31" if name in ("since", "until") else "",
                ),
            ],
            className="box",
        )
        for name in _BOXES
    ]  # fmt: skip
    go = html.Button(words["duty.find"], type="submit", className="button")
    form = html.Form(
        [*boxes, go], action=HERE, method="get", className="filters", **data(nav_form="", keep="state")
    )  # fmt: skip
    return html.Div(
        [html.Nav(tabs, className="tabs", **aria(label=words["tasks.col.state"])), form],
        className="bar",
    )
