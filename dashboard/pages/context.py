"""What every callback needs to know: the language, the place (zone, queues, people), and refusals."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import dash
from dash import ctx
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.auth import viewer
from dashboard.door import doors, reading
from dashboard.texts import DEFAULT, t
from dashboard.views.kit import Child, Words, refusal
from dashboard.views.maps import Look
from models.clock import now
from models.errors import HotlineError, NotFound, Refused
from models.store import ledger
from models.tables.floor import Agent, CallLedger, Queue, Seat, Team
from models.tables.people import Tenant, User
from tickets import districts as city_districts
from tickets import options
from tickets.moving import Actor

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
_aside = ThreadPoolExecutor(6, "callback")
"""Each may hold a connection while it works: fewer than the pool has."""


@dataclass(frozen=True)
class Place:
    """A tenant's zone and its queues as (name, label)."""

    zone: str
    queues: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> dict[str, str]:
        """Return queue name -> label."""
        return dict(self.queues)


def place(session: Session) -> Place:
    """Read the viewer's place."""
    zone = session.scalar(select(Tenant.zone).where(Tenant.slug == viewer().tenant))
    queues = session.execute(select(Queue.name, Queue.label).order_by(Queue.position, Queue.id))
    return Place(zone or "Asia/Shanghai", tuple((name, label or name) for name, label in queues))


def districts(session: Session) -> dict[str, str]:
    """Return code -> name of the viewer's districts."""
    return city_districts.names(session, doors().files)


def district_options(session: Session, given: str) -> list[tuple[str, str]]:
    """Return what a form offers for a district; a code that no district has now stays as it is."""
    named = districts(session)
    kept = {given: given} if given and given not in named else {}
    return [*kept.items(), *named.items()]


def person(session: Session, key: str) -> dict[str, str]:
    """Read who sits at a seat; a seat outside the roster has only its key."""
    found = session.execute(
        select(Seat.extension, Seat.agent_no, Agent.name, Team.label)
        .outerjoin(Agent, Agent.agent_no == Seat.agent_no)
        .outerjoin(Team, Team.code == Seat.team_code)
        .where(Seat.key == key)
    ).first()
    extension, agent_no, name, team = found or ("", "", "", "")
    return {
        "key": key,
        "extension": extension or "",
        "agent_no": agent_no or "",
        "name": name or "",
        "team": team or "",
    }


def names(session: Session, users: Iterable[int]) -> dict[int, str]:
    """Read the names of users by id."""
    ids = {user for user in users if user}
    if not ids:
        return {}
    found = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in found}


def visit(session: Session, key: str) -> ledger.CallRow:
    """Read one visit of a call; NotFound when the ledger has it no more."""
    at = session.scalar(select(CallLedger.counted_at).where(CallLedger.key == key))
    call = session.scalar(select(CallLedger.call).where(CallLedger.key == key))
    if at is None or call is None:
        raise NotFound(f"no call {key}")
    start = at.timestamp()
    found = ledger.search_calls(session, start=start - 1, end=start + 1, text=call)
    for row in found.rows:
        if row.key == key:
            return row
    raise NotFound(f"no call {key}")


def actor() -> Actor:
    """Return who is asking, as the services know people."""
    who = viewer()
    return Actor(who.user_id, who.name, who.can, who.unit, who.district, who.agent_no, who.force)


def language() -> str:
    """Return the language the browser asks for."""
    return str(dash.ctx.cookies.get("lang") or DEFAULT)


def words() -> Words:
    """Return the texts in the browser's language, in Chinese with the words of the tenant's data dictionary."""
    ours = t(language())
    return ours if ours is not t(DEFAULT) else _own_words(ours)


OWN_WORDS_S = 2.0
"""How long other processes go on with the words of before; the one that saved them does not."""
_own: dict[int, tuple[float, Words]] = {}


def _own_words(ours: Words) -> Words:
    try:
        tenant = viewer().tenant_id
    except Refused:
        return ours
    at, found = _own.get(tenant, (0.0, ours))
    if now() - at > OWN_WORDS_S:
        with reading() as session:
            said = options.overlay(options.present(session))
        found = {**ours, **said} if said else ours
        _own[tenant] = now(), found
    return found


def forget_words() -> None:
    """Let the next page read the data dictionary anew."""
    _own.pop(viewer().tenant_id, None)


def told(error: HotlineError) -> dict[str, object]:
    """Return an error as the note a toast shows."""
    texts = words()
    text = texts.get(f"error.{error.code}", texts["error.error"])
    return {"text": text, "bad": True}


def shown(view: Callable[P, Child]) -> Callable[P, Child]:
    """Let a callback that returns a view return the refusal instead of failing; a fault of ours is logged too."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Child:
        try:
            return view(*args, **kwargs)
        except HotlineError as error:
            return refusal(error.code, words())
        except Exception:
            log.exception("fault in %s", view.__name__)
            return refusal("error", words())

    return guarded


def pressed_button() -> Any:  # noqa: ANN401 - a button's id
    """Return the id of the button that was pressed; None where one only came onto the screen, for that runs a
    callback too, beside others of its kind that were pressed before."""
    return ctx.triggered_id if any(each["value"] for each in ctx.triggered) else None


def aside(work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Let a callback work in a thread: Dash would run it in the loop, and every screen would wait for it."""

    @wraps(work)
    async def apart(*args: P.args, **kwargs: P.kwargs) -> T:
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_aside, lambda: run(work, *args, **kwargs))

    return apart


def map_look() -> Look:
    """Return how maps are drawn in this browser: its script says so in a cookie before it asks for a page."""
    asked = str(dash.ctx.cookies.get("map") or "")
    return Look("wall" if asked.startswith("wall") else "desk", big=asked.endswith("2"))
