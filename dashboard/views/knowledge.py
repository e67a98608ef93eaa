"""The knowledge base: shelves with the search, the list, and what is found beside another form."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, status, table
from models.rules.knowledge import SHELVES

if TYPE_CHECKING:
    from tickets.knowledge import Found, Line

Options = Sequence[tuple[str, str]]
LEVELS: Mapping[str, str] = {"draft": "warn", "reviewed": "ok", "failed": "bad", "withdrawn": "off"}
"""State of a text -> the level its mark has."""


def address(**asked: str) -> str:
    """Return the address of a list: desk, shelf, category, q, page."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/knowledge?{query}" if query else "/knowledge"


def page(
    asked: Mapping[str, str],
    found: "Found",
    *,
    desks: Sequence[str],
    waiting: int,
    categories: Options,
    may_write: bool,
    zone: str,
    words: Words,
) -> Child:
    """Return the knowledge page; `asked` holds desk, shelf, category, q and page of the address."""
    where = asked.get("shelf") or "1"
    new = link(
        words["know.new"],
        f"/knowledge/item?{urlencode({'new': where})}",
        className="button primary",
    )
    title = html.Div(
        [
            html.H1(words["know.title"]),
            html.Div([new] if may_write else [], className="actions"),
        ],
        className="page-title",
    )
    search = html.Div(
        dcc.Input(
            id="knowledge-text", type="search", value=asked.get("q", ""), maxLength=100,
            placeholder=words["know.search"],
        ),
        className="search", **data(search="", knowledge=""),
    )  # fmt: skip
    category = dcc.Dropdown(
        [{"label": label, "value": code} for code, label in categories],
        asked.get("category") or None,
        id="knowledge-category",
        placeholder=words["know.category_any"],
        className="pick",
    )
    bar = html.Div(
        [_tabs(asked, desks, waiting, words), html.Div([search, category], className="filters")],
        className="bar",
    )
    shown = html.Div(listing(asked, found, zone, words), id="knowledge-list")
    # what is being typed; empty until somebody types
    return html.Div(
        [dcc.Store(id="knowledge-words"), title, bar, shown], className="page tickets knowledge"
    )


def _tabs(asked: Mapping[str, str], desks: Sequence[str], waiting: int, words: Words) -> html.Div:
    desk, shelf = asked.get("desk", "shown"), asked.get("shelf", "")
    tabs = [
        _tab(
            words[f"know.shelf.{name or 'all'}"],
            address(shelf=name, q=asked.get("q", "")),
            on=desk == "shown" and shelf == name,
        )
        for name in ("", *SHELVES)
    ]
    for name in desks:
        text: Child = words[f"know.desk.{name}"]
        if name == "review" and waiting:
            text = [text, html.Span(f" {waiting:,}", className="num")]
        tabs.append(_tab(text, address(desk=name), on=desk == name))
    return html.Div(tabs, className="tabs")


def _tab(text: Child, href: str, *, on: bool) -> html.A:
    current = {"aria-current": "true"} if on else {}
    return link(text, href, className="tab on" if on else "tab", **current)


def listing(asked: Mapping[str, str], found: "Found", zone: str, words: Words) -> Child:
    """Return the list of one page with its total and its pager."""
    desk = asked.get("desk", "shown")
    if not found.lines:
        return empty(words[f"know.none.{desk}"])
    heads = [
        (words["know.col.title"], ""),
        (words["know.col.shelf"], "nowrap"),
        (words["know.col.views"], "num"),
        (words["know.col.publisher"], "nowrap"),
        (words["know.col.published"], "nowrap"),
        (words["know.col.state"], "nowrap"),
    ]
    rows = [
        (
            [
                link(line.row.title, f"/knowledge/item?id={line.row.id}"),
                html.P(line.begins, className="muted begins"),
            ],
            words[f"know.shelf.{line.row.shelf}"],
            f"{line.row.views:,}",
            line.publisher or "—",
            short(line.row.published_at.timestamp(), zone) if line.row.published_at else "—",
            state(line.row.state, words),
        )
        for line in found.lines
    ]
    total = html.P(words["know.total"].format(n=f"{found.total:,}"), className="muted total")
    body = html.Div(table(heads, rows, label=words["know.title"]), className="panel")
    return [total, body, _pager(asked, found.pages, words)]


def _pager(asked: Mapping[str, str], pages: int, words: Words) -> Child:
    if pages < 2:
        return None
    number = int(asked.get("page") or 0)
    steps: list[Child] = [html.Span(f"{number + 1} / {pages}", className="num")]
    if number:
        before = address(**{**asked, "page": str(number - 1)})
        steps.insert(0, link(words["tickets.before"], before))
    if number + 1 < pages:
        steps.append(link(words["tickets.after"], address(**{**asked, "page": str(number + 1)})))
    return html.Nav(steps, className="pager")


def short(at: float, zone: str) -> str:
    """Return `2026-11-21 14:05`."""
    return f"{clock.local(at, zone):%Y-%m-%d %H:%M}"


def state(name: str, words: Words) -> html.Span:
    """Return the mark of a text's state."""
    return status(LEVELS[name], words[f"know.state.{name}"])


def hits(found: "Sequence[Line]", words: Words) -> Child:
    """Return what was found beside another form: titles that open beside it, and how the answers begin."""
    if not found:
        return empty(words["know.hits_none"])
    return html.Ul(
        [
            html.Li(
                [
                    html.A(
                        line.row.title, href=f"/knowledge/item?id={line.row.id}",
                        target="_blank", rel="noopener",
                    ),
                    html.P(line.begins, className="muted begins"),
                ]
            )
            for line in found
        ],
        className="hits",
    )  # fmt: skip
