"""Knowledge as it is written: proposed, edited, reviewed, withdrawn, deleted; its answers likewise.

Who changes a text says which version was on the screen: of two editors the second gets WrongStatus with
`reason` edited, and nothing of either is lost.
"""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.knowledge import ANSWER, ITEM, SHELVES, after_edit, verbs
from models.store.chain import audit
from models.store.db import tenant_of
from models.store.fulltext import held
from models.tables import Attachment, Category, KnowledgeAnswer, KnowledgeItem, User
from tickets.knowledge import is_ours, seen
from tickets.moving import TEXT_MAX, Actor, owed

TITLE_MAX, REMARKS_MAX = 100, 1000
ANSWERS_MAX = 20

Text = TypeVar("Text", KnowledgeItem, KnowledgeAnswer)


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of an item says; `published` and `publisher` are a reviewer's to set, 0 = as it is."""

    title: str
    shelf: str
    description: str = ""
    category: str = ""
    remarks: str = ""
    published: Instant = 0.0
    publisher: int = 0

    def check(self) -> None:
        """Raise BadInput naming the first field that cannot be taken."""
        if self.shelf not in SHELVES:
            raise BadInput(f"shelf {self.shelf!r}", field="shelf")
        if not self.title.strip():
            raise BadInput("title is empty", field="title")
        limits = {"title": TITLE_MAX, "description": TEXT_MAX, "remarks": REMARKS_MAX}
        for field, limit in limits.items():
            _short(getattr(self, field), field, limit)


def _short(text: str, field: str, limit: int) -> None:
    if len(text) > limit or "\0" in text:
        raise BadInput(f"{field} is longer than {limit}", field=field)


# --- items ----------------------------------------------------------------------------------


