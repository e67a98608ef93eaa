"""矛盾纠纷排查 (D-31): the form of a dispute, kept in the ticket's history; the newest counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput
from models.events.ticket import DisputeScreened, Nature, Risk, from_row
from models.rules.tickets.choices import NATURES, RISKS
from models.tables import Ticket, TicketHistory
from tickets.intake import SHORT_MAX
from tickets.moving import Actor, facts, owed, take, tell

PEOPLE_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form 矛盾纠纷排查表: `people` are those involved, `person` is who sees to it."""

    parties: str
    nature: Nature
    people: int
    risk: Risk
    measures: str
    person: str

    def check(self) -> None:
        """Raise BadInput naming the first field that cannot be taken."""
        for field in ("parties", "measures", "person"):
            owed(getattr(self, field), field)
        wrong = {
            "parties": len(self.parties) > SHORT_MAX,
            "nature": self.nature not in NATURES,
            "people": not 1 <= self.people <= PEOPLE_MOST,
            "risk": self.risk not in RISKS,
            "person": len(self.person) > SHORT_MAX,
        }
        if first := next((field for field, is_wrong in wrong.items() if is_wrong), ""):
            raise BadInput(f"wrong {first}", field=first)


def screen(
    session: Session, ticket_id: int, *, sheet: Sheet, note: str = "", actor: Actor, now: Instant
) -> None:
    """Screen a dispute: what was only proposed by words is one from now on."""
    sheet.check()
    taken = take(session, ticket_id, "screen", actor, disputed=True)
    event = DisputeScreened(
        parties=sheet.parties.strip(), nature=sheet.nature, people=sheet.people, risk=sheet.risk,
        measures=sheet.measures.strip(), person=sheet.person.strip(), **facts(taken, actor, now, note),
    )  # fmt: skip
    tell(session, taken, actor, event)


def screened() -> ColumnElement[bool]:
    """True of a ticket whose dispute was screened."""
    return exists().where(TicketHistory.ticket_id == Ticket.id, TicketHistory.verb == "screen")


def sheets(session: Session, ids: Sequence[int]) -> dict[int, DisputeScreened]:
    """Return the newest screening of each of these tickets that has one."""
    lines = session.execute(
        select(TicketHistory.ticket_id, TicketHistory.event)
        .where(TicketHistory.ticket_id.in_(ids), TicketHistory.verb == "screen")
        .order_by(TicketHistory.id)
    )
    told = {ticket: from_row(event) for ticket, event in lines}
    return {ticket: each for ticket, each in told.items() if isinstance(each, DisputeScreened)}
