"""The key figures of the wall: what each tile shows, by which formula, and which calls are behind it."""

from dataclasses import dataclass
from typing import Any, Literal

from dash import html

from dashboard.views.kit import Child, Words, aria, data, link, skeleton

Kind = Literal["count", "percent", "seconds"]
MISSED = ("abandoned", "timeout", "overflow", "quick")
TAKEN = ("answered", "talking")


@dataclass(frozen=True)
class Figure:
    """One figure of the board's `kpi` section.

    The calls behind it: those with one of the outcomes, or those `behind` the figure as the ledger
    counts them; neither = no link.
    """

    key: str
    kind: Kind
    outcome: str = ""
    behind: str = ""

    @property
    def href(self) -> str:
        """Return the page of the calls behind the figure."""
        if self.behind:
            return f"/calls?day=today&behind={self.behind}"
        return f"/calls?day=today&outcome={self.outcome}" if self.outcome else ""


@dataclass(frozen=True)
class Tile:
    """A headline figure with the smaller ones beside it; `trend` names the line of the day it draws."""

    head: Figure
    rest: tuple[Figure, ...] = ()
    trend: str = ""
    target: float = 0.0


TAKEN_CALLS = ",".join(TAKEN)
TILES: tuple[Tile, ...] = (
    Tile(
        Figure("arrived", "count", behind="arrived"),
        (
            Figure("entered", "count"),
            Figure("answered", "count", TAKEN_CALLS),
            Figure("waiting", "count", "waiting"),
        ),
        trend="entered",
    ),
    Tile(Figure("connect_rate", "percent", behind="decided"), trend="connect_rate", target=0.95),
    Tile(
        Figure("within_offered", "percent", behind="decided"),
        (Figure("within_answered", "percent", TAKEN_CALLS),),
        trend="within_offered",
    ),
    Tile(
        Figure("loss_rate", "percent", ",".join(MISSED)),
        (
            Figure("quick", "count", "quick"),
            Figure("abandoned", "count", "abandoned"),
            Figure("timeout", "count", "timeout"),
            Figure("overflow", "count", "overflow"),
            Figure("ring_outs", "count", behind="ring_outs"),
        ),
    ),
    Tile(Figure("asa", "seconds", TAKEN_CALLS)),
    Tile(Figure("talk", "seconds", TAKEN_CALLS)),
)


def figures() -> tuple[Figure, ...]:
    """Return every figure of every tile."""
    return tuple(figure for tile in TILES for figure in (tile.head, *tile.rest))


def tiles(words: Words) -> html.Section:
    """Return the tiles; the browser fills in what carries `data-figure`."""
    return html.Section(
        [_tile(tile, words) for tile in TILES],
        className="kpis stale-able",
        **data(rests_on="*"),
        **aria(label=words["wall.kpis"]),
    )


def _tile(tile: Tile, words: Words) -> html.Div:
    head = tile.head
    face = [
        html.Span(words[f"kpi.{head.key}"], className="kpi-label"),
        html.Span(
            skeleton(),
            className="kpi-figure",
            **data(figure=head.key, kind=head.kind),
        ),
        html.Span(className="kpi-note", **_note(tile)),
    ]
    more = {"className": "kpi-face", "aria-describedby": f"why-{head.key}"}
    return html.Div(
        [
            link(face, head.href, **more),
            html.Div([_rest(figure, words) for figure in tile.rest], className="kpi-rest"),
            html.Span(className="spark", **data(trend=tile.trend), **aria(hidden="true")),
            _why(tile, words),
        ],
        className=f"kpi kpi-{head.key}",
        id=f"kpi-{head.key}",
    )


def _note(tile: Tile) -> dict[str, Any]:
    """Return what the line below the figure compares with: a target, yesterday, or its base."""
    if tile.target:
        return {"data-target": tile.head.key, "data-goal": str(tile.target)}
    if tile.trend:
        return {"data-before": tile.trend}
    return {"data-base": tile.head.key}


def _rest(figure: Figure, words: Words) -> Child:
    parts = [
        html.Span(words[f"kpi.{figure.key}"]),
        html.B(skeleton(), **data(figure=figure.key, kind=figure.kind)),
    ]
    if figure.href:
        return link(parts, figure.href, title=words[f"formula.{figure.key}"])
    return html.Span(parts, title=words[f"formula.{figure.key}"])


def _why(tile: Tile, words: Words) -> html.Div:
    """Return what a hover or press shows: formula, parts, source, age, and the way to the calls."""
    rows: list[Child] = []
    for figure in (tile.head, *tile.rest):
        rows += [html.Dt(words[f"kpi.{figure.key}"]), html.Dd(words[f"formula.{figure.key}"])]
        if figure.kind != "count":
            rows += [
                html.Dt(words["kpi.parts"]),
                html.Dd("—", **data(parts=figure.key, kind=figure.kind)),
            ]
    rows += [
        html.Dt(words["kpi.source"]),
        html.Dd([words["kpi.source_ledger"], " · ", html.Span(**data(sources=""))]),
        html.Dt(words["kpi.age"]),
        html.Dd(**data(age="*")),
    ]
    return html.Div(
        [html.Dl(rows), link(words["kpi.open"] + " →", tile.head.href, className="why-open")],
        className="why",
        id=f"why-{tile.head.key}",
        role="tooltip",
    )
