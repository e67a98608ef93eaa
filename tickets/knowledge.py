"""Knowledge as it is read: shelves, search while one types, one item opened and counted.

Callers are told only what is reviewed and published; editors see their drafts, reviewers what waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import NotFound, Refused
from models.rules.grams import grams, wanted
from models.rules.knowledge import ANSWER, ITEM, verbs
from models.store.fulltext import holds
from models.tables import Category, KnowledgeAnswer, KnowledgeItem, User
from tickets.moving import Actor, units_below

PAGE = 20
BEGINNING = 120
"""Characters of an answer that lists show."""
_RANK_OF_ALL = 0.1 / 1.64493406685
"""What PostgreSQL's ts_rank gives a text that holds every word of an OR: weight D, normalised."""
Desk = Literal["shown", "review", "unpublished"]
DESKS: Mapping[Desk, str] = {
    "shown": "knowledge.view",
    "review": "knowledge.review",
    "unpublished": "knowledge.edit",
}
"""List -> the permission it needs."""


class Line(NamedTuple):
    """An item as lists show it: its publisher's name and how its first reviewed answer begins."""

    row: KnowledgeItem
    publisher: str
    begins: str


class Found(NamedTuple):
    """One page of a list and how many items the whole list has."""

    lines: list[Line]
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages the list has."""
        return -(-self.total // PAGE)


class Answer(NamedTuple):
    """An answer with the names of its writer and reviewer, and what the viewer may do with it."""

    row: KnowledgeAnswer
    writer: str
    reviewer: str
    verbs: list[str]


@dataclass(frozen=True, slots=True)
class Whole:
    """An item with the answers the viewer may see; `shown` when callers may be told it."""

    row: KnowledgeItem
    publisher: str
    reviewer: str
    category: str
    shown: bool
    answers: list[Answer]
    verbs: list[str]


def search(
    session: Session,
    words: str = "",
    *,
    actor: Actor,
    now: Instant,
    shelf: str = "",
    category: str = "",
    page: int = 0,
    desk: Desk = "shown",
) -> Found:
    """Return at most `PAGE` items of a list that hold the words, the most viewed, then the newest first."""
    if DESKS[desk] not in actor.can or "knowledge.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks {DESKS[desk]}", permission=DESKS[desk])
    where = _of_desk(session, desk, actor, now)
    if words.strip():
        if not wanted(words):
            return Found([], 0)
        where.append(holds(KnowledgeItem.grams, words))
    if shelf:
        where.append(KnowledgeItem.shelf == shelf)
    if category:
        where.append(KnowledgeItem.category.startswith(category, autoescape=True))
    total = session.scalar(select(func.count()).select_from(KnowledgeItem).where(*where)) or 0
    rows = session.scalars(
        select(KnowledgeItem).where(*where)
        .order_by(
            KnowledgeItem.views.desc(), KnowledgeItem.published_at.desc().nulls_last(),
            KnowledgeItem.id.desc(),
        )
        .offset(max(page, 0) * PAGE).limit(PAGE)
    )  # fmt: skip
    return Found(_lines(session, list(rows)), total)


def suggest(
    session: Session, title: str, *, actor: Actor, now: Instant, limit: int = 5
) -> list[Line]:
    """Return the items that share most pairs of characters with a title being typed, best first.

    An item counts when it shares two pairs, or the only one there is.
    """
    if "knowledge.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks knowledge.view", permission="knowledge.view")
    pairs = [gram for gram in grams(title) if len(gram) > 1][:40]
    if not pairs:
        return []
    asked = cast(" | ".join(f"'{pair}'" for pair in pairs), TSQUERY)
    # without positions every shared pair adds the same, so this is their share of all pairs
    share = func.ts_rank(KnowledgeItem.grams, asked) / _RANK_OF_ALL
    rows = session.scalars(
        select(KnowledgeItem)
        .where(_shown(now), share * len(pairs) > min(2, len(pairs)) - 0.5)
        .order_by(share.desc(), KnowledgeItem.views.desc(), KnowledgeItem.id.desc())
        .limit(limit)
    )
    return _lines(session, list(rows))


def _shown(now: Instant) -> ColumnElement[bool]:
    return and_(KnowledgeItem.state == "reviewed", KnowledgeItem.published_at <= to_datetime(now))


def _of_desk(session: Session, desk: Desk, actor: Actor, now: Instant) -> list[ColumnElement[bool]]:
    if desk == "shown":
        return [_shown(now)]
    if desk == "review":
        answers = exists().where(
            KnowledgeAnswer.item_id == KnowledgeItem.id, KnowledgeAnswer.state == "draft"
        )
        return [or_(KnowledgeItem.state == "draft", answers)]
    later = KnowledgeItem.published_at > to_datetime(now)
    where: list[ColumnElement[bool]] = [or_(KnowledgeItem.state != "reviewed", later)]
    if actor.unit:
        where.append(KnowledgeItem.published_by.in_(_colleagues(session, actor)))
    return where


def _colleagues(session: Session, actor: Actor) -> list[int]:
    own = units_below(session, actor.unit)
    return [actor.user_id, *session.scalars(select(User.id).where(User.unit.in_(own)))]


def _lines(session: Session, rows: list[KnowledgeItem]) -> list[Line]:
    first = session.execute(
        select(KnowledgeAnswer.item_id, func.left(KnowledgeAnswer.content, BEGINNING))
        .where(
            KnowledgeAnswer.item_id.in_([row.id for row in rows]),
            KnowledgeAnswer.state == "reviewed",
        )
        .ext(distinct_on(KnowledgeAnswer.item_id))
        .order_by(KnowledgeAnswer.item_id, KnowledgeAnswer.id)
    )
    begins: dict[int, str] = dict(first.all())
    known = names(session, {row.published_by for row in rows})
    return [
        Line(row, known.get(row.published_by, ""), begins.get(row.id, row.description[:BEGINNING]))
        for row in rows
    ]


def names(session: Session, users: set[int]) -> dict[int, str]:
    """Return the names of people by id."""
    found = session.execute(select(User.id, User.name).where(User.id.in_(users)))
    return dict(found.all())


def publishers(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of the people who wrote items or answers: who may be named as publisher."""
    wrote = select(KnowledgeItem.published_by).union(select(KnowledgeAnswer.written_by))
    found = session.execute(select(User.id, User.name).where(User.id.in_(wrote)).order_by(User.id))
    return [(number, name) for number, name in found]


