"""What keeps a message from being published: the schema's rules, the standard's prose, and stricter ones of ours."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, get_args
from urllib.parse import urlsplit

import shapely

from models.rules.cap.message import (
    Area,
    Category,
    Certainty,
    Info,
    Language,
    Message,
    MsgType,
    Response,
    Ring,
    Severity,
    Status,
    Urgency,
)

Fault = Literal[
    "identifier", "sender", "sent", "status", "references", "note", "incidents", "language", "category", "event",
    "response", "urgency", "severity", "certainty", "effective", "expires", "sender_name", "headline",
    "description", "instruction", "web", "contact", "parameter", "resource", "area", "area_desc", "open_ring",
    "crossing", "vertices", "coordinates", "geocode",
]  # fmt: skip
VERTICES = range(4, 202)
"""Points of a closed ring, the closing one counted: receivers refuse thousands."""
HEADLINE_MAX = 160
TEXT_MAX = 5000
LINE_MAX = 200
AREAS_MAX = 50
LON, LAT = (73.0, 136.0), (3.0, 54.5)
"""The country: swapped coordinates of any place of it fall outside."""
VALID_MAX_S = 7 * 86_400
WRITTEN = 5
"""Decimals of a coordinate in the file: rings are judged as they will be read."""

_NAME = re.compile(r"[^\s,<&]{1,100}")
_SENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_NO_OFFSET = "-00:00"
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry; carriage returns, too, for no parser gives them back."""
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")


def wrong(message: Message) -> tuple[Fault, ...]:
    """Return what is wrong with a message, each fault once, in the order of the file; empty when it may go out."""
    return tuple(dict.fromkeys(_faults(message)))


def _faults(m: Message) -> Iterable[Fault]:
    if not _NAME.fullmatch(m.identifier) or _NOT_XML.search(m.identifier):
        yield "identifier"
    if not _NAME.fullmatch(m.sender) or _NOT_XML.search(m.sender):
        yield "sender"
    sent = _moment(m.sent)
    if sent is None:
        yield "sent"
    if m.status not in get_args(Status) or m.msg_type not in get_args(MsgType):
        yield "status"
    # an exercise says in its note which one it is (CAP 1.2, 3.2.1)
    if not _line(m.note, owed=m.status == "Exercise"):
        yield "note"
    if bool(m.references) != (m.msg_type != "Alert") or not all(map(_is_reference, m.references)):
        yield "references"
    if not all(_NAME.fullmatch(one) and '"' not in one for one in m.incidents):
        yield "incidents"
    languages = [info.language for info in m.infos]
    if not languages or languages[0] != "zh-CN" or len(set(languages)) != len(languages):
        yield "language"
    for info in m.infos:
        yield from _of_info(info, sent)


def _of_info(info: Info, sent: datetime | None) -> Iterable[Fault]:
    if info.language not in get_args(Language):
        yield "language"
    if not _some_of(info.categories, get_args(Category)):
        yield "category"
    if not _line(info.event):
        yield "event"
    if info.responses and not _some_of(info.responses, get_args(Response)):
        yield "response"
    yield from _of_kinds(info)
    yield from _of_times(info, sent)
    yield from _of_words(info)
    yield from _of_pieces(info)
    if not 0 < len(info.areas) <= AREAS_MAX:
        yield "area"
    for area in info.areas:
        yield from _of_area(area)


def _of_kinds(info: Info) -> Iterable[Fault]:
    if info.urgency not in get_args(Urgency):
        yield "urgency"
    if info.severity not in get_args(Severity):
        yield "severity"
    if info.certainty not in get_args(Certainty):
        yield "certainty"


def _of_pieces(info: Info) -> Iterable[Fault]:
    if not all(_pair(name, value) for name, value in info.parameters):
        yield "parameter"
    for held in info.resources:
        named = _line(held.desc) and bool(_MIME.fullmatch(held.mime))
        if not named or not _is_address(held.uri) or held.size < 0:
            yield "resource"


def _of_times(info: Info, sent: datetime | None) -> Iterable[Fault]:
    effective, expires = _moment(info.effective), _moment(info.expires)
    if effective is None or (sent is not None and effective < sent):
        yield "effective"
    begins = effective or sent
    if (
        expires is None
        or begins is None
        or not 0 < (expires - begins).total_seconds() <= VALID_MAX_S
    ):
        yield "expires"


def _of_words(info: Info) -> Iterable[Fault]:
    if not _line(info.sender_name):
        yield "sender_name"
    if not _line(info.headline, most=HEADLINE_MAX):
        yield "headline"
    if not _words(info.description):
        yield "description"
    if not _words(info.instruction, owed=False):
        yield "instruction"
    if info.web and not _is_address(info.web):
        yield "web"
    if not _line(info.contact, owed=False):
        yield "contact"


def _of_area(area: Area) -> Iterable[Fault]:
    if not _line(area.desc):
        yield "area_desc"
    if not area.polygons:
        yield "area"
    for ring in area.polygons:
        yield from _of_ring(ring)
    if not all(_pair(name, value) for name, value in area.geocodes):
        yield "geocode"


def _of_ring(ring: Ring) -> Iterable[Fault]:
    if len(ring) not in VERTICES:
        yield "vertices"
        return
    if not all(_there(lon, lat) for lon, lat in ring):
        yield "coordinates"
        return
    if ring[0] != ring[-1]:
        yield "open_ring"
        return
    read = [(round(lon, WRITTEN), round(lat, WRITTEN)) for lon, lat in ring]
    if not shapely.Polygon(read).is_valid:
        yield "crossing"


def _there(lon: float, lat: float) -> bool:
    """Whether a point is in the country; not for NaN, nor for one with lon and lat swapped."""
    return LON[0] <= lon <= LON[1] and LAT[0] <= lat <= LAT[1]


def _moment(text: str) -> datetime | None:
    """Read a time with its offset; None for one without, for Z and for -00:00, which says that nobody knows."""
    if not _SENT.fullmatch(text) or text.endswith(_NO_OFFSET):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_reference(text: str) -> bool:
    parts = text.split(",")
    return (
        len(parts) == 3
        and all(_NAME.fullmatch(part) and not _NOT_XML.search(part) for part in parts[:2])
        and _moment(parts[2]) is not None
    )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = parts.hostname
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(' "<>\\^`{|}') & set(text)
    return plain and parts.scheme in ("http", "https") and bool(named) and len(text) <= 2000


def _some_of(given: tuple[str, ...], known: tuple[str, ...]) -> bool:
    return bool(given) and set(given) <= set(known) and len(set(given)) == len(given)


def _pair(name: str, value: str) -> bool:
    return _line(name) and _line(value)


def _line(text: str, *, owed: bool = True, most: int = LINE_MAX) -> bool:
    return "\n" not in text and "\t" not in text and _words(text, owed=owed, most=most)


def _words(text: str, *, owed: bool = True, most: int = TEXT_MAX) -> bool:
    return (
        text == text.strip()
        and (bool(text) or not owed)
        and len(text) <= most
        and not _NOT_XML.search(text)
    )
