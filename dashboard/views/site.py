"""The site page: one column for a phone or a tablet; ids as `pages.site` says, presses as `79-site.js` sends them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import dcc, html

from dashboard.views import clock, files
from dashboard.views.dispatch import NEXT
from dashboard.views.kit import Child, Words, aria, data, empty, status
from dashboard.views.maps import Base, city_map, features, shapes
from gis_data.roads.routes import Route
from models.errors import HotlineError, NotFound, WrongStatus
from models.rules.incident.progress import MOVING, arrival, may_follow
from models.rules.incident.site import Other, Sheet, mark
from models.rules.incident.state import Order, Remark, Task

PARTS = ("head", "map", "list", "tools")
"""The page from above: what the unit is sent to and its steps, the map, orders and tasks, what one sends oneself."""
HALVES = (25, 50, 75)
_ROUND_DEG = 0.006


class Seen(NamedTuple):
    """What the page is drawn from. type : the incident's, in words; leads : whether the crew may order others."""

    sheet: Sheet
    type: str
    leads: bool
    zone: str
    now: float


def page(unit: str, code: str, words: Words) -> Child:
    """Return the page's frame; its parts are drawn by their callback."""
    live = html.P(words["site.live.loading"], className="site-live", **data(site_live=""))
    return html.Div(
        [
            html.Header([html.H1(words["site.unit"].format(label=unit, code=code)), live]),
            *[html.Div(id=f"site-{part}", className=f"site-{part}") for part in PARTS],
            dcc.Store(id="site-tick"), dcc.Store(id="site-keys", data={}),
        ],
        id="site", className="site", **data(live="loading"),
    )  # fmt: skip


def idle(words: Words) -> Child:
    """Return what stands there while the unit is bound to nothing."""
    return html.Div(empty(words["site.none"]), **data(incident=0, mark=""))


# --- what the unit is sent to -----------------------------------------------------------------


def head(seen: Seen, words: Words) -> Child:
    """Return the incident, where, and the steps of the unit's own assignment."""
    i, own = seen.sheet, seen.sheet.assignment
    may = may_follow(own.progress)
    steps = [
        _send(words[f"site.step.{step}"], "primary" if place == 0 else "", verb="step", step=step)
        for place, step in enumerate(step for step in NEXT if step in may)
    ]
    facts = [
        (words["site.address"], i.place.address or words["site.no_address"]),
        (words["site.progress"], f"{words[f'progress.{own.progress}']} {_eta(seen, words)}"),
    ]
    if i.level:
        facts.append((words["site.level"], words[f"grade.{i.level}"]))
    if i.plans:
        facts.append((words["site.plan"], "、".join(f"《{title}》" for title in i.plans)))
    drill = html.Span(words["command.exercise"], className="exercise") if i.exercise else None
    return html.Section(
        [
            html.P([drill, html.Span(i.no), html.Span(seen.type), html.Span(words[f"incident_status.{i.status}"])],
                   className="site-no"),
            html.H2(i.title),
            html.Dl([part for name, said in facts for part in (html.Dt(name), html.Dd(said))]),
            html.Div(steps, className="site-steps"), _note(),
        ],
        className="site-card drill" if i.exercise else "site-card",
        **data(incident=i.incident, mark=mark(i), card="", fresh=int(any(not o.delivered for o in i.orders))),
    )  # fmt: skip


def _eta(seen: Seen, words: Words) -> str:
    own = seen.sheet.assignment
    if own.progress not in MOVING:
        reached = own.times.get(own.progress)
        return clock.time_of(reached, seen.zone) if reached else ""
    if own.seconds < 0:
        return words["site.no_way"] if seen.sheet.place.lon is not None else ""
    far = words["site.km"].format(km=f"{own.metres / 1000:.1f}")
    at = arrival(own)
    if not at:
        said = words["site.would_take"].format(eta=clock.duration(own.seconds, words))
    else:
        said = words["site.arrives"].format(at=clock.time_of(at, seen.zone))
    return f"{said} · {far}"


