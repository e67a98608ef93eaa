"""Lists of warnings: an incident's, all of them, and those the public may read."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from command.moving import sees
from command.queries import may_see
from models.clock import Instant, to_datetime
from models.errors import NotFound
from models.tables import Alert, Incident
from tickets.moving import Actor

PAGE = 30
STATES = ("draft", "published", "refused", "replaced", "cancelled", "expired")
CURRENT_MOST = 500


class Criteria(NamedTuple):
    """What a list asks for; `current`: published and not yet over. exercise : "", yes, no."""

    state: str = ""
    exercise: str = ""
    words: str = ""


class Listed(NamedTuple):
    """A warning and the number of its incident, empty for none."""

    row: Alert
    incident: str


def of_incident(session: Session, incident_id: int, *, actor: Actor) -> list[Listed]:
    """Return an incident's warnings, the newest first; NotFound outside the actor's scope."""
    may_see(actor)
    seen = session.scalar(select(Incident.no).where(Incident.id == incident_id, sees(actor)))
    if seen is None:
        raise NotFound(f"no incident {incident_id}")
    rows = session.scalars(
        select(Alert).where(Alert.incident_id == incident_id).order_by(Alert.number.desc())
    )
    return [Listed(row, seen) for row in rows]


def listed(
    session: Session, criteria: Criteria, *, actor: Actor, now: Instant, page: int = 0
) -> tuple[list[Listed], int]:  # fmt: skip
    """Return one page of the warnings an actor may see, the newest first, and how many there are."""
    may_see(actor)
    where = [_seen(actor), *_where(criteria, now)]
    joined = select(Alert, Incident.no).outerjoin(Incident, Incident.id == Alert.incident_id)
    total = session.scalar(select(func.count()).select_from(joined.where(*where).subquery())) or 0
    rows = session.execute(
        joined.where(*where).order_by(Alert.number.desc()).offset(max(page, 0) * PAGE).limit(PAGE)
    )
    return [Listed(row, no or "") for row, no in rows], total


def one(session: Session, alert_id: int, *, actor: Actor) -> Listed:
    """Return one warning; NotFound outside the actor's scope."""
    may_see(actor)
    found = session.execute(
        select(Alert, Incident.no)
        .outerjoin(Incident, Incident.id == Alert.incident_id)
        .where(Alert.id == alert_id, _seen(actor))
    ).first()
    if found is None:
        raise NotFound(f"no alert {alert_id}")
    return Listed(found[0], found[1] or "")


# --- for the public -------------------------------------------------------------------------


def current(session: Session, *, now: Instant) -> Sequence[Alert]:
    """Return the warnings that hold now, the newest first: for anybody."""
    return session.scalars(
        select(Alert)
        .where(Alert.state == "published", Alert.expires_at > to_datetime(now))
        .order_by(Alert.sent_at.desc(), Alert.id.desc())
        .limit(CURRENT_MOST)
    ).all()


def changed_at(session: Session, *, now: Instant) -> Instant:
    """Return when `current` last changed: something was published, or ran out; 0 where nothing ever was."""
    sent = session.scalar(select(func.max(Alert.sent_at)))
    ended = session.scalar(
        select(func.max(Alert.expires_at)).where(
            Alert.expires_at <= to_datetime(now), Alert.state.in_(("published", "expired"))
        )
    )
    return max((at.timestamp() for at in (sent, ended) if at), default=0.0)


def file(session: Session, identifier: str) -> Alert:
    """Return a message that was published, whether it still holds or not; NotFound for any other: for anybody."""
    row = session.scalar(select(Alert).where(Alert.identifier == identifier, Alert.xml != ""))
    if row is None:
        raise NotFound(f"no file of {identifier}")
    return row


def _seen(actor: Actor) -> Any:  # noqa: ANN401 - a condition
    return or_(Alert.incident_id.is_(None), sees(actor))


def _where(c: Criteria, now: Instant) -> Iterable[Any]:
    if c.state == "current":
        yield Alert.state == "published"
        yield Alert.expires_at > to_datetime(now)
    elif c.state in STATES:
        yield Alert.state == c.state
    if c.exercise in ("yes", "no"):
        yield Alert.exercise.is_(c.exercise == "yes")
    if c.words:
        like = f"%{c.words.replace('%', '').replace('_', '')}%"
        yield or_(Alert.headline.ilike(like), Alert.identifier.ilike(like), Incident.no.ilike(like))
