"""Seals of a ticket's texts: what an event says of them without saying them (O-08).

Each is a digest salted with the ticket's own secret query code: nobody guesses an address from it, and whoever changes
a text in the tables must change the events too, which lie in a chain.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

SEALED = (
    "title", "content", "cause", "address", "kind", "category", "urgency", "channel", "result", "reply",
    "lead", "mode",
)  # fmt: skip
"""Facts of the row that every event seals which changes them."""


def seal(salt: str, facts: Mapping[str, Any], names: Iterable[str] = SEALED) -> dict[str, str]:
    """Return name -> digest of these facts."""
    return {name: _digest(salt, name, str(facts[name] or "")) for name in SEALED if name in names}


def broken(salt: str, facts: Mapping[str, Any], sealed: Mapping[str, str]) -> list[str]:
    """Return which facts are not what was sealed."""
    known = {name: digest for name, digest in sealed.items() if name in SEALED}
    now = seal(salt, facts, known)
    return [name for name, digest in known.items() if digest != now[name]]


def _digest(salt: str, name: str, value: str) -> str:
    return hashlib.sha256(f"{salt}\n{name}\n{value}".encode()).hexdigest()[:16]
