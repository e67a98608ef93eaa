"""A citizen's record: tickets, calls, a note; numbers stay masked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, panel, table

if TYPE_CHECKING:
    from tickets.customers import Record


def page(found: "Record | None", zone: str, words: Words) -> Child:
    """Return the search and, of who was found, the record."""
    said = dcc.Input(
        id="customer-said", type="text", maxLength=50, placeholder=words["customer.said"],
        autoComplete="off",
    )  # fmt: skip
    go = html.Button(
        words["customer.find"], id="customer-find", type="button", className="button primary"
    )
    note = html.P(words["customer.help"], className="muted")
    return html.Div(
        [
            html.Div(html.H1(words["nav.customers"]), className="page-title"),
            html.Div([said, go], className="line-form"),
            note,
            html.Div(id="customer-found", role="status"),
            _record(found, zone, words) if found else None,
        ],
        className="page customers",
    )


def several(known: Mapping[str, str], words: Words) -> Child:
    """Return those of one name to choose from; a sentence when there are none."""
    if not known:
        return empty(words["customer.none"])
    items = [
        html.Li(link(masked or words["customer.no_number"], f"/customers?who={digest}"))
        for digest, masked in known.items()
    ]
    return panel(words["customer.several"], html.Ul(items), css="roomy")


def _record(found: "Record", zone: str, words: Words) -> Child:
    heads = [
        (words[f"tickets.col.{name}"], "") for name in ("no", "title", "kind", "status", "opened")
    ]
    rows = [
        (
            link(row.no, f"/ticket?no={row.no}", className="num"),
            link(row.title, f"/ticket?no={row.no}"),
            words[f"kind.{row.kind}"],
            words[f"ticket_status.{row.status}"],
            clock.moment(row.opened_at.timestamp(), zone, words),
        )
        for row in found.tickets
    ]
    tickets: Child = empty(words["pop.no_tickets"])
    if rows:
        tickets = table(heads, rows, label=words["customer.tickets"])
    box = html.Div(
        [
            dcc.Store(id="customer-who", data=found.digest),
            dcc.Textarea(id="customer-note", value=found.note, maxLength=1000, rows=4),
            html.Button(
                words["customer.save"], id="customer-save", type="button", className="button primary"
            ),
        ],
        className="form",
    )  # fmt: skip
    left = [
        panel(words["customer.tickets"], tickets, note=str(len(rows))),
        _calls(found, zone, words),
    ]
    right = panel(
        words["customer.note"], box, css="roomy", note=html.B(found.masked, className="num")
    )
    return html.Div([html.Div(left), html.Div(right)], className="split")


def _calls(found: "Record", zone: str, words: Words) -> Child:
    items = [
        html.Li(
            html.A(
                f"{clock.moment(call.counted_at.timestamp(), zone, words)} · {words[f'outcome.{call.outcome}']}",
                href="#", **data(call=call.key),
            )
        )
        for call in found.calls
    ]  # fmt: skip
    body = html.Ul(items, className="plain") if items else empty(words["customer.no_calls"])
    return panel(words["customer.calls"], body, css="roomy", note=str(len(items)))
