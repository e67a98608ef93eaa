"""Versions of the city: kept, switched, rolled back; a process opens each once."""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gis_data.actor import System
from gis_data.city import bundle, present, versions
from gis_data.city.layers import empty
from gis_data.city.manifest import SHIPPED, About
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store import db
from models.store.files import Files
from models.tables import Audit
from models.tables.place import City

AT = 1_800_000_000.0
ADMIN = System(versions.SYSTEM.can, 7, "user:7")


@pytest.fixture
def store(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two small bundles that differ in a name."""
    made = []
    for name in ("甲", "乙"):
        nodes = empty("nodes")
        nodes.loc[0] = {"id": name, "geometry": shapely.Point(114.3, 33.6)}
        about = About(id="t", name=name, adcode="990100", metric_crs="EPSG:32650")
        bundle.write(tmp_path / f"{name}.zip", about, {"nodes": nodes.set_crs(4326)})
        made.append(tmp_path / f"{name}.zip")
    return made[0], made[1]


def keep(session: Session, store: Files, path: Path) -> City:
    return versions.add(session, store, path, report={"read": 1}, actor=ADMIN, now=AT)


def test_it_works(session: Session, store: Files, two: tuple[Path, Path]) -> None:
    first, second = (keep(session, store, path) for path in two)
    assert versions.active(session) is None
    versions.activate(session, first.id, was=None, actor=ADMIN, now=AT)
    versions.activate(session, second.id, was=first.id, actor=ADMIN, now=AT + 1)
    city = present.present(session, store)
    assert city is not None
    assert city.manifest.name == "乙"
    versions.roll_back(session, was=second.id, actor=ADMIN, now=AT + 2)
    assert [row.name for row in versions.versions(session) if row.active] == ["甲"]
    said = session.scalars(select(Audit.verb).order_by(Audit.id)).all()
    assert said == ["city_added"] * 2 + ["city_activated"] * 3


def test_the_same_bundle_is_one_version(
    session: Session, store: Files, two: tuple[Path, Path]
) -> None:
    assert keep(session, store, two[0]).id == keep(session, store, two[0]).id


def test_a_version_is_opened_once(session: Session, store: Files, two: tuple[Path, Path]) -> None:
    row = keep(session, store, two[0])
    tenant = db.tenant_of(session)
    city = present.open_city(store, tenant, row.sha256)
    assert present.open_city(store, tenant, row.sha256) is city
    assert city.nodes is city.nodes


def test_who_saw_an_older_city_does_not_switch(
    session: Session, store: Files, two: tuple[Path, Path]
) -> None:
    first, second = (keep(session, store, path) for path in two)
    versions.activate(session, first.id, was=None, actor=ADMIN, now=AT)
    with pytest.raises(WrongStatus):
        versions.activate(session, second.id, was=None, actor=ADMIN, now=AT)
    with pytest.raises(WrongStatus):
        versions.activate(session, first.id, was=first.id, actor=ADMIN, now=AT)
    with pytest.raises(WrongStatus):
        versions.activate(session, first.id, was=second.id, actor=ADMIN, now=AT)
    row = versions.active(session)
    assert row is not None
    assert row.id == first.id


def test_of_two_who_switch_at_once_one_does(
    engine: Engine, tenant: Any, store: Files, two: tuple[Path, Path]
) -> None:
    with db.transaction(engine, tenant.id) as opened:
        ids = [keep(opened, store, path).id for path in two]
    start, refused = Barrier(2), []

    def switch(city_id: int) -> None:
        start.wait()
        try:
            with db.transaction(engine, tenant.id) as mine:
                versions.activate(mine, city_id, was=None, actor=ADMIN, now=AT)
        except WrongStatus:
            refused.append(city_id)

    hands = [Thread(target=switch, args=(city_id,)) for city_id in ids]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    with db.transaction(engine, tenant.id) as opened:
        active = [row.id for row in versions.versions(opened) if row.active]
    assert sorted([*active, *refused]) == ids


def test_refusals(session: Session, store: Files, two: tuple[Path, Path], tmp_path: Path) -> None:
    nobody = System(frozenset(), 8, "user:8")
    with pytest.raises(Refused):
        versions.add(session, store, two[0], report={}, actor=nobody, now=AT)
    row = keep(session, store, two[0])
    with pytest.raises(Refused):
        versions.activate(session, row.id, was=None, actor=nobody, now=AT)
    with pytest.raises(NotFound):
        versions.activate(session, row.id + 1_000_000, was=None, actor=ADMIN, now=AT)
    with pytest.raises(NotFound):
        versions.roll_back(session, was=row.id, actor=ADMIN, now=AT)
    other = tmp_path / "other.zip"
    other.write_bytes(b"PK no zip")
    with pytest.raises(BadInput):
        keep(session, store, other)
    assert present.present(session, store) is None


def test_the_demo_city_is_seeded_once(engine: Engine, tenant: Any, store: Files) -> None:
    for _ in range(2):
        versions.seed_demo(engine, tenant.id, store, now=AT)
    with db.transaction(engine, tenant.id) as opened:
        rows = versions.versions(opened)
        city = present.present(opened, store)
    assert [(row.name, row.active) for row in rows] == [("云州市", True)]
    assert city is not None
    assert city.path != SHIPPED
    assert city.manifest.label == "演示城市（虚构）"


def test_a_neighbour_sees_none_of_it(
    engine: Engine, tenant: Any, neighbour: Any, store: Files
) -> None:
    versions.seed_demo(engine, tenant.id, store, now=AT)
    with db.transaction(engine, neighbour.id) as opened:
        assert versions.versions(opened) == []
