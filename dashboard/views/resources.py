"""应急资源: units with state and age of position, stocks with their floor, shelters, what stays at home."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from dash import dcc, html

from command.forces import UnitLine
from command.recommend import Floor
from command.resources import TYPES, UnitForm
from command.supplies import StockLine
from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, empty, link, panel, status, table
from dashboard.views.resource_fields import chosen, counted, do, name, typed
from models.tables import Depot, Shelter

TABS = ("units", "supplies", "depots", "shelters", "reserves", "capabilities")
STATES = ("available", "committed", "out_of_service")
_MARKS = {"available": "ok", "committed": "warn", "out_of_service": "off"}


class Query(NamedTuple):
    """What the address asks for."""

    tab: str = "units"
    type: str = ""
    state: str = ""
    q: str = ""
    key: str = ""

    def address(self, **more: str) -> str:
        """Return the address of the page that shows this, with something else in it."""
        said = {**self._asdict(), **more}
        return f"/command/resources?{urlencode({k: v for k, v in said.items() if v})}"


class Names(NamedTuple):
    """Names of codes, the capabilities that something new may have, and whether the viewer may edit, and mark."""

    capabilities: Mapping[str, str]
    offered: Mapping[str, str]
    districts: Mapping[str, str]
    edits: bool
    acts: bool


Rows = Sequence[Any]
"""Lines of the tab that is open: `UnitLine`, `StockLine`, `Depot`, `Shelter`, or (`Floor`, units that are there).

