"""From AMI frames to floor events. Pure: no socket, no clock, no store.

`Translator.feed(frame, received)` returns the events a frame means: mostly none, often one. List rows
are gathered by ActionID and become one event at their ...Complete, so a list is applied at once or
not at all. Traps of the dialect are those of docs/events.md, "What AMI hides".
"""

import math
from collections.abc import Callable
from typing import Any

from models.errors import BadInput
from models.events import floor as e
from pbx.frames import Headers, event_name, parse

DEVICE_STATES = {
    "UNKNOWN": 0,
    "NOT_INUSE": 1,
    "INUSE": 2,
    "BUSY": 3,
    "INVALID": 4,
    "UNAVAILABLE": 5,
    "RINGING": 6,
    "RINGINUSE": 7,
    "ONHOLD": 8,
}
INBOUND = frozenset({"callers", "hotline", "from-trunk", "from-pstn"})
"""Dialplan contexts in which a new channel is a citizen's call."""

OPEN_LISTS = 32
"""More unfinished lists than this means their ends were lost: the oldest is dropped."""

MAX_SKEW_S = 3.0
"""Clocks further apart than this are taken for a wrong clock, not for a slow network."""

Seal = Callable[[str], e.Caller]
Found = list[e.AnyFloorEvent]


class Malformed(BadInput):
    """A wanted event lacks a header or holds a value that cannot be read."""

    code = "ami_malformed"


class _List:
    """Rows of one list action, until its end tells how many there should be."""

    def __init__(self) -> None:
        self.queues: list[str] = []
        self.members: list[e.MemberRow] = []
        self.entries: list[e.EntryRow] = []
        self.channels: list[e.ChannelRow] = []
        self.devices: dict[str, int] = {}
        self.rows = 0


class Translator:
    """Translates one AMI session (one `epoch`) of the exchange `pbx`.

    seal : turns a caller's number into what may leave this room.
    inbound : dialplan contexts where citizens' calls begin.
    shift : seconds added to the exchange's timestamps; found again whenever its clock and ours
        differ by more than `MAX_SKEW_S`, so a jump of either clock does not falsify ages for long.
    """

    def __init__(
        self,
        pbx: str,
        epoch: int,
        seal: Seal,
        *,
        inbound: frozenset[str] = INBOUND,
    ) -> None:
        self.pbx = pbx
        self.epoch = epoch
        self.shift = 0.0
        self.seq = 0
        self._seal = seal
        self._inbound = inbound
        self._actor = f"pbx:{pbx}"
        self._lists: dict[str, _List] = {}

    def feed(self, frame: bytes, received: float) -> Found:
        """Return the events in one whole frame; Malformed when a wanted one cannot be read."""
        handler = _HANDLERS.get(event_name(frame))
        if handler is None:
            return []
        headers = parse(frame.replace(b"\0", b"?"))  # no store takes a NUL in a text
        try:
            return handler(self, headers, self._at(headers.get("Timestamp"), received))
        except (KeyError, ValueError) as error:
            raise Malformed(f"{error!r} in {headers.get('Event')}", frame=frame[:2000]) from error

    def _at(self, stamp: str | None, received: float) -> float:
        if not stamp:
            return received
        at = float(stamp) + self.shift
        if not math.isfinite(at):
            raise ValueError(f"Timestamp {stamp}")
        if abs(received - at) > MAX_SKEW_S:
            self.shift = received - float(stamp)
            return received
        return at

    def link_up(self, at: float, version: str) -> e.LinkUp:
        """Return the event that starts this session."""
        return e.LinkUp(version=version, **self._envelope(at))

    def link_down(self, at: float, reason: str) -> e.LinkDown:
        """Return the event that ends this session."""
        return e.LinkDown(reason=reason, **self._envelope(at))

    def _envelope(self, at: float) -> dict[str, Any]:
        self.seq += 1
        return {
            "id": f"{self.pbx}-{self.epoch}-{self.seq}",
            "at": at,
            "actor": self._actor,
            "pbx": self.pbx,
            "epoch": self.epoch,
            "seq": self.seq,
        }

    def _caller(self, h: Headers) -> e.Caller:
        number = h.get("CallerIDNum", "")
        return self._seal("" if number == "<unknown>" else number)

    def _rows(self, h: Headers) -> _List:
        name = h.get("ActionID", "")
        rows = self._lists.get(name)
        if rows is None:
            if len(self._lists) >= OPEN_LISTS:
                del self._lists[next(iter(self._lists))]
            rows = self._lists[name] = _List()
        rows.rows += 1
        return rows

    def _finished(self, h: Headers) -> _List | None:
        """Return the rows of an ended list, or None when some were not seen: half a list is no list."""
        rows = self._lists.pop(h.get("ActionID", ""), None) or _List()
        return rows if rows.rows == int(h["ListItems"]) else None


