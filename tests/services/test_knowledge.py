"""Knowledge: only what is reviewed and published is told, editors do not lose text, openings are counted."""

import pytest
from conftest import Place
from factories import AT, make_user
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store import db
from models.tables import Audit, KnowledgeAnswer, KnowledgeItem
from tickets import editing as e
from tickets import knowledge as k
from tickets.attachments import HOLDERS, may_add
from tickets.moving import Actor

VIEW = frozenset({"knowledge.view"})
AGENT = Actor(1, "何话务", VIEW)
EDITOR = Actor(2, "林值班", VIEW | {"knowledge.edit"})
REVIEWER = Actor(3, "许审核", VIEW | {"knowledge.edit", "knowledge.review"})
UNIT = Actor(4, "住建局经办", VIEW | {"knowledge.edit"}, "zjj")
FORM = e.Form(title="小区停水了怎么办", shelf="faq", description="整片停水多为管网")
DAY = 86_400.0


def proposed(session: Session, form: e.Form = FORM, who: Actor = EDITOR) -> int:
    return e.propose(session, form, actor=who, now=AT)


def published(session: Session, form: e.Form = FORM) -> int:
    number = proposed(session, form)
    e.publish(session, number, 1, actor=REVIEWER, now=AT)
    return number


def found(
    session: Session, words: str = "", who: Actor = AGENT, now: float = AT, **more: str
) -> list[str]:
    lines = k.search(session, words, actor=who, now=now, **more).lines  # type: ignore[arg-type]
    return [line.row.title for line in lines]


def answered(session: Session, item: int, content: str = "请联系供水公司") -> int:
    number = e.write_answer(session, item, content=content, actor=EDITOR, now=AT)
    e.accept_answer(session, number, 1, actor=REVIEWER, now=AT)
    return number


def state_of(session: Session, number: int) -> str:
    return str(session.scalar(select(KnowledgeItem.state).where(KnowledgeItem.id == number)))


def test_it_works(session: Session) -> None:
    number = published(session)
    answer = answered(session, number)
    (line,) = k.search(session, "停水", actor=AGENT, now=AT).lines
    assert (line.row.id, line.begins) == (number, "请联系供水公司")
    whole = k.whole(session, number, actor=AGENT, now=AT)
    assert [each.row.id for each in whole.answers] == [answer]
    assert (whole.shown, whole.verbs, whole.answers[0].verbs) == (True, [], [])
    e.withdraw(session, number, 2, reason="已过时", actor=REVIEWER, now=AT)
    e.remove(session, number, 3, reason="已过时", actor=REVIEWER, now=AT)
    assert session.scalars(select(KnowledgeAnswer.id)).all() == []
    verbs = session.scalars(select(Audit.verb).order_by(Audit.id)).all()
    assert verbs == [
        "knowledge_propose", "knowledge_publish", "answer_propose", "answer_accept",
        "knowledge_withdraw", "knowledge_delete",
    ]  # fmt: skip


# --- only what is reviewed ------------------------------------------------------------------


def test_a_draft_is_told_to_nobody(session: Session) -> None:
    number = proposed(session)
    assert found(session) == []
    for verb in (k.whole, k.opened):
        with pytest.raises(NotFound):
            verb(session, number, actor=AGENT, now=AT)
    assert found(session, who=EDITOR, desk="unpublished") == [FORM.title]
    with pytest.raises(Refused):
        found(session, desk="unpublished")
    with pytest.raises(Refused):
        e.publish(session, number, 1, actor=EDITOR, now=AT)


def test_a_draft_answer_is_neither_shown_nor_found(session: Session) -> None:
    number = published(session)
    answer = e.write_answer(session, number, content="阀门在门外管井", actor=EDITOR, now=AT)
    assert k.whole(session, number, actor=AGENT, now=AT).answers == []
    assert found(session, "管井") == []
    e.accept_answer(session, answer, 1, actor=REVIEWER, now=AT)
    assert found(session, "管井") == [FORM.title]
    e.fail_answer(session, answer, 2, reason="不准确", actor=REVIEWER, now=AT)
    assert found(session, "管井") == []
    row = session.get(KnowledgeAnswer, answer)
    assert row is not None
    assert (row.state, row.remarks) == ("failed", "不准确")


