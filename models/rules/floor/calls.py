"""Calls: a caller's visits to queues, from the first ring to the end, and the seats they touch."""

from msgspec.structs import replace

from models.events.floor import (
    CallAnswered,
    CallArrived,
    CallCompleted,
    Caller,
    CallerAbandoned,
    CallerJoined,
    CallerLeft,
    CallGone,
    CallHeld,
    CallTransferred,
    CallUnheld,
    QueueDone,
    SeatRang,
    SeatRangOut,
)
from models.rules.floor.book import latest_visit, new_visit, put_call, visit_in, visit_of
from models.rules.floor.seats import leave_if_empty, put_seat, seat_of
from models.rules.floor.state import OPEN, Call, Floor, Outcome, seat_key

_THROWN_OUT = frozenset({"FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL"})


def on_arrived(floor: Floor, event: CallArrived) -> Floor:
    """A caller reached the exchange; a queue may follow."""
    if latest_visit(floor, event.pbx, event.call) is not None:
        return floor
    visit = Call(
        key="", pbx=event.pbx, call=event.call, visit=0, outcome="arrived",
        caller=event.caller, channel=event.channel, arrived=event.at,
    )  # fmt: skip
    return new_visit(floor, visit)[0]


def on_joined(floor: Floor, event: CallerJoined) -> Floor:
    """A caller entered a queue: the arrived call's first visit, or one more after a transfer."""
    last = latest_visit(floor, event.pbx, event.call)
    if last is not None and last.outcome == "arrived":
        return put_call(
            floor,
            replace(
                last, outcome="waiting", queue=event.queue, entered=event.at,
                position=event.position, caller=event.caller, channel=event.channel,
            ),
        )  # fmt: skip
    if last is not None and last.outcome == "waiting" and last.queue == event.queue:
        # the list told of it before its own Join did
        return put_call(floor, replace(last, entered=event.at, listed=False, missing=0.0))
    visit = Call(
        key="", pbx=event.pbx, call=event.call, visit=0, outcome="waiting", queue=event.queue,
        caller=event.caller, channel=event.channel, entered=event.at, position=event.position,
        arrived=0.0 if last else event.at,
    )  # fmt: skip
    return new_visit(floor, visit)[0]


def on_rang(floor: Floor, event: SeatRang) -> Floor:
    """A queue rings a seat."""
    visit = visit_in(floor, event.pbx, event.call, event.queue)
    key = visit.key if visit and visit.outcome in OPEN else ""
    seat = seat_of(floor, event.pbx, event.interface, event.name)
    if not key or visit is None:
        return floor
    if seat.key not in visit.ringing:
        floor = put_call(floor, replace(visit, ringing=(*visit.ringing, seat.key)))
    return put_seat(floor, replace(seat, ringing=key), event.at)


def on_rang_out(floor: Floor, event: SeatRangOut) -> Floor:
    """A seat did not answer: 座席未接, counted with the visit."""
    key = seat_key(event.pbx, event.interface)
    visit = visit_in(floor, event.pbx, event.call, event.queue)
    if visit is not None:
        ringing = tuple(seat for seat in visit.ringing if seat != key)
        floor = put_call(floor, replace(visit, ring_outs=visit.ring_outs + 1, ringing=ringing))
    seat = floor.seats.get(key)
    if seat is None or not seat.ringing:
        return floor
    return put_seat(floor, replace(seat, ringing=""), event.at)


def on_answered(floor: Floor, event: CallAnswered) -> Floor:
    """A seat took the call."""
    floor, visit = _visit_for(floor, event.pbx, event.call, event.queue, event.at, event.wait)
    floor = _silence(floor, visit, event.at)
    seat = seat_of(floor, event.pbx, event.interface, event.name)
    visit = replace(
        visit, outcome="talking", answered=event.at, seat=seat.key, name=event.name or seat.name,
        wait=event.wait, ringing=(), missing=0.0, ended=0.0, talk=-1,
    )  # fmt: skip
    floor = put_call(floor, visit)
    seat = replace(seat, call=visit.key, channel=event.channel, ringing="", holding=False)
    return put_seat(floor, seat, event.at)


def _visit_for(
    floor: Floor, pbx: str, call: str, queue: str, at: float, waited: int
) -> tuple[Floor, Call]:
    """Return the visit an answer belongs to; one whose Join was not seen is entered with a gap mark."""
    visit = visit_in(floor, pbx, call, queue)
    if visit is not None and visit.outcome in ("waiting", "unknown", "left"):
        return floor, visit
    last = latest_visit(floor, pbx, call)
    unseen = Call(
        key="", pbx=pbx, call=call, visit=0, outcome="waiting", queue=queue,
        caller=last.caller if last else Caller(), entered=at - waited, gap=True,
    )  # fmt: skip
    return new_visit(floor, unseen)


def _silence(floor: Floor, visit: Call, at: float) -> Floor:
    """Stop the ringing of every seat that rang for `visit`."""
    for key in visit.ringing:
        seat = floor.seats.get(key)
        if seat is not None and seat.ringing == visit.key:
            floor = put_seat(floor, replace(seat, ringing=""), at)
    return floor


