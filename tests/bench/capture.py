"""A real AMI session made long: repeated with new call numbers and later times, so every turn is new."""

import re
from pathlib import Path

from pbx import recording

CAPTURE = Path(__file__).resolve().parents[1] / "recordings" / "asterisk22-queue-session.ami.txt.gz"
CALLS = 237
"""Callers who entered a queue in the capture, by its queue_log."""
LAST_SEAT = "PJSIP/bench-last"

_UNIQUEID = re.compile(rb"pbx01-(\d{10})\.")
_STAMP = re.compile(rb"\r\nTimestamp: (\d+\.\d{6})\r\n")


def prelude() -> bytes:
    """Return the list rows of the capture's start: what the exchange answers when asked."""
    return recording.load(CAPTURE).prelude


def repeated(times: int) -> bytes:
    """Return the capture's live bytes `times` over, ending in an event of a seat never seen before."""
    body = recording.load(CAPTURE).body
    stamps = [float(stamp) for stamp in _STAMP.findall(body)]
    span = int(max(stamps) - min(stamps)) + 1
    turns = [_later(body, turn * span) for turn in range(times)]
    return b"".join(turns) + _last(max(stamps) + times * span)


def _later(body: bytes, seconds: int) -> bytes:
    """Return the session as if it had happened later: new Uniqueids and Timestamps, equal lengths."""
    body = _UNIQUEID.sub(lambda m: b"pbx01-%d." % (int(m[1]) + seconds), body)
    return _STAMP.sub(lambda m: b"\r\nTimestamp: %.6f\r\n" % (float(m[1]) + seconds), body)


def _last(at: float) -> bytes:
    headers = {
        "Event": "QueueMemberStatus", "Privilege": "agent,all", "Timestamp": f"{at:.6f}",
        "Queue": "consult", "MemberName": "bench", "Interface": LAST_SEAT,
        "StateInterface": LAST_SEAT, "Membership": "dynamic", "Penalty": "0", "CallsTaken": "0",
        "Status": "1", "Paused": "0", "PausedReason": "",
    }  # fmt: skip
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"
