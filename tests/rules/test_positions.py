"""Fixes: read from lines and JSON, judged against the one before, thinned; bad input refused by its reason."""

from typing import Any

import pytest
from factories import AT
from hypothesis import given
from hypothesis import strategies as st

from command.positions import fix as fixes
from command.positions.devices import GATEWAY, Allowance, Device, Roster, Sender
from command.positions.fix import Fix
from command.positions.judge import (
    DOUBTS,
    PACE,
    Judged,
    Known,
    Scene,
    judge,
    near_since,
)
from command.positions.keep import Point, thinned
from command.positions.limits import Bucket
from command.positions.read import (
    LINE_MAX,
    Lines,
    Told,
    fix_of,
    read_batch,
    read_hello,
    read_line,
    reason_of,
)
from command.positions.units import changed
from command.resources import digest
from models.errors import BadInput

LON, LAT = 114.30, 33.60
LINE = "fire-1,2026-11-21T14:05:32.250+08:00,114.3000000,33.6000000,43.2,178,en_route,20261121001"
METRE = 1 / 111_195
"""Degrees of latitude."""


def make_fix(told: float = AT, *, north_m: float = 0.0, **more: Any) -> Fix:
    facts = {"heard": told + 0.2, "lon": LON, "lat": LAT + north_m * METRE, **more}
    return Fix("fire-1", told, **facts)


def judged(*given_: Fix) -> list[Judged]:
    known: Known | None = None
    found = []
    for fix in given_:
        found.append(judge(known, fix))
        known = found[-1].known
    return found


def verdicts(*given_: Fix) -> list[str]:
    return [one.verdict for one in judged(*given_)]


# --- reading ----------------------------------------------------------------------------------


def test_a_line_is_read() -> None:
    told = read_line(LINE.encode())
    fix = fix_of(told, "消防1", AT)
    assert fix == Fix(
        "消防1", 1795241132.25, AT, 114.3, 33.6, 43.2, 178.0, "en_route", "20261121001"
    )
    assert fixes.decode(fixes.encode([fix])) == [fix]
    bare = read_line(b"fire-1,2026-11-21T06:05:32Z,114.3,33.6,,,")
    assert fix_of(bare, "消防1", AT).told == 1795241132.0
    assert (bare.speed, bare.heading, bare.status, bare.incident) == (None, None, "", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("GET / HTTP/1.1", "fields"),
        ("fire-1,2026-11-21T14:05:32,114.3,33.6,,,", "zone"),
        ("fire-1,yesterday,114.3,33.6,,,", "time"),
        ("fire-1,0001-01-01T00:00:00+08:00,114.3,33.6,,,", "time"),
        ("fire-1,1970-01-01T00:00:00Z,114.3,33.6,,,", "time"),
        ("fire-1,9999-12-31T23:59:59-08:00,114.3,33.6,,,", "time"),
        ("fire-1,2026-11-21T14:05:32Z,east,33.6,,,", "number"),
        ("fire-1,2026-11-21T14:05:32Z,nan,33.6,,,", "number"),
        ("fire-1,2026-11-21T14:05:32Z,inf,33.6,,,", "number"),
        ("fire-1,2026-11-21T14:05:32Z,33.6,114.3,,,", "swapped"),
        ("fire-1,2026-11-21T14:05:32Z,0,0,,,", "outside"),
        ("fire-1,2026-11-21T14:05:32Z,114.3,33.6,,,dancing", "status"),
        ("fire-1,2026-11-21T14:05:32Z,114.3,33.6,,,cancelled", "status"),
        ("fire-1,2026-11-21T14:05:32Z,114.3,33.6,fast,,", "number"),
        ("fire-1,2026-11-21T14:05:32Z,114.3,33.6,,,,a,b", "fields"),
    ],
)
def test_a_bad_line_is_refused_by_its_reason(line: str, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        fix_of(read_line(line.encode()), "消防1", AT)
    assert reason_of(refused.value) == reason


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInput) as refused:
        read_line(b"\xff\xfe,,,,,,")
    assert reason_of(refused.value) == "encoding"
    for hello in (b"HELLO", b"HELLO a", b"hello a b", b"\xff", b"HELLO a b c"):
        with pytest.raises(BadInput):
            read_hello(hello)
    assert read_hello(b"HELLO fire-1 s3cret") == ("fire-1", "s3cret")


