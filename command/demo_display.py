"""The demo centre's screens: a main one, and two beside it that turn."""

from sqlalchemy import Engine, select

from command import display
from command.display import Layout
from models.clock import Instant
from models.store import db
from models.store.people import PERMISSIONS
from models.tables import Screen
from tickets.moving import Actor

SYSTEM = Actor(0, "系统", PERMISSIONS)
SCREENS: tuple[tuple[str, str, Layout], ...] = (
    ("main", "主屏", Layout()),
    ("left", "左屏", Layout(("map", "city"), rotation=30)),
    ("right", "右屏", Layout(("events", "incident"), rotation=30)),
)


def fill(engine: Engine, tenant_id: int, *, now: Instant) -> int:
    """Give a demo without screens its screens; return how many."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(Screen.code).limit(1)) is not None:
            return 0
        for code, label, layout in SCREENS:
            display.add_screen(session, code, label, actor=SYSTEM, now=now)
            if layout != Layout():
                display.arrange(session, code, 1, label, layout, actor=SYSTEM, now=now)
    return len(SCREENS)
