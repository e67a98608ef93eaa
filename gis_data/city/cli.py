"""What `./hotline import roads|osm|districts|places` and `./hotline city` do."""

import logging
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine

from gis_data.city import bundle, versions
from gis_data.city.check import check, errors
from gis_data.city.imports import mapping, merge
from gis_data.city.imports.report import Report
from gis_data.city.present import present
from models.clock import Instant, now
from models.errors import BadInput, NotFound
from models.store import db
from models.store.files import Files


@dataclass(frozen=True, slots=True)
class Doors:
    """What the commands work on."""

    engine: Engine
    tenant_id: int
    store: Files


def bring(
    doors: Doors, what: str, file: Path, *, plan: Path | None, crs: str, dry_run: bool
) -> int:
    """Make a new version out of the present one and a file; print the report; return the exit code.

    0 : all rows taken; 1 : some refused; 2 : no version made. A dry run writes nothing.
    """
    logging.getLogger("pyogrio").setLevel(logging.WARNING)  # it tells every file it writes
    said = _plan(plan, what)
    if crs:
        said = mapping.judged(msgspec.structs.replace(said, crs=crs), what)
    with db.transaction(doors.engine, doors.tenant_id) as session:
        base = present(session, doors.store)
    try:
        outcome = merge.bring(what, file, said, base)
    except BadInput as error:
        report = error.facts.get("report")
        if isinstance(report, Report):
            print("\n".join(report.lines()))
        raise
    print("\n".join(outcome.report.lines()))
    refused = 1 if outcome.report.refused else 0
    if not outcome.report.good:
        print("no version made: mend the errors above")
        return 2
    if dry_run:
        print("a version could be made of it (nothing was written)")
        return refused
    row = _keep(doors, outcome, now())
    print(f"version {row}; take it up with: hotline city activate {row}")
    return refused


def _plan(path: Path | None, what: str) -> mapping.Plan:
    if path is None:
        return mapping.judged(mapping.Plan(), what)
    try:
        return mapping.parse(path.read_text(encoding="utf-8"), what)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}", reason="mapping") from error


def _keep(doors: Doors, outcome: merge.Outcome, at: Instant) -> int:
    with TemporaryDirectory(prefix="hotline-") as folder:
        path = Path(folder) / "city.zip"
        outcome.write(path)
        with db.transaction(doors.engine, doors.tenant_id) as session:
            row = versions.add(
                session, doors.store, path, report=outcome.report.plain(),
                actor=versions.System(), now=at,
            )  # fmt: skip
            return row.id


def show(doors: Doors, zone: str) -> int:
    """Print the versions, newest first."""
    with db.transaction(doors.engine, doors.tenant_id) as session:
        for row in versions.versions(session):
            at = row.imported_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
            rows = row.manifest.get("layers", {})
            what = ", ".join(f"{name} {held['rows']:,}" for name, held in rows.items())
            print(
                f"{'*' if row.active else ' '} {row.id:>4}  {at}  {row.sha256[:12]}  {row.name}  {what}"
            )
    return 0


def activate(doors: Doors, city_id: int | None) -> int:
    """Take a version up; None goes back to the one before."""
    with db.transaction(doors.engine, doors.tenant_id) as session:
        was = versions.active(session)
        if city_id is not None:
            row = versions.activate(
                session,
                city_id,
                was=None if was is None else was.id,
                actor=versions.System(),
                now=now(),
            )
        elif was is not None:
            row = versions.roll_back(session, was=was.id, actor=versions.System(), now=now())
        else:
            raise NotFound("no version is active")
        print(f"version {row.id} ({row.name}) is active")
    return 0


def judge(path: Path) -> int:
    """Check a bundle and print what is wrong with it; 1 when there are errors, or what must be mended."""
    city = bundle.read(path)
    layers = {name: city.layer(name) for name in city.manifest.layers}
    _, faults = check(layers)
    for fault in faults:
        print(f"{fault.severity}: {fault.text}")
    amiss = errors(faults) or [fault for fault in faults if fault.severity == "mended"]
    print(
        f"{city.manifest.name} {city.sha256[:12]}: {'see above' if amiss else 'nothing is amiss'}"
    )
    return 1 if amiss else 0
