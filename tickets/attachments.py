"""Files and what they hang on: who may see, add and remove them, and within which limits.

Tickets, knowledge items and answers are `HOLDERS` of files here; rooms above have holders of their own, and whoever
asks names all that he knows.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.knowledge import ANSWER, ITEM, verbs
from models.rules.media import ENDINGS, judge
from models.store.chain import audit
from models.store.db import tenant_of
from models.store.files import Incoming
from models.tables import Attachment, KnowledgeAnswer, KnowledgeItem, Ticket
from tickets import editing, knowledge, queries
from tickets.moving import Actor, legs, owed, units_below

MB = 1024 * 1024
SIZE_MAX = 20 * MB
COUNT_MAX = 20
"""Files of one subject."""
NAME_MAX = 100
_WORKS = frozenset(
    {
        "ticket.open", "ticket.assign", "ticket.review", "ticket.call_back", "ticket.supervise",
        "ticket.instruct",
    }
)  # fmt: skip
_CLOSED = ("archived", "merged")
_UNFIT = re.compile(r'[<>:"|?*\\/]')


def _shown(_row: Attachment, _actor: Actor) -> bool:
    """Whoever sees a subject sees all of its files."""
    return True


Check = Callable[[Session, int, Actor, Instant], object]


class Holder(NamedTuple):
    """What files hang on, by its number.

    see : raise NotFound or Refused unless the actor may see it. change : raise unless he may add to it, too. hold :
    lock it, so that two who add at once are counted one after the other. told : a file came or went. keeps : what was
    added is evidence, nobody takes it away. shows : whether who sees the subject sees this very file.
    """

    see: Check
    change: Check
    hold: Callable[[Session, int], object]
    told: Callable[[Session, Attachment, str, Actor, Instant], object]
    keeps: bool = False
    shows: Callable[[Attachment, Actor], bool] = _shown


Holders = Mapping[str, Holder]


class Kept(NamedTuple):
    """A file as lists show it; `removable` by the viewer."""

    row: Attachment
    removable: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A content that lies on the disk: its cleaned name, media type, size in bytes, SHA-256."""

    name: str
    media: str
    size: int
    sha256: str


