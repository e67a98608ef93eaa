"""From an incident to a draft, and from a draft to the message that is published."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from models.events.incident.course import Colour, Grade, Kind
from models.rules.cap.message import (
    Area,
    Category,
    Certainty,
    Info,
    Language,
    Message,
    MsgType,
    Response,
    Severity,
    Status,
    Urgency,
)
from models.rules.incident.state import Incident
from models.rules.incident.state import Status as Course

SEVERITY: Mapping[Grade, Severity] = {
    "I": "Extreme", "II": "Severe", "III": "Moderate", "IV": "Minor", "": "Unknown",
}  # fmt: skip
"""特别重大, 重大, 较大, 一般 (domain: suggested map)."""
SEVERITY_OF_COLOUR: Mapping[Colour, Severity] = {
    "red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor", "": "Unknown",
}  # fmt: skip
"""Where nobody has graded the incident yet, its warning colour stands for the grade."""
CATEGORY: Mapping[Kind, Category] = {
    "natural": "Geo", "accident": "Safety", "health": "Health", "security": "Security",
}  # fmt: skip
"""Where the tenant's incident type names no CAP category."""
NOW_OF: Mapping[Course, tuple[Urgency, Certainty]] = {
    "reported": ("Expected", "Possible"),
    "verified": ("Immediate", "Observed"),
    "responding": ("Immediate", "Observed"),
    "controlled": ("Expected", "Observed"),
    "ended": ("Past", "Observed"),
    "closed": ("Past", "Observed"),
    "cancelled": ("Past", "Unlikely"),
}
OVER: frozenset[Course] = frozenset({"ended", "closed", "cancelled"})
COLOUR_WORDS: Mapping[Colour, str] = {
    "red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色", "": "",
}  # fmt: skip
EXERCISE_MARK: Mapping[Language, str] = {"zh-CN": "【演练】", "en-US": "[EXERCISE] "}
CATEGORIES: tuple[Category, ...] = get_args(Category)
HOURS = 6.0
TEMPLATES = ("alert_headline", "alert_description", "alert_instruction")
"""Keys of a plan's templates that a draft takes; {title} {event} {colour} {address} {city} stand for facts."""


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft says in one language."""

    event: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """What people decide of an alert before it is published.

    hours : how long it holds from its publication; english : an empty headline means no English block.
    """

    chinese: Words
    english: Words = Words()
    msg_type: MsgType = "Alert"
    exercise: bool = False
    categories: tuple[Category, ...] = ("Other",)
    responses: tuple[Response, ...] = ()
    urgency: Urgency = "Unknown"
    severity: Severity = "Unknown"
    certainty: Certainty = "Unknown"
    colour: Colour = ""
    grade: Grade = ""
    areas: tuple[Area, ...] = ()
    hours: float = HOURS
    contact: str = ""
    web: str = ""
    incident: str = ""


class Sender(Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes: the CAP sender, its names, and where its clock stands."""

    sender: str
    name: str
    english: str
    zone: str


def drafted(
    incident: Incident, *, label: str, category: str = "", event: str = "", city: str = "",
    templates: Mapping[str, str] | None = None, areas: tuple[Area, ...] = (), msg_type: MsgType = "Alert",
    contact: str = "", web: str = "",
) -> Draft:  # fmt: skip
    """Return the draft an incident suggests.

    label, category, event : of its type: the Chinese word, the CAP category, the English word; what is empty
    follows the kind. templates : of its plans.
    """
    over = incident.status in OVER
    urgency, certainty = NOW_OF[incident.status]
    graded = SEVERITY[incident.grade]
    colour = COLOUR_WORDS[incident.colour]
    facts = {
        "title": incident.title, "event": label, "colour": colour, "address": incident.place.address, "city": city,
    }  # fmt: skip
    said = {key: _filled((templates or {}).get(key, ""), facts) for key in TEMPLATES}
    cancel = msg_type == "Cancel"
    verb = "解除" if cancel or over else "更新" if msg_type == "Update" else "发布"
    responses: tuple[Response, ...] = ("AllClear",) if cancel or over else ("Avoid", "Monitor")
    return Draft(
        chinese=Words(
            event=label,
            headline=said["alert_headline"] if msg_type == "Alert" and said["alert_headline"]
            else f"{city}{verb}{label}{colour}预警",
            description=said["alert_description"] or _description(incident),
            instruction="" if cancel or over else said["alert_instruction"],
        ),
        english=Words(event=event),
        msg_type=msg_type,
        exercise=incident.exercise,
        categories=(_category(category, incident.kind),),
        responses=responses,
        urgency="Past" if cancel else urgency,
        severity=graded if graded != "Unknown" else SEVERITY_OF_COLOUR[incident.colour],
        certainty=certainty,
        colour=incident.colour,
        grade=incident.grade,
        areas=areas,
        contact=contact,
        web=web,
        incident=incident.no,
    )  # fmt: skip


def message(
    draft: Draft, sender: Sender, *, identifier: str, sent: float, references: tuple[str, ...] = ()
) -> Message:
    """Return the message a draft becomes when it is published at `sent` (seconds)."""
    begins = datetime.fromtimestamp(int(sent), ZoneInfo(sender.zone))
    at = begins.isoformat()
    # counted in UTC: on a day of a clock change six hours are six hours
    until = begins.timestamp() + timedelta(hours=draft.hours).total_seconds()
    expires = datetime.fromtimestamp(int(until), ZoneInfo(sender.zone)).isoformat()
    status: Status = "Exercise" if draft.exercise else "Actual"
    languages: list[tuple[Language, Words, str]] = [("zh-CN", draft.chinese, sender.name)]
    if draft.english.headline:
        languages.append(("en-US", draft.english, sender.english))
    parameters = [("colour", draft.colour), ("grade", draft.grade)]
    infos = tuple(
        Info(
            language=language, categories=draft.categories, event=words.event, urgency=draft.urgency,
            severity=draft.severity, certainty=draft.certainty, effective=at, expires=expires, sender_name=name,
            headline=_marked(words.headline, language, draft.exercise), description=words.description,
            responses=draft.responses, instruction=words.instruction, web=draft.web, contact=draft.contact,
            parameters=tuple((key, value) for key, value in parameters if value), areas=draft.areas,
        )
        for language, words, name in languages
    )  # fmt: skip
    return Message(
        identifier=identifier, sender=sender.sender, sent=at, status=status, msg_type=draft.msg_type,
        infos=infos, note=f"演练 Exercise {draft.incident}".strip() if draft.exercise else "",
        references=references, incidents=(draft.incident,) if draft.incident else (),
    )  # fmt: skip


def expires_at(draft: Draft, sent: float) -> float:
    """Return the second a message ends that is published at `sent`."""
    return float(int(int(sent) + draft.hours * 3600))


def _marked(headline: str, language: Language, exercise: bool) -> str:
    mark = EXERCISE_MARK[language]
    if not exercise or headline.startswith(mark.strip()):
        return headline
    return mark + headline


def _category(given: str, kind: Kind) -> Category:
    known: Mapping[str, Category] = {name: name for name in CATEGORIES}
    return known.get(given, CATEGORY[kind])


def _description(incident: Incident) -> str:
    where = incident.place.address
    return f"{where}：{incident.title}" if where else incident.title


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """Put the facts into a template; braces that name none of them are words and stay."""
    for name, value in facts.items():
        template = template.replace(f"{{{name}}}", value)
    return template.strip()
