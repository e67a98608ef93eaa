"""What a tenant decides about its workflow: caps and limits, effective at once (N-07)."""

import msgspec


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the workflow, with our defaults.

    bounce_cap : granted returns after which a unit may not return the ticket: the centre fixes it.
    extension_cap : granted extensions of one leg. extension_days : the most working days at once.
    reopen_cap : how often a discontented citizen's ticket is handled again by itself.
    pause_allowed : clocks stand while a unit waits for the citizen.
    """

    bounce_cap: int = 2
    extension_cap: int = 1
    extension_days: int = 15
    reopen_cap: int = 1
    pause_allowed: bool = True