def test_a_speed_that_cannot_be_costs_no_place() -> None:
    fix = fix_of(Told("d", "2026-11-21T14:05:32Z", LON, LAT, 5000.0, -3.0), "u", AT)
    assert (fix.lon, fix.speed, fix.heading) == (LON, None, None)


def test_a_batch_keeps_what_can_be_read() -> None:
    good = '{"device":"d","at":"2026-11-21T14:05:32Z","lon":114.3,"lat":33.6}'
    found = read_batch(f'{{"fixes":[{good},{{"device":3}},7]}}'.encode())
    assert isinstance(found[0], Told)
    assert found[1:] == ["fields", "fields"]
    for body in (b"", b"[]", b"{}", b'{"fixes":7}', b"\xff", b'{"fixes":[{]}'):
        with pytest.raises(BadInput):
            read_batch(body)


@given(st.binary(max_size=4000), st.integers(1, 50))
def test_lines_are_the_same_however_they_are_cut(data: bytes, step: int) -> None:
    whole = list(Lines().feed(data + b"\n"))
    lines = Lines()
    cut = [
        line for place in range(0, len(data) + 1, step) for line in lines.feed((data + b"\n")[place : place + step])
    ]  # fmt: skip
    assert cut == whole
    assert all(line is None or 0 < len(line) <= LINE_MAX for line in cut)


def test_a_line_without_end_is_told_once_and_not_kept() -> None:
    lines = Lines()
    found = [line for _ in range(100) for line in lines.feed(b"x" * 1000)]
    assert found == [None]
    assert len(lines._rest) == 0
    assert list(lines.feed(b"tail\nPING\n")) == [b"PING"]


# --- who may ----------------------------------------------------------------------------------


def test_a_device_speaks_for_itself_and_a_gateway_for_all() -> None:
    roster = Roster({"d1": Device("u1", digest("one")), "d2": Device("u2", "")}, digest("all"))
    own, gateway = roster.of_token("one"), roster.of_token("all")
    assert own == Sender("d1", digest("one"))
    assert gateway == Sender(GATEWAY, digest("all"))
    assert roster.of_token("") is None
    assert roster.of_token("two") is None
    assert own is not None
    assert gateway is not None
    assert [roster.unit_of(own, name) for name in ("d1", "d2", "d9")] == ["u1", "", ""]
    assert [roster.unit_of(gateway, name) for name in ("d1", "d2", "d9")] == ["u1", "u2", ""]
    assert roster.admits(own)
    assert not Roster({"d1": Device("u1", digest("new"))}).admits(own)
    assert not Roster({}).admits(gateway)
    assert Roster({}).of_token("") is None


def test_a_sender_may_catch_up_but_not_flood() -> None:
    bucket = Bucket(10, 100)
    assert bucket.take(100, AT) == 0
    assert bucket.take(20, AT) == pytest.approx(2.0)
    assert bucket.take(20, AT + 2) == 0
    allowance = Allowance()
    assert allowance.take(Sender("a", ""), 1000, AT) == 0
    assert allowance.take(Sender("a", ""), 1, AT) > 0
    assert allowance.take(Sender("b", ""), 1, AT) == 0


# --- judging ----------------------------------------------------------------------------------


def test_it_moves() -> None:
    first, second = judged(make_fix(), make_fix(AT + 1, north_m=15))
    assert (first.verdict, second.verdict, second.at, second.skewed) == (
        "moved",
        "moved",
        AT + 1,
        False,
    )


def test_nobody_drives_sixty_metres_a_second() -> None:
    assert verdicts(make_fix(), make_fix(AT + 10, north_m=590)) == ["moved", "moved"]
    jump = judged(make_fix(), make_fix(AT + 10, north_m=650))[1]
    assert jump.verdict == "jump"
    assert (jump.known.lat, jump.known.heard) == (LAT, AT + 0.2)
    assert verdicts(make_fix(), make_fix(AT + 0.01, north_m=20)) == ["moved", "moved"]


def test_a_wrong_first_place_does_not_hold_a_unit_for_ever() -> None:
    wrong = make_fix(north_m=100_000)
    right = [make_fix(AT + n, north_m=n * 10) for n in range(1, DOUBTS + 2)]
    assert verdicts(wrong, *right) == ["moved", *["jump"] * (DOUBTS - 1), "moved", "moved"]
    scattered = [make_fix(AT + n, north_m=n * 50_000) for n in range(1, 12)]
    assert set(verdicts(make_fix(), *scattered)[1:]) == {"jump"}


