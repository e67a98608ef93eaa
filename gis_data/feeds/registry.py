"""The tenant's feeds: added, changed, stopped, resumed by an administrator; secrets sealed, of tokens only digests."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal, NamedTuple, get_args
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.coordinates import SOURCES
from gis_data.feeds import silence
from gis_data.feeds.reading import plain_url
from gis_data.feeds.telling import tell
from gis_data.state import BUREAUS
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.place import FeedAdded, FeedChanged, FeedResumed, FeedStopped, FeedTokenMade
from models.store.chain import audit
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.tables import Feed, FeedDead, Tenant

PERMISSION = "admin.parameters"
Kind = Literal["poll", "push"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PERIODS = range(10, 86_401)
"""Seconds between two messages; also how long a reading may be good."""
SECRET = "{secret}"  # noqa: S105 - where it goes, not what it is
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_CREDENTIAL = re.compile(r"(^|[_-])(api_?key|key|ak|sk|token|secret|password|pwd|sign)$", re.I)


@dataclass(frozen=True, slots=True)
class FeedForm:
    """What is asked of an administrator; an empty `secret` leaves the one there is."""

    bureau: str
    label: str
    kind: str
    url: str = ""
    secret: str = ""
    datum: str = "wgs84"
    every_s: int = 60
    good_s: int = 300


class Added(NamedTuple):
    """A new feed, and the token of a pushing one: said this once, kept nowhere."""

    feed: Feed
    token: str


class Line(NamedTuple):
    """A feed of the list, and how many of its dead letters wait."""

    feed: Feed
    dead: int


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor may change feeds."""
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def add(
    session: Session, name: str, form: FeedForm, *, actor: Actor, now: Instant, vault: Vault
) -> Added:
    """Add a feed; BadInput names the field, with `taken` where the name is in use."""
    allowed(actor)
    if not _NAME.fullmatch(name):
        raise BadInput("small letters, digits and hyphens", field="name")
    _check(form)
    at = to_datetime(now)
    row = {
        **_columns(form), "name": name, "secret_sealed": vault.seal_text(form.secret),
        "tenant_id": tenant_of(session), "changed_at": at, "began_at": at, "next_at": at,
    }  # fmt: skip
    made = insert(Feed).values(row).on_conflict_do_nothing().returning(Feed)
    feed = session.scalar(made)
    if feed is None:
        raise BadInput("the name is in use", field="name", taken=True)
    token = _new_token(session, feed) if form.kind == "push" else ""
    tell(session, FeedAdded, actor=actor, now=now, feed=name, bureau=form.bureau, kind=form.kind)
    audit(session, actor=actor.ref, verb="add_feed", subject=name, now=now, **_said(form))
    return Added(feed, token)


def change(
    session: Session,
    feed_id: int,
    form: FeedForm,
    *,
    seen: Instant,
    actor: Actor,
    now: Instant,
    vault: Vault,
) -> None:
    """Change a feed nobody changed since `seen`, its `changed_at`; WrongStatus if somebody did.

    Bureau and kind stay what they were. What was learnt of the old address (ETag, faults) is forgotten.
    """
    allowed(actor)
    feed = one(session, feed_id)
    if (form.bureau, form.kind) != (feed.bureau, feed.kind):
        raise BadInput("bureau and kind stay", field="kind")
    _check(form)
    columns = _columns(form)
    what = [name for name, value in columns.items() if getattr(feed, name) != value]
    if form.secret:
        columns["secret_sealed"] = vault.seal_text(form.secret)
        what.append("secret")
    if not what:
        return
    moved = not {"url", "secret"}.isdisjoint(what)
    fresh = {"etag": "", "modified": "", "fails": 0, "last_error": ""} if moved else {}
    done = session.execute(
        update(Feed)
        .where(Feed.id == feed_id, Feed.changed_at == to_datetime(seen))
        .values(**columns, **fresh, changed_at=to_datetime(now), next_at=to_datetime(now))
        .returning(Feed.id)
    ).first()
    if done is None:
        raise WrongStatus(f"feed {feed.name} was changed meanwhile")
    tell(session, FeedChanged, actor=actor, now=now, feed=feed.name, what=what)
    audit(
        session, actor=actor.ref, verb="change_feed", subject=feed.name, now=now, what=what,
        **_said(form),
    )  # fmt: skip


def stop(session: Session, feed_id: int, *, actor: Actor, now: Instant) -> None:
    """Ask and hear a feed no more; WrongStatus when it is stopped already. Its silence is no alarm then."""
    allowed(actor)
    feed = _switched(session, feed_id, to=False, now=now)
    silence.end(session, feed, actor=actor, now=now)
    tell(session, FeedStopped, actor=actor, now=now, feed=feed.name)
    audit(session, actor=actor.ref, verb="stop_feed", subject=feed.name, now=now)


