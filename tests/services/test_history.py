"""The import of old tickets: all in or refused with the reason, safe to repeat and to kill, never published."""

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Place
from cryptography.fernet import Fernet
from factories import AT
from real_stores import Stores
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models.errors import BadInput, Refused
from models.events.ticket import from_row
from models.rules.tickets import Ticket, reduce
from models.store import chain, db
from models.store.crypto import Vault
from models.tables import Audit, Category, Outbox, TicketHistory, TicketLeg, TicketParty, Unit
from models.tables import Ticket as Row
from tickets import assignment, queries
from tickets.history import job
from tickets.history.load import load
from tickets.history.mapping import Plan, parse
from tickets.history.rows import Old
from tickets.moving import Actor, legs

KEY = Fernet.generate_key().decode()
VAULT = Vault((KEY,), "hash")
EXAMPLES = Path(__file__).parents[2] / "docs/examples"
MAPPING = (EXAMPLES / "tickets-mapping.toml").read_text(encoding="utf-8")
PLAN = parse(MAPPING)
HEADER = list(PLAN.columns.values())
CENTRE = Actor(1, "林值班", frozenset({"ticket.view", "ticket.assign"}))


@pytest.fixture
def place(engine: Engine, tenant: Place) -> Place:
    with db.transaction(engine, tenant.id) as session:
        for code, name in (("zjj", "市住房和城乡建设局"), ("hbj", "市生态环境局")):
            session.add(Unit(tenant_id=tenant.id, code=code, name=name))
        for code, label in (
            ("H01", "供水"), ("L02", "社会保险"), ("E01", "噪声污染"), ("C02", "路灯照明"),
        ):  # fmt: skip
            session.add(Category(tenant_id=tenant.id, version=1, code=code, label=label))
    return tenant


def row(key: str, **more: str) -> dict[str, str]:
    return {
        "工单编号": key, "受理时间": "2019-03-04 09:12:33", "办结时间": "2019-03-08 16:40:00",
        "诉求类型": "投诉", "状态": "已归档", "诉求内容": "小区停水", "联系电话": "13800000001",
        "姓名": "赵先生", "承办单位": "zjj", **more,
    }  # fmt: skip


