"""Why a place is hot: its tickets by category, unit, hour and day, who lives there, what looks like one matter."""

from collections.abc import Mapping, Sequence

from dash import html

from dashboard.views.hotspot_map import Step
from dashboard.views.kit import Child, Words, aria, link
from dashboard.views.ticket_query import TicketQuery
from gis_data.hotspots.why import Share, Why
from tickets.criteria import NONE


def why(
    found: Why, name: str, tickets: TicketQuery, labels: Mapping[str, str], words: Words,
    *, trend: str = "", step: Step | None = None, incident: str = "",
) -> list[Child]:  # fmt: skip
    """Return why a place is hot; `tickets` opens exactly those, `labels` are categories' and units'.

    incident : the address that begins an incident from here, empty for who may not.
    """
    told = [words["hot.n"].format(n=found.total)]
    if step is not None:
        told.insert(0, step.label)
    marks = [html.Span(words[f"hot.trend.{trend}"], className="chip-note")] if trend else []
    head = html.Header(
        [html.H2([name, " ", *marks]), html.Div(" · ".join(told), className="muted")]
    )
    opens = [
        link(words["hot.open"].format(n=found.total), tickets.href(), className="button primary"),
        link(words["hot.instruct"], tickets.href(desk="instruct"), className="button"),
        link(words["command.report"], incident, className="button") if incident else None,
    ]
    parts: list[Child] = [head, *([html.Div(opens, className="line")] if found.total else [])]
    if found.population >= 0:
        rate = f"{found.per_10k:.2f}" if found.per_10k >= 0 else "–"
        said = words["hot.people"].format(n=f"{found.population:,.0f}", rate=rate)
        parts.append(html.P(said, className="hot-note"))
    without_category, without_unit = found.unfilled
    parts += _shares("category", found.categories, without_category, tickets, labels, words)
    parts += _shares("unit", found.units, without_unit, tickets, labels, words)
    parts += _series(found, words)
    parts += _hours(found.hours, words)
    parts += _groups(found.groups, words)
    return [*parts, *_samples(found, words)]


def _shares(
    name: str, shares: Sequence[Share], without: int, tickets: TicketQuery,
    labels: Mapping[str, str], words: Words,
) -> list[Child]:  # fmt: skip
    """Return the bars of the most frequent ones; what nobody filled in is said apart."""
    parts: list[Child] = []
    if shares:
        top = max(share.here for share in shares)
        bars: list[Child] = []
        for share in shares:
            lift = words["hot.lift"].format(n=f"{share.lift:.1f}") if share.lift >= 1.5 else ""
            bars += [
                html.Span(labels.get(share.key, share.key)),
                html.I(style={"width": f"{100 * share.here / top:.0f}%"}),
                html.Span([f"{share.here} ", html.Span(lift, className="muted")]),
            ]
        parts.append(html.Div(bars, className="bars"))
    if without:
        text = words[f"hot.unfilled.{name}"].format(n=without)
        parts.append(html.P(link(text, tickets.href(**{name: NONE})), className="hot-note"))
    return [html.H3(words[f"hot.by_{name}"]), *parts] if parts else []


def _series(found: Why, words: Words) -> list[Child]:
    """Return the tickets step by step, those before the period pale, so that a rise shows."""
    most = max(found.series, default=0)
    if not most or len(found.series) < 2:
        return []
    bars = [
        html.I(style={"height": f"{100 * number / most:.0f}%"}, className="past" if at < found.earlier else "")
        for at, number in enumerate(found.series)
    ]  # fmt: skip
    before, now = sum(found.series[: found.earlier]), sum(found.series[found.earlier :])
    said = words["hot.series"].format(before=before, now=now)
    if not found.earlier:
        said = words["hot.series_alone"].format(now=now)
    picture = html.Div(bars, className="hot-series", role="img", **aria(label=said))
    return [html.H3(words["hot.by_time"]), picture, html.P(said, className="hot-note")]


def _hours(hours: Sequence[int], words: Words) -> list[Child]:
    most = max(hours, default=0)
    if not most:
        return []
    bars = [
        html.I(style={"height": f"{100 * number / most:.0f}%"}, title=f"{hour:02}:00 · {number}")
        for hour, number in enumerate(hours)
    ]
    return [html.H3(words["hot.by_hour"]), html.Div(bars, className="hot-hours")]


def _groups(groups: Sequence[Sequence[str]], words: Words) -> list[Child]:
    if not groups:
        return []
    said = words["hot.groups"].format(n=len(groups), m=len(groups[0]))
    numbers = [link(no, f"/ticket?no={no}", className="num") for no in groups[0][:8]]
    listed = [part for no in numbers for part in (no, " ")]
    return [html.H3(said), html.Div(listed, className="hot-note")]


def _samples(found: Why, words: Words) -> list[Child]:
    if not found.samples:
        return []
    lines = [
        html.Li([link(one.no, f"/ticket?no={one.no}", className="num"), " ", one.title or words["hot.hidden"]])
        for one in found.samples
    ]  # fmt: skip
    return [html.H3(words["hot.samples"]), html.Ul(lines)]
