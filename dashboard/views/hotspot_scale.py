"""What the shades of each layer stand for: one scale for the page's map, its legend and the picture sent along."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from dash import html

from dashboard.views.kit import Child, Words

SHADES, SIDES = 5, 3
"""Shades of a layer; of more, and of less, where two periods are compared."""
FAINT = (0.28, 0.53, 0.78)
"""How opaque the differences are, the small ones first."""
Scales = Mapping[str, Sequence[float]]
"""Layer -> the upper ends of its classes; `step` and `district_step` while one step of time is looked at."""


class Key(NamedTuple):
    """What a legend needs: layer, its scales, the step's label or nothing, and how the compared period is said."""

    layer: str
    scales: Scales
    step: str = ""
    other: str = ""

    @property
    def name(self) -> str:
        """Return which scale is drawn."""
        if not self.step:
            return self.layer
        return "district_step" if self.layer == "districts" else "step"

    @property
    def edges(self) -> Sequence[float]:
        """Return the upper ends of the classes that are drawn."""
        return self.scales.get(self.name, ())


def edges(top: float, *, whole: bool, even: bool = False, classes: int = SHADES) -> list[float]:
    """Return the upper ends of at most so many classes up to `top`.

    whole : numbers of tickets, which end at whole ones. even : classes of one width; else those of few are narrower,
    since most places have few.
    """
    if top <= 0:
        return []
    shares = [((n + 1) / classes) ** (1 if even else 2) for n in range(classes)]
    ends = [float(ceil(top * share - 1e-9)) if whole else _above(top * share) for share in shares]
    return sorted(set(ends))


def _above(value: float) -> float:
    """Return the next number of three figures that is not less."""
    unit = 10.0 ** (floor(log10(value)) - 2)
    return round(ceil(value / unit - 1e-9) * unit, 10)


def shade(value: float, ends: Sequence[float], shades: int = SHADES) -> int:
    """Return which of the shades a value has, the darkest for the last class; -1 for nothing."""
    if value <= 0 or not ends:
        return -1
    number = next((n for n, end in enumerate(ends) if value <= end), len(ends) - 1)
    return place(number, len(ends), shades)


def place(number: int, classes: int, shades: int = SHADES) -> int:
    """Return the shade of a class."""
    return ceil((number + 1) * shades / classes) - 1


def told(value: float) -> str:
    """Return an end of a class as it is read."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def legend(key: Key, words: Words) -> list[Child]:
    """Return what the shades mean, class by class, what outlines mean, and what the layer may be used for."""
    scale: list[Child] = [html.B(words[f"hot.layer.{key.name}"].format(step=key.step))]
    if key.edges:
        scale += [" ", html.Span(words[f"hot.unit.{key.name}"], className="muted")]
        scale.append(html.Div(classes(key), className="steps"))
    known = [
        html.Span([html.I(className=f"sign {sign}"), words[f"hot.sign.{sign}"]])
        for sign in signs(key)
    ]
    about: list[Child] = [html.Div(known, className="signs")]
    if key.other and key.name == "change":
        about.append(html.Div(key.other))
    about.append(html.Div(words[f"hot.about.{key.name}"], className="muted"))
    return [html.Div(scale), html.Div(about)]


def signs(key: Key) -> Sequence[str]:
    """Return the outlines and fillings a layer knows beside its shades."""
    known = {
        "clusters": ("cluster", "fading", "badge"),
        "surge": ("surge",),
        "districts": ("rising", "unknown"),
    }
    return known.get(key.name, ())


def classes(key: Key) -> list[Child]:
    """Return each class as its shade and its upper end; of differences from the largest loss to the largest gain."""
    if key.name != "change":
        return [
            html.Span([html.I(style={"background": f"var(--hot-{place(n, len(key.edges)) + 1})"}), told(end)])
            for n, end in enumerate(key.edges)
        ]  # fmt: skip
    return [
        html.Span([html.I(style={"background": f"var(--{side})", "opacity": FAINT[at]}), text])
        for side, at, text in differences(key.edges)
    ]


def differences(ends: Sequence[float]) -> list[tuple[str, int, str]]:
    """Return (side, place in `FAINT`, text) of each class of a comparison, the largest loss first."""
    ordered = [(place(n, len(ends), SIDES), told(end)) for n, end in enumerate(ends)]
    less = [("less", at, f"−{text}") for at, text in reversed(ordered)]
    return [*less, *(("more", at, f"+{text}") for at, text in ordered)]
