"""The same matter is seen while it is typed, by caller, place and text; merging loses nobody and can be undone."""

from dataclasses import replace
from typing import Any

import pytest
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, UNIT, VAULT, assigned, opened, same_as_history, units

from models.errors import BadInput, WrongStatus
from models.rules.tickets.recognition import IntakePolicy
from models.tables import Draft, Role, User
from tickets import drafts, duplicates, parameters, pausing
from tickets import workflow as w
from tickets.intake import Form

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
LAMP = Form(
    kind="help", title="幸福小区路灯不亮", content="路灯坏了三天", address="幸福路12号", phone="13900000001"
)  # fmt: skip


def why(session: Session, **typed: Any) -> list[tuple[str, tuple[str, ...]]]:
    found = duplicates.candidates(session, actor=CENTRE, now=AT + 60, **typed)
    return [(each.row.no, each.why) for each in found]


def test_it_is_found_by_text_place_and_caller(session: Session) -> None:
    lamp, other = opened(session, LAMP), opened(session)
    assert why(session, title="幸福小区路灯") == [(lamp.no, ("text",))]
    assert why(session, title="噪音扰民", address="幸福路12号") == [(lamp.no, ("place",))]
    by_caller = why(session, title="完全无关", digest=VAULT.digest("13812345678"))
    assert by_caller == [(other.no, ("caller",))]
    all_three = why(
        session, title=LAMP.title, content=LAMP.content, address=LAMP.address,
        digest=VAULT.digest(LAMP.phone),
    )  # fmt: skip
    assert all_three[0] == (lamp.no, ("caller", "place", "text"))
    assert why(session) == []
    assert why(session, title="'); DROP TABLE ticket; --") == []


def test_one_category_near_and_recent(session: Session) -> None:
    spot = (114.30, 33.60)
    lamp = replace(LAMP, title="路灯", content="不亮", address="", lon=spot[0], lat=spot[1])
    near, far = opened(session, lamp), opened(session, replace(lamp, lon=114.31))
    for row in (near, far):
        row.category = "C02"
    session.flush()

    def found(**typed: Any) -> list[tuple[str, tuple[str, ...], int]]:
        asked = {"category": "C02", "spot": (114.301, 33.60), **typed}
        rows = duplicates.candidates(session, actor=CENTRE, now=AT + 60, title="另一件", **asked)
        return [(row.row.no, row.why, round(row.metres or 0)) for row in rows]

    assert found() == [(near.no, ("near",), 93)]
    assert found(category="C01") == []
    assert found(spot=None) == []
    policy = IntakePolicy(alike_m=1_000)
    parameters.set_intake(session, policy, seen=0.0, actor=CENTRE, now=AT)
    assert [no for no, *_ in found()] == [far.no, near.no]
    later = duplicates.candidates(
        session, category="C02", spot=spot, actor=CENTRE, now=AT + 16 * DAY
    )
    assert later == []


def test_a_callers_own_do_not_crowd_out_the_others(session: Session) -> None:
    own = [opened(session, replace(LAMP, title=f"旧事{n}", content="别的")) for n in range(12)]
    other = opened(session, Form(kind="help", title="幸福小区电梯坏", content="电梯坏了三天"))
    found = duplicates.candidates(
        session, title="幸福小区电梯", address="幸福路12号", digest=VAULT.digest(LAMP.phone),
        actor=CENTRE, now=AT + 60,
    )  # fmt: skip
    assert len(found) == duplicates.SHOWN
    assert other.no in [each.row.no for each in found]
    assert {each.row.no for each in found} - {other.no} <= {row.no for row in own}


def test_what_is_older_than_ninety_days_is_another_matter(session: Session) -> None:
    opened(session, LAMP)
    assert duplicates.candidates(session, title=LAMP.title, actor=CENTRE, now=AT + 91 * DAY) == []


def test_a_merge_keeps_the_caller_and_can_be_undone(session: Session) -> None:
    main, again = assigned(session), opened(session, LAMP)
    duplicates.merge(session, again.id, into=main.no, note="同一事项", actor=CENTRE, now=AT + 100)
    assert (again.status, again.merged_into) == ("merged", main.id)
    assert [
        (row.no, caller) for row, caller in duplicates.merged_into(session, main.id, actor=CENTRE)
    ] == [(again.no, "139****0001")]
    same_as_history(session, again)
    duplicates.unmerge(session, again.id, note="不是同一处", actor=CENTRE, now=AT + 200)
    session.flush()
    assert (again.status, again.merged_into) == ("pending_assign", None)
    assert duplicates.merged_into(session, main.id, actor=CENTRE) == []
    same_as_history(session, again)


def test_what_cannot_be_merged(session: Session) -> None:
    main, again, third = opened(session), opened(session, LAMP), opened(session, LAMP)
    for into, error in (("99999999", BadInput), (again.no, BadInput)):
        with pytest.raises(error):
            duplicates.merge(session, again.id, into=into, actor=CENTRE, now=AT)
    duplicates.merge(session, again.id, into=main.no, actor=CENTRE, now=AT + 1)
    for ticket, into, cap in ((third.id, again.no, "main"), (main.id, third.no, "carries")):
        with session.begin_nested() as inner:
            with pytest.raises(WrongStatus) as caught:
                duplicates.merge(session, ticket, into=into, actor=CENTRE, now=AT + 2)
            inner.rollback()
        assert caught.value.facts["cap"] == cap


def test_a_unit_that_waits_does_not_submit(session: Session) -> None:
    row = assigned(session)
    w.start(session, row.id, actor=UNIT, now=AT + 70)
    pausing.pause_clock(session, row.id, note="等", actor=UNIT, now=AT + 80)
    with pytest.raises(WrongStatus) as caught:
        w.submit(session, row.id, result="好了", actor=UNIT, now=AT + 90)
    assert caught.value.facts["cap"] == "paused"


def test_a_draft_survives_sealed(session: Session) -> None:
    tenant = opened(session).tenant_id
    role = Role(tenant_id=tenant, name="agent", label="话务员", permissions=[])
    session.add(role)
    session.flush()
    user = User(tenant_id=tenant, login="a", name="a", role_id=role.id, password_hash="x")
    session.add(user)
    session.flush()
    typed: drafts.Fields = {"title": "停水", "phone": "13812345678", "flags": ["anonymous"]}
    drafts.keep(session, user.id, "new", typed, vault=VAULT, now=AT)
    drafts.keep(session, user.id, "new", {**typed, "title": "停水两天"}, vault=VAULT, now=AT + 1)
    assert drafts.load(session, user.id, "new", vault=VAULT)["title"] == "停水两天"
    assert "13812345678" not in (session.scalar(select(Draft.sealed)) or "")
    assert drafts.load(session, user.id + 1, "new", vault=VAULT) == {}
    with pytest.raises(BadInput):
        drafts.keep(session, user.id, "new", {"content": "长" * 50_000}, vault=VAULT, now=AT)
    drafts.drop(session, user.id, "new")
    assert drafts.load(session, user.id, "new", vault=VAULT) == {}
