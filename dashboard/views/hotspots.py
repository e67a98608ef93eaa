"""The leaders' hotspot page: a map in layers, a ranking beside it, why here, and time to slide through."""

import json
from collections.abc import Mapping

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.hotspot_map import LAYERS, Options, Shown, hot_map, most, sure
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, table
from dashboard.views.ticket_query import TicketQuery
from gis_data.hotspots.board import Hot
from gis_data.hotspots.why import Why
from models.rules.tickets.choices import KINDS

SPANS = ("today", "yesterday", "7d", "30d", "days")


def page(shown: Shown, words: Words) -> Child:
    """Return the page."""
    return html.Div(
        [
            _title(shown, words),
            _filters(shown, words),
            html.Div(
                [
                    html.Div([hot_map(shown, words), _time(shown, words)], className="hot-map"),
                    _side(shown, words),
                ],
                className="hot-body",
            ),
            dcc.Store(id="hot-most", data=most(shown)),
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


# --- time -------------------------------------------------------------------------------------


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
            n=int(city.observed), expected=f"{city.expected:.0f}", p=sure(city.p, words)
        )
        lines.append(html.P(said))
    elif not board.too_few:
        lines.append(html.P(words["hot.no_history"]))
    if not board.too_few and board.clusters.baseline == "city mean":
        lines.append(html.P(words["hot.city_mean"]))
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
            html.Span(words["hot.mark.cluster"].format(p=sure(hot.p, words)), className="chip-note")
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
