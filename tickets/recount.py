"""Counting again: every ticket against its history, every event against the sealed log, the day against its lists."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, get_args

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gis_data.hotspots.result import Period
from models.clock import Instant
from models.errors import HotlineError
from models.events.ticket import Flag, from_row
from models.rules.places import LOCATED
from models.rules.tickets import Ticket as Told
from models.rules.tickets import reduce
from models.tables import Ticket, TicketHistory, TicketLeg
from tickets import recount_texts, today
from tickets.criteria import Criteria
from tickets.hotspots import counts_of_fields, fields
from tickets.moving import Actor
from tickets.search import COUNTED, count

BATCH = 500
EVERYTHING = Actor(0, "verify", frozenset({"ticket.view"}))
SECTIONS = {"kinds": "kind", "states": "status", "results": "result"}


def tickets(session: Session) -> Iterator[list[str]]:
    """Yield, for a batch of tickets at a time, what of them is not as their histories tell."""
    after = 0
    while True:
        query = select(Ticket).where(Ticket.id > after).order_by(Ticket.id).limit(BATCH)
        rows = list(session.scalars(query))
        if not rows:
            return
        after = rows[-1].id
        ids = [row.id for row in rows]
        lines = session.execute(
            select(TicketHistory.ticket_id, TicketHistory.event)
            .where(TicketHistory.ticket_id.in_(ids))
            .order_by(TicketHistory.ticket_id, TicketHistory.id)
        )
        events = {number: [line.event for line in told] for number, told in groupby(lines, _first)}
        legs = _present(session, ids)
        written = (
            recount_texts.notes(session, ids),
            recount_texts.requests(session, ids, events),
            recount_texts.supervisions(session, ids, events),
        )
        yield [
            f"ticket {row.no}: {fault}"
            for row in rows
            for fault in (
                *_faults(row, legs.get(row.id, {}), events.get(row.id, [])),
                *recount_texts.texts(row, events.get(row.id, [])),
                *(fault for each in written for fault in each.get(row.id, [])),
            )
        ]
        session.expunge_all()


def _first(line: Any) -> int:  # noqa: ANN401 - a row
    return int(line[0])


def _present(session: Session, ids: list[int]) -> dict[int, dict[int, TicketLeg]]:
    """Return the parts of the present assignments: ticket -> number -> part; of one taken back there are none."""
    found: dict[int, dict[int, TicketLeg]] = {}
    turns: dict[int, int] = {}
    query = select(TicketLeg).where(TicketLeg.ticket_id.in_(ids), TicketLeg.number > 0)
    for leg in session.scalars(query.order_by(TicketLeg.ticket_id, TicketLeg.turn)):
        if turns.get(leg.ticket_id) != leg.turn:
            turns[leg.ticket_id], found[leg.ticket_id] = leg.turn, {}
        found[leg.ticket_id][leg.number] = leg
    # what its lead gave back is over whole; a co-unit gave back its own part alone
    return {
        ticket: {number: leg for number, leg in legs.items() if leg.returned_at is None}
        for ticket, legs in found.items()
        if 1 not in legs or legs[1].returned_at is None
    }


def _faults(row: Ticket, legs: dict[int, TicketLeg], events: list[dict[str, Any]]) -> list[str]:
    told: Told | None = None
    try:
        for event in events:
            told = reduce(told, from_row(event))
    except (HotlineError, msgspec.MsgspecError, KeyError) as error:
        return [f"its history cannot be read: {error}"]
    if told is None:
        return ["it has no history"]
    pairs: list[tuple[str, object, object]] = [
        ("version", row.version, len(events)),
        ("status", row.status, told.status),
        ("bounces", row.bounces, told.bounces),
        ("reopened", row.reopened, told.reopened),
        ("contested", row.contested, told.contested),
        ("merged_into", row.merged_into or 0, told.merged_into),
        ("grade", row.grade or "none", told.grade),
        ("solved", row.solved, told.solved),
        ("quality", row.quality, told.quality),
        ("called back", row.called_back_at is not None, bool(told.called_back)),
        ("replied", row.replied_at is not None, bool(told.replied)),
        ("kind", row.kind, told.kind),
        ("category", row.category, told.category),
        ("urgency", row.urgency, told.urgency),
        ("later", row.later, told.later),
        ("paused", row.paused_at is not None, bool(told.paused)),
        ("parts", sorted(legs), sorted(n for n, leg in told.legs.items() if not leg.returned)),
    ]
    if told.flags is not None:
        flags = {flag for flag in get_args(Flag) if getattr(row, flag)}
        pairs.append(("flags", sorted(flags), sorted(told.flags)))
    for number, leg in legs.items():
        said = told.legs.get(number)
        if said is not None:
            due = round(leg.due_at.timestamp(), 3) if leg.due_at else 0.0
            pairs += [
                (f"part {number} unit", leg.unit, said.unit),
                (f"part {number} holder", leg.holder, said.holder),
                (f"part {number} due", due, round(said.due, 3)),
                (f"part {number} handled", leg.handled_at is not None, bool(said.handled)),
                (f"part {number} urges", leg.urges, said.urges),
            ]
    return [
        f"{name} is {here!r}, its history says {there!r}" for name, here, there in pairs if here != there
    ]  # fmt: skip


def events(session: Session, *, before: Instant) -> list[str]:
    """Return which history lines older than `before` the event log lacks, or tells otherwise.

    The log is sealed by its chain, so a line that was changed shows here, and a change of both shows there.
    """
    rows = session.execute(
        text(
            "SELECT h.event->>'id' AS id, l.id IS NULL AS missing FROM ticket_history h "
            "LEFT JOIN event_log l ON l.tenant_id = h.tenant_id AND l.event_id = h.event->>'id' "
            "WHERE h.at < to_timestamp(:before) AND h.verb <> 'import' "
            "AND (l.id IS NULL OR l.event <> h.event) ORDER BY h.id LIMIT 100"
        ),
        {"before": before},
    )
    return [
        f"event {row.id}: {'missing from the log' if row.missing else 'not as the log has it'}"
        for row in rows
    ]


def day(session: Session, shown: Mapping[str, Any], *, now: Instant) -> list[str]:
    """Return where the day's board, as it is shown, its tables and the lists behind it differ."""
    start, end = shown["day"]
    counted = today.board(session, start, end, now=now)
    faults = [
        f"today {name}: shown {shown[name]!r}, counted {counted[name]!r}"
        for name in ("opened", *SECTIONS)
        if shown[name] != counted[name]
    ]
    for section, criterion in SECTIONS.items():
        for key, number in counted[section].items():
            asked: dict[str, Any] = {criterion: key, "since": start, "until": end}
            listed = count(session, Criteria(**asked), actor=EVERYTHING, now=now, most=COUNTED)
            if listed != number:
                faults.append(f"today {criterion} {key}: {number}, its list has {listed}")
    return faults


def hotspots(
    session: Session, live: Mapping[str, int], day: Period, zone: str, *, now: Instant
) -> list[str]:
    """Return where the live counts of a day, those of its tickets, and the lists of them differ."""
    told = Counter(fields(session, day, zone).values())
    faults = [
        f"hotspots {name}: live {live.get(name, 0)}, counted {told[name]}"
        for name in sorted({*live, *told})
        if live.get(name, 0) != told[name]
    ]
    here = counts_of_fields(live)
    shown = {"yes": int(here.number.sum())} | {
        how: getattr(here.left_out, how) for how in LOCATED if how != "yes"
    }
    for how, number in shown.items():
        asked = Criteria(since=day.since, until=day.until, located=how)
        listed = count(session, asked, actor=EVERYTHING, now=now, most=COUNTED)
        if listed != min(number, COUNTED):
            faults.append(f"hotspots located {how}: live {number}, its list has {listed}")
    return faults


def totals(session: Session) -> tuple[int, int]:
    """Return how many tickets and history lines there are."""
    counts = [session.scalar(select(func.count()).select_from(t)) for t in (Ticket, TicketHistory)]
    return counts[0] or 0, counts[1] or 0
