"""The response scheme (处置方案, K-13) of a moment: what the incident's type, place, plans and forces come to."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from command.advice import Advice
from command.dossier import REACH_M, Dossier
from command.plans import Suggestion
from command.recommend import Recommendation
from command.scheme_page import Page, Part
from dashboard.views import clock
from dashboard.views.command_panes import Seen, why_fits, why_started
from dashboard.views.dispatch import reason
from dashboard.views.kit import Words
from models.events.incident.response import Card
from models.rules.incident.state import Incident

NAMED = 6
"""Places that are named of a kind."""


class Found(NamedTuple):
    """What the scheme is drawn up from."""

    incident: Incident
    dossier: Dossier | None
    fitting: Sequence[Suggestion]
    best: Recommendation | None
    advice: Advice


def printed(
    found: Found, seen: Seen, capabilities: dict[str, str], by: str, lang: str, words: Words
) -> Page:
    """Return the scheme as the page it is printed on."""
    i = found.incident
    facts = (
        (words["command.type"], f"{words[f'incident_kind.{i.kind}']} · {seen.types.get(i.type, i.type)}"),
        (words["replay.status"], words[f"incident_status.{i.status}"]),
        (words["level_field.grade"], words[f"grade.{i.grade or 'none'}"]),
        (words["level_field.colour"], words[f"colour.{i.colour or 'none'}"]),
        (words["level_field.level"], words[f"grade.{i.level or 'none'}"]),
        (words["command.happened"], clock.moment(i.happened, seen.zone, words)),
        (words["command.place"], i.place.address or words["scheme.no_address"]),
        (words["incident_status.reported"], clock.moment(i.reported, seen.zone, words)),
    )  # fmt: skip
    stamp = words["scheme.stamp"].format(by=by, at=clock.moment(seen.now, seen.zone, words))
    parts = (
        _scene(found.dossier, words), *_plans(found, seen, words), _tasks(i, seen, words),
        _forces(found, seen, capabilities, words), _supplies(i, seen, words), _contacts(found, words),
        *_advice(found.advice, seen, words),
    )  # fmt: skip
    return Page(
        lang, f"{i.title} {words['scheme.title']}", i.no, words["command.exercise"] if i.exercise else "",
        stamp, facts, parts,
    )  # fmt: skip


def _scene(found: Dossier | None, words: Words) -> Part:
    head = words["scheme.scene"]
    if found is None:
        return Part(head, words["command.place_help"])
    near = f"{found.premises.name}（{found.premises.metres:.0f} m）" if found.premises else "—"
    told = [
        f"{words['command.premises']}：{near}",
        f"{words['command.at_risk']}：" + words["command.people"].format(
            n=f"{found.people:,}", unknown=found.unknown
        ),
        *(
            f"{words[f'bureau.{row.bureau}']} {row.label} {row.value:g} {row.unit}"
            for _, row in found.readings if row.value is not None
        ),
    ]  # fmt: skip
    if found.tickets >= 0:
        told.insert(
            2, f"{words['command.near_tickets']}：" + words["command.count"].format(n=found.tickets)
        )
    rows = tuple(
        (
            words.get(f"place.{kind.kind}", kind.kind), str(kind.total),
            words["command.people_n"].format(n=f"{kind.people:,}") if kind.people else "—",
            "、".join(f"{hit.name} {hit.metres:.0f} m" for hit in kind.places[:NAMED]),
        )
        for kind in found.kinds
    )  # fmt: skip
    columns = tuple(words[f"scheme.col.{name}"] for name in ("kind", "count", "people", "nearest"))
    within = words["command.within"].format(m=f"{REACH_M:.0f}")
    return Part(f"{head}（{within}）", "\n".join(told), columns, rows)


def _plans(found: Found, seen: Seen, words: Words) -> Iterator[Part]:
    """Return the plans that run with their text; while none does, the one that fits best."""
    for plan in found.incident.plans.values():
        level = words[f"grade.{plan.level or 'none'}"]
        said = f"{words['command.version'].format(n=plan.version)} · {level} · {why_started(plan, seen, words)}"
        yield Part(f"{words['scheme.plan']}《{plan.title}》", said)
        yield from _sections(plan.sections)  # as it was when it started
    if found.incident.plans:
        return
    if not found.fitting:
        yield Part(words["scheme.plan"], words["command.plans_none"])
        return
    best = found.fitting[0]
    level = words[f"grade.{best.fit.level or 'none'}"]
    because = words["told.or"].join(
        why_fits(what, value, seen, words) for what, value in best.fit.reasons
    )
    said = f"{words['command.suggested']} {level} · {words['command.because']}：{because}"
    yield Part(f"{words['scheme.proposed']}《{best.title}》", said)
    yield from _sections(best.body.sections)
    yield from _cards(best.body.cards, words)


def _sections(sections: Sequence[tuple[str, str]]) -> Iterator[Part]:
    return (Part(head, text) for head, text in sections)


def _cards(cards: Sequence[Card], words: Words) -> Iterator[Part]:
    """Return what a plan would have people do; of one that runs these are the tasks."""
    rows = tuple((card.title, card.role, card.text) for card in cards)
    if rows:
        columns = tuple(words[f"scheme.col.{name}"] for name in ("task", "role", "text"))
        yield Part(words["scheme.cards"], "", columns, rows)


def _tasks(i: Incident, seen: Seen, words: Words) -> Part:
    rows = tuple(
        (
            f"{task.task}. {task.title}", task.role, clock.time_of(task.due, seen.zone) if task.due else "—",
            words["command.task_done"] if task.done else words["command.task_dropped"] if task.dropped
            else words["command.late"] if task.due and task.due < seen.now
            else words["command.task_going"].format(n=task.percent) if task.started else words["command.task_open"],
        )
        for task in i.tasks.values()
    )  # fmt: skip
    columns = tuple(words[f"scheme.col.{name}"] for name in ("task", "role", "due", "state"))
    return Part(words["command.tasks"], "" if rows else words["command.no_tasks"], columns, rows)


def _forces(found: Found, seen: Seen, capabilities: dict[str, str], words: Words) -> Part:
    """Return who is on the way or there, whom to send for what is still needed, and what is missing."""
    sent = tuple(
        (
            capabilities.get(a.capability, a.capability), a.label, words[f"progress.{a.progress}"],
            clock.time_of(a.routed + a.seconds, seen.zone) if a.seconds >= 0 else words["command.no_way"], "",
        )
        for a in found.incident.assignments.values() if a.open
    )  # fmt: skip
    best = found.best
    proposed = tuple(
        (
            capabilities.get(c.capability, c.capability), c.label, words["scheme.to_send"],
            clock.duration(c.seconds, words), reason(c, capabilities, words),
        )
        for c in (best.choices if best else ())
    )  # fmt: skip
    short = [
        f"{capabilities.get(need.capability, need.capability)}：" + words["dispatch.missing"].format(n=need.missing)
        for need in (best.needs if best else ()) if need.missing
    ]  # fmt: skip
    rows = sent + proposed
    columns = tuple(words[f"scheme.col.{name}"] for name in ("need", "unit", "state", "eta", "why"))
    said = "\n".join(short) if short else "" if rows else words["dispatch.no_needs"]
    return Part(words["scheme.forces"], said, columns, rows)


def _supplies(i: Incident, seen: Seen, words: Words) -> Part:
    rows = tuple(
        (
            each.label, f"{each.amount:g} {each.measure}", each.depot,
            clock.time_of(each.arrives, seen.zone) if each.seconds >= 0 else words["command.no_way"],
        )
        for each in i.transfers.values()
    )  # fmt: skip
    columns = tuple(words[f"scheme.col.{name}"] for name in ("supply", "amount", "depot", "eta"))
    return Part(
        words["dispatch.supplies"], "" if rows else words["dispatch.no_supplies"], columns, rows
    )


def _contacts(found: Found, words: Words) -> Part:
    of_plans = [contact for plan in found.incident.plans.values() for contact in plan.contacts]
    if not of_plans and found.fitting:
        of_plans = list(found.fitting[0].body.contacts)
    rows = tuple((contact.role, contact.name, contact.phone) for contact in of_plans)
    columns = tuple(words[f"scheme.col.{name}"] for name in ("role", "name", "phone"))
    return Part(words["command.contacts"], "" if rows else "—", columns, rows)


def _advice(known: Advice, seen: Seen, words: Words) -> Iterator[Part]:
    for name, lines in (("laws", known.laws), ("guides", known.guides)):
        if lines:
            yield Part(words[f"advice.{name}"], "\n".join(one.row.title for one in lines))
    if known.cases:
        rows = tuple(
            (
                f"{clock.local(case.reported, seen.zone):%Y-%m-%d}", case.title,
                words["command.exercise"] if case.exercise else "",
                words["advice.took"].format(
                    t=clock.duration(case.times.get("ended", case.at) - case.happened, words)
                ),
            )
            for case in known.cases
        )  # fmt: skip
        columns = tuple(words[f"scheme.col.{name}"] for name in ("day", "case", "mark", "took"))
        yield Part(words["advice.cases"], "", columns, rows)
