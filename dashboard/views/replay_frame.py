"""One moment of an incident as the replay shows it and its export writes it: sections, lines, the map."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely

from command.plot_shapes import geometry
from command.replay import Film, Seen
from dashboard.views import clock
from dashboard.views.command_log import Known, line, quiet
from dashboard.views.kit import Words
from dashboard.views.maps import EMPTY, Base, features
from models.rules import metrics
from models.rules.floor import Call
from models.rules.incident.state import Assignment, Incident, Task, Transfer
from models.rules.metrics import Ratio

LINES = 60
SOMETIMES: Mapping[str, Callable[[Incident], object]] = {
    "plans": lambda i: i.plans, "reports": lambda i: i.reports, "orders": lambda i: i.orders or i.decisions,
    "supplies": lambda i: i.transfers, "conferences": lambda i: i.conferences or i.notices,
    "alerts": lambda i: i.alerts,
}  # fmt: skip
"""What not every incident has: its section, and what it is made of."""
SECTIONS = ("figures", *SOMETIMES, "units", "tasks", "tickets", "calls", "remarks", "media")


class Shown(NamedTuple):
    """What the views need beside a moment: labels of units (承办单位), queues' zone, the words, the map's ground."""

    words: Words
    zone: str
    units: Mapping[str, str]
    types: Mapping[str, str]
    base: Base | None
    may_write: bool
    capabilities: Mapping[str, str]


def frame(film: Film, seen: Seen, shown: Shown) -> dict[str, Any]:
    """Return what the browser paints of a moment: texts by section, lines, and the map's shapes.

    An item is {t: title, s: what is said of it, m: mark, l: its level (ok, warn, bad, off), n: number}; one with
    `o` unfolds to what is said of it.
    """
    words = shown.words
    incident = seen.picture.incident if seen.picture else None
    makers: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
        "figures": lambda: figures(seen, words),
        "units": lambda: (
            [_unit(a, seen, shown) for a in incident.assignments.values()] if incident else []
        ),
        "tasks": lambda: (
            [_task(t, seen.at, shown) for t in incident.tasks.values()] if incident else []
        ),
        "plans": lambda: _plans(incident, shown) if incident else [],
        "reports": lambda: _reports(incident, shown) if incident else [],
        "orders": lambda: _orders(incident, shown) if incident else [],
        "supplies": lambda: (
            [_supply(each, shown) for each in incident.transfers.values()] if incident else []
        ),
        "conferences": lambda: _talks(incident, shown) if incident else [],
        "alerts": lambda: _alerts(incident, shown) if incident else [],
        "tickets": lambda: _tickets(seen, shown),
        "calls": lambda: [_call(call, seen.at, shown) for call in seen.calls],
        "remarks": lambda: _remarks(film.state, seen.at, shown),
        "media": lambda: _media(film.state, seen.at, shown),
    }
    return {
        "at": seen.at, "n": seen.number, "clock": clock.moment(seen.at, shown.zone, words),
        "head": _head(incident, seen.at, shown), "faults": faults(film, words),
        "sections": {name: makers[name]() for name in SECTIONS},
        "lines": _lines(film, seen, shown), "map": drawn(seen, shown),
    }  # fmt: skip


def faults(film: Film, words: Words) -> list[str]:
    """Return what is wrong with the log, in words; never empty where the picture may not be true."""
    return [words[f"replay.fault.{fault.what}"].format(n=fault.seq) for fault in film.faults]


def _head(incident: Incident | None, at: float, shown: Shown) -> list[list[str]]:
    words = shown.words
    if incident is None:
        return [["", words["replay.nothing"]]]
    return [
        [words["replay.status"], words[f"incident_status.{incident.status}"]],
        [words["level_field.grade"], words[f"grade.{incident.grade or 'none'}"]],
        [words["level_field.colour"], words[f"colour.{incident.colour or 'none'}"]],
        [words["level_field.level"], words[f"grade.{incident.level or 'none'}"]],
        [words["command.since"], clock.duration(at - incident.reported, words)],
    ]


def figures(seen: Seen, words: Words) -> list[dict[str, Any]]:
    """Return the floor's figures: each with what it was counted from."""
    floor, tally = seen.floor, seen.floor.tally
    incident = seen.picture.incident if seen.picture else None
    out = [
        {"t": words["replay.waiting"], "s": "", "m": f"{floor.waiting:,}"},
        {"t": words["replay.talking"], "s": "", "m": f"{floor.talking:,}"},
        {"t": words["replay.entered"], "s": "", "m": f"{tally.entered:,}"},
        {"t": words["replay.answered"], "s": "", "m": f"{tally.answered:,}"},
        _ratio("connect_rate", metrics.connect_rate(tally), words),
        _ratio("service_level", metrics.service_level(tally), words),
    ]
    if incident:
        units = [a for a in incident.assignments.values() if a.open]
        there = sum(a.progress == "on_scene" for a in units)
        late = sum(t.open and 0 < t.due < seen.at for t in incident.tasks.values())
        open_ = sum(t.open for t in incident.tasks.values())
        out += [
            {"t": words["replay.units_out"], "s": words["command.on_scene_n"].format(n=there), "m": str(len(units))},
            {"t": words["replay.tasks_open"], "s": f"{words['command.late']} {late}", "m": str(open_)},
        ]  # fmt: skip
    return out


