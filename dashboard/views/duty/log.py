"""值班日志: a remark to write, the lines with their class, what they are about, and who."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.admin.parts import Options
from dashboard.views.duty import parts
from dashboard.views.duty.log_query import EXERCISES, FILE, HERE, NAMES, PAGE, LogQuery
from dashboard.views.kit import Child, Words, aria, empty, link, panel, table
from models.rules.duty.lines import CLASSES
from models.rules.incident.state import level_key

if TYPE_CHECKING:
    from command.duty.journal import Entry

_THERE: Mapping[str, str] = {
    "ticket": "/ticket?no={key}", "alarm": "/alarms", "system": "/system", "map": "/map",
    "incident": "/command?id={key}", "handover": "/duty/shifts", "roster": "/duty/roster",
    "report": "/duty/report?id={key}", "notice": "/duty/notices",
}  # fmt: skip
"""What a line is about -> its page."""


COLUMNS = ("time", "cls", "what", "by")


def page(
    query: LogQuery, entries: Sequence["Entry"], shifts: Options, *, total: int, whole: bool, zone: str,
    words: Words,
) -> Child:  # fmt: skip
    """Return a page of the log of a period; `shifts` are periods offered as (since/until, label).

    total : how many lines there are; whole : none was left unread.
    """
    given = query.given
    spans = [link(label, query.href(**_span(key)), className="tab") for key, label in shifts]
    classes = [
        ("", words["duty.cls.all"]),
        *((name, words[f"duty.cls.{name}"]) for name in CLASSES),
    ]
    kept = {name: given.get(name, "") for name in NAMES if name != "cls"}
    drills = [(name, words[f"duty.log.exercise.{name or 'all'}"]) for name in ("", *EXERCISES)]
    others = {name: given.get(name, "") for name in NAMES if name != "exercise"}
    boxes = [
        parts.box(name, given.get(name, ""), words)
        for name in ("since", "until", "text", "person", "incident")
    ]
    bar = html.Div(
        [
            html.Div(
                [
                    parts.search(HERE, boxes, words, keep="cls exercise"),
                    html.A(words["duty.export"], href=query.href(base=FILE), className="button"),
                ],
                className="filters duty-bar",
            ),
            html.Div(
                [
                    html.Nav(spans, className="tabs", **aria(label=words["duty.col.period"])),
                    parts.tabs(HERE, "exercise", given.get("exercise", ""), drills, words, others),
                ],
                className="filters duty-bar",
            ),
            parts.tabs(HERE, "cls", given.get("cls", ""), classes, words, kept),
        ],
        className="bar",
    )
    note = words["duty.log.count"].format(n=f"{total:,}")
    if not whole:
        note += f" · {words['duty.log.more']}"
    at = query.page
    turns = [
        link(words["incidents.prev"], query.href(page=str(at - 1))) if at else None,
        link(words["incidents.next"], query.href(page=str(at + 1))) if (at + 1) * PAGE < total else None,
    ]  # fmt: skip
    found = [remark_form(words), listing(entries, zone, words), html.Div(turns, className="line")]
    return [bar, panel(words["duty.tab.log"], found, note=note)]


def _span(key: str) -> dict[str, str]:
    since, _, until = key.partition("/")
    return {"since": since, "until": until}


def remark_form(words: Words) -> html.Div:
    """Return the line a remark is written in."""
    line = dcc.Input(
        id=parts.name_of("remark", "remark"), type="text", maxLength=300, debounce=False,
        placeholder=words["duty.remark.hint"],
    )  # fmt: skip
    return html.Div(
        [line, parts.button("remark.write", words, primary=True)], className="duty-remark"
    )


def listing(entries: Sequence["Entry"], zone: str, words: Words) -> Child:
    """Return the lines."""
    if not entries:
        return empty(words["duty.log.none"])
    css = {"what": ""}
    heads = [(words[f"duty.col.{name}"], css.get(name, "nowrap")) for name in COLUMNS]
    rows = []
    for line in entries:
        at, cls, _, by = cells(line, zone, words)
        chip = html.Span(cls, className="chip")
        rows.append((html.Span(at, className="num"), chip, _said(line, words), by))
    return table(heads, rows, label=words["duty.tab.log"])


def cells(line: "Entry", zone: str, words: Words) -> tuple[str, str, str, str]:
    """Return a line as list and file say it: when, its class, what it says, by whom."""
    at = f"{clock.local(line.at, zone):%Y-%m-%d %H:%M:%S}"
    return at, words[f"duty.cls.{line.cls}"], sentence(line, words), by_whom(line, words)


def by_whom(line: "Entry", words: Words) -> str:
    """Return whose doing a line is, as it is shown."""
    return line.actor or words["duty.by_itself"]


def _said(line: "Entry", words: Words) -> Child:
    said = sentence(line, words)
    kind, _, key = line.about.partition(":")
    if kind not in _THERE:
        mark = f" #{line.remark}" if line.remark else ""
        fix = (
            parts.button("remark.fix", words, key=line.remark, text=words["duty.do.remark.fix"])
            if line.name == "remark"
            else None
        )
        return html.Span([said, html.Span(mark, className="muted"), fix], className="duty-said")
    return link(said, _THERE[kind].format(key=key))


_FAMILIES: Mapping[str, str] = {
    "rule": "alarm.rule", "reason": "reason", "field": "level_field", "kind": "console.class",
    "msg_type": "cap_type", "pages": "centre.page",
}  # fmt: skip
"""Fact -> where its word stands, if it has one."""


def sentence(line: "Entry", words: Words) -> str:
    """Return what a line says."""
    facts = {name: _fact(name, value, line.facts, words) for name, value in line.facts.items()}
    said = " ".join(words[f"duty.line.{line.name}"].format(**facts).split())
    return words["duty.exercise"].format(said=said) if line.exercise else said


def _fact(name: str, value: Any, facts: Mapping[str, Any], words: Words) -> Any:  # noqa: ANN401 - facts
    if name in ("was", "now") and "field" in facts:
        return words[level_key(facts["field"], value)]
    if name == "ref" and facts.get("kind") not in ("incident", "ticket"):
        return ""  # a reading's own name says nothing
    if name in _FAMILIES:
        each = value if isinstance(value, list | tuple) else [value]
        found = [words.get(f"{_FAMILIES[name]}.{one}", one) for one in each]
        return words["told.or"].join(found)
    return value
