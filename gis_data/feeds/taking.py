"""Taking a message in: read by the contract, its parts told by their own verbs, the feed's book kept beside it.

At least once: a message taken twice writes nothing the second time and tells no event.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gis_data import state
from gis_data.actor import Actor, System
from gis_data.feeds import cameras, dead, silence
from gis_data.feeds.reading import Content, Unreadable, read
from gis_data.feeds.registry import allowed
from gis_data.feeds.telling import tell
from gis_data.roads import speeds
from gis_data.roads.table import RoadTable
from gis_data.state import Reading
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events.place import LetterReplayed
from models.store.chain import audit
from models.tables import Feed, FeedDead

MOST_BYTES = 2_000_000
"""Of one message; five bureaus' whole cities are far below."""
PAUSE_MOST_S = 900.0
MARGIN_DEG = 0.5
"""How far outside the roads of the city a bureau may still speak of a place."""
ERROR_MOST = 300
Roads = Callable[[], RoadTable | None]
"""The road table of the active city, made when a message needs it; None while no city is active."""


class Taken(NamedTuple):
    """What came of a message.

    kept : readings, speeds and cameras that were news; known : told before, or older than what is known;
    refused : item -> reason; error : why nothing at all could be read; letter : the dead letter, 0 for none.
    """

    kept: int
    known: int
    refused: Mapping[str, str]
    error: str = ""
    letter: int = 0


def actor_of(feed: Feed) -> Actor:
    """Return a feed as who tells its readings: it may tell, and nothing else."""
    return System(frozenset({state.PERMISSION}), ref=f"feed:{feed.name}")


def take(
    session: Session, feed_id: int, raw: bytes, *, roads: Roads, now: Instant, asked: Feed | None = None
) -> Taken:  # fmt: skip
    """Take a message of a feed in; what cannot be read becomes a dead letter, said in what returns.

    asked : the feed as it was asked, None for what was pushed. NotFound for no such feed, WrongStatus for one that is
    stopped, or was changed since it was asked: it may be another's answer.
    """
    feed = session.scalar(select(Feed).where(Feed.id == feed_id).with_for_update())
    if feed is None:
        raise NotFound(f"no feed {feed_id}")
    if not feed.active:
        raise WrongStatus(f"feed {feed.name} is stopped")
    if asked is not None and asked.changed_at != feed.changed_at:
        raise WrongStatus(f"feed {feed.name} was changed")
    who = actor_of(feed)
    try:
        content = _read(feed, raw, now)
    except Unreadable as error:
        said = str(error)
        letter = dead.keep(session, feed, raw, said, actor=who, now=now)
        _note(
            session, feed, tried_at=to_datetime(now), last_error=f"unreadable: {said}"[:ERROR_MOST]
        )
        return Taken(0, 0, {}, said, letter)
    taken = _told(session, feed, content, roads, who, now)
    if content.broken:
        letter = dead.keep(session, feed, raw, "; ".join(content.broken), actor=who, now=now)
        taken = taken._replace(letter=letter)
    _note(
        session, feed, tried_at=to_datetime(now), heard_at=to_datetime(now), fails=0, last_error="",
        messages=Feed.messages + 1, readings=Feed.readings + taken.kept,
        refused=Feed.refused + len(taken.refused), refused_last=dict(Counter(taken.refused.values())),
    )  # fmt: skip
    silence.end(session, feed, actor=who, now=now)
    return taken


def replay(session: Session, letter_id: int, *, roads: Roads, actor: Actor, now: Instant) -> Taken:
    """Read a dead letter again, after its cause was mended; one that still cannot be read waits on.

    What has grown old meanwhile is refused, reading by reading. Refused for whom may not change feeds, NotFound
    for no such letter, WrongStatus for one that was replayed or is not whole (fact `why`: replayed, cut).
    """
    allowed(actor)
    row = session.scalar(select(FeedDead).where(FeedDead.id == letter_id).with_for_update())
    if row is None:
        raise NotFound(f"no dead letter {letter_id}")
    if row.replayed_at is not None:
        raise WrongStatus(f"letter {letter_id} was replayed", why="replayed")
    if row.size > len(row.raw):
        raise WrongStatus(f"letter {letter_id} was too long to be kept whole", why="cut")
    feed = session.get_one(Feed, row.feed_id)
    audit(session, actor=actor.ref, verb="replay_letter", subject=feed.name, now=now, letter=row.id)
    try:
        content = _read(feed, row.raw, now)
    except Unreadable as error:
        row.error = str(error)[: dead.ERROR_MOST]
        return Taken(0, 0, {}, row.error, row.id)
    who = System(frozenset({state.PERMISSION}), actor.user_id, actor.ref)
    taken = _told(session, feed, content, roads, who, now)
    if content.broken:
        row.error = "; ".join(content.broken)[: dead.ERROR_MOST]
        return taken._replace(error=row.error, letter=row.id)
    row.replayed_at, row.replayed_by = to_datetime(now), actor.user_id
    tell(
        session,
        LetterReplayed,
        actor=actor,
        now=now,
        feed=feed.name,
        letter=row.id,
        kept=taken.kept,
    )
    return taken


# --- the book of a polled feed ----------------------------------------------------------------
# Each is given the feed as it was asked. Of one that was changed meanwhile nothing is noted: it is asked anew as it
# is now.


