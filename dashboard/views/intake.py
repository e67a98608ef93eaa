"""The agent's desk: the form of a new ticket, and beside it who calls and what may be the same matter."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import clock, placing
from dashboard.views.kit import Child, Words, aria, data, empty, link, offered, panel, status
from models.rules.tickets.choices import CHANNELS, KINDS, URGENCIES

if TYPE_CHECKING:
    from dashboard.views.maps import Base
    from tickets.callers import CallerCard
    from tickets.duplicates import Candidate

Options = Sequence[tuple[str, str]]
Typed = Mapping[str, Any]
FIELDS = (
    "kind", "title", "content", "category", "urgency", "happened", "district", "address", "point", "precision",
    "cause", "name", "phone", "channel", "flags", "about", "reply",
)  # fmt: skip
FLAGS = ("anonymous", "confidential", "disputed", "later")


class Desk(NamedTuple):
    """What the desk shows beside the empty form; `drafts` are (call key, title) of what is half typed."""

    categories: Options
    districts: Options
    agent_no: str
    call: str
    token: str
    card: "CallerCard | None"
    drafts: Sequence[tuple[str, str]]


class Spot(NamedTuple):
    """The map beside the form, none without a city, and where the draft's point is."""

    base: "Base | None"
    here: "placing.Here | None"


def intake(
    desk: Desk, typed: Typed, spot: Spot, *, zone: str, labels: Mapping[str, str], words: Words
) -> Child:
    """Return the desk: `typed` is the draft that was kept, `labels` are the queues' names."""
    here = data(desk_agent=desk.agent_no, desk_call=desk.call)
    side = html.Div(
        [
            html.Div(
                caller(desk.call, desk.card, zone=zone, labels=labels, words=words), id="new-caller"
            ),
            html.Div(id="new-alike", className="panel roomy alike"),
            html.Div(id="new-known", className="panel roomy alike"),
            html.Div(id="new-answers", className="panel roomy alike"),
            placing.map_panel(spot.base, spot.here, words),
        ],
        className="desk-side",
    )
    return html.Div(
        [
            dcc.Store(id="new-call", data=desk.call),
            dcc.Store(id="new-token", data=desk.token),
            html.Div(
                [html.H1(words["intake.heading"]), html.Span(words["intake.keys"], className="muted")],
                className="page-title",
            ),
            html.Div(hidden=True, className="call-bar", role="status", **data(desk_bar="")),
            _drafts(desk, words),
            html.Div([_form(desk, typed, spot.here, words), side], className="split"),
        ],
        className="page intake", **here,
    )  # fmt: skip


def _form(desk: Desk, typed: Typed, here: "placing.Here | None", words: Words) -> Child:
    def line(name: str, control: Child, css: str = "") -> html.Div:
        label = html.Label(words[f"intake.{name}"], htmlFor=f"new-{name}")
        return html.Div([label, control], className=f"field {css}".strip())

    def text(name: str, most: int, **more: Any) -> dcc.Input:  # noqa: ANN401 - dcc.Input's own options
        value = typed.get(name, "")
        return dcc.Input(id=f"new-{name}", type="text", maxLength=most, value=value, **more)

    def area(name: str, rows: int) -> dcc.Textarea:
        value = typed.get(name, "")
        return dcc.Textarea(id=f"new-{name}", maxLength=5000, rows=rows, value=value)

    def chosen(name: str, options: Options, value: str | None) -> dcc.Dropdown:
        return dcc.Dropdown(
            [{"label": label, "value": key} for key, label in options], typed.get(name) or value,
            id=f"new-{name}", clearable=value is None,
        )  # fmt: skip

    flags = dcc.Checklist(
        [{"label": words[f"intake.{name}"], "value": name} for name in FLAGS],
        typed.get("flags") or [], id="new-flags", inline=True,
    )  # fmt: skip
    save = html.Button(
        words["intake.save"], id="new-save", className="button primary", type="button"
    )
    drop = html.Button(words["intake.drop"], id="new-drop", className="button", type="button")
    kept = html.Span(id="new-kept", className="muted", role="status")
    return html.Div(
        [
            line("kind", chosen("kind", offered("kind", KINDS, words), "complaint"), "third"),
            line(
                "urgency",
                chosen("urgency", offered("urgency", URGENCIES, words), "normal"),
                "third",
            ),
            line(
                "channel",
                chosen("channel", offered("channel", CHANNELS, words), "phone"),
                "third",
            ),
            line("title", text("title", 100)),
            line("content", area("content", 4)),
            _address(text("address", 200, autoComplete="off"), here, words),
            line("district", chosen("district", desk.districts, None), "third"),
            line("category", chosen("category", desk.categories, None), "two-thirds"),
            line("happened", text("happened", 16, placeholder="2026-01-31 08:30"), "third"),
            line("name", text("name", 50), "third"),
            line("phone", text("phone", 32), "third"),
            line("point", _point(text("point", 40, placeholder=words["intake.point_help"]), words), "third"),
            html.Div(text("precision", 20), hidden=True),
            line("cause", text("cause", 500), "third"),
            line("about", text("about", 20, placeholder=words["intake.about_help"]), "third"),
            line("flags", flags, "third"),
            line("reply", area("reply", 2), "reply"),
            html.Div(
                [save, drop, kept, html.Span(words["intake.reply_help"], className="muted help")],
                className="buttons",
            ),
        ],
        className="panel form intake-form",
        **placing.fields({name: f"new-{name}" for name in ("address", "district", "point", "precision")}),
    )  # fmt: skip


