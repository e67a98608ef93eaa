"""What an incident is at a moment: the fold's state. Instants are seconds since epoch, 0 = not yet."""

from typing import Literal

from msgspec import Struct

from models.events.incident.course import Colour, Field, Grade, Kind, Place, Source, Stage
from models.events.incident.plotting import Drawing, Over
from models.events.incident.response import CLOSED, Contact, PlannedNeed, Progress

Status = Literal[
    "reported",  # 接报
    "verified",  # 已核实
    "responding",  # 处置中
    "controlled",  # 已控制
    "ended",  # 应急终止
    "closed",  # 已结案
    "cancelled",  # 已撤销
]


def level_key(field: str, value: str) -> str:
    """Return the key of the word of a grade, a warning colour or a response level; none is a value too."""
    return f"{'colour' if field == 'colour' else 'grade'}.{value or 'none'}"


class Report(Struct, frozen=True):
    """A report sent upwards."""

    number: int
    stage: Stage
    text: str
    to: str
    at: float
    by: str


class Merged(Struct, frozen=True):
    """A ticket that tells of the incident; the first one opened it."""

    ticket: int
    no: str
    call: str
    at: float


class Revision(Struct, frozen=True):
    """A proposed or made change of grade, colour or level. state : asked, set, refused."""

    revision: int
    field: Field
    was: str
    now: str
    reason: str
    asked_by: str
    asked_at: float
    state: Literal["asked", "set", "refused"]
    decided_by: str = ""
    decided_at: float = 0.0
    answer: str = ""


class Plan(Struct, frozen=True):
    """A plan as it was when it was activated; `sections` its text, each with a title."""

    plan: int
    version: int
    title: str
    level: Grade
    reason: str
    at: float
    by: str
    automatic: bool
    needs: tuple[PlannedNeed, ...]
    contacts: tuple[Contact, ...]
    templates: dict[str, str]
    sections: tuple[tuple[str, str], ...] = ()


class Task(Struct, frozen=True):
    """A task; `after` are numbers of tasks that come first, `plan` the plan's card it came from (empty: by hand).

    late : since when it is told that it was not done when due.
    """

    task: int
    title: str
    role: str
    due: float
    after: tuple[int, ...]
    text: str
    added: float
    card: str = ""
    started: float = 0.0
    started_by: str = ""
    percent: int = 0
    done: float = 0.0
    done_by: str = ""
    dropped: float = 0.0
    note: str = ""
    late: float = 0.0

    @property
    def open(self) -> bool:
        """True while somebody owes it."""
        return not self.done and not self.dropped


class Assignment(Struct, frozen=True):
    """A response unit on the incident; `times` the instant of every step it reached.

    told : the last button its device told, by the device's own clock; 0 = none.
    """

    assignment: int
    unit: str
    label: str
    capability: str
    progress: Progress
    times: dict[Progress, float]
    seconds: float
    metres: float
    routed: float
    rank: int
    best: str
    override: str
    by: str
    implied: tuple[Progress, ...] = ()
    told: float = 0.0

    @property
    def open(self) -> bool:
        """True while the unit is bound to the incident."""
        return self.progress not in CLOSED


class Transfer(Struct, frozen=True):
    """Supplies on their way or used."""

    transfer: int
    depot: str
    supply: str
    label: str
    amount: float
    measure: str
    seconds: float
    at: float
    returned: float = 0.0
    began: float = 0.0
    """Since when it drives, 0 : since it was sent."""

    @property
    def arrives(self) -> float:
        """When it is there by what was last told of its way; which of a way that is lost means nothing."""
        return (self.began or self.at) + self.seconds

    @property
    def out(self) -> float:
        """How much of it did not come back."""
        return round(self.amount - self.returned, 6)


class Order(Struct, frozen=True):
    """An order; `answers` (instant, by, words)."""

    order: int
    to: str
    text: str
    at: float
    by: str
    answers: tuple[tuple[float, str, str], ...] = ()
    done: float = 0.0


class Decision(Struct, frozen=True):
    """A question to the leader."""

    decision: int
    question: str
    at: float
    by: str
    answer: str = ""
    answered_at: float = 0.0
    answered_by: str = ""


