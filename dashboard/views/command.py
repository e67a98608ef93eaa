"""The command page's frame: incidents on the left, the map, the chosen incident's panes on the right, time below."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dash import dcc, html

from dashboard.views import clock, command_layers, plotting
from dashboard.views.command_forms import button
from dashboard.views.command_log import Line
from dashboard.views.incidents import LAMPS
from dashboard.views.kit import Child, Words, data, empty, link, status
from dashboard.views.maps import EMPTY, Base, city_map, finder, pin, shapes
from dashboard.views.shell import ROOMS
from gis_data.roads import closures
from models.rules.incident.moves import MOVES
from models.rules.incident.state import Incident

PANES = ("overview", "plan", "units", "around", "records", "alerts", "talk")
STORES = (
    "command-tick", "command-list-tick", "command-roads-tick", "command-placed", "command-look", "incident-open",
    "incident-do",
)  # fmt: skip
PLACE = "command-form-place"
"""Where the one form stands that is open."""
COURSE = ("verify", "respond", "control", "relapse", "end", "close", "cancel")
MARKS = {"I": "bad", "II": "bad", "III": "warn", "IV": "warn", "": "off"}
"""Grades beside the word: graver than others, and not judged yet."""


class Opened(NamedTuple):
    """What the page begins with. bounds : west, south, east, north to be seen, empty for the whole city."""

    base: Base | None
    incident: Incident | None
    pane: str
    bounds: Sequence[float]
    can: frozenset[str]
    actor: str = ""


def page(opened: Opened, panes: Mapping[str, Child], words: Words) -> Child:
    """Return the page; its parts are drawn by their callbacks as the live stream says that they changed.

    panes : what stands in a pane for good (forms and lists of other parts).
    """
    chosen = opened.incident.id if opened.incident else 0
    canvas = html.Div(
        [
            html.H1(words["command.heading"], className="sr"),
            _map(opened, words),
            html.Div(_plotting(opened, words), id="command-tools", className="command-tools"),
        ],
        className="command-canvas",
    )
    stores = [dcc.Store(id=name, data=None) for name in STORES]
    return html.Div(
        [
            html.Aside(
                [_list_head(opened.can, words), html.Div(id="command-list", className="command-list")],
                className="command-left",
            ),
            html.Header(id="command-head", className="command-head"),
            canvas,
            _right(opened, panes, words) if chosen else _beginning(panes.get("form"), words),
            html.Footer(id="command-time", className="command-time"),
            None if chosen else panes.get("around"),  # hidden: its callbacks hear of roads here, too
            dcc.Store(id="command-incident", data=chosen),
            *stores,
        ],
        id="command", className="command" if chosen else "command none",
        **data(
            incident=chosen, can_act=int("command.act" in opened.can), live="loading",
            datum=opened.base.datum if opened.base else "",
        ),
    )  # fmt: skip


def _map(opened: Opened, words: Words) -> Child:
    if opened.base is None:
        return empty(words["place.no_city"])
    layers = [
        shapes("command-traffic", EMPTY, "traffic", tip="say"),
        shapes("command-closures", EMPTY, "closure", tip="say"),
        shapes("command-routes", EMPTY, "route", tip="say"),
        shapes("command-moves", EMPTY, "route", tip="say"),
        shapes("command-signs", EMPTY, "", tip="say", points="place"),
        shapes("command-cameras", EMPTY, "", points="camera"),
        shapes("command-places", EMPTY, "", tip="say", points="place"),
        pin("command-map"),
    ]
    seen = city_map(opened.base, "command-map", layers, bounds=opened.bounds)
    over = [finder("command-map", words), command_layers.switches(words)]
    return html.Div([seen, html.Div(over, className="command-over")], className="command-ground")


def _plotting(opened: Opened, words: Words) -> Child:
    if opened.base is None or opened.incident is None:
        return None
    return plotting.tools(
        words, actor=opened.actor, datum=opened.base.datum, incident=opened.incident.id,
        may_draw=_may("draw", opened.incident, opened.can), may_close=closures.PERMISSION in opened.can,
        may_approve="command.approve" in opened.can, may_edit="command.edit" in opened.can,
    )  # fmt: skip


def _list_head(can: frozenset[str], words: Words) -> Child:
    parts: list[Child] = [html.H2(words["command.list"])]
    if "command.report" in can:
        parts.append(button("report", words, css="small primary", text=words["command.report"]))
    rooms = [link(words[text], href, className="muted") for href, text in ROOMS[1:]]
    return html.Header([*parts, html.Nav(rooms)])


def _beginning(form: Child, words: Words) -> Child:
    """Return what stands at the right while no incident is chosen: the form of a new one, or what to do."""
    return html.Aside(
        [
            html.Div(form, id="command-form", className=PLACE),
            empty(words["command.pick"]),
        ],
        className="command-right",
    )


def _right(opened: Opened, panes: Mapping[str, Child], words: Words) -> Child:
    tabs = dcc.RadioItems(
        [{"label": words[f"command.pane.{name}"], "value": name} for name in PANES], opened.pane,
        id="command-pane", inline=True, className="command-tabs",
    )  # fmt: skip
    bodies = [
        html.Div(
            [panes.get(name), html.Div(id=f"command-{name}")],
            className="command-pane",
            **data(pane=name),
        )
        for name in PANES
    ]
    return html.Aside(
        [tabs, html.Div(id="command-form", className=PLACE), *bodies],
        className="command-right", id="command-right", **data(pane=opened.pane),
    )  # fmt: skip


def brief_list(
    rows: Sequence[Incident], chosen: int, types: Mapping[str, str], words: Words
) -> Child:
    """Return the incidents that go on, the newest first; the ages tick in the browser."""
    if not rows:
        return [
            empty(words["command.none_open"]),
            html.P(words["command.none_open_help"], className="muted"),
        ]
    return [
        link(
            [
                html.Div([_grade(row, words), html.B(row.title), _exercise(row, words)]),
                html.Div(
                    [
                        html.Span(words[f"incident_status.{row.status}"], className="chip"),
                        html.Span(types.get(row.type, row.type)),
                        html.Span(**data(ago=row.happened), className="age"),
                    ],
                    className="muted",
                ),
            ],
            f"/command?id={row.id}",
            className="incident" + (" chosen" if row.id == chosen else ""),
            **data(incident_row=row.id),
        )
        for row in rows
    ]


def head(i: Incident, can: frozenset[str], types: Mapping[str, str], words: Words) -> Child:
    """Return the top bar: what, how grave, which level, exercise, clock; and what may be done next."""
    levels = [
        html.Span(
            [html.Small(words[f"level_field.{field}"]), words[f"{family}.{getattr(i, field) or 'none'}"]],
            className="level", **data(value=getattr(i, field)),
        )
        for field, family in (("grade", "grade"), ("colour", "colour"), ("level", "grade"))
    ]  # fmt: skip
    verbs = [verb for verb in COURSE if _may(verb, i, can)]
    asked = [r for r in i.revisions.values() if r.state == "asked"]
    return [
        html.Div(
            [
                _exercise(i, words),
                html.B(i.title, className="title"),
                html.Span(f"{i.no} · {types.get(i.type, i.type)}", className="muted"),
                status(LAMPS.get(i.status, "off"), words[f"incident_status.{i.status}"]),
            ],
            className="what",
        ),
        html.Div(
            [*levels, html.Span(words["command.waiting"], className="chip") if asked else None], className="levels"
        ),
        html.Div(_lasts(i, words), className="clock"),
        html.Div([button(verb, words, css="small" + (" primary" if n == 0 else "")) for n, verb in enumerate(verbs)],
                 className="verbs"),
        html.Span(className="live", **data(command_live="")),
    ]  # fmt: skip


def _lasts(i: Incident, words: Words) -> list[Child]:
    """Return a clock that ticks while the incident goes on, and how long it took afterwards."""
    ended = i.times.get("ended") or i.times.get("cancelled")
    if i.open or not ended:
        return [html.Small(words["command.since"]), html.B(**data(clock_from=i.happened))]
    took = clock.duration(ended - i.happened, words)
    return [html.Small(words["incidents.col.took"]), html.B(took)]


def _may(verb: str, i: Incident, can: frozenset[str]) -> bool:
    move = MOVES[verb]  # type: ignore[index] # a verb of COURSE
    return move.permission in can and i.status in move.sources


def _grade(i: Incident, words: Words) -> Child:
    return html.Span(words[f"grade.{i.grade or 'none'}"], className=f"grade g-{i.grade or 'none'}")


def _exercise(i: Incident, words: Words) -> Child:
    return html.Span(words["command.exercise"], className="exercise") if i.exercise else None


def _leads(line: Line, replay: str) -> Child:
    """Return what a line says; that of a snapshot of the map leads to the picture of its moment."""
    if line.kind != "SnapshotTaken":
        return line.text
    return link(line.text, f"{replay}&at={line.at}")


def timeline(
    lines: Sequence[Line], replay: str, zone: str, words: Words, *, more: bool = False
) -> Child:
    """Return what happened, the newest first, and the way to the replay; more : there is more, which the replay has."""
    return [
        html.H2(
            [words["command.timeline"], link(words["command.replay"], replay, className="muted")]
        ),
        html.Ol(
            [
                html.Li(
                    [
                        html.Time(clock.time_of(line.at, zone)),
                        html.Span(
                            _leads(line, replay), className="text", title=line.note or line.text
                        ),
                        html.Small(line.by),
                    ],
                    className=f"k-{line.kind}" + (" implied" if line.implied else ""),
                )
                for line in reversed(lines)
            ]
        ),
        link(words["command.earlier"], replay, className="muted") if more else None,
    ]
