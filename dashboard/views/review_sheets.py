"""The after-action tables as rows to count with: the figures of the pages, numbers as numbers, times in seconds."""

from collections.abc import Sequence
from typing import NamedTuple

from command.capability import Capability, Force
from command.chain import Group
from command.evaluation import rows_of
from command.evaluation_lists import Report, Summary
from dashboard.views import clock
from dashboard.views.reviews import Here, key_label, name_of, points, value_of
from models.rules.incident.chain import SPANS, Quantiles
from models.rules.incident.measures import Scored

Cell = str | float
STEPS = ("acknowledged", "left", "arrived")


class Sheet(NamedTuple):
    """A table of a file: its name, what heads its columns, its rows."""

    title: str
    heads: list[str]
    rows: list[list[Cell]]


def reports(found: Sequence[Report], here: Here) -> list[Sheet]:
    """Return the list of reports, a line each."""
    words = here.words
    names = ("no", "incident", "type", "exercise", "version", "state", "score", "author", "written")
    rows: list[list[Cell]] = [
        [
            i.no, i.title, _type(i.type, here), _exercise(i.exercise, here), row.version,
            words[f"reviews.state.{row.state}"], _score(row.score, here), row.author,
            clock.moment(row.written_at.timestamp(), here.zone, words),
        ]
        for row, i in found
    ]  # fmt: skip
    return [Sheet(words["reviews.tab.reports"], _heads(names, here), rows)]


def compare(chosen: Sequence[Report], here: Here) -> list[Sheet]:
    """Return reports side by side: an indicator is a line, a report has a column of scores and one of values."""
    words = here.words
    heads = [words["reviews.indicator"]]
    for each in chosen:
        name = f"{each.incident.no} · {words['command.version'].format(n=each.row.version)}"
        heads += [f"{name} {words['reviews.col.score']}", f"{name} {words['reviews.col.value']}"]
    by_report = [{row.code: row for row in rows_of(each.row)} for each in chosen]
    names = {row.code: name_of(row, words) for known in by_report for row in known.values()}
    top: list[list[Cell]] = [
        [words["reviews.incident"], *_pairs([each.incident.title for each in chosen])],
        [words["reviews.score"], *_pairs([_score(each.row.score, here) for each in chosen])],
        [words["reviews.state_head"], *_pairs([words[f"reviews.state.{x.row.state}"] for x in chosen])],
    ]  # fmt: skip
    lines: list[list[Cell]] = []
    for code, name in names.items():
        line: list[Cell] = [name]
        for known in by_report:
            line += _compared(known.get(code), here)
        lines.append(line)
    return [Sheet(words["reviews.tab.compare"], heads, [*top, *lines] if chosen else [])]


def _pairs(values: Sequence[Cell]) -> list[Cell]:
    return [cell for value in values for cell in (value, "")]


def _compared(row: Scored | None, here: Here) -> list[Cell]:
    if row is None:
        return [here.words["reviews.not_in"], ""]
    return [_score(row.score, here), value_of(row, here.words)]


def stats(found: Sequence[Summary], here: Here) -> list[Sheet]:
    """Return the statistics: a line for the scores of a type, and one for each of its indicators."""
    words = here.words
    names = ("type", "exercise", "reports", "indicator", "mean", "low", "high", "known", "of")
    rows: list[list[Cell]] = [
        [
            _type(each.type, here), _exercise(each.exercise, here), each.reports, name, row.mean, row.low,
            row.high, row.n, row.of,
        ]
        for each in found
        for name, row in [
            *([(words["reviews.score"], each.score)] if each.score else []),
            *((name_of(row, words), row) for row in each.rows),
        ]
    ]  # fmt: skip
    return [Sheet(words["reviews.tab.stats"], _heads(names, here), rows)]


def chain(groups: Sequence[Group], by: str, here: Here) -> list[Sheet]:
    """Return P50 and P90 of the response chain: a line for each part of each group."""
    words = here.words
    names = ("group", "exercise", "incidents", "part", "p50", "p90", "known", "of")
    rows: list[list[Cell]] = [
        [
            key_label(group.key, by, here), _exercise(group.exercise, here), group.incidents,
            f"{words[f'chain.{first}']} → {words[f'chain.{last}']}", *_quantiles(group.parts[first, last], here),
        ]
        for group in groups
        for first, last in SPANS
    ]  # fmt: skip
    return [Sheet(words["reviews.tab.chain"], _heads(names, here), rows)]


def capability(found: Capability, here: Here) -> list[Sheet]:
    """Return what a period shows of the city's capability: plans and tasks by type, and how units responded."""
    words = here.words
    counted = ("incidents", "planned", "tasks", "in_time", "late", "open")
    ready: list[list[Cell]] = [
        [_type(r.type, here), _exercise(r.exercise, here), *(getattr(r, name) for name in counted)]
        for r in found.readiness
    ]
    heads = [*_heads(("type", "exercise"), here), *(words[f"reviews.ready.{n}"] for n in counted)]
    figures = _heads(("p50", "p90", "known", "of"), here)
    columns = [f"{words[f'reviews.force.{step}']} {name}" for step in STEPS for name in figures]
    about = [words[f"reviews.force.{n}"] for n in ("type", "district", "exercise", "assignments")]
    return [
        Sheet(words["reviews.readiness"], heads, ready),
        Sheet(
            words["reviews.forces"], [*about, *columns], [_force(each, here) for each in found.forces]
        ),
    ]  # fmt: skip


def _force(force: Force, here: Here) -> list[Cell]:
    words = here.words
    line: list[Cell] = [
        words.get(f"unit_type.{force.type}", force.type) or words["replay.unknown"],
        here.districts.get(force.district, force.district) or words["replay.unknown"],
        words["choice.yes.yes"] if force.exercise else words["choice.yes.no"], force.assignments,
    ]  # fmt: skip
    for step in STEPS:
        line += _quantiles(getattr(force, step), here)
    return line


def _quantiles(q: Quantiles, here: Here) -> list[Cell]:
    unknown = here.words["replay.unknown"]
    return [unknown if q.p50 is None else q.p50, unknown if q.p90 is None else q.p90, q.n, q.of]


def _score(score: float | None, here: Here) -> Cell:
    return points(None, here.words) if score is None else score


def _type(code: str, here: Here) -> str:
    return here.types.get(code, code) or here.words["replay.unknown"]


def _exercise(exercise: bool, here: Here) -> str:
    return here.words["reviews.exercise.yes" if exercise else "reviews.exercise.no"]


def _heads(names: Sequence[str], here: Here) -> list[str]:
    return [here.words[f"reviews.sheet.{name}"] for name in names]
