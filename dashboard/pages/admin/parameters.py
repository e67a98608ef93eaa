"""The page of parameters: caps, deadline rules with a trial, and recomputing what is open."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading, writing
from dashboard.pages.admin.answers import Said, Values, Verb, asked, done, several, text, whole
from dashboard.pages.context import actor, names, place, shown, words
from dashboard.views import clock
from dashboard.views.admin import parameters as views
from dashboard.views.admin import parts
from dashboard.views.kit import Child
from models.clock import now
from models.rules.deadlines import choose, due
from models.rules.tickets.policy import LIMITS, AutoAssign, Policy
from tickets import dictionary, first, moving, parameters, recompute, terms, units
from tickets.parameters import Setting
from tickets.recompute import Recomputed


def lists(session: Session) -> dict[str, parts.Options]:
    """Return the units and categories a rule may name."""
    _, entries = dictionary.present(session)
    known = {entry.code: entry for entry in entries}
    return {
        "units": units.choices(session),
        "categories": [
            (e.code, "　" * (dictionary.level(e, known) - 1) + f"{e.label}") for e in entries
        ],
    }


def set_notes(session: Session, zone: str) -> tuple[Mapping[str, Setting], Mapping[str, str]]:
    """Return each parameter's setting, and in words who set it."""
    found = parameters.settings(session)
    users = {name: setting.by.partition(":")[2] for name, setting in found.items()}
    known = names(session, [int(user) for user in users.values() if user.isdigit()])
    known[0] = words()["ticket.system"]
    said = {
        name: views.set_by(setting.at, known.get(int(users[name] or 0), setting.by), zone, words())
        for name, setting in found.items()
    }
    return found, said


def seen(form: str, name: str, found: Mapping[str, Setting]) -> Child:
    """Return what version of a parameter a form showed."""
    return parts.seen(form, {"at": found.get(name, Setting()).at})


def body(search: str) -> Child:
    """Return the caps, the rules, the trial and the offer to recompute."""
    require("admin.parameters")
    with reading() as session:
        zone = place(session).zone
        found, said = set_notes(session, zone)
        policy, rules = moving.policy(session), terms.rules(session)
        own = frozenset(rule.id for rule in terms.own_rules(session))
        options = lists(session)
        auto = first.rule(session)
        waiting, followed = recompute.waiting(session), recompute.followed(session)
    texts = words()
    default = texts["admin.default"]
    left = [
        views.caps(policy, said.get("workflow", default), texts),
        views.auto_assign(auto, options, said.get("auto_assign", default), texts),
        views.rules(rules, own, options, said.get("terms", default), texts),
    ]
    start = f"{clock.local(now(), zone):%Y-%m-%d %H:%M}"
    right = [
        views.trial(options, start, texts),
        views.rule_form(asked(search), options, texts),
        views.recompute(waiting, followed, zone, texts),
    ]
    stores = [
        seen("caps", "workflow", found), seen("rule", "terms", found), seen("auto", "auto_assign", found),
    ]  # fmt: skip
    return [*stores, parts.split(left, right)]


@shown
def tried(kind: str, category: str, unit: str, urgency: str, start: str | None) -> Child:
    """Return when a ticket with these facts would be due if it were assigned at `start`, and why."""
    require("admin.parameters")
    with reading() as session:
        zone = place(session).zone
        try:
            at = datetime.strptime((start or "").strip(), "%Y-%m-%d %H:%M").replace(
                tzinfo=ZoneInfo(zone)
            )
        except ValueError:
            return views.wrong_start(words())
        rule = choose(
            terms.rules(session), stage="handle", kind=kind or "", category=category or "",
            unit=unit or "", urgency=urgency or "",
        )  # fmt: skip
        found = due(terms.calendar(session), at.timestamp(), rule.term)
        said = views.rule_said(rule, lists(session), words())
    return views.due_said(msgspec.to_builtins(found), said, zone, words())


def _save_caps(session: Session, _key: str, values: Values, at: float) -> Said:
    policy = Policy(
        **{name: whole(values, name) for name in LIMITS},
        pause_allowed="yes" in several(values, "pause_allowed"),
    )
    parameters.set_policy(session, policy, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


def _save_auto(session: Session, _key: str, values: Values, at: float) -> Said:
    rule = AutoAssign(
        kinds=tuple(several(values, "kinds")), categories=tuple(several(values, "categories"))
    )
    parameters.set_auto_assign(session, rule, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


def _save_rule(session: Session, _key: str, values: Values, at: float) -> Said:
    rule = parameters.rule_of(
        stage=text(values, "stage"), amount=whole(values, "amount"), unit=text(values, "time_unit"),
        warn=whole(values, "warn") / 100, kind=text(values, "kind"),
        category=text(values, "category"), holder=text(values, "unit"),
        urgency=text(values, "urgency"),
    )  # fmt: skip
    parameters.put_rule(session, rule, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.rule.saved")


def _drop_rule(session: Session, key: str, values: Values, at: float) -> Said:
    parameters.drop_rule(session, key, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.rule.saved")


def run(at: float) -> Said:
    """Recompute everything open, a transaction a batch, and write down what it came to."""
    so_far = Recomputed()
    while True:
        with writing() as session:
            so_far = recompute.batch(session, so_far, actor=actor(), now=at)
            if not so_far.last:
                recompute.record(session, so_far, actor=actor(), now=at)
                break
    said = words()["admin.recompute.done"].format(
        seen=f"{so_far.seen:,}", changed=f"{so_far.changed:,}", paused=f"{so_far.paused:,}"
    )
    return Said(said, parts.report(said, []))


VERBS: Mapping[str, Verb] = {
    "caps.save": _save_caps,
    "auto.save": _save_auto,
    "rule.save": _save_rule,
    "rule.drop": _drop_rule,
}
