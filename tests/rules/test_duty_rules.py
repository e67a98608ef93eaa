"""Duty, pure: numbers, rotation, gaps, collisions, and that every line of the log has its words."""

from datetime import date, datetime, timedelta
from string import Formatter
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command.duty.journal import class_of
from command.duty.report_words import _SAYINGS, SECTIONS
from dashboard.texts import LANGUAGES
from models.errors import BadInput
from models.events.duty import AnyDutyEvent
from models.events.floor import AnyFloorEvent
from models.events.ticket import AnyTicketEvent
from models.rules.duty import phones, roster
from models.rules.duty.lines import AUDITED, CLASSES, KEY, SAID
from models.rules.duty.roster import Cell, Slot, Stay

DAY = date(2026, 11, 21)
SLOTS = (Slot("day", "白班", 480, 720), Slot("night", "夜班", 1200, 720))
THREE = (
    Slot("early", "早班", 480, 480),
    Slot("late", "中班", 960, 480),
    Slot("night", "夜班", 1440, 480),
)


@pytest.mark.parametrize(
    ("said", "number", "kind"),
    [
        ("138 0000 0001", "13800000001", "mobile"),
        ("+86-13800000001", "13800000001", "mobile"),
        ("１３８００００００１０", "13800000010", "mobile"),
        ("(010)86123456", "010-86123456", "landline"),
        ("02186123456", "021-86123456", "landline"),
        ("0990-8612350", "0990-8612350", "landline"),
        ("0512-65223456转802", "0512-65223456#802", "landline"),
        ("8612350", "8612350", "landline"),
        ("400-820-1234", "4008201234", "landline"),
        ("119", "119", "short"), ("12345", "12345", "short"), ("96777", "96777", "short"),
        ("95598", "95598", "short"), ("6123", "6123", "short"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(said: str, number: str, kind: str) -> None:
    assert phones.parse(said) == (number, kind)


@pytest.mark.parametrize(
    ("said", "fault"),
    [("", "empty"), ("办公室", "letters"), ("12800000000", "mobile"), ("1380000000", "mobile"),
     ("138000000011", "mobile"), ("999999999999", "area"), ("12", "length"), ("0", "length")],
)  # fmt: skip
def test_what_is_no_number_says_why(said: str, fault: str) -> None:
    with pytest.raises(phones.WrongNumber) as caught:
        phones.parse(said)
    assert caught.value.fault == fault


def test_a_field_holds_several_numbers_once_each() -> None:
    found = phones.several("119，13800000001；119 / 0990-8612350")
    assert [phone.number for phone in found] == ["119", "13800000001", "0990-8612350"]


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_numbers(said: str) -> None:
    try:
        for phone in phones.several(said):
            assert phones.parse(phone.number).kind == phone.kind
    except phones.WrongNumber:
        pass


def test_a_night_slot_ends_on_the_next_day() -> None:
    start, end = roster.span(DAY, SLOTS[1], "Asia/Shanghai")
    tz = ZoneInfo("Asia/Shanghai")
    assert datetime.fromtimestamp(start, tz).isoformat() == "2026-11-21T20:00:00+08:00"
    assert datetime.fromtimestamp(end, tz).isoformat() == "2026-11-22T08:00:00+08:00"


def test_slots_follow_the_clocks_on_the_wall_where_they_change() -> None:
    start, end = roster.span(date(2026, 3, 28), SLOTS[1], "Europe/Berlin")
    assert end - start == 11 * 3600  # the night in which an hour is missing


def test_all_serve_in_turn() -> None:
    cells = roster.in_turn([1, 2, 3], [DAY, DAY + timedelta(days=1)], SLOTS, 1, first=2)
    assert [(cell.slot, cell.person) for cell in cells] == [
        ("day", 3), ("night", 1), ("day", 2), ("night", 3),
    ]  # fmt: skip
    assert roster.next_first([1, 2, 3], 2) == 2
    assert roster.next_first([1, 2, 3], None) == roster.next_first([1, 2, 3], 9) == 0


@pytest.mark.parametrize("people", [4, 8])
def test_four_groups_fill_two_slots_round_the_clock(people: int) -> None:
    pattern = roster.read_pattern("白 白 夜 夜 休 休 休 休", SLOTS)
    days = [DAY + timedelta(days=n) for n in range(16)]
    cells = roster.by_cycle(range(people), days, SLOTS, pattern)
    for day in days:
        for slot in ("day", "night"):
            serving = [cell.person for cell in cells if (cell.day, cell.slot) == (day, slot)]
            assert len(serving) == people // 4, (day, slot)
    stays = [
        Stay(cell.person, *roster.span(cell.day, SLOTS[cell.slot == "night"], "Asia/Shanghai"))
        for cell in cells
    ]
    assert roster.collision(stays) is None
    assert roster.gaps("chief", people // 4, SLOTS, days, cells) == []


def test_what_does_not_divide_is_refused() -> None:
    with pytest.raises(BadInput):
        roster.by_cycle([1, 2, 3], [DAY], SLOTS, ["day", "night", "", ""])
    with pytest.raises(BadInput):
        roster.read_pattern("白 早", SLOTS)
    for pool in ([], [1, 1]):
        with pytest.raises(BadInput):
            roster.in_turn(pool, [DAY], SLOTS, 1)
    with pytest.raises(BadInput):
        roster.days_of(DAY, DAY - timedelta(days=1))
    with pytest.raises(BadInput):
        roster.check((Slot("a", "甲", 0, 0),))


def test_a_gap_names_the_slot_and_how_many() -> None:
    cells = [Cell(DAY, "early", 1), Cell(DAY, "night", 1), Cell(DAY, "night", 2)]
    found = roster.gaps("officer", 2, THREE, [DAY], cells)
    assert [(gap.slot, gap.have, gap.least) for gap in found] == [("early", 1, 2), ("late", 0, 2)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_a_collision_is_found_exactly_when_two_share_a_moment(
    given_: list[tuple[int, int, int]],
) -> None:
    stays = [Stay(person, start, start + length) for person, start, length in given_]
    share = any(
        a.person == b.person and a.start < b.end and b.start < a.end
        for n, a in enumerate(stays)
        for b in stays[:n]
    )
    assert (roster.collision(stays) is not None) == share


def test_every_line_of_the_log_has_its_words_and_their_facts() -> None:
    known = {
        kind.__name__
        for family in (AnyDutyEvent, AnyFloorEvent, AnyTicketEvent)
        for kind in get_args(family)
    }
    example = {
        "ticket": 1, "alarm": "a", "report": 1, "incident": 1, "changed": {}, "flags": ["emergency"], "kind": "text",
        "ref": "",
    }  # fmt: skip
    for name, saying in {**SAID, **AUDITED}.items():
        facts = {"no", "title", "of", *saying.facts(example), *(told.fact for told in saying.told)}
        assert saying.cls in CLASSES
        assert isinstance(saying.about(example), str)
        for texts in LANGUAGES.values():
            fields = {
                field for _, field, _, _ in Formatter().parse(texts[f"duty.line.{name}"]) if field
            }
            assert fields <= facts, name
            assert texts[f"duty.kind_of.{name}"] and texts[f"duty.cls.{saying.cls}"]
    ours = {name for name in SAID if name in known}
    assert {"TicketOpened", "HandoverSigned", "LinkDown", "DutyNoticeSent"} <= ours


def test_what_a_report_may_name_has_its_words_and_their_facts() -> None:
    named = {name for _, classes, _ in SECTIONS for name in KEY if class_of(name) in classes}
    assert named == set(_SAYINGS)


def test_a_plan_that_started_by_itself_says_no_codes() -> None:
    body = {"incident": 1, "title": "预案", "reason": "type=gas_leak", "automatic": True}
    assert SAID["PlanActivated"].facts(body) == {"title": "预案", "reason": ""}
    said = SAID["PlanActivated"].facts({**body, "reason": "人员密集", "automatic": False})
    assert said["reason"] == "人员密集"
