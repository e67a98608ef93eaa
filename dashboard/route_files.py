"""The map's ways as a file: GeoJSON of what the address asks for, as the roads are open now."""

import asyncio
import json
import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response

from dashboard.auth import require
from dashboard.door import ground, reading
from dashboard.pages.city_ways import found
from dashboard.views import map_query
from models.errors import BadInput

log = logging.getLogger(__name__)


def routes(server: FastAPI) -> None:
    """Give the server the route's file."""

    @server.get("/api/route.geojson")
    async def route(request: Request) -> Response:
        who = require("ticket.view")
        body = await asyncio.to_thread(_geojson, request.url.query)
        log.info("route.geojson to user:%d", who.user_id)
        headers = {
            "content-disposition": "attachment; filename=route.geojson", "cache-control": "no-store",
        }  # fmt: skip
        return Response(body, media_type="application/geo+json", headers=headers)


def _geojson(query: str) -> bytes:
    """Return a FeatureCollection, WGS-84 (RFC 7946); BadInput when there is no way, `why` saying so."""
    with reading() as session:
        ways = found(session, ground(), map_query.way(query))
    if not ways.found:
        raise BadInput("no way", field="way", why=ways.none.cause if ways.none else "unasked")
    features = []
    for kind, way in ways.found:
        feature = way.geojson()
        features.append({**feature, "properties": {"kind": kind, **feature["properties"]}})
    about = {"from": ways.labels[0], "to": ways.labels[1]}
    whole = {"type": "FeatureCollection", "about": about, "features": features}
    return json.dumps(whole, ensure_ascii=False).encode()
