"""数据字典: what a tenant says of the option lists, effective at once (N-06, N-07)."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import BadInput
from models.rules.tickets.options import Option, in_use
from models.tables import Parameter

PARAMETER = "options"


def present(session: Session) -> dict[str, dict[str, Option]]:
    """Return what the tenant says: family -> code -> option."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == PARAMETER))
    return msgspec.convert(value, dict[str, dict[str, Option]]) if value is not None else {}


def overlay(options: Mapping[str, Mapping[str, Option]]) -> dict[str, str]:
    """Return the tenant's words by their keys, and a mark `off.KEY` for what is not in use."""
    found: dict[str, str] = {}
    for family, codes in options.items():
        for code, option in codes.items():
            if option.label:
                found[f"{family}.{code}"] = option.label
            if not option.active:
                found[f"off.{family}.{code}"] = "off"
    return found


def usable(session: Session, family: str, code: str, field: str) -> None:
    """Raise BadInput when a code is not in use with this tenant."""
    if not in_use(present(session), family, code):
        raise BadInput(f"{family} {code} is not in use", field=field)
