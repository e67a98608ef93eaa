"""The console of the walls' scrolling line: what scrolls now, a line to write, until when."""

from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, panel

if TYPE_CHECKING:
    from tickets.notices import Notice

HOURS = ("0.5", "2", "8", "24")


def console(now: Child, words: Words) -> Child:
    """Return the console."""
    text = dcc.Input(id="notice-text", type="text", maxLength=100, placeholder=words["notice.text"])
    spans = [{"label": words["notice.hours"].format(n=n), "value": float(n)} for n in HOURS]
    hours = dcc.Dropdown(spans, 2.0, id="notice-hours", clearable=False, searchable=False)
    go = html.Button(
        words["notice.write"], id="notice-write", type="button", className="button primary"
    )
    end = html.Button(words["notice.end"], id="notice-end", type="button", className="button")
    body = [
        html.Div(now, id="notice-now", role="status"),
        html.Div([text, hours, go, end], className="line-form notice-form"),
    ]
    return panel(words["notice.title"], html.Div(body), css="roomy")


def scrolling(notice: "Notice", zone: str, words: Words) -> Child:
    """Return what scrolls now and until when."""
    if not notice.text:
        return empty(words["notice.none"])
    until = f"{clock.local(notice.until, zone):%m-%d %H:%M}"
    return html.P(
        [html.B(notice.text), " ", words["notice.until"].format(time=until, name=notice.by)]
    )