def propose(session: Session, form: Form, *, actor: Actor, now: Instant) -> int:
    """Put a new item on its shelf as a draft; return its number."""
    _allowed("knowledge.edit", actor)
    form.check()
    _known_category(session, form.category)
    row = KnowledgeItem(
        tenant_id=tenant_of(session), title=form.title.strip(), shelf=form.shelf,
        description=form.description.strip(), category=form.category, remarks=form.remarks.strip(),
        published_by=actor.user_id, state="draft", version=1,
        grams=held(form.title, form.description),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _noted(session, row, "propose", actor, now)
    return row.id


def edit(
    session: Session, item_id: int, version: int, form: Form, *, actor: Actor, now: Instant
) -> None:
    """Replace an item's text; in other hands than a reviewer's it must be reviewed again."""
    row = _hold(session, KnowledgeItem, item_id, version, "edit", actor)
    form.check()
    _known_category(session, form.category)
    row.title, row.shelf, row.category = form.title.strip(), form.shelf, form.category
    row.description, row.remarks = form.description.strip(), form.remarks.strip()
    if "knowledge.review" in actor.can:
        _republish(session, row, form)
    _edited(row, actor)
    _index(session, row)
    _noted(session, row, "edit", actor, now)


def _republish(session: Session, row: KnowledgeItem, form: Form) -> None:
    if form.published:
        row.published_at = to_datetime(form.published)
    if form.publisher and form.publisher != row.published_by:
        if session.get(User, form.publisher) is None:
            raise BadInput(f"publisher {form.publisher}", field="publisher")
        row.published_by = form.publisher


def publish(
    session: Session,
    item_id: int,
    version: int,
    *,
    published: Instant = 0.0,
    actor: Actor,
    now: Instant,
) -> None:
    """Pass an item and show it from `published` on, or at once."""
    row = _hold(session, KnowledgeItem, item_id, version, "publish", actor)
    again = row.published_at is None or row.state == "withdrawn"
    if published or again:
        row.published_at = to_datetime(published or now)
    _reviewed(row, "reviewed", actor, now)
    _noted(session, row, "publish", actor, now)


def fail(
    session: Session, item_id: int, version: int, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Send a draft back with the reason, which is kept in its remarks."""
    row = _hold(session, KnowledgeItem, item_id, version, "fail", actor)
    _failed(row, reason, actor, now)
    _noted(session, row, "fail", actor, now, reason=reason.strip())


def withdraw(
    session: Session, item_id: int, version: int, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Take an item from the shelf; callers are told it no more."""
    owed(reason, "reason")
    row = _hold(session, KnowledgeItem, item_id, version, "withdraw", actor)
    row.state = "withdrawn"
    _noted(session, row, "withdraw", actor, now, reason=reason.strip())


def remove(
    session: Session, item_id: int, version: int, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Delete an item with its answers; the audit keeps its title and the reason."""
    owed(reason, "reason")
    row = _hold(session, KnowledgeItem, item_id, version, "delete", actor)
    numbers = session.scalars(select(KnowledgeAnswer.id).where(KnowledgeAnswer.item_id == row.id))
    for number in numbers.all():
        _detach(session, "answer", number, now)
    _detach(session, "knowledge", row.id, now)
    _noted(session, row, "delete", actor, now, reason=reason.strip(), title=row.title)
    session.execute(delete(KnowledgeAnswer).where(KnowledgeAnswer.item_id == row.id))
    session.execute(delete(KnowledgeItem).where(KnowledgeItem.id == row.id))


# --- answers --------------------------------------------------------------------------------


def write_answer(
    session: Session, item_id: int, *, content: str, remarks: str = "", actor: Actor, now: Instant
) -> int:
    """Add an answer to an item, as a draft; return its number."""
    _allowed("knowledge.edit", actor)
    _check_answer(content, remarks)
    # the item's row is held, so that two who write at once are counted one after the other
    session.execute(select(KnowledgeItem.id).where(KnowledgeItem.id == item_id).with_for_update())
    seen(session, item_id, actor=actor, now=now)
    there = select(func.count()).where(KnowledgeAnswer.item_id == item_id)
    if (session.scalar(there) or 0) >= ANSWERS_MAX:
        raise BadInput(f"more than {ANSWERS_MAX} answers", field="answers", most=ANSWERS_MAX)
    row = KnowledgeAnswer(
        tenant_id=tenant_of(session), item_id=item_id, content=content.strip(),
        remarks=remarks.strip(), written_at=to_datetime(now), written_by=actor.user_id,
        state="draft", version=1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _noted(session, row, "propose", actor, now)
    return row.id


def edit_answer(
    session: Session,
    answer_id: int,
    version: int,
    *,
    content: str,
    remarks: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """Replace an answer's text; in other hands than a reviewer's it must be reviewed again."""
    row = _hold(session, KnowledgeAnswer, answer_id, version, "edit", actor)
    _check_answer(content, remarks)
    row.content, row.remarks = content.strip(), remarks.strip()
    _edited(row, actor)
    _index_of(session, row)
    _noted(session, row, "edit", actor, now)


def accept_answer(
    session: Session, answer_id: int, version: int, *, actor: Actor, now: Instant
) -> None:
    """Pass an answer that fits the need: callers may be told it."""
    row = _hold(session, KnowledgeAnswer, answer_id, version, "accept", actor)
    _reviewed(row, "reviewed", actor, now)
    _index_of(session, row)
    _noted(session, row, "accept", actor, now)


def fail_answer(
    session: Session, answer_id: int, version: int, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Fail an answer with the reason, which is kept in its remarks."""
    row = _hold(session, KnowledgeAnswer, answer_id, version, "fail", actor)
    _failed(row, reason, actor, now)
    _index_of(session, row)
    _noted(session, row, "fail", actor, now, reason=reason.strip())


def remove_answer(
    session: Session, answer_id: int, version: int, *, reason: str, actor: Actor, now: Instant
) -> None:
    """Delete an answer nobody is told."""
    owed(reason, "reason")
    row = _hold(session, KnowledgeAnswer, answer_id, version, "delete", actor)
    _detach(session, "answer", row.id, now)
    _noted(session, row, "delete", actor, now, reason=reason.strip())
    session.execute(delete(KnowledgeAnswer).where(KnowledgeAnswer.id == row.id))


def _check_answer(content: str, remarks: str) -> None:
    owed(content, "content")
    _short(remarks, "remarks", REMARKS_MAX)


# --- what both share ------------------------------------------------------------------------


def attached(session: Session, row: KnowledgeItem | KnowledgeAnswer, *, actor: Actor) -> None:
    """Note that a text's files changed: an edit like any other."""
    _edited(row, actor)
    row.version += 1
    session.flush()
    if isinstance(row, KnowledgeAnswer):
        _index_of(session, row)


def _allowed(permission: str, actor: Actor) -> None:
    if permission not in actor.can:
        raise Refused(f"{actor.ref} lacks {permission}", permission=permission)


def _hold(
    session: Session, table: type[Text], number: int, version: int, verb: str, actor: Actor
) -> Text:
    """Lock the row by the UPDATE that counts its version up; WrongStatus when another was faster."""
    moves = ITEM if table is KnowledgeItem else ANSWER
    _allowed(moves[verb].permission, actor)
    row: Text | None = session.scalar(
        update(table)
        .where(table.id == number, table.version == version)
        .values(version=version + 1)
        .returning(table)
        .execution_options(populate_existing=True)
    )
    if row is None:
        if session.get(table, number) is None:
            raise NotFound(f"no {table.__tablename__} {number}")
        raise WrongStatus(f"{table.__tablename__} {number} was edited meanwhile", reason="edited")
    if row.state not in moves[verb].sources:
        raise WrongStatus(f"{verb} from {row.state}", reason="state", state=row.state)
    author = row.published_by if isinstance(row, KnowledgeItem) else row.written_by
    if verb not in verbs(moves, row.state, actor.can, ours=is_ours(session, author, actor)):
        raise Refused(f"{actor.ref} did not write {table.__tablename__} {number}")
    return row


def _edited(row: KnowledgeItem | KnowledgeAnswer, actor: Actor) -> None:
    state = after_edit(row.state, reviewer="knowledge.review" in actor.can)
    if state != row.state:
        row.state, row.reviewed_by, row.reviewed_at = state, None, None


def _reviewed(row: KnowledgeItem | KnowledgeAnswer, state: str, actor: Actor, now: Instant) -> None:
    row.state, row.reviewed_by, row.reviewed_at = state, actor.user_id, to_datetime(now)


def _failed(row: KnowledgeItem | KnowledgeAnswer, reason: str, actor: Actor, now: Instant) -> None:
    owed(reason, "reason")
    _short(reason, "reason", REMARKS_MAX)
    # the newest reason stands first; the oldest remarks give way
    row.remarks = f"{reason.strip()}\n{row.remarks}".strip()[:REMARKS_MAX]
    _reviewed(row, "failed", actor, now)


def _detach(session: Session, subject: str, number: int, now: Instant) -> None:
    session.execute(
        update(Attachment)
        .where(
            Attachment.subject == subject,
            Attachment.subject_id == number,
            Attachment.removed_at.is_(None),
        )
        .values(removed_at=to_datetime(now))
    )


def _known_category(session: Session, code: str) -> None:
    if code and session.scalar(select(Category.id).where(Category.code == code).limit(1)) is None:
        raise BadInput(f"category {code!r}", field="category")


def _index_of(session: Session, answer: KnowledgeAnswer) -> None:
    row = session.get(KnowledgeItem, answer.item_id)
    if row is not None:
        session.flush()
        _index(session, row)


def _index(session: Session, row: KnowledgeItem) -> None:
    """Have an item found by its own words and those of its reviewed answers."""
    answers = session.scalars(
        select(KnowledgeAnswer.content)
        .where(KnowledgeAnswer.item_id == row.id, KnowledgeAnswer.state == "reviewed")
        .order_by(KnowledgeAnswer.id)
    )
    session.flush()
    session.execute(
        update(KnowledgeItem)
        .where(KnowledgeItem.id == row.id)
        .values(grams=held(row.title, row.description, *answers))
    )


def _noted(
    session: Session,
    row: KnowledgeItem | KnowledgeAnswer,
    verb: str,
    actor: Actor,
    now: Instant,
    **more: str,
) -> None:
    item = isinstance(row, KnowledgeItem)
    audit(
        session, actor=actor.ref, verb=f"{'knowledge' if item else 'answer'}_{verb}",
        subject=f"{'knowledge' if item else 'answer'}:{row.id}", now=now,
        state=row.state, version=row.version, **more,
    )  # fmt: skip
