"""Supplies under way: their ways, to be drawn, and looked at again when roads close, open or slow.

Nobody tells where a load is: its way is found from its depot, and its time counted since it left there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import forces, ways
from command.moving import SYSTEM, read, take, tell
from command.plans import policy
from gis_data.roads.network import Network
from gis_data.roads.routes import Route
from models.clock import Instant, to_datetime
from models.errors import WrongStatus
from models.events.incident.response import SupplyRerouted
from models.rules.incident.moves import OPEN
from models.rules.incident.state import Incident as State
from models.rules.incident.state import Transfer
from models.tables import Depot, Incident
from models.tables import Transfer as Row

KEPT_S = 86_400.0
"""A load that is no nearer after a day is not waited for any more."""


class Delivery(NamedTuple):
    """Supplies under way: from which depot, the way as the roads are now, when they are there by it (s)."""

    transfer: Transfer
    depot: str
    way: Route
    arrives: Instant


def deliveries(
    session: Session, network: Network, incident: State, *, now: Instant
) -> list[Delivery]:
    """Return the supplies that are still to arrive, with their ways; those without one left out."""
    scene = forces.target(network, incident.place.lon, incident.place.lat).stop
    sent = _under_way(incident, now)
    if scene is None or not sent:
        return []
    found = []
    for row, store in zip(sent, _stores(session, sent), strict=True):
        way = ways.way(network, (store.lon, store.lat), scene)
        if isinstance(way, Route):
            found.append(Delivery(row, store.label, way, _began(row, now) + way.time))
    return [each for each in found if each.arrives > now]


def expecting(session: Session, *, now: Instant) -> Sequence[int]:
    """Return the incidents that go on and were sent supplies of late."""
    return session.scalars(
        select(Row.incident_id)
        .join(Incident, Incident.id == Row.incident_id)
        .where(
            Row.returned < Row.amount, Row.sent_at > to_datetime(now - KEPT_S), Incident.status.in_(OPEN)
        )
        .distinct()
        .order_by(Row.incident_id)
    ).all()  # fmt: skip


def reroute(session: Session, network: Network, *, now: Instant) -> int:
    """Find the ways of all supplies that are still to arrive anew; return how many changed and were told.

    Told is what changes a drive by more than the tenant's threshold, or a way that is lost or found again.
    """
    return sum(_follow(session, each, network, now) for each in expecting(session, now=now))


def _follow(session: Session, incident: int, network: Network, now: Instant) -> int:
    if not _changed(session, read(session, incident, actor=SYSTEM), network, now):
        return 0
    try:
        held = take(session, incident, "reroute", actor=SYSTEM, now=now)
    except WrongStatus:
        return 0  # it ended meanwhile
    changed = _changed(session, held.state, network, now)
    for row, seconds in changed:
        event = SupplyRerouted(
            transfer=row.transfer, label=row.label, was=row.seconds, seconds=seconds,
            began=_began(row, now), **held.facts(),
        )  # fmt: skip
        tell(session, held, event)
    return len(changed)


def _changed(
    session: Session, incident: State, network: Network, now: Instant
) -> list[tuple[Transfer, float]]:
    """Return what takes longer now, or less, with the seconds of its drive: -1 where no way leads."""
    scene = forces.target(network, incident.place.lon, incident.place.lat).stop
    sent, least_s = _under_way(incident, now), policy(session).reroute_s
    changed = []
    for row, store in zip(sent, _stores(session, sent), strict=True):
        seconds = ways.drive(network, (store.lon, store.lat), scene).seconds
        if (row.seconds < 0) != (seconds < 0) or abs(seconds - row.seconds) > least_s:
            changed.append((row, seconds))
    return changed


def _under_way(incident: State, now: Instant) -> list[Transfer]:
    """Return what was sent, is not back and not there yet by what was last told of it."""
    if not incident.open:
        return []
    return [
        row for row in incident.transfers.values()
        if row.out > 0 and row.at > now - KEPT_S and (row.seconds < 0 or row.arrives > now)
    ]  # fmt: skip


def _began(row: Transfer, now: Instant) -> Instant:
    """Return since when a load drives: what no way led to has waited in its depot."""
    return now if row.seconds < 0 else row.began or row.at


def _stores(session: Session, sent: Sequence[Transfer]) -> list[Depot]:
    """Return the depot of each; what was sent from is never deleted."""
    rows = session.scalars(select(Depot).where(Depot.code.in_({row.depot for row in sent})))
    stores = {row.code: row for row in rows}
    return [stores[row.depot] for row in sent]
