"""Seats: membership, phone, conversation, and the one work state derived from them."""

from msgspec.structs import replace

from models.events.floor import DeviceChanged, MemberRow, SeatRemoved, SeatStatus, WorkSaved
from models.rules.floor.state import Floor, FloorPlan, Seat, SeatState, seat_key

# AST_DEVICE_* of Asterisk's devicestate.h
NOT_IN_USE, IN_USE, BUSY, INVALID, UNAVAILABLE, RINGING, RING_IN_USE, ON_HOLD = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)
_ON_PHONE = frozenset({IN_USE, BUSY, RING_IN_USE, ON_HOLD})


def work_state(seat: Seat, plan: FloorPlan, at: float) -> tuple[SeatState, str]:
    """Return the seat's one-word state and, when paused, the reason.

    Hold is not after-call work, a direct call is not idle: see domain facts, section 3.
    """
    paused, reason = _pause(seat)
    if seat.call:
        return ("hold" if seat.holding else "talk"), ""
    if not seat.memberships or seat.device in (INVALID, UNAVAILABLE):
        return "offline", ""
    if seat.ringing or seat.device == RINGING:
        return "ring", ""
    if seat.device in _ON_PHONE and seat.device_since > seat.done_at:
        return "direct", ""
    if seat.wrap_until > at:
        return "wrap", ""
    if paused:
        return plan.pause_kinds.get(reason, "busy"), reason
    return "idle", ""


def _pause(seat: Seat) -> tuple[bool, str]:
    rows = seat.memberships.values()
    if not rows or not all(row.paused for row in rows):
        return False, ""
    return True, next((row.reason for row in rows if row.reason), "")


def put_seat(floor: Floor, seat: Seat, at: float) -> Floor:
    """Store a seat with its state derived anew; `since` moves when the state's word or its call moves."""
    state, reason = work_state(seat, floor.plan, at)
    old = floor.seats.get(seat.key)
    if old is None or state != seat.state or reason != seat.reason or _next_call(old, seat, state):
        seat = replace(seat, state=state, reason=reason, since=at)
    if old is not None and old == seat:
        return floor
    return replace(floor, seats={**floor.seats, seat.key: seat})


def _next_call(old: Seat, new: Seat, state: SeatState) -> bool:
    """True when one call follows another without a pause between them, as after a gap of the link."""
    if state == "ring":
        return bool(old.ringing) and bool(new.ringing) and old.ringing != new.ringing
    return bool(old.call) and bool(new.call) and old.call != new.call


def seat_of(floor: Floor, pbx: str, interface: str, name: str = "") -> Seat:
    """Return the seat, or a new one of which only the name is known."""
    key = seat_key(pbx, interface)
    seat = floor.seats.get(key)
    return seat or Seat(key=key, pbx=pbx, interface=interface, name=name, memberships={})


def with_member(seat: Seat, row: MemberRow, at: float) -> Seat:
    """Return the seat with one membership and the phone state it brings."""
    if seat.memberships.get(row.queue) != row:
        seat = replace(seat, memberships={**seat.memberships, row.queue: row})
    if row.name and row.name != seat.name:
        seat = replace(seat, name=row.name)
    return with_device(seat, row.device, at)


def with_device(seat: Seat, device: int, at: float) -> Seat:
    """Return the seat with its phone in `device`; `device_since` marks the start of being on the phone."""
    if device == seat.device:
        return seat
    started = (device in _ON_PHONE) and (seat.device not in _ON_PHONE)
    return replace(seat, device=device, device_since=at if started else seat.device_since)


def on_seat_status(floor: Floor, event: SeatStatus) -> Floor:
    """Fold a membership's live status."""
    row = event.member
    seat = with_member(seat_of(floor, event.pbx, row.interface, row.name), row, event.at)
    if row.queue not in floor.queues:
        floor = replace(floor, queues=(*floor.queues, row.queue))
    return put_seat(floor, seat, event.at)


def on_seat_removed(floor: Floor, event: SeatRemoved) -> Floor:
    """Take a seat out of one queue; with its last membership, and no call, it leaves the floor."""
    seat = floor.seats.get(seat_key(event.pbx, event.interface))
    if seat is None or event.queue not in seat.memberships:
        return floor
    rest = {name: row for name, row in seat.memberships.items() if name != event.queue}
    return leave_if_empty(put_seat(floor, replace(seat, memberships=rest), event.at), seat.key)


def leave_if_empty(floor: Floor, key: str) -> Floor:
    """Remove a seat that is in no queue and on no queue call."""
    seat = floor.seats.get(key)
    if seat is None or seat.memberships or seat.call:
        return floor
    return replace(floor, seats={k: v for k, v in floor.seats.items() if k != key})


def on_device_changed(floor: Floor, event: DeviceChanged) -> Floor:
    """Fold a phone's state, if a seat sits at it."""
    seat = floor.seats.get(seat_key(event.pbx, event.device))
    if seat is None:
        return floor
    return put_seat(floor, with_device(seat, event.state, event.at), event.at)


def on_work_saved(floor: Floor, event: WorkSaved) -> Floor:
    """End a seat's after-call work at once; one that is not in it stays as it is."""
    seat = floor.seats.get(event.seat)
    if seat is None or seat.state != "wrap" or seat.wrap_until <= event.at:
        return floor
    return put_seat(floor, replace(seat, wrap_until=event.at), event.at)


def end_wraps(floor: Floor, at: float) -> Floor:
    """Re-derive the seats whose after-call work is over; their next state began at its very end."""
    for seat in floor.seats.values():
        if seat.state == "wrap" and seat.wrap_until <= at:
            floor = put_seat(floor, seat, seat.wrap_until)
    return floor
