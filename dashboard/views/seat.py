"""One seat's day: its three states now, a strip of its intervals, sums by state, its calls."""

from collections.abc import Mapping, Sequence

from dash import html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, state_mark, table
from dashboard.views.shapes import CallShape, IntervalShape, SeatDayShape

ORDER = ("talk", "hold", "direct", "ring", "wrap", "idle", "busy", "rest", "learn", "offline")
ON_CONTACT = ("talk", "hold", "direct", "ring", "wrap")
HOURS = 3600


def seat(
    person: Mapping[str, str],
    day: SeatDayShape,
    *,
    span: tuple[float, float],
    zone: str,
    words: Words,
    with_calls: bool = True,
) -> list[Child]:
    """Return a seat's day; what is true this second is filled in from the live stream."""
    out = [
        _now(person["key"], day.desk, words),
        html.H3(words["seat.today"]),
        _strip(day.intervals, span, zone, words),
        html.H3(words["seat.sums"]),
        _sums(_with_open(day, span[1]), words),
    ]
    if with_calls:
        out += [html.H3(words["seat.calls"]), _calls(day.calls, zone, words)]
    return out


def title(person: Mapping[str, str], words: Words) -> list[Child]:
    """Return a seat's heading: number, person, team."""
    number = person.get("extension") or person["key"].rpartition("/")[2]
    about = [person.get("agent_no", ""), person.get("team", ""), person["key"]]
    return [
        html.H2(f"{words['seat.title']} {number} {person.get('name', '')}".strip()),
        html.Div(" · ".join(part for part in about if part), className="muted"),
    ]


def _now(key: str, desk: str, words: Words) -> html.Dl:
    """Return work, phone and computer state: three things that may differ."""
    rows = [
        (words["seat.work"], html.Dd(**data(seat_work=key))),
        (words["seat.phone"], html.Dd(**data(seat_phone=key))),
        (words["seat.computer"], html.Dd(words[f"desk.{desk or 'none'}"])),
        (words["seat.queues"], html.Dd(**data(seat_queues=key))),
    ]
    return html.Dl(
        [part for name, value in rows for part in (html.Dt(name), value)], className="now3"
    )


def _strip(
    intervals: Sequence[IntervalShape], span: tuple[float, float], zone: str, words: Words
) -> Child:
    if not intervals:
        return empty(words["seat.no_intervals"])
    start = max(span[0], intervals[0].start // HOURS * HOURS)
    last = max((each.end or span[1]) for each in intervals)
    end = min(span[1], -(-last // HOURS) * HOURS)
    wide = max(end - start, 1)
    parts = [_part(each, start, end, wide, zone, words) for each in intervals]
    step = HOURS // 4 if wide <= HOURS else HOURS if wide <= 8 * HOURS else 3 * HOURS
    ticks = [
        html.Span(
            clock.local(at, zone).strftime("%H:%M"),
            style={"left": f"{100 * (at - start) / wide:.3f}%"},
        )
        for at in range(int(start), int(end) + 1, step)
    ]
    return html.Div(
        [html.Div(parts, className="strip"), html.Div(ticks, className="ticks")],
        className="strip-box",
    )


def _part(
    each: IntervalShape, start: float, end: float, wide: float, zone: str, words: Words
) -> html.I:
    first, last = max(each.start, start), min(each.end or end, end)
    what = words.get(f"state.{each.state}", each.state)
    if each.reason:
        what = f"{what}（{each.reason}）"
    text = f"{what} {clock.time_of(each.start, zone)} {clock.duration(last - first, words)}"
    return html.I(
        className=f"st st-{each.state}",
        title=text,
        style={
            "left": f"{100 * (first - start) / wide:.3f}%",
            "width": f"{max(100 * (last - first) / wide, 0.12):.3f}%",
        },
    )


def _with_open(day: SeatDayShape, until: float) -> dict[str, float]:
    """Return seconds by state, the state that lasts included: it has no end to be summed by yet."""
    sums = dict(day.sums)
    for each in day.intervals:
        if not each.end:
            sums[each.state] = sums.get(each.state, 0.0) + max(0.0, until - each.start)
    return sums


def _sums(sums: Mapping[str, float], words: Words) -> Child:
    if not any(sums.values()):
        return empty(words["seat.no_intervals"])
    contact = sum(sums.get(name, 0) for name in ON_CONTACT)
    ready = contact + sums.get("idle", 0)
    cells: list[Child] = [
        html.Div([state_mark(name, words), html.B(clock.duration(sums[name], words))])
        for name in ORDER
        if sums.get(name)
    ]
    if ready:
        share = f"{100 * contact / ready:.1f} %"
        cells.append(html.Div([html.Span(words["seat.occupancy"]), html.B(share)]))
    return html.Div(cells, className="sums")


def _calls(calls: Sequence[CallShape], zone: str, words: Words) -> Child:
    if not calls:
        return empty(words["seat.no_calls"])
    heads = [
        (words["calls.col.entered"], ""),
        (words["calls.col.caller"], ""),
        (words["calls.col.queue"], ""),
        (words["calls.col.wait"], "num"),
        (words["calls.col.talk"], "num"),
    ]
    rows = [
        (
            clock.time_of(call.entered or call.arrived, zone),
            link(call.caller or "—", "#", **data(call=call.key)),
            call.queue_label or call.queue,
            clock.timer(call.wait),
            clock.timer(call.talk),
        )
        for call in calls
    ]
    return table(heads, rows, label=words["seat.calls"])
