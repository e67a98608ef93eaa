"""The forms of the command page's verbs: what each asks for. One is open at a time, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dash import dcc, html

from dashboard.views.kit import Child, Words, press

Options = Sequence[tuple[str, str]]
LIST_SAYS = (
    "search", "no_options_found", "select_all", "deselect_all", "selected_count", "clear_search", "clear_selection",
)  # fmt: skip
"""What a list says by itself, in English unless it is told otherwise."""


class Field(NamedTuple):
    """One field of a form.

    kind : text (lines), line, one or any (of a list), moment, number, yes, hidden. options : name of its list.
    """

    name: str
    kind: str
    options: str = ""


class Asked(NamedTuple):
    """A form somebody opened: its verb, what it is about (a task's, order's, revision's number), and its lists.

    above : what is to be read before it is filled in.
    """

    verb: str
    about: str
    lists: Mapping[str, Options]
    values: Mapping[str, Any]
    note: str = ""
    above: Child = None


_NOTE = Field("note", "text")
FORMS: Mapping[str, tuple[Field, ...]] = {
    "report": (
        Field("type", "one", "types"), Field("title", "line"), Field("address", "line"), Field("point", "line"),
        Field("happened", "moment"), Field("exercise", "yes"), _NOTE, Field("source", "hidden"),
        Field("tickets", "hidden"), Field("token", "hidden"),
    ),
    "verify": (_NOTE,),
    "respond": (_NOTE,),
    "control": (_NOTE,),
    "relapse": (_NOTE,),
    "end": (_NOTE,),
    "close": (_NOTE,),
    "cancel": (Field("into", "one", "others"), _NOTE),
    "amend": (
        Field("title", "line"), Field("type", "one", "types"), Field("address", "line"),
        Field("point", "line"), _NOTE,
    ),
    "merge_report": (Field("ticket", "line"), _NOTE),
    "part_report": (_NOTE,),
    "ask_level": (
        Field("field", "one", "level_fields"), Field("value", "one", "level_values"), Field("reason", "text"),
    ),
    "approve_level": (_NOTE,),
    "refuse_level": (_NOTE,),
    "call_plan": (Field("plan", "one", "plans"),),
    "activate_plan": (Field("level", "one", "levels"), Field("reason", "text")),
    "add_task": (
        Field("title", "line"), Field("role", "line"), Field("minutes", "number"), Field("after", "any", "tasks"),
        Field("said", "text"),
    ),
    "start_task": (),
    "progress_task": (Field("percent", "number"), _NOTE),
    "finish_task": (_NOTE,),
    "drop_task": (_NOTE,),
    "file_report": (Field("stage", "one", "stages"), Field("to", "line"), Field("said", "text")),
    "order": (Field("to", "line"), Field("said", "text")),
    "answer_order": (Field("said", "text"), Field("done", "yes")),
    "ask_decision": (Field("question", "text"),),
    "decide": (Field("answer", "text"),),
    "remark": (Field("about", "moment"), Field("said", "text")),
    "change_remark": (Field("said", "text"),),
    "confer": (
        Field("title", "line"), Field("groups", "any", "groups"), Field("people", "any", "people"),
        Field("record", "yes"),
    ),
    "grant_floor": (),
    "take_floor": (),
    "end_conference": (),
    "notify": (
        Field("groups", "any", "groups"), Field("people", "any", "people"), Field("to", "line"), Field("said", "text"),
    ),
    "send_unit": (Field("need", "one", "needs"), Field("override", "text")),
    "cancel_unit": (_NOTE,),
    "return_supply": (Field("amount", "number"), _NOTE),
}  # fmt: skip
"""Verb -> what it asks for; one that asks for nothing is done by its button."""


def button(verb: str, words: Words, *, about: object = "", css: str = "", text: str = "") -> Child:
    """Return the button that opens a verb's form, or does it where there is nothing to ask."""
    to = "incident-open" if FORMS[verb] else "incident-do"
    return press(text or words[f"incident_verb.{verb}"], to, css, verb=verb, about=str(about))


def form(asked: Asked, words: Words) -> Child:
    """Return an open form: a refusal stands in it, and what was typed stays."""
    fields = [_field(field, asked, words) for field in FORMS[asked.verb]]
    buttons = [
        press(
            words[f"incident_verb.{asked.verb}"], "incident-do", "primary", verb=asked.verb, about=asked.about
        ),
        press(words["command.dismiss"], "incident-open", verb="", about=""),
    ]  # fmt: skip
    return html.Div(
        [
            html.H3(words[f"incident_verb.{asked.verb}"]),
            asked.above,
            *fields,
            html.P(asked.note, className="form-note", role="alert") if asked.note else None,
            html.Div(buttons, className="buttons"),
        ],
        className="form command-form",
    )


def _field(field: Field, asked: Asked, words: Words) -> Child:
    name = {"incident-field": field.name, "verb": asked.verb}
    entry = f"incident_field.{asked.verb}.{field.name}"
    label = words.get(entry, words.get(f"incident_field.{field.name}", field.name))
    value = asked.values.get(field.name)
    if field.kind == "hidden":
        return dcc.Input(id=name, type="hidden", value=value or "")
    options = [{"label": text, "value": code} for code, text in asked.lists.get(field.options, ())]
    said: Any = {part: words[f"command.list.{part}"] for part in LIST_SAYS}
    control: Child
    match field.kind:
        case "text":
            control = dcc.Textarea(id=name, value=value or "", maxLength=5000, rows=3)
        case "one":
            control = dcc.Dropdown(
                options, value, id=name, placeholder=words["choice.choose"], labels=said
            )
        case "any":
            control = dcc.Dropdown(
                options,
                value or [],
                id=name,
                multi=True,
                placeholder=words["choice.choose"],
                labels=said,
            )
        case "number":
            control = dcc.Input(id=name, type="number", value=value, min=0, step="any")
        case "yes":
            ticked = [{"label": label, "value": "yes"}]
            return html.Div(dcc.Checklist(ticked, value or [], id=name), className="field")
        case "moment":
            control = dcc.Input(
                id=name,
                type="text",
                value=value or "",
                maxLength=16,
                placeholder="2026-01-31 08:30",
            )
        case _:
            control = dcc.Input(id=name, type="text", value=value or "", maxLength=200)
    return html.Div([html.Label([html.Span(label), control])], className="field")
