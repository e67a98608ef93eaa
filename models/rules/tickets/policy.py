"""What a tenant decides about its workflow: caps and limits, effective at once (N-07)."""

import msgspec

from models.errors import BadInput

LIMITS = {
    "bounce_cap": (0, 20), "extension_cap": (0, 10), "extension_days": (1, 365), "reopen_cap": (0, 10),
    "call_back_tries": (1, 20), "pause_days": (1, 365),
}  # fmt: skip
"""Field -> the least and the most it may be."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the workflow, with our defaults.

    bounce_cap : granted returns after which a unit may not return the ticket: the centre fixes it.
    extension_cap : granted extensions of one leg. extension_days : the most working days at once.
    reopen_cap : how often a discontented citizen's ticket is handled again by itself.
    call_back_tries : how often in a row nobody was reached before a ticket may be archived all the same.
    pause_allowed : clocks stand while a unit waits for the citizen; pause_days : after so many days, of any kind,
    the timer lets them run again.
    """

    bounce_cap: int = 2
    extension_cap: int = 1
    extension_days: int = 15
    reopen_cap: int = 1
    call_back_tries: int = 3
    pause_days: int = 15
    pause_allowed: bool = True

    def check(self) -> None:
        """Raise BadInput naming the first parameter beyond its limits."""
        for field, (least, most) in LIMITS.items():
            if not least <= getattr(self, field) <= most:
                raise BadInput(
                    f"{field} beyond {least}-{most}", field=field, least=least, most=most
                )


class AutoAssign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """首次自动派单 (N-08): the kinds that the system sends to the proposed unit by itself; none = off.

    categories : and only in these (prefixes of the code), empty = in all.
    """

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def takes(self, kind: str, category: str) -> bool:
        """Return whether a ticket of this kind and category is assigned by itself."""
        return kind in self.kinds and (
            not self.categories or any(category.startswith(each) for each in self.categories)
        )


class OfficeDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant says of its office days beside the single days of table `holiday`.

    published : years whose notice the tenant entered by hand; office_end : minutes after midnight.
    """

    published: tuple[int, ...] = ()
    office_end: int = 18 * 60