def _ratio(name: str, ratio: Ratio, words: Words) -> dict[str, Any]:
    value = ratio.value
    return {
        "t": words[f"replay.{name}"], "s": f"{ratio.numerator:,.0f} / {ratio.denominator:,.0f}",
        "m": words["replay.unknown"] if value is None else f"{100 * value:.1f} %",
    }  # fmt: skip


def _unit(a: Assignment, seen: Seen, shown: Shown) -> dict[str, Any]:
    words = shown.words
    fix = next((fix for fix in seen.units if fix.unit == a.unit), None)
    parts = [clock.time_of(a.times.get(a.progress), shown.zone)]
    if a.progress in ("dispatched", "acknowledged", "en_route"):
        due = a.routed + a.seconds - seen.at
        told = words["command.no_way"] if a.seconds < 0 else words["replay.eta"].format(
            time=clock.time_of(a.routed + a.seconds, shown.zone)
        )  # fmt: skip
        parts.append(told if due > 0 or a.seconds < 0 else f"{told} · {words['replay.overdue']}")
    if fix is None:
        parts.append(words["replay.no_fix"])
    elif seen.at - fix.at > 120:
        parts.append(words["replay.old_fix"].format(age=clock.duration(seen.at - fix.at, words)))
    return {"t": a.label, "s": " · ".join(parts), "m": words[f"progress.{a.progress}"]}


def _task(task: Task, at: float, shown: Shown) -> dict[str, Any]:
    words = shown.words
    due = words["command.due"].format(at=clock.time_of(task.due, shown.zone)) if task.due else ""
    if task.done:
        in_time = not task.due or task.done <= task.due
        mark = words["command.task_done" if in_time else "replay.done_late"]
        level = "ok" if in_time else "warn"
    elif task.dropped:
        mark, level = words["command.task_dropped"], "off"
    elif task.due and task.due < at:
        mark, level = words["command.late"], "bad"
    elif task.started:
        mark, level = words["command.task_going"].format(n=task.percent), ""
    else:
        mark, level = words["command.task_open"], ""
    return {
        "t": f"{task.task}. {task.title}", "s": " · ".join(filter(None, (task.role, due))), "m": mark, "l": level,
    }  # fmt: skip


def _plans(incident: Incident, shown: Shown) -> list[dict[str, Any]]:
    """Return the plans that had been started, each with its text as it was then."""
    words, found = shown.words, list[dict[str, Any]]()
    for plan in incident.plans.values():
        found.append({
            "t": plan.title, "m": words[f"grade.{plan.level or 'none'}"],
            "s": _said(plan.at, plan.by, shown, words["replay.by_itself"] if plan.automatic else plan.reason),
        })  # fmt: skip
        found += [{"t": title, "s": said, "o": 1} for title, said in plan.sections]
    return found


def _reports(incident: Incident, shown: Shown) -> list[dict[str, Any]]:
    return [
        {
            "t": report.text, "m": shown.words[f"report_stage.{report.stage}"],
            "s": _said(report.at, report.by, shown, f"→ {report.to}"),
        }
        for report in incident.reports.values()
    ]  # fmt: skip


