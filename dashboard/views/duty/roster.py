"""值班表: a month with a row a day, a week with a column a day, and what an editor changes beside it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from dash import html

from dashboard.views import clock
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, status

if TYPE_CHECKING:
    from command.duty.roster import Level, Line
    from models.rules.duty.roster import Gap, Slot

People = Sequence[tuple[int, str]]


class Asked(NamedTuple):
    """What the address asks for: month or week, a day in it, and the cell being changed (`level.day.slot`)."""

    view: str
    day: date
    cell: str = ""

    @property
    def span(self) -> tuple[date, date]:
        """Return the first and the last day shown."""
        if self.view == "week":
            first = self.day - timedelta(days=self.day.weekday())
            return first, first + timedelta(days=6)
        first = self.day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)

    def href(self, **more: object) -> str:
        """Return the address with something else asked for."""
        asked = {"view": self.view, "day": self.day, "cell": self.cell, **more}
        return f"/duty/roster?{urlencode({k: str(v) for k, v in asked.items() if v})}"


class Sheet(NamedTuple):
    """A roster as it is drawn: its levels, the shifts by cell, the gaps by cell, today."""

    levels: Sequence["Level"]
    shifts: Mapping[tuple[str, date, str], Sequence["Line"]]
    gaps: Mapping[tuple[str, date, str], "Gap"]
    today: date
    may: bool


def page(asked: Asked, sheet: Sheet, beside: Child, *, pdf: bool, words: Words) -> Child:
    """Return the roster with its way on, and the editor's forms beside."""
    first, last = asked.span
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    title = f"{first:%Y-%m}" if asked.view == "month" else f"{first:%Y-%m-%d} – {last:%m-%d}"
    span = urlencode({"view": asked.view, "day": str(asked.day)})
    files = [
        html.A(words["duty.xlsx"], href=f"/api/duty/roster.xlsx?{span}", className="button", download=""),
        html.A(words["duty.pdf"], href=f"/api/duty/roster.pdf?{span}", className="button", download="")
        if pdf else None,
        html.Button(words["duty.print"], type="button", className="button", **data(print="")),
    ]  # fmt: skip
    views = [("month", words["duty.month"]), ("week", words["duty.week"])]
    bar = html.Div(
        [
            link("‹", asked.href(day=before, cell=""), className="button", **aria(label=words["duty.before"])),
            html.B(title, className="num duty-span"),
            link("›", asked.href(day=after, cell=""), className="button", **aria(label=words["duty.after"])),
            link(words["duty.today"], asked.href(day=sheet.today, cell=""), className="button"),
            parts.tabs("/duty/roster", "view", asked.view, views, words, {"day": str(asked.day)}),
            html.Div(files, className="files"),
        ],
        className="filters duty-bar",
    )  # fmt: skip
    if not sheet.levels:
        return [bar, empty(words["duty.no_levels"]), html.Div(beside)]
    drawn = month(asked, sheet, words) if asked.view == "month" else week(asked, sheet, words)
    short = sum(gap.least - gap.have for gap in sheet.gaps.values())
    note = (
        status("warn", words["duty.short_total"].format(n=short))
        if short
        else status("ok", words["duty.full"])
    )
    body = panel(words["duty.tab.roster"], drawn, note=note, css="duty-sheet")
    if beside is None:
        return [bar, body]
    return [bar, html.Div([html.Div(body), html.Div(beside)], className="split duty-split")]


def month(asked: Asked, sheet: Sheet, words: Words) -> Child:
    """Return a row a day, a column a slot."""
    top = html.Tr(
        [
            html.Th(words["duty.col.day"], rowSpan=2, scope="col"),
            *(html.Th(level.label, colSpan=len(level.slots), scope="colgroup") for level in sheet.levels),
        ]
    )  # fmt: skip
    under = html.Tr(
        [
            html.Th([slot.label, html.Small(hours(slot))], scope="col")
            for level in sheet.levels
            for slot in level.slots
        ]
    )
    first, last = asked.span
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [
        html.Tr(
            [
                html.Th(_day(day, words), scope="row", className="nowrap"),
                *(
                    _cell(asked, sheet, level, slot, day, words)
                    for level in sheet.levels
                    for slot in level.slots
                ),
            ],
            className=_css(day, sheet.today),
        )
        for day in days
    ]
    return html.Div(
        html.Table([html.Thead([top, under]), html.Tbody(rows)], **aria(label=words["duty.tab.roster"])),
        className="table duty-month",
    )  # fmt: skip


def week(asked: Asked, sheet: Sheet, words: Words) -> Child:
    """Return a row a slot, a column a day."""
    first = asked.span[0]
    days = [first + timedelta(days=n) for n in range(7)]
    top = html.Tr(
        [
            html.Th(words["duty.col.level"], colSpan=2, scope="col"),
            *(html.Th(_day(day, words), scope="col", className=_css(day, sheet.today)) for day in days),
        ]
    )  # fmt: skip
    rows = []
    for level in sheet.levels:
        for number, slot in enumerate(level.slots):
            head: list[Child] = []
            if not number:
                head.append(html.Th(level.label, rowSpan=len(level.slots), scope="rowgroup"))
            head.append(html.Th([slot.label, html.Small(hours(slot))], scope="row"))
            cells = [_cell(asked, sheet, level, slot, day, words) for day in days]
            rows.append(html.Tr([*head, *cells]))
    return html.Div(
        html.Table([html.Thead(top), html.Tbody(rows)], **aria(label=words["duty.tab.roster"])),
        className="table duty-week",
    )