def test_what_is_published_later_is_shown_later(session: Session) -> None:
    number = proposed(session)
    e.publish(session, number, 1, published=AT + DAY, actor=REVIEWER, now=AT)
    assert found(session) == []
    assert found(session, now=AT + DAY) == [FORM.title]
    assert found(session, who=REVIEWER, desk="unpublished") == [FORM.title]


def test_an_edit_must_be_reviewed_again_but_for_a_reviewers(session: Session) -> None:
    number = published(session)
    answer = answered(session, number)
    form = e.Form(title="停水报修", shelf="guide", remarks="改")
    e.edit(session, number, 2, form, actor=REVIEWER, now=AT)
    e.edit_answer(session, answer, 2, content="新内容", actor=REVIEWER, now=AT)
    assert found(session, "报修") == ["停水报修"]
    e.edit_answer(session, answer, 3, content="再改", actor=EDITOR, now=AT)
    assert k.whole(session, number, actor=AGENT, now=AT).answers == []
    e.edit(session, number, 3, form, actor=EDITOR, now=AT)
    assert state_of(session, number) == "draft"
    assert found(session) == []


def test_the_review_queue_holds_both(session: Session) -> None:
    assert found(session, who=REVIEWER, desk="review") == []
    number = published(session)
    e.write_answer(session, number, content="待审的答复", actor=EDITOR, now=AT)
    proposed(session, e.Form(title="电梯困人", shelf="faq"))
    assert sorted(found(session, who=REVIEWER, desk="review")) == ["小区停水了怎么办", "电梯困人"]


@pytest.mark.parametrize(("verb", "version"), [(e.withdraw, 1), (e.remove, 2)])
def test_a_move_from_the_wrong_state(session: Session, verb: object, version: int) -> None:
    number = proposed(session) if verb is e.withdraw else published(session)
    with pytest.raises(WrongStatus) as told:
        verb(session, number, version, reason="不用了", actor=REVIEWER, now=AT)  # type: ignore[operator]
    assert told.value.facts["reason"] == "state"


def test_a_reason_is_owed(session: Session) -> None:
    number = proposed(session)
    for verb in (e.fail, e.remove):
        with pytest.raises(BadInput):
            verb(session, number, 1, reason=" ", actor=REVIEWER, now=AT)


# --- two at once ----------------------------------------------------------------------------


def test_the_second_editor_is_told(session: Session) -> None:
    number = published(session)
    e.edit(session, number, 2, FORM, actor=REVIEWER, now=AT)
    with pytest.raises(WrongStatus) as told:
        e.edit(session, number, 2, FORM, actor=EDITOR, now=AT)
    assert told.value.facts["reason"] == "edited"
    answer = answered(session, number)
    with pytest.raises(WrongStatus):
        e.edit_answer(session, answer, 1, content="迟到", actor=EDITOR, now=AT)


