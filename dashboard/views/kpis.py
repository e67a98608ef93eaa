"""The key figures of the wall: what each tile shows, by which formula, and which calls are behind it."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from dash import html

from dashboard.views.kit import Child, Words, aria, data, link, skeleton

Kind = Literal["count", "percent", "seconds"]
MISSED = ("abandoned", "timeout", "overflow", "quick")


@dataclass(frozen=True)
class Figure:
    """One figure of the board's `kpi` section, and the lists behind it, named as `ledger.behind` names them.

    A count is `rows`. A rate is `rows` over `base`; where the numerator is a sum of seconds only the
    base is a list. A press on the tile opens `opens`, else the base, else the rows.
    """

    key: str
    kind: Kind
    rows: str = ""
    base: str = ""
    opens: str = ""

    @property
    def href(self) -> str:
        """Return the page of the calls behind the figure."""
        return calls_of(self.opens or self.base or self.rows)


def calls_of(figure: str) -> str:
    """Return the page of exactly the calls that a figure counts today, none for no figure."""
    return f"/calls?day=today&figure={figure}" if figure else ""


@dataclass(frozen=True)
class Tile:
    """A headline figure with the smaller ones beside it; `trend` names the line of the day it draws."""

    head: Figure
    rest: tuple[Figure, ...] = ()
    trend: str = ""
    target: float = 0.0


TILES: tuple[Tile, ...] = (
    Tile(
        Figure("arrived", "count", "arrived"),
        (
            Figure("entered", "count", "entered"),
            Figure("answered", "count", "taken"),
            Figure("waiting", "count", "waiting"),
        ),
        trend="entered",
    ),
    Tile(
        Figure("connect_rate", "percent", "taken", "not_short"), trend="connect_rate", target=0.95
    ),
    Tile(
        Figure("within_offered", "percent", "within", "judged"),
        (Figure("within_answered", "percent", "within", "waited"),),
        trend="within_offered",
    ),
    Tile(
        Figure("loss_rate", "percent", "lost", "offered", opens="lost"),
        (
            Figure("quick", "count", "quick"),
            Figure("abandoned", "count", "abandoned"),
            Figure("timeout", "count", "timeout"),
            Figure("overflow", "count", "overflow"),
            Figure("ring_outs", "count", "ring_outs"),
        ),
    ),
    Tile(Figure("asa", "seconds", base="waited")),
    Tile(Figure("talk", "seconds", base="talked")),
)


def figures() -> tuple[Figure, ...]:
    """Return every figure of every tile."""
    return tuple(figure for tile in TILES for figure in (tile.head, *tile.rest))


def tiles(words: Words, *, may_open: bool) -> html.Section:
    """Return the tiles; the browser fills in what carries `data-figure`.

    Who may not see calls gets the same figures without the way to the lists.
    """
    return html.Section(
        [_tile(tile if may_open else _closed(tile), words) for tile in TILES],
        className="kpis stale-able",
        **data(rests_on="*"),
        **aria(label=words["wall.kpis"]),
    )


def _closed(tile: Tile) -> Tile:
    head, *rest = (replace(part, rows="", base="", opens="") for part in (tile.head, *tile.rest))
    return replace(tile, head=head, rest=tuple(rest))


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
    more = {"className": "kpi-face", **aria(describedby=f"why-{head.key}")}
    return html.Div(
        [
            link(face, head.href, **more) if head.href else html.Div(face, tabIndex=0, **more),
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


def _part(figure: Figure, part: str, rows: str) -> Child:
    shown = {"className": "num", **data(parts=figure.key, part=part)}
    return link("—", calls_of(rows), **shown) if rows else html.Span("—", **shown)


def _why(tile: Tile, words: Words) -> html.Div:
    """Return what a hover or press shows: formula, parts, source, age, and the way to the calls."""
    rows: list[Child] = []
    for figure in (tile.head, *tile.rest):
        rows += [html.Dt(words[f"kpi.{figure.key}"]), html.Dd(words[f"formula.{figure.key}"])]
        if figure.kind != "count":
            rows += [
                html.Dt(words["kpi.parts"]),
                html.Dd([_part(figure, "n", figure.rows), " / ", _part(figure, "d", figure.base)]),
            ]
    rows += [
        html.Dt(words["kpi.source"]),
        html.Dd([words["kpi.source_ledger"], " · ", html.Span(**data(sources=""))]),
        html.Dt(words["kpi.age"]),
        html.Dd(**data(age="*")),
    ]
    way = link(words["kpi.open"] + " →", tile.head.href, className="why-open")
    return html.Div(
        [html.Dl(rows), way if tile.head.href else None],
        className="why",
        id=f"why-{tile.head.key}",
        role="tooltip",
    )
