"""The list of incidents: what was asked for, one page of it, and how many there are."""

from collections.abc import Mapping, Sequence
from typing import get_args

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.incident_query import IncidentQuery
from dashboard.views.kit import Child, Words, empty, link, status, table
from models.events.incident.course import Kind
from models.rules.incident.plans import GRADES
from models.rules.incident.state import Incident, Status

COLUMNS = ("no", "title", "type", "status", "grade", "level", "reported", "took", "units")
FILE = "/api/export/incidents.xlsx"
LAMPS = {"reported": "bad", "verified": "bad", "responding": "warn", "controlled": "ok"}
"""State -> its lamp, everywhere: red while nobody acts yet."""


def page(
    rows: Sequence[Incident], query: IncidentQuery, words: Words, *, total: int, pages: int,
    types: Mapping[str, str], districts: Mapping[str, str], zone: str, now: float,
) -> Child:  # fmt: skip
    """Return the form, the list and the way to its other pages."""
    lines = [line(row, types, zone, now, words) for row in rows]
    heads = [(words[f"incidents.col.{name}"], "") for name in COLUMNS]
    cells = [
        [
            link(said["no"], f"/command?id={row.id}", className="num"),
            html.Span([html.Span(words["command.exercise"], className="exercise") if row.exercise else "", " ",
                       link(said["title"], f"/command?id={row.id}")]),
            said["type"], status(LAMPS.get(row.status, "off"), said["status"]),
            *[said[name] for name in COLUMNS[4:]],
        ]
        for row, said in zip(rows, lines, strict=True)
    ]  # fmt: skip
    at = query.page
    turns = [
        link(words["incidents.prev"], query.href(page=str(at - 1))) if at else None,
        link(words["incidents.next"], query.href(page=str(at + 1))) if at + 1 < pages else None,
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.H1(words["incidents.title"]),
                    html.Span(words["command.total"].format(n=f"{total:,}"), className="total"),
                    html.A(words["incidents.export"], href=query.href(base=FILE), className="button"),
                ],
                className="page-title",
            ),
            _form(query, types, districts, words),
            html.Div(
                table(heads, cells, label=words["incidents.title"]) if rows else empty(words["command.found_none"]),
                className="panel",
            ),
            html.Div(turns, className="line"),
        ],
        className="page incidents",
    )  # fmt: skip


def line(
    row: Incident, types: Mapping[str, str], zone: str, now: float, words: Words
) -> dict[str, str]:
    """Return one incident as list and export say it: column -> text."""
    ended = row.times.get("ended") or row.times.get("cancelled") or now
    return {
        "no": row.no, "title": row.title, "type": types.get(row.type, row.type),
        "status": words[f"incident_status.{row.status}"], "grade": words[f"grade.{row.grade or 'none'}"],
        "level": words[f"grade.{row.level or 'none'}"], "reported": clock.moment(row.reported, zone, words),
        "took": clock.duration(ended - row.happened, words), "units": str(len(row.assignments)),
    }  # fmt: skip


def _form(
    query: IncidentQuery, types: Mapping[str, str], districts: Mapping[str, str], words: Words
) -> Child:
    choices: Mapping[str, Sequence[tuple[str, str]]] = {
        "status": [
            (name, words[f"incident_status.{name}"]) for name in ("open", *get_args(Status))
        ],
        "kind": [(name, words[f"incident_kind.{name}"]) for name in get_args(Kind)],
        "type": list(types.items()),
        "grade": [(name, words[f"grade.{name}"]) for name in GRADES],
        "district": list(districts.items()),
        "exercise": [(name, words[f"incidents.exercise.{name}"]) for name in ("yes", "no")],
    }
    labels = {
        "status": "incidents.col.status", "kind": "command.kind", "type": "command.type",
        "grade": "incidents.col.grade", "district": "ticket.district", "exercise": "command.exercise",
    }  # fmt: skip
    picks = [
        html.Label([
            html.Span(words.get(labels[name], name)),
            dcc.Dropdown(
                [{"label": text, "value": code} for code, text in options], query.given.get(name) or None,
                id={"incidents-ask": name}, placeholder=words["incidents.any"],
            ),
        ])
        for name, options in choices.items()
    ]  # fmt: skip
    typed = [
        html.Label([
            html.Span(words[label]),
            dcc.Input(
                id={"incidents-ask": name}, type="text", value=query.given.get(name, ""), maxLength=60,
                debounce=True, placeholder="" if name == "words" else "2026-01-31",
            ),
        ])
        for name, label in (
            ("words", "command.words"), ("since", "incidents.since"), ("until", "incidents.until"),
        )
    ]  # fmt: skip
    return html.Div([*picks, *typed], className="filters", id="incidents-form")
