"""The units' parts of a ticket: those of now with lamps and reasons, those of earlier turns folded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.views import clock
from dashboard.views.history import Names
from dashboard.views.kit import Child, Words, empty, status, table
from dashboard.views.ticket_desk import due_lamp, sign_lamp
from models.rules.deadlines import AGREED
from models.rules.tickets.choices import STAFF
from models.rules.tickets.turns import Turn

if TYPE_CHECKING:
    from tickets.queries import Whole


def legs(whole: "Whole", names: Names, words: Words) -> Child:
    """Return the parts of now, the step the centre owes, and below them the earlier turns."""
    rows = [*_units(whole, names, words), *_step(whole, names, words)]
    heads = [(words[f"ticket.leg.{name}"], "") for name in ("role", "unit", "due", "state", "why")]
    now = (
        table(heads, rows, label=words["ticket.units"]) if rows else empty(words["ticket.no_units"])
    )
    return html.Div([now, _past(whole.past, names, words)])


def _units(whole: "Whole", names: Names, words: Words) -> list[tuple[Child, ...]]:
    rows: list[tuple[Child, ...]] = []
    for leg, name, lamp in whole.legs:
        due = leg.due_at.timestamp() if leg.due_at else 0.0
        state = "handled" if leg.handled_at else "started" if leg.started_at else "waiting"
        duty = whole.duties.get(leg.number, "")
        clock_of = due_lamp(lamp, due, names.zone, words)
        rows.append((
            words[f"ticket.leg.{'lead' if leg.number == 1 else 'co'}"],
            [name, html.P(duty, className="muted duty") if duty else None],
            clock_of if lamp or not whole.row.paused_at else words["lamp.paused"],
            [
                words[f"ticket.leg.{state}"], " ", leg.person, " ",
                sign_lamp(whole.signs.get(leg.id), names.zone, words),
            ],
            why(leg.due_why, names.zone, words),
        ))  # fmt: skip
    return rows


def _step(whole: "Whole", names: Names, words: Words) -> list[tuple[Child, ...]]:
    if not whole.step:
        return []
    step, lamp = whole.step
    settles = whole.row.kind == STAFF and step.number == 0
    owed = words["verb.settle" if settles else f"ticket.step.{step.number}"]
    due = step.due_at.timestamp() if step.due_at else 0.0
    return [(
        words["ticket.leg.step"], owed, due_lamp(lamp, due, names.zone, words),
        words["ticket.leg.owed"], why(step.due_why, names.zone, words),
    )]  # fmt: skip


def _past(turns: tuple[Turn, ...], names: Names, words: Words) -> Child:
    """Return the earlier turns, folded: who held the part, from when to when, and how it ended."""
    if not turns:
        return None
    heads = [(words[f"past.{name}"], "") for name in ("unit", "held", "due", "ended")]
    rows = [_turn(turn, names, words) for turn in turns]
    head = html.Summary(words["past.heading"].format(n=len(turns)))
    return html.Details(
        [head, table(heads, rows, label=words["past.heading"].format(n=len(turns)))],
        className="past",
    )


def _turn(turn: Turn, names: Names, words: Words) -> tuple[Child, ...]:
    leg = turn.leg
    role = words[f"ticket.leg.{'lead' if turn.number == 1 else 'co'}"]
    below = f"（{names.unit(leg.holder)}）" if leg.holder != leg.unit else ""
    until = leg.handled or turn.ended
    lasted = clock.duration(until - leg.assigned, words)
    held = f"{names.when(leg.assigned)} → {names.when(until)}"
    lamp = status("bad" if turn.late else "ok", words["lamp.red" if turn.late else "past.in_time"])
    ground = words[f"choice.return.{turn.ground}"] if turn.ground else ""
    how = words[f"past.{turn.how}"]
    return (
        f"{role} {names.unit(leg.unit)}{below}",
        [held, html.P(lasted, className="muted duty")],
        [lamp, " ", names.when(leg.due)] if leg.due else "—",
        words["past.charged"].format(how=how, ground=ground, unit=names.unit(leg.unit))
        if ground
        else how,
    )


def why(told: Mapping[str, Any] | None, zone: str, words: Words) -> Child:
    """Return "why this due date": the start, every day that did not count, and the end."""
    if not told:
        return "—"
    steps = [
        html.Li(
            words[f"due.{step['kind']}"].format(
                day=step["day"], name=words.get(f"holiday.{step['name']}", step["name"]),
                count=step["count"],
                time=clock.time_of(step["at"], zone) if step["at"] else "",
            )
        )
        for step in told["trace"]
    ]  # fmt: skip
    notes = [
        html.P(words[key], className="muted")
        for key, holds in (
            ("due.projected", told["projected"]),
            ("due.agreed", told["rule"] == AGREED),
        )
        if holds
    ]
    return html.Details(
        [html.Summary(words["due.why"]), html.Ol(steps), *notes], className="why-due"
    )
