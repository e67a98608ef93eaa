"""One tile as a picture: SVG written from the sheet, drawn by resvg; a city's ground and its names."""

from collections.abc import Iterator, Sequence
from html import escape

import resvg_py
import shapely

from gis_data.tiles.grid import PIXELS, box, side
from gis_data.tiles.labels import Label
from gis_data.tiles.sheet import Layer, Shapes, Sheet
from gis_data.tiles.style import AREAS, PALETTES, ROADS, Palette, Theme, road_width

MARGIN = 8
"""Pixels drawn beyond the edge, so that no outline ends at it."""
FONTS = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, Noto Sans SC, sans-serif"


def render(
    sheet: Sheet,
    labels: Sequence[Label],
    zoom: int,
    x: int,
    y: int,
    *,
    theme: Theme,
    scale: int = 1,
) -> bytes:
    """Return a tile of 256 `scale` pixels a side as PNG; `labels` are those it shows."""
    svg = draw(sheet, labels, zoom, x, y, PALETTES[theme])
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=float(scale)))


def draw(sheet: Sheet, labels: Sequence[Label], zoom: int, x: int, y: int, colours: Palette) -> str:
    """Return the tile as SVG."""
    view = _View(zoom, x, y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PIXELS}" height="{PIXELS}" '
        f'font-family="{FONTS}" stroke-linejoin="round" stroke-linecap="round">',
        f'<rect width="{PIXELS}" height="{PIXELS}" fill="{colours.land}"/>',
        *_areas(sheet, view, colours),
        *_roads(sheet, view, colours),
    ]
    border = view.path(sheet.borders)
    if border:
        dashes = 'fill="none" stroke-width="1.2" stroke-dasharray="6 3 1.5 3" stroke-opacity="0.8"'
        parts.append(f'<path d="{border}" stroke="{colours.border}" {dashes}/>')
    parts += [_text(label, view, colours) for label in labels]
    return "".join(parts) + "</svg>"


class _View:
    """A tile as a window: world coordinates in, its pixels out."""

    def __init__(self, zoom: int, x: int, y: int) -> None:
        self.zoom = zoom
        self.left, self.top = x * PIXELS, y * PIXELS
        self._side = side(zoom)
        self._bounds = box(zoom, x, y, MARGIN)

    def path(self, layer: Layer | None) -> str:
        """Return what a layer has in the window as SVG path data."""
        if layer is None:
            return ""
        shapes = layer.within(self._bounds)
        if not len(shapes):
            return ""
        return " ".join(self._lines(shapes))

    def _lines(self, shapes: Shapes) -> Iterator[str]:
        parts = shapely.get_parts(shapely.simplify(shapes, 0.4 / self._side))
        polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        rings = shapely.get_rings(parts[polygons])
        for shape, close in ((rings, "Z"), (parts[~polygons], "")):
            points, owner = shapely.get_coordinates(shape, return_index=True)
            if not len(points):
                continue
            pixels = (points * self._side - (self.left, self.top)).round(1)
            last = -1
            words = []
            for (px, py), number in zip(pixels.tolist(), owner.tolist(), strict=True):
                if number != last:
                    words.append((close if last >= 0 else "") + f"M{px} {py}L")
                    last = number
                else:
                    words.append(f"{px} {py} ")
            yield "".join(words) + close


def _areas(sheet: Sheet, view: _View, colours: Palette) -> Iterator[str]:
    for kind, since in AREAS.items():
        path = view.path(sheet.areas.get(kind)) if view.zoom >= since else ""
        if path:
            yield f'<path d="{path}" fill="{getattr(colours, kind)}" fill-rule="evenodd"/>'


def _roads(sheet: Sheet, view: _View, colours: Palette) -> Iterator[str]:
    """Casings below all roads, bridges' casings over what they cross."""
    shown = [(kind, style) for kind, style in ROADS.items() if view.zoom >= style.since]
    lines = [
        (view.path(sheet.roads.get(kind)), road_width(style, view.zoom), getattr(colours, style.colour))
        for kind, style in shown
    ]  # fmt: skip
    spans = [
        (view.path(sheet.bridges.get(kind)), road_width(style, view.zoom), getattr(colours, style.colour))
        for kind, style in shown
    ]  # fmt: skip
    for paths, edge in ((lines, 1.4), (spans, 3.0)):
        for path, width, _ in paths:
            if path and width > 1.2:
                yield _line(path, colours.casing, width + edge)
        for path, width, colour in paths:
            if path:
                yield _line(path, colour if width > 1.2 else colours.casing, width)


def _line(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}"/>'


def _text(label: Label, view: _View, colours: Palette) -> str:
    x, y = label.x - view.left, label.y - view.top
    what = label.kind.partition(":")[0]
    strong = what in ("city", "district")
    fill = colours.water_text if what == "water" else colours.text if strong else colours.quiet
    turn = f' transform="rotate({label.angle} {x:.1f} {y:.1f})"' if label.angle else ""
    dot = ""
    if what == "place":
        dot = (
            f'<circle cx="{x:.1f}" cy="{y - label.size * 0.9:.1f}" r="2.4" fill="{colours.quiet}"/>'
        )
    return (
        f'{dot}<text x="{x:.1f}" y="{y + label.size * 0.36:.1f}" text-anchor="middle" '
        f'font-size="{label.size:g}" fill="{fill}" stroke="{colours.halo}" stroke-width="2.6" '
        f'stroke-opacity="0.9" paint-order="stroke"{turn}>{escape(label.text)}</text>'
    )
