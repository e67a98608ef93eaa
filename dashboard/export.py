"""Files of lists: the rows the page shows, all of them, as xlsx or csv."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy.orm import Session

from dashboard.door import doors, limits, reading
from dashboard.views.call_query import CallQuery
from dashboard.views.ticket_query import TicketQuery
from models.clock import now
from models.errors import BadInput
from models.store import ledger
from tickets import identity, search
from tickets.blotting import blotted
from tickets.moving import Actor

COLUMNS = (
    "entered", "queue_label", "caller", "outcome", "agent_no", "agent_name", "wait", "talk", "held",
    "answered", "ended", "ring_outs", "transferred", "reason", "gap", "callback_at", "callback_note",
    "pbx", "call", "visit",
)  # fmt: skip
_INSTANTS = frozenset({"entered", "answered", "ended", "callback_at"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def calls_file(
    kind: str, query: CallQuery, texts: Mapping[str, str], zone: str, folder: str
) -> Path:
    """Write the whole list that `query` shows into a file in `folder`; BadInput for another kind of file.

    However long it is, a few thousand calls are in memory at a time.
    """
    if kind not in ("xlsx", "csv"):
        raise BadInput(f"no export as {kind}")
    path = Path(folder) / f"calls.{kind}"
    head = [texts.get(f"calls.col.{name}", name) for name in COLUMNS]
    with reading() as session:
        lines = (
            [_cell(name, getattr(row, name), texts, zone) for name in COLUMNS]
            for row in _calls(session, query, zone)
        )
        if kind == "csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                _write_csv(file, head, lines)
        else:
            with book(str(path), constant_memory=True) as made:
                _write_sheet(made, head, lines)
    return path


def _calls(session: Session, query: CallQuery, zone: str) -> Iterator[ledger.CallRow]:
    """Return every call of a list, the oldest first: what comes in meanwhile stands behind what was read."""
    start, end = query.span(zone, now())
    read = 0
    while True:
        page = ledger.search_calls(
            session, start=start, end=end, **query.filters, limits=limits(), sort="entered",
            descending=False, offset=read, limit=ledger.MAX_ROWS,
        )  # fmt: skip
        yield from page.rows
        read += len(page.rows)
        if read >= page.total or not page.rows:
            return


TICKET_COLUMNS = (
    "no", "kind", "title", "content", "status", "urgency", "channel", "address", "unit", "mode",
    "opened_at", "due_at", "lamp", "closed_at", "result", "reply", "grade", "bounces", "reopened",
)  # fmt: skip
_FAMILIES = {
    "kind": "kind", "status": "ticket_status", "urgency": "urgency", "channel": "channel",
    "mode": "choice.mode", "grade": "choice.grade", "lamp": "lamp",
}  # fmt: skip
_TYPED = frozenset({"title", "content", "address", "result", "reply"})
BATCH = 500
CELL_MAX = 32_000
"""A cell of a spreadsheet holds no more."""


def tickets_file(
    query: TicketQuery, who: Actor, texts: Mapping[str, str], zone: str, folder: str
) -> Path:
    """Write the tickets that `query` finds into an xlsx file in `folder`, a few hundred in memory at a time."""
    path = Path(folder) / "tickets.xlsx"
    with reading() as session, book(str(path), constant_memory=True) as made:
        sheet = made.add_worksheet()
        sheet.freeze_panes(1, 0)
        heads = [texts[f"tickets.col.{name}"] for name in TICKET_COLUMNS]
        sheet.write_row(0, 0, heads, made.add_format({"bold": True}))
        found = search.stream(session, query.criteria(zone), actor=who, now=now())
        number = 0
        while lines := list(islice(found, BATCH)):
            ids = [line.row.id for line in lines]
            secrets = identity.secrets(session, ids, doors().vault)
            for number, line in enumerate(lines, start=number + 1):  # noqa: B020
                hidden = secrets.get(line.row.id, ())
                cells = [
                    _blotted(line, name, _ticket_cell(line, name, texts, zone), hidden)
                    for name in TICKET_COLUMNS
                ]
                sheet.write_row(number, 0, cells)
    return path


def _blotted(
    line: search.TicketLine, name: str, cell: str | int, secrets: Sequence[str]
) -> str | int:
    """Return a cell as it may leave the house: like a letter, without the citizen's name and number."""
    if name not in _TYPED or not isinstance(cell, str):
        return cell
    protected = line.row.confidential or line.row.anonymous
    return blotted(cell, secrets, everything=protected)


def _ticket_cell(
    line: search.TicketLine, name: str, texts: Mapping[str, str], zone: str
) -> str | int:
    if name == "due_at":
        value: Any = datetime.fromtimestamp(line.due, UTC) if line.due else ""
    else:
        value = getattr(line if name in ("unit", "lamp") else line.row, name)
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    if name in _FAMILIES and value:
        return texts.get(f"{_FAMILIES[name]}.{value}", str(value))
    return value if isinstance(value, int) else str(value or "")[:CELL_MAX]


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _cell(name: str, value: object, texts: Mapping[str, str], zone: str) -> str | float:
    if name in _INSTANTS and isinstance(value, float):
        if not value:
            return ""
        return datetime.fromtimestamp(value, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    if name == "outcome":
        return texts.get(f"outcome.{value}", str(value))
    if name in ("wait", "talk") and value == -1:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    return value if isinstance(value, int | float) else str(value)


def book(target: io.BytesIO | str, **options: bool) -> xlsxwriter.Workbook:
    """Open a workbook whose strings stay strings: a citizen's text never becomes a formula or a link."""
    safe = {"strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(target, {**safe, **options})


def xlsx_file(head: list[str], body: list[list[str | float]]) -> bytes:
    """Return a workbook of one sheet."""
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        _write_sheet(made, head, body)
    return buffer.getvalue()


def _write_sheet(
    made: xlsxwriter.Workbook, head: list[str], lines: Iterable[list[str | float]]
) -> None:
    sheet = made.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, head, made.add_format({"bold": True}))
    number = 0
    for number, line in enumerate(lines, start=1):
        sheet.write_row(number, 0, line)
    sheet.autofilter(0, 0, max(number, 1), len(head) - 1)


def csv_file(head: list[str], body: list[list[str | float]]) -> bytes:
    """Return a CSV file that office programs open as it is."""
    buffer = io.StringIO()
    _write_csv(buffer, head, body)
    return ("\ufeff" + buffer.getvalue()).encode()


def _write_csv(target: TextIO, head: list[str], lines: Iterable[list[str | float]]) -> None:
    writer = csv.writer(target)
    writer.writerow(head)
    for line in lines:
        writer.writerow([_harmless(value) for value in line])


def _harmless(value: str | float) -> str | float:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