def hours(slot: "Slot") -> str:
    """Return `08:00–20:00`."""
    end = slot.start + slot.minutes
    return "–".join(f"{m // 60 % 24:02}:{m % 60:02}" for m in (slot.start, end))


def _day(day: date, words: Words) -> list[Child]:
    return [
        html.Span(f"{day:%m-%d} ", className="num"),
        words[f"week.{(day.weekday() + 1) % 7}"],
    ]


def _css(day: date, today: date) -> str:
    return " ".join(
        name for name, on in (("today", day == today), ("weekend", day.weekday() > 4)) if on
    )


def _cell(
    asked: Asked, sheet: Sheet, level: "Level", slot: "Slot", day: date, words: Words
) -> html.Td:
    key = (level.code, day, slot.code)
    name = f"{level.code}.{day}.{slot.code}"
    people: list[Child] = [html.Span(line.who.name) for line in sheet.shifts.get(key, ())]
    if gap := sheet.gaps.get(key):
        people.append(status("warn", words["duty.short"].format(n=gap.least - gap.have)))
    css = " ".join(
        part for part in ("duty-cell", _css(day, sheet.today), "on" if asked.cell == name else "") if part
    )  # fmt: skip
    if not sheet.may:
        return html.Td(people or "—", className=css)
    inside = link(people or "—", asked.href(cell=name))
    return html.Td(inside, className=css)


# --- what an editor does --------------------------------------------------------------------


def cell_form(
    asked: Asked,
    level: "Level",
    slot: "Slot",
    day: date,
    lines: Sequence["Line"],
    people: People,
    *,
    zone: str,
    words: Words,
) -> Child:
    """Return the forms of one cell: who serves, changed, retimed or taken off; and one more put on."""
    key = f"{level.code}.{day}.{slot.code}"
    title = f"{day:%m-%d} {level.label} {slot.label}"
    blocks: list[Child] = []
    for line in lines:
        form = f"shift{line.row.id}"
        start, end = (
            f"{clock.local(each.timestamp(), zone):%Y-%m-%d %H:%M}"
            for each in (line.row.start_at, line.row.end_at)
        )
        of: dict[str, Any] = {"key": f"{line.row.id}", "version": line.row.version}
        blocks.append(
            html.Div(
                [
                    html.H3(line.who.name),
                    html.P(f"{start} – {end[11:]}", className="num muted"),
                    parts.opening(words["duty.do.shift.change"], [
                        parts.chosen(form, "person", people, words),
                        parts.button("shift.change", words, primary=True, **of),
                    ]),
                    parts.opening(words["duty.do.shift.retime"], [
                        parts.typed(form, "start", words, value=start, most=16),
                        parts.typed(form, "end", words, value=end, most=16),
                        parts.button("shift.retime", words, primary=True, **of),
                    ]),
                    parts.opening(words["duty.do.shift.cancel"], [
                        parts.typed(form, "why", words, most=200),
                        parts.button("shift.cancel", words, **of),
                    ]),
                ],
                className="duty-one",
            )
        )  # fmt: skip
    blocks.append(
        html.Div(
            [
                parts.chosen("place", "person", people, words),
                parts.button("place.put", words, key=key, primary=True),
            ],
            className="form",
        )
    )
    note = link(words["duty.close"], asked.href(cell=""))
    return panel(title, html.Div(blocks, className="form"), css="roomy", note=note)


def generate_form(asked: Asked, levels: Sequence["Level"], people: People, words: Words) -> Child:
    """Return the form that fills a period by rotation."""
    first, last = asked.span
    body = [
        parts.chosen("roster", "level", [(each.code, each.label) for each in levels], words),
        parts.typed("roster", "since", words, value=str(first), most=10),
        parts.typed("roster", "until", words, value=str(last), most=10),
        parts.chosen("roster", "people", people, words, many=True, hint=words["duty.people_help"]),
        parts.typed(
            "roster", "pattern", words, most=200, hint=words["duty.pattern_help"],
            sample=words["duty.pattern_sample"],
        ),
        parts.button("roster.generate", words, primary=True),
    ]  # fmt: skip
    return panel(
        words["duty.generate"],
        html.Div(body, className="form"),
        css="roomy",
        note=words["duty.cell_hint"],
    )


def levels_form(levels: Sequence["Level"], words: Words) -> Child:
    """Return the levels, each with its own form, and one for a new level."""
    forms = []
    for level in levels:
        slots = "；".join(f"{slot.label} {hours(slot)}" for slot in level.slots)
        if not level.active:
            on = parts.button("level.on", words, key=level.code)
            forms.append(parts.opening(f"{level.label} · {words['duty.inactive']}", [on]))
            continue
        off = html.P(words["duty.level_help"], className="muted")
        forms.append(
            parts.opening(
                f"{level.label} · {words['duty.least'].format(n=level.least)}",
                [
                    *_level(f"level{level.code}", level.code, level.label, level.least, slots, words),
                    off, parts.button("level.off", words, key=level.code),
                ],
            )
        )  # fmt: skip
    forms.append(parts.opening(words["duty.level_new"], _level("levelnew", "", "", 1, "", words)))
    return panel(words["duty.levels"], html.Div(forms), css="roomy")


def _level(form: str, code: str, label: str, least: int, slots: str, words: Words) -> list[Child]:
    return [
        parts.typed(form, "label", words, value=label, most=20),
        parts.typed(form, "least", words, value=str(least), most=2),
        parts.typed(
            form, "slots", words, value=slots, most=200, hint=words["duty.slots_help"],
            sample="白班 08:00–20:00；夜班 20:00–08:00",
        ),
        parts.button("level.set", words, key=code or "new", primary=True),
    ]  # fmt: skip
