"""控制台: screens arranged and switched, items pinned, hidden, pushed; figures that agree; a hub that tells it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import Place
from factories import AT
from redis.asyncio import Redis
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.types import Message
from waiting import eventually

from command import centre, display, incidents, matters, queries
from command.display import Layout
from command.incidents import Form
from dashboard import centre_live
from dashboard import hub as hub_rules
from dashboard.centre_live import CentreHub
from gis_data import state
from gis_data.state import Reading
from models.clock import day_of, to_datetime
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events.display import from_row
from models.events.incident.course import Place as At
from models.rules.display import PUSHES_MOST
from models.settings import Settings
from models.store import db, streams
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.store.seed import PERMISSIONS_OF
from models.tables import (
    Assignment,
    Audit,
    Depot,
    Incident,
    IncidentType,
    Outbox,
    ResponseUnit,
    Screen,
    ScreenItem,
    Supply,
    Ticket,
)  # fmt: skip
from tickets import intake, search, today
from tickets.criteria import Criteria
from tickets.moving import Actor

DUTY = Actor(7, "林值班", PERMISSIONS)
ZONE = "Asia/Shanghai"


@pytest.fixture
def vault(stores: Any) -> Vault:
    settings: Settings = stores.settings
    return Vault(settings.encryption_keys, settings.hash_key)


def told(session: Session) -> list[str]:
    """The names of the display events in the outbox, in order."""
    session.flush()
    stream = streams.display_stream(db.tenant_of(session))
    rows = session.scalars(select(Outbox.event).where(Outbox.stream == stream).order_by(Outbox.id))
    return [type(from_row(row)).__name__ for row in rows]


def audited(session: Session) -> list[str]:
    rows = select(Audit.verb).where(Audit.subject.startswith("screen:")).order_by(Audit.id)
    return list(session.scalars(rows))


def make_incident(session: Session, title: str = "燃气泄漏", **more: Any) -> int:
    code = more.pop("type", "gas")
    tenant = db.tenant_of(session)
    if session.get(IncidentType, (tenant, code)) is None:
        session.add(IncidentType(tenant_id=tenant, code=code, kind="accident", label=code))
        session.flush()
    now = more.pop("now", AT)
    form = Form(type=code, title=title, place=more.pop("place", At()), **more)
    return incidents.report(session, form, actor=DUTY, now=now).id


def make_ticket(session: Session, vault: Vault, **more: Any) -> Ticket:
    given = {"kind": "complaint", "title": "路灯不亮", "content": "三天了", "phone": "13900001111"}
    now = more.pop("now", AT)
    return intake.open_ticket(
        session, intake.Form(**{**given, **more}), actor=DUTY, now=now, vault=vault
    )


def items(session: Session, now: float = AT, district: str = "") -> list[dict[str, Any]]:
    shown = centre.sections(session, district=district, now=now, datum="wgs84")["items"]
    return [{k: each[k] for k in ("screen", "kind", "ref", "state")} for each in shown]


# --- screens --------------------------------------------------------------------------------


def test_it_works(session: Session) -> None:
    display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
    incident = make_incident(session)
    layout = Layout(("map", "events"), ("map", "duty"), 30, incident)
    display.arrange(session, "main", 1, "大厅主屏", layout, actor=DUTY, now=AT + 1)
    shown = centre.sections(session, district="", now=AT + 1, datum="wgs84")["screens"]["main"]
    assert shown == {
        "label": "大厅主屏", "pages": ["map", "events"], "panels": ["map", "duty"], "rotation": 30,
        "focus": incident, "position": 1, "rev": 2,
    }  # fmt: skip
    assert told(session) == ["ScreenAdded", "ScreenArranged"]
    assert audited(session) == ["add_screen", "arrange_screen"]


def test_who_saves_an_older_arrangement_is_told(session: Session) -> None:
    display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
    display.arrange(session, "main", 1, "主屏", Layout(("map",)), actor=DUTY, now=AT)
    with pytest.raises(WrongStatus):
        display.arrange(session, "main", 1, "主屏", Layout(("city",)), actor=DUTY, now=AT)
    with pytest.raises(BadInput):  # no change, no event
        display.arrange(session, "main", 2, "主屏", Layout(("map",)), actor=DUTY, now=AT)
    assert session.get_one(Screen, (db.tenant_of(session), "main")).pages == ["map"]
    assert told(session) == ["ScreenAdded", "ScreenArranged"]


def test_all_screens_switch_at_once_and_keep_their_panels(session: Session) -> None:
    with pytest.raises(NotFound):
        display.switch(session, ["map"], actor=DUTY, now=AT)
    for code in ("a", "b"):
        display.add_screen(session, code, code, actor=DUTY, now=AT)
    display.arrange(session, "b", 1, "b", Layout(panels=("duty",)), actor=DUTY, now=AT)
    display.switch(session, ["incident"], actor=DUTY, now=AT)
    rows = {row.code: row for row in session.scalars(select(Screen))}
    assert [rows["a"].pages, rows["b"].pages] == [["incident"], ["incident"]]
    assert rows["b"].panels == ["duty"]
    assert [rows["a"].rev, rows["b"].rev] == [2, 3]  # an arrangement typed before does not undo it
    assert told(session)[-1] == "ScreensSwitched"


def test_what_is_put_on_a_screen_goes_with_it(session: Session) -> None:
    display.add_screen(session, "a", "a", actor=DUTY, now=AT)
    incident = make_incident(session)
    display.pin(session, "a", "incident", str(incident), actor=DUTY, now=AT)
    display.remove_screen(session, "a", actor=DUTY, now=AT)
    assert items(session) == []
    with pytest.raises(WrongStatus):
        display.remove_screen(session, "a", actor=DUTY, now=AT)
    with pytest.raises(BadInput):
        display.pin(session, "a", "incident", str(incident), actor=DUTY, now=AT)


@pytest.mark.parametrize(
    "layout",
    [
        Layout(()), Layout(("nowhere",)), Layout(("map", "map")), Layout(panels=()),
        Layout(panels=("map", "x")), Layout(rotation=7), Layout(focus=10**9),
    ],
    ids=str,
)  # fmt: skip
def test_what_no_screen_can_show_is_refused(session: Session, layout: Layout) -> None:
    display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
    with pytest.raises(BadInput):
        display.arrange(session, "main", 1, "主屏", layout, actor=DUTY, now=AT)


@pytest.mark.parametrize("code", ["", "Main", "a b", "x" * 21, "-a", "a/b", "主"])
def test_a_code_fits_into_an_address(session: Session, code: str) -> None:
    with pytest.raises(BadInput):
        display.add_screen(session, code, "主屏", actor=DUTY, now=AT)


def test_a_code_is_given_once(session: Session) -> None:
    display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
    with pytest.raises(WrongStatus):
        display.add_screen(session, "main", "又一", actor=DUTY, now=AT)
    assert told(session) == ["ScreenAdded"]


# --- items ----------------------------------------------------------------------------------


def test_pinned_hidden_and_back(session: Session, vault: Vault) -> None:
    incident, ticket = make_incident(session), make_ticket(session, vault)
    first = display.pin(session, "", "incident", str(incident), actor=DUTY, now=AT)
    with pytest.raises(WrongStatus):
        display.pin(session, "", "incident", str(incident), actor=DUTY, now=AT)
    second = display.pin(session, "", "ticket", ticket.no, actor=DUTY, now=AT)
    display.order(session, "", [first, second], [second, first], actor=DUTY, now=AT)
    assert [each["ref"] for each in items(session)] == [ticket.no, str(incident)]
    with pytest.raises(WrongStatus):
        display.order(session, "", [first, second], [second, first], actor=DUTY, now=AT)
    with pytest.raises(BadInput):
        display.order(session, "", [second, first], [second, second], actor=DUTY, now=AT)
    display.hide(session, "", "incident", str(incident), actor=DUTY, now=AT)
    assert {each["ref"]: each["state"] for each in items(session)} == {
        ticket.no: "pinned", str(incident): "hidden",
    }  # fmt: skip
    display.release(session, first, actor=DUTY, now=AT)
    with pytest.raises(WrongStatus):
        display.release(session, first, actor=DUTY, now=AT)
    assert [each["ref"] for each in items(session)] == [ticket.no]
    assert told(session) == [
        "ItemPinned", "ItemPinned", "ItemsOrdered", "ItemHidden", "ItemReleased",
    ]  # fmt: skip
    assert audited(session) == [
        "pin_item", "pin_item", "order_items", "hide_item", "release_item",
    ]  # fmt: skip


def test_what_came_to_its_end_is_shown_no_more(session: Session) -> None:
    incident = str(make_incident(session))
    pin = display.pin(session, "", "incident", incident, until=AT + 60, actor=DUTY, now=AT)
    display.push(session, "", "text", "", words="今晚降温", until=AT + 30, actor=DUTY, now=AT)
    assert [each["state"] for each in items(session, AT + 29)] == ["pinned", "pushed"] or [
        each["state"] for each in items(session, AT + 29)
    ] == ["pushed", "pinned"]
    assert [each["state"] for each in items(session, AT + 30)] == ["pinned"]
    assert items(session, AT + 60) == []
    with pytest.raises(WrongStatus):
        display.release(session, pin, actor=DUTY, now=AT + 60)
    again = display.pin(session, "", "incident", incident, actor=DUTY, now=AT + 61)
    assert again == pin  # the row that had ended is taken over
    display.push(session, "", "text", "", words="又一", until=AT + 99, actor=DUTY, now=AT + 61)
    left = session.scalars(select(ScreenItem.text).where(ScreenItem.state == "pushed")).all()
    assert left == ["又一"]


def test_what_can_be_pushed(session: Session, vault: Vault) -> None:
    state.tell(
        session, [Reading("w1", "东部降雨", 114.3, 33.6, 32.5, "毫米/时", "warning", AT - 60, AT + 900)],
        bureau="weather", actor=DUTY, now=AT,
    )  # fmt: skip
    ticket, incident = make_ticket(session, vault), make_incident(session)
    for kind, ref in (("state", "weather/w1"), ("ticket", ticket.no), ("incident", str(incident))):
        display.push(session, "", kind, ref, words="请注意", until=AT + 60, actor=DUTY, now=AT)
    shown = centre.sections(session, district="", now=AT, datum="wgs84")["items"]
    assert {each["kind"] for each in shown} == {"state", "ticket", "incident"}
    reading = next(each["thing"] for each in shown if each["kind"] == "state")
    assert (reading["label"], reading["value"], reading["level"]) == ("东部降雨", 32.5, "warning")


@pytest.mark.parametrize(
    ("kind", "ref", "words", "until"),
    [
        ("text", "", "", AT + 60), ("text", "x", "话", AT + 60), ("text", "", "长" * 201, AT + 60),
        ("text", "", "话", AT), ("text", "", "话", 0.0), ("text", "", "话", AT + 86_401),
        ("incident", "999999999", "", AT + 60), ("incident", "x", "", AT + 60),
        ("ticket", "none", "", AT + 60), ("state", "weather/none", "", AT + 60),
        ("alarm", "x", "", AT + 60),
    ],
)  # fmt: skip
def test_what_cannot_be_pushed(
    session: Session, kind: str, ref: str, words: str, until: float
) -> None:
    with pytest.raises((BadInput, NotFound)):
        display.push(session, "", kind, ref, words=words, until=until, actor=DUTY, now=AT)
    assert told(session) == []


def test_words_and_readings_are_not_pinned(session: Session) -> None:
    for kind in ("text", "state"):
        with pytest.raises(BadInput):
            display.pin(session, "", kind, "", actor=DUTY, now=AT)


def test_complaints_about_our_own_staff_hang_on_no_wall(session: Session, vault: Vault) -> None:
    ticket = make_ticket(session, vault, kind="staff", title="态度生硬")
    for verb in (display.pin, display.hide):
        with pytest.raises(BadInput):
            verb(session, "", "ticket", ticket.no, actor=DUTY, now=AT)


def test_a_screen_holds_only_so_many_messages(session: Session) -> None:
    for n in range(PUSHES_MOST):
        display.push(session, "", "text", "", words=str(n), until=AT + 60, actor=DUTY, now=AT)
    with pytest.raises(WrongStatus):
        display.push(session, "", "text", "", words="more", until=AT + 60, actor=DUTY, now=AT)
    display.push(session, "", "text", "", words="more", until=AT + 160, actor=DUTY, now=AT + 61)


# --- who, and whose -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "actor",
    [
        *(Actor(1, role, can) for role, can in PERMISSIONS_OF.items() if "duty.edit" not in can),
        Actor(1, "单位", PERMISSIONS, "zjj"), Actor(1, "一区", PERMISSIONS, "", "990101"),
    ],
    ids=lambda actor: actor.name,
)  # fmt: skip
def test_the_console_is_for_the_duty_of_the_whole_city(session: Session, actor: Actor) -> None:
    incident = str(make_incident(session))
    display.add_screen(session, "a", "a", actor=DUTY, now=AT)
    item = display.pin(session, "", "incident", incident, actor=DUTY, now=AT)
    before = told(session)
    for ask in (
        lambda: display.add_screen(session, "b", "b", actor=actor, now=AT),
        lambda: display.remove_screen(session, "a", actor=actor, now=AT),
        lambda: display.arrange(session, "a", 1, "a", Layout(("map",)), actor=actor, now=AT),
        lambda: display.switch(session, ["map"], actor=actor, now=AT),
        lambda: display.pin(session, "a", "incident", incident, actor=actor, now=AT),
        lambda: display.hide(session, "", "incident", incident, actor=actor, now=AT),
        lambda: display.push(session, "", "text", "", words="x", until=AT + 9, actor=actor, now=AT),
        lambda: display.order(session, "", [item], [item], actor=actor, now=AT),
        lambda: display.release(session, item, actor=actor, now=AT),
        lambda: matters.find(session, matters.Asked(), actor=actor, now=AT),
    ):
        with pytest.raises(Refused):
            ask()
    assert told(session) == before


def test_the_coordinator_has_the_console_and_the_wall_has_not() -> None:
    assert display.may(Actor(1, "协调", PERMISSIONS_OF["coordinator"]))
    assert not display.may(Actor(1, "大屏", PERMISSIONS_OF["wall"]))


def test_a_neighbour_sees_and_changes_nothing(
    engine: Engine, tenant: Place, neighbour: Place
) -> None:
    with db.transaction(engine, tenant.id) as mine:
        display.add_screen(mine, "main", "主屏", actor=DUTY, now=AT)
        item = display.push(mine, "", "text", "", words="x", until=AT + 60, actor=DUTY, now=AT)
    with db.transaction(engine, neighbour.id) as theirs:
        shown = centre.sections(theirs, district="", now=AT, datum="wgs84")
        assert shown["screens"] == {} and shown["items"] == []
        with pytest.raises(WrongStatus):
            display.release(theirs, item, actor=DUTY, now=AT)
        with pytest.raises(NotFound):
            display.switch(theirs, ["map"], actor=DUTY, now=AT)
        rows = theirs.execute(text("SELECT count(*) FROM screen_item")).scalar_one()
        assert rows == 0
    with db.transaction(engine, tenant.id) as mine:
        assert len(items(mine)) == 1


def test_a_district_is_shown_its_own(session: Session, vault: Vault) -> None:
    here = make_incident(session, "这里", place=At(district="990101"))
    there = make_incident(session, "那里", place=At(district="990102"))
    make_ticket(session, vault, district="990102", urgency="urgent")
    for number in (here, there):
        display.pin(session, "", "incident", str(number), actor=DUTY, now=AT)
    shown = centre.sections(session, district="990101", now=AT, datum="wgs84")
    assert set(shown["incidents"]) == {str(here)}
    assert [each["ref"] for each in shown["items"]] == [str(here)]
    assert shown["notable"] == []
    assert shown["day"]["total"] == 1


# --- races ----------------------------------------------------------------------------------


def _race(engine: Engine, tenant: int, asks: list[Any]) -> list[str]:
    """Let all ask at once, each in a transaction of its own; return ok or the error's code of each."""
    ready = threading.Barrier(len(asks))

    def one(ask: Any) -> str:
        ready.wait()
        try:
            with db.transaction(engine, tenant) as session:
                ask(session)
        except HotlineError as error:
            return error.code
        return "ok"

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def test_of_many_who_press_at_once_one_wins(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
        incident = str(make_incident(session))
        other = str(make_incident(session, "积水"))

    def arranged(page: str) -> Any:
        return lambda s: display.arrange(s, "main", 1, "主屏", Layout((page,)), actor=DUTY, now=AT)

    def pinned(session: Session) -> None:
        display.pin(session, "main", "incident", incident, actor=DUTY, now=AT)

    asks = [arranged(page) for page in ("map", "events", "city", "incident")]
    assert sorted(_race(engine, tenant.id, asks)) == ["ok"] + ["wrong_status"] * 3
    assert sorted(_race(engine, tenant.id, [pinned] * 4)) == ["ok"] + ["wrong_status"] * 3
    with db.transaction(engine, tenant.id) as session:
        display.pin(session, "main", "incident", other, actor=DUTY, now=AT)
        ids = [each["id"] for each in centre.standing(session, datum="wgs84", now=AT)]

    def turned(session: Session) -> None:
        display.order(session, "main", ids, ids[::-1], actor=DUTY, now=AT)

    def released(session: Session) -> None:
        display.release(session, ids[0], actor=DUTY, now=AT)

    assert sorted(_race(engine, tenant.id, [turned] * 4)) == ["ok"] + ["wrong_status"] * 3
    assert sorted(_race(engine, tenant.id, [released] * 4)) == ["ok"] + ["wrong_status"] * 3
    with db.transaction(engine, tenant.id) as session:
        assert told(session) == [
            "ScreenAdded", "ScreenArranged", "ItemPinned", "ItemPinned", "ItemsOrdered", "ItemReleased",
        ]  # fmt: skip


# --- figures and facts ----------------------------------------------------------------------


def test_figures_equal_the_lists(session: Session, vault: Vault) -> None:
    start, end = day_of(AT, ZONE)
    make_incident(session, "昨天", now=start - 60, origin="y")
    for n, code in enumerate(("gas", "gas", "fire")):
        make_incident(session, type=code, origin=f"o{n}")
    drill = make_incident(session, "演练", exercise=True, origin="drill")
    over = make_incident(session, type="flood", origin="over")
    incidents.cancel(session, over, note="误报", actor=DUTY, now=AT)
    shown = centre.sections(session, district="", now=AT, datum="wgs84")
    day = shown["day"]

    def listed(**more: str) -> int:
        asked = queries.Criteria(start=start, end=end, exercise="no", **more)
        return queries.listed(session, asked, actor=DUTY).total

    assert day["total"] == listed() == 4
    assert day["exercises"] == 1
    assert {code: n for code, _, n in day["types"]} == {"gas": 2, "fire": 1, "flood": 1}
    assert all(n == listed(type=code) for code, _, n in day["types"])
    assert day["statuses"] == {"reported": 3, "cancelled": 1}
    assert all(n == listed(status=status) for status, n in day["statuses"].items())
    assert shown["incidents"][str(drill)]["exercise"]

    for kind in ("complaint", "complaint", "help", "consult"):
        make_ticket(session, vault, kind=kind, phone="")
    board = today.of_district(today.board(session, start, end, now=AT), "")

    def found(**more: Any) -> int:
        asked = Criteria(since=start, until=end, **more)
        return search.find(session, asked, actor=DUTY, now=AT).total

    assert board["opened"] == found() == 4
    assert all(n == found(kind=kind) for kind, n in board["kinds"].items())
    assert all(n == found(result=result) for result, n in board["results"].items())
    console = matters.find(session, matters.Asked(), actor=DUTY, now=AT).totals
    assert console["ticket"] == board["opened"]
    assert console["incident"] == day["total"] + day["exercises"]


def test_an_incident_is_shown_with_its_facts_and_its_course(session: Session) -> None:
    place = At(lon=114.3, lat=33.6, address="望江路 18 号，电话 13912345678")
    number = make_incident(session, "泄漏 13800001111", place=place)
    incidents.verify(session, number, note="属实", actor=DUTY, now=AT + 60)
    shown = centre.sections(session, district="", now=AT + 61, datum="wgs84")["incidents"]
    one = shown[str(number)]
    assert one["xy"] == [114.3, 33.6]
    assert "13800001111" not in json.dumps(shown) and "13912345678" not in json.dumps(shown)
    assert [step[:3] for step in one["steps"]] == [
        [AT + 60, "status", "verified"], [AT, "status", "reported"],
    ]  # fmt: skip
    drawn = centre.sections(session, district="", now=AT + 61, datum="gcj02")["incidents"]
    assert drawn[str(number)]["xy"] != one["xy"]


def test_a_protected_ticket_has_no_title_there(session: Session, vault: Vault) -> None:
    row = make_ticket(session, vault, confidential=True, urgency="urgent", title="举报某局长")
    display.pin(session, "", "ticket", row.no, actor=DUTY, now=AT)
    assert "某局长" not in json.dumps(
        centre.sections(session, district="", now=AT, datum="wgs84"), ensure_ascii=False
    )


def test_bureaus_stand_in_their_order_with_what_is_stale(session: Session) -> None:
    readings = [
        Reading("a", "望江路", 114.3, 33.6, 12, "km/h", "severe", AT - 50, AT + 10),
        Reading("b", "学府路", 114.3, 33.6, 40, "km/h", "", AT - 10, AT + 500),
    ]
    state.tell(session, readings, bureau="traffic", actor=DUTY, now=AT)
    for now, order in ((AT, ["a", "b"]), (AT + 60, ["b", "a"])):
        city = centre.sections(session, district="", now=now, datum="wgs84")["city"]
        assert [each["bureau"] for each in city] == list(state.BUREAUS)
        traffic = city[1]
        assert (traffic["total"], traffic["at"]) == (2, AT - 10)
        assert [point["key"] for point in traffic["points"]] == order  # what is stale comes last
        assert city[0] == {"bureau": "environment", "points": [], "total": 0, "at": 0}


def test_units_and_depots_are_on_the_map(session: Session) -> None:
    tenant, lon, lat = db.tenant_of(session), 114.3, 33.6
    plain = {"tenant_id": tenant, "capabilities": [], "staff": 4, "min_staff": 2, "type": "fire"}
    home = {"station_lon": lon, "station_lat": lat, "organisation": "", "phone": "", "reason": ""}
    for code, district, heard in (
        ("A1", "莲湖", AT - 5),
        ("A2", "", AT - 3600),
        ("A3", "东沙", None),
    ):
        fix = {"lon": lon + 0.01, "lat": lat, "heard_at": to_datetime(heard)} if heard else {}
        session.add(ResponseUnit(
            code=code, label=f"{code} 车", district=district, device="", token_digest="", **plain, **home, **fix,
        ))  # fmt: skip
    at = {
        "lon": lon,
        "lat": lat,
        "district": "莲湖",
        "address": "",
        "organisation": "",
        "phone": "",
    }
    session.add(Depot(tenant_id=tenant, code="D1", label="中心库", **at))
    session.add(Depot(tenant_id=tenant, code="D2", label="旧库", active=False, **at))
    session.flush()
    for code, label, amount in (("pump", "水泵", 3), ("bag", "沙袋", 900)):
        session.add(Supply(
            tenant_id=tenant, depot="D1", code=code, label=label, measure="台", amount=amount, floor=4,
        ))  # fmt: skip
    session.flush()

    shown = centre.sections(session, district="", now=AT, datum="wgs84")
    assert shown["units"]["A1"] == ["A1 车", "fire", "available", "", ""]
    assert shown["where"] == {
        "A1": [114.31, 33.6, 0], "A2": [114.31, 33.6, int(AT - 3600)], "A3": [114.3, 33.6, -1],
    }  # fmt: skip
    stock = [["沙袋", 900.0, "台", 0], ["水泵", 3.0, "台", 1]]
    assert shown["depots"] == [["中心库", [114.3, 33.6], stock]]
    # a district sees its own and what belongs to none; other tiles draw them elsewhere
    part = centre.sections(session, district="东沙", now=AT, datum="gcj02")
    assert set(part["units"]) == set(part["where"]) == {"A2", "A3"} and part["depots"] == []
    assert part["where"]["A3"][:2] != [114.3, 33.6]

    # bound to an incident of a district, a unit of none says its number there and nowhere else
    number = make_incident(session, place=At(lon, lat, "", "莲湖"))
    session.add(Assignment(
        tenant_id=tenant, incident_id=number, unit="A2", progress="en_route", opened_at=to_datetime(AT), opened_by=1,
        routed_at=to_datetime(AT), seconds=300.0, metres=2000.0,
    ))  # fmt: skip
    session.flush()
    no = session.get_one(Incident, number).no
    for district, told in (("", no), ("莲湖", no), ("东沙", "")):
        shown = centre.sections(session, district=district, now=AT, datum="wgs84")["units"]["A2"]
        assert shown[3:] == ["en_route", told]


def test_matters_by_class_and_words(session: Session, vault: Vault) -> None:
    for n in range(35):
        make_ticket(session, vault, title=f"路灯 {n}", now=AT + n, phone="")
    make_incident(session, "路灯杆倒塌", now=AT + 99)
    now = AT + 200

    def find(**more: Any) -> matters.Found:
        return matters.find(session, matters.Asked(**more), actor=DUTY, now=now)

    pages = [find(cls="ticket", page=n) for n in range(2)]
    assert [len(each.lines) for each in pages] == [30, 5]
    assert len({line.ref for each in pages for line in each.lines}) == 35
    assert pages[0].pages("ticket") == 2
    oldest = find(cls="ticket", sort="oldest").lines
    assert [line.at for line in oldest] == sorted(line.at for line in oldest)
    assert find().lines[0].cls == "incident"
    assert [line.title for line in find(words="倒塌").lines] == ["路灯杆倒塌"]
    assert find(cls="incident", status="closed").lines == []


def test_matters_of_days_grade_and_district(session: Session, vault: Vault) -> None:
    days = [AT, AT + 86_400.0, AT + 2 * 86_400.0]
    for n, at in enumerate(days):
        make_ticket(session, vault, title=f"路灯 {n}", now=at, phone="")
        make_incident(session, f"事件 {n}", now=at)
    graded = session.scalars(select(Incident).order_by(Incident.id)).all()[1]
    graded.grade, graded.district = "II", "D9"
    session.flush()
    dates = [f"{datetime.fromtimestamp(at, ZoneInfo('Asia/Shanghai')):%Y-%m-%d}" for at in days]

    def find(**more: Any) -> list[str]:
        asked = matters.Asked(**more)
        found = matters.find(session, asked, actor=DUTY, now=days[-1] + 60)
        assert sum(found.totals.values()) == len(found.lines)
        return sorted(line.title for line in found.lines)

    assert find() == ["事件 2", "路灯 2"]
    assert find(since=dates[0], until=dates[1]) == ["事件 0", "事件 1", "路灯 0", "路灯 1"]
    assert find(until=dates[0]) == ["事件 0", "路灯 0"]
    assert find(since=dates[1], until=dates[1], cls="ticket") == ["路灯 1"]
    assert find(since=dates[0], cls="incident", grade="II") == ["事件 1"]
    assert find(since=dates[0], district="D9") == ["事件 1"]
    with pytest.raises(BadInput):
        find(since="2026-13-01")


# --- the stream -----------------------------------------------------------------------------


class Client:
    """A client of the hub, with the sections as it last heard them."""

    def __init__(self, hub: CentreHub) -> None:
        self.sections: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self.ended = False
        self._gone = asyncio.Event()
        self.allowed = True
        self.task = asyncio.ensure_future(hub.serve(self._receive, self._send, self._may))

    async def _may(self) -> bool:
        return self.allowed

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        for chunk in message.get("body", b"").decode().split("\n\n"):
            if chunk.startswith("event: signed_out"):
                self.ended = True
            elif chunk.startswith("data: "):
                self.frames.append(json.loads(chunk[6:]))
                self.sections |= self.frames[-1]["sections"]

    async def close(self) -> None:
        self._gone.set()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def new_hub(redis: "Redis", engine: Engine, tenant: Place) -> CentreHub:
    def read() -> dict[str, Any]:
        with db.transaction(engine, tenant.id) as session:
            return centre.sections(session, district="", now=AT, datum="wgs84")

    async def load() -> dict[str, Any]:
        return await asyncio.to_thread(read)

    return CentreHub(redis, tenant.id, load)


@pytest.fixture
async def hub(
    redis: "Redis", engine: Engine, tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CentreHub]:
    monkeypatch.setattr(centre_live, "REREAD_S", 3600.0)  # what comes comes by the stream
    made = new_hub(redis, engine, tenant)
    task = asyncio.ensure_future(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_screens_hear_of_an_arrangement_and_a_new_process_shows_the_same(
    redis: "Redis", engine: Engine, tenant: Place, hub: CentreHub
) -> None:
    screen = Client(hub)

    async def begun() -> bool:
        return "screens" in screen.sections

    await eventually(begun)
    assert screen.sections["screens"] == {}

    def change() -> None:
        with db.transaction(engine, tenant.id) as session:
            display.add_screen(session, "main", "主屏", actor=DUTY, now=AT)
            display.push(
                session, "main", "text", "", words="今晚降温", until=AT + 60, actor=DUTY, now=AT
            )

    await asyncio.to_thread(change)
    await redis.xadd(streams.display_stream(tenant.id), {"e": "[]"})  # as the relay does

    async def heard() -> bool:
        return "main" in screen.sections["screens"] and bool(screen.sections["items"])

    await eventually(heard)
    # what did not change is not told again
    assert not any("city" in frame["sections"] for frame in screen.frames[1:])
    other = new_hub(redis, engine, tenant)
    task = asyncio.ensure_future(other.run())
    late = Client(other)

    async def same() -> bool:
        return late.sections == screen.sections

    await eventually(same)
    for each in (screen, late):
        await each.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_nothing_is_read_for_nobody_and_only_what_is_new_is_told(
    redis: "Redis", tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centre_live, "GATHER_S", 0.01)
    monkeypatch.setattr(hub_rules, "BEAT_S", 3600.0)
    read = 0

    async def load() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"one": read // 1000, "reads": read if read == 1 else 2}

    async def happen(times: int = 5) -> None:
        for _ in range(times):
            await redis.xadd(streams.ticket_stream(tenant.id), {"e": "[]"})
            await asyncio.sleep(0.05)

    hub = CentreHub(redis, tenant.id, load)
    running = asyncio.ensure_future(hub.run())
    await happen()
    assert read == 0
    screen = Client(hub)

    async def told() -> bool:
        await happen(1)
        return read > 3

    await eventually(told)
    assert screen.sections == {"one": 0, "reads": 2} and len(screen.frames) <= 2
    await screen.close()

    async def left() -> bool:
        before = read
        await happen()
        return read == before

    await eventually(left)
    late = Client(hub)  # the rows are read for whoever comes next
    before = read

    async def begun() -> bool:
        return read > before and "one" in late.sections

    await eventually(begun)
    await late.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_who_may_no_more_is_told_and_left(
    hub: CentreHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_rules, "RECHECK_S", 0.0)
    screen = Client(hub)
    screen.allowed = False

    async def left() -> bool:
        return screen.ended and screen.task.done()

    await eventually(left)
    await screen.close()
