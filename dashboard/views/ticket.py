"""One ticket: facts, units with their lamps, history; the forms of its moves stand in `ticket_moves`."""

from datetime import datetime
from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views import clock, files, history, identity
from dashboard.views.kit import Child, Words, data, link, panel, status
from dashboard.views.legs import legs
from dashboard.views.ticket_desk import press_marks
from dashboard.views.ticket_moves import Forms, moves

if TYPE_CHECKING:
    from tickets.queries import Whole


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
    incident: Child = None,
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
    right = [panel(words["ticket.moves"], moves(whole, forms, names, words), css="roomy moves")]
    right.insert(0 if row.emergency else 1, incident)
    return html.Div(
        [
            dcc.Store(id="ticket-no", data=row.no),
            title,
            html.Div(
                [html.Div(left), html.Div(html.Div(right, className="ticket-acts"))],
                className="split",
            ),
        ],
        className="page ticket",
    )


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
