"""Choosing a place: suggestions below an address, a small map to press on, and what a place says of itself."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views.kit import Child, Words, aria, data, link, panel, status
from dashboard.views.maps import Base, city_map, pin
from gis_data.gazetteer.reverse import Whereabouts
from gis_data.gazetteer.search import Found
from models.rules.places import AREA, TRUE, located

if TYPE_CHECKING:
    from models.tables import Ticket

Id = str | dict[str, str]
MAP = "place-map"
SPAN = 0.004
"""Degrees around a point that a small map shows at first."""
NEARBY_MOST = 1000
"""Neighbours counted one by one."""
BESIDE_M = 15.0
"""What is nearer than this is where the point is, not near it."""
_ZOOMS = {"district": 12, "street": 14, "road": 15}


class Here(NamedTuple):
    """A point (WGS-84), how exactly it is meant, and what is there."""

    lon: float
    lat: float
    precision: str
    at: Whereabouts


def said(here: Here, words: Words) -> str:
    """Return a place in words: district, street, what is near, how exact."""
    at, exact = here.at, here.precision in TRUE
    near = at.near if exact else ""
    if near and at.metres >= BESIDE_M:
        near = words["place.near"].format(name=near, m=round(at.metres))
    street = at.street_name if here.precision != "district" else ""
    how = words[f"precision.{here.precision}"] if here.precision else ""
    return " · ".join(filter(None, (at.district_name, street, near, how)))


def zoom(precision: str) -> int:
    """Return how near a map goes to a place of that precision."""
    return _ZOOMS.get(precision, 16)


def suggestion(found: Found, at: Whereabouts, base: Base, *, sure: bool, words: Words) -> dict[str, Any]:  # fmt: skip
    """Return a candidate as the browser lists it: texts ready, the point as forms and as maps have it."""
    here = Here(found.lon, found.lat, found.precision, at)
    area = "" if found.precision in AREA else f"{at.district_name}{at.street_name}"
    note = " · ".join(filter(None, (found.note, area)))
    return {
        "text": found.text, "note": note, "how": words[f"precision.{found.precision}"],
        "near": words["place.number_near"] if found.number == "near" else "",
        "district": at.district, "sure": sure, "area": found.precision in AREA, **point(here, base, words),
    }  # fmt: skip


def point(here: Here, base: Base, words: Words) -> dict[str, Any]:
    """Return a place as the browser marks it: for the form, for the map (which may be shifted), in words."""
    ((lon, lat),) = base.shown([(here.lon, here.lat)]).tolist()
    return {
        "point": f"{here.lon:.6f}, {here.lat:.6f}", "precision": here.precision,
        "at": [lat, lon], "zoom": zoom(here.precision), "said": said(here, words),
    }  # fmt: skip


# --- the parts of a form ------------------------------------------------------------------------


def box(address: Child) -> html.Div:
    """Return an address's field with the list that drops down from it."""
    listed = html.Ul(id="place-list", role="listbox", hidden=True, className="place-list")
    return html.Div([address, listed], className="suggest")


def where(here: Here | None, words: Words) -> html.Span:
    """Return the line that says where the form's point is."""
    text = said(here, words) if here else ""
    return html.Span(text, id="place-where", className="place-where", role="status")


def clear(words: Words) -> html.Button:
    """Return the button that takes the point away."""
    return html.Button(
        "×", type="button", className="quiet place-clear", title=words["place.clear"],
        **data(place_clear=""), **aria(label=words["place.clear"]),
    )  # fmt: skip


def fields(names: Mapping[str, Id], **facts: str) -> dict[str, Any]:
    """Return the attributes of a form's root by which the script finds its fields.

    names : address, point, precision and perhaps district -> id of the field; facts : `fast` where the list is
    open from the start and Enter places, with `bench` (which ticket) and `about` (what the map shows at first).
    """
    return data(picker=json.dumps(names), **facts)


