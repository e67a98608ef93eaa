"""What an area holds, in words: the panel beside the map, by kind, those at risk first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashboard.views.ticket_query import TicketQuery

if TYPE_CHECKING:
    from command.assessing import Impact

SHOWN = 6
"""Places named of each kind."""


def told(found: "Impact", words: Mapping[str, str]) -> dict[str, Any]:
    """Return the figures and rows the browser writes down; texts come ready, as texts."""
    kinds = [
        {
            "name": words[f"place.{kind.kind}"],
            "total": kind.total,
            "people": kind.people if kind.known else None,
            "risk": kind.at_risk,
            "places": [f"{hit.name} {hit.metres:,.0f} {words['map.m']}" for hit in kind.places[:SHOWN]],
            "more": max(0, kind.total - SHOWN),
        }
        for kind in found.kinds
    ]  # fmt: skip
    return {
        "places": found.places, "people": found.people, "unknown": found.unknown,
        "protected": found.protected, "tickets": found.tickets, "more": found.more, "kinds": kinds,
        "href": TicketQuery({"desk": "all", "around": found.around, "result": "open"}).href(),
    }  # fmt: skip
