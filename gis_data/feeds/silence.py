"""Feeds that say nothing any more: an alarm on the floor's own stream, once, and its end when they are heard again."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gis_data.actor import Actor, System
from gis_data.feeds.telling import tell
from models.clock import Instant, to_datetime
from models.events.floor import AlarmCleared, AlarmRaised
from models.events.place import FeedSilenced, FeedSpoke
from models.store import outbox, streams
from models.store.db import tenant_of
from models.tables import Feed, Tenant

PERIODS_SILENT = 3
"""A feed is silent when nothing readable came of it for so many of its periods."""
RULE = "feed_silent"
WATCH = System(frozenset(), ref="system:feeds")


def judge(session: Session, *, now: Instant) -> list[str]:
    """Raise an alarm for every active feed that has fallen silent; return their names. Each is told once."""
    heard = func.greatest(func.coalesce(Feed.heard_at, Feed.began_at), Feed.began_at)
    quiet = func.extract("epoch", to_datetime(now) - heard) > PERIODS_SILENT * Feed.every_s
    found = session.execute(
        update(Feed)
        .where(Feed.active, Feed.silent_at.is_(None), quiet)
        .values(
            silent_at=to_datetime(now),
            silent_key=func.concat(f"{RULE}:", Feed.name, f":{int(now)}"),
        )
        .returning(Feed, func.extract("epoch", heard))
    ).all()
    for feed, since in found:
        tell(session, FeedSilenced, actor=WATCH, now=now, feed=feed.name, since=float(since))
        event = AlarmRaised(
            **_envelope(f"raise:{feed.silent_key}", WATCH, now), alarm=feed.silent_key, rule=RULE,
            subject=feed.label, value=now - float(since),
            threshold=float(PERIODS_SILENT * feed.every_s),
        )  # fmt: skip
        outbox.record(session, _floor(session), event)
    return [feed.name for feed, _ in found]


def end(session: Session, feed: Feed, *, actor: Actor, now: Instant) -> None:
    """Take a feed's alarm down, if it was silent: it is heard again, or asked no more."""
    ended = session.execute(
        update(Feed).where(Feed.id == feed.id, Feed.silent_at.is_not(None))
        .values(silent_at=None).returning(Feed.name, Feed.silent_key)
    ).first()  # fmt: skip
    if ended is None:
        return
    tell(session, FeedSpoke, actor=actor, now=now, feed=ended.name)
    cleared = AlarmCleared(
        **_envelope(f"clear:{ended.silent_key}", actor, now), alarm=ended.silent_key, value=0.0
    )
    outbox.record(session, _floor(session), cleared)


def silent(session: Session) -> list[str]:
    """Return the labels of the feeds that are silent now."""
    mine = select(Feed.label).where(Feed.active, Feed.silent_at.is_not(None)).order_by(Feed.label)
    return list(session.scalars(mine))


def _envelope(event_id: str, actor: Actor, now: Instant) -> dict[str, Any]:
    return {"id": event_id, "at": now, "actor": actor.ref, "pbx": "", "epoch": 0, "seq": 0}


def _floor(session: Session) -> str:
    slug = session.scalar(select(Tenant.slug).where(Tenant.id == tenant_of(session)))
    return streams.floor_stream(slug or "")
