"""Plotting together: every operation of a browser joined with what others did, in the incident's one order.

The incident's row is locked for each, so the order of the events is the order of the drawings. A browser that does
not know whether an operation arrived sends it again: the same `op` changes nothing and answers as before.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command import moving, plot_shapes, symbols
from command.moving import Held
from command.plot_shapes import geometry
from gis_data.roads import closures
from gis_data.roads.network import Ground
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.plotting import (
    Aspect,
    Drawing,
    DrawingPut,
    DrawingRemoved,
    LayerSet,
    Over,
    SnapshotTaken,
)
from models.rules.incident.merging import Joined, Step, merge, restored, touched
from models.rules.incident.moves import lawful
from models.rules.incident.state import Drawn, Layer, Snapshot
from models.store.db import tenant_of
from models.tables import DrawingRow, DrawingStep, PlotLayer, PlotSnapshot
from tickets.moving import Actor

DRAWINGS_MOST = 2_000
ID_MOST = 60
REASON = "标绘封控"
COMMON = ""
"""The layer everybody has; it needs no row and is never locked."""


class Town(NamedTuple):
    """The city the map lies on: its metric system and its roads."""

    crs: str
    roads: Ground


Ask = Callable[[], Town]
"""Asked only when roads are to be closed: the first use builds the graph. NotFound while there is no city."""


class Op(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser asks: put a body, remove, or restore aspects of revision `rev`.

    op : its own id, the same when it is sent again; base : the revision it saw, 0 for a new one; simplify : leave
    corners out where there are too many.
    """

    op: str
    kind: Literal["put", "remove", "restore"]
    drawing: str
    base: int = 0
    body: Drawing | None = None
    rev: int = 0
    aspects: tuple[Aspect, ...] = ()
    simplify: bool = False


class Done(msgspec.Struct, frozen=True):
    """What came of an operation: the drawing as it is now, and what of others it stands over."""

    op: str
    drawing: str
    rev: int
    body: Drawing | None
    over: tuple[Over, ...]
    changed: bool


def apply(
    session: Session, incident_id: int, op: Op, *, town: Ask, actor: Actor, now: Instant
) -> Done:
    """Do what a browser asks; see the verb for what it raises."""
    verb = {"put": put, "remove": remove, "restore": restore}[op.kind]
    return verb(session, incident_id, op, town=town, actor=actor, now=now)


def put(
    session: Session, incident_id: int, op: Op, *, town: Ask, actor: Actor, now: Instant
) -> Done:
    """Draw or change an object. BadInput as `plot_shapes.check` says; Refused on a locked layer."""
    held, known = _begin(session, incident_id, op, actor, now)
    if known:
        return known
    if op.body is None:
        raise BadInput("nothing to put", field="body")
    body = plot_shapes.check(plot_shapes.simplified(op.body) if op.simplify else op.body)
    past = _past(session, incident_id, op)
    joined = merge(past.seen, past.since, replace(body, closure=0), actor=actor.ref)
    return _settle(session, held, op, past.last, joined, town)


def remove(
    session: Session, incident_id: int, op: Op, *, town: Ask, actor: Actor, now: Instant
) -> Done:
    """Take an object away; the roads it closed are open again. NotFound for one that never was."""
    held, known = _begin(session, incident_id, op, actor, now)
    if known:
        return known
    if session.get(DrawingRow, (held.row.tenant_id, incident_id, op.drawing)) is None:
        raise NotFound(f"no drawing {op.drawing[:40]}")
    past = _past(session, incident_id, op)
    joined = merge(past.seen, past.since, None, actor=actor.ref)
    return _settle(session, held, op, past.last, joined, town)


def restore(
    session: Session, incident_id: int, op: Op, *, town: Ask, actor: Actor, now: Instant
) -> Done:
    """Bring aspects of an earlier revision back, on top of what is now: the undo of being overridden."""
    held, known = _begin(session, incident_id, op, actor, now)
    if known:
        return known
    newest = (
        select(func.max(DrawingStep.rev))
        .where(DrawingStep.incident_id == incident_id, DrawingStep.drawing == op.drawing)
        .scalar_subquery()
    )
    steps = _steps(session, incident_id, op.drawing, DrawingStep.rev.in_((op.rev, newest)))
    then = next((step for step in steps if step.rev == op.rev), None)
    if then is None:
        raise NotFound(f"no revision {op.rev} of {op.drawing[:40]}")
    body = restored(steps[-1].body, then.body, op.aspects)
    at_hand = msgspec.structs.replace(op, base=steps[-1].rev)
    return _settle(session, held, at_hand, steps[-1], Joined(body, ()), town)


# --- layers and snapshots -------------------------------------------------------------------


