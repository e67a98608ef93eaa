"""How a file of old tickets is read: a TOML mapping, held against the file's header before a row is read. Pure."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from models.errors import BadInput
from models.rules.places import PRECISIONS
from models.rules.tickets.choices import CHANNELS, GRADES, KINDS, URGENCIES

ENCODINGS = {
    "utf-8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030",
    "gb2312": "gb18030",
}  # fmt: skip
TEXTS: Mapping[str, int] = {
    "key": 100, "title": 100, "content": 5000, "cause": 5000, "address": 200, "result": 5000,
    "reply": 5000, "name": 200, "phone": 32, "district": 12, "unit": 200, "category": 200,
}  # fmt: skip
"""Field -> the most characters it may have."""
_YES_NO = ("yes", "no")
CHOICES: Mapping[str, Sequence[str]] = {
    "kind": KINDS, "status": ("archived", "pending_assign"), "channel": CHANNELS,
    "urgency": URGENCIES, "grade": GRADES, "solved": _YES_NO, "anonymous": _YES_NO,
    "confidential": _YES_NO, "precision": tuple(word for word in PRECISIONS if word),
}  # fmt: skip
"""Field -> our words for it."""
DATES = ("opened", "closed", "due", "replied", "called_back", "happened")
NUMBERS = ("lon", "lat")
FIELDS = frozenset({*TEXTS, *CHOICES, *DATES, *NUMBERS})
_TRANSLATED = frozenset({*CHOICES, "unit", "category", "district"})
_COLUMNS_OWED = ("key", "content", "opened")
_OWED = ("kind", "status", "channel")
"""Must have a column or a default."""
_COMMON: Mapping[str, str] = {
    "是": "yes", "否": "no", "1": "yes", "0": "no", "true": "yes", "false": "no",
    "已解决": "yes", "未解决": "no",
}  # fmt: skip
"""What yes and no are called without a table of the file's own."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping as the TOML file says it.

    columns : our field -> the file's column; values : field -> their word -> ours;
    defaults : field -> our word where the cell is empty or there is no column; dates : strptime patterns.
    """

    columns: dict[str, str]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    zone: str = "Asia/Shanghai"
    dates: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}

    def word(self, field: str, said: str) -> str:
        """Return our word for theirs, or what they said when no table knows it."""
        own = self.values.get(field, {})
        if said in own:
            return own[said]
        return _COMMON.get(said.lower(), said) if CHOICES.get(field) == _YES_NO else said


def parse(text: str) -> Plan:
    """Read a mapping; BadInput says what is wrong with it."""
    try:
        plan = msgspec.convert(tomllib.loads(text), Plan)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"mapping: {error}") from error
    _fields("columns", plan.columns, FIELDS)
    _fields("defaults", plan.defaults, frozenset(CHOICES))
    _fields("values", plan.values, _TRANSLATED)
    missing = [field for field in _COLUMNS_OWED if not plan.columns.get(field)]
    missing += [f for f in _OWED if not plan.columns.get(f) and f not in plan.defaults]
    if missing:
        raise BadInput(f"mapping: nothing for {', '.join(missing)} (a column, or a default)")
    for field, word in plan.defaults.items():
        _ours("defaults", field, word)
    for field, table in plan.values.items():
        for word in table.values() if field in CHOICES else ():
            _ours("values", field, word)
    _means(plan)
    return plan


def _fields(where: str, given: Mapping[str, object], known: frozenset[str]) -> None:
    strange = sorted(set(given) - known)
    if strange:
        raise BadInput(
            f"mapping: no such field in [{where}]: {', '.join(strange)}; known: {', '.join(sorted(known))}"
        )


def _ours(where: str, field: str, word: str) -> None:
    if word not in CHOICES[field]:
        raise BadInput(
            f"mapping: [{where}] {field}: {word!r} is none of {', '.join(CHOICES[field])}"
        )


def _means(plan: Plan) -> None:
    if plan.encoding.lower() not in ENCODINGS:
        raise BadInput(f"mapping: encoding {plan.encoding!r} is none of {', '.join(ENCODINGS)}")
    if len(plan.delimiter) != 1 or plan.delimiter in '"\r\n\0':
        raise BadInput(f"mapping: delimiter {plan.delimiter!r} is not one character")
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"mapping: no zone {plan.zone!r}") from error
    then = datetime(2026, 11, 22, tzinfo=ZoneInfo(plan.zone))
    for pattern in plan.dates:
        try:
            datetime.strptime(then.strftime(pattern), pattern)  # noqa: DTZ007 - only the pattern is tried
        except ValueError as error:
            raise BadInput(f"mapping: date pattern {pattern!r}: {error}") from error
    if not plan.dates:
        raise BadInput("mapping: dates names no pattern")


def places(plan: Plan, header: Sequence[str]) -> dict[str, int]:
    """Return field -> the place of its column; BadInput names every column missing, and those there are."""
    names = [name.strip().lstrip("\ufeff") for name in header]
    if any("\udc80" <= char <= "\udcff" for name in names for char in name):
        raise BadInput(f"the header is not {plan.encoding}: another encoding? (utf-8-sig, gb18030)")
    wanted = {field: column for field, column in plan.columns.items() if column}
    missing = sorted({column for column in wanted.values() if column not in names})
    if missing:
        raise BadInput(
            f"no column {', '.join(map(repr, missing))}; the file has: {', '.join(map(repr, names))}"
        )
    twice = sorted({column for column in wanted.values() if names.count(column) > 1})
    if twice:
        raise BadInput(f"a column stands twice: {', '.join(map(repr, twice))}")
    return {field: names.index(column) for field, column in wanted.items()}
