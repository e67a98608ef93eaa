"""How the feeds' services write an event: into the outbox, on the stream of places."""

import secrets
from typing import Any

from sqlalchemy.orm import Session

from gis_data.actor import Actor
from models.clock import Instant
from models.events.place import AnyPlaceEvent
from models.store import outbox, streams
from models.store.db import tenant_of


def tell(
    session: Session,
    kind: type[AnyPlaceEvent],
    /,
    *,
    actor: Actor,
    now: Instant,
    **facts: Any,  # noqa: ANN401 - the event's own
) -> None:
    """Record an event of a feed with an id of its own."""
    event = kind(id=f"feed-{secrets.token_hex(8)}", at=now, actor=actor.ref, **facts)
    outbox.record(session, streams.place_stream(tenant_of(session)), event)
