"""The hotspot page as files: the ranking and the cells as xlsx, the cells as GeoJSON, the map as PNG."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import numpy as np
import shapely
from fastapi import FastAPI, Request
from fastapi.responses import Response
from h3.api import basic_str as h3

from dashboard.auth import require
from dashboard.door import ground, reading
from dashboard.export import book
from dashboard.pages.hotspots import seen
from dashboard.texts import t
from dashboard.views import clock
from dashboard.views.hotspot_map import Shown, by_key, most
from dashboard.views.kit import Words
from dashboard.views.maps import Look
from gis_data.tiles.picture import Frame, frame_of, picture
from models.errors import NotFound

log = logging.getLogger(__name__)

WIDTH, HEIGHT, HEAD, FOOT = 1600, 1130, 84, 56
PALETTE = ("#e3dcf2", "#bfaee3", "#9677cd", "#6c41ad", "#431a7d")
"""As `37-maps.css` has it for paper."""


def routes(server: FastAPI) -> None:
    """Give the server the hotspots' files."""

    @server.get("/api/hotspots.{kind}")
    async def hotspots(request: Request, kind: str) -> Response:
        who = require("ticket.view")
        if kind not in MAKERS:
            raise NotFound(f"no hotspots as {kind[:10]}")
        make, media = MAKERS[kind]
        words = t(request.cookies.get("lang", "zh"))
        body = await asyncio.to_thread(_made, make, request.url.query, words)
        log.info("hotspots as %s to user:%d", kind, who.user_id)
        headers = {
            "content-disposition": f"attachment; filename=hotspots.{kind}",
            "cache-control": "no-store",
        }
        return Response(body, media_type=media, headers=headers)


def _made(make: Callable[[Shown, Words], bytes], query: str, words: Words) -> bytes:
    with reading() as session:
        shown = seen(session, query, Look("desk", big=False))
    return make(shown, words)