def test_two_transactions_write_one_version(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        number = proposed(session)
    with db.transaction(engine, tenant.id) as first:
        e.edit(first, number, 1, FORM, actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus), db.transaction(engine, tenant.id) as second:
        e.edit(second, number, 1, FORM, actor=EDITOR, now=AT)


# --- units ----------------------------------------------------------------------------------


def test_a_unit_changes_what_its_people_wrote(session: Session, tenant: Place) -> None:
    number = published(session)
    with pytest.raises(Refused):
        e.edit(session, number, 2, FORM, actor=UNIT, now=AT)
    answer = e.write_answer(session, number, content="本局答复", actor=UNIT, now=AT)
    e.edit_answer(session, answer, 1, content="本局答复，改", actor=UNIT, now=AT)
    other = Actor(9, "交通局经办", UNIT.can, "jtj")
    assert [a.row.id for a in k.whole(session, number, actor=UNIT, now=AT).answers] == [answer]
    assert k.whole(session, number, actor=other, now=AT).answers == []
    assert may_add(session, "answer", answer, HOLDERS, actor=UNIT, now=AT)
    with pytest.raises(NotFound):
        may_add(session, "answer", answer, HOLDERS, actor=other, now=AT)
    own = proposed(session, who=UNIT)
    assert own in [
        r.row.id for r in k.search(session, actor=UNIT, now=AT, desk="unpublished").lines
    ]
    assert k.search(session, actor=other, now=AT, desk="unpublished").total == 0


# --- counting and finding -------------------------------------------------------------------


def test_an_opening_is_counted_once_a_list_never(session: Session) -> None:
    number = published(session)
    answer = answered(session, number)
    found(session, "停水")
    k.whole(session, number, actor=AGENT, now=AT)
    k.opened(session, number, actor=AGENT, now=AT + 5)
    k.opened(session, number, actor=AGENT, now=AT + 9)
    session.expire_all()
    for row in (session.get(KnowledgeItem, number), session.get(KnowledgeAnswer, answer)):
        assert row is not None
        assert row.viewed_at is not None
        assert (row.views, row.viewed_at.timestamp()) == (2, AT + 9)


def test_shelves_categories_and_order(session: Session) -> None:
    titles = [f"停水问题{n}" for n in range(22)]
    numbers = [published(session, e.Form(title=title, shelf="faq")) for title in titles]
    published(session, e.Form(title="停水政策", shelf="policy"))
    k.opened(session, numbers[3], actor=AGENT, now=AT)
    first = k.search(session, "停水", actor=AGENT, now=AT, shelf="faq")
    assert (len(first.lines), first.total, first.pages) == (20, 22, 2)
    assert [line.row.id for line in first.lines[:2]] == [numbers[3], numbers[-1]]
    rest = k.search(session, "停水", actor=AGENT, now=AT, shelf="faq", page=1)
    assert len(rest.lines) == 2
    assert k.search(session, actor=AGENT, now=AT, shelf="policy").total == 1
    assert k.search(session, "！？", actor=AGENT, now=AT).total == 0


def test_a_typed_title_suggests_what_is_alike(session: Session) -> None:
    water = published(session)
    published(session, e.Form(title="电梯困人了找谁", shelf="faq"))
    lines = k.suggest(session, "我们小区已经停水两天没人管", actor=AGENT, now=AT)
    assert [line.row.id for line in lines] == [water]
    more = published(session, e.Form(title="小区停水通知在哪看", shelf="faq"))
    lines = k.suggest(session, "小区停水通知没看到", actor=AGENT, now=AT)
    assert [line.row.id for line in lines] == [more, water]
    assert k.suggest(session, "小区路灯坏了", actor=AGENT, now=AT) == []  # one pair of many
    assert k.suggest(session, "公园跑步", actor=AGENT, now=AT) == []
    assert k.suggest(session, "", actor=AGENT, now=AT) == []


def test_html_stays_text(session: Session) -> None:
    title = "<b>停水</b><script>alert(1)</script>"
    number = published(session, e.Form(title=title, shelf="faq", description="<i>x</i>"))
    assert k.whole(session, number, actor=AGENT, now=AT).row.title == title
    assert found(session, "停水") == [title]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (e.Form(title=" ", shelf="faq"), "title"), (e.Form(title="x", shelf="nowhere"), "shelf"),
        (e.Form(title="x" * 101, shelf="faq"), "title"),
        (e.Form(title="x", shelf="faq", category="none"), "category"),
        (e.Form(title="x", shelf="faq", description="\0"), "description"),
    ],
)  # fmt: skip
def test_a_wrong_form_says_which_field(session: Session, form: e.Form, field: str) -> None:
    with pytest.raises(BadInput) as told:
        proposed(session, form)
    assert told.value.facts["field"] == field


def test_a_reviewer_sets_publisher_and_time(session: Session, tenant: Place) -> None:
    number = published(session)
    person = make_user(session, tenant.id, "writer")
    form = e.Form(title="新题", shelf="faq", published=AT - DAY, publisher=person.id)
    e.edit(session, number, 2, form, actor=REVIEWER, now=AT)
    whole = k.whole(session, number, actor=REVIEWER, now=AT)
    assert whole.publisher == person.name
    assert whole.row.published_at is not None
    assert whole.row.published_at.timestamp() == AT - DAY
    with pytest.raises(BadInput):
        e.edit(session, number, 3, e.Form("x", "faq", publisher=10**9), actor=REVIEWER, now=AT)