Capabilities are drawn by `views.resource_capabilities`."""


def page(query: Query, listed: Child, beside: Child, words: Words) -> Child:
    """Return the page: tabs, filter, the list, and the form beside it."""
    tabs = [
        link(
            words[f"resources.{tab}"], Query(tab).address(), className="tab on" if tab == query.tab else "tab",
            **({"aria-current": "true"} if tab == query.tab else {}),
        )
        for tab in TABS
    ]  # fmt: skip
    export = html.A(
        words["resources.export"], href=f"/api/export/resources.xlsx?{urlencode({'tab': query.tab})}",
        className="button", download="",
    )  # fmt: skip
    return html.Div(
        [
            html.Div([html.H1(words["resources.title"]), export], className="page-title"),
            html.Nav(tabs, className="tabs", **aria(label=words["resources.title"])),
            html.Div(
                [
                    html.Div([_filter(query, words), html.Div(listed, id="resource-list")]),
                    html.Div(
                        [html.Div(id="resource-said", role="status"), html.Div(beside, id="resource-form")],
                        className="resource-side",
                    ),
                ],
                className="split resources-split",
            ),
            dcc.Store(id="resource-query", data=query._asdict()),
        ],
        className="page resources",
    )  # fmt: skip


def _filter(query: Query, words: Words) -> Child:
    box = dcc.Input(
        id="resource-q",
        type="search",
        value=query.q,
        maxLength=60,
        placeholder=words["resources.search"],
    )
    types = [("", words["resources.all_types"]), *((t, words[f"unit_type.{t}"]) for t in TYPES)]
    states = [("", words["resources.all_states"]), *((s, words[f"unit_state.{s}"]) for s in STATES)]
    hidden = query.tab != "units"
    return html.Div(
        [
            html.Label(words["resources.search"], htmlFor="resource-q", className="sr"), box,
            _pick("resource-type", types, query.type, hidden), _pick("resource-state", states, query.state, hidden),
        ],
        className="resource-filter",
    )  # fmt: skip


def _pick(name: str, options: Iterable[tuple[str, str]], value: str, hidden: bool) -> Child:
    listed = [{"label": text, "value": code} for code, text in options]
    control = dcc.Dropdown(listed, value, id=name, clearable=False, searchable=False)
    return html.Div(control, hidden=hidden)


def matches(query: Query, *said: str) -> bool:
    """Say whether a line holds the words that are looked for."""
    return query.q.strip().lower() in " ".join(said).lower()


# --- lists ----------------------------------------------------------------------------------


def listing(query: Query, rows: Rows, names: Names, words: Words) -> Child:
    """Return the list of the open tab."""
    if not rows:
        return empty(words["resources.none"])
    draw: Mapping[str, Callable[[Query, Any, Names, Words], Child]] = {
        "units": _units, "supplies": _supplies, "depots": _depots, "shelters": _shelters, "reserves": _reserves,
    }  # fmt: skip
    return draw[query.tab](query, rows, names, words)


def heads_of(words: Words, *names: str) -> list[tuple[str, str]]:
    """Return the heads of a list: (text, class of its column)."""
    numbers = {
        "units", "position", "staff", "amount", "floor", "capacity", "occupied", "room", "least", "there",
    }  # fmt: skip
    return [
        (words[f"resources.col.{name}"], "num" if name in numbers else f"c-{name}")
        for name in names
    ]


def _units(query: Query, rows: Sequence[UnitLine], names: Names, words: Words) -> Child:
    states = [line.row.state for line in rows]
    count = words["resources.count"].format(
        n=len(rows), free=states.count("available"), out=states.count("committed"),
        off=states.count("out_of_service"),
    )  # fmt: skip
    body = [
        [
            link(line.row.code, query.address(key=line.row.code), className="num"), line.row.label,
            words[f"unit_type.{line.row.type}"],
            "、".join(names.capabilities.get(c, c) for c in line.row.capabilities),
            state(line, words), _staff(line, words), age(line, words),
            _area(line.row.district, names, words),
        ]
        for line in rows
    ]  # fmt: skip
    heads = heads_of(
        words, "code", "label", "type", "capabilities", "state", "staff", "age", "district"
    )
    return [html.P(count, className="muted"), table(heads, body, label=words["resources.units"])]


def state(line: UnitLine, words: Words) -> Child:
    """Return the state of a unit: what it is bound to, or why it is out."""
    if not line.row.active:
        return status("off", words["resources.inactive"])
    mark = status(_MARKS[line.row.state], words[f"unit_state.{line.row.state}"])
    if line.bound is not None:
        go = link(
            line.bound.no, f"/command?id={line.bound.incident}&pane=units", title=line.bound.title
        ) if line.bound.incident else words["force.elsewhere"]  # fmt: skip
        return [mark, " ", go, " ", words[f"progress.{line.bound.progress}"]]
    return [mark, html.Small(f" {line.row.reason}")] if line.row.reason else mark


def _staff(line: UnitLine, words: Words) -> Child:
    said = f"{line.row.staff} / {line.row.min_staff}"
    return said if line.staffed else [said, " ", status("bad", words["resources.few"])]


def age(line: UnitLine, words: Words) -> Child:
    """Return how old the position of a unit is."""
    if line.age is None:
        return html.Span(words["resources.at_station"], className="muted")
    said = clock.duration(line.age, words)
    if line.stale:
        return status("off", words["resources.stale"].format(age=said))
    return words["resources.fresh"].format(age=said)


def _supplies(query: Query, rows: Sequence[StockLine], names: Names, words: Words) -> Child:
    body = [
        [
            link(line.depot.label, query.address(key=f"{line.row.depot}/{line.row.code}")), line.row.label,
            f"{line.row.amount:g} {line.row.measure}", f"{line.row.floor:g}",
            status("bad", words["resources.low"]) if line.low else status("ok", words["resources.enough"]),
            _area(line.depot.district, names, words), line.depot.phone,
        ]
        for line in rows
    ]  # fmt: skip
    heads = heads_of(words, "depot", "supply", "amount", "floor", "state", "district", "phone")
    return table(heads, body, label=words["resources.supplies"])


def _depots(query: Query, rows: Sequence[Depot], names: Names, words: Words) -> Child:
    body = [
        [
            link(row.code, query.address(key=row.code), className="num"),
            _site(row, words),
            row.organisation, row.phone, _area(row.district, names, words), row.address,
        ]
        for row in rows
    ]  # fmt: skip
    heads = heads_of(words, "code", "label", "organisation", "phone", "district", "address")
    return table(heads, body, label=words["resources.depots"])


def _area(code: str, names: Names, words: Words) -> str:
    return names.districts.get(code, code) or words["resources.city"]


def _site(row: Depot | Shelter, words: Words) -> Child:
    if row.active:
        return row.label
    return [row.label, " ", status("off", words["resources.unused"])]


def _shelters(query: Query, rows: Sequence[Shelter], names: Names, words: Words) -> Child:
    body = [
        [
            link(row.code, query.address(key=row.code), className="num"), _site(row, words), f"{row.capacity:,}",
            f"{row.occupied:,}",
            f"{row.capacity - row.occupied:,}" if row.occupied < row.capacity
            else status("bad", words["resources.full"]),
            _area(row.district, names, words), row.address,
        ]
        for row in rows
    ]  # fmt: skip
    heads = heads_of(words, "code", "label", "capacity", "occupied", "room", "district", "address")
    return table(heads, body, label=words["resources.shelters"])


def _reserves(query: Query, rows: Sequence[tuple[Floor, int]], names: Names, words: Words) -> Child:
    body = [
        [
            link(
                names.capabilities.get(floor.capability, floor.capability),
                query.address(key=f"{floor.capability}/{floor.district}"),
            ),
            names.districts.get(floor.district, floor.district) or words["dispatch.whole_city"], str(floor.least),
            str(there) if there >= floor.least else [f"{there} ", status("bad", words["resources.low"])],
        ]
        for floor, there in rows
    ]  # fmt: skip
    return table(
        heads_of(words, "need", "district", "least", "there"),
        body,
        label=words["resources.reserves"],
    )


# --- forms ----------------------------------------------------------------------------------


def unit_form(line: UnitLine | None, names: Names, words: Words) -> Child:
    """Return the form of a unit, or of a new one, and what may be done with it."""
    row = line.row if line else None
    form = UnitForm.of(row) if row else UnitForm("", "fire", (), 4, 3, 0.0, 0.0)
    spot = f"{form.station_lon:.6f},{form.station_lat:.6f}" if row else ""
    fields = [
        None if row else typed("code", "", words),
        typed("label", form.label, words),
        chosen("type", [(t, words[f"unit_type.{t}"]) for t in TYPES], form.type, words),
        chosen("capabilities", _able(names, form.capabilities), list(form.capabilities), words, several=True),
        html.Div([counted("staff", form.staff, words), counted("min_staff", form.min_staff, words)], className="two"),
        typed("station", spot, words),
        html.Div([
            typed("organisation", form.organisation, words), typed("phone", form.phone, words),
        ], className="two"),
        html.Div([
            chosen("district", [("", "—"), *names.districts.items()], form.district, words),
            typed("device", form.device, words),
        ], className="two"),
        do("change_unit" if row else "add_unit", words["resources.save"], row.code if row else "", primary=True),
    ]  # fmt: skip
    title = f"{row.code} {row.label}" if row else words["resources.new"]
    about: list[Child] = [html.P(state(line, words)), html.P(age(line, words))] if line else []
    marks = _marks(line, words) if line and names.acts else None
    if not names.edits:
        facts = [html.P(text) for text in (form.organisation, form.phone) if text]
        return panel(title, [*about, *facts, marks], css="roomy") if row else None
    store = dcc.Store(id={"resource-rev": "unit"}, data=row.rev if row else 0)
    upkeep = _upkeep(line, words) if line else None
    return [
        store,
        panel(title, html.Div([*about, marks, *fields, upkeep], className="form"), css="roomy"),
    ]


def _able(names: Names, had: Iterable[str]) -> list[tuple[str, str]]:
    """Return the capabilities to choose from: those offered, and those that are there although they are off."""
    kept = {*names.offered, *had}
    return [(code, label) for code, label in names.capabilities.items() if code in kept]


def _marks(line: UnitLine, words: Words) -> Child:
    if line.row.state == "out_of_service":
        return do("mark_available", words["resources.mark_available"], line.row.code)
    return html.Div(
        [
            dcc.Input(
                id=name("reason"), type="text", maxLength=500, placeholder=words["resources.why_out"]
            ),
            do("mark_out", words["resources.mark_out"], line.row.code),
        ],
        className="line-form",
    )  # fmt: skip


def _upkeep(line: UnitLine, words: Words) -> Child:
    verb = "deactivate_unit" if line.row.active else "activate_unit"
    said = words["resources.deactivate" if line.row.active else "resources.activate"]
    return html.Div(
        [do("new_token", words["resources.token"], line.row.code), do(verb, said, line.row.code)],
        className="buttons",
    )


def stock_form(line: StockLine, words: Words) -> Child:
    """Return what may be done with a stock."""
    key = f"{line.row.depot}/{line.row.code}"
    fields = [
        html.P(f"{words['resources.col.amount']} {line.row.amount:g} {line.row.measure}"),
        counted("amount", None, words), typed("note", "", words),
        html.Div([
            do("stock_in", words["resources.stock_in"], key, primary=True),
            do("stock_out", words["resources.stock_out"], key),
        ], className="buttons"),
        counted("floor", line.row.floor, words), do("set_floor", words["resources.save"], key),
    ]  # fmt: skip
    title = f"{line.depot.label} · {line.row.label}"
    return panel(title, html.Div(fields, className="form"), css="roomy")


def reserve_form(floor: Floor | None, names: Names, words: Words) -> Child:
    """Return the form of a floor; 0 takes it away."""
    given = floor or Floor("", "", 1)
    fields = [
        chosen("capability", _able(names, (given.capability,)), given.capability or None, words),
        chosen("district", [("", words["dispatch.whole_city"]), *names.districts.items()], given.district, words),
        counted("least", given.least, words), do("set_reserve", words["resources.save"], "", primary=True),
    ]  # fmt: skip
    return panel(words["resources.reserves"], html.Div(fields, className="form"), css="roomy")
