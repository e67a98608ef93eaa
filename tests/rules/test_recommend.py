"""The recommendation against brute force, and every figure of its explanation counted again another way."""

import itertools
import random
from collections.abc import Mapping, Sequence

import pytest

from command.recommend import Candidate, Floor, Recommendation, recommend
from models.errors import BadInput

INF = float("inf")


def unit(code: str, *capabilities: str, seconds: float = 100.0, **more: object) -> Candidate:
    given = {"label": f"{code}队", "seconds": seconds, **more}
    return Candidate(code, capabilities=frozenset(capabilities), **given)  # type: ignore[arg-type]


def who(found: Recommendation, need: str) -> list[str]:
    return [choice.unit for choice in found.chosen(need)]


def why(found: Recommendation) -> dict[str, str]:
    return {ruled.unit: ruled.why for ruled in found.ruled}


def test_it_works() -> None:
    found = recommend({"fire": 2}, [unit("a", "fire", seconds=300), unit("b", "fire", seconds=100),
                                    unit("c", "fire", seconds=200), unit("d", "gas")])  # fmt: skip
    assert who(found, "fire") == ["b", "c"]
    assert [choice.rank for choice in found.choices] == [1, 2]
    assert [(c.runner_up.unit, c.runner_up.seconds) for c in found.choices if c.runner_up] == [
        ("a", 300), ("a", 300),
    ]  # fmt: skip
    assert why(found) == {"d": "no_capability"}
    assert found.ranking == {"fire": ("b", "c", "a")}
    assert [need.missing for need in found.needs] == [0]


def test_a_unit_fills_one_need_and_the_whole_is_best_not_each_need_alone() -> None:
    both, fire, gas = (
        unit("x", "fire", "gas", seconds=60),
        unit("y", "fire", seconds=90),
        unit("z", "gas", seconds=900),
    )
    found = recommend({"fire": 1, "gas": 1}, [both, fire, gas])
    assert (who(found, "fire"), who(found, "gas")) == (["y"], ["x"])
    chosen = found.chosen("fire")[0]
    assert [(near.unit, near.taken_for) for near in chosen.nearer] == [("x", "gas")]
    assert chosen.runner_up and chosen.runner_up.taken_for == "gas"
    assert found.chosen("gas")[0].nearer == ()


def test_what_is_missing_is_said() -> None:
    found = recommend({"fire": 3, "boat": 1}, [unit("a", "fire")])
    assert {need.capability: need.missing for need in found.needs} == {"fire": 2, "boat": 1}
    assert recommend({}, [unit("a", "fire")]).choices == ()
    assert recommend({"fire": 1}, []).needs[0].missing == 1


@pytest.mark.parametrize(
    "reason", ["busy", "out_of_service", "understaffed", "stale", "district", "no_way"]
)
def test_who_cannot_be_sent_is_listed_with_why(reason: str) -> None:
    found = recommend(
        {"fire": 1}, [unit("a", "fire", why=reason, seconds=INF), unit("b", "gas", why=reason)]
    )
    assert why(found) == {"a": reason, "b": "no_capability"}
    assert found.choices == ()


def test_a_floor_keeps_units_at_home_and_says_so() -> None:
    units = [unit("a", "fire", seconds=60, district="1"), unit("b", "fire", seconds=90, district="2"),
             unit("c", "fire", seconds=99, district="2")]  # fmt: skip
    floor = Floor("fire", "1", 1)
    found = recommend({"fire": 1}, units, [floor])
    assert who(found, "fire") == ["b"]
    assert why(found) == {"a": "reserve"}
    assert found.ruled[0].floor == floor
    assert [(near.unit, near.taken_for) for near in found.choices[0].nearer] == [("a", "")]
    assert found.choices[0].runner_up and found.choices[0].runner_up.unit == "c"
    assert found.ranking == {"fire": ("b", "c")}


def test_a_unit_nobody_hears_of_is_no_reserve() -> None:
    floor = [Floor("fire", "", 1)]
    lost = unit("b", "fire", why="stale", spare=False)
    assert who(recommend({"fire": 1}, [unit("a", "fire"), lost], floor), "fire") == []
    there = unit("b", "fire", why="district")
    assert who(recommend({"fire": 1}, [unit("a", "fire"), there], floor), "fire") == ["a"]


def test_a_number_that_cannot_be_is_refused() -> None:
    for count in (-1, 1000):
        with pytest.raises(BadInput):
            recommend({"fire": count}, [])


# --- against brute force ------------------------------------------------------------------------

Case = tuple[dict[str, int], list[Candidate], list[Floor]]
KINDS = ("fire", "gas", "boat")


