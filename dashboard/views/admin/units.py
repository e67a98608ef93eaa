"""The tree of units, and the form of one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, empty, link, panel, status, table

if TYPE_CHECKING:
    from models.tables import Ticket
    from tickets.units import UnitForm, UnitLine, UnitPage


def page(tree: Child, form: Child, text: str, words: Words) -> Child:
    """Return the page: search and tree, and the form beside them."""
    new = link(words["admin.unit.new"], "/admin/units", className="button primary")
    bar = html.Div(
        [parts.search("units", text, words), parts.files("units", words), new],
        className="filters",
    )
    return parts.split([bar, html.Div(tree, id="units-list")], form)


def tree(found: "UnitPage", chosen: str, text: str, number: int, words: Words) -> Child:
    """Return one page of the tree."""
    if not found.lines:
        return empty(words["admin.units.none"])
    heads = [
        (words[f"admin.unit.{name}"], "") for name in ("name", "code", "level", "contact", "phone")
    ]
    heads += [(words["admin.unit.open"], "num"), (words["admin.unit.state"], "")]
    rows = []
    for row, open_, _ in found.lines:
        name = link(
            row.name or row.code, address(row.code, q=text, page=str(number) if number else ""),
            className=f"deep-{row.level}", **({"aria-current": "true"} if row.code == chosen else {}),
        )  # fmt: skip
        rows.append(
            (
                name, html.Code(row.code), words[f"admin.level.{row.level}"], row.contact or "—",
                row.phone or "—", f"{open_:,}", _state(row.active, words),
            )
        )  # fmt: skip
    total = words["admin.units.total"].format(n=f"{found.total:,}")
    more = parts.pager(number, found.pages, address("", q=text) + "&page=", words)
    return [
        panel(
            words["admin.tab.units"], table(heads, rows, label=words["admin.tab.units"]), note=total
        ),
        more,
    ]


def address(code: str, **more: str) -> str:
    """Return the address of a unit in the tree as it is shown."""
    told = {"unit": code, **more}
    return f"/admin/units?{urlencode({k: v for k, v in told.items() if v or k == 'unit'})}"


def _state(active: bool, words: Words) -> Child:
    return words["admin.active"] if active else status("off", words["admin.inactive"])


def form(
    code: str,
    given: "UnitForm",
    parents: parts.Options,
    districts: parts.Options,
    words: Words,
    more: Child = None,
) -> Child:
    """Return the form of a new unit (no `code`) or of one that is there."""
    top = [("", words["admin.unit.top"]), *(p for p in parents if p[0] != code)]
    verb = "unit.change" if code else "unit.add"
    fields: list[Child] = [
        parts.typed("unit", "name", given.name, words, most=60),
        parts.chosen("unit", "parent", top, given.parent, words),
        parts.typed("unit", "contact", given.contact, words, most=40),
        parts.typed("unit", "phone", given.phone, words, most=32),
        parts.chosen("unit", "district", [("", words["admin.none"]), *districts], given.district, words),
        parts.written("unit", "duties", given.duties, words, most=500, hint=words["admin.unit.duties_help"]),
        parts.button(verb, words, key=code, primary=True),
    ]  # fmt: skip
    if not code:
        fields.insert(
            0, parts.typed("unit", "code", "", words, most=32, hint=words["admin.unit.code_help"])
        )
    title = given.name if code else words["admin.unit.new"]
    note = html.Code(code) if code else None
    return [parts.form_panel(title, fields, note), more]


def closing(
    line: "UnitLine", tickets: Sequence["Ticket"], number: int, zone: str, words: Words
) -> Child:
    """Return what a unit owes, and how it is closed or opened again."""
    row, owed, later = line
    if not row.active:
        body: Child = parts.button("unit.activate", words, key=row.code)
    else:
        tick = parts.ticked(
            "unit",
            "take_back",
            [("yes", words["admin.unit.take_back_yes"].format(n=owed))],
            [],
            words,
        )
        note = parts.written("unit", "note", "", words, most=500)
        back = html.P(words["admin.unit.later"].format(n=f"{later:,}")) if later else None
        body = parts.asked(
            "unit.deactivate",
            [
                back,
                *([tick, note] if owed else []),
                parts.button("unit.deactivate", words, key=row.code),
            ],
            words,
        )
    title = words["admin.unit.owes"].format(n=f"{owed:,}")
    listed = [
        html.Li(
            [
                link(ticket.no, f"/ticket?no={ticket.no}", className="num"),
                html.Span(ticket.title),
                html.Span(
                    clock.moment(ticket.due_at.timestamp() if ticket.due_at else None, zone, words)[:16],
                    className="muted",
                ),
            ]
        )
        for ticket in tickets
    ]  # fmt: skip
    pages = -(-owed // 20)
    more = parts.pager(number, pages, address(row.code) + "&held=", words)
    held = html.Ul(listed, className="held") if listed else empty(words["admin.unit.owes_none"])
    return panel(title, html.Div([held, more, body]), css="roomy")


def stores(code: str, before: dict[str, str]) -> dcc.Store:
    """Return what the form of a unit showed."""
    return parts.seen("unit", {"code": code, "before": before})
