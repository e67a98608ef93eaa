"""The map's own routes: tiles of the tenant's city, drawn in a thread, kept by the browser."""

import asyncio
import re

from fastapi import FastAPI
from fastapi.responses import Response

from dashboard import auth
from dashboard.door import ground
from gis_data.tiles.style import THEMES
from models.errors import NotFound

_TILE = re.compile(r"(\d{1,9})@([12])\.png")


def routes(server: FastAPI) -> None:
    """Give the server the maps' routes."""

    @server.get("/tiles/{version}/{theme}/{zoom}/{x}/{name}")
    async def tile(version: str, theme: str, zoom: str, x: str, name: str) -> Response:
        # the big screen's account and crews on site see no tickets
        if auth.viewer().can.isdisjoint({"command.view", "site.act"}):
            auth.require("ticket.view")
        found = _TILE.fullmatch(name)
        numbers = (zoom, x)
        if not found or not all(re.fullmatch(r"\d{1,9}", part) for part in numbers):
            raise NotFound(f"no tile {name[:40]}")
        if theme not in THEMES:
            raise NotFound(f"no theme {theme[:20]}")
        body = await asyncio.to_thread(
            _draw, version, theme, int(zoom), int(x), int(found[1]), int(found[2])
        )
        # the version stands in the address: what was drawn for it stays true for ever
        headers = {"cache-control": "private, max-age=31536000, immutable"}
        return Response(body, media_type="image/png", headers=headers)


def _draw(version: str, theme: str, zoom: int, x: int, y: int, scale: int) -> bytes:
    here = ground()
    if version != here.version:
        raise NotFound(f"no city {version[:16]}")  # the city was switched: the page asks anew
    chosen = next(known for known in THEMES if known == theme)
    return here.tiles.tile(chosen, zoom, x, y, scale=scale)
