"""The city a process works with: a version is opened once and shared by all its threads."""

import threading
from collections import OrderedDict
from pathlib import Path

from sqlalchemy.orm import Session

from gis_data.city import bundle, versions
from models.errors import BadInput
from models.store import db
from models.store.files import Files

_KEPT = 3
"""Versions held open: the one before a switch is still at work, a second tenant's may be."""

_open: OrderedDict[tuple[Path, str], bundle.City] = OrderedDict()
_lock = threading.Lock()


def open_city(store: Files, tenant_id: int, sha256: str) -> bundle.City:
    """Return a version, opened once; NotFound when it is not in the store, BadInput when it is not whole."""
    path = store.path(tenant_id, sha256)
    with _lock:
        key = path, sha256
        city = _open.get(key)
        if city is None:
            city = bundle.read(path)
            if city.sha256 != sha256:
                raise BadInput(f"version {sha256[:12]} is not what it was", reason="broken")
            _open[key] = city
        _open.move_to_end(key)
        while len(_open) > _KEPT:
            _open.popitem(last=False)
        return city


def present(session: Session, store: Files) -> bundle.City | None:
    """Return the tenant's active city, None when there is none."""
    row = versions.active(session)
    return None if row is None else open_city(store, db.tenant_of(session), row.sha256)
