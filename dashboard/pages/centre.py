"""信息综合展现: the big screen of the centre. It has no callbacks: all of it comes by the live streams."""

import re
from urllib.parse import parse_qs

from command import display
from dashboard.auth import require, viewer
from dashboard.door import ground, map_base
from dashboard.pages.context import actor, map_look, words
from dashboard.views import centre as views
from dashboard.views.kit import Child
from dashboard.views.maps import Base, Look
from models.errors import NotFound, Refused

_CODE = re.compile(r"[a-z0-9-]{1,20}")


def page(search: str) -> Child:
    """Return the screen that the address names: `?screen=CODE`, without one the first, with navigation."""
    require("command.view")
    me = viewer()
    if me.unit:
        raise Refused("units have no part in command", permission="command.view")
    asked = parse_qs(search.lstrip("?")).get("screen", [""])[0]
    code = asked if _CODE.fullmatch(asked) else ""
    nav = None if code else views.nav(words(), may_console=display.may(actor()))
    return views.page(words(), base=_base(), nav=nav, screen=code, may_command=not code)


def _base() -> Base | None:
    """Return the ground of the map, None while the tenant has no city."""
    try:
        return map_base(ground(), Look("wall", big=map_look().big))
    except NotFound:
        return None
