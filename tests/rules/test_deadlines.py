"""Working-day deadlines: the calendar, when a leg is due and why, its lamp, and which rule gives its term."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput
from models.rules import deadlines as d
from models.rules.deadlines import DEFAULT_RULES, Step, Term, TermRule, choose, due, lamp
from models.rules.holidays_cn import NOTICES

CN = d.chinese_calendar()
HOUR = 3600.0
quick = settings(max_examples=60, deadline=None)


def at(text: str, zone: str = "Asia/Shanghai") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def days(amount: int, warn: float = 0.2) -> Term:
    return Term("test", amount, warn=warn)


def local(instant: float, zone: str = "Asia/Shanghai") -> str:
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def year_days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += d.ONE_DAY


def test_it_works() -> None:
    monday = at("2026-03-02 10:00")
    found = due(CN, monday, days(5))
    assert local(found.at) == "2026-03-09 18:00"
    assert (found.calendar, found.rule, found.projected) == ("cn-2025+2026", "test", False)
    assert found.trace == (
        Step("start", date(2026, 3, 2), at=monday),
        Step("weekend", date(2026, 3, 7)),
        Step("weekend", date(2026, 3, 8)),
        Step("due", date(2026, 3, 9), at=found.at),
    )
    assert lamp(found.at, found.warn_at, monday) == "green"


# --- the calendar


@pytest.mark.parametrize(
    ("year", "counts"),
    [
        (2025, [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23]),  # 248
        (2026, [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]),  # 248
    ],
)
def test_working_days_of_each_month(year: int, counts: list[int]) -> None:
    """Literal counts: chinesecalendar 1.11.0 and holidays 0.109 agree on them."""
    worked = [day.month for day in year_days(year) if CN.is_workday(day)]
    assert [worked.count(month) for month in range(1, 13)] == counts
    assert sum(counts) == 248


@pytest.mark.parametrize("year", sorted(NOTICES))
def test_every_day_agrees_with_chinesecalendar(year: int) -> None:
    other: Any = pytest.importorskip(
        "chinese_calendar",
        reason="NOT COMPARED: `pip install chinesecalendar` to check the holidays",
    )
    assert [x for x in year_days(year) if CN.is_workday(x) != other.is_workday(x)] == []


@pytest.mark.parametrize("year", sorted(NOTICES))
def test_every_day_agrees_with_holidays(year: int) -> None:
    package: Any = pytest.importorskip(
        "holidays", reason="NOT COMPARED: `pip install holidays` to check the holidays"
    )
    other = package.country_holidays("CN", years=year)
    assert [x for x in year_days(year) if CN.is_workday(x) != other.is_working_day(x)] == []


@pytest.mark.parametrize("year", sorted(NOTICES))
def test_a_notice_is_sound(year: int) -> None:
    """Spans in order and apart, every make-up day a weekend outside of them, all in the year."""
    notice = NOTICES[year]
    edges = [day for _, first, last in notice.off for day in (first, last + d.ONE_DAY)]
    assert edges == sorted(edges)
    assert all(day.weekday() >= 5 and CN.kind(day) == "makeup" for day in notice.work)
    assert not set(notice.work) & set(CN.off)
    assert {day.year for day in (*edges, *notice.work)} == {year}
    assert notice.issued.year == year - 1


def test_make_up_days_of_2026() -> None:
    found = [f"{day:%m-%d}" for day in year_days(2026) if CN.kind(day) == "makeup"]
    assert found == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_a_year_without_notice_is_projected() -> None:
    weekdays_off = [
        f"{x:%m-%d}" for x in year_days(2030) if x.weekday() < 5 and not CN.is_workday(x)
    ]
    assert weekdays_off == ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"]
    assert not CN.is_workday(date(2030, 5, 4))  # a Saturday
    assert d.Calendar("bare").is_workday(date(2030, 12, 31))


def test_what_is_known_early_of_a_projected_year_holds() -> None:
    spring, saturday = date(2027, 2, 8), date(2027, 1, 30)
    early = msgspec.structs.replace(
        CN, off={**CN.off, spring: "spring_festival"}, work=CN.work | {saturday}
    )
    assert (CN.kind(spring), early.kind(spring)) == ("work", "holiday")
    assert (CN.kind(saturday), early.kind(saturday)) == ("weekend", "makeup")
    assert early.kind(date(2027, 1, 1)) == "holiday"
    assert due(early, at("2027-01-29 09:00"), days(1)).projected


def test_a_make_up_day_is_stronger_than_a_day_off() -> None:
    day = date(2030, 10, 1)
    calendar = d.Calendar("own", off={day: "national_day"}, work=frozenset({day}))
    assert (calendar.kind(day), calendar.holiday(day)) == ("work", "")


def test_a_day_off_without_a_name_is_still_off() -> None:
    typhoon = date(2026, 7, 15)
    assert d.Calendar("own", off={typhoon: ""}).kind(typhoon) == "holiday"


def test_a_published_year_has_the_holidays_it_was_given_only() -> None:
    """Until 2024 the law gave 1 May only; a calendar that knows its year is not told better."""
    old = d.Calendar("old", off={date(2023, 5, 1): "labour_day"}, published=frozenset({2023}))
    assert (old.kind(date(2023, 5, 1)), old.kind(date(2023, 5, 2))) == ("holiday", "work")


def test_counting_backwards_is_negative() -> None:
    assert CN.workdays_between(date(2026, 3, 9), date(2026, 3, 2)) == -5
    assert CN.workdays_between(date(2026, 3, 7), date(2026, 3, 7)) == 0


@pytest.mark.parametrize("n", [-1, d.LONGEST + 1])
def test_no_count_of_working_days(n: int) -> None:
    with pytest.raises(BadInput):
        CN.add_workdays(date(2026, 3, 2), n)


def test_malformed_input_is_refused() -> None:
    with pytest.raises(BadInput):
        d.Calendar("bad", office_end=24 * 60)
    with pytest.raises(BadInput):
        d.chinese_calendar([2026, 2031])
    for amount, warn in ((0, 0.2), (-1, 0.2), (d.LONGEST + 1, 0.2), (5, 1.1), (5, -0.1)):
        with pytest.raises(BadInput):
            days(amount, warn)
    for extra in (-1, d.LONGEST):
        with pytest.raises(BadInput):
            due(CN, at("2026-03-02 10:00"), days(5), extra=extra)


# --- terms of working days


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        ("2026-03-02 10:00", 1, "2026-03-03"),  # Monday -> Tuesday
        ("2026-03-06 10:00", 1, "2026-03-09"),  # over a weekend
        ("2026-03-07 10:00", 1, "2026-03-09"),  # begins on a Saturday
        ("2026-07-31 10:00", 1, "2026-08-03"),  # month end
        ("2026-03-31 10:00", 5, "2026-04-08"),  # month end and Qingming
        ("2026-02-13 10:00", 1, "2026-02-14"),  # a worked Saturday
        ("2026-02-13 10:00", 5, "2026-02-27"),  # it counts, then the Spring Festival
        ("2026-02-13 10:00", 6, "2026-02-28"),  # and the other worked Saturday
        ("2026-02-14 10:00", 1, "2026-02-24"),  # begins on a worked Saturday
        ("2026-02-21 10:00", 1, "2026-02-24"),  # begins on a holiday
        ("2026-01-30 10:00", 30, "2026-03-19"),  # a report over all of it
        ("2025-12-31 10:00", 1, "2026-01-04"),  # year end, a worked Sunday
        ("2026-04-30 10:00", 4, "2026-05-09"),  # Labour Day
        ("2026-06-18 10:00", 1, "2026-06-22"),  # Dragon Boat
        ("2026-09-18 10:00", 1, "2026-09-20"),  # a worked Sunday
        ("2026-09-18 10:00", 10, "2026-10-09"),  # two holidays
        ("2026-09-18 10:00", 11, "2026-10-10"),
        ("2025-09-30 10:00", 3, "2025-10-11"),
        ("2026-03-02 21:30", 1, "2026-03-03"),  # after office hours
        ("2026-03-02 18:00", 1, "2026-03-03"),
        ("2026-03-03 00:00", 1, "2026-03-04"),  # midnight belongs to the day it begins
        ("2026-03-02 23:59", 1, "2026-03-03"),
    ],
)
def test_due_day(start: str, amount: int, expected: str) -> None:
    found = due(CN, at(start), days(amount))
    assert local(found.at) == f"{expected} 18:00"
    assert not found.projected


def test_over_the_end_of_the_last_published_year() -> None:
    found = due(CN, at("2026-12-30 10:00"), days(5))
    assert local(found.at) == "2027-01-07 18:00"
    assert found.projected
    assert found.trace[1] == Step("holiday", date(2027, 1, 1), name="new_year")
    assert not due(CN, at("2026-12-30 10:00"), days(1)).projected
    assert due(CN, at("2026-12-31 10:00"), days(1)).projected
    assert not due(CN, at("2024-12-31 10:00"), days(1)).projected  # its own day is not counted
    assert due(CN, at("2024-12-30 10:00"), days(1)).projected


def test_a_skipped_day_of_a_projected_year_is_a_projection_too() -> None:
    only_2025 = d.chinese_calendar([2025])
    found = due(only_2025, at("2024-12-27 10:00"), days(3))  # 30 and 31 December, 2 January
    assert (local(found.at), found.projected) == ("2025-01-02 18:00", True)


def test_the_trace_tells_every_special_day() -> None:
    found = due(CN, at("2026-02-13 10:00"), days(3), extra=1)
    told = [(step.kind, step.day.isoformat()[5:], step.name, step.count) for step in found.trace]
    assert told == [
        ("start", "02-13", "", 0),
        ("makeup", "02-14", "", 1),
        *[("holiday", f"02-{day}", "spring_festival", 0) for day in range(15, 24)],
        ("extension", "02-25", "", 1),
        ("due", "02-26", "", 0),
    ]


def test_a_due_can_be_stored_as_json() -> None:
    found = due(CN, at("2026-02-13 10:00"), days(3), extra=1)
    assert msgspec.convert(msgspec.to_builtins(found), d.Due) == found
    assert msgspec.json.decode(msgspec.json.encode(CN), type=d.Calendar) == CN


def test_an_extension_counts_in_working_days() -> None:
    start = at("2026-03-02 10:00")
    assert due(CN, start, days(5), extra=5).at == due(CN, start, days(10)).at


def test_another_zone_has_other_days_and_another_office_end() -> None:
    start = at("2026-03-02 23:30")  # 16:30 in Berlin, still 2 March; 3 March 00:30 in Tokyo
    berlin = d.Calendar("de", zone="Europe/Berlin", office_end=16 * 60 + 30)
    tokyo = d.Calendar("jp", zone="Asia/Tokyo")
    assert local(due(berlin, start, days(1)).at, "Europe/Berlin") == "2026-03-03 16:30"
    assert local(due(tokyo, start, days(1)).at, "Asia/Tokyo") == "2026-03-04 18:00"


def test_working_days_over_a_clock_change_end_with_the_office_day() -> None:
    berlin = d.Calendar("de", zone="Europe/Berlin")
    start = at("2026-03-27 18:00", "Europe/Berlin")
    found = due(berlin, start, days(1))
    assert local(found.at, "Europe/Berlin") == "2026-03-30 18:00"
    assert found.at - start == 71 * HOUR


# --- terms by the clock


def test_hours_run_through_night_and_weekend() -> None:
    found = due(CN, at("2026-03-06 23:30"), Term("t", 2, "hour"))
    assert local(found.at) == "2026-03-07 01:30"
    assert not due(CN, at("2026-12-31 23:30"), Term("t", 2, "hour")).projected
    assert local(due(CN, at("2026-03-06 23:30"), Term("t", 45, "minute")).at) == "2026-03-07 00:15"


def test_hours_over_a_clock_change_are_real_hours() -> None:
    berlin = d.Calendar("de", zone="Europe/Berlin")
    spring = due(berlin, at("2026-03-28 20:00", "Europe/Berlin"), Term("t", 12, "hour"))
    autumn = due(berlin, at("2026-10-24 20:00", "Europe/Berlin"), Term("t", 12, "hour"))
    assert local(spring.at, "Europe/Berlin") == "2026-03-29 09:00"
    assert local(autumn.at, "Europe/Berlin") == "2026-10-25 07:00"


def test_hours_stand_still_in_a_pause() -> None:
    start = at("2026-03-02 10:00")
    waits = [(start - HOUR, start + HOUR), (start + 2 * HOUR, start + 2.5 * HOUR)]
    found = due(CN, start, Term("t", 2, "hour"), pauses=waits, extra=1)
    assert found.at == start + 4.5 * HOUR
    assert found.trace == (
        Step("start", date(2026, 3, 2), at=start),
        Step("pause", date(2026, 3, 2), at=start, count=3600),
        Step("pause", date(2026, 3, 2), at=start + 2 * HOUR, count=1800),
        Step("extension", date(2026, 3, 2), at=start + 3.5 * HOUR, count=1),
        Step("due", date(2026, 3, 2), at=found.at),
    )


def test_a_pause_at_or_after_the_due_instant_changes_nothing() -> None:
    start = at("2026-03-02 10:00")
    term = Term("t", 2, "hour")
    plain = due(CN, start, term)
    assert due(CN, start, term, pauses=[(plain.at, plain.at + HOUR)]) == plain
    assert due(CN, start, term, pauses=[(start - HOUR, start)]) == plain
    # ended before it began (two clocks): none
    assert due(CN, start, term, pauses=[(start + HOUR, start + 0.5 * HOUR)]) == plain


def test_the_steps_by_the_clock_are_in_order() -> None:
    start = at("2026-03-02 10:00")
    wait = (start + 2.5 * HOUR, start + 3 * HOUR)
    found = due(CN, start, Term("t", 2, "hour"), pauses=[wait], extra=1)
    assert [step.kind for step in found.trace] == ["start", "extension", "pause", "due"]
    assert found.at == start + 3.5 * HOUR


# --- pauses of working days


@pytest.mark.parametrize(
    ("paused", "resumed", "expected"),
    [
        ("2026-03-03 09:00", "2026-03-03 17:00", "2026-03-04"),  # answered within the day
        ("2026-03-03 09:00", "2026-03-03 18:00", "2026-03-05"),  # not answered by its end
        ("2026-03-03 18:00", "2026-03-04 09:00", "2026-03-04"),  # over the night only
        ("2026-03-03 17:59", "2026-03-03 18:01", "2026-03-05"),
        ("2026-03-03 09:00", "2026-03-09 09:00", "2026-03-10"),  # four working days and a weekend
        ("2026-03-04 10:00", "2026-03-04 19:00", "2026-03-05"),  # no leg falls due while it waits
        ("2026-03-02 10:00", "2026-03-02 20:00", "2026-03-04"),  # the first day never counts anyway
        ("2026-03-04 18:00", "2026-03-09 09:00", "2026-03-04"),  # only after it was due
        ("2026-03-03 12:00", "2026-03-03 09:00", "2026-03-04"),  # ended before it began: none
    ],
)
def test_a_pause_over_an_office_end_costs_the_day(paused: str, resumed: str, expected: str) -> None:
    found = due(CN, at("2026-03-02 09:00"), days(2), pauses=[(at(paused), at(resumed))])
    assert local(found.at) == f"{expected} 18:00"


def test_overlapping_pauses_are_one() -> None:
    start = at("2026-03-02 09:00")
    one = [(start + HOUR, start + 60 * HOUR)]
    parts = [(start + 30 * HOUR, start + 60 * HOUR), (start + HOUR, start + 40 * HOUR), *one]
    for term in (days(2), Term("t", 6, "hour")):
        assert due(CN, start, term, pauses=parts) == due(CN, start, term, pauses=one)
    touching = [(start + HOUR, start + 30 * HOUR), (start + 30 * HOUR, start + 60 * HOUR)]
    assert due(CN, start, term, pauses=touching) == due(CN, start, term, pauses=one)
    assert [step.kind for step in due(CN, start, days(2), pauses=parts).trace].count("pause") == 2


def test_an_open_pause_counts_up_to_now() -> None:
    start, paused = at("2026-03-02 09:00"), at("2026-03-03 10:00")
    for now, expected in (
        ("2026-03-03 17:59", "2026-03-03"),
        ("2026-03-03 18:00", "2026-03-04"),
        ("2026-03-05 12:00", "2026-03-05"),
        ("2026-03-05 18:00", "2026-03-06"),
    ):
        found = due(CN, start, days(1), pauses=[(paused, 0)], now=at(now))
        assert local(found.at) == f"{expected} 18:00"
        assert found.at > at(now)
    with pytest.raises(BadInput):
        due(CN, start, days(1), pauses=[(paused, 0)])
    assert due(CN, start, days(1), pauses=[(paused, 0)], now=start) == due(CN, start, days(1))


# --- lamps


@pytest.mark.parametrize(
    ("term", "warn_at"),
    [
        (days(1), "2026-03-03 13:12"),  # 0.2 of 24 h before its only office end
        (days(2), "2026-03-03 18:00"),  # at least one working day
        (days(5), "2026-03-06 18:00"),  # the Friday before: yellow all Monday, and over the weekend
        (days(15), "2026-03-18 18:00"),  # due on the 23rd, three working days left
        (days(7), "2026-03-09 18:00"),  # 1.4 days are two
        (days(30, 0.1), "2026-04-09 18:00"),  # due on the 14th, three left
        (days(25, 0.28), "2026-03-26 18:00"),  # due on 7 April, seven working days left
        (days(5, 1.0), "2026-03-03 18:00"),  # the first day never warns
        (days(5, 0.0), "2026-03-09 18:00"),  # never yellow
        (Term("t", 2, "hour"), "2026-03-02 11:36"),
        (Term("t", 60, "minute", warn=0.5), "2026-03-02 10:30"),
    ],
)
def test_when_a_term_is_nearly_due(term: Term, warn_at: str) -> None:
    assert local(due(CN, at("2026-03-02 10:00"), term).warn_at) == warn_at


def test_an_extension_moves_the_warning_too() -> None:
    found = due(CN, at("2026-03-02 10:00"), days(5), extra=5)
    assert local(found.warn_at) == "2026-03-12 18:00"


def test_lamp_at_its_edges() -> None:
    found = due(CN, at("2026-03-02 10:00"), days(5))
    edges = [found.warn_at, found.warn_at + 1, found.at, found.at + 1]
    lamps = [lamp(found.at, found.warn_at, now) for now in edges]
    assert lamps == ["green", "yellow", "yellow", "red"]
    assert [d.overdue_by(found.at, now) for now in edges] == [0, 0, 0, 1]


def test_a_finished_leg_keeps_its_lamp() -> None:
    found = due(CN, at("2026-03-02 10:00"), days(5))
    later = found.at + 1e6
    assert lamp(found.at, found.warn_at, later, done_at=found.warn_at - 1) == "green"
    assert lamp(found.at, found.warn_at, later, done_at=found.at) == "yellow"
    assert lamp(found.at, found.warn_at, later, done_at=found.at + 1) == "red"
    assert d.overdue_by(found.at, later, done_at=found.at + 60) == 60
    assert d.overdue_by(found.at, later, done_at=found.at - 60) == 0


# --- which rule


def rule(name: str, **where: str) -> TermRule:
    return TermRule(stage="handle", term=Term(name, 1), **where)


WEAK_TO_STRONG = [
    rule("default"),
    rule("kind", kind="complaint"),
    rule("urgency", urgency="urgent"),
    rule("category", category="H"),
    rule("longer", category="H02"),
    rule("longer+kind", category="H02", kind="complaint"),
    rule("unit", unit="u1"),
    rule("unit+category", unit="u1", category="H"),
    rule("ticket", ticket="t1"),
]
CASE = {"kind": "complaint", "category": "H0203", "unit": "u1", "urgency": "urgent", "ticket": "t1"}


def test_the_most_specific_rule_wins() -> None:
    for upto in range(1, len(WEAK_TO_STRONG) + 1):
        rules = WEAK_TO_STRONG[:upto]
        assert choose(rules, stage="handle", **CASE).id == rules[-1].id
        assert choose(rules[::-1], stage="handle", **CASE).id == rules[-1].id


def test_a_rule_for_something_else_never_fits() -> None:
    assert choose(WEAK_TO_STRONG, stage="handle").id == "default"
    assert choose(WEAK_TO_STRONG, stage="handle", category="A").id == "default"
    assert choose(WEAK_TO_STRONG, stage="handle", unit="u2", ticket="t2").id == "default"


def test_ties_go_to_the_lower_id() -> None:
    rules = [rule("b", kind="help"), rule("a", kind="help")]
    assert choose(rules, stage="handle", kind="help").id == "a"


def test_no_rule_fits() -> None:
    with pytest.raises(BadInput, match=r"no review rule fits kind='help'"):
        choose(WEAK_TO_STRONG, stage="review", kind="help")
    with pytest.raises(BadInput):
        choose([rule("kind", kind="complaint")], stage="handle", kind="help")


@pytest.mark.parametrize(
    ("stage", "where", "expected"),
    [
        ("accept", {}, (1, "workday")),
        ("handle", {"kind": "consult"}, (5, "workday")),
        ("handle", {"kind": "complaint"}, (15, "workday")),
        ("handle", {"kind": "report"}, (30, "workday")),
        ("handle", {"kind": "help"}, (15, "workday")),
        ("handle", {"kind": "suggestion"}, (15, "workday")),
        ("handle", {"kind": "thanks"}, (5, "workday")),
        ("handle", {"kind": "other"}, (5, "workday")),
        (
            "handle",
            {"kind": "complaint", "category": "H0203", "urgency": "critical"},
            (24, "hour"),
        ),
        ("dispatch", {}, (1, "workday")),
        ("dispatch", {"urgency": d.CRITICAL}, (1, "hour")),
        ("dispatch", {"category": d.SAFETY_CATEGORIES[0] + "01"}, (1, "hour")),
        ("dispatch", {"category": "H0203"}, (2, "hour")),
        ("dispatch", {"category": "H0203", "urgency": d.CRITICAL}, (1, "hour")),
        ("dispatch", {"category": "H05"}, (1, "workday")),
        ("sign", {}, (1, "workday")),
        ("review", {}, (1, "workday")),
        ("callback", {}, (1, "workday")),
    ],
)
def test_default_rules(stage: d.Stage, where: dict[str, str], expected: tuple[int, str]) -> None:
    term = choose(DEFAULT_RULES, stage=stage, **where).term
    assert (term.amount, term.unit) == expected


def test_default_rules_have_ids_of_their_own() -> None:
    assert len({rule.id for rule in DEFAULT_RULES}) == len(DEFAULT_RULES)


# --- properties

starts = st.floats(at("2025-01-01 00:00"), at("2027-12-31 00:00"))
a_day = st.dates(date(2024, 12, 1), date(2027, 12, 31))
day_terms = st.builds(days, st.integers(1, 40), st.floats(0, 1))
terms = day_terms | st.builds(
    Term, st.just("t"), st.integers(1, 500), st.sampled_from(["hour", "minute"]), st.floats(0, 1)
)


# from before the start until well after most due instants, as offsets from the start
waits = st.lists(
    st.tuples(st.floats(-3 * 86_400, 30 * 86_400), st.floats(0, 5 * 86_400)), max_size=5
)


def pauses_of(start: float, offsets: list[tuple[float, float]]) -> list[d.Pause]:
    return [(start + after, start + after + lasted) for after, lasted in offsets]


@quick
@given(starts, st.floats(0, 20 * 86_400), terms, waits)
def test_a_later_start_is_never_due_earlier(
    start: float, more: float, term: Term, offsets: list[tuple[float, float]]
) -> None:
    pauses = pauses_of(start, offsets)
    found = due(CN, start, term, pauses=pauses)
    # 1 ms: sums of floats
    assert due(CN, start + more, term, pauses=pauses).at >= found.at - 1e-3
    assert start < found.at


@quick
@given(starts, terms, st.integers(0, 20), waits)
def test_a_longer_term_is_never_due_earlier(
    start: float, term: Term, extra: int, offsets: list[tuple[float, float]]
) -> None:
    pauses = pauses_of(start, offsets)
    longer = msgspec.structs.replace(term, amount=term.amount + extra)
    found = due(CN, start, longer, pauses=pauses)
    assert found.at >= due(CN, start, term, pauses=pauses).at
    extended = due(CN, start, term, pauses=pauses, extra=extra)
    assert (found.at, found.warn_at) == (extended.at, extended.warn_at)


@quick
@given(starts, day_terms, waits)
def test_due_is_the_office_end_of_a_working_day(
    start: float, term: Term, offsets: list[tuple[float, float]]
) -> None:
    found = due(CN, start, term, pauses=pauses_of(start, offsets))
    day = CN.local_day(found.at)
    assert CN.is_workday(day)
    assert found.at == CN.end_of(day)
    lost = sum(step.kind == "pause" for step in found.trace)
    assert CN.workdays_between(CN.local_day(start), day) == term.amount + lost
    assert found.warn_at <= found.at


@quick
@given(starts, terms, waits, waits)
def test_a_pause_never_makes_it_earlier(
    start: float,
    term: Term,
    some: list[tuple[float, float]],
    more: list[tuple[float, float]],
) -> None:
    pauses = pauses_of(start, some)
    found = due(CN, start, term, pauses=pauses)
    assert due(CN, start, term, pauses=[*pauses, *pauses_of(start, more)]).at >= found.at - 1e-3
    # no leg falls due while it waits
    assert not any(a < found.at - 1e-3 and found.at + 1e-3 < b for a, b in pauses)


@quick
@given(starts, terms, waits, st.floats(0.01, 0.99))
def test_splitting_a_pause_gains_nothing(
    start: float, term: Term, offsets: list[tuple[float, float]], part: float
) -> None:
    pauses = pauses_of(start, offsets)
    halves = []
    for paused, resumed in pauses:
        cut = paused + (resumed - paused) * part
        halves += [(cut, resumed), (paused, cut)]
    found = due(CN, start, term, pauses=pauses)
    assert due(CN, start, term, pauses=halves).at == pytest.approx(found.at, abs=1e-3)


@quick
@given(a_day, st.integers(0, 120))
def test_adding_and_counting_working_days_are_inverse(day: date, n: int) -> None:
    later = CN.add_workdays(day, n)
    assert CN.workdays_between(day, later) == n
    assert CN.workdays_between(later, day) == -n
    assert CN.add_workdays(day, CN.workdays_between(day, later)) == later


@quick
@given(a_day, a_day, a_day)
def test_counts_of_working_days_add_up(a: date, b: date, c: date) -> None:
    assert CN.workdays_between(a, b) + CN.workdays_between(b, c) == CN.workdays_between(a, c)


@quick
@given(starts, day_terms, st.sets(st.integers(-10, 70), max_size=4))
def test_another_calendar_moves_only_legs_that_touch_changed_days(
    start: float, term: Term, offsets: set[int]
) -> None:
    """Recomputing is calling `due` again: days off given late (a typhoon) move what they touch."""
    storm = {CN.local_day(start) + d.ONE_DAY * i for i in offsets}
    after = msgspec.structs.replace(
        CN, version="v2", off={**CN.off, **dict.fromkeys(storm, "storm")}
    )
    old, new = due(CN, start, term), due(after, start, term)
    first, last = CN.local_day(start), CN.local_day(old.at)
    touched = any(first < x <= last and CN.is_workday(x) != after.is_workday(x) for x in storm)
    assert (new.at > old.at) is touched
    assert touched or old.warn_at == new.warn_at
    assert (old.calendar, new.calendar) == ("cn-2025+2026", "v2")


def test_publishing_a_year_settles_its_legs() -> None:
    before, after = d.chinese_calendar([2025]), CN
    untouched, festival = at("2026-03-02 10:00"), at("2026-02-13 10:00")
    assert due(before, untouched, days(5)).projected
    assert not due(after, untouched, days(5)).projected
    assert due(before, untouched, days(5)).at == due(after, untouched, days(5)).at
    assert local(due(before, festival, days(5)).at) == "2026-02-20 18:00"
    assert local(due(after, festival, days(5)).at) == "2026-02-27 18:00"
    # a leg of a published year is the same under both
    assert due(before, at("2025-06-02 10:00"), days(5)).trace == due(
        after, at("2025-06-02 10:00"), days(5)
    ).trace  # fmt: skip


def test_ten_years_ahead_is_no_exception() -> None:
    found = due(CN, at("2026-12-31 10:00"), days(2500))
    assert found.projected
    assert timedelta(days=3650) > timedelta(seconds=found.at - at("2026-12-31 10:00"))
