"""Asterisk's queue_log as typed rows: the ground truth a call ledger is measured against."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NONE = "NONE"


@dataclass(frozen=True, slots=True)
class QueueLogRow:
    """One line: `at` in UTC (whole seconds), `call` the Uniqueid, `verb` such as ENTERQUEUE.

    `member` is the agent's name (log_membername_as_agent) or "NONE"; `args` are the verb's own
    fields, trailing empty ones dropped.
    """

    at: datetime
    call: str
    queue: str
    member: str
    verb: str
    args: tuple[str, ...]


def parse_line(line: str) -> QueueLogRow:
    """Read one line; raise ValueError when it is not `time|call|queue|member|verb|...`."""
    at, call, queue, member, verb, *args = line.rstrip("\r\n").split("|")
    while args and not args[-1]:
        args.pop()
    when = datetime.fromtimestamp(int(at), tz=UTC)
    return QueueLogRow(when, call, queue, member, verb, tuple(args))


def read_queue_log(path: Path) -> Iterator[QueueLogRow]:
    """Yield the complete rows of a queue_log; a last line still being written is left out."""
    text = path.read_text(encoding="utf-8")
    complete, _, _unfinished = text.rpartition("\n")
    for line in complete.splitlines():
        yield parse_line(line)
