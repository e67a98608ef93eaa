"""Counting again what people wrote: texts against their seals, requests and supervisions against their events."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.rules.tickets.seal import SEALED, broken
from models.tables import Supervision, Ticket, TicketHistory, TicketRequest

Events = Sequence[dict[str, Any]]


def texts(row: Ticket, events: Events) -> list[str]:
    """Return which texts of a ticket are not what its events sealed; what was never sealed is let be."""
    sealed: dict[str, str] = {}
    for event in events:
        sealed |= event.get("seal") or {}
    facts = {name: getattr(row, name) for name in SEALED}
    return [f"{name} was changed" for name in broken(row.query_code, facts, sealed)]


def unsealed(session: Session) -> int:
    """Return how many tickets are older than the seals, so that only some of their texts can be checked."""
    first = select(func.count()).where(
        TicketHistory.verb.in_(("open", "import")),
        func.coalesce(TicketHistory.event["seal"]["title"].as_string(), "") == "",
    )
    return session.scalar(first) or 0


def notes(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the history lines that show another note or actor than their events, by ticket."""
    found = session.execute(
        select(TicketHistory.ticket_id, TicketHistory.verb, TicketHistory.id).where(
            TicketHistory.ticket_id.in_(ids),
            (TicketHistory.note != TicketHistory.event["note"].as_string())
            | (TicketHistory.actor != TicketHistory.event["actor"].as_string()),
        )
    )
    faults: dict[int, list[str]] = {}
    for ticket, verb, number in found:
        faults.setdefault(ticket, []).append(
            f"line {number} ({verb}) shows what its event does not"
        )
    return faults


def requests(
    session: Session, ids: Sequence[int], told: Mapping[int, Events]
) -> dict[int, list[str]]:
    """Return which requests for a return or more time are not as the events tell, by ticket."""
    query = (
        select(TicketRequest)
        .where(TicketRequest.ticket_id.in_(ids), TicketRequest.what.in_(("return", "extension")))
        .order_by(TicketRequest.ticket_id, TicketRequest.id)
    )
    here = {n: list(rows) for n, rows in groupby(session.scalars(query), lambda r: r.ticket_id)}
    return {
        n: _differ("request", map(_request, here.get(n, [])), _asked(told.get(n, []))) for n in ids
    }


Request = dict[str, Any]


def _request(row: TicketRequest) -> Request:
    return {
        "what": row.what, "leg": row.leg, "ground": row.ground, "days": row.days,
        "reason": row.reason.strip(), "granted": row.granted, "answer": row.answer.strip(),
    }  # fmt: skip


def _asked(events: Events) -> list[Request]:
    """Return the requests that events tell of, in their order."""
    found: list[Request] = []
    for event in events:
        kind = event["type"]
        if kind in ("ReturnAsked", "ExtensionAsked"):
            found.append({
                "what": "return" if kind == "ReturnAsked" else "extension", "leg": event["leg"],
                "ground": event.get("ground", ""), "days": event.get("days", 0),
                "reason": event["note"], "granted": None, "answer": "",
            })  # fmt: skip
        for one in found:
            if one["granted"] is None:
                _decided(one, event)
    return found


def _decided(one: Request, event: dict[str, Any]) -> None:
    """Let an event decide an open request; parts that end, end what was asked for with them."""
    kind, state = event["type"], event.get("status", "")
    mine = {"return": "Return", "extension": "Extension"}[one["what"]]
    if kind in (f"{mine}Granted", f"{mine}Denied"):
        one |= {"granted": kind.endswith("Granted"), "answer": event["note"]}
    elif kind in ("TicketRecalled", "TicketMerged") or (
        # of a co-unit's part alone, what its own unit asked for
        kind == "ReturnGranted" and (state in ("", "pending_assign") or one["leg"] == event["leg"])
    ):
        one["granted"] = False


def supervisions(
    session: Session, ids: Sequence[int], told: Mapping[int, Events]
) -> dict[int, list[str]]:
    """Return which supervisions are not as the events tell, by ticket."""
    query = (
        select(Supervision)
        .where(Supervision.ticket_id.in_(ids))
        .order_by(Supervision.ticket_id, Supervision.id)
    )
    here = {n: list(rows) for n, rows in groupby(session.scalars(query), lambda r: r.ticket_id)}
    return {
        n: _differ("supervision", map(_supervision, here.get(n, [])), _followed(told.get(n, [])))
        for n in ids
    }


def _supervision(row: Supervision) -> Request:
    return {
        "number": row.id, "opinion": row.opinion, "rating": row.rating,
        "note": row.rating_note.strip(),
    }  # fmt: skip


def _followed(events: Events) -> list[Request]:
    found: dict[int, Request] = {}
    for event in events:
        if event["type"] == "TicketSupervised":
            number = event["supervision"]
            found[number] = {
                "number": number, "opinion": event["note"], "rating": None, "note": "",
            }  # fmt: skip
        if event["type"] == "SupervisionRated" and event["supervision"] in found:
            found[event["supervision"]] |= {"rating": event["rating"], "note": event["note"]}
    return [found[number] for number in sorted(found)]


def _differ(what: str, here: Iterable[Request], told: Sequence[Request]) -> list[str]:
    rows = list(here)
    if len(rows) != len(told):
        return [f"it has {len(rows)} {what}s, its history {len(told)}"]
    return [
        f"{what} {number}: {name} was changed"
        for number, (row, said) in enumerate(zip(rows, told, strict=True), start=1)
        for name in row
        if row[name] != said[name]
    ]
