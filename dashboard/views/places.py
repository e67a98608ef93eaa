"""待定位: the tickets whose place is not known, one after the other to be placed, and suspected default points."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dash import dcc, html

from dashboard.views import clock, placing
from dashboard.views.kit import Child, Words, empty, link, panel, table
from dashboard.views.maps import Base
from dashboard.views.placing import Here
from dashboard.views.ticket_query import TicketQuery
from models.rules.places import PILE, Located
from tickets.placing import PAGE, UNPLACED

if TYPE_CHECKING:
    from models.tables import Ticket
    from tickets.default_points import Pile
    from tickets.placing import Waiting

FIELDS = ("address", "point", "precision")


class Bench(NamedTuple):
    """What is worked on: the tab, its page, the tickets waiting, the one in hand and what is known of its area."""

    how: Located
    page: int
    waiting: "Waiting"
    row: "Ticket | None"
    area: Here | None


class Piles(NamedTuple):
    """Coordinates with many tickets, each with where it is; `since` the day from which they count."""

    found: Sequence[tuple["Pile", str]]
    since: str
    may_decide: bool


def page(bench: Bench, piles: Piles | None, *, base: Base | None, zone: str, words: Words) -> Child:
    """Return the page; `piles` only for who sees the whole city."""
    title = html.Div(
        [
            html.H1(words["places.heading"]),
            html.Span(words["places.help"], className="muted"),
            html.Span(words["places.keys"], className="muted keys"),
        ],
        className="page-title",
    )
    return html.Div(
        [
            title,
            html.Div(tabs(bench, words), id="spot-tabs"),
            html.Div(
                [
                    html.Div(work(bench, base, zone, words), id="spot-bench", className="panel roomy"),
                    html.Div(placing.small_map(base, None, words, css="large"), className="panel"),
                ],
                className="spot",
            ),
            html.Div(waiting(bench, zone, words), id="spot-list"),
            html.Div(default_points(piles, words), id="spot-piles") if piles else None,
        ],
        className="page places",
    )  # fmt: skip


def tabs(bench: Bench, words: Words) -> Child:
    """Return the three kinds with how many tickets each has."""
    found = [
        link(
            [words[f"places.tab.{how}"], html.Span(f"{bench.waiting.counts[how]:,}", className="count")],
            f"/places?tab={how}", className="tab on" if how == bench.how else "tab",
        )
        for how in UNPLACED
    ]  # fmt: skip
    return html.Div(found, className="tabs")


def work(bench: Bench, base: Base | None, zone: str, words: Words) -> Child:
    """Return the ticket in hand with the form that places it."""
    row = bench.row
    held = {"no": row.no, "version": row.version} if row else {"no": "", "version": 0}
    store = dcc.Store(id="spot-now", data={"how": bench.how, "page": bench.page, **held})
    if row is None:
        done = any(bench.waiting.counts.values())
        return [empty(words["places.empty" if done else "places.cleared"]), store]
    names = {name: f"spot-{name}" for name in FIELDS}
    about = json.dumps(placing.point(bench.area, base, words)) if bench.area and base else ""
    address = dcc.Input(
        id="spot-address", type="text", maxLength=200, value=row.address, autoComplete="off",
        placeholder=words["place.find_help"],
    )  # fmt: skip
    spot = dcc.Input(
        id="spot-point", type="text", maxLength=40, value="", placeholder=words["intake.point_help"]
    )
    head = html.Div(
        [
            link(row.no, f"/ticket?no={row.no}", className="num", title=words["places.open"]),
            html.Span(words[f"kind.{row.kind}"], className="chip-note"),
            html.Span(clock.moment(row.opened_at.timestamp(), zone, words), className="muted"),
        ],
        className="marks",
    )
    form = html.Div(
        [
            html.Div(
                [html.Label(words["field.address"], htmlFor="spot-address"), placing.box(address)],
                className="field",
            ),
            html.Div(
                [
                    html.Label(words["field.point"], htmlFor="spot-point"),
                    html.Div([spot, placing.clear(words)], className="point-box"),
                    placing.where(None, words),
                ],
                className="field",
            ),
            html.Div(dcc.Input(id="spot-precision", type="text", value=""), hidden=True),
            html.Div(
                [
                    html.Button(words["verb.place"], id="spot-place", type="button", className="button primary"),
                    html.Button(words["places.skip"], id="spot-skip", type="button", className="button"),
                ],
                className="buttons",
            ),
            html.Div(id="place-offer", className="place-offer", hidden=True),
        ],
        className="form",
        **placing.fields(names, fast="", bench=f"{row.no}-{row.version}", about=about),
    )  # fmt: skip
    text = html.P(row.content, className="spot-text")
    return html.Div([store, head, html.H2(row.title), text, form], key=f"{row.no}-{row.version}")


def waiting(bench: Bench, zone: str, words: Words) -> Child:
    """Return the list of the tab; a number takes its ticket to the form."""
    if not bench.waiting.rows:
        return None
    heads = [(words[f"tickets.col.{name}"], "") for name in ("no", "title", "address", "status", "opened")]  # fmt: skip
    rows = [
        (
            link(
                row.no, f"/places?tab={bench.how}&page={bench.page}&no={row.no}", className="num",
                **({"aria-current": "true"} if bench.row and row.id == bench.row.id else {}),
            ),
            row.title,
            row.address or words["places.no_address"],
            words[f"ticket_status.{row.status}"],
            clock.moment(row.opened_at.timestamp(), zone, words),
        )
        for row in bench.waiting.rows
    ]  # fmt: skip
    pages = -(-bench.waiting.counts[bench.how] // PAGE)
    note = words["tickets.total"].format(n=f"{bench.waiting.counts[bench.how]:,}")
    listed = table(heads, rows, label=words["places.list"])
    return panel(words["places.list"], [listed, _pager(bench, pages, words)], note=note)


def _pager(bench: Bench, pages: int, words: Words) -> Child:
    if pages < 2:
        return None
    steps: list[Child] = []
    there = f"/places?tab={bench.how}&page="
    if bench.page:
        steps.append(link(words["tickets.before"], f"{there}{bench.page - 1}"))
    steps.append(html.Span(f"{bench.page + 1} / {pages}", className="num"))
    if bench.page < pages - 1:
        steps.append(link(words["tickets.after"], f"{there}{bench.page + 1}"))
    return html.Nav(steps, className="pager")


def default_points(piles: Piles, words: Words) -> Child:
    """Return the coordinates on which many tickets sit, each with its tickets and what it is judged to be."""
    note = words["places.piles_help"].format(n=PILE)
    if not piles.found:
        return panel(words["places.piles"], empty(words["places.piles_none"]), note=note)
    heads = [(words[f"places.pile.{name}"], css) for name, css in (
        ("point", "num"), ("where", ""), ("tickets", "num"), ("state", ""),
    )]  # fmt: skip
    rows = [_pile(pile, name, piles, words) for pile, name in piles.found]
    if piles.may_decide:
        heads.append(("", ""))
    return panel(words["places.piles"], table(heads, rows, label=words["places.piles"]), note=note)


def _pile(pile: "Pile", name: str, piles: Piles, words: Words) -> Sequence[Child]:
    near: Mapping[str, str] = {
        "desk": "all", "around": f"{pile.lon},{pile.lat},1", "since": piles.since,
        "located": "default" if pile.default else "yes",
    }  # fmt: skip
    state = "default" if pile.default else "place"
    row: list[Child] = [
        f"{pile.lon:.6f}, {pile.lat:.6f}", name,
        link(f"{pile.tickets:,}", TicketQuery(near).href(), className="num"),
        words[f"places.pile.{state}"],
    ]  # fmt: skip
    if piles.may_decide:
        turn = "unset" if pile.default else "set"
        number = {"pile": f"{pile.lon},{pile.lat}", "default": turn}
        row.append(html.Button(words[f"places.pile.{turn}"], id=number, type="button", className="button"))  # fmt: skip
    return row
