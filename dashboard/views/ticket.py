"""One ticket: facts, units with their lamps, history, and a form for every lawful move."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import amending, clock, files, history, identity, placing
from dashboard.views.kit import Child, Words, data, empty, link, offered, panel, status
from dashboard.views.legs import legs
from dashboard.views.ticket_desk import press_marks
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


def ticket(
    whole: "Whole",
    *,
    forms: Forms,
    zone: str,
    words: Words,
    district: str,
    may_call: bool,
    may_reveal: bool = False,
    may_tell: bool = False,
    letters: Child = None,
    place: Child = None,
) -> Child:
    """Return a ticket: facts, units with their lamps, letters, history, and the forms of the lawful moves."""
    row = whole.row
    names = history.Names(whole.names, whole.numbers, zone, whole.labels)
    title = html.Div(
        [
            html.H1(row.title),
            html.Span(row.no, className="total num"),
            html.Span(words[f"ticket_status.{row.status}"], className="badge"),
        ],
        className="page-title",
    )
    left = [
        panel(
            words["ticket.facts"],
            html.Div(
                [
                    _facts(whole, district, zone, words, may_call=may_call),
                    identity.question(row.no, words) if may_reveal else None,
                    identity.code(row.no, words) if may_tell else None,
                ]
            ),
            css="roomy",
        ),
        place,
        panel(words["ticket.units"], legs(whole, names, words)),
        _merged(whole, words),
        files.panel("ticket", row.id, words, protected=row.confidential or row.anonymous),
        panel(words["letters.title"], html.Div(letters, id="letters")),
        panel(words["ticket.history"], history.course(whole.history, names, words), css="roomy"),
    ]
    right = panel(words["ticket.moves"], _moves(whole, forms, names, words), css="roomy moves")
    return html.Div(
        [
            dcc.Store(id="ticket-no", data=row.no),
            title,
            html.Div([html.Div(left), html.Div(right)], className="split"),
        ],
        className="page ticket",
    )


def _moves(whole: "Whole", forms: Forms, names: history.Names, words: Words) -> Child:
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


def _facts(whole: "Whole", district: str, zone: str, words: Words, *, may_call: bool) -> Child:
    rows: list[Child] = []
    for name, value in _said(whole, district, zone, words):
        rows += [html.Dt(words[f"ticket.{name}"]), html.Dd(value)]
    marks = _marks(whole, words, may_call=may_call)
    head = html.Div(marks, className="marks") if marks else None
    return html.Div([head, html.Dl(rows, className="facts")])


def _said(whole: "Whole", district: str, zone: str, words: Words) -> list[tuple[str, Child]]:
    """Return the facts as (name, text); what is not known and not owed is left out."""
    row = whole.row

    def at(instant: datetime | None) -> str:
        return clock.moment(instant.timestamp(), zone, words) if instant else ""

    point = f"{row.lon:.6f}, {row.lat:.6f}" if row.lon is not None and row.lat is not None else ""
    said = [
        ("kind", words[f"kind.{row.kind}"]),
        ("category", whole.category or "—"),
        ("urgency", words[f"urgency.{row.urgency}"]),
        ("caller", whole.caller or words["ticket.hidden"]),
        ("district", district or "—"),
        ("address", row.address or "—"),
        ("point", point),
        ("opened", " · ".join(filter(None, (at(row.opened_at), whole.opener)))),
        ("first", whole.first),
        ("happened", at(row.happened_at)),
        ("content", row.content),
        ("cause", row.cause),
        ("recording", row.recording),
        ("about", whole.about),
        ("finding", words[f"choice.finding.{whole.finding}"] if whole.finding else ""),
        ("later_on", at(row.later_on)),
        ("urge_at", at(row.urge_at)),
        ("result", row.result),
        (
            "reply",
            row.reply if row.replied_at else "",
        ),  # one of an outcome that was overturned is past
        ("quality", words[f"choice.quality.{row.quality}"] if row.quality else ""),
        ("grade", _graded(row.grade, row.solved, words)),
        ("contacted", _contacted(whole, zone, words)),
    ]
    return [(name, value) for name, value in said if value]


def _graded(grade: str, solved: bool | None, words: Words) -> str:
    if not grade:
        return ""
    key = "unsaid" if solved is None else "yes" if solved else "no"
    return f"{words[f'choice.grade.{grade}']} · {words[f'choice.solved.{key}']}"


def _contacted(whole: "Whole", zone: str, words: Words) -> str:
    """Return when, how and by whom the citizen was first spoken with."""
    first = whole.contacted
    if first is None:
        return ""
    at = clock.moment(first.at, zone, words)
    return " · ".join(filter(None, (at, words[f"choice.how.{first.how}"], first.by)))


def _marks(whole: "Whole", words: Words, *, may_call: bool) -> list[Child]:
    row = whole.row
    marks: list[Child] = [
        status(level, words[_mark(flag, whole)])
        for flag, level in (
            ("emergency", "bad"), ("later", "warn"), ("disputed", "warn"), ("confidential", "off"),
            ("anonymous", "off"),
            ("contested", "warn"),
        )
        if getattr(row, flag) and not (flag == "later" and row.replied_at)
    ]  # fmt: skip
    marks += press_marks(row, whole.press, words)
    if row.paused_at:
        marks.append(status("off", words["lamp.paused"]))
    if whole.main:
        marks.append(link(f"{words['ticket.main']} {whole.main}", f"/ticket?no={whole.main}"))
    if whole.customer:
        marks.append(link(words["nav.customers"], f"/customers?who={whole.customer}"))
    if row.call_key and may_call:
        marks.append(html.A(words["ticket.call"], href="#", **data(call=row.call_key)))
    return marks


def _mark(flag: str, whole: "Whole") -> str:
    """Return the entry of a mark's words: a dispute that nobody screened is only proposed."""
    screened = any(line.verb == "screen" for line in whole.history)
    return "ticket.maybe_disputed" if flag == "disputed" and not screened else f"tickets.{flag}"


def _merged(whole: "Whole", words: Words) -> Child:
    """Return the tickets that go on under this one; their callers are called back with its result."""
    if not whole.merged:
        return None
    items = [
        html.Li(
            [link(row.no, f"/ticket?no={row.no}", className="num"), " ", row.title, " ", caller]
        )
        for row, caller in whole.merged
    ]
    return panel(words["ticket.merged"], html.Ul(items), css="roomy")


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