def written(path: Path, *rows: Mapping[str, str], encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def imported(
    engine: Engine, place: Place, source: Path, *, plan: Plan = PLAN, batch: int = 1000,
    dry_run: bool = False, rejected: Path | None = None,
) -> tuple[int, int, int, int]:  # fmt: skip
    done = job.run(
        engine, place.id, source, plan, vault=VAULT, now=AT, batch=batch, dry_run=dry_run,
        rejected=rejected,
    )  # fmt: skip
    return done.read, done.made, done.known, done.rejected


def count(engine: Engine, place: Place, table: type[object]) -> int:
    with db.transaction(engine, place.id) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def folded(session: Session, ticket_id: int) -> Ticket:
    state: Ticket | None = None
    told = select(TicketHistory.event).where(TicketHistory.ticket_id == ticket_id)
    for event in session.scalars(told.order_by(TicketHistory.id)):
        state = reduce(state, from_row(event))
    assert state is not None
    return state


def test_the_example_goes_in(engine: Engine, place: Place) -> None:
    assert imported(engine, place, EXAMPLES / "tickets.csv") == (4, 4, 0, 0)
    with db.transaction(engine, place.id) as session:
        rows = {each.origin[-1]: each for each in session.scalars(select(Row))}
        assert {len(each.no) for each in rows.values()} == {8}
        assert rows["3"].confidential
        assert "\n影响休息" in rows["3"].content
        party = session.get_one(TicketParty, rows["1"].id)
        assert (party.masked, VAULT.open(party.phone_sealed)) == ("138****0001", "13800000001")
        assert VAULT.open(party.name_sealed) == "赵先生"
        assert party.digest == VAULT.digest("13800000001")
        found = session.scalars(
            select(Row.origin).where(Row.grams.op("@@")(func.to_tsquery("simple", "'停水'")))
        ).all()
        assert found == ["YZ2019-000001"]
        whole = queries.whole(session, rows["1"].no, actor=CENTRE, now=AT)
        assert [line.verb for line in whole.history] == ["import"]
        assert whole.history[0].note == "原编号 YZ2019-000001"
        assert whole.legs[0][0].handled_at == rows["1"].closed_at
        assert chain.verify(session) == []
        assert set(session.scalars(select(Audit.verb))) == {"import_began", "import_ended"}
    assert count(engine, place, Outbox) == 0


def test_the_history_folds_to_the_row(engine: Engine, place: Place) -> None:
    imported(engine, place, EXAMPLES / "tickets.csv")
    with db.transaction(engine, place.id) as session:
        for each in session.scalars(select(Row)):
            told = folded(session, each.id)
            assert (each.status, each.grade or "none", each.solved) == (
                told.status, told.grade, told.solved,
            )  # fmt: skip
            assert (each.replied_at is not None, each.called_back_at is not None) == (
                bool(told.replied), bool(told.called_back),
            )  # fmt: skip
            parts = {leg.number: leg for leg in legs(session, each.id)}
            assert parts.keys() == told.legs.keys()
            for number, leg in parts.items():
                known = told.legs[number]
                assert leg.handled_at is not None
                assert (leg.unit, leg.handled_at.timestamp()) == (known.unit, known.handled)
                assert (leg.due_at.timestamp() if leg.due_at else 0.0) == known.due


def test_an_open_one_goes_on_like_any_other(engine: Engine, place: Place, tmp_path: Path) -> None:
    waiting = row("A1", 状态="待派单", 办结时间="")
    assert imported(engine, place, written(tmp_path / "a.csv", waiting)) == (1, 1, 0, 0)
    with db.transaction(engine, place.id) as session:
        ticket = session.scalars(select(Row)).one()
        assert legs(session, ticket.id) == []
        assignment.assign(
            session, ticket.id, units=["hbj"], mode="assign", actor=CENTRE, now=AT + 1
        )
        session.flush()
        assert folded(session, ticket.id).status == "assigned"


def test_a_repeat_changes_nothing(engine: Engine, place: Place, tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", *(row(f"A{n}") for n in range(7)))
    assert imported(engine, place, source, batch=3) == (7, 7, 0, 0)
    with db.transaction(engine, place.id) as session:
        numbers = session.scalars(select(Row.no).order_by(Row.id)).all()
    assert imported(engine, place, source, batch=3) == (7, 0, 7, 0)
    with db.transaction(engine, place.id) as session:
        assert session.scalars(select(Row.no).order_by(Row.id)).all() == numbers
    for table in (TicketParty, TicketHistory, TicketLeg):
        assert count(engine, place, table) == 7


def test_a_dry_run_counts_the_same_and_writes_nothing(
    engine: Engine, place: Place, tmp_path: Path
) -> None:
    source = written(tmp_path / "a.csv", row("A1"), row("A2", 诉求类型="怪"), row("A1"), row("A3"))
    assert imported(engine, place, source, dry_run=True) == (4, 2, 0, 2)
    for table in (Row, Audit, TicketHistory):
        assert count(engine, place, table) == 0
    assert imported(engine, place, source) == (4, 2, 0, 2)
    assert imported(engine, place, source, dry_run=True) == (4, 0, 2, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_refused_rows_come_back_with_the_reason_and_go_in_once_mended(
    engine: Engine, place: Place, tmp_path: Path, encoding: str
) -> None:
    plan = parse(MAPPING.replace("utf-8-sig", encoding, 1).replace('"utf-8-sig"', f'"{encoding}"'))
    source = written(
        tmp_path / "a.csv", row("A1"), row("A2", 诉求类型="怪"), row("A1"), row("A3", 联系电话="无"),
        row("A4", 诉求内容="含\0空"), row("A5", 受理时间="2099-01-01"), encoding=encoding,
    )  # fmt: skip
    out = tmp_path / "out.csv"
    assert imported(engine, place, source, plan=plan, rejected=out) == (6, 1, 0, 5)
    assert out.stat().st_mode & 0o077 == 0
    with out.open(encoding=encoding, newline="") as file:
        refused = list(csv.DictReader(file))
    assert [(line["行号"], line["原因"].split("“")[0]) for line in refused] == [
        ("3", "诉求类型：没有对应的值"), ("4", "编号与第 2 行重复"), ("5", "联系电话：不是电话号码"),
        ("6", "诉求内容：含有空字符（NUL）"), ("7", "受理时间：日期在将来"),
    ]  # fmt: skip
    mended = out.read_bytes().decode(encoding).replace("怪", "投诉").encode(encoding)
    (tmp_path / "mended.csv").write_bytes(mended)
    assert imported(engine, place, tmp_path / "mended.csv", plan=plan) == (5, 1, 1, 3)


def test_wrong_bytes_spoil_their_own_row_only(engine: Engine, place: Place, tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        source = written(tmp_path / "a.csv", row("坏0"), row(f"{encoding}1"), encoding=encoding)
        bad = source.read_bytes().replace("坏".encode(encoding.removesuffix("-sig")), b"\xff\xff")
        source.write_bytes(bad)
        out = tmp_path / f"{encoding}.csv"
        plan = parse(MAPPING.replace('"utf-8-sig"', f'"{encoding}"', 1))
        assert imported(engine, place, source, plan=plan, rejected=out) == (2, 1, 0, 1)
        assert b"\xff\xff0" in out.read_bytes()
        assert "编码错误".encode(encoding.removesuffix("-sig")) in out.read_bytes()


def test_an_open_quote_and_an_endless_line_do_not_end_the_import(
    engine: Engine, place: Place, tmp_path: Path
) -> None:
    source = written(tmp_path / "a.csv", row("A1"))
    with source.open("a", encoding="utf-8") as file:
        file.write("x" * 3_000_000 + "\n\n")
        file.write(",".join(row("A2").get(name, "") for name in HEADER) + "\n")
        file.write('A3,"没有关的引号' + "\n")
    read, made, _, rejected = imported(engine, place, source)
    assert made == 2
    assert read == made + rejected


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no header"), ("单号,时间\n".encode(), "no column .*'工单编号'.*the file has: '单号', '时间'"),
        ("工单编号,受理时间\n".encode("gb18030"), "another encoding"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_before_a_row_is_read(
    engine: Engine, place: Place, tmp_path: Path, content: bytes, told: str
) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(content)
    with pytest.raises(BadInput, match=told):
        imported(engine, place, source)
    with pytest.raises(BadInput, match="is the file itself"):
        imported(engine, place, EXAMPLES / "tickets.csv", rejected=EXAMPLES / "tickets.csv")
    with pytest.raises(BadInput, match="No such file"):
        imported(engine, place, tmp_path / "none.csv")
    assert count(engine, place, Audit) == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from models.store import db
from models.store.crypto import Vault
from tickets.history import job, mapping
whole, calls = job.load, []
def load(*rows, **more):
    done = whole(*rows, **more)
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
job.load = load
url, tenant, key, source, plan = sys.argv[1:]
job.run(db.engine_for(url), int(tenant), Path(source), mapping.parse(Path(plan).read_text("utf-8")),
        vault=Vault((key,), "hash"), now=1_795_300_000.0, batch=10)
"""


def test_killed_in_the_middle_and_repeated_it_comes_to_the_same(
    engine: Engine, stores: Stores, place: Place, tmp_path: Path
) -> None:
    rows = [row(f"A{n}", 诉求类型="投诉" if n % 7 else "怪") for n in range(60)]
    source = written(tmp_path / "a.csv", *rows)
    done = subprocess.run(
        [
            sys.executable, "-c", KILLED, stores.database_url, str(place.id), KEY, str(source),
            str(EXAMPLES / "tickets-mapping.toml"),
        ],
        cwd=Path(__file__).parents[2], capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    assert count(engine, place, Row) == 20
    assert imported(engine, place, source) == (60, 31, 20, 9)
    for table in (Row, TicketParty, TicketHistory, TicketLeg):
        assert count(engine, place, table) == 51


def test_two_imports_at_once_make_each_ticket_once(session: Session) -> None:
    old = Old(
        key="A1", status="archived", kind="help", channel="phone", title="求助", content="路灯",
        opened=AT - 9, closed=AT - 1,
    )  # fmt: skip
    given = {"actor": job.ACTOR, "now": AT, "vault": VAULT}
    assert load(session, [old], **given) == 1  # type: ignore[arg-type]
    assert load(session, [old], **given) == 0  # type: ignore[arg-type]
    with pytest.raises(Refused):
        load(session, [old], actor=CENTRE, now=AT, vault=VAULT)


def test_a_neighbour_may_use_the_same_keys(
    engine: Engine, place: Place, neighbour: Place, tmp_path: Path
) -> None:
    source = written(tmp_path / "a.csv", row("A1", 承办单位=""))
    assert imported(engine, place, source) == (1, 1, 0, 0)
    assert imported(engine, neighbour, source) == (1, 1, 0, 0)
