"""控制台: what the duty officer does to the screens of the centre: arranged, switched; items pinned, hidden, pushed.

Every verb writes its row, tells one event and leaves a line in the audit: what hangs on the wall has a name to it.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command.moving import read, text
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events import display as e
from models.rules import display as rules
from models.rules.tickets.choices import STAFF
from models.store import outbox, streams
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import CityState, Screen, ScreenItem, Ticket
from tickets.moving import Actor
from tickets.queries import seen

PERMISSION = "duty.edit"
"""The console is the duty officer's desk: it moves no incident, so command.act is not what it takes."""
LABEL_MAX = 20
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


class Layout(NamedTuple):
    """How a screen is arranged: see `models.tables.Screen`; focus 0 = the gravest open incident."""

    pages: tuple[str, ...] = (rules.CHOSEN,)
    panels: tuple[str, ...] = rules.PANELS_OF[rules.CHOSEN]
    rotation: int = 0
    focus: int = 0


def may(actor: Actor) -> bool:
    """True for who may use the console: at the centre, and for the whole city, as the screens show it."""
    return PERMISSION in actor.can and not actor.unit and not actor.district


def require(actor: Actor) -> None:
    """Raise Refused unless the actor may use the console."""
    if not may(actor):
        raise Refused(f"{actor.ref} may not use the console", permission=PERMISSION)


# --- screens --------------------------------------------------------------------------------


