"""The built-in symbols, drawn by us: a frame that tells the category, in it strokes on a field of 32 by 32.

The categories follow the structure of GB/T 35649-2017, the drawings are our own. No green, yellow or red: those
say how bad something is, and a symbol only says what it is.
"""

# ruff: noqa: E501 - a drawing is one line

from collections.abc import Mapping
from typing import NamedTuple


class Frame(NamedTuple):
    """A category's outline and hue."""

    outline: str
    hue: str


CATEGORIES: Mapping[str, Frame] = {
    "event": Frame('<path d="M16 2 30 16 16 30 2 16z"/>', "#7a1fa2"),
    "hazard": Frame('<path d="M16 3 30.5 28.5h-29z"/>', "#7c4a03"),
    "target": Frame('<path d="M3 14 16 3l13 11v15H3z"/>', "#0f766e"),
    "force": Frame('<rect x="2" y="6" width="28" height="20"/>', "#1d4ed8"),
    "supply": Frame('<circle cx="16" cy="16" r="13.5"/>', "#475569"),
    "facility": Frame('<rect x="3" y="3" width="26" height="26" rx="6"/>', "#0369a1"),
    "action": Frame('<path d="M10 3h12l7 7v12l-7 7H10l-7-7V10z"/>', "#9d174d"),
    "command": Frame('<path d="M5 31V3h23l-5 8 5 8H5"/>', "#111827"),
}
"""突发事件, 危险源, 防护目标, 应急力量, 应急物资, 应急设施, 处置行动, 指挥机构: in the order of the palette."""


class Art(NamedTuple):
    """A built-in symbol: its category, its name, its strokes."""

    category: str
    label: str
    strokes: str


def _p(d: str) -> str:
    return f'<path d="{d}"/>'


def _c(x: float, y: float, r: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}"/>'


