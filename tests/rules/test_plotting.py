"""Plotting together: whatever order edits reach the server in, all come to one picture and no edit is lost."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from models.events.incident.plotting import Aspect, Drawing
from models.rules.incident.merging import FIELDS, Step, merge, restored, touched

HERE = Drawing("line", ((114.3, 33.6), (114.4, 33.7)), "")
MOVED = replace(HERE, points=((114.3, 33.6), (114.5, 33.7)))
BLUE = replace(HERE, stroke="blue")
NAMED = replace(HERE, text="警戒线")


def first(body: Drawing | None, actor: str = "user:1") -> Step:
    return Step(2, body, actor, actor)


def test_it_works() -> None:
    joined = merge(HERE, [first(MOVED)], BLUE, actor="user:2")
    assert joined.body == replace(MOVED, stroke="blue")
    assert joined.over == ()


def test_of_two_who_change_the_same_aspect_the_later_stands_and_the_other_is_named() -> None:
    other = replace(HERE, points=((114.3, 33.6), (114.9, 33.7)), text="火点")
    joined = merge(HERE, [first(replace(MOVED, text="x"))], other, actor="user:2")
    assert joined.body == other
    assert [(o.aspect, o.rev, o.actor) for o in joined.over] == [
        ("points", 2, "user:1"), ("text", 2, "user:1"),
    ]  # fmt: skip
    back = restored(joined.body, replace(MOVED, text="x"), ["points"])
    assert back == replace(other, points=MOVED.points)


def test_two_who_want_the_same_do_not_quarrel() -> None:
    assert merge(HERE, [first(MOVED)], MOVED, actor="user:2") == (MOVED, ())


def test_a_removal_takes_the_edit_of_another_away_and_says_so() -> None:
    joined = merge(HERE, [first(MOVED)], None, actor="user:2")
    assert joined.body is None
    assert [(o.aspect, o.rev) for o in joined.over] == [("points", 2)]
    assert restored(None, MOVED, ["points"]) == MOVED


def test_an_edit_brings_back_what_another_removed_with_what_was_done_before() -> None:
    steps = [Step(2, NAMED, "user:1", "a"), Step(3, None, "user:3", "c")]
    joined = merge(HERE, steps, MOVED, actor="user:2")
    assert joined.body == replace(MOVED, text="警戒线")
    assert [(o.aspect, o.actor) for o in joined.over] == [("being", "user:3")]
    assert restored(joined.body, None, ["being"]) is None


def test_one_s_own_queue_is_no_conflict() -> None:
    joined = merge(HERE, [first(MOVED)], replace(MOVED, width=9.0), actor="user:1")
    assert joined == (replace(MOVED, width=9.0), ())
    assert merge(HERE, [first(MOVED)], HERE, actor="user:2") == (MOVED, ())
    assert merge(HERE, [first(None)], None, actor="user:2") == (None, ())


# --- any interleaving -----------------------------------------------------------------------


class Edit(NamedTuple):
    """What an editor does: which aspects, to what; none: take it away. behind : how many revisions he lags."""

    editor: int
    aspects: tuple[Aspect, ...] | None
    value: int
    behind: int


def edited(body: Drawing, aspects: tuple[Aspect, ...], value: int) -> Drawing:
    changes: dict[Aspect, dict[str, object]] = {
        "points": {"points": ((114.0 + value / 1000, 33.6), (114.4, 33.7))},
        "style": {"stroke": f"#{value:06x}"},
        "text": {"text": f"t{value}"},
        "layer": {"layer": f"l{value}"},
        "effect": {"effect": "closes" if value % 2 else ""},
    }
    given = {name: v for aspect in aspects for name, v in changes[aspect].items()}
    return replace(body, **given)


EDITS = st.lists(
    st.builds(
        Edit,
        st.integers(0, 4),
        st.none() | st.lists(st.sampled_from(list(FIELDS)), min_size=1, max_size=3, unique=True).map(tuple),
        st.integers(1, 4000),
        st.integers(0, 6),
    ),
    max_size=40,
)  # fmt: skip


@given(EDITS)
@settings(max_examples=300, deadline=None)
def test_any_interleaving_comes_to_one_picture_and_every_edit_is_in_the_log(  # noqa: C901
    edits: list[Edit],
) -> None:
    log = [Step(1, HERE, "user:9", "")]
    over = {1: ()}
    for edit in edits:
        actor = f"user:{edit.editor}"
        # nobody lags behind his own last edit: it was shown to him when it was made
        own = max((s.rev for s in log if s.actor == actor), default=1)
        base = max(own, len(log) - edit.behind)
        seen = log[base - 1].body
        if edit.aspects is None:
            mine = None
        elif seen is None:
            mine = edited(HERE, edit.aspects, edit.value)
        else:
            mine = edited(seen, edit.aspects, edit.value)
        joined = merge(seen, log[base:], mine, actor=actor)
        if joined.body == log[-1].body:
            assert not touched(seen, mine) or touched(log[-1].body, mine) <= touched(
                seen, log[-1].body
            )
            continue  # nothing changed: no event
        log.append(Step(len(log) + 1, joined.body, actor, actor))
        over[len(log)] = joined.over  # type: ignore[assignment]
        # what he did stands whole at this moment
        assert joined.body is None if mine is None else joined.body is not None
        for aspect in touched(seen, mine) - {"being"}:
            for name in FIELDS[aspect]:
                assert getattr(joined.body, name) == getattr(mine, name)
        # what others did since is still there, or named
        lost = {o.aspect for o in joined.over}
        before = seen
        for step in log[base : len(log) - 1]:
            for aspect in touched(before, step.body):
                if seen and step.body and aspect not in touched(seen, step.body):
                    continue  # changed back to what the author saw: he changed just that, knowingly
                if step.actor != actor and not _stands(aspect, step, log[base:-1], joined.body):
                    assert aspect in lost
            before = step.body
        for o in joined.over:  # and undo can bring it back
            assert log[o.rev - 1].actor == o.actor != actor
    # each replica folds the same log in the same order: whoever joins late as well
    for late in range(len(log)):
        replica = {"rev": late, "body": log[late - 1].body if late else None}
        for step in log[late:]:
            assert step.rev == replica["rev"] + 1  # type: ignore[operator]
            replica = {"rev": step.rev, "body": step.body}
        assert replica["body"] == log[-1].body


def _stands(aspect: Aspect, step: Step, since: list[Step], body: Drawing | None) -> bool:
    """Whether what a step did of an aspect is in the body, or somebody between had changed it again knowingly."""
    later = [s for s in since if s.rev > step.rev]
    before = step.body
    for each in later:
        if aspect in touched(before, each.body) or "being" in touched(before, each.body):
            return True
        before = each.body
    if aspect == "being":
        return (step.body is None) == (body is None)
    if step.body is None or body is None:
        return False
    return all(getattr(step.body, name) == getattr(body, name) for name in FIELDS[aspect])