def resume(session: Session, feed_id: int, *, actor: Actor, now: Instant) -> None:
    """Ask and hear a stopped feed again, at once; WrongStatus when it is not stopped."""
    allowed(actor)
    feed = _switched(session, feed_id, to=True, now=now)
    tell(session, FeedResumed, actor=actor, now=now, feed=feed.name)
    audit(session, actor=actor.ref, verb="resume_feed", subject=feed.name, now=now)


def make_token(session: Session, feed_id: int, *, actor: Actor, now: Instant) -> str:
    """Return a new token of a pushing feed, said this once; BadInput for one that is polled."""
    allowed(actor)
    feed = one(session, feed_id)
    if feed.kind != "push":
        raise BadInput("only who pushes shows a token", field="kind")
    token = _new_token(session, feed)
    tell(session, FeedTokenMade, actor=actor, now=now, feed=feed.name)
    audit(session, actor=actor.ref, verb="make_feed_token", subject=feed.name, now=now)
    return token


def one(session: Session, feed_id: int) -> Feed:
    """Return a feed; NotFound when there is none."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        raise NotFound(f"no feed {feed_id}")
    return feed


def named(session: Session, name: str) -> Feed | None:
    """Return the feed of a name, None when there is none."""
    return session.scalar(select(Feed).where(Feed.name == name))


def shows(feed: Feed | None, token: str) -> bool:
    """Whether a token is the feed's, compared in a time that tells nothing; False where there is no feed."""
    known = feed.token_digest if feed is not None else ""
    same = secrets.compare_digest(digest(token), known or digest("nobody's"))
    return same and bool(known)


def digest(token: str) -> str:
    """Return what is kept of a token; a random one of 256 bits needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def listing(session: Session) -> Sequence[Line]:
    """Return the tenant's feeds with their waiting dead letters, by bureau and name."""
    waiting = (
        select(FeedDead.feed_id, func.count().label("n"))
        .where(FeedDead.replayed_at.is_(None)).group_by(FeedDead.feed_id).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(Feed, func.coalesce(waiting.c.n, 0))
        .outerjoin(waiting, waiting.c.feed_id == Feed.id).order_by(Feed.bureau, Feed.name)
    )  # fmt: skip
    return [Line(feed, dead) for feed, dead in rows]


# --- within -----------------------------------------------------------------------------------


def _columns(form: FeedForm) -> dict[str, object]:
    return {
        field.name: getattr(form, field.name) for field in fields(form) if field.name != "secret"
    }


def _said(form: FeedForm) -> dict[str, object]:
    """Return what the audit keeps of a form: not the secret, and of the address what is no credential."""
    return {**asdict(form), "secret": bool(form.secret), "url": shown_url(form.url)}


def shown_url(url: str) -> str:
    """Return an address without the values of its query: some sources put keys there."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return urlunsplit(parts._replace(query=query))


def _check(form: FeedForm) -> None:
    wrong = {
        "bureau": form.bureau not in BUREAUS,
        "label": not form.label.strip() or len(form.label) > 60 or "\0" in form.label,
        "kind": form.kind not in KINDS,
        "datum": form.datum not in SOURCES,
        "every_s": form.every_s not in PERIODS,
        "good_s": form.good_s not in PERIODS or form.good_s < form.every_s,
        "secret": len(form.secret) > 500 or not form.secret.isprintable() or not form.secret.isascii(),
        "url": not _good_url(form.url) if form.kind == "poll" else bool(form.url),
    }  # fmt: skip
    for name, fails in wrong.items():
        if fails:
            raise BadInput(f"{name} cannot be", field=name)


def _good_url(url: str) -> bool:
    """Whether it may be asked: a plain http(s) address; a key in it is written `{secret}` and given apart."""
    if not plain_url(url) or url.count(SECRET) > 1 or SECRET in urlsplit(url).netloc:
        return False
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return all(value == SECRET for name, value in query if _CREDENTIAL.search(name))


def _switched(session: Session, feed_id: int, *, to: bool, now: Instant) -> Feed:
    at = to_datetime(now)
    began = {"began_at": at, "fails": 0} if to else {}
    done: Feed | None = session.scalar(
        update(Feed).where(Feed.id == feed_id, Feed.active.is_(not to))
        .values(active=to, next_at=at, changed_at=at, **began).returning(Feed)
    )  # fmt: skip
    if done is None:
        one(session, feed_id)
        raise WrongStatus(f"feed {feed_id} is so already")
    return done


def _new_token(session: Session, feed: Feed) -> str:
    slug = session.scalar(select(Tenant.slug).where(Tenant.id == tenant_of(session)))
    token = f"{slug}.{secrets.token_urlsafe(32)}"
    session.execute(update(Feed).where(Feed.id == feed.id).values(token_digest=digest(token)))
    return token
