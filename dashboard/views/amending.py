"""修改: the form that corrects a ticket's facts, and what a line of the history says of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.views.kit import Child, Words, offered
from models.rules.tickets.choices import KINDS, STAFF, URGENCIES

if TYPE_CHECKING:
    from models.tables import Ticket

Options = Sequence[tuple[str, str]]
FLAGS = ("anonymous", "confidential", "disputed", "emergency")
_CHOSEN = {"kind": "kind", "urgency": "urgency"}
"""Field -> where the words of its choices stand."""
_LONG = ("title", "content", "address")


def form(row: "Ticket", categories: Options, words: Words) -> Child:
    """Return the form with the facts as they are; what is not touched stays."""

    def name(field: str) -> dict[str, str]:
        return {"ticket-field": field, "verb": "amend"}

    def line(field: str, control: Child) -> html.Div:
        return html.Div([html.Label(words[f"ticket.field.{field}"]), control], className="field")

    def chosen(field: str, options: Options, value: str, *, clearable: bool = False) -> html.Div:
        listed = [{"label": label, "value": key} for key, label in options]
        return line(field, dcc.Dropdown(listed, value, id=name(field), clearable=clearable))

    kinds = [kind for kind in KINDS if (kind == STAFF) == (row.kind == STAFF)]
    if row.category and row.category not in dict(categories):  # the dictionary has it no more
        categories = [*categories, (row.category, row.category)]
    flags = dcc.Checklist(
        [{"label": words[f"tickets.{flag}"], "value": flag} for flag in FLAGS],
        [flag for flag in FLAGS if getattr(row, flag)], id=name("flags"), inline=True,
    )  # fmt: skip
    fields = [
        chosen("kind", offered("kind", kinds, words, row.kind), row.kind),
        chosen("urgency", offered("urgency", URGENCIES, words, row.urgency), row.urgency),
        chosen("category", categories, row.category, clearable=True),
        line("title", dcc.Input(id=name("title"), type="text", maxLength=100, value=row.title)),
        line("content", dcc.Textarea(id=name("content"), maxLength=5000, rows=4, value=row.content)),
        line("address", dcc.Input(id=name("address"), type="text", maxLength=200, value=row.address)),
        line("flags", flags),
        line("note", dcc.Input(id=name("note"), type="text", maxLength=200, value="")),
        dcc.Input(id=name("version"), type="hidden", value=str(row.version)),
        html.Button(
            words["verb.amend"], id={"ticket-do": "amend", "ticket": row.id},
            className="button primary", type="button",
        ),
    ]  # fmt: skip
    return html.Details(
        [html.Summary(words["verb.amend"]), html.Div(fields, className="form")], className="move"
    )


def told(event: Mapping[str, Any], labels: Mapping[str, str], words: Words) -> Child:
    """Return what was changed, each as it was and is; long texts fold up. labels : names of the categories."""
    items = [
        html.Li([html.B(_name(field, words)), " ", _change(field, change, labels, words)])
        for field, change in event["changed"].items()
    ]
    return html.Ul(items, className="changes")


def _name(field: str, words: Words) -> str:
    return words[f"tickets.{field}" if field in FLAGS else f"ticket.field.{field}"]


def _change(
    field: str, change: Mapping[str, str], labels: Mapping[str, str], words: Words
) -> Child:
    was, now = change["was"], change["now"]
    if field in FLAGS:
        return words["amend.on" if now else "amend.off"]
    if field in _LONG and not was and not now:
        return words["amend.protected"]
    if field in _CHOSEN:
        was, now = words[f"{_CHOSEN[field]}.{was}"], words[f"{_CHOSEN[field]}.{now}"]
    if field == "category":
        was, now = labels.get(was, was), labels.get(now, now)
    nothing = words["amend.nothing"]
    return html.Span([html.Del(was or nothing, className="muted"), " → ", html.Ins(now or nothing)])


def screened(event: Mapping[str, Any], words: Words) -> Child:
    """Return a line of the history that has a 矛盾纠纷排查表, field by field."""
    said = [
        ("parties", event["parties"]),
        ("nature", words[f"choice.nature.{event['nature']}"]),
        ("people", f"{event['people']:,}"),
        ("risk", words[f"choice.risk.{event['risk']}"]),
        ("measures", event["measures"]),
        ("person", event["person"]),
    ]
    items = [html.Li([html.B(words[f"field.{name}"]), " ", text]) for name, text in said]
    return html.Ul(items, className="changes")
