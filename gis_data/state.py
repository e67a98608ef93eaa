"""City state: what the bureaus tell of their points, the latest of each, with its age; stale is said, never hidden."""

import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.coordinates import in_china, to_wgs84
from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.events.place import StateTold
from models.store import outbox, streams
from models.store.db import tenant_of
from models.tables import CityState

PERMISSION = "roads.close"
"""Who may change what the roads are may say how the city is."""
Bureau = Literal["environment", "traffic", "police", "weather", "urban"]
BUREAUS: tuple[Bureau, ...] = get_args(Bureau)
Level = Literal["", "notice", "warning", "severe"]
LEVELS: tuple[Level, ...] = get_args(Level)
KEPT_S = 86_400.0
"""A point nothing was heard of for so long is no longer drawn."""
WORDS_MOST = 200
BATCH = 1000


class Reading(NamedTuple):
    """What a bureau says of one point: WGS-84, from `at` on, good until `until`; see `models.tables.CityState`."""

    key: str
    label: str
    lon: float
    lat: float
    value: float | None
    unit: str
    level: str
    at: Instant
    until: Instant
    facts: Mapping[str, float] = {}


class Told(NamedTuple):
    """What came of a feed: points written, points of which something later was known, refused ones with the reason."""

    kept: int
    older: int
    refused: dict[str, str]


def tell(
    session: Session,
    readings: Iterable[Reading],
    *,
    bureau: str,
    actor: Actor,
    now: Instant,
    datum: str = "wgs84",
) -> Told:
    """Write down a bureau's readings; `datum` says what its coordinates are in (`gis_data.coordinates.SOURCES`).

    Told twice is told once; what comes late does not replace what is later. Reasons of a refusal: no_key, no_label,
    too_long, not_a_number, outside, swapped, level, time, twice. Refused for whom may not, BadInput for an
    unknown bureau.
    """
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
    if bureau not in BUREAUS:
        raise BadInput(f"bureau {bureau!r}: one of {', '.join(BUREAUS)}", field="bureau")
    good: dict[str, Reading] = {}
    refused: dict[str, str] = {}
    for number, told in enumerate(readings, 1):
        lon, lat = (float(each) for each in to_wgs84(told.lon, told.lat, datum))
        reading = told._replace(lon=lon, lat=lat)
        why = "twice" if told.key in good else _wrong(reading, now)
        if why:
            refused[told.key or f"#{number}"] = why
        else:
            good[told.key] = reading
    rows = [
        good[key] for key in sorted(good)
    ]  # two who tell the same points do not lock each other out
    kept = sum(
        _write(session, bureau, rows[first : first + BATCH]) for first in range(0, len(rows), BATCH)
    )
    if kept:
        event = StateTold(
            id=f"state-{secrets.token_hex(8)}", at=now, actor=actor.ref, bureau=bureau, points=kept,
            refused=len(refused),
        )  # fmt: skip
        outbox.record(session, streams.place_stream(tenant_of(session)), event)
    return Told(kept, len(rows) - kept, refused)


def current(session: Session, *, now: Instant) -> Sequence[CityState]:
    """Return what is known of every point heard of within `KEPT_S`, the oldest first; `until` says what is stale."""
    heard = CityState.until > to_datetime(now - KEPT_S)
    return session.scalars(select(CityState).where(heard).order_by(CityState.at)).all()


def _wrong(told: Reading, now: Instant) -> str:
    """Return why a reading cannot be, empty when it can."""
    checks: Mapping[str, bool] = {
        "no_key": not told.key.strip(),
        "no_label": not told.label.strip(),
        "too_long": max(map(len, (told.key, told.label, told.unit))) > WORDS_MOST
        or "\0" in told.key + told.label + told.unit,
        "not_a_number": not all(
            map(math.isfinite, (told.lon, told.lat, told.value or 0.0, *told.facts.values()))
        ),
        "swapped": bool(in_china(told.lat, told.lon)) and not in_china(told.lon, told.lat),
        "outside": not in_china(told.lon, told.lat),
        "level": told.level not in LEVELS,
        "time": not (told.at <= now + 60 and told.at < told.until and now - KEPT_S < told.until),
    }
    return next((why for why, fails in checks.items() if fails), "")


def _write(session: Session, bureau: str, readings: Sequence[Reading]) -> int:
    tenant = tenant_of(session)
    rows = [
        {
            **told._asdict(), "tenant_id": tenant, "bureau": bureau,
            "at": to_datetime(told.at), "until": to_datetime(told.until),
        }
        for told in readings
    ]  # fmt: skip
    put = insert(CityState).values(rows)
    latest = put.on_conflict_do_update(
        index_elements=[CityState.tenant_id, CityState.bureau, CityState.key],
        set_={name: put.excluded[name] for name in Reading._fields if name != "key"},
        where=CityState.at < put.excluded.at,
    )
    return len(session.execute(latest.returning(CityState.key)).all())
