"""One ticket: facts, units with their lamps, history, and a form for every lawful move."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import amending, clock, files, identity, outcomes, placing
from dashboard.views.kit import Child, Words, data, empty, link, panel, status, table
from dashboard.views.ticket_desk import due_lamp, press_marks, sign_lamp
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
    STAFF,
)

if TYPE_CHECKING:
    from tickets.queries import Whole

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
    "assign": (Field("units", "units"), Field("mode", "first", "mode"), _NOTE),
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


def ticket(
    whole: "Whole",
    *,
    lists: Mapping[str, Options],
    proposed: tuple[str, str],
    zone: str,
    words: Words,
    may_call: bool,
    may_reveal: bool = False,
    letters: Child = None,
    place: Child = None,
) -> Child:
    """Return a ticket: facts, units with their lamps, letters, history, and the forms of the lawful moves."""
    row = whole.row
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
                    _facts(whole, zone, words, may_call=may_call),
                    identity.question(row.no, words) if may_reveal else None,
                ]
            ),
            css="roomy",
        ),
        place,
        panel(words["ticket.units"], _legs(whole, zone, words)),
        _merged(whole, words),
        files.panel("ticket", row.id, words, protected=row.confidential or row.anonymous),
        panel(words["letters.title"], html.Div(letters, id="letters")),
        panel(words["ticket.history"], _history(whole, zone, words), css="roomy"),
    ]
    first = _next(whole)
    verbs = sorted((v for v in whole.verbs if _offers(v, lists)), key=lambda verb: verb != first)
    own = {
        "place": lambda: placing.move(row, words),
        "amend": lambda: amending.form(row, lists["categories"], words),
    }
    forms = [
        own[verb]()
        if verb in own
        else _form(verb, row.id, lists, proposed, words, main=verb == first)
        for verb in verbs
    ]
    right = panel(
        words["ticket.moves"],
        html.Div(forms) if forms else empty(words["ticket.no_moves"]),
        css="roomy moves",
    )
    return html.Div(
        [
            dcc.Store(id="ticket-no", data=row.no),
            title,
            html.Div([html.Div(left), html.Div(right)], className="split"),
        ],
        className="page ticket",
    )


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


def _facts(whole: "Whole", zone: str, words: Words, *, may_call: bool) -> Child:
    rows: list[Child] = []
    for name, value in _said(whole, zone, words):
        rows += [html.Dt(words[f"ticket.{name}"]), html.Dd(value)]
    marks = _marks(whole, words, may_call=may_call)
    head = html.Div(marks, className="marks") if marks else None
    return html.Div([head, html.Dl(rows, className="facts")])


def _said(whole: "Whole", zone: str, words: Words) -> list[tuple[str, Child]]:
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
        ("district", whole.district or "—"),
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
            ("contested", "warn"),
        )
        if getattr(row, flag) and not (flag == "later" and row.replied_at)
    ]  # fmt: skip
    marks += press_marks(row, whole.press, words)
    if row.paused_at:
        marks.append(status("off", words["lamp.paused"]))
    if whole.main:
        marks.append(link(f"{words['ticket.main']} {whole.main}", f"/ticket?no={whole.main}"))
    if row.call_key and may_call:
        marks.append(html.A(words["ticket.call"], href="#", **data(call=row.call_key)))
    return marks


def _mark(flag: str, whole: "Whole") -> str:
    """Return the entry of a mark's words: a dispute that nobody screened is only proposed."""
    screened = any(line.verb == "screen" for line in whole.history)
    return "ticket.maybe_disputed" if flag == "disputed" and not screened else f"tickets.{flag}"


def _legs(whole: "Whole", zone: str, words: Words) -> Child:
    if not whole.legs and not whole.step:
        return empty(words["ticket.no_units"])
    heads = [(words[f"ticket.leg.{name}"], "") for name in ("role", "unit", "due", "state", "why")]
    rows: list[tuple[Child, ...]] = []
    for leg, name, lamp in whole.legs:
        due = leg.due_at.timestamp() if leg.due_at else 0.0
        state = "handled" if leg.handled_at else "started" if leg.started_at else "waiting"
        duty = whole.duties.get(leg.number, "")
        role = "lead" if leg.number == 1 else "co"
        rows.append(
            (
                words[f"ticket.leg.{role}"],
                [name, html.P(duty, className="muted duty") if duty else None],
                due_lamp(lamp, due, zone, words)
                if lamp or not whole.row.paused_at
                else words["lamp.paused"],
                [
                    words[f"ticket.leg.{state}"],
                    " ",
                    sign_lamp(whole.signs.get(leg.id), zone, words),
                ],
                why(leg.due_why, zone, words),
            )
        )
    if whole.step:
        step, lamp = whole.step
        settles = whole.row.kind == STAFF and step.number == 0
        owed = words["verb.settle" if settles else f"ticket.step.{step.number}"]
        due = step.due_at.timestamp() if step.due_at else 0.0
        rows.append((
            words["ticket.leg.step"], owed,
            due_lamp(lamp, due, zone, words), words["ticket.leg.owed"], why(step.due_why, zone, words),
        ))  # fmt: skip
    return table(heads, rows, label=words["ticket.units"])


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


