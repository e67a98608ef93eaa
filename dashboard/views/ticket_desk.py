"""A desk of tickets: its tabs, the search, the list with lamps, the pages."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, status, table

if TYPE_CHECKING:
    from tickets.queries import TicketPage

LAMPS: Mapping[str, str] = {"green": "ok", "yellow": "warn", "red": "bad"}


def desk(
    name: str,
    desks: Sequence[str],
    page: "TicketPage",
    *,
    text: str,
    number: int,
    zone: str,
    words: Words,
    may_open: bool,
) -> Child:
    """Return a desk: its tabs, the search, the list, and the pages."""
    tabs = html.Div(
        [
            link(
                words[f"desk.{each}"],
                address(each),
                className="tab on" if each == name else "tab",
                **({"aria-current": "true"} if each == name else {}),
            )
            for each in desks
        ],
        className="tabs",
    )
    search = html.Div(
        dcc.Input(
            id="tickets-text", type="search", value=text, debounce=True,
            placeholder=words["tickets.search"],
        ),
        className="search", **data(search="", desk=name),
    )  # fmt: skip
    new = link(words["tickets.new"], "/tickets/new", className="button primary")
    title = html.Div(
        [
            html.H1(words["tickets.title"]),
            html.Span(words["tickets.total"].format(n=f"{page.total:,}"), className="total"),
            html.Div([new] if may_open else [], className="actions"),
        ],
        className="page-title",
    )
    bar = html.Div([tabs, html.Div([search], className="filters")], className="bar")
    return html.Div(
        [title, bar, _list(page, zone, words), _pager(name, text, number, page.pages, words)],
        className="page tickets",
    )


def address(desk_name: str, **more: str) -> str:
    """Return the address of a desk with its search and page."""
    return f"/tickets?{urlencode({'desk': desk_name, **{k: v for k, v in more.items() if v}})}"


def _list(page: "TicketPage", zone: str, words: Words) -> Child:
    if not page.lines:
        return empty(words["tickets.none"])
    heads = [
        (words[f"tickets.col.{name}"], "")
        for name in ("no", "title", "kind", "status", "unit", "due", "opened")
    ]
    rows = []
    for line in page.lines:
        row = line.row
        marks: list[Child] = []
        if row.emergency:
            marks.append(status("bad", words["tickets.emergency"]))
        if row.urgency != "normal":
            marks.append(status("warn", words[f"urgency.{row.urgency}"]))
        if line.asked:
            marks.append(html.Span(words[f"asked.{line.asked}"], className="chip-note"))
        due = row.due_at.timestamp() if row.due_at else 0.0
        rows.append(
            (
                link(row.no, f"/ticket?no={row.no}", className="num"),
                html.Span(
                    [link(row.title, f"/ticket?no={row.no}"), *marks], className="title-cell"
                ),
                words[f"kind.{row.kind}"],
                words[f"ticket_status.{row.status}"],
                line.unit or "—",
                due_lamp(line.lamp, due, zone, words),
                clock.moment(row.opened_at.timestamp(), zone, words),
            )
        )
    return html.Div(table(heads, rows, label=words["tickets.title"]), className="panel")


def _pager(name: str, text: str, number: int, pages: int, words: Words) -> Child:
    last = pages - 1
    if last < 1:
        return None
    steps: list[Child] = []
    if number:
        steps.append(link(words["tickets.before"], address(name, q=text, page=str(number - 1))))
    steps.append(html.Span(f"{number + 1} / {last + 1}", className="num"))
    if number < last:
        steps.append(link(words["tickets.after"], address(name, q=text, page=str(number + 1))))
    return html.Nav(steps, className="pager")


def due_lamp(lamp: str, due: float, zone: str, words: Words) -> Child:
    """Return a due instant with its lamp's colour and word."""
    if not lamp or not due:
        return "—"
    return status(LAMPS[lamp], f"{words[f'lamp.{lamp}']} {clock.local(due, zone):%m-%d %H:%M}")
