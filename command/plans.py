"""预案: versions written, activated and retired; which fit an incident; and their activation in one.

An incident keeps the version it was activated with, whole: who edits the plan meanwhile changes the next one's.
"""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from command.moving import TITLE_MAX, Held, take, tell, text
from command.revising import follow_plan
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import Grade
from models.events.incident.response import PlanActivated
from models.rules.incident.plans import GRADES, Around, Body, Fit, fit, wrong
from models.rules.incident.state import Incident as State
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Parameter, Plan
from tickets.moving import Actor

EDIT = "command.edit"
PARAMETER = "command"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant decides of command. automatic : plans that say so start by themselves (K-17).

    stale_s : a position heard of longer ago is not relied on. reroute_s : by so many seconds an arrival must change
    before it is told. arrival_m : a unit that stays so near its scene has arrived. track_days : how long tracks are
    kept of units that were bound to nothing.
    """

    automatic: bool = False
    stale_s: float = 120.0
    arrival_m: float = 150.0
    reroute_s: float = 60.0
    track_days: float = 30.0


def policy(session: Session) -> Policy:
    """Return the tenant's parameters of command as they are now."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == PARAMETER))
    return msgspec.convert(value, Policy) if value is not None else Policy()


# --- editing --------------------------------------------------------------------------------


def save_draft(
    session: Session, code: str, *, title: str, body: Body, rev: int, actor: Actor, now: Instant
) -> Plan:  # fmt: skip
    """Write the draft of a plan's next version, or a new plan's first; return it.

    rev : of the draft on the actor's screen, 0 when there was none: WrongStatus, cap `moved`, when somebody
    else saved meanwhile. BadInput names the field.
    """
    _may_edit(actor)
    code, title = text(code, "code", most=40), text(title, "title", most=TITLE_MAX)
    draft = session.scalar(
        select(Plan).where(Plan.code == code, Plan.state == "draft").with_for_update()
    )
    if (draft.rev if draft else 0) != rev:
        raise WrongStatus(f"plan {code} was saved meanwhile", cap="moved")
    if draft is None:
        last = session.scalar(select(func.max(Plan.version)).where(Plan.code == code)) or 0
        draft = Plan(
            tenant_id=tenant_of(session), code=code, version=last + 1, rev=0, state="draft", body={},
            title=title, written_at=to_datetime(now), written_by=actor.user_id,
        )  # fmt: skip
        session.add(draft)
    draft.title, draft.body, draft.rev = title, msgspec.to_builtins(body), draft.rev + 1
    draft.written_at, draft.written_by = to_datetime(now), actor.user_id
    session.flush()
    _audit(session, "save_plan", draft, actor, now)
    return draft


def publish(session: Session, plan_id: int, *, rev: int, actor: Actor, now: Instant) -> None:
    """Let a draft be the plan from now on; the version before it is retired. BadInput names what is wrong in it."""
    _may_edit(actor)
    draft = _locked(session, plan_id)
    if draft.state != "draft" or draft.rev != rev:
        raise WrongStatus(f"plan {plan_id} was changed meanwhile", cap="moved")
    fault = wrong(body_of(draft))
    if fault:
        raise BadInput(f"the plan's {fault} cannot be", field=fault)
    session.execute(
        update(Plan).where(Plan.code == draft.code, Plan.state == "active").values(state="retired")
    )
    draft.state, draft.active_at, draft.active_by = "active", to_datetime(now), actor.user_id
    _audit(session, "publish_plan", draft, actor, now)


def retire(session: Session, plan_id: int, *, actor: Actor, now: Instant) -> None:
    """Take a plan out of use; what was activated with it goes on."""
    _may_edit(actor)
    row = _locked(session, plan_id)
    if row.state == "retired":
        raise WrongStatus(f"plan {plan_id} is retired", cap="moved")
    row.state = "retired"
    _audit(session, "retire_plan", row, actor, now)


