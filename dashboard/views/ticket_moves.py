"""The forms of a ticket's moves: what each verb asks for, what is chosen from, what a decision is about."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import amending, history, placing
from dashboard.views.kit import Child, Words, empty, offered
from models.rules.tickets.choices import (
    FINDINGS,
    GRADES,
    HOWS,
    MODES,
    NATURES,
    POINTS,
    QUALITIES,
    REJECT_GROUNDS,
    RETURN_GROUNDS,
    RISKS,
)

if TYPE_CHECKING:
    from tickets.queries import Whole
    from tickets.requests import Asked

Options = Sequence[tuple[str, str]]


class Field(NamedTuple):
    """One field of a verb's form; `options` names the list it offers.

    kind : "one" of a list is owed, and nothing is chosen before somebody chooses; "first" has its first chosen;
    "ticks" are any of it.
    """

    name: str
    kind: str
    options: str = ""


_NOTE = Field("note", "text")
_RATING = (Field("quality", "one", "quality"), Field("points", "ticks", "points"))
VERBS: Mapping[str, tuple[Field, ...]] = {
    "answer": (Field("reply", "text"),),
    "settle": (Field("finding", "one", "finding"), _NOTE),
    "assign": (
        Field("units", "units"), Field("mode", "first", "mode"), Field("by", "moment"), _NOTE,
    ),
    "reject": (Field("ground", "one", "reject"), _NOTE),
    "start": (),
    "sub_assign": (Field("unit", "one", "below"), _NOTE),
    "finish_part": (Field("result", "text"),),
    "submit": (Field("result", "text"),),
    "approve": (*_RATING, _NOTE),
    "send_back": (*_RATING, _NOTE),
    "coordinate": (
        Field("units", "units"), Field("what", "text"), Field("by", "moment"), _NOTE,
    ),
    "ask_return": (Field("ground", "one", "return"), Field("reason", "text")),
    "grant_return": (_NOTE,),
    "deny_return": (_NOTE,),
    "recall": (_NOTE,),
    "ask_extension": (Field("days", "number"), Field("reason", "text")),
    "grant_extension": (_NOTE,),
    "deny_extension": (_NOTE,),
    "urge": (_NOTE,),
    "plan_urge": (Field("on", "moment"), _NOTE),
    "pause_clock": (_NOTE,),
    "resume_clock": (_NOTE,),
    "merge": (Field("into", "line"), _NOTE),
    "unmerge": (_NOTE,),
    "supervise": (_NOTE,),
    "rate_supervision": (
        Field("supervision", "first", "supervisions"), Field("rating", "one", "rating"), _NOTE,
    ),
    "instruct": (_NOTE,),
    "reply": (Field("text", "text"),),
    "call_back": (
        Field("reached", "one", "reached"), Field("grade", "one", "grade"),
        Field("solved", "one", "solved"), _NOTE,
    ),
    "contact": (Field("how", "one", "how"), Field("reached", "one", "reached"), _NOTE),
    "reopen": (_NOTE,),
    "contest": (_NOTE,),
    "conclude": (Field("upheld", "one", "upheld"), _NOTE),
    "archive": (_NOTE,),
    "place": (),  # its form is `placing.move`
    "amend": (),  # its form is `amending.form`
    "screen": (
        Field("parties", "line"), Field("nature", "one", "nature"), Field("people", "count"),
        Field("risk", "one", "risk"), Field("measures", "text"), Field("person", "line"), _NOTE,
    ),
}  # fmt: skip
"""What each verb asks for; a verb that is not here has no form yet."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": MODES[::-1],
    "reject": REJECT_GROUNDS,
    "return": RETURN_GROUNDS,
    "reached": ("yes", "no"),
    "finding": FINDINGS,
    "nature": NATURES,
    "risk": RISKS,
    "rating": ("5", "4", "3", "2", "1"),
    "grade": GRADES,
    "quality": QUALITIES,
    "points": POINTS,
    "how": HOWS,
    "solved": ("yes", "no", "unsaid"),
    "upheld": ("yes", "no"),
}


class Forms(NamedTuple):
    """What the forms of the moves offer and hold.

    lists : name of a list -> its options; proposed : (unit, why) for 派单; typed : (verb, field) -> what was
    typed before the page was refreshed; pressed : the move that was refused then.
    """

    lists: Mapping[str, Options]
    proposed: tuple[str, str] = ("", "")
    typed: Mapping[tuple[str, str], Any] = {}
    pressed: str = ""

    def lost(self, verbs: Collection[str]) -> list[str]:
        """Return the texts that were typed for moves that are not among `verbs` any more."""
        return [
            str(self.typed[verb, field.name]).strip()
            for verb, fields in VERBS.items()
            for field in fields
            if verb not in verbs and field.kind == "text" and self.typed.get((verb, field.name))
        ]


