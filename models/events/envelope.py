"""The envelope every event shares, and the one codec events travel in (JSON by msgspec)."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """Something that happened.

    at : instant it happened, seconds since epoch UTC, by the clock of its origin.
    actor : who did it: `pbx:NAME`, `user:ID`, `system`.
    cause : id of the event or request that led to it, empty if none.
    id : unique within the tenant; a consumer ignores an id it has seen.
    """

    id: str
    at: float
    actor: str
    cause: str = ""
