"""The panes of the chosen incident: overview, plan and tasks, records, conferences."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dash import html

from command.advice import Advice
from command.plans import Suggestion
from command.tasks import waits
from dashboard.views import clock, command_plan, files
from dashboard.views.command_forms import button
from dashboard.views.kit import Child, Words, data, empty, link, status
from models.rules.incident.moves import AFTER
from models.rules.incident.state import Conference, Incident, Notice, Order, Plan, Revision, Task

CHAIN = ("reported", "verified", "responding", "controlled", "ended", "closed")


class Seen(NamedTuple):
    """How the viewer sees an incident: what he may do, the zone, the names of codes, and the present instant."""

    can: frozenset[str]
    zone: str
    types: Mapping[str, str]
    districts: Mapping[str, str]
    kinds: Mapping[str, str]
    now: float

    @property
    def acts(self) -> bool:
        """True for who runs incidents."""
        return "command.act" in self.can

    @property
    def approves(self) -> bool:
        """True for who approves levels."""
        return "command.approve" in self.can


def overview(
    i: Incident,
    tickets: Sequence[tuple[int, str, str]],
    owing: Sequence[str],
    seen: Seen,
    words: Words,
) -> Child:
    """Return place, source, levels with their revisions, merged reports, the chain, and what is still owed.

    tickets : (id, number, title), the title empty where the viewer may not see it.
    """
    facts = [
        ("command.type", f"{words[f'incident_kind.{i.kind}']} · {seen.types.get(i.type, i.type)}"),
        ("command.place", _place(i, seen, words)),
        ("command.happened", clock.moment(i.happened, seen.zone, words)),
        ("command.source", words[f"incident_source.{i.source}"]),
        ("command.reported_by", f"{i.reported_by} {clock.time_of(i.reported, seen.zone)}"),
    ]
    parts: list[Child] = [
        html.Dl([part for key, said in facts for part in (html.Dt(words[key]), html.Dd(said))], className="facts"),
        _row(["amend", "ask_level", "merge_report"], seen.acts and i.status != "closed", words),
        html.H3(words["command.levels"]),
        _revisions(i, seen, words),
        html.H3(words["command.merged"]),
        html.Ul([
            html.Li([
                link(f"{no} {title}", f"/ticket?no={no}"),
                _row(["part_report"], seen.acts and i.status in AFTER, words, about=number),
            ])
            for number, no, title in tickets
        ], className="plain reports")
        if tickets else empty("—"),
        html.H3(words["command.chain"]),
        html.Ol(
            [
                html.Li([words[f"incident_status.{step}"], html.Time(clock.time_of(i.times[step], seen.zone))])
                for step in CHAIN if step in i.times
            ],
            className="chain",
        ),
    ]  # fmt: skip
    if owing and i.status == "ended":
        said = words["told.or"].join(words[f"command.owing.{name}"] for name in owing)
        parts.append(html.P(f"{words['command.owing']} {said}", className="note"))
    return parts


def _place(i: Incident, seen: Seen, words: Words) -> str:
    if i.place.lon is None or i.place.lat is None:
        return i.place.address or words["command.no_place"]
    where = seen.districts.get(i.place.district, i.place.district) or words["command.outside"]
    return f"{where} {i.place.address} ({i.place.lon:.5f}, {i.place.lat:.5f})"


def _revisions(i: Incident, seen: Seen, words: Words) -> Child:
    if not i.revisions:
        return empty(words["grade.none"])
    rows = sorted(i.revisions.values(), key=lambda r: -r.asked_at)
    return html.Ul([html.Li(_revision(r, seen, words)) for r in rows], className="plain revisions")


def _revision(r: Revision, seen: Seen, words: Words) -> Child:
    family = "colour" if r.field == "colour" else "grade"
    was, now = words[f"{family}.{r.was or 'none'}"], words[f"{family}.{r.now or 'none'}"]
    said = words["command.asked_by"].format(
        by=r.asked_by, at=clock.time_of(r.asked_at, seen.zone), was=was, now=now
    )
    parts: list[Child] = [
        html.B(words[f"level_field.{r.field}"]),
        " ",
        said,
        html.P(r.reason, className="muted"),
    ]
    if r.state == "asked":
        parts.append(status("warn", words["level_state.asked"]))
        if seen.approves:
            parts.append(html.Div([
                button("approve_level", words, about=r.revision, css="small primary"),
                button("refuse_level", words, about=r.revision, css="small"),
            ], className="buttons"))  # fmt: skip
    elif r.decided_by:
        parts.append(html.Small(words["command.decided"].format(
            by=r.decided_by, at=clock.time_of(r.decided_at, seen.zone), state=words[f"level_state.{r.state}"]
        )))  # fmt: skip
    return parts


# --- plan and tasks -------------------------------------------------------------------------


def plan(
    i: Incident, fitting: Sequence[Suggestion], known: Advice, seen: Seen, words: Words
) -> Child:
    """Return the plans that run, those that fit with the reasons, the tasks in their order, whom to call, advice."""
    paper = html.A(
        words["scheme.open"],
        href=f"/api/command/scheme/{i.id}.pdf",
        target="_blank",
        className="button small",
    )
    parts: list[Child] = [html.Div(paper, className="buttons")]
    for running in i.plans.values():
        level = words[f"grade.{running.level or 'none'}"]
        head = f"《{running.title}》 {level}"
        version = words["command.version"].format(n=running.version)
        note = f"{version} · {running.by} {clock.time_of(running.at, seen.zone)}"
        parts.append(
            html.Div([
                html.B(head), html.Small(note), html.P(why_started(running, seen, words)),
                command_plan.text(running.sections, f"plan-{running.plan}", words),
            ], className="card")
        )  # fmt: skip
    if i.open and seen.acts:
        parts.append(html.H3(words["command.plans_fit"]))
        parts += [_fitting(s, seen, words) for s in fitting] or [empty(words["command.plans_none"])]
        parts.append(_row(["call_plan"], True, words))
    parts += [html.H3(words["command.tasks"]), _row(["add_task"], seen.acts and i.open, words)]
    if i.tasks:
        parts.append(
            html.Ol(
                [_task(i, task, seen, words) for task in i.tasks.values()], className="plain tasks"
            )
        )
    else:
        parts.append(empty(words["command.no_tasks"]))
    contacts = [contact for running in i.plans.values() for contact in running.contacts]
    if contacts:
        parts.append(html.H3(words["command.contacts"]))
        parts.append(html.Ul(
            [html.Li([html.B(c.role), f" {c.name} ", html.A(c.phone, href=f"tel:{c.phone}")]) for c in contacts],
            className="plain",
        ))  # fmt: skip
    return [*parts, *_advice(known, seen, words)]


def _advice(known: Advice, seen: Seen, words: Words) -> list[Child]:
    """Return laws, advice and cases of the type, each a link."""
    parts: list[Child] = [html.H3(words["advice.title"])]
    for name, lines in (("laws", known.laws), ("guides", known.guides)):
        if lines:
            items = [
                html.Li(link(one.row.title, f"/knowledge/item?id={one.row.id}")) for one in lines
            ]
            parts += [html.H4(words[f"advice.{name}"]), html.Ul(items, className="plain")]
    if not known.laws and not known.guides:
        parts.append(empty(words["advice.none"]))
    if known.cases:
        cases = [html.Li(_case(case, seen, words)) for case in known.cases]
        parts += [html.H4(words["advice.cases"]), html.Ul(cases, className="plain")]
    return parts


def _case(case: Incident, seen: Seen, words: Words) -> Child:
    ended = case.times.get("ended", case.at)
    took = words["advice.took"].format(t=clock.duration(ended - case.happened, words))
    mark = html.Span(words["command.exercise"], className="exercise") if case.exercise else None
    when = clock.local(case.reported, seen.zone)
    return [
        mark,
        link(f"{when:%Y-%m-%d} {case.title}", f"/command?id={case.id}"),
        html.Small(f" {took}"),
    ]


def _fitting(s: Suggestion, seen: Seen, words: Words) -> Child:
    why = words["told.or"].join(why_fits(what, value, seen, words) for what, value in s.fit.reasons)
    level = words[f"grade.{s.fit.level or 'none'}"]
    because = [why_fits(what, value, seen, words) for what, value in s.fit.level_reasons]
    suggested = f"{words['command.suggested']} {level}" + (
        f"（{'，'.join(because)}）" if because else ""
    )
    return html.Div(
        [
            html.B(command_plan.whole(f"《{s.title}》", s.plan, words)),
            html.Small(words["command.version"].format(n=s.version)),
            html.P(f"{words['command.because']}：{why}"), html.P(suggested),
            command_plan.text(s.body.sections, f"fit-{s.plan}", words),
            button("activate_plan", words, about=s.plan, css="small primary"),
        ],
        className="card",
    )  # fmt: skip


def why_started(running: Plan, seen: Seen, words: Words) -> str:
    """Return why a plan was started; of one that started by itself, which of its triggers fitted."""
    if not running.automatic:
        return running.reason
    facts = (each.partition("=") for each in running.reason.split("; "))
    why = words["told.or"].join(why_fits(what, value, seen, words) for what, _, value in facts)
    return f"{words['command.by_itself']}：{why}"


def why_fits(what: str, value: str, seen: Seen, words: Words) -> str:
    """Return a reason for a plan or a level in words."""
    named = {"hazard": seen.kinds, "district": seen.districts}.get(what, {})
    return words[f"command.why.{what}"].format(v=named.get(value, value))


def _task(i: Incident, task: Task, seen: Seen, words: Words) -> Child:
    before = waits(i, task)
    late = bool(task.open and task.due and task.due < seen.now)
    if task.done:
        mark = status("ok", f"{words['command.task_done']} {clock.time_of(task.done, seen.zone)}")
    elif task.dropped:
        mark = status("off", words["command.task_dropped"])
    elif late:
        mark = status("bad", words["command.late"])
    elif task.started:
        mark = status("warn", words["command.task_going"].format(n=task.percent))
    else:
        mark = status("off", words["command.task_open"])
    facts = [f"{words['command.role']}：{task.role}"]
    if task.unit:
        facts.append(
            "→ " + next((a.label for a in i.assignments.values() if a.unit == task.unit), task.unit)
        )
    if task.due:
        facts.append(words["command.due"].format(at=clock.time_of(task.due, seen.zone)))
    if before:
        facts.append(words["command.waits"].format(n="、".join(map(str, before))))
    verbs = [] if before else ["start_task"] * (not task.started) + ["progress_task", "finish_task"]
    return html.Li(
        [
            html.Div([html.Span(str(task.task), className="n"), html.B(task.title), mark]),
            html.Small(" · ".join(facts)),
            html.P(task.text) if task.text else None,
            html.P(task.note, className="muted") if task.note else None,
            _row(
                [*verbs, *(["hand_task"] if _anybody(i) else []), "drop_task"],
                seen.acts and task.open,
                words,
                about=task.task,
            ),
        ],
        className="task" + (" late" if late else ""),
    )


def _anybody(i: Incident) -> bool:
    return any(assignment.open for assignment in i.assignments.values())


# --- records --------------------------------------------------------------------------------


def evidence(i: Incident, words: Words) -> Child:
    """Return the place of the incident's pictures, films, recordings and papers; its list draws itself."""
    return html.Div([html.H3(words["command.media"]), files.slot("incident", i.id)])


