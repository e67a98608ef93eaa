"""Lists of tickets: the desks as tabs, the combined query, ledgers, the list with lamps, the pages."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import (
    Child,
    Words,
    aria,
    data,
    empty,
    link,
    panel,
    searched,
    status,
    table,
)
from dashboard.views.ticket_query import CHOICES, DAYS, LEDGERS, TicketQuery
from models.rules.tickets.choices import DISCONTENT
from tickets.criteria import MAY_BE_NONE, NONE, WORK
from tickets.search import TALLIED

if TYPE_CHECKING:
    from models.events.ticket import DisputeScreened
    from models.tables import Ticket
    from tickets.pressing import Press
    from tickets.search import Tally, TicketPage

LAMPS: Mapping[str, str] = {"green": "ok", "yellow": "warn", "red": "bad"}
MANY = 99
"""A tab's count beyond this is not counted."""
Options = Sequence[tuple[str, str]]
_ENTRIES = {
    "kind": "kind", "status": "ticket_status", "urgency": "urgency", "channel": "channel",
    "direction": "choice.mode", "grade": "choice.grade", "flag": "tickets", "sort": "sort", "result": "result",
    "late": "choice.late", "quality": "choice.quality",
}  # fmt: skip
"""Criterion -> where the words of its choices stand."""
_UNASKED = {"sort": "sort.opened", "rising": "query.falling"}
"""Criterion -> what stands in its box when it is not asked for, where that is not "any"."""
FIELDS = (
    "no", "since", "until", "kind", "category", "status", "urgency", "channel", "direction", "unit",
    "person", "co_unit", "co_person", "dispatcher", "opener", "replied", "result", "grade", "quality", "late",
    "returned", "repeat", "flag", "district", "sort", "rising",
)  # fmt: skip


class Lists(NamedTuple):
    """What the query's boxes offer: units, categories, people and districts as (value, label)."""

    units: Options
    categories: Options
    people: Options
    districts: Options


def desk(
    query: TicketQuery,
    page: "TicketPage",
    *,
    counts: Mapping[str, int],
    lists: Lists,
    saved: Sequence[tuple[int, str, str]],
    tally: Sequence["Tally"],
    zone: str,
    words: Words,
    may_open: bool,
) -> Child:
    """Return a list of tickets; `counts` has the desks the viewer may open, in their order."""
    total = f"{page.total:,}" + ("+" if page.more else "")
    export = query.href("/api/export/tickets.xlsx")
    actions = [html.A(words["tickets.export"], href=export, className="button")]
    if may_open:
        actions.append(link(words["tickets.new"], "/tickets/new", className="button primary"))
    title = html.Div(
        [
            html.H1(words["tickets.title"]),
            html.Span(words["tickets.total"].format(n=total), className="total"),
            html.Div(actions, className="actions"),
        ],
        className="page-title",
    )
    wrong = "、".join(words[f"query.{name}"] for name in query.wrong)
    warning = status("warn", words["query.wrong"].format(fields=wrong)) if wrong else None
    return html.Div(
        [
            title,
            html.Div([_tabs(query, counts, words), _search(query, words)], className="bar"),
            _query(query, lists, saved, words),
            warning,
            _tally(query, tally, words),
            _list(query, page, zone, words),
            _pager(query, page.pages, words),
        ],
        className="page tickets",
    )


def _tabs(query: TicketQuery, counts: Mapping[str, int], words: Words) -> Child:
    found = []
    for name, count in counts.items():
        on = name == (query.desk or "all")
        number = (
            html.Span(f"{MANY}+" if count > MANY else str(count), className="count")
            if count
            else None
        )
        found.append(
            link(
                [words[f"desk.{name}"], number],
                f"/tickets?desk={name}",
                className="tab on" if on else "tab",
                **({"aria-current": "true"} if on else {}),
            )
        )
    return html.Div(found, className="tabs")


def _search(query: TicketQuery, words: Words) -> Child:
    box = dcc.Input(
        id="tickets-text", name="words", type="search", value=query.value("words"), maxLength=100,
        placeholder=words["tickets.search"],
    )  # fmt: skip
    return html.Form(
        [box, _hidden(query, "words")], action="/tickets", method="get", className="search",
        **data(search="", nav_form=""),
    )  # fmt: skip


def _hidden(query: TicketQuery, *shown: str) -> html.Span:
    """Carry the criteria that the form does not show."""
    return html.Span(
        [
            dcc.Input(type="hidden", name=name, value=value)
            for name, value in query.given.items()
            if name not in shown
        ],
        hidden=True,
    )


