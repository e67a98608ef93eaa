"""Telephone numbers as China writes them: mobile, landline with area code, short and service numbers."""

import re
from typing import Literal, NamedTuple

Kind = Literal["mobile", "landline", "short"]
Fault = Literal["empty", "letters", "mobile", "area", "length"]
"""What is wrong: nothing there, a sign that is no digit, no mobile of 11 digits, no area code, no such length."""

_WIDE = str.maketrans("０１２３４５６７８９－（）＋　", "0123456789-()+ ")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(0\d{2,3})([2-8]\d{6,7})")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_SHORT = re.compile(r"1\d{2}|1\d{4}|12\d{3}|9\d{4,7}|[2-8]\d{2,5}")
_EXTENSION = re.compile(r"(?:转|#|\bext\.?|x|p)\s*(\d{1,6})$", re.IGNORECASE)
_SPLIT = re.compile(r"[,，、;；/\n]+")


class Phone(NamedTuple):
    """A number: its digits as one dials them, its kind, an extension behind `#`."""

    number: str
    kind: Kind


class WrongNumber(ValueError):
    """What was typed is no telephone number: `said`, and why."""

    def __init__(self, said: str, fault: Fault) -> None:
        super().__init__(f"{said}: {fault}")
        self.said = said
        self.fault: Fault = fault


def parse(said: str) -> Phone:
    """Return the number somebody typed; WrongNumber with what is wrong with it.

    +86 and 0086 fall away, full-width digits, blanks, hyphens and brackets are read.
    """
    text = said.translate(_WIDE).strip()
    if not text:
        raise WrongNumber(said, "empty")
    found = _EXTENSION.search(text)
    extension = f"#{found[1]}" if found else ""
    digits = re.sub(r"[\s\-()]", "", text[: found.start()] if found else text)
    digits = re.sub(r"^(\+|00)86(?=\d)", "", digits)
    if not digits.isascii() or not digits.isdecimal():
        raise WrongNumber(said, "letters")
    return _known(said, digits, extension)


def _known(said: str, digits: str, extension: str) -> Phone:
    if _MOBILE.fullmatch(digits) and not extension:
        return Phone(digits, "mobile")
    if landline := _LANDLINE.fullmatch(digits):
        return Phone(f"{_area(digits, landline[1])}{extension}", "landline")
    if _LOCAL.fullmatch(digits) or _SERVICE.fullmatch(digits):
        return Phone(digits + extension, "landline")
    if _SHORT.fullmatch(digits) and not extension:
        return Phone(digits, "short")
    if len(digits) > 7 and digits.startswith("1"):
        raise WrongNumber(said, "mobile")
    raise WrongNumber(said, "area" if len(digits) >= 9 else "length")


def _area(digits: str, area: str) -> str:
    """Write a hyphen behind the area code: 010 and 02x have three digits, the others four."""
    cut = 3 if digits[:2] in ("01", "02") else len(area) if len(digits) < 11 else 4
    return f"{digits[:cut]}-{digits[cut:]}"


def several(said: str) -> list[Phone]:
    """Return the numbers of a field, told apart by commas, semicolons, slashes or lines; none twice."""
    found = [parse(part) for part in _SPLIT.split(said) if part.strip()]
    return list(dict.fromkeys(found))
