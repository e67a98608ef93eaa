"""What a move's event says of an outcome: a review's rating, a call-back, a contact, a finding, why it was archived."""

from collections.abc import Mapping
from typing import Any

from dashboard.views.kit import Words

Event = Mapping[str, Any]


def told(verb: str, event: Event, words: Words) -> str:
    """Return an outcome in the words of the trade, empty for a move that has none."""
    match verb:
        case "approve" | "send_back":
            return _rated(event, words)
        case "call_back":
            return _called_back(event, words)
        case "contact":
            how = words[f"choice.how.{event['how']}"]
            return f"{how}，{_choice('reached', event['reached'], words)}"
        case "conclude":
            return _choice("upheld", event["upheld"], words)
        case "archive":
            closing = event.get("closing")
            return words[f"closing.{closing}"] if closing else ""
        case "resume_clock":
            return words["history.pause_over"] if event["actor"] == "system" else ""
        case _:
            return ""


def _choice(name: str, yes: bool | None, words: Words) -> str:
    key = "unsaid" if yes is None else "yes" if yes else "no"
    return words[f"choice.{name}.{key}"]


def _rated(event: Event, words: Words) -> str:
    if not event.get("quality"):
        return ""
    points = [
        f"{words[f'choice.points.{point}']}{words['choice.yes.yes' if met else 'choice.yes.no']}"
        for point, met in event["points"].items()
    ]
    return words[f"choice.quality.{event['quality']}"] + "：" + "，".join(points)


def _called_back(event: Event, words: Words) -> str:
    reached = _choice("reached", event["reached"], words)
    if not event["reached"]:
        attempt = event.get("attempt", 0)
        return words["history.attempt"].format(n=attempt) if attempt else reached
    grade = words[f"choice.grade.{event['grade']}"]
    return "，".join((reached, grade, _choice("solved", event["solved"], words)))