def small_map(base: Base | None, here: Here | None, words: Words, *, css: str = "") -> Child:
    """Return the map of a place, of the whole city while none is known; a sentence where there is no city."""
    if base is None:
        return html.P(words["place.no_city"], className="empty")
    around: Sequence[float] = ()
    mark: Sequence[float] | None = None
    if here is not None:
        far = SPAN * 2 ** (16 - zoom(here.precision))
        around = (here.lon - far, here.lat - far, here.lon + far, here.lat + far)
        ((lon, lat),) = base.shown([(here.lon, here.lat)]).tolist()
        mark = [lat, lon]
    seen = city_map(base, MAP, [pin(MAP, mark)], bounds=around)
    return html.Div(seen, className=f"place-canvas {css}".strip(), title=words["place.press"])


def map_panel(base: Base | None, here: Here | None, words: Words) -> Child:
    """Return the panel of the small map beside a form."""
    note = html.Span(words["place.press"]) if base else None
    offered = html.Div(id="place-offer", className="place-offer", hidden=True)
    seen = small_map(base, here, words)
    return panel(words["place.heading"], [seen, offered], css="place-panel", note=note)


# --- a ticket's place ---------------------------------------------------------------------------


def of_ticket(
    row: "Ticket", base: Base | None, here: Here | None, words: Words, *, nearby: tuple[int, str]
) -> Child:
    """Return where a ticket is: map, precision and source in words, what lies there, its neighbours' number."""
    how = located(row.precision)
    level = {"yes": "ok", "no": "off"}.get(how, "warn")
    lines: list[Child] = [html.Div(status(level, words[f"located.{how}"]))]
    if here is not None:
        lines.append(html.Div(said(here, words)))
        source = words[f"point_source.{row.point_source or 'entered'}"]
        lines.append(html.Div(words["place.source"].format(how=source), className="muted"))
        if row.grid:
            lines.append(html.Div(words["place.grid"].format(code=row.grid), className="muted"))
    number, address = nearby
    if how == "yes":
        most = f"{NEARBY_MOST:,}+"
        text = words["place.nearby"].format(n=most if number > NEARBY_MOST else f"{number:,}")
        lines.append(html.Div(link(text, address) if number else text))
    body = html.Div([small_map(base, here, words), html.Div(lines, className="place-lines")])
    return panel(words["place.heading"], html.Div(body, className="place-of"), css="roomy")


def move(row: "Ticket", words: Words) -> Child:
    """Return the form that places a ticket; the map beside it is the page's."""
    names: dict[str, Id] = {
        name: {"ticket-field": name, "verb": "place"} for name in ("address", "point", "precision")
    }
    known = located(row.precision) == "yes"  # the middle of an area is nothing to begin from
    spot = f"{row.lon:.6f}, {row.lat:.6f}" if known else ""

    def text(name: str, value: str, **more: Any) -> dcc.Input:  # noqa: ANN401 - dcc.Input's own options
        number: dict[str, str] = {"ticket-field": name, "verb": "place"}
        return dcc.Input(id=number, value=value, **{"type": "text", **more})

    def line(name: str, control: Child, *more: Child) -> html.Div:
        return html.Div([html.Label(words[f"field.{name}"]), control, *more], className="field")

    form = [
        line("address", box(text("address", row.address, maxLength=200, autoComplete="off"))),
        line("point", text("point", spot, maxLength=40, placeholder=words["intake.point_help"]), where(None, words)),
        line("note", text("note", "", maxLength=200)),
        text("precision", row.precision if known else "", type="hidden"),
        text("version", str(row.version), type="hidden"),
        html.P(words["place.how"], className="muted"),
        html.Button(
            words["verb.place"], id={"ticket-do": "place", "ticket": row.id},
            className="button primary", type="button",
        ),
    ]  # fmt: skip
    return html.Details(
        [html.Summary(words["verb.place"]), html.Div(form, className="form", **fields(names))],
        className="move",
    )  # fmt: skip


def told(event: Mapping[str, Any], words: Words) -> Child:
    """Return what a line of the history says of a place: where, how exactly, and what stood there before."""
    how = words[f"precision.{event['precision']}"]
    spot = f"{event['lon']:.6f}, {event['lat']:.6f}"
    parts: list[Child] = [" · ".join(filter(None, (event["address"], how, spot)))]
    if event["was"]:
        parts += [html.Br(), html.Span(words["place.was"].format(text=event["was"]), className="muted")]  # fmt: skip
    return html.P(parts)
