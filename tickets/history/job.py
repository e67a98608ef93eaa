"""The import as a whole: a file of any length through bounded memory, a batch a transaction.

Killed at any moment and started again it comes to the same: a batch is there whole or not at all, and a
key that is here is passed over. Unlike a service, it opens its own transactions.
"""

import csv
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from sqlalchemy import Engine

from models.clock import Instant
from models.errors import BadInput
from models.store import db
from models.store.chain import audit
from models.store.crypto import Vault
from tickets.history import mapping
from tickets.history.load import known, load, names
from tickets.history.rows import Old, Reader
from tickets.moving import Actor

ACTOR = Actor(0, "历史导入", frozenset({"ticket.open"}))
LINE_MAX = 1 << 20
MOST = 5000
"""The largest batch: one transaction stays short, one statement stays below the parameters PostgreSQL takes."""


@dataclass(slots=True)
class Counts:
    """How far an import is: rows read, new ones, those here already, and those refused."""

    read: int = 0
    made: int = 0
    known: int = 0
    rejected: int = 0


class Line(NamedTuple):
    """A row of the file: the number of its first line, its cells, and what kept it from being read."""

    number: int
    cells: list[str]
    fault: str = ""


def run(
    engine: Engine,
    tenant_id: int,
    source: Path,
    plan: mapping.Plan,
    *,
    vault: Vault,
    now: Instant,
    batch: int = 1000,
    dry_run: bool = False,
    rejected: Path | None = None,
    tell: Callable[[Counts], None] = lambda _counts: None,
) -> Counts:
    """Import a file and return its counts; `tell` hears them after every batch.

    BadInput for a mapping that does not fit the file, before a row is read. A dry run counts the same,
    and writes nothing but the file of refused rows.
    """
    if not 1 <= batch <= MOST:
        raise BadInput(f"--batch {batch}: 1 to {MOST}")
    with ExitStack() as opened:
        lines = _lines(opened.enter_context(_open(source, plan)), plan)
        header = next(lines, Line(0, []))
        if not header.cells:
            raise BadInput(f"{source}: no header ({header.fault or 'empty'})")
        places = mapping.places(plan, header.cells)
        with db.transaction(engine, tenant_id) as session:
            reader = Reader(plan, places, names(session), now)
        refuse = _refusals(opened, source, rejected, plan, header.cells)
        seen = opened.enter_context(closing(_Seen()))
        intake = _Intake(engine, tenant_id, vault, now, dry_run)
        intake.note(source, "import_began", batch=batch)
        counts, width = intake.counts, len(header.cells)
        for line in lines:
            counts.read += 1
            why = _judge(line, reader, width, seen, intake.waiting)
            if why:
                counts.rejected += 1
                refuse(line, why)
            if len(intake.waiting) >= batch:
                intake.flush()
                tell(counts)
        intake.flush()
        tell(counts)
    intake.note(source, "import_ended", **asdict(counts))
    return counts


def _judge(line: Line, reader: Reader, width: int, seen: "_Seen", waiting: list[Old]) -> str:
    """Let a good row wait for its batch, or return why it is none."""
    if line.fault:
        return line.fault
    old, reasons = reader.read(line.cells, width)
    if old is None:
        return "；".join(reasons)
    first = seen.first(old.key, line.number)
    if first:
        return f"编号与第 {first} 行重复"
    waiting.append(old)
    return ""


@dataclass(slots=True)
class _Intake:
    """Where good rows wait until their batch goes in."""

    engine: Engine
    tenant_id: int
    vault: Vault
    now: Instant
    dry_run: bool
    counts: Counts = field(default_factory=Counts)
    waiting: list[Old] = field(default_factory=list)

    def flush(self) -> None:
        """Write the batch in one transaction, or count what would be written."""
        with db.transaction(self.engine, self.tenant_id) as session:
            here = known(session, [old.key for old in self.waiting])
            fresh = [old for old in self.waiting if old.key not in here]
            done = len(fresh)
            if not self.dry_run:
                done = load(session, fresh, actor=ACTOR, now=self.now, vault=self.vault)
        self.counts.made += done
        self.counts.known += len(self.waiting) - done
        self.waiting.clear()

    def note(self, source: Path, verb: str, **detail: object) -> None:
        """Audit that an import began or ended."""
        if self.dry_run:
            return
        with db.transaction(self.engine, self.tenant_id) as session:
            audit(session, actor=ACTOR.ref, verb=verb, subject=source.name, now=self.now, **detail)


# --- the file --------------------------------------------------------------------------------


def _open(source: Path, plan: mapping.Plan) -> TextIO:
    try:
        # a wrong byte spoils its own row only: it travels as a surrogate and is refused there
        return source.open(
            encoding=mapping.ENCODINGS[plan.encoding.lower()], errors="surrogateescape", newline=""
        )
    except OSError as error:
        raise BadInput(f"{source}: {error.strerror}") from error


def _lines(file: TextIO, plan: mapping.Plan) -> Iterator[Line]:
    """Yield the rows that hold anything; one that csv cannot take is a fault, the next goes on."""
    rows = csv.reader(_bounded(file), delimiter=plan.delimiter, strict=True)
    while True:
        first = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(
                first, [], f"第 {first} 至 {rows.line_num} 行无法读取（引号不成对？{error}）"
            )
            continue
        if any(cells):
            yield Line(first, cells)


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield lines, an endless one in pieces: no file fills the memory."""
    while piece := file.readline(LINE_MAX):
        yield piece


def _refusals(
    open_files: ExitStack,
    source: Path,
    rejected: Path | None,
    plan: mapping.Plan,
    header: Sequence[str],
) -> Callable[[Line, str], None]:
    """Return what writes a refused row, in the file's own encoding: mended, it can be imported as it is."""
    if rejected is None:
        return lambda _line, _why: None
    if rejected.exists() and rejected.samefile(source):
        raise BadInput("--rejected is the file itself")
    try:
        # it holds citizens' names and numbers
        handle = os.open(rejected, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInput(f"{rejected}: {error.strerror}") from error
    file = os.fdopen(
        handle, "w", encoding=mapping.ENCODINGS[plan.encoding.lower()], errors="surrogateescape",
        newline="",
    )  # fmt: skip
    writer = csv.writer(open_files.enter_context(file), delimiter=plan.delimiter)
    width = len(header)
    writer.writerow([*header, "行号", "原因"])

    def refuse(line: Line, why: str) -> None:
        cells = [*line.cells, *[""] * (width - len(line.cells))]
        writer.writerow([*cells[:width], line.number, why])

    return refuse


class _Seen:
    """The keys of this file so far, on disk: a million of them take no memory. Gone when the process is."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("PRAGMA synchronous=OFF")
        self._store.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._store.execute("BEGIN")

    def first(self, key: str, line: int) -> int:
        """Return the line a key stood in before, 0 if it is new; remember it."""
        done = self._store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if done.rowcount:
            return 0
        found = self._store.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        """Forget them."""
        self._store.close()
