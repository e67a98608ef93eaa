"""Tables of a map file, and their cells as text."""

from pathlib import Path

import msgspec
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from gis_data.city.imports.mapping import Plan
from models.errors import BadInput


def one_table(path: Path, plan: Plan) -> Plan:
    """Return the plan with the one table of shapes of a file, BadInput where it is unreadable or there are several."""
    try:
        tables = [str(name) for name, shape in pyogrio.list_layers(path) if shape is not None]
    except (DataSourceError, DataLayerError) as error:
        said = str(error).split(";")[0]  # what follows is advice to programmers
        raise BadInput(f"{path.name}: {said}", reason="unreadable") from error
    if not tables:
        raise BadInput(f"{path.name}: no shapes in it", reason="empty")
    chosen = plan.table or tables[0]
    if chosen not in tables or (len(tables) > 1 and not plan.table):
        raise BadInput(
            f"{path.name} holds {', '.join(map(repr, tables))}: say which in the mapping (table = ...)",
            reason="table",
        )
    return msgspec.structs.replace(plan, table=chosen)


def text_of(value: object) -> str:
    """Return a cell as text: nothing for none, a whole number without its point."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