def check_size(size: int) -> None:
    """Raise BadInput when a content is larger than a file may be."""
    if size > SIZE_MAX:
        raise BadInput("too large", field="file", limit="size", most=SIZE_MAX // MB)


def take_in(incoming: Incoming, name: str) -> Content:
    """Judge what has arrived and keep it; BadInput says which limit it breaks."""
    check_size(incoming.size)
    if incoming.size == 0:
        raise BadInput("empty", field="file", limit="empty")
    ending = _ending(name)
    with incoming.content() as whole:
        media = judge(whole)
    if media is None or (ending and ending not in ENDINGS):
        raise BadInput("a kind we do not take", field="file", limit="kind")
    fit = ending if ending in media.endings else media.endings[0]
    return Content(_clean(name, fit), media.type, incoming.size, incoming.keep())


def _ending(name: str) -> str:
    return PurePath(name.replace("\\", "/")).suffix.lower()


def _clean(name: str, ending: str) -> str:
    """Return a name any system can hold, with the ending its content has."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # controls, and the marks that turn a name's reading direction round
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    stem = _UNFIT.sub("_", plain)
    if PurePath(stem).suffix:
        stem = stem.rpartition(".")[0]
    return (stem.strip(" .")[: NAME_MAX - len(ending)] or "file") + ending


# --- who may what ---------------------------------------------------------------------------


def _holder(holders: Holders, subject: str) -> Holder:
    if subject not in holders:
        raise NotFound(f"no {subject}")
    return holders[subject]


def _see_ticket(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    queries.seen(session, number, actor=actor)


def _see_item(session: Session, number: int, actor: Actor, now: Instant) -> None:
    knowledge.seen(session, number, actor=actor, now=now)


def _see_answer(session: Session, number: int, actor: Actor, now: Instant) -> None:
    knowledge.seen_answer(session, number, actor=actor, now=now)


def _change_text(
    session: Session, row: KnowledgeItem | KnowledgeAnswer, actor: Actor
) -> None:  # fmt: skip
    item = isinstance(row, KnowledgeItem)
    author = row.published_by if isinstance(row, KnowledgeItem) else row.written_by
    ours = knowledge.is_ours(session, author, actor)
    if "edit" not in verbs(ITEM if item else ANSWER, row.state, actor.can, ours=ours):
        raise Refused(f"{actor.ref} may not edit the text {row.id}")


def _change_item(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    _change_text(session, _item(session, number), actor)


def _change_answer(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    _change_text(session, _answer(session, number), actor)


def _change_ticket(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    status = session.scalar(select(Ticket.status).where(Ticket.id == number))
    if status in _CLOSED:
        raise WrongStatus(f"ticket {number} is {status}", status=status)
    if not actor.unit:
        if not actor.can & _WORKS:
            raise Refused(f"{actor.ref} does not work on tickets")
        return
    own = set(units_below(session, actor.unit))
    if not any(leg.holder in own or leg.unit in own for leg in legs(session, number)):
        raise Refused(f"ticket {number} is not with {actor.unit}")


def _item(session: Session, number: int, *, lock: bool = False) -> KnowledgeItem:
    row = session.get(KnowledgeItem, number, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound(f"no item {number}")
    return row


def _answer(session: Session, number: int, *, lock: bool = False) -> KnowledgeAnswer:
    row = session.get(KnowledgeAnswer, number, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound(f"no answer {number}")
    return row


def may_add(
    session: Session, subject: str, number: int, holders: Holders, *, actor: Actor, now: Instant
) -> bool:
    """Whether the actor may add files to a subject that he may see."""
    holder = _holder(holders, subject)
    holder.see(session, number, actor, now)
    try:
        holder.change(session, number, actor, now)
    except (Refused, WrongStatus):
        return False
    return True


def check_add(
    session: Session, subject: str, number: int, holders: Holders, *, actor: Actor, now: Instant
) -> None:
    """Raise what `add` would raise, before the content is sent."""
    holder = _holder(holders, subject)
    holder.see(session, number, actor, now)
    holder.change(session, number, actor, now)
    _room(session, subject, number)


def _room(session: Session, subject: str, number: int) -> None:
    there = session.scalar(select(func.count()).select_from(Attachment).where(_of(subject, number)))
    if (there or 0) >= COUNT_MAX:
        raise BadInput("too many files", field="file", limit="count", most=COUNT_MAX)


def _of(subject: str, number: int) -> ColumnElement[bool]:
    return and_(
        Attachment.subject == subject,
        Attachment.subject_id == number,
        Attachment.removed_at.is_(None),
    )


# --- verbs ----------------------------------------------------------------------------------


def add(
    session: Session,
    subject: str,
    number: int,
    content: Content,
    holders: Holders,
    *,
    actor: Actor,
    now: Instant,
) -> int:
    """Attach a content to a subject; return the file's number."""
    _holder(holders, subject).hold(session, number)
    check_add(session, subject, number, holders, actor=actor, now=now)
    row = Attachment(
        tenant_id=tenant_of(session), subject=subject, subject_id=number, name=content.name,
        media=content.media, size=content.size, sha256=content.sha256, added_at=to_datetime(now),
        added_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    holders[subject].told(session, row, "file_add", actor, now)
    _audit(session, row, "file_add", actor, now)
    return row.id


def remove(
    session: Session, number: int, holders: Holders, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Take a file from its subject; its row stays, and its content until it is purged."""
    owed(reason, "reason")
    row = find(session, number, holders, actor=actor, now=now)
    if not _removable(session, row, holders, actor, now):
        raise Refused(f"{actor.ref} may not remove file {number}")
    gone = session.scalar(
        update(Attachment)
        .where(Attachment.id == number, Attachment.removed_at.is_(None))
        .values(removed_at=to_datetime(now))
        .returning(Attachment.id)
    )
    if gone is None:
        raise WrongStatus(f"file {number} is removed", reason="removed")
    holders[row.subject].told(session, row, "file_remove", actor, now)
    _audit(session, row, "file_remove", actor, now, reason=reason.strip())


def _audit(
    session: Session, row: Attachment, verb: str, actor: Actor, now: Instant, **more: str
) -> None:
    """Audit by number and hash: a name may say whose file it is."""
    audit(
        session, actor=actor.ref, verb=verb, subject=f"{row.subject}:{row.subject_id}", now=now,
        file=row.id, sha256=row.sha256, size=row.size, media=row.media, **more,
    )  # fmt: skip


# --- reading --------------------------------------------------------------------------------


def find(
    session: Session, number: int, holders: Holders, *, actor: Actor, now: Instant
) -> Attachment:
    """Return a file of a subject the actor may see; NotFound otherwise."""
    row = session.scalar(
        select(Attachment).where(Attachment.id == number, Attachment.removed_at.is_(None))
    )
    if row is None:
        raise NotFound(f"no file {number}")
    holder = _holder(holders, row.subject)
    holder.see(session, row.subject_id, actor, now)
    if not holder.shows(row, actor):
        raise NotFound(f"no file {number}")
    return row


def listed(
    session: Session, subject: str, number: int, holders: Holders, *, actor: Actor, now: Instant
) -> list[Kept]:
    """Return the files of a subject, the first added first."""
    holder = _holder(holders, subject)
    holder.see(session, number, actor, now)
    rows = session.scalars(select(Attachment).where(_of(subject, number)).order_by(Attachment.id))
    return [
        Kept(row, _removable(session, row, holders, actor, now))
        for row in rows
        if holder.shows(row, actor)
    ]


def _removable(
    session: Session, row: Attachment, holders: Holders, actor: Actor, now: Instant
) -> bool:
    own = row.added_by == actor.user_id or not actor.unit
    if not own or holders[row.subject].keeps:
        return False
    return may_add(session, row.subject, row.subject_id, holders, actor=actor, now=now)


# --- what they hang on here -----------------------------------------------------------------


def _hold_ticket(session: Session, number: int) -> None:
    session.execute(select(Ticket.id).where(Ticket.id == number).with_for_update())


def _nothing(*_: object) -> None:
    """A ticket says nothing of its files: the audit does."""


def _edited_item(
    session: Session, row: Attachment, _verb: str, actor: Actor, _now: Instant
) -> None:
    """Tell that a text whose files changed was edited."""
    editing.attached(session, _item(session, row.subject_id, lock=True), actor=actor)


def _edited_answer(
    session: Session, row: Attachment, _verb: str, actor: Actor, _now: Instant
) -> None:
    editing.attached(session, _answer(session, row.subject_id, lock=True), actor=actor)


def _hold_item(session: Session, number: int) -> None:
    _item(session, number, lock=True)


def _hold_answer(session: Session, number: int) -> None:
    _answer(session, number, lock=True)


HOLDERS: Holders = {
    "ticket": Holder(_see_ticket, _change_ticket, _hold_ticket, _nothing),
    "knowledge": Holder(_see_item, _change_item, _hold_item, _edited_item),
    "answer": Holder(_see_answer, _change_answer, _hold_answer, _edited_answer),
}