def drawn(base: Base, sheet: Sheet, way: Route | None, words: Words) -> Child:
    """Return the small map: the scene, and the way that is still before the unit."""
    lon, lat = sheet.place.lon, sheet.place.lat
    if lon is None or lat is None:
        return []
    scene = {"type": "Point", "coordinates": base.shown([(lon, lat)]).round(6).tolist()[0]}
    said = [sheet.title, sheet.place.address]
    marks = features([(scene, {"kind": "incident chosen", "label": "!", "say": said})])
    lines: list[tuple[dict[str, Any], dict[str, Any]]] = []
    ends = [(lon, lat)]
    if way is not None:
        ends += [(float(x), float(y)) for x, y in way.points]
        line = {"type": "LineString", "coordinates": base.shown(way.points).round(6).tolist()}
        lines = [(line, {"kind": "best", "casing": True}), (line, {"kind": "best"})]
    east, north = [x for x, _ in ends], [y for _, y in ends]
    bounds = (
        min(east) - _ROUND_DEG, min(north) - _ROUND_DEG, max(east) + _ROUND_DEG, max(north) + _ROUND_DEG,
    )  # fmt: skip
    layers = [
        shapes("site-route", features(lines), "route"),
        shapes("site-scene", marks, "", tip="say", points="place"),
    ]
    whole = city_map(base, "site-canvas", layers, bounds=bounds, css="map site-canvas")
    return html.Section(whole, className="site-card", **aria(label=words["site.map"]))


# --- what the unit is told --------------------------------------------------------------------


def listed(seen: Seen, words: Words) -> Child:
    """Return the orders and tasks of the unit, the latest first, and what it has sent so far."""
    i = seen.sheet
    orders = [_order(order, seen, words) for order in reversed(i.orders)]
    tasks = [_task(task, seen, words) for task in i.tasks]
    return [
        html.H2(words["site.orders"]), *(orders or [empty(words["site.no_orders"])]),
        html.H2(words["site.tasks"]), *(tasks or [empty(words["site.no_tasks"])]),
        *_sent(i.reports, seen, words),
    ]  # fmt: skip


def _order(order: Order, seen: Seen, words: Words) -> Child:
    said = [
        html.P([html.B(by), f" {clock.time_of(at, seen.zone)} {text}"], className="muted")
        for at, by, text in order.answers
    ]
    parts: list[Child] = [
        html.P([html.B(order.by), html.Time(clock.time_of(order.at, seen.zone))], className="site-no"),
        html.P(order.text, className="site-said"), *said,
    ]  # fmt: skip
    if order.done:
        return html.Article([*parts, status("ok", words["site.reply_done"])], className="site-card")
    buttons = [
        _send(words["site.reply"], verb="answer", about=order.order, box=1),
        _send(words["site.reply_done"], verb="answer", about=order.order, box=1, done=1,
              said=words["site.reply_done"]),
    ]  # fmt: skip
    if not order.answers:
        received = words["site.received"]
        buttons.insert(
            0, _send(received, "primary", verb="answer", about=order.order, said=received)
        )
    box = _box(f"order-{order.order}", words["site.reply_help"])
    parts += [box, html.Div(buttons, className="site-steps"), _note()]
    return html.Article(parts, className="site-card", **data(card=""))


