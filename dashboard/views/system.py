"""The system page: processes, streams, sources, the database and what could not be handled."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, panel, status, table

LATE_S, LOST_S = 3.0, 10.0


def page(words: Words) -> Child:
    """Return the frame of the system page."""
    return html.Div(
        [
            dcc.Store(id="system-tick"),
            html.Div(html.H1(words["system.title"]), className="page-title"),
            html.Div(empty(words["fresh.loading"]), id="system", className="system"),
        ],
        className="page",
    )


def system(view: Mapping[str, Any], *, now: float, zone: str, words: Words) -> list[Child]:
    """Return the panels for a system view."""
    return [
        panel(words["system.sources"], _sources(view["sources"], now, zone, words)),
        panel(words["system.database"], _database(view["database"], words)),
        panel(
            words["system.processes"], _processes(view["processes"], now, zone, words), css="wide"
        ),
        panel(words["system.streams"], _streams(view["streams"], words)),
        panel(words["system.dead"], _dead(view["dead"], zone, words), css="wide"),
    ]


def _heartbeat(age: float, words: Words) -> html.Span:
    level = "ok" if age < LATE_S else "warn" if age < LOST_S else "bad"
    name = {"ok": "ok", "warn": "late", "bad": "down"}[level]
    return status(level, words[f"system.{name}"])


def _ago(at: float | None, now: float, words: Words) -> str:
    if not at:
        return "—"
    age = max(0.0, now - at)
    shown = f"{age:.1f} {words['unit.second']}" if age < 10 else clock.duration(age, words)
    return words["unit.ago"].format(age=shown)


def _heads(
    words: Words, *names: str, numeric: frozenset[str] = frozenset()
) -> list[tuple[str, str]]:
    return [(words[f"system.col.{name}"], "num" if name in numeric else "") for name in names]


def _processes(rows: Sequence[Mapping[str, Any]], now: float, zone: str, words: Words) -> Child:
    if not rows:
        return empty(words["system.no_processes"])
    heads = _heads(
        words, "name", "state", "host", "pid", "since", "heard", "rss", "lag", "detail",
        numeric=frozenset({"pid", "rss", "lag"}),
    )  # fmt: skip
    return table(
        heads,
        [
            (
                html.B(row["name"]),
                _heartbeat(now - (row.get("heard") or 0), words),
                row.get("host", ""),
                str(row.get("pid", "")),
                clock.moment(row.get("since"), zone, words),
                _ago(row.get("heard"), now, words),
                _number(row.get("rss_mb"), " MB"),
                _number(row.get("lag")),
                _plain(row.get("detail")),
            )
            for row in rows
        ],
        label=words["system.processes"],
    )


def _number(value: object, unit: str = "") -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}{unit}"
    if isinstance(value, int | float):
        return f"{value:,.0f}{unit}"
    return f"{value}{unit}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{key} {item}" for key, item in value.items())
    return str(value or "")


def _streams(rows: Sequence[Mapping[str, Any]], words: Words) -> Child:
    if not rows:
        return empty(words["system.no_streams"])
    heads = _heads(
        words, "name", "length", "group", "pending", "lag",
        numeric=frozenset({"length", "pending", "lag"}),
    )  # fmt: skip
    lines: list[tuple[Child, ...]] = []
    for row in rows:
        groups = row.get("groups") or [{}]
        for index, group in enumerate(groups):
            first = index == 0
            lines.append(
                (
                    html.B(row["name"]) if first else "",
                    _number(row.get("length")) if first else "",
                    group.get("name", "—"),
                    _number(group.get("pending")),
                    _number(group.get("lag")),
                )
            )
    return table(heads, lines, label=words["system.streams"])


def _sources(rows: Sequence[Mapping[str, Any]], now: float, zone: str, words: Words) -> Child:
    if not rows:
        return empty(words["system.no_sources"])
    heads = _heads(words, "name", "state", "heard", "reason")
    return table(
        heads,
        [
            (
                html.B(row.get("name", "")),
                _heartbeat(now - (row.get("heard") or 0), words)
                if row.get("state") == "up"
                else status("bad", words["system.down"]),
                _ago(row.get("heard"), now, words),
                "" if row.get("state") == "up" else _reason(row.get("reason"), words),
            )
            for row in rows
        ],
        label=words["system.sources"],
    )


def _reason(code: object, words: Words) -> str:
    if not code:
        return words["reason.unknown"]
    return words.get(f"reason.{code}", words["reason.other"].format(reason=code))


def _database(facts: Mapping[str, Any], words: Words) -> Child:
    good = bool(facts.get("ok"))
    told = [f"PostgreSQL {facts['version']}"] if facts.get("version") else []
    told += [f"{facts['ms']} ms"] if facts.get("ms") is not None else []
    told += [str(facts["error"])] if facts.get("error") else []
    return html.Div(
        [
            status("ok" if good else "bad", words["system.ok" if good else "system.down"]),
            html.Span(" · ".join(told), className="muted"),
        ],
        className="line",
    )


def _dead(rows: Sequence[Mapping[str, Any]], zone: str, words: Words) -> Child:
    if not rows:
        return empty(words["system.no_dead"])
    heads = _heads(words, "at", "where", "error", "raw")
    return table(
        heads,
        [
            (
                clock.moment(row.get("at"), zone, words),
                row.get("where", ""),
                row.get("error", ""),
                html.Code(str(row.get("raw", ""))[:200]),
            )
            for row in rows
        ],
        label=words["system.dead"],
    )
