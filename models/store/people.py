"""People: signing in and out, and what a signed-in person may do."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.store.chain import audit
from models.tables import LoginSession, Role, User

PERMISSIONS = frozenset(
    {
        "floor.view", "calls.view", "calls.mark", "alarms.ack", "system.view", "caller.reveal",
        "ticket.view", "ticket.open", "ticket.assign", "ticket.handle", "ticket.review",
        "ticket.call_back", "ticket.supervise", "ticket.instruct", "ticket.staff", "knowledge.view", "knowledge.edit",
        "knowledge.review", "roads.close", "command.view", "command.report", "command.act",
        "command.approve", "command.edit", "site.act", "site.lead", "duty.view", "duty.edit",
        "admin.units", "admin.people", "admin.parameters",
    }
)  # fmt: skip
SEEN_EVERY_S = 30.0
"""How often a session's last sign of life is written down."""
DESK_AWAY_S = 90.0
"""A desk not seen for longer than this counts as offline."""

FIRST = "first:"
"""Stands before the hash of a password that somebody else set: it opens nothing but the page to change it."""
PASSWORD_LENGTH = range(10, 201)

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Verified when the login is unknown, so that a wrong name takes as long as a wrong password."""
    return _hasher.hash("nobody")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a screen: the signed-in person, tenant and permissions.

    must_change : the password was set by an administrator and must be changed before anything else; force : the code of
    the response unit whose crew the person is.
    """

    user_id: int
    name: str
    login: str
    role: str
    tenant: str
    tenant_id: int
    agent_no: str
    can: frozenset[str]
    unit: str = ""
    district: str = ""
    must_change: bool = False
    force: str = ""


def hash_password(password: str) -> str:
    """Return the argon2id hash to store."""
    return _hasher.hash(password)


def sign_in(
    session: Session, tenant_id: int, login: str, password: str, *, now: Instant, hours: int
) -> str:
    """Return a new session's token; Refused for a wrong name, password or an inactive person."""
    user = session.scalar(select(User).where(User.login == login))
    try:
        _hasher.verify(user.password_hash.removeprefix(FIRST) if user else _nobody(), password)
    except (VerificationError, InvalidHashError):
        raise Refused("wrong login or password") from None
    if user is None or not user.active:
        raise Refused("wrong login or password")
    audit(session, actor=f"user:{user.id}", verb="sign_in", subject=login, now=now)
    return open_session(session, user, now=now, hours=hours)


def open_session(session: Session, user: User, *, now: Instant, hours: int) -> str:
    """Return the token of a new session of `user`, whose right to it is already proven."""
    token = secrets.token_urlsafe(32)
    at = to_datetime(now)
    session.add(
        LoginSession(
            tenant_id=user.tenant_id, token_hash=_digest(token), user_id=user.id, created_at=at,
            seen_at=at, expires_at=to_datetime(now + hours * 3600),
        )
    )  # fmt: skip
    return token


def change_password(
    session: Session, user_id: int, old: str, new: str, *, token: str, now: Instant
) -> None:
    """Give oneself a new password and end one's other sessions; Refused for a wrong old one, else BadInput.

    token : of the session that goes on.
    """
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    try:
        _hasher.verify(user.password_hash.removeprefix(FIRST) if user else _nobody(), old)
    except (VerificationError, InvalidHashError):
        raise Refused("wrong password") from None
    if user is None:
        raise Refused("wrong password")
    if len(new) not in PASSWORD_LENGTH or "\0" in new or new == old:
        raise BadInput("a password too short, too long, or the old one", field="new")
    user.password_hash = hash_password(new)
    session.execute(
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
        .where(LoginSession.token_hash != _digest(token))
        .values(ended_at=to_datetime(now))
    )
    audit(session, actor=f"user:{user_id}", verb="change_password", subject=user.login, now=now)


def sign_out(session: Session, token: str, *, now: Instant) -> None:
    """End a session; harmless when it is over."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == _digest(token), LoginSession.ended_at.is_(None))
        .values(ended_at=to_datetime(now))
    )


def viewers_of(
    session: Session, tenant: str, tenant_id: int, tokens: Collection[str], *, now: Instant
) -> dict[str, Viewer]:
    """Return who holds each token; one whose session is over or whose person is inactive is left out."""
    by_digest = {_digest(token): token for token in tokens}
    rows = session.execute(
        select(
            LoginSession.token_hash, LoginSession.seen_at, User.id, User.name, User.login,
            User.agent_no, User.unit, User.district, Role.name, Role.permissions,
            User.password_hash.startswith(FIRST), User.force,
        )
        .join(User, LoginSession.user_id == User.id)
        .join(Role, Role.id == User.role_id)
        .where(
            LoginSession.token_hash.in_(by_digest),
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > to_datetime(now),
            User.active,
        )
    ).all()  # fmt: skip
    unseen = [row.token_hash for row in rows if now - row.seen_at.timestamp() > SEEN_EVERY_S]
    if unseen:
        session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash.in_(unseen))
            .values(seen_at=to_datetime(now))
        )
    return {
        by_digest[digest]: Viewer(
            user_id,
            name,
            login,
            role,
            tenant,
            tenant_id,
            agent_no,
            frozenset(can) & PERMISSIONS,
            unit,
            district,
            first,
            force,
        )
        for digest, _, user_id, name, login, agent_no, unit, district, role, can, first, force in rows
    }


def names(session: Session) -> list[tuple[str, str]]:
    """Return the active people as (id, name)."""
    rows = session.execute(select(User.id, User.name).where(User.active).order_by(User.name))
    return [(str(row.id), row.name) for row in rows]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def desk_state(session: Session, agent_no: str, *, now: Instant) -> str:
    """Return whether the agent's computer is signed in: online, offline, or empty for nobody known."""
    user_id = session.scalar(select(User.id).where(User.agent_no == agent_no, User.agent_no != ""))
    if user_id is None:
        return ""
    seen = session.scalar(
        select(LoginSession.user_id).where(
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > to_datetime(now - DESK_AWAY_S),
        )
    )
    return "online" if seen is not None else "offline"
