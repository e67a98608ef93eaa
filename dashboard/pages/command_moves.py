"""What is pressed on the command page: a form is opened in its place, done, and closed; what is refused stays in it."""

import secrets
from collections.abc import Mapping
from typing import Any

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import (
    dispatch,
    dossier,
    forces,
    incidents,
    levels,
    moving,
    plans,
    queries,
    records,
)
from command.duty import contacts, groups
from dashboard.auth import require
from dashboard.door import ground, reading, writing
from dashboard.pages.command_verbs import MOVES, Values, report
from dashboard.pages.context import actor, words
from dashboard.pages.dispatch import refusal as dispatch_refusal
from dashboard.views import command as views
from dashboard.views import command_forms, command_plan
from dashboard.views.command_forms import FORMS, Asked, Options
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from models.rules.incident.plans import GRADES, Around
from models.rules.incident.state import Incident
from models.store.db import tenant_of
from models.tables import ResponseUnit

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
        lists = {**_lists(session, state), **_own_lists(session, verb, about, state)}
        values = {**_begins(session, verb, about, state), **{k: v for k, v in given.items() if v}}
        if verb == "report":
            values.setdefault("token", secrets.token_hex(8))
        above = (
            _unread(session, int(about), state)
            if verb == "activate_plan" and about.isdecimal() and state
            else None
        )
    return command_forms.form(Asked(verb, about, lists, values, note, above), words())


def _unread(session: Session, plan: int, state: Incident) -> Child:
    """Return the plan that is to be started, to be read."""
    sections = plans.body_of(plans.version(session, plan, actor=actor())).sections
    fitting = plans.suggest(session, state, around(state))
    return command_plan.before(sections, plan, words(), fits=any(s.plan == plan for s in fitting))


def _lists(session: Session, state: Incident | None) -> Mapping[str, Options]:
    texts, others = words(), []
    if state is not None:
        found = queries.listed(session, queries.Criteria(status="open"), actor=actor()).rows
        others = [(str(row.id), f"{row.no} {row.title}") for row in found if row.id != state.id]
    bound = [each for each in state.assignments.values() if each.open] if state else []
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
        "bound": [(each.unit, each.label) for each in bound],
        "stages": [(stage, texts[f"report_stage.{stage}"]) for stage in stages],
    }


def _own_lists(
    session: Session, verb: str, about: str, state: Incident | None
) -> Mapping[str, Options]:
    """Return the lists that one verb alone has, and not everybody may see."""
    if verb == "send_unit":
        return {"needs": _needs(session, about)}
    if verb == "call_plan" and state is not None:
        return {"plans": _all_plans(session, state)}
    if verb not in ("confer", "notify") or "duty.view" not in actor().can:
        return {}
    return {
        "groups": [(str(each.id), each.name) for each in groups.listed(session, actor=actor())],
        "people": [(str(number), name) for number, name in contacts.people(session)],
    }


def _all_plans(session: Session, state: Incident) -> Options:
    """Return every plan that can be started, those that fit first and marked."""
    fitting = [s.plan for s in plans.suggest(session, state, around(state))]
    rows = plans.startable(session, state)
    texts = words()
    return [
        (str(row.id), f"{row.title}（{texts['command.plan_fits']}）" if row.id in fitting else row.title)
        for row in sorted(rows, key=lambda row: (row.id not in fitting, row.code))
    ]  # fmt: skip


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
        "hand_task": {"unit": (task.unit if task else "") or None},
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
        if verb == "call_plan":  # chosen: now it is read, and started from the form that says why
            form = _form("activate_plan", _chosen(given), incident or 0, {}, "")
            return form, dash.no_update, dash.no_update
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


def _chosen(given: Values) -> str:
    plan = str(given.get("plan") or "")
    if not plan.isdecimal():
        raise BadInput("which plan?", field="plan")
    return plan


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


def begun(asked: Mapping[str, str]) -> Child:
    """Return the form of a new incident as an address begins it."""
    require("command.report")
    names = ("title", "point", "address", "source", "tickets", "type")
    return _form("report", "", 0, {name: asked.get(name, "") for name in names}, "")