def due(session: Session, *, now: Instant, skip: Sequence[int] = ()) -> Sequence[Feed]:
    """Return the active polled feeds whose time has come, those that wait longest first."""
    mine = select(Feed).where(
        Feed.active, Feed.kind == "poll", Feed.next_at <= to_datetime(now), Feed.id.not_in(skip)
    )
    return session.scalars(mine.order_by(Feed.next_at, Feed.id)).all()


def answered(
    session: Session, feed: Feed, *, etag: str, modified: str, next_at: Instant, now: Instant
) -> None:
    """Note that a feed answered in full: by what it is asked next time, and when."""
    facts = {"etag": etag[:500], "modified": modified[:100], "fails": 0}
    _note_asked(session, feed, **facts, tried_at=to_datetime(now), next_at=to_datetime(next_at))


def unchanged(session: Session, feed: Feed, *, next_at: Instant, now: Instant) -> None:
    """Note that a feed has nothing new (304): it was heard, though what it told grows older."""
    at = to_datetime(now)
    noted = _note_asked(
        session, feed, tried_at=at, heard_at=at, fails=0, last_error="", next_at=to_datetime(next_at)
    )  # fmt: skip
    if noted:
        silence.end(session, feed, actor=actor_of(feed), now=now)


def failed(session: Session, feed: Feed, error: str, *, next_at: Instant, now: Instant) -> None:
    """Note that a feed could not be asked, or said what cannot be read, and when it is tried again.

    What it was asked by is forgotten: the answer must come in full when it comes.
    """
    _note_asked(
        session, feed, tried_at=to_datetime(now), next_at=to_datetime(next_at),
        last_error=error[:ERROR_MOST], fails=Feed.fails + 1, etag="", modified="",
    )  # fmt: skip


def pause_s(every_s: float, fails: int, chance: random.Random) -> float:
    """Return how long to wait for the next time: the period; after faults twice as long each, at most 15 minutes.

    A tenth (after faults a quarter) more or less by chance, so that many do not ask at once.
    """
    if not fails:
        return every_s * chance.uniform(0.95, 1.05)
    longest = max(PAUSE_MOST_S, every_s)
    return float(min(every_s * 2.0 ** min(fails, 20), longest) * chance.uniform(0.75, 1.25))


# --- within -------------------------------------------------------------------------------------


def _read(feed: Feed, raw: bytes, now: Instant) -> Content:
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"{len(raw)} bytes, at most {MOST_BYTES}")
    return read(raw, bureau=feed.bureau, datum=feed.datum, good_s=feed.good_s, now=now)


def _note(session: Session, feed: Feed, **facts: object) -> None:
    session.execute(update(Feed).where(Feed.id == feed.id).values(**facts))


def _note_asked(session: Session, feed: Feed, **facts: object) -> bool:
    """Write into the book of a feed that is still what was asked; say whether it is."""
    mine = update(Feed).where(Feed.id == feed.id, Feed.changed_at == feed.changed_at)
    return session.execute(mine.values(**facts).returning(Feed.id)).first() is not None


def _told(
    session: Session, feed: Feed, content: Content, roads: Roads, actor: Actor, now: Instant
) -> Taken:
    refused = dict(content.refused)
    table = roads() if content.readings or content.speeds else None
    near, far = _parted(content, table)
    refused |= dict.fromkeys(far, "far")
    told = state.tell(session, near, bureau=feed.bureau, actor=actor, now=now, datum=content.datum)
    kept, known = told.kept, told.older
    refused |= told.refused
    if content.speeds:
        driven = _drive(session, feed, content, table, actor, now)
        kept, known = kept + driven.kept, known + driven.known
        refused |= driven.refused
    kept += cameras.tell(
        session, content.cameras, bureau=feed.bureau, datum=content.datum, at=content.at, actor=actor,
        now=now,
    )  # fmt: skip
    return Taken(kept, known, refused)


def _parted(content: Content, table: RoadTable | None) -> tuple[list[Reading], list[str]]:
    """Return the readings that may be of this city, and the keys of those far from all of its roads."""
    if table is None or not table.nodes:
        return content.readings, []
    west, south = table.lonlat.min(axis=0) - MARGIN_DEG
    east, north = table.lonlat.max(axis=0) + MARGIN_DEG

    def here(lon: float, lat: float) -> bool:
        return bool(west <= lon <= east and south <= lat <= north)

    # what lies in China's box the other way round is left to be called by its name: swapped
    near = [r for r in content.readings if here(r.lon, r.lat) or here(r.lat, r.lon)]
    kept = {id(r) for r in near}
    return near, [r.key for r in content.readings if id(r) not in kept]


def _drive(
    session: Session, feed: Feed, content: Content, table: RoadTable | None, actor: Actor, now: Instant
) -> speeds.Told:  # fmt: skip
    keys = {f"segment/{edge}": edge for edge in content.speeds}
    if table is None:
        return speeds.Told(0, 0, dict.fromkeys(keys, "no_city"))
    until = min(content.until, content.at + speeds.GOOD_MAX_S)
    try:
        told = speeds.tell(
            session, table, content.speeds, source=feed.name, at=content.at, until=until, actor=actor,
            now=now,
        )  # fmt: skip
    except BadInput:
        return speeds.Told(0, 0, dict.fromkeys(keys, "time"))
    return told._replace(refused={f"segment/{edge}": why for edge, why in told.refused.items()})