def records(i: Incident, seen: Seen, words: Words) -> Child:
    """Return reports, orders, decisions, process records, media and messages, each with what may be done."""
    acts = seen.acts and i.status not in ("closed", "cancelled")
    return [
        html.H3(words["command.reports"]), _row(["file_report"], acts, words), _reports(i, seen, words),
        html.H3(words["command.orders"]), _row(["order"], seen.acts and i.open, words),
        _orders(i, acts, seen, words),
        html.H3(words["command.decisions"]), _row(["ask_decision"], seen.acts and i.open, words),
        _decisions(i, seen, words),
        html.H3(words["command.remarks"]), _row(["remark"], seen.acts and i.status != "cancelled", words),
        _remarks(i, seen, words),
        html.H3(words["command.notices"]), _row(["notify"], acts, words), _notices(i, seen, words),
    ]  # fmt: skip


def _reports(i: Incident, seen: Seen, words: Words) -> Child:
    if not i.reports:
        return empty(words["command.no_reports"])
    return html.Ol(
        [
            html.Li([
                html.B(f"{words[f'report_stage.{r.stage}']} → {r.to}"), _by(r.by, r.at, seen), html.P(r.text),
            ])
            for r in i.reports.values()
        ],
        className="plain",
    )  # fmt: skip


def _orders(i: Incident, acts: bool, seen: Seen, words: Words) -> Child:
    if not i.orders:
        return empty(words["command.no_orders"])
    return html.Ol(
        [
            html.Li([
                html.B(f"→ {o.to}"), _by(o.by, o.at, seen), _delivered(o, seen, words), html.P(o.text),
                *[html.P([f"{words['command.answered']}：{said}", _by(by, at, seen)]) for at, by, said in o.answers],
                status("ok", words["incident_field.done"]) if o.done
                else None if o.answers else status("warn", words["command.unanswered"]),
                _row(["answer_order"], acts and not o.done, words, about=o.order),
            ])
            for o in i.orders.values()
        ],
        className="plain",
    )  # fmt: skip


