"""The pane of forces: needs, whom to send and why, who is on the way, supplies; ids as `pages.dispatch` says."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dash import dcc, html

from command.forces import UnitLine
from command.recommend import Choice, Recommendation, Ruled
from command.supplies import Sources
from dashboard.views import clock, command_forms
from dashboard.views.kit import Child, Words, data, empty, press, status
from models.rules.incident.moves import MOVES
from models.rules.incident.progress import arrival, may_follow
from models.rules.incident.state import Assignment, Incident, Transfer

SHOWN = 12
"""Units named of those that are ruled out for one reason; the rest are counted."""
FRAME = "dispatch"
NEXT = ("acknowledged", "en_route", "on_scene", "returning", "clear")
"""Steps that have a button of their own: the usual course; the others are told by the units themselves."""


class Seen(NamedTuple):
    """What the pane shows: the incident, what is recommended (None once nothing can be sent), the units of the city,
    names of capabilities (`offered`: those one may ask for), districts and supplies, the zone, the present instant,
    and whether the viewer may act."""

    incident: Incident
    found: Recommendation | None
    units: Sequence[UnitLine]
    capabilities: Mapping[str, str]
    offered: Mapping[str, str]
    districts: Mapping[str, str]
    supplies: Mapping[str, str]
    zone: str
    now: float
    acts: bool


def frame(words: Words) -> Child:
    """Return the pane's place on the page; its callbacks fill it. Its forms are there from the beginning, hidden and
    empty: the callback of all the pane's buttons reads them.
    """
    return html.Div(
        [
            html.Div(id="dispatch-body"),
            html.Div(_forms((), {}, {}, words, hidden=True), id="dispatch-forms"),
            *[dcc.Store(id=f"dispatch-{name}") for name in ("press", "own", "done", "sending")],
        ],
        id="dispatch", className=FRAME,
    )  # fmt: skip


def pane(seen: Seen, words: Words) -> Child:
    """Return what the pane shows of things as they are now; its forms stand below, see `forms`."""
    parts: list[Child] = [html.H3(words["dispatch.on_the_way"]), _assignments(seen, words)]
    if seen.found is not None:
        parts += [html.H3(words["command.needs"]), _needs(seen, words)]
        parts += [_problem(seen.found, words), *_choices(seen, words), _ruled(seen, words)]
    return [*parts, html.H3(words["dispatch.supplies"]), _transfers(seen, words)]


def forms(seen: Seen, words: Words) -> Child:
    """Return the forms of sending, hidden from who may send nothing (more): drawn apart, for what is half typed
    outlives the news.
    """
    asked = seen.incident.needs
    needs = {c: label for c, label in seen.capabilities.items() if c in asked or c in seen.offered}
    return _forms(seen.units, needs, seen.supplies, words, hidden=not sending(seen))


def _forms(
    units: Sequence[UnitLine], capabilities: Mapping[str, str], kinds: Mapping[str, str], words: Words, *, hidden: bool
) -> Child:  # fmt: skip
    needs = [{"label": label, "value": code} for code, label in capabilities.items()]
    drawn = [
        _need_form(needs, words), _override_form(units, needs, words), _supply_form(kinds, words),
    ]  # fmt: skip
    return html.Div(drawn, hidden=hidden)


def sending(seen: Seen) -> bool:
    """Tell whether the viewer may send something to the incident now."""
    return seen.acts and seen.incident.open


# --- needs and whom to send ------------------------------------------------------------------


def _needs(seen: Seen, words: Words) -> Child:
    needs = seen.incident.needs
    if not needs or seen.found is None:
        return empty(words["dispatch.no_needs"])
    bound = [a.capability for a in seen.incident.assignments.values() if a.open]
    missing = {need.capability: need.missing for need in seen.found.needs}
    return html.Ul(
        [
            html.Li([
                html.B(_named(seen, code)),
                html.Span(words["dispatch.need"].format(n=count, sent=bound.count(code)), className="num"),
                status("bad", words["dispatch.missing"].format(n=missing[code])) if missing.get(code) else
                status("ok", words["dispatch.met"]) if bound.count(code) >= count else
                status("warn", words["dispatch.to_send"].format(n=count - bound.count(code))),
            ])
            for code, count in sorted(needs.items())
        ],
        className="plain needs",
    )  # fmt: skip


def _named(seen: Seen, code: str) -> str:
    return seen.capabilities.get(code, code)


def _problem(found: Recommendation, words: Words) -> Child:
    if not found.problem:
        return None
    closures = "、".join(f"#{number}" for number in found.closures)
    said = words[f"dispatch.problem.{found.problem}"].format(closures=closures)
    return html.P(status("bad", said), className="note")


def _choices(seen: Seen, words: Words) -> list[Child]:
    if seen.found is None or not seen.found.choices:
        return []
    head = html.H3(words["dispatch.recommended"])
    return [head, *(_choice(choice, seen, words) for choice in seen.found.choices)]


def _choice(choice: Choice, seen: Seen, words: Words) -> Child:
    button = _press(
        "assign", words["dispatch.assign"], "primary", unit=choice.unit, need=choice.capability
    )
    second = choice.runner_up
    also = words["dispatch.no_second"]
    if second is not None:
        taken = (
            words["dispatch.taken_for"].format(need=_named(seen, second.taken_for))
            if second.taken_for
            else ""
        )
        also = words["dispatch.second"].format(
            unit=second.label, eta=clock.duration(second.seconds, words), taken=taken
        )  # fmt: skip
    return html.Div(
        [
            html.Div([
                html.Span(_named(seen, choice.capability), className="chip"), html.B(choice.label),
                html.Span(clock.duration(choice.seconds, words), className="eta num"),
                button if seen.acts else None,
            ], className="line"),
            html.P([html.Span(words["dispatch.reason"], className="muted"), reason(choice, seen.capabilities, words)]),
            html.P(also, className="muted"),
        ],
        className="card",
    )  # fmt: skip


def reason(choice: Choice, capabilities: Mapping[str, str], words: Words) -> str:
    """Return why a unit was chosen."""
    if not choice.nearer:
        key = "dispatch.why.nearest" if choice.rank == 1 else "dispatch.why.next"
        return words[key].format(n=choice.rank)
    said = [
        words["dispatch.why.taken"].format(
            unit=near.label, need=capabilities.get(near.taken_for, near.taken_for)
        ) if near.taken_for else words["dispatch.why.reserved"].format(unit=near.label)
        for near in choice.nearer[:3]
    ]  # fmt: skip
    return words["dispatch.why.nearer"].format(units="，".join(said))


def _ruled(seen: Seen, words: Words) -> Child:
    if seen.found is None or not seen.found.ruled:
        return None
    by_why: dict[str, list[Ruled]] = {}
    for ruled in seen.found.ruled:
        by_why.setdefault(ruled.why, []).append(ruled)
    rows = [
        html.Li([html.B(words[f"dispatch.ruled.{why}"].format(n=len(units))), html.Span(_who(units, seen, words))])
        for why, units in sorted(by_why.items(), key=lambda x: (x[0] != "reserve", x[0] == "no_capability"))
    ]  # fmt: skip
    title = words["dispatch.ruled_out"].format(n=len(seen.found.ruled))
    return html.Details(
        [html.Summary(title), html.Ul(rows, className="plain ruled")], **data(fold="ruled")
    )


def _who(units: Sequence[Ruled], seen: Seen, words: Words) -> str:
    known = {line.row.code: line for line in seen.units}
    said = []
    for ruled in units[:SHOWN]:
        line, more = known.get(ruled.unit), ""
        if ruled.floor is not None:
            where = seen.districts.get(ruled.floor.district, words["dispatch.whole_city"])
            more = words["dispatch.floor"].format(
                where=where, need=_named(seen, ruled.floor.capability), n=ruled.floor.least
            )
        elif line is not None and ruled.why == "busy" and line.bound:
            more = line.bound.no or words["force.elsewhere"]
        elif line is not None and ruled.why == "out_of_service":
            more = line.row.reason
        elif line is not None and ruled.why == "stale" and line.age is not None:
            more = clock.duration(line.age, words)
        said.append(f"{ruled.label}（{more}）" if more else ruled.label)
    left = len(units) - SHOWN
    return "、".join(said) + (words["dispatch.and_more"].format(n=left) if left > 0 else "")


# --- forms ----------------------------------------------------------------------------------


def _need_form(needs: list[dict[str, str]], words: Words) -> Child:
    return html.Details(
        [
            html.Summary(words["dispatch.set_need"]),
            html.Div([
                dcc.Dropdown(needs, None, id="dispatch-need", placeholder=words["dispatch.capability"]),
                dcc.Input(id="dispatch-count", type="number", min=0, max=99, step=1, value=1),
                _press("set_need", words["dispatch.set"]),
            ], className="line-form"),
        ]
    )  # fmt: skip


def _override_form(units: Sequence[UnitLine], needs: list[dict[str, str]], words: Words) -> Child:
    free = [
        {"label": f"{line.row.label}（{words[f'unit_state.{line.row.state}']}）", "value": line.row.code}
        for line in units if line.row.state == "available"
    ]  # fmt: skip
    return html.Details(
        [
            html.Summary(words["dispatch.override"]),
            html.Div([
                dcc.Dropdown(free, None, id="dispatch-unit", placeholder=words["dispatch.unit"]),
                dcc.Dropdown(needs, None, id="dispatch-for", placeholder=words["dispatch.capability"]),
                dcc.Textarea(
                    id="dispatch-why", maxLength=500, rows=2, placeholder=words["dispatch.override_why"]
                ),
                _press("override", words["dispatch.assign"]),
            ], className="form"),
        ]
    )  # fmt: skip


# --- who is on the way ------------------------------------------------------------------------


def _assignments(seen: Seen, words: Words) -> Child:
    rows = sorted(seen.incident.assignments.values(), key=lambda a: (not a.open, a.assignment))
    if not rows:
        return empty(words["dispatch.nobody"])
    return html.Ol([_assignment(a, seen, words) for a in rows], className="plain assignments")


def _assignment(a: Assignment, seen: Seen, words: Words) -> Child:
    line = next((line for line in seen.units if line.row.code == a.unit), None)
    parts: list[Child] = [
        html.Div([
            html.B(a.label), html.Span(_named(seen, a.capability), className="chip") if a.capability else None,
            html.Span(words[f"progress.{a.progress}"], className=f"step s-{a.progress}"),
            html.Span(_eta(a, seen, words), className="eta num"),
        ], className="line"),
    ]  # fmt: skip
    if line is not None and line.stale and line.age is not None and a.open:
        age = clock.duration(line.age, words)
        parts.append(html.P(status("warn", words["dispatch.lost"].format(age=age))))
    if a.override:
        parts.append(html.P(words["dispatch.overridden"].format(why=a.override), className="muted"))
    if "dispatched" in a.implied:
        parts.append(html.P(words["dispatch.implied"], className="muted"))
    if a.open and seen.acts:
        parts.append(_steps(a, words))
    return html.Li(parts, className="" if a.open else "over")


def _eta(a: Assignment, seen: Seen, words: Words) -> str:
    if not a.open or a.progress in ("on_scene", "transporting", "at_destination", "returning"):
        last = a.times.get(a.progress)
        return clock.time_of(last, seen.zone) if last else ""
    if a.seconds < 0:
        return words["command.no_way"]
    at = arrival(a)
    if not at:
        return words["dispatch.would_take"].format(eta=clock.duration(a.seconds, words))
    left = clock.duration(max(0.0, at - seen.now), words)
    return words["dispatch.arrives"].format(at=clock.time_of(at, seen.zone), left=left)


def _steps(a: Assignment, words: Words) -> Child:
    may = may_follow(a.progress)
    buttons = [
        _press("move", words[f"progress.{step}"], step=step, assignment=a.assignment)
        for step in NEXT
        if step in may
    ]
    drop = command_forms.button("cancel_unit", words, about=a.assignment, css="small")
    return html.Div([*buttons, drop], className="buttons")


def _press(verb: str, text: str, css: str = "", **facts: str | int) -> Child:
    return press(text, "dispatch-press", f"small {css}".strip(), verb=verb, **facts)


# --- supplies -------------------------------------------------------------------------------


def _transfers(seen: Seen, words: Words) -> Child:
    rows = seen.incident.transfers.values()
    if not rows:
        return empty(words["dispatch.no_supplies"])
    return html.Ul([html.Li(_transfer(row, seen, words)) for row in rows], className="plain")


def _transfer(row: Transfer, seen: Seen, words: Words) -> Child:
    back = words["dispatch.returned"].format(n=f"{row.returned:g}") if row.returned else ""
    eta = clock.duration(row.seconds, words) if row.seconds >= 0 else words["command.no_way"]
    may = seen.acts and row.out > 0 and seen.incident.status in MOVES["return_supply"].sources
    return [
        html.B(f"{row.label} {row.amount:g} {row.measure}"),
        html.Small(f" {row.depot} · {clock.time_of(row.at, seen.zone)} · {eta} {back} "),
        command_forms.button("return_supply", words, about=row.transfer, css="small")
        if may
        else None,
    ]


def _supply_form(kinds: Mapping[str, str], words: Words) -> Child:
    options = [{"label": label, "value": code} for code, label in kinds.items()]
    return html.Details(
        [
            html.Summary(words["dispatch.send_supply"]),
            html.Div([
                dcc.Dropdown(options, None, id="dispatch-supply", placeholder=words["dispatch.supply"]),
                dcc.Input(id="dispatch-amount", type="number", min=0, step="any", value=None),
                html.Button(words["dispatch.find"], id="dispatch-find", type="button", className="button small"),
            ], className="line-form"),
            html.Div(id="dispatch-sources"),
        ]
    )  # fmt: skip


def sources(found: Sources, supply: str, words: Words) -> Child:
    """Return which depots to take a supply from."""
    rows = []
    for each in found.sources:
        there = f"{each.line.row.amount:g} {each.line.row.measure}"
        way = clock.duration(each.seconds, words) if each.seconds >= 0 else words["command.no_way"]
        send = _press(
            "send", words["dispatch.send"].format(n=f"{each.send:g}"), "primary", depot=each.line.depot.code,
            supply=supply, amount=str(each.send),
        )  # fmt: skip
        low = status("warn", words["dispatch.below"]) if each.below else None
        facts = html.Small(f" {words['dispatch.stock']} {there} · {way} ")
        rows.append(
            html.Li([html.B(each.line.depot.label), facts, low, send if each.send else None])
        )
    short = (
        html.P(status("bad", words["dispatch.short"].format(n=f"{found.missing:g}")))
        if found.missing
        else None
    )
    problem = (
        words[f"dispatch.problem.{found.problem}"].format(closures="") if found.problem else None
    )
    return [problem, html.Ul(rows, className="plain"), short]
