"""The wall: an empty frame the browser fills from the live stream, so that nothing is drawn twice."""

from dash import dcc, html

from dashboard.views import kpis
from dashboard.views.kit import Child, Words, aria, data, empty, icon, skeleton

SEAT_STATES = (
    "idle", "ring", "talk", "hold", "direct", "wrap", "busy", "rest", "learn", "offline"
)  # fmt: skip
COUNTED = ("online", *SEAT_STATES[:-1])  # who is off is online against the roster
STORES = ("day-request", "yesterday")


def wall(
    words: Words,
    *,
    nav: Child,
    kiosk: bool = False,
    rotate: int = 0,
    may_ack: bool = False,
    may_open: bool = False,
    may_see_tickets: bool = False,
    today: bool = True,
) -> html.Div:
    """Return the wallboard; `rotate` seconds between its screens, 0 shows all at once."""
    charts = html.Div(
        [_chart("chart-hour", words["wall.hour"]), _chart("chart-day", words["wall.day"])],
        className="charts",
    )
    return html.Div(
        [
            _head(words, nav),
            html.Div(id="banner", className="banner", role="alert", hidden=True),
            *[dcc.Store(id=name) for name in STORES],
            html.Div(id="plotly-slot", hidden=True),
            html.Main(
                [
                    html.Div([kpis.tiles(words, may_open=may_open), charts], className="side left"),
                    _seats(words),
                    html.Div(
                        [_queues(words), _alarms(words, may_ack=may_ack), _feed(words)],
                        className="side right",
                    ),
                ],
                className="floor",
                id="main",
            ),
            _today(words, may_see=may_see_tickets) if today else None,
        ],
        className="wall kiosk" if kiosk else "wall",
        id="wall",
        **data(rotate=str(rotate), screen="all"),
    )


def _head(words: Words, nav: Child) -> html.Header:
    title = [html.Span(**data(city="")), html.Span(words["app.watch"])]
    clock = [html.Time(className="clock", **data(clock="")), html.Span(**data(date=""))]
    gap = html.A(
        className="gap-note", href="/calls?day=today&outcome=unknown", id="gaps", hidden=True,
        **data(nav=""),
    )  # fmt: skip
    return html.Header(
        [
            html.H1(title),
            html.Div(clock, className="when"),
            html.Div(className="on-duty", hidden=True, **data(on_duty="")),
            nav,
            gap,
            fresh(words),
        ],
        className="wall-head",
    )


def fresh(words: Words) -> html.Span:
    """Return the freshness mark: the age of what is shown, or who is lost."""
    return html.Span(
        [html.Span(words["fresh.waiting"], **data(fresh="")), html.I()],
        className="fresh",
        role="status",
        **data(level="wait"),
    )


def _seats(words: Words) -> html.Section:
    counts = [
        html.Span(
            [
                icon() if name != "online" else None,
                html.Span(words["count.online"] if name == "online" else words[f"state.{name}"]),
                html.B(skeleton(), **data(count=name)),
                html.Small(**data(roster="")) if name == "online" else None,
            ],
            className="tally" if name == "online" else f"tally st st-{name}",
        )
        for name in COUNTED
    ]
    return html.Section(
        [
            html.Header(
                [
                    html.H2(words["wall.seats"], className="sr"),
                    html.Div(counts, className="tallies stale-able", **data(rests_on="*")),
                ]
            ),
            html.Div(id="seats", className="seats", **data(empty=words["wall.empty_seats"])),
        ],
        className="block block-seats",
    )


def _block(name: str, title: str, body: Child, note: Child = None) -> html.Section:
    return html.Section(
        [html.Header([html.H2(title), note]), body], className=f"block block-{name}"
    )


def _queues(words: Words) -> html.Section:
    heads = ("name", "waiting", "oldest", "level", "ewt", "seats")
    top = html.Tr([html.Th(words[f"queue.{h}"], className=f"q-{h}", scope="col") for h in heads])
    table = html.Table(
        [html.Thead(top), html.Tbody(id="queues", **data(empty=words["wall.empty_queues"]))],
        className="queues stale-able",
        **data(rests_on="*"),
        **aria(label=words["wall.queues"]),
    )
    title = html.H2(words["wall.queues"], className="sr")
    return html.Section([title, table], className="block block-queues")


def _alarms(words: Words, *, may_ack: bool) -> html.Section:
    body = html.Ul(
        html.Li(empty(words["fresh.loading"])),
        id="alarms",
        className="alarms",
        **data(empty=words["wall.empty_alarms"], may=str(int(may_ack))),
        **aria(live="polite"),
    )
    return _block("alarms", words["wall.alarms"], body, html.Span(**data(alarm_count="")))


def _feed(words: Words) -> html.Section:
    body = html.Ul(
        html.Li(empty(words["fresh.loading"])),
        id="feed",
        className="feed stale-able",
        **data(empty=words["wall.empty_feed"], rests_on="*"),
    )
    return _block(
        "feed", words["wall.feed"], body, html.Span(words["wall.feed_label"], className="muted")
    )


def _today(words: Words, *, may_see: bool) -> html.Section:
    """Return the strip of the day's tickets: counts by kind, state and result, and the newest in turn."""
    return html.Section(
        [
            html.H2([words["today.heading"], html.B(skeleton(), **data(today="opened"))]),
            *[html.Div(className="group", **data(today=name)) for name in ("kinds", "states", "results", "areas")],
            html.Div(className="group hot", hidden=True, **data(today="hot")),
            html.Div(className="newest", **data(today="newest"), **aria(live="off")),
            html.Div(className="notice", hidden=True, **data(today="notice"), **aria(live="polite")),
            html.Span(className="muted age", **data(today="age")),
        ],
        className="today", id="today", **data(links=str(int(may_see))),
        **aria(label=words["today.heading"]),
    )  # fmt: skip


def _chart(chart_id: str, title: str) -> html.Section:
    body = html.Div(id=chart_id, className="chart stale-able", **data(rests_on="*"))
    return _block("chart", title, body, html.Span(className="legend", **data(legend=chart_id)))


def plotly() -> dcc.Graph:
    """Return a graph nobody sees: it brings plotly's library, the charts then talk to that directly.

    Five megabytes of script: it goes in after the seats are on the screen, not before.
    """
    return dcc.Graph(id="plotly", config={"displayModeBar": False}, style={"display": "none"})
