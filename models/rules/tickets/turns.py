"""Earlier turns: what units held, and for how long, before a ticket came back or was handled again."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from models.events import ticket as e
from models.rules.tickets.fold import Leg, Ticket, reduce

End = Literal["returned", "recalled", "sent_back", "reopened", "merged"]
"""退回, 中心收回, 审核退回, 重新办理, 并案."""


class Turn(Struct, frozen=True):
    """One part of an earlier turn: the part as it stood, when and how the turn ended.

    ground : why its unit refused it (a bounce is charged to that unit); empty for the others.
    """

    number: int
    leg: Leg
    ended: float
    how: End
    ground: str = ""

    @property
    def late(self) -> bool:
        """True when the part was still owed, or was handled, after its due instant."""
        return 0 < self.leg.due < (self.leg.handled or self.ended)


def turns(events: Iterable[e.AnyTicketEvent]) -> tuple[Turn, ...]:
    """Return the parts of earlier turns in the order they ended; the present parts are not among them."""
    state: Ticket | None = None
    ground = ""
    found: list[Turn] = []
    for event in events:
        legs = state.legs if state else {}
        match event:
            case e.ReturnAsked():
                ground = event.ground
            case e.ReturnGranted():
                alone = event.status not in (
                    "",
                    "pending_assign",
                )  # a co-unit's part, the others go on
                found += [
                    Turn(n, leg, event.at, "returned", ground if n == event.leg else "")
                    for n, leg in legs.items()
                    if n == event.leg or not alone
                ]
            case e.TicketRecalled():
                found += [Turn(n, leg, event.at, "recalled") for n, leg in legs.items()]
            case e.TicketSentBack() if 1 in legs:
                found.append(Turn(1, legs[1], event.at, "sent_back"))
            case e.TicketReopened() if 1 in legs:
                found.append(Turn(1, legs[1], event.at, "reopened"))
            case e.ReexaminationClosed(upheld=False) if 1 in legs:
                found.append(Turn(1, legs[1], event.at, "reopened"))
            case e.TicketMerged():
                found += [Turn(n, leg, event.at, "merged") for n, leg in legs.items()]
            case _:
                pass
        state = reduce(state, event)
    return tuple(found)
