"""Evaluation indicators: a closed set of quantities measured from an incident, or judged by a person 0 to 100.

Every value comes with the inputs it was counted from, so that who doubts it counts again.
"""

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from statistics import median
from typing import Literal, NamedTuple

from msgspec import Struct

from models.rules.incident.chain import Step, times
from models.rules.incident.state import Incident

JUDGED = "judged"
LABEL_MAX = 60
Better = Literal["low", "high"]


class Measured(NamedTuple):
    """A value (minutes, or per cent), None where it cannot be known, and what it was counted from."""

    value: float | None
    inputs: dict[str, float]


class Measure(NamedTuple):
    """A measured quantity: its unit (min, pct), which way is better, and how it is counted."""

    unit: str
    better: Better
    of: Callable[[Incident], Measured]


class Indicator(Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator (评价指标). measure : of `MEASURES`, or `judged`; target : full marks, in the measure's unit.

    label : empty where the measure's own name is meant.
    """

    code: str
    label: str
    measure: str
    weight: float
    target: float


class Scored(Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator in a report, with what was measured and what it scores; None = not known, and not counted."""

    code: str
    label: str
    measure: str
    weight: float
    target: float
    value: float | None
    score: float | None
    inputs: dict[str, float] = {}
    note: str = ""


def _between(first: float | None, last: float | None) -> Measured:
    inputs = {name: at for name, at in (("from", first), ("to", last)) if at}
    if not first or not last or last < first:
        return Measured(None, inputs)
    return Measured(round((last - first) / 60, 2), inputs)


def _step(first: Step, last: Step) -> Callable[[Incident], Measured]:
    def of(i: Incident) -> Measured:
        known = times(i)
        return _between(known.get(first), known.get(last))

    return of


def _status(status: Literal["verified", "controlled"]) -> Callable[[Incident], Measured]:
    return lambda i: _between(i.reported, i.times.get(status))


def _first_report(i: Incident) -> Measured:
    filed = [report.at for report in i.reports.values() if report.stage == "first"]
    return _between(i.reported, min(filed, default=None))


def _plan(i: Incident) -> Measured:
    return _between(i.reported, min((plan.at for plan in i.plans.values()), default=None))


def _share(good: int, all_: int) -> Measured:
    inputs = {"good": float(good), "all": float(all_)}
    return Measured(round(100 * good / all_, 2) if all_ else None, inputs)


def _in_time(i: Incident) -> Measured:
    owed = [task for task in i.tasks.values() if task.due and not task.dropped]
    return _share(sum(0 < task.done <= task.due for task in owed), len(owed))


def _done(i: Incident) -> Measured:
    owed = [task for task in i.tasks.values() if not task.dropped]
    return _share(sum(task.done > 0 for task in owed), len(owed))


def _orders(i: Incident) -> Measured:
    return _share(sum(order.done > 0 for order in i.orders.values()), len(i.orders))


def _answers(i: Incident) -> Measured:
    waits = [d.answered_at - d.at for d in i.decisions.values() if d.answered_at]
    inputs = {"answered": float(len(waits)), "all": float(len(i.decisions))}
    return Measured(round(median(waits) / 60, 2) if waits else None, inputs)


def _reports(i: Incident) -> Measured:
    stages = {report.stage for report in i.reports.values()}
    return _share(len(stages & {"first", "final"}), 2)


MEASURES: Mapping[str, Measure] = {
    "verify_min": Measure("min", "low", _status("verified")),
    "first_report_min": Measure("min", "low", _first_report),
    "plan_min": Measure("min", "low", _plan),
    "dispatch_min": Measure("min", "low", _step("incident", "dispatch")),
    "acknowledge_min": Measure("min", "low", _step("dispatch", "acknowledge")),
    "on_scene_min": Measure("min", "low", _step("incident", "on_scene")),
    "controlled_min": Measure("min", "low", _status("controlled")),
    "decision_min": Measure("min", "low", _answers),
    "tasks_in_time": Measure("pct", "high", _in_time),
    "tasks_done": Measure("pct", "high", _done),
    "orders_done": Measure("pct", "high", _orders),
    "reports_filed": Measure("pct", "high", _reports),
}

DEFAULTS: tuple[Indicator, ...] = (
    Indicator("first_report", "", "first_report_min", 10, 15),
    Indicator("plan", "", "plan_min", 10, 10),
    Indicator("dispatch", "", "dispatch_min", 15, 5),
    Indicator("arrival", "", "on_scene_min", 20, 15),
    Indicator("control", "", "controlled_min", 15, 120),
    Indicator("tasks", "", "tasks_in_time", 15, 100),
    Indicator("reports", "", "reports_filed", 5, 100),
    Indicator("order", "", JUDGED, 10, 100),
)
"""What a report is drawn by until the tenant has indicators of its own; screens name them by their measures."""


def score(indicator: Indicator, value: float | None) -> float | None:
    """Return 0 to 100: full marks at the target or better, in proportion beyond it; None for what is not known."""
    if value is None:
        return None
    if indicator.measure == JUDGED:
        return value
    if MEASURES[indicator.measure].better == "high":
        return round(min(100.0, 100 * value / indicator.target), 1)
    return 100.0 if value <= indicator.target else round(100 * indicator.target / value, 1)


def scored(indicator: Indicator, incident: Incident, known: Scored | None = None) -> Scored:
    """Return an indicator measured from an incident; what a person judged before, and every note, stays."""
    if indicator.measure == JUDGED:
        measured = Measured(known.value if known else None, {})
    else:
        measured = MEASURES[indicator.measure].of(incident)
    return Scored(
        indicator.code, indicator.label, indicator.measure, indicator.weight, indicator.target,
        measured.value, score(indicator, measured.value), measured.inputs, known.note if known else "",
    )  # fmt: skip


def total(rows: Iterable[Scored]) -> float | None:
    """Return the weighted mean of the scores that are known, None where none is."""
    known = [(row.weight, row.score) for row in rows if row.score is not None]
    weights = sum(weight for weight, _ in known)
    return round(sum(weight * mark for weight, mark in known) / weights, 1) if weights else None


def wrong(indicators: Iterable[Indicator]) -> str:
    """Return what of a set of indicators cannot be: none, code, label, measure, weight or target; empty = nothing."""
    given = list(indicators)
    if not given:
        return "none"
    if len({each.code for each in given}) < len(given) or not all(each.code for each in given):
        return "code"
    for each in given:
        if len(each.label) > LABEL_MAX:
            return "label"
        if each.measure != JUDGED and each.measure not in MEASURES:
            return "measure"
        if not isfinite(each.weight) or not 0 < each.weight <= 100:
            return "weight"
        if not isfinite(each.target) or not 0 < each.target <= 100_000:
            return "target"
    return ""