def _orders(incident: Incident, shown: Shown) -> list[dict[str, Any]]:
    """Return orders with their answers and questions with the leader's, as they were given."""
    words = shown.words
    found: list[tuple[float, dict[str, Any]]] = []
    for order in incident.orders.values():
        answers = [
            f"{clock.time_of(at, shown.zone)} {by}：{said}" for at, by, said in order.answers
        ]
        mark = (
            "incident_field.done"
            if order.done
            else "command.answered"
            if answers
            else "command.unanswered"
        )
        found.append((order.at, {
            "t": f"→ {order.to}：{order.text}", "m": words[mark], "s": _said(order.at, order.by, shown, *answers),
        }))  # fmt: skip
    for asked in incident.decisions.values():
        answer = (
            _said(asked.answered_at, asked.answered_by, shown, asked.answer)
            if asked.answered_at
            else ""
        )
        found.append((asked.at, {
            "t": asked.question, "m": words["command.answered" if answer else "command.unanswered"],
            "s": _said(asked.at, asked.by, shown, answer),
        }))  # fmt: skip
    return [item for _, item in sorted(found, key=lambda each: each[0])]


def _supply(each: Transfer, shown: Shown) -> dict[str, Any]:
    words = shown.words
    way = words["command.no_way"] if each.seconds < 0 else words["replay.eta"].format(
        time=clock.time_of(each.arrives, shown.zone)
    )  # fmt: skip
    back = words["dispatch.returned"].format(n=f"{each.returned:g}") if each.returned else ""
    return {
        "t": each.label, "m": f"{each.amount:g} {each.measure}",
        "s": _said(each.at, each.depot, shown, way, back),
    }  # fmt: skip


def _talks(incident: Incident, shown: Shown) -> list[dict[str, Any]]:
    """Return conferences with who took part, and messages with whom they went to."""
    words = shown.words
    talks = [
        {
            "t": talk.title, "m": words["replay.over" if talk.ended else "replay.going"],
            "s": _said(talk.at, talk.by, shown, *(
                f"{talk.names.get(member, member)} {words[f'conference_state.{state}']}"
                for member, state in talk.members.items()
            )),
        }
        for talk in incident.conferences.values()
    ]  # fmt: skip
    return talks + [
        {"t": notice.text, "m": words["replay.message"],
         "s": _said(notice.at, notice.by, shown, "→ " + words["told.or"].join(notice.whom))}
        for notice in incident.notices.values()
    ]  # fmt: skip


def _alerts(incident: Incident, shown: Shown) -> list[dict[str, Any]]:
    words = shown.words
    return [
        {
            "t": alert.headline, "m": words[f"replay.alert.{alert.state}"],
            "s": _said(alert.decided_at or alert.at, alert.decided_by or alert.by, shown),
        }
        for alert in incident.alerts.values()
    ]  # fmt: skip


def _said(at: float, by: str, shown: Shown, *more: str) -> str:
    """Return when, by whom, and what else is said of a thing."""
    return " · ".join(filter(None, (clock.time_of(at, shown.zone), by, *more)))


def _tickets(seen: Seen, shown: Shown) -> list[dict[str, Any]]:
    words = shown.words
    found = []
    for ticket in seen.tickets:
        if ticket.state is None and ticket.whole:
            continue  # not open yet
        lead = ticket.state.lead if ticket.state else None
        said = shown.units.get(lead.unit, lead.unit) if lead else ""
        broken = [] if ticket.whole else [words["replay.ticket_broken"]]
        found.append({
            "t": ticket.no, "s": " · ".join(filter(None, [said, *broken])),
            "m": words[f"ticket_status.{ticket.state.status}"] if ticket.state else words["replay.unknown"],
            "l": "" if ticket.whole else "bad",
        })  # fmt: skip
    return found


