"""The leaders' hotspot page: a map in layers, a ranking beside it, why here, and time to slide through."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_leaflet as dl
import shapely
from dash import dcc, html
from h3.api import basic_str as h3

from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, table
from dashboard.views.maps import Base, city_map, features, shapes
from dashboard.views.ticket_query import TicketQuery
from gis_data.hotspots.board import Board, Hot
from gis_data.hotspots.result import Layer, Row
from gis_data.hotspots.terrain import District
from gis_data.hotspots.why import Why
from models.rules.tickets.choices import KINDS

LAYERS = ("clusters", "density", "surge", "districts", "change")
SPANS = ("today", "yesterday", "7d", "30d", "days")
Options = Sequence[tuple[str, str]]


class Asked(NamedTuple):
    """What the address asks for: `tickets` the criteria with the period, `span` its name, `vs` compare or not."""

    tickets: TicketQuery
    span: str
    layer: str
    vs: bool


class Shown(NamedTuple):
    """Everything the page shows.

    steps : labels of the slider's steps; by_step : cell -> tickets in each; names : cell -> where it is;
    earlier : the period before, to compare with, if asked.
    """

    asked: Asked
    base: Base
    board: Board
    districts: Sequence[District]
    steps: Sequence[str]
    by_step: Mapping[str, Sequence[int]]
    names: Mapping[str, str]
    earlier: Board | None
    categories: Options
    zone: str


def page(shown: Shown, words: Words) -> Child:
    """Return the page."""
    return html.Div(
        [
            _title(shown, words),
            _filters(shown, words),
            html.Div([_map(shown, words), _side(shown, words)], className="hot-body"),
            dcc.Store(id="hot-most", data=_most(shown)),
            dcc.Store(id="hot-cell"),
            dcc.Store(id="hot-step-now", data=-1),
            dcc.Store(id="hot-asked", data=shown.asked.tickets.href("")),
        ],
        className="page hot",
    )


def _title(shown: Shown, words: Words) -> Child:
    board, zone = shown.board, shown.zone
    since = clock.moment(board.period.since, zone, words)
    until = clock.moment(min(board.period.until, board.made_at), zone, words)
    made = words["hot.made"].format(time=clock.moment(board.made_at, zone, words))
    whole = link(
        words["hot.total"].format(n=f"{board.total:,}"),
        shown.asked.tickets.href(),
        className="total",
    )
    query = shown.asked.tickets.href("")
    actions = [
        html.A(
            words["hot.xlsx"], href=f"/api/hotspots.xlsx{query}", className="button", download=""
        ),
        html.A("GeoJSON", href=f"/api/hotspots.geojson{query}", className="button", download=""),
        html.A("PNG", href=f"/api/hotspots.png{query}", className="button", download=""),
        html.Button(words["hot.print"], id="hot-print", type="button", className="button"),
    ]
    return html.Div(
        [
            html.H1(words["hot.heading"]), whole,
            html.Span(f"{since} – {until} · {made}", className="muted"),
            html.Div(actions, className="actions"),
        ],
        className="page-title",
    )  # fmt: skip


def _filters(shown: Shown, words: Words) -> Child:
    asked, given = shown.asked, shown.asked.tickets

    def pick(name: str, options: Options, value: str, nothing: str = "") -> html.Label:
        items = [html.Option(nothing, value="")] if nothing else []
        items += [
            html.Option(text, value=key, selected="selected" if key == value else None)
            for key, text in options
        ]
        box = html.Select(items, name=name, **aria(label=words[f"hot.{name}"]))
        return html.Label([html.Span(words[f"hot.{name}"]), box])

    every = words["query.any"]
    days = [
        html.Label(
            [
                html.Span(words[f"query.{name}"]),
                dcc.Input(
                    name=name, type="text", maxLength=16, placeholder="2026-01-31",
                    value=given.value(name)[:10] if asked.span == "days" else "",
                ),
            ]
        )
        for name in ("since", "until")
    ]  # fmt: skip
    return html.Form(
        [
            pick("span", [(span, words[f"hot.span.{span}"]) for span in SPANS], asked.span),
            *days,
            pick("kind", [(kind, words[f"kind.{kind}"]) for kind in KINDS], given.value("kind"), every),
            pick("category", shown.categories, given.value("category"), every),
            pick(
                "district", [(d.code, d.name) for d in shown.districts], given.value("district"), every
            ),
            pick("vs", [("prev", words["hot.vs.prev"])], "prev" if asked.vs else "", words["hot.vs.none"]),
            html.Button(words["query.go"], type="submit", className="button primary"),
        ],
        action="/hotspots", method="get", className="filters hot-filters", **data(nav_form=""),
    )  # fmt: skip


# --- the map ---------------------------------------------------------------------------------


def _map(shown: Shown, words: Words) -> Child:
    most = _most(shown)
    look = {"layer": shown.asked.layer, "step": -1, "chosen": "", "most": most}
    layers = [
        shapes("hot-districts", _districts(shown, words), "district", facts=look, tip="say"),
        shapes("hot-cells", _cells(shown, words), "cell", facts=look, tip="say"),
        dl.LayerGroup(_badges(shown), id="hot-badges"),
    ]
    return html.Div(
        [
            city_map(shown.base, "hot-map", layers),
            html.Div(legend(shown.asked.layer, most, words), id="hot-legend", className="hot-legend"),
            _time(shown, words),
        ],
        className="hot-map",
    )  # fmt: skip


def _cells(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the cells that hold or held anything, each with what every layer says of it."""
    by_layer = [
        _by_key(layer) for layer in (shown.board.density, shown.board.clusters, shown.board.surge)
    ]
    earlier = _by_key(shown.earlier.density) if shown.earlier else {}
    told = set(shown.by_step) | {key for rows in by_layer for key in rows} | set(earlier)
    found = []
    for key in sorted(told):
        dense, gi, rise = (rows.get(key) for rows in by_layer)
        number = sum(shown.by_step.get(key, ()))
        before = earlier[key].observed if key in earlier else 0
        facts = {
            "k": key, "n": number, "f": list(shown.by_step.get(key, ())),
            "density": round(dense.value, 2) if dense else 0,
            "c": bool(gi and gi.raised), "s": bool(rise and rise.raised),
            "surge": round(rise.value, 2) if rise else 0,
            "change": number - before if shown.earlier else 0,
            "say": _say(shown, key, number, (gi, rise), before, words),
        }  # fmt: skip
        found.append((_hexagon(shown.base, key), facts))
    return features(found)


