"""The fold of the response: plan, tasks, needs, units, supplies, orders, conferences."""

from typing import assert_never

from msgspec.structs import replace

from models.events.incident import response as e
from models.rules.incident.state import (
    Assignment,
    Conference,
    Incident,
    Notice,
    Order,
    Plan,
    Task,
    Transfer,
)


def fold(i: Incident, event: e.ResponseEvent) -> Incident:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return the incident after an event of the response."""
    match event:
        case e.PlanActivated():
            return _activated(i, event)
        case e.TaskAdded():
            task = Task(
                event.task, event.title, event.role, event.due, event.after, event.text, event.at
            )
            return replace(i, tasks={**i.tasks, event.task: task})
        case e.TaskStarted():
            return _task(i, event.task, started=event.at, started_by=event.by)
        case e.TaskProgressed():
            return _task(i, event.task, percent=event.percent, note=event.note)
        case e.TaskDone():
            known = i.tasks[event.task]
            begun = known.started or event.at
            return _task(
                i, event.task, started=begun, started_by=known.started_by or event.by, percent=100,
                done=event.at, done_by=event.by, note=event.note or known.note,
            )  # fmt: skip
        case e.TaskDropped():
            return _task(i, event.task, dropped=event.at, note=event.note)
        case e.TaskLate():
            return _task(i, event.task, late=event.at)
        case e.NeedSet():
            needs = {**i.needs, event.capability: event.count}
            return replace(i, needs={k: v for k, v in needs.items() if v})
        case e.UnitAssigned() | e.UnitMoved() | e.RouteChanged():
            return replace(
                i, assignments={**i.assignments, event.assignment: _assignment(i, event)}
            )
        case e.SupplySent():
            sent = Transfer(
                event.transfer, event.depot, event.supply, event.label, event.amount,
                event.measure, event.seconds, event.at,
            )  # fmt: skip
            return replace(i, transfers={**i.transfers, event.transfer: sent})
        case e.SupplyRerouted():
            late = replace(i.transfers[event.transfer], seconds=event.seconds, began=event.began)
            return replace(i, transfers={**i.transfers, event.transfer: late})
        case e.SupplyReturned():
            back = replace(i.transfers[event.transfer], returned=event.amount)
            return replace(i, transfers={**i.transfers, event.transfer: back})
        case e.OrderGiven():
            order = Order(event.order, event.to, event.text, event.at, event.by)
            return replace(i, orders={**i.orders, event.order: order})
        case e.OrderAnswered():
            known_order = i.orders[event.order]
            answered = replace(
                known_order,
                answers=(*known_order.answers, (event.at, event.by, event.text)),
                done=event.at if event.done else known_order.done,
            )
            return replace(i, orders={**i.orders, event.order: answered})
        case e.ConferenceAsked() | e.ConferenceMoved() | e.FloorGranted() | e.ConferenceEnded():
            return replace(
                i, conferences={**i.conferences, event.conference: _conference(i, event)}
            )
        case e.NoticeSent():
            notice = Notice(
                event.notice, event.to, event.text, event.at, event.by, event.groups, event.members, event.without
            )  # fmt: skip
            return replace(i, notices={**i.notices, event.notice: notice})
        case _:
            assert_never(event)


def _activated(i: Incident, event: e.PlanActivated) -> Incident:
    """Put the plan's cards among the tasks; its needs are at least those of the incident from now on."""
    plan = Plan(
        event.plan, event.version, event.title, event.level, event.reason, event.at, event.by,
        event.automatic, event.needs, event.contacts, event.templates, event.sections,
    )  # fmt: skip
    first = max(i.tasks, default=0) + 1
    numbers = {card.key: first + place for place, card in enumerate(event.cards)}
    tasks = {
        numbers[card.key]: Task(
            numbers[card.key], card.title, card.role, event.at + card.minutes * 60,
            tuple(numbers[key] for key in card.after), card.text, event.at, f"{event.plan}:{card.key}",
        )
        for card in event.cards
    }  # fmt: skip
    needs = {
        need.capability: max(need.count, i.needs.get(need.capability, 0)) for need in event.needs
    }
    return replace(
        i, plans={**i.plans, event.plan: plan}, tasks={**i.tasks, **tasks}, needs={**i.needs, **needs}
    )  # fmt: skip


def _task(i: Incident, number: int, **changes: object) -> Incident:
    return replace(i, tasks={**i.tasks, number: replace(i.tasks[number], **changes)})


def _assignment(i: Incident, event: e.UnitAssigned | e.UnitMoved | e.RouteChanged) -> Assignment:
    match event:
        case e.UnitAssigned():
            return Assignment(
                event.assignment, event.unit, event.label, event.capability, "dispatched",
                {"dispatched": event.at}, event.seconds, event.metres, event.at, event.rank, event.best,
                event.override, event.by, ("dispatched",) if event.implied else (),
            )  # fmt: skip
        case e.UnitMoved():
            a = i.assignments[event.assignment]
            times = {**a.times, event.progress: a.times.get(event.progress, event.at)}
            implied = (*a.implied, event.progress) if event.implied else a.implied
            told = event.told or a.told
            return replace(a, progress=event.progress, times=times, implied=implied, told=told)
        case e.RouteChanged():
            return replace(
                i.assignments[event.assignment], seconds=event.seconds, metres=event.metres,
                routed=event.at,
            )  # fmt: skip
        case _:
            assert_never(event)


def _conference(
    i: Incident,
    event: e.ConferenceAsked | e.ConferenceMoved | e.FloorGranted | e.ConferenceEnded,
) -> Conference:
    match event:
        case e.ConferenceAsked():
            members = dict.fromkeys(event.members, "asked")
            return Conference(
                event.conference, event.title, event.groups, event.members, members, event.chair, event.record,
                event.at, event.by,
            )  # fmt: skip
        case e.ConferenceMoved():
            c = i.conferences[event.conference]
            return replace(c, members={**c.members, event.member: event.state})
        case e.FloorGranted():
            c = i.conferences[event.conference]
            others = tuple(member for member in c.granted if member != event.member)
            return replace(c, granted=(*others, event.member) if event.granted else others)
        case e.ConferenceEnded():
            return replace(
                i.conferences[event.conference], ended=event.at, recording=event.recording
            )
        case _:
            assert_never(event)
