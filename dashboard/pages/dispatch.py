"""The command page's pane of forces. Its incident stands in `command-incident`, `command-tick` says that it changed.

Ids: dispatch-body (drawn here), dispatch-own (this browser pressed something: draw at once); dispatch-forms (drawn
apart, anew only after something was done), dispatch-done, dispatch-sending; dispatch-press (what a button said: its
verb, and what that is about); dispatch-need and dispatch-count; dispatch-unit, dispatch-for, dispatch-why;
dispatch-find with dispatch-supply and dispatch-amount, its answer in dispatch-sources.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import dash
from dash import Input, Output, State, ctx
from sqlalchemy.orm import Session

from command import capabilities, dispatch, forces, moving, supplies
from dashboard.auth import require, viewer
from dashboard.door import network, reading, writing
from dashboard.pages.context import actor, districts, place, shown, told, words
from dashboard.views import dispatch as views
from dashboard.views.kit import Child
from gis_data.roads.network import Network
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from tickets.moving import Actor

VIEW, ACT = "command.view", "command.act"


class Typed(NamedTuple):
    """What stands in the pane's forms."""

    need: str
    number: int | None
    unit: str
    capability: str
    why: str


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    incident = State("command-incident", "data")
    app.callback(
        Output("dispatch-body", "children"),
        Input("command-tick", "data"),
        Input("command-pane", "value"),
        Input("dispatch-own", "data"),
        incident,
    )(pane)
    app.callback(
        Output("dispatch-forms", "children"),
        Output("dispatch-sending", "data"),
        Input("command-tick", "data"),
        Input("command-pane", "value"),
        Input("dispatch-done", "data"),
        State("dispatch-sending", "data"),
        incident,
    )(forms_of)
    app.callback(
        Output("toast", "data", allow_duplicate=True),
        Output("dispatch-own", "data"),
        Output("dispatch-done", "data"),
        Input("dispatch-press", "data"),
        State("dispatch-need", "value"),
        State("dispatch-count", "value"),
        State("dispatch-unit", "value"),
        State("dispatch-for", "value"),
        State("dispatch-why", "value"),
        incident,
        running=[(Output("dispatch", "className"), f"{views.FRAME} busy", views.FRAME)],
        prevent_initial_call=True,
    )(act)
    app.callback(
        Output("dispatch-sources", "children"),
        Input("dispatch-find", "n_clicks"),
        State("dispatch-supply", "value"),
        State("dispatch-amount", "value"),
        incident,
        prevent_initial_call=True,
    )(found)


def roads(session: Session) -> Network | None:
    """Return the roads as they are open now, None while no city is active."""
    try:
        return network(session)
    except NotFound:
        return None


@shown
def pane(_tick: object, open_pane: str | None, _own: object, incident: int | None) -> Child:
    """Return the pane as things are now."""
    require(VIEW)
    if open_pane != "units" or not incident:
        return dash.no_update
    with reading() as session:
        return views.pane(_seen(session, incident, choose=True), words())


def forms_of(
    _tick: object, open_pane: str | None, _done: object, drawn: str | None, incident: int | None
) -> tuple[Any, Any]:
    """Return the forms of the pane; as long as the same may be sent an event of others leaves them alone."""
    require(VIEW)
    if open_pane != "units" or not incident:
        return dash.no_update, dash.no_update
    try:
        with reading() as session:
            seen = _seen(session, incident, choose=False)
    except HotlineError:
        return [], ""  # what is above them says why
    mark = f"{incident} {views.sending(seen)}"
    if drawn == mark and ctx.triggered_id == "command-tick":
        return dash.no_update, dash.no_update
    return views.forms(seen, words()), mark


def _seen(session: Session, incident: int, *, choose: bool) -> views.Seen:
    """Return what the pane is drawn from; with the recommendation where somebody chooses from it."""
    at, who = now(), actor()
    state = moving.read(session, incident, actor=who)
    best = None
    if choose and state.open:
        best = dispatch.recommend(session, incident, roads(session), actor=who, now=at)
    return views.Seen(
        state, best, forces.units(session, actor=who, now=at), forces.capabilities(session),
        capabilities.offered(session),
        districts(session), supplies.kinds(supplies.stocks(session, actor=who)), place(session).zone, at,
        ACT in viewer().can,
    )  # fmt: skip