def _delivered(o: Order, seen: Seen, words: Words) -> Child:
    """Tell whether an order to a unit has stood on its crew's screen."""
    if not o.unit:
        return None
    if not o.delivered:
        return html.P(status("warn", words["command.undelivered"]))
    at = clock.time_of(o.delivered, seen.zone)
    return html.P(status("ok", words["command.delivered"].format(at=at)))


def _decisions(i: Incident, seen: Seen, words: Words) -> Child:
    if not i.decisions:
        return empty(words["command.no_decisions"])
    return html.Ol(
        [
            html.Li([
                html.B(d.question), _by(d.by, d.at, seen),
                html.P([d.answer, _by(d.answered_by, d.answered_at, seen)]) if d.answered_at
                else status("warn", words["command.unanswered"]),
                _row(["decide"], seen.approves and not d.answered_at, words, about=d.decision),
            ])
            for d in i.decisions.values()
        ],
        className="plain",
    )  # fmt: skip


def _remarks(i: Incident, seen: Seen, words: Words) -> Child:
    kept = [remark for remark in i.remarks.values() if remark.text]
    if not kept:
        return empty(words["command.no_remarks"])
    return html.Ol(
        [
            html.Li([
                html.Time(clock.time_of(r.about, seen.zone)), " ", r.text, _by(r.by, r.at, seen),
                html.Small(words["command.changed"]) if r.changed else None,
                _row(["change_remark"], seen.acts, words, about=r.remark),
            ])
            for r in sorted(kept, key=lambda remark: remark.about)
        ],
        className="plain",
    )  # fmt: skip


