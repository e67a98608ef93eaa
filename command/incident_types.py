"""突发事件类型 kept up: what the tenant can be told of, with the kind and the CAP words of each; audited.

A type is never deleted, since incidents and plans name it by its code: it is switched off, and no form offers it then.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple, get_args

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command.moving import text
from command.upkeep import LABEL_MAX, WORDS_MAX, code_of
from models.clock import Instant
from models.errors import BadInput, NotFound, WrongStatus
from models.events.incident.course import Kind
from models.rules.cap.draft import CATEGORIES
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import IncidentType
from tickets.moving import Actor
from tickets.parameters import allowed

KINDS: tuple[Kind, ...] = get_args(Kind)
POSITION_MAX = 9999


class Standard(NamedTuple):
    """A type many cities have: code, kind, label, CAP category and event."""

    code: str
    kind: Kind
    label: str
    category: str
    event: str


STANDARD: tuple[Standard, ...] = (
    Standard("fire", "accident", "火灾", "Fire", "Fire"),
    Standard("gas_leak", "accident", "燃气泄漏", "Safety", "Gas leak"),
    Standard("hazmat", "accident", "危险化学品泄漏", "CBRNE", "Hazardous materials release"),
    Standard("collapse", "accident", "建筑物坍塌", "Infra", "Structural collapse"),
    Standard("traffic_accident", "accident", "重大交通事故", "Transport", "Traffic accident"),
    Standard("water_main", "accident", "供水主管爆裂", "Infra", "Water main break"),
    Standard("power_outage", "accident", "大面积停电", "Infra", "Power outage"),
    Standard("heating", "accident", "大面积停暖", "Infra", "Heating outage"),
    Standard("elevator", "accident", "电梯困人", "Rescue", "People trapped in a lift"),
    Standard("pollution", "accident", "突发环境污染", "Env", "Environmental pollution"),
    Standard("rainstorm", "natural", "暴雨内涝", "Met", "Rainstorm and waterlogging"),
    Standard("snow", "natural", "暴雪冰冻", "Met", "Snow and ice"),
    Standard("gale", "natural", "台风大风", "Met", "Typhoon and gale"),
    Standard("landslide", "natural", "山体滑坡", "Geo", "Landslide"),
    Standard("earthquake", "natural", "地震", "Geo", "Earthquake"),
    Standard("forest_fire", "natural", "森林火灾", "Fire", "Forest fire"),
    Standard("food_poisoning", "health", "食物中毒", "Health", "Food poisoning"),
    Standard("epidemic", "health", "传染病疫情", "Health", "Outbreak of disease"),
    Standard("animal_disease", "health", "动物疫情", "Health", "Outbreak of animal disease"),
    Standard("gathering", "security", "群体性聚集", "Security", "Mass gathering"),
    Standard("violence", "security", "暴力恐怖袭击", "Security", "Violent attack"),
    Standard("missing", "security", "人员走失", "Rescue", "Missing person"),
)
"""Of the four kinds of the law of emergencies (突发事件应对法, article 2): what a tenant can begin with."""


@dataclass(frozen=True, slots=True)
class TypeForm:
    """A type as it is typed. category : one of CAP's, or empty for the kind's own; position : its place in lists."""

    label: str
    kind: str
    category: str = ""
    event: str = ""
    position: int = 0

    @classmethod
    def of(cls, row: IncidentType) -> "TypeForm":
        """Return what is written down of a type."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


def every(session: Session) -> Sequence[IncidentType]:
    """Return all types, those not in use too, in the tenant's order."""
    order = IncidentType.position, IncidentType.code
    return session.scalars(select(IncidentType).order_by(*order)).all()


def add(session: Session, code: str, form: TypeForm, *, actor: Actor, now: Instant) -> IncidentType:
    """Write down a new type, in use at once; BadInput names the field, `taken` where another has it."""
    allowed(actor)
    key = code_of(code)
    values = _values(session, key, form)
    row: IncidentType | None = session.scalar(
        insert(IncidentType)
        .values(tenant_id=tenant_of(session), code=key, **values)
        .on_conflict_do_nothing()
        .returning(IncidentType)
    )
    if row is None:
        raise BadInput(f"type {key} is there already", field="code", taken=True)
    _told(session, "add_incident_type", key, actor, now, **values)
    return row


def change(
    session: Session, code: str, before: TypeForm, form: TypeForm, *, actor: Actor, now: Instant
) -> None:
    """Change what is written of a type; WrongStatus if it is not `before` any more. No change is not written."""
    allowed(actor)
    row = _locked(session, code)
    if TypeForm.of(row) != before:
        raise WrongStatus(f"type {code} was changed meanwhile", code=code)
    values = _values(session, code, form)
    if values == asdict(before):
        return
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    _told(
        session, "change_incident_type", code, actor, now, before=asdict(before), after=values
    )  # fmt: skip


def switch(session: Session, code: str, *, active: bool, actor: Actor, now: Instant) -> None:
    """Offer a type in forms, or no longer; WrongStatus when it is so already. What was reported stays as it is."""
    allowed(actor)
    row = _locked(session, code)
    if row.active is active:
        raise WrongStatus(f"type {code} is so already", code=code)
    row.active = active
    _told(session, "activate_incident_type" if active else "deactivate_incident_type", code, actor, now)  # fmt: skip


def add_standard(session: Session, *, actor: Actor, now: Instant) -> int:
    """Add the standard types whose code and name nobody has, after what is there; return how many that were."""
    allowed(actor)
    there = every(session)
    codes, labels = {row.code for row in there}, {row.label for row in there}
    last = max((row.position for row in there), default=-1)
    missing = [x for x in STANDARD if x.code not in codes and x.label not in labels]
    rows = [
        {"tenant_id": tenant_of(session), "position": min(last + place, POSITION_MAX), **x._asdict()}
        for place, x in enumerate(missing, 1)
    ]  # fmt: skip
    if not rows:
        return 0
    added = session.scalars(
        insert(IncidentType).values(rows).on_conflict_do_nothing().returning(IncidentType.code)
    ).all()
    _told(session, "add_standard_incident_types", "standard", actor, now, codes=sorted(added))
    return len(added)


def _values(session: Session, code: str, form: TypeForm) -> dict[str, str | int]:
    label = text(form.label, "label", most=LABEL_MAX)
    if form.kind not in KINDS:
        raise BadInput(f"kind {form.kind!r}", field="kind")
    if form.category and form.category not in CATEGORIES:
        raise BadInput(f"category {form.category!r}", field="category")
    if not 0 <= form.position <= POSITION_MAX:
        raise BadInput("a place in the list", field="position")
    named = select(func.count()).where(IncidentType.label == label, IncidentType.code != code)
    if session.scalar(named):
        raise BadInput(f"{label} is another's name", field="label", taken=True)
    return {
        "label": label, "kind": form.kind, "category": form.category,
        "event": text(form.event, "event", owed=False, most=WORDS_MAX), "position": form.position,
    }  # fmt: skip


def _locked(session: Session, code: str) -> IncidentType:
    key = tenant_of(session), code
    row = session.get(IncidentType, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no incident type {code}")
    return row


def _told(
    session: Session, verb: str, code: str, actor: Actor, now: Instant, **detail: object
) -> None:  # fmt: skip
    audit(session, actor=actor.ref, verb=verb, subject=f"incident_type:{code}", now=now, **detail)