class Remark(Struct, frozen=True):
    """A process record."""

    remark: int
    text: str
    about: float
    at: float
    by: str
    changed: float = 0.0


class Media(Struct, frozen=True):
    """Something to see or hear."""

    media: int
    form: str
    ref: str
    title: str
    about: float
    at: float
    by: str


class Alert(Struct, frozen=True):
    """A CAP message: its draft, since when it is out, and whether an update or a cancel has ended it."""

    alert: int
    identifier: str
    headline: str
    msg_type: str
    at: float
    by: str
    state: Literal["draft", "published", "refused", "replaced", "cancelled"] = "draft"
    decided_at: float = 0.0
    decided_by: str = ""
    expires: float = 0.0
    supersedes: int = 0


class Conference(Struct, frozen=True):
    """A conference: `names` member -> name, `members` member -> state as the exchange says; `granted` the floor."""

    conference: int
    title: str
    groups: tuple[str, ...]
    names: dict[str, str]
    members: dict[str, str]
    chair: str
    record: bool
    at: float
    by: str
    granted: tuple[str, ...] = ()
    ended: float = 0.0
    recording: str = ""


class Notice(Struct, frozen=True):
    """Words sent by short message; `members` contact -> name, `without` those of them who have no mobile."""

    notice: int
    to: tuple[str, ...]
    text: str
    at: float
    by: str
    groups: tuple[str, ...] = ()
    members: dict[str, str] = {}
    without: tuple[str, ...] = ()

    @property
    def whom(self) -> tuple[str, ...]:
        """Return the groups, the people where no group was chosen, and who was written down."""
        return (*self.groups, *(() if self.groups else self.members.values()), *self.to)


class Assessment(Struct, frozen=True):
    """What a buffer or plume held when it was looked at."""

    drawing: str
    places: int
    people: int
    unknown: int
    protected: int
    tickets: int
    at: float


class Evaluation(Struct, frozen=True):
    """The approved evaluation."""

    evaluation: int
    version: int
    score: float
    at: float
    by: str


class Incident(Struct, frozen=True):
    """All that is said of an incident but its drawings. times : the instant each status was first reached."""

    id: int
    no: str
    seq: int
    status: Status
    kind: Kind
    type: str
    title: str
    source: Source
    origin: str
    place: Place
    happened: float
    reported: float
    reported_by: str
    exercise: bool
    at: float
    grade: Grade = ""
    colour: Colour = ""
    level: Grade = ""
    into: int = 0
    times: dict[Status, float] = {}
    merged: dict[int, Merged] = {}
    revisions: dict[int, Revision] = {}
    reports: dict[int, Report] = {}
    plans: dict[int, Plan] = {}
    tasks: dict[int, Task] = {}
    needs: dict[str, int] = {}
    assignments: dict[int, Assignment] = {}
    transfers: dict[int, Transfer] = {}
    orders: dict[int, Order] = {}
    decisions: dict[int, Decision] = {}
    remarks: dict[int, Remark] = {}
    media: dict[int, Media] = {}
    alerts: dict[int, Alert] = {}
    conferences: dict[int, Conference] = {}
    notices: dict[int, Notice] = {}
    assessments: dict[str, Assessment] = {}
    evaluation: Evaluation | None = None

    @property
    def open(self) -> bool:
        """True while the response goes on, or has not begun."""
        return self.status in ("reported", "verified", "responding", "controlled")


class Drawn(Struct, frozen=True):
    """An object on the map; `body` None once it was removed: its revision is still counted.

    over : what of others this revision stands over.
    """

    id: str
    rev: int
    body: Drawing | None
    by: str
    actor: str
    at: float
    over: tuple[Over, ...] = ()


class Layer(Struct, frozen=True):
    """A team's layer."""

    layer: str
    title: str
    team: str
    locked: bool
    actor: str


class Snapshot(Struct, frozen=True):
    """A named moment of the map."""

    snapshot: int
    title: str
    at: float
    by: str


class Picture(Struct, frozen=True):
    """The whole picture of an incident: its course, and what is drawn."""

    incident: Incident
    drawings: dict[str, Drawn] = {}
    layers: dict[str, Layer] = {}
    snapshots: dict[int, Snapshot] = {}
