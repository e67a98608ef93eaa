"""What `verify` counts again of the command centre: every incident's row is what its sealed events say."""

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.queries import log
from models.errors import WrongStatus
from models.rules import incident as rules
from models.rules.incident.state import Incident as State
from models.tables import Incident


def incidents(session: Session) -> list[str]:
    """Return what is amiss with the incidents' rows; an event on its way to the log is, until it is there."""
    rows = session.execute(
        select(Incident.id, Incident.no, Incident.seq, Incident.picture).order_by(Incident.id)
    )
    said = (_fault(session, *row) for row in rows)
    return [fault for fault in said if fault]


def _fault(session: Session, number: int, no: str, seq: int, picture: dict[str, Any]) -> str:
    try:
        folded = rules.fold(log(session, number))
    except WrongStatus as error:
        return f"incident {no}: {error}"
    kept = folded.incident.seq if folded else 0
    if folded is None or kept < seq:
        return f"incident {no}: the log has {kept} of {seq} events"
    same = folded.incident == msgspec.convert(picture, State, str_keys=True)
    return "" if same else f"incident {no}: the row is not what its events say"