def _member(h: Headers, name: str, interface: str) -> e.MemberRow:
    return e.MemberRow(
        queue=h["Queue"],
        interface=interface,
        name=name,
        device=int(h["Status"]),
        paused=h["Paused"] == "1",
        reason=h.get("PausedReason", ""),
        penalty=int(h.get("Penalty", "0")),
        dynamic=h.get("Membership") == "dynamic",
    )


def _new_channel(t: Translator, h: Headers, at: float) -> Found:
    if h["Uniqueid"] != h["Linkedid"] or h.get("Context") not in t._inbound:
        return []
    return [
        e.CallArrived(
            call=h["Uniqueid"],
            channel=h["Channel"],
            caller=t._caller(h),
            context=h["Context"],
            dialled=h.get("Exten", ""),
            **t._envelope(at),
        )
    ]


def _hangup(t: Translator, h: Headers, at: float) -> Found:
    if h["Uniqueid"] != h["Linkedid"]:
        return []
    return [
        e.CallGone(
            call=h["Uniqueid"],
            channel=h["Channel"],
            linked=h["Linkedid"],
            cause_code=int(h.get("Cause", "0")),
            **t._envelope(at),
        )
    ]


def _join(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallerJoined(
            queue=h["Queue"],
            call=h["Uniqueid"],
            channel=h["Channel"],
            caller=t._caller(h),
            position=int(h.get("Position", "0")),
            **t._envelope(at),
        )
    ]


def _leave(t: Translator, h: Headers, at: float) -> Found:
    return [e.CallerLeft(queue=h["Queue"], call=h["Uniqueid"], **t._envelope(at))]


def _abandon(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallerAbandoned(
            queue=h["Queue"], call=h["Uniqueid"], wait=int(h["HoldTime"]), **t._envelope(at)
        )
    ]


def _user_event(t: Translator, h: Headers, at: float) -> Found:
    if h.get("UserEvent") != "QueueDone":
        return []
    return [
        e.QueueDone(
            queue=h["Queue"],
            call=h["Uniqueid"],
            status=h.get("Status", "").strip(),
            **t._envelope(at),
        )
    ]


def _called(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.SeatRang(
            queue=h["Queue"],
            call=h["Uniqueid"],
            interface=h["Interface"],
            name=h.get("MemberName", ""),
            **t._envelope(at),
        )
    ]


def _ring_no_answer(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.SeatRangOut(
            queue=h["Queue"],
            call=h["Uniqueid"],
            interface=h["Interface"],
            ring=int(h.get("RingTime", "0")) // 1000,
            **t._envelope(at),
        )
    ]


def _connect(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallAnswered(
            queue=h["Queue"],
            call=h["Uniqueid"],
            interface=h["Interface"],
            name=h.get("MemberName", ""),
            channel=h.get("DestChannel", ""),
            wait=int(h["HoldTime"]),
            ring=int(h.get("RingTime", "0")),
            **t._envelope(at),
        )
    ]


def _complete(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallCompleted(
            queue=h["Queue"],
            call=h.get("Uniqueid", ""),
            interface=h["Interface"],
            wait=int(h["HoldTime"]),
            talk=int(h["TalkTime"]),
            reason=h.get("Reason", ""),
            **t._envelope(at),
        )
    ]


def _hold(t: Translator, h: Headers, at: float) -> Found:
    return [e.CallHeld(channel=h["Channel"], **t._envelope(at))]


def _unhold(t: Translator, h: Headers, at: float) -> Found:
    return [e.CallUnheld(channel=h["Channel"], **t._envelope(at))]


def _blind_transfer(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallTransferred(
            call=h.get("TransfereeUniqueid", ""),
            channel=h["TransfererChannel"],
            kind="blind",
            to=h.get("Extension", ""),
            **t._envelope(at),
        )
    ]


