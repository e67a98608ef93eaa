"""One ticket's page and the moves pressed on it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State, html
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading, writing
from dashboard.pages import escalate, letters, placing
from dashboard.pages.context import actor, districts, place, pressed_button, shown, told, words
from dashboard.views import clock
from dashboard.views import placing as placing_views
from dashboard.views import ticket as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Child
from dashboard.views.ticket_moves import VERBS, Forms
from dashboard.views.ticket_query import TicketQuery
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from models.rules.places import located
from models.store import staff
from models.tables import Ticket
from tickets import (
    amending,
    assignment,
    contacts,
    duplicates,
    identity,
    intake,
    pausing,
    queries,
    reexamination,
    screening,
    search,
    workflow,
)
from tickets.moving import Actor

NEARBY_M, NEARBY_DAYS = 500, 30
Values = Mapping[str, Any]
Move = Callable[[Session, int, Values, Actor, float], object]


def _text(values: Values, name: str) -> str:
    return str(values.get(name) or "")


def _yes(values: Values, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(_text(values, name))


def _either(values: Values, name: str) -> bool:
    """Read a yes or no that is owed."""
    said = _yes(values, name)
    if said is None:
        raise BadInput(f"{name} is not said", field=name)
    return said


def _choice(values: Values, name: str) -> Any:  # noqa: ANN401 - one of a list, the service judges which
    return _text(values, name)


def _days(values: Values) -> int:
    days = values.get("days")
    return days if isinstance(days, int) else 0  # the service says how many it takes


def _number(values: Values, name: str) -> int:
    text = _text(values, name)
    return id_in(text)  # the service says that there is none such


def _moment(session: Session, values: Values, name: str) -> float:
    """Read a local "2026-01-31 08:30"; 0 when empty."""
    return clock.instant(_text(values, name), place(session).zone, name)


def _facts(values: Values) -> amending.Facts:
    """Read a ticket's facts as the form of 修改 has them."""
    texts = {name: _text(values, name) for name in amending.FIELDS}
    return amending.Facts(**texts, flags=frozenset(values.get("flags") or ()))


def _sheet(values: Values) -> screening.Sheet:
    """Read a 矛盾纠纷排查表."""
    people = values.get("people")
    return screening.Sheet(
        parties=_text(values, "parties"), nature=_choice(values, "nature"),
        people=people if isinstance(people, int) else 0, risk=_choice(values, "risk"),
        measures=_text(values, "measures"), person=_text(values, "person"),
    )  # fmt: skip


def _noted(verb: Callable[..., object]) -> Move:
    return lambda s, t, v, who, at: verb(s, t, note=_text(v, "note"), actor=who, now=at)


def _call_back(session: Session, ticket: int, values: Values, who: Actor, at: float) -> None:
    """Take what the citizen said; of one who was reached all of it is owed, "not said" included."""
    reached = _either(values, "reached")
    for name in ("grade", "solved") if reached else ():
        if not _text(values, name):
            raise BadInput(f"{name} is not said", field=name)
    workflow.call_back(
        session, ticket, reached=reached, grade=_choice(values, "grade") or "none",
        solved=_yes(values, "solved"), note=_text(values, "note"), actor=who, now=at,
    )  # fmt: skip


