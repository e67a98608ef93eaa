"""The leaders' hotspot page: a map in layers, a ranking beside it, why here, and time to slide through."""

from typing import Any

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.hotspot_map import Options, Shown, against, hot_map, scales
from dashboard.views.hotspot_query import SPANS, VERSUS, Asked
from dashboard.views.hotspot_side import side
from dashboard.views.kit import Child, Words, aria, data, empty, link
from models.rules.tickets.choices import KINDS

FILES = (("xlsx", "hot.xlsx"), ("geojson", ""), ("png", ""))


FACTS = ("hot-scales", "hot-trends", "hot-steps", "hot-fresh")
"""What a drawn board leaves in stores for the page's scripts and callbacks."""


def page(content: Child, search: str) -> Child:
    """Return the page; what stands in it changes with the address, and its figures with the day."""
    asked = dcc.Store(id="hot-asked", data=search)
    return html.Div([html.Div(content, id="hot-all"), asked], id="hot", className="page hot-page")


def facts(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the stores of `FACTS` in their order: scales, cell -> trend, the steps' labels, when it was counted."""
    told = (
        {**scales(shown), "other": against(shown, words)}, dict(shown.board.trends),
        [step.label for step in shown.steps], shown.board.made_at,
    )  # fmt: skip
    return dict(zip(FACTS, told, strict=True))


def whole(shown: Shown, words: Words) -> list[Child]:
    """Return everything an address asks for."""
    stores = {
        **facts(shown, words), "hot-cell": None, "hot-step": shown.step, "hot-step-now": shown.step,
        "hot-tick": None, "hot-redrawn": None,
    }  # fmt: skip
    return [
        html.Div(title(shown, words), id="hot-title", className="page-title"),
        filters(shown.asked, shown.categories, [(d.code, d.name) for d in shown.districts], words),
        html.Div(
            [
                html.Div([*hot_map(shown, words), _time(words)], className="hot-map"),
                side(shown, words),
            ],
            id="hot-body",
            className="hot-body",
            **data(layer=shown.asked.layer, step=shown.step),
        ),
        *[dcc.Store(id=name, data=value) for name, value in stores.items()],
    ]


def unread(asked: Asked, categories: Options, districts: Options, words: Words) -> list[Child]:
    """Return the form with what was typed, and what is wrong with it: nothing is counted."""
    lines = [
        html.Li(
            words[f"hot.wrong.{why}"].format(
                field=words[f"hot.field.{name}"], value=asked.value(name)
            )
        )
        for name, why in asked.wrong.items()
    ]
    return [
        html.Div(html.H1(words["hot.heading"]), id="hot-title", className="page-title"),
        filters(asked, categories, districts, words),
        html.Ul(lines, className="hot-wrong", role="alert"),
        empty(words["hot.wrong.help"]),
    ]


def title(shown: Shown, words: Words) -> list[Child]:
    """Return the head: how many, of which time, counted when, and the page as a file."""
    board, zone = shown.board, shown.zone
    since = clock.moment(board.period.since, zone, words)
    until = clock.moment(min(board.period.until, board.made_at), zone, words)
    made = words["hot.made"].format(time=clock.moment(board.made_at, zone, words))
    count = link(
        words["hot.total"].format(n=f"{board.total:,}"), shown.asked.tickets.href(), className="total"
    )  # fmt: skip
    # what is still going on is asked for again when the day's hotspots are
    live = int(board.period.until >= board.made_at)
    actions: list[Child] = [
        html.A(
            words[name] if name else kind.upper() if kind == "png" else "GeoJSON",
            href=shown.asked.href(f"/api/hotspots.{kind}"), className="button", download="",
            **data(hot_file=f"/api/hotspots.{kind}"),
        )
        for kind, name in FILES
    ]  # fmt: skip
    actions.append(
        html.Button(words["hot.print"], id="hot-print", type="button", className="button")
    )
    return [
        html.H1(words["hot.heading"]), count,
        html.Span(
            f"{since} – {until} · {made}", id="hot-now", className="muted",
            **data(made=board.made_at, live=live),
        ),
        html.Div(actions, className="actions"),
    ]  # fmt: skip


def filters(asked: Asked, categories: Options, districts: Options, words: Words) -> Child:
    """Return the form that asks, with the values it was asked with; what is wrong is marked."""
    every = words["query.any"]
    spans = [(span, words[f"hot.span.{span}"]) for span in SPANS]
    short = asked.tickets.value("since") == asked.tickets.value("until")
    versus = {"prev": "hot.vs.week" if short else "hot.vs.prev", "days": "hot.vs.days"}
    kinds = [(kind, words[f"kind.{kind}"]) for kind in KINDS]
    return html.Form(
        [
            _pick(asked, "span", spans, words),
            *_dates(asked, ("since", "until"), words, given=asked.span == "days"),
            _pick(asked, "kind", kinds, words, every),
            _pick(asked, "category", categories, words, every),
            _pick(asked, "district", districts, words, every),
            _pick(asked, "vs", [(v, words[versus[v]]) for v in VERSUS], words, words["hot.vs.none"]),
            *_dates(asked, ("vs_since", "vs_until"), words, given=asked.vs == "days"),
            html.Button(words["query.go"], type="submit", className="button primary"),
        ],
        action="/hotspots", method="get", className="filters hot-filters",
        key=asked.href(layer="", step=""), **data(nav_form="", keep="layer"),
    )  # fmt: skip


def _pick(asked: Asked, name: str, options: Options, words: Words, nothing: str = "") -> html.Label:
    value = asked.span if name == "span" else asked.value(name)
    items = [html.Option(nothing, value="")] if nothing else []
    known = {key for key, _ in options}
    if value and value not in known:
        options = [*options, (value, value)]  # what was asked for stays in sight
    items += [
        html.Option(text, value=key, selected="selected" if key == value else None)
        for key, text in options
    ]
    box = html.Select(items, name=name, **aria(label=words[f"hot.{name}"]), **_bad(asked, name))
    return html.Label([html.Span(words[f"hot.{name}"]), box])


def _dates(asked: Asked, names: tuple[str, str], words: Words, *, given: bool) -> list[html.Label]:
    """Return two boxes for a first and a last day; they count only where days are chosen, and are seen only then."""
    return [
        html.Label(
            [
                html.Span(words[f"hot.{name}"]),
                dcc.Input(
                    id=f"hot-{name}", name=name, type="text", maxLength=16, placeholder="2026-01-31",
                    value=asked.value(name), disabled=not given, autoComplete="off",
                    className="bad" if name in asked.wrong else "",
                ),
            ],
            className="day",
        )
        for name in names
    ]  # fmt: skip


def _bad(asked: Asked, name: str) -> dict[str, Any]:
    return aria(invalid="true") if name in asked.wrong else {}


def _time(words: Words) -> Child:
    return html.Div(
        [
            html.Button(
                words["hot.play"], id="hot-play", type="button", className="button",
                **data(play=words["hot.play"], stop=words["hot.stop"]),
            ),
            html.Div(id="hot-slot", className="slot"),
            html.Output(words["hot.whole"], id="hot-step-label", **data(all=words["hot.whole"])),
        ],
        className="hot-time",
    )  # fmt: skip
