"""The dossier of an incident: the nearest of what helps, as the asker may see it, on the page and on the map."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
import shapely
from factories import AT
from forces import COORD, HERE, LOOKS, SCENE, make_force, make_incident, town
from road_maps import lonlat
from small_city import frame
from sqlalchemy.orm import Session

from command import dossier, moving, sites, supplies
from command.dossier import Dossier
from command.sites import DepotForm, ShelterForm
from dashboard import cameras
from dashboard.texts import LANGUAGES
from dashboard.views import command_dossier, command_layers
from dashboard.views.command_panes import Seen
from dashboard.views.maps import Base, Look
from gis_data.city.bundle import City
from models.clock import to_datetime
from models.store.db import tenant_of
from models.tables import Camera
from tickets.moving import Actor

WORDS = LANGUAGES["zh"]
CRS = "+proj=tmerc +lat_0=33.6 +lon_0=114.3 +ellps=WGS84 +units=m"


def city() -> City:
    """Return a city with a school, a petrol station and a shelter near the scene, and a school far off."""
    spots = [(1900.0, 120.0), (1900.0, 60.0), (2000.0, 0.0), (9000.0, 0.0)]
    places = frame(
        [shapely.Point(lonlat(*spot)) for spot in spots],
        id=["p1", "p2", "p3", "p4"], name=["第一小学", "加油站", "广场", "远处小学"],
        kind=["school", "hazard", "shelter", "school"], people=[800, -1, -1, 10],
    )  # fmt: skip
    lon, lat = SCENE
    manifest = SimpleNamespace(bbox=(lon - 1, lat - 1, lon + 1, lat + 1), metric_crs=CRS)
    return cast("City", SimpleNamespace(manifest=manifest, places=places))


@pytest.fixture
def incident(session: Session) -> int:
    """Report an incident in a town with units, depots, shelters and cameras at growing distances."""
    town(session)
    for number in range(6):
        lon, lat = lonlat(1900 - 100 * (number + 1), 0)
        make_force(session, f"F{number}", 1900 - 100 * (number + 1))
        form = DepotForm(f"{number}号库", lon, lat, "2" if number == 0 else "")
        sites.add_depot(session, f"D{number}", form, actor=COORD, now=AT)
        shelter = ShelterForm(f"{number}号避难所", lon, lat, 100 + number)
        sites.add_shelter(session, f"S{number}", shelter, actor=COORD, now=AT)
        session.add(Camera(
            tenant_id=tenant_of(session), bureau="traffic", key=f"{number}", label=f"{number}号监控",
            lon=lon, lat=lonlat(0, 900 * number)[1], url="http://127.0.0.1:9/a.m3u8", at=to_datetime(AT),
        ))  # fmt: skip
    supplies.add(session, "D1", "bag", label="沙袋", measure="只", floor=50, actor=COORD, now=AT)
    supplies.stock_in(session, "D1", "bag", 30, note="入库", actor=COORD, now=AT)
    sites.set_depot(session, "D2", active=False, actor=COORD, now=AT)
    session.flush()
    return make_incident(session)


def found(session: Session, incident: int, actor: Actor = LOOKS) -> Dossier:
    state = moving.read(session, incident, actor=actor)
    drawn = dossier.dossier(session, state, city(), actor=actor, now=AT)
    assert drawn is not None
    return drawn


def names(rows: Any) -> list[str]:
    return [getattr(row, "label", "") or row.row.label for _, row in rows]


def test_the_nearest_of_each_are_named_with_their_metres(session: Session, incident: int) -> None:
    means = found(session, incident).means
    assert names(means.units) == ["F0中队", "F1中队", "F2中队", "F3中队"]
    assert [round(far) for far, _ in means.units] == pytest.approx([100, 200, 300, 400], rel=0.01)
    assert names(means.depots) == ["0号库", "1号库", "3号库", "4号库"], "one out of use is no help"
    assert [row.amount for row in means.stocks["D1"]] == [30]
    assert names(means.shelters) == ["0号避难所", "1号避难所", "2号避难所", "3号避难所"]
    assert names(means.cameras) == ["0号监控", "1号监控", "2号监控", "3号监控"]


def test_depots_of_another_district_are_not_shown(session: Session, incident: int) -> None:
    assert names(found(session, incident, HERE).means.depots)[0] == "1号库"


def text_of(part: Any) -> str:
    return json.dumps(part, default=lambda each: each.to_plotly_json(), ensure_ascii=False)


BASE = Base(cast("Any", None), "1", Look("desk", False))


def test_every_name_leads_to_its_place_and_the_nearest_cameras_play_together(
    session: Session, incident: int
) -> None:
    state = moving.read(session, incident, actor=LOOKS)
    seen = Seen(LOOKS.can, "Asia/Shanghai", {}, {}, {}, AT)
    drawn = command_dossier.pane(
        state, found(session, incident), BASE, cameras.address, seen, WORDS
    )
    said = text_of(drawn)
    presses: list[dict[str, Any]] = []
    json.loads(said, object_hook=lambda each: presses.append(each) or each)  # type: ignore[func-returns-value]
    told = [
        json.loads(each["data-press"])
        for each in presses
        if each.get("data-to") == command_dossier.LOOK
    ]
    lon, lat = lonlat(1900, 120)
    assert {"spot": f"{round(lat, 6)},{round(lon, 6)}"} in told, "the school"
    played = [json.loads(each["cameras"]) for each in told if "cameras" in each]
    assert [len(each) for each in played] == [1, 1, 1, 1, 4]
    assert played[-1][0] == {"label": "0号监控", "url": cameras.address("traffic", "0")}
    assert "沙袋 30 只（低于下限）" in said and "一并调看 4 路" in said
    assert WORDS["command.no_plan"] in said


def test_what_is_plotted_says_its_name_and_is_drawn_once(session: Session, incident: int) -> None:
    state = moving.read(session, incident, actor=LOOKS)
    drawn = dossier.plotted(session, state, city(), actor=LOOKS, now=AT)
    assert drawn is not None
    kinds, means = drawn
    marks = command_layers.plotted(kinds, means, WORDS)
    assert [(mark.layer, mark.say[0]) for mark in marks] == [
        ("hazard", "加油站"), ("school", "第一小学"), ("shelter", "0号避难所"), ("shelter", "1号避难所"),
        ("shelter", "2号避难所"), ("shelter", "3号避难所"),
    ]  # fmt: skip
    bare = command_layers.plotted(kinds, means._replace(shelters=()), WORDS)
    assert ("shelter", "广场") in [(mark.layer, mark.say[0]) for mark in bare]
    store = sites.depots(session, actor=LOOKS)[1]
    (mark,) = command_layers.depots([store], means.stocks, WORDS)
    assert list(mark.say) == ["1号库", "沙袋 30 只（低于下限）"]


def test_an_incident_without_a_place_has_nothing_round_it(session: Session) -> None:
    town(session)
    state = moving.read(session, make_incident(session, None), actor=LOOKS)
    assert dossier.plotted(session, state, city(), actor=LOOKS, now=AT) is None
