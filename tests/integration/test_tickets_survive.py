"""A thousand tickets while relay, timers, web and PostgreSQL are killed: none lost, none doubled, clocks told once."""

import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, func, select, update
from waiting import until
from whole_stack import running_stack

from ingest.installation import environment_of
from ingest.verify import verify
from models.clock import now, to_datetime
from models.demo import TENANT
from models.errors import Unavailable, WrongStatus
from models.rules.tickets import MOVES
from models.settings import load
from models.store import db
from models.store.crypto import Vault
from models.tables import EventLog, Outbox, Ticket, TicketHistory, TicketLeg
from tickets import assignment
from tickets.intake import Form, open_ticket
from tickets.moving import Actor

TICKETS = 1000
WRITERS = 4
WHO = Actor(0, "考验", frozenset(move.permission for move in MOVES.values()))


def write(engine: Engine, tenant: int, vault: Vault, first: int) -> None:
    """Open and assign every fourth ticket; whatever fails is sent again, as a person would."""
    for number in range(first, TICKETS, WRITERS):
        form = Form(kind="help", title=f"考验{number}", content="路灯不亮", token=f"t{number}")
        while True:
            try:
                with db.transaction(engine, tenant) as session:
                    ticket = open_ticket(session, form, actor=WHO, now=now(), vault=vault).id
                with db.transaction(engine, tenant) as session:
                    assignment.assign(
                        session, ticket, units=["cgj"], mode="assign", actor=WHO, now=now()
                    )
                    gone = to_datetime(now() - 1)
                    parts = (TicketLeg.ticket_id == ticket, TicketLeg.number > 0)
                    legs = update(TicketLeg).where(*parts)
                    session.execute(legs.values(timer_at=gone, due_at=gone))
            except Unavailable:
                time.sleep(0.1)
                continue
            except WrongStatus:
                pass  # it was assigned before the answer was lost
            break


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        path.chmod(0o755)
    with running_stack(tmp_path / "data") as stack, ExitStack() as open_engine:
        settings = load(environment_of(stack.data))
        engine = db.engine_for(settings.database_url)
        open_engine.callback(engine.dispose)
        tenant = db.tenant_id_of(engine, TENANT)
        vault = Vault(settings.encryption_keys, settings.hash_key)
        writers = [
            threading.Thread(target=write, args=(engine, tenant, vault, first))
            for first in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        for name in ("ledger", "web", "postgres", "ledger", "postgres", "ledger"):
            time.sleep(0.7)
            stack.kill(name)
        for writer in writers:
            writer.join(120)
            assert not writer.is_alive()
        until(lambda: told(engine, tenant) == TICKETS, within_s=60)
        until(lambda: unsent(engine, tenant) == 0, within_s=60)
        until(lambda: logged(engine, tenant), within_s=60)
        with db.transaction(engine, tenant) as session:
            titles = Counter(
                session.scalars(select(Ticket.title).where(Ticket.title.like("考验%")))
            )
            assert len(titles) == TICKETS
            assert set(titles.values()) == {1}
            fired = session.execute(
                select(TicketHistory.ticket_id, func.count())
                .join(Ticket, Ticket.id == TicketHistory.ticket_id)
                .where(TicketHistory.verb == "expire", Ticket.title.like("考验%"))
                .group_by(TicketHistory.ticket_id)
            ).all()
            assert {count for _, count in fired} == {1}
        stack.wait_for_web()
        assert stack.client.get("/healthz").status == 200
        said: list[str] = []
        # a part's due instant was set by hand above, so only that may differ from the history
        faults = [
            fault for fault in verify(settings, engine, said.append) if " due is " not in fault
        ]
        assert faults == []
        assert len([line for line in said if not line.startswith("note")]) == 8
        with Redis.from_url(settings.redis_url, protocol=2) as redis:
            assert redis.xlen(f"dead:{TENANT}") == 0


def told(engine: Engine, tenant: int) -> int:
    """How many of ours the timers have told."""
    with db.transaction(engine, tenant) as session:
        return (
            session.scalar(
                select(func.count(func.distinct(TicketHistory.ticket_id)))
                .join(Ticket, Ticket.id == TicketHistory.ticket_id)
                .where(TicketHistory.verb == "expire", Ticket.title.like("考验%"))
            )
            or 0
        )


def unsent(engine: Engine, tenant: int) -> int:
    """How many events wait for the relay."""
    with db.transaction(engine, tenant) as session:
        query = select(func.count()).select_from(Outbox).where(Outbox.sent_at.is_(None))
        return session.scalar(query) or 0


def logged(engine: Engine, tenant: int) -> bool:
    """Whether every history line is in the event log, once."""
    with db.transaction(engine, tenant) as session:
        lines = session.scalar(select(func.count()).select_from(TicketHistory))
        kept = session.scalar(
            select(func.count())
            .select_from(EventLog)
            .where(EventLog.event.has_key("ticket"), ~EventLog.event.has_key("incident"))
        )
        return lines == kept
