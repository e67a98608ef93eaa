"""Many hands on one drawing: changes from one base are joined aspect by aspect, and none is lost in silence.

The server's order decides. Who changed another aspect than the others did loses nothing; where two changed the same
one, the later stands, and what it stands over is named: whose it was, and the revision that still holds it. Taking
away and changing meet alike: the later stands.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from models.events.incident.plotting import ASPECTS, Aspect, Drawing, Over

FIELDS: Mapping[Aspect, tuple[str, ...]] = {
    "points": ("shape", "points", "metres", "bearing", "spread"),
    "style": ("symbol", "stroke", "fill", "width", "dash"),
    "text": ("text",),
    "layer": ("layer",),
    "effect": ("effect",),
}
"""Aspect -> its fields. `closure` is no one's to change; `being` is whether there is a body."""


class Step(NamedTuple):
    """A revision of a drawing: what it was (None: removed) and whose it is."""

    rev: int
    body: Drawing | None
    actor: str
    by: str


class Joined(NamedTuple):
    """What a change comes to, and what of others it stands over."""

    body: Drawing | None
    over: tuple[Over, ...]


def touched(before: Drawing | None, after: Drawing | None) -> frozenset[Aspect]:
    """Return the aspects in which two bodies differ; one that came or went differs in its being alone."""
    if before is None or after is None:
        return frozenset({"being"} if before is not after else ())
    return frozenset(
        aspect
        for aspect, names in FIELDS.items()
        if any(getattr(before, name) != getattr(after, name) for name in names)
    )


def merge(
    base: Drawing | None, since: Sequence[Step], mine: Drawing | None, *, actor: str
) -> Joined:
    """Return what `mine` (None: take it away) comes to on top of the steps made since its base.

    since : the steps after the base, the oldest first; none: nobody was in between.
    """
    if not since:
        return Joined(mine, ())
    there = since[-1].body
    if mine is None:
        lost = _between(base, since) if there is not None else frozenset[Aspect]()
        return Joined(None, _over(lost, base, since, actor))
    changed = touched(base, mine)
    standing = next((s.body for s in reversed(since) if s.body is not None), None) or base
    if base is None or standing is None:  # both made it: there is nothing to join
        return Joined(mine, _over(_between(base, since), base, since, actor))
    if not changed:
        return Joined(there, ())
    lost = changed & touched(base, standing) & touched(standing, mine)
    if there is None:
        lost |= {"being"}
    values = {name: getattr(mine, name) for aspect in changed for name in FIELDS[aspect]}
    return Joined(replace(standing, **values), _over(lost, base, since, actor))


def restored(
    now: Drawing | None, then: Drawing | None, aspects: Sequence[Aspect]
) -> Drawing | None:
    """Return a body with some aspects as they were in an earlier revision; of a removed one, the whole."""
    if now is None or then is None or not aspects:
        return then
    names = [name for aspect in aspects for name in FIELDS.get(aspect, ())]
    return replace(now, **{name: getattr(then, name) for name in names})


def _between(base: Drawing | None, since: Sequence[Step]) -> frozenset[Aspect]:
    """Return every aspect that somebody touched since the base."""
    found: frozenset[Aspect] = frozenset()
    before = base
    for step in since:
        found |= touched(before, step.body)
        before = step.body
    return found


def _over(
    lost: frozenset[Aspect], base: Drawing | None, since: Sequence[Step], actor: str
) -> tuple[Over, ...]:
    """Return whose last word on each lost aspect it was; one's own is no loss."""
    found: dict[Aspect, Over] = {}
    before = base
    for step in since:
        for aspect in touched(before, step.body) & lost:
            found[aspect] = Over(aspect, step.rev, step.actor, step.by)
        before = step.body
    return tuple(
        found[aspect] for aspect in ASPECTS if aspect in found and found[aspect].actor != actor
    )
