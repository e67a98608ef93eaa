"""What a tenant decides of command, set by who may: see `plans.Policy`."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from command.plans import Policy
from models.clock import Instant
from models.errors import BadInput
from tickets import parameters
from tickets.moving import Actor

LIMITS: Mapping[str, tuple[int, int]] = {
    "stale_s": (10, 3600), "arrival_m": (20, 2000), "reroute_s": (5, 1800), "track_days": (1, 400),
}  # fmt: skip
"""Parameter -> what it may be at least and at most."""


def set_policy(
    session: Session, given: Policy, *, seen: Instant, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Set the parameters that nobody set since `seen`; BadInput names one that is out of its limits."""
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(given, name) <= most:
            raise BadInput(f"{name} is out of its limits", field=name)
    parameters.put(session, "command", msgspec.to_builtins(given), seen, actor, now)
