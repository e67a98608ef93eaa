"""Letters: who may make which and when, numbers, what they must never say, and texts that stay text."""

import io
import threading
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from conftest import Place, missing
from cryptography.fernet import Fernet
from docx import Document
from factories import AT
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from models.errors import BadInput, NotFound, Refused, Unavailable, WrongStatus
from models.store import chain, db
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.tables import Audit, Letter, Unit
from models.tables import Ticket as Row
from tickets import assignment as a
from tickets import letter_files, letters
from tickets import workflow as w
from tickets.intake import Form, answer, open_ticket
from tickets.letter_words import Body, Kind
from tickets.moving import Actor
from tickets.templates import build

VAULT = Vault((Fernet.generate_key().decode(),), "hash")
CENTRE = Actor(1, "林值班", PERMISSIONS - {"ticket.handle"})
UNIT = Actor(2, "住建局经办", frozenset({"ticket.view", "ticket.handle"}), "zjj")
OTHER = Actor(4, "交通局经办", frozenset({"ticket.view", "ticket.handle"}), "jtj")
NASTY = '<b>粗</b> & "引" {{ 7*7 }} {% raw %} {_{ }_} {_% %_} <img src="http://evil.example/x.png">'
FORM = Form(
    kind="complaint", title="小区停水", content="李女士家里停水两天，回电138-1234-5678",
    address="望江路88号", phone="13812345678", name="李女士",
)  # fmt: skip


@pytest.fixture
def units(session: Session, tenant: Place) -> None:
    put_units(session, tenant.id)


def put_units(session: Session, tenant_id: int) -> None:
    for code, name in (("zjj", "市住房和城乡建设局"), ("jtj", "市交通运输局")):
        session.add(Unit(tenant_id=tenant_id, code=code, name=name))
    session.flush()


def opened(session: Session, form: Form = FORM) -> Row:
    return open_ticket(session, form, actor=CENTRE, now=AT, vault=VAULT)


def assigned(session: Session, form: Form = FORM, *units: str) -> Row:
    row = opened(session, form)
    a.assign(
        session, row.id, units=units or ("zjj",), mode="assign", note="请核实李女士反映的情况",
        actor=CENTRE, now=AT + 60,
    )  # fmt: skip
    session.refresh(row)
    return row


def make(session: Session, row: Row, kind: Kind, actor: Actor = CENTRE) -> Letter:
    return letters.make(session, row.id, kind, actor=actor, now=AT + 100, vault=VAULT)


def text_of(letter: Letter) -> str:
    """Return everything a letter says, as its Word file says it."""
    document = Document(io.BytesIO(letter_files.docx(letters.body_of(letter))))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs), *cells])


# --- making ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("units")
def test_it_works(session: Session) -> None:
    row = assigned(session, FORM, "zjj", "jtj")
    letter = make(session, row, "assign")
    assert letter.no == "云12345〔2026〕交办第00001号"
    said = text_of(letter)
    assert "市住房和城乡建设局：" in said
    assert "市交通运输局协办" in said
    assert f"关于交办第{row.no}号市民诉求的函" in said
    line = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert line is not None
    assert (line.verb, line.subject, line.detail["no"]) == (
        "letter_made", f"ticket:{row.no}", letter.no,
    )  # fmt: skip
    assert chain.verify(session) == []


@pytest.mark.usefixtures("units")
def test_each_series_counts_by_itself_and_by_year(session: Session) -> None:
    first, second = assigned(session), assigned(session)
    numbers = [make(session, row, "assign").no for row in (first, second)]
    assert numbers == ["云12345〔2026〕交办第00001号", "云12345〔2026〕交办第00002号"]
    assert make(session, first, "forward").no == "云12345〔2026〕转办第00001号"
    later = letters.make(
        session, first.id, "accept_notice", actor=CENTRE, now=AT + 90 * 86_400, vault=VAULT
    )
    assert later.no == "云12345〔2027〕受理第00001号"


@pytest.mark.usefixtures("units")
def test_pressing_twice_makes_one_letter_and_a_change_makes_another(session: Session) -> None:
    row = assigned(session)
    first = make(session, row, "forward")
    assert make(session, row, "forward").id == first.id
    w.instruct(session, row.id, note="尽快恢复供水", actor=CENTRE, now=AT + 70)
    second = make(session, row, "forward")
    assert second.no == "云12345〔2026〕转办第00002号"
    assert "尽快恢复供水" in text_of(second)
    assert "尽快恢复供水" not in text_of(first)


def test_a_letter_says_the_same_ever_after(session: Session, tenant: Place) -> None:
    put_units(session, tenant.id)
    row = assigned(session)
    letter = make(session, row, "assign")
    before = text_of(letter)
    row.title, row.content = "改过的标题", "改过的内容"
    session.execute(update(Unit).values(name="改过的单位"))
    session.flush()
    session.expire_all()
    assert text_of(session.get_one(Letter, letter.id)) == before


