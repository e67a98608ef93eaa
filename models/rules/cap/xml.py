"""Messages as CAP 1.2 files, and the ones that hold as an Atom feed (RFC 4287). Bytes, UTF-8, by ElementTree alone."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from msgspec import Struct

from models.rules.cap.message import Area, Info, Message, Ring

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
CAP_MEDIA = "application/cap+xml"
ATOM_MEDIA = "application/atom+xml"


def text_of(message: Message) -> bytes:
    """Return a message as a file: the elements in the schema's order, lat before lon, times with their offset."""
    alert = ET.Element("alert", xmlns=CAP)
    for name, text in (
        ("identifier", message.identifier), ("sender", message.sender), ("sent", message.sent),
        ("status", message.status), ("msgType", message.msg_type), ("scope", "Public"), ("note", message.note),
        ("references", " ".join(message.references)), ("incidents", " ".join(message.incidents)),
    ):  # fmt: skip
        _put(alert, name, text)
    for info in message.infos:
        _info(ET.SubElement(alert, "info"), info)
    return _bytes(alert)


def _info(node: ET.Element, info: Info) -> None:
    _put(node, "language", info.language)
    _each(node, "category", info.categories)
    _put(node, "event", info.event)
    _each(node, "responseType", info.responses)
    for name, text in (
        ("urgency", info.urgency), ("severity", info.severity), ("certainty", info.certainty),
        ("effective", info.effective), ("expires", info.expires), ("senderName", info.sender_name),
        ("headline", info.headline), ("description", info.description), ("instruction", info.instruction),
        ("web", info.web), ("contact", info.contact),
    ):  # fmt: skip
        _put(node, name, text)
    for name, value in info.parameters:
        _pair(node, "parameter", name, value)
    for resource in info.resources:
        held = ET.SubElement(node, "resource")
        _put(held, "resourceDesc", resource.desc)
        _put(held, "mimeType", resource.mime)
        _put(held, "size", str(resource.size) if resource.size else "")
        _put(held, "uri", resource.uri)
    for area in info.areas:
        _area(ET.SubElement(node, "area"), area)


def _area(node: ET.Element, area: Area) -> None:
    _put(node, "areaDesc", area.desc)
    _each(node, "polygon", (_ring(ring) for ring in area.polygons))
    for name, value in area.geocodes:
        _pair(node, "geocode", name, value)


def _ring(ring: Ring) -> str:
    return " ".join(_point(lon, lat) for lon, lat in ring)


def _point(lon: float, lat: float) -> str:
    """Write a point as CAP does: latitude first; five decimals are a metre."""
    return f"{lat:.5f},{lon:.5f}"


def _put(node: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(node, name).text = text


def _each(node: ET.Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _put(node, name, text)


def _pair(node: ET.Element, name: str, key: str, value: str) -> None:
    held = ET.SubElement(node, name)
    _put(held, "valueName", key)
    _put(held, "value", value)


# --- the feed -------------------------------------------------------------------------------


class Entry(Struct, frozen=True):
    """A published message in the feed; `sent` as the message says it, `href` its file."""

    identifier: str
    sender: str
    sent: str
    headline: str
    summary: str
    category: str
    href: str


def feed(
    entries: Iterable[Entry], *, title: str, author: str, sender: str, updated: str, href: str
) -> bytes:
    """Return the feed. sender : by whom ids are unique; updated : when it last changed; href : its own."""
    root = ET.Element("feed", xmlns=ATOM)
    _told(root, "id", _tag(sender, "alerts"))
    _told(root, "title", title)
    _told(root, "updated", updated)
    _told(ET.SubElement(root, "author"), "name", author)
    _link(root, "self", ATOM_MEDIA, href)
    for entry in entries:
        node = ET.SubElement(root, "entry")
        _told(node, "id", _tag(entry.sender, entry.identifier))
        _told(node, "title", entry.headline)
        _told(node, "updated", entry.sent)
        _told(node, "published", entry.sent)
        _link(node, "alternate", CAP_MEDIA, entry.href)
        ET.SubElement(node, "category", term=entry.category)
        _told(node, "summary", entry.summary)
    return _bytes(root)


def _tag(sender: str, what: str) -> str:
    """Return a tag URI (RFC 4151): the same for ever, wherever the file is served from."""
    return f"tag:{sender},2026:{what}"


def _told(node: ET.Element, name: str, text: str) -> None:
    ET.SubElement(node, name).text = text


def _link(node: ET.Element, rel: str, media: str, href: str) -> None:
    ET.SubElement(node, "link", rel=rel, type=media, href=href)


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    out: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return out