_WAVE = "c1.2-1.5 2.3-1.5 3.5 0s2.3 1.5 3.5 0 2.3-1.5 3.5 0 2.3 1.5 3.5 0"
ART: Mapping[str, Art] = {
    # --- 突发事件
    "fire": Art("event", "火灾", _p("M16 8.5c.5 3.5 4.5 5.5 4.5 9.5a4.5 4.5 0 0 1-9 0c0-2 1-3.2 2-4 .1 1.6.8 2.5 1.7 2.5 1.3-2-.700-5 .8-8z")),
    "explosion": Art("event", "爆炸", _p("M16 8v4M16 20v4M8 16h4M20 16h4M10.5 10.5l2.8 2.8M18.7 18.7l2.8 2.8M21.5 10.5l-2.8 2.8M13.3 18.7l-2.8 2.8")),
    "gas-leak": Art("event", "燃气泄漏", _p("M8 19h6v-4h4M13 22v-3M18 14a2.3 2.3 0 0 1 .6-4.3 2.6 2.6 0 0 1 4.6 1.3 1.7 1.7 0 0 1-.2 3.4zM20 17v2M22.5 17v3")),
    "chem-spill": Art("event", "危化品泄漏", _p("M16 9c2.5 3.5 4 5.5 4 8a4 4 0 0 1-8 0c0-2.5 1.5-4.5 4-8zM12 24h8")),
    "flood": Art("event", "洪涝", _p(f"M9 12.5{_WAVE}M9 16.5{_WAVE}M9 20.5{_WAVE}")),
    "quake": Art("event", "地震", _p("M7 16h3l2-4.5 3 9 3-10 2 5.5h5")),
    "landslide": Art("event", "滑坡", _p("M9 21.5 14 11l3.5 4.5 5.5 6z") + _c(20, 12, 1.2) + _c(22.5, 15.5, 0.9)),
    "collapse": Art("event", "坍塌", _p("M10 22V12.5l6-3.5 6 3.5V22M14 12.5l2.5 3-2.5 2.5 2.5 2-1 2.5")),
    "crash": Art("event", "交通事故", _p("M8.5 19v-3l2-3.5h5l2 3.5v3zM20 12l2.5-2M20.5 15h3M20 18l2.5 2") + _c(11, 19.5, 1) + _c(15, 19.5, 1)),
    "outage": Art("event", "停电", _p("M17.5 8 11 17h4.5L14.5 24 21 15h-4.5z")),
    "epidemic": Art("event", "公共卫生事件", _c(16, 16, 3.8) + _p("M16 8.5v3.7M16 19.8v3.7M8.5 16h3.7M19.8 16h3.7M10.9 10.9l2.5 2.5M18.6 18.6l2.5 2.5M21.1 10.9l-2.5 2.5M13.4 18.6l-2.5 2.5")),
    "crowd": Art("event", "群体性事件", _c(16, 12.5, 2.2) + _c(11.5, 15, 1.7) + _c(20.5, 15, 1.7) + _p("M12.5 21.5c0-3.5 1.5-5 3.5-5s3.5 1.5 3.5 5M9 21c0-2 1-3 2.5-3M23 21c0-2-1-3-2.5-3")),
    # --- 危险源
    "tank": Art("hazard", "储罐", _p("M12 16v8h8v-8c0-2.5-8-2.5-8 0zM12 16c0 2 8 2 8 0M16 24v2")),
    "oil-depot": Art("hazard", "油库", _p("M16 14c2 2.6 3.2 4.2 3.2 6.1a3.2 3.2 0 0 1-6.4 0c0-1.9 1.2-3.5 3.2-6.1zM11 26h10")),
    "toxic": Art("hazard", "有毒物质", _c(16, 18, 3.2) + _p("M14.5 20.5v2.5h3v-2.5M14.8 17.8h.1M17.1 17.8h.1M11.5 25.5l9-2M20.5 25.5l-9-2")),
    "blasting": Art("hazard", "易爆物品", _c(15.5, 21, 3.8) + _p("M17.5 17.5l1.5-2 2 .5M22 15l1-1")),
    "tailings": Art("hazard", "尾矿库", _p("M9.5 24.5h13M11 24.5l3.5-6h3l3 6M13 21c1-.8 1.8-.8 2.8 0s1.8.8 2.8 0")),
    "live-wire": Art("hazard", "带电设施", _p("M17 13l-4 6.5h3L15 25l4.5-6.5h-3z")),
    # --- 防护目标
    "school": Art("target", "学校", _p("M9 15.5l7-3 7 3-7 3zM12 17v4.5c2.5 2 5.5 2 8 0V17M23 15.5v5")),
    "hospital": Art("target", "医院", _p("M14 13h4v4h4v4h-4v4h-4v-4h-4v-4h4z")),
    "nursing": Art("target", "养老院", _c(14, 13.5, 2) + _p("M14 16v5l-2 4M14 20l3 1.5.5 3.5M14 17.5l4 1.5M20.5 18v7M20.5 18c0-1.5-2-1.5-2 0")),
    "homes": Art("target", "居民区", _p("M9 25v-7l3.5-3 3.5 3v7M16 25v-10h7v10M18.5 18h2M18.5 21h2M12.5 25v-3")),
    "office": Art("target", "机关单位", _p("M9 25h14M10 17h12M16 12l6 5H10zM12 17v8M16 17v8M20 17v8")),
    "venue": Art("target", "人员密集场所", _p("M9 25v-6c3-5 11-5 14 0v6z") + _c(13, 21, 1.2) + _c(16, 20, 1.2) + _c(19, 21, 1.2)),
    # --- 应急力量
    "fire-engine": Art("force", "消防力量", _p("M6 20v-6h12v6zM18 20v-5h4l3 3v2M7.5 12l9-2") + _c(10, 20.8, 1.6) + _c(20.5, 20.8, 1.6)),
    "ambulance": Art("force", "救护车", _p("M6 20.5V12h12v8.5zM18 15h4l3 3v2.5h-7M12 13.5v5M9.5 16h5") + _c(10, 21, 1.5) + _c(20.5, 21, 1.5)),
    "police": Art("force", "公安力量", _p("M16 9l6 2v4.5c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8V11zM16 12.5l1 2.3 2.5.2-1.9 1.6.6 2.4-2.2-1.3-2.2 1.3.6-2.4-1.9-1.6 2.5-.2z")),
    "rescue": Art("force", "救援队", _c(16, 12, 2.2) + _p("M11 23c0-5 2-7.5 5-7.5s5 2.5 5 7.5M13 10.5c0-4 6-4 6 0M11.5 10.5h9")),
    "medics": Art("force", "医疗队", _c(11.5, 12.5, 2) + _p("M7.5 22.5c0-4.5 1.5-6.5 4-6.5s4 2 4 6.5M21 11.5v7M17.5 15h7")),
    "digger": Art("force", "工程机械", _p("M8 20v-5h6v5M14 16l4-6 5 4-1 4-3-1M7 20h9") + _c(9, 21.5, 1.3) + _c(14, 21.5, 1.3)),
    "boat": Art("force", "救援艇", _p(f"M7 16h18l-3 4.5H10zM15 16v-6l6 4.5M8.5 23{_WAVE}")),
    "drone": Art("force", "无人机", _p("M11 12l10 8M21 12l-10 8M14 14h4v4h-4z") + _c(10, 11.5, 2.3) + _c(22, 11.5, 2.3) + _c(10, 20.5, 2.3) + _c(22, 20.5, 2.3)),
    "repair": Art("force", "抢修队", _p("M21.5 10.5a4 4 0 0 0-5.3 4.7L10.5 21a1.5 1.5 0 0 0 2 2l5.8-5.7a4 4 0 0 0 4.7-5.3L20.5 14.5 18 13.5 17.5 11z")),
    # --- 应急物资
    "stores": Art("supply", "物资储备点", _p("M9 13l7-4 7 4v7l-7 4-7-4zM9 13l7 4 7-4M16 17v7")),
    "tent": Art("supply", "帐篷", _p("M8 22 16 10l8 12zM16 10v12M13 22l3-5 3 5")),
    "water": Art("supply", "饮用水", _p("M13 9h6M14 9v3l-2 2.5V23h8v-8.5L18 12V9M12 17.5h8")),
    "food": Art("supply", "食品", _p("M9 16h14c0 4-3 6.5-7 6.5S9 20 9 16zM12 13c0-1.5 1.5-1.5 1.5-3M16 13c0-1.5 1.5-1.5 1.5-3M20 13c0-1.5 1.5-1.5 1.5-3")),
    "generator": Art("supply", "发电机", _p("M8 12.5h13v8H8zM21 15h3v3h-3M10 20.5v2.5M19 20.5v2.5M15.5 13.5l-2.5 3.5h3l-2 3")),
    "sandbag": Art("supply", "沙袋", _p("M8.5 22.5c-1-3 0-4.5 1-4.5h4c1.5 0 2 1.5 1.5 4.5zM16 22.5c-1-3 0-4.5 1-4.5h5c1.5 0 2 1.5 1.5 4.5zM12 17c-1-3 0-4.5 1-4.5h5c1.5 0 2 1.5 1.5 4.5z")),
    # --- 应急设施
    "shelter": Art("facility", "避难场所", _p("M7 16 16 8l9 8M10 14v10h12V14M16 24v-5") + _c(16, 15.5, 1.6)),
    "helipad": Art("facility", "直升机起降点", _c(16, 16, 8.5) + _p("M13 12v8M19 12v8M13 16h6")),
    "hydrant": Art("facility", "消防水源", _p("M12 24V13.5c0-5 8-5 8 0V24M10 24h12M10 15.5h12M9 18.5h3M20 18.5h3M16 8V9.5")),
    "first-aid": Art("facility", "医疗救护点", _p("M8 13h16v10H8zM13 13v-3h6v3M16 15.5v5M13.5 18h5")),
    "speaker": Art("facility", "应急广播", _p("M9 14v4h3l6 4V10l-6 4zM20.5 13c1.5 1.5 1.5 4.5 0 6M22.5 11c2.6 2.6 2.6 7.4 0 10")),
    "base-station": Art("facility", "通信基站", _p("M16 14v10M12 24l4-10 4 10M13.5 20h5M12 10a5.6 5.6 0 0 0 0 7M20 10a5.6 5.6 0 0 1 0 7")),
    # --- 处置行动
    "closure": Art("action", "封控点", _c(16, 16, 7.5) + _p("M10.7 10.7 21.3 21.3")),
    "checkpoint": Art("action", "卡口", _p("M8 24v-9M8 15h16v4H8M12 15l-2.5 4M17 15l-2.5 4M22 15l-2.5 4M24 24v-9")),
    "evacuate": Art("action", "疏散", _c(13, 10, 1.8) + _p("M13 13l-3 4M13 13l.5 4.5L11 23M13.5 17.5l3 5M13.3 14l3.2 2M19 16h6M22.5 13.5 25 16l-2.5 2.5")),
    "assembly": Art("action", "集结点", _p("M8 8l5 5M13 9.5V13H9.5M24 8l-5 5M19 9.5V13h3.5M8 24l5-5M9.5 19H13v3.5M24 24l-5-5M22.5 19H19v3.5")),
    "divert": Art("action", "交通绕行", _p("M9 23V17c0-4 3-6 6-6h7M18.5 7.5 22.5 11l-4 3.5M16 18l5 5M21 18l-5 5")),
    "decon": Art("action", "洗消点", _p("M10 10h12M12 10v2.5M16 10v2.5M20 10v2.5M12 15v2M16 15v2M20 15v2M14 18v2M18 18v2") + _p("M9 23.5h14")),
    "search": Art("action", "搜索区", _c(14.5, 14.5, 5) + _p("M18.2 18.2 24 24")),
    # --- 指挥机构
    "post": Art("command", "指挥部", _p("M15 6.5l1.4 2.9 3.1.4-2.3 2.2.6 3.1-2.8-1.5-2.8 1.5.6-3.1-2.3-2.2 3.1-.4z")),
    "forward-post": Art("command", "现场指挥部", _p("M10 7v8M10 11h8M15 8l3 3-3 3")),
    "comms": Art("command", "通信指挥车", _p("M9 15v-4h9v4zM14 11V8M11.5 7.5a3.5 3.5 0 0 1 5 0") + _c(11.5, 15.3, 1) + _c(16, 15.3, 1)),
    "liaison": Art("command", "联络点", _p("M9 7h10v6h-5l-3 2.5V13H9zM12 10h4")),
}  # fmt: skip
"""Code -> symbol."""


def drawn(category: str, strokes: str) -> str:
    """Return a symbol as an SVG document."""
    frame = CATEGORIES[category]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">'
        f'<g fill="none" stroke="{frame.hue}" stroke-width="1.7" stroke-linecap="round" '
        f'stroke-linejoin="round"><g fill="#ffffff" stroke-width="2">{frame.outline}</g>'
        f"{strokes}</g></svg>"
    )
