"""Who asked: the question why it is to be seen, and the answer in its place."""

from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views.kit import Child, Words

if TYPE_CHECKING:
    from tickets.identity import Identity


def question(no: str, words: Words) -> Child:
    """Return the way to a ticket's caller: a reason is owed, and who saw it is written down."""
    field = dcc.Input(
        id={"identity-reason": no}, type="text", maxLength=200,
        placeholder=words["calls.reveal.reason"],
    )  # fmt: skip
    show = html.Button(
        words["calls.reveal.show"], id={"identity-show": no}, className="button", type="button"
    )
    note = html.P(words["calls.reveal.help"], className="muted")
    box = html.Div([field, show, note], className="reveal", id={"identity": no})
    return html.Details([html.Summary(words["identity.title"]), box], className="move")


def answer(who: "Identity", words: Words) -> list[Child]:
    """Return the name and the whole number in place of the question."""
    return [
        html.Span([words["identity.name"], html.B(who.name or "—", className="revealed")]),
        html.Span([words["identity.phone"], html.B(who.phone or "—", className="num revealed")]),
        html.Span([words["identity.contact"], html.B(who.contact, className="num revealed")])
        if who.contact
        else None,
        html.P(words["calls.reveal.noted"], className="muted"),
    ]


def code(no: str, words: Words) -> Child:
    """Return the way to a ticket's query code: who saw it is written down."""
    show = html.Button(
        words["identity.code_show"], id={"code-show": no}, className="button", type="button"
    )
    return html.Div(show, id={"code": no}, className="reveal")


def code_shown(said: str, words: Words) -> list[Child]:
    """Return the query code in place of its button."""
    return [
        html.Span([words["identity.code"], html.B(said or "—", className="num revealed")]),
        html.P(words["calls.reveal.noted"], className="muted"),
    ]
