"""A year of the working calendar, and the tenant's own days."""

import calendar as months
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from dash import html

from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, empty, link, panel

if TYPE_CHECKING:
    from models.rules.deadlines import Calendar
    from models.tables import Holiday

MARKS = {"work": "", "makeup": "admin.mark.work", "weekend": "", "holiday": "admin.mark.off"}


def page(
    calendar: "Calendar",
    year: int,
    *,
    today: date,
    own: Sequence["Holiday"],
    years_by_hand: Sequence[int],
    notes: tuple[str, Child],
    words: Words,
) -> Child:
    """Return the year with its months, and the forms beside it; `notes`: who set it, the recompute offer."""
    mine = {row.day for row in own}
    grid = html.Div(
        [_month(calendar, year, number, today, mine, words) for number in range(1, 13)],
        className="year",
    )
    turn = html.Div(
        [
            link("‹", f"/admin/calendar?year={year - 1}", title=str(year - 1), className="button"),
            html.B(str(year), className="num"),
            link("›", f"/admin/calendar?year={year + 1}", title=str(year + 1), className="button"),
        ],
        className="turn",
    )
    known = "published" if year in calendar.published else "projected"
    legend = html.Ul(
        [
            html.Li([html.Span("15", className=f"day {kind}"), words[f"admin.day.{kind}"]])
            for kind in ("work", "weekend", "holiday", "makeup", "mine")
        ],
        className="legend-row",
    )
    left = [
        html.Div([turn, legend], className="filters"),
        panel(
            words["admin.calendar.year"].format(year=year),
            html.Div([html.P(words[f"admin.calendar.{known}"], className=f"known {known}"), grid]),
        ),
    ]
    right = [
        _days_form(year, words),
        _own(own, year, words),
        _office(calendar, years_by_hand, notes[0], words),
        notes[1],
    ]
    return parts.split(left, right)


def _month(
    calendar: "Calendar", year: int, number: int, today: date, mine: set[str], words: Words
) -> html.Table:
    heads = [html.Th(day, scope="col") for day in words["admin.weekdays"].split()]
    rows = [
        html.Tr([_day(calendar, day, number, today, mine, words) for day in week])
        for week in months.Calendar().monthdatescalendar(year, number)
    ]
    worked = sum(
        calendar.is_workday(date(year, number, day))
        for day in range(1, months.monthrange(year, number)[1] + 1)
    )
    title = words["admin.month"].format(month=number, n=worked)
    return html.Table(
        [html.Caption(title), html.Thead(html.Tr(heads)), html.Tbody(rows)], className="month"
    )


def _day(
    calendar: "Calendar", at: date, month: int, today: date, mine: set[str], words: Words
) -> html.Td:
    if at.month != month:
        return html.Td("")
    kind, name = calendar.kind(at), calendar.holiday(at)
    said = words.get(f"holiday.{name}", name) if name else words[f"admin.day.{kind}"]
    css = f"day {kind}" + (" mine" if str(at) in mine else "") + (" today" if at == today else "")
    mark = html.Sup(words[MARKS[kind]]) if MARKS[kind] else None
    return html.Td(html.Span([str(at.day), mark], className=css, title=f"{at} {said}"))


def _days_form(year: int, words: Words) -> Child:
    kinds = [("off", words["admin.days.off"]), ("work", words["admin.days.work"])]
    sample = f"{year}-10-01"
    return parts.form_panel(
        words["admin.days.title"],
        [
            parts.typed("days", "first", "", words, most=10, sample=sample),
            parts.typed("days", "last", "", words, most=10, hint=words["admin.days.last_help"]),
            parts.chosen("days", "kind", kinds, "off", words),
            parts.typed("days", "note", "", words, most=40),
            parts.button("days.add", words, primary=True),
        ],
    )


def _own(own: Sequence["Holiday"], year: int, words: Words) -> Child:
    lines = [
        html.Li(
            [
                html.Span(row.day, className="num"),
                html.Span(words["admin.days.work" if row.work else "admin.days.off"]),
                html.Span(row.note, className="muted"),
                parts.button("days.drop", words, key=row.day),
            ]
        )
        for row in own
    ]
    title = words["admin.days.own"].format(year=year)
    return panel(
        title,
        html.Ul(lines, className="held") if lines else empty(words["admin.days.none"]),
        css="roomy",
    )


def _office(calendar: "Calendar", by_hand: Sequence[int], note: str, words: Words) -> Child:
    hour, minute = divmod(calendar.office_end, 60)
    return parts.form_panel(
        words["admin.office"],
        [
            parts.typed("office", "office_end", f"{hour:02}:{minute:02}", words, most=5),
            parts.typed(
                "office", "published", " ".join(map(str, by_hand)), words, most=60,
                hint=words["admin.office.published_help"],
            ),
            html.P(note, className="muted"),
            parts.button("office.save", words, primary=True),
        ],
    )  # fmt: skip
