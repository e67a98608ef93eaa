"""应急物资: stock by depot, in and out by compare-and-set, sent to an incident and brought back.

Of two who take the last of a stock at once, one gets WrongStatus with what is left: it is never less than nothing.
"""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Double,
    Numeric,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from command import forces, ways
from command.moving import SYSTEM, read, take, tell, text
from command.queries import may_see
from gis_data.roads.network import Network
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.response import SupplyReturned, SupplySent
from models.rules.incident.prompts import Low
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Depot, Supply, Transfer
from tickets.moving import Actor

EDIT = "command.edit"
MOST = 1e9
PLACES = 6
"""Decimals of an amount."""


class StockLine(NamedTuple):
    """A stock with its depot."""

    row: Supply
    depot: Depot

    @property
    def low(self) -> bool:
        """True while it is below its floor."""
        return self.row.amount < self.row.floor


class Source(NamedTuple):
    """A depot that could send of a supply: its stock, the seconds and metres to the scene (-1 = no way), and of how
    much it is proposed to send; `below` : that leaves less than its floor."""

    line: StockLine
    seconds: float
    metres: float
    send: float
    below: bool


class Sources(NamedTuple):
    """Where a supply comes from, the soonest first; missing : how much of it nobody who can come has; problem : why
    no way can be found, as in a recommendation."""

    sources: tuple[Source, ...]
    missing: float
    problem: str


def stocks(session: Session, *, actor: Actor) -> list[StockLine]:
    """Return every stock of the active depots the actor may see, by depot."""
    may_see(actor)
    rows = session.execute(
        select(Supply, Depot)
        .join(Depot, Depot.code == Supply.depot)
        .where(Depot.active)
        .order_by(Supply.depot, Supply.code)
        .execution_options(populate_existing=True)
    )
    return [StockLine(*row) for row in rows if forces.own(actor, row.Depot.district)]


def low(session: Session) -> list[Low]:
    """Return the stocks below their floor, of the whole city; for the live prompts, not for a person."""
    return [
        Low(f"{line.row.depot}/{line.row.code}", line.row.label, line.depot.label, line.depot.district)
        for line in stocks(session, actor=SYSTEM) if line.low
    ]  # fmt: skip


def kinds(lines: Sequence[StockLine]) -> dict[str, str]:
    """Return code -> label of what there is."""
    return {line.row.code: line.row.label for line in lines}


def by_depot(lines: Sequence[StockLine]) -> dict[str, list[Supply]]:
    """Return depot -> what it has."""
    found: dict[str, list[Supply]] = {}
    for line in lines:
        found.setdefault(line.depot.code, []).append(line.row)
    return found


# --- stock ----------------------------------------------------------------------------------


def stock_in(
    session: Session, depot: str, supply: str, amount: float, *, note: str, actor: Actor, now: Instant
) -> float:  # fmt: skip
    """入库: so much more is there; return what is there now."""
    said = _may_stock(session, depot, note, actor)
    left = _take(session, depot, supply, -_some(amount))
    _audit(session, "stock_in", depot, supply, actor, now, amount=amount, left=left, note=said)
    return left


def stock_out(
    session: Session, depot: str, supply: str, amount: float, *, note: str, actor: Actor, now: Instant
) -> float:  # fmt: skip
    """出库, for something else than an incident; WrongStatus, with what is `left`, when there is not so much."""
    said = _may_stock(session, depot, note, actor)
    left = _take(session, depot, supply, _some(amount))
    _audit(session, "stock_out", depot, supply, actor, now, amount=amount, left=left, note=said)
    return left


def _may_stock(session: Session, depot: str, note: str, actor: Actor) -> str:
    _own_depot(session, depot, actor, EDIT)
    return text(note, "note", most=500)