def why(told: Mapping[str, Any] | None, zone: str, words: Words) -> Child:
    """Return "why this due date": the start, every day that did not count, and the end."""
    if not told:
        return "—"
    steps = [
        html.Li(
            words[f"due.{step['kind']}"].format(
                day=step["day"], name=words.get(f"holiday.{step['name']}", step["name"]),
                count=step["count"],
                time=clock.time_of(step["at"], zone) if step["at"] else "",
            )
        )
        for step in told["trace"]
    ]  # fmt: skip
    note = html.P(words["due.projected"], className="muted") if told["projected"] else None
    return html.Details([html.Summary(words["due.why"]), html.Ol(steps), note], className="why-due")


def _history(whole: "Whole", zone: str, words: Words) -> Child:
    return html.Ol(
        [
            html.Li(
                [
                    html.Time(clock.moment(line.at.timestamp(), zone, words)),
                    html.Span(
                        [
                            html.B(words[f"verb.{line.verb}"]),
                            html.Span(line.actor_name or words["ticket.system"], className="muted"),
                            _agreed(line.event, whole, zone, words)
                            if line.verb == "coordinate"
                            else None,
                            placing.told(line.event, words) if line.verb == "place" else None,
                            amending.told(line.event, whole.labels, words)
                            if line.verb == "amend"
                            else None,
                            amending.screened(line.event, words) if line.verb == "screen" else None,
                            outcomes.line(line.verb, line.event, words),
                            html.P(line.note) if line.note else None,
                        ]
                    ),
                    html.Span(words[f"ticket_status.{line.status}"], className="muted"),
                ]
            )
            for line in whole.history
        ],
        className="course wide",
    )


def _agreed(event: Mapping[str, Any], whole: "Whole", zone: str, words: Words) -> Child:
    """Return what units agreed on: what is owed, and by whom and when."""
    names = {leg.unit: name for leg, name, _ in whole.legs if leg.unit == leg.holder}
    owing = "；".join(
        words["ticket.duty"].format(
            unit=names.get(part["unit"], part["unit"]),
            by=f"{clock.local(part['due'], zone):%m-%d %H:%M}",
        )
        for part in event["parts"]
    )
    return html.P([event["what"], html.Br(), html.Span(owing, className="muted")])


def _form(
    verb: str, number: int, lists: Mapping[str, Options], proposed: tuple[str, str], words: Words,
    *, main: bool,
) -> Child:  # fmt: skip
    fields = [_field(verb, field, lists, proposed, words) for field in VERBS[verb]]
    do = html.Button(
        words[f"verb.{verb}"], id={"ticket-do": verb, "ticket": number},
        className="button primary", type="button",
    )  # fmt: skip
    return html.Details(
        [html.Summary(words[f"verb.{verb}"]), html.Div([*fields, do], className="form")],
        className="move main" if main else "move",
    )


def _field(
    verb: str, field: Field, lists: Mapping[str, Options], proposed: tuple[str, str], words: Words
) -> Child:
    name = {"ticket-field": field.name, "verb": verb}
    entry = f"field.{verb}.{field.name}"
    label = html.Label(words.get(entry, words.get(f"field.{field.name}", "")))
    hint: Child = None
    control: Child
    match field.kind:
        case "text":
            control = dcc.Textarea(id=name, value="", maxLength=5000, rows=3)
        case "moment":
            control = dcc.Input(id=name, type="text", maxLength=16, placeholder="2026-01-31 08:30")
        case "line":
            control = dcc.Input(id=name, type="text", maxLength=20)
        case "number":
            control = dcc.Input(id=name, type="number", value=5, min=1, max=365, step=1)
        case "count":
            control = dcc.Input(id=name, type="number", value=2, min=1, max=100_000, step=1)
        case "units":
            options = [{"label": label_, "value": code} for code, label_ in lists["units"]]
            proposed = proposed if verb == "assign" else ("", "")
            value = [proposed[0]] if proposed[0] else []
            control = dcc.Dropdown(options, value, id=name, multi=True)
            why = proposed[1].partition(":")
            if proposed[0]:
                hint = words[f"propose.{why[0]}"].format(what=why[2])
        case "ticks":
            offered = [
                {"label": label_, "value": code} for code, label_ in _choices(field, lists, words)
            ]
            control = dcc.Checklist(offered, [], id=name, className="points")
        case _:
            options = [
                {"label": label_, "value": code} for code, label_ in _choices(field, lists, words)
            ]
            first = options[0]["value"] if options and field.kind == "first" else None
            control = dcc.Dropdown(
                options, first, id=name, clearable=field.kind == "one",
                placeholder=words["choice.choose"],
            )  # fmt: skip
    note = html.P(hint, className="muted") if hint else None
    return html.Div([label, control, note], className="field")


def _choices(field: Field, lists: Mapping[str, Options], words: Words) -> Options:
    if field.options in lists:
        return lists[field.options]
    return [(key, words[f"choice.{field.options}.{key}"]) for key in CHOICES[field.options]]
