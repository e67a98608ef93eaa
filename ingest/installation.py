"""`up`: a whole installation on this machine, from an empty folder to the first live tile."""

import argparse
import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.exceptions import RedisError

from ingest.runner import Child, Supervisor, port_open
from models import demo
from models.clock import now
from models.errors import BadInput
from models.store import embedded, streams
from pbx import standin

READY_S = 120.0
LATER = (
    "demo", "history", "hotspots", "dispatch", "samples", "sample-feeds", "feeds", "positions", "vehicles",
)  # fmt: skip
"""Children nobody waits for: lists and maps fill while the screens are used."""
FIRST_TILE = ("web", "floor")
"""What the first live tile needs: whatever else starts waits for these, or it would take their processor."""
APP = str(Path(__file__).resolve().parent.parent / "app.py")


async def up(options: argparse.Namespace) -> int:
    """Start everything, print the address, and run until Ctrl-C; 0 when it was told to stop."""
    started = time.monotonic()
    data: Path = options.data.resolve()
    run = data / "run"
    run.mkdir(parents=True, exist_ok=True)
    lock = (run / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(f"already running: {_running(run)}")
        return 0
    exchange = _exchange_of(options.pbx)
    if exchange["kind"] == "asterisk":
        await asyncio.to_thread(standin.fetch_asterisk, data)
    secrets = embedded.keys(data)
    ports = _ports(options.port)
    env = _environment(options, exchange, secrets, ports, data)
    children = _children(options, exchange, env, secrets, ports, data)
    supervisor = Supervisor(data / "logs")
    told = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, told.set)
    try:
        supervisor.start(*children)
        later = () if options.empty else LATER
        await _until_ready(
            supervisor, told, [each.name for each in children if each.name not in later]
        )
        if not told.is_set():
            _write_state(run, ports, supervisor, children)
            _greet(ports["web"], options.pbx, time.monotonic() - started)
        await told.wait()
    except (RuntimeError, TimeoutError) as error:
        print(
            f"hotline: {error or 'not ready in time'}; logs are in {data / 'logs'}", file=sys.stderr
        )
        return 1
    finally:
        await supervisor.end(children)
        (run / "up.json").unlink(missing_ok=True)
    return 0


async def _until_ready(supervisor: Supervisor, told: asyncio.Event, names: list[str]) -> None:
    """Wait until every child is there and does what it can tell it does: listens, or has ended well."""
    ready = asyncio.ensure_future(supervisor.wait_ready(*names))
    stop = asyncio.ensure_future(told.wait())
    done, _ = await asyncio.wait(
        [ready, stop], timeout=READY_S, return_when=asyncio.FIRST_COMPLETED
    )
    stop.cancel()
    if ready in done:
        ready.result()
    else:
        ready.cancel()
        if not told.is_set():
            raise TimeoutError


