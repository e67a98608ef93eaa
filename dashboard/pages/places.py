"""待定位: ticket after ticket placed by the keyboard, and default points declared or taken back."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State, ctx
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.pages import placing
from dashboard.pages.context import actor, place, pressed_button, told, words
from dashboard.pages.ticket import refused
from dashboard.views import clock
from dashboard.views import places as views
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from models.rules.places import Located
from models.tables import Ticket
from tickets import default_points, queries
from tickets.placing import PAGE, UNPLACED, after, waiting

PERMISSION = "ticket.assign"


def register(app: dash.Dash) -> None:
    """Register the page's callbacks."""
    app.callback(
        Output("spot-bench", "children"),
        Output("spot-tabs", "children"),
        Output("spot-list", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input("spot-place", "n_clicks"),
        Input("spot-skip", "n_clicks"),
        *[State(f"spot-{name}", "value") for name in views.FIELDS],
        State("spot-now", "data"),
        prevent_initial_call=True,
    )(go_on)
    app.callback(
        Output("spot-piles", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"pile": ALL, "default": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(declare)


def page(search: str) -> Child:
    """Return the page; `tab`, `page` and `no` in the address say what is worked on."""
    require(PERMISSION)
    asked = {key: values[0] for key, values in parse_qs(search.lstrip("?")).items()}
    number = asked.get("page", "0")
    town = placing.town()
    with reading() as session:
        zone = place(session).zone
        bench = _bench(
            session, _tab(asked.get("tab", "")), min(int(number), 10_000) if number.isdecimal() else 0, town,
            no=asked.get("no", ""),
        )  # fmt: skip
        piles = _piles(session, zone, town)
    return views.page(bench, piles, base=town.base if town else None, zone=zone, words=words())


def _tab(name: str) -> Located:
    return next((how for how in UNPLACED if how == name), UNPLACED[0])


def _bench(
    session: Session, how: Located, number: int, town: placing.Town | None, *, no: str = "",
    row: Ticket | None = None,
) -> views.Bench:  # fmt: skip
    """Return what is worked on: `row`, the ticket of the number, or the page's first."""
    found = waiting(session, how, actor=actor(), now=now(), page=number)
    last = max(0, -(-found.counts[how] // PAGE) - 1)
    if number > last:  # the last of that page was placed
        number = last
        found = waiting(session, how, actor=actor(), now=now(), page=number)
    if row is None:
        row = next((each for each in found.rows if each.no == no), None)
    if row is None and found.rows:
        row = found.rows[0]
    area = placing.here_of(row, town) if row is not None and how == "area" else None
    return views.Bench(how, number, found, row, area)


def _piles(session: Session, zone: str, town: placing.Town | None) -> views.Piles | None:
    """Return the suspected default points; None for who sees only a part of the city."""
    who = actor()
    if who.unit or who.district:
        return None
    since = clock.local(now() - default_points.WITHIN_S, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    found = default_points.piles(session, since=since.timestamp(), actor=who, now=now())
    named = [(pile, _where(pile, town)) for pile in found]
    return views.Piles(named, str(since.date()), default_points.DECIDES in viewer().can)


def _where(pile: default_points.Pile, town: placing.Town | None) -> str:
    if town is None:
        return ""
    at = town.ground.surface.at(pile.lon, pile.lat)
    return " · ".join(filter(None, (at.district_name, at.street_name, at.near)))


def go_on(
    placed: int | None, skipped: int | None, address: str | None, point: str | None,
    precision: str | None, here: dict[str, Any] | None,
) -> tuple[Any, ...]:  # fmt: skip
    """Place the ticket in hand, or leave it, and take the next."""
    if not (placed or skipped) or not here or not here["no"]:
        return (dash.no_update,) * 4
    text = words()
    town = placing.town()
    try:
        require(PERMISSION)
        how = _tab(str(here["how"]))
        given = dict(zip(views.FIELDS, (address, point, precision), strict=True))
        given["version"] = str(here["version"])
        with writing() as session:
            who, at, zone = actor(), now(), place(session).zone
            row = queries.whole(session, str(here["no"]), actor=who, now=at).row
            following = after(session, how, row, actor=who, now=at)
            note: dict[str, object] | None = None
            if ctx.triggered_id == "spot-place":
                placing.place(session, row.id, given, who, at)
                said = text[f"precision.{row.precision}"]
                note = {"text": text["places.done"].format(no=row.no, text=said), "at": at}
                session.flush()
            bench = _bench(session, how, int(here["page"]), town, row=following)
    except WrongStatus as error:
        return _as_it_is(here, town, {**refused(error), "at": now()})
    except HotlineError as error:
        said_why = refused(error) if isinstance(error, BadInput) else told(error)
        return dash.no_update, dash.no_update, dash.no_update, {**said_why, "at": now()}
    return (*_drawn(bench, town, zone), note or dash.no_update)


def _as_it_is(
    here: dict[str, Any], town: placing.Town | None, note: dict[str, object]
) -> tuple[Any, ...]:
    """Show what somebody else did meanwhile: the ticket as it is now, or the next if it was placed."""
    with reading() as session:
        zone = place(session).zone
        bench = _bench(session, _tab(str(here["how"])), int(here["page"]), town, no=str(here["no"]))
    return (*_drawn(bench, town, zone), note)


def _drawn(bench: views.Bench, town: placing.Town | None, zone: str) -> tuple[Any, Any, Any]:
    text = words()
    base = town.base if town else None
    return (
        views.work(bench, base, zone, text),
        views.tabs(bench, text),
        views.waiting(bench, zone, text),
    )


def declare(clicks: list[int | None]) -> tuple[Any, Any]:
    """Declare a coordinate a default point, or take it back."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update, dash.no_update
    town = placing.town()
    try:
        require(default_points.DECIDES)
        lon, lat = placing.point(str(pressed["pile"]))
        if lon is None or lat is None:
            raise NotFound("no point")
        with writing() as session:
            changed = default_points.declare(
                session, lon, lat, default=pressed["default"] == "set", actor=actor(), now=now()
            )
            piles = _piles(session, place(session).zone, town)
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}
    note = {"text": words()["places.pile.done"].format(n=changed), "at": now()}
    return views.default_points(piles, words()) if piles else None, note
