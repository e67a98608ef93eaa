"""The big screen of the centre: an empty frame of every panel; the browser lays out and fills what a screen shows."""

from dash import html

from dashboard.views.kit import Child, Words, aria, data, empty, icon, link, skeleton
from dashboard.views.maps import EMPTY, Base, city_map, shapes
from dashboard.views.wall import COUNTED, fresh
from models.rules.display import PANELS, PANELS_OF

MAP = "centre-map"
POINTS = "centre-points"


def page(
    words: Words, *, base: Base | None, nav: Child, screen: str, may_command: bool
) -> html.Div:
    """Return the screen `screen` (empty: the first one); without a city (None) the map says so.

    may_command : incidents are links to the command page.
    """
    panels = [_panel(name, base, words) for name in PANELS]
    pages = ";".join(f"{page}={' '.join(panels)}" for page, panels in PANELS_OF.items())
    dlon, dlat = _shift(base) if base else (0.0, 0.0)
    return html.Div(
        [
            _head(words, nav),
            html.Div(id="banner", className="banner", role="alert", hidden=True),
            html.Div(id="centre-banner", className="banner", role="alert", hidden=True),
            html.Div(id="centre-push", className="centre-push", hidden=True, **aria(live="assertive")),
            html.Main(panels, id="main", className="centre-grid"),
            html.Div(id="centre-notice", className="centre-notice", hidden=True, **aria(live="polite")),
        ],
        id="centre", className="wall centre kiosk" if screen else "wall centre",
        **data(
            screen=screen, pages=pages, shift=f"{dlon:.6f},{dlat:.6f}", links=str(int(may_command)),
            bounds=_bounds(base),
        ),
    )  # fmt: skip


def nav(words: Words, *, may_console: bool) -> html.Nav:
    """Return the few ways from the big screen to somewhere else; a screen of the wall has none."""
    links = [link(words["nav.wall"], "/wall"), link(words["nav.tickets"], "/tickets")]
    if may_console:
        links.append(link(words["console.title"], "/centre/console"))
    language = html.Button(
        words["nav.language"], id={"switch": "language", "n": 0}, type="button",
        **aria(label=words["nav.language_label"]),
    )  # fmt: skip
    leave = html.Form(
        html.Button(words["nav.signout"], type="submit"), action="/logout", method="post"
    )
    return html.Nav([*links, language, leave], className="nav", **aria(label=words["nav.label"]))


def _shift(base: Base) -> tuple[float, float]:
    """Return by how much WGS-84 moves on this map at the city's middle: enough for cells of half a kilometre."""
    west, south, east, north = base.manifest.bbox
    lon, lat = (west + east) / 2, (south + north) / 2
    shown = base.shown([(lon, lat)])[0]
    return float(shown[0] - lon), float(shown[1] - lat)


def _bounds(base: Base | None) -> str:
    if base is None:
        return ""
    west, south, east, north = base.manifest.bbox
    return ",".join(
        f"{float(x):.5f},{float(y):.5f}" for x, y in base.shown([(west, south), (east, north)])
    )


def _head(words: Words, nav: Child) -> html.Header:
    title = [html.Span(**data(centre="city")), html.Span(words["centre.title"])]
    clock = [html.Time(className="clock", **data(clock="")), html.Span(**data(date=""))]
    return html.Header(
        [
            html.H1(title),
            html.Div(clock, className="when"),
            html.Div(className="centre-where", **data(centre="where")),
            nav,
            fresh(words),
        ],
        className="wall-head",
    )


def _panel(name: str, base: Base | None, words: Words) -> html.Section:
    body = _BODIES.get(name, _filled)(name, base, words)
    age = html.Span(className="centre-age", **data(centre_age=name))
    if name == "alarms":
        age = html.Span([html.Span(**data(alarm_count="")), " ", age])
    head = html.Header([html.H2(words[f"centre.panel.{name}"]), age])
    return html.Section(
        [head, body], className=f"block centre-{name}", hidden=True, **data(panel=name)
    )


def _filled(name: str, _base: Base | None, words: Words) -> Child:
    return html.Div(
        empty(words["fresh.loading"]), className="centre-body",
        **data(body=name, empty=words[f"centre.empty.{name}"]),
    )  # fmt: skip


def _map(_name: str, base: Base | None, words: Words) -> Child:
    if base is None:
        return html.Div(empty(words["centre.no_city"]), className="centre-body", **data(body="map"))
    drawn = city_map(base, MAP, [shapes(POINTS, EMPTY, "", tip="say", points="centrePoint")])
    return html.Div([drawn, _legend(words)], className="centre-body", **data(body="map"))


def _legend(words: Words) -> Child:
    signs = (
        "reported",
        "responding",
        "controlled",
        "unit",
        "lost",
        "depot",
        "state",
        "stale",
        "hot",
    )
    rows = [
        html.Span(
            [html.I(className=f"centre-sign {s}", **aria(hidden="true")), words[f"centre.sign.{s}"]]
        )
        for s in signs
    ]
    return html.Div(rows, className="centre-legend")


def _seats(_name: str, _base: Base | None, words: Words) -> Child:
    rows = [
        html.Div(
            [
                icon() if name != "online" else None,
                html.Span(words["count.online"] if name == "online" else words[f"state.{name}"]),
                html.B(skeleton(), **data(centre_count=name)),
            ],
            className="centre-seat" if name == "online" else f"centre-seat st st-{name}",
        )
        for name in COUNTED
    ]
    return html.Div(rows, className="centre-body stale-able", **data(body="seats", rests_on="*"))


def _alarms(_name: str, _base: Base | None, words: Words) -> Child:
    return html.Ul(
        html.Li(empty(words["fresh.loading"])), id="alarms", className="alarms stale-able",
        **data(body="alarms", empty=words["wall.empty_alarms"], may="0", rests_on="*"),
        **aria(live="polite"),
    )  # fmt: skip


def _events(_name: str, _base: Base | None, words: Words) -> Child:
    return html.Div(
        [
            html.Ul(className="centre-rows pinned", **data(events="pinned")),
            html.Ul(
                html.Li(empty(words["fresh.loading"])), className="centre-rows rolling",
                **data(events="rolling", empty=words["centre.empty.events"]),
            ),
        ],
        className="centre-body", **data(body="events"),
    )  # fmt: skip


_BODIES = {"map": _map, "seats": _seats, "alarms": _alarms, "events": _events}