def test_twice_is_once_and_late_moves_nothing() -> None:
    found = judged(
        make_fix(AT), make_fix(AT + 9), make_fix(AT + 9), make_fix(AT + 4, heard=AT + 10)
    )
    assert [one.verdict for one in found] == ["moved", "moved", "duplicate", "late"]
    assert found[-1].at == AT + 4
    assert found[-1].known.told == AT + 9


def test_a_clock_of_tomorrow_gives_way_to_ours() -> None:
    ahead = [make_fix(AT + 86_400 + n, heard=AT + n, north_m=n) for n in range(3)]
    found = judged(*ahead, make_fix(AT + 3, north_m=3))
    assert [(one.verdict, one.at, one.skewed) for one in found] == [
        ("moved", AT, True), ("moved", AT + 1, True), ("moved", AT + 2, True), ("moved", AT + 3, False),
    ]  # fmt: skip
    assert not judged(make_fix(AT + 59, heard=AT))[0].skewed


def test_a_clock_that_fell_back_is_found_by_its_pace() -> None:
    week = 7 * 86_400
    fallen = [make_fix(AT + n - week, heard=AT + n, north_m=n) for n in range(1, PACE + 3)]
    found = judged(make_fix(), *fallen)
    assert [one.verdict for one in found] == ["moved", *["late"] * (PACE - 1), *["moved"] * 3]
    assert found[-1].skewed
    assert found[-1].at == AT + PACE + 2


def test_a_heap_that_waited_for_a_link_moves_nothing_back() -> None:
    heap = [make_fix(AT - 1000 + n, heard=AT + 1 + n / 50, north_m=n) for n in range(100)]
    found = judged(make_fix(), *heap, make_fix(AT + 5, north_m=40))
    assert {one.verdict for one in found[1:-1]} == {"late"}
    assert found[1].at == AT - 1000
    assert found[-1].verdict == "moved"


def test_a_button_is_dated_by_our_clock() -> None:
    slow = [make_fix(AT + n - 120, heard=AT + n + 0.2) for n in range(5)]
    found = judged(*slow, make_fix(AT + 5 - 120, heard=AT + 45, status="en_route"))
    assert found[-1].at == AT + 5 - 120
    assert found[-1].pressed == pytest.approx(AT + 5, abs=1.5)


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e4), st.floats(-1e5, 1e5)), max_size=30)
)
def test_a_unit_is_never_moved_back_in_our_time(told: list[tuple[float, float, float]]) -> None:
    heard = AT
    known: Known | None = None
    for shift, wait, north in told:
        heard += wait
        before = known
        found = judge(known, make_fix(heard + shift, heard=heard, north_m=north))
        known = found.known
        if before is not None and found.verdict != "moved":
            assert (known.lon, known.lat, known.at) == (before.lon, before.lat, before.at)
        assert found.known.heard <= heard
        assert found.pressed <= heard


def test_it_arrives_by_staying() -> None:
    scene = Scene(1, LON, LAT, 150.0)
    assert near_since(None, scene, make_fix(north_m=200), AT) is None
    since = near_since(None, scene, make_fix(north_m=100), AT)
    assert near_since(since, scene, make_fix(AT + 9), AT + 9) == AT
    assert near_since(since, scene, make_fix(AT + 9, north_m=400), AT + 9) is None


# --- keeping ----------------------------------------------------------------------------------


def test_a_track_is_thinned_but_never_of_buttons() -> None:
    points = [
        Point(make_fix(1000.0 + n, status="on_scene" if n == 7 else ""), 1000.0 + n)
        for n in range(12)
    ]
    assert [point.at for point in thinned(points)] == [1000, 1005, 1007, 1010]


def test_only_what_changed_of_a_unit_is_told() -> None:
    before = {"a": {"state": "available", "label": "甲"}, "b": {"state": "available"}}
    after = {"a": {"state": "committed", "label": "甲"}, "c": {"state": "available"}}
    assert changed(before, after) == {
        "a": {"state": "committed"},
        "b": None,
        "c": {"state": "available"},
    }
    assert changed(after, after) == {}
