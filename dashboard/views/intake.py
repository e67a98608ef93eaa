"""The form of a new ticket."""

from collections.abc import Sequence

from dash import dcc, html

from dashboard.views.kit import Child, Words
from models.rules.tickets.choices import KINDS, URGENCIES

Options = Sequence[tuple[str, str]]


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
