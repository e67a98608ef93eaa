"""No citizen's name or number in the plain: not on a page, in a file, a table, a stream, nor in the log.

A story is lived through with callers nobody else is called like; then everything that can be read is searched.
"""

import asyncio
import csv
import io
import json
import logging
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import missing
from desk_site import HERE, PEOPLE, TOKEN, Site, running_site
from factories import make_call, put_calls
from real_stores import Stores
from redis import Redis
from sqlalchemy import Engine, func, select, text
from waiting import eventually
from web_client import Answer

from dashboard.views.intake import FIELDS
from ingest.relay import Relay
from ingest.ticket_events import TicketEvents
from models.clock import now
from models.store import streams
from models.store.files import Files
from models.store.people import PERMISSIONS
from models.tables import Attachment, Audit, EventLog, Letter, Outbox, Ticket
from models.tables.base import Base
from tickets import assignment, intake, letter_files, today, workflow
from tickets.history import job
from tickets.history.mapping import parse
from tickets.moving import Actor

STEM, NAME = "1398765", "欧阳泄甲"
"""How every number of this story begins, and what every caller of it is called."""
CHIEF = Actor(0, "总值班", PERMISSIONS)
UNIT = Actor(0, "住建局", frozenset({"ticket.handle"}), "zjj")
CALLERS = {
    "ordinary": ("0001", "complaint", []), "anonymous": ("0002", "complaint", ["anonymous"]),
    "confidential": ("0003", "help", ["confidential"]), "report": ("0004", "report", []),
}  # fmt: skip
"""Whose ticket: the end of the number, the kind, the marks of the form."""
PLAIN = re.compile(
    "|".join((r"[\s-]?".join(STEM), NAME, re.escape(json.dumps(NAME)[1:-1]))), re.IGNORECASE
)
EXAMPLES = Path(__file__).parents[2] / "docs/examples"


@dataclass
class Story:
    """What was lived through, and everything that was answered meanwhile: (who and what, the text)."""

    site: Site
    log: io.StringIO
    numbers: dict[str, str] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)
    call: str = ""

    def heard(self, what: str, answer: Answer) -> Answer:
        """Keep an answer's text, and what a file holds."""
        for part in _texts(answer.body):
            self.said.append((what, part))
        return answer


