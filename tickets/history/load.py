"""Writing old tickets, a batch in the caller's transaction. What is there already stays as it is.

Nothing is published: an import is history, and a hundred thousand old tickets must not ring as new ones.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import JSON, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.events.ticket import TicketImported
from models.rules.grams import grams
from models.rules.places import kept
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.tables import Base, Category, Ticket, TicketHistory, TicketLeg, TicketParty, Unit
from models.tables.ticket import NUMBERS
from tickets.history.rows import Names, Old
from tickets.intake import QUERY_LETTERS
from tickets.moving import Actor

_OURS = text("origin <> ''")


def names(session: Session) -> Names:
    """Return what units and categories of the newest version may be called, by code and by name."""
    newest = select(func.max(Category.version)).scalar_subquery()
    return Names(
        units=_words(session.execute(select(Unit.code, Unit.name)).all()),
        categories=_words(
            session.execute(
                select(Category.code, Category.label).where(Category.version == newest)
            ).all()
        ),
    )


def _words(found: Iterable[Any]) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    codes: dict[str, list[str]] = {}
    for code, label in found:
        codes[code] = [code]
        words.setdefault(label, []).append(code)
    return {**words, **codes}


def known(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of the old system's keys that are here already."""
    # the index's own words: the planner knows it by them, also when the plan is a generic one
    mine = select(Ticket.origin).where(Ticket.origin.in_(list(keys)), _OURS)
    return set(session.scalars(mine))


def load(session: Session, rows: Sequence[Old], *, actor: Actor, now: Instant, vault: Vault) -> int:
    """Write old tickets whose keys are not here yet; return how many. Refused without `ticket.open`."""
    if "ticket.open" not in actor.can:
        raise Refused(f"{actor.ref} lacks ticket.open", permission="ticket.open")
    if not rows:
        return 0
    tenant, version = tenant_of(session), _version(session)
    numbers = session.scalars(
        select(NUMBERS.next_value()).select_from(func.generate_series(1, len(rows)))
    ).all()
    given = [
        _ticket(old, tenant, str(no), version, actor) for old, no in zip(rows, numbers, strict=True)
    ]
    statement = (
        _put(Ticket, given)
        .on_conflict_do_nothing(index_elements=[Ticket.tenant_id, Ticket.origin], index_where=_OURS)
        .returning(Ticket.origin, Ticket.id, Ticket.no)
    )
    made = {origin: (number, no) for origin, number, no in session.execute(statement)}
    fresh = [(old, *made[old.key]) for old in rows if old.key in made]
    if not fresh:
        return 0
    session.execute(_put(TicketParty, [_party(o, tenant, i, vault) for o, i, _ in fresh]))
    told = [_history(old, tenant, number, no, actor, now) for old, number, no in fresh]
    session.execute(_put(TicketHistory, told))
    parts = [_leg(o, tenant, i) for o, i, _ in fresh if o.unit and o.status == "archived"]
    if parts:
        session.execute(_put(TicketLeg, parts))
    return len(fresh)


def _put(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Return an insert of rows that travel as one JSON text: 35,000 parameters would take longer than the work."""
    names = list(rows[0])
    source = func.json_populate_recordset(
        literal_column(f"NULL::{table.__tablename__}"), literal(rows, JSON)
    ).table_valued(*names)
    return insert(table).from_select(names, select(*(source.c[name] for name in names)))


def _version(session: Session) -> int:
    return session.scalar(select(func.max(Category.version))) or 1


def _at(instant: Instant) -> str | None:
    return to_datetime(instant).isoformat() if instant else None


def _ticket(old: Old, tenant: int, no: str, version: int, actor: Actor) -> dict[str, Any]:
    precision, h9 = kept(old.lon, old.lat, old.precision or "point")
    return {
        "tenant_id": tenant, "no": no, "origin": old.key,
        "query_code": "".join(secrets.choice(QUERY_LETTERS) for _ in range(6)),
        "status": old.status, "version": 1, "kind": old.kind, "category": old.category,
        "category_version": version, "urgency": old.urgency, "channel": old.channel,
        "title": old.title, "content": old.content, "cause": old.cause,
        "happened_at": _at(old.happened), "address": old.address, "district": old.district,
        "lon": old.lon, "lat": old.lat, "precision": precision, "h9": h9,
        "point_source": "imported" if old.lon is not None else "", "anonymous": old.anonymous,
        "confidential": old.confidential, "opened_at": _at(old.opened),
        "opened_by": actor.user_id, "due_at": _at(old.due) if old.status == "archived" else None,
        "result": old.result, "reply": old.reply, "replied_at": _at(old.replied),
        "called_back_at": _at(old.called_back), "grade": old.grade, "solved": old.solved,
        "closed_at": _at(old.closed), "lead": old.unit if old.status == "archived" else "",
        "expired_at": _at(old.due) if old.due and old.closed > old.due else None,
        "grams": _vector(old.title, old.content, old.address),
    }  # fmt: skip


def _vector(*texts: str) -> str:
    """Return the pairs as PostgreSQL writes a tsvector; they hold no quote."""
    return " ".join(f"'{pair}'" for pair in grams(*texts))


def _party(old: Old, tenant: int, number: int, vault: Vault) -> dict[str, Any]:
    caller = vault.seal(old.phone)
    return {
        "tenant_id": tenant, "ticket_id": number, "digest": caller.digest, "masked": caller.masked,
        "phone_sealed": caller.sealed, "name_sealed": vault.seal_text(old.name),
        "name_digest": vault.digest_name(old.name),
    }  # fmt: skip


def _history(
    old: Old, tenant: int, number: int, no: str, actor: Actor, now: Instant
) -> dict[str, Any]:
    event = TicketImported(
        id=f"ticket-{number}-1", at=now, actor=actor.ref, ticket=number, note=f"原编号 {old.key}",
        no=no, origin=old.key, kind=old.kind, category=old.category, channel=old.channel,
        urgency=old.urgency, status=old.status, opened=old.opened, unit=old.unit,
        due=old.due if old.status == "archived" else 0.0, handled=old.closed, replied=old.replied,
        called_back=old.called_back, grade=old.grade or "none", solved=old.solved,
    )  # fmt: skip
    return {
        "tenant_id": tenant, "ticket_id": number, "at": _at(now), "actor": actor.ref,
        "actor_name": actor.name, "verb": "import", "status": old.status, "note": event.note,
        "event": msgspec.to_builtins(event),
    }  # fmt: skip


def _leg(old: Old, tenant: int, number: int) -> dict[str, Any]:
    return {
        "tenant_id": tenant, "ticket_id": number, "turn": 1, "number": 1, "unit": old.unit,
        "holder": old.unit, "assigned_at": _at(old.opened), "due_at": _at(old.due),
        "handled_at": _at(old.closed), "result": old.result,
    }  # fmt: skip
