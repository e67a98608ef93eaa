"""The form of a warning's draft, and what the draft would be as a message."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from dash import dcc, html

from dashboard.views.kit import Child, Words, press, status
from models.events.incident.course import Colour
from models.rules.cap.draft import CATEGORIES, Draft
from models.rules.cap.message import Certainty, Message, Response, Severity, Urgency
from models.rules.cap.wrong import HEADLINE_MAX, Fault

HOURS = (1, 2, 3, 6, 12, 24, 48, 72)
LISTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "colour": ("colour", [code or "none" for code in get_args(Colour)]),
    "severity": ("cap_severity", get_args(Severity)),
    "urgency": ("cap_urgency", get_args(Urgency)),
    "certainty": ("cap_certainty", get_args(Certainty)),
    "categories": ("cap_category", CATEGORIES),
    "responses": ("cap_response", get_args(Response)),
}
"""Field -> the family of its words, and the codes."""
MANY = frozenset({"categories", "responses"})
LINES = {
    "event": 60,
    "headline": HEADLINE_MAX,
    "contact": 100,
    "web": 300,
    "en_event": 60,
    "en_headline": HEADLINE_MAX,
}
TEXTS = {"description": 4, "instruction": 3, "en_description": 3, "en_instruction": 2, "note": 2}
"""Field -> lines to see."""


class Asked(NamedTuple):
    """A form somebody opened: the verb, what about (alert's id, of `draft` the incident's or 0), the revision seen."""

    verb: str
    about: int
    rev: int
    title: str
    areas: Sequence[tuple[str, str]]
    note: str = ""


def values(draft: Draft) -> dict[str, Any]:
    """Return a draft as its form shows it."""
    hours = int(draft.hours) if draft.hours == int(draft.hours) else draft.hours
    return {
        "event": draft.chinese.event, "headline": draft.chinese.headline, "description": draft.chinese.description,
        "instruction": draft.chinese.instruction, "areas": [area.source for area in draft.areas if area.source],
        "colour": draft.colour or "none", "hours": hours, "severity": draft.severity, "urgency": draft.urgency,
        "certainty": draft.certainty, "categories": list(draft.categories), "responses": list(draft.responses),
        "contact": draft.contact, "web": draft.web, "exercise": ["yes"] if draft.exercise else [],
        "en_event": draft.english.event, "en_headline": draft.english.headline,
        "en_description": draft.english.description, "en_instruction": draft.english.instruction,
    }  # fmt: skip


def form(asked: Asked, said: Mapping[str, Any], preview: Child, words: Words) -> html.Div:
    """Return the form of a draft; a refusal stands in it, and what was typed stays."""

    def field(name: str) -> Child:
        return _field(name, said.get(name), asked, words)

    main = [field(name) for name in ("headline", "description", "instruction", "areas")]
    row = html.Div([field("colour"), field("hours")], className="cap-pair")
    exercise = [field("exercise")] if asked.verb == "draft" and not asked.about else []
    coded = (
        "event",
        "severity",
        "urgency",
        "certainty",
        "categories",
        "responses",
        "contact",
        "web",
    )
    english = ("en_headline", "en_description", "en_instruction", "en_event")
    left = html.Div(
        [
            *main, row, *exercise,
            _more(words["cap.coded"], [field(name) for name in coded]),
            _more(words["cap.english"], [field(name) for name in english]),
            _end(asked, words),
        ]
    )  # fmt: skip
    return _whole(
        asked, [left, html.Div(preview, id="cap-preview", className="cap-preview")], words
    )


def decide(asked: Asked, said: Mapping[str, Any], preview: Child, words: Words) -> html.Div:
    """Return the form of an approval or a refusal: what is decided, and the words."""
    left = html.Div([_field("note", said.get("note"), asked, words), _end(asked, words)])
    return _whole(asked, [left, html.Div(preview, className="cap-preview")], words)


def _whole(asked: Asked, parts: list[Child], words: Words) -> html.Div:
    head = html.H3(
        [words[f"cap_verb.{asked.verb}"], " ", html.Span(asked.title, className="muted")]
    )
    return html.Div(
        [head, html.Div(parts, className="cap-columns")],
        id={"cap-form": asked.verb, "about": str(asked.about)}, className="form cap-form",
    )  # fmt: skip


def _end(asked: Asked, words: Words) -> html.Div:
    note = html.P(asked.note, className="form-note", role="alert") if asked.note else None
    do = press(
        words[f"cap_do.{asked.verb}"], "cap-do", "primary", verb=asked.verb, about=asked.about, rev=asked.rev
    )  # fmt: skip
    leave = press(words["cap.dismiss"], "cap-open", verb="", about=0)
    return html.Div([note, html.Div([do, leave], className="buttons")])


def _more(title: str, fields: list[Child]) -> html.Details:
    return html.Details([html.Summary(title), *fields])


def _field(name: str, value: Any, asked: Asked, words: Words) -> Child:  # noqa: ANN401 - any control's
    number = {"cap-field": name}
    label = words[f"cap_field.{name}"]
    control: Child
    if name in TEXTS:
        control = dcc.Textarea(id=number, value=value or "", rows=TEXTS[name], maxLength=5000)
    elif name in LINES:
        control = dcc.Input(
            id=number, type="text", value=value or "", maxLength=LINES[name], debounce=0.4
        )
    elif name == "exercise":
        ticked = [{"label": label, "value": "yes"}]
        return html.Div(dcc.Checklist(ticked, value or [], id=number), className="field")
    else:
        options = [
            {"label": text, "value": code} for code, text in _options(name, value, asked, words)
        ]
        many = name == "areas" or name in MANY
        control = dcc.Dropdown(
            options,
            value,
            id=number,
            multi=many,
            clearable=many,
            placeholder=words["choice.choose"],
        )
    return html.Div([html.Label([html.Span(label), control])], className="field")


def _options(name: str, value: Any, asked: Asked, words: Words) -> list[tuple[Any, str]]:  # noqa: ANN401
    if name == "areas":
        return list(asked.areas)
    if name == "hours":
        kept = [value] if value and value not in HOURS else []
        return [(hours, words["cap.hours_n"].format(n=hours)) for hours in (*HOURS, *kept)]
    family, codes = LISTS[name]
    return [(code, words[f"{family}.{code}"]) for code in codes]


def preview(message: Message, faults: Sequence[Fault], words: Words) -> html.Div:
    """Return a draft as the public will read it, and what keeps it from going out."""
    told = (
        status("bad", words["cap.preview_wrong"])
        if faults
        else status("ok", words["cap.preview_whole"])
    )
    missing = [html.Li(words[f"cap_wrong.{fault}"]) for fault in faults]
    blocks = []
    for info in message.infos:
        codes = (
            words[f"cap_severity.{info.severity}"], words[f"cap_urgency.{info.urgency}"],
            words[f"cap_certainty.{info.certainty}"], *(words[f"cap_category.{one}"] for one in info.categories),
            *(words[f"cap_response.{one}"] for one in info.responses),
        )  # fmt: skip
        places = [
            words["cap.points"].format(
                name=area.desc, n=sum(len(ring) - 1 for ring in area.polygons)
            )
            for area in info.areas
        ]
        blocks.append(
            html.Article(
                [
                    html.H4(info.headline or "—"),
                    html.P(info.description, className="cap-words"),
                    html.P(info.instruction, className="cap-words strong")
                    if info.instruction
                    else None,
                    html.P("、".join(places), className="muted"),
                    html.P(" · ".join(codes), className="muted"),
                    html.P(
                        f"{words['cap.col.until']} {info.expires[:16].replace('T', ' ')}",
                        className="muted",
                    ),
                    html.P(
                        f"{info.sender_name} {info.contact} {info.web}".strip(), className="muted"
                    ),
                ],
                lang=info.language,
            )
        )
    return html.Div(
        [
            html.P([html.B(words["cap.preview"]), told]),
            html.Ul(missing) if missing else None,
            *blocks,
        ]
    )
