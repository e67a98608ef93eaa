"""The option lists as forms: a word for each code, and whether it is in use."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, panel
from models.rules.tickets.options import FAMILIES, LABEL_MAX, Option

if TYPE_CHECKING:
    from models.rules.tickets.options import Options


def form_of(family: str) -> str:
    """Return the name of a list's form; a dot would end it."""
    return f"options-{family.replace('.', '_')}"


def page(present: "Options", ours: Words, note: str, words: Words) -> Child:
    """Return the lists, two beside each other."""
    forms = [
        _list(family, codes, present.get(family, {}), ours, note, words)
        for family, codes in FAMILIES.items()
    ]
    return html.Div(
        [
            html.P(words["admin.options.help"], className="muted"),
            html.Div(forms, className="options"),
        ]
    )


def _list(
    family: str,
    codes: Sequence[str],
    said: Mapping[str, Option],
    ours: Words,
    note: str,
    words: Words,
) -> Child:
    form = form_of(family)
    title = words[f"admin.options.{family}"]
    rows = [
        html.Label(
            [
                html.Code(code),
                dcc.Input(
                    id=parts.name_of(form, code), type="text", maxLength=LABEL_MAX,
                    value=said.get(code, Option()).label or ours[f"{family}.{code}"],
                ),
            ],
            className="field option",
        )
        for code in codes
    ]  # fmt: skip
    used = [code for code in codes if said.get(code, Option()).active]
    ticks = parts.ticked(
        form, "used", [(code, words[f"{family}.{code}"]) for code in codes], used, words,
        label=words["admin.options.used"],
    )  # fmt: skip
    save = html.Button(
        words["admin.do.options.save"], id={"admin-do": f"{form}.save", "key": family},
        type="button", className="button primary",
    )  # fmt: skip
    return panel(title, html.Div([*rows, ticks, save], className="form"), css="roomy", note=note)