def is_ours(session: Session, author: int, actor: Actor) -> bool:
    """Whether the actor may change what `author` wrote: the centre all of it, a unit what its people wrote."""
    return not actor.unit or author in _colleagues(session, actor)


def seen(session: Session, item_id: int, *, actor: Actor, now: Instant) -> KnowledgeItem:
    """Return an item the actor may see; NotFound also for a draft that is none of the actor's."""
    if "knowledge.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks knowledge.view", permission="knowledge.view")
    row = session.get(KnowledgeItem, item_id, populate_existing=True)
    if row is None or not (is_shown(row, now) or _works_on(session, row.published_by, actor)):
        raise NotFound(f"no knowledge item {item_id}")
    return row


def seen_answer(session: Session, answer_id: int, *, actor: Actor, now: Instant) -> KnowledgeAnswer:
    """Return an answer the actor may see, as `seen` does an item."""
    row = session.get(KnowledgeAnswer, answer_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no answer {answer_id}")
    seen(session, row.item_id, actor=actor, now=now)
    if row.state != "reviewed" and not _works_on(session, row.written_by, actor):
        raise NotFound(f"no answer {answer_id}")
    return row


def is_shown(row: KnowledgeItem, now: Instant) -> bool:
    """Whether callers may be told an item."""
    at = row.published_at
    return row.state == "reviewed" and at is not None and at.timestamp() <= now


def _works_on(session: Session, author: int, actor: Actor) -> bool:
    return "knowledge.review" in actor.can or (
        "knowledge.edit" in actor.can and is_ours(session, author, actor)
    )


def opened(session: Session, item_id: int, *, actor: Actor, now: Instant) -> None:
    """Count one opening of an item and of the answers it shows; a draft is not counted."""
    if not is_shown(seen(session, item_id, actor=actor, now=now), now):
        return
    at = to_datetime(now)
    session.execute(
        update(KnowledgeItem)
        .where(KnowledgeItem.id == item_id)
        .values(views=KnowledgeItem.views + 1, viewed_at=at)
    )
    session.execute(
        update(KnowledgeAnswer)
        .where(KnowledgeAnswer.item_id == item_id, KnowledgeAnswer.state == "reviewed")
        .values(views=KnowledgeAnswer.views + 1, viewed_at=at)
    )


def whole(session: Session, item_id: int, *, actor: Actor, now: Instant) -> Whole:
    """Return one item with its answers and what the viewer may do; counts nothing."""
    row = seen(session, item_id, actor=actor, now=now)
    rows = [
        answer
        for answer in session.scalars(
            select(KnowledgeAnswer)
            .where(KnowledgeAnswer.item_id == item_id)
            .order_by(KnowledgeAnswer.id)
            .execution_options(populate_existing=True)
        )
        if answer.state == "reviewed" or _works_on(session, answer.written_by, actor)
    ]
    people = {row.published_by, row.reviewed_by or 0}
    for answer in rows:
        people |= {answer.written_by, answer.reviewed_by or 0}
    known = names(session, people)
    return Whole(
        row=row,
        publisher=known.get(row.published_by, ""),
        reviewer=known.get(row.reviewed_by or 0, ""),
        category=_label(session, row.category),
        shown=is_shown(row, now),
        answers=[
            Answer(
                answer,
                known.get(answer.written_by, ""),
                known.get(answer.reviewed_by or 0, ""),
                verbs(
                    ANSWER, answer.state, actor.can, ours=is_ours(session, answer.written_by, actor)
                ),
            )
            for answer in rows
        ],
        verbs=verbs(ITEM, row.state, actor.can, ours=is_ours(session, row.published_by, actor)),
    )


def _label(session: Session, code: str) -> str:
    return (
        session.scalar(
            select(Category.label)
            .where(Category.code == code)
            .order_by(Category.version.desc())
            .limit(1)
        )
        or ""
    )
