"""The command line and all wiring: every behaviour starts here. One subcommand, one process.

`./hotline up` runs a whole embedded installation; production runs `web`, `ingest` and `migrate`
one by one with settings from the environment (docs/settings.md).
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from models import process
from models.errors import BadInput, HotlineError
from models.settings import Settings, load

if TYPE_CHECKING:
    from gis_data.city.cli import Doors

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
CITY_FILES = ("roads", "osm", "districts", "places")
LOOPS = (
    "ami", "projector", "archiver", "relay", "tickets", "log", "timers", "hotspots", "dispatch",
    "feeds", "positions",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; return its exit code."""
    options = _parser().parse_args(argv)
    try:
        code: int | None = options.run(options)
    except HotlineError as error:
        print(f"hotline: {error.code}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hotline", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    up = _verb(verbs, "up", _up, "run everything on this machine, with a demo city")
    up.add_argument("--data", type=Path, default=Path(".data"), help="folder that survives (.data)")
    up.add_argument("--port", type=int, default=8765, help="web port (8765; 0 = any free one)")
    up.add_argument(
        "--pbx", default="simulator",
        help="simulator | recording:FILE[@speed] | asterisk | HOST:PORT (with --ami-user, --ami-secret)",
    )  # fmt: skip
    up.add_argument("--ami-user", default="hotline_reader")
    up.add_argument("--ami-secret-file", type=Path, help="file with the AMI secret of HOST:PORT")
    up.add_argument("--speed", type=float, default=1.0, help="simulator: seconds per second")
    up.add_argument("--seed", type=int, default=1, help="simulator: same seed, same floor")
    up.add_argument("--empty", action="store_true", help="without the demo's tickets")

    _verb(verbs, "web", _web, "serve the screens")
    ingest = _verb(verbs, "ingest", _ingest, "run the loops between exchange, streams and database")
    ingest.add_argument("--loops", default=",".join(LOOPS), help=f"of {','.join(LOOPS)}")
    _verb(verbs, "migrate", _migrate, "bring the database up to date")
    seed = _verb(verbs, "seed", _seed, "put the demo centre into the database; safe to repeat")
    seed.add_argument(
        "--tickets", action="store_true", help="tickets of a fortnight, if there are none"
    )
    seed.add_argument(
        "--history",
        action="store_true",
        help="tickets of the eight weeks before, if there are none",
    )
    seed.add_argument("--feeds", metavar="URL", help="feeds of the sample server at this address")
    _verb(verbs, "prepare", _prepare, "migrate, then seed")
    verify = _verb(verbs, "verify", _verify, "count every figure again, and walk the sealed logs")
    verify.add_argument("--data", type=Path, help="folder of a running `up`, instead of settings")

    _upkeep(verbs)

    pbx = _verb(verbs, "pbx", _pbx, "run a stand-in exchange (used by up)")
    pbx.add_argument("kind", choices=("simulator", "recording", "asterisk"))
    pbx.add_argument("--port", type=int, default=5038)
    pbx.add_argument("--file", type=Path)
    pbx.add_argument("--speed", type=float, default=1.0)
    pbx.add_argument("--seed", type=int, default=1)
    pbx.add_argument("--seats", type=int, default=120)
    pbx.add_argument("--calls-per-s", type=float)
    pbx.add_argument("--data", type=Path, default=Path(".data"))

    samples = _verb(verbs, "samples", _samples, "serve the bureaus' sample feeds (used by up)")
    samples.add_argument("--port", type=int, default=8766)
    samples.add_argument("--data", type=Path, default=Path(".data"))

    units = _verb(verbs, "units", _units, "a stand-in for the response units' devices (used by up)")
    units.add_argument("--simulate", action="store_true", required=True, help="drive them")
    units.add_argument("--host", default="127.0.0.1", help="where the loop `positions` listens")
    units.add_argument("--port", type=int, default=0, help="its port (HOTLINE_POSITIONS_PORT)")
    units.add_argument("--seed", type=int, default=1, help="same seed, same drives")

    replay = _verb(verbs, "replay", _replay, "fold a recorded AMI session and print its figures")
    replay.add_argument("file", type=Path)
    replay.add_argument("--json", action="store_true", help="one JSON object")
    replay.add_argument(
        "--sl", action="append", default=[], metavar="NAME=SECONDS",
        help="service level of a queue; NAME default for the others",
    )  # fmt: skip

    bench = _verb(verbs, "bench", _bench, "measure, as a ratio to a baseline in the same run")
    bench.add_argument("what", choices=("floor", "tickets", "routing", "hotspots", "command"))
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    return parser


def _upkeep(verbs: _Verbs) -> None:
    """What an administrator runs now and then."""
    history = _verb(
        verbs, "import", _import, "bring old tickets (docs/import.md), or a new version of the city"
    )
    history.add_argument("what", choices=("tickets", *CITY_FILES))
    history.add_argument("file", type=Path)
    history.add_argument("--mapping", type=Path, help="TOML: how to read the file")
    history.add_argument("--crs", default="", help="of a map: wgs84, gcj02, bd09 or EPSG:...")
    history.add_argument("--dry-run", action="store_true", help="count and judge, write nothing")
    history.add_argument("--rejected", type=Path, help="CSV for the rows refused, with the reasons")
    history.add_argument("--batch", type=int, default=1000, help="rows in a transaction (1000)")
    history.add_argument("--data", type=Path, help="folder of a running `up`, instead of settings")

    city = _verb(verbs, "city", _city, "the versions of the city (docs/city.md)")
    city.add_argument("do", choices=("list", "activate", "back", "check"))
    city.add_argument("what", nargs="?", help="activate: a version's number; check: a bundle")
    city.add_argument("--data", type=Path, help="folder of a running `up`, instead of settings")

    told = _verb(
        verbs, "tell", _tell, "a bureau's table of the moment: speeds, or the city's state"
    )
    told.add_argument("what", choices=("speeds", "state"))
    told.add_argument("file", type=Path)
    told.add_argument("--source", required=True, help="state: the bureau; speeds: who measured")
    told.add_argument("--minutes", type=float, default=10.0, help="how long it is good (10)")
    told.add_argument("--crs", default="", help="state: wgs84, gcj02 or bd09")
    told.add_argument("--data", type=Path, help="folder of a running `up`, instead of settings")

    purge = _verb(verbs, "purge", _purge, "delete contents of removed files that no row holds")
    purge.add_argument(
        "--older", type=int, default=30, help="removed at least so many days ago (30)"
    )
    purge.add_argument("--dry-run", action="store_true", help="count, delete and write nothing")
    purge.add_argument("--data", type=Path, help="folder of a running `up`, instead of settings")


def _verb(
    verbs: _Verbs,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    text: str,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(run=run)
    return verb


def _settings() -> Settings:
    settings = load(os.environ)
    _log(settings.log_level)
    return settings


def _settings_of(data: Path | None) -> Settings:
    """Return the settings of the `up` that runs in a folder, or those of the environment."""
    if data:
        from ingest.installation import environment_of

        os.environ.update(environment_of(data))
    return _settings()


def _log(level: str) -> None:
    """Log one JSON object a line, from every library alike."""
    import structlog

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)


# --- production processes -------------------------------------------------------------------


def _web(_options: argparse.Namespace) -> None:
    process.start()
    from dashboard.server import serve
    from portal.site import Site

    settings = _settings()
    serve(settings, Site(settings))


def _ingest(options: argparse.Namespace) -> None:
    chosen = tuple(options.loops.split(","))
    unknown = set(chosen) - set(LOOPS)
    if unknown:
        raise SystemExit(f"hotline ingest: no such loop: {', '.join(sorted(unknown))}")
    process.start()
    import uvloop

    from ingest.wiring import run_loops

    uvloop.run(run_loops(_settings(), chosen))


def _migrate(_options: argparse.Namespace) -> None:
    from models.store.migrate import migrate

    settings = _settings()
    print(migrate(settings.owner_database_url or settings.database_url, settings.database_url))


def _seed(options: argparse.Namespace) -> None:
    from gis_data.city.versions import seed_demo
    from models.clock import now
    from models.demo import TENANT
    from models.store.crypto import Vault
    from models.store.db import engine_for, tenant_id_of
    from models.store.files import Files
    from models.store.seed import seed

    settings = _settings()
    engine = engine_for(settings.database_url)
    seed(engine)
    seed_demo(engine, tenant_id_of(engine, TENANT), Files(settings.files), now=now())
    vault = Vault(settings.encryption_keys, settings.hash_key)
    tenant_id = tenant_id_of(engine, settings.tenant)
    from command import demo as command_demo

    command_demo.base(engine, tenant_id, now=now())
    if options.tickets:
        from command import demo_whole
        from tickets import demo

        print(f"{demo.fill(engine, tenant_id, vault, settings.zone, now=now())} demo tickets")
        for line in demo_whole.fill(engine, tenant_id, Files(settings.files), vault, now=now()):
            print(line)
    if options.history:
        from tickets import demo

        made = demo.fill_history(engine, tenant_id, vault, settings.zone, now=now())
        print(f"{made} demo tickets of the weeks before")
    if options.feeds:
        from gis_data.feeds.samples import seed as samples

        named = samples.fill(engine, tenant_id, options.feeds, vault, now=now())
        print(f"{len(named)} sample feeds: {', '.join(named)}")


def _prepare(options: argparse.Namespace) -> None:
    process.start()
    _migrate(options)
    _seed(argparse.Namespace(tickets=False, history=False, feeds=None, **vars(options)))


def _verify(options: argparse.Namespace) -> int:
    from ingest.verify import verify
    from models.store.db import engine_for

    settings = _settings_of(options.data)
    faults = verify(
        settings, engine_for(settings.database_url), lambda line: print(line, flush=True)
    )
    print("\n".join(faults[:100]) or "nothing is amiss")
    return 1 if faults else 0


def _purge(options: argparse.Namespace) -> None:
    from models.clock import now
    from models.store.db import engine_for, tenant_id_of, transaction
    from models.store.files import Files
    from tickets import purge
    from tickets.moving import Actor

    if options.older < 1:
        raise BadInput("--older: at least 1 day, for files that are being added")
    settings = _settings_of(options.data)
    engine, files = engine_for(settings.database_url), Files(settings.files)
    tenant, at = tenant_id_of(engine, settings.tenant), now()
    before, who = at - options.older * 86_400, Actor(0, "purge", frozenset({purge.PERMISSION}))
    with transaction(engine, tenant) as session:
        if options.dry_run:
            found = purge.unheld(session, files, before=before)
        else:
            found = purge.condemn(session, files, before=before, actor=who, now=at)
    size = f"{sum(size for _, size in found) / 1e6:.1f} MB"
    if options.dry_run:
        print(f"{len(found)} contents would be deleted ({size})")
        return
    with transaction(engine, tenant) as session:
        gone = purge.delete(session, files, [digest for digest, _ in found], before=before)
    print(f"{gone} of {len(found)} contents deleted ({size})")


def _import(options: argparse.Namespace) -> int:
    if options.what in CITY_FILES:
        from gis_data.city import cli

        return cli.bring(
            _city_doors(options), options.what, options.file, plan=options.mapping,
            crs=options.crs, dry_run=options.dry_run,
        )  # fmt: skip
    if options.mapping is None:
        raise BadInput("import tickets needs --mapping")
    from models.clock import now
    from models.store.crypto import Vault
    from models.store.db import engine_for, tenant_id_of
    from tickets.history import job, mapping

    try:
        plan = mapping.parse(options.mapping.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{options.mapping}: {error}") from error
    settings = _settings_of(options.data)
    engine = engine_for(settings.database_url)
    began = time.monotonic()

    def line(counts: job.Counts) -> str:
        pace = counts.read / max(time.monotonic() - began, 0.001)
        return (
            f"{counts.read:,} rows: {counts.made:,} new, {counts.known:,} known, "
            f"{counts.rejected:,} rejected ({pace:,.0f} rows/s)"
        )

    live = sys.stderr.isatty()
    done = job.run(
        engine, tenant_id_of(engine, settings.tenant), options.file, plan,
        vault=Vault(settings.encryption_keys, settings.hash_key), now=now(), batch=options.batch,
        dry_run=options.dry_run, rejected=options.rejected,
        tell=lambda counts: print(
            f"\r\033[K{line(counts)}" if live else line(counts), end="" if live else "\n",
            file=sys.stderr, flush=True,
        ),
    )  # fmt: skip
    print(f"{chr(10) * live}{'would be: ' * options.dry_run}{line(done)}")
    return 1 if done.rejected else 0


def _city(options: argparse.Namespace) -> int:
    from gis_data.city import cli

    if options.do == "check":
        if not options.what:
            raise BadInput("city check FILE")
        return cli.judge(Path(options.what))
    doors = _city_doors(options)
    if options.do == "list":
        return cli.show(doors, _settings().zone)
    if options.do == "activate" and not str(options.what).isdigit():
        raise BadInput("city activate N: a number of `city list`")
    return cli.activate(doors, int(options.what) if options.do == "activate" else None)


def _tell(options: argparse.Namespace) -> None:
    from gis_data.city.present import present
    from gis_data.roads.table import of_city
    from gis_data.telling import tell_speeds, tell_state
    from models.clock import now
    from models.store.db import transaction

    doors = _city_doors(options)
    with transaction(doors.engine, doors.tenant_id) as session:
        if options.what == "state":
            lines = tell_state(
                session, options.file, bureau=options.source, datum=options.crs,
                minutes=options.minutes, now=now(),
            )  # fmt: skip
        else:
            city = present(session, doors.store)
            if city is None:
                raise BadInput("no city is active")
            lines = tell_speeds(
                session, of_city(city), options.file, source=options.source,
                minutes=options.minutes, now=now(),
            )  # fmt: skip
    print("\n".join(lines))


def _city_doors(options: argparse.Namespace) -> "Doors":
    from gis_data.city.cli import Doors
    from models.store.db import engine_for, tenant_id_of
    from models.store.files import Files

    settings = _settings_of(options.data)
    engine = engine_for(settings.database_url)
    return Doors(engine, tenant_id_of(engine, settings.tenant), Files(settings.files))


# --- exchanges ------------------------------------------------------------------------------


def _pbx(options: argparse.Namespace) -> None:
    process.start()
    from pbx.standin import run_recording, run_simulator

    _log("INFO")
    secret = os.environ.get("HOTLINE_AMI_SECRET", "")
    if not secret:
        raise SystemExit("hotline pbx: HOTLINE_AMI_SECRET is not set")
    match options.kind:
        case "simulator":
            asyncio.run(
                run_simulator(
                    port=options.port, secret=secret, speed=options.speed, seed=options.seed,
                    seats=options.seats, calls_per_s=options.calls_per_s,
                )
            )  # fmt: skip
        case "recording":
            asyncio.run(
                run_recording(options.file, port=options.port, secret=secret, pace=options.speed)
            )
        case _:
            from pbx.standin import run_asterisk

            run_asterisk(options.data, port=options.port, secret=secret)


def _samples(options: argparse.Namespace) -> None:
    process.start()
    from gis_data.feeds.samples import server
    from gis_data.feeds.samples.town import town
    from models.clock import now

    _log("INFO")
    app = server.create_app(town(), options.data / "video", now)
    process.settle()
    server.serve(app, options.port)


def _units(options: argparse.Namespace) -> None:
    process.start()
    from ingest.positions.simulator import Simulator
    from models.store.db import engine_for

    settings = _settings()
    port = options.port or settings.positions_port
    if not port or not settings.positions_token:
        raise BadInput("HOTLINE_POSITIONS_PORT and HOTLINE_POSITIONS_TOKEN must be set")
    engine = engine_for(settings.database_url, pool=1)
    driven = Simulator(settings, engine, host=options.host, port=port, seed=options.seed)
    asyncio.run(driven.run())


# --- everything at once ---------------------------------------------------------------------


def _up(options: argparse.Namespace) -> int:
    from ingest.installation import up

    return asyncio.run(up(options))


def _replay(options: argparse.Namespace) -> None:
    from pbx.replay import figures

    levels: dict[str, int] = {}
    for pair in options.sl:
        name, _, seconds = pair.partition("=")
        if not seconds.isdigit():
            raise SystemExit(f"hotline replay: --sl {pair!r} is not NAME=SECONDS")
        levels[name] = int(seconds)
    result = figures(options.file, levels)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print(f"{'queue':<16}{'entered':>9}{'answered':>10}{'abandoned':>11}{'timeout':>9}{'in SL':>7}")
    for name, row in [*result["queues"].items(), ("total", result["total"])]:
        print(
            f"{name:<16}{row['entered']:>9}{row['answered']:>10}{row['abandoned']:>11}"
            f"{row['timeout']:>9}{row['within_sl']:>7}"
        )


def _bench(options: argparse.Namespace) -> None:
    from importlib import import_module

    figures = import_module(f"tests.bench.{options.what}").run(quick=options.quick)
    print(json.dumps(figures, ensure_ascii=False, indent=None if options.json else 2))


if __name__ == "__main__":
    sys.exit(main())
