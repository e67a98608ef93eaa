"""值班日志: a remark to write, the lines with their class, what they are about, and who."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.admin.parts import Options
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, empty, link, panel, table
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


def page(
    asked: Mapping[str, str],
    entries: Sequence["Entry"],
    shifts: Options,
    *,
    whole: bool,
    zone: str,
    words: Words,
) -> Child:
    """Return the log of a period; `shifts` are periods offered as (since/until, label)."""
    kept = {name: asked.get(name, "") for name in ("since", "until")}
    boxes = [
        parts.box("since", asked["since"], words),
        parts.box("until", asked["until"], words),
    ]
    spans = [link(label, _span(key), className="tab") for key, label in shifts]
    classes = [
        ("", words["duty.cls.all"]),
        *((name, words[f"duty.cls.{name}"]) for name in CLASSES),
    ]
    bar = html.Div(
        [
            html.Div(
                [
                    parts.search("/duty/log", boxes, words, keep="cls"),
                    html.Nav(spans, className="tabs"),
                ],
                className="filters duty-bar",
            ),
            parts.tabs("/duty/log", "cls", asked.get("cls", ""), classes, words, kept),
        ],
        className="bar",
    )
    note = words["duty.log.count"].format(n=f"{len(entries):,}")
    if not whole:
        note += f" · {words['duty.log.more']}"
    found = [remark_form(words), listing(entries, zone, words)]
    return [bar, panel(words["duty.tab.log"], found, note=note)]


def _span(key: str) -> str:
    since, _, until = key.partition("/")
    return f"/duty/log?{urlencode({'since': since, 'until': until})}"


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
    heads = [
        (words["duty.col.time"], "nowrap"), (words["duty.col.cls"], "nowrap"),
        (words["duty.col.what"], ""), (words["duty.col.by"], "nowrap"),
    ]  # fmt: skip
    rows = [
        (
            html.Span(f"{clock.local(line.at, zone):%m-%d %H:%M:%S}", className="num"),
            html.Span(words[f"duty.cls.{line.cls}"], className="chip"),
            _said(line, words), line.actor or words["duty.by_itself"],
        )
        for line in entries
    ]  # fmt: skip
    return table(heads, rows, label=words["duty.tab.log"])


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
