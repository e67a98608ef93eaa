"""Administering people and roles: who signs in, with which rights and scope; every change is audited."""

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from sqlalchemy import any_, func, literal, or_, select, text, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.store.people import FIRST, PERMISSIONS, Viewer, hash_password
from models.tables import LoginSession, ResponseUnit, Role, Team, Unit, User

PERMISSION = "admin.people"
PAGE = 50
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
ROLE_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
LIMITS = {"name": 40, "agent_no": 16, "district": 12}
LABEL_MAX = 20
_CHARACTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters and digits nobody mistakes for another when a password is read out."""
_STAFF_LOCK = 13
"""Two who dismiss each other at once would leave nobody: one after the other, a tenant."""


@dataclass(frozen=True, slots=True)
class PersonForm:
    """What is written down of a person: `role_id`, `unit`, `team` and `force` by code, `district` by GB/T 2260."""

    name: str
    role_id: int
    agent_no: str = ""
    team: str = ""
    unit: str = ""
    district: str = ""
    force: str = ""

    @classmethod
    def of(cls, row: User) -> "PersonForm":
        """Return what is written down of `row`."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


class PeoplePage(NamedTuple):
    """One page of people with their roles, active ones first, and how many there are."""

    lines: list[tuple[User, Role]]
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return -(-self.total // PAGE)


def allowed(actor: Viewer) -> None:
    """Raise Refused unless the actor may change people and roles."""
    if PERMISSION not in actor.can:
        raise Refused(f"user:{actor.user_id} lacks {PERMISSION}", permission=PERMISSION)


def holders(session: Session, permissions: Collection[str]) -> dict[str, str]:
    """Return permission -> label of the role whose business it is: of those that hold it, the narrowest."""
    found: dict[str, str] = {}
    roles = session.scalars(
        select(Role).order_by(func.cardinality(Role.permissions).desc(), Role.id)
    )
    for role in roles:
        found |= dict.fromkeys(set(permissions) & set(role.permissions), role.label or role.name)
    return found


# --- people ---------------------------------------------------------------------------------


def listing(session: Session, *, actor: Viewer, words: str = "", page: int = 0) -> PeoplePage:
    """Return a page of people whose login, name, number, unit or role reads like `words`."""
    allowed(actor)
    said = words.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    columns = (User.login, User.name, User.agent_no, User.unit, Role.label)
    where = [or_(*(column.ilike(f"%{said}%") for column in columns))] if said else []
    chosen = select(User, Role).join(Role, Role.id == User.role_id).where(*where)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = session.execute(
        chosen.order_by(User.active.desc(), User.login).offset(page * PAGE).limit(PAGE)
    )
    return PeoplePage([(user, role) for user, role in rows], total)


def one(session: Session, user_id: int, *, actor: Viewer) -> User:
    """Return one person; NotFound if there is none."""
    allowed(actor)
    return _person(session, user_id)


def add_person(
    session: Session, login: str, form: PersonForm, *, actor: Viewer, now: Instant
) -> tuple[User, str]:
    """Add a person; return the row and the first password, kept nowhere, which the person must change."""
    allowed(actor)
    _turn(session)
    login = login.strip()
    if not LOGIN.fullmatch(login):
        raise BadInput(f"login {login!r}", field="login")
    if session.scalar(select(User.id).where(User.login == login)):
        raise BadInput(f"login {login} exists", field="login", taken=True)
    form = _checked(session, form, 0)
    password = new_password()
    row = User(
        tenant_id=tenant_of(session), login=login, password_hash=FIRST + hash_password(password),
        **_told(form),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _write_down(session, actor, "add_person", login, now, **_told(form))
    return row, password


def change_person(
    session: Session,
    user_id: int,
    before: PersonForm,
    form: PersonForm,
    *,
    actor: Viewer,
    now: Instant,
) -> None:
    """Change a person's name, role, number or scope; WrongStatus if they are not `before` any more."""
    allowed(actor)
    _turn(session)
    row = _person(session, user_id)
    if PersonForm.of(row) != before:
        raise WrongStatus(f"{row.login} was changed meanwhile")
    form = _checked(session, form, user_id)
    if form == before:
        return
    for name, value in _told(form).items():
        setattr(row, name, value)
    session.flush()
    _still_governed(session, actor)
    _write_down(
        session, actor, "change_person", row.login, now, before=_told(before), after=_told(form)
    )


def deactivate(session: Session, user_id: int, *, actor: Viewer, now: Instant) -> None:
    """Shut a person out: no new session, and the present ones are over."""
    allowed(actor)
    _turn(session)
    row = _person(session, user_id)
    if not row.active:
        raise WrongStatus(f"{row.login} is not active")
    if user_id == actor.user_id:
        raise WrongStatus("nobody shuts themself out", cap="self")
    row.active = False
    session.flush()
    _still_governed(session, actor)
    _end_sessions(session, user_id, now)
    _write_down(session, actor, "deactivate_person", row.login, now)


def activate(session: Session, user_id: int, *, actor: Viewer, now: Instant) -> None:
    """Let a person in again; BadInput when somebody has their number by now."""
    allowed(actor)
    _turn(session)
    row = _person(session, user_id)
    if row.active:
        raise WrongStatus(f"{row.login} is active")
    _checked(session, PersonForm.of(row), user_id)
    row.active = True
    _write_down(session, actor, "activate_person", row.login, now)


def reset_password(session: Session, user_id: int, *, actor: Viewer, now: Instant) -> str:
    """Give a person a new password and end their sessions; return it, it is kept nowhere."""
    allowed(actor)
    row = _person(session, user_id)
    password = new_password()
    row.password_hash = FIRST + hash_password(password)
    _end_sessions(session, user_id, now)
    _write_down(session, actor, "reset_password", row.login, now)
    return password


def new_password() -> str:
    """Return a password of three groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(_CHARACTERS) for _ in range(4)) for _ in range(3))


def teams(session: Session) -> list[tuple[str, str]]:
    """Return (code, label) of the groups of seats."""
    rows = session.execute(select(Team.code, Team.label).order_by(Team.position, Team.id))
    return [(code, label or code) for code, label in rows]


def forces(session: Session) -> list[tuple[str, str]]:
    """Return (code, label) of the response units in use."""
    rows = session.execute(
        select(ResponseUnit.code, ResponseUnit.label)
        .where(ResponseUnit.active)
        .order_by(ResponseUnit.code)
    )
    return [(code, f"{code} {label}") for code, label in rows]


def _checked(session: Session, form: PersonForm, user_id: int) -> PersonForm:
    """Return the form without idle spaces; BadInput names the first field that cannot be taken."""
    form = replace(
        form, name=form.name.strip(), agent_no=form.agent_no.strip(), district=form.district.strip()
    )
    if not form.name:
        raise BadInput("name is empty", field="name")
    for field, limit in LIMITS.items():
        if len(getattr(form, field)) > limit or "\0" in getattr(form, field):
            raise BadInput(f"{field} is longer than {limit}", field=field)
    if session.get(Role, form.role_id) is None:
        raise BadInput(f"role {form.role_id}", field="role_id")
    if form.agent_no and session.scalar(
        select(User.id).where(User.agent_no == form.agent_no, User.active, User.id != user_id)
    ):
        raise BadInput(f"number {form.agent_no} is taken", field="agent_no", taken=True)
    if form.team and not session.scalar(select(Team.id).where(Team.code == form.team)):
        raise BadInput(f"team {form.team!r}", field="team")
    if form.unit and not session.scalar(select(Unit.id).where(Unit.code == form.unit)):
        raise BadInput(f"unit {form.unit!r}", field="unit")
    if form.force and not session.scalar(
        select(ResponseUnit.code).where(ResponseUnit.code == form.force, ResponseUnit.active)
    ):
        raise BadInput(f"response unit {form.force!r}", field="force")
    if form.district and not form.district.isdigit():
        raise BadInput(f"district {form.district!r}", field="district")
    return form


# --- roles ----------------------------------------------------------------------------------


def roles(session: Session) -> list[tuple[Role, int]]:
    """Return every role with how many people have it, active or not."""
    rows = session.execute(
        select(Role, func.count(User.id))
        .outerjoin(User, User.role_id == Role.id)
        .group_by(Role.id)
        .order_by(Role.id)
    )
    return [(role, count) for role, count in rows]


def add_role(
    session: Session,
    name: str,
    label: str,
    permissions: Iterable[str],
    *,
    actor: Viewer,
    now: Instant,
) -> Role:
    """Add a role; BadInput names the field."""
    allowed(actor)
    _turn(session)
    if not ROLE_NAME.fullmatch(name):
        raise BadInput(f"name {name!r}", field="name")
    if session.scalar(select(Role.id).where(Role.name == name)):
        raise BadInput(f"role {name} exists", field="name", taken=True)
    can = _known(permissions)
    row = Role(
        tenant_id=tenant_of(session), name=name, label=_label(label), permissions=can
    )  # fmt: skip
    session.add(row)
    session.flush()
    _write_down(session, actor, "add_role", name, now, label=row.label, permissions=can)
    return row


def change_role(
    session: Session,
    role_id: int,
    label: str,
    permissions: Iterable[str],
    *,
    before: Iterable[str],
    actor: Viewer,
    now: Instant,
) -> None:
    """Change what a role may do, effective at once; WrongStatus if it may not do `before` any more."""
    allowed(actor)
    _turn(session)
    row = _role(session, role_id)
    if set(row.permissions) != set(before):
        raise WrongStatus(f"{row.name} was changed meanwhile")
    can, old = _known(permissions), list(row.permissions)
    label = _label(label)
    if label == row.label and set(can) == set(old):
        return
    row.label, row.permissions = label, can
    session.flush()
    _still_governed(session, actor)
    _write_down(
        session, actor, "change_role", row.name, now, label=label,
        granted=sorted(set(can) - set(old)), taken=sorted(set(old) - set(can)),
    )  # fmt: skip


def drop_role(session: Session, role_id: int, *, actor: Viewer, now: Instant) -> None:
    """Delete a role; WrongStatus while people have it (`used`)."""
    allowed(actor)
    _turn(session)
    row = _role(session, role_id)
    used = session.scalar(select(func.count()).select_from(User).where(User.role_id == role_id))
    if used:
        raise WrongStatus(f"{used} people have role {row.name}", used=used)
    session.delete(row)
    session.flush()
    _write_down(session, actor, "drop_role", row.name, now)


def _known(permissions: Iterable[str]) -> list[str]:
    asked = set(permissions)
    if not asked or asked - PERMISSIONS:
        raise BadInput(f"permissions {sorted(asked - PERMISSIONS)}", field="permissions")
    return sorted(asked)


def _label(label: str) -> str:
    label = label.strip()
    if not label or len(label) > LABEL_MAX or "\0" in label:
        raise BadInput("label", field="label")
    return label


# --- shared ---------------------------------------------------------------------------------


def _person(session: Session, user_id: int) -> User:
    row = session.get(User, user_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no person {user_id}")
    return row


def _role(session: Session, role_id: int) -> Role:
    row = session.get(Role, role_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no role {role_id}")
    return row


def _turn(session: Session) -> None:
    """Take the tenant's turn on people and roles until the transaction ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": tenant_of(session), "b": _STAFF_LOCK}
    )


def _still_governed(session: Session, actor: Viewer) -> None:
    """Raise WrongStatus when the actor could change people no more, or nobody could."""
    governs = literal(PERMISSION) == any_(Role.permissions)
    left = set(
        session.scalars(
            select(User.id).join(Role, Role.id == User.role_id).where(User.active, governs)
        )
    )
    if not left:
        raise WrongStatus("nobody could change people any more", cap="last_admin")
    if actor.user_id not in left:
        raise WrongStatus("nobody takes this right from themself", cap="self")


def _end_sessions(session: Session, user_id: int, now: Instant) -> None:
    session.execute(
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
        .values(ended_at=to_datetime(now))
    )


def _write_down(
    session: Session, actor: Viewer, verb: str, subject: str, now: Instant, **detail: object
) -> None:
    audit(session, actor=f"user:{actor.user_id}", verb=verb, subject=subject, now=now, **detail)


def _told(form: PersonForm) -> dict[str, str | int]:
    return {field.name: getattr(form, field.name) for field in fields(form)}
