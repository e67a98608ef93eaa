"""Every move of the workflow, pressed on the ticket's page by every role, inside and outside its scope."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from desk_site import ELSEWHERE, HERE, PEOPLE, Site, running_site, texts_of
from real_stores import Stores
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from dashboard.pages.ticket import MOVES as PRESSED
from models.clock import now
from models.rules.tickets import MOVES
from models.rules.tickets.moves import ALSO_MAY
from models.store.people import PERMISSIONS
from models.tables import Supervision, Ticket, TicketHistory
from tickets import assignment, duplicates, intake, pausing, reexamination, workflow
from tickets.moving import Actor

CHIEF = Actor(0, "总值班", PERMISSIONS)
LEAD = Actor(0, "住建局", frozenset({"ticket.handle"}), "zjj")
SUB = "zjj-water"


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        for login in PEOPLE:
            running.client(login)
        yield running


# --- tickets in the state a verb starts from ------------------------------------------------


def opened(site: Site, session: Session, district: str, kind: str = "complaint") -> Ticket:
    form = intake.Form(
        kind=kind, title="停水", content="两天了", district=district, phone="13900001111"
    )
    return intake.open_ticket(session, form, actor=CHIEF, now=now(), vault=site.vault)


Step = Callable[[Session, int], object]
STEPS: Mapping[str, Step] = {
    "assign": lambda s, t: assignment.assign(
        s, t, units=["zjj"], mode="assign", actor=CHIEF, now=now()
    ),
    "with_co": lambda s, t: assignment.assign(
        s, t, units=["gaj", "zjj"], mode="assign", actor=CHIEF, now=now()
    ),
    "start": lambda s, t: workflow.start(s, t, actor=LEAD, now=now()),
    "sub": lambda s, t: assignment.sub_assign(s, t, unit=SUB, actor=LEAD, now=now()),
    "submit": lambda s, t: workflow.submit(s, t, result="已修", actor=LEAD, now=now()),
    "approve": lambda s, t: workflow.approve(s, t, actor=CHIEF, now=now()),
    "ask_return": lambda s, t: assignment.ask_return(
        s, t, ground="area", reason="不属我局", actor=LEAD, now=now()
    ),
    "ask_extension": lambda s, t: assignment.ask_extension(
        s, t, days=2, reason="备料", actor=LEAD, now=now()
    ),
    "pause": lambda s, t: pausing.pause_clock(s, t, note="等市民", actor=LEAD, now=now()),
    "supervise": lambda s, t: workflow.supervise(s, t, note="盯紧", actor=CHIEF, now=now()),
    "reply": lambda s, t: workflow.reply(s, t, text="已修", actor=CHIEF, now=now()),
    "call_back": lambda s, t: workflow.call_back(
        s, t, reached=True, grade="good", solved=True, actor=CHIEF, now=now()
    ),
    "contest": lambda s, t: reexamination.contest(s, t, note="不服", actor=CHIEF, now=now()),
}  # fmt: skip
REVIEWED = ("assign", "start", "submit", "approve")
BEFORE: Mapping[str, tuple[str, ...]] = {
    "answer": (), "settle": (), "reject": (), "assign": (), "merge": (),
    "unmerge": ("merge",),
    "finish_part": ("with_co",),
    "submit": ("assign", "start"),
    "approve": ("assign", "start", "submit"), "send_back": ("assign", "start", "submit"),
    "grant_return": ("assign", "ask_return"), "deny_return": ("assign", "ask_return"),
    "grant_extension": ("assign", "ask_extension"), "deny_extension": ("assign", "ask_extension"),
    "resume_clock": ("assign", "pause"),
    "rate_supervision": ("assign", "supervise"),
    "reply": REVIEWED, "reopen": REVIEWED, "contest": REVIEWED,
    "call_back": (*REVIEWED, "reply"),
    "conclude": (*REVIEWED, "contest"),
    "archive": (*REVIEWED, "reply", "call_back"),
}  # fmt: skip
"""What leads to the state a verb starts from; one that is not here starts with its unit."""
GIVEN: Mapping[str, dict[str, Any]] = {
    "answer": {"reply": "请拨 12345"},
    "coordinate": {"units": ["jtj"], "what": "查看路面", "by": "2099-01-01 08:00"},
    "settle": {"finding": "upheld", "note": "已提醒"}, "assign": {"units": ["zjj"], "mode": "assign"},
    "reject": {"ground": "area", "note": "不属本市"}, "sub_assign": {"unit": SUB},
    "finish_part": {"result": "已修"}, "submit": {"result": "已修"},
    "ask_return": {"ground": "area", "reason": "不属我局"},
    "ask_extension": {"days": 2, "reason": "备料"}, "contact": {"how": "phone", "reached": "yes"},
    "plan_urge": {"on": "2099-01-01 08:00"},
    "amend": {
        "kind": "help", "urgency": "urgent", "title": "停水", "content": "三天了", "flags": [],
    },
    "screen": {
        "parties": "甲乙两户", "nature": "neighbour", "people": 4, "risk": "low",
        "measures": "上门调解", "person": "王调解员",
    },
    "place": {"point": "114.3, 33.6", "precision": "point"},
    "rate_supervision": {"rating": "5"}, "reply": {"text": "已修"},
    "call_back": {"reached": "yes", "grade": "good", "solved": "yes"},
    "conclude": {"upheld": "yes", "note": "维持"},
}  # fmt: skip
"""What is typed into a verb's form; the others owe a note at most."""


