"""What is pressed on the command page: a form is opened in its place, done, and closed; what is refused stays in it."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import (
    conference,
    dispatch,
    dossier,
    forces,
    incidents,
    levels,
    moving,
    plans,
    queries,
    records,
    supplies,
    tasks,
)
from command.duty import contacts
from dashboard.auth import require
from dashboard.door import ground, reading, writing
from dashboard.pages.context import actor, place, words
from dashboard.pages.dispatch import refusal as dispatch_refusal
from dashboard.pages.dispatch import roads
from dashboard.views import clock, command_forms
from dashboard.views import command as views
from dashboard.views.command_forms import FORMS, Asked, Options
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from models.events.incident.course import Place
from models.rules.incident.plans import GRADES, Around
from models.rules.incident.state import Incident
from models.store.db import tenant_of
from models.tables import ResponseUnit
from tickets import queries as ticket_queries
from tickets.moving import Actor
from tickets.placing import by_address

Values = Mapping[str, Any]
Move = Callable[[Session, int, int, Values, Actor, float], object]
COLOURS = ("red", "orange", "yellow", "blue")


def register(app: dash.Dash) -> None:
    """Register the two callbacks: a form asked for, a verb done."""
    app.callback(
        Output("command-form", "children"),
        Input("incident-open", "data"),
        State("command-incident", "data"),
        prevent_initial_call=True,
    )(opened)
    app.callback(
        Output("command-form", "children", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Output("url", "href", allow_duplicate=True),
        Input("incident-do", "data"),
        State({"incident-field": ALL, "verb": ALL}, "value"),
        State({"incident-field": ALL, "verb": ALL}, "id"),
        State("command-incident", "data"),
        running=[(Output("command-form", "className"), f"{views.PLACE} busy", views.PLACE)],
        prevent_initial_call=True,
    )(done)


# --- opening --------------------------------------------------------------------------------


def opened(press: Mapping[str, Any] | None, incident: int | None) -> Child:
    """Return the form that was asked for, nothing when it was put away."""
    if not press:
        return dash.no_update
    verb, about = str(press["verb"]), str(press["about"])
    if not verb:
        return []
    require("command.report" if verb == "report" else "command.view")
    return _form(verb, about, incident or 0, {}, "")


def _form(verb: str, about: str, incident: int, given: Values, note: str) -> Child:
    if verb not in FORMS:
        return []
    with reading() as session:
        state = moving.read(session, incident, actor=actor()) if incident else None
        lists = {**_lists(session, state), **_own_lists(session, verb, about)}
        values = {**_begins(session, verb, about, state), **{k: v for k, v in given.items() if v}}
        if verb == "report":
            values.setdefault("token", secrets.token_hex(8))
    return command_forms.form(Asked(verb, about, lists, values, note), words())


def _lists(session: Session, state: Incident | None) -> Mapping[str, Options]:
    texts, others = words(), []
    if state is not None:
        found = queries.listed(session, queries.Criteria(status="open"), actor=actor()).rows
        others = [(str(row.id), f"{row.no} {row.title}") for row in found if row.id != state.id]
    open_tasks = [task for task in state.tasks.values() if task.open] if state else []
    stages = (
        records.stages([r.stage for r in state.reports.values()], state.status) if state else ()
    )
    return {
        "types": [(kind.code, kind.label) for kind in incidents.types(session)],
        "others": others,
        "level_fields": [(field, texts[f"level_field.{field}"]) for field in levels.CHOICES],
        "level_values": [
            *(
                (grade, f"{texts[f'grade.{grade}']} {texts[f'grade_word.{grade}']}")
                for grade in GRADES
            ),
            *((colour, texts[f"colour.{colour}"]) for colour in COLOURS),
        ],
        "levels": [(grade, texts[f"grade.{grade}"]) for grade in GRADES],
        "tasks": [(str(task.task), f"{task.task} {task.title}") for task in open_tasks],
        "stages": [(stage, texts[f"report_stage.{stage}"]) for stage in stages],
    }


def _own_lists(session: Session, verb: str, about: str) -> Mapping[str, Options]:
    """Return the lists that one verb alone has, and not everybody may see."""
    if verb == "send_unit":
        return {"needs": _needs(session, about)}
    if verb != "confer" or "duty.view" not in actor().can:
        return {}
    groups = contacts.groups(session, actor=actor())
    return {
        "groups": [(str(group.id), group.name) for group in groups],
        "people": [(str(number), name) for number, name in contacts.people(session)],
    }


def _needs(session: Session, about: str) -> Options:
    """Return what the unit that is asked for (`0:code`) can do."""
    unit = session.get(ResponseUnit, (tenant_of(session), about.partition(":")[2]))
    named = forces.capabilities(session)
    return [(code, named.get(code, code)) for code in unit.capabilities] if unit else []


def _begins(session: Session, verb: str, about: str, state: Incident | None) -> Values:
    """Return what a form begins with: what it changes, or what is proposed."""
    if state is None:
        return {}
    number = int(about) if about.lstrip("-").isdecimal() else 0
    remark, task = state.remarks.get(number), state.tasks.get(number)
    sent = state.transfers.get(number)
    plain: Mapping[str, Values] = {
        "add_task": {"minutes": 30},
        "confer": {"title": state.title, "record": ["yes"]},
        "change_remark": {"said": remark.text if remark else ""},
        "progress_task": {"percent": (task.percent if task else 0) or 50},
        "return_supply": {"amount": sent.out if sent else None},
    }
    match verb:
        case "amend":
            spot = f"{state.place.lon},{state.place.lat}" if state.place.lon is not None else ""
            return {
                "title": state.title,
                "type": state.type,
                "address": state.place.address,
                "point": spot,
            }
        case "send_unit":
            wanted = dispatch.open_needs(state)
            can = [code for code, _ in _needs(session, about)]
            return {"need": next((code for code in can if code in wanted), None)}
        case "activate_plan":
            return {"level": _proposed(session, number, state) or None}
        case "file_report":
            stages = records.stages([r.stage for r in state.reports.values()], state.status)
            stage = "final" if "final" in stages and not state.open else stages[0] if stages else ""
            return {"stage": stage or None, "said": records.drafted(state, stage)}
        case _:
            return plain.get(verb, {})


def _proposed(session: Session, plan: int, state: Incident) -> str:
    """Return the level a plan suggests for an incident, its last one where it does not fit."""
    body = plans.body_of(plans.version(session, plan, actor=actor()))
    fitting = [s for s in plans.suggest(session, state, around(state)) if s.plan == plan]
    return fitting[0].fit.level if fitting else body.levels[-1].level if body.levels else ""


def around(state: Incident) -> Around:
    """Return what lies round an incident, nothing while there is no city."""
    try:
        return dossier.around(state, ground().city)
    except NotFound:
        return Around()


# --- doing ----------------------------------------------------------------------------------


def done(
    press: Mapping[str, Any] | None, values: list[Any], fields: list[dict[str, str]], incident: int | None
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Do what a form asks; a refusal stays in the form with what was typed."""
    if not press:
        return dash.no_update, dash.no_update, dash.no_update
    verb, about = str(press["verb"]), str(press["about"])
    given = {
        field["incident-field"]: value
        for field, value in zip(fields, values, strict=True)
        if field["verb"] == verb
    }
    try:
        if verb == "report":
            require("command.report")
            with writing() as session:
                state = report(session, given, actor(), now())
            return [], _toast(verb), f"/command?id={state.id}"
        require("command.view")
        if verb not in MOVES:
            raise NotFound(f"no verb {verb}")
        number, _, member = about.partition(":")
        given["member"] = member
        with writing() as session:
            of = int(number) if number.lstrip("-").isdecimal() else 0
            MOVES[verb](session, incident or 0, of, given, actor(), now())
    except HotlineError as error:
        return (
            _form(verb, about, incident or 0, given, refusal(error)),
            dash.no_update,
            dash.no_update,
        )
    return [], _toast(verb), dash.no_update