def _hexagon(base: Base, key: str) -> dict[str, Any]:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(key)]
    points = base.shown(ring).round(6).tolist()
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def _say(
    shown: Shown, key: str, number: int, tested: tuple[Row | None, Row | None], before: float, words: Words
) -> list[str]:  # fmt: skip
    gi, rise = tested
    lines = [shown.names.get(key, ""), words["hot.n"].format(n=number)]
    if rise is not None and rise.expected >= 0:
        lines.append(words["hot.expected"].format(n=f"{rise.expected:.1f}"))
    if gi is not None and gi.raised:
        lines.append(words["hot.clustered"].format(p=_p(gi.p, words)))
    if rise is not None and rise.raised:
        lines.append(words["hot.surging"].format(ratio=f"{rise.value:.1f}", p=_p(rise.p, words)))
    if shown.earlier:
        lines.append(words["hot.before"].format(n=int(before)))
    return [line for line in lines if line]


def _districts(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the districts with their tickets per 10,000 people."""
    rates = {row.key: row for row in shown.board.surge.rows if row.level == "district"}
    found = []
    for each in shown.districts:
        row = rates.get(each.code)
        rate = row.per_10k if row else -1.0
        say = [each.name, words["hot.n"].format(n=int(row.observed) if row else 0)]
        say.append(
            words["hot.rate"].format(n=f"{rate:.2f}") if rate >= 0 else words["hot.no_people"]
        )
        if row and row.raised:
            say.append(words["hot.surging"].format(ratio=f"{row.value:.1f}", p=_p(row.p, words)))
        shape = shapely.transform(each.shape.simplify(0.0004), shown.base.shown)
        facts = {
            "k": f"district:{each.code}",
            "rate": round(rate, 3),
            "s": bool(row and row.raised),
            "say": say,
        }
        found.append((json.loads(shapely.to_geojson(shape)), facts))
    return features(found)


def _badges(shown: Shown) -> list[Child]:
    """Return a mark with the ratio on every cell that surges."""
    marks = []
    for row in shown.board.surge.raised:
        if row.level == "cell":
            lat, lon = h3.cell_to_latlng(row.key)
            ((lon, lat),) = shown.base.shown([(lon, lat)])
            icon = {"html": f"↑{row.value:.1f}×", "className": "map-badge", "iconSize": None}
            marks.append(dl.DivMarker(position=[lat, lon], iconOptions=icon, interactive=False))
    return marks


def _most(shown: Shown) -> dict[str, float]:
    """Return the greatest value of each layer: what the darkest shade stands for."""
    board = shown.board
    rates = [row.per_10k for row in board.surge.rows if row.level == "district"]
    steps = [number for numbers in shown.by_step.values() for number in numbers]
    before = _by_key(shown.earlier.density) if shown.earlier else {}
    told = {key: sum(numbers) for key, numbers in shown.by_step.items()}
    moved = [
        abs(told.get(k, 0) - (before[k].observed if k in before else 0)) for k in {*told, *before}
    ]
    return {
        "density": max((row.value for row in board.density.rows), default=0),
        "clusters": max(told.values(), default=0),
        "surge": max((row.value for row in board.surge.rows if row.level == "cell"), default=0),
        "districts": max(rates, default=0), "change": max(moved, default=0), "step": max(steps, default=0),
    }  # fmt: skip


def _by_key(layer: Layer) -> dict[str, Row]:
    return {row.key: row for row in layer.rows if row.level == "cell"}


def legend(layer: str, most: Mapping[str, float], words: Words) -> list[Child]:
    """Return what the shades of a layer mean, up to its greatest value, and what the layer may be used for."""
    steps = [html.I(style={"background": f"var(--hot-{step})"}) for step in range(1, 6)]
    parts: list[Child] = [html.B(words[f"hot.layer.{layer}"])]
    if layer == "change":
        steps = [html.I(style={"background": f"var(--{side})"}) for side in ("less", "more")]
        ends = [words["hot.less"], words["hot.more"]]
    else:
        ends = ["0", f"{most.get(layer, 0):,.1f} {words[f'hot.unit.{layer}']}"]
    parts += [
        html.Div(steps, className="steps"),
        html.Div([html.Span(end) for end in ends], className="ends"),
    ]
    if layer == "clusters":
        parts.append(html.Div([html.I(className="sign"), words["hot.outline"]]))
    parts.append(html.Div(words[f"hot.about.{layer}"], className="muted"))
    return parts


def _time(shown: Shown, words: Words) -> Child:
    facts = data(names=json.dumps(list(shown.steps), ensure_ascii=False), all=words["hot.whole"])
    return html.Div(
        [
            html.Button(
                words["hot.play"], id="hot-play", type="button", className="button",
                **data(play=words["hot.play"], stop=words["hot.stop"]),
            ),
            html.Div(id="hot-slot", className="slot", **facts),
            html.Output(words["hot.whole"], id="hot-step-label"),
        ],
        className="hot-time",
    )  # fmt: skip


# --- beside the map --------------------------------------------------------------------------


def _side(shown: Shown, words: Words) -> Child:
    offered = [layer for layer in LAYERS if layer != "change" or shown.earlier]
    tabs = dcc.RadioItems(
        [{"label": words[f"hot.tab.{layer}"], "value": layer} for layer in offered],
        shown.asked.layer if shown.asked.layer in offered else "clusters",
        id="hot-layer", inline=True, className="hot-tabs",
    )  # fmt: skip
    return html.Div(
        [
            tabs,
            panel(words["hot.city"], _city(shown, words), css="roomy"),
            panel(words["hot.ranking"], _ranking(shown, words), css="roomy"),
            html.Div(empty(words["hot.choose"]), id="hot-why", className="panel roomy hot-why"),
        ],
        className="hot-side",
    )


def _city(shown: Shown, words: Words) -> Child:
    """Return the city's own sentence, and what the map cannot show, each linked to its tickets."""
    board = shown.board
    city = next((row for row in board.surge.rows if row.level == "city"), None)
    lines: list[Child] = []
    if board.too_few:
        lines.append(html.P(words["hot.too_few"]))
    if city is not None and city.expected >= 0:
        how = "hot.city_up" if city.raised else "hot.city_even"
        said = words[how].format(
            n=int(city.observed), expected=f"{city.expected:.0f}", p=_p(city.p, words)
        )
        lines.append(html.P(said))
    elif not board.too_few:
        lines.append(html.P(words["hot.no_history"]))
    left = board.left_out
    for name, number in (("area", left.area), ("default", left.default), ("no", left.no)):
        if number:
            text = words[f"hot.left.{name}"].format(n=number)
            lines.append(html.Div(link(text, shown.asked.tickets.href(located=name))))
    if left.outside:
        lines.append(html.Div(words["hot.left.outside"].format(n=left.outside)))
    if left.no or left.default:
        lines.append(html.Div(link(words["hot.place_them"], "/places")))
    return html.Div(lines, className="hot-note")


def _ranking(shown: Shown, words: Words) -> Child:
    if not shown.board.ranking:
        return empty(words["hot.none"])
    heads = [
        ("#", "num"), (words["hot.where"], ""), (words["hot.tickets"], "num"),
        (words["hot.usual"], "num"), (words["hot.sure"], ""),
    ]  # fmt: skip
    rows = [_line(shown, number, hot, words) for number, hot in enumerate(shown.board.ranking, 1)]
    return table(heads, rows, label=words["hot.ranking"])


def _line(shown: Shown, number: int, hot: Hot, words: Words) -> list[Child]:
    name = html.Button(
        shown.names.get(hot.cell, hot.cell),
        type="button",
        className="as-link",
        **data(hot_cell=hot.cell),
    )
    marks: list[Child] = []
    if hot.clustered:
        marks.append(
            html.Span(words["hot.mark.cluster"].format(p=_p(hot.p, words)), className="chip-note")
        )
    if hot.surging:
        marks.append(
            html.Span(
                words["hot.mark.surge"].format(ratio=f"{hot.ratio:.1f}"), className="chip-note"
            )
        )
    if hot.trend:
        marks.append(html.Span(words[f"hot.trend.{hot.trend}"], className="chip-note"))
    tickets = link(f"{hot.tickets:,}", shown.asked.tickets.href(cells=hot.cell))
    expected = f"{hot.expected:.1f}" if hot.expected >= 0 else "–"
    return [
        number,
        name,
        tickets,
        expected,
        marks or html.Span(words["hot.chance"], className="muted"),
    ]


def _p(p: float, words: Words) -> str:
    return words["hot.p_least"] if p < 0.001 else f"p = {p:.3f}"


def why(
    found: Why, name: str, tickets: TicketQuery, labels: Mapping[str, str], words: Words
) -> list[Child]:
    """Return why a place is hot; `tickets` opens exactly those, `labels` are categories' and units'."""
    head = html.Header(
        [html.H2(name), html.Div(words["hot.n"].format(n=found.total), className="muted")]
    )
    opens = [
        link(words["hot.open"].format(n=found.total), tickets.href(), className="button primary"),
        link(words["hot.instruct"], tickets.href(desk="instruct"), className="button"),
    ]
    parts: list[Child] = [head, html.Div(opens, className="line")]
    if found.population >= 0:
        facts = words["hot.people"].format(
            n=f"{found.population:,.0f}", rate=f"{found.per_10k:.1f}"
        )
        parts.append(html.P(facts, className="hot-note"))
    for title, shares in (("hot.by_category", found.categories), ("hot.by_unit", found.units)):
        if shares:
            top = max(share.here for share in shares)
            bars: list[Child] = []
            for share in shares:
                lift = words["hot.lift"].format(n=f"{share.lift:.1f}") if share.lift >= 1.5 else ""
                bars += [
                    html.Span(labels.get(share.key, share.key or words["tally.none"])),
                    html.I(style={"width": f"{100 * share.here / top:.0f}%"}),
                    html.Span([f"{share.here} ", html.Span(lift, className="muted")]),
                ]
            parts += [html.H3(words[title]), html.Div(bars, className="bars")]
    most = max(found.hours, default=0)
    if most:
        bars = [
            html.I(
                style={"height": f"{100 * number / most:.0f}%"}, title=f"{hour:02}:00 · {number}"
            )
            for hour, number in enumerate(found.hours)
        ]
        parts += [html.H3(words["hot.by_hour"]), html.Div(bars, className="hot-hours")]
    if found.groups:
        said = words["hot.groups"].format(n=len(found.groups), m=len(found.groups[0]))
        numbers = [link(no, f"/ticket?no={no}", className="num") for no in found.groups[0][:8]]
        parts += [
            html.H3(said),
            html.Div([part for no in numbers for part in (no, " ")], className="hot-note"),
        ]
    samples = [
        html.Li(
            [
                link(one.no, f"/ticket?no={one.no}", className="num"),
                " ",
                one.title or words["hot.hidden"],
            ]
        )
        for one in found.samples
    ]
    return [*parts, html.H3(words["hot.samples"]), html.Ul(samples)]
