"""告警提示 (K-05): what of the open incidents asks for somebody now, and whose business it is. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from models.rules.incident.state import Incident

Kind = Literal["incident", "decision", "task", "unit", "stock"]
"""A report nobody has verified, a question to the leader, a late task, a lost unit, a stock below its floor."""
RIGHTS: Mapping[Kind, str] = {"decision": "command.approve"}
"""The permission a prompt needs besides `command.view`: who cannot decide has nothing to do about a question."""


class Low(NamedTuple):
    """A stock below its floor; district : of its depot, empty where nobody has placed it."""

    key: str
    label: str
    depot: str
    district: str


class Prompt(NamedTuple):
    """Something that asks for somebody.

    key : the same as long as it is the same matter, so that nobody is called twice; incident : 0 for none; no, title :
    of the incident; text : the question, the task, the unit, the stock; at : since when, in seconds, 0 = not known.
    """

    key: str
    kind: Kind
    at: float
    text: str
    district: str
    incident: int = 0
    no: str = ""
    title: str = ""
    exercise: bool = False

    def is_for(self, district: str, can: Collection[str]) -> bool:
        """Tell whether it is the business of who sees a district (empty: all) and may do these things."""
        if district and self.district not in (district, ""):
            return False
        return "command.view" in can and RIGHTS.get(self.kind, "command.view") in can


def prompts(
    incidents: Iterable[Incident], units: Iterable[tuple[str, Mapping[str, Any]]], low: Iterable[Low], *, now: float
) -> list[Prompt]:  # fmt: skip
    """Return what asks for somebody, the newest first.

    units : (code, what screens are told of the unit), those that are bound to an incident among the others.
    """
    known = {one.id: one for one in incidents if one.open}
    found = [prompt for one in known.values() for prompt in _of(one, now)]
    for code, unit in units:
        one = known.get(unit.get("incident", 0))
        if one is not None and _lost(unit, now):
            heard = unit["heard"]
            key = f"unit:{code}:{unit['assignment']}:{int(heard)}"
            found.append(_about(one, key, "unit", heard, str(unit.get("label", code))))
    found += [
        Prompt(f"stock:{each.key}", "stock", 0.0, f"{each.depot} {each.label}", each.district)
        for each in low
    ]
    return sorted(found, key=lambda prompt: (-prompt.at, prompt.key))


def _of(one: Incident, now: float) -> Iterable[Prompt]:
    if one.status == "reported":
        yield _about(one, f"incident:{one.id}", "incident", one.reported, "")
    for asked in one.decisions.values():
        if not asked.answered_at:
            key = f"decision:{one.id}:{asked.decision}"
            yield _about(one, key, "decision", asked.at, asked.question)
    for task in one.tasks.values():
        if task.open and 0 < task.due <= now:
            yield _about(one, f"task:{one.id}:{task.task}", "task", task.due, task.title)


def _about(one: Incident, key: str, kind: Kind, at: float, text: str) -> Prompt:
    return Prompt(
        key, kind, at, text, one.place.district, one.id, one.no, one.title, exercise=one.exercise
    )


def _lost(unit: Mapping[str, Any], now: float) -> bool:
    """A unit that never told where it is has no position to lose."""
    heard = unit.get("heard") or 0.0
    return bool(unit.get("assignment")) and heard > 0 and now - heard > unit.get("stale_s", 0.0)
