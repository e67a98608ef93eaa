"""The city's state: the latest of each point, told twice once, stale said, what cannot be refused with the reason."""

from pathlib import Path
from typing import Any

import pytest
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis_data import state, telling
from gis_data.coordinates import from_wgs84
from gis_data.state import Reading, Told
from models.errors import BadInput, Refused
from models.events import place
from models.tables import Outbox
from tickets.moving import Actor

HERE = Actor(5, "值班长", frozenset({state.PERMISSION}))
PM25 = Reading("s1", "望江监测站 PM2.5", 114.3, 33.6, 35.0, "μg/m³", "", AT - 60, AT + 3540)


def tell(session: Session, *readings: Reading, now: float = AT, **more: Any) -> Told:
    return state.tell(
        session, readings, **{"bureau": "environment", "actor": HERE, "now": now, **more}
    )


def test_it_works(session: Session) -> None:
    assert tell(session, PM25) == Told(1, 0, {})
    assert tell(session, PM25) == Told(0, 1, {})
    later = PM25._replace(value=80.0, level="warning", at=AT, until=AT + 3600)
    assert tell(session, later).kept == 1
    assert tell(session, PM25).older == 1
    row, *others = state.current(session, now=AT)
    assert not others
    assert (row.value, row.level, row.unit) == (80.0, "warning", "μg/m³")
    events = [
        place.from_row(told.event)
        for told in session.scalars(select(Outbox).where(Outbox.stream.like("places:%")))
    ]
    assert [(e.bureau, e.points) for e in events if isinstance(e, place.StateTold)] == [
        ("environment", 1), ("environment", 1),
    ]  # fmt: skip


def test_what_is_stale_stays_a_day(session: Session) -> None:
    tell(session, PM25)
    (row,) = state.current(session, now=AT + 80_000)
    assert row.until.timestamp() < AT + 80_000
    assert not state.current(session, now=AT + 100_000)


def test_coordinates_of_other_maps_are_brought_home(session: Session) -> None:
    lon, lat = (float(each) for each in from_wgs84(114.3, 33.6, "gcj02"))
    tell(session, PM25._replace(lon=lon, lat=lat), datum="gcj02")
    (row,) = state.current(session, now=AT)
    assert (row.lon, row.lat) == pytest.approx((114.3, 33.6), abs=1e-7)


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("no_label", {"label": " "}),
        ("too_long", {"label": "长" * 201}),
        ("not_a_number", {"value": float("nan")}),
        ("swapped", {"lon": 33.6, "lat": 114.3}),
        ("outside", {"lon": 0.0, "lat": 0.0}),
        ("level", {"level": "red"}),
        ("time", {"at": AT + 600}),
        ("time", {"until": AT - 60}),
    ],
)
def test_what_cannot_be_is_refused(session: Session, why: str, more: dict[str, Any]) -> None:
    good = PM25._replace(key="s2")
    assert tell(session, PM25._replace(**more), good) == Told(1, 0, {"s1": why})


def test_who_may_and_who_tells(session: Session) -> None:
    with pytest.raises(Refused):
        tell(session, PM25, actor=Actor(6, "谁", frozenset({"ticket.view"})))
    with pytest.raises(BadInput):
        tell(session, PM25, bureau="astrology")
    assert tell(session, PM25, PM25).refused == {"s1": "twice"}


def test_a_file_of_a_bureau(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "state.csv"
    file.write_text(
        "\ufeffkey,label,lon,lat,value,unit,level,at,until\n"
        "w1,水位,114.3,33.6,3.2,m,notice,,\nw2,水位,0,0,1,m,,,\n", encoding="utf-8",
    )  # fmt: skip
    said = telling.tell_state(session, file, bureau="weather", datum="", minutes=10, now=AT)
    assert said == ["1 points, 0 known already, 1 refused", "  w2: outside"]
    (row,) = state.current(session, now=AT)
    assert (row.key, row.until.timestamp()) == ("w1", AT + 600)
    for text, line in (("key,label\n", "lon"), ("key,label,lon,lat\na,b,x,1\n", "line 2")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=line):
            telling.tell_state(session, file, bureau="weather", datum="", minutes=10, now=AT)
