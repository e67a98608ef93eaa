"""The data dictionary (N-06): option lists whose words and use a tenant decides; the codes stay as they are."""

from collections.abc import Mapping

import msgspec

from models.errors import BadInput
from models.rules.tickets.choices import (
    CHANNELS,
    KINDS,
    REJECT_GROUNDS,
    RETURN_GROUNDS,
    STAFF,
    URGENCIES,
)

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS, "channel": CHANNELS, "urgency": URGENCIES, "choice.reject": REJECT_GROUNDS,
    "choice.return": RETURN_GROUNDS,
}  # fmt: skip
"""Family, as its texts are called -> its codes."""
KEPT: Mapping[str, tuple[str, ...]] = {"kind": (STAFF,), "urgency": ("normal", "critical")}
"""Codes the rules themselves rest on: their words may change, but they stay in use."""
LABEL_MAX = 20


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant says of one code: its word (empty = ours), and whether forms offer it."""

    label: str = ""
    active: bool = True


Options = Mapping[str, Mapping[str, Option]]
"""Family -> code -> what the tenant says; nothing said = ours, in use."""


def check(options: Options) -> None:
    """Raise BadInput naming the family whose list cannot be used."""
    for family, codes in options.items():
        known = FAMILIES.get(family, ())
        labels = [option.label for option in codes.values() if option.label]
        used = [code for code in known if codes.get(code, Option()).active]
        if (
            set(codes) - set(known)
            or not used
            or set(KEPT.get(family, ())) - set(used)
            or any(len(label) > LABEL_MAX or not label.isprintable() for label in labels)
            or len(set(labels)) != len(labels)
        ):
            raise BadInput(f"options of {family}", field=family)


def in_use(options: Options, family: str, code: str) -> bool:
    """Return whether forms offer a code."""
    return options.get(family, {}).get(code, Option()).active
