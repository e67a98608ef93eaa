"""The course of an incident: reported, verified, graded, reported upwards, controlled, ended, closed."""

from typing import Literal

import msgspec

from models.events.incident.base import IncidentEvent

Kind = Literal["natural", "accident", "health", "security"]
"""自然灾害, 事故灾难, 公共卫生, 社会安全."""
Grade = Literal["", "I", "II", "III", "IV"]
"""特别重大, 重大, 较大, 一般; empty: not judged yet. The response level counts alike."""
Colour = Literal["", "red", "orange", "yellow", "blue"]
"""The warning colour."""
Field = Literal["grade", "colour", "level"]
"""事件等级, 预警颜色, 响应级别: three things, each with its own revisions."""
Stage = Literal["first", "follow", "final"]
"""首报, 续报, 终报."""
Form = Literal["recording", "picture", "film", "paper", "camera"]
Source = Literal["ticket", "hotspot", "surge", "manual"]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where: lon, lat in WGS-84, both None where nobody knows yet; `premises` the id of a place of the city."""

    lon: float | None = None
    lat: float | None = None
    address: str = ""
    district: str = ""
    premises: str = ""


class IncidentReported(IncidentEvent, frozen=True, kw_only=True):
    """接报: a sudden event came to the duty watch. incident_type : code of the tenant's incident types."""

    no: str
    kind: Kind
    incident_type: str
    title: str
    source: Source
    place: Place
    happened: float
    exercise: bool = False
    ticket: int = 0
    call: str = ""
    origin: str = ""


class IncidentVerified(IncidentEvent, frozen=True, kw_only=True):
    """核实: somebody confirmed that it is so."""


class ResponseBegun(IncidentEvent, frozen=True, kw_only=True):
    """启动处置: forces are on it."""


class IncidentControlled(IncidentEvent, frozen=True, kw_only=True):
    """已控制."""


class IncidentRelapsed(IncidentEvent, frozen=True, kw_only=True):
    """险情反复: it is not under control any more."""


class IncidentEnded(IncidentEvent, frozen=True, kw_only=True):
    """应急终止: the response is over; what is still out is called back."""


class IncidentClosed(IncidentEvent, frozen=True, kw_only=True):
    """结案: summed up, nothing follows but evaluation."""


class IncidentCancelled(IncidentEvent, frozen=True, kw_only=True):
    """误报撤销: it was none. `into` : the incident it was another report of, 0 for a false alarm."""

    into: int = 0


class IncidentAmended(IncidentEvent, frozen=True, kw_only=True):
    """更正: title, type or place were corrected; what is None stays."""

    title: str | None = None
    kind: Kind | None = None
    incident_type: str | None = None
    place: Place | None = None


class ReportMerged(IncidentEvent, frozen=True, kw_only=True):
    """合并接报: another ticket tells of the same event. `no` : its public number."""

    ticket: int
    no: str
    call: str = ""


class ReportParted(IncidentEvent, frozen=True, kw_only=True):
    """A merged ticket turned out to tell of something else."""

    ticket: int


class LevelAsked(IncidentEvent, frozen=True, kw_only=True):
    """A coordinator proposes another grade, colour or level; it waits for an approver."""

    revision: int
    field: Field
    was: str
    now: str


class LevelSet(IncidentEvent, frozen=True, kw_only=True):
    """Grade, colour or level changed, by whoever may approve it. revision 0: set without being asked for."""

    revision: int
    field: Field
    was: str
    now: str


class LevelRefused(IncidentEvent, frozen=True, kw_only=True):
    """A proposed grade, colour or level was refused."""

    revision: int


class ReportFiled(IncidentEvent, frozen=True, kw_only=True):
    """首报, 续报 or 终报: sent upwards. `to` : whom; `number` counts the reports of the incident."""

    number: int
    stage: Stage
    text: str
    to: str


class DecisionAsked(IncidentEvent, frozen=True, kw_only=True):
    """What cannot be decided here goes to the leader (K-25 step 4)."""

    decision: int
    question: str


class DecisionGiven(IncidentEvent, frozen=True, kw_only=True):
    """The leader's answer."""

    decision: int
    answer: str


class RemarkMade(IncidentEvent, frozen=True, kw_only=True):
    """A process record: what was seen or done at `about` (seconds), written down when the event says."""

    remark: int
    text: str
    about: float


class RemarkChanged(IncidentEvent, frozen=True, kw_only=True):
    """A process record was corrected (M-01); an empty text takes it out of the record, the log keeps it."""

    remark: int
    text: str


class MediaLinked(IncidentEvent, frozen=True, kw_only=True):
    """A recording, picture, film or paper belongs to the incident. `ref` : an attachment's id, a recording's
    reference or a camera's key; about : the instant it shows."""

    media: int
    form: Form
    ref: str
    title: str
    about: float


class AlertDrafted(IncidentEvent, frozen=True, kw_only=True):
    """A CAP draft was written, or written anew; `alert` is its number, `identifier` the CAP one.

    supersedes : the number of the message it updates or cancels, 0 for none.
    """

    alert: int
    identifier: str
    headline: str
    msg_type: Literal["Alert", "Update", "Cancel"]
    supersedes: int = 0


class AlertApproved(IncidentEvent, frozen=True, kw_only=True):
    """A draft was approved and is published from now on, until `expires`; what it supersedes holds no more."""

    alert: int
    expires: float


class AlertRefused(IncidentEvent, frozen=True, kw_only=True):
    """A draft was refused."""

    alert: int


class EvaluationSigned(IncidentEvent, frozen=True, kw_only=True):
    """The evaluation report was approved in this version; `score` in per cent."""

    evaluation: int
    version: int
    score: float


CourseEvent = (
    IncidentReported | IncidentVerified | ResponseBegun | IncidentControlled | IncidentRelapsed
    | IncidentEnded | IncidentClosed | IncidentCancelled | IncidentAmended | ReportMerged | ReportParted
    | LevelAsked | LevelSet | LevelRefused | ReportFiled | DecisionAsked | DecisionGiven | RemarkMade
    | RemarkChanged | MediaLinked | AlertDrafted | AlertApproved | AlertRefused | EvaluationSigned
)  # fmt: skip
