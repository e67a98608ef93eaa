"""On a ticket's page: the incident it tells of, or the one press that makes it one."""

from collections.abc import Sequence

from dash import dcc, html

from dashboard.views.kit import Child, Words, link, panel


def known(incident: int, no: str, words: Words, *, may_see: bool) -> Child:
    """Return which incident a ticket tells of."""
    text = f"{words['command.heading']} {no}"
    body = (
        link(text, f"/command?id={incident}", className="button primary")
        if may_see
        else html.B(text)
    )
    return panel(words["escalate.title"], html.Div(body, className="form"))


def form(ticket: int, types: Sequence[tuple[str, str]], words: Words, *, urgent: bool) -> Child:
    """Return the form: the type, an exercise or not, and the press. Open where the ticket says emergency."""
    options = [{"label": label, "value": code} for code, label in types]
    fields = [
        html.P(words["escalate.help"], className="muted"),
        html.Div([
            html.Label(words["incident_field.type"]),
            dcc.Dropdown(options, None, id="escalate-type", placeholder=words["choice.choose"]),
        ], className="field"),
        dcc.Checklist(
            [{"label": words["incident_field.exercise"], "value": "yes"}], [], id="escalate-exercise"
        ),
        html.Button(
            words["incident_verb.escalate"], id={"escalate": ticket}, type="button", className="button primary"
        ),
        html.P(id="escalate-note", className="form-note", role="alert"),
    ]  # fmt: skip
    return panel(
        words["escalate.title"],
        html.Div(html.Details(
            [html.Summary(words["incident_verb.escalate"]), html.Div(fields, className="form")],
            open=urgent, className="move",
        )),
        css="roomy moves",
    )  # fmt: skip
