"""业务参数: what a tenant decides for itself, effective at once: caps, deadlines, calendar, table of moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast, get_args

import msgspec
from sqlalchemy import any_, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.deadlines import Stage, Term, TermRule, TimeUnit
from models.rules.tickets import MOVES, Move, Verb
from models.rules.tickets.choices import KINDS, STAFF, URGENCIES
from models.rules.tickets.moves import check
from models.rules.tickets.options import Options
from models.rules.tickets.options import check as check_options
from models.rules.tickets.policy import AutoAssign, OfficeDays, Policy
from models.rules.tickets.recognition import IntakePolicy
from models.store.chain import audit
from models.store.db import tenant_of
from models.store.people import PERMISSIONS
from models.tables import Category, Holiday, Parameter, Role, Unit, User
from tickets import moving, terms
from tickets.moving import Actor

Name = Literal[
    "workflow",
    "terms",
    "calendar",
    "moves",
    "auto_assign",
    "options",
    "intake",
    "alerts",
    "command",
]
PERMISSION = "admin.parameters"
STAGES: tuple[Stage, ...] = get_args(Stage)
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
LONGEST_TERM = 3_650
LONGEST_SPAN = 60
NOTE_MAX = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """Who set a parameter and when; `at` is its version too, 0 while it was never set."""

    at: Instant = 0.0
    by: str = ""


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor may change parameters."""
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def settings(session: Session) -> dict[str, Setting]:
    """Return who set each parameter and when, by name."""
    found = session.execute(select(Parameter.name, Parameter.set_at, Parameter.set_by))
    return {name: Setting(at.timestamp(), by) for name, at, by in found}


def put(
    session: Session, name: Name, value: Any, seen: Instant, actor: Actor, now: Instant  # noqa: ANN401 - JSON
) -> None:  # fmt: skip
    """Set a parameter that nobody set since `seen`; WrongStatus if somebody did, Refused without the right."""
    allowed(actor)
    old = session.scalar(select(Parameter.value).where(Parameter.name == name))
    said = {"value": value, "set_at": to_datetime(now), "set_by": actor.ref}
    done = session.scalar(
        insert(Parameter)
        .values(tenant_id=tenant_of(session), name=name, **said)
        .on_conflict_do_update(
            index_elements=["tenant_id", "name"], set_=said,
            where=Parameter.set_at == to_datetime(seen),
        )
        .returning(Parameter.id)
    )  # fmt: skip
    if done is None:
        raise WrongStatus(f"{name} was set meanwhile", parameter=name)
    audit(
        session,
        actor=actor.ref,
        verb="set_parameter",
        subject=name,
        now=now,
        before=old,
        after=value,
    )


# --- caps -----------------------------------------------------------------------------------


def set_policy(
    session: Session, policy: Policy, *, seen: Instant, actor: Actor, now: Instant
) -> None:
    """Set the caps of the workflow; BadInput names the one beyond its limits."""
    allowed(actor)
    policy.check()
    put(session, "workflow", msgspec.to_builtins(policy), seen, actor, now)


def set_auto_assign(
    session: Session, rule: AutoAssign, *, seen: Instant, actor: Actor, now: Instant
) -> None:
    """Say which kinds the system assigns by itself, in which categories; BadInput for one that is not there."""
    allowed(actor)
    if any(kind not in KINDS or kind == STAFF for kind in rule.kinds):
        raise BadInput(f"kinds {rule.kinds}", field="kinds")
    known = set(
        session.scalars(select(Category.code).where(Category.code.in_(rule.categories)).distinct())
    )
    if set(rule.categories) - known:
        raise BadInput(f"categories {rule.categories}", field="categories")
    put(session, "auto_assign", msgspec.to_builtins(rule), seen, actor, now)


def set_options(
    session: Session, options: Options, *, seen: Instant, actor: Actor, now: Instant
) -> None:
    """Set the words and the use of the option lists; BadInput names the list that cannot be used."""
    allowed(actor)
    check_options(options)
    put(session, "options", msgspec.to_builtins(options), seen, actor, now)