MOVES: Mapping[str, Move] = {
    "answer": lambda s, t, v, who, at: intake.answer(
        s, t, reply=_text(v, "reply"), actor=who, now=at
    ),
    "assign": lambda s, t, v, who, at: assignment.assign(
        s, t, units=v.get("units") or [], mode=_choice(v, "mode"), by=_moment(s, v, "by"),
        note=_text(v, "note"), actor=who, now=at,
    ),
    "settle": lambda s, t, v, who, at: intake.settle(
        s, t, finding=_choice(v, "finding"), note=_text(v, "note"), actor=who, now=at
    ),
    "reject": lambda s, t, v, who, at: assignment.reject(
        s, t, ground=_text(v, "ground"), note=_text(v, "note"), actor=who, now=at
    ),
    "start": lambda s, t, v, who, at: workflow.start(s, t, actor=who, now=at),
    "sub_assign": lambda s, t, v, who, at: assignment.sub_assign(
        s, t, unit=_text(v, "unit"), note=_text(v, "note"), actor=who, now=at
    ),
    "finish_part": lambda s, t, v, who, at: workflow.finish_part(
        s, t, result=_text(v, "result"), actor=who, now=at
    ),
    "submit": lambda s, t, v, who, at: workflow.submit(
        s, t, result=_text(v, "result"), actor=who, now=at
    ),
    "approve": lambda s, t, v, who, at: workflow.approve(
        s, t, quality=_choice(v, "quality"), points=v.get("points") or (), note=_text(v, "note"),
        actor=who, now=at,
    ),
    "send_back": lambda s, t, v, who, at: workflow.send_back(
        s, t, quality=_choice(v, "quality"), points=v.get("points") or (), note=_text(v, "note"),
        actor=who, now=at,
    ),
    "coordinate": lambda s, t, v, who, at: assignment.coordinate(
        s, t, units=v.get("units") or [], what=_text(v, "what"), by=_moment(s, v, "by"),
        note=_text(v, "note"), actor=who, now=at,
    ),
    "ask_return": lambda s, t, v, who, at: assignment.ask_return(
        s, t, ground=_choice(v, "ground"), reason=_text(v, "reason"), actor=who, now=at
    ),
    "grant_return": _noted(assignment.grant_return),
    "deny_return": _noted(assignment.deny_return),
    "recall": _noted(assignment.recall),
    "ask_extension": lambda s, t, v, who, at: assignment.ask_extension(
        s, t, days=_days(v), reason=_text(v, "reason"), actor=who, now=at
    ),
    "grant_extension": _noted(assignment.grant_extension),
    "deny_extension": _noted(assignment.deny_extension),
    "urge": _noted(workflow.urge),
    "plan_urge": lambda s, t, v, who, at: workflow.plan_urge(
        s, t, on=_moment(s, v, "on"), note=_text(v, "note"), actor=who, now=at
    ),
    "pause_clock": _noted(pausing.pause_clock),
    "resume_clock": _noted(pausing.resume_clock),
    "merge": lambda s, t, v, who, at: duplicates.merge(
        s, t, into=_text(v, "into").strip(), note=_text(v, "note"), actor=who, now=at
    ),
    "unmerge": _noted(duplicates.unmerge),
    "rate_supervision": lambda s, t, v, who, at: workflow.rate_supervision(
        s, t, _number(v, "supervision"), rating=_number(v, "rating"), note=_text(v, "note"),
        actor=who, now=at,
    ),
    "supervise": _noted(workflow.supervise),
    "instruct": _noted(workflow.instruct),
    "reply": lambda s, t, v, who, at: workflow.reply(
        s, t, text=_text(v, "text"), actor=who, now=at
    ),
    "call_back": _call_back,
    "contact": lambda s, t, v, who, at: contacts.contact(
        s, t, how=_choice(v, "how"), reached=_either(v, "reached"), note=_text(v, "note"),
        actor=who, now=at,
    ),
    "reopen": _noted(workflow.reopen),
    "contest": _noted(reexamination.contest),
    "conclude": lambda s, t, v, who, at: reexamination.conclude(
        s, t, upheld=_either(v, "upheld"), note=_text(v, "note"), actor=who, now=at
    ),
    "archive": _noted(workflow.archive),
    "screen": lambda s, t, v, who, at: screening.screen(
        s, t, sheet=_sheet(v), note=_text(v, "note"), actor=who, now=at
    ),
    "place": placing.place,
    "amend": lambda s, t, v, who, at: amending.amend(
        s, t, said=_facts(v), version=_number(v, "version"), note=_text(v, "note"), actor=who, now=at
    ),
}  # fmt: skip


def register(app: dash.Dash) -> None:
    """Register the ticket page's callback."""
    app.callback(
        Output("ticket-body", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"ticket-do": ALL, "ticket": ALL}, "n_clicks"),
        State({"ticket-field": ALL, "verb": ALL}, "value"),
        State({"ticket-field": ALL, "verb": ALL}, "id"),
        State("ticket-no", "data"),
        prevent_initial_call=True,
    )(press)


def page(search: str) -> Child:
    """Return one ticket by its public number."""
    require("ticket.view")
    no = parse_qs(search.lstrip("?")).get("no", [""])[0]
    return html.Div(_ticket(no), id="ticket-body")


Typed = Mapping[tuple[str, str], Any]
"""(verb, field) -> what stands in it."""


def _ticket(no: str, typed: Typed | None = None, pressed: str = "") -> Child:
    with reading() as session:
        return _whole(session, no, typed or {}, pressed)


