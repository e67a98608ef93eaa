"""Lists: what a complete snapshot of the exchange corrects, and how a gap of the link is closed.

A list may run ahead of the live events: an entry can stand in it before its Join is received, or be
gone while its Leave is still to come. So a contradiction is first marked (`missing`) and only closed
as `unknown` when no event explains it within `plan.settle_s` (`settle`).
"""

from msgspec.structs import replace

from models.events.floor import (
    ChannelRow,
    ChannelsListed,
    DevicesListed,
    EntryRow,
    LinkDown,
    LinkUp,
    QueuesListed,
)
from models.rules.floor.book import latest_visit, new_visit, put_call, visit_in
from models.rules.floor.calls import close
from models.rules.floor.seats import (
    leave_if_empty,
    put_seat,
    seat_of,
    with_device,
    with_member,
)
from models.rules.floor.state import Call, Floor, Gap, Link, Outcome, Seat, seat_key

LEFT_SETTLE_S = 2.0
"""A caller out of the queue whose Connect or Abandon does not follow within this left by a key."""

FRESH_S = 1.0
"""A list is the first of its session when it comes this soon after the link is up."""


def on_link_up(floor: Floor, event: LinkUp) -> Floor:
    """A new session: what the old one did not say good-bye to is a gap from when it was last heard."""
    link = floor.links.get(event.pbx, Link())
    floor = _open_gap(floor, event.pbx, link.heard or event.at, was_up=link.up)
    new = replace(link, up=False, since=event.at, reason="", version=event.version)
    return replace(floor, links={**floor.links, event.pbx: new})


def on_link_down(floor: Floor, event: LinkDown) -> Floor:
    """The session is gone: mark the start of the gap, keep the last truth."""
    link = floor.links.get(event.pbx, Link())
    floor = _open_gap(floor, event.pbx, event.at, was_up=link.up)
    if not link.up and link.reason == event.reason:
        return floor
    down = replace(link, up=False, since=event.at if link.up else link.since, reason=event.reason)
    return replace(floor, links={**floor.links, event.pbx: down})


def _open_gap(floor: Floor, pbx: str, at: float, *, was_up: bool) -> Floor:
    if not was_up or any(gap.pbx == pbx and not gap.end for gap in floor.gaps):
        return floor
    return replace(floor, gaps=(*floor.gaps, Gap(pbx, at)))


def on_queues_listed(floor: Floor, event: QueuesListed) -> Floor:
    """Apply a complete list of queues, members and waiting callers at once."""
    link = floor.links.get(event.pbx, Link())
    fresh = not link.up
    floor = _end_gap(floor, event.pbx, event.at)
    known = set(floor.queues)
    floor = replace(
        floor, queues=(*floor.queues, *(name for name in event.queues if name not in known))
    )
    floor = _members(floor, event)
    for row in event.entries:
        floor = _entry(floor, event, row, gap=fresh)
    return _missing_entries(floor, event)


def _end_gap(floor: Floor, pbx: str, at: float) -> Floor:
    link = floor.links.get(pbx, Link())
    if link.up:
        return floor
    gaps = tuple(
        replace(gap, end=at) if gap.pbx == pbx and not gap.end else gap for gap in floor.gaps
    )
    links = {**floor.links, pbx: replace(link, up=True, since=at, reason="")}
    return replace(floor, gaps=gaps, links=links)


def _members(floor: Floor, event: QueuesListed) -> Floor:
    listed: dict[str, Seat] = {}
    for row in event.members:
        key = seat_key(event.pbx, row.interface)
        seat = listed.get(key)
        if seat is None:
            seat = replace(seat_of(floor, event.pbx, row.interface, row.name), memberships={})
        listed[key] = with_member(seat, row, event.at)
    for seat in listed.values():
        floor = put_seat(floor, _same_rows(floor, seat), event.at)
    for key, seat in floor.seats.items():
        if seat.pbx == event.pbx and key not in listed:
            floor = put_seat(floor, replace(seat, memberships={}, ringing=""), event.at)
            floor = leave_if_empty(floor, key)
    return floor


def _same_rows(floor: Floor, seat: Seat) -> Seat:
    """Keep the old membership dict when the list says the same, so that nothing seems changed."""
    old = floor.seats.get(seat.key)
    if old is not None and old.memberships == seat.memberships:
        return replace(seat, memberships=old.memberships)
    return seat


def _entry(floor: Floor, event: QueuesListed, row: EntryRow, *, gap: bool) -> Floor:
    visit = visit_in(floor, event.pbx, row.call, row.queue)
    if visit is not None and visit.outcome == "waiting":
        left = (
            0.0 if gap else visit.left
        )  # the first list of a session knows better than the old one
        return put_call(floor, replace(visit, missing=0.0, left=left, position=row.position))
    if visit is not None and visit.outcome == "unknown":
        return put_call(floor, replace(visit, outcome="waiting", ended=0.0, position=row.position))
    if visit is not None and event.at - row.wait <= visit.entered + 1:
        return floor  # the list is older than the end we have seen
    waiting = Call(
        key="", pbx=event.pbx, call=row.call, visit=0, outcome="waiting", queue=row.queue,
        caller=row.caller, channel=row.channel, entered=event.at - row.wait,
        position=row.position, listed=True, gap=gap,
    )  # fmt: skip
    last = latest_visit(floor, event.pbx, row.call)
    if last is not None and last.outcome == "arrived":
        merged = replace(waiting, key=last.key, visit=last.visit, arrived=last.arrived)
        return put_call(floor, merged)
    if last is None:
        waiting = replace(waiting, arrived=waiting.entered)
    return new_visit(floor, waiting)[0]


