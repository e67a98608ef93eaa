"""A CAP 1.2 message as it stands in its file, but for the order of coordinates: ours is lon, lat (WGS-84).

Whether one may be published is asked of `rules.cap.wrong`; `rules.cap.xml` writes it.
"""

from typing import Literal

from msgspec import Struct

MsgType = Literal["Alert", "Update", "Cancel"]
Status = Literal["Actual", "Exercise"]
Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
    "CBRNE", "Other",
]  # fmt: skip
Response = Literal[
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"
]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
Language = Literal["zh-CN", "en-US"]
Ring = tuple[tuple[float, float], ...]
"""((lon, lat), ...) closed: the last point is the first."""


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """Where: a name for it, and its outlines. CAP knows circles, too; not every reader does, so ours are drawn.

    geocodes : (system, code); source : what it was made from (`drawing:ID`, `district:CODE`, `around:METRES`),
    which no file carries.
    """

    desc: str
    polygons: tuple[Ring, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()
    source: str = ""


class Resource(Struct, frozen=True, forbid_unknown_fields=True):
    """Something to see or hear besides. size : bytes, 0 = not said."""

    desc: str
    mime: str
    uri: str
    size: int = 0


class Info(Struct, frozen=True, forbid_unknown_fields=True):
    """What a message says in one language; times as `2026-11-22T06:26:40+08:00`."""

    language: Language
    categories: tuple[Category, ...]
    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    effective: str
    expires: str
    sender_name: str
    headline: str
    description: str
    responses: tuple[Response, ...] = ()
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


class Message(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole message. references : `sender,identifier,sent` of every message it updates or cancels."""

    identifier: str
    sender: str
    sent: str
    status: Status
    msg_type: MsgType
    infos: tuple[Info, ...]
    note: str = ""
    references: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Return how another message names this one."""
        return f"{self.sender},{self.identifier},{self.sent}"