def set_layer(
    session: Session, incident_id: int, *, layer: str = "", title: str, team: str = "",
    locked: bool = False, actor: Actor, now: Instant,
) -> str:  # fmt: skip
    """Make a layer (without `layer`), or rename and lock one; a locked one is its maker's and the approvers'."""
    held = moving.take(session, incident_id, "draw", actor=actor, now=now)
    said = moving.text(title, "title", most=plot_shapes.WORD_MOST)
    of = moving.text(team, "team", owed=False, most=plot_shapes.WORD_MOST)
    row = session.get(PlotLayer, (held.row.tenant_id, incident_id, layer)) if layer else None
    if layer and row is None:
        raise NotFound(f"no layer {layer[:40]}")
    if row is None:
        row = PlotLayer(
            tenant_id=held.row.tenant_id, incident_id=incident_id, layer=f"layer-{held.state.seq + 1}",
            actor=actor.ref, title="", locked=False, team="",
        )  # fmt: skip
        session.add(row)
    elif (row.title, row.team, row.locked) == (said, of, locked):
        return row.layer
    elif locked != row.locked or row.locked:
        _own(row, actor)
    row.title, row.team, row.locked = said, of, locked
    event = LayerSet(**held.facts(), layer=row.layer, title=said, team=of, locked=locked)
    moving.tell(session, held, event)
    return row.layer


def snapshot(session: Session, incident_id: int, title: str, *, actor: Actor, now: Instant) -> int:
    """Put this moment of the map on the timeline under a name; return its number."""
    held = moving.take(session, incident_id, "snapshot", actor=actor, now=now)
    said = moving.text(title, "title", most=moving.TITLE_MAX)
    event = SnapshotTaken(**held.facts(), snapshot=held.state.seq + 1, title=said)
    session.add(
        PlotSnapshot(
            tenant_id=held.row.tenant_id, incident_id=incident_id, snapshot=event.snapshot,
            title=said, at=to_datetime(event.at), by=actor.name,
        )
    )  # fmt: skip
    moving.tell(session, held, event)
    return event.snapshot


class Board(NamedTuple):
    """What is drawn on an incident's map now, as `rules.incident.Picture` keeps it."""

    drawings: dict[str, Drawn]
    layers: dict[str, Layer]
    snapshots: dict[int, Snapshot]


def board(session: Session, incident_id: int) -> Board:
    """Return what is drawn, removed objects with their last revision; who may see it is the caller's to ask."""
    last = (
        select(DrawingStep)
        .join(
            DrawingRow,
            (DrawingRow.incident_id == DrawingStep.incident_id)
            & (DrawingRow.id == DrawingStep.drawing)
            & (DrawingRow.rev == DrawingStep.rev),
        )
        .where(DrawingStep.incident_id == incident_id)
    )
    drawings = {
        row.drawing: Drawn(
            row.drawing, row.rev, _body(row.body), row.by, row.actor, row.at.timestamp(),
            tuple(msgspec.convert(row.over, list[Over])),
        )
        for row in session.scalars(last)
    }  # fmt: skip
    layers = session.scalars(select(PlotLayer).where(PlotLayer.incident_id == incident_id))
    shots = session.scalars(select(PlotSnapshot).where(PlotSnapshot.incident_id == incident_id))
    return Board(
        drawings,
        {row.layer: Layer(row.layer, row.title, row.team, row.locked, row.actor) for row in layers},
        {s.snapshot: Snapshot(s.snapshot, s.title, s.at.timestamp(), s.by) for s in shots},
    )


def current(session: Session, incident_id: int, drawing: str) -> Drawing:
    """Return a drawing as it is; NotFound when it is not there."""
    row = session.get(
        DrawingRow, (tenant_of(session), incident_id, drawing), populate_existing=True
    )
    body = None if row is None else _body(row.body)
    if body is None:
        raise NotFound(f"no drawing {drawing[:40]}")
    return body


# --- how an operation is done ---------------------------------------------------------------


def _begin(
    session: Session, incident_id: int, op: Op, actor: Actor, now: Instant
) -> tuple[Held, Done | None]:
    """Lock the incident; an operation that is done already is answered as it was, the incident's end or not."""
    for name in ("op", "drawing"):
        moving.text(getattr(op, name), name, most=ID_MOST)
    held = moving.hold(session, incident_id, "draw", actor=actor, now=now)
    step = session.scalar(
        select(DrawingStep).where(DrawingStep.incident_id == incident_id, DrawingStep.op == op.op)
    )
    if step is None:
        lawful("draw", held.state.status)
        return held, None
    if step.actor != actor.ref or step.drawing != op.drawing:
        raise BadInput("this operation is another's", field="op")
    over = tuple(msgspec.convert(step.over, list[Over]))
    return held, Done(op.op, step.drawing, step.rev, _body(step.body), over, changed=False)


def _steps(
    session: Session, incident_id: int, drawing: str, which: ColumnElement[bool]
) -> list[Step]:
    """Return some revisions of a drawing in their order; each has a body of up to thousands of corners."""
    rows = session.scalars(
        select(DrawingStep)
        .where(DrawingStep.incident_id == incident_id, DrawingStep.drawing == drawing, which)
        .order_by(DrawingStep.rev)
    )
    return [Step(row.rev, _body(row.body), row.actor, row.by) for row in rows]


class _Past(NamedTuple):
    """What the author of an operation saw, what others did since, and the last revision there is."""

    seen: Drawing | None
    since: Sequence[Step]
    last: Step


