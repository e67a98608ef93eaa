"""Plotting on the map of an incident: the tools on its edge and the panels beside them; scripts fill them."""

from collections.abc import Mapping

from dash import html

from dashboard.views.kit import Child, Words, aria, data
from models.errors import HotlineError

TOOLS = ("select", "point", "line", "arrow", "area", "circle", "sector", "text")
EFFECTS = ("close", "buffer", "plume")
HISTORY = ("undo", "redo", "remove")
PANES = ("symbols", "layers", "log")


def tools(
    words: Words,
    *,
    actor: str,
    datum: str,
    incident: int,
    may_draw: bool,
    may_close: bool,
    may_approve: bool,
    may_edit: bool,
) -> Child:
    """Return what lies over the map `command-map`; who may only look sees the layers and measures.

    actor : as events name him; datum : what the map's tiles are drawn in.
    """
    drawing = [*TOOLS] if may_draw else []
    effects = [name for name in EFFECTS if may_close or name != "close"] if may_draw else []
    bars = [
        _bar(drawing, words),
        _bar([*effects, "measure"], words),
        _bar(HISTORY if may_draw else (), words, act=True),
        _bar(PANES if may_draw else ("layers",), words, pane=True),
    ]
    return html.Div(
        [
            html.Div([bar for bar in bars if bar is not None], className="plot-bars", role="toolbar",
                     **aria(label=words["plot.tools"])),
            html.Div(id="plot-hint", className="plot-hint", role="status"),
            html.Div(id="plot-sync", className="plot-sync", role="status", hidden=True),
            html.Div(id="plot-panel", className="plot-panel", hidden=True),
            html.Div(id="plot-style", className="plot-panel plot-style", hidden=True),
            html.Div(id="plot-camera", className="plot-camera", hidden=True),
        ],
        id="plot", className="plot",
        **data(actor=actor, datum=datum, incident=incident, draw="1" if may_draw else "",
               close="1" if may_close else "", approve="1" if may_approve else "",
               edit="1" if may_edit else ""),
    )  # fmt: skip


def _bar(
    names: "tuple[str, ...] | list[str]", words: Words, *, act: bool = False, pane: bool = False
) -> Child:
    if not names:
        return None
    kind = "plot_act" if act else "plot_pane" if pane else "plot_tool"
    buttons = [
        html.Button(
            words[f"plot.{name}"], type="button", title=words[f"plot.{name}_help"],
            **data(**{kind: name}), **({} if act else aria(pressed="false")),
        )
        for name in names
    ]  # fmt: skip
    return html.Div(buttons, className="plot-bar")


def refused_text(error: HotlineError, words: Mapping[str, str]) -> str:
    """Return why something was not drawn, in a sentence with the figures."""
    facts = {
        key: f"{value:,}" if isinstance(value, int) else value for key, value in error.facts.items()
    }
    for key in ("why", "field", "permission"):
        text = words.get(f"plot.no.{error.facts.get(key, '')}")
        if text is not None and error.facts.get(key):
            more = words["plot.no.offer"] if error.facts.get("offer") else ""
            return (
                text.format(**{"title": "", "vertices": "", "most": "", "name": "", **facts}) + more
            )
    return words.get(
        f"plot.no.{error.code}", words.get(f"error.{error.code}", words["error.error"])
    )
