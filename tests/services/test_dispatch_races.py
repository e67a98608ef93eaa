"""Several at once, in transactions of their own; and tenants that see nothing of each other."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Place
from factories import AT
from forces import COORD, OTHER, make_force, make_incident, network, told, town
from road_maps import yunzhou
from sqlalchemy import Engine, select

from command import demo_resources, dispatch, forces, supplies
from gis_data.roads import network as net
from models.errors import HotlineError, NotFound
from models.events.incident.response import SupplySent, UnitAssigned
from models.store import db
from models.tables import Assignment, Depot, Supply
from tickets.moving import Actor


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do all at the same time; return what came of each, an error as its code."""
    came: list[Any] = []
    start = threading.Barrier(len(works))

    def one(work: Callable[[], Any]) -> None:
        start.wait()
        try:
            came.append(work())
        except HotlineError as error:
            came.append(error.code)

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_of_two_coordinators_one_gets_the_unit(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        town(session)
        make_force(session, "only", 1500)
        incidents = [make_incident(session, fire=1), make_incident(session, fire=1)]
        roads = network(session)

    def press(incident: int, actor: Actor) -> Callable[[], str]:
        def work() -> str:
            with db.transaction(engine, tenant.id) as session:
                dispatch.assign(
                    session, incident, "only", capability="fire", network=roads, actor=actor, now=AT
                )
            return "won"

        return work

    came = together(*(press(incident, actor) for incident in incidents for actor in (COORD, OTHER)))
    assert sorted(came) == ["won", *["wrong_status"] * 3]
    with db.transaction(engine, tenant.id) as session:
        assert len(told(session, UnitAssigned)) == 1
        held = session.scalars(select(Assignment).where(Assignment.closed_at.is_(None))).one()
        bound = forces.bound(session, actor=COORD)["only"]
        assert (bound.assignment, bound.incident) == (held.id, held.incident_id)


def test_a_stock_is_never_less_than_nothing(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        town(session)
        incident = make_incident(session)
        session.add(Depot(tenant_id=tenant.id, code="d1", label="东库", lon=112.0, lat=33.0))
        session.flush()
        session.add(
            Supply(
                tenant_id=tenant.id, depot="d1", code="bag", label="沙袋", measure="只", amount=50
            )
        )

    def send() -> str:
        with db.transaction(engine, tenant.id) as session:
            supplies.send_supply(
                session, incident, "d1", "bag", 20, network=None, actor=COORD, now=AT
            )
        return "sent"

    def out() -> str:
        with db.transaction(engine, tenant.id) as session:
            supplies.stock_out(session, "d1", "bag", 20, note="盘亏", actor=COORD, now=AT)
        return "out"

    came = together(send, out, send, out, send, out)
    assert came.count("wrong_status") == 4
    with db.transaction(engine, tenant.id) as session:
        assert session.scalars(select(Supply.amount)).one() == 10
        assert len(told(session, SupplySent)) == came.count("sent")


def test_nobody_sees_or_sends_a_neighbours_units(
    engine: Engine, tenant: Place, neighbour: Place
) -> None:
    with db.transaction(engine, tenant.id) as session:
        town(session)
        make_force(session, "ours", 1500)
        incident = make_incident(session, fire=1)
    with db.transaction(engine, neighbour.id) as session:
        town(session)
        theirs = make_incident(session, fire=1)
        assert forces.units(session, actor=COORD, now=AT) == []
        for wrong, unit in ((theirs, "ours"), (incident, "ours")):
            with pytest.raises(NotFound):
                dispatch.assign(
                    session, wrong, unit, capability="fire", network=None, actor=COORD, now=AT,
                    override="急",
                )  # fmt: skip


def test_the_demo_has_forces_that_reach_its_roads(engine: Engine, tenant: Place) -> None:
    assert demo_resources.fill(engine, tenant.id, now=AT) == 65
    assert demo_resources.fill(engine, tenant.id, now=AT) == 0
    ground = net.ground(yunzhou())
    with db.transaction(engine, tenant.id) as session:
        lines = forces.units(session, actor=COORD, now=AT)
        snapped = ground.snap(np.array([[line.lon, line.lat] for line in lines]))
        assert all(isinstance(stop, net.Stop) for stop in snapped)
        assert all(line.row.district for line in lines if line.row.type != "boat")
        assert sum(not line.staffed for line in lines) == 2
        assert len(supplies.stocks(session, actor=COORD)) == 36
        able = {code for line in lines for code in line.row.capabilities}
        assert able == forces.capabilities(session).keys()
