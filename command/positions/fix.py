"""A fix: where a response unit says it is, as it travels from a door to the tracker."""

from collections.abc import Sequence

import msgspec

from models.clock import Instant


class Fix(msgspec.Struct, frozen=True, array_like=True):
    """One position of a response unit.

    told : when the device says it was there, by its own clock; heard : when it came to us. lon, lat : WGS-84;
    speed : km/h; heading : degrees from north. status : the button pressed with it, empty for none; incident : the
    number of the incident it is about, where the crew says so.
    """

    unit: str
    told: Instant
    heard: Instant
    lon: float
    lat: float
    speed: float | None = None
    heading: float | None = None
    status: str = ""
    incident: str = ""


_decoder = msgspec.json.Decoder(list[Fix])


def encode(fixes: Sequence[Fix]) -> bytes:
    """Return fixes as the stream carries them, field `f`."""
    return msgspec.json.encode(fixes)


def decode(raw: bytes) -> list[Fix]:
    """Read the stream's field; msgspec.MsgspecError when it is none."""
    return _decoder.decode(raw)