def _past(session: Session, incident_id: int, op: Op) -> _Past:
    """Read a drawing from the revision on that an operation is based on, and nothing before it."""
    steps = _steps(session, incident_id, op.drawing, DrawingStep.rev >= op.base)
    if op.base < 0 or (op.base and not steps):
        raise BadInput(f"no revision {op.base}", field="base")
    if op.base:
        return _Past(steps[0].body, steps[1:], steps[-1])
    return _Past(None, steps, steps[-1] if steps else Step(0, None, "", ""))


def _settle(session: Session, held: Held, op: Op, before: Step, joined: Joined, town: Ask) -> Done:
    """Write the revision and tell it; where nothing changes there is no event."""
    body, was = joined.body, before.body
    if not touched(was, body):
        return Done(op.op, op.drawing, before.rev, was, (), changed=False)
    _may_draw(session, held, was, body)
    if body is not None:
        _room(session, held, was)
        symbols.usable(session, body.symbol, was.symbol if was else "")
        # what was joined of two sound shapes is checked as one, too
        body = plot_shapes.check(body)
        body = replace(body, closure=_roads(session, held, was, body, town))
    elif was is not None and was.closure:
        _lift(session, held, was.closure)
    facts = held.facts()
    rev = before.rev + 1
    row = DrawingStep(
        tenant_id=held.row.tenant_id, incident_id=held.row.id, drawing=op.drawing, rev=rev, op=op.op,
        base=op.base, body=None if body is None else msgspec.to_builtins(body),
        over=msgspec.to_builtins(joined.over), seq=facts["seq"], at=to_datetime(facts["at"]),
        actor=held.actor.ref, by=held.actor.name,
    )  # fmt: skip
    session.add(row)
    now_is = insert(DrawingRow).values(
        tenant_id=row.tenant_id, incident_id=row.incident_id, id=op.drawing, rev=rev, body=row.body
    )
    session.execute(
        now_is.on_conflict_do_update(
            index_elements=[DrawingRow.tenant_id, DrawingRow.incident_id, DrawingRow.id],
            set_={"rev": rev, "body": now_is.excluded.body},
        )
    )
    shared = {**facts, "drawing": op.drawing, "rev": rev, "base": op.base, "over": joined.over}
    moving.tell(
        session, held, DrawingRemoved(**shared) if body is None else DrawingPut(**shared, body=body)
    )
    return Done(op.op, op.drawing, rev, body, joined.over, changed=True)


def _room(session: Session, held: Held, was: Drawing | None) -> None:
    """Raise BadInput when one more would be too many."""
    if was is not None:
        return
    drawn = select(func.count()).where(
        DrawingRow.incident_id == held.row.id, DrawingRow.body.is_not(None)
    )
    if (session.scalar(drawn) or 0) >= DRAWINGS_MOST:
        raise BadInput(f"{DRAWINGS_MOST} drawings", field="drawings", most=DRAWINGS_MOST)


def _may_draw(session: Session, held: Held, was: Drawing | None, body: Drawing | None) -> None:
    for layer in {each.layer for each in (was, body) if each is not None} - {COMMON}:
        row = session.get(PlotLayer, (held.row.tenant_id, held.row.id, layer))
        if row is None:
            raise BadInput(f"no layer {layer}", field="layer")
        if row.locked:
            _own(row, held.actor)


def _own(row: PlotLayer, actor: Actor) -> None:
    if row.actor != actor.ref and "command.approve" not in actor.can:
        raise Refused(f"layer {row.layer} is locked", why="locked", title=row.title)


def _roads(session: Session, held: Held, was: Drawing | None, body: Drawing, town: Ask) -> int:
    """Close the roads of a drawing that closes, open those it closed before; return the closure, 0 for none."""
    before = was.closure if was else 0
    wants = body.effect == "closes"
    if wants and was is not None and before and "points" not in touched(was, body):
        return before
    if before:
        _lift(session, held, before)
    if not wants:
        return 0
    here = town()
    reason = f"{held.state.title}：{body.text.strip() or REASON}"[: closures.REASON_MAX]
    row = closures.close(
        session, here.roads, geometry(body, here.crs), reason=reason, ends_at=None,
        actor=held.actor, now=held.now,
    )  # fmt: skip
    return row.id


def _lift(session: Session, held: Held, closure: int) -> None:
    try:
        closures.lift(session, closure, actor=held.actor, now=held.now, reason=REASON)
    except WrongStatus:
        return  # somebody opened it on the city's map already


def open_closures(session: Session, incident_id: int, *, now: Instant) -> list[int]:
    """Return the closures of what is drawn for an incident that still shut roads."""
    drawn = session.scalars(
        select(cast(DrawingRow.body["closure"].astext, BigInteger)).where(
            DrawingRow.incident_id == incident_id, DrawingRow.body.is_not(None)
        )
    )
    return sorted(closures.current_ids(session, now=now).intersection(drawn))


def lift_all(session: Session, held: Held) -> None:
    """Open the roads an incident's drawings still shut; Refused for who may not."""
    for closure in open_closures(session, held.row.id, now=held.now):
        _lift(session, held, closure)


def _body(row: object) -> Drawing | None:
    return None if row is None else msgspec.convert(row, Drawing)
