"""The symbol library: every category with its symbols, to rename, order, put away; the form that takes one in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import dcc, html

from command.symbol_art import CATEGORIES
from dashboard.views.kit import Child, Words, aria, panel

if TYPE_CHECKING:
    from command.symbols import Sign

VERBS = ("up", "down", "rename")


def page(signs: "Sequence[Sign]", words: Words) -> Child:
    """Return the page."""
    title = html.Div(
        [html.H1(words["symbols.heading"]), html.Span(words["symbols.help"], className="muted")],
        className="page-title",
    )
    return html.Div(
        [title, panel(words["symbols.add"], _form(words)), html.Div(groups(signs, words), id="symbol-groups")],
        className="page symbols-page",
    )  # fmt: skip


def _form(words: Words) -> Child:
    options = [{"label": words[f"symbol_category.{code}"], "value": code} for code in CATEGORIES]
    fields = [
        ("category", dcc.Dropdown(options, id="symbol-category", clearable=False, value="force", style={"width": 140})),
        ("label", dcc.Input(id="symbol-label", type="text", maxLength=20, value="")),
        (
            "file",
            dcc.Upload(
                html.Button(words["symbols.choose"], type="button", className="button"),
                id="symbol-file", accept=".svg,image/svg+xml", max_size=20_000,
            ),
        ),
        ("paste", dcc.Textarea(id="symbol-paste", value="", maxLength=20_000, spellCheck=False)),
    ]  # fmt: skip
    return html.Div(
        [
            *[html.Div([html.Label(words[f"symbols.{name}"]), field], className="field") for name, field in fields],
            html.Button(words["symbols.save"], id="symbol-save", type="button", className="button primary"),
        ],
        className="symbol-add",
    )  # fmt: skip


def groups(signs: "Sequence[Sign]", words: Words) -> list[Child]:
    """Return the categories with their symbols, in the order of the palette."""
    found = []
    for category in CATEGORIES:
        mine = [sign for sign in signs if sign.category == category]
        note = words["symbols.count"].format(n=len(mine))
        rows = [_row(sign, words) for sign in mine]
        found.append(panel(words[f"symbol_category.{category}"], rows, note=note))
    return [html.Div(found, className="symbol-groups")]


def _row(sign: "Sign", words: Words) -> Child:
    key = {"code": sign.code, "rev": sign.rev}
    name = dcc.Input(
        id={"symbol-name": sign.code}, type="text", maxLength=20, value=sign.label, debounce=False,
    )  # fmt: skip
    verbs = [*VERBS, "off" if sign.active else "on"]
    marks = [words["symbols.own"]] * sign.own + [words["symbols.is_off"]] * (not sign.active)
    picture = html.Img(
        src=f"/api/command/symbols/{sign.code}.svg?r={sign.rev}",
        alt=sign.label,
        title=" · ".join([sign.label, *marks]),
    )
    buttons = [
        html.Button(
            words[f"symbols.{verb}"], id={"symbol-do": verb, **key}, type="button",
            className="button small", **aria(label=f"{words[f'symbols.{verb}']} {sign.label}"),
        )
        for verb in verbs
    ]  # fmt: skip
    css = "symbol-row" if sign.active else "symbol-row off"
    return html.Div([picture, name, *buttons], className=css, key=f"{sign.code}-{sign.rev}")