def set_intake(
    session: Session, policy: IntakePolicy, *, seen: Instant, actor: Actor, now: Instant
) -> None:
    """Set the words and limits of intake; BadInput names the one that cannot be taken."""
    allowed(actor)
    policy.check()
    put(session, "intake", msgspec.to_builtins(policy), seen, actor, now)


# --- deadlines ------------------------------------------------------------------------------


def put_rule(
    session: Session, rule: TermRule, *, seen: Instant, actor: Actor, now: Instant
) -> TermRule:
    """Add a deadline rule, in place of the tenant's own for the same place; return it with its id."""
    allowed(actor)
    _check_rule(session, rule)
    rule = msgspec.structs.replace(
        rule, term=msgspec.structs.replace(rule.term, rule=_rule_id(rule))
    )
    kept = [own for own in terms.own_rules(session) if terms.place(own) != terms.place(rule)]
    put(session, "terms", msgspec.to_builtins([*kept, rule]), seen, actor, now)
    return rule


def drop_rule(session: Session, rule_id: str, *, seen: Instant, actor: Actor, now: Instant) -> None:
    """Take back one of the tenant's own rules: the default of its place counts again."""
    allowed(actor)
    own = terms.own_rules(session)
    kept = [rule for rule in own if rule.id != rule_id]
    if len(kept) == len(own):
        raise NotFound(f"no own rule {rule_id}")
    put(session, "terms", msgspec.to_builtins(kept), seen, actor, now)


def rule_of(
    *,
    stage: str,
    amount: int,
    unit: str,
    warn: float,
    kind: str = "",
    category: str = "",
    holder: str = "",
    urgency: str = "",
) -> TermRule:
    """Return a rule as a form says it; BadInput names the field that cannot be taken."""
    if stage not in STAGES:
        raise BadInput(f"stage {stage!r}", field="stage")
    if unit not in TIME_UNITS:
        raise BadInput(f"unit {unit!r}", field="time_unit")
    if not 1 <= amount <= LONGEST_TERM:
        raise BadInput(f"amount {amount}", field="amount")
    if not 0 <= warn <= 1:
        raise BadInput(f"warn {warn}", field="warn")
    return TermRule(
        stage=stage, term=Term("own", amount, unit, warn), kind=kind, category=category,
        unit=holder, urgency=urgency,
    )  # fmt: skip


def _check_rule(session: Session, rule: TermRule) -> None:
    if rule.kind not in ("", *KINDS):
        raise BadInput(f"kind {rule.kind!r}", field="kind")
    if rule.urgency not in ("", *URGENCIES):
        raise BadInput(f"urgency {rule.urgency!r}", field="urgency")
    if rule.category and not session.scalar(
        select(Category.id).where(Category.code == rule.category).limit(1)
    ):
        raise BadInput(f"category {rule.category!r}", field="category")
    if rule.unit and not session.scalar(select(Unit.id).where(Unit.code == rule.unit)):
        raise BadInput(f"unit {rule.unit!r}", field="unit")


def _rule_id(rule: TermRule) -> str:
    """Return an id that says where the rule holds: it is stored with every due instant it gives."""
    named = [f"{name}={value}" for name, value in (
        ("kind", rule.kind), ("category", rule.category), ("unit", rule.unit),
        ("urgency", rule.urgency), ("ticket", rule.ticket),
    ) if value]  # fmt: skip
    return ".".join(("own", rule.stage, *named))


# --- calendar -------------------------------------------------------------------------------


def set_office(
    session: Session, office: OfficeDays, *, seen: Instant, actor: Actor, now: Instant
) -> None:
    """Set the end of the office day, and the years whose days the tenant entered by hand."""
    allowed(actor)
    if not 0 <= office.office_end < 24 * 60:
        raise BadInput(f"office_end {office.office_end}", field="office_end")
    if any(not 2000 <= year <= 2100 for year in office.published):
        raise BadInput(f"published {office.published}", field="published")
    put(session, "calendar", msgspec.to_builtins(office), seen, actor, now)


