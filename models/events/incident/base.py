"""What every incident event shares."""

from models.events.envelope import Event


class IncidentEvent(Event, frozen=True, kw_only=True):
    """Something that happened in an incident.

    incident : the row's id; seq : its place in the incident's one order, from 1; by : the actor's name as shown;
    note : the reason or words given with it.
    """

    incident: int
    seq: int
    by: str = ""
    note: str = ""