def _whole(session: Session, no: str, typed: Typed, pressed: str) -> Child:
    who = actor()
    whole = queries.whole(session, no, actor=who, now=now())
    proposed = assignment.propose(session, whole.row) if "assign" in whole.verbs else ("", "")
    lists = {
        "units": queries.units(session),
        "categories": queries.categories(session) if "amend" in whole.verbs else [],
        "below": queries.units(session, below=who.unit) if who.unit else [],
        "supervisions": [(str(s.id), s.opinion[:40]) for s in whole.supervisions if not s.ended_at],
    }
    zone, town = place(session).zone, placing.town()
    own = whole.row.opened_by == who.user_id
    return views.ticket(
        whole, forms=Forms(lists, proposed, typed, pressed), zone=zone, words=words(),
        district=districts(session).get(whole.row.district, whole.row.district),
        may_call="calls.view" in who.can or own,
        may_reveal=identity.may_reveal(session, whole.row, who), may_tell=identity.may_show_code(who),
        letters=letters.of_ticket(session, whole.row), place=_place(session, whole.row, town, zone),
        incident=escalate.of_ticket(session, whole.row),
    )  # fmt: skip


def _place(session: Session, row: Ticket, town: placing.Town | None, zone: str) -> Child:
    """Return where the ticket is, with the number of the tickets around it that the viewer may see."""
    since = clock.local(now() - NEARBY_DAYS * 86_400, zone).date()
    near = f"{row.lon},{row.lat},{NEARBY_M}"
    query = TicketQuery({"desk": "all", "located": "yes", "around": near, "since": str(since)})
    number = 0
    if located(row.precision) == "yes":
        most = placing_views.NEARBY_MOST + 1
        number = search.count(session, query.criteria(zone), actor=actor(), now=now(), most=most)
    base, here = (town.base, placing.here_of(row, town)) if town else (None, None)
    return placing_views.of_ticket(row, base, here, words(), nearby=(number, query.href()))


def press(
    clicks: list[int | None],
    values: list[Any],
    fields: list[dict[str, str]],
    no: str | None,
) -> tuple[Any, Any]:
    """Carry out the pressed move and show the ticket as it is afterwards, or why not."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed or not no:
        return dash.no_update, dash.no_update
    verb, ticket_id = pressed["ticket-do"], int(pressed["ticket"])
    typed = {
        (field["verb"], field["ticket-field"]): value
        for field, value in zip(fields, values, strict=True)
    }
    given = {name: value for (asked, name), value in typed.items() if asked == verb}
    try:
        require("ticket.view")
        if verb not in MOVES:
            raise NotFound(f"no move {verb}")
        with writing() as session:
            whole = queries.whole(session, no, actor=actor(), now=now())
            if whole.row.id != ticket_id:
                raise NotFound(f"ticket {ticket_id} is not {no}")
            MOVES[verb](session, ticket_id, given, actor(), now())
        note: dict[str, object] = {"text": words()["ticket.done"].format(
            verb=words()[f"verb.{verb}"]
        ), "at": now()}  # fmt: skip
    except HotlineError as error:
        # who comes second must see what the first did, and loses nothing of what was typed
        stale = isinstance(error, WrongStatus)
        body = shown(_ticket)(no, typed, verb) if stale else dash.no_update
        return body, {**refused(error), "at": now()}
    return shown(_ticket)(no), note


def refused(error: HotlineError) -> dict[str, object]:
    """Return why a move was refused in the words of the trade: the cap, the owing units, the state."""
    texts = words()
    cap = error.facts.get("cap")
    if cap and f"cap.{cap}" in texts:
        return {"text": texts[f"cap.{cap}"], "bad": True}
    if error.facts.get("outside"):
        return {"text": texts["place.outside"], "bad": True}
    if "owing" in error.facts:
        return {"text": texts["cap.owing"], "bad": True}
    if "status" in error.facts:
        state = texts.get(f"ticket_status.{error.facts['status']}", "")
        return {
            "text": texts["ticket.wrong_status"].format(state=state, may=_may(error)),
            "bad": True,
        }
    if "field" in error.facts:
        return {"text": texts["ticket.wrong_field"].format(
            field=texts.get(f"field.{error.facts['field']}", "")
        ), "bad": True}  # fmt: skip
    return told(error)


def _may(error: HotlineError) -> str:
    """Return who may do what instead, as "派单、不予受理（派单员）"; a role is named once, with all its moves."""
    texts, may = words(), error.facts.get("may")
    offered = {v: p for v, p in may.items() if v in VERBS} if isinstance(may, dict) else {}
    with reading() as session:
        roles = staff.holders(session, set(offered.values()))
    told: dict[str, list[str]] = {}
    for verb, permission in offered.items():
        told.setdefault(roles.get(permission, ""), []).append(texts[f"verb.{verb}"])
    return texts["ticket.may_none"] if not told else texts["told.then"].join(
        texts["ticket.may"].format(verbs=texts["told.or"].join(verbs), role=role or texts["ticket.nobody"])
        for role, verbs in told.items()
    )  # fmt: skip
