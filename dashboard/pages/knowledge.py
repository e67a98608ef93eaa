"""The knowledge base's list: shelves, search while one types, what waits for review."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qs

import dash
from dash import Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages.context import actor, place, shown, words
from dashboard.views import knowledge as views
from dashboard.views.kit import Child
from models.clock import now
from tickets import knowledge, queries
from tickets.knowledge import DESKS, Desk

WORDS_MAX = 100


def register(app: dash.Dash) -> None:
    """Register the list's callbacks."""
    app.callback(
        Output("knowledge-list", "children"),
        Input("knowledge-words", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )(shown(listing))
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("knowledge-category", "value"),
        State("knowledge-words", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )(choose)


def page(search: str) -> Child:
    """Return the list an address asks for."""
    require("knowledge.view")
    can = viewer().can
    asked = _asked(search)
    desks = [desk for desk, permission in DESKS.items() if permission in can and desk != "shown"]
    with reading() as session:
        found = _found(session, asked)
        waiting = 0
        if "review" in desks:
            queue = knowledge.search(session, actor=actor(), now=now(), desk="review")
            waiting = queue.total
        categories = queries.categories(session)
        zone = place(session).zone
    return views.page(
        asked, found, desks=desks, waiting=waiting, categories=categories,
        may_write="knowledge.edit" in can, zone=zone, words=words(),
    )  # fmt: skip


def _asked(search: str) -> dict[str, str]:
    given = {name: found[0].strip() for name, found in parse_qs(search.lstrip("?")).items()}
    desk = given.get("desk", "shown")
    number = given.get("page", "")
    return {
        "desk": desk if desk in DESKS else "shown",
        "shelf": given.get("shelf", ""),
        "category": given.get("category", ""),
        "q": given.get("q", "")[:WORDS_MAX],
        "page": number if number.isascii() and number.isdigit() and len(number) < 6 else "",
    }


def _found(session: Session, asked: Mapping[str, str]) -> knowledge.Found:
    return knowledge.search(
        session, asked["q"], actor=actor(), now=now(), shelf=asked["shelf"],
        category=asked["category"], page=int(asked["page"] or 0), desk=cast("Desk", asked["desk"]),
    )  # fmt: skip


def listing(typed: str | None, search: str | None) -> Child:
    """Return the list for the words being typed."""
    if typed is None:
        return dash.no_update
    require("knowledge.view")
    asked = {**_asked(search or ""), "q": typed.strip()[:WORDS_MAX], "page": ""}
    with reading() as session:
        found = _found(session, asked)
        zone = place(session).zone
    return views.listing(asked, found, zone, words())


def choose(category: str | None, typed: str | None, search: str | None) -> Any:  # noqa: ANN401 - an address, or Dash's no_update
    """Put the chosen category into the address."""
    asked = _asked(search or "")
    if (category or "") == asked["category"]:
        return dash.no_update
    text = asked["q"] if typed is None else typed
    return views.address(**{**asked, "category": category or "", "q": text, "page": ""})
