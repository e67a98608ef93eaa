"""What a tenant decides of command, and in whose name it warns the public."""

from typing import get_args

from command.alert_policy import ByItself
from command.alert_policy import Policy as AlertPolicy
from command.parameters import LIMITS
from command.plans import Policy
from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words

WRITTEN = {"sender": 200, "name": 100, "english": 100, "contact": 200, "web": 300}
"""Field of the warnings -> its greatest length."""


def page(
    policy: Policy, alerts: AlertPolicy, notes: tuple[str, str], words: Words
) -> Child:  # fmt: skip
    """Return both forms, effective at once; notes : who set each."""
    numbers = [
        parts.counted(
            "command", name, int(getattr(policy, name)), words, least=least, most=most,
            hint=words[f"admin.command.{name}_help"],
        )
        for name, (least, most) in LIMITS.items()
    ]  # fmt: skip
    by_itself = parts.ticked(
        "command", "automatic", [("yes", words["admin.command.automatic_yes"])],
        ["yes"] if policy.automatic else [], words,
    )  # fmt: skip
    left = [by_itself, *numbers, parts.button("command.save", words, primary=True)]
    texts = [
        parts.typed(
            "alerts", name, getattr(alerts, name), words, most=most,
            hint=words.get(f"admin.alerts.{name}_help", ""),
        )
        for name, most in WRITTEN.items()
    ]  # fmt: skip
    alone = parts.ticked(
        "alerts", "self_approve", [("yes", words["admin.alerts.self_approve_yes"])],
        ["yes"] if alerts.self_approve else [], words,
    )  # fmt: skip
    drafted = parts.chosen(
        "alerts", "by_itself", [(how, words[f"admin.alerts.by_itself.{how}"]) for how in get_args(ByItself)],
        alerts.by_itself, words, hint=words["admin.alerts.by_itself_help"],
    )  # fmt: skip
    right = [*texts, alone, drafted, parts.button("alerts.save", words, primary=True)]
    return parts.split(
        parts.form_panel(words["admin.command"], left, notes[0]),
        parts.form_panel(words["admin.alerts"], right, notes[1]),
    )
