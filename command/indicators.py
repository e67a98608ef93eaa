"""评价指标: what evaluation reports are drawn by, versioned as a set."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused, WrongStatus
from models.rules.incident.measures import DEFAULTS, Indicator, wrong
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import EvaluationIndicator
from tickets.moving import Actor

EDIT = "command.edit"
INDICATORS_MOST = 40


class Set(NamedTuple):
    """A version of the tenant's indicators; 0 : the house's own, while the tenant has none."""

    version: int
    rows: tuple[Indicator, ...]


def indicators(session: Session) -> Set:
    """Return the indicators reports are drawn by now."""
    version = session.scalar(select(func.max(EvaluationIndicator.version)))
    if version is None:
        return Set(0, DEFAULTS)
    rows = session.scalars(
        select(EvaluationIndicator)
        .where(EvaluationIndicator.version == version)
        .order_by(EvaluationIndicator.position)
    )
    return Set(
        version, tuple(Indicator(r.code, r.label, r.measure, r.weight, r.target) for r in rows)
    )


def set_indicators(
    session: Session, rows: Sequence[Indicator], *, version: int, actor: Actor, now: Instant
) -> int:
    """Let a set of indicators hold from now on, as the next version; return it.

    version : the one on the actor's screen: WrongStatus, cap `moved`, when it is another by now. BadInput names
    none, many, code, label, measure, weight or target.
    """
    may(actor, EDIT)
    if fault := wrong(rows) or ("many" if len(rows) > INDICATORS_MOST else ""):
        raise BadInput(f"the indicators' {fault} cannot be", field=fault)
    if indicators(session).version != version:
        raise WrongStatus("the indicators were changed meanwhile", cap="moved")
    session.add_all(
        EvaluationIndicator(
            tenant_id=tenant_of(session), version=version + 1, position=place, written_at=to_datetime(now),
            written_by=actor.user_id, **msgspec.structs.asdict(row),
        )
        for place, row in enumerate(rows)
    )  # fmt: skip
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus("the indicators were changed meanwhile", cap="moved") from error
    audit(
        session, actor=actor.ref, verb="set_indicators", subject="evaluation", now=now, version=version + 1
    )  # fmt: skip
    return version + 1


def may(actor: Actor, permission: str) -> None:
    """Raise Refused unless the actor has a permission; units (承办单位) have no part in command."""
    if permission not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {permission}", permission=permission)
