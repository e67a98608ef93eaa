"""`verify` names what was changed behind the services' back: texts, requests, supervisions, notes, past calls."""

from typing import Any

import pytest
from conftest import Place
from cryptography.fernet import Fernet
from factories import AT, make_call
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from test_tickets import CENTRE, UNIT, assigned, units

from models.store import archive, ledger_seal
from models.store.crypto import Vault
from models.tables import Ticket, TicketHistory
from tickets import assignment as a
from tickets import recount, recount_texts
from tickets import workflow as w

__all__ = ["units"]  # the fixture
VAULT = Vault((Fernet.generate_key().decode(),), "hash")


@pytest.fixture
def ticket(session: Session, units: None) -> Ticket:
    """One that went all the way: returned, extended, supervised, handled, answered."""
    row = assigned(session, "jtj")
    other = CENTRE
    a.recall(session, row.id, note="派错", actor=other, now=AT + 70)
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 80)
    a.ask_extension(session, row.id, days=2, reason="等材料", actor=UNIT, now=AT + 90)
    a.grant_extension(session, row.id, note="同意", actor=CENTRE, now=AT + 100)
    number = w.supervise(session, row.id, note="盯紧", actor=CENTRE, now=AT + 110)
    w.rate_supervision(session, row.id, number, rating=4, note="尚可", actor=CENTRE, now=AT + 120)
    w.start(session, row.id, actor=UNIT, now=AT + 130)
    w.submit(session, row.id, result="已修好", actor=UNIT, now=AT + 140)
    w.approve(session, row.id, actor=CENTRE, now=AT + 150)
    w.reply(session, row.id, text="供水恢复", actor=CENTRE, now=AT + 160)
    session.flush()
    return row


def faults(session: Session) -> list[str]:
    session.flush()
    session.expire_all()
    return [fault for batch in recount.tickets(session) for fault in batch]


def test_an_honest_ticket_has_no_fault(session: Session, ticket: Ticket) -> None:
    assert faults(session) == []
    assert recount_texts.unsealed(session) == 0


@pytest.mark.parametrize("column", [
    "title", "content", "cause", "address", "kind", "category", "urgency", "channel", "result", "reply", "lead", "mode",
])  # fmt: skip
def test_a_changed_text_is_named(session: Session, ticket: Ticket, column: str) -> None:
    session.execute(text(f"UPDATE ticket SET {column} = 'x' WHERE id = {ticket.id}"))
    assert [f for f in faults(session) if f == f"ticket {ticket.no}: {column} was changed"]


@pytest.mark.parametrize(("table", "column", "value"), [
    ("ticket_request", "reason", "'别的'"), ("ticket_request", "days", "9"), ("ticket_request", "granted", "false"),
    ("ticket_request", "answer", "'别的'"), ("supervision", "rating", "5"), ("supervision", "opinion", "'别的'"),
    ("supervision", "rating_note", "'别的'"),
])  # fmt: skip
def test_a_changed_decision_is_named(
    session: Session, ticket: Ticket, table: str, column: str, value: str
) -> None:
    session.execute(text(f"UPDATE {table} SET {column} = {value} WHERE ticket_id = {ticket.id}"))
    (fault,) = faults(session)
    named = {"rating_note": "note"}.get(column, column)
    assert fault.endswith(f"1: {named} was changed")
    session.execute(text(f"DELETE FROM {table} WHERE ticket_id = {ticket.id}"))
    (fault,) = faults(session)
    assert "it has 0" in fault


@pytest.mark.parametrize("column", ["note", "actor"])
def test_a_changed_line_is_named(session: Session, ticket: Ticket, column: str) -> None:
    session.execute(
        text(f"UPDATE ticket_history SET {column} = 'x' WHERE ticket_id = {ticket.id} AND verb = 'submit'")
    )  # fmt: skip
    (fault,) = faults(session)
    assert "(submit) shows what its event does not" in fault


def test_a_text_stands_in_no_event(session: Session, ticket: Ticket) -> None:
    events = session.scalars(
        select(TicketHistory.event).where(TicketHistory.ticket_id == ticket.id)
    )
    assert all("小区停水" not in str(event) for event in events)


def test_what_is_older_than_the_seals_is_let_be_and_counted(
    session: Session, ticket: Ticket
) -> None:
    session.execute(text("UPDATE ticket_history SET event = event - 'seal'"))
    session.execute(text("UPDATE ticket SET title = 'x'"))
    assert faults(session) == []
    assert recount_texts.unsealed(session) == 1


# --- the call ledger --------------------------------------------------------------------------


@pytest.fixture
def calls(session: Session, tenant: Place) -> Place:
    old = archive.Change(5, [make_call(key="old")], [], [])
    archive.write(session, tenant.id, [old])
    for version in (10, 11):
        change = archive.Change(version, [make_call(key=f"new{version}", held=1.25)], [], [])
        archive.write(session, tenant.id, [change], VAULT)
    session.flush()
    return tenant


def checked(session: Session) -> tuple[list[str], int]:
    session.expire_all()
    return ledger_seal.check(session, VAULT)


def test_an_honest_ledger_has_no_fault_and_old_rows_are_counted(
    session: Session, calls: Place
) -> None:
    assert checked(session) == ([], 1)


@pytest.mark.parametrize(("column", "value"), [
    ("talk", "1"), ("wait", "0"), ("outcome", "'abandoned'"), ("agent_name", "'别人'"), ("queue", "'x'"),
    ("entered_at", "entered_at - interval '1 day'"), ("counted_at", "counted_at + interval '1 day'"), ("seal", "''"),
])  # fmt: skip
def test_a_changed_call_of_a_past_day_is_named(
    session: Session, calls: Place, column: str, value: str
) -> None:
    session.execute(text(f"UPDATE call_ledger SET {column} = {value} WHERE key = 'new11'"))
    found: Any = checked(session)
    assert found == (["call new11: its row in the ledger was changed"], 1)


def test_what_people_mark_is_theirs(session: Session, calls: Place) -> None:
    session.execute(text("UPDATE call_ledger SET callback_note = '已回' WHERE key = 'new11'"))
    assert checked(session) == ([], 1)
