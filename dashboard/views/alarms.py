"""The alarms page: what is open now (live) and what was, with who took it on."""

from collections.abc import Sequence

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.call_query import DAYS
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, status, table
from dashboard.views.shapes import AlarmShape

SECONDS = frozenset({"source_silent", "longest_wait", "feed_silent"})
SHARES = frozenset({"connect_rate"})


def page(
    day: str,
    rows: Sequence[AlarmShape],
    *,
    zone: str,
    words: Words,
    labels: dict[str, str],
    may_ack: bool = False,
    console: Child = None,
) -> Child:
    """Return the alarms page; the open ones are painted from the live stream. `console`: of the walls' notice."""
    current = html.Ul(
        html.Li(empty(words["fresh.loading"])),
        id="alarms",
        className="alarms",
        **data(empty=words["alarm.none_current"], may=str(int(may_ack))),
        **aria(live="polite"),
    )
    days = html.Div(
        [
            link(
                words[f"calls.day.{name}"],
                f"/alarms?day={name}",
                className="tab on" if name == day else "tab",
            )
            for name in DAYS
        ],
        className="tabs",
    )
    past = history(rows, zone=zone, words=words, labels=labels)
    return html.Div(
        [
            dcc.Store(id="alarms-changed"),
            html.Div(html.H1(words["nav.alarms"]), className="page-title"),
            panel(words["alarm.current"], current),
            console,
            panel(words["alarm.history"], html.Div(past, id="alarm-history"), note=days),
        ],
        className="page",
    )


def history(
    rows: Sequence[AlarmShape], *, zone: str, words: Words, labels: dict[str, str]
) -> Child:
    """Return the table of past alarms."""
    if not rows:
        return empty(words["alarm.none_history"])
    names = ("raised", "rule", "subject", "value", "threshold", "cleared", "lasted", "ack")
    numeric = {"value", "threshold", "lasted"}
    heads = [(words[f"alarm.col.{name}"], "num" if name in numeric else "") for name in names]
    return table(
        heads,
        [_row(row, zone, words, labels) for row in rows],
        label=words["alarm.history"],
    )


def _row(row: AlarmShape, zone: str, words: Words, labels: dict[str, str]) -> tuple[Child, ...]:
    cleared = row.cleared_at
    taken = words["alarm.acked_at"].format(name=row.ack_name, time=clock.time_of(row.ack_at, zone))
    return (
        clock.moment(row.raised_at, zone, words),
        words.get(f"alarm.rule.{row.rule}", row.rule),
        labels.get(row.subject, row.subject),
        amount(row.rule, row.value, words),
        amount(row.rule, row.threshold, words),
        clock.time_of(cleared, zone) if cleared else status("bad", words["alarm.open"]),
        clock.duration(cleared - row.raised_at, words) if cleared else "—",
        taken if row.ack_name else "—",
    )


def amount(rule: str, value: float | None, words: Words) -> str:
    """Return a watched value in its own unit: a share, a time or a count."""
    if value is None:
        return "—"
    if rule in SHARES:
        return f"{100 * value:.1f} %"
    if rule in SECONDS:
        return clock.duration(value, words)
    return f"{value:,.0f}"
