"""The replay page (过程再现): its frame. What a moment shows is `replay_frame`; the browser paints it."""

import json
from collections.abc import Sequence

from dash import dcc, html

from command.replay import Film
from dashboard.views.command_log import quiet
from dashboard.views.kit import Child, Words, data, link
from dashboard.views.maps import EMPTY, city_map, shapes
from dashboard.views.replay_frame import SOMETIMES, Shown
from models.rules.incident.state import Incident

NEAR_DEG = 0.02
AFTERWARDS = frozenset({"RemarkMade", "RemarkChanged", "MediaLinked", "EvaluationSigned"})
"""What people add while they look back: it does not make the incident longer."""


def bounds(film: Film) -> tuple[float, float]:
    """Return the first and the last instant of the slider: what was added afterwards is not part of the course."""
    course = [event.at for event in film.reel.events if type(event).__name__ not in AFTERWARDS]
    shown = [
        each.about for kept in (film.state.remarks, film.state.media) for each in kept.values()
    ]
    return film.start, max([*course, *shown], default=film.end)


def page(film: Film, at: float, shown: Shown) -> Child:
    """Return the page; `at` is the moment it opens on."""
    words, state = shown.words, film.state
    start, end = bounds(film)
    events = [
        [round(event.at, 3), int(not quiet(event)), type(event).__name__]
        for event in film.reel.events
        if event.at <= end
    ]
    facts = {"id": state.id, "start": start, "end": end, "at": at, "events": events}
    head = html.Header(
        [
            html.H1([html.Span(state.no, className="muted"), f" {state.title}"]),
            html.Span(words["command.exercise"], className="replay-mark") if state.exercise else None,
            html.Div(id="replay-head", className="replay-head-facts"),
            html.Div(
                [
                    link(words["reviews.heading"], "/command/reviews", className="button"),
                    html.A(words["replay.xlsx"], href=f"/api/command/replay/{state.id}.xlsx", className="button",
                           **data(replay_file="xlsx")),
                    html.A(words["replay.log"], href=f"/api/command/replay/{state.id}.jsonl", className="button"),
                ],
                className="buttons",
            ),
        ],
        className="replay-top",
    )  # fmt: skip
    return html.Div(
        [
            head,
            html.Div(id="replay-faults", className="replay-faults", role="alert", hidden=True),
            html.Div([_left(state, words), _map(shown, state, words), _right(shown)], className="replay-body"),
            _bar(words),
            dcc.Store(id="replay-facts", data={"id": state.id}),
            dcc.Store(id="replay-at", data=at),
            dcc.Store(id="replay-edit", data=0),
            dcc.Store(id="replay-saved"),
        ],
        id="replay", className="replay", **data(facts=json.dumps(facts)),
    )  # fmt: skip


def _section(name: str, words: Words) -> Child:
    return html.Section(
        [html.H2(words[f"replay.{name}"]), html.Ul(id=f"replay-{name}", className="replay-list")],
        className=f"replay-section {name}",
    )


def _left(state: Incident, words: Words) -> Child:
    told: Sequence[str] = [name for name, kept in SOMETIMES.items() if kept(state)]
    return html.Div(
        [_section(name, words) for name in ("figures", *told, "calls", "tickets")], className="replay-side"
    )  # fmt: skip


def _right(shown: Shown) -> Child:
    words = shown.words
    note = html.Div(
        [
            dcc.Textarea(id="replay-text", maxLength=5000, rows=2, placeholder=words["replay.note_help"]),
            html.Button(words["replay.note"], id="replay-note", type="button", className="button"),
        ],
        className="replay-note",
    )  # fmt: skip
    return html.Div(
        [
            _section("units", words), _section("tasks", words), _section("remarks", words),
            note if shown.may_write else None,
            _section("media", words),
            html.Section(
                [html.H2(words["command.timeline"]), html.Ol(id="replay-lines", className="replay-lines")],
                className="replay-section lines",
            ),
        ],
        className="replay-side",
    )  # fmt: skip


def _map(shown: Shown, state: Incident, words: Words) -> Child:
    if shown.base is None:
        return html.Div(words["replay.no_map"], className="empty replay-map")
    return html.Div(
        city_map(shown.base, "replay-map", [
            shapes("replay-shapes", EMPTY, "replayStyle", tip="say", points="replayPoint"),
        ], bounds=_near(state)),
        className="replay-map",
    )  # fmt: skip


def _near(state: Incident) -> tuple[float, ...]:
    """Return what the map opens on: the incident's neighbourhood, or the city where nobody knows the place."""
    place = state.place
    if place.lon is None or place.lat is None:
        return ()
    return place.lon - NEAR_DEG, place.lat - NEAR_DEG, place.lon + NEAR_DEG, place.lat + NEAR_DEG


def _bar(words: Words) -> Child:
    def button(name: str) -> Child:
        text = words[f"replay.{name}"]
        return html.Button(text, type="button", className="button", **data(replay=name))

    speeds = html.Select(
        [html.Option(f"{speed}×", value=str(speed)) for speed in (1, 10, 60, 300, 900)],
        id="replay-speed", title=words["replay.speed"],
    )  # fmt: skip
    return html.Div(
        [
            html.Button(
                words["replay.play"], id="replay-play", type="button", className="button primary",
                **data(play=words["replay.play"], stop=words["replay.stop"]),
            ),
            button("before"), button("next"), speeds,
            html.Output(id="replay-clock", className="replay-clock"),
            html.Div(
                [html.Canvas(id="replay-ticks", width="1000", height="18"), html.Div(id="replay-slot")],
                className="replay-track",
            ),
            html.Span(words["replay.keys"], className="muted replay-keys"),
        ],
        className="replay-bar",
    )  # fmt: skip