def _texts(body: bytes) -> list[str]:
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            return [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
    if body.startswith(b"%PDF"):
        reader = shutil.which("pdftotext") or missing("pdftotext")
        done = subprocess.run([reader, "-", "-"], input=body, capture_output=True, check=True)
        return [done.stdout.decode()]
    return [body.decode("utf-8", "replace")]


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Have the web and the loops log into one text."""
    kept, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(kept), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield kept
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture(scope="module")
def story(
    stores: Stores, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    with everything_logged() as log, running_site(stores, engine) as site:
        found = Story(site, log)
        call(found)
        for what, (end, kind, flags) in CALLERS.items():
            found.numbers[what] = registered(found, STEM + end, kind, flags)
        mistyped(found)
        worked(found)
        imported(found, tmp_path_factory.mktemp("import"))
        searched(found)
        asyncio.run(published(found))
        looked_at(found)
        yield found


# --- the story ------------------------------------------------------------------------------


def call(story: Story) -> None:
    visit = make_call(entered=now() - 60, caller=story.site.vault.seal(STEM + "0005"))
    with story.site.session() as session:
        put_calls(session, story.site.place.id, visit)
    story.call = visit.key


def typed(**more: Any) -> list[Any]:
    """Return the intake form's fields in their order."""
    given = {
        "kind": "complaint", "title": "水管爆裂", "content": "路面积水", "urgency": "normal",
        "channel": "phone", "district": HERE, "name": NAME, "flags": [], **more,
    }  # fmt: skip
    return [given.get(name, "") for name in FIELDS]


def registered(story: Story, phone: str, kind: str, flags: list[str]) -> str:
    """Type a ticket as the agent does: similar ones are looked for, the draft is kept, then it is saved."""
    ask, form = story.site.ask, typed(phone=phone, kind=kind, flags=flags)
    alike = ask("agent", "intake.alike", [1, "", "水管爆裂", "", "", phone, "", ""])
    story.heard("agent alike", alike)
    story.heard("agent draft", ask("agent", "intake.keep_draft", [1, *form, ""]))
    saved = story.heard("agent save", ask("agent", "intake.save", [1, *form, "", ""]))
    return str(saved.json()["response"]["url"]["href"]).rpartition("=")[2]


def mistyped(story: Story) -> None:
    """A number in the wrong field, or half a number, is refused without being repeated."""
    for wrong in (
        {"phone": f"{STEM}0006x"}, {"phone": STEM + "0006", "point": STEM + "0006"},
        {"phone": STEM + "0006", "happened": STEM + "0006"}, {"phone": "1", "title": [STEM + "0006"]},
        {"phone": STEM + "0006", "category": STEM + "0006"},
    ):  # fmt: skip
        answer = story.site.ask("agent", "intake.save", [1, *typed(**wrong), "", ""])
        story.heard(f"agent {sorted(wrong)}", answer)
    kept = story.site.ask("agent", "intake.keep_draft", [1, *typed(phone=STEM + "0006"), ""])
    story.heard("agent draft", kept)


def worked(story: Story) -> None:
    """Take every ticket the whole way; letters are made, a file is sent, the day's drawers are opened."""
    site = story.site
    for what, no in story.numbers.items():
        at = now()
        with site.session() as session:
            row = session.scalars(select(Ticket).where(Ticket.no == no)).one()
            number = row.id
            assignment.assign(session, number, units=["zjj"], mode="assign", actor=CHIEF, now=at)
            workflow.start(session, number, actor=UNIT, now=at)
        sent = site.client("unit").ask(
            "POST",
            f"/files/ticket/{number}",
            "\x89PNG\r\n\x1a\n" + "0" * 60,
            {"X-File-Name": "a.png"},
        )
        story.heard(f"unit file {what}", sent)
        with site.session() as session:
            workflow.submit(session, number, result="已修好", actor=UNIT, now=at)
            workflow.approve(session, number, actor=CHIEF, now=at)
            workflow.reply(session, number, text="已修好", actor=CHIEF, now=at)
        for kind in ("assign", "forward", "accept_notice", "reply_notice"):
            pressed = [({"letter-make": kind, "ticket": number}, 1)]
            story.heard(f"duty letter {kind}", site.ask("duty", "letters.press", [pressed, no]))


def imported(story: Story, folder: Path) -> None:
    """Bring old tickets in; one of them is refused for its date."""
    plan = parse((EXAMPLES / "tickets-mapping.toml").read_text(encoding="utf-8"))
    old = {
        "诉求类型": "投诉", "状态": "已归档", "诉求内容": "小区停水", "联系电话": STEM + "0007",
        "姓名": NAME, "承办单位": "zjj", "办结时间": "2019-03-08 16:40:00",
    }  # fmt: skip
    source = folder / "old.csv"
    with source.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(plan.columns.values()), restval="")
        writer.writeheader()
        writer.writerow({**old, "工单编号": "A1", "受理时间": "2019-03-04 09:12:33"})
        writer.writerow({**old, "工单编号": "A2", "受理时间": "昨天"})
    site = story.site
    done = job.run(site.engine, site.place.id, source, plan, vault=site.vault, now=now())
    assert (done.made, done.rejected) == (1, 1)


