"""Pictures, films, recordings and papers of an incident: files that hang on it, each an event of its log."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import records, site
from command.moving import read
from models.clock import Instant
from models.errors import NotFound, Refused
from models.events.incident.course import Form
from models.rules.incident.moves import MOVES, lawful
from models.tables import Attachment, Incident
from tickets.attachments import Holder, Holders
from tickets.moving import Actor

FORMS: dict[str, Form] = {"image": "picture", "video": "film", "audio": "recording"}
"""First part of a media type -> what it is called; all else is a paper."""


def _see(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    if site.is_crew(actor):
        site.seen(session, number, actor=actor)
    else:
        read(session, number, actor=actor)


def _change(session: Session, number: int, actor: Actor, _now: Instant) -> None:
    if site.is_crew(actor):
        lawful("link_media", site.seen(session, number, actor=actor).status)
        return
    right = MOVES["link_media"].permission
    if right not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {right}", permission=right)
    lawful("link_media", read(session, number, actor=actor).status)


def _hold(session: Session, number: int) -> None:
    if session.scalar(select(Incident.id).where(Incident.id == number).with_for_update()) is None:
        raise NotFound(f"no incident {number}")


def _linked(session: Session, row: Attachment, _verb: str, actor: Actor, now: Instant) -> None:
    form = FORMS.get(row.media.partition("/")[0], "paper")
    if site.is_crew(actor):
        actor = site.commanding(session, row.subject_id, actor=actor)
    records.link_media(
        session, row.subject_id, form=form, ref=str(row.id), title=row.name, actor=actor, now=now
    )


def _own_alone(row: Attachment, actor: Actor) -> bool:
    """A crew sees the files it sent: what others hung on the incident may say who called."""
    return not site.is_crew(actor) or row.added_by == actor.user_id


HOLDERS: Holders = {"incident": Holder(_see, _change, _hold, _linked, keeps=True, shows=_own_alone)}