def add_screen(session: Session, code: str, label: str, *, actor: Actor, now: Instant) -> None:
    """Give a screen a code and a name; WrongStatus when the code is taken."""
    require(actor)
    if not _CODE.fullmatch(code):
        raise BadInput("a code of a-z, 0-9 and -", field="code")
    label = text(label, "label", most=LABEL_MAX)
    last = session.scalar(select(func.max(Screen.position)))
    plain = Layout()
    row = Screen(
        tenant_id=tenant_of(session), code=code, label=label, pages=list(plain.pages),
        panels=list(plain.panels), rotation=0, position=(last or 0) + 1,
        changed_at=to_datetime(now), changed_by=actor.user_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise WrongStatus(f"screen {code} is there", cap="taken") from error
    _tell(session, e.ScreenAdded(screen=code, label=label, **_facts(actor, now)))


def remove_screen(session: Session, code: str, *, actor: Actor, now: Instant) -> None:
    """Take a screen away, with what was put on it alone; WrongStatus when it is gone."""
    require(actor)
    gone = session.scalar(delete(Screen).where(Screen.code == code).returning(Screen.code))
    if gone is None:
        raise WrongStatus(f"no screen {code}", cap="gone")
    session.execute(delete(ScreenItem).where(ScreenItem.screen == code))
    _tell(session, e.ScreenRemoved(screen=code, **_facts(actor, now)))


def arrange(
    session: Session, code: str, rev: int, label: str, layout: Layout, *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Arrange a screen that is at `rev`; WrongStatus when somebody did meanwhile, BadInput when nothing changes."""
    require(actor)
    layout = _lawful(session, layout, actor)
    label = text(label, "label", most=LABEL_MAX)
    values = {**_values(layout), "label": label}
    same = [getattr(Screen, name) == value for name, value in values.items() if name != "focus"]
    same.append(Screen.focus.is_not_distinct_from(values["focus"]))
    known = session.scalar(select(Screen.rev).where(Screen.code == code, *same))
    if known == rev:
        raise BadInput("nothing is changed", field="pages")
    moved = session.scalar(
        update(Screen)
        .where(Screen.code == code, Screen.rev == rev)
        .values(**values, **_change(actor, now))
        .returning(Screen.rev)
    )
    if moved is None:
        raise WrongStatus(f"screen {code} was arranged meanwhile", cap="meanwhile")
    told = layout._asdict() | {"screen": code, "label": label, "revision": moved}
    _tell(session, e.ScreenArranged(**told, **_facts(actor, now)))


def switch(
    session: Session, pages: Sequence[str], *, rotation: int = 0, focus: int = 0, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Let all screens show the same pages at once, each with its own panels; NotFound while there is no screen."""
    require(actor)
    values = _values(_lawful(session, Layout(tuple(pages), rotation=rotation, focus=focus), actor))
    del values["panels"]
    codes = session.scalars(
        update(Screen).values(**values, **_change(actor, now)).returning(Screen.code)
    ).all()
    if not codes:
        raise NotFound("no screen to switch")
    event = e.ScreensSwitched(
        screens=tuple(sorted(codes)), pages=tuple(pages), rotation=rotation, focus=focus,
        **_facts(actor, now),
    )  # fmt: skip
    _tell(session, event)


def _lawful(session: Session, layout: Layout, actor: Actor) -> Layout:
    for name, given, known in (
        ("pages", layout.pages, rules.PAGES), ("panels", layout.panels, rules.PANELS),
    ):  # fmt: skip
        if not given or len(set(given)) != len(given) or not set(given) <= set(known):
            raise BadInput(f"wrong {name}", field=name)
    if layout.rotation not in rules.ROTATION_S:
        raise BadInput("wrong rotation", field="rotation")
    if layout.focus:
        _incident(session, layout.focus, actor, "focus")
    return layout._replace(pages=tuple(layout.pages), panels=tuple(layout.panels))


def _incident(session: Session, incident_id: int, actor: Actor, field: str) -> None:
    try:
        read(session, incident_id, actor=actor)
    except NotFound as error:
        raise BadInput(f"no incident {incident_id}", field=field) from error


def _values(layout: Layout) -> dict[str, Any]:
    return {
        "pages": list(layout.pages), "panels": list(layout.panels), "rotation": layout.rotation,
        "focus": layout.focus or None,
    }  # fmt: skip


def _change(actor: Actor, now: Instant) -> dict[str, Any]:
    return {"rev": Screen.rev + 1, "changed_at": to_datetime(now), "changed_by": actor.user_id}


# --- items ----------------------------------------------------------------------------------


def pin(
    session: Session, screen: str, kind: str, ref: str, *, until: Instant = 0.0, actor: Actor, now: Instant
) -> int:  # fmt: skip
    """置顶 an incident or ticket on a screen (all: empty), below what is pinned already; return the item's number.

    WrongStatus when it is pinned there; one that was hidden is pinned instead. until : 0 = until it is released.
    """
    item = _place(session, "pinned", screen, kind, ref, until=until, actor=actor, now=now)
    event = e.ItemPinned(
        item=item, screen=screen, kind=kind, ref=ref, until=until, **_facts(actor, now)
    )
    _tell(session, event)
    return item


def hide(
    session: Session, screen: str, kind: str, ref: str, *, until: Instant = 0.0, actor: Actor, now: Instant
) -> int:  # fmt: skip
    """隐藏 an incident or ticket on a screen (all: empty); WrongStatus when it is hidden there. See `pin`."""
    item = _place(session, "hidden", screen, kind, ref, until=until, actor=actor, now=now)
    event = e.ItemHidden(
        item=item, screen=screen, kind=kind, ref=ref, until=until, **_facts(actor, now)
    )
    _tell(session, event)
    return item


def _place(
    session: Session, state: rules.State, screen: str, kind: str, ref: str, *, until: Instant,
    actor: Actor, now: Instant,
) -> int:  # fmt: skip
    require(actor)
    if kind not in rules.PLACED:
        raise BadInput("only what scrolls is pinned or hidden", field="kind")
    _ends(until, now, owed=False)
    _on(session, screen)
    _there(session, kind, ref, actor)
    last = session.scalar(
        select(func.max(ScreenItem.position)).where(
            ScreenItem.screen == screen, ScreenItem.state == "pinned"
        )
    )
    row: dict[str, Any] = {
        "state": state, "position": (last or 0) + 1, "by": actor.name, "at": to_datetime(now),
        "until": to_datetime(until) if until else None,
    }  # fmt: skip
    put = insert(ScreenItem).values(
        tenant_id=tenant_of(session), screen=screen, kind=kind, ref=ref, **row
    )
    item: int | None = session.scalar(
        put.on_conflict_do_update(
            index_elements=["tenant_id", "screen", "kind", "ref"],
            index_where=ScreenItem.state != "pushed",
            set_=row,
            where=or_(ScreenItem.state != state, ScreenItem.until <= to_datetime(now)),
        ).returning(ScreenItem.id)
    )
    if item is None:
        raise WrongStatus(f"{kind} {ref} is {state} already", cap="already")
    return item


def push(
    session: Session, screen: str, kind: str, ref: str, *, words: str = "", until: Instant,
    actor: Actor, now: Instant,
) -> int:  # fmt: skip
    """推送 (J-10): show something large on a screen (all: empty) until `until`, at most a day; return its number.

    What has come to its end is cleared away. WrongStatus while too many stand there.
    """
    require(actor)
    if kind not in rules.KINDS:
        raise BadInput("nothing to push", field="kind")
    words = text(words, "text", owed=kind == "text", most=rules.TEXT_MAX)
    _ends(until, now, owed=True)
    _on(session, screen)
    _there(session, kind, ref, actor)
    session.execute(
        delete(ScreenItem).where(ScreenItem.state == "pushed", ScreenItem.until <= to_datetime(now))
    )
    standing = select(func.count()).where(ScreenItem.screen == screen, ScreenItem.state == "pushed")
    if (session.scalar(standing) or 0) >= rules.PUSHES_MOST:
        raise WrongStatus("too many messages stand on the screen", cap="too_many")
    row = ScreenItem(
        tenant_id=tenant_of(session), screen=screen, kind=kind, ref=ref, state="pushed", text=words,
        by=actor.name, at=to_datetime(now), until=to_datetime(until),
    )  # fmt: skip
    session.add(row)
    session.flush()
    event = e.ItemPushed(
        item=row.id,
        screen=screen,
        kind=kind,
        ref=ref,
        text=words,
        until=until,
        **_facts(actor, now),
    )
    _tell(session, event)
    return row.id


def order(
    session: Session, screen: str, was: Sequence[int], items: Sequence[int], *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Put what is pinned on a screen into another order; WrongStatus when it is not `was` any more."""
    require(actor)
    rows = session.scalars(
        select(ScreenItem)
        .where(ScreenItem.screen == screen, ScreenItem.state == "pinned", lasting(now))
        .order_by(ScreenItem.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    # sorted here: PostgreSQL sorts by what stood there before it waited for the lock
    rows = sorted(rows, key=lambda row: (row.position, row.id))
    if [row.id for row in rows] != list(was):
        raise WrongStatus("another order stands there by now", cap="meanwhile")
    if list(items) == list(was) or sorted(items) != sorted(was):
        raise BadInput("the same items in another order", field="items")
    for row in rows:
        row.position = list(items).index(row.id) + 1
    _tell(session, e.ItemsOrdered(screen=screen, items=tuple(items), **_facts(actor, now)))


def screen_of(session: Session, item: int) -> str:
    """Return the screen an item is on; WrongStatus when it is gone."""
    found = session.scalar(select(ScreenItem.screen).where(ScreenItem.id == item))
    if found is None:
        raise WrongStatus(f"item {item} is gone", cap="gone")
    return found


def release(session: Session, item: int, *, actor: Actor, now: Instant) -> None:
    """Take back a pin, a hiding or a message; WrongStatus when somebody did, or it has come to its end."""
    require(actor)
    gone = session.execute(
        delete(ScreenItem)
        .where(ScreenItem.id == item, lasting(now))
        .returning(ScreenItem.screen, ScreenItem.kind, ScreenItem.ref, ScreenItem.state)
    ).first()
    if gone is None:
        raise WrongStatus(f"item {item} is gone", cap="gone")
    screen, kind, ref, state = gone
    event = e.ItemReleased(
        item=item, screen=screen, kind=kind, ref=ref, was=state, **_facts(actor, now)
    )
    _tell(session, event)


def lasting(now: Instant) -> ColumnElement[bool]:
    """True of items that have not come to their end."""
    return or_(ScreenItem.until.is_(None), ScreenItem.until > to_datetime(now))


def _ends(until: Instant, now: Instant, *, owed: bool) -> None:
    """Raise BadInput unless an end lies ahead, within a day where one is owed."""
    if not until and not owed:
        return
    if not now < until <= (now + rules.PUSH_MOST_S if owed else float("inf")):
        raise BadInput("an end ahead", field="until")


def _on(session: Session, screen: str) -> None:
    if screen == rules.ALL_SCREENS:
        return
    found = select(Screen.code).where(Screen.code == screen).with_for_update(read=True)
    if session.scalar(found) is None:
        raise BadInput(f"no screen {screen}", field="screen")


def _there(session: Session, kind: str, ref: str, actor: Actor) -> None:
    """Raise BadInput unless the actor sees what is to be shown, and it is fit for a wall."""
    match kind:
        case "incident" if ref.isdecimal():
            return _incident(session, int(ref), actor, "ref")
        case "ticket":
            found = session.execute(select(Ticket.id, Ticket.kind).where(Ticket.no == ref)).first()
            # what is said of our own staff hangs on no wall
            if found is not None and found.kind != STAFF:
                seen(session, found.id, actor=actor)
                return None
        case "state":
            bureau, _, key = ref.partition("/")
            known = select(CityState.key).where(CityState.bureau == bureau, CityState.key == key)
            if session.scalar(known) is not None:
                return None
        case "text" if not ref:
            return None
    raise BadInput(f"no {kind} {ref}", field="ref")


# --- telling --------------------------------------------------------------------------------


def _facts(actor: Actor, now: Instant) -> dict[str, Any]:
    number = secrets.token_hex(8)
    return {"id": f"display-{number}", "at": now, "actor": actor.ref, "by": actor.name}


def _tell(session: Session, event: e.AnyDisplayEvent) -> None:
    """Put the event into the outbox and into the audit."""
    outbox.record(session, streams.display_stream(tenant_of(session)), event)
    name = type(event).__name__
    skipped = {"id", "at", "actor", "cause", "by", "screen"}
    facts = {k: getattr(event, k) for k in event.__struct_fields__ if k not in skipped}
    detail = {k: list(v) if isinstance(v, tuple) else v for k, v in facts.items()}
    subject = f"screen:{getattr(event, 'screen', '') or 'all'}"
    audit(session, actor=event.actor, verb=_VERBS[name], subject=subject, now=event.at, **detail)


_VERBS = {
    "ScreenAdded": "add_screen", "ScreenRemoved": "remove_screen", "ScreenArranged": "arrange_screen",
    "ScreensSwitched": "switch_screens", "ItemPinned": "pin_item", "ItemHidden": "hide_item",
    "ItemPushed": "push_item", "ItemsOrdered": "order_items", "ItemReleased": "release_item",
}  # fmt: skip
