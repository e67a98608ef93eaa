"""What keeping up units, depots and shelters has in common: who may, what can be written, revisions."""

from math import isfinite
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command.moving import text
from gis_data.coordinates import in_china
from models.clock import Instant
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Depot, ResponseUnit, Shelter
from tickets.moving import Actor

EDIT = "command.edit"
CODE_MAX, LABEL_MAX, WORDS_MAX, PHONE_MAX, DISTRICT_MAX = 40, 60, 100, 32, 12
Row = TypeVar("Row", ResponseUnit, Depot, Shelter)


def may_edit(actor: Actor, district: str = "") -> None:
    """Raise Refused unless the actor may edit what belongs to a district."""
    if EDIT not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {EDIT}", permission=EDIT)
    if actor.district and actor.district != district:
        raise Refused(
            f"{actor.ref} edits {actor.district} alone", permission=EDIT, district=district
        )


def code_of(code: str) -> str:
    """Return a code as it is kept; BadInput."""
    said = text(code, "code", most=CODE_MAX)
    if not said.replace("-", "").replace("_", "").isalnum():
        raise BadInput("letters, digits, - and _", field="code")
    return said


def check_point(lon: float, lat: float, field: str) -> None:
    """Raise BadInput unless WGS-84 lon, lat lie in the country."""
    if not (isfinite(lon) and isfinite(lat) and in_china(lon, lat)):
        raise BadInput("a point outside the country", field=field)


def words_of(form: object, **most: int) -> dict[str, str]:
    """Return the texts of a form that may be empty, each not longer than said; BadInput names the field."""
    return {
        name: text(getattr(form, name), name, owed=False, most=limit) for name, limit in most.items()
    }  # fmt: skip


def put(session: Session, row: Row, verb: str, actor: Actor, now: Instant) -> None:
    """Write a new row down; BadInput (field `code`, `device`) when that is taken."""
    key = (row.tenant_id, row.code)
    if session.get(type(row), key) is not None:
        raise BadInput(f"{row.code} is there already", field="code")
    session.add(row)
    _flush(session)
    told(session, verb, row, actor, now)


def _flush(session: Session) -> None:
    """Write; BadInput when a code or device is somebody else's already."""
    try:
        session.flush()
    except IntegrityError as error:
        field = "device" if "device" in str(error.orig) else "code"
        raise BadInput(f"this {field} is taken", field=field) from error


def locked(session: Session, table: type[Row], code: str) -> Row:
    """Lock a row; NotFound."""
    row = session.get(
        table, (tenant_of(session), code), with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound(f"no {table.__tablename__} {code}")
    return row


def change(
    session: Session, row: Row, values: dict[str, Any], *, rev: int, actor: Actor, now: Instant
) -> Row:
    """Change a locked row; WrongStatus, cap `moved`, when somebody did since `rev`. No change is no revision."""
    may_edit(actor, row.district)
    if row.rev != rev:
        raise WrongStatus(f"{row.code} was changed meanwhile", cap="moved")
    before = {
        name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value
    }
    if not before:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.rev += 1
    _flush(session)
    after = {name: values[name] for name in before}
    told(session, f"change_{row.__tablename__}", row, actor, now, before=before, after=after)
    return row


def set_active(session: Session, row: Row, *, active: bool, actor: Actor, now: Instant) -> None:
    """Use a locked row, or not any more; WrongStatus, cap `moved`, when it is so already."""
    may_edit(actor, row.district)
    if row.active is active:
        raise WrongStatus(f"{row.code} is so already", cap="moved")
    row.active, row.rev = active, row.rev + 1
    verb = "activate" if active else "deactivate"
    told(session, f"{verb}_{row.__tablename__}", row, actor, now)


def told(
    session: Session, verb: str, row: ResponseUnit | Depot | Shelter, actor: Actor, now: Instant,
    **detail: object,
) -> None:  # fmt: skip
    """Write it into the audit."""
    subject = f"{row.__tablename__}:{row.code}"
    audit(session, actor=actor.ref, verb=verb, subject=subject, now=now, **detail)
