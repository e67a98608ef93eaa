"""What a new draft begins with: the incident's own words, its plans' templates, and areas from the map."""

from collections.abc import Iterable

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.alert_policy import city_of, policy
from command.moving import read
from gis_data.city.bundle import City
from gis_data.coordinates import metric_crs_at
from gis_data.surroundings import buffer, plume
from models.errors import BadInput
from models.events.incident.plotting import Drawing, Effect
from models.rules import cap
from models.rules.cap.areas import rings
from models.rules.cap.draft import Draft, Words
from models.rules.cap.message import Area, MsgType, Ring
from models.rules.incident.state import Incident, Picture
from models.tables import IncidentType
from tickets.moving import Actor

DISTRICTS = "GB/T 2260"
RADII_M = (300, 500, 1000, 3000)
"""Round the place of an incident, where nothing is drawn yet."""
NEAR_M = 500
"""Round the place of an incident whose warning nobody drew an area for."""
NAMES: dict[Effect, str] = {
    "buffer": "影响范围", "plume": "扩散范围", "closes": "封控区域", "": "划定区域",
}  # fmt: skip
"""What a drawing without words of its own is called in the message."""


def suggested(
    session: Session, incident_id: int, *, areas: tuple[Area, ...] = (), msg_type: MsgType = "Alert", actor: Actor
) -> Draft:  # fmt: skip
    """Return the draft an incident suggests now; Refused without command.view, NotFound outside the actor's scope."""
    state = read(session, incident_id, actor=actor)
    return of_state(session, state, areas=areas, msg_type=msg_type)


def of_state(
    session: Session, state: Incident, *, areas: tuple[Area, ...] | None = None, msg_type: MsgType = "Alert"
) -> Draft:  # fmt: skip
    """Return the draft an incident suggests; areas : None is what lies `NEAR_M` round its place, if it has one."""
    if areas is None:
        placed = state.place.lon is not None
        areas = areas_of([f"around:{NEAR_M}"] if placed else (), picture=Picture(state), city=None)
    known = session.execute(
        select(IncidentType.label, IncidentType.category, IncidentType.event).where(
            IncidentType.code == state.type
        )
    ).first()
    label, category, event = known or (state.title, "", "")
    given = policy(session)
    return cap.drafted(
        state, label=label, category=category, event=event, city=city_of(session), areas=areas,
        templates=_templates(state), msg_type=msg_type, contact=given.contact, web=given.web,
    )  # fmt: skip


def blank(session: Session) -> Draft:
    """Return the draft of a warning that belongs to no incident."""
    given = policy(session)
    return Draft(chinese=Words(), contact=given.contact, web=given.web)


def drawn_areas(picture: Picture | None) -> dict[str, Drawing]:
    """Return the drawings that outline an area, by id; those that do something first."""
    bodies = {key: drawn.body for key, drawn in (picture.drawings if picture else {}).items()}
    held = {
        key: body
        for key, body in bodies.items()
        if body and body.shape in ("area", "circle", "sector")
    }
    return dict(sorted(held.items(), key=lambda each: (not each[1].effect, each[0])))


def areas_of(
    codes: Iterable[str], *, picture: Picture | None, city: City | None
) -> tuple[Area, ...]:
    """Return the areas somebody chose: `drawing:ID`, `district:CODE`, `around:METRES`.

    BadInput (field `areas`) for one that is not there, or outlines nothing.
    """
    return tuple(_area(code, picture, city) for code in dict.fromkeys(codes))


def _area(code: str, picture: Picture | None, city: City | None) -> Area:
    kind, _, key = code.partition(":")
    if kind == "drawing" and (body := drawn_areas(picture).get(key)):
        return _drawn(code, body, picture.incident if picture else None)
    if kind == "district" and city is not None:
        return _district(code, key, city)
    place = picture.incident.place if picture else None
    if (
        kind == "around"
        and place
        and place.lon is not None
        and place.lat is not None
        and key.isdecimal()
    ):
        name = f"{place.address or '事发地'}周边 {int(key)} 米"
        return Area(name, polygons=_round(place.lon, place.lat, int(key)), source=code)
    raise BadInput(f"no area {code}", field="areas")


def _drawn(code: str, body: Drawing, incident: Incident | None) -> Area:
    where = incident.place.address if incident else ""
    name = body.text.strip() or f"{where}{NAMES[body.effect]}"
    if body.shape == "circle":
        lon, lat = body.points[0]
        return Area(name, polygons=_round(lon, lat, body.metres), source=code)
    if body.shape == "sector":
        lon, lat = body.points[0]
        # a plume lies the other way than its wind comes from
        shape: shapely.Geometry = plume(
            lon, lat, wind_from=body.bearing + 180.0, spread=body.spread, length=body.metres,
            crs=metric_crs_at(lon, lat),
        )  # fmt: skip
    elif len(body.points) < 3:
        raise BadInput(f"{code} outlines nothing", field="areas")
    else:
        shape = shapely.Polygon(body.points)
    outlines = rings(shape)
    if not outlines:
        raise BadInput(f"{code} outlines nothing", field="areas")
    return Area(name, polygons=outlines, source=code)


def _round(lon: float, lat: float, metres: float) -> tuple[Ring, ...]:
    return rings(buffer(shapely.Point(lon, lat), metres, crs=metric_crs_at(lon, lat)))


def _district(code: str, adcode: str, city: City) -> Area:
    found = city.districts[city.districts["adcode"] == adcode]
    if not len(found):
        raise BadInput(f"no district {adcode}", field="areas")
    outlines = rings(shapely.union_all(found.geometry.to_numpy()))
    geocode = ((DISTRICTS, adcode),)
    return Area(str(found["name"].iloc[0]), polygons=outlines, geocodes=geocode, source=code)


def _templates(state: Incident) -> dict[str, str]:
    """Return the texts of the plans that run, those of the one started last before the others."""
    found: dict[str, str] = {}
    for plan in sorted(state.plans.values(), key=lambda plan: plan.at):
        found |= plan.templates
    return found
