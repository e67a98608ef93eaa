"""Makers with good defaults: people, visits, alarms and floor events, each one call."""

import itertools
from typing import Any

from sqlalchemy.orm import Session

from models.clock import to_datetime
from models.events import floor as e
from models.rules.floor import Call, FloorPlan
from models.settings import Exchange
from models.store import archive
from models.store.people import PERMISSIONS, hash_password
from models.tables import AlarmLog, Queue, Role, User

AT = 1_795_300_000.0
"""An instant in the middle of a Shanghai day (2026-11-22 06:26)."""
SECRET = "s3cret"
PASSWORD = "right-12345"
_HASH = hash_password(PASSWORD)
_serial = itertools.count(1)


def make_exchange(tenant: str, port: int, **more: Any) -> Exchange:
    """Return the settings of an exchange on loopback, with the stand-ins' accounts."""
    given = {"name": "pbx1", "host": "127.0.0.1", "username": "hotline", "secret": SECRET}
    return Exchange(**{**given, "port": port, "tenant": tenant, **more})


def make_user(
    session: Session,
    tenant_id: int,
    login: str = "duty",
    *,
    permissions: frozenset[str] = PERMISSIONS,
    active: bool = True,
    agent_no: str = "",
) -> User:
    """Put a person with a role of its own into the database; the password is `PASSWORD`."""
    role = Role(
        tenant_id=tenant_id, name=f"role-{login}", label=login, permissions=sorted(permissions)
    )
    session.add(role)
    session.flush()
    user = User(
        tenant_id=tenant_id, login=login, name=f"{login}员", role_id=role.id,
        agent_no=agent_no, password_hash=_HASH, active=active,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def make_queue(session: Session, tenant_id: int, name: str, target_s: int = 10) -> Queue:
    """Put a queue into the database."""
    row = Queue(tenant_id=tenant_id, name=name, label=f"{name}队列", target_s=target_s, position=0)
    session.add(row)
    session.flush()
    return row


def make_alarm(session: Session, tenant_id: int, key: str = "longest_wait:consult:1") -> AlarmLog:
    """Put an open alarm into the database."""
    row = AlarmLog(
        tenant_id=tenant_id, key=key, rule="longest_wait", subject="consult",
        value=61.0, threshold=60.0, raised_at=to_datetime(AT), ack_name="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def make_call(**more: Any) -> Call:
    """Return an answered visit that entered at `AT`, waited 3 s and talked 40 s."""
    number = next(_serial)
    entered = more.pop("entered", AT)
    given: dict[str, Any] = {
        "key": f"pbx1|pbx01-{number}|1", "pbx": "pbx1", "call": f"pbx01-{number}", "visit": 1,
        "outcome": "answered", "caller": e.Caller("138****0001", f"d{number}", f"sealed{number}"),
        "queue": "consult", "arrived": entered - 1, "entered": entered, "answered": entered + 3,
        "ended": entered + 43, "seat": "pbx1:PJSIP/8001", "name": "王建国", "wait": 3, "talk": 40,
    }  # fmt: skip
    return Call(**{**given, **more})


def make_missed(**more: Any) -> Call:
    """Return an abandoned visit that waited 20 s."""
    entered = more.get("entered", AT)
    given = {
        "outcome": "abandoned",
        "answered": 0.0,
        "seat": "",
        "name": "",
        "wait": 20,
        "talk": -1,
    }
    return make_call(**{**given, "ended": entered + 20, **more})


def put_calls(session: Session, tenant_id: int, *calls: Call, version: int = 1) -> None:
    """Write visits to the ledger as the archiver does."""
    archive.write(session, tenant_id, [archive.Change(version, list(calls), [], [])])


def envelope(seq: int, at: float = AT, *, epoch: int = 1, pbx: str = "pbx1") -> dict[str, Any]:
    """Return the fields every floor event of an exchange has."""
    return {
        "id": f"{pbx}-{epoch}-{seq}", "at": at, "actor": f"pbx:{pbx}", "pbx": pbx,
        "epoch": epoch, "seq": seq,
    }  # fmt: skip


def make_joined(seq: int, call: str = "c1", at: float = AT, **more: Any) -> e.CallerJoined:
    """Return the event of a citizen entering the consult queue."""
    given = {"queue": "consult", "channel": f"PJSIP/trunk-{call}", "position": 1}
    caller = e.Caller("138****0001", f"digest-{call}", f"sealed-{call}")
    kept = {key: more.pop(key) for key in ("epoch", "pbx") if key in more}
    return e.CallerJoined(
        call=call, caller=caller, **{**given, **more}, **envelope(seq, at, **kept)
    )


PLAN = FloorPlan(service_level={"emergency": 5}, default_service_level=10)
