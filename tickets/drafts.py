"""Drafts: what somebody typed survives a reload and a crash, sealed, until it is saved or thrown away."""

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.tables import Draft

Fields = dict[str, str | list[str]]
MOST = 40_000


def keep(
    session: Session, user_id: int, name: str, fields: Fields, *, vault: Vault, now: Instant
) -> None:
    """Keep a person's draft `name`, over an earlier one; BadInput when it is larger than a form can be."""
    body = msgspec.json.encode(fields)
    if len(body) > MOST:
        raise BadInput(f"a draft of more than {MOST} bytes", field="draft")
    values = {"sealed": vault.seal_text(body.decode()), "saved_at": to_datetime(now)}
    session.execute(
        insert(Draft)
        .values(tenant_id=tenant_of(session), user_id=user_id, name=name, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "user_id", "name"], set_=values)
    )


def load(session: Session, user_id: int, name: str, *, vault: Vault) -> Fields:
    """Return a person's draft `name`, empty when there is none."""
    sealed = session.scalar(
        select(Draft.sealed).where(Draft.user_id == user_id, Draft.name == name)
    )
    return msgspec.json.decode(vault.open(sealed), type=Fields) if sealed else {}


def drop(session: Session, user_id: int, name: str) -> None:
    """Throw a draft away; harmless when there is none."""
    session.execute(delete(Draft).where(Draft.user_id == user_id, Draft.name == name))


def of(session: Session, user_id: int, prefix: str, *, vault: Vault) -> list[tuple[str, Fields]]:
    """Return a person's drafts whose names begin so, as (name, fields), the newest first."""
    rows = session.execute(
        select(Draft.name, Draft.sealed)
        .where(Draft.user_id == user_id, Draft.name.startswith(prefix, autoescape=True))
        .order_by(Draft.saved_at.desc())
        .limit(20)
    )
    return [(row.name, msgspec.json.decode(vault.open(row.sealed), type=Fields)) for row in rows]
