"""The live command centre: what a screen merges is what the row says, through gaps, repeats, and one's own district."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from conftest import Place as Tenant
from factories import AT
from forces import make_force
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, select
from test_incidents import COORD, FORM
from waiting import eventually

from command import demo, dispatch, incidents, moving, pictures, records, tasks
from dashboard import command_live
from dashboard.command_live import CommandHub, Watch
from models.errors import Unavailable
from models.rules.incident.state import Picture
from models.store import db
from models.tables import Outbox

WHOLE = ("place", "evaluation")
"""Facts that are replaced, not merged."""


class Listener:
    """A client of a stream until it goes; what it hears is its kind's to take."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()

    async def _allowed(self) -> bool:
        return True

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        for line in message.get("body", b"").split(b"\n\n"):
            if line.startswith(b"data: "):
                self._take(json.loads(line[6:]))

    def _take(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError


class Screen(Listener):
    """A browser: the snapshot, with every delta merged as `70-command-live.js` merges it."""

    def __init__(self, hub: CommandHub, watch: Watch) -> None:
        self.whole: dict[str, Any] = {}
        self.snapshots = 0
        self._watch = watch
        super().__init__()
        self.task = asyncio.ensure_future(
            hub.serve(self._receive, self._send, watch, self._allowed)
        )

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["kind"] == "snapshot":
            self.snapshots += 1
            self.whole = {"list": frame["list"], "incident": frame.get("incident", {})}
        elif frame["kind"] == "delta":
            self.whole["list"] |= frame.get("list", {})
            if frame.get("of") == self._watch.incident:
                self._merge(frame.get("incident", {}))

    def _merge(self, changes: dict[str, Any]) -> None:
        kept = self.whole["incident"]
        for field, value in changes.items():
            keyed = (
                isinstance(value, dict)
                and isinstance(kept.get(field), dict)
                and field not in ("place", "evaluation")
            )
            merged = {**kept[field], **value} if keyed else value
            kept[field] = {k: v for k, v in merged.items() if v is not None} if keyed else merged

    async def leave(self) -> None:
        self._gone.set()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


class Stage:
    """A tenant with an incident, whose events reach the stream only when `relay` carries them there."""

    def __init__(self, engine: Engine, tenant: int, redis: "Redis") -> None:
        self.engine, self.tenant, self.redis = engine, tenant, redis
        self._sent: set[int] = set()
        self.do(lambda s: demo.seed(s, now=AT))
        self.incident: int = self.do(lambda s: incidents.report(s, FORM, actor=COORD, now=AT)).id

    def do(self, verb: Callable[[Any], Any]) -> Any:
        with db.transaction(self.engine, self.tenant) as session:
            return verb(session)

    def close(self, incident: int) -> None:
        self.do(lambda s: incidents.cancel(s, incident, note="误报", actor=COORD, now=AT + 9))

    def row(self, incident: int = 0) -> dict[str, Any]:
        state = self.do(lambda s: moving.read(s, incident or self.incident, actor=COORD))
        found: dict[str, Any] = json.loads(msgspec.json.encode(state))
        return found

    async def relay(self, *, lose: int = 0, twice: bool = False) -> None:
        """Publish what waits; `lose` of the oldest never arrive, the others twice if asked."""
        rows = self.do(
            lambda s: s.execute(
                select(Outbox.id, Outbox.stream, Outbox.event).order_by(Outbox.id)
            ).all()
        )
        fresh = [row for row in rows if row.id not in self._sent]
        self._sent |= {row.id for row in fresh}
        for row in [each for each in fresh[lose:] for _ in range(1 + twice)]:
            await self.redis.xadd(row.stream, {"e": msgspec.json.encode([row.event])})


@pytest.fixture
async def stage(engine: Engine, tenant: Tenant, redis: "Redis") -> Stage:
    return Stage(engine, tenant.id, redis)


@pytest.fixture
async def hub(stage: Stage) -> AsyncIterator[CommandHub]:
    async def load(incident: int) -> Picture | None:
        found: Picture | None = stage.do(lambda s: pictures.picture(s, incident))
        return found

    async def load_all() -> tuple[list[Picture], dict[str, Any]]:
        return stage.do(pictures.open_ones), {}

    made = CommandHub(stage.redis, stage.tenant, load, load_all)
    running = asyncio.ensure_future(made.run())
    yield made
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def run_on(stage: Stage) -> None:
    """Some verbs, one of which takes away what another made."""
    at = AT + 60
    for verb in (
        lambda s: incidents.verify(s, stage.incident, note="", actor=COORD, now=at),
        lambda s: tasks.add_task(s, stage.incident, title="警戒", role="公安", actor=COORD, now=at + 1),
        lambda s: records.order(s, stage.incident, to="现场", said="疏散", actor=COORD, now=at + 2),
        lambda s: tasks.drop_task(s, stage.incident, 1, note="不需要", actor=COORD, now=at + 3),
        lambda s: records.remark(s, stage.incident, said="到场", actor=COORD, now=at + 4),
    ):  # fmt: skip
        stage.do(verb)


async def same(stage: Stage, screen: Screen) -> bool:
    return bool(screen.whole) and screen.whole["incident"] == stage.row()


async def test_a_screen_shows_the_row(stage: Stage, hub: CommandHub) -> None:
    screen = Screen(hub, Watch(incident=stage.incident))
    await eventually(lambda: same(stage, screen))
    run_on(stage)
    await stage.relay()
    await eventually(lambda: same(stage, screen))
    assert screen.whole["list"][str(stage.incident)]["status"] == "verified"
    await screen.leave()


async def test_an_event_twice_changes_nothing_and_one_lost_is_read_in_the_rows(
    stage: Stage, hub: CommandHub
) -> None:
    screen = Screen(hub, Watch(incident=stage.incident))
    await eventually(lambda: same(stage, screen))
    await stage.relay()
    run_on(stage)
    await stage.relay(lose=2, twice=True)
    await eventually(lambda: same(stage, screen))
    await screen.leave()


async def test_who_comes_later_sees_the_same(stage: Stage, hub: CommandHub) -> None:
    run_on(stage)
    await stage.relay()
    screen = Screen(hub, Watch(incident=stage.incident))
    await eventually(lambda: same(stage, screen))
    await screen.leave()


async def test_another_district_hears_nothing(stage: Stage, hub: CommandHub) -> None:
    own = Screen(hub, Watch("D1", stage.incident))
    other = Screen(hub, Watch("D2", stage.incident))
    await eventually(lambda: same(stage, own))
    run_on(stage)
    await stage.relay()
    await eventually(lambda: same(stage, own))
    assert other.whole == {"list": {}, "incident": {}}
    for screen in (own, other):
        await screen.leave()


class Crew(Listener):
    """A crew's browser: all that its stream has said, beats apart."""

    def __init__(self, hub: CommandHub, unit: str) -> None:
        self.heard: list[dict[str, Any]] = []
        super().__init__()
        self.task = asyncio.ensure_future(
            hub.serve_crew(self._receive, self._send, unit, self._allowed)
        )

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["kind"] != "beat":
            self.heard.append(frame)

    async def leave(self) -> None:
        self._gone.set()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def test_a_crew_hears_that_its_own_part_changed_and_nothing_of_the_rest(
    stage: Stage, hub: CommandHub
) -> None:
    def sent(session: Any) -> int:
        make_force(session, "one")
        return dispatch.assign(
            session, stage.incident, "one", capability="", network=None, override="就近", actor=COORD, now=AT,
        ).id  # fmt: skip

    def marked(count: int) -> Callable[[], Awaitable[bool]]:
        async def told() -> bool:
            return len(crew.heard) == count

        return told

    crew, spare = Crew(hub, "one"), Crew(hub, "two")
    await eventually(marked(1))
    number = stage.do(sent)
    await stage.relay()
    await eventually(marked(2))
    run_on(
        stage
    )  # an order and tasks of others, and a remark; the incident's own status is theirs to know
    await stage.relay()
    await eventually(marked(3))
    own = lambda s: records.order(  # noqa: E731
        s, stage.incident, to="", unit="one", said="到东门", actor=COORD, now=AT + 70
    )
    stage.do(own)
    await stage.relay()
    await eventually(marked(4))
    stage.do(lambda s: dispatch.move_unit(s, number, "clear", actor=COORD, now=AT + 80))
    await stage.relay()
    await eventually(marked(5))
    marks = [each["mark"] for each in crew.heard]
    assert [set(each) for each in crew.heard] == [{"kind", "mark"}] * 5
    assert (marks[0], marks[4], len(set(marks[1:4]))) == ("", "", 3)
    assert spare.heard == [{"kind": "site", "mark": ""}]
    for each in (crew, spare):
        await each.leave()


async def test_a_closed_incident_stays_in_sight_when_the_streams_are_read_anew(
    stage: Stage, hub: CommandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.close(stage.incident)
    screen = Screen(hub, Watch(incident=stage.incident))
    await eventually(lambda: same(stage, screen))
    with monkeypatch.context() as away:
        away.setattr(hub, "_read", _broken)
        await eventually(lambda: _anew(screen, 2))
    assert screen.whole == {"list": {}, "incident": stage.row()}
    await screen.leave()
    assert not hub._watched


async def _broken() -> None:
    raise RedisError


async def _anew(screen: Screen, snapshots: int) -> bool:
    return screen.snapshots >= snapshots


async def test_a_closed_incident_is_shown_once_its_row_can_be_read(
    stage: Stage, hub: CommandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: int) -> None:
        raise Unavailable("database: away")

    stage.close(stage.incident)
    monkeypatch.setattr(command_live, "LOOK_BACK_S", 0.05)
    with monkeypatch.context() as broken:
        broken.setattr(hub, "_load", away)
        screen = Screen(hub, Watch(incident=stage.incident))
        await eventually(lambda: _anew(screen, 1))
        assert screen.whole["incident"] == {}
    await eventually(lambda: same(stage, screen))
    await screen.leave()


async def test_others_that_are_looked_at_push_no_watched_incident_out(
    stage: Stage, hub: CommandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_live, "WATCHED_MOST", 0)
    other = stage.do(lambda s: incidents.report(s, FORM, actor=COORD, now=AT)).id
    for incident in (stage.incident, other):
        stage.close(incident)
    first = Screen(hub, Watch(incident=stage.incident))
    await eventually(lambda: same(stage, first))
    second = Screen(hub, Watch(incident=other))
    await eventually(lambda: _anew(second, 1))
    hub._start_over()
    await eventually(lambda: _anew(first, 2))
    assert first.whole["incident"] == stage.row()
    assert second.whole["incident"] == stage.row(other)
    for screen in (first, second):
        await screen.leave()
