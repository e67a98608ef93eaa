"""The simulated exchange on a TCP port, its clock tied to the real one."""

import asyncio
import time
from collections.abc import Mapping

from pbx.dialect import Account, Action, AmiServer, Reply, Rows, encode
from pbx.simulator.plan import Plan, demo_plan
from pbx.simulator.world import World

MIN_SLEEP_S = 0.01  # batches the events of a busy floor
MAX_SLEEP_S = 0.25


class SimulatedExchange:
    """A world whose time follows the real clock, `speed` world seconds to a real one."""

    def __init__(self, world: World, speed: float, began: float) -> None:
        """Tie the world's start to the monotonic instant `began`, in seconds."""
        self.world = world
        self.speed = speed
        self.server: AmiServer | None = None
        self._began = began

    def uptime_s(self) -> int:
        """Return the world seconds since the start."""
        return int(self._world_time() - self.world.start_at)

    def queue_status(self, queue: str) -> Rows:
        """Return the queue list of this very moment."""
        self.catch_up()
        return self.world.queue_status(queue)

    def queue_summary(self, queue: str) -> Rows:
        """Return the queue summary of this very moment."""
        self.catch_up()
        return self.world.queue_summary(queue)

    def device_states(self) -> Rows:
        """Return the device list of this very moment."""
        self.catch_up()
        return self.world.device_states()

    def channels(self) -> Rows:
        """Return the channel list of this very moment."""
        self.catch_up()
        return self.world.channels()

    def act(self, action: Action) -> Reply | None:
        """Carry out an action now; its events follow the answer."""
        self.catch_up()
        reply = self.world.act(action)
        asyncio.get_running_loop().call_soon(self.catch_up)
        return reply

    def _world_time(self) -> float:
        return self.world.start_at + (time.monotonic() - self._began) * self.speed

    def catch_up(self) -> None:
        """Bring the world to the present and publish what happened on the way."""
        frames = self.world.advance(self._world_time())
        if frames and self.server is not None:
            self.server.publish(b"".join([encode(headers) for _at, headers in frames]))

    async def keep_up(self) -> None:
        """Follow the real clock for ever."""
        while True:
            self.catch_up()
            wait_s = (self.world.next_at() - self._world_time()) / self.speed
            await asyncio.sleep(min(max(wait_s, MIN_SLEEP_S), MAX_SLEEP_S))


async def serve(
    *,
    accounts: Mapping[str, Account],
    host: str = "127.0.0.1",
    port: int = 0,
    plan: Plan | None = None,
    seats: int = 120,
    calls_per_s: float | None = None,
    seed: int = 1,
    speed: float = 1.0,
    surge: float = 1.0,
) -> AmiServer:
    """Start a simulated exchange; `seats` and `calls_per_s` shape the demo when no plan is given."""
    if speed <= 0:
        raise ValueError("speed must be above 0")
    chosen = plan or demo_plan(seats, calls_per_s=calls_per_s)
    # Both clocks are read before the warm-up, whose second would else be missing ever after.
    now, began = time.time(), time.monotonic()
    exchange = SimulatedExchange(World(chosen, seed, now, surge=surge), speed, began)
    server = AmiServer(exchange, accounts)
    await server.listen(host, port)
    exchange.server = server
    server.run_beside(exchange.keep_up())
    return server


async def run(
    *,
    accounts: Mapping[str, Account],
    host: str = "127.0.0.1",
    port: int = 5038,
    plan: Plan | None = None,
    seats: int = 120,
    calls_per_s: float | None = None,
    seed: int = 1,
    speed: float = 1.0,
    surge: float = 1.0,
) -> None:
    """Serve a simulated exchange until cancelled."""
    server = await serve(
        accounts=accounts,
        host=host,
        port=port,
        plan=plan,
        seats=seats,
        calls_per_s=calls_per_s,
        seed=seed,
        speed=speed,
        surge=surge,
    )
    try:
        await server.done.wait()
    finally:
        await server.close()
