"""Lists that come in as a CSV file, as office programs write them."""

import csv
import io
from collections.abc import Mapping

from models.errors import BadInput

MAX_BYTES, MAX_LINES = 2_000_000, 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read(
    raw: bytes, heads: Mapping[str, str], needed: tuple[str, ...]
) -> list[tuple[int, dict[str, str]]]:
    """Return (line of the file, key -> cell) of every line that is not empty.

    heads : what may stand at the head of a column -> its key; other columns are ignored.
    UTF-8, or GB 18030 as Excel writes it in China. BadInput when it is no such file, or too long.
    """
    if len(raw) > MAX_BYTES:
        raise BadInput("the file is too large", field="file")
    lines = csv.reader(io.StringIO(_decoded(raw), newline=""))
    try:
        first = [heads.get(cell.strip().lower(), "") for cell in next(lines, [])]
        if missing := [key for key in needed if key not in first]:
            raise BadInput(f"columns {missing} are missing", field="file")
        found = []
        for cells in lines:
            line = {key: _plain(cell) for key, cell in zip(first, cells, strict=False) if key}
            if any(line.values()):
                found.append((lines.line_num, line))
            if len(found) > MAX_LINES:
                raise BadInput(f"more than {MAX_LINES} lines", field="file")
    except csv.Error as error:
        raise BadInput(str(error), field="file") from error
    return found


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("neither UTF-8 nor GB 18030", field="file")


def _plain(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from reading it as a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
