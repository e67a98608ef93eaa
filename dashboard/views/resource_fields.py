"""Fields and buttons of the forms of resources, with the ids that the page's callback reads."""

from collections.abc import Iterable
from typing import Any

from dash import dcc, html

from dashboard.views.kit import Child, Words


def name(field: str) -> dict[str, str]:
    """Return the id of a field, as the page's callback reads it."""
    return {"resource-field": field}


def _labelled(field: str, control: Child, words: Words) -> html.Div:
    return html.Div(
        html.Label([html.Span(words[f"resources.field.{field}"]), control]), className="field"
    )


def typed(field: str, value: str, words: Words) -> Child:
    """Return a line of text."""
    return _labelled(
        field, dcc.Input(id=name(field), type="text", value=value, maxLength=200), words
    )


def counted(field: str, value: float | None, words: Words) -> Child:
    """Return a number that is not negative."""
    return _labelled(
        field, dcc.Input(id=name(field), type="number", value=value, min=0, step="any"), words
    )


def chosen(
    field: str, options: Iterable[tuple[str, str]], value: Any, words: Words, *, several: bool = False  # noqa: ANN401
) -> Child:  # fmt: skip
    """Return a choice of one or several."""
    listed = [{"label": text, "value": code} for code, text in options]
    if several:
        return html.Div(
            [
                html.Span(words[f"resources.field.{field}"], className="legend"),
                dcc.Checklist(listed, value, id=name(field), className="boxes", inline=True),
            ],
            className="field",
        )
    control = dcc.Dropdown(
        listed, value, id=name(field), clearable=False, placeholder=words["choice.choose"]
    )
    return _labelled(field, control, words)


def do(verb: str, text: str, key: str, *, primary: bool = False) -> html.Button:
    """Return the button of a verb upon the line `key`."""
    return html.Button(
        text, id={"resource-do": verb, "key": key}, type="button", className="button primary" if primary else "button",
    )  # fmt: skip
