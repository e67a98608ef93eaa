"""Strangers' SVG made harmless: it is read as XML, and only what is on the list is written anew.

What is not understood is refused, not repaired: a symbol that lost a part would say something else.
"""

import re
import xml.parsers.expat
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from models.errors import BadInput

BYTES_MOST = 20_000
PARTS_MOST = 200
DEPTH_MOST = 12
NAMESPACE = "http://www.w3.org/2000/svg"

_NUMBERS = re.compile(r"[-+0-9.eE,%\s]{0,400}|[-+0-9.eE]+(?:px)?")
_PATH = re.compile(r"[-+0-9.eE,\sMmLlHhVvCcSsQqTtAaZz]{1,8000}")
_MOVE = r"(?:matrix|translate|scale|rotate|skewX|skewY)\([-+0-9.eE,\s]{1,120}\)"
_MOVES = re.compile(rf"(?:{_MOVE}(?:[\s,]{{0,20}}{_MOVE}){{0,20}})?")
"""One way to read each text: what could be split in two ways would take for ever on a wrong one."""
_COLOUR = re.compile(
    r"none|currentColor|[a-zA-Z]{3,20}|#[0-9a-fA-F]{3,8}|rgba?\([0-9.,%\s/]{1,40}\)"
)
_WORD = re.compile(r"[a-z-]{1,20}")

_LOOK: Mapping[str, re.Pattern[str]] = {
    "fill": _COLOUR, "stroke": _COLOUR, "stroke-width": _NUMBERS, "stroke-linecap": _WORD,
    "stroke-linejoin": _WORD, "stroke-miterlimit": _NUMBERS, "stroke-dasharray": re.compile(r"none|[-+0-9.,\s]{1,60}"),
    "opacity": _NUMBERS, "fill-opacity": _NUMBERS, "stroke-opacity": _NUMBERS, "fill-rule": _WORD,
    "clip-rule": _WORD, "transform": _MOVES,
}  # fmt: skip
_SHAPES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "g": {},
    "path": {"d": _PATH},
    "circle": dict.fromkeys(("cx", "cy", "r"), _NUMBERS),
    "ellipse": dict.fromkeys(("cx", "cy", "rx", "ry"), _NUMBERS),
    "rect": dict.fromkeys(("x", "y", "width", "height", "rx", "ry"), _NUMBERS),
    "line": dict.fromkeys(("x1", "y1", "x2", "y2"), _NUMBERS),
    "polyline": {"points": _NUMBERS},
    "polygon": {"points": _NUMBERS},
}
_ROOT = {"viewBox": _NUMBERS, "width": _NUMBERS, "height": _NUMBERS}
_DROPPED = frozenset({"title", "desc", "metadata"})
"""Words about the drawing: left out with all that is in them."""
_SILENT = frozenset(
    {"version", "id", "class", "role", "aria-hidden", "focusable", "baseProfile", "x", "y"}
)
"""Attributes that draw nothing: left out."""


def clean(given: bytes) -> str:
    """Return an SVG document of shapes alone; BadInput (field `svg`) says `why`:

    large, not_svg, element (with its `name`), attribute, value, parts, empty.
    """
    if len(given) > BYTES_MOST:
        raise _wrong("large", most=BYTES_MOST)
    reader = _Reader()
    given, encoding = _readable(given)
    parser = xml.parsers.expat.ParserCreate(encoding, namespace_separator="|")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    # no document type: neither entities nor anything from elsewhere
    parser.StartDoctypeDeclHandler = reader.declared
    parser.ProcessingInstructionHandler = reader.instructed
    try:
        parser.Parse(given, True)
    except (xml.parsers.expat.ExpatError, ValueError, LookupError) as error:  # unknown encodings
        raise _wrong("not_svg") from error
    if not reader.shapes:
        raise _wrong("empty")
    return "".join(reader.out)


def _readable(given: bytes) -> tuple[bytes, str | None]:
    """Return a document the parser can read: drawing tools in China write GB 2312, which it does not know."""
    if re.match(rb"<\?xml[^>]{0,80}encoding=[\"']gb", given, re.IGNORECASE):
        return given.decode("gb18030", "replace").encode(), "utf-8"
    return given, None


class _Reader:
    """What of a document is on the list, written anew."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.shapes = 0
        self._depth = 0
        self._dropping = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition("|")
        if self._dropping or (self._depth and name in _DROPPED):
            self._dropping += 1
            return
        if space != NAMESPACE:
            raise _wrong("element" if self._depth else "not_svg", name=name[:40])
        self._depth += 1
        if self._depth == 1:
            self._root(name, attributes)
            return
        if name not in _SHAPES:
            raise _wrong("element", name=name[:40])
        self.shapes += name != "g"
        if self.shapes > PARTS_MOST or self._depth > DEPTH_MOST:
            raise _wrong("parts")
        self.out.append(f"<{name}{self._said(attributes, {**_LOOK, **_SHAPES[name]})}>")

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "svg":
            raise _wrong("not_svg")
        if "viewBox" not in attributes:
            size = [attributes.get(each, "").removesuffix("px") for each in ("width", "height")]
            if not all(re.fullmatch(r"[0-9.]{1,8}", each) for each in size):
                raise _wrong("value", name="viewBox")
            attributes = {**attributes, "viewBox": f"0 0 {size[0]} {size[1]}"}
        kept = {key: value for key, value in attributes.items() if key not in ("width", "height")}
        said = self._said(kept, {**_LOOK, **_ROOT})
        self.out.append(f'<svg xmlns="{NAMESPACE}" width="32" height="32"{said}>')

    def _said(self, attributes: dict[str, str], known: Mapping[str, re.Pattern[str]]) -> str:
        said = []
        for name, value in attributes.items():
            if name in known:
                if not known[name].fullmatch(value.strip()):
                    raise _wrong("value", name=name)
                said.append(f" {name}={quoteattr(value.strip())}")
            elif name not in _SILENT and not name.startswith(("data-", "aria-")):
                raise _wrong("attribute", name=name.rpartition("|")[2][:40])
        return "".join(said)

    def end(self, tag: str) -> None:
        if self._dropping:
            self._dropping -= 1
            return
        self._depth -= 1
        self.out.append(f"</{tag.rpartition('|')[2]}>")

    def declared(self, *_doctype: object) -> None:
        raise _wrong("element", name="DOCTYPE")

    def instructed(self, target: str, _data: str) -> None:
        raise _wrong("element", name=target[:40])


def _wrong(why: str, **facts: object) -> BadInput:
    return BadInput(f"svg: {why} {facts.get('name', '')}", field="svg", why=why, **facts)
