"""The plan of an evacuation: who goes where, how long it takes, and who has no place."""

from dash import dcc, html

from command.evacuation import UNKNOWN, Evacuation, Move
from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, status


def frame(words: Words, *, hidden: bool) -> Child:
    """Return the button, and the place for what it finds; it stays while the dossier below is drawn anew.

    hidden : while no incident is chosen.
    """
    press = html.Button(
        words["evacuate.plan"], id="command-evacuate", type="button", className="button small"
    )
    found = html.Div(id="command-evacuation", role="status")
    parts = [html.H3(words["evacuate.title"]), press, found, dcc.Store(id="command-evacuated")]
    return html.Div(parts, className="evacuation", hidden=hidden)


def nowhere(words: Words) -> Child:
    """Return what to do where there is no area."""
    return empty(words["command.no_place"])


def plan(found: Evacuation, drawn: str, words: Words, again: str = "") -> Child:
    """Return moves, the largest groups first, then those without a place and why.

    drawn : buffer, plume or empty; again : when roads made it be reckoned anew, empty where they did not.
    """
    known = sum(move.people for move in found.moves if move.people != UNKNOWN)
    left = sum(group.people for group in found.left if group.people != UNKNOWN)
    head = words["evacuate.of"].format(
        area=words[f"evacuate.area.{drawn or 'around'}"], n=f"{known:,}"
    )
    moves = sorted(found.moves, key=lambda move: -move.people)
    parts: list[Child] = [
        html.P(status("warn", words["evacuate.again"].format(at=again))) if again else None,
        html.P(head),
        html.Ul([html.Li(_move(move, words)) for move in moves], className="plain")
        if moves else empty(words["evacuate.nobody"]),
    ]  # fmt: skip
    if found.left:
        parts += [
            html.P(status("bad", words["evacuate.left"].format(n=f"{left:,}"))),
            html.Ul(
                [
                    html.Li(
                        f"{group.label} {_people(group.people, words)}：{words[f'evacuate.why.{group.why}']}"
                    )
                    for group in found.left
                ],
                className="plain",
            ),
        ]
    return parts


def _move(move: Move, words: Words) -> list[Child]:
    took = clock.duration(move.seconds, words)
    said: list[Child] = [
        html.B(move.label),
        f" {_people(move.people, words)} → {move.shelter_label} · {took}",
    ]
    if move.why:
        near = f"{move.nearest_label} {clock.duration(move.nearest_seconds, words)}"
        said.append(html.Small(" " + words["evacuate.full"].format(near=near), className="muted"))
    return said


def _people(people: int, words: Words) -> str:
    return (
        words["evacuate.unknown"]
        if people == UNKNOWN
        else words["command.people_n"].format(n=f"{people:,}")
    )
