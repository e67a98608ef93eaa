"""The whole picture of an incident as it is now, out of its rows."""

from sqlalchemy.orm import Session

from command import plotting, queries
from models.rules.incident.state import Picture


def picture(session: Session, incident_id: int) -> Picture | None:
    """Return an incident with what is drawn, None if there is none.

    The row is read first: a drawing that came meanwhile is folded in once more, one that was missed never.
    """
    state = queries.state_of(session, incident_id)
    if state is None:
        return None
    return Picture(state, *plotting.board(session, incident_id))


def open_ones(session: Session) -> list[Picture]:
    """Return the pictures of all open incidents of the tenant."""
    return [
        Picture(state, *plotting.board(session, state.id)) for state in queries.open_ones(session)
    ]