def _call(call: Call, at: float, shown: Shown) -> dict[str, Any]:
    words = shown.words
    since = call.answered or call.entered or call.arrived
    open_ = call.outcome in ("waiting", "talking", "arrived")
    lasted = (
        clock.timer(at - since) if open_ else clock.timer(call.talk if call.talk >= 0 else None)
    )
    who = " ".join(
        filter(None, (call.name, clock.time_of(call.arrived or call.entered, shown.zone)))
    )
    return {
        "t": call.caller.masked,
        "s": f"{who} · {lasted}",
        "m": words[f"outcome.{call.outcome}"],
    }


def _remarks(state: Incident, at: float, shown: Shown) -> list[dict[str, Any]]:
    """Return the annotations of this moment and before, the latest first: also those written down afterwards."""
    known = sorted(
        (r for r in state.remarks.values() if r.text and r.about <= at), key=lambda r: -r.about
    )
    return [
        {
            "t": remark.text, "n": remark.remark if shown.may_write else 0,
            "s": " · ".join(filter(None, (
                clock.time_of(remark.about, shown.zone), remark.by,
                shown.words["command.changed"] if remark.changed else "",
            ))),
        }
        for remark in known[:5]
    ]  # fmt: skip


def _media(state: Incident, at: float, shown: Shown) -> list[dict[str, Any]]:
    known = sorted((m for m in state.media.values() if m.about <= at), key=lambda m: -m.about)
    return [
        {
            "t": each.title, "s": clock.time_of(each.about, shown.zone), "m": shown.words[f"replay.form.{each.form}"],
            "h": f"/files/{each.ref}" if each.form != "camera" and each.ref.isdecimal() else "",
            "f": each.form,
        }
        for each in known[:4]
    ]  # fmt: skip


def _lines(film: Film, seen: Seen, shown: Shown) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    known = Known(film.state, shown.capabilities)
    for event in reversed(film.reel.events[: seen.number]):
        if quiet(event):
            continue
        told = line(event, known, shown.words)
        note = told.note if told.note and told.note not in told.text else ""
        found.append({
            "at": event.at, "c": clock.time_of(told.at, shown.zone), "t": told.text, "s": " · ".join(
                filter(None, (told.by, note, shown.words["replay.implied"] if told.implied else ""))
            ),
        })  # fmt: skip
        if len(found) == LINES:
            break
    return found


def drawn(seen: Seen, shown: Shown) -> dict[str, Any]:
    """Return the map of a moment: what was drawn, the place, and where the units were; drawn for the map's tiles."""
    base = shown.base
    if base is None or seen.picture is None:
        return EMPTY
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for drawing in seen.picture.drawings.values():
        body = drawing.body
        if body is None:
            continue
        said = [
            text
            for text in (body.text, f"{drawing.by} {clock.time_of(drawing.at, shown.zone)}")
            if text
        ]
        found.append((
            _laid(geometry(body, base.manifest.metric_crs), base),
            {"kind": body.shape, "stroke": body.stroke, "fill": body.fill, "width": body.width,
             "dash": body.dash, "label": body.text, "effect": body.effect, "say": said},
        ))  # fmt: skip
    incident = seen.picture.incident
    place = incident.place
    if place.lon is not None and place.lat is not None:
        facts = {"kind": "place", "label": incident.title, "say": [incident.title, place.address]}
        found.append((_laid(shapely.Point(place.lon, place.lat), base), facts))
    labels = {a.unit: (a.label, a.progress) for a in incident.assignments.values() if a.open}
    for fix in seen.units:
        if fix.unit in labels:
            label, progress = labels[fix.unit]
            say = [
                f"{label} {shown.words[f'progress.{progress}']}",
                clock.time_of(fix.at, shown.zone),
            ]
            facts = {"kind": "unit", "label": label, "say": say}
            found.append((_laid(shapely.Point(fix.lon, fix.lat), base), facts))
    return features(found)


def _laid(shape: shapely.Geometry, base: Base) -> dict[str, Any]:
    laid = shapely.transform(shape, lambda points: np.asarray(base.shown(points)))
    found: dict[str, Any] = shapely.geometry.mapping(laid)
    return found


def rows(items: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return a section's items as lines of a sheet: exactly what the page shows."""
    return [
        [str(item.get("t", "")), str(item.get("m", "")), str(item.get("s", ""))] for item in items
    ]
