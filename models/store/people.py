"""People: signing in and out, and what a signed-in person may do."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.store.chain import audit
from models.tables import LoginSession, Role, User

PERMISSIONS = frozenset(
    {"floor.view", "calls.view", "calls.mark", "alarms.ack", "system.view", "caller.reveal"}
)
SEEN_EVERY_S = 30.0
"""How often a session's last sign of life is written down."""
DESK_AWAY_S = 90.0
"""A desk not seen for longer than this counts as offline."""

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Verified when the login is unknown, so that a wrong name takes as long as a wrong password."""
    return _hasher.hash("nobody")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a screen: the signed-in person, tenant and permissions."""

    user_id: int
    name: str
    login: str
    role: str
    tenant: str
    tenant_id: int
    agent_no: str
    can: frozenset[str]


def hash_password(password: str) -> str:
    """Return the argon2id hash to store."""
    return _hasher.hash(password)


def sign_in(
    session: Session, tenant_id: int, login: str, password: str, *, now: Instant, hours: int
) -> str:
    """Return a new session's token; Refused for a wrong name, password or an inactive person."""
    user = session.scalar(select(User).where(User.login == login))
    try:
        _hasher.verify(user.password_hash if user else _nobody(), password)
    except (VerificationError, InvalidHashError):
        raise Refused("wrong login or password") from None
    if user is None or not user.active:
        raise Refused("wrong login or password")
    token = secrets.token_urlsafe(32)
    at = to_datetime(now)
    session.add(
        LoginSession(
            tenant_id=tenant_id, token_hash=_digest(token), user_id=user.id, created_at=at,
            seen_at=at, expires_at=to_datetime(now + hours * 3600),
        )
    )  # fmt: skip
    audit(session, actor=f"user:{user.id}", verb="sign_in", subject=login, now=now)
    return token


def sign_out(session: Session, token: str, *, now: Instant) -> None:
    """End a session; harmless when it is over."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == _digest(token), LoginSession.ended_at.is_(None))
        .values(ended_at=to_datetime(now))
    )


def viewer_of(
    session: Session, tenant: str, tenant_id: int, token: str, *, now: Instant
) -> Viewer | None:
    """Return who holds `token`, or None when the session is over, unknown or the person inactive."""
    row = session.execute(
        select(User, Role, LoginSession)
        .join(LoginSession, LoginSession.user_id == User.id)
        .join(Role, Role.id == User.role_id)
        .where(
            LoginSession.token_hash == _digest(token),
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > to_datetime(now),
            User.active,
        )
    ).first()
    if row is None:
        return None
    user, role, signed_in = row
    if now - signed_in.seen_at.timestamp() > SEEN_EVERY_S:
        signed_in.seen_at = to_datetime(now)
    return Viewer(
        user.id, user.name, user.login, role.name, tenant, tenant_id, user.agent_no,
        frozenset(role.permissions) & PERMISSIONS,
    )  # fmt: skip


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
