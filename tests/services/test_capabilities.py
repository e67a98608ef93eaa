"""What units can do is kept up by who may: added, renamed, switched off, and never lost from what has it."""

import io
from collections.abc import Iterator

import pytest
from conftest import Place as Tenant
from desk_site import Site, running_site, texts_of
from factories import AT
from forces import COORD, make_force, make_incident, town
from openpyxl import load_workbook
from real_stores import Stores
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import capabilities, dispatch, forces, moving, resources
from command.capabilities import Said
from command.recommend import Floor
from command.resources import UnitForm
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.tables import Audit
from tickets.moving import Actor

LOOKS = Actor(8, "看客", frozenset({"command.view", "command.act"}))
HERE = Actor(9, "区里", COORD.can, district="1")
DOG = Said("搜救犬", 9)


@pytest.fixture
def there(session: Session, tenant: Tenant) -> None:
    assert tenant.id
    town(session)
    capabilities.add_capability(session, "dog", DOG, actor=COORD, now=AT)


@pytest.mark.usefixtures("there")
def test_a_capability_is_renamed_and_offered_until_it_is_off(session: Session) -> None:
    assert list(capabilities.offered(session)) == ["fire", "gas", "boat", "dog"]
    said = Said("搜救犬队", 0)
    capabilities.change_capability(session, "dog", DOG, said, actor=COORD, now=AT)
    capabilities.change_capability(session, "dog", said, said, actor=COORD, now=AT)
    with pytest.raises(WrongStatus) as moved:
        capabilities.change_capability(session, "dog", DOG, said, actor=COORD, now=AT)
    assert moved.value.facts["cap"] == "moved"
    assert next(iter(forces.capabilities(session).items())) == ("dog", "搜救犬队")
    capabilities.switch_capability(session, "dog", active=False, actor=COORD, now=AT)
    assert "dog" not in capabilities.offered(session)
    assert forces.capabilities(session)["dog"] == "搜救犬队"
    with pytest.raises(WrongStatus):
        capabilities.switch_capability(session, "dog", active=False, actor=COORD, now=AT)
    told = session.scalars(
        select(Audit.verb).where(Audit.subject == "capability:dog").order_by(Audit.id)
    )
    assert list(told) == ["add_capability", "change_capability", "deactivate_capability"]


@pytest.mark.usefixtures("there")
def test_what_has_a_capability_keeps_it_when_it_is_off(session: Session) -> None:
    row = make_force(session, "one", capabilities=["dog"])
    incident = make_incident(session, dog=1)
    resources.set_reserve(session, Floor("dog", "", 1), actor=COORD, now=AT)
    assert [x.units for x in capabilities.every(session)] == [0, 0, 0, 1]
    capabilities.switch_capability(session, "dog", active=False, actor=COORD, now=AT)

    form = UnitForm.of(row)
    kept = UnitForm(**{**{n: getattr(form, n) for n in form.__slots__}, "staff": 9})
    resources.change_unit(session, "one", kept, rev=row.rev, actor=COORD, now=AT)
    assert row.capabilities == ["dog"]
    dispatch.set_need(session, incident, "dog", 2, actor=COORD, now=AT)
    assert moving.read(session, incident, actor=COORD).needs == {"dog": 2}

    with pytest.raises(BadInput):
        resources.add_unit(session, "two", form, actor=COORD, now=AT)
    with pytest.raises(BadInput):
        resources.set_reserve(session, Floor("dog", "1", 1), actor=COORD, now=AT)
    resources.set_reserve(session, Floor("dog", "", 0), actor=COORD, now=AT)
    assert forces.floors(session) == []
    dispatch.set_need(session, incident, "dog", 0, actor=COORD, now=AT)
    with pytest.raises(BadInput):
        dispatch.set_need(session, incident, "dog", 1, actor=COORD, now=AT)


@pytest.mark.parametrize(
    ("code", "said", "field"),
    [
        ("dog", Said("犬", 1), "code"), ("a b", Said("犬", 1), "code"), ("d", Said(" ", 1), "label"),
        ("d", DOG, "label"), ("d", Said("犬", -1), "position"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("there")
def test_a_wrong_capability_names_its_field(
    session: Session, code: str, said: Said, field: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        capabilities.add_capability(session, code, said, actor=COORD, now=AT)
    assert wrong.value.facts["field"] == field


@pytest.mark.parametrize("who", [LOOKS, HERE], ids=["looks", "of a district"])
@pytest.mark.usefixtures("there")
def test_capabilities_are_of_the_city(session: Session, who: Actor) -> None:
    with pytest.raises(Refused):
        capabilities.add_capability(session, "cat", Said("猫", 1), actor=who, now=AT)
    with pytest.raises(Refused):
        capabilities.change_capability(session, "dog", DOG, Said("猫", 1), actor=who, now=AT)
    with pytest.raises(Refused):
        capabilities.switch_capability(session, "dog", active=False, actor=who, now=AT)
    with pytest.raises(NotFound):
        capabilities.switch_capability(session, "cat", active=False, actor=COORD, now=AT)


# --- on the page ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        running.client("coordinator")
        yield running


def press(site: Site, verb: str, key: str = "", **typed: object) -> str:
    fields = [({"resource-field": name}, value) for name, value in typed.items()]
    answer = site.ask("coordinator", "resources.press", [
        [({"resource-do": verb, "key": key}, 1)], fields, [(i, i) for i, _ in fields], [], [],
        {"tab": "capabilities", "key": key},
    ])  # fmt: skip
    return "\n".join(texts_of(answer))


def listed(site: Site) -> str:
    return "\n".join(
        texts_of(site.page("coordinator", "/command/resources?tab=capabilities&key=dog"))
    )


def test_the_page_of_resources_keeps_capabilities(site: Site) -> None:
    press(
        site, "add_capability", code="dog", label="搜救犬", position=0, was_label="", was_position=0
    )
    page = listed(site)
    assert {"搜救犬", "dog 搜救犬", "在用"} <= set(page.split("\n"))
    press(
        site, "change_capability", "dog", label="搜救犬队", position=1, was_label="搜救犬", was_position=0
    )  # fmt: skip
    press(site, "switch_off", "dog")
    page = listed(site)
    assert {"搜救犬队", "已停用", "恢复使用"} <= set(page.split("\n"))
    wrong = press(
        site, "add_capability", code="dog", label="x", position=0, was_label="", was_position=0
    )
    assert "“编号”填写有误" in wrong
    file = site.client("coordinator").ask("GET", "/api/export/resources.xlsx?tab=capabilities")
    rows = load_workbook(io.BytesIO(file.body)).active.iter_rows(values_only=True)
    assert list(rows) == [
        ("名称", "编号", "力量（支）", "排序", "状态"), ("搜救犬队", "dog", 0, 1, "已停用"),
    ]  # fmt: skip
