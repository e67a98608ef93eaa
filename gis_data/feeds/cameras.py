"""Cameras of the bureaus: where each stands, and the HLS playlist of what it sees (J-04, K-28)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.coordinates import to_wgs84
from gis_data.feeds.reading import CameraTold
from gis_data.feeds.telling import tell as record
from gis_data.state import PERMISSION
from models.clock import Instant, to_datetime
from models.errors import Refused
from models.events.place import CamerasTold
from models.store.db import tenant_of
from models.tables import Camera

_FACTS = ("label", "lon", "lat", "url")


def tell(
    session: Session,
    told: Sequence[CameraTold],
    *,
    bureau: str,
    datum: str,
    at: Instant,
    actor: Actor,
    now: Instant,
) -> int:
    """Write down a bureau's cameras as they were at `at`; return how many are new or differ.

    An older message changes nothing; one that says the same tells nothing. Refused for whom may not tell.
    """
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
    rows = {}
    for camera in sorted(told):
        lon, lat = (round(float(each), 7) for each in to_wgs84(camera.lon, camera.lat, datum))
        rows[camera.key] = {
            **camera._asdict(), "lon": lon, "lat": lat, "bureau": bureau, "at": to_datetime(at),
            "tenant_id": tenant_of(session),
        }  # fmt: skip
    if not rows:
        return 0
    columns = (Camera.key, Camera.label, Camera.lon, Camera.lat, Camera.url)
    mine = select(*columns).where(Camera.bureau == bureau, Camera.key.in_(rows)).with_for_update()
    known = {row.key: row for row in session.execute(mine)}
    put = insert(Camera).values(list(rows.values()))
    later = put.on_conflict_do_update(
        index_elements=[Camera.tenant_id, Camera.bureau, Camera.key],
        set_={name: put.excluded[name] for name in (*_FACTS, "at")},
        where=Camera.at < put.excluded.at,
    )
    told_now = session.scalars(later.returning(Camera.key)).all()
    changed = sum(
        key not in known or any(getattr(known[key], name) != rows[key][name] for name in _FACTS)
        for key in told_now
    )
    if changed:
        record(session, CamerasTold, actor=actor, now=now, bureau=bureau, cameras=changed)
    return changed


def cameras(session: Session) -> Sequence[Camera]:
    """Return the tenant's cameras, by bureau and name."""
    return session.scalars(select(Camera).order_by(Camera.bureau, Camera.label, Camera.key)).all()
