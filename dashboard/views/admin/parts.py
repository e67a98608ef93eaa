"""What the administration's screens share: tabs, fields that say their form, buttons that say their verb."""

import json
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.views.kit import Child, Words, aria, link, panel

Options = Sequence[tuple[str, str]]
TABS: tuple[tuple[str, str, str], ...] = (
    ("/admin/units", "admin.tab.units", "admin.units"),
    ("/admin/people", "admin.tab.people", "admin.people"),
    ("/admin/roles", "admin.tab.roles", "admin.people"),
    ("/admin/categories", "admin.tab.categories", "admin.parameters"),
    ("/admin/options", "admin.tab.options", "admin.parameters"),
    ("/admin/parameters", "admin.tab.parameters", "admin.parameters"),
    ("/admin/intake", "admin.tab.intake", "admin.parameters"),
    ("/admin/calendar", "admin.tab.calendar", "admin.parameters"),
    ("/admin/flow", "admin.tab.flow", "admin.parameters"),
    ("/admin/feeds", "admin.tab.feeds", "admin.parameters"),
    ("/admin/command", "admin.tab.command", "admin.parameters"),
)
"""(address, key of its word, the permission it needs)."""


def frame(here: str, can: frozenset[str], body: Child, words: Words) -> Child:
    """Return a page of the administration: its tabs, the place for what a press said, the body."""
    tabs = [
        link(
            words[key], address, className="tab on" if address == here else "tab",
            **({"aria-current": "true"} if address == here else {}),
        )
        for address, key, permission in TABS if permission in can
    ]  # fmt: skip
    return html.Div(
        [
            html.Div(html.H1(words["admin.title"]), className="page-title"),
            html.Nav(tabs, className="tabs", **aria(label=words["admin.title"])),
            html.Div(id="admin-said", role="status"),
            html.Div(body, id="admin-body"),
            dcc.Download(id="admin-download"),
        ],
        className="page admin",
    )


def name_of(form: str, field: str) -> dict[str, str]:
    """Return the id of a field of a form."""
    return {"admin-field": field, "form": form}


def labelled(form: str, field: str, control: Child, words: Words, hint: str = "") -> html.Div:
    """Return a field with its label, and a hint below it."""
    target = json.dumps(name_of(form, field), sort_keys=True, separators=(",", ":"))
    note = html.P(hint, className="muted") if hint else None
    label = html.Label(words[f"admin.{form}.{field}"], htmlFor=target)
    return html.Div([label, control, note], className="field")


def typed(
    form: str, field: str, value: str, words: Words, *, most: int, hint: str = "", sample: str = ""
) -> html.Div:
    """Return a field of one line."""
    control = dcc.Input(
        id=name_of(form, field), type="text", value=value, maxLength=most, placeholder=sample
    )
    return labelled(form, field, control, words, hint)


def written(
    form: str, field: str, value: str, words: Words, *, most: int, hint: str = ""
) -> html.Div:
    """Return a field of several lines."""
    control = dcc.Textarea(id=name_of(form, field), value=value, maxLength=most, rows=2)
    return labelled(form, field, control, words, hint)


def counted(
    form: str, field: str, value: int, words: Words, *, least: int, most: int, hint: str = ""
) -> html.Div:
    """Return a field of a whole number."""
    control = dcc.Input(
        id=name_of(form, field), type="number", value=value, min=least, max=most, step=1
    )
    return labelled(form, field, control, words, hint)


def chosen(
    form: str, field: str, options: Options, value: str | None, words: Words, *, hint: str = ""
) -> html.Div:
    """Return a field that takes one of a list."""
    listed = [{"label": label, "value": key} for key, label in options]
    control = dcc.Dropdown(
        listed, value, id=name_of(form, field), clearable=False,
        searchable=len(listed) > 8, placeholder=words["admin.choose"],
    )  # fmt: skip
    return labelled(form, field, control, words, hint)


def ticked(
    form: str, field: str, options: Options, value: Sequence[str], words: Words, *, label: str = ""
) -> html.Div:
    """Return a field that takes several of a short list."""
    boxes = dcc.Checklist(
        [{"label": text, "value": key} for key, text in options], list(value),
        id=name_of(form, field), className="boxes",
    )  # fmt: skip
    title = label or words[f"admin.{form}.{field}"]
    return html.Div(
        [html.Span(title, className="legend"), boxes], className="field", role="group",
        **aria(label=title),
    )  # fmt: skip


def button(verb: str, words: Words, *, key: str = "", primary: bool = False) -> html.Button:
    """Return the button of a verb; its form is what stands before the dot."""
    return html.Button(
        words[f"admin.do.{verb}"], id={"admin-do": verb, "key": key}, type="button",
        className="button primary" if primary else "button",
    )  # fmt: skip


def seen(form: str, data: dict[str, Any]) -> dcc.Store:
    """Return what a form showed when it was drawn, so that nobody writes over another's change."""
    return dcc.Store(id={"admin-seen": form}, data=data)


def asked(verb: str, children: Child, words: Words) -> html.Details:
    """Return a verb that opens before it is pressed: what it needs stands within."""
    return html.Details(
        [html.Summary(words[f"admin.do.{verb}"]), html.Div(children, className="form")],
        className="move",
    )


def search(form: str, text: str, words: Words) -> html.Div:
    """Return the search box of a list that is drawn anew as one types."""
    name = f"{form}-q"
    hint = words[f"admin.{form}.search"]
    box = dcc.Input(id=name, type="search", value=text, maxLength=60, placeholder=hint)
    label = html.Label(hint, htmlFor=name, className="sr")
    return html.Div([label, box], className="search")


def pager(number: int, pages: int, address: str, words: Words) -> Child:
    """Return the pager of a list; `address` ends so that a page's number can follow."""
    if pages < 2:
        return None
    steps: list[Child] = []
    if number:
        steps.append(link(words["tickets.before"], f"{address}{number - 1}"))
    steps.append(html.Span(f"{number + 1} / {pages}", className="num"))
    if number < pages - 1:
        steps.append(link(words["tickets.after"], f"{address}{number + 1}"))
    return html.Nav(steps, className="pager", **aria(label=words["admin.pages"]))


def files(name: str, words: Words) -> html.Div:
    """Return the buttons by which a list leaves as a file, and comes back."""
    take = dcc.Upload(
        html.Button(words["admin.import"], type="button", className="button"),
        id={"admin-upload": name}, accept=".csv,text/csv", max_size=2_000_000,
    )  # fmt: skip
    give = html.Button(
        words["admin.export"], id={"admin-export": name}, type="button", className="button"
    )
    return html.Div([take, give], className="files")


def split(left: Child, right: Child) -> html.Div:
    """Return a list with the form beside it."""
    return html.Div([html.Div(left), html.Div(right)], className="split")


def form_panel(title: str, children: Child, note: Child = None) -> html.Section:
    """Return a titled form."""
    return panel(title, html.Div(children, className="form"), css="roomy", note=note)


def secret(title: str, value: str, words: Words) -> html.Div:
    """Return a password that is shown this once."""
    return html.Div(
        [html.B(title), html.Code(value, className="secret"), html.Span(words["admin.once"])],
        className="told",
    )


def report(title: str, lines: Sequence[str]) -> html.Div:
    """Return what an import or a run did, line by line."""
    return html.Div([html.B(title), html.Ul([html.Li(line) for line in lines])], className="told")
