"""Who changes places: as the rooms above know people, and the system itself."""

from typing import NamedTuple, Protocol


class Actor(Protocol):
    """Who does it, as `tickets.moving.Actor` says it."""

    @property
    def user_id(self) -> int: ...  # noqa: D102
    @property
    def ref(self) -> str: ...  # noqa: D102
    @property
    def can(self) -> frozenset[str]: ...  # noqa: D102


class System(NamedTuple):
    """The command line or a seed: nobody in particular."""

    can: frozenset[str]
    user_id: int = 0
    ref: str = "system"
