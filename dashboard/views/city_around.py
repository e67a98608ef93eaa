"""What lies around a spot: the area on the map, places and people in it, tickets, who is soonest there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import shapely
from dash import html

from dashboard.views.city_ways import km, lasts
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, status
from dashboard.views.map_query import LENGTHS, RADII, SPREADS, Spot, around
from dashboard.views.maps import Base, features
from gis_data.feeds.weather import Wind
from gis_data.surroundings import Drive, Kind
from models.errors import BadInput

SHOWN = 20
WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
MINUTES = (3, 5, 10)
DRIVES = (("fire_station", False), ("police", False), ("hospital", True))
"""(kind, whether one drives from the spot to it): an engine comes, a patient is taken."""


class Around(NamedTuple):
    """What lies around a spot.

    label : where it is; kinds : the places inside; tickets : how many open ones, `more` if counting stopped;
    drives : kind -> (the soonest, those that cannot), None when the spot is on no road; reach : minutes ->
    how far one drives.
    """

    asked: Spot
    label: str
    area: shapely.Geometry
    kinds: Sequence[Kind]
    tickets: int
    more: bool
    drives: Mapping[str, tuple[list[Drive], list[Drive]]] | None
    reach: Mapping[int, shapely.Geometry]


# --- the map ---------------------------------------------------------------------------------


def drawn(found: Around | None, base: Base, words: Words) -> dict[str, Any]:
    """Return the spot, its area, and how far one drives, the farthest first."""
    if found is None:
        return features([])
    shapes: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for minutes in sorted(found.reach, reverse=True):
        facts = {"kind": f"reach-{minutes}", "say": [words["map.reach"].format(n=minutes)]}
        shapes.append((_moved(found.reach[minutes], base), facts))
        label = words["map.reach.sign"].format(n=minutes)
        shapes.append(
            (_moved(_top(found.reach[minutes]), base), {"kind": "reach", "label": label, "say": []})
        )
    shapes.append((_moved(found.area, base), {"kind": "area", "say": []}))
    at = shapely.Point(found.asked.at[:2])
    shapes.append((_moved(at, base), {"kind": "here", "label": words["map.spot.sign"], "say": []}))
    return features(shapes)


def _top(area: shapely.Geometry) -> shapely.Geometry:
    """Return the northmost point of an area's outline: where its label stands beside no other's."""
    points = shapely.get_coordinates(area)
    return shapely.Point(points[points[:, 1].argmax()]) if len(points) else shapely.Point()


def _moved(shape: shapely.Geometry, base: Base) -> dict[str, Any]:
    moved = shapely.transform(shape, lambda points: base.shown(points).round(6))
    return dict(shapely.geometry.mapping(moved))


# --- beside it -------------------------------------------------------------------------------


def choices(asked: Spot | None, words: Words, blows: Wind | None = None) -> Child:
    """Return how large, and whether a circle or a plume: each choice is a part of the address.

    blows : the wind measured near the spot now; it is offered first.
    """
    wind = asked.wind if asked else None
    sizes = LENGTHS if wind is not None else RADII
    rows = [
        _pick("wind", _winds(wind, blows, words), "" if wind is None else f"{wind:g}", words),
        _pick("r", [(str(n), km(n, words)) for n in sizes], str(asked.metres) if asked else "500", words),
    ]  # fmt: skip
    if wind is not None and asked is not None:
        spreads = [(str(n), f"{n}°") for n in SPREADS]
        rows.append(_pick("spread", spreads, str(asked.spread), words))
    far = [("", words["map.far.no"]), ("1", words["map.far.yes"])]
    rows.append(_pick("far", far, "1" if asked and asked.far else "", words))
    return html.Div(rows, className="city-choices")


def _winds(asked: float | None, blows: Wind | None, words: Words) -> list[tuple[str, str]]:
    """Return the shapes to choose from: a circle, the plume of the wind that blows, plumes by the compass."""
    known = {
        str(45 * n): words["map.wind"].format(side=words[f"map.side.{side}"])
        for n, side in enumerate(WINDS)
    }
    if blows is not None:
        degrees = round(blows.from_deg) % 360
        said = words["map.wind.now"].format(
            side=words[f"map.side.{WINDS[round(degrees / 45) % 8]}"], deg=degrees,
            speed=f"{blows.m_s:g}", station=blows.station,
        )  # fmt: skip
        known = {
            str(degrees): said,
            **{key: text for key, text in known.items() if key != str(degrees)},
        }
    if asked is not None and f"{asked:g}" not in known:  # measured when it was chosen
        side = words[f"map.side.{WINDS[round(asked / 45) % 8]}"]
        known[f"{asked:g}"] = f"{words['map.wind'].format(side=side)} {asked:g}°"
    return [("", words["map.circle"]), *known.items()]


def _pick(name: str, options: Iterable[tuple[str, str]], value: str, words: Words) -> Child:
    label = words[f"map.pick.{name}"]
    items = [
        html.Option(text, value=key, selected="selected" if key == value else None)
        for key, text in options
    ]
    box = html.Select(items, name=name, **aria(label=label), **data(city_set=name))
    return html.Label([html.Span(label), box])


def told(found: Around | None, words: Words) -> list[Child]:
    """Return the surroundings in words, or what to press."""
    if found is None:
        return [empty(words["map.ask_spot"])]
    at_risk = [kind for kind in found.kinds if kind.at_risk]
    people = sum(kind.people for kind in at_risk)
    head = [
        html.P(html.B(found.label), className="city-where"),
        html.P(words["map.people"].format(n=f"{people:,}", places=sum(k.total for k in at_risk)))
        if at_risk else html.P(words["map.no_people"]),
        _tickets(found, words),
    ]  # fmt: skip
    kinds: Child = [_kind(kind, words) for kind in found.kinds] or empty(
        words["map.nothing_inside"]
    )
    return [
        html.Div(head, className="city-head"),
        panel(words["map.inside"], kinds, css="roomy"),
        panel(words["map.soonest"], _drives(found, words), css="roomy"),
    ]


def _tickets(found: Around, words: Words) -> Child:
    if not found.tickets:
        return html.P(words["map.no_tickets"], className="muted")
    number = f"{found.tickets:,}{'+' if found.more else ''}"
    address = f"/tickets?desk=all&result=open&around={around(found.asked)}"
    return html.P(
        link(words["map.tickets_inside"].format(n=number), address, id="city-tickets-inside")
    )


def _kind(kind: Kind, words: Words) -> Child:
    people = ""
    if kind.known:
        people = words["map.kind_people"].format(n=f"{kind.people:,}")
        if kind.known < kind.total:
            people += words["map.kind_unknown"].format(n=kind.total - kind.known)
    head = [
        html.B(words[f"place.{kind.kind}"]),
        html.Span(words["map.places"].format(n=kind.total), className="num"),
        html.Span(people, className="muted"),
        status("warn", words["map.protect"]) if kind.at_risk else None,
    ]
    rows: list[Child] = [
        html.Li([
            html.Span(hit.name),
            html.Span(words["map.hit_people"].format(n=f"{hit.people:,}") if hit.people >= 0 else "", className="num"),
            html.Span(km(hit.metres, words), className="muted num"),
        ])
        for hit in kind.places[:SHOWN]
    ]  # fmt: skip
    if kind.total > SHOWN:
        rows.append(html.Li(words["map.left"].format(n=kind.total - SHOWN), className="muted"))
    return html.Details([html.Summary(head), html.Ul(rows)], className="city-kind")


def _drives(found: Around, words: Words) -> list[Child]:
    if found.drives is None:
        return [html.Div(status("warn", words["map.spot_off"]), className="line")]
    parts: list[Child] = []
    for kind, outbound in DRIVES:
        reached, cannot = found.drives[kind]
        way = "map.drive_to" if outbound else "map.drive_from"
        rows: list[Child] = [
            html.Li(
                [html.Span(drive.name), html.Span(lasts(drive.seconds, words), className="num")]
            )
            for drive in reached
        ]
        rows += [
            html.Li([html.Span(drive.name), status("bad", words[f"map.drive.{drive.why}"])])
            for drive in cannot[:SHOWN]
        ]
        if len(cannot) > SHOWN:
            rows.append(html.Li(words["map.left"].format(n=len(cannot) - SHOWN), className="muted"))
        body: Child = html.Ol(rows) if rows else empty(words["map.no_such"])
        parts.append(html.Div([html.H3(words[way].format(kind=words[f"place.{kind}"])), body],
                              className="city-drive"))  # fmt: skip
    return parts


def wrong(error: BadInput, words: Words) -> Child:
    """Return what cannot be."""
    key = f"map.why.{error.facts.get('why', error.facts.get('field', ''))}"
    return html.P(words.get(key, words["error.bad_input"]), className="city-none", role="alert")
