"""Parts every screen is made of: state marks, empty sentences, tables, links that stay in the app."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import html

Words = Mapping[str, str]
Child = Any  # whatever Dash takes as children
NO_COMPONENT: list[Child] = []


def data(**facts: object) -> dict[str, Any]:
    """Return `data-` attributes: what the browser's own scripts find their places by."""
    return {f"data-{name.replace('_', '-')}": value for name, value in facts.items()}


def aria(**facts: object) -> dict[str, Any]:
    """Return `aria-` attributes: what a screen reader says."""
    return {f"aria-{name}": value for name, value in facts.items()}


def offered(
    family: str, codes: Sequence[str], words: Words, kept: str = ""
) -> list[tuple[str, str]]:
    """Return what a form offers of an option list: what the tenant uses, and `kept`, which is chosen already."""
    return [
        (code, words[f"{family}.{code}"])
        for code in codes
        if code == kept or f"off.{family}.{code}" not in words
    ]


def searched(family: str, codes: Sequence[str], words: Words) -> list[tuple[str, str]]:
    """Return what a filter offers: all of the list, for old tickets bear what is not in use any more."""
    mark = words["admin.options.off"]
    label = {code: words[f"{family}.{code}"] for code in codes}
    return [(c, label[c] + (mark if f"off.{family}.{c}" in words else "")) for c in codes]


def link(text: Child, href: str, **more: Child) -> html.A:
    """Return a link that changes the page without loading it anew."""
    return html.A(text, href=href, **{"data-nav": "", **more})


def icon() -> html.I:
    """Return the shape of the surrounding seat state."""
    return html.I(className="icon", **aria(hidden="true"))


def state_mark(state: str, words: Words, text: str = "") -> html.Span:
    """Return a seat state as its shape, hue and word."""
    label = text or words.get(f"state.{state}", state)
    return html.Span([icon(), html.Span(label)], className=f"st st-{state} mark")


def status(level: str, text: str) -> html.Span:
    """Return a status (`ok`, `warn`, `bad`, `off`) as a shape and a word."""
    return html.Span([html.I(**aria(hidden="true")), text], className=f"status {level}")


def empty(sentence: str) -> html.P:
    """Return the sentence that stands where there is nothing to show."""
    return html.P(sentence, className="empty")


def press(text: Child, to: str, css: str = "", **facts: str | int) -> html.Button:
    """Return a button that says into the store `to` what was pressed: `facts`, and `at`.

    For what live news draws anew. Dash asks a callback of ALL buttons again whenever one of them goes, and throws away
    what the press before is still being answered with; a store stays.
    """
    said = json.dumps(facts, ensure_ascii=False)
    return html.Button(
        text, type="button", className=f"button {css}".strip(), **data(press=said, to=to)
    )


def skeleton() -> html.Span:
    """Return the mark of a value that has not come yet."""
    return html.Span(className="skeleton", **aria(hidden="true"))


def refusal(code: str, words: Words) -> html.Div:
    """Return a page that says what went wrong and what to do, by the error's stable code."""
    title = words.get(f"error.{code}", words["error.error"])
    return html.Div(
        [html.H1(title), html.P(words.get(f"error.{code}_help", ""), className="muted")],
        className="refusal",
        role="alert",
    )


def table(
    heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[Child]], *, label: str
) -> html.Div:
    """Return a plain table; each head is (text, class of its column)."""
    body = [
        html.Tr([html.Td(cell, className=css) for cell, (_, css) in zip(row, heads, strict=True)])
        for row in rows
    ]
    top = html.Tr([html.Th(text, className=css, scope="col") for text, css in heads])
    return html.Div(
        html.Table([html.Thead(top), html.Tbody(body)], **aria(label=label)),
        className="table",
    )


def panel(title: str, children: Child, *, css: str = "", note: Child = None) -> html.Section:
    """Return a titled block of a desk page."""
    head = html.Header([html.H2(title), html.Div(note, className="muted")])
    body = children if isinstance(children, list) else [children]  # Dash draws no list in a list
    return html.Section([head, *body], className=f"panel {css}".strip())
