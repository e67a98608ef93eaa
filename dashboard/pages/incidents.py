"""The list of incidents and its export: one question, one set of rows."""

from typing import Any

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import queries
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.context import actor, districts, place, words
from dashboard.views import incidents as views
from dashboard.views.incident_query import IncidentQuery, read
from dashboard.views.kit import Child, Words
from models.clock import now


def register(app: dash.Dash) -> None:
    """Register the form: what is chosen is the address."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Input({"incidents-ask": ALL}, "value"),
        State({"incidents-ask": ALL}, "id"),
        State("url", "search"),
        prevent_initial_call=True,
    )(asked)


def page(search: str) -> Child:
    """Return the list of an address."""
    require("command.view")
    query = read(search)
    with reading() as session:
        zone = place(session).zone
        found = queries.listed(session, query.criteria(zone), actor=actor(), page=query.page)
        types, named = queries.labels(session), districts(session)
    pages = -(-found.total // queries.PAGE)
    return views.page(
        found.rows, query, words(), total=found.total, pages=pages, types=types, districts=named, zone=zone, now=now()
    )  # fmt: skip


def asked(values: list[Any], names: list[dict[str, str]], search: str | None) -> Any:  # noqa: ANN401 - an address
    """Return the address of what the form asks for."""
    require("command.view")
    given = {
        name["incidents-ask"]: str(value or "") for name, value in zip(names, values, strict=True)
    }
    before = read(search or "")
    if {k: v for k, v in given.items() if v} == {
        k: v for k, v in before.given.items() if k != "page"
    }:
        return dash.no_update
    return IncidentQuery(given).href()


def rows(session: Session, query: IncidentQuery, texts: Words) -> list[list[str]]:
    """Return the whole list as the export has it, with its heads."""
    zone, at = place(session).zone, now()
    types = queries.labels(session)
    out = [[texts[f"incidents.col.{name}"] for name in views.COLUMNS]]
    for row in queries.every(session, query.criteria(zone), actor=actor()):
        said = views.line(row, types, zone, at, texts)
        out.append([said[name] for name in views.COLUMNS])
    return out
