"""The symbol library: the built-in symbols and a tenant's own; what is put away still shows where it was used."""

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command import svg
from command.moving import text
from command.symbol_art import ART, CATEGORIES, drawn
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Symbol
from tickets.moving import Actor

PERMISSION = "command.edit"
LABEL_MOST = 20
OWN_MOST = 500


class Sign(NamedTuple):
    """A symbol as it is offered; `own`: drawn by the tenant; rev 0: as it was built in."""

    code: str
    category: str
    label: str
    svg: str
    active: bool
    own: bool
    rev: int


def library(session: Session) -> list[Sign]:
    """Return every symbol by category and order, those put away among them."""
    rows = {row.code: row for row in session.scalars(select(Symbol))}
    built = {code: place * 10 for place, code in enumerate(ART, 1)}
    places = {
        code: rows[code].position if code in rows else built[code] for code in {*built, *rows}
    }
    order = list(CATEGORIES)
    found = [_sign(code, rows) for code in places]
    return sorted(found, key=lambda s: (order.index(s.category), places[s.code], s.code))


def sign(session: Session, code: str) -> Sign:
    """Return one symbol; NotFound when there is none."""
    row = session.get(Symbol, (tenant_of(session), code))
    if row is None and code not in ART:
        raise NotFound(f"no symbol {code[:40]}")
    return _sign(code, {code: row} if row else {})


def usable(session: Session, code: str, before: str) -> None:
    """Raise BadInput unless a drawing may take this symbol: known, and in use unless it has it already."""
    if not code or code == before:
        return
    try:
        found = sign(session, code)
    except NotFound as error:
        raise BadInput(f"no symbol {code}", field="symbol", why="unknown") from error
    if not found.active:
        raise BadInput(f"symbol {code} is not in use", field="symbol", why="inactive")


def add(
    session: Session, *, category: str, label: str, drawing: bytes, actor: Actor, now: Instant
) -> str:
    """Take a symbol of the tenant's own in; BadInput as `svg.clean` says, or for category and label."""
    _may(actor)
    if category not in CATEGORIES:
        raise BadInput(f"category {category[:40]!r}", field="category")
    said = text(label, "label", most=LABEL_MOST)
    cleaned = svg.clean(drawing)
    own = [s for s in library(session) if s.own]
    if len(own) >= OWN_MOST:
        raise BadInput(f"{OWN_MOST} symbols", field="symbol", why="many")
    code = f"own-{secrets.token_hex(6)}"
    # behind all others of its category, in whatever order they stand
    session.add(
        Symbol(
            tenant_id=tenant_of(session), code=code, category=category, label=said, svg=cleaned,
            position=_last(session) + 10, changed_at=to_datetime(now), changed_by=actor.user_id,
        )
    )  # fmt: skip
    session.flush()
    _told(session, "symbol_added", code, actor, now, label=said)
    return code


def change(
    session: Session, code: str, rev: int, *, label: str | None = None, active: bool | None = None,
    actor: Actor, now: Instant,
) -> None:  # fmt: skip
    """Rename a symbol, put it away or take it out again; WrongStatus when another changed it meanwhile."""
    _may(actor)
    found = sign(session, code)
    said = found.label if label is None else text(label, "label", most=LABEL_MOST)
    on = found.active if active is None else active
    if (said, on) == (found.label, found.active):
        return
    _write(session, found, rev, {"label": said, "active": on}, actor, now)
    _told(session, "symbol_changed", code, actor, now, label=said, active=on)


def move(session: Session, code: str, rev: int, *, up: bool, actor: Actor, now: Instant) -> None:
    """Let a symbol and its neighbour in the category change places; at the end nothing happens."""
    _may(actor)
    all_of = library(session)
    found = sign(session, code)
    mates = [s for s in all_of if s.category == found.category]
    place = [s.code for s in mates].index(code)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(mates):
        return
    mates[place], mates[other] = mates[other], mates[place]
    for number, mate in enumerate(mates):  # they share the room of their category
        mine = rev if mate.code == code else mate.rev
        _write(session, mate, mine, {"position": (number + 1) * 10}, actor, now)
    _told(session, "symbol_moved", code, actor, now, up=up)


def _write(
    session: Session,
    found: Sign,
    rev: int,
    values: Mapping[str, object],
    actor: Actor,
    now: Instant,
) -> None:
    stamp = {"changed_at": to_datetime(now), "changed_by": actor.user_id}
    if found.rev == 0 and rev == 0:
        built = {
            "position": (list(ART).index(found.code) + 1) * 10, "label": found.label, "active": True,
        }  # fmt: skip
        row = {**built, **values, **stamp, "tenant_id": tenant_of(session), "code": found.code}
        put = insert(Symbol).values(**row, category=found.category).on_conflict_do_nothing()
        if session.scalar(put.returning(Symbol.code)) is None:
            raise WrongStatus(f"symbol {found.code} was changed meanwhile")
        return
    moved = session.scalar(
        update(Symbol)
        .where(Symbol.code == found.code, Symbol.rev == rev)
        .values(rev=Symbol.rev + 1, **values, **stamp)
        .returning(Symbol.code)
    )
    if moved is None:
        raise WrongStatus(f"symbol {found.code} was changed meanwhile")
    session.expire_all()


def _sign(code: str, rows: Mapping[str, Symbol]) -> Sign:
    row, art = rows.get(code), ART.get(code)
    if row is None:
        art = ART[code]
        return Sign(code, art.category, art.label, drawn(art.category, art.strokes), True, False, 0)
    picture = row.svg or (drawn(art.category, art.strokes) if art else "")
    return Sign(code, row.category, row.label, picture, row.active, art is None, row.rev)


def _last(session: Session) -> int:
    last: int = session.scalar(select(func.max(Symbol.position))) or 0
    return max(last, len(ART) * 10)


def _may(actor: Actor) -> None:
    if PERMISSION not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def _told(
    session: Session, verb: str, code: str, actor: Actor, now: Instant, **detail: object
) -> None:
    audit(session, actor=actor.ref, verb=verb, subject=f"symbol:{code}", now=now, **detail)