def versions(session: Session, *, actor: Actor) -> list[Plan]:
    """Return every plan's versions, the newest of each first; Refused without command.view."""
    _may_see(actor)
    return list(session.scalars(select(Plan).order_by(Plan.code, Plan.version.desc())))


def version(session: Session, plan_id: int, *, actor: Actor) -> Plan:
    """Return one version; NotFound if there is none."""
    _may_see(actor)
    row = session.get(Plan, plan_id)
    if row is None:
        raise NotFound(f"no plan {plan_id}")
    return row


def body_of(row: Plan) -> Body:
    """Return what a version says."""
    return msgspec.convert(row.body, Body)


def read_body(raw: bytes | dict[str, Any]) -> Body:
    """Read a body as the editor sends it; BadInput says where it is wrong."""
    try:
        if isinstance(raw, dict):
            return msgspec.convert(raw, Body)
        return msgspec.json.decode(raw, type=Body)
    except msgspec.MsgspecError as error:
        raise BadInput(str(error), field="body") from error


# --- matching and activation ----------------------------------------------------------------


class Suggestion(NamedTuple):
    """A plan that fits an incident, and how."""

    plan: int
    code: str
    version: int
    title: str
    body: Body
    fit: Fit


def startable(session: Session, state: State) -> list[Plan]:
    """Return the active plans an incident does not have yet, by code, whether they fit or not."""
    rows = session.scalars(select(Plan).where(Plan.state == "active").order_by(Plan.code))
    return [row for row in rows if row.id not in state.plans]


def suggest(session: Session, state: State, around: Around) -> list[Suggestion]:
    """Return the active plans that fit, the best first; those the incident has already are left out."""
    bodies = [(row, body_of(row)) for row in startable(session, state)]
    found = [
        Suggestion(row.id, row.code, row.version, row.title, body, how)
        for row, body in bodies
        if (how := fit(body, state, around)) is not None
    ]
    return sorted(found, key=lambda suggestion: -suggestion.fit.score)


def activate(
    session: Session, incident_id: int, plan_id: int, *, level: Grade, reason: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """预案启动 by a person, at a response level, with the reason; WrongStatus when it runs already or was retired.

    The level holds at once if the actor may approve it, else it waits for who may.
    """
    held = take(session, incident_id, "activate_plan", actor=actor, now=now)
    if level not in GRADES:
        raise BadInput("which level?", field="level")
    reason = text(reason, "reason")
    start(session, held, plan_id, level, reason)
    follow_plan(session, held, level, reason)


def start(
    session: Session, held: Held, plan_id: int, level: Grade, reason: str, *, automatic: bool = False
) -> None:  # fmt: skip
    """Put an active plan, whole, into an incident in the hand of a verb; WrongStatus when it runs or was retired."""
    row = session.get(Plan, plan_id, with_for_update={"read": True}, populate_existing=True)
    if row is None or row.state != "active":
        raise WrongStatus(f"plan {plan_id} is not active", cap="moved")
    if plan_id in held.state.plans:
        raise WrongStatus(f"plan {plan_id} runs already", cap="runs")
    body = body_of(row)
    event = PlanActivated(
        plan=row.id, version=row.version, title=row.title, level=level, reason=reason, cards=body.cards,
        needs=body.needs, contacts=body.contacts, templates=body.templates, automatic=automatic,
        sections=body.sections, **held.facts(reason),
    )  # fmt: skip
    tell(session, held, event)


def _may_edit(actor: Actor) -> None:
    if EDIT not in actor.can:
        raise Refused(f"{actor.ref} lacks {EDIT}", permission=EDIT)


def _may_see(actor: Actor) -> None:
    if "command.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks command.view", permission="command.view")


def _locked(session: Session, plan_id: int) -> Plan:
    row = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no plan {plan_id}")
    return row


def _audit(session: Session, verb: str, row: Plan, actor: Actor, now: Instant) -> None:
    subject = f"plan:{row.code}"
    audit(
        session,
        actor=actor.ref,
        verb=verb,
        subject=subject,
        now=now,
        version=row.version,
        rev=row.rev,
    )
