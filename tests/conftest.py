"""Fixtures every test may use: real stores, a tenant of its own, the whole installation, a real exchange.

What is not on this machine is skipped aloud and listed at the end; where CI is set it is a failure.
"""

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from real_stores import Stores, fresh_slug, running_stores
from redis.asyncio import Redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from whole_stack import Stack, running_stack

from models.errors import Unavailable
from models.store import db, embedded, streams
from models.tables import Tenant
from pbx.bed.errors import BedUnavailable
from pbx.bed.exchange import Bed, start
from pbx.bed.phones import Behaviour, call, start_seats

sys.path.append(str(Path(__file__).parent / "integration"))  # bed_support, for whoever needs a bed


def missing(what: str) -> NoReturn:
    """Skip for want of a real part; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"not on this machine: {what}")
    pytest.skip(f"not on this machine: {what}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask for the long session on the bed last: it runs beside the others meanwhile."""
    items.sort(key=asks_for_session)


def asks_for_session(item: pytest.Item) -> bool:
    """Whether a test reads the bed's long session."""
    return "floor_session" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Close with what this run did not prove."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if not reasons:
        return
    terminalreporter.section(f"NOT VERIFIED HERE: {sum(reasons.values())} tests")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count:4d}  {reason}")


def _reason(report: Any) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(said).removeprefix("Skipped: ")


# --- stores ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Valkey and a migrated PostgreSQL for the whole run; tests are kept apart by tenant."""
    try:
        embedded.valkey_binary()
        embedded.postgres_bin()
    except Unavailable as error:
        missing(str(error))
    folder = tmp_path_factory.mktemp("stores")
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)  # PostgreSQL runs as another user than root
    with running_stores(folder) as running:
        yield running


@pytest.fixture(scope="session")
def engine(stores: Stores) -> Iterator[Engine]:
    """The database as the application's role sees it."""
    made = db.engine_for(stores.database_url, pool=10)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def owner(stores: Stores) -> Iterator[Engine]:
    """The database as the owner of its tables sees it."""
    made = create_engine(stores.owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    yield made
    made.dispose()


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant of one test."""

    id: int
    slug: str


@pytest.fixture
def tenant(engine: Engine) -> Place:
    """A tenant nobody else uses."""
    return new_tenant(engine)


@pytest.fixture
def neighbour(engine: Engine) -> Place:
    """A second tenant, to look over the fence."""
    return new_tenant(engine)


def new_tenant(engine: Engine) -> Place:
    """Put a fresh tenant into the database."""
    slug = fresh_slug()
    with Session(engine) as session, session.begin():
        row = Tenant(slug=slug, city="云州市", zone="Asia/Shanghai")
        session.add(row)
        session.flush()
        return Place(row.id, slug)


@pytest.fixture
def session(engine: Engine, tenant: Place) -> Iterator[Session]:
    """A transaction in the test's tenant, rolled back at the end."""
    with Session(engine, expire_on_commit=False) as opened:
        opened.execute(text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(tenant.id)})
        yield opened
        opened.rollback()


@pytest.fixture
async def redis(stores: Stores) -> AsyncIterator["Redis"]:
    """A connection to Valkey; streams carry the test's own tenant in their names."""
    door = streams.connect(stores.redis_url)
    yield door
    await door.aclose()


# --- the whole house ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`app.py up` with the simulator, in a folder of its own."""
    folder = tmp_path_factory.mktemp("stack")
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    with running_stack(folder / "data") as running:
        yield running


# --- a real exchange ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RealExchange:
    """A real Asterisk under traffic, with a controller's account."""

    host: str
    port: int
    username: str
    secret: str
    bed: Bed


@pytest.fixture(scope="session")
def asterisk_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealExchange]:
    """A real Asterisk on which citizens call and agents answer all the time."""
    from bed_support import require_bed

    from models.demo import seats

    root = require_bed()
    at_work = seats()[::10]
    behaviours = {seat.extension: Behaviour("answer", 0.3, 1.5) for seat in at_work}
    with ExitStack() as running:
        try:
            bed = running.enter_context(
                start(root, work=tmp_path_factory.mktemp("asterisk"), seats=at_work)
            )
            running.enter_context(start_seats(bed, behaviours))
            for queue, number in (("consult", "13900000000"), ("complaint", "13900500000")):
                endless = call(
                    bed, bed.extension_of(queue), number=number, count=100_000, rate=1.5,
                    patience_s=20,
                )  # fmt: skip
                running.enter_context(endless)
        except BedUnavailable as error:
            missing(str(error))
        yield RealExchange(bed.ami_host, bed.ami_port, bed.control.user, bed.control.secret, bed)


@pytest.fixture(scope="session", autouse=True)
def session_beside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Any]]:
    """Start the bed's long session beside the other tests, if any of this run asks for it."""
    running = []
    if any(map(asks_for_session, request.session.items)):
        from floor_session import FloorSession

        engine, stores = request.getfixturevalue("engine"), request.getfixturevalue("stores")
        folder = tmp_path_factory.mktemp("session")
        running.append(FloorSession(stores, engine, new_tenant(engine), folder))
    yield running
    for session in running:
        session.wait()


@pytest.fixture(scope="session")
def floor_session(session_beside: list[Any]) -> Any:
    """What the session on a real Asterisk came to."""
    return session_beside[0].result()
