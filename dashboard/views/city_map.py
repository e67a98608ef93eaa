"""The map page's frame: the whole city, tools on its edge, and a rail with ways, closures, surroundings, layers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dash import dcc, html

from dashboard.views import city_around, city_closures, city_layers, city_ways
from dashboard.views.kit import Child, Words, data
from dashboard.views.map_query import Spot, Way
from dashboard.views.maps import EMPTY, Base, city_map, shapes

PANES = ("ways", "closures", "around", "layers")
TOOLS = ("from", "to", "at")
DRAWING = ("road", "area")


class Opened(NamedTuple):
    """What the page begins with; `search` its address, `labels` of both ends, `bounds` to be seen."""

    base: Base
    search: str
    way: Way
    spot: Spot | None
    layers: Sequence[str]
    labels: tuple[str, str]
    bounds: Sequence[float]
    may_close: bool


def page(opened: Opened, words: Words) -> Child:
    """Return the page; what is asked is answered by its callbacks, so that it never waits for the roads."""
    mode = "" if opened.way.end or opened.spot else "to" if opened.way.start else "from"
    pane = "around" if opened.spot and not opened.way.start else "ways"
    stores = {
        "city-way": opened.search, "city-spot": opened.search, "city-on": opened.search, "city-tick": "",
        "city-press": None, "city-draft": None, "city-drawn": None, "city-version": opened.base.version,
    }  # fmt: skip
    return html.Div(
        [
            html.H1(words["map.heading"], className="sr"),
            html.Div(
                [
                    city_map(opened.base, "city-map", _layers(), bounds=opened.bounds, press="press"),
                    _tools(opened.may_close, words),
                    html.Div(words[f"map.mode.{mode}"] if mode else "", id="city-hint", className="city-hint",
                             role="status"),
                    html.Div(id="city-bureaus", className="city-bureaus"),
                    html.Div(
                        [html.Progress(), html.Span(words["map.working"])], id="city-busy",
                        className="city-busy", hidden=True, role="status",
                    ),
                ],
                className="city-canvas",
            ),
            _rail(opened, pane, words),
            *[dcc.Store(id=name, data=value) for name, value in stores.items()],
        ],
        id="city", className="city", **data(mode=mode, pane=pane, version=opened.base.version),
    )  # fmt: skip


def _layers() -> list[Child]:
    """Return the map's layers, empty, the lowest first."""
    return [
        shapes("city-districts", EMPTY, "border", tip="say"),
        shapes("city-area", EMPTY, "around", tip="say", points="sign"),
        shapes("city-traffic", EMPTY, "traffic", tip="say"),
        shapes("city-closures", EMPTY, "closure", tip="say"),
        shapes("city-lines", EMPTY, "route", tip="say", points="sign"),
        shapes("city-places", EMPTY, "", tip="say", points="place"),
        shapes("city-draft-shape", EMPTY, "draft", points="corner"),
    ]


def _tools(may_close: bool, words: Words) -> Child:
    names = (*TOOLS, *DRAWING) if may_close else TOOLS
    return html.Div(
        [
            html.Button(words[f"map.tool.{name}"], type="button", **data(city_mode=name))
            for name in names
        ],
        className="city-tools", role="toolbar",
    )  # fmt: skip


def _rail(opened: Opened, pane: str, words: Words) -> Child:
    tabs = dcc.RadioItems(
        [{"label": words[f"map.pane.{name}"], "value": name} for name in PANES], pane,
        id="city-pane", inline=True, className="hot-tabs",
    )  # fmt: skip
    close = city_closures.form(words) if opened.may_close else None
    panes: Mapping[str, list[Child]] = {
        "ways": [city_ways.ask(opened.way, opened.labels, words), html.Div(id="city-told")],
        "closures": [close, html.Div(id="city-closed")],
        "around": [
            html.Div(city_around.choices(opened.spot, words), id="city-choices"),
            html.Div(id="city-inside"),
        ],
        "layers": [
            city_layers.switches(opened.layers, words),
            html.Div(id="city-layers-note"),
            city_layers.legend(words),
        ],
    }
    return html.Div(
        [tabs, *[html.Div(parts, className="city-pane", **data(pane=name)) for name, parts in panes.items()]],
        className="city-rail",
    )  # fmt: skip