def _missing_entries(floor: Floor, event: QueuesListed) -> Floor:
    here = {(row.call, row.queue) for row in event.entries}
    for visit in floor.calls.values():
        lacks = visit.outcome == "waiting" and (visit.call, visit.queue) not in here
        if lacks and visit.pbx == event.pbx and not visit.missing:
            floor = put_call(floor, replace(visit, missing=event.at))
    return floor


def on_channels_listed(floor: Floor, event: ChannelsListed) -> Floor:
    """Match calls with the channels that are really there."""
    by_channel = {row.channel: row for row in event.channels}
    by_call = {row.call: row for row in event.channels}
    for visit in floor.calls.values():
        if (
            visit.pbx == event.pbx
            and not visit.missing
            and _is_over(floor, visit, by_channel, by_call)
        ):
            floor = put_call(floor, replace(visit, missing=event.at))
    callers = {row.call: row for row in event.channels if row.queue}
    for row in event.channels:
        caller = callers.get(row.linked)
        if caller is not None and caller is not row and row.bridge and row.bridge == caller.bridge:
            floor = _conversation(floor, event, row, caller)
    return floor


def _is_over(
    floor: Floor, visit: Call, channels: dict[str, ChannelRow], calls: dict[str, ChannelRow]
) -> bool:
    caller = calls.get(visit.call)
    if visit.outcome == "arrived":
        return caller is None
    if visit.outcome != "talking":
        return False
    seat = floor.seats.get(visit.seat)
    leg = channels.get(seat.channel) if seat is not None and seat.call == visit.key else None
    # a restarted exchange gives the names of channels anew: the leg must belong to the caller's call
    return caller is None or leg is None or leg.linked != caller.linked


def _conversation(
    floor: Floor, event: ChannelsListed, row: ChannelRow, caller: ChannelRow
) -> Floor:
    """A seat's channel is bridged with a caller out of a queue, and the answer was not seen."""
    key = seat_key(event.pbx, row.channel.rpartition("-")[0])
    seat = floor.seats.get(key)
    if seat is None or seat.call:
        return floor
    visit = visit_in(floor, event.pbx, caller.call, caller.queue)
    if visit is None:
        entered = event.at - caller.duration
        unseen = Call(
            key="", pbx=event.pbx, call=caller.call, visit=0, outcome="waiting",
            queue=caller.queue, caller=caller.caller, channel=caller.channel,
            arrived=entered, entered=entered, missing=event.at, gap=True,
        )  # fmt: skip
        floor, visit = new_visit(floor, unseen)
    if visit.outcome not in ("waiting", "unknown", "talking") or not visit.missing:
        return floor
    if visit.outcome == "talking" and visit.seat == key:  # known from the ledger
        talking = replace(visit, missing=0.0)
    else:
        talking = replace(
            visit, outcome="talking", seat=key, name=seat.name, ended=0.0,
            answered=event.at - row.duration, wait=-1, ringing=(), missing=0.0, gap=True,
        )  # fmt: skip
    floor = put_call(floor, talking)
    seat = replace(seat, call=visit.key, channel=row.channel, ringing="")
    return put_seat(floor, seat, talking.answered)


def on_devices_listed(floor: Floor, event: DevicesListed) -> Floor:
    """Take over the phones' states."""
    for device, state in event.devices.items():
        seat = floor.seats.get(seat_key(event.pbx, device))
        if seat is not None and seat.device != state:
            floor = put_seat(floor, with_device(seat, state, event.at), event.at)
    return floor


def settle(floor: Floor, at: float) -> Floor:
    """Close what a list contradicted and no event explained in time."""
    for visit in floor.calls.values():
        if visit.missing and at - visit.missing >= _patience(floor, visit):
            floor = _lost(floor, visit)
        elif visit.left and at - visit.left >= LEFT_SETTLE_S and _was_heard(floor, visit):
            wait = int(visit.left) - int(visit.entered)
            floor = close(floor, visit, "left", visit.left, wait=wait)
    return floor


def _was_heard(floor: Floor, visit: Call) -> bool:
    """No gap since the caller left the queue: a Connect or Abandon would have been received."""
    link = floor.links.get(visit.pbx, Link())
    return visit.outcome == "waiting" and link.up and link.since <= visit.left


def _patience(floor: Floor, visit: Call) -> float:
    """After a gap there is little to wait for: the event that explains the list fell into it."""
    link = floor.links.get(visit.pbx, Link())
    after_gap = visit.missing - link.since < FRESH_S
    return min(floor.plan.settle_s, FRESH_S) if after_gap else floor.plan.settle_s


def _lost(floor: Floor, visit: Call) -> Floor:
    """Its end was not seen. A conversation still counts as answered, its length stays unknown."""
    outcome: Outcome = "answered" if visit.outcome == "talking" else "unknown"
    return close(floor, visit, outcome, visit.missing, gap=True)
