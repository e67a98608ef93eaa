"""The fold itself: one event in, the next floor out. Repeats and voices of an older link change nothing."""

from typing import assert_never

from msgspec.structs import replace

from models.events import floor as e
from models.rules.floor import calls, lists, seats, watch
from models.rules.floor.book import drop_closed, turn_day
from models.rules.floor.state import Floor, Link


def reduce(floor: Floor, event: e.AnyFloorEvent) -> Floor:
    """Return the floor after `event`.

    Pure. An event not newer than its exchange's last (epoch, seq) is a repeat or comes from a worker
    that has lost its lease, and is ignored; so delivering twice equals delivering once.
    """
    if event.pbx:
        link = floor.links.get(event.pbx, Link())
        if (event.epoch, event.seq) <= (link.epoch, link.seq):
            return floor
        # the ends of a session are said by us: they do not tell that the exchange was heard
        own = isinstance(event, e.LinkUp | e.LinkDown)
        heard = link.heard if own else max(event.at, link.heard)
        link = replace(link, epoch=event.epoch, seq=event.seq, heard=heard)
        floor = replace(floor, links={**floor.links, event.pbx: link})
    floor = turn_day(floor, event.at)
    return _fold(floor, event)


def _fold(floor: Floor, event: e.AnyFloorEvent) -> Floor:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case e.SeatStatus():
            return seats.on_seat_status(floor, event)
        case e.DeviceChanged():
            return seats.on_device_changed(floor, event)
        case e.CallGone():
            return calls.on_gone(floor, event)
        case e.SeatRang():
            return calls.on_rang(floor, event)
        case e.CallArrived():
            return calls.on_arrived(floor, event)
        case e.CallerJoined():
            return calls.on_joined(floor, event)
        case e.CallerLeft():
            return calls.on_left(floor, event)
        case e.CallAnswered():
            return calls.on_answered(floor, event)
        case e.CallCompleted():
            return calls.on_completed(floor, event)
        case e.SeatRangOut():
            return calls.on_rang_out(floor, event)
        case e.QueueDone():
            return calls.on_queue_done(floor, event)
        case e.CallerAbandoned():
            return calls.on_abandoned(floor, event)
        case e.CallHeld():
            return calls.on_held(floor, event)
        case e.CallUnheld():
            return calls.on_unheld(floor, event)
        case e.CallTransferred():
            return calls.on_transferred(floor, event)
        case e.SeatRemoved():
            return seats.on_seat_removed(floor, event)
        case e.QueuesListed():
            return lists.on_queues_listed(floor, event)
        case e.ChannelsListed():
            return lists.on_channels_listed(floor, event)
        case e.DevicesListed():
            return lists.on_devices_listed(floor, event)
        case e.LinkUp():
            return lists.on_link_up(floor, event)
        case e.LinkDown():
            return lists.on_link_down(floor, event)
        case e.AlarmRaised():
            return watch.on_alarm_raised(floor, event)
        case e.AlarmAcknowledged():
            return watch.on_alarm_acknowledged(floor, event)
        case e.AlarmCleared():
            return watch.on_alarm_cleared(floor, event)
        case e.WorkSaved():
            return seats.on_work_saved(floor, event)
        case e.TimePassed():
            floor = lists.settle(seats.end_wraps(floor, event.at), event.at)
            return drop_closed(floor, event.at)
        case _:
            assert_never(event)
