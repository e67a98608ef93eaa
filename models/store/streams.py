"""The door to Redis/Valkey: names of keys and streams, connections, leases, beats and dead letters."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from models.clock import now

BEAT_S = 0.5
"""How often a process says that it is alive."""
DEAD_MAX = 1000
FLOOR_MAX = 200_000
"""Entries kept in a floor stream: hours of a busy day; the projector's snapshot makes older ones idle."""


FIX_MAX = 100_000
"""Entries of fixes kept while nobody reads them: some hours of a fleet."""
POSITION_MAX = 3000
"""Entries of positions kept: a screen's server that was away longer reads the tables anew."""


def floor_stream(tenant: str) -> str:
    """Stream of floor event batches, one field `e` with a JSON array."""
    return f"floor:{tenant}"


def floor_state(tenant: str) -> str:
    """Hash of the projector: `floor`, `id` (last folded entry), `epoch`."""
    return f"floor:{tenant}:state"


def floor_delta(tenant: str) -> str:
    """Pub/sub channel of board changes."""
    return f"floor:{tenant}:delta"


def ledger_stream(tenant: str) -> str:
    """Stream of ledger changes for the archiver."""
    return f"ledger:{tenant}"


def ticket_stream(tenant_id: int) -> str:
    """Stream of ticket events, one an entry; a service in a transaction knows the tenant by its id."""
    return f"tickets:{tenant_id}"


def place_stream(tenant_id: int) -> str:
    """Stream of place events: roads closed, opened, and speeds told."""
    return f"places:{tenant_id}"


def duty_stream(tenant_id: int) -> str:
    """Stream of duty events: roster, swaps, handovers, notices, remarks, reports."""
    return f"duty:{tenant_id}"


def incident_stream(tenant_id: int) -> str:
    """Stream of incident events, one an entry, in the order of each incident's `seq`."""
    return f"incidents:{tenant_id}"


def fix_stream(tenant_id: int) -> str:
    """Stream of what devices told, each entry some fixes (`command.positions.fix`), field `f`."""
    return f"fixes:{tenant_id}"


def position_stream(tenant_id: int) -> str:
    """Stream of what changed in response units, for screens: field `p`, unit code -> facts; short, not for replay.

    Facts are lon, lat, speed, heading, at, heard, skewed, or any of `command.positions.units`; null: the unit is gone.
    """
    return f"positions:{tenant_id}"


def presence_stream(tenant_id: int) -> str:
    """Stream of who draws where just now: field `p` with `incident`; short, never kept."""
    return f"presence:{tenant_id}"


def display_stream(tenant_id: int) -> str:
    """Stream of display events: what the console did to the screens of the centre."""
    return f"display:{tenant_id}"


def tickets_today(tenant: str) -> str:
    """String: the day's tickets as the screens get them, with the instant they were counted."""
    return f"tickets:{tenant}:today"


def hot_day(tenant: str, day: float) -> str:
    """Start of two hashes of a local day that begins at `day`: `:tickets` ticket -> field, `:cells` field -> count."""
    return f"hot:{tenant}:{int(day)}"


def hot_today(tenant: str) -> str:
    """String: the day's board of hotspots (`gis_data.hotspots.board.Board`)."""
    return f"hot:{tenant}:today"


def hot_brief(tenant: str) -> str:
    """String: what the wall tells of the day's hotspots (`tickets.hotspots.brief`)."""
    return f"hot:{tenant}:brief"


def hot_delta(tenant: str) -> str:
    """Pub/sub channel of what the last board changed."""
    return f"hot:{tenant}:delta"


def asks_stream(tenant: str) -> str:
    """Stream of requests to the exchange side."""
    return f"asks:{tenant}"


def dead_stream(tenant: str) -> str:
    """Stream of what could not be read or folded."""
    return f"dead:{tenant}"


def source_key(tenant: str, pbx: str) -> str:
    """Hash: state, reason, heard, shift of one exchange's link, kept by its AMI worker."""
    return f"source:{tenant}:{pbx}"


def source_facts(fields: dict[bytes, bytes]) -> dict[str, Any]:
    """Return a source hash as screens get it."""
    return {
        "name": fields.get(b"name", b"").decode(),
        "state": fields.get(b"state", b"").decode(),
        "reason": fields.get(b"reason", b"").decode(),
        "heard": float(fields.get(b"heard", b"0")),
        "shift": float(fields.get(b"shift", b"0")),
        "told": float(fields.get(b"told", b"0")),
    }


class _Connection(Connection):
    """redis-py's, but a cancelling is never lost: before Python 3.12 its `wait_for` may swallow one."""

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        finally:
            self.socket_timeout = limit


