"""The types of incidents a tenant keeps: from none at all to the first report, by hand and by the standard list."""

from collections.abc import Iterator

import pytest
from conftest import Place as Tenant
from desk_site import Site, running_site, texts_of
from factories import AT
from real_stores import Stores
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import incident_types, incidents
from command.incident_types import STANDARD, TypeForm
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import Place
from models.store.db import tenant_of
from models.tables import Audit, IncidentType
from tickets.moving import Actor

ADMIN = Actor(9, "管理员", frozenset({"admin.parameters"}))
COORD = Actor(7, "江协调", frozenset({"command.view", "command.report", "command.edit"}))
FLOOD = TypeForm("水库险情", "natural", "Met", "Reservoir in danger", 3)


def reported(session: Session, code: str) -> str:
    form = incidents.Form(code, "事件", Place(114.34, 33.63, "金桥", "D1"))
    return incidents.report(session, form, actor=COORD, now=AT).kind


def verbs(session: Session) -> list[str]:
    return list(session.scalars(select(Audit.verb).order_by(Audit.id)))


@pytest.mark.usefixtures("tenant")
def test_a_fresh_tenant_takes_over_the_standard_types_and_reports(session: Session) -> None:
    with pytest.raises(BadInput):
        reported(session, "fire")
    assert incident_types.add_standard(session, actor=ADMIN, now=AT) == len(STANDARD)
    assert {x.kind for x in STANDARD} == set(incident_types.KINDS)
    assert [x.code for x in incident_types.every(session)] == [x.code for x in STANDARD]
    assert reported(session, "fire") == "accident"
    assert incident_types.add_standard(session, actor=ADMIN, now=AT) == 0
    assert verbs(session) == ["add_standard_incident_types"]


@pytest.mark.usefixtures("tenant")
def test_what_the_tenant_has_stays_when_the_standard_types_come(session: Session) -> None:
    incident_types.add(session, "fire", FLOOD, actor=ADMIN, now=AT)
    named = TypeForm("地震", "natural", "Geo", "Quake", 7)
    incident_types.add(session, "shake", named, actor=ADMIN, now=AT)
    assert incident_types.add_standard(session, actor=ADMIN, now=AT) == len(STANDARD) - 2
    found = {row.code: row for row in incident_types.every(session)}
    assert TypeForm.of(found["fire"]) == FLOOD
    assert "earthquake" not in found
    assert [row.code for row in incident_types.every(session)][:2] == ["fire", "shake"]


@pytest.mark.usefixtures("tenant")
def test_a_type_is_renamed_and_switched_off_but_never_lost(session: Session) -> None:
    incident_types.add(session, "dam", FLOOD, actor=ADMIN, now=AT)
    assert reported(session, "dam") == "natural"
    said = TypeForm("水库溃坝险情", "accident", "Infra", "Dam in danger", 0)
    incident_types.change(session, "dam", FLOOD, said, actor=ADMIN, now=AT)
    assert incidents.types(session) == [("dam", "accident", "水库溃坝险情")]
    with pytest.raises(WrongStatus):
        incident_types.change(session, "dam", FLOOD, said, actor=ADMIN, now=AT)
    incident_types.change(session, "dam", said, said, actor=ADMIN, now=AT)
    incident_types.switch(session, "dam", active=False, actor=ADMIN, now=AT)
    assert incidents.types(session) == []
    with pytest.raises(BadInput):
        reported(session, "dam")
    with pytest.raises(WrongStatus):
        incident_types.switch(session, "dam", active=False, actor=ADMIN, now=AT)
    incident_types.switch(session, "dam", active=True, actor=ADMIN, now=AT)
    assert reported(session, "dam") == "accident"
    assert verbs(session) == [
        "add_incident_type", "change_incident_type", "deactivate_incident_type",
        "activate_incident_type",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "form", "field"),
    [
        ("dam", TypeForm("x", "natural"), "code"), ("a b", TypeForm("x", "natural"), "code"),
        ("", TypeForm("x", "natural"), "code"),
        ("x", TypeForm(" ", "natural"), "label"), ("x", TypeForm(FLOOD.label, "natural"), "label"),
        ("x", TypeForm("x", "war"), "kind"), ("x", TypeForm("x", "natural", "Weather"), "category"),
        ("x", TypeForm("x", "natural", event="y" * 101), "event"),
        ("x", TypeForm("x", "natural", position=-1), "position"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("tenant")
def test_a_wrong_type_names_its_field(
    session: Session, code: str, form: TypeForm, field: str
) -> None:
    incident_types.add(session, "dam", FLOOD, actor=ADMIN, now=AT)
    with pytest.raises(BadInput) as caught:
        incident_types.add(session, code, form, actor=ADMIN, now=AT)
    assert caught.value.facts["field"] == field
    assert [row.code for row in incident_types.every(session)] == ["dam"]


def test_types_are_kept_by_who_may_in_the_own_tenant(session: Session, tenant: Tenant) -> None:
    for act in (
        lambda who: incident_types.add(session, "dam", FLOOD, actor=who, now=AT),
        lambda who: incident_types.change(session, "dam", FLOOD, FLOOD, actor=who, now=AT),
        lambda who: incident_types.switch(session, "dam", active=False, actor=who, now=AT),
        lambda who: incident_types.add_standard(session, actor=who, now=AT),
    ):
        with pytest.raises(Refused):
            act(COORD)
    with pytest.raises(NotFound):
        incident_types.switch(session, "dam", active=False, actor=ADMIN, now=AT)
    assert tenant_of(session) == tenant.id
    assert session.scalars(select(IncidentType.code)).all() == []


# --- on the page ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        running.client("admin")
        yield running


def press(site: Site, verb: str, key: str = "", search: str = "", **typed: object) -> str:
    """Press a verb of the form; return all texts of the answer."""
    seen = typed.pop("seen", {})
    fields = [
        ({"admin-field": name, "form": "incident_type"}, value) for name, value in typed.items()
    ]
    answer = site.ask("admin", "admin.press", [
        [({"admin-do": f"incident_type.{verb}", "key": key}, 1)], fields, [(i, i) for i, _ in fields],
        [({"admin-seen": "incident_type"}, seen)],
        [({"admin-seen": "incident_type"}, {"admin-seen": "incident_type"})],
        "/admin/command", search,
    ])  # fmt: skip
    return "\n".join(texts_of(answer))


def test_the_page_of_command_keeps_the_types(site: Site) -> None:
    with site.session() as session:
        session.query(IncidentType).delete()
    page = "\n".join(texts_of(site.page("admin", "/admin/command")))
    assert "还没有类型，不能上报突发事件" in page
    assert "火灾" in press(site, "standard").split()
    added = press(
        site,
        "add",
        code="dam",
        label="水库险情",
        kind="natural",
        category="",
        event="",
        position=99,
    )
    assert "水库险情" in added
    seen = {"label": "水库险情", "kind": "natural", "category": "", "event": "", "position": 99}
    changed = {**seen, "label": "溃坝险情", "category": "Met"}
    assert "溃坝险情" in press(site, "change", "dam", "?type=dam", seen=seen, **changed)
    assert "停用" in press(site, "deactivate", "dam", "?type=dam").split()
    with site.session() as session:
        offered = {each.code for each in incidents.types(session)}
    assert offered == {each.code for each in STANDARD}