def add_days(
    session: Session,
    first: date,
    last: date,
    *,
    work: bool,
    note: str,
    actor: Actor,
    now: Instant,
) -> int:
    """Say that the days from `first` to `last` are worked or off, whatever was said of them; return how many."""
    allowed(actor)
    if not 0 <= (last - first).days < LONGEST_SPAN:
        raise BadInput(f"{first} to {last}", field="last")
    if len(note) > NOTE_MAX or "\0" in note:
        raise BadInput("note", field="note")
    days = [str(first + timedelta(days=i)) for i in range((last - first).days + 1)]
    tenant = tenant_of(session)
    row = insert(Holiday).values(
        [{"tenant_id": tenant, "day": day, "work": work, "note": note.strip()} for day in days]
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["tenant_id", "day"],
            set_={"work": row.excluded.work, "note": row.excluded.note},
        )
    )
    audit(
        session, actor=actor.ref, verb="add_days", subject=f"{first}..{last}", now=now, work=work,
        note=note.strip(),
    )  # fmt: skip
    return len(days)


def drop_day(session: Session, day: str, *, actor: Actor, now: Instant) -> None:
    """Let a day be again what the published calendar says; NotFound when nothing of ours was said."""
    allowed(actor)
    gone = session.scalar(delete(Holiday).where(Holiday.day == day).returning(Holiday.id))
    if gone is None:
        raise NotFound(f"no own day {day}")
    audit(session, actor=actor.ref, verb="drop_day", subject=day, now=now)


def own_days(session: Session, year: int) -> list[Holiday]:
    """Return the tenant's own days of a year, in order."""
    where = Holiday.day.between(f"{year}-01-01", f"{year}-12-31")
    return list(session.scalars(select(Holiday).where(where).order_by(Holiday.day)))


# --- the table of moves ---------------------------------------------------------------------


def own_moves(session: Session) -> Mapping[Verb, Move]:
    """Return what the tenant decided otherwise."""
    found = moving.moves(session)
    return {verb: move for verb, move in found.items() if move != MOVES[verb]}


def set_move(
    session: Session,
    verb: str,
    move: Move | None,
    *,
    seen: Instant,
    actor: Actor,
    now: Instant,
) -> None:
    """Change one verb of the table, or give it back to the default (None); BadInput says what would be wrong.

    `check` judges the whole table; and somebody active must hold the permission that is chosen.
    """
    if verb not in MOVES:
        raise NotFound(f"no verb {verb}")

    def changed(own: dict[Verb, Move]) -> dict[Verb, Move]:
        rest = {name: kept for name, kept in own.items() if name != verb}
        return {**rest, cast(Verb, verb): move} if move is not None else rest

    _set_moves(session, changed, seen, actor, now)


def default_moves(session: Session, *, seen: Instant, actor: Actor, now: Instant) -> None:
    """Go back to the default table."""
    _set_moves(session, lambda _own: {}, seen, actor, now)


def _set_moves(
    session: Session,
    changed: Callable[[dict[Verb, Move]], dict[Verb, Move]],
    seen: Instant,
    actor: Actor,
    now: Instant,
) -> None:
    allowed(actor)
    own = {
        verb: move
        for verb, move in changed(dict(own_moves(session))).items()
        if move != MOVES[verb]
    }
    check({**MOVES, **own})
    for verb, move in own.items():
        if move.permission not in PERMISSIONS or not _held(session, move.permission):
            raise BadInput(f"nobody may {verb}", field="permission", trap="nobody", verbs=[verb])
    put(session, "moves", msgspec.to_builtins(own), seen, actor, now)


def _held(session: Session, permission: str) -> bool:
    """Say whether an active person may do what needs the permission."""
    has = literal(permission) == any_(Role.permissions)
    found = session.scalar(
        select(User.id).join(Role, Role.id == User.role_id).where(User.active, has).limit(1)
    )
    return found is not None
