"""The tracker on real stores: rows follow, tracks are thin, buttons and arrivals move assignments, nothing is lost."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import Place
from forces import COORD, SCENE, make_force, town
from pipeline import ingest_process
from real_stores import Stores
from redis.asyncio import Redis
from road_maps import lonlat
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from waiting import eventually

from command import dispatch, incidents, moving, records, resources
from command.positions import fix as fixes
from command.positions import keep, report, units
from command.positions.fix import Fix
from command.positions.keep import Point
from ingest import group
from ingest.positions.tracker import Tracker
from models.clock import now, to_datetime
from models.errors import Unavailable, WrongStatus
from models.events.incident import from_row
from models.events.incident.course import Place as Scene
from models.events.incident.response import UnitAssigned, UnitMoved
from models.store import chain, db, streams
from models.tables import Assignment, Incident, Outbox, ResponseUnit, UnitTrack

ZONE = "Asia/Shanghai"
UNITS = ("fire-1", "fire-2")


@pytest.fixture
def incident(engine: Engine, tenant: Place) -> int:
    """An incident of just now with two units that could go."""
    with db.transaction(engine, tenant.id) as session:
        town(session)
        for code in UNITS:
            make_force(session, code, device=code)
        place = Scene(*SCENE, "幸福路1号", "1")
        form = incidents.Form("gas", "幸福小区燃气泄漏", place)
        return incidents.report(session, form, actor=COORD, now=now() - 600).id


@pytest.fixture
async def tracker(
    engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> AsyncIterator[Tracker]:
    running = Tracker(redis, engine, tenant.slug, ZONE)
    task = asyncio.create_task(running.run())
    yield running
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def here(unit: str, told: float, x: float = 100.0, **more: Any) -> Fix:
    lon, lat = lonlat(x, 0)
    return Fix(unit, told, **{"heard": told + 0.1, "lon": lon, "lat": lat, "speed": 36.0, **more})


async def tell(redis: "Redis", tenant: Place, *told: Fix) -> None:
    await streams.append_fixes(redis, tenant.id, fixes.encode(told))


def assign(engine: Engine, tenant: Place, incident: int, unit: str, at: float) -> int:
    with db.transaction(engine, tenant.id) as session:
        row = dispatch.assign(
            session, incident, unit, capability="fire", network=None, actor=COORD, now=at, override="近",
        )  # fmt: skip
        return row.id


def row_of(engine: Engine, tenant: Place, unit: str) -> ResponseUnit:
    with db.transaction(engine, tenant.id) as session:
        return session.scalars(select(ResponseUnit).where(ResponseUnit.code == unit)).one()


def tracks(engine: Engine, tenant: Place, unit: str) -> list[float]:
    with db.transaction(engine, tenant.id) as session:
        found = session.scalars(
            select(UnitTrack.at).where(UnitTrack.unit == unit).order_by(UnitTrack.at)
        )
        return [at.timestamp() for at in found]


def moves(engine: Engine, tenant: Place) -> list[tuple[str, bool]]:
    with db.transaction(engine, tenant.id) as session:
        rows = session.scalars(
            select(Outbox.event)
            .where(Outbox.stream == streams.incident_stream(tenant.id))
            .order_by(Outbox.id)
        )
        told = [from_row(row) for row in rows]
    steps: list[tuple[str, bool]] = []
    for event in told:
        if isinstance(event, UnitAssigned):
            steps.append(("dispatched", event.implied))
        elif isinstance(event, UnitMoved):
            steps.append((event.progress, event.implied))
    return steps


async def shown(redis: "Redis", tenant: Place) -> dict[str, dict[str, Any] | None]:
    """Return the units as somebody who read the whole stream has them."""
    seen: dict[str, dict[str, Any] | None] = {}
    for entry in await streams.read(redis, streams.position_stream(tenant.id), "0", count=10_000):
        for unit, told in msgspec.json.decode(entry.fields[b"p"]).items():
            seen[unit] = None if told is None else {**(seen.get(unit) or {}), **told}
    return seen


async def test_it_works(tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place) -> None:
    at = now() - 30
    for n in range(12):
        await tell(redis, tenant, here("fire-1", at + n, 100 + 10 * n))
    last = here("fire-1", at + 11, 210)

    async def kept() -> None:
        row = row_of(engine, tenant, "fire-1")
        assert (row.lon, row.lat, row.speed) == (last.lon, last.lat, 36.0)
        assert row.fixed_at == to_datetime(at + 11)

    await eventually(kept)
    points = tracks(engine, tenant, "fire-1")
    assert len({point // 5 for point in points}) == len(points)
    assert 2 <= len(points) <= 4

    async def on_screens() -> None:
        seen = (await shown(redis, tenant))["fire-1"]
        assert seen is not None
        assert (seen["lon"], seen["lat"]) == (round(last.lon, 6), round(last.lat, 6))
        assert (seen["state"], seen["type"], seen["stale_s"]) == ("available", "fire", 120.0)

    await eventually(on_screens)


async def test_a_snapshot_and_the_stream_show_the_same(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    at = now()
    assign(engine, tenant, incident, "fire-2", at)
    await tell(redis, tenant, here("fire-1", at), here("fire-2", at, 300, status="acknowledged"))

    async def same() -> None:
        with db.transaction(engine, tenant.id) as session:
            rows = units.live(session, now=now())
        seen = await shown(redis, tenant)
        for unit in UNITS:
            told = seen.get(unit)
            assert told is not None
            assert {k: v for k, v in told.items() if k not in ("lon", "lat", "at", "heard")} == {
                k: v for k, v in rows[unit].items() if k not in ("lon", "lat", "at", "heard")
            }
            assert told["heard"] == pytest.approx(rows[unit]["heard"], abs=0.001)
            assert told["lon"] == pytest.approx(rows[unit]["lon"], abs=1e-6)
        assert (rows["fire-2"]["state"], rows["fire-2"]["progress"]) == (
            "committed",
            "acknowledged",
        )
        assert rows["fire-2"]["incident"] == incident

    await eventually(same)


async def test_a_unit_out_of_use_leaves_the_screens(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place
) -> None:
    async def there() -> None:
        assert (await shown(redis, tenant)).get("fire-1")

    await eventually(there)
    with db.transaction(engine, tenant.id) as session:
        resources.mark_out(session, "fire-2", reason="检修", actor=COORD, now=now())
        resources.deactivate_unit(session, "fire-1", actor=COORD, now=now())

    async def gone() -> None:
        seen = await shown(redis, tenant)
        assert seen["fire-1"] is None
        two = seen["fire-2"]
        assert two is not None
        assert (two["state"], two["reason"]) == ("out_of_service", "检修")

    await eventually(gone)


async def test_buttons_move_the_assignment_with_what_they_imply(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    at = now() - 60
    assign(engine, tenant, incident, "fire-1", at)
    await tell(redis, tenant, here("fire-1", at + 20, status="on_scene"))
    expected = [
        ("dispatched", False),
        ("acknowledged", True),
        ("en_route", True),
        ("on_scene", False),
    ]

    async def told() -> None:
        assert moves(engine, tenant) == expected

    await eventually(told)
    await tell(redis, tenant, here("fire-1", at + 20, status="on_scene"))  # twice
    await tell(redis, tenant, here("fire-1", at + 30, status="clear"))
    expected.append(("clear", False))
    await eventually(told)
    assert row_of(engine, tenant, "fire-1").state == "available"
    await tell(redis, tenant, here("fire-1", at + 25, status="en_route"))  # late, of what is over
    await tell(redis, tenant, here("fire-2", at + 25, status="en_route"))  # bound to nothing

    async def unheeded() -> None:
        assert tracker.counts["unheeded"] == 2

    await eventually(unheeded)
    assert moves(engine, tenant) == expected


async def test_buttons_of_one_batch_are_told_in_their_order(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    heard = now()
    start = heard - 20
    assign(engine, tenant, incident, "fire-1", start - 10)
    await tell(redis, tenant, here("fire-1", start - 1))
    buttons = {0: "en_route", 7: "on_scene", 14: "returning"}
    drive = [
        here("fire-1", start + n, 100 + n, heard=heard, status=buttons.get(n, ""))
        for n in range(20)
    ]  # a fix a second, sent in one piece
    await tell(redis, tenant, *drive)

    async def told() -> None:
        assert [step for step, implied in moves(engine, tenant) if not implied] == [
            "dispatched", "en_route", "on_scene", "returning",
        ]  # fmt: skip

    await eventually(told)


async def test_on_its_way_without_a_dispatch_implies_one(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    with db.transaction(engine, tenant.id) as session:
        no = session.scalars(select(Incident.no).where(Incident.id == incident)).one()
    at = now() - 10
    await tell(redis, tenant, here("fire-1", at, status="en_route", incident="no such"))
    await tell(redis, tenant, here("fire-2", at, status="en_route", incident=no))

    async def told() -> None:
        assert moves(engine, tenant) == [
            ("dispatched", True),
            ("acknowledged", True),
            ("en_route", False),
        ]

    await eventually(told)
    assert row_of(engine, tenant, "fire-1").state == "available"
    assert row_of(engine, tenant, "fire-2").state == "committed"


async def test_who_stays_at_the_scene_has_arrived(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    at = now() - 120
    assign(engine, tenant, incident, "fire-1", at)
    await tell(redis, tenant, here("fire-1", at, status="en_route"))

    async def watched() -> None:
        assert tracker._look.scenes

    await eventually(watched)
    for n in range(6):
        await tell(redis, tenant, here("fire-1", at + 60 + n * 5, 1850))

    async def told() -> None:
        assert moves(engine, tenant)[-1] == ("on_scene", True)

    await eventually(told)
    assert [step for step, _ in moves(engine, tenant)].count("on_scene") == 1


async def test_who_passes_by_has_not(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int
) -> None:
    at = now() - 120
    assign(engine, tenant, incident, "fire-1", at)
    await tell(redis, tenant, here("fire-1", at, status="en_route"))

    async def watched() -> None:
        assert tracker._look.scenes

    await eventually(watched)
    for n, x in enumerate((1850, 1950, 2300, 1850)):
        await tell(redis, tenant, here("fire-1", at + 60 + n * 10, x))

    async def kept() -> None:
        assert len(tracks(engine, tenant, "fire-1")) == 5
        assert moves(engine, tenant)[-1] == ("en_route", False)

    await eventually(kept)
    assert not tracker._arrived


async def test_a_lost_unit_stands_in_its_incident_once(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, incident: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("ingest.positions.tracker.LOST_S", 0.1)
    at = now() - 300
    assign(engine, tenant, incident, "fire-1", at)
    await tell(redis, tenant, here("fire-1", at + 10), here("fire-2", at + 10))

    async def noted() -> None:
        assert tracker._lost == 2
        assert len(remarks(engine, tenant, incident)) == 1

    await eventually(noted)
    await asyncio.sleep(1.5)  # it is looked for again and again
    (said,) = remarks(engine, tenant, incident)
    assert said.startswith("fire-1中队失去定位：最后一次 ")


def remarks(engine: Engine, tenant: Place, incident: int) -> list[str]:
    with db.transaction(engine, tenant.id) as session:
        state = moving.read(session, incident, actor=COORD)
        return [remark.text for remark in state.remarks.values()]


async def test_what_cannot_be_read_is_set_aside(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place
) -> None:
    await streams.append_fixes(redis, tenant.id, b"{")
    await tell(redis, tenant, here("fire-1", now()), here("nobody", now()))

    async def aside() -> None:
        dead = await streams.read(redis, streams.dead_stream(tenant.slug), "0")
        assert [entry.fields[b"raw"] for entry in dead] == [b"{"]
        assert row_of(engine, tenant, "fire-1").lon is not None

    await eventually(aside)


async def test_a_time_that_cannot_be_written_costs_nobody_else_a_position(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place
) -> None:
    at = now() - 30
    await tell(redis, tenant, here("fire-1", at))

    async def known() -> None:
        assert row_of(engine, tenant, "fire-1").lon is not None

    await eventually(known)
    odd = here("fire-1", -62_135_625_600.0, heard=at + 1)  # the year 1, east of Greenwich
    await tell(redis, tenant, odd, here("fire-2", at + 2))
    await tell(redis, tenant, here("fire-1", at + 3, 110))

    async def kept() -> None:
        assert row_of(engine, tenant, "fire-1").fixed_at == to_datetime(at + 3)
        assert row_of(engine, tenant, "fire-2").fixed_at == to_datetime(at + 2)
        dead = await streams.read(redis, streams.dead_stream(tenant.slug), "0")
        assert [fixes.decode(entry.fields[b"raw"]) for entry in dead] == [[odd]]
        pending: Any = await redis.xpending(streams.fix_stream(tenant.id), "positions")
        assert pending["pending"] == 0

    await eventually(kept)


async def test_one_of_two_trackers_tracks_and_the_other_takes_over(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place
) -> None:
    async def holds() -> None:
        assert tracker.state == "holding"

    await eventually(holds)
    second = Tracker(redis, engine, tenant.slug, ZONE)
    second._lease.holder = "another process"
    task = asyncio.create_task(second._hold())
    await task  # the lease is held: it comes back at once
    assert second.state == "waiting"


def flood(start: float, count: int) -> list[list[Fix]]:
    """Return entries of a drive, a fix a second of both units."""
    return [[here(unit, start + n, 100 + 12 * n) for unit in UNITS] for n in range(count)]


async def test_a_killed_tracker_loses_nothing_and_does_nothing_twice(
    engine: Engine, redis: "Redis", tenant: Place, incident: int, stores: Stores, tmp_path: Path
) -> None:
    start, count = now() - 200, 150
    assignment = assign(engine, tenant, incident, "fire-1", start - 1)
    entries = flood(start, count)
    entries[40].append(here("fire-1", start + 40.5, 586, status="en_route"))
    entries[90].append(here("fire-1", start + 90.5, 1186, status="staging"))
    settings = stores.for_tenant(tenant.slug)
    with ingest_process(stores, settings, "positions", log=tmp_path / "first.log") as first:
        for told in entries[:60]:
            await tell(redis, tenant, *told)

        async def begun() -> None:
            assert tracks(engine, tenant, "fire-1")

        await eventually(begun, within_s=60)
        for told in entries[60:]:
            await tell(redis, tenant, *told)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    left: Any = await redis.xpending(streams.fix_stream(tenant.id), "positions")
    with ingest_process(stores, settings, "positions", log=tmp_path / "second.log"):

        async def whole() -> None:
            for unit in UNITS:
                row = row_of(engine, tenant, unit)
                assert row.fixed_at == to_datetime(entries[-1][0].told), left
            assert [step for step, _ in moves(engine, tenant)] == [
                "dispatched", "acknowledged", "en_route", "staging",
            ]  # fmt: skip
            pending: Any = await redis.xpending(streams.fix_stream(tenant.id), "positions")
            assert pending["pending"] == 0

        await eventually(whole, within_s=60)
    for unit in UNITS:
        points = tracks(engine, tenant, unit)
        stretches = {int(told[0].told // 5) for told in entries}
        buttons = {start + 40.5, start + 90.5} if unit == "fire-1" else set()
        plain = [point for point in points if not any(abs(point - b) < 1e-3 for b in buttons)]
        assert {int(point // 5) for point in points} == stretches
        assert len(plain) <= len(stretches)
    with db.transaction(engine, tenant.id) as session:
        assert session.get_one(Assignment, assignment).progress == "staging"


async def test_what_waits_for_the_database_is_judged_once(
    tracker: Tracker, engine: Engine, redis: "Redis", tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "STALE_MS", 50)
    start = float(int(now())) - 60

    async def taken() -> None:
        assert tracker.counts["moved"] == sent

    with monkeypatch.context() as away:
        away.setattr(Tracker, "_commit", lost)
        for sent in range(1, 9):  # one entry each, and time enough to take it for a lost copy's
            await tell(redis, tenant, here("fire-1", start + 5 * sent, 100 + 50 * sent))
            await eventually(taken)
            await asyncio.sleep(0.1)
        judged = {name: tracker.counts[name] for name in ("moved", "late", "duplicate", "jump")}
        assert judged == {"moved": 8, "late": 0, "duplicate": 0, "jump": 0}

    async def kept() -> None:
        assert tracks(engine, tenant, "fire-1") == [start + 5 * n for n in range(1, 9)]

    await eventually(kept)


async def test_what_a_holder_left_is_taken_once_while_the_database_is_away(
    engine: Engine, redis: "Redis", tenant: Place, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, start = streams.fix_stream(tenant.id), now() - 60
    for n in range(3):
        await tell(redis, tenant, here("fire-1", start + 5 * n, 100 + 50 * n))
    await redis.xgroup_create(stream, "positions", id="0")
    await redis.xreadgroup(
        "positions", "holder", {stream: ">"}
    )  # taken, and died before the commit
    monkeypatch.setattr(Tracker, "_commit", lost)
    heir = Tracker(redis, engine, tenant.slug, ZONE)
    task = asyncio.create_task(heir.run())

    async def holds() -> None:
        assert heir.state == "holding"

    await eventually(holds)
    assert heir.counts["moved"] == 3
    assert heir.counts.total() == 3
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def lost(*_: object) -> None:
    raise Unavailable("database: away")


# --- the services under it ------------------------------------------------------------------


def test_doing_it_twice_changes_nothing_and_old_news_moves_nothing(
    session: Session, tenant: Place
) -> None:
    town(session)
    make_force(session, "fire-1")
    at = now()
    new, old = Point(here("fire-1", at, 500), at), Point(here("fire-1", at - 60, 100), at - 60)
    for latest in (new, old, new):
        keep.keep(session, {"fire-1": latest}, [old, new])
    row = session.scalars(select(ResponseUnit).execution_options(populate_existing=True)).one()
    assert (row.lon, row.heard_at) == (new.fix.lon, to_datetime(new.fix.heard))
    assert session.scalar(select(func.count()).select_from(UnitTrack)) == 2


def test_tracks_of_an_incident_outlive_the_others(session: Session, tenant: Place) -> None:
    town(session)
    make_force(session, "fire-1")
    at = now()
    form = incidents.Form("gas", "幸福小区燃气泄漏", Scene(*SCENE, "幸福路1号", "1"))
    state = incidents.report(session, form, actor=COORD, now=at - 3000)
    row = dispatch.assign(
        session, state.id, "fire-1", capability="fire", network=None, actor=COORD, now=at - 2000, override="近",
    )  # fmt: skip
    dispatch.move_unit(session, row.id, "clear", actor=COORD, now=at - 1000)
    points = [Point(here("fire-1", at - ago), at - ago) for ago in (2500, 1500, 500)]
    keep.keep(session, {}, points)
    assert keep.purge(session, before=at - 600) == 1
    left: Sequence[Any] = session.scalars(select(UnitTrack.at).order_by(UnitTrack.at)).all()
    assert [round(at - point.timestamp()) for point in left] == [1500, 500]


def test_a_press_of_before_the_end_starts_nothing_anew(session: Session, tenant: Place) -> None:
    town(session)
    make_force(session, "fire-1")
    at = now()
    form = incidents.Form("gas", "幸福小区燃气泄漏", Scene(*SCENE, "幸福路1号", "1"))
    state = incidents.report(session, form, actor=COORD, now=at - 300)
    press = here("fire-1", at - 100, status="en_route", incident=state.no)
    assert report.press(session, press, at=at - 100, now=at - 99) == ("acknowledged", "en_route")
    with pytest.raises(WrongStatus):
        report.press(session, press, at=at - 100, now=at - 98)
    clear = here("fire-1", at - 50, status="clear")
    assert report.press(session, clear, at=at - 50, now=at - 49) == ("clear",)
    for again in (press, clear):
        with pytest.raises(WrongStatus):
            report.press(session, again, at=again.told, now=at)


def test_buttons_that_come_twice_move_nothing_the_second_time(
    session: Session, tenant: Place
) -> None:
    town(session)
    make_force(session, "fire-1")
    at = now()
    form = incidents.Form("gas", "幸福小区燃气泄漏", Scene(*SCENE, "幸福路1号", "1"))
    state = incidents.report(session, form, actor=COORD, now=at - 300)
    dispatch.assign(
        session, state.id, "fire-1", capability="fire", network=None, actor=COORD, now=at - 200, override="近",
    )  # fmt: skip

    def press(ago: float, status: str) -> tuple[str, ...]:
        return report.press(session, here("fire-1", at - ago, status=status), at=at - ago, now=at)

    heap = [(100, "en_route"), (90, "on_scene"), (80, "returning")]
    assert [press(*each)[-1] for each in heap] == ["en_route", "on_scene", "returning"]
    before = moving.read(session, state.id, actor=COORD)
    for each in heap[:2]:
        with pytest.raises(WrongStatus) as late:
            press(*each)
        assert late.value.facts["cap"] == "late"
    assert press(*heap[2]) == ()
    assert moving.read(session, state.id, actor=COORD) == before
    assert press(50, "en_route") == ("en_route",)  # called back on its way home
    for each in (*heap[1:], (50, "on_scene")):
        with pytest.raises(WrongStatus):
            press(*each)
    assert press(40, "on_scene") == ("on_scene",)


def test_a_corrected_entry_of_a_silence_is_not_written_again(
    session: Session, tenant: Place
) -> None:
    town(session)
    at = now()
    make_force(session, "fire-1", lon=SCENE[0], lat=SCENE[1], heard_at=to_datetime(at - 600))
    form = incidents.Form("gas", "幸福小区燃气泄漏", Scene(*SCENE, "幸福路1号", "1"))
    number = incidents.report(session, form, actor=COORD, now=at - 900).id
    dispatch.assign(
        session, number, "fire-1", capability="fire", network=None, actor=COORD, now=at - 800, override="近",
    )  # fmt: skip
    (line,) = report.lost(session, now=at)
    assert report.note_lost(session, line, clock="08:00", now=at)
    records.change_remark(session, number, 1, said="电台联系正常", actor=COORD, now=at)
    assert not report.note_lost(session, line, clock="08:00", now=at + 5)
    for row in session.scalars(select(Outbox).order_by(Outbox.id)).all():
        chain.log_event(session, row.event)
        session.delete(row)
    records.change_remark(session, number, 1, said="", actor=COORD, now=at)
    assert not report.note_lost(session, line, clock="08:00", now=at + 10)
    assert report.note_lost(session, line, clock="09:00", now=at + 3600)
