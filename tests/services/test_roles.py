"""Every route, page and callback of the web process, asked by every role: who is refused changes nothing.

The tables say which permission each needs. What is not in a table fails the test: write its row here.
"""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import shapely
from desk_site import (
    HERE,
    PEOPLE,
    SENT,
    SPARE,
    TOKEN,
    WORDS,
    Person,
    Site,
    refused,
    running_site,
    texts_of,
)
from factories import make_alarm, make_call, put_calls
from fastapi.routing import APIRoute
from real_stores import Stores
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from web_client import Answer

from command import capabilities, dispatch, evaluation, incidents, indicators, plotting, resources
from command import demo as command_demo
from command.duty import calendar, reports
from dashboard.pages.duty import PAGES as DUTY
from dashboard.pages.routes import DESK_PAGES
from dashboard.views.intake import FIELDS
from dashboard.views.shell import PAGES as NAVIGATION
from gis_data.city.manifest import SHIPPED, read_manifest
from models.clock import now, to_datetime
from models.events.incident.course import Place
from models.events.incident.plotting import Drawing
from models.rules.metrics import STANDARD
from models.store.people import PERMISSIONS
from models.tables import Camera, City, Closure, Evaluation, Letter, Plan, Ticket, User
from tickets import assignment, editing, intake, letters
from tickets.moving import Actor

CHIEF = Actor(0, "总值班", PERMISSIONS)
TITLE = "东门外路灯不亮"
ROAD = (114.308056, 33.637870)
"""A place on a road of the shipped city."""
POINT = shapely.Point(ROAD)
DRAWN = {"kind": "road", "corners": [list(ROAD)], "done": True}
ON_THE_MAP = (
    f"?from={ROAD[0]},{ROAD[1]}&to=114.365616,33.630629&at={ROAD[0]},{ROAD[1]}&on=tickets,hospital"
)
BUFFER = "buffer-1"
DRAW = {
    "op": "op-{login}", "kind": "put", "drawing": "drawing-{login}",
    "body": {"shape": "point", "points": [list(ROAD)], "layer": "", "symbol": "fire"},
}  # fmt: skip
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
PNG = "\x89PNG\r\n\x1a\n" + "0" * 60


class Case(NamedTuple):
    """What stands in the tenant: a ticket with unit zjj in the district `HERE`, and what hangs on it."""

    site: Site
    ticket: int
    no: str
    letter: int
    file: int
    call: str
    item: int
    draft: int
    closure: int
    report: int
    incident: int
    over: int
    evaluation: int
    plan: int


@pytest.fixture(scope="module")
def case(stores: Stores, engine: Engine) -> Iterator[Case]:
    with running_site(stores, engine) as site:
        for login in PEOPLE:
            site.client(login)  # a sign-in is audited: all of them before anything is compared
        call = make_call(entered=now() - 60, caller=site.vault.seal("13900001111"))
        at = now()
        with site.session() as session:
            put_calls(session, site.place.id, call)
            make_alarm(session, site.place.id)
            row = make_ticket(site, session)
            assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CHIEF, now=at)
            letter = letters.make(
                session, row.id, "assign", actor=CHIEF, now=at, vault=site.vault
            ).id
            form = editing.Form(title="路灯报修", shelf="guide")
            item = editing.propose(session, form, actor=CHIEF, now=at)
            editing.publish(session, item, 1, actor=CHIEF, now=at)
            draft = editing.propose(session, form, actor=CHIEF, now=at)
        sent = site.client("duty").ask(
            "POST",
            f"/files/ticket/{row.id}",
            PNG,
            {"X-File-Name": "a.png"},
        )
        assert sent.status == 201, sent.text
        number = sent.json()["id"]
        with site.session() as session:
            closure = make_closure(session, site.place.id, POINT)
            make_closure(session, site.place.id, POINT.buffer(0.0001))
            judged = reports.Judged({}, STANDARD)
            report = reports.draft(
                session, "值班日报", at - 60, at, judged=judged, actor=CHIEF, now=at
            ).id
            incident = make_incident(session)
            session.add(Camera(
                tenant_id=site.place.id, bureau="traffic", key="1", label=TITLE, lon=ROAD[0], lat=ROAD[1],
                url="http://127.0.0.1:9/live.m3u8", at=to_datetime(at),
            ))  # fmt: skip
            plan = session.scalars(select(Plan.id).order_by(Plan.id).limit(1)).one()
            over = make_over(session, TITLE)
            reported = make_over(session, TITLE)
            judged_ = evaluation.draw(session, reported, actor=CHIEF, now=now()).id
        yield Case(
            site, row.id, row.no, letter, number, call.key, item, draft, closure, report, incident,
            over, judged_, plan,
        )  # fmt: skip


def make_ticket(site: Site, session: Any, **more: Any) -> Ticket:
    given = {"kind": "complaint", "title": TITLE, "content": "三天了", "district": HERE, **more}
    return intake.open_ticket(
        session,
        intake.Form(**{"phone": "13900001111", **given}),
        actor=CHIEF,
        now=now(),
        vault=site.vault,
    )