def _running(run: Path) -> str:
    try:
        return str(json.loads((run / "up.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        return "starting"


def environment_of(data: Path) -> dict[str, str]:
    """Return the settings by which a command finds the running installation of a folder; BadInput if none."""
    try:
        ports = json.loads((data / "run/up.json").read_text(encoding="utf-8"))["ports"]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"nothing runs in {data}") from error
    options = argparse.Namespace(ami_user="", ami_secret_file=None, empty=False)
    env = _environment(options, {"kind": "simulator"}, embedded.keys(data), ports, data)
    return {name: value for name, value in env.items() if name != "HOTLINE_AMI_SECRET"}


def _exchange_of(words: str) -> dict[str, Any]:
    """Read --pbx; BadInput names what it may be."""
    if words in ("simulator", "asterisk"):
        return {"kind": words}
    if words.startswith("recording:"):
        name, _, speed = words.removeprefix("recording:").partition("@")
        path = Path(name)
        if not path.is_file():
            raise BadInput(f"--pbx: no recording {name}")
        try:
            pace = float((speed or "1").rstrip("x"))
        except ValueError:
            raise BadInput(f"--pbx: speed {speed!r} is not a number") from None
        return {"kind": "recording", "file": str(path.resolve()), "speed": pace}
    host, _, port = words.rpartition(":")
    if host and port.isdigit():
        return {"kind": "outside", "host": host, "port": int(port)}
    raise BadInput(f"--pbx {words!r}: simulator, recording:FILE[@speed], asterisk or HOST:PORT")


def _ports(web: int) -> dict[str, int]:
    names = ("postgres", "valkey", "ami", "samples", "positions")
    ports = {name: embedded.free_port() for name in names}
    return {**ports, "web": web or embedded.free_port()}


def _environment(
    options: argparse.Namespace,
    exchange: dict[str, Any],
    secrets: dict[str, str],
    ports: dict[str, int],
    data: Path,
) -> dict[str, str]:
    """Return the settings of the children: those of the environment win over the embedded ones."""
    base = f"127.0.0.1:{ports['postgres']}/hotline"
    host, ami = exchange.get("host", "127.0.0.1"), exchange.get("port", ports["ami"])
    secret = secrets["ami"]
    if exchange["kind"] == "outside":
        if options.ami_secret_file is None:
            raise BadInput("--pbx HOST:PORT needs --ami-secret-file")
        secret = options.ami_secret_file.read_text(encoding="utf-8").strip()
    user = options.ami_user if exchange["kind"] == "outside" else "hotline_reader"
    defaults = {
        "HOTLINE_DATABASE_URL": f"postgresql://hotline_app:{secrets['app']}@{base}",
        "HOTLINE_OWNER_DATABASE_URL": f"postgresql://hotline_owner:{secrets['owner']}@{base}",
        "HOTLINE_REDIS_URL": f"redis://:{secrets['valkey']}@127.0.0.1:{ports['valkey']}/0",
        "HOTLINE_EXCHANGES": (
            f"ami://{user}:{quote(secret, safe='')}@{host}:{ami}/pbx1?tenant={demo.TENANT}"
        ),
        "HOTLINE_ENCRYPTION_KEYS": secrets["encryption"],
        "HOTLINE_HASH_KEY": secrets["hash"],
        "HOTLINE_PORT": str(ports["web"]),
        "HOTLINE_FILES": str(data / "files"),
        "HOTLINE_POSITIONS_PORT": str(ports["positions"]),
        "HOTLINE_POSITIONS_TOKEN": secrets["positions"],
        "HOTLINE_DEMO": "1",
        # the sample feeds and their cameras are served on this machine
        "HOTLINE_FEEDS_LOOPBACK": "0" if options.empty else "1",
        "HOTLINE_AMI_SECRET": secret,
        "PYTHONUNBUFFERED": "1",
    }
    return {name: os.environ.get(name, value) for name, value in defaults.items()}


def _children(
    options: argparse.Namespace,
    exchange: dict[str, Any],
    env: dict[str, str],
    secrets: dict[str, str],
    ports: dict[str, int],
    data: Path,
) -> list[Child]:
    """Return the processes in the order they start; every one tolerates that the others are not there yet."""
    settings = {name: value for name, value in env.items() if name != "HOTLINE_AMI_SECRET"}

    def app(name: str, *words: str, **more: Any) -> Child:  # noqa: ANN401 - Child's own fields
        return Child(name, (sys.executable, APP, *words), env=settings, **more)

    children = []
    if "HOTLINE_REDIS_URL" not in os.environ:
        service = embedded.valkey(data / "valkey", secrets["valkey"], ports["valkey"])
        children.append(_store(service))
    if "HOTLINE_DATABASE_URL" not in os.environ:
        service = embedded.postgres(data / "postgres", secrets["owner"], ports["postgres"])
        children.append(_store(service, stop=signal.SIGINT))
    needs = ("postgres",) if "HOTLINE_DATABASE_URL" not in os.environ else ()
    children.append(app("database", "prepare", needs=needs, once=True))
    children += _exchange_child(options, exchange, env, ports, data)
    children += [
        app("ami", "ingest", "--loops", "ami"),
        app(
            "floor",
            "ingest",
            "--loops",
            "projector",
            needs=("database",),
            ready=_folding(env["HOTLINE_REDIS_URL"]),
        ),
        app("web", "web", ready=port_open(ports["web"])),
        # its stream keeps what it does not read yet, the screens cannot wait
        app("ledger", "ingest", "--loops", "archiver,relay,tickets,log,timers", needs=FIRST_TILE),
        # apart: nothing may hold up what moves on the map
        app("positions", "ingest", "--loops", "positions", needs=FIRST_TILE),
    ]
    filled: tuple[str, ...] = FIRST_TILE
    if not options.empty:
        children.append(app("demo", "seed", "--tickets", needs=FIRST_TILE, once=True))
        children.append(app("history", "seed", "--history", needs=("demo",), once=True))
        filled = ("history",)
        children += _bureaus(app, ports["samples"], data)
        children.append(
            app("vehicles", "units", "--simulate", "--seed", str(options.seed), needs=("demo",))
        )
    # apart: its arithmetic must not hold up the relay
    children.append(app("hotspots", "ingest", "--loops", "hotspots", needs=filled))
    # apart as well: it holds a city's graph
    children.append(app("dispatch", "ingest", "--loops", "dispatch", needs=filled))
    # apart, too: a bureau's large message is read while nobody else waits
    children.append(app("feeds", "ingest", "--loops", "feeds", needs=FIRST_TILE))
    return children


def _bureaus(app: Callable[..., Child], port: int, data: Path) -> list[Child]:
    """Return the demo's bureaus: a server that plays them, and the feeds that point at it."""
    address = f"http://127.0.0.1:{port}"
    words = ("samples", "--port", str(port), "--data", str(data))
    return [
        app("samples", *words, needs=FIRST_TILE, ready=port_open(port)),
        app("sample-feeds", "seed", "--feeds", address, needs=("samples",), once=True),
    ]


def _folding(url: str) -> Callable[[], Awaitable[bool]]:
    """Return a readiness check: the floor is folded, so the first screen finds something to show."""
    began = now()

    async def check() -> bool:
        redis = streams.connect(url)
        try:
            alive: Any = await redis.hget(streams.floor_state(demo.TENANT), "alive")
        except (RedisError, OSError):
            return False
        finally:
            await redis.aclose()
        return float(alive or 0) > began

    return check


def _store(service: embedded.Service, stop: signal.Signals = signal.SIGTERM) -> Child:
    return Child(
        service.name, service.argv, ready=port_open(service.port), stop_signal=stop,
        before_exec=service.before_exec, cwd=service.cwd, store=True,
    )  # fmt: skip


def _exchange_child(
    options: argparse.Namespace,
    exchange: dict[str, Any],
    env: dict[str, str],
    ports: dict[str, int],
    data: Path,
) -> list[Child]:
    words = {
        "simulator": ["--speed", str(options.speed), "--seed", str(options.seed)],
        "recording": ["--file", exchange.get("file", ""), "--speed", str(exchange.get("speed", 1))],
        "asterisk": ["--data", str(data)],
    }.get(exchange["kind"])
    if words is None:
        return [Child("exchange", ("/bin/true",), once=True)]
    argv = (sys.executable, APP, "pbx", exchange["kind"], "--port", str(ports["ami"]), *words)
    secret = {"HOTLINE_AMI_SECRET": env["HOTLINE_AMI_SECRET"]}
    return [Child("exchange", argv, env=secret, ready=port_open(ports["ami"]))]


def _write_state(
    run: Path, ports: dict[str, int], supervisor: Supervisor, children: list[Child]
) -> None:
    state = {
        "url": f"http://127.0.0.1:{ports['web']}",
        "pid": os.getpid(),
        "ports": ports,
        "pids": {child.name: supervisor.pid(child.name) for child in children if not child.once},
    }
    whole = run / "up.json.new"
    whole.write_text(json.dumps(state), encoding="utf-8")
    whole.replace(run / "up.json")  # who reads it never sees half of it


def _greet(port: int, pbx: str, seconds: float) -> None:
    print(
        f"\n  12345 值守 is up after {seconds:.1f} s   http://127.0.0.1:{port}/wall   (exchange: {pbx})"
    )
    print("\n  demo logins (login / password):")
    for login, password, label in demo.LOGINS:
        print(f"    {login:<8} {password}   {label}")
    print("\n  Ctrl-C stops everything.", flush=True)