def set_floor(
    session: Session, depot: str, supply: str, floor: float, *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Say below which amount a stock wants filling up."""
    _own_depot(session, depot, actor, EDIT)
    if not (isfinite(floor) and 0 <= floor <= MOST):
        raise BadInput("a floor is not negative", field="floor")
    before = session.get(Supply, (tenant_of(session), depot, supply), populate_existing=True)
    if before is None:
        raise NotFound(f"no {supply} in {depot}")
    was, before.floor = before.floor, floor
    _audit(session, "set_floor", depot, supply, actor, now, before=was, after=floor)


def add(
    session: Session, depot: str, supply: str, *, label: str, measure: str, floor: float, actor: Actor,
    now: Instant,
) -> Supply:  # fmt: skip
    """Keep something new in a depot, none of it yet; BadInput (field `code`) when it is there already."""
    _own_depot(session, depot, actor, EDIT)
    code = text(supply, "code", most=40)
    if session.get(Supply, (tenant_of(session), depot, code)) is not None:
        raise BadInput(f"{depot} has {code}", field="code")
    if not (isfinite(floor) and 0 <= floor <= MOST):
        raise BadInput("a floor is not negative", field="floor")
    row = Supply(
        tenant_id=tenant_of(session), depot=depot, code=code, label=text(label, "label", most=40),
        measure=text(measure, "measure", most=10), amount=0.0, floor=floor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _audit(session, "add_supply", depot, code, actor, now)
    return row


def _take(session: Session, depot: str, supply: str, amount: float) -> float:
    """Take so much out of a stock (less than 0: put in), if it is there; return what is left."""
    left = session.scalar(
        update(Supply)
        .where(Supply.depot == depot, Supply.code == supply, _exact(Supply.amount - amount) >= 0)
        .values(amount=_exact(Supply.amount - amount))
        .returning(Supply.amount)
    )
    if left is None:
        there = session.scalar(
            select(Supply.amount).where(Supply.depot == depot, Supply.code == supply)
        )
        if there is None:
            raise NotFound(f"no {supply} in {depot}")
        raise WrongStatus(f"{depot} has {there} of {supply}", cap="stock", left=there)
    return float(left)


def _own_depot(session: Session, code: str, actor: Actor, right: str) -> Depot:
    if right not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {right}", permission=right)
    row = session.get(Depot, (tenant_of(session), code), populate_existing=True)
    if row is None or not row.active:
        raise NotFound(f"no depot {code}")
    if not forces.own(actor, row.district):
        raise Refused(f"{code} belongs to {row.district}", permission=right, district=row.district)
    return row


def _some(amount: float) -> float:
    """Return an amount to a millionth, the least there is: tenths add up, in and out, as they do on paper."""
    if not (isfinite(amount) and round(amount, PLACES) > 0 and amount <= MOST):
        raise BadInput("an amount is more than nothing", field="amount")
    return round(amount, PLACES)


def _exact(amount: ColumnExpressionArgument[float]) -> ColumnElement[float]:
    return cast(func.round(cast(amount, Numeric), PLACES), Double)


def _audit(
    session: Session, verb: str, depot: str, supply: str, actor: Actor, now: Instant, **detail: object
) -> None:  # fmt: skip
    subject = f"supply:{depot}/{supply}"
    audit(session, actor=actor.ref, verb=verb, subject=subject, now=now, **detail)


# --- to an incident -------------------------------------------------------------------------


def sources(
    session: Session, incident_id: int, supply: str, amount: float, network: Network | None, *, actor: Actor
) -> Sources:  # fmt: skip
    """Return which depots to take so much of a supply from: those that are soonest there, until it is enough."""
    place = read(session, incident_id, actor=actor).place
    lines = [each for each in stocks(session, actor=actor) if each.row.code == supply]
    scene = forces.target(network, place.lon, place.lat)
    seconds = forces.drives(network, scene, [(each.depot.lon, each.depot.lat) for each in lines])
    reach = [forces.INF if drive is None else drive for drive in seconds]
    left, found = _some(amount), []
    for drive, line in sorted(
        zip(reach, lines, strict=True), key=lambda x: (x[0], x[1].depot.code)
    ):
        known = drive < forces.INF
        send = min(left, line.row.amount) if known else 0.0
        left -= send
        below = send > 0 and line.row.amount - send < line.row.floor
        metres = (
            ways.drive(network, (line.depot.lon, line.depot.lat), scene.stop).metres
            if send
            else ways.NONE
        )
        found.append(Source(line, drive if known else ways.NONE, metres, send, below))
    return Sources(tuple(found), left, scene.problem)


def send_supply(
    session: Session, incident_id: int, depot: str, supply: str, amount: float, *, network: Network | None,
    actor: Actor, now: Instant, note: str = "",
) -> Transfer:  # fmt: skip
    """物资调拨: let so much of a supply leave a depot for an incident.

    WrongStatus, cap `stock`, with what is `left`, when there is not so much.
    """
    held = take(session, incident_id, "send_supply", actor=actor, now=now)
    store = _own_depot(session, depot, actor, "command.act")
    amount = _some(amount)
    _take(session, depot, supply, amount)
    row = session.get_one(Supply, (store.tenant_id, depot, supply), populate_existing=True)
    transfer = Transfer(
        tenant_id=store.tenant_id, incident_id=incident_id, depot=depot, supply=supply, amount=amount,
        sent_at=to_datetime(now), sent_by=actor.user_id,
    )  # fmt: skip
    session.add(transfer)
    session.flush()
    place = held.state.place
    scene = forces.target(network, place.lon, place.lat)
    drive = ways.drive(network, (store.lon, store.lat), scene.stop)
    event = SupplySent(
        transfer=transfer.id, depot=depot, supply=supply, label=row.label, amount=amount,
        measure=row.measure, seconds=drive.seconds, **held.facts(note),
    )  # fmt: skip
    tell(session, held, event)
    return transfer


def return_supply(
    session: Session, transfer_id: int, amount: float, *, actor: Actor, now: Instant, note: str = ""
) -> float:  # fmt: skip
    """Bring back so much of what was sent; return how much of it is back altogether, as the event says it.

    WrongStatus, cap `returned`, with what is still `out`, when more would come back than went.
    """
    incident = session.scalar(select(Transfer.incident_id).where(Transfer.id == transfer_id))
    if incident is None:
        raise NotFound(f"no transfer {transfer_id}")
    held = take(session, incident, "return_supply", actor=actor, now=now)
    back = _some(amount)
    total = _exact(Transfer.returned + back)
    row = session.scalar(
        update(Transfer)
        .where(Transfer.id == transfer_id, total <= _exact(Transfer.amount))
        .values(returned=func.least(total, Transfer.amount))
        .returning(Transfer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        there = session.get_one(Transfer, transfer_id, populate_existing=True)
        out = round(there.amount - there.returned, PLACES)
        raise WrongStatus(f"{out} of transfer {transfer_id} are out", cap="returned", out=out)
    _take(session, row.depot, row.supply, -back)
    event = SupplyReturned(transfer=transfer_id, amount=row.returned, **held.facts(note))
    tell(session, held, event)
    return row.returned