def close(floor: Floor, visit: Call, outcome: Outcome, at: float, **more: object) -> Floor:
    """End a visit: stop its ringing and free its seat."""
    floor = _silence(floor, visit, at)
    floor = put_call(
        floor,
        replace(visit, outcome=outcome, ended=at, ringing=(), missing=0.0, held_since=0.0, **more),
    )
    seat = floor.seats.get(visit.seat)
    if seat is None or seat.call != visit.key:
        return floor
    free = replace(
        seat, call="", channel="", holding=False, done_at=at, wrap_until=at + floor.plan.wrap_up_s
    )
    return leave_if_empty(put_seat(floor, free, at), seat.key)


def on_completed(floor: Floor, event: CallCompleted) -> Floor:
    """A seat's queue call ended; joined by queue and seat where the caller's fields are missing."""
    seat = floor.seats.get(seat_key(event.pbx, event.interface))
    visit = visit_of(floor, seat.call) if seat is not None and seat.call else None
    if visit is None or visit.queue != event.queue or event.call not in ("", visit.call):
        visit = visit_in(floor, event.pbx, event.call, event.queue) if event.call else None
    if visit is None or visit.outcome not in ("talking", "answered"):
        floor, visit = _answered_in_gap(floor, event)
    if visit is None or (visit.outcome == "answered" and visit.talk >= 0):
        return floor
    held = visit.held + (event.at - visit.held_since if visit.held_since else 0.0)
    return close(
        floor, visit, "answered", event.at,
        wait=event.wait, talk=event.talk, held=max(held, 0.0), reason=event.reason,
    )  # fmt: skip


def _answered_in_gap(floor: Floor, event: CallCompleted) -> tuple[Floor, Call | None]:
    """Rebuild a call of which only the end was seen: the end tells how long it waited and talked."""
    if not event.call:
        return floor, None
    answered = event.at - event.talk
    floor, visit = _visit_for(floor, event.pbx, event.call, event.queue, answered, event.wait)
    seat = seat_of(floor, event.pbx, event.interface)
    return floor, replace(
        visit, outcome="talking", answered=answered, seat=seat.key, name=seat.name, gap=True
    )


def on_abandoned(floor: Floor, event: CallerAbandoned) -> Floor:
    """A caller gave up, or the queue timed out: `QueueDone` tells which, right after."""
    visit = visit_in(floor, event.pbx, event.call, event.queue)
    if visit is None:
        floor, visit = _visit_for(floor, event.pbx, event.call, event.queue, event.at, event.wait)
    if visit.outcome not in ("waiting", "unknown", "left"):
        return floor
    return close(floor, visit, "abandoned", event.at, wait=event.wait)


def on_left(floor: Floor, event: CallerLeft) -> Floor:
    """A caller is out of the queue; Connect (next) or Abandon (before) says why."""
    visit = visit_in(floor, event.pbx, event.call, event.queue)
    if visit is None or visit.outcome != "waiting":
        return floor
    return put_call(floor, replace(visit, left=event.at))


def on_queue_done(floor: Floor, event: QueueDone) -> Floor:
    """The dialplan says how the queue ended: a timeout is not an abandon, a full queue never let in."""
    visit = visit_in(floor, event.pbx, event.call, event.queue)
    if event.status == "TIMEOUT":
        if visit is None or visit.outcome not in ("abandoned", "waiting", "left", "unknown"):
            return floor
        ended = visit.ended or event.at
        wait = visit.wait if visit.wait >= 0 else int(ended) - int(visit.entered)
        return close(floor, visit, "timeout", ended, wait=wait)
    if event.status not in _THROWN_OUT:
        return floor
    if visit is not None and visit.outcome in ("waiting", "abandoned", "left", "unknown"):
        return close(floor, visit, "overflow", visit.ended or event.at, reason=event.status)
    last = latest_visit(floor, event.pbx, event.call)
    if last is not None and last.outcome == "arrived":
        refused = replace(last, queue=event.queue)
        return close(floor, refused, "overflow", event.at, reason=event.status)
    return floor


def on_gone(floor: Floor, event: CallGone) -> Floor:
    """A channel hung up: the end of a call that never reached a queue, or a ringing seat's leg."""
    last = latest_visit(floor, event.pbx, event.call)
    if last is not None and last.outcome == "arrived":
        return close(floor, last, "quick", event.at)
    return floor


def on_held(floor: Floor, event: CallHeld) -> Floor:
    """A seat put its caller on hold."""
    return _hold(floor, event.pbx, event.channel, event.at, held=True)


def on_unheld(floor: Floor, event: CallUnheld) -> Floor:
    """A seat took its caller back."""
    return _hold(floor, event.pbx, event.channel, event.at, held=False)


def _hold(floor: Floor, pbx: str, channel: str, at: float, *, held: bool) -> Floor:
    interface = channel.rpartition("-")[0]
    seat = floor.seats.get(seat_key(pbx, interface))
    if seat is None or seat.channel != channel or seat.holding == held:
        return floor
    visit = visit_of(floor, seat.call)
    if visit is not None:
        spent = at - visit.held_since if visit.held_since and not held else 0.0
        since = at if held else 0.0
        floor = put_call(floor, replace(visit, held=visit.held + max(spent, 0.0), held_since=since))
    return put_seat(floor, replace(seat, holding=held), at)


def on_transferred(floor: Floor, event: CallTransferred) -> Floor:
    """A seat passed its call on; the visit keeps where to."""
    seat = floor.seats.get(seat_key(event.pbx, event.channel.rpartition("-")[0]))
    visit = visit_of(floor, seat.call) if seat is not None and seat.call else None
    if visit is None or seat is None or seat.channel != event.channel:
        return floor
    return put_call(floor, replace(visit, transferred=f"{event.kind}:{event.to}"))