def _notices(i: Incident, seen: Seen, words: Words) -> Child:
    return html.Ol(
        [
            html.Li([
                html.B("→ " + "、".join(n.whom)), _by(n.by, n.at, seen), html.P(n.text), _reached(n, words),
                status("off", words["command.notice_wait"]),
            ])
            for n in i.notices.values()
        ],
        className="plain",
    )  # fmt: skip


def _reached(n: Notice, words: Words) -> Child:
    """Return everybody a choice of the phone book meant, folded, and how many of them have no mobile."""
    if not n.members:
        return None
    head = words["command.notice_people"].format(n=len(n.members))
    if n.without:
        head += words["command.notice_without"].format(n=len(n.without))
    no_mobile = words["duty.delivery.no_mobile"]
    said = [
        name + (f"（{no_mobile}）" if key in n.without else "") for key, name in n.members.items()
    ]
    return html.Details(
        [html.Summary(head), html.P("、".join(said))], className="plan-text", **data(fold=f"notice-{n.notice}")
    )  # fmt: skip


def talk(i: Incident, seen: Seen, words: Words) -> Child:
    """Return the conferences, newest first: members, what the exchange says of them, and who has the floor."""
    parts: list[Child] = [
        html.P(words["command.talk_later"], className="note"),
        _row(["confer"], seen.acts and i.open, words),
    ]
    for conference in reversed(i.conferences.values()):
        parts.append(_conference(conference, seen.acts and i.open, seen, words))
    return parts


def _conference(c: Conference, acts: bool, seen: Seen, words: Words) -> Child:
    goes_on = acts and not c.ended
    members = []
    for key, state in c.members.items():
        speaks = key in c.granted
        verb = "take_floor" if speaks else "grant_floor"
        members.append(html.Li([
            html.Span(c.names[key]), " ",
            status("ok" if state in ("joined", "speaking") else "off", words[f"conference_state.{state}"]),
            html.Span(words["command.has_floor"], className="chip") if speaks else None,
            button(verb, words, about=f"{c.conference}:{key}", css="small") if goes_on else None,
        ]))  # fmt: skip
    kept = c.recording or words["command.no_recording"]
    return html.Div(
        [
            html.B(c.title), _by(c.by, c.at, seen),
            html.P("、".join(c.groups), className="muted") if c.groups else None,
            html.Ul(members, className="plain"),
            html.P(f"{words['command.recording']}：{kept}", className="muted"),
            html.P(f"{words['command.ended']} {clock.time_of(c.ended, seen.zone)}") if c.ended else
            _row(["end_conference"], goes_on, words, about=c.conference),
        ],
        className="card",
    )  # fmt: skip


def _by(by: str, at: float, seen: Seen) -> Child:
    return html.Small(f" {by} {clock.time_of(at, seen.zone)}")


def _row(verbs: Sequence[str], shown: bool, words: Words, *, about: object = "") -> Child:
    if not shown or not verbs:
        return None
    return html.Div(
        [button(verb, words, about=about, css="small") for verb in verbs], className="buttons"
    )
