"""Blotting out: a citizen's name and number in a text that leaves the house, and what no paper can carry."""

import re
from collections.abc import Iterable

NAME, NUMBER = "市民", "（号码略）"
_BETWEEN = r"[\s\-－—.·]*"
_WIDE = str.maketrans({chr(0xFF10 + digit): str(digit) for digit in range(10)})
_DIGIT = r"[0-9０-９]"
_PERSONAL = re.compile(
    rf"(?<!{_DIGIT})(?:"
    rf"(?:{_DIGIT}{_BETWEEN}){{17}}[0-9０-９XxＸｘ]"  # an identity number
    rf"|[1１]{_BETWEEN}[3-9３-９](?:{_BETWEEN}{_DIGIT}){{9}}"  # a mobile telephone's
    rf"|[0０]{_DIGIT}{{2,3}}{_BETWEEN}{_DIGIT}{{7,8}}"  # with an area code
    rf"|[2-8２-８]{_DIGIT}{{6,7}}"  # without one
    rf")(?!{_DIGIT})"
)
"""Numbers that lead to a person, however they are written; a date with its marks is none."""
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def blotted(said: str, secrets: Iterable[str], *, everything: bool = False) -> str:
    """Return `said` without the secrets (a name becomes 市民); with `everything`, without any personal number.

    Characters that no document may hold go too.
    """
    said = _UNPRINTABLE.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
    for secret in secrets:
        digits = re.sub(r"\D", "", secret.translate(_WIDE))
        if len(digits) >= 5 and len(digits) * 2 > len(secret):
            said = _number(digits).sub(NUMBER, said)
        elif len(secret.strip()) >= 2:
            said = re.sub(f"(?:{NAME})*{re.escape(secret.strip())}", NAME, said)
    return _PERSONAL.sub(NUMBER, said) if everything else said


def _number(digits: str) -> re.Pattern[str]:
    wide = ("[" + each + chr(0xFF10 + int(each)) + "]" for each in digits)
    return re.compile(
        rf"(?<!{_DIGIT})(?:\+?86{_BETWEEN})?" + _BETWEEN.join(wide) + rf"(?!{_DIGIT})"
    )