def _toast(verb: str) -> dict[str, object]:
    texts = words()
    return {"text": texts["command.saved"].format(verb=texts[f"incident_verb.{verb}"]), "at": now()}


def refusal(error: HotlineError) -> str:
    """Return why a verb was refused, in the words of the trade: what is owed, the state, the field."""
    texts = words()
    cap = str(error.facts.get("cap", ""))
    owed = error.facts.get("owed")
    if cap == "owing" and isinstance(owed, list):
        names = texts["told.or"].join(texts[f"command.owing.{name}"] for name in owed)
        return texts["incident_cap.owing"].format(owed=names)
    if cap == "returned":
        return texts["incident_cap.returned"].format(out=f"{error.facts['out']:g}")
    if f"incident_cap.{cap}" in texts:
        return texts[f"incident_cap.{cap}"]
    if isinstance(error, WrongStatus) and "status" in error.facts:
        return texts["incident_cap.status"].format(
            state=texts[f"incident_status.{error.facts['status']}"],
            verb=texts.get(f"incident_verb.{error.facts['verb']}", ""),
        )
    if "field" in error.facts:
        field = str(error.facts["field"])
        return texts["incident_cap.field"].format(field=texts.get(f"incident_field.{field}", field))
    return dispatch_refusal(error)


def report(session: Session, v: Values, who: Actor, at: float) -> Incident:
    """Open an incident from the form; the tickets it began with become its reports, as far as they are free."""
    token = _text(v, "token")
    form = incidents.Form(
        type=_text(v, "type"), title=_text(v, "title"), place=_place(v), source=_chosen(v, "source") or "manual",
        happened=_moment(session, v, "happened"), exercise=bool(v.get("exercise")), note=_text(v, "note"),
        origin=f"form:{token}" if token else "",
    )  # fmt: skip
    state = incidents.report(session, form, actor=who, now=at)
    for no in filter(None, _text(v, "tickets").split(",")):
        row = ticket_queries.whole(session, no, actor=who, now=at).row
        if incidents.of_ticket(session, row.id, actor=who) is None:
            incidents.merge_report(session, state.id, row.id, actor=who, now=at)
    return state