@shown
def found(
    clicks: int | None, supply: str | None, amount: float | None, incident: int | None
) -> Child:
    """Return where a supply comes from soonest."""
    require(VIEW)
    if not clicks or not incident:
        return dash.no_update
    if not supply or not amount:
        return words()["dispatch.which_supply"]
    with reading() as session:
        best = supplies.sources(
            session, incident, supply, float(amount), roads(session), actor=actor()
        )
    return views.sources(best, supply, words())


# --- verbs ----------------------------------------------------------------------------------


def act(*given: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - Dash's own
    """Do what was pressed; the row's refusal says who was sooner, and leaves in the forms what was typed.

    given : the press; the typed need, count, unit, capability and reason; the incident.
    """
    press, need, count, unit, capability, why, incident = given
    if not press or not incident:
        return dash.no_update, dash.no_update, dash.no_update
    typed = Typed(need or "", count, unit or "", capability or "", why or "")
    try:
        require(ACT)
        if press["verb"] not in VERBS:
            raise NotFound(f"no verb {press['verb']}")
        with writing() as session:
            VERBS[press["verb"]](session, int(incident), press, typed, actor(), now())
    except HotlineError as error:
        return {"text": refusal(error), "bad": True, "at": now()}, now(), dash.no_update
    return {"text": words()["dispatch.done"], "at": now()}, now(), now()


def refusal(error: HotlineError) -> str:
    """Return what a refusal of dispatch says: who has the unit, why another is better, what is left."""
    texts, facts = words(), error.facts
    if isinstance(error, WrongStatus) and facts.get("cap") == "busy":
        if not facts.get("incident"):
            return texts["force.elsewhere"]
        return texts["dispatch.busy"].format(no=facts.get("no", ""), title=facts.get("title", ""))
    if isinstance(error, WrongStatus) and facts.get("cap") == "out_of_service":
        return texts["dispatch.out"].format(reason=facts.get("reason", ""))
    if isinstance(error, WrongStatus) and facts.get("cap") == "stock":
        return texts["dispatch.left"].format(n=facts.get("left", 0))
    if isinstance(error, BadInput) and facts.get("field") == "override":
        return texts["dispatch.owes_why"]
    return str(told(error)["text"])


Pressed = Mapping[str, Any]
Verb = Callable[[Session, int, Any, Typed, Actor, float], object]


def _assign(session: Session, incident: int, p: Pressed, _t: Typed, who: Actor, at: float) -> None:
    dispatch.assign(
        session, incident, str(p["unit"]), capability=str(p["need"]), network=roads(session),
        actor=who, now=at,
    )  # fmt: skip


def _override(session: Session, incident: int, _p: object, t: Typed, who: Actor, at: float) -> None:
    if not t.unit:
        raise BadInput("which unit?", field="unit")
    dispatch.assign(
        session, incident, t.unit, capability=t.capability, network=roads(session), override=t.why,
        actor=who, now=at,
    )  # fmt: skip


def _move(session: Session, _i: int, p: Pressed, _t: Typed, who: Actor, at: float) -> None:
    dispatch.move_unit(session, int(p["assignment"]), str(p["step"]), actor=who, now=at)


def _send(session: Session, incident: int, p: Pressed, _t: Typed, who: Actor, at: float) -> None:
    supplies.send_supply(
        session, incident, str(p["depot"]), str(p["supply"]), float(p["amount"]), network=roads(session),
        actor=who, now=at,
    )  # fmt: skip


def _set_need(session: Session, incident: int, _p: object, t: Typed, who: Actor, at: float) -> None:
    if t.number is None:
        raise BadInput("how many?", field="count")
    dispatch.set_need(session, incident, t.need, int(t.number), actor=who, now=at)


VERBS: Mapping[str, Verb] = {
    "assign": _assign,
    "move": _move,
    "send": _send,
    "set_need": _set_need,
    "override": _override,
}
"""What a button of the pane says -> what is done."""
