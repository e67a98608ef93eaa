"""The agent's desk: the form of a new ticket, and beside it who calls and what may be the same matter."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import dcc, html

from dashboard.views import placing
from dashboard.views.intake_side import caller
from dashboard.views.kit import Child, Words, data, link, offered
from models.rules.tickets.choices import CHANNELS, KINDS, URGENCIES

if TYPE_CHECKING:
    from dashboard.views.maps import Base
    from tickets.callers import CallerCard

Options = Sequence[tuple[str, str]]
Typed = Mapping[str, Any]
FIELDS = (
    "kind", "title", "content", "category", "urgency", "happened", "district", "address", "point", "precision",
    "cause", "name", "phone", "channel", "flags", "about", "reply", "contact", "contact_phone", "contact_on",
    "seen",
)  # fmt: skip
FLAGS = ("anonymous", "confidential", "emergency", "disputed", "later")


class Desk(NamedTuple):
    """What the desk shows beside the empty form; `drafts` are (call key, title) of what is half typed.

    at_once : the kinds that may be answered at once.
    """

    categories: Options
    districts: Options
    agent_no: str
    call: str
    token: str
    card: "CallerCard | None"
    drafts: Sequence[tuple[str, str]]
    at_once: Sequence[str]


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
            dcc.Store(id="new-signs-said"),
            html.Div(
                [html.H1(words["intake.heading"]), html.Span(words["intake.keys"], className="muted")],
                className="page-title",
            ),
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
            line("kind", _kind(typed, words)),
            line("title", text("title", 100), "two-thirds"),
            line(
                "urgency",
                chosen("urgency", offered("urgency", URGENCIES, words), "normal"),
                "third",
            ),
            line("content", area("content", 3)),
            html.Div(id="new-signs", className="signs", role="status"),
            html.Div(text("seen", 2000), hidden=True),
            _address(text("address", 200, autoComplete="off"), here, words),
            line("district", chosen("district", desk.districts, None), "third"),
            line("category", chosen("category", desk.categories, None), "two-thirds"),
            line("happened", text("happened", 16, placeholder="2026-01-31 08:30"), "third"),
            line("name", text("name", 50), "third"),
            line("phone", text("phone", 32), "third"),
            line("point", _point(text("point", 40, placeholder=words["intake.point_help"]), words), "third"),
            html.Div(text("precision", 20), hidden=True),
            line("flags", flags),
            line("reply", area("reply", 2), "reply"),
            line("contact", text("contact", 50, placeholder=words["intake.contact_help"]), "third contact"),
            line("contact_phone", text("contact_phone", 32, placeholder=words["intake.contact_help"]), "third contact"),
            line("contact_on", text("contact_on", 16, placeholder="2026-01-31 08:30"), "third contact"),
            line(
                "channel",
                chosen("channel", offered("channel", CHANNELS, words), "phone"),
                "third",
            ),
            line("cause", text("cause", 500), "third"),
            line("about", text("about", 20, placeholder=words["intake.about_help"]), "third"),
            html.Div(
                [save, drop, kept, html.Span(words["intake.reply_help"], className="muted help reply-help"),
                 html.Span(words["intake.later_help"], className="muted help later-help")],
                className="buttons",
            ),
        ],
        className="panel form intake-form", **data(at_once=" ".join(desk.at_once)),
        **placing.fields({name: f"new-{name}" for name in ("address", "district", "point", "precision")}),
    )  # fmt: skip


def _kind(typed: Typed, words: Words) -> Child:
    """Nothing is chosen beforehand: what kind of matter it is, is for who hears it to say."""
    kinds = offered("kind", KINDS, words, str(typed.get("kind") or ""))
    options = [
        {"label": html.Span([html.Kbd(str(number)), label]), "value": kind}
        for number, (kind, label) in enumerate(kinds, start=1)
    ]
    return dcc.RadioItems(
        options, typed.get("kind") or None, id="new-kind", inline=True, className="kinds"
    )


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