def _task(task: Task, seen: Seen, words: Words) -> Child:
    facts = [task.role]
    if task.due:
        facts.append(
            words["site.due"].format(at=clock.local(task.due, seen.zone).strftime("%H:%M"))
        )
    if task.card:
        facts.append(words["site.of_plan"])
    late = bool(task.open and task.due and task.due < seen.now)
    lamp = status("bad", words["site.late"]) if late else None
    parts: list[Child] = [
        html.P([html.B(task.title), lamp]), html.P(" · ".join(facts), className="muted"),
        html.P(task.text, className="site-said") if task.text else None,
        html.P(task.note, className="muted") if task.note else None,
    ]  # fmt: skip
    if not task.open:
        done = words["site.finished"].format(at=clock.time_of(task.done, seen.zone))
        return html.Article([*parts, status("ok", done)], className="site-card")
    if task.started:
        parts.append(html.Progress(value=str(task.percent), max="100"))
    before = seen.sheet.waits.get(task.task, 0)
    if before:
        parts.append(status("warn", words["site.waits"].format(n=before)))
        return html.Article(parts, className="site-card")
    about = task.task
    begin = (
        [] if task.started else [_send(words["site.begin"], "primary", verb="begin", about=about)]
    )
    on = [
        _send(words["site.half"].format(n=n), verb="task", about=about, percent=n, box=1)
        for n in HALVES if task.started and n > task.percent
    ]  # fmt: skip
    end = _send(words["site.finish"], verb="task", about=about, percent=100, box=1)
    box = _box(f"task-{about}", words["site.note_help"])
    parts += [box, html.Div([*begin, *on, end], className="site-steps"), _note()]
    return html.Article(parts, className="site-card", **data(card=""))


def _sent(reports: Sequence[Remark], seen: Seen, words: Words) -> list[Child]:
    if not reports:
        return []
    lines = [
        html.Li([html.Time(clock.time_of(r.at, seen.zone)), f" {r.text}"])
        for r in reversed(reports)
    ]
    return [html.H2(words["site.sent"]), html.Ul(lines, className="site-card plain")]


# --- what the unit says -----------------------------------------------------------------------


def tools(seen: Seen, words: Words) -> Child:
    """Return the boxes to report and to send files, and for who leads the order to another unit."""
    report = html.Section(
        [
            html.H2(words["site.report"]), _box("report", words["site.report_help"]),
            html.Div(_send(words["site.send"], "primary", verb="report", box=1, must=1), className="site-steps"),
            _note(),
        ],
        className="site-card", **data(card=""),
    )  # fmt: skip
    media = html.Section(
        [
            html.H2(words["site.media"]), files.slot("incident", seen.sheet.incident),
            html.P(words["site.media_help"], className="muted"),
        ],
        className="site-card",
    )  # fmt: skip
    return [report, media, *_lead(seen, words)]


def _lead(seen: Seen, words: Words) -> list[Child]:
    others = seen.sheet.others
    if not seen.leads or not others:
        return []
    cards = [_other(other, words) for other in others]
    return [html.H2(words["site.others"]), *cards]


def _other(other: Other, words: Words) -> Child:
    order = _send(words["site.order"], verb="order", unit=other.unit, box=1, must=1)
    return html.Article(
        [
            html.P([html.B(other.label), html.Span(words[f"progress.{other.progress}"])], className="site-no"),
            _box(f"unit-{other.unit}", words["site.order_help"]),
            html.Div(order, className="site-steps"), _note(),
        ],
        className="site-card", **data(card=""),
    )  # fmt: skip


def _send(text: str, css: str = "", **facts: str | int) -> html.Button:
    """Return a button that `79-site.js` sends. box : with what is typed beside it; must : only with that."""
    return html.Button(
        text, type="button", className=f"button {css}".strip(),
        **data(**{f"site_{name}": value for name, value in facts.items()}),
    )  # fmt: skip


def _box(name: str, help_: str) -> html.Textarea:
    return html.Textarea(
        rows=2, maxLength=2000, placeholder=help_, **data(draft=name), **aria(label=help_)
    )


def _note() -> html.P:
    return html.P(className="form-note", role="alert", hidden=True)


def refused_text(error: HotlineError, words: Words) -> str:
    """Return why a press was refused."""
    if isinstance(error, NotFound):
        return words["site.gone"]
    cap = str(error.facts.get("cap", ""))
    if f"incident_cap.{cap}" in words:
        return words[f"incident_cap.{cap}"]
    if isinstance(error, WrongStatus):
        return words["site.late_press"]
    if error.facts.get("field") == "text":
        return words["site.empty"]
    return words.get(f"error.{error.code}", words["error.error"])