def begun(asked: Mapping[str, str]) -> Child:
    """Return the form of a new incident as an address begins it."""
    require("command.report")
    names = ("title", "point", "address", "source", "tickets", "type")
    return _form("report", "", 0, {name: asked.get(name, "") for name in names}, "")


def _text(values: Values, name: str) -> str:
    return str(values.get(name) or "")


def _chosen(values: Values, name: str) -> Any:  # noqa: ANN401 - one of a list, the service judges which
    return _text(values, name)


def _number(values: Values, name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _moment(session: Session, values: Values, name: str) -> float:
    return clock.instant(_text(values, name), place(session).zone, name)


def _place(values: Values) -> Place:
    """Read a typed `lon,lat` and address; without a point the address's own, where it leaves no doubt."""
    spot, address = _text(values, "point").strip(), _text(values, "address").strip()
    if not spot:
        return _named(address)
    try:
        lon, lat = (float(part) for part in spot.replace("，", ",").split(","))
    except ValueError:
        raise BadInput("no point", field="point") from None
    return located(lon, lat, address)


def _named(address: str) -> Place:
    try:
        here = ground()
        found = by_address(here.gazetteer, here.surface, address) if address else None
    except NotFound:
        return Place(address=address)
    return located(found.lon, found.lat, address) if found else Place(address=address)


def located(lon: float, lat: float, address: str = "") -> Place:
    """Return a place with its district; outside the city it has none."""
    incidents.placed(Place(lon, lat, address))
    try:
        here = ground().surface.at(lon, lat)
    except NotFound:
        return Place(lon, lat, address)
    return Place(lon, lat, address, here.district if here.inside else "")


def _noted(verb: Callable[..., object]) -> Move:
    return lambda s, i, _n, v, who, at: verb(s, i, note=_text(v, "note"), actor=who, now=at)


def _numbered(verb: Callable[..., object]) -> Move:
    return lambda s, i, n, v, who, at: verb(s, i, n, note=_text(v, "note"), actor=who, now=at)


def _amend(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    state = moving.read(session, incident, actor=who)
    spot = _place(v)
    incidents.amend(
        session, incident, title=_text(v, "title"), type_=_text(v, "type"),
        place=spot if spot != state.place else None, note=_text(v, "note"), actor=who, now=at,
    )  # fmt: skip


def _merge(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    whole = ticket_queries.whole(session, _text(v, "ticket").strip(), actor=who, now=at)
    incidents.merge_report(
        session, incident, whole.row.id, note=_text(v, "note"), actor=who, now=at
    )


def _ask_level(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    field = _chosen(v, "field")
    if field not in levels.CHOICES:
        raise BadInput("which field?", field="field")
    was = getattr(moving.read(session, incident, actor=who), field)
    levels.ask_level(
        session, incident, field, _text(v, "value"), was=was, reason=_text(v, "reason"), actor=who, now=at
    )  # fmt: skip


def _add_task(session: Session, incident: int, _n: int, v: Values, who: Actor, at: float) -> None:
    minutes = _number(v, "minutes")
    tasks.add_task(
        session, incident, title=_text(v, "title"), role=_text(v, "role"), due=at + minutes * 60 if minutes else 0.0,
        after=tuple(int(number) for number in v.get("after") or ()), said=_text(v, "said"), actor=who, now=at,
    )  # fmt: skip


MOVES: Mapping[str, Move] = {
    "verify": _noted(incidents.verify),
    "respond": _noted(incidents.respond),
    "control": _noted(incidents.control),
    "relapse": _noted(incidents.relapse),
    "end": _noted(incidents.end),
    "close": _noted(incidents.close),
    "cancel": lambda s, i, _n, v, who, at: incidents.cancel(
        s, i, into=int(_text(v, "into") or 0), note=_text(v, "note"), actor=who, now=at
    ),
    "amend": _amend,
    "merge_report": _merge,
    "part_report": _numbered(incidents.part_report),
    "ask_level": _ask_level,
    "approve_level": _numbered(levels.approve_level),
    "refuse_level": _numbered(levels.refuse_level),
    "activate_plan": lambda s, i, n, v, who, at: plans.activate(
        s, i, n, level=_chosen(v, "level"), reason=_text(v, "reason"), actor=who, now=at
    ),
    "add_task": _add_task,
    "start_task": lambda s, i, n, _v, who, at: tasks.start_task(s, i, n, actor=who, now=at),
    "progress_task": lambda s, i, n, v, who, at: tasks.progress_task(
        s, i, n, int(_number(v, "percent")), note=_text(v, "note"), actor=who, now=at
    ),
    "finish_task": _numbered(tasks.finish_task),
    "drop_task": _numbered(tasks.drop_task),
    "file_report": lambda s, i, _n, v, who, at: records.file_report(
        s, i, _chosen(v, "stage"), said=_text(v, "said"), to=_text(v, "to"), actor=who, now=at
    ),
    "order": lambda s, i, _n, v, who, at: records.order(
        s, i, to=_text(v, "to"), said=_text(v, "said"), actor=who, now=at
    ),
    "answer_order": lambda s, i, n, v, who, at: records.answer_order(
        s, i, n, said=_text(v, "said"), done=bool(v.get("done")), actor=who, now=at
    ),
    "ask_decision": lambda s, i, _n, v, who, at: records.ask_decision(
        s, i, question=_text(v, "question"), actor=who, now=at
    ),
    "decide": lambda s, i, n, v, who, at: records.decide(
        s, i, n, answer=_text(v, "answer"), actor=who, now=at
    ),
    "remark": lambda s, i, _n, v, who, at: records.remark(
        s, i, said=_text(v, "said"), about=_moment(s, v, "about"), actor=who, now=at
    ),
    "change_remark": lambda s, i, n, v, who, at: records.change_remark(
        s, i, n, said=_text(v, "said"), actor=who, now=at
    ),
    "confer": lambda s, i, _n, v, who, at: conference.confer(
        s, i, title=_text(v, "title"), people=[int(one) for one in v.get("people") or ()],
        groups=[int(one) for one in v.get("groups") or ()], record=bool(v.get("record")), actor=who, now=at,
    ),
    "grant_floor": lambda s, i, n, v, who, at: conference.grant_floor(
        s, i, n, _text(v, "member"), granted=True, actor=who, now=at
    ),
    "take_floor": lambda s, i, n, v, who, at: conference.grant_floor(
        s, i, n, _text(v, "member"), granted=False, actor=who, now=at
    ),
    "end_conference": lambda s, i, n, _v, who, at: conference.end_conference(s, i, n, actor=who, now=at),
    "send_unit": lambda s, i, _n, v, who, at: dispatch.assign(
        s, i, _text(v, "member"), capability=_text(v, "need"), network=roads(s), override=_text(v, "override"),
        actor=who, now=at,
    ),
    "cancel_unit": lambda s, _i, n, v, who, at: dispatch.cancel(
        s, n, note=_text(v, "note"), actor=who, now=at
    ),
    "return_supply": lambda s, _i, n, v, who, at: supplies.return_supply(
        s, n, _number(v, "amount"), note=_text(v, "note"), actor=who, now=at
    ),
    "notify": lambda s, i, _n, v, who, at: records.notify(
        s, i, to=tuple(filter(None, _text(v, "to").replace("，", ",").split(","))), said=_text(v, "said"),
        actor=who, now=at,
    ),
}  # fmt: skip