def searched(story: Story) -> None:
    """Search by a caller's number, keep the search, export its list and the list of calls."""
    site = story.site
    found = site.ask("duty", "ticket_desk.find_caller", [1, STEM + "0001"])
    address = str(story.heard("duty find", found).json()["response"]["url"]["href"])
    query = address.partition("?")[2]
    kept = site.ask("duty", "ticket_desk.keep_query", [1, [], "来电人", f"?{query}"])
    story.heard("duty keep", kept)
    listed = story.heard("duty found", site.page("duty", address))
    assert story.numbers["ordinary"] in listed.text
    duty = site.client("duty")
    story.heard("duty export", duty.get(f"/api/export/tickets.xlsx?{query}"))
    story.heard("duty calls", duty.get(f"/api/export/calls.xlsx?text={STEM}0005"))
    story.heard("duty no such export", duty.get(f"/api/export/calls.doc?text={STEM}0005"))


async def published(story: Story) -> None:
    """Let the relay publish, and the log and the day's board be written."""
    site = story.site
    redis = streams.connect(site.settings.redis_url)
    loops: list[Relay | TicketEvents] = [
        Relay(redis, site.engine, site.place.slug),
        TicketEvents(
            redis, site.engine, site.place.slug, "Asia/Shanghai", Files(site.settings.files)
        ),
    ]
    tasks = [asyncio.create_task(loop.run()) for loop in loops]

    async def done() -> bool:
        return await asyncio.to_thread(_all_logged, site)

    await eventually(done, within_s=15)
    await asyncio.sleep(0.5)  # the board is drawn after the events are kept
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await redis.aclose()


def _all_logged(site: Site) -> bool:
    with site.session() as session:
        # places are told to open maps, and kept by their rows
        tickets = select(func.count()).select_from(Outbox).where(Outbox.stream.like("tickets:%"))
        told = session.scalar(tickets)
        return bool(told) and session.scalar(select(func.count()).select_from(EventLog)) == told


def looked_at(story: Story) -> None:
    """Open every page, file, list and stream as every role."""
    site = story.site
    with site.session() as session:
        letters = list(session.scalars(select(Letter.id)))
        files = list(session.scalars(select(Attachment.id)))
        tickets = list(session.execute(select(Ticket.id, Ticket.no)).all())
    pages = [
        "/wall", "/calls", "/alarms", "/seat?key=pbx1:PJSIP/8001", "/system", "/knowledge",
        "/tickets", "/tickets?desk=all&tally=unit", "/tickets?desk=all&repeat=yes",
        f"/tickets/new?call={story.call}", *[f"/ticket?no={no}" for _, no in tickets],
    ]  # fmt: skip
    kinds = [kind for kind in letter_files.MEDIA if kind != "pdf" or letter_files.printable()]
    for login in PEOPLE:
        client = site.client(login)
        for address in pages:
            story.heard(f"{login} {address}", site.page(login, address))
        paths = ["/api/export/tickets.xlsx", "/api/export/calls.csv", f"/files/{files[0]}"]
        for path in (*paths, *[f"/api/letters/{number}.docx" for number in letters[::5]]):
            story.heard(f"{login} {path}", client.get(path))
        drawer = site.ask(
            login, "drawers.open_drawer", [None, {"key": story.call}, None, "/calls"], pressed=1
        )
        story.heard(f"{login} call", drawer)
        story.heard(f"{login} calls", site.ask(login, "calls.rows", [{"startRow": 0}, ""]))
    for number, kind in [*((n, "docx") for n in letters), *((n, kinds[-1]) for n in letters[:4])]:
        story.heard("duty letter", site.client("duty").get(f"/api/letters/{number}.{kind}"))
    answer = site.client("").get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert answer.status == 200
    story.heard("metrics", answer)
    with site.client("duty").live() as pushes:
        for _ in range(3):
            story.said.append(("stream", json.dumps(next(pushes).data, ensure_ascii=False)))


# --- what may be read -----------------------------------------------------------------------


def test_the_story_was_told(story: Story) -> None:
    """What is searched below is there at all."""
    told = "\n".join(said for _, said in story.said)
    assert "139****0001" in told
    assert all(no in told for no in story.numbers.values())
    assert PLAIN.search(f"{STEM}0001") and PLAIN.search(NAME) and PLAIN.search("139-8765 0001")
    assert PLAIN.search(json.dumps({"name": NAME}))
    with story.site.session() as session:
        assert (session.scalar(select(func.count()).select_from(Letter)) or 0) >= 12


