"""One row of the old file: read, judged, and either an old ticket or the reasons why not. Pure.

Reasons are in Chinese and name the file's own column: who mends the file reads them beside it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from models.clock import Instant
from models.events.ticket import Grade, Stand
from models.rules.places import Precision
from tickets.history.mapping import CHOICES, DATES, NUMBERS, TEXTS, Plan

TITLE_OF_CONTENT = 30
"""Characters of the content that name a ticket whose system had no titles."""
OWED = ("key", "content", "kind", "status", "channel", "opened")
AFTERWARDS = ("closed", "replied", "called_back")
_PHONE = re.compile(r"\+?[0-9]{3,20}")
_APART = re.compile(r"[\s\-()（）.]+")
_EARLIEST = 315_532_800.0
"""1980: no hotline is older, a date before it is a wrong cell."""
_BROKEN = re.compile("[\ud800-\udfff]")


class Names(msgspec.Struct, frozen=True):
    """What may be named in a cell: word (code or name) -> the codes it can mean."""

    units: Mapping[str, Sequence[str]]
    categories: Mapping[str, Sequence[str]]


class Old(msgspec.Struct, frozen=True):
    """An old ticket, judged; instants in seconds, 0 = none; `key` is its key in the old system."""

    key: str
    status: Stand
    kind: str
    channel: str
    title: str
    content: str
    opened: Instant
    urgency: str = "normal"
    category: str = ""
    unit: str = ""
    cause: str = ""
    address: str = ""
    district: str = ""
    lon: float | None = None
    lat: float | None = None
    precision: Precision = ""
    name: str = ""
    phone: str = ""
    anonymous: bool = False
    confidential: bool = False
    happened: Instant = 0.0
    closed: Instant = 0.0
    due: Instant = 0.0
    replied: Instant = 0.0
    called_back: Instant = 0.0
    result: str = ""
    reply: str = ""
    grade: Grade | Literal[""] = ""
    solved: bool | None = None


class Verdict(NamedTuple):
    """Either an old ticket, or why there is none."""

    old: Old | None
    reasons: tuple[str, ...] = ()


class Reader:
    """Reads rows by a plan; `now` is the instant after which a date lies in the future."""

    def __init__(self, plan: Plan, places: Mapping[str, int], names: Names, now: Instant) -> None:
        self._plan = plan
        self._places = places
        self._names = names
        self._now = now
        self._zone = ZoneInfo(plan.zone)

    def read(self, cells: Sequence[str], width: int) -> Verdict:
        """Return the old ticket in a row of a file `width` columns wide, or every reason against it."""
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            return Verdict(None, (f"有 {len(cells)} 列，表头有 {width} 列",))
        row = _Row(self._plan, self._places, cells, self._zone, self._now)
        texts = {field: row.text(field) for field in TEXTS}
        words = {field: row.word(field) for field in CHOICES}
        dates = {field: row.date(field) for field in DATES}
        lon, lat = (row.number(field) for field in NUMBERS)
        unit = row.named("unit", self._names.units)
        category = row.named("category", self._names.categories)
        phone = row.phone(texts["phone"])
        row.judge(texts, words, dates, (lon, lat))
        if row.reasons:
            return Verdict(None, tuple(row.reasons))
        closed = dates["closed"]
        return Verdict(
            Old(
                key=texts["key"], status=words["status"], kind=words["kind"],
                channel=words["channel"], urgency=words["urgency"] or "normal",
                title=texts["title"] or _title(texts["content"]), content=texts["content"],
                category=category, unit=unit, cause=texts["cause"], address=texts["address"],
                district=self._plan.word("district", texts["district"]), lon=lon, lat=lat,
                precision=words["precision"] or ("address" if texts["address"] else "point"),
                name=texts["name"], phone=phone, anonymous=words["anonymous"] == "yes",
                confidential=words["confidential"] == "yes" or words["kind"] == "report",
                opened=dates["opened"], happened=dates["happened"], closed=closed,
                due=dates["due"], result=texts["result"], reply=texts["reply"],
                replied=dates["replied"] or (closed if texts["reply"] else 0.0),
                called_back=dates["called_back"] or (closed if words["grade"] else 0.0),
                grade=words["grade"],
                solved={"yes": True, "no": False}.get(words["solved"]),
            )
        )  # fmt: skip


class _Row:
    """The cells of one row while it is read; what is wrong gathers in `reasons`."""

    def __init__(
        self, plan: Plan, places: Mapping[str, int], cells: Sequence[str], zone: ZoneInfo,
        now: Instant,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._places = places
        self._cells = cells
        self._zone = zone
        self._now = now
        self.reasons: list[str] = []

    def wrong(self, field: str, why: str) -> None:
        self.reasons.append(f"{self._plan.columns.get(field) or field}：{why}")

    def _cell(self, field: str) -> str:
        place = self._places.get(field)
        return "" if place is None else self._cells[place].strip()

    def text(self, field: str) -> str:
        said = self._cell(field).replace("\r\n", "\n").replace("\r", "\n")
        if "\0" in said:
            self.wrong(field, "含有空字符（NUL）")
        elif _BROKEN.search(said):
            self.wrong(field, "编码错误，有无法识别的字节")
        elif len(said) > TEXTS[field]:
            self.wrong(field, f"超过 {TEXTS[field]} 字（{len(said)} 字）")
        else:
            return said
        return ""

    def word(self, field: str) -> Any:  # noqa: ANN401 - one of the field's own words
        said = self._cell(field)
        ours = self._plan.word(field, said) if said else self._plan.defaults.get(field, "")
        if ours and ours not in CHOICES[field]:
            self.wrong(field, f"没有对应的值“{_short(said)}”")
        return ours

    def date(self, field: str) -> Instant:
        said = self._cell(field)
        if not said:
            return 0.0
        for pattern in self._plan.dates:
            try:
                found = datetime.strptime(said, pattern)  # noqa: DTZ007 - the zone is given below
            except ValueError:
                continue
            at = (found if found.tzinfo else found.replace(tzinfo=self._zone)).timestamp()
            if at < _EARLIEST:
                self.wrong(field, f"日期过早“{_short(said)}”")
            elif at > self._now and field != "due":
                self.wrong(field, f"日期在将来“{_short(said)}”")
            return at
        self.wrong(field, f"日期无法识别“{_short(said)}”")
        return 0.0

    def number(self, field: str) -> float | None:
        said = self._cell(field)
        if not said:
            return None
        most = 180.0 if field == "lon" else 90.0
        try:
            value = float(said)
        except ValueError:
            value = most * 2
        if not -most <= value <= most:
            self.wrong(field, f"不是经纬度“{_short(said)}”")
            return None
        return value

    def named(self, field: str, known: Mapping[str, Sequence[str]]) -> str:
        said = self._cell(field)
        if not said:
            return ""
        codes = known.get(self._plan.word(field, said), ())
        if len(codes) != 1:
            why = "名称不唯一，请改用编码" if codes else "系统中没有"
            self.wrong(field, f"{why}“{_short(said)}”")
            return ""
        return codes[0]

    def phone(self, said: str) -> str:
        number = _APART.sub("", unicodedata.normalize("NFKC", said))
        if number and not _PHONE.fullmatch(number):
            self.wrong("phone", "不是电话号码")
            return ""
        return number

    def judge(
        self, texts: Mapping[str, str], words: Mapping[str, str], dates: Mapping[str, Instant],
        point: tuple[float | None, float | None],
    ) -> None:  # fmt: skip
        """Hold the fields against each other; a row with wrong cells is not blamed for empty ones, too."""
        if not self.reasons:
            self._owed({**texts, **words, "opened": dates["opened"]}, words["status"], dates)
        if (point[0] is None) != (point[1] is None):
            self.wrong("lon", "经纬度只有一半")
        district = self._plan.word("district", texts["district"])
        if district and not (district.isascii() and district.isdigit()):
            self.wrong("district", f"不是区划代码“{_short(district)}”")
        for field in AFTERWARDS:
            if dates["opened"] and 0 < dates[field] < dates["opened"]:
                self.wrong(field, "早于受理时间")

    def _owed(self, given: Mapping[str, object], status: str, dates: Mapping[str, Instant]) -> None:
        for field in OWED:
            if not given[field]:
                self.wrong(field, "为空")
        if status == "archived" and not dates["closed"]:
            self.wrong("closed", "已办结的工单没有办结时间")
        if status == "pending_assign" and (given["grade"] or any(dates[f] for f in AFTERWARDS)):
            self.wrong("status", "未办结的工单有办结、答复或者回访")


def _title(content: str) -> str:
    return content.split("\n", 1)[0][:TITLE_OF_CONTENT]


def _short(said: str) -> str:
    """Quote no more of a cell than shows what is meant."""
    return _BROKEN.sub("?", said.replace("\0", "?"))[:20]
