"""The map's closed roads: the list, closing what was drawn, opening again; every screen follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import numpy as np
import shapely
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import ground, map_base, network, reading, writing
from dashboard.pages.context import (
    actor,
    map_look,
    names,
    place,
    pressed_button,
    shown,
    told,
    words,
)
from dashboard.views import city_closures as views
from dashboard.views import clock
from dashboard.views.city_around import wrong
from dashboard.views.city_closures import HOURS, Shut
from dashboard.views.kit import Child, refusal
from dashboard.views.maps import EMPTY, Base
from gis_data.roads import closures
from gis_data.roads.network import Network
from models.clock import Instant, now
from models.errors import BadInput, HotlineError, WrongStatus

HOUR_S = 3600.0


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    app.callback(
        Output("city-closures", "data"),
        Output("city-closed", "children"),
        Output("city-version", "data"),
        Input("city-tick", "data"),
        running=[(Output("city-busy", "hidden"), False, True)],
    )(listed)
    app.callback(
        Output("city-proposed", "children"), Input("city-drawn", "data"), prevent_initial_call=True
    )(proposed)
    app.callback(
        Output("toast", "data", allow_duplicate=True),
        Output("city-tick", "data", allow_duplicate=True),
        Output("city-draft", "data", allow_duplicate=True),
        Output("city-drawn", "data", allow_duplicate=True),
        Output("city-reason", "value"),
        Input("city-close", "n_clicks"),
        State("city-drawn", "data"),
        State("city-reason", "value"),
        State("city-hours", "value"),
        State("city-until", "value"),
        prevent_initial_call=True,
    )(close)
    app.callback(
        Output("toast", "data", allow_duplicate=True),
        Output("city-tick", "data", allow_duplicate=True),
        Input({"city-lift": ALL}, "n_clicks"),
        State({"city-lift-why": ALL}, "value"),
        State({"city-lift-why": ALL}, "id"),
        prevent_initial_call=True,
    )(lift)


def listed(_tick: object) -> tuple[Any, Child, Any]:
    """Return the closures that count now, on the map and in a list, and the version of the city they are in."""
    try:
        require("ticket.view")
        here = ground()
        base = map_base(here, map_look())
        with reading() as session:
            roads, zone = network(session), place(session).zone
            closed = shut(session, roads)
    except HotlineError as error:
        return EMPTY, refusal(error.code, words()), dash.no_update
    may = closures.PERMISSION in viewer().can
    rows = views.listed(roads.table, closed, zone=zone, may=may, words=words())
    return views.drawn(roads.table, closed, base, words()), rows, here.version


def shut(session: Session, roads: Network) -> list[Shut]:
    """Return the closures that count now, with who made them and the edges they hold."""
    rows = closures.current(session, now=now())
    who = names(session, [row.closed_by for row in rows])
    none = np.empty(0, np.int32)
    return [Shut(row, who.get(row.closed_by, ""), roads.closures.get(row.id, none)) for row in rows]


def drawn(draft: Mapping[str, Any] | None, base: Base) -> shapely.Geometry:
    """Return what was drawn on a map in WGS-84: a pressed road or an area; BadInput when it is neither."""
    corners = (draft or {}).get("corners")
    if not isinstance(corners, list) or not corners or not (draft or {}).get("done"):
        raise BadInput("nothing was drawn", field="shape", why="empty")
    try:
        points = np.array(corners, np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput("no corners", field="shape", why="empty") from error
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise BadInput("no corners", field="shape", why="empty")
    meant = np.array([base.meant(lon, lat) for lon, lat in points.tolist()])
    if (draft or {}).get("kind") == "road":
        return shapely.Point(meant[0])
    if len(np.unique(meant, axis=0)) < 3:
        raise BadInput("an area has three corners", field="shape", why="few")
    return shapely.Polygon(meant)


@shown
def proposed(draft: dict[str, Any] | None) -> Child:
    """Return which roads the drawn shape would close, or why none."""
    require(closures.PERMISSION)
    if not draft or not draft.get("done"):
        return []
    try:
        shape = drawn(draft, map_base(ground(), map_look()))
        with reading() as session:
            roads = network(session)
        edges = roads.table.find(closures.find(roads.ground, shape))
    except BadInput as error:
        return wrong(error, words())
    return views.proposed(roads.table, edges, words())


def close(
    clicks: int | None, draft: dict[str, Any] | None, reason: str | None, hours: object, until: str | None
) -> tuple[Any, Any, Any, Any, Any]:  # fmt: skip
    """Close what was drawn; what was typed stays when it is refused."""
    same = dash.no_update
    if not clicks:
        return same, same, same, same, same
    try:
        require(closures.PERMISSION)
        shape = drawn(draft, map_base(ground(), map_look()))
        with writing() as session:
            at = now()
            ends = clock.instant(until or "", place(session).zone, "ends_at") or _after(hours, at)
            row = closures.close(
                session, network(session).ground, shape, reason=reason or "", ends_at=ends,
                actor=actor(), now=at,
            )  # fmt: skip
            said = words()["map.closed"].format(n=row.id, edges=len(row.edges))
    except HotlineError as error:
        return {"text": _refused(error), "bad": True, "at": now()}, same, same, same, same
    return {"text": said, "at": now()}, f"own-{now()}", None, None, ""


def _after(hours: object, at: Instant) -> Instant | None:
    known = hours if isinstance(hours, int) and hours in HOURS else HOURS[1]
    return at + known * HOUR_S if known else None


def lift(
    clicks: Sequence[int | None], whys: Sequence[str | None], fields: Sequence[dict[str, int]]
) -> tuple[Any, Any]:
    """Open a closure again, for a reason."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update, dash.no_update
    number = int(pressed["city-lift"])
    why = {field["city-lift-why"]: text for field, text in zip(fields, whys, strict=True)}
    try:
        require(closures.PERMISSION)
        reason = (why.get(number) or "").strip()
        if not reason:
            raise BadInput("why is it opened?", field="reason")
        with writing() as session:
            closures.lift(session, number, reason=reason, actor=actor(), now=now())
    except WrongStatus as error:
        # somebody was sooner, or its end came: the list is old
        return {"text": _sooner(error), "bad": True, "at": now()}, f"own-{now()}"
    except HotlineError as error:
        return {"text": _refused(error), "bad": True, "at": now()}, dash.no_update
    return {"text": words()["map.lifted"].format(n=number), "at": now()}, f"own-{now()}"


def _sooner(error: WrongStatus) -> str:
    facts: Mapping[str, Any] = error.facts
    user, at = facts.get("lifted_by"), facts.get("lifted_at")
    if not user or not at:
        return words()["map.ended"]
    with reading() as session:
        who, zone = names(session, [int(user)]).get(int(user), ""), place(session).zone
    return words()["map.lifted_by"].format(who=who, at=clock.moment(at.timestamp(), zone, words()))


def _refused(error: HotlineError) -> str:
    """Return why, in the words of the map."""
    key = f"map.why.{error.facts.get('why') or error.facts.get('field', '')}"
    return words()[key] if key in words() else str(told(error)["text"])
