"""How a spoken or typed address is read: what is said, without what everybody leaves out."""

import re
import unicodedata
from typing import NamedTuple

_JUNK = re.compile(r"[\s,，。.、;；:：()（）\[\]【】\"'“”‘’·—_-]+")
_NUMBER = re.compile(r"(\d{1,5})(?:号|號|#)?(?:院|楼|栋|幢|门)?")
_JUNCTION = re.compile(
    r"(.{2,12}?)(?:与|和|跟|&|/)(.{2,12}?)(?:的?(?:交叉路?口|路口|交汇处?|交界处?|口))?$"
)
_DIGITS = str.maketrans("零〇一二三四五六七八九", "00123456789")
_SPOKEN = re.compile(r"[零〇一二三四五六七八九十百]{1,7}(?=号|號)")


class Asked(NamedTuple):
    """A query as read: `text` bare, `number` of a house or empty, two `roads` when a crossing is meant."""

    text: str
    number: str
    roads: tuple[str, str] | None


def bare(text: str) -> str:
    """Return a text as names are compared: one width, small letters, no spaces or punctuation."""
    return _JUNK.sub("", unicodedata.normalize("NFKC", text).lower())


def read(text: str, city: str = "") -> Asked:
    """Read a query; the city's own name in front of it says nothing and is left out."""
    said = bare(text)[:80]
    for front in (city, city.removesuffix("市")):
        if front and said.startswith(front) and len(said) > len(front) + 1:
            said = said.removeprefix(front).removeprefix("市")
            break
    said = _SPOKEN.sub(lambda found: _spoken(found[0]), said)
    meet = _JUNCTION.fullmatch(said)
    roads = (meet[1], meet[2]) if meet else None
    number = ""
    for found in _NUMBER.finditer(said):
        if found.start() > 0:  # a name may begin with figures, a number never does
            number = found[1]
            said = said[: found.start()] + said[found.end() :]
            break
    return Asked(said, number, roads)


def _spoken(figures: str) -> str:
    """Return 二十三 as 23, 一〇八 as 108."""
    if "十" not in figures and "百" not in figures:
        return figures.translate(_DIGITS)
    hundreds, _, rest = figures.rpartition("百")
    tens, ten, ones = rest.partition("十") if "十" in rest else ("", "", rest)
    value = 100 * int(hundreds.translate(_DIGITS) or 1) if "百" in figures else 0
    value += 10 * int(tens.translate(_DIGITS) or 1) if ten else 0
    return str(value + int(ones.translate(_DIGITS) or 0))


def number_of(text: str) -> int:
    """Return the figure of a house number, 0 without one."""
    found = re.search(r"\d{1,6}", text)
    return int(found[0]) if found else 0
