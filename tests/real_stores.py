"""Real Valkey and PostgreSQL for the tests: start, kill, freeze, and come back on the same port and data."""

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from waiting import eventually, until

from models.settings import Exchange, Settings
from models.store import embedded
from models.store.migrate import migrate


class Store:
    """One embedded store as a child of the test run."""

    def __init__(self, service: embedded.Service, url: str, stop: signal.Signals) -> None:
        self._service = service
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self.url = url

    def start(self) -> None:
        """Start it and wait until it answers; one that cannot start at once is tried again."""
        until(self._started, within_s=30)

    async def come_back(self) -> None:
        """Do the same while the loop goes on."""

        async def started() -> None:
            self._spawn()
            assert await asyncio.to_thread(self.answers), f"{self._service.name} does not answer"

        await eventually(started, within_s=30)

    def _started(self) -> None:
        self._spawn()
        assert self.answers(), f"{self._service.name} does not answer"

    def _spawn(self) -> None:
        """Fork from the main thread: the child dies with the thread that made it."""
        if self._process is None or self._process.poll() is not None:
            with (self._service.cwd / "output.log").open("ab") as output:
                self._process = subprocess.Popen(
                    self._service.argv, preexec_fn=self._service.before_exec,  # noqa: PLW1509 - see above
                    cwd=self._service.cwd, stdout=output, stderr=output,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip

    def answers(self) -> bool:
        """Whether it takes a question now."""
        try:
            if self.url.startswith("redis"):
                with Redis.from_url(self.url, protocol=2, socket_timeout=1) as door:
                    return bool(door.ping())
            with psycopg.connect(self.url, connect_timeout=1):
                return True
        except (RedisError, OSError, psycopg.Error):
            return False

    def kill(self) -> None:
        """Kill it as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop it from running; connections stay open and silent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Stop it for good."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(self._stop)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Stores:
    """A Valkey and a migrated PostgreSQL; `database_url` is the application's role."""

    valkey: Store
    postgres: Store
    redis_url: str
    database_url: str
    owner_url: str
    settings: Settings

    def for_tenant(self, slug: str, *exchanges: Exchange, **more: Any) -> Settings:
        """Return settings of a tenant with its exchanges."""
        return replace(self.settings, tenant=slug, exchanges=exchanges, **more)

    def environment(self, settings: Settings) -> dict[str, str]:
        """Return the environment by which a process of the product gets `settings`."""
        links = [
            f"ami://{x.username}:{x.secret}@{x.host}:{x.port}/{x.name}?tenant={x.tenant}"
            f"&contexts={','.join(x.contexts)}"
            for x in settings.exchanges
        ]
        ours = {
            name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")
        }
        return ours | {
            "HOTLINE_DATABASE_URL": settings.database_url,
            "HOTLINE_OWNER_DATABASE_URL": self.owner_url,
            "HOTLINE_REDIS_URL": settings.redis_url,
            "HOTLINE_EXCHANGES": ";".join(links),
            "HOTLINE_ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
            "HOTLINE_HASH_KEY": settings.hash_key,
            "HOTLINE_TENANT": settings.tenant,
            "HOTLINE_FILES": str(settings.files),
            "HOTLINE_SNAPSHOT_S": str(settings.snapshot_s),
        }  # fmt: skip


@contextmanager
def running_stores(folder: Path) -> Iterator[Stores]:
    """Start both in `folder`, migrated, and end them afterwards."""
    keys = embedded.keys(folder)
    ports = embedded.free_port(), embedded.free_port()
    redis_url = f"redis://:{keys['valkey']}@127.0.0.1:{ports[0]}/0"
    server = f"127.0.0.1:{ports[1]}"
    owner_url = f"postgresql://hotline_owner:{keys['owner']}@{server}/hotline"
    app_url = f"postgresql://hotline_app:{keys['app']}@{server}/hotline"
    valkey = Store(
        embedded.valkey(folder / "valkey", keys["valkey"], ports[0]), redis_url, signal.SIGTERM
    )
    postgres = Store(
        embedded.postgres(folder / "postgres", keys["owner"], ports[1]),
        f"postgresql://hotline_owner:{keys['owner']}@{server}/postgres",
        signal.SIGINT,
    )
    settings = Settings(
        database_url=app_url, redis_url=redis_url, owner_database_url=owner_url,
        encryption_keys=(keys["encryption"],), hash_key=keys["hash"], tenant="none",
        files=folder / "files",
    )  # fmt: skip
    try:
        valkey.start()
        postgres.start()
        migrate(owner_url, app_url)
        yield Stores(valkey, postgres, redis_url, app_url, owner_url, settings)
    finally:
        valkey.end()
        postgres.end()


def fresh_slug() -> str:
    """Return a tenant's name nobody used: streams, leases and rows of two tests never meet."""
    return f"t{secrets.token_hex(5)}"
