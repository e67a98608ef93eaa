"""The pane 研判: what lies round an incident, what there is to see and help with, what the bureaus say there now."""

import json
from collections.abc import Callable, Sequence

from dash import html

from command.dossier import REACH_M, Dossier, Means
from command.forces import UnitLine
from dashboard.views.command_layers import distance, room, stock
from dashboard.views.command_panes import Seen
from dashboard.views.kit import Child, Words, data, empty, link, press, status
from dashboard.views.maps import Base
from gis_data.surroundings import Kind
from models.rules.incident.state import Incident
from models.tables import Camera

SHOWN = 4
LEVELS = {"": "ok", "notice": "warn", "warning": "warn", "severe": "bad"}
LOOK = "command-look"
"""The store that hears what is to be looked at: a spot of the map, or cameras."""
Address = Callable[[str, str], str]
"""Where the film of a bureau's camera is had."""


def pane(
    i: Incident, found: Dossier | None, base: Base, address: Address, seen: Seen, words: Words
) -> Child:
    """Return the dossier; a sentence where the incident has no place in the city. A press on a name goes there."""
    if found is None:
        key = "command.no_place" if i.place.lon is None else "command.outside"
        return [empty(words[key]), html.P(words["command.place_help"], className="muted")]
    spot = f"{i.place.lon},{i.place.lat}"
    near = f"/tickets?desk=all&around={spot},{REACH_M:.0f}&result=open"
    premises = found.premises
    people = words["command.people"].format(n=f"{found.people:,}", unknown=found.unknown)
    tickets = (
        link(words["command.count"].format(n=found.tickets), near) if found.tickets >= 0 else "—"
    )
    facts: list[tuple[str, Child]] = [
        ("command.premises", [
            _go(premises.name, (premises.lon, premises.lat), base), f" {premises.metres:.0f} m",
        ] if premises else "—"),
        ("command.at_risk", people),
        ("command.near_tickets", tickets),
        ("command.in_force", _plans(i, words)),
    ]  # fmt: skip
    return [
        html.P(words["command.within"].format(m=f"{REACH_M:.0f}"), className="muted"),
        html.Dl([part for key, said in facts for part in (html.Dt(words[key]), html.Dd(said))], className="facts"),
        html.Ul([_kind(kind, base, words) for kind in found.kinds], className="plain kinds"),
        *_means(found.means, base, address, words),
        html.H3(words["command.bureaus"]),
        _readings(found, seen, words),
        link(words["command.on_map"], f"/map?at={spot}&r={REACH_M:.0f}", className="muted"),
    ]  # fmt: skip


def _plans(i: Incident, words: Words) -> str:
    """Return the plans in force, which are frozen in the incident."""
    running = [
        f"《{plan.title}》{words['grade.' + (plan.level or 'none')]}" for plan in i.plans.values()
    ]
    return "、".join(running) or words["command.no_plan"]


def _go(name: str, lonlat: tuple[float, float], base: Base) -> Child:
    """Return a name that shows its place on the map beside."""
    ((lon, lat),) = base.shown([lonlat]).round(6).tolist()
    return press(name, LOOK, "go", spot=f"{lat},{lon}")


def _kind(kind: Kind, base: Base, words: Words) -> Child:
    hits = kind.places[:SHOWN]
    names = [
        part for hit in hits
        for part in (_go(hit.name, (hit.lon, hit.lat), base), f" {hit.metres:.0f} m ")
    ]  # fmt: skip
    head = f"{words.get(f'place.{kind.kind}', kind.kind)} {kind.total}"
    if kind.people:
        head += " · " + words["command.people_n"].format(n=f"{kind.people:,}")
    return html.Li([html.B(head), html.Small(names)], className="risk" if kind.at_risk else "")


# --- what there is to see and help with -----------------------------------------------------


def _means(means: Means, base: Base, address: Address, words: Words) -> list[Child]:
    units = [
        _line(far, each.row.label, (each.lon, each.lat), _standing(each, words), base)
        for far, each in means.units
    ]
    depots = [
        _line(far, row.label, (row.lon, row.lat), _stocks(means, row.code, words), base)
        for far, row in means.depots
    ]
    shelters = [
        _line(far, row.label, (row.lon, row.lat), room(row, words), base)
        for far, row in means.shelters
    ]
    return [
        html.H3(words["command.cameras"]), *_cameras(means.cameras, base, address, words),
        html.H3(words["command.near_units"]), _listed(units, words),
        html.H3(words["command.near_depots"]), _listed(depots, words),
        html.H3(words["command.near_shelters"]), _listed(shelters, words),
    ]  # fmt: skip


def _stocks(means: Means, depot: str, words: Words) -> str:
    return "、".join(stock(each, words) for each in means.stocks.get(depot, ()))


def _standing(each: UnitLine, words: Words) -> str:
    if each.bound is not None:
        return words[f"progress.{each.bound.progress}"]
    return words[f"unit_state.{each.row.state}"]


def _line(far: float, name: str, at: tuple[float, float], said: str, base: Base) -> Child:
    return html.Li([_go(name, at, base), html.Small(f" {distance(far)} · {said}".rstrip(" ·"))])


def _listed(rows: list[Child], words: Words) -> Child:
    return html.Ul(rows, className="plain means") if rows else empty(words["command.none_near"])


def _cameras(
    found: Sequence[tuple[float, Camera]], base: Base, address: Address, words: Words
) -> list[Child]:
    """Return the nearest cameras, each to be played, and all of them side by side."""
    if not found:
        return [empty(words["command.no_cameras"])]
    eyes = [{"label": row.label, "url": address(row.bureau, row.key)} for _, row in found]
    rows: list[Child] = [
        html.Li([
            _go(row.label, (row.lon, row.lat), base),
            html.Small(f" {words[f'bureau.{row.bureau}']} · {distance(far)} "),
            _play(words["command.play"], [eye], "small"),
        ])
        for (far, row), eye in zip(found, eyes, strict=True)
    ]  # fmt: skip
    every = _play(words["command.play_all"].format(n=len(found)), eyes, "small primary")
    return [html.Ul(rows, className="plain means"), *([every] if len(found) > 1 else [])]


def _play(text: str, eyes: list[dict[str, str]], css: str) -> Child:
    return press(text, LOOK, css, cameras=json.dumps(eyes, ensure_ascii=False))


def _readings(found: Dossier, seen: Seen, words: Words) -> Child:
    if not found.readings:
        return empty(words["command.no_readings"])
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(words[f"bureau.{row.bureau}"], className="chip"), f" {row.label} ",
                    html.B(f"{row.value:g} {row.unit}") if row.value is not None else None,
                    status(LEVELS.get(row.level, "off"), words[f"map.level.{row.level}"]) if row.level else None,
                    html.Small(f" {far / 1000:.1f} km "), html.Span(**data(ago=row.at.timestamp()), className="age"),
                ],
                className="stale" if row.until.timestamp() < seen.now else "",
            )
            for far, row in found.readings
        ],
        className="plain",
    )  # fmt: skip