def _geojson(shown: Shown, words: Words) -> bytes:
    """WGS-84 (RFC 7946); what was counted, when and how stands beside the features."""
    board = shown.board
    found = []
    for key, facts in _cells(shown):
        ring = [(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(key)]
        shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        found.append({"type": "Feature", "id": key, "geometry": shape, "properties": facts})
    about = {
        "since": board.period.since, "until": board.period.until, "made_at": board.made_at,
        "total": board.total, "resolution": board.resolution, "label": shown.base.manifest.label,
        "left_out": {name: getattr(board.left_out, name) for name in ("area", "default", "no", "outside")},
        "clusters": board.clusters.parameters, "surge": board.surge.parameters,
    }  # fmt: skip
    whole = {"type": "FeatureCollection", "about": about, "features": found}
    return json.dumps(whole, ensure_ascii=False).encode()


def _cells(shown: Shown) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (cell, its facts) of every cell with a ticket, the fullest first."""
    layers = (shown.board.density, shown.board.clusters, shown.board.surge)
    dense, gi, rise = (by_key(layer) for layer in layers)
    told = sorted(
        ((sum(n), key) for key, n in shown.by_step.items()), key=lambda one: (-one[0], one[1])
    )
    for number, key in told:
        one, two = gi.get(key), rise.get(key)
        yield key, {
            "name": shown.names.get(key, ""), "tickets": number,
            "expected": round(two.expected, 2) if two and two.expected >= 0 else None,
            "per_km2": round(dense[key].value, 3) if key in dense else None,
            "gi": round(one.value, 3) if one else None, "gi_p": one.p if one else None,
            "cluster": bool(one and one.raised),
            "ratio": round(two.value, 3) if two and two.expected >= 0 else None,
            "surge_p": two.p if two and two.expected >= 0 else None,
            "surge": bool(two and two.raised), "trend": shown.board.trends.get(key, ""),
        }  # fmt: skip


COLUMNS = (
    "name",
    "tickets",
    "expected",
    "per_km2",
    "gi",
    "gi_p",
    "cluster",
    "ratio",
    "surge_p",
    "surge",
    "trend",
)


def _xlsx(shown: Shown, words: Words) -> bytes:
    buffer = io.BytesIO()
    with book(buffer) as made:
        bold = made.add_format({"bold": True})
        sheet = made.add_worksheet(words["hot.heading"])
        sheet.write_row(
            0, 0, [words["hot.cell"], *(words[f"hot.col.{name}"] for name in COLUMNS)], bold
        )
        for number, (key, facts) in enumerate(_cells(shown), start=1):
            sheet.write_row(
                number, 0, [key, *(_cell(name, facts[name], words) for name in COLUMNS)]
            )
        sheet.freeze_panes(1, 2)
        areas = made.add_worksheet(words["hot.tab.districts"])
        heads = [
            words[f"hot.col.{name}"]
            for name in ("name", "tickets", "expected", "per_10k", "ratio", "surge_p")
        ]
        areas.write_row(0, 0, heads, bold)
        names = {each.code: each.name for each in shown.districts}
        rows = [row for row in shown.board.surge.rows if row.level == "district"]
        for number, row in enumerate(rows, start=1):
            known = (row.value, row.p) if row.expected >= 0 else (-1, -1)
            values = [row.observed, row.expected, row.per_10k, *known]
            areas.write_row(
                number, 0, [names.get(row.key, row.key), *(n if n >= 0 else "" for n in values)]
            )
        _about(made.add_worksheet(words["hot.about"]), shown, words)
    return buffer.getvalue()


def _about(sheet: Any, shown: Shown, words: Words) -> None:  # noqa: ANN401 - a worksheet
    board, left = shown.board, shown.board.left_out
    lines = [
        (words["hot.span"], _span(shown, words)), (words["hot.tickets"], board.total),
        *((words[f"hot.left.{name}"].format(n=number), number) for name, number in
          (("area", left.area), ("default", left.default), ("no", left.no), ("outside", left.outside))),
        *((words[f"hot.layer.{layer}"], words[f"hot.about.{layer}"]) for layer in ("clusters", "density", "surge")),
        (shown.base.manifest.label, shown.base.manifest.attribution),
    ]  # fmt: skip
    for number, line in enumerate(lines):
        sheet.write_row(number, 0, line)


def _cell(name: str, value: Any, words: Words) -> str | float:  # noqa: ANN401 - a fact of a cell
    if isinstance(value, bool):
        return words["choice.yes.yes"] if value else ""
    if name == "trend":
        return words[f"hot.trend.{value}"] if value else ""
    return "" if value is None else value


def _span(shown: Shown, words: Words) -> str:
    period = shown.board.period
    return f"{clock.moment(period.since, shown.zone, words)} – {clock.moment(period.until, shown.zone, words)}"


def _png(shown: Shown, words: Words) -> bytes:
    """The present layer on our own ground, with what a picture must say when it travels alone."""
    here, layer = ground(), shown.asked.layer
    frame = frame_of(shown.base.manifest.bbox, WIDTH, HEIGHT - HEAD - FOOT)
    frame = frame._replace(top=frame.top - HEAD, height=HEIGHT)
    parts = [*_drawn(shown, frame, layer), *_words(shown, layer, words)]
    return picture(here.tiles, frame, parts)


def _drawn(shown: Shown, frame: Frame, layer: str) -> Iterator[str]:
    top = most(shown)[layer] or 1
    if layer == "districts":
        rates = {row.key: row.per_10k for row in shown.board.surge.rows if row.level == "district"}
        for each in shown.districts:
            rings = (part.exterior for part in shapely.get_parts(each.shape))
            path = " ".join(_path(shapely.get_coordinates(ring), frame) for ring in rings)
            fill = _shade(rates.get(each.code, 0), top)
            yield f'<path d="{path}" fill="{fill}" fill-opacity="0.6" stroke="#5b6b82"/>'
        return
    for key, facts in _cells(shown):
        value = {"density": facts["per_km2"], "surge": facts["ratio"]}.get(
            layer, facts["tickets"]
        ) or 0
        raised = (
            facts["cluster"]
            if layer == "clusters"
            else facts["surge"]
            if layer == "surge"
            else False
        )
        edge = ' stroke="#172033" stroke-width="2.4"' if raised else ""
        ring = np.array([(lon, lat) for lat, lon in h3.cell_to_boundary(key)])
        yield f'<path d="{_path(ring, frame)}" fill="{_shade(value, top)}" fill-opacity="0.62"{edge}/>'


def _path(points: np.ndarray, frame: Frame) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in frame.pixels(points)) + "Z"


def _shade(value: float, top: float) -> str:
    return PALETTE[min(int((max(value, 0) / top) ** 0.5 * 5), 4)]


def _words(shown: Shown, layer: str, words: Words) -> Iterator[str]:
    manifest = shown.base.manifest
    title = f"{manifest.name} {words['hot.heading']} · {words[f'hot.layer.{layer}']}"
    yield f'<rect width="{WIDTH}" height="{HEAD}" fill="#ffffff" fill-opacity="0.94"/>'
    yield f'<text x="28" y="38" font-size="26" font-weight="700" fill="#172033">{escape(title)}</text>'
    total = words["hot.total"].format(n=shown.board.total)
    yield f'<text x="28" y="66" font-size="17" fill="#5b6b82">{escape(f"{_span(shown, words)} · {total}")}</text>'
    yield f'<rect y="{HEIGHT - FOOT}" width="{WIDTH}" height="{FOOT}" fill="#ffffff" fill-opacity="0.94"/>'
    for number, colour in enumerate(PALETTE):
        yield f'<rect x="{28 + 46 * number}" y="{HEIGHT - 38}" width="46" height="16" fill="{colour}"/>'
    ends = (
        f"0 – {most(shown)[layer]:,.1f} {words[f'hot.unit.{layer}']}" if layer != "change" else ""
    )
    yield f'<text x="272" y="{HEIGHT - 24}" font-size="17" fill="#172033">{escape(ends)}</text>'
    about = f"{words[f'hot.about.{layer}'][:60]} {manifest.label} {manifest.attribution}"
    at = f'x="{WIDTH - 28}" y="{HEIGHT - 24}" font-size="15" text-anchor="end" fill="#5b6b82"'
    yield f"<text {at}>{escape(about)}</text>"


MAKERS = {
    "geojson": (_geojson, "application/geo+json"),
    "xlsx": (_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "png": (_png, "image/png"),
}