def test_two_at_once_never_share_a_number(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        rows = [opened(session).id for _ in range(6)]
    ready = threading.Barrier(len(rows))

    def press(ticket_id: int) -> None:
        ready.wait()
        with db.transaction(engine, tenant.id) as own:
            letters.make(own, ticket_id, "accept_notice", actor=CENTRE, now=AT, vault=VAULT)

    threads = [threading.Thread(target=press, args=(each,)) for each in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.transaction(engine, tenant.id) as session:
        numbers = session.scalars(select(Letter.no).order_by(Letter.no)).all()
    assert numbers == [f"云12345〔2026〕受理第{n:05}号" for n in range(1, len(rows) + 1)]


# --- when and who ---------------------------------------------------------------------------


@pytest.mark.usefixtures("units")
def test_the_state_says_which_letters_there_may_be(session: Session) -> None:
    row = opened(session)

    def may() -> set[Kind]:
        session.refresh(row)
        found = set(letters.possible(session, row, actor=CENTRE))
        for kind in letters.KINDS:
            with session.begin_nested() as inner:
                if kind in found:
                    make(session, row, kind)
                else:
                    with pytest.raises(WrongStatus):
                        make(session, row, kind)
                inner.rollback()
        return found

    assert may() == {"accept_notice"}
    a.assign(session, row.id, units=["zjj"], mode="forward", actor=CENTRE, now=AT)
    assert may() == {"accept_notice", "forward"}
    a.ask_return(session, row.id, ground="area", reason="不在辖区", actor=UNIT, now=AT)
    a.grant_return(session, row.id, actor=CENTRE, now=AT)
    assert may() == {"accept_notice"}
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT)
    assert may() == {"accept_notice", "forward", "assign"}
    w.start(session, row.id, actor=UNIT, now=AT)
    w.submit(session, row.id, result="已修复", actor=UNIT, now=AT)
    w.approve(session, row.id, actor=CENTRE, now=AT)
    w.reply(session, row.id, text="已恢复供水", actor=CENTRE, now=AT)
    assert may() == {"accept_notice", "forward", "reply_notice"}


def test_only_what_was_not_accepted_is_told_so(session: Session) -> None:
    row = opened(session)
    a.reject(session, row.id, ground="court", note="该纠纷已由法院立案", actor=CENTRE, now=AT)
    session.refresh(row)
    assert letters.possible(session, row, actor=CENTRE) == ["reject_notice"]
    said = text_of(make(session, row, "reject_notice"))
    assert "涉法涉诉" in said
    assert "该纠纷已由法院立案" in said


@pytest.mark.usefixtures("units")
def test_permissions(session: Session) -> None:
    row = assigned(session)
    clerk = replace(CENTRE, can=CENTRE.can - {"ticket.assign"})
    caller = replace(CENTRE, can=CENTRE.can - {"ticket.call_back"})
    assert letters.possible(session, row, actor=clerk) == ["accept_notice"]
    assert letters.possible(session, row, actor=UNIT) == []
    for kind, who in (("assign", clerk), ("accept_notice", caller), ("forward", UNIT)):
        with pytest.raises(Refused):
            make(session, row, kind, who)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        make(session, row, "nonsense")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        letters.make(session, 999_999, "assign", actor=CENTRE, now=AT, vault=VAULT)


@pytest.mark.usefixtures("units")
def test_a_unit_sees_its_own_sheets_and_no_notice(session: Session) -> None:
    row = assigned(session)
    sheet, notice = make(session, row, "assign"), make(session, row, "accept_notice")
    assert letters.made(session, row.id, actor=UNIT) == [sheet]
    assert letters.made(session, row.id, actor=CENTRE) == [notice, sheet]
    assert letters.one(session, sheet.id, actor=UNIT, now=AT) == sheet
    for letter, who in ((notice, UNIT), (sheet, OTHER)):
        with pytest.raises(NotFound):
            letters.one(session, letter.id, actor=who, now=AT)
    with pytest.raises(Refused):
        letters.one(session, sheet.id, actor=replace(CENTRE, can=frozenset()), now=AT)


def test_a_neighbour_sees_nothing(engine: Engine, tenant: Place, neighbour: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        letter = make(session, opened(session), "accept_notice")
    with db.transaction(engine, neighbour.id) as session, pytest.raises(NotFound):
        letters.one(session, letter.id, actor=CENTRE, now=AT)


# --- what is never said ---------------------------------------------------------------------


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize("guard", [{}, {"confidential": True}, {"anonymous": True}])
def test_no_letter_says_who_asked(session: Session, guard: Any) -> None:
    row = assigned(session, replace(FORM, **guard))
    w.start(session, row.id, actor=UNIT, now=AT)
    w.submit(session, row.id, result="已联系李女士（１３８ 1234 5678）", actor=UNIT, now=AT)
    kinds: list[Kind] = ["assign", "forward", "accept_notice"]
    made = [make(session, row, kind) for kind in kinds]
    w.approve(session, row.id, actor=CENTRE, now=AT)
    w.reply(session, row.id, text="李女士您好：\n已恢复供水。", actor=CENTRE, now=AT)
    made += [make(session, row, kind) for kind in ("forward", "reply_notice")]
    assert len({letter.id for letter in made}) == 4
    assert "市民您好：" in text_of(made[-1])
    for letter in made:
        said = text_of(letter) + str(letter.body)
        for secret in ("李女士", "13812345678", "138-1234-5678", "１３８", "5678", "138****5678"):
            assert secret not in said, (letter.kind, secret)
        assert ("望江路" in said) == (letter.kind in ("assign", "forward") and not guard)
        assert (row.query_code in said) == letter.kind.endswith("notice")


@pytest.mark.usefixtures("units")
def test_a_protected_letter_leaves_out_every_personal_number(session: Session) -> None:
    said = "邻居电话13900001111、0571-87654321，身份证330102199001011234，发生在2026-11-20，编号10000001"
    open_row = assigned(session, replace(FORM, content=said))
    assert "13900001111" in text_of(make(session, open_row, "assign"))
    row = assigned(session, replace(FORM, content=said, confidential=True))
    letter = text_of(make(session, row, "assign"))
    for secret in ("13900001111", "87654321", "330102199001011234"):
        assert secret not in letter
    assert "2026-11-20" in letter
    assert "不得打听、泄露诉求人身份" in letter


# --- files ----------------------------------------------------------------------------------


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)


@pytest.mark.usefixtures("units")
def test_a_text_stays_text(session: Session) -> None:
    row = assigned(session, replace(FORM, title=NASTY[:100], content=f"{NASTY}\n第二行\x01\x0c"))
    body = letters.body_of(make(session, row, "assign"))
    document = Document(io.BytesIO(letter_files.docx(body)))
    cells = [row.cells[1].text for row in document.tables[0].rows]
    assert f"{NASTY}\n第二行" in cells
    page = Words()
    page.feed(letter_files.html(body))
    assert f"{NASTY}\n第二行" in page.said
    assert not page.tags & {"b", "img", "script"}


def body(**more: object) -> Body:
    given: dict[str, object] = {
        "head": "云州市12345政务服务便民热线", "no": "云12345〔2026〕交办第00001号", "title": "函",
        "to": "市住房和城乡建设局", "said": ("内容",), "rows": (), "blank": (), "closing": (),
        "sign": "中心", "date": "2026年11月22日", **more,
    }  # fmt: skip
    return Body(**given)  # type: ignore[arg-type]


def test_a_pdf_is_made_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    if not letter_files.printable():
        missing("Pango")
    bare = letter_files.pdf(body())
    assert bare.startswith(b"%PDF")
    for link in ("http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA"):
        wanted = f"<p>函</p><img src='{link}'><link rel=stylesheet href='{link}'>"
        monkeypatch.setattr(letter_files, "html", lambda _body, page=wanted: page)
        assert b"/Image" not in letter_files.pdf(body())


def test_without_pango_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_files, "printable", lambda: False)
    with pytest.raises(Unavailable, match="libpango"):
        letter_files.pdf(body())


def test_the_word_file_is_the_page_of_the_standard() -> None:
    with zipfile.ZipFile(io.BytesIO(letter_files.docx(body()))) as packed:
        page = packed.read("word/document.xml").decode()
    for side, twips in (("top", 2098), ("bottom", 1984), ("left", 1587), ("right", 1474)):
        assert f'w:{side}="{twips}"' in page
    assert 'w:eastAsia="仿宋_GB2312"' in page
    assert 'w:color="D7000F"' in page


def test_the_template_is_what_its_script_makes() -> None:
    kept = Document(str(build.FILE))
    assert kept.element.xml == build.build().element.xml


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(BadInput):
        letter_files.render(body(), "exe")


def test_a_letter_answered_at_once_has_a_reply_and_no_sheet(session: Session) -> None:
    row = opened(session, Form(kind="consult", title="社保", content="怎么缴费"))
    answer(session, row.id, reply="可在网上办理", actor=CENTRE, now=AT)
    session.refresh(row)
    assert set(letters.possible(session, row, actor=CENTRE)) == {"accept_notice", "reply_notice"}
    assert "可在网上办理" in text_of(make(session, row, "reply_notice"))
    assert session.scalar(select(func.count()).select_from(Letter)) == 1
