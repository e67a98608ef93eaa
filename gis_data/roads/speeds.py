"""Speeds told by feeds, by segment and time: measured now or forecast; what cannot be is refused with the reason."""

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Subquery, delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.roads.closures import allowed
from gis_data.roads.network import impossible
from gis_data.roads.table import RoadTable
from models.clock import Instant, to_datetime
from models.errors import BadInput
from models.events.place import SpeedsTold
from models.store import outbox, streams
from models.store.db import tenant_of
from models.tables import RoadSpeed

GOOD_MAX_S = 6 * 3600.0
"""A jam of this morning says nothing of tonight."""
AHEAD_MAX_S = 86_400.0
"""How far ahead a forecast may begin."""
KEPT_S = 86_400.0
"""How long what is over is kept."""
BATCH = 2000


class Told(NamedTuple):
    """What came of a feed: edges written, edges told already for that instant, and refused ones with the reason."""

    kept: int
    known: int
    refused: dict[str, str]


def tell(
    session: Session,
    table: RoadTable,
    kmh: Mapping[str, float],
    *,
    source: str,
    at: Instant,
    until: Instant,
    actor: Actor,
    now: Instant,
) -> Told:
    """Write down speeds by edge id, good from `at` (when they were measured, or a forecast begins) until `until`.

    Whatever the order they come in, the one with the latest `at` counts.
    Reasons of a refusal: unknown_edge, not_a_number, too_slow, too_fast.
    BadInput when the times cannot be (field `until`) or no source is named (field `source`).
    """
    allowed(actor)
    if not source.strip():
        raise BadInput("who tells it?", field="source")
    if not (at < until <= at + GOOD_MAX_S and now < until and at <= now + AHEAD_MAX_S):
        raise BadInput("speeds of another time", field="until", at=at, until=until)
    refused = _refused(table, kmh)
    good = [(edge, speed) for edge, speed in kmh.items() if edge not in refused]
    stale = RoadSpeed.until < to_datetime(now - KEPT_S)
    session.execute(delete(RoadSpeed).where(stale))
    kept = 0
    for first in range(0, len(good), BATCH):
        kept += _write(session, good[first : first + BATCH], source, at, until)
    if kept:
        event = SpeedsTold(
            id=f"speeds-{secrets.token_hex(8)}", at=now, actor=actor.ref, source=source,
            edges=kept, refused=len(refused), until=until,
        )  # fmt: skip
        outbox.record(session, streams.place_stream(tenant_of(session)), event)
    return Told(kept, len(good) - kept, refused)


def current(session: Session, *, now: Instant) -> dict[str, float]:
    """Return the speeds that count now, km/h by edge id: the latest begun of each, unless it is over."""
    told = _begun(now)
    rows = select(told.c.edge, told.c.kmh).where(told.c.until > to_datetime(now))
    return {row.edge: row.kmh for row in session.execute(rows)}


def stamp(session: Session, *, now: Instant) -> str:
    """Return something that changes whenever `current` does."""
    told = _begun(now)
    sums = func.count(), func.sum(func.extract("epoch", told.c.at))
    count, total = session.execute(select(*sums).where(told.c.until > to_datetime(now))).one()
    return f"{count}:{total or 0}"


def newest(session: Session, *, now: Instant) -> tuple[Instant, Instant] | None:
    """Return when the speeds told last were measured, and until when they are good; None where there are none."""
    rows = select(RoadSpeed.at, RoadSpeed.until).where(RoadSpeed.at <= to_datetime(now))
    last = session.execute(rows.order_by(RoadSpeed.at.desc()).limit(1)).first()
    return None if last is None else (last.at.timestamp(), last.until.timestamp())


def _begun(now: Instant) -> Subquery:
    return (
        select(RoadSpeed).where(RoadSpeed.at <= to_datetime(now)).ext(distinct_on(RoadSpeed.edge))
        .order_by(RoadSpeed.edge, RoadSpeed.at.desc()).subquery()
    )  # fmt: skip


def _refused(table: RoadTable, kmh: Mapping[str, float]) -> dict[str, str]:
    places = table.find(list(kmh))
    judged: Iterable[tuple[str, str]] = (
        (edge, "unknown_edge" if place < 0 else impossible(speed))
        for (edge, speed), place in zip(kmh.items(), places.tolist(), strict=True)
    )
    return {edge: why for edge, why in judged if why}


def _write(
    session: Session, good: list[tuple[str, float]], source: str, at: Instant, until: Instant
) -> int:
    tenant = tenant_of(session)
    rows = [
        {
            "tenant_id": tenant, "edge": edge, "kmh": kmh, "source": source,
            "at": to_datetime(at), "until": to_datetime(until),
        }
        for edge, kmh in good
    ]  # fmt: skip
    told = insert(RoadSpeed).values(rows)
    news = told.on_conflict_do_nothing(
        index_elements=[RoadSpeed.tenant_id, RoadSpeed.edge, RoadSpeed.at]
    )
    return len(session.execute(news.returning(RoadSpeed.edge)).all())