def _query(
    query: TicketQuery, lists: Lists, saved: Sequence[tuple[int, str, str]], words: Words
) -> Child:
    boxes = [_box(query, name, lists, words) for name in FIELDS]
    press = html.Button(words["query.go"], type="submit", className="button primary")
    clear = link(words["query.clear"], "/tickets?desk=all", className="button")
    form = html.Form(
        [html.Div(boxes, className="boxes"), _hidden(query, *FIELDS), html.Div([press, clear], className="actions")],
        action="/tickets", method="get", **data(nav_form=""),
    )  # fmt: skip
    asked = sum(name in FIELDS and name not in ("sort", "rising") for name in query.given)
    head = [words["query.heading"], html.Span(str(asked), className="count") if asked else None]
    return html.Details(
        [
            html.Summary(head), form,
            html.Div([_caller(words), _kept(query, saved, words), _ledgers(words)], className="more"),
        ],
        className="panel query", open=bool(asked) and not query.tally,
    )  # fmt: skip


def _box(query: TicketQuery, name: str, lists: Lists, words: Words) -> Child:
    label, value = words[f"query.{name}"], query.value(name)
    offered: Options | None = {
        "unit": lists.units, "co_unit": lists.units, "category": lists.categories,
        "dispatcher": lists.people, "opener": lists.people, "district": lists.districts,
    }.get(name)  # fmt: skip
    if offered is not None and name in MAY_BE_NONE:
        offered = [*offered, (NONE, words["tally.none"])]
    if offered is None and name in CHOICES:
        family = _ENTRIES.get(name, "choice.yes")
        offered = searched(family, CHOICES[name], words)
    if name == "rising":
        label, offered = words["query.way"], [("yes", words["query.rising"])]
    if offered is None:
        box: Child = dcc.Input(name=name, type="text", value=value, maxLength=60, **_day(name))
    else:
        work = name == "sort" and query.desk in WORK
        nothing = words["sort.work" if work else _UNASKED.get(name, "query.any")]
        options = [html.Option(nothing, value="")]
        options += [
            html.Option(text, value=key, selected="selected" if key == value else None)
            for key, text in offered
            if work or (name, key) != ("sort", "opened")  # what no choice means
        ]
        box = html.Select(options, name=name, **aria(label=label))
    return html.Label([html.Span(label), box])


