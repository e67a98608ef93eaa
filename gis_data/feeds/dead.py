"""Dead letters: what a feed said that could not be read, kept with the reason until somebody replays it."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.feeds.telling import tell
from models.clock import Instant, to_datetime
from models.events.place import LetterKept
from models.store.db import tenant_of
from models.tables import Feed, FeedDead

RAW_MOST = 64 * 1024
LETTERS_MOST = 200
"""Of one feed; the oldest go: a source that is broken all night must not fill the disk."""
ERROR_MOST = 1000


class Letter(NamedTuple):
    """A waiting letter as a list shows it: everything but what it says."""

    id: int
    feed: str
    label: str
    error: str
    at: Instant
    seen: int
    size: int
    cut: bool


def keep(
    session: Session, feed: Feed, raw: bytes, error: str, *, actor: Actor, now: Instant
) -> int:
    """Keep what could not be read, up to `RAW_MOST` bytes; the same message again is counted. Return its id."""
    at, told = to_datetime(now), hashlib.sha256(raw).hexdigest()
    put = insert(FeedDead).values(
        tenant_id=tenant_of(session), feed_id=feed.id, sha256=told, raw=raw[:RAW_MOST], size=len(raw),
        error=error[:ERROR_MOST].replace("\0", ""), at=at, seen=1,
    )  # fmt: skip
    again = {"seen": FeedDead.seen + 1, "at": at, "error": put.excluded.error, "replayed_at": None}
    done = put.on_conflict_do_update(index_elements=["feed_id", "sha256"], set_=again)
    row = session.execute(done.returning(FeedDead.id, FeedDead.seen)).one()
    if row.seen == 1:
        tell(
            session,
            LetterKept,
            actor=actor,
            now=now,
            feed=feed.name,
            letter=row.id,
            error=error[:200],
        )
        _drop_oldest(session, feed)
    return int(row.id)


def waiting(session: Session, *, feed_id: int = 0, most: int = 50) -> Sequence[Letter]:
    """Return the letters nobody replayed yet, the newest first."""
    query = (
        select(
            FeedDead.id, Feed.name, Feed.label, FeedDead.error, FeedDead.at, FeedDead.seen,
            FeedDead.size, (FeedDead.size > func.octet_length(FeedDead.raw)).label("cut"),
        )
        .join(Feed, Feed.id == FeedDead.feed_id).where(FeedDead.replayed_at.is_(None))
        .order_by(FeedDead.at.desc(), FeedDead.id.desc()).limit(most)
    )  # fmt: skip
    if feed_id:
        query = query.where(FeedDead.feed_id == feed_id)
    return [
        Letter(
            row.id, row.name, row.label, row.error, row.at.timestamp(), row.seen, row.size, row.cut
        )
        for row in session.execute(query)
    ]


def _drop_oldest(session: Session, feed: Feed) -> None:
    kept = (
        select(FeedDead.id).where(FeedDead.feed_id == feed.id)
        .order_by(FeedDead.at.desc(), FeedDead.id.desc()).limit(LETTERS_MOST)
    )  # fmt: skip
    session.execute(delete(FeedDead).where(FeedDead.feed_id == feed.id, FeedDead.id.not_in(kept)))
