"""Caps, deadline rules with a trial, and recomputing what is open."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, empty, link, panel, status, table
from dashboard.views.legs import why
from models.rules.tickets.choices import KINDS, STAFF, URGENCIES
from models.rules.tickets.policy import LIMITS

if TYPE_CHECKING:
    from models.rules.deadlines import TermRule
    from models.rules.tickets.policy import AutoAssign, Policy
    from tickets.recompute import Followed

Lists = Mapping[str, parts.Options]
TRIAL = ("kind", "category", "unit", "urgency", "start")
_STAGES = ("accept", "dispatch", "sign", "handle", "review", "callback", "reexamine")
_TIME_UNITS = ("workday", "hour", "minute")


def set_by(at: float, name: str, zone: str, words: Words) -> str:
    """Return who set something and when, or that nobody did."""
    if not at:
        return words["admin.default"]
    return words["admin.set_by"].format(name=name, at=clock.moment(at, zone, words)[:-3])


def caps(policy: "Policy", note: str, words: Words) -> Child:
    """Return the form of the workflow's caps."""
    fields: list[Child] = [
        parts.counted(
            "caps", name, getattr(policy, name), words, least=least, most=most,
            hint=words[f"admin.caps.{name}_help"],
        )
        for name, (least, most) in LIMITS.items()
    ]  # fmt: skip
    fields.append(
        parts.ticked(
            "caps", "pause_allowed", [("yes", words["admin.caps.pause_yes"])],
            ["yes"] if policy.pause_allowed else [], words,
        )
    )  # fmt: skip
    grid = html.Div(fields, className="form caps")
    save = html.Div(parts.button("caps.save", words, primary=True), className="form")
    return panel(words["admin.caps"], html.Div([grid, save]), css="roomy", note=note)


def auto_assign(given: "AutoAssign", lists: Lists, note: str, words: Words) -> Child:
    """Return the form of what the system assigns by itself: kinds, and categories of the first level."""
    kinds = [(k, words[f"kind.{k}"]) for k in KINDS if k != STAFF]
    top = [(code, label) for code, label in lists["categories"] if not label.startswith("　")]
    fields = [
        html.P(words["admin.auto.help"], className="muted"),
        parts.ticked("auto", "kinds", kinds, list(given.kinds), words),
        parts.ticked("auto", "categories", top, list(given.categories), words),
        parts.button("auto.save", words, primary=True),
    ]
    return panel(words["admin.auto"], html.Div(fields, className="form"), css="roomy", note=note)


def _any(prefix: str, value: str, words: Words) -> str:
    return words[f"{prefix}.{value}"] if value else words["admin.any"]


def rules(
    found: Sequence["TermRule"], own: frozenset[str], lists: Lists, note: str, words: Words
) -> Child:
    """Return the table of all deadline rules, ours and the tenant's."""
    units = {code: name.strip("　") for code, name in lists["units"]}
    categories = dict(lists["categories"])
    heads = [
        (words[f"admin.rule.{name}"], "")
        for name in ("stage", "kind", "category", "unit", "urgency", "amount", "warn", "origin")
    ]
    heads.append(("", ""))
    rows = []
    for rule in found:
        mine = rule.id in own
        told = {"stage": rule.stage, "kind": rule.kind, "category": rule.category, "unit": rule.unit,
                "urgency": rule.urgency, "amount": str(rule.term.amount), "time_unit": rule.term.unit,
                "warn": str(round(rule.term.warn * 100))}  # fmt: skip
        edit = link(words["admin.edit"], f"/admin/parameters?{urlencode(told)}#rule")
        drop = parts.button("rule.drop", words, key=rule.id) if mine else None
        rows.append(
            (
                words[f"admin.stage.{rule.stage}"], _any("kind", rule.kind, words),
                categories.get(rule.category, rule.category).strip("　") or words["admin.any"],
                units.get(rule.unit, rule.unit) or words["admin.any"],
                _any("urgency", rule.urgency, words),
                f"{rule.term.amount:,} {words[f'admin.time.{rule.term.unit}']}",
                f"{round(rule.term.warn * 100)} %",
                html.B(words["admin.own"]) if mine else words["admin.ours"],
                html.Span([edit, drop], className="acts"),
            )
        )  # fmt: skip
    title = words["admin.rules"]
    return panel(title, table(heads, rows, label=title), css="rules", note=note)


