"""The hotspot page as files: the ranking and the cells as xlsx, the cells as GeoJSON, the map as PNG."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from h3.api import basic_str as h3

from dashboard.auth import require
from dashboard.export import book
from dashboard.hotspot_picture import png, span
from dashboard.pages.hotspots import seen
from dashboard.texts import t
from dashboard.views.hotspot_map import Shown, by_key, key_of
from dashboard.views.kit import Words
from dashboard.views.maps import Look
from gis_data.hotspots.surge import factor
from models.errors import NotFound

log = logging.getLogger(__name__)


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
    return make(seen(query, Look("desk", big=False)), words)


def _geojson(shown: Shown, words: Words) -> bytes:
    """WGS-84 (RFC 7946); what was counted, when and how stands beside the features."""
    board = shown.board
    found = []
    for key, facts in _cells(shown):
        ring = [(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(key)]
        shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        found.append({"type": "Feature", "id": key, "geometry": shape, "properties": facts})
    about = {
        "layer": shown.asked.layer, "since": board.period.since, "until": board.period.until,
        "made_at": board.made_at, "total": board.total, "resolution": board.resolution,
        "label": shown.base.manifest.label,
        "left_out": {name: getattr(board.left_out, name) for name in ("area", "default", "no", "outside")},
        "clusters": board.clusters.parameters, "surge": board.surge.parameters,
    }  # fmt: skip
    if shown.other:
        about["compared"] = {
            "since": shown.other.period.since, "until": shown.other.period.until, "alike": shown.other.alike,
        }  # fmt: skip
    if shown.step >= 0:
        about["step"] = shown.steps[shown.step]._asdict()
    whole = {"type": "FeatureCollection", "about": about, "features": found}
    return json.dumps(whole, ensure_ascii=False).encode()


def _cells(shown: Shown) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (cell, its facts) of every cell with a ticket, now or in the period compared, and of fading ones."""
    layers = (shown.board.density, shown.board.clusters, shown.board.surge)
    dense, gi, rise = (by_key(layer) for layer in layers)
    before = shown.other.cells if shown.other else {}
    fading = [key for key, trend in shown.board.trends.items() if trend == "fading"]
    for key in sorted({*shown.by_step, *before, *fading}, key=lambda k: (-shown.tickets(k), k)):
        one, two, number = gi.get(key), rise.get(key), shown.tickets(key)
        tested = two is not None and two.expected >= 0
        more: dict[str, Any] = {}
        if shown.step >= 0:
            more["step"] = shown.by_step[key][shown.step] if key in shown.by_step else 0
        if shown.other:
            more |= {"earlier": before.get(key, 0), "difference": number - before.get(key, 0)}
        yield key, {
            "name": shown.names.get(key, ""), "tickets": number, **more,
            "expected": round(two.expected, 2) if two and tested else None,
            "per_km2": round(dense[key].value, 3) if key in dense else None,
            "gi": round(one.value, 3) if one else None, "gi_p": one.p if one else None,
            "cluster": bool(one and one.raised),
            "ratio": (round(factor(two.value, two.expected), 3) or None) if two and tested else None,
            "surge_p": two.p if two and tested else None,
            "surge": bool(two and two.raised), "trend": shown.board.trends.get(key, ""),
        }  # fmt: skip


def _columns(shown: Shown) -> list[str]:
    step = ["step"] if shown.step >= 0 else []
    compared = ["earlier", "difference"] if shown.other else []
    tested = ["expected", "per_km2", "gi", "gi_p", "cluster", "ratio", "surge_p", "surge", "trend"]
    return ["name", "tickets", *step, *compared, *tested]


def _xlsx(shown: Shown, words: Words) -> bytes:
    buffer = io.BytesIO()
    with book(buffer) as made:
        bold = made.add_format({"bold": True})
        columns = _columns(shown)
        sheet = made.add_worksheet(words["hot.heading"])
        sheet.write_row(
            0, 0, [words["hot.cell"], *(words[f"hot.col.{name}"] for name in columns)], bold
        )
        for number, (key, facts) in enumerate(_cells(shown), start=1):
            values = [_cell(name, facts[name], words) for name in columns]
            sheet.write_row(number, 0, [key, *values])
        sheet.freeze_panes(1, 2)
        _areas(made.add_worksheet(words["hot.tab.districts"]), shown, words, bold)
        _about(made.add_worksheet(words["hot.about"]), shown, words)
    return buffer.getvalue()


def _areas(sheet: Any, shown: Shown, words: Words, bold: Any) -> None:  # noqa: ANN401 - a worksheet, a format
    compared = ("earlier", "difference") if shown.other else ()
    heads = ("name", "tickets", *compared, "expected", "per_10k", "ratio", "surge_p", "surge")
    sheet.write_row(0, 0, [words[f"hot.col.{name}"] for name in heads], bold)
    names = {each.code: each.name for each in shown.districts}
    rows = [row for row in shown.board.surge.rows if row.level == "district"]
    for number, row in enumerate(rows, start=1):
        before = shown.other.districts.get(row.key, 0) if shown.other else 0
        known = (factor(row.value, row.expected) or -1, row.p) if row.expected >= 0 else (-1, -1)
        values = [n if n >= 0 else "" for n in (row.expected, row.per_10k, *known)]
        two = [before, row.observed - before] if shown.other else []
        raised = words["choice.yes.yes"] if row.raised else ""
        sheet.write_row(
            number, 0, [names.get(row.key, row.key), row.observed, *two, *values, raised]
        )


def _about(sheet: Any, shown: Shown, words: Words) -> None:  # noqa: ANN401 - a worksheet
    board, left, key = shown.board, shown.board.left_out, key_of(shown, words)
    layers = dict.fromkeys((shown.asked.layer, "clusters", "density", "surge", "districts"))
    lines = [
        (words["hot.about.layer"], words[f"hot.layer.{key.name}"].format(step=key.step)),
        (words["hot.span"], span(shown, words)), (words["hot.tickets"], board.total),
        *([(words["hot.vs"], key.other)] if key.other else []),
        *((words[f"hot.left.{name}"].format(n=number), number) for name, number in
          (("area", left.area), ("default", left.default), ("no", left.no), ("outside", left.outside))),
        *((words[f"hot.layer.{layer}"], words[f"hot.about.{layer}"]) for layer in layers),
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


MAKERS = {
    "geojson": (_geojson, "application/geo+json"),
    "xlsx": (_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "png": (png, "image/png"),
}
