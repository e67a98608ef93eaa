"""What intake recognises, when tickets may be the same matter, and what the desk may answer at once."""

from typing import TYPE_CHECKING

from dash import html

from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words
from models.rules.tickets.choices import KINDS, STAFF
from models.rules.tickets.recognition import LIMITS

if TYPE_CHECKING:
    from models.rules.tickets.recognition import IntakePolicy


def page(policy: "IntakePolicy", note: str, words: Words) -> Child:
    """Return the form of the intake's parameters, effective at once."""
    lists = [
        parts.written(
            "intake", name, " ".join(getattr(policy, name)), words, most=4000,
            hint=words[f"admin.intake.{name}_help"],
        )
        for name in ("emergency", "dispute")
    ]  # fmt: skip
    numbers = [
        parts.counted(
            "intake", name, getattr(policy, name), words, least=least, most=most,
            hint=words[f"admin.intake.{name}_help"],
        )
        for name, (least, most) in LIMITS.items()
    ]  # fmt: skip
    kinds = [(kind, words[f"kind.{kind}"]) for kind in KINDS if kind != STAFF]
    at_once = parts.ticked("intake", "at_once", kinds, list(policy.at_once), words)
    save = parts.button("intake.save", words, primary=True)
    left = parts.form_panel(words["admin.intake.words"], lists, note)
    right = parts.form_panel(words["admin.intake.rules"], [*numbers, at_once, save])
    return parts.split(left, html.Div(right))