def connect(url: str, *, timeout: float | None = 3.0) -> Redis:
    """Return a client; no retries of its own, the loops decide what a loss means."""
    return Redis.from_url(
        url,
        connection_class=_Connection,
        protocol=2,
        socket_connect_timeout=2,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class Entry(NamedTuple):
    """One stream entry: its id and its fields."""

    id: str
    fields: dict[bytes, bytes]


async def append_fixes(redis: "Redis", tenant_id: int, raw: bytes) -> None:
    """Append what devices told, as `command.positions.fix.encode` made it; once this returns it is not lost."""
    body: dict[Any, Any] = {"f": raw}
    await redis.xadd(fix_stream(tenant_id), body, maxlen=FIX_MAX, approximate=True)


async def read(
    redis: "Redis", stream: str, after: str, *, wait_s: float = 0.0, count: int = 100
) -> list[Entry]:
    """Return the entries of `stream` behind id `after` (`$` = only new ones), waiting for the first."""
    block = max(int(wait_s * 1000), 1) if wait_s else None
    found: Any = await redis.xread({stream: after}, count=count, block=block)
    return [Entry(entry.decode(), fields) for _, rows in found or [] for entry, fields in rows]


def id_key(entry_id: str) -> tuple[int, int]:
    """Return a stream id as numbers, to compare by."""
    ms, _, n = entry_id.partition("-")
    return int(ms), int(n or 0)


class Reach(NamedTuple):
    """What a stream still holds: ids of its last entry and of the last one trimmed away."""

    last: str
    trimmed: str
    whole: bool

    def holds_after(self, entry_id: str) -> bool:
        """True when nothing behind `entry_id` was trimmed, and the stream is the one it came from."""
        seen = id_key(entry_id)
        return id_key(self.trimmed) <= seen <= id_key(self.last)


async def reach(redis: "Redis", stream: str) -> Reach:
    """Return what `stream` holds; an absent one is whole and empty."""
    if not await redis.exists(stream):
        return Reach("0-0", "0-0", whole=True)
    info: Any = await redis.xinfo_stream(stream)
    added = info.get("entries-added", info["length"])
    oldest = info["first-entry"]
    trimmed = info.get("max-deleted-entry-id", b"0-0").decode()
    if added != info["length"] and trimmed == "0-0":
        # XTRIM by length leaves no trace but the count: all before the oldest entry may be gone
        trimmed = _before(oldest[0].decode()) if oldest else info["last-generated-id"].decode()
    last = info["last-generated-id"].decode()
    return Reach(last, trimmed, whole=added == info["length"])


def _before(entry_id: str) -> str:
    ms, n = id_key(entry_id)
    return f"{ms}-{n - 1}" if n else f"{ms - 1}-{2**63}"


async def bury(redis: "Redis", tenant: str, where: str, error: Exception, raw: bytes) -> None:
    """Keep what could not be handled where a person sees it (system page); never raises onwards."""
    fields: dict[Any, Any] = {
        "at": f"{now():.3f}",
        "where": where,
        "error": f"{type(error).__name__}: {error}"[:500],
        "raw": raw[:2000],
    }
    await redis.xadd(dead_stream(tenant), fields, maxlen=DEAD_MAX, approximate=True)


# --- leases ---------------------------------------------------------------------------------

_TAKE = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])
"""
_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


@dataclass(slots=True)
class Lease:
    """Exclusive right to a job, held while renewed; `epoch` grows with every holder (fencing token).

    A holder that lost sight of the store finds its own lease again without waiting for its end.
    `began` is true when the store knew no epoch yet: nobody has held the lease before.
    """

    redis: "Redis"
    name: str
    holder: str
    ttl_ms: int = 2000
    epoch: int = 0
    began: bool = False

    async def take(self) -> bool:
        """Try to become the holder; True with a new `epoch` on success."""
        taken = await self.redis.eval(_TAKE, 1, f"lease:{self.name}", self.holder, str(self.ttl_ms))
        if taken:
            await self.next_epoch()
        return bool(taken)

    async def renew(self) -> bool:
        """Keep the lease; False when somebody else holds it now."""
        kept = await self.redis.eval(_RENEW, 1, f"lease:{self.name}", self.holder, str(self.ttl_ms))
        return bool(kept)

    async def next_epoch(self) -> int:
        """Return a new epoch under the same lease, for a new session of the same holder.

        The count begins at the present second, so that it goes on growing when the store forgot it.
        """
        self.began = bool(await self.redis.set(f"epoch:{self.name}", int(now()), nx=True))
        self.epoch = int(await self.redis.incr(f"epoch:{self.name}"))
        return self.epoch

    async def release(self) -> None:
        """Give the lease up at once."""
        await self.redis.eval(_RELEASE, 1, f"lease:{self.name}", self.holder)


# --- beats ----------------------------------------------------------------------------------


async def beat(redis: "Redis", name: str, facts: dict[str, Any]) -> None:
    """Say that process `name` is alive, with what it does; forgotten a minute after the last beat."""
    body = msgspec.json.encode({**facts, "name": name, "heard": now()})
    await redis.set(f"beat:{name}", body, ex=60)


async def beats(redis: "Redis") -> list[dict[str, Any]]:
    """Return the last beat of every process heard within a minute."""
    names = [key async for key in redis.scan_iter("beat:*", count=200)]
    if not names:
        return []
    bodies = await redis.mget(names)
    found = [msgspec.json.decode(body) for body in bodies if body]
    return sorted(found, key=lambda fact: str(fact["name"]))