def rule_form(given: Mapping[str, str], lists: Lists, words: Words) -> Child:
    """Return the form of a rule: saved, it stands in the place of what held there."""

    def pick(name: str, options: parts.Options) -> html.Div:
        value = given.get(name, "")
        return parts.chosen("rule", name, [("", words["admin.any"]), *options], value, words)

    stages = [(s, words[f"admin.stage.{s}"]) for s in _STAGES]
    times = [(u, words[f"admin.time.{u}"]) for u in _TIME_UNITS]
    amount, warn = given.get("amount", ""), given.get("warn", "")
    fields = [
        parts.chosen("rule", "stage", stages, given.get("stage", "handle"), words),
        pick("kind", [(k, words[f"kind.{k}"]) for k in KINDS]),
        pick("category", lists["categories"]),
        pick("unit", lists["units"]),
        pick("urgency", [(u, words[f"urgency.{u}"]) for u in URGENCIES]),
        parts.counted("rule", "amount", int(amount) if amount.isdigit() else 5, words, least=1, most=3650),
        parts.chosen("rule", "time_unit", times, given.get("time_unit", "workday"), words),
        parts.counted("rule", "warn", int(warn) if warn.isdigit() else 20, words, least=0, most=100,
                      hint=words["admin.rule.warn_help"]),
        parts.button("rule.save", words, primary=True),
    ]  # fmt: skip
    return html.Div(
        parts.form_panel(words["admin.rule.title"], [html.P(words["admin.rule.help"], className="muted"), *fields]),
        id="rule",
    )  # fmt: skip


def trial(lists: Lists, start: str, words: Words) -> Child:
    """Return the trial: choose a ticket's facts, see when it would be due and why."""
    options: Mapping[str, parts.Options] = {
        "kind": [(k, words[f"kind.{k}"]) for k in KINDS],
        "category": [("", words["admin.none"]), *lists["categories"]],
        "unit": [("", words["admin.none"]), *lists["units"]],
        "urgency": [(u, words[f"urgency.{u}"]) for u in URGENCIES],
    }
    first = {"kind": "complaint", "urgency": "normal"}
    fields = [
        html.Div(
            [
                html.Label(words[f"admin.rule.{name}"], htmlFor=f"try-{name}"),
                dcc.Dropdown(
                    [{"label": label, "value": key} for key, label in options[name]],
                    first.get(name, ""), id=f"try-{name}", clearable=False, searchable=len(options[name]) > 8,
                ),
            ],
            className="field",
        )
        for name in TRIAL[:-1]
    ]  # fmt: skip
    moment = html.Div(
        [
            html.Label(words["admin.try.start"], htmlFor="try-start"),
            dcc.Input(
                id="try-start",
                type="text",
                value=start,
                maxLength=16,
                placeholder="2026-12-01 09:00",
            ),
        ],
        className="field",
    )
    said = html.Div(id="try-due", role="status")
    return panel(
        words["admin.try"], html.Div([*fields, moment, said], className="form"), css="roomy"
    )


def rule_said(rule: "TermRule", lists: Lists, words: Words) -> str:
    """Return where a rule holds, in words: "办理：投诉", "派单：特急，供水"."""
    units, categories = dict(lists["units"]), dict(lists["categories"])
    named = (
        words[f"kind.{rule.kind}"] if rule.kind else "",
        categories.get(rule.category, rule.category).strip("　"),
        units.get(rule.unit, rule.unit).strip("　"),
        words[f"urgency.{rule.urgency}"] if rule.urgency else "",
    )
    where = words["told.and"].join(filter(None, named)) or words["admin.any"]
    return words["admin.rule.said"].format(stage=words[f"admin.stage.{rule.stage}"], where=where)


def due_said(found: Mapping[str, Any], rule: str, zone: str, words: Words) -> Child:
    """Return when a trial would be due, and why."""
    at = clock.moment(found["at"], zone, words)[:-3]
    warn = clock.moment(found["warn_at"], zone, words)[:-3]
    return [
        html.P([words["admin.try.due"], " ", html.B(at)]),
        html.P(words["admin.try.warn"].format(at=warn, rule=rule), className="muted"),
        why(found, zone, words),
    ]


def wrong_start(words: Words) -> Child:
    """Return what stands there while the start is no moment."""
    return html.P(status("off", words["admin.try.wrong"]))


def recompute(waiting: int, followed: "tuple[Followed, bool]", zone: str, words: Words) -> Child:
    """Return the offer to recompute what is open, and what the system did after the calendar changed."""
    body: Child = empty(words["admin.recompute.none"])
    if waiting:
        text = words["admin.recompute.help"].format(n=f"{waiting:,}")
        body = html.Div([html.P(text), parts.button("terms.recompute", words)], className="form")
    return panel(
        words["admin.recompute"], html.Div([body, _followed(followed, zone, words)]), css="roomy"
    )


def _followed(followed: "tuple[Followed, bool]", zone: str, words: Words) -> Child:
    told, done = followed
    if not done:
        return html.P(words["admin.recompute.soon"], className="muted")
    said = words["admin.recompute.auto"].format(
        at=clock.moment(told.at, zone, words)[:-3],
        seen=f"{told.seen:,}",
        changed=f"{told.changed:,}",
    )
    return html.P(said, className="muted")