def make_closure(session: Session, tenant_id: int, shape: shapely.Geometry) -> int:
    city = session.scalar(select(City.id).where(City.active))
    row = Closure(
        tenant_id=tenant_id, city_id=city, reason=TITLE, shape=shapely.to_wkb(shape),
        edges=[], closed_at=to_datetime(now()), closed_by=0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def make_incident(session: Session) -> int:
    """Report an incident in the district `HERE`, with a buffer drawn round it."""
    command_demo.seed(session, now=now())
    place = Place(*ROAD, district=HERE)
    number = command_demo.exercise(session, place, now=now())
    body = Drawing("circle", (ROAD,), "", metres=300.0, effect="buffer")
    said = capabilities.Said("灭火", 0)
    capabilities.add_capability(session, "fire", said, actor=CHIEF, now=now())
    for code in (SENT, SPARE):
        form = resources.UnitForm(
            f"{code}号车", "fire", ("fire",), 6, 4, *ROAD, district=HERE, device=f"BD-{code}"
        )
        resources.add_unit(session, code, form, actor=CHIEF, now=now())
    dispatch.assign(
        session, number, SENT, capability="fire", network=None, override="就近", actor=CHIEF, now=now()
    )  # fmt: skip
    op = plotting.Op("made", "put", BUFFER, body=body)
    plotting.put(session, number, op, town=nowhere, actor=CHIEF, now=now())
    return number


def nowhere() -> plotting.Town:
    raise AssertionError("a buffer closes no road")


# --- the tables -----------------------------------------------------------------------------

Ask = Callable[[Case, str], Answer]
Rule = Callable[[str, Person], bool]


class Row(NamedTuple):
    """A question and who may ask it: with which permission, and by what rule beyond it."""

    needs: str
    ask: Ask
    rule: Rule = lambda login, person: True
    denied: Callable[[Answer], bool] = refused


def in_scope(login: str, person: Person) -> bool:
    """The ticket is with zjj, in the person's district, in this tenant."""
    return login != "stranger" and person.unit in ("", "zjj")


def central(_login: str, person: Person) -> bool:
    """Units have no part in command."""
    return not person.unit


def of_tenant(login: str, _person: Person) -> bool:
    return login != "stranger"


def at_command(login: str, person: Person) -> bool:
    """Who may see the incident of the tenant: units have no part in command."""
    return login != "stranger" and not person.unit


def sees_the_map(login: str, person: Person) -> bool:
    """Tiles are for who sees tickets, and for the big screen's account and crews on site, which see none."""
    return login != "stranger" and not person.can.isdisjoint(
        {"ticket.view", "command.view", "site.act"}
    )


def of_the_crew(_login: str, person: Person) -> bool:
    """Who belongs to the response unit that was sent to the incident."""
    return person.force == SENT


def searches(_login: str, person: Person) -> bool:
    """Names of the city are found by whoever sees tickets or the command map."""
    return not person.can.isdisjoint({"ticket.view", "command.view"})


def of_the_city(_login: str, person: Person) -> bool:
    """The console is for those who see the whole city, as its screens show it."""
    return not person.unit and not person.district


def of_the_house(login: str, person: Person) -> bool:
    """A duty report of the tenant speaks of all its districts."""
    return of_tenant(login, person) and of_the_city(login, person)


def works(login: str, person: Person) -> bool:
    """Who may add to the ticket's files: its unit, and who works on tickets at the centre."""
    verbs = {"open", "assign", "review", "call_back", "supervise", "instruct"}
    return in_scope(login, person) and bool(
        person.unit or person.can & {f"ticket.{verb}" for verb in verbs}
    )


def got(path: str) -> Ask:
    return lambda case, login: case.site.client(login).get(path.format(**case._asdict()))


def posted(path: str) -> Ask:
    def ask(case: Case, login: str) -> Answer:
        headers = {"X-File-Name": "a.png", "Content-Type": "application/octet-stream"}
        there = path.format(**case._asdict())
        return case.site.client(login).ask("POST", there, PNG, headers)

    return ask


def sent(path: str, body: object) -> Ask:
    """Send JSON; the op ids of a batch are each person's own."""

    def ask(case: Case, login: str) -> Answer:
        text = json.dumps(body).replace("{login}", login)
        headers = {"Content-Type": "application/json"}
        return case.site.client(login).ask("POST", path.format(**case._asdict()), text, headers)

    return ask


def no_camera(answer: Answer) -> bool:
    """A map without the tenant's camera."""
    return "key=1" not in answer.text


def nothing_drawn(answer: Answer) -> bool:
    """Maps of nothing."""
    return '"features":[{' not in answer.text.replace(" ", "")


def forbidden(answer: Answer) -> bool:
    """Refused by right; what is asked for need not be there."""
    return answer.status in (401, 403)


def undrawn(answer: Answer) -> bool:
    """A batch whose every operation was refused."""
    if answer.status != 200:
        return refused(answer)
    return all(each.get("error") in ("refused", "not_found") for each in answer.json()["results"])


def shows(address: str) -> Ask:
    return lambda case, login: case.site.page(login, address.format(**case._asdict()))


def asked(name: str, values: Callable[[Case], list[Any]], **more: Any) -> Ask:
    def ask(case: Case, login: str) -> Answer:
        out = more.get("out")
        return case.site.ask(
            login, name, values(case), out=out(case) if out else (), pressed=more.get("pressed", 0)
        )

    return ask


def of_pane(part: str, pane: str) -> Ask:
    """Return the question for a pane of the command page."""
    return asked(f"command.{part}", lambda case: [1, pane, case.incident])


def metrics_with(token: str) -> Ask:
    return lambda case, login: case.site.client(login).get(
        "/metrics", Authorization=f"Bearer {token}"
    )


def live(case: Case, login: str, path: str = "/live/floor") -> Answer:
    """Open the stream and leave it at once."""
    link = http.client.HTTPConnection(urlsplit(case.site.url).netloc, timeout=10)
    link.request("GET", path, headers={"Cookie": case.site.client(login).cookie})
    came = link.getresponse()
    answer = Answer(came.status, {}, b"")
    came.close()
    link.close()
    return answer


TILE = f"/tiles/{read_manifest(SHIPPED)[0][:16]}/desk/10/837/409@1.png"
OPEN = {
    "GET /login", "POST /login", "GET /healthz", "GET /metrics", "GET /_favicon.ico", "MOUNT /assets",
    "POST /api/feeds/{name}", "GET /duty/calendar.ics", "POST /api/positions",
    *(
        f"{method} /alerts/{path}"
        for method in ("GET", "HEAD") for path in ("feed.atom", "{identifier}.xml", "{rest:path}")
    ),
}  # fmt: skip
"""What nobody needs a session for: these ask for tokens of their own, tested beside them."""
SIGNED_IN = {
    "GET /_dash-component-suites/{package_name}/{fingerprinted_path:path}", "GET /_dash-layout",
    "GET /_dash-dependencies", "POST /_dash-update-component", "GET /_reload-hash", "GET /",
    "GET {path:path}", "POST /logout", "GET /password", "POST /password",
}  # fmt: skip
"""What every session may ask for: the frame of the pages, in which no fact stands."""
ROUTES: Mapping[str, Row] = {
    "GET /live/floor": Row("floor.view", live),
    "GET /live/command": Row(
        "command.view", lambda case, login: live(case, login, "/live/command"), central
    ),
    "GET /live/prompts": Row(
        "command.view", lambda case, login: live(case, login, "/live/prompts"), central
    ),
    "GET /live/site": Row("site.act", lambda case, login: live(case, login, "/live/site")),
    "POST /api/site/{incident}": Row(
        "site.act",
        sent("/api/site/{incident}", {"verb": "report", "said": "现场有明显气味"}),
        of_the_crew,
    ),
    "GET /live/centre": Row("command.view", lambda case, login: live(case, login, "/live/centre")),
    "GET /api/export/calls.{kind}": Row("calls.view", got("/api/export/calls.csv")),
    "GET /api/export/tickets.xlsx": Row("ticket.view", got("/api/export/tickets.xlsx")),
    "POST /files/{subject}/{number}": Row("ticket.view", posted("/files/ticket/{ticket}"), works),
    "GET /files/{number}": Row("ticket.view", got("/files/{file}"), in_scope),
    "GET /api/export/resources.xlsx": Row(
        "command.view", got("/api/export/resources.xlsx"), lambda _, person: not person.unit
    ),
    "GET /api/route.geojson": Row("ticket.view", got(f"/api/route.geojson{ON_THE_MAP}"), of_tenant),
    "GET /api/letters/{number}.{kind}": Row(
        "ticket.view", got("/api/letters/{letter}.docx"), in_scope
    ),
    "GET /api/export/tasks.xlsx": Row("command.view", got("/api/export/tasks.xlsx"), central),
    "GET /api/export/incidents.xlsx": Row(
        "command.view", got("/api/export/incidents.xlsx"), central
    ),
    "GET /api/duty/contacts.xlsx": Row("duty.view", got("/api/duty/contacts.xlsx")),
    "GET /api/duty/log.xlsx": Row("duty.view", got("/api/duty/log.xlsx")),
    "GET /api/duty/roster.{kind}": Row("duty.view", got("/api/duty/roster.xlsx")),
    "GET /api/duty/report/{number}.{kind}": Row(
        "duty.view", got("/api/duty/report/{report}.docx"), of_the_house
    ),
    "GET /api/hotspots.{kind}": Row("ticket.view", got("/api/hotspots.geojson"), of_tenant),
    "POST /api/command/{incident}/drawings": Row(
        "command.act", sent("/api/command/{incident}/drawings", {"ops": [DRAW]}), of_tenant, undrawn
    ),
    "POST /api/command/{incident}/layers": Row(
        "command.act", sent("/api/command/{incident}/layers", {"title": "消防"}), of_tenant
    ),
    "POST /api/command/{incident}/snapshots": Row(
        "command.act", sent("/api/command/{incident}/snapshots", {"title": "到场"}), of_tenant
    ),
    "POST /api/command/{incident}/assess": Row(
        "command.act", sent("/api/command/{incident}/assess", {"drawing": BUFFER}), of_tenant
    ),
    "GET /api/command/{incident}/wind": Row(
        "command.view", got("/api/command/{incident}/wind?lon=114.3&lat=33.6"), of_tenant
    ),
    "POST /api/command/{incident}/presence": Row(
        "command.view",
        sent("/api/command/{incident}/presence", {"lon": 114.3, "lat": 33.6}),
        of_tenant,
    ),
    "POST /api/command/measure": Row(
        "command.view", sent("/api/command/measure", {"points": [[114.3, 33.6], [114.4, 33.6]]})
    ),
    "GET /api/command/replay/{incident}/frame": Row(
        "command.view", got("/api/command/replay/{incident}/frame?at=1795300000"), of_tenant
    ),
    "GET /api/command/replay/{incident}.{kind}": Row(
        "command.view", got("/api/command/replay/{incident}.jsonl"), of_tenant
    ),
    "GET /api/command/reviews/{tab}.xlsx": Row(
        "command.view", got("/api/command/reviews/reports.xlsx"), lambda _, person: not person.unit
    ),
    "GET /api/command/evaluation/{number}.{kind}": Row(
        "command.view", got("/api/command/evaluation/{evaluation}.xlsx"), of_tenant
    ),
    "GET /api/command/scheme/{incident}.pdf": Row(
        "command.view", got("/api/command/scheme/{incident}.pdf"), of_tenant
    ),
    "GET /api/command/symbols.json": Row("command.view", got("/api/command/symbols.json")),
    "GET /api/command/symbols/{code}.svg": Row(
        "command.view", got("/api/command/symbols/fire.svg")
    ),
    "GET /api/cameras/live.m3u8": Row(
        "command.view", got("/api/cameras/live.m3u8?bureau=traffic&key=none"), central, forbidden
    ),
    "GET /api/cameras/part": Row(
        "command.view",
        got("/api/cameras/part?bureau=traffic&key=none&at=x&seal=y"),
        central,
        forbidden,
    ),
    "GET /tiles/{version}/{theme}/{zoom}/{x}/{name}": Row("", got(TILE), sees_the_map),
}
PAGES: Mapping[str, Row] = {
    "/wall": Row("floor.view", shows("/wall")),
    "/centre": Row("command.view", shows("/centre?screen=main")),
    "/centre/console": Row("duty.edit", shows("/centre/console"), of_the_city),
    "/calls": Row("calls.view", shows("/calls")),
    "/alarms": Row("floor.view", shows("/alarms")),
    "/seat": Row("floor.view", shows("/seat?key=pbx1:PJSIP/8001")),
    "/system": Row("system.view", shows("/system")),
    "/tickets": Row("ticket.view", shows("/tickets")),
    "/tickets/new": Row("ticket.open", shows("/tickets/new")),
    "/ticket": Row("ticket.view", shows("/ticket?no={no}"), in_scope),
    "/map": Row("ticket.view", shows(f"/map{ON_THE_MAP}"), of_tenant),
    "/hotspots": Row("ticket.view", shows("/hotspots"), of_tenant),
    "/places": Row("ticket.assign", shows("/places")),
    "/knowledge": Row("knowledge.view", shows("/knowledge")),
    "/knowledge/item": Row("knowledge.view", shows("/knowledge/item?id={item}"), of_tenant),
    "/admin": Row("admin.units", shows("/admin")),
    "/admin/units": Row("admin.units", shows("/admin/units")),
    "/admin/people": Row("admin.people", shows("/admin/people")),
    "/admin/roles": Row("admin.people", shows("/admin/roles")),
    "/admin/categories": Row("admin.parameters", shows("/admin/categories")),
    "/admin/parameters": Row("admin.parameters", shows("/admin/parameters")),
    "/admin/intake": Row("admin.parameters", shows("/admin/intake")),
    "/admin/calendar": Row("admin.parameters", shows("/admin/calendar")),
    "/admin/flow": Row("admin.parameters", shows("/admin/flow")),
    "/admin/feeds": Row("admin.parameters", shows("/admin/feeds")),
    "/admin/command": Row("admin.parameters", shows("/admin/command")),
    "/admin/options": Row("admin.parameters", shows("/admin/options")),
    "/customers": Row("ticket.open", shows("/customers")),
    "/command": Row("command.view", shows("/command"), central),
    "/command/incidents": Row("command.view", shows("/command/incidents"), central),
    "/command/tasks": Row("command.view", shows("/command/tasks"), central),
    "/command/plans": Row("command.view", shows("/command/plans")),
    "/command/plan": Row("command.view", shows("/command/plan?id={plan}"), of_tenant),
    "/command/resources": Row(
        "command.view", shows("/command/resources"), lambda _, person: not person.unit
    ),
    "/command/alerts": Row("command.view", shows("/command/alerts"), central),
    **{address: Row("duty.view", shows(address)) for address in DUTY if "report" not in address},
    "/duty/reports": Row("duty.view", shows("/duty/reports"), of_the_city),
    "/duty/report": Row("duty.view", shows("/duty/report?id={report}"), of_the_house),
    "/command/replay": Row("command.view", shows("/command/replay?id={incident}"), of_tenant),
    "/command/reviews": Row("command.view", shows("/command/reviews")),
    "/command/review": Row("command.view", shows("/command/review?id={evaluation}"), of_tenant),
    "/command/symbols": Row("command.edit", shows("/command/symbols")),
    "/site": Row("site.act", shows("/site")),
}
INDICATOR = [
    ({"indicator-field": field, "row": 0}, value)
    for field, value in (
        ("code", "a"), ("label", ""), ("measure", "judged"), ("weight", "1"), ("target", "100"),
    )
]  # fmt: skip
EMPTY_FORM = [""] * len(FIELDS)


def silent(answer: Answer) -> bool:
    """A callback that says nothing to whom it refuses."""
    return answer.status == 401 or answer.json()["response"] == {}


def unanswered(answer: Answer) -> bool:
    """A callback that leaves the screen as it is for whom it refuses."""
    return answer.status in (204, 401)


def nothing(answer: Answer) -> bool:
    """A callback that has no figures for whom it refuses; to the others an empty day has quarters, too."""
    return answer.status == 401 or answer.json()["response"]["yesterday"]["data"] == []


def leaves_the_cards(answer: Answer) -> bool:
    """A callback that draws no screen for whom it refuses."""
    return answer.status in {401, 204} or "console-screens" not in answer.json()["response"]


def not_kept(answer: Answer) -> bool:
    return answer.status == 401 or WORDS["intake.not_kept"] in texts_of(answer)


def clicked(number: Any) -> list[tuple[Any, int]]:
    return [(number, 1)]


def know(case: Case) -> list[Any]:
    """Press "write an answer" on the published item."""
    of = f"item:{case.item}"
    fields = [
        ({"know-field": name, "of": of, "verb": "item.answer"}, text)
        for name, text in (("content", "拨打 12345"), ("remarks", ""))
    ]
    pressed = {"know-do": "item.answer", "of": of, "version": "1"}
    return [clicked(pressed), fields, [(i, i) for i, _ in fields], case.item, {}]


def version(case: Case) -> int:
    """Return the ticket's version now."""
    with case.site.session() as session:
        return session.get_one(Ticket, case.ticket).version


def revision(case: Case) -> int:
    """Return the evaluation's revision now."""
    with case.site.session() as session:
        return session.get_one(Evaluation, case.evaluation).rev


def indicators_now(case: Case) -> int:
    with case.site.session() as session:
        return indicators.indicators(session).version


def make_over(session: Session, title: str) -> int:
    """Report an incident and bring it to its end."""
    form = incidents.Form(type="fire", title=title, place=Place(*ROAD, "", ""))
    number = incidents.report(session, form, actor=CHIEF, now=now()).id
    for verb in (incidents.respond, incidents.control, incidents.end):
        verb(session, number, note="完", actor=CHIEF, now=now())
    return number


def unit_form() -> list[Any]:
    """Fill in the form of a new unit."""
    fields = [
        ({"admin-field": name, "form": "unit"}, text)
        for name, text in (("code", "new"), ("name", "新单位"))
    ]
    return [fields, [(i, i) for i, _ in fields]]


CAP_FORM = {"cap-form": "draft", "about": "0"}


def cap_form() -> list[Any]:
    """Fill in a warning that belongs to no incident."""
    said = {
        "headline": "暴雨预警", "hours": 6, "severity": "Severe", "urgency": "Immediate", "certainty": "Likely",
        "categories": ["Met"], "areas": [f"district:{HERE}"],
    }  # fmt: skip
    fields = [({"cap-field": name}, value) for name, value in said.items()]
    return [fields, [(i, i) for i, _ in fields]]


CALLBACKS: Mapping[str, Row] = {
    "centre_console.listing": Row("duty.edit", asked(
        "centre_console.listing", lambda _: ["?class=ticket", None, "/centre/console"],
    ), of_the_city),
    "centre_console.standing": Row(
        "duty.edit", asked("centre_console.standing", lambda _: [None, None]), of_the_city
    ),
    "centre_console.screens": Row(
        "duty.edit", asked("centre_console.screens", lambda _: [None, None, "x"]), of_the_city,
        denied=leaves_the_cards,
    ),
    "centre_console.press": Row("duty.edit", asked("centre_console.press", lambda _: [
        {"do": "push", "of": "text:", "rev": ""}, "", 0, 10, "今晚降温", [], [],
    ]), of_the_city),
    "routes.show": Row("", shows("/nowhere")),
    "wall.yesterday": Row("floor.view", asked("wall.yesterday", lambda _: [now()]), denied=nothing),
    "wall.plotly": Row("", asked("wall.plotly", lambda _: [now()])),
    "wall.acknowledge": Row(
        "alarms.ack",
        asked("wall.acknowledge", lambda _: [{"key": "longest_wait:consult:1"}])
    ),
    "wall.history": Row("floor.view", asked("wall.history", lambda _: [1, ""])),
    "calls.rows": Row("calls.view", asked("calls.rows", lambda _: [{"startRow": 0}, ""])),
    "calls.head": Row("calls.view", asked("calls.head", lambda _: ["", "/calls", ""]), denied=silent),
    "ticket_desk.find_caller": Row(
        "ticket.view", asked("ticket_desk.find_caller", lambda _: [1, "13900001111"]),
        lambda login, person: not person.unit,
    ),
    "symbols.add": Row(
        "command.edit", asked("symbols.add", lambda _: [1, "force", "民兵", SVG, None])
    ),
    "symbols.change": Row(
        "command.edit",
        asked("symbols.change", lambda _: [
            clicked({"symbol-do": "off", "code": "fire", "rev": 0}), [({"symbol-name": "fire"}, "火灾")],
            [({"symbol-name": "fire"}, {"symbol-name": "fire"})],
        ]),
    ),
    "customers.find": Row("ticket.open", asked("customers.find", lambda _: [1, "13900001111"])),
    "customers.save": Row(
        "ticket.open", asked("customers.save", lambda case: [
            1, "常来电", case.site.vault.digest("13900001111"),
        ]), of_tenant,
    ),
    "ticket_desk.keep_query": Row(
        "ticket.view", asked("ticket_desk.keep_query", lambda _: [1, [], "我的", "?desk=all"])
    ),
    "intake.save": Row("ticket.open", asked("intake.save", lambda _: [
        1, "complaint", "路灯", "不亮", *EMPTY_FORM[3:FIELDS.index("urgency")], "normal",
        *EMPTY_FORM[FIELDS.index("urgency") + 1:FIELDS.index("channel")], "phone",
        *EMPTY_FORM[FIELDS.index("channel") + 1:], "", "",
    ])),
    "intake.pop": Row("ticket.open", asked("intake.pop", lambda c: [{"key": c.call}])),
    "intake.keep_draft": Row(
        "ticket.open", asked("intake.keep_draft", lambda _: [1, "complaint", "x", *EMPTY_FORM[2:], ""]),
        denied=not_kept,
    ),
    "intake.drop_draft": Row("ticket.open", asked("intake.drop_draft", lambda _: [1, ""])),
    "intake.alike": Row(
        "ticket.open", asked("intake.alike", lambda _: [1, "", TITLE, "", "", "13900001111", "", ""])
    ),
    "intake.signs": Row("ticket.open", asked("intake.signs", lambda _: [1, "", "", "着火", "有人被困"])),
    "intake.bar": Row("ticket.open", asked("intake.bar", lambda c: [{"key": c.call}])),
    "intake.known": Row("knowledge.view", asked("intake.known", lambda _: [1, "路灯报修"])),
    "intake.answers": Row("ticket.open", asked("intake.answers", lambda _: ["H01"])),
    "ticket.press": Row("ticket.supervise", asked("ticket.press", lambda c: [
        clicked({"ticket-do": "urge", "ticket": c.ticket}), [], [], c.no,
    ]), in_scope),
    "identity.show": Row("caller.reveal", asked(
        "identity.show", lambda c: [clicked({"identity-show": c.no}), [({"identity-reason": c.no}, "回访")]],
        out=lambda c: [[{"identity": c.no}]],
    ), in_scope),
    "identity.show_code": Row("ticket.view", asked(
        "identity.show_code", lambda c: [clicked({"code-show": c.no})], out=lambda c: [[{"code": c.no}]],
    ), lambda login, person: in_scope(login, person) and not person.unit
        and not person.can.isdisjoint({"ticket.open", "ticket.call_back"})),
    "notices.write": Row("", asked("notices.write", lambda _: [1, None, "今晚降温", 2.0]),
        lambda login, person: not person.unit and not person.can.isdisjoint({"alarms.ack", "admin.parameters"})),
    "files.listing": Row("ticket.view", asked("files.listing", lambda c: [
        ({"files": f"ticket:{c.ticket}", "part": "changed"}, 0),
        ({"files": f"ticket:{c.ticket}", "part": "changed"},
         {"files": f"ticket:{c.ticket}", "part": "changed"}),
    ], out=lambda c: [{"files": f"ticket:{c.ticket}", "part": "list"}]), in_scope),
    "letters.press": Row("ticket.assign", asked("letters.press", lambda c: [
        clicked({"letter-make": "forward", "ticket": c.ticket}), c.no,
    ]), in_scope),
    "knowledge.listing": Row("knowledge.view", asked("knowledge.listing", lambda _: ["路灯", ""])),
    "knowledge.choose": Row("", asked("knowledge.choose", lambda _: ["H01", "", ""])),
    "knowledge_item.press": Row("knowledge.edit", asked("knowledge_item.press", know), of_tenant),
    "city_map.pressed": Row("ticket.view", asked(
        "city_map.pressed", lambda _: [{"what": "from", "lon": ROAD[0], "lat": ROAD[1]}, ""],
    ), of_tenant, denied=silent),
    "city_map.from_named": Row(
        "ticket.view", asked("city_map.from_named", lambda _: ["人民路", ""]), of_tenant
    ),
    "city_map.to_named": Row(
        "ticket.view", asked("city_map.to_named", lambda _: ["人民路", ""]), of_tenant
    ),
    "city_ways.answered": Row(
        "ticket.view", asked("city_ways.answered", lambda _: [ON_THE_MAP, ""]), of_tenant
    ),
    "city_closures.listed": Row(
        "ticket.view", asked("city_closures.listed", lambda _: [""]), of_tenant
    ),
    "city_closures.proposed": Row(
        "roads.close", asked("city_closures.proposed", lambda _: [DRAWN]), of_tenant
    ),
    "city_closures.close": Row("roads.close", asked(
        "city_closures.close", lambda _: [1, DRAWN, "塌方", 3, ""]
    ), of_tenant),
    "city_closures.lift": Row("roads.close", asked("city_closures.lift", lambda c: [
        clicked({"city-lift": c.closure}), [({"city-lift-why": c.closure}, "已修好")],
        [({"city-lift-why": c.closure}, {"city-lift-why": c.closure})],
    ]), of_tenant),
    "city_around.told": Row(
        "ticket.view", asked("city_around.told", lambda _: [ON_THE_MAP, ""]), of_tenant
    ),
    "city_layers.marked": Row(
        "ticket.view", asked("city_layers.marked", lambda _: [ON_THE_MAP, ""]), of_tenant
    ),
    "hotspots.whole": Row("ticket.view", asked("hotspots.whole", lambda _: ["?span=today"]), of_tenant),
    "hotspots.redrawn": Row(
        "ticket.view", asked("hotspots.redrawn", lambda _: [1.0, ""]), of_tenant, denied=unanswered
    ),
    "hotspots.why": Row("ticket.view", asked(
        "hotspots.why", lambda _: [{"key": f"district:{HERE}"}, -1, 1.0, "", {}],
    ), of_tenant),
    "hotspots.legend": Row(
        "ticket.view", asked("hotspots.legend", lambda _: ["surge", -1, {"surge": [1.0]}, []])
    ),
    "placing.suggest": Row("", asked(
        "placing.suggest", lambda _: [{"text": "云州市中心医院", "asked": 1, "first": True}],
    ), searches),
    "placing.pressed": Row("ticket.view", asked(
        "placing.pressed", lambda _: [{"latlng": {"lat": 33.6, "lng": 114.3}}],
    )),
    "placing.typed": Row("ticket.view", asked(
        "placing.typed", lambda _: [{"point": "114.3, 33.6", "asked": 1}],
    )),
    "places.go_on": Row("ticket.assign", asked("places.go_on", lambda c: [
        1, None, "", "114.3163, 33.6299", "point", {"how": "no", "page": 0, "no": c.no, "version": version(c)},
    ]), in_scope),
    "places.declare": Row("admin.parameters", asked("places.declare", lambda _: [
        clicked({"pile": "114.3163,33.6299", "default": "set"}),
    ]), of_tenant),
    "drawers.open_drawer": Row("calls.view", asked(
        "drawers.open_drawer", lambda c: [None, {"key": c.call}, None, "/calls"], pressed=1,
    ), of_tenant),
    "drawers.reveal_caller": Row("caller.reveal", asked("drawers.reveal_caller", lambda c: [
        clicked({"reveal-show": c.call}), [({"reveal-show": c.call}, {"reveal-show": c.call})],
        [({"reveal-reason": c.call}, "回访")],
    ], out=lambda c: [[{"reveal-box": c.call}]]), of_tenant),
    "drawers.mark_callback": Row("calls.mark", asked("drawers.mark_callback", lambda c: [
        clicked({"callback-mark": c.call}), [({"callback-mark": c.call}, {"callback-mark": c.call})],
        [({"callback-note": c.call}, "")],
    ]), of_tenant),
    "files.remove": Row("ticket.view", asked("files.remove", lambda c: [
        clicked({"file-remove": c.file, "of": f"ticket:{c.ticket}"}),
        [({"file-reason": c.file}, "传错了")], [({"file-reason": c.file}, {"file-reason": c.file})],
        [({"files": f"ticket:{c.ticket}", "part": "changed"},
          {"files": f"ticket:{c.ticket}", "part": "changed"})],
    ], out=lambda c: [[{"files": f"ticket:{c.ticket}", "part": "changed"}]]),
        lambda login, person: works(login, person) and not person.unit),
    "admin.press": Row("admin.units", asked("admin.press", lambda _: [
        clicked({"admin-do": "unit.add", "key": ""}), *unit_form(), [], [], "/admin/units", "",
    ])),
    "admin.upload": Row("admin.units", asked("admin.upload", lambda _: [
        [({"admin-upload": "units"}, "data:text/csv;base64,Y29kZQ==")], "/admin/units", "",
    ])),
    "admin.export": Row("admin.units", asked("admin.export", lambda _: [clicked({"admin-export": "units"})])),
    "admin.tried": Row("admin.parameters", asked("admin.tried", lambda _: [
        "complaint", "", "", "normal", "2026-11-20 09:00", None,
    ])),
    "units.listed": Row("admin.units", asked("units.listed", lambda _: ["", ""])),
    "people.listed": Row("admin.people", asked("people.listed", lambda _: ["", ""])),
    "feeds.listed": Row("admin.parameters", asked("feeds.listed", lambda _: ["1-0", ""])),
    "alerts_cap.listed_pane": Row(
        "command.view", asked("alerts_cap.listed_pane", lambda _: [1, "alerts", None, None]), central
    ),
    "alerts_cap.listed_all": Row(
        "command.view", asked("alerts_cap.listed_all", lambda _: [1, ""]), central
    ),
    "alerts_cap.opened": Row("command.act", asked(
        "alerts_cap.opened", lambda _: [{"verb": "draft", "about": 0}],
    ), central),
    "alerts_cap.previewed": Row("command.act", asked(
        "alerts_cap.previewed", lambda _: [*cap_form(), [(CAP_FORM, CAP_FORM)]],
    ), central),
    "alerts_cap.done": Row("command.act", asked(
        "alerts_cap.done", lambda _: [{"verb": "draft", "about": 0, "rev": 0}, *cap_form()],
    ), lambda login, person: not person.unit and not person.district),
    "duty.press": Row("duty.view", asked("duty.press", lambda _: [
        clicked({"duty-do": "remark.write", "key": "", "version": 0}),
        [({"duty-field": "remark", "form": "remark"}, "到岗")],
        [({"duty-field": "remark", "form": "remark"}, {"duty-field": "remark", "form": "remark"})],
        "/duty/log", "",
    ])),
    "duty.upload": Row("duty.edit", asked("duty.upload", lambda _: [
        "data:text/csv;base64,bmFtZQ==", "a.csv", "/duty/contacts", "",
    ])),
    "replay.note": Row("command.act", asked(
        "replay.note", lambda c: [1, {"id": c.incident}, now(), 0, "此刻"],
    ), of_tenant),
    "reviews.draw": Row("command.act", asked("reviews.draw", lambda c: [1, c.over]), of_tenant),
    "reviews.press": Row("command.act", asked("reviews.press", lambda c: [
        clicked({"review-do": "save"}), {"id": c.evaluation, "rev": revision(c)}, [], [], [],
    ]), of_tenant),
    "reviews.save_indicators": Row("command.edit", asked("reviews.save_indicators", lambda c: [
        1, indicators_now(c), [(i, v) for i, v in INDICATOR], [(i, i) for i, _ in INDICATOR],
    ])),
    "resources.listed": Row("command.view", asked("resources.listed", lambda _: [
        "", "", "", None, {"tab": "units"},
    ]), lambda _, person: not person.unit),
    "resources.press": Row("command.edit", asked("resources.press", lambda _: [
        clicked({"resource-do": "put", "key": ""}), [], [], [], [], {"tab": "units"},
    ]), lambda _, person: not person.unit),
    "dispatch.pane": Row("command.view", asked(
        "dispatch.pane", lambda _: [1, "overview", None, 1],
    ), lambda _, person: not person.unit),
    "dispatch.forms_of": Row("command.view", asked(
        "dispatch.forms_of", lambda _: [1, "overview", None, None, 1],
    ), lambda _, person: not person.unit),
    "dispatch.found": Row("command.view", asked(
        "dispatch.found", lambda _: [1, "", None, 1],
    ), lambda _, person: not person.unit),
    "dispatch.act": Row("command.act", asked(
        "dispatch.act", lambda _: [{"verb": "set_need"}, "fire", None, "", "", "", 1],
    ), lambda _, person: not person.unit),
    "command.listed": Row("command.view", asked("command.listed", lambda c: [1, c.incident]), central),
    **{
        f"command.{part}": Row("command.view", asked(f"command.{part}", lambda c: [1, c.incident]), at_command)
        for part in ("head", "timeline")
    },
    **{
        f"command.{part}": Row("command.view", of_pane(part, pane), at_command)
        for part, pane in {
            "overview": "overview", "plan": "plan", "analysis": "around", "records": "records", "talk": "talk",
        }.items()
    },
    "command_evacuation.planned": Row(
        "command.view", asked("command_evacuation.planned", lambda c: [1, "", c.incident, None]), at_command
    ),
    "command_map.drawn": Row(
        "command.view", asked("command_map.drawn", lambda c: [1, "", c.incident]), at_command, nothing_drawn
    ),
    "command_layers.layered": Row("command.view", asked(
        "command_layers.layered", lambda c: [["dossier", "cameras"], 1, "", c.incident],
    ), at_command, no_camera),
    "command_moves.opened": Row("command.view", asked("command_moves.opened", lambda c: [
        {"verb": "remark", "about": ""}, c.incident,
    ]), at_command),
    "command_moves.done": Row("command.act", asked("command_moves.done", lambda c: [
        {"verb": "remark", "about": ""}, [({"incident-field": "said", "verb": "remark"}, "到场")],
        [({"incident-field": "said", "verb": "remark"}, {"incident-field": "said", "verb": "remark"})], c.incident,
    ]), at_command),
    "escalate.press": Row("command.report", asked("escalate.press", lambda c: [
        clicked({"escalate": c.ticket}), "fire", [],
    ]), at_command),
    "incidents.asked": Row("command.view", asked("incidents.asked", lambda _: [
        [({"incidents-ask": "status"}, "open")], [({"incidents-ask": "status"}, {"incidents-ask": "status"})], "",
    ])),
    "plans.create": Row("command.edit", asked("plans.create", lambda _: [1, "drill"])),
    "plans.press": Row("command.edit", asked("plans.press", lambda _: [
        clicked({"plan-do": "save"}), {"id": 1, "code": "drill2"}, 0, "演练预案", [], [], [], [], [],
    ])),
    "site.drawn": Row("site.act", asked("site.drawn", lambda _: [1, {}])),
    "system.show": Row("system.view", asked("system.show", lambda _: [1])),
}  # fmt: skip
"""Taking the file away comes last of those of the ticket: the first who may takes it."""


# --- the tests ------------------------------------------------------------------------------


def flat(routes: list[Any]) -> Iterator[Any]:
    """Yield routes, those of routers that were taken in among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from flat(inner.routes) if inner else [route]


def test_every_route_is_in_the_table(case: Case) -> None:
    found = {
        f"GET /live/{name}" for name in ("floor", "centre", "command", "prompts", "site")
    }  # plain ASGI, before the framework
    for route in flat(case.site.routes):
        methods = (route.methods if isinstance(route, APIRoute) else None) or {"MOUNT"}
        found |= {f"{method} {route.path}" for method in methods}
    assert found == OPEN | SIGNED_IN | ROUTES.keys()


def test_every_page_is_in_the_table() -> None:
    assert PAGES.keys() >= DESK_PAGES.keys() | {path for path, _, _ in NAVIGATION}
    for path, _, permission in NAVIGATION:
        assert PAGES[path].needs in permission.split(), path


def test_every_callback_is_in_the_table(case: Case) -> None:
    assert case.site.callbacks.keys() == CALLBACKS.keys()


ROWS = [
    pytest.param(row, id=name)
    for table in (ROUTES, PAGES, CALLBACKS)
    for name, row in table.items()
]


@pytest.mark.parametrize("row", ROWS)
def test_who_may(case: Case, row: Row) -> None:
    allowed = [
        login for login, person in PEOPLE.items()
        if (not row.needs or row.needs in person.can) and row.rule(login, person)
    ]  # fmt: skip
    before = case.site.state()
    for login in ("", *PEOPLE):
        if login not in allowed:
            answer = row.ask(case, login)
            assert row.denied(answer), (login, answer.status, answer.text[-500:])
            assert not login or TITLE not in answer.text
    assert case.site.state() == before, "who was refused changed something"
    for login in allowed[:: 1 if len(allowed) < 4 else 2]:
        answer = row.ask(case, login)
        assert not row.denied(answer), (login, answer.status, answer.text[-500:])
        if row is CALLBACKS["files.remove"]:
            break  # it is gone


@pytest.mark.parametrize("token", ["", "x", TOKEN + "x", TOKEN[:-1]])
def test_metrics_are_for_their_token_alone(case: Case, token: str) -> None:
    for login in ("", "admin", "duty"):
        assert metrics_with(token)(case, login).status == 403


def test_a_calendar_opens_by_its_token_alone(case: Case) -> None:
    with case.site.session() as session:
        user = session.scalars(select(User).where(User.login == "duty")).one()
        who = Actor(user.id, user.name, PERMISSIONS)
        token = calendar.issue(session, whole=True, actor=who, now=now())
    for login in ("", "unit", "stranger"):
        visitor = case.site.client(login)
        found = visitor.get(f"/duty/calendar.ics?token={token}")
        assert found.status == 200 and found.body.startswith(b"BEGIN:VCALENDAR")
        for wrong in ("", f"{token}x", "nowhere.x", token.partition(".")[2], "a" * 500):
            assert visitor.get(f"/duty/calendar.ics?token={wrong}").status == 404


def test_a_stranger_sees_nothing_of_ours(case: Case) -> None:
    before = case.site.state()
    for row in (*ROUTES.values(), *PAGES.values(), *CALLBACKS.values()):
        answer = row.ask(case, "stranger")
        assert TITLE not in answer.text
        assert case.no not in answer.text.replace(f"no={case.no}", "")
        if answer.status == 200 and answer.body.startswith(b"{"):
            assert not any(TITLE in text for text in texts_of(answer))
    assert case.site.state() == before


def test_suggestions_are_names_of_the_city_alone(case: Case) -> None:
    said = "赵家大院西厢房三层"
    with case.site.session() as session:
        make_ticket(case.site, session, address=said)
    for text in (said, said[:4], "zhaojiadayuan", "13900001111", TITLE):
        for login in ("duty", "unit", "stranger"):
            answer = case.site.ask(login, "placing.suggest", [{"text": text, "asked": 1}])
            assert "赵家大院" not in answer.text
            assert TITLE not in answer.text


def test_a_unit_sees_no_draft_of_the_centre(case: Case) -> None:
    for login in ("unit", "agent", "leader"):
        assert refused(case.site.page(login, f"/knowledge/item?id={case.draft}"))
    for login in ("unit", "sub"):
        of = f"item:{case.draft}"
        values = know(case._replace(item=case.draft))
        before = case.site.state()
        assert refused(case.site.ask(login, "knowledge_item.press", values)), of
        assert case.site.state() == before


def test_the_letters_to_the_citizen_are_hidden_from_units(case: Case) -> None:
    with case.site.session() as session:
        notice = letters.make(
            session, case.ticket, "accept_notice", actor=CHIEF, now=now(), vault=case.site.vault
        ).id
        assert session.scalar(select(Letter.id).where(Letter.id == notice))
    path = f"/api/letters/{notice}.docx"
    told = {login: case.site.client(login).get(path).status for login in PEOPLE}
    for login, person in PEOPLE.items():
        may = "ticket.view" in person.can and not person.unit and login != "stranger"
        assert (told[login] == 200) == may, (login, told[login])


def test_a_crew_sees_its_own_incident_and_no_file_of_others(case: Case) -> None:
    own, spare = (
        "".join(texts_of(case.site.ask(login, "site.drawn", [1, {}]))) for login in ("site", "crew")
    )
    assert "金桥市场" in own and "金桥市场" not in spare
    assert WORDS["site.none"] in spare
    command = case.site.client("duty").ask(
        "POST", f"/files/incident/{case.incident}", PNG, {"X-File-Name": "a.png"}
    )
    theirs = case.site.client("site").ask(
        "POST", f"/files/incident/{case.incident}", PNG + "1", {"X-File-Name": "b.png"}
    )
    assert (command.status, theirs.status) == (201, 201)
    told = {
        (login, owner): case.site.client(login).get(f"/files/{answer.json()['id']}").status
        for login in ("site", "crew", "duty")
        for owner, answer in (("command", command), ("site", theirs))
    }
    assert {key for key, status in told.items() if status == 200} == {
        ("site", "site"), ("duty", "command"), ("duty", "site"),
    }  # fmt: skip
    refused_ = case.site.client("crew").ask(
        "POST", f"/files/incident/{case.incident}", PNG, {"X-File-Name": "c.png"}
    )
    assert refused_.status == 404
