"""短信通知: whom, what, and where each stands; that no gateway sends yet is said, not hidden."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dash import html

from dashboard.views import clock
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, empty, panel, status, table

if TYPE_CHECKING:
    from command.duty.notices import Line
    from models.tables import DutyDelivery

Options = Sequence[tuple[str, str]]


def page(
    lines: Sequence["Line"],
    people: Mapping[int, Sequence["DutyDelivery"]],
    form: Child,
    *,
    zone: str,
    words: Words,
) -> Child:
    """Return the notices, and the form of a new one."""
    waiting = sum(line.states.get("waiting", 0) for line in lines)
    note = status("warn", words["duty.gateway"].format(n=waiting)) if waiting else None
    listed = (
        [_notice(line, people.get(line.row.id, ()), zone, words) for line in lines]
        if lines
        else [empty(words["duty.notices.none"])]
    )
    left = panel(words["duty.tab.notices"], html.Div(listed), note=note)
    if form is None:
        return left
    return html.Div([html.Div(left), html.Div(form)], className="split")


def form(
    people: Sequence[tuple[int, str]],
    groups: Sequence[tuple[int, str]],
    levels: Options,
    words: Words,
) -> Child:
    """Return the form of a notice."""
    body = [
        parts.chosen("notice", "levels", levels, words, many=True, hint=words["duty.levels_help"]),
        parts.chosen("notice", "groups", groups, words, many=True),
        parts.chosen("notice", "people", people, words, many=True),
        parts.written("notice", "text", words, most=300, rows=4),
        parts.button("notice.send", words, primary=True),
    ]
    return panel(words["duty.notice_new"], html.Div(body, className="form"), css="roomy")


def _notice(
    line: "Line", people: Sequence["DutyDelivery"], zone: str, words: Words
) -> html.Article:
    at = f"{clock.local(line.row.sent_at.timestamp(), zone):%m-%d %H:%M}"
    counts = [
        status("warn" if state in ("waiting", "no_mobile") else "ok", f"{words[f'duty.delivery.{state}']} {n}")
        for state, n in sorted(line.states.items())
    ]  # fmt: skip
    heads = [
        (words["duty.field.name"], ""),
        (words["duty.field.mobiles"], "nowrap"),
        (words["duty.col.state"], ""),
    ]
    rows = [(row.name, row.masked or "—", words[f"duty.delivery.{row.state}"]) for row in people]
    more = html.Details(
        [
            html.Summary(words["duty.people"].format(n=len(rows))),
            table(heads, rows, label=words["duty.people"].format(n=len(rows))),
        ]
    )
    head = html.Header([html.B(line.row.sent_name), html.Span(at, className="num muted"), *counts])
    return html.Article(
        [head, html.P(line.row.text, className="pre"), more], className="duty-handover"
    )