def _day(name: str) -> dict[str, Any]:
    days = {"placeholder": "2026-01-31", "pattern": r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?"}
    return days if name in DAYS else {}


def _caller(words: Words) -> Child:
    """Search by a caller's number: it goes to the server in a request's body, never into an address."""
    number = dcc.Input(
        id="caller-number", type="text", maxLength=32, placeholder=words["query.caller"]
    )
    return html.Div(
        [
            number,
            html.Button(
                words["query.by_caller"], id="caller-find", type="button", className="button"
            ),
        ],
        className="line-form",
    )


def _kept(query: TicketQuery, saved: Sequence[tuple[int, str, str]], words: Words) -> Child:
    links = [
        html.Span(
            [
                link(name, f"/tickets?{address}"),
                html.Button(
                    "×", id={"query-drop": number}, type="button", className="quiet",
                    title=words["query.drop"].format(name=name), **aria(label=words["query.drop"].format(name=name)),
                ),
            ],
            className="kept",
        )
        for number, name, address in saved
    ]  # fmt: skip
    name = dcc.Input(id="query-name", type="text", maxLength=40, placeholder=words["query.name"])
    keep = html.Button(words["query.keep"], id="query-keep", type="button", className="button")
    note = html.Span(words["query.saved"], className="muted") if saved else None
    return html.Div([name, keep, note, *links], className="line-form")


def _ledgers(words: Words) -> Child:
    links = [
        link(words[f"ledger.{name}"], TicketQuery(given).href(), className="tab")
        for name, given in LEDGERS.items()
    ]
    return html.Div(
        [html.Span(words["ledger.heading"], className="muted"), *links], className="line-form"
    )


def _tally(query: TicketQuery, tally: Sequence["Tally"], words: Words) -> Child:
    """Return the list counted by one of its facts; every number opens exactly its tickets."""
    if not query.tally:
        return None
    family = {
        "kind": "kind", "status": "ticket_status", "grade": "choice.grade", "quality": "choice.quality",
    }.get(query.tally)  # fmt: skip
    rows = []
    for key, label, count in tally:
        text = words.get(f"{family}.{key}", key) if family else label or key
        asked = key or (NONE if query.tally in MAY_BE_NONE else "")
        opens = query.href(**{query.tally: asked, "tally": ""}) if asked else ""
        number = (
            link(f"{count:,}", opens, className="num")
            if opens
            else html.Span(f"{count:,}", className="num")
        )
        rows.append((text or words["tally.none"], number))
    tabs = [
        link(
            words[f"query.{each}"],
            query.href(tally=each),
            className="tab on" if each == query.tally else "tab",
        )
        for each in TALLIED
    ]
    body = table(
        [(words[f"query.{query.tally}"], ""), (words["tally.count"], "num")],
        rows,
        label=words["tally.heading"],
    )
    return panel(words["tally.heading"], [html.Div(tabs, className="tabs"), body])


def _list(query: TicketQuery, page: "TicketPage", zone: str, words: Words) -> Child:
    if not page.lines:
        return _nothing(query, words)
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
        if line.sheet:
            marks.append(html.Span(screened(line.sheet, words), className="chip-note"))
        marks += press_marks(row, line.press, words)
        if line.asked:
            marks.append(html.Span(words[f"asked.{line.asked}"], className="chip-note"))
        if row.contested:
            marks.append(html.Span(words["tickets.contested"], className="chip-note"))
        if line.sign and line.sign[1] != "green":
            marks.append(sign_lamp(line.sign, zone, words))
        late = words["lamp.paused"] if row.paused_at else due_lamp(line.lamp, line.due, zone, words)
        rows.append(
            (
                link(row.no, f"/ticket?no={row.no}", className="num"),
                html.Span([link(row.title, f"/ticket?no={row.no}"), *marks], className="title-cell"),
                words[f"kind.{row.kind}"],
                words[f"ticket_status.{row.status}"],
                line.unit or "—",
                late,
                clock.moment(row.opened_at.timestamp(), zone, words),
            )
        )  # fmt: skip
    return html.Div(table(heads, rows, label=words["tickets.title"]), className="panel")


def _nothing(query: TicketQuery, words: Words) -> Child:
    """Say that a desk is cleared, or that criteria leave nothing and how to drop them."""
    if set(query.given) <= {"desk", "sort", "rising"}:
        return html.Div(empty(words["tickets.none"]), className="panel")
    way = link(
        words["query.clear"], TicketQuery({"desk": query.desk or "all"}).href(), className="button"
    )
    return html.Div([empty(words["tickets.none_query"]), way], className="panel nothing")


def _pager(query: TicketQuery, pages: int, words: Words) -> Child:
    if pages < 2:
        return None
    steps: list[Child] = []
    if query.page:
        steps.append(link(words["tickets.before"], query.href(page=str(query.page - 1))))
    steps.append(html.Span(f"{query.page + 1} / {pages}", className="num"))
    if query.page < pages - 1:
        steps.append(link(words["tickets.after"], query.href(page=str(query.page + 1))))
    return html.Nav(steps, className="pager")


def screened(sheet: "DisputeScreened", words: Words) -> str:
    """Return a screened dispute in a few words: its nature, how many people, its risk."""
    return words["screen.short"].format(
        nature=words[f"choice.nature.{sheet.nature}"], n=sheet.people,
        risk=words[f"choice.risk.{sheet.risk}"],
    )  # fmt: skip


def press_marks(row: "Ticket", press: "Press", words: Words) -> list[Child]:
    """Return what presses on a ticket as chips: urges, supervision, instruction, re-examination, discontent."""
    said = [
        words["press.urged"].format(n=press.urges) if press.urges else "",
        words["press.supervised"] if press.supervised else "",
        words["press.instructed"] if press.instructed else "",
        words["press.discontent"] if row.status == "reviewed" and row.grade in DISCONTENT else "",
    ]
    return [html.Span(text, className="chip-note press") for text in said if text]


def due_lamp(lamp: str, due: float, zone: str, words: Words) -> Child:
    """Return a due instant with its lamp's colour and word."""
    if not lamp or not due:
        return "—"
    return status(LAMPS[lamp], f"{words[f'lamp.{lamp}']} {clock.local(due, zone):%m-%d %H:%M}")


def sign_lamp(sign: tuple[float, str] | None, zone: str, words: Words) -> Child:
    """Return by when a unit must sign for its part; nothing once it has."""
    if sign is None:
        return None
    due, lamp = sign
    text = words[f"sign.{lamp}"].format(time=f"{clock.local(due, zone):%m-%d %H:%M}")
    return status(LAMPS[lamp], text)
