"""Why here: what the tickets of a place are about, and how many came when, under the actor's scope."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import ARRAY, ColumnElement, DateTime, Integer, cast, func, literal, select
from sqlalchemy.orm import Session

from gis_data.hotspots import periods
from gis_data.hotspots.groups import Said, groups
from gis_data.hotspots.result import Period
from gis_data.hotspots.terrain import Terrain
from gis_data.hotspots.why import Sample, Why
from gis_data.hotspots.why import why as answer
from models.clock import Instant, to_datetime
from models.rules.grams import grams
from models.tables import Ticket
from tickets.criteria import Criteria, where
from tickets.hotspots import TRENDS, oldest_of
from tickets.moving import Actor

SAMPLES = 5
COMPARED = 300
Conditions = Sequence[ColumnElement[bool]]


def why(
    session: Session, criteria: Criteria, *, actor: Actor, now: Instant, zone: str,
    period: Period, ground: Terrain | None = None,
) -> Why:  # fmt: skip
    """Return what the tickets of these cells, or of this district, are about, beside those of the whole city.

    criteria : as `hotspots.opens` gives them, with `cells`, or with a district alone.
    ground : for the population, if it is of the cells' resolution.
    period : whose steps, and earlier ones, the series tells; the criteria may ask for one step of it.
    """
    conditions = where(session, criteria, actor, now)
    whole = {"cells": ""} if criteria.cells else {"district": ""}
    around = where(session, msgspec.structs.replace(criteria, **whole), actor, now)
    newest = session.scalars(
        select(Ticket).where(*conditions).order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(COMPARED)
    ).all()  # fmt: skip
    steps = periods.led(period, zone, TRENDS, oldest=oldest_of(session, now))
    ever = where(session, msgspec.structs.replace(criteria, since=0, until=0), actor, now)
    return answer(
        _shares(session, conditions), _shares(session, around),
        hours=_hours(session, conditions, zone),
        samples=[
            Sample(
                row.no, row.opened_at.timestamp(), row.category,
                "" if row.confidential or row.anonymous else row.title,
            )
            for row in newest[:SAMPLES]
        ],
        groups=groups(_said(newest)), population=_residents(criteria, ground),
        series=_series(session, ever, steps),
        earlier=sum(step.since < period.since for step in steps),
    )  # fmt: skip


def _said(tickets: Sequence[Ticket]) -> list[Said]:
    return [
        Said(row.no, row.category, row.opened_at.timestamp(), row.lon, row.lat, grams(row.title, row.content))
        for row in tickets if row.lon is not None and row.lat is not None
    ]  # fmt: skip


def _hours(session: Session, conditions: Conditions, zone: str) -> list[int]:
    hour = cast(func.date_part("hour", func.timezone(zone, Ticket.opened_at)), Integer)
    counts = select(hour, func.count()).where(*conditions).group_by(hour)
    by_hour = dict(session.execute(counts).all())
    return [by_hour.get(each, 0) for each in range(24)]


def _series(session: Session, conditions: Conditions, steps: Sequence[Period]) -> list[int]:
    """Return the tickets of each of these steps, which follow each other without a gap."""
    if not steps:
        return []
    edges = literal([to_datetime(step.since) for step in steps], ARRAY(DateTime(timezone=True)))
    step: ColumnElement[int] = func.width_bucket(Ticket.opened_at, edges)
    first, last = to_datetime(steps[0].since), to_datetime(steps[-1].until)
    counts = select(step, func.count()).where(
        *conditions, Ticket.opened_at >= first, Ticket.opened_at < last
    )
    told = dict(session.execute(counts.group_by(step)).all())
    return [told.get(number, 0) for number in range(1, len(steps) + 1)]


def _shares(session: Session, conditions: Conditions) -> dict[str, Counter[str]]:
    found = {"category": Counter[str](), "unit": Counter[str]()}
    counts = select(Ticket.category, Ticket.lead, func.count()).where(*conditions)
    for category, unit, number in session.execute(counts.group_by(Ticket.category, Ticket.lead)):
        found["category"][category] += number
        found["unit"][unit] += number
    return found


def _residents(criteria: Criteria, ground: Terrain | None) -> float:
    """Return who lives in the cells, or in the district where no cells are named; -1 where it is not known."""
    cells = [cell.strip() for cell in criteria.cells.split(",") if cell.strip()]
    if ground is None:
        return -1.0
    if not cells:
        known = {each.code: float(each.people) for each in ground.districts}
        return known.get(criteria.district, -1.0)
    chosen = np.isin(ground.grid.ids, [int(cell, 16) for cell in cells])
    people: Any = ground.people[chosen]
    return float(people.sum()) if len(people) == len(cells) and np.isfinite(people).all() else -1.0