def make(seed: int) -> Case:
    """Return a random case: few units, several capabilities each, floors of city and districts that overlap."""
    chance = random.Random(seed)
    units = [
        unit(
            f"u{n}", *chance.sample(KINDS, chance.randint(1, 3)), seconds=float(chance.randint(1, 40)),
            district=chance.choice("12"),
        )
        for n in range(chance.randint(1, 6))
    ]  # fmt: skip
    for n in range(chance.randint(0, 2)):
        reason = chance.choice(("busy", "stale", "no_way"))
        units.append(unit(f"v{n}", *KINDS, district="1", why=reason, spare=reason == "no_way"))
    needs = {kind: chance.randint(0, 3) for kind in chance.sample(KINDS, chance.randint(1, 3))}
    floors = [
        Floor(chance.choice(KINDS), chance.choice(("", "1", "2")), chance.randint(0, 3))
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    ]
    return needs, units, floors


def kept(floors: Sequence[Floor], units: Sequence[Candidate], taken: Mapping[str, str]) -> bool:
    """Say whether every floor holds, or no unit of one that is broken anyway is taken."""
    for floor in floors:
        of = [
            u.code for u in units
            if u.spare and floor.capability in u.capabilities and floor.district in ("", u.district)
        ]  # fmt: skip
        gone = sum(code in taken for code in of)
        if gone and len(of) - gone < floor.least:
            return False
    return True


def brute(
    needs: Mapping[str, int], units: Sequence[Candidate], floors: Sequence[Floor]
) -> tuple[int, float]:
    """Return the least (unmet, seconds) over all ways to send units."""
    able = [u for u in units if not u.why]
    best = (sum(needs.values()), 0.0)
    ways = [["", *(n for n in needs if n in u.capabilities)] for u in able]
    for way in itertools.product(*ways):
        count = {need: way.count(need) for need in needs}
        if any(count[need] > needs[need] for need in needs):
            continue
        taken = {u.code: need for u, need in zip(able, way, strict=True) if need}
        unmet = sum(needs.values()) - len(taken)
        value = (unmet, sum(u.seconds for u in able if u.code in taken))
        if value < best and kept(floors, units, taken):
            best = value
    return best


def taken_of(found: Recommendation) -> dict[str, str]:
    return {choice.unit: choice.capability for choice in found.choices}


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_nothing_is_better(first: int) -> None:
    for seed in range(first, first + 20):
        needs, units, floors = make(seed)
        found = recommend(needs, units, floors)
        value = (sum(need.missing for need in found.needs), sum(c.seconds for c in found.choices))
        assert value == pytest.approx(brute(needs, units, floors)), seed
        assert kept(floors, units, taken_of(found)), seed


def test_floors_mattered_in_many_of_them() -> None:
    cases = [make(seed) for seed in range(200)]
    told = [(recommend(n, u, f), recommend(n, u)) for n, u, f in cases]
    differ = [a for a, b in told if taken_of(a) != taken_of(b)]
    assert len(differ) > 40
    assert sum(1 for found, _ in told if any(r.why == "reserve" for r in found.ruled)) > 40


def test_every_figure_of_the_choices_is_so() -> None:
    for seed in range(200):
        needs, units, floors = make(seed)
        found = recommend(needs, units, floors)
        known = {u.code: u for u in units}
        taken = taken_of(found)
        assert len(taken) == len(found.choices), "one need each"
        for need in found.needs:
            sent = [known[c.unit].seconds for c in found.chosen(need.capability)]
            assert need.asked == needs[need.capability]
            assert need.missing == need.asked - len(sent)
            assert sent == sorted(sent) == [c.seconds for c in found.chosen(need.capability)]
        for choice in found.choices:
            here = known[choice.unit]
            assert choice.capability in here.capabilities
            assert not here.why
            others = [
                u for u in units
                if not u.why and choice.capability in u.capabilities
                and taken.get(u.code) != choice.capability
            ]  # fmt: skip
            sooner = {u.code for u in others if u.seconds < here.seconds}
            assert {near.unit for near in choice.nearer} == sooner, seed
            rest = {code: need for code, need in taken.items() if code != choice.unit}
            may = [
                u.seconds for u in others
                if u.code in taken or kept(floors, units, {**rest, u.code: choice.capability})
            ]  # fmt: skip
            second = choice.runner_up
            assert (second and second.seconds) == (min(may) if may else None), seed
            assert second is None or second.taken_for == taken.get(second.unit, "")


def test_every_unit_that_is_ruled_out_is_so_for_the_reason_given() -> None:
    for seed in range(200):
        needs, units, floors = make(seed)
        found = recommend(needs, units, floors)
        known, taken = {u.code: u for u in units}, taken_of(found)
        asked = {need for need, count in needs.items() if count}
        for ruled in found.ruled:
            assert ruled.unit not in taken
            if ruled.why == "reserve":
                assert not kept(floors, units, {**taken, ruled.unit: "any"})
                assert ruled.floor in floors
            elif ruled.why == "no_capability":
                assert known[ruled.unit].capabilities.isdisjoint(asked)
            else:
                assert ruled.why == known[ruled.unit].why
