"""The pages of people and of roles."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages.admin.answers import (
    Said,
    Values,
    Verb,
    asked,
    done,
    page_number,
    several,
    text,
)  # fmt: skip
from dashboard.pages.context import district_options, districts, words
from dashboard.views.admin import parts
from dashboard.views.admin import people as views
from dashboard.views.kit import Child
from models.errors import BadInput, NotFound
from models.store import staff
from models.store.people import PERMISSIONS
from models.store.staff import PersonForm
from models.tables import Role, Unit
from tickets import units

_GROUPS = (*views.GROUPS, "other")


def body(search: str) -> Child:
    """Return the list of people and the form of the one in the address, or of a new one."""
    me = require("admin.people")
    given = asked(search)
    said = given.get("q", "")[:60]
    with reading() as session:
        listing = _list(session, given)
        lists = {
            "roles": [(str(role.id), role.label or role.name) for role, _ in staff.roles(session)],
            "units": units.choices(session),
            "teams": staff.teams(session),
            "forces": staff.forces(session),
        }
        number = page_number(given, "person")
        user = staff.one(session, number, actor=me) if number else None
        form = PersonForm.of(user) if user else PersonForm("", 0)
        lists["districts"] = district_options(session, form.district)
    beside = views.form(user, form, lists, me.user_id, words())
    store = parts.seen("person", {"before": asdict(form)}) if user else None
    return [store, views.page(listing, beside, said, words())]


def _list(session: Session, given: Mapping[str, str]) -> Child:
    said, number = given.get("q", "")[:60], page_number(given)
    found = staff.listing(session, actor=viewer(), words=said, page=number)
    named = {user.unit for user, _ in found.lines if user.unit}
    names = dict(session.execute(select(Unit.code, Unit.name).where(Unit.code.in_(named))).all())
    chosen = page_number(given, "person")
    return views.people(found, names | districts(session), chosen, said, number, words())


def listed(said: str | None, search: str | None) -> Child:
    """Return the list as it is searched."""
    require("admin.people")
    given = {**asked(search or ""), "q": (said or "")[:60]}
    given.pop("page", None)
    with reading() as session:
        return _list(session, given)


def roles(search: str) -> Child:
    """Return the matrix of rights and the form of the role in the address, or of a new one."""
    require("admin.people")
    number = page_number(asked(search), "role")
    permissions = sorted(PERMISSIONS)
    with reading() as session:
        found = staff.roles(session)
    chosen = next(((role, used) for role, used in found if role.id == number), (None, 0))
    role, used = chosen
    beside = views.role_form(role, used, permissions, words())
    store = parts.seen("role", {"before": role.permissions}) if role else None
    return [store, views.roles(found, permissions, beside, words())]


def _number(key: str) -> int:
    if not key.isdigit():
        raise NotFound(f"nobody {key}")
    return int(key)


def _form(values: Values) -> PersonForm:
    role = text(values, "role_id")
    if not role.isdigit():
        raise BadInput("no role", field="role_id")
    return PersonForm(
        name=text(values, "name"), role_id=int(role), agent_no=text(values, "agent_no"),
        team=text(values, "team"), unit=text(values, "unit"), district=text(values, "district"),
        force=text(values, "force"),
    )  # fmt: skip


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    login = text(values, "login")
    row, password = staff.add_person(session, login, _form(values), actor=viewer(), now=at)
    texts = words()
    title = texts["admin.person.password_of"].format(name=row.name, login=row.login)
    return Said(
        texts["admin.person.added"].format(name=row.name), parts.secret(title, password, texts)
    )


def _change(session: Session, key: str, values: Values, at: float) -> Said:
    before = PersonForm(**values["seen"]["before"])
    staff.change_person(session, _number(key), before, _form(values), actor=viewer(), now=at)
    return done("admin.saved")


def _deactivate(session: Session, key: str, _values: Values, at: float) -> Said:
    staff.deactivate(session, _number(key), actor=viewer(), now=at)
    return done("admin.person.deactivated")


def _activate(session: Session, key: str, _values: Values, at: float) -> Said:
    staff.activate(session, _number(key), actor=viewer(), now=at)
    return done("admin.saved")


def _reset(session: Session, key: str, _values: Values, at: float) -> Said:
    password = staff.reset_password(session, _number(key), actor=viewer(), now=at)
    user = staff.one(session, _number(key), actor=viewer())
    texts = words()
    title = texts["admin.person.password_of"].format(name=user.name, login=user.login)
    return Said(texts["admin.saved"], parts.secret(title, password, texts))


def _ticked(values: Values) -> list[str]:
    return [name for group in _GROUPS for name in several(values, group)]


def _add_role(session: Session, _key: str, values: Values, at: float) -> Said:
    row: Role = staff.add_role(
        session, text(values, "name").strip(), text(values, "label"), _ticked(values),
        actor=viewer(), now=at,
    )  # fmt: skip
    return done("admin.role.added", name=row.label)


def _change_role(session: Session, key: str, values: Values, at: float) -> Said:
    staff.change_role(
        session, _number(key), text(values, "label"), _ticked(values),
        before=values["seen"]["before"], actor=viewer(), now=at,
    )  # fmt: skip
    return done("admin.saved")


def _drop_role(session: Session, key: str, _values: Values, at: float) -> Said:
    staff.drop_role(session, _number(key), actor=viewer(), now=at)
    return done("admin.removed")


VERBS: Mapping[str, Verb] = {
    "person.add": _add,
    "person.change": _change,
    "person.deactivate": _deactivate,
    "person.activate": _activate,
    "person.reset": _reset,
}
ROLE_VERBS: Mapping[str, Verb] = {
    "role.add": _add_role,
    "role.change": _change_role,
    "role.drop": _drop_role,
}