def _address(control: Child, here: "placing.Here | None", words: Words) -> Child:
    label = html.Label(words["intake.address"], htmlFor="new-address")
    head = html.Div([label, placing.where(here, words)], className="field-head")
    return html.Div([head, placing.box(control)], className="field two-thirds")


def _point(control: Child, words: Words) -> Child:
    return html.Div([control, placing.clear(words)], className="point-box")


def _drafts(desk: Desk, words: Words) -> Child:
    others = [(call, title) for call, title in desk.drafts if call != desk.call]
    if not others:
        return None
    links = [
        link(
            title or words["intake.untitled"],
            f"/tickets/new?call={call}" if call else "/tickets/new",
        )
        for call, title in others
    ]
    return html.Div(
        [html.Span(words["intake.drafts"], className="muted"), *links], className="line-form"
    )


def caller(
    call: str, card: "CallerCard | None", *, zone: str, labels: Mapping[str, str], words: Words
) -> Child:
    """Return who calls: times, open tickets, earlier calls."""
    if card is None:
        text = words["pop.reading"] if call else words["pop.none"]
        return panel(words["pop.heading"], empty(text), css="roomy")
    marks: list[Child] = [html.B(card.masked or words["pop.hidden"], className="num caller")]
    if card.repeat:
        marks.append(status("warn", words["pop.repeat"]))
    if card.times > 1:
        marks.append(html.Span(words["pop.times"].format(n=card.times), className="muted"))
    # a call straight to the seat came by no queue
    facts = filter(None, (labels.get(card.queue, card.queue), clock.moment(card.at, zone, words)))
    marks.append(html.Span(" · ".join(facts), className="muted"))
    body: list[Child] = [html.Div(marks, className="marks")]
    if card.of_call:
        body += [html.H3(words["pop.of_call"]), _tickets(card.of_call, words)]
    body += [html.H3(words["pop.tickets"])]
    body.append(_tickets(card.tickets, words) if card.tickets else empty(words["pop.no_tickets"]))
    if card.calls:
        items = [
            html.Li(
                f"{clock.moment(call.counted_at.timestamp(), zone, words)} · "
                f"{labels.get(call.queue, call.queue)} · {words[f'outcome.{call.outcome}']}"
            )
            for call in card.calls
        ]
        body += [html.H3(words["pop.calls"]), html.Ul(items)]
    return panel(words["pop.heading"], html.Div(body), css="roomy")


def _tickets(rows: Sequence[Any], words: Words) -> Child:
    return html.Ul(
        [
            html.Li(
                [
                    link(row.no, f"/ticket?no={row.no}", className="num"), " ", row.title, " ",
                    html.Span(words[f"ticket_status.{row.status}"], className="muted"),
                ]
            )
            for row in rows
        ]
    )  # fmt: skip


def alike(found: Sequence["Candidate"], typed: bool, words: Words) -> Child:
    """Return the tickets that may be the same matter, each with why."""
    head = html.Header(html.H2(words["intake.alike"]))
    if not found:
        return [head, empty(words["intake.alike_none" if typed else "intake.alike_empty"])]
    items = []
    for each in found:
        why = [html.Span(words[f"alike.{reason}"], className="chip-note") for reason in each.why]
        state = html.Span(words[f"ticket_status.{each.row.status}"], className="muted")
        number = link(each.row.no, f"/ticket?no={each.row.no}", className="num")
        items.append(html.Li([number, " ", each.row.title, " ", state, *why]))
    return [head, html.Ul(items)]


def known(hits: Child, words: Words) -> Child:
    """Return the knowledge base's hits under their heading."""
    return [html.Header(html.H2(words["intake.known"])), html.Div(hits)]


def answers(found: Sequence[tuple[str, str, str]], words: Words) -> Child:
    """Return earlier answers of the category; a button takes one over."""
    head = html.Header(html.H2(words["intake.answers"]))
    if not found:
        return [head, empty(words["intake.answers_none"])]
    items = [
        html.Li(
            [
                link(no, f"/ticket?no={no}", className="num"), " ", html.B(title), html.P(reply),
                html.Button(
                    words["intake.use"], type="button", className="button", **data(use_reply=reply),
                    **aria(label=f"{words['intake.use']}：{title}"),
                ),
            ]
        )
        for no, title, reply in found
    ]  # fmt: skip
    return [head, html.Ul(items)]
