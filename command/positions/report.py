"""What positions mean for incidents: buttons pressed in a vehicle, arrivals nobody reported, units lost on the way."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import dispatch, forces, records
from command.forces import UnitLine
from command.moving import SYSTEM, read
from command.positions.fix import Fix
from command.positions.judge import Scene
from models.clock import Instant, to_datetime
from models.errors import NotFound, WrongStatus
from models.events.incident.course import RemarkMade
from models.events.incident.response import Progress
from models.store import streams
from models.store.db import tenant_of
from models.tables import Assignment, EventLog, Incident, Outbox

LOST = "失去定位"


def press(session: Session, fix: Fix, *, at: Instant, now: Instant) -> tuple[Progress, ...]:
    """Take down the step a crew told with a fix; return what was told of it, nothing when it was known already.

    at : when the button was pressed, by our clock. WrongStatus (`cap` late, unbound, other, or what `may` follow),
    NotFound for an incident there is none of. A press of before the unit's last assignment ended is late, and so is
    one no later than the last its device told: a heap of buttons that comes twice moves nothing the second time.
    """
    over = select(Assignment.id).where(
        Assignment.unit == fix.unit, Assignment.closed_at >= to_datetime(at)
    )
    if session.scalar(over.limit(1)) is not None:
        raise WrongStatus(f"{fix.unit} told it before its assignment ended", cap="late")
    return dispatch.report(
        session, fix.unit, fix.status, at=at, incident=_incident(session, fix.incident), network=None,
        actor=SYSTEM, now=now, lon=fix.lon, lat=fix.lat, told=fix.told,
    )  # fmt: skip


def _incident(session: Session, no: str) -> int:
    if not no:
        return 0
    found = session.scalar(select(Incident.id).where(Incident.no == no))
    if found is None:
        raise NotFound(f"no incident {no}")
    return found


def arrive(session: Session, scene: Scene, fix: Fix, *, now: Instant) -> tuple[Progress, ...]:
    """Mark a unit that stays near its scene as arrived, implied; nothing when it is there already, or not bound now."""
    try:
        return dispatch.move_unit(
            session, scene.assignment, "on_scene", actor=SYSTEM, now=now, lon=fix.lon, lat=fix.lat, implied=True,
        )  # fmt: skip
    except WrongStatus:  # it went on, or home, meanwhile
        return ()


def lost(session: Session, *, now: Instant) -> list[UnitLine]:
    """Return the units that have told positions and fell silent for longer than the tenant relies on them."""
    return [line for line in forces.everywhere(session, now=now) if line.stale]


def note_lost(session: Session, line: UnitLine, *, clock: str, now: Instant) -> bool:
    """Write into a unit's incident that it was lost; False when that was written already, or it is bound to none.

    clock : when it was heard last, as people read it: one silence has one entry, whoever looks, however often, and
    whatever became of the entry since.
    """
    if line.bound is None:
        return False
    said = f"{line.row.label}{LOST}：最后一次 {clock}"
    state = read(session, line.bound.incident, actor=SYSTEM)
    ours = [remark for remark in state.remarks.values() if remark.by == SYSTEM.name]
    if any(remark.text == said for remark in ours):
        return False
    if any(remark.changed for remark in ours) and _was_said(session, line.bound.incident, said):
        return False
    records.remark(session, line.bound.incident, said=said, actor=SYSTEM, now=now)
    return True


def _was_said(session: Session, incident: int, said: str) -> bool:
    """Whether a remark said this when it was made: the log knows, or what is still on its way there."""
    kept = select(EventLog.id).where(
        EventLog.incident == incident, EventLog.kind == RemarkMade.__name__,
        EventLog.event["text"].astext == said,
    )  # fmt: skip
    fresh = select(Outbox.id).where(
        Outbox.stream == streams.incident_stream(tenant_of(session)),
        Outbox.event.contains({"type": RemarkMade.__name__, "incident": incident, "text": said}),
    )
    return any(session.scalar(each.limit(1)) is not None for each in (kept, fresh))
