"""The ticket pages: a desk's list, the intake form, and one ticket with what may be done to it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, panel, status, table
from models.rules.tickets.choices import (
    GRADES,
    KINDS,
    MODES,
    REJECT_GROUNDS,
    RETURN_GROUNDS,
    URGENCIES,
)  # fmt: skip

if TYPE_CHECKING:
    from tickets.queries import TicketPage, Whole

LAMPS = {"green": "ok", "yellow": "warn", "red": "bad"}
Options = Sequence[tuple[str, str]]


class Field(NamedTuple):
    """One field of a verb's form; `options` names the list it offers."""

    name: str
    kind: str
    options: str = ""


_NOTE = Field("note", "text")
VERBS: Mapping[str, tuple[Field, ...]] = {
    "answer": (Field("reply", "text"),),
    "assign": (Field("units", "units"), Field("mode", "one", "mode"), _NOTE),
    "reject": (Field("ground", "one", "reject"), _NOTE),
    "start": (),
    "sub_assign": (Field("unit", "one", "below"), _NOTE),
    "finish_part": (Field("result", "text"),),
    "submit": (Field("result", "text"),),
    "approve": (_NOTE,),
    "send_back": (_NOTE,),
    "ask_return": (Field("ground", "one", "return"), Field("reason", "text")),
    "grant_return": (_NOTE,),
    "deny_return": (_NOTE,),
    "ask_extension": (Field("days", "number"), Field("reason", "text")),
    "grant_extension": (_NOTE,),
    "deny_extension": (_NOTE,),
    "urge": (_NOTE,),
    "supervise": (_NOTE,),
    "instruct": (_NOTE,),
    "reply": (Field("text", "text"),),
    "call_back": (
        Field("reached", "one", "reached"), Field("grade", "one", "grade"),
        Field("solved", "one", "solved"), _NOTE,
    ),
    "reopen": (_NOTE,),
    "contest": (_NOTE,),
    "conclude": (Field("upheld", "one", "upheld"), _NOTE),
    "archive": (_NOTE,),
}  # fmt: skip
"""What each verb asks for; a verb that is not here has no form yet."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": MODES[::-1],
    "reject": REJECT_GROUNDS,
    "return": RETURN_GROUNDS,
    "reached": ("yes", "no"),
    "grade": GRADES,
    "solved": ("yes", "no", "unsaid"),
    "upheld": ("yes", "no"),
}


# --- a desk ---------------------------------------------------------------------------------


def desk(
    name: str,
    desks: Sequence[str],
    page: "TicketPage",
    *,
    text: str,
    number: int,
    zone: str,
    words: Words,
    may_open: bool,
) -> Child:
    """Return a desk: its tabs, the search, the list, and the pages."""
    tabs = html.Div(
        [
            link(
                words[f"desk.{each}"],
                address(each),
                className="tab on" if each == name else "tab",
                **({"aria-current": "true"} if each == name else {}),
            )
            for each in desks
        ],
        className="tabs",
    )
    search = html.Div(
        dcc.Input(
            id="tickets-text", type="search", value=text, debounce=True,
            placeholder=words["tickets.search"],
        ),
        className="search", **data(search="", desk=name),
    )  # fmt: skip
    new = link(words["tickets.new"], "/tickets/new", className="button primary")
    title = html.Div(
        [
            html.H1(words["tickets.title"]),
            html.Span(words["tickets.total"].format(n=f"{page.total:,}"), className="total"),
            html.Div([new] if may_open else [], className="actions"),
        ],
        className="page-title",
    )
    bar = html.Div([tabs, html.Div([search], className="filters")], className="bar")
    return html.Div(
        [title, bar, _list(page, zone, words), _pager(name, text, number, page.pages, words)],
        className="page tickets",
    )


def address(desk_name: str, **more: str) -> str:
    """Return the address of a desk with its search and page."""
    return f"/tickets?{urlencode({'desk': desk_name, **{k: v for k, v in more.items() if v}})}"


def _list(page: "TicketPage", zone: str, words: Words) -> Child:
    if not page.lines:
        return empty(words["tickets.none"])
    heads = [
        (words[f"tickets.col.{name}"], "")
        for name in ("no", "title", "kind", "status", "unit", "due", "opened")
    ]
    rows = []
    for line in page.lines:
        row = line.row
        marks: list[Child] = []
        if row.emergency:
            marks.append(status("bad", words["tickets.emergency"]))
        if row.urgency != "normal":
            marks.append(status("warn", words[f"urgency.{row.urgency}"]))
        if line.asked:
            marks.append(html.Span(words[f"asked.{line.asked}"], className="chip-note"))
        due = row.due_at.timestamp() if row.due_at else 0.0
        rows.append(
            (
                link(row.no, f"/ticket?no={row.no}", className="num"),
                html.Span(
                    [link(row.title, f"/ticket?no={row.no}"), *marks], className="title-cell"
                ),
                words[f"kind.{row.kind}"],
                words[f"ticket_status.{row.status}"],
                line.unit or "—",
                _lamp(line.lamp, due, zone, words),
                clock.moment(row.opened_at.timestamp(), zone, words),
            )
        )
    return html.Div(table(heads, rows, label=words["tickets.title"]), className="panel")


def _lamp(lamp: str, due: float, zone: str, words: Words) -> Child:
    if not lamp or not due:
        return "—"
    return status(LAMPS[lamp], f"{words[f'lamp.{lamp}']} {clock.local(due, zone):%m-%d %H:%M}")


def _pager(name: str, text: str, number: int, pages: int, words: Words) -> Child:
    last = pages - 1
    if last < 1:
        return None
    steps: list[Child] = []
    if number:
        steps.append(link(words["tickets.before"], address(name, q=text, page=str(number - 1))))
    steps.append(html.Span(f"{number + 1} / {last + 1}", className="num"))
    if number < last:
        steps.append(link(words["tickets.after"], address(name, q=text, page=str(number + 1))))
    return html.Nav(steps, className="pager")


# --- intake ---------------------------------------------------------------------------------


def intake(categories: Options, *, call: str, words: Words) -> Child:
    """Return the form of a new ticket, with room beside it for those that read like it."""

    def line(name: str, control: Child) -> html.Div:
        return html.Div(
            [html.Label(words[f"intake.{name}"], htmlFor=f"new-{name}"), control], className="field"
        )

    def typed(name: str, most: int) -> dcc.Input:
        return dcc.Input(id=f"new-{name}", type="text", maxLength=most)

    def chosen(name: str, options: Options, value: str | None) -> dcc.Dropdown:
        return dcc.Dropdown(
            [{"label": label, "value": key} for key, label in options], value, id=f"new-{name}",
            clearable=value is None,
        )  # fmt: skip

    content = dcc.Textarea(id="new-content", maxLength=5000, rows=7)
    checks = dcc.Checklist(
        [{"label": words[f"intake.{name}"], "value": name} for name in ("anonymous", "confidential")],
        [], id="new-flags", inline=True,
    )  # fmt: skip
    form = html.Div(
        [
            line("kind", chosen("kind", [(k, words[f"kind.{k}"]) for k in KINDS], "complaint")),
            line("title", typed("title", 100)),
            line("content", content),
            line("category", chosen("category", categories, None)),
            line(
                "urgency",
                chosen("urgency", [(u, words[f"urgency.{u}"]) for u in URGENCIES], "normal"),
            ),
            line("address", typed("address", 200)),
            line("name", typed("name", 50)),
            line("phone", typed("phone", 32)),
            line("flags", checks),
            line("reply", dcc.Textarea(id="new-reply", maxLength=5000, rows=3)),
            html.Div(
                [
                    html.Button(
                        words["intake.save"],
                        id="new-save",
                        className="button primary",
                        type="button",
                    ),
                    html.Span(words["intake.reply_help"], className="muted"),
                ],
                className="field",
            ),
        ],
        className="panel form",
    )
    return html.Div(
        [
            dcc.Store(id="new-call", data=call),
            html.Div(html.H1(words["intake.heading"]), className="page-title"),
            html.Div([form, html.Div(id="new-alike", className="panel alike")], className="split"),
        ],
        className="page",
    )


# --- one ticket -----------------------------------------------------------------------------


def ticket(
    whole: "Whole",
    *,
    lists: Mapping[str, Options],
    proposed: tuple[str, str],
    zone: str,
    words: Words,
) -> Child:
    """Return a ticket: facts, units with their lamps, history, and the forms of the lawful moves."""
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
        panel(words["ticket.facts"], _facts(whole, zone, words), css="roomy"),
        panel(words["ticket.units"], _legs(whole, zone, words)),
        panel(words["ticket.history"], _history(whole, zone, words), css="roomy"),
    ]
    forms = [
        _form(verb, row.id, lists, proposed, words) for verb in whole.verbs if _offers(verb, lists)
    ]
    right = panel(
        words["ticket.moves"],
        html.Div(forms) if forms else empty(words["ticket.no_moves"]),
        css="roomy",
    )
    return html.Div(
        [
            dcc.Store(id="ticket-no", data=row.no),
            title,
            html.Div([html.Div(left), html.Div(right)], className="split"),
        ],
        className="page",
    )


def _offers(verb: str, lists: Mapping[str, Options]) -> bool:
    """True when the verb has a form, and something to choose wherever it asks to choose from a list."""
    return verb in VERBS and all(lists.get(field.options, True) for field in VERBS[verb])


def _facts(whole: "Whole", zone: str, words: Words) -> Child:
    row = whole.row
    said = [
        ("kind", words[f"kind.{row.kind}"]),
        ("category", whole.category or "—"),
        ("urgency", words[f"urgency.{row.urgency}"]),
        ("caller", whole.caller or words["ticket.hidden"]),
        ("address", row.address or "—"),
        ("opened", clock.moment(row.opened_at.timestamp(), zone, words)),
        ("content", row.content),
    ]
    if row.result:
        said.append(("result", row.result))
    if row.reply:
        said.append(("reply", row.reply))
    if row.grade:
        said.append(("grade", words[f"choice.grade.{row.grade}"]))
    marks = [
        status(level, words[f"tickets.{flag}"])
        for flag, level in (
            ("emergency", "bad"), ("disputed", "warn"), ("confidential", "off"), ("contested", "warn"),
        )
        if getattr(row, flag)
    ]  # fmt: skip
    rows: list[Child] = []
    for name, value in said:
        rows += [html.Dt(words[f"ticket.{name}"]), html.Dd(value)]
    return html.Div([html.Div(marks, className="marks"), html.Dl(rows, className="facts")])


def _legs(whole: "Whole", zone: str, words: Words) -> Child:
    if not whole.legs:
        return empty(words["ticket.no_units"])
    heads = [(words[f"ticket.leg.{name}"], "") for name in ("role", "unit", "due", "state", "why")]
    rows = []
    for leg, name, lamp in whole.legs:
        due = leg.due_at.timestamp() if leg.due_at else 0.0
        state = "handled" if leg.handled_at else "started" if leg.started_at else "waiting"
        role = "lead" if leg.number == 1 else "co"
        rows.append(
            (
                words[f"ticket.leg.{role}"],
                name,
                _lamp(lamp, due, zone, words),
                words[f"ticket.leg.{state}"],
                _why(leg.due_why, zone, words),
            )
        )
    return table(heads, rows, label=words["ticket.units"])


def _why(why: Mapping[str, Any] | None, zone: str, words: Words) -> Child:
    """Return "why this due date": the start, every day that did not count, and the end."""
    if not why:
        return "—"
    steps = [
        html.Li(
            words[f"due.{step['kind']}"].format(
                day=step["day"], name=step["name"], count=step["count"],
                time=clock.time_of(step["at"], zone) if step["at"] else "",
            )
        )
        for step in why["trace"]
    ]  # fmt: skip
    note = html.P(words["due.projected"], className="muted") if why["projected"] else None
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
                            html.Span(line.actor_name, className="muted"),
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


def _form(
    verb: str, number: int, lists: Mapping[str, Options], proposed: tuple[str, str], words: Words
) -> Child:
    fields = [_field(verb, field, lists, proposed, words) for field in VERBS[verb]]
    do = html.Button(
        words[f"verb.{verb}"], id={"ticket-do": verb, "ticket": number},
        className="button primary", type="button",
    )  # fmt: skip
    return html.Details(
        [html.Summary(words[f"verb.{verb}"]), html.Div([*fields, do], className="form")],
        className="move",
    )


def _field(
    verb: str, field: Field, lists: Mapping[str, Options], proposed: tuple[str, str], words: Words
) -> Child:
    name = {"ticket-field": field.name, "verb": verb}
    label = html.Label(words[f"field.{field.name}"])
    hint: Child = None
    control: Child
    match field.kind:
        case "text":
            control = dcc.Textarea(id=name, value="", maxLength=5000, rows=3)
        case "number":
            control = dcc.Input(id=name, type="number", value=5, min=1, max=365, step=1)
        case "units":
            options = [{"label": label_, "value": code} for code, label_ in lists["units"]]
            value = [proposed[0]] if proposed[0] else []
            control = dcc.Dropdown(options, value, id=name, multi=True)
            why = proposed[1].partition(":")
            if proposed[0]:
                hint = words[f"propose.{why[0]}"].format(what=why[2])
        case _:
            options = [
                {"label": label_, "value": code} for code, label_ in _choices(field, lists, words)
            ]
            control = dcc.Dropdown(
                options, options[0]["value"] if options else None, id=name, clearable=False
            )
    note = html.P(hint, className="muted") if hint else None
    return html.Div([label, control, note], className="field")


def _choices(field: Field, lists: Mapping[str, Options], words: Words) -> Options:
    if field.options in lists:
        return lists[field.options]
    return [(key, words[f"choice.{field.options}.{key}"]) for key in CHOICES[field.options]]