def _attended_transfer(t: Translator, h: Headers, at: float) -> Found:
    return [
        e.CallTransferred(
            call=h.get("TransfereeUniqueid", ""),
            channel=h["OrigTransfererChannel"],
            kind="attended",
            to=h.get("TransferTargetCallerIDNum", ""),
            **t._envelope(at),
        )
    ]


def _member_status(t: Translator, h: Headers, at: float) -> Found:
    row = _member(h, h["MemberName"], h["Interface"])
    return [e.SeatStatus(member=row, **t._envelope(at))]


def _member_removed(t: Translator, h: Headers, at: float) -> Found:
    return [e.SeatRemoved(queue=h["Queue"], interface=h["Interface"], **t._envelope(at))]


def _device(t: Translator, h: Headers, at: float) -> Found:
    state = DEVICE_STATES[h["State"]]
    if "ActionID" in h and "Privilege" not in h:
        t._rows(h).devices[h["Device"]] = state
        return []
    return [e.DeviceChanged(device=h["Device"], state=state, **t._envelope(at))]


def _queue_row(t: Translator, h: Headers, _at: float) -> Found:
    t._rows(h).queues.append(h["Queue"])
    return []


def _member_row(t: Translator, h: Headers, _at: float) -> Found:
    t._rows(h).members.append(_member(h, h["Name"], h["Location"]))
    return []


def _entry_row(t: Translator, h: Headers, _at: float) -> Found:
    t._rows(h).entries.append(
        e.EntryRow(
            queue=h["Queue"],
            call=h["Uniqueid"],
            channel=h["Channel"],
            caller=t._caller(h),
            position=int(h["Position"]),
            wait=int(h["Wait"]),
        )
    )
    return []


def _queues_complete(t: Translator, h: Headers, at: float) -> Found:
    rows = t._finished(h)
    if rows is None:
        return []
    return [
        e.QueuesListed(
            queues=tuple(rows.queues),
            members=tuple(rows.members),
            entries=tuple(rows.entries),
            **t._envelope(at),
        )
    ]


def _channel_row(t: Translator, h: Headers, _at: float) -> Found:
    hours, minutes, seconds = h.get("Duration", "0:0:0").split(":")
    in_queue = h.get("Application") == "Queue"
    queue = h.get("ApplicationData", "").partition(",")[0] if in_queue else ""
    t._rows(h).channels.append(
        e.ChannelRow(
            channel=h["Channel"],
            call=h["Uniqueid"],
            linked=h["Linkedid"],
            bridge=h.get("BridgeId", ""),
            duration=int(hours) * 3600 + int(minutes) * 60 + int(seconds),
            queue=queue,
            caller=t._caller(h) if queue else e.Caller(),
        )
    )
    return []


def _channels_complete(t: Translator, h: Headers, at: float) -> Found:
    rows = t._finished(h)
    return [e.ChannelsListed(channels=tuple(rows.channels), **t._envelope(at))] if rows else []


def _devices_complete(t: Translator, h: Headers, at: float) -> Found:
    rows = t._finished(h)
    return [e.DevicesListed(devices=rows.devices, **t._envelope(at))] if rows else []


_HANDLERS: dict[bytes, Callable[[Translator, Headers, float], Found]] = {
    b"Newchannel": _new_channel,
    b"Hangup": _hangup,
    b"QueueCallerJoin": _join,
    b"QueueCallerLeave": _leave,
    b"QueueCallerAbandon": _abandon,
    b"UserEvent": _user_event,
    b"AgentCalled": _called,
    b"AgentRingNoAnswer": _ring_no_answer,
    b"AgentConnect": _connect,
    b"AgentComplete": _complete,
    b"Hold": _hold,
    b"Unhold": _unhold,
    b"BlindTransfer": _blind_transfer,
    b"AttendedTransfer": _attended_transfer,
    b"QueueMemberStatus": _member_status,
    b"QueueMemberPause": _member_status,
    b"QueueMemberAdded": _member_status,
    b"QueueMemberPenalty": _member_status,
    b"QueueMemberRemoved": _member_removed,
    b"DeviceStateChange": _device,
    b"QueueParams": _queue_row,
    b"QueueMember": _member_row,
    b"QueueEntry": _entry_row,
    b"QueueStatusComplete": _queues_complete,
    b"CoreShowChannel": _channel_row,
    b"CoreShowChannelsComplete": _channels_complete,
    b"DeviceStateListComplete": _devices_complete,
}
