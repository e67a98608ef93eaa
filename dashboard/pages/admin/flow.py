"""The page of the flow: the tenant's table of moves."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import Said, Values, Verb, asked, done, several, text
from dashboard.pages.admin.parameters import seen, set_notes
from dashboard.pages.context import actor, place, words
from dashboard.views.admin import flow as views
from dashboard.views.kit import Child
from models.errors import BadInput, NotFound
from models.rules.tickets import MOVES, Move, Status
from models.rules.tickets.moves import CLOCK, MORE_SOURCES, OTHER_TARGETS, STATUSES
from models.store.people import PERMISSIONS
from tickets import moving, parameters


def body(search: str) -> Child:
    """Return the table and the form of the verb in the address."""
    require("admin.parameters")
    asked_for = asked(search).get("verb", "")
    with reading() as session:
        found, said = set_notes(session, place(session).zone)
        moves, own = moving.moves(session), set(parameters.own_moves(session))
    texts = words()
    verb = next((v for v, m in MOVES.items() if v == asked_for and m.permission != CLOCK), None)
    if verb is None:
        form: list[Child] = [views.start(texts)]
    else:
        allowed = MOVES[verb].sources | MORE_SOURCES.get(verb, frozenset())
        leads = {MOVES[verb].target, *OTHER_TARGETS.get(verb, frozenset())}
        first = MOVES[verb].permission
        permissions = sorted({first, *(p for p in PERMISSIONS if p.startswith("ticket."))})
        form = [
            views.form(
                verb, moves[verb], own=verb in own,
                sources=[s for s in STATUSES if s in allowed],
                targets=[s for s in STATUSES if s in leads], permissions=permissions, words=texts,
            )
        ]  # fmt: skip
    if own:
        form.append(views.all_default(texts))
    note = said.get("moves", texts["admin.default"]) if own else texts["admin.default"]
    shown = {v: m for v, m in moves.items() if m.permission != CLOCK}
    page = views.page(shown, own, asked_for, form, note, texts)
    return [seen("move", "moves", found), page]


def _save(session: Session, key: str, values: Values, at: float) -> Said:
    sources, target = several(values, "sources"), text(values, "target")
    if set(sources) - set(STATUSES):
        raise BadInput(f"states {sources}", field="sources")
    if target and target not in STATUSES:
        raise BadInput(f"state {target}", field="target")
    move = Move(
        text(values, "permission"),
        cast(frozenset[Status], frozenset(sources)),
        target or None,
    )
    _set(session, key, move, values, at)
    return done("admin.at_once")


def _default(session: Session, key: str, values: Values, at: float) -> Said:
    _set(session, key, None, values, at)
    return done("admin.at_once")


def _set(session: Session, key: str, move: Move | None, values: Values, at: float) -> None:
    if key not in MOVES:
        raise NotFound(f"no verb {key}")
    parameters.set_move(session, key, move, seen=values["seen"]["at"], actor=actor(), now=at)


def _all_default(session: Session, _key: str, values: Values, at: float) -> Said:
    parameters.default_moves(session, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


VERBS: Mapping[str, Verb] = {
    "move.save": _save,
    "move.default": _default,
    "move.all_default": _all_default,
}
