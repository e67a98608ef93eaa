"""Purging: contents on the disk that no row holds any more are deleted, by an administrator's word."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.store.chain import audit
from models.store.db import tenant_of
from models.store.files import Files
from models.tables import Attachment, City
from tickets.moving import Actor

PERMISSION = "admin.parameters"
NAMED = 500
"""Contents named in one line of the audit; a longer list goes on in the next."""


def held(session: Session, *, before: Instant) -> set[str]:
    """Return the SHA-256 of all that a row holds: present files, those removed since `before`, versions of the city."""
    present = or_(Attachment.removed_at.is_(None), Attachment.removed_at > to_datetime(before))
    files = session.scalars(select(Attachment.sha256).where(present).distinct())
    return {*files, *session.scalars(select(City.sha256))}


def unheld(session: Session, files: Files, *, before: Instant) -> list[tuple[str, int]]:
    """Return the contents older than `before` that no row holds, as (SHA-256, bytes)."""
    kept = held(session, before=before)
    return [
        (digest, size)
        for digest, size, at in files.contents(tenant_of(session))
        if at < before and digest not in kept
    ]


def condemn(
    session: Session, files: Files, *, before: Instant, actor: Actor, now: Instant
) -> list[tuple[str, int]]:
    """Return `unheld`, and name each in the audit.

    Written down before anything is deleted: what is gone without a word would be a loss. Refused without
    `PERMISSION`.
    """
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
    found = unheld(session, files, before=before)
    for start in range(0, len(found), NAMED):
        part = found[start : start + NAMED]
        audit(
            session, actor=actor.ref, verb="files_purge", subject=f"{len(part)} contents", now=now,
            bytes=sum(size for _, size in part), sha256=[digest for digest, _ in part],
        )  # fmt: skip
    return found


def delete(session: Session, files: Files, digests: Collection[str], *, before: Instant) -> int:
    """Delete condemned contents; one that came anew or is held again meanwhile stays. Return how many went."""
    kept = held(session, before=before)
    tenant = tenant_of(session)
    return sum(
        files.discard(tenant, digest, before=before) for digest in digests if digest not in kept
    )