def moves(whole: "Whole", forms: Forms, names: history.Names, words: Words) -> Child:
    """Return the forms of what may be done now, the likeliest first, and what was typed for what may not."""
    first = _next(whole)
    verbs = sorted(
        (v for v in whole.verbs if _offers(v, forms.lists)), key=lambda verb: verb != first
    )
    own = {
        "place": lambda: placing.move(whole.row, words),
        "amend": lambda: amending.form(whole.row, forms.lists["categories"], words),
    }
    shown = [
        own[verb]() if verb in own else _form(verb, whole, forms, names, words, main=verb == first)
        for verb in verbs
    ]
    if lost := forms.lost(verbs):
        kept = [html.P(text, className="kept-text") for text in lost]
        shown.insert(0, html.Div([html.B(words["ticket.unsent"]), *kept], className="unsent"))
    return html.Div(shown) if shown else empty(words["ticket.no_moves"])


def _next(whole: "Whole") -> str:
    """Return the move that most likely comes next, empty when none stands out."""
    row = whole.row
    owed = "archive" if row.called_back_at else "call_back" if row.replied_at else "reply"
    likely = (
        "grant_return",
        "grant_extension",
        "assign",
        "settle",
        "start",
        "submit",
        "finish_part",
        "approve",
        owed,
    )
    return next((verb for verb in likely if verb in whole.verbs), "")


def _offers(verb: str, lists: Mapping[str, Options]) -> bool:
    """True when the verb has a form, and something to choose wherever it asks to choose from a list."""
    return verb in VERBS and all(lists.get(field.options, True) for field in VERBS[verb])


def _form(
    verb: str, whole: "Whole", forms: Forms, names: history.Names, words: Words, *, main: bool
) -> Child:
    fields = [_field(verb, field, forms, words) for field in VERBS[verb]]
    act, _, what = verb.partition("_")
    asked = whole.asked.get(what) if act in ("grant", "deny") else None
    do = html.Button(
        words[f"verb.{verb}"], id={"ticket-do": verb, "ticket": whole.row.id},
        className="button primary", type="button",
    )  # fmt: skip
    return html.Details(
        [
            html.Summary(words[f"verb.{verb}"]),
            html.Div([request(asked, names, words), *fields, do], className="form"),
        ],
        className="move main" if main else "move",
        open=verb == forms.pressed,
    )


def request(asked: "Asked | None", names: history.Names, words: Words) -> Child:
    """Return what a decision is about: who asks, on which ground or for how long, why, and what a yes would do."""
    if asked is None:
        return None
    ground = words[f"choice.return.{asked.ground}"] if asked.ground else ""
    said = words[f"request.{asked.what}"].format(
        unit=asked.unit, by=asked.by, at=names.when(asked.at), ground=ground, days=asked.days
    )
    then = words[f"request.{asked.what}_then"].format(
        due=names.when(asked.due), then=names.when(asked.then), n=asked.bounces + 1
    )
    return html.Div([html.P(said), html.P(asked.reason), html.P(then)], className="request")


def _field(verb: str, field: Field, forms: Forms, words: Words) -> Child:
    name = {"ticket-field": field.name, "verb": verb}
    entry = f"field.{verb}.{field.name}"
    label = html.Label(words.get(entry, words.get(f"field.{field.name}", "")))
    typed = forms.typed.get((verb, field.name))
    hint: Child = None
    control: Child
    match field.kind:
        case "text":
            control = dcc.Textarea(id=name, value=typed or "", maxLength=5000, rows=3)
        case "moment":
            control = dcc.Input(
                id=name,
                type="text",
                value=typed or "",
                maxLength=16,
                placeholder="2026-01-31 08:30",
            )
        case "line":
            control = dcc.Input(id=name, type="text", value=typed or "", maxLength=20)
        case "number":
            control = dcc.Input(id=name, type="number", value=typed or 5, min=1, max=365, step=1)
        case "count":
            control = dcc.Input(
                id=name, type="number", value=typed or 2, min=1, max=100_000, step=1
            )
        case "units":
            options = [{"label": label_, "value": code} for code, label_ in forms.lists["units"]]
            proposed = forms.proposed if verb == "assign" else ("", "")
            value = typed or ([proposed[0]] if proposed[0] else [])
            control = dcc.Dropdown(options, value, id=name, multi=True)
            why = proposed[1].partition(":")
            if proposed[0]:
                hint = words[f"propose.{why[0]}"].format(what=why[2])
        case "ticks":
            points = [
                {"label": label_, "value": code}
                for code, label_ in _choices(field, forms.lists, words)
            ]
            control = dcc.Checklist(points, typed or [], id=name, className="points")
        case _:
            options = [
                {"label": label_, "value": code}
                for code, label_ in _choices(field, forms.lists, words)
            ]
            first = options[0]["value"] if options and field.kind == "first" else None
            value = typed if typed in [option["value"] for option in options] else first
            control = dcc.Dropdown(
                options, value, id=name, clearable=field.kind == "one",
                placeholder=words["choice.choose"],
            )  # fmt: skip
    note = html.P(hint, className="muted") if hint else None
    return html.Div([label, control, note], className="field")


def _choices(field: Field, lists: Mapping[str, Options], words: Words) -> Options:
    if field.options in lists:
        return lists[field.options]
    return offered(f"choice.{field.options}", CHOICES[field.options], words)
