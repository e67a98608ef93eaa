"""Working-day deadlines: which day is worked, when a leg is due and why, and the colour of its lamp.

A term of working days counts from the next working day (民法典 article 201: the day it begins is not
counted) and ends with the office day; hours and minutes run round the clock. Nothing here reads a
clock: a leg is recomputed by calling `due` again, under another calendar or with other pauses.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from models.clock import Instant
from models.errors import BadInput
from models.rules.holidays_cn import FIXED, NOTICES

DayKind = Literal["work", "makeup", "weekend", "holiday"]
TimeUnit = Literal["workday", "hour", "minute"]
Stage = Literal["accept", "dispatch", "sign", "handle", "review", "callback", "reexamine"]
Lamp = Literal["green", "yellow", "red"]
Pause = tuple[Instant, Instant]
"""[start, end) of a wait for the citizen; end 0 = it still lasts."""

ONE_DAY = timedelta(days=1)
DAY_S = 86_400
SECONDS: dict[TimeUnit, int] = {"hour": 3_600, "minute": 60}
LONGEST = 100_000
"""The most units a term may have with its extension: a typing error must not count into year 9999."""


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which days are worked, in one zone.

    version : stored with every due instant; change it with any day.
    zone : IANA zone of the local days.
    off : day off -> name of the holiday; `work`: weekend days that are worked (调休), stronger than off.
    published : years whose days are known. Any other year is projected: weekends and the fixed
        holidays of `holidays_cn.FIXED` are off, and what `off` and `work` say of it in advance holds.
    office_end : end of the office day, minutes after local midnight (0 to 1439).
    """

    version: str
    zone: str = "Asia/Shanghai"
    off: dict[date, str] = {}
    work: frozenset[date] = frozenset()
    published: frozenset[int] = frozenset()
    office_end: int = 18 * 60

    def __post_init__(self) -> None:
        if not 0 <= self.office_end < 24 * 60:
            raise BadInput(f"office_end {self.office_end} is no minute of a day")

    def holiday(self, day: date) -> str:
        """Return the name of the holiday on `day`, "" if it is none; a make-up day is none."""
        if day in self.work:
            return ""
        fixed = "" if day.year in self.published else FIXED.get((day.month, day.day), "")
        return self.off.get(day, fixed)

    def kind(self, day: date) -> DayKind:
        """Return what `day` is; a weekend within a holiday is holiday, a worked weekend is makeup."""
        weekend = day.weekday() >= 5
        if day in self.work:
            return "makeup" if weekend else "work"
        if day in self.off or self.holiday(day):
            return "holiday"
        return "weekend" if weekend else "work"

    def is_workday(self, day: date) -> bool:
        """Say whether `day` is worked."""
        return self.kind(day) in ("work", "makeup")

    def add_workdays(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`; `day` itself for 0. BadInput if n is no such count."""
        if not 0 <= n <= LONGEST:
            raise BadInput(f"{n} working days cannot be counted")
        while n:
            day += ONE_DAY
            n -= self.is_workday(day)
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and with `last`; negative if `last` is earlier.

        The inverse of `add_workdays`: between `day` and `add_workdays(day, n)` there are n.
        """
        if last < first:
            return -self.workdays_between(last, first)
        days = (first + ONE_DAY * i for i in range(1, (last - first).days + 1))
        return sum(map(self.is_workday, days))

    def local_day(self, at: Instant) -> date:
        """Return the local day that holds `at`; midnight belongs to the day it begins."""
        return datetime.fromtimestamp(at, ZoneInfo(self.zone)).date()

    def end_of(self, day: date) -> Instant:
        """Return the instant at which the office day of `day` ends."""
        hour, minute = divmod(self.office_end, 60)
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.zone)).timestamp()


def chinese_calendar(
    years: Iterable[int] = tuple(NOTICES), *, zone: str = "Asia/Shanghai", office_end: int = 18 * 60
) -> Calendar:
    """Return the calendar of the State Council's notices for `years`; BadInput for a year without one."""
    chosen = sorted(set(years))
    if missing := [year for year in chosen if year not in NOTICES]:
        raise BadInput(f"no notice of the State Council is known for {missing}")
    off = {
        first + ONE_DAY * i: name
        for year in chosen
        for name, first, last in NOTICES[year].off
        for i in range((last - first).days + 1)
    }
    return Calendar(
        version="cn-" + "+".join(map(str, chosen)),
        zone=zone,
        off=off,
        work=frozenset(day for year in chosen for day in NOTICES[year].work),
        published=frozenset(chosen),
        office_end=office_end,
    )


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a leg may take; `rule` is the id it came from.

    warn : part of the term (0 to 1) left below which the lamp turns yellow; 0 = never yellow.
    """

    rule: str
    amount: int
    unit: TimeUnit = "workday"
    warn: float = 0.2

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= LONGEST:
            raise BadInput(f"rule {self.rule}: {self.amount} is no amount of a term")
        if not 0 <= self.warn <= 1:
            raise BadInput(f"rule {self.rule}: warn {self.warn} is no part of a term")


class TermRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term and where it holds; an empty field fits everything, `category` is a prefix of the code."""

    stage: Stage
    term: Term
    kind: str = ""
    category: str = ""
    unit: str = ""
    urgency: str = ""
    ticket: str = ""

    @property
    def id(self) -> str:
        """The rule's id, stored with every due instant it gave."""
        return self.term.rule


def choose(
    rules: Iterable[TermRule],
    *,
    stage: Stage,
    kind: str = "",
    category: str = "",
    unit: str = "",
    urgency: str = "",
    ticket: str = "",
) -> TermRule:
    """Return the most specific rule that fits; BadInput if none does.

    Ticket beats unit, unit beats category (the longer prefix first), then urgency, kind, the default:
    a rule that names the stronger thing wins whatever else the other names. Ties go to the lower id.
    """
    fitting = [
        rule
        for rule in rules
        if rule.stage == stage
        and category.startswith(rule.category)
        and rule.kind in ("", kind)
        and rule.unit in ("", unit)
        and rule.urgency in ("", urgency)
        and rule.ticket in ("", ticket)
    ]
    if not fitting:
        raise BadInput(f"no {stage} rule fits {kind=} {category=} {unit=} {urgency=} {ticket=}")
    return min(
        fitting,
        key=lambda r: (not r.ticket, not r.unit, -len(r.category), not r.urgency, not r.kind, r.id),
    )


AGREED = "agreed"
"""The rule of a due instant that a person set for this very ticket: agreed with units, or asked for at 派单."""
CRITICAL = "critical"
"""特急: life or property in danger."""
SAFETY_CATEGORIES = ("S",)
"""公共安全; ours, until the tenant's dictionary says its own."""
UTILITY_CATEGORIES = ("H01", "H02", "H03", "H04")
"""供水, 供电, 供气, 供热; ours, until the tenant's dictionary says its own."""


def _default(
    stage: Stage, name: str, amount: int, unit: TimeUnit = "workday", **where: str
) -> TermRule:
    return TermRule(stage=stage, term=Term(f"{stage}.{name}", amount, unit), **where)


DEFAULT_RULES: tuple[TermRule, ...] = (
    # 002-深:2: accept 1, consult 5, complaint 15, report 30 working days
    _default("accept", "default", 1),
    _default("handle", "consult", 5, kind="consult"),
    _default("handle", "complaint", 15, kind="complaint"),
    _default("handle", "report", 30, kind="report"),
    # the other kinds: ours
    _default("handle", "help", 15, kind="help"),
    _default("handle", "suggestion", 15, kind="suggestion"),
    _default("handle", "thanks", 5, kind="thanks"),
    _default("handle", "default", 5),
    # an emergency waits for no working day: hours round the clock, ours until the tenant says its own
    _default("handle", "critical", 24, "hour", urgency=CRITICAL),
    # a complaint about our own staff goes to no unit: the centre looks into it for as long as into any complaint
    _default("dispatch", "staff", 15, kind="staff"),
    # DB11/T 2021-2022: danger to life or property 1 h, water, power, gas and heat 2 h
    _default("dispatch", "critical", 1, "hour", urgency=CRITICAL),
    *(_default("dispatch", f"safety.{code}", 1, "hour", category=code) for code in SAFETY_CATEGORIES),
    *(_default("dispatch", f"utility.{code}", 2, "hour", category=code) for code in UTILITY_CATEGORIES),
    # category beats urgency, so a burst main that endangers life needs its own hour
    *(
        _default("dispatch", f"utility.{code}.critical", 1, "hour", category=code, urgency=CRITICAL)
        for code in UTILITY_CATEGORIES
    ),
    # the stages for which no source gives a number: ours, so that every stage has a rule
    *(_default(stage, "default", 1) for stage in ("dispatch", "sign", "review", "callback")),
    _default("reexamine", "default", 15),
)  # fmt: skip


class Step(msgspec.Struct, frozen=True):
    """One line of "why this due date"; ordinary working days that count have none.

    start : `at` the leg began; its own day does not count in a term of working days.
    weekend, holiday : `day` is not worked; `name` of the holiday.
    makeup : `day` is a worked weekend day and counts, as number `count`.
    pause : the leg waited: `day` does not count (working days), or `count` seconds from `at` (hours).
    extension : without it the leg were due on `day`; `count` units are added.
    due : the leg is due `at`.
    """

    kind: Literal["start", "weekend", "holiday", "makeup", "pause", "extension", "due"]
    day: date
    at: Instant = 0.0
    count: int = 0
    name: str = ""


class Due(msgspec.Struct, frozen=True):
    """When a leg is due: `at` the last good instant, yellow after `warn_at`, and all it rests on.

    projected : a day up to the due one lies in a year that was not published: compute again then.
    """

    at: Instant
    warn_at: Instant
    calendar: str
    rule: str
    projected: bool
    trace: tuple[Step, ...]


def due(
    calendar: Calendar,
    start: Instant,
    term: Term,
    *,
    pauses: Iterable[Pause] = (),
    extra: int = 0,
    now: Instant = 0.0,
) -> Due:
    """Return when a leg that began at `start` is due; `extra` is the approved extension, in the term's unit.

    Working days: a day counts at its office end, if the leg runs then. So a working day is lost to a
    pause when the pause began before its office end and lasted at least to it: a question answered
    within the office day costs nothing, splitting a pause gains nothing, and no leg falls due while
    it waits. Hours: the clock stands still during the pause. A pause that still lasts is taken up to
    `now`, and the due instant is provisional until it ends. BadInput if `now` is then missing, or
    if `extra` is no count.

    Yellow begins when less than warn x (amount + extra) is left. Working days are left in whole days,
    rounded up, so at least one; but the first day of a term never warns, and as a term of one day has
    no other, it warns for warn x 24 h before its end: a lamp yellow from the start warns of nothing.
    """
    if not 0 <= extra <= LONGEST - term.amount:
        raise BadInput(f"rule {term.rule}: {extra} is no extension")
    waits = _merged(pauses, now)
    begin = Step("start", calendar.local_day(start), at=start)
    if term.unit != "workday":
        return _due_by_clock(calendar, begin, term, waits, extra, SECONDS[term.unit])
    return _due_by_days(calendar, begin, term, waits, extra)


def _due_by_days(
    calendar: Calendar, begin: Step, term: Term, waits: Sequence[Pause], extra: int
) -> Due:
    day, trace = begin.day, [begin]
    ends: list[Instant] = []  # office ends of the days that count
    while len(ends) < term.amount + extra:
        day += ONE_DAY
        kind, end = calendar.kind(day), calendar.end_of(day)
        if kind in ("weekend", "holiday"):
            trace.append(Step(kind, day, name=calendar.holiday(day)))
        elif any(paused < end <= resumed for paused, resumed in waits):
            trace.append(Step("pause", day))
        else:
            ends.append(end)
            if kind == "makeup":
                trace.append(Step("makeup", day, count=len(ends)))
            if extra and len(ends) == term.amount:
                trace.append(Step("extension", day, at=end, count=extra))
    years = range((begin.day + ONE_DAY).year, day.year + 1)
    return Due(
        at=ends[-1],
        warn_at=_warn_day(ends, term.warn),
        calendar=calendar.version,
        rule=term.rule,
        projected=not calendar.published.issuperset(years),
        trace=(*trace, Step("due", day, at=ends[-1])),
    )


def _warn_day(ends: Sequence[Instant], warn: float) -> Instant:
    """Return the office end after which a term of these counted days is nearly due."""
    if len(ends) == 1:
        return ends[0] - warn * DAY_S
    left = math.ceil(round(len(ends) * warn, 6))  # 0.28 x 25 is a little more than 7
    return ends[-1 - min(left, len(ends) - 1)]


def _due_by_clock(
    calendar: Calendar, begin: Step, term: Term, waits: Sequence[Pause], extra: int, seconds: int
) -> Due:
    start, length = begin.at, (term.amount + extra) * seconds
    waits = [(max(paused, start), resumed) for paused, resumed in waits if resumed > start]
    at = _after_running(start, length, waits)
    trace = [
        Step("pause", calendar.local_day(paused), at=paused, count=round(resumed - paused))
        for paused, resumed in waits
        if paused < at
    ]
    if extra:
        base = _after_running(start, term.amount * seconds, waits)
        trace.append(Step("extension", calendar.local_day(base), at=base, count=extra))
        trace.sort(key=lambda step: step.at)
    return Due(
        at=at,
        warn_at=_after_running(start, length * (1 - term.warn), waits),
        calendar=calendar.version,
        rule=term.rule,
        projected=False,  # the clock knows no holidays
        trace=(begin, *trace, Step("due", calendar.local_day(at), at=at)),
    )


def _after_running(start: Instant, seconds: float, waits: Sequence[Pause]) -> Instant:
    """Return the instant by which `seconds` have run since `start`, none of them in the later pauses."""
    at = start + seconds
    for paused, resumed in waits:
        if paused < at:
            at += resumed - paused
    return at


def _merged(pauses: Iterable[Pause], now: Instant) -> list[Pause]:
    """Return the pauses in order, without overlaps and empty ones, the open one ended `now`."""
    merged: list[Pause] = []
    for paused, resumed in sorted(pauses):
        end = resumed or now
        if not end:
            raise BadInput("a pause still lasts: say up to when it is counted")
        if merged and paused <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        elif paused < end:
            merged.append((paused, end))
    return merged


def lamp(due_at: Instant, warn_at: Instant, now: Instant, *, done_at: Instant = 0.0) -> Lamp:
    """Return the lamp (D-18) at `now`: red after `due_at`, yellow after `warn_at`, else green.

    The due instant itself is still in time. A finished leg keeps the lamp of its finish.
    """
    at = done_at or now
    if at > due_at:
        return "red"
    return "yellow" if at > warn_at else "green"


def overdue_by(due_at: Instant, now: Instant, *, done_at: Instant = 0.0) -> float:
    """Return the seconds by which the leg is, or was finished, too late; 0 if it is in time."""
    return max(0.0, (done_at or now) - due_at)