def test_no_answer_shows_a_caller(story: Story) -> None:
    assert {what for what, said in story.said if PLAIN.search(said)} == set()


def test_no_table_holds_a_caller_in_the_plain(story: Story) -> None:
    for name in Base.metadata.tables:
        with story.site.session() as session:
            for row in session.scalars(text(f"SELECT t::text FROM {name} t")):
                assert not PLAIN.search(row), name


def test_redis_holds_no_caller_in_the_plain(story: Story) -> None:
    seen = 0
    with Redis.from_url(story.site.settings.redis_url, protocol=2) as redis:
        for key in redis.scan_iter(count=500):
            seen += story.site.place.slug.encode() in key
            assert not PLAIN.search(f"{key!r}{_value(redis, key)}"), key
    assert seen


def _value(redis: "Redis", key: bytes) -> str:
    read = {
        b"string": redis.get, b"hash": redis.hgetall, b"stream": redis.xrange,
        b"set": redis.smembers, b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1),
    }  # fmt: skip
    value: Any = read[redis.type(key)](key)  # type: ignore[index,operator]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return "\n".join(_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set):
        return "\n".join(_plain(part) for part in value)
    return str(value)


def test_the_log_names_no_caller(story: Story) -> None:
    logged = story.log.getvalue()
    assert "export tickets.xlsx" in logged
    assert not PLAIN.search(logged), [line for line in logged.split("\n") if PLAIN.search(line)]


def test_a_draft_is_shown_to_who_typed_it_alone(story: Story) -> None:
    for login in PEOPLE:
        shown = PLAIN.search(story.site.page(login, "/tickets/new").text)
        assert bool(shown) == (login == "agent"), login


@pytest.mark.parametrize("what", CALLERS)
def test_only_an_audited_look_reveals_who_asked(story: Story, what: str) -> None:
    site, no = story.site, story.numbers[what]
    pressed = [({"identity-show": no}, 1)]

    def look(login: str, reason: str) -> str:
        values = [pressed, [({"identity-reason": no}, reason)]]
        return site.ask(login, "identity.show", values, out=[[{"identity": no}]]).text

    def looks() -> int:
        subject = (Audit.verb == "reveal_caller", Audit.subject == f"ticket:{no}")
        with site.session() as session:
            return session.scalar(select(func.count()).select_from(Audit).where(*subject)) or 0

    before = looks()
    shown = [login for login in PEOPLE if PLAIN.search(look(login, "回访核实"))]
    assert shown == ["admin", "duty", "district"]
    assert looks() - before == len(shown)
    assert not PLAIN.search(look("duty", "  "))
    assert looks() - before == len(shown)


def test_what_leaves_the_house_blots_what_was_typed_into_the_text(story: Story) -> None:
    """A name in the text stands on the ticket's page, for who works on it; files and the wall are read by others."""
    site, said = story.site, f"{NAME}反映水管爆裂"
    form = intake.Form(
        kind="complaint", title=f"{said} {STEM}0009", content=f"{said}，电话{STEM}0009",
        district=HERE, name=NAME, phone=STEM + "0009",
    )  # fmt: skip
    with site.session() as session:
        row = intake.open_ticket(session, form, actor=CHIEF, now=now(), vault=site.vault)
        no = row.no
        board = today.board(session, now() - 60, now() + 60, now=now())
    assert PLAIN.search(site.page("duty", f"/ticket?no={no}").text)
    exported = _texts(site.client("duty").get("/api/export/tickets.xlsx").body)
    assert any(no in part for part in exported)
    assert not any(PLAIN.search(part) for part in exported)
    (line,) = [line for line in board["newest"] if line["no"] == no]
    assert STEM not in line["title"]
