"""What the duty's screens share: tabs, fields that say their form, buttons that say their verb."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views.admin.parts import Options
from dashboard.views.kit import Child, Words, aria, data, link

TABS: tuple[tuple[str, str], ...] = (
    ("/duty", "duty.tab.now"),
    ("/duty/roster", "duty.tab.roster"),
    ("/duty/shifts", "duty.tab.shifts"),
    ("/duty/contacts", "duty.tab.contacts"),
    ("/duty/log", "duty.tab.log"),
    ("/duty/reports", "duty.tab.reports"),
    ("/duty/notices", "duty.tab.notices"),
)


def frame(here: str, body: Child, words: Words, *, title: str = "") -> Child:
    """Return a page of the duty: its tabs, the place for what a press said, the body."""
    tabs = [
        link(
            words[key], address, className="tab on" if address == here else "tab",
            **({"aria-current": "true"} if address == here else {}),
        )
        for address, key in TABS
    ]  # fmt: skip
    head = html.Div(
        [html.H1(title or words["duty.title"]), html.Nav(tabs, className="tabs", **aria(label=words["duty.title"]))],
        className="page-title duty-title",
    )  # fmt: skip
    return html.Div(
        [head, html.Div(id="duty-said", role="status"), html.Div(body, id="duty-body")],
        className="page duty",
    )


def name_of(form: str, field: str) -> dict[str, str]:
    """Return the id of a field of a form."""
    return {"duty-field": field, "form": form}


def labelled(form: str, field: str, control: Child, words: Words, hint: str = "") -> html.Div:
    """Return a field with its label, and a hint below it."""
    target = json.dumps(name_of(form, field), sort_keys=True, separators=(",", ":"))
    note = html.P(hint, className="muted") if hint else None
    label = html.Label(words[f"duty.field.{field}"], htmlFor=target)
    return html.Div([label, control, note], className="field")


def typed(
    form: str,
    field: str,
    words: Words,
    *,
    value: str = "",
    most: int = 60,
    hint: str = "",
    sample: str = "",
) -> html.Div:
    """Return a field of one line."""
    control = dcc.Input(
        id=name_of(form, field), type="text", value=value, maxLength=most, placeholder=sample
    )
    return labelled(form, field, control, words, hint)


def written(
    form: str,
    field: str,
    words: Words,
    *,
    value: str = "",
    most: int,
    rows: int = 3,
    hint: str = "",
) -> html.Div:
    """Return a field of several lines."""
    control = dcc.Textarea(id=name_of(form, field), value=value, maxLength=most, rows=rows)
    return labelled(form, field, control, words, hint)


def chosen(
    form: str,
    field: str,
    options: Sequence[tuple[str | int, str]],
    words: Words,
    *,
    value: str | int | Sequence[int] | None = None,
    many: bool = False,
    hint: str = "",
) -> html.Div:
    """Return a field that takes one of a list, or several in the order they are chosen."""
    listed = [{"label": label, "value": key} for key, label in options]
    control = dcc.Dropdown(
        listed, value, id=name_of(form, field), multi=many, clearable=many,
        searchable=len(listed) > 8, placeholder=words["duty.choose"],
    )  # fmt: skip
    return labelled(form, field, control, words, hint)


def button(
    verb: str,
    words: Words,
    *,
    key: str | int = "",
    version: int = 0,
    primary: bool = False,
    text: str = "",
) -> html.Button:
    """Return the button of a verb; its form is what stands before the dot, and the key behind it."""
    return html.Button(
        text or words[f"duty.do.{verb}"],
        id={"duty-do": verb, "key": str(key), "version": version},
        type="button",
        className="button primary" if primary else "button",
    )


def was(form: str, field: str, value: str) -> dcc.Input:
    """Return what a form showed when it was drawn, so that nobody writes over another's change."""
    return dcc.Input(id=name_of(form, field), type="hidden", value=value)


def opening(title: str, children: Child) -> html.Details:
    """Return a form that opens before it is filled in."""
    return html.Details(
        [html.Summary(title), html.Div(children, className="form")], className="move"
    )


def tabs(
    address: str, name: str, here: str, options: Options, words: Words, kept: Mapping[str, str]
) -> html.Nav:
    """Return choices that are links: each is the address with another `name`."""
    links = []
    for key, label in options:
        asked = {**{k: v for k, v in kept.items() if v}, **({name: key} if key else {})}
        on = key == here
        links.append(
            link(
                label, f"{address}?{urlencode(asked)}" if asked else address,
                className="tab on" if on else "tab", **({"aria-current": "true"} if on else {}),
            )
        )  # fmt: skip
    return html.Nav(links, className="tabs", **aria(label=words[f"duty.field.{name}"]))


def search(
    action: str, fields: Sequence[Child], words: Words, *, keep: str = "", text: str = "duty.show"
) -> html.Form:
    """Return a form whose filled boxes become the address."""
    go = html.Button(words[text], type="submit", className="button")
    return html.Form(
        [*fields, go], action=action, method="get", className="filters",
        **data(nav_form="", keep=keep),
    )  # fmt: skip


def box(name: str, value: str, words: Words) -> html.Label:
    """Return a box of such a form."""
    control = dcc.Input(name=name, id=f"duty-{name}", type="text", value=value, maxLength=40)
    return html.Label([html.Span(words[f"duty.field.{name}"]), control], className="box")