def made(site: Site, verb: str, district: str, *more: str) -> tuple[int, str, dict[str, Any]]:
    """Make a ticket from which the verb is lawful; return its id, number and what is typed."""
    given = {"note": "请办", **GIVEN.get(verb, {})}
    with site.session() as session:
        row = opened(site, session, district, "staff" if verb == "settle" else "complaint")
        for step in (*BEFORE.get(verb, ("assign",)), *more):
            if step == "merge":
                main = opened(site, session, district).no
                duplicates.merge(session, row.id, into=main, actor=CHIEF, now=now())
            else:
                STEPS[step](session, row.id)
        if verb == "merge":
            given["into"] = opened(site, session, district).no
        if verb in ("place", "amend"):
            given["version"] = str(row.version)
        if verb == "rate_supervision":
            found = select(Supervision.id).where(Supervision.ticket_id == row.id)
            given["supervision"] = str(session.scalar(found))
        return row.id, row.no, given


def press(site: Site, login: str, verb: str, ticket: tuple[int, str, dict[str, Any]]) -> str:
    """Press the verb on the ticket's page; return what was told, empty for nobody."""
    number, no, given = ticket
    fields = [({"ticket-field": name, "verb": verb}, value) for name, value in given.items()]
    answer = site.ask(login, "ticket.press", [
        [({"ticket-do": verb, "ticket": number}, 1)], fields, [(i, i) for i, _ in fields], no,
    ])  # fmt: skip
    if answer.status == 401:
        return ""
    assert answer.status == 200, (login, verb, answer.text[:500])
    told = answer.json()["response"]["toast"]["data"]
    assert told.get("bad") or texts_of(answer)
    return "" if told.get("bad") else str(told["text"])


def verbs_of(site: Site, ticket: tuple[int, str, dict[str, Any]]) -> list[str]:
    with site.session() as session:
        lines = select(TicketHistory.verb).where(TicketHistory.ticket_id == ticket[0])
        return list(session.scalars(lines.order_by(TicketHistory.id)))


def may(login: str, verb: str, district: str, holders: frozenset[str]) -> bool:
    """Whether the move is a person's by the rules of the house: permission, tenant, district, part in hand."""
    person, permission = PEOPLE[login], MOVES[verb].permission  # type: ignore[index]
    if login == "stranger" or (person.district and person.district != district):
        return False
    if person.unit:
        return permission == "ticket.handle" in person.can and person.unit in holders
    theirs = {permission} - {"ticket.handle"} | ALSO_MAY.get(verb, frozenset())  # type: ignore[call-overload]
    return not theirs.isdisjoint(person.can)


# --- the tests ------------------------------------------------------------------------------


def judge(site: Site, verb: str, district: str, holders: frozenset[str], *steps: str) -> None:
    """Press as all who may not, on one ticket nothing happens to; as all who may, each on one of its own."""
    able = [login for login in PEOPLE if may(login, verb, district, holders)]
    ticket = made(site, verb, district, *steps)
    before = site.state()
    for login in ("", *PEOPLE):
        if login not in able:
            assert not press(site, login, verb, ticket), f"{login} may not {verb}"
    assert site.state() == before, f"a refused {verb} changed something"
    for login in able:
        assert press(site, login, verb, ticket), f"{login} may {verb}"
        assert verbs_of(site, ticket)[-1] == verb
        if login != able[-1]:
            ticket = made(site, verb, district, *steps)


@pytest.mark.parametrize("verb", sorted(PRESSED))
def test_who_may(site: Site, verb: str) -> None:
    judge(site, verb, HERE, frozenset({"zjj"}))


@pytest.mark.parametrize("verb", sorted(MOVES.keys() - PRESSED.keys()))
def test_nobody_presses_what_the_clock_or_the_administration_does(site: Site, verb: str) -> None:
    ticket = made(site, verb, HERE)
    before = site.state()
    assert not any(press(site, login, verb, ticket) for login in ("", *PEOPLE))
    assert site.state() == before


CENTRE = [verb for verb in PRESSED if MOVES[verb].permission != "ticket.handle"]  # type: ignore[index]


@pytest.mark.parametrize("verb", CENTRE)
def test_another_district_is_out_of_reach(site: Site, verb: str) -> None:
    ticket = made(site, verb, ELSEWHERE)
    before = site.state()
    assert not press(site, "district", verb, ticket)
    assert site.state() == before


@pytest.mark.parametrize("verb", ["start", "ask_return", "ask_extension", "pause_clock", "submit"])
def test_a_part_below_is_its_holders_and_of_the_unit_above(site: Site, verb: str) -> None:
    judge(site, verb, HERE, frozenset({"zjj", SUB}), "sub")


def test_a_ticket_goes_on_under_none_out_of_reach(site: Site) -> None:
    number, no, given = made(site, "merge", HERE)
    with site.session() as session:
        given["into"] = opened(site, session, ELSEWHERE).no
    assert not press(site, "district", "merge", (number, no, given))
    assert press(site, "dispatcher", "merge", (number, no, given))


def test_the_number_of_one_ticket_opens_no_other(site: Site) -> None:
    mine, theirs = made(site, "urge", HERE), made(site, "urge", ELSEWHERE)
    before = site.state()
    assert not press(site, "district", "urge", (theirs[0], mine[1], theirs[2]))
    assert not press(site, "dispatcher", "urge", (theirs[0], mine[1], theirs[2]))
    assert not press(site, "dispatcher", "fly", mine)
    assert site.state() == before
