"""Purging: only what no row holds, only what is old, and nothing without a word in the audit."""

import os
from pathlib import Path

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import to_datetime
from models.errors import NotFound, Refused
from models.store.files import Files
from models.tables import Attachment, Audit, City
from tickets import purge
from tickets.moving import Actor

DAY = 86_400.0
ADMIN = Actor(0, "purge", frozenset({purge.PERMISSION}))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def put(files: Files, tenant: int, said: bytes, at: float) -> str:
    with files.receive(tenant) as incoming:
        incoming.write(said)
        digest = incoming.keep()
    os.utime(files.path(tenant, digest), (at, at))
    return digest


def attach(session: Session, tenant: int, digest: str, removed: float = 0.0) -> None:
    session.add(
        Attachment(
            tenant_id=tenant, subject="ticket", subject_id=1, name="a.txt", media="text/plain",
            size=1, sha256=digest, added_at=to_datetime(AT), added_by=1,
            removed_at=to_datetime(removed) if removed else None,
        )
    )  # fmt: skip
    session.flush()


def test_only_what_nobody_holds_goes(session: Session, tenant: Place, files: Files) -> None:
    old, before = AT - 90 * DAY, AT - 30 * DAY
    present, removed, shared, lately, fresh, dead, city = (
        put(files, tenant.id, name, at)
        for name, at in (
            (b"present", old), (b"removed", old), (b"shared", old), (b"lately", old),
            (b"fresh", AT), (b"dead", old), (b"city", old),
        )
    )  # fmt: skip
    attach(session, tenant.id, present)
    attach(session, tenant.id, removed, AT - 40 * DAY)
    attach(session, tenant.id, shared, AT - 40 * DAY)
    attach(session, tenant.id, shared)
    attach(session, tenant.id, lately, AT - DAY)
    session.add(
        City(
            tenant_id=tenant.id, name="x", sha256=city, manifest={}, imported_at=to_datetime(AT),
            imported_by=1,
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(Refused):
        purge.condemn(session, files, before=before, actor=Actor(1, "x", frozenset()), now=AT)
    found = purge.condemn(session, files, before=before, actor=ADMIN, now=AT)
    assert {digest for digest, _ in found} == {removed, dead}
    audited = session.scalars(select(Audit).where(Audit.verb == "files_purge")).one()
    assert set(audited.detail["sha256"]) == {removed, dead}
    attach(session, tenant.id, dead)  # taken up by a row between the two
    assert purge.delete(session, files, [digest for digest, _ in found], before=before) == 1
    for digest in (present, shared, lately, fresh, dead, city):
        assert files.path(tenant.id, digest).is_file()
    with pytest.raises(NotFound):
        files.path(tenant.id, removed)


def test_what_arrives_anew_while_it_is_purged_stays(
    session: Session, tenant: Place, files: Files
) -> None:
    old, before = AT - 90 * DAY, AT - 30 * DAY
    digest = put(files, tenant.id, b"again", old)
    purge.condemn(session, files, before=before, actor=ADMIN, now=AT)
    put(files, tenant.id, b"again", AT)  # its row is not written yet
    assert purge.delete(session, files, [digest], before=before) == 0
    assert files.path(tenant.id, digest).read_bytes() == b"again"
