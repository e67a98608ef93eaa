"""修改: a ticket's facts are corrected after it was saved; its history keeps what they were, its clocks follow."""

from dataclasses import asdict, dataclass, replace
from typing import cast, get_args

from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, WrongStatus
from models.events.ticket import Change, Flag, TicketAmended
from models.rules.tickets.choices import KINDS, STAFF, URGENCIES
from models.store.fulltext import held
from models.tables import Ticket
from tickets import recompute, steps, terms
from tickets.intake import SHORT_MAX, TITLE_MAX, category_version
from tickets.moving import TEXT_MAX, Actor, facts, take, tell

FLAGS: tuple[Flag, ...] = get_args(Flag)
FIELDS = ("kind", "category", "urgency", "title", "content", "address")
TEXTS = {"title": TITLE_MAX, "content": TEXT_MAX, "address": SHORT_MAX}
"""Field -> the most characters. What a protected citizen said stands on the ticket alone, not in its events."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be amended, all of it as it should be from now on."""

    kind: str
    category: str
    urgency: str
    title: str
    content: str
    address: str
    flags: frozenset[str]

    def check(self) -> None:
        """Raise BadInput naming the first field that cannot be taken."""
        for field, limit in TEXTS.items():
            if len(getattr(self, field)) > limit or "\0" in getattr(self, field):
                raise BadInput(f"{field} is longer than {limit}", field=field)
        wrong = {
            "kind": self.kind not in KINDS,
            "urgency": self.urgency not in URGENCIES,
            "title": not self.title.strip(),
            "content": not self.content.strip(),
            "flags": not self.flags <= set(FLAGS),
        }
        if first := next((field for field, is_wrong in wrong.items() if is_wrong), ""):
            raise BadInput(f"wrong {first}", field=first)


def facts_of(row: Ticket) -> Facts:
    """Return a ticket's facts as they are."""
    flags = frozenset(flag for flag in FLAGS if getattr(row, flag))
    return Facts(row.kind, row.category, row.urgency, row.title, row.content, row.address, flags)


def amend(
    session: Session,
    ticket_id: int,
    *,
    said: Facts,
    version: int,
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """Set a ticket's facts and let its clocks follow: by the dispatcher, or its opener while it waits for one.

    version : of the row as it was on the screen: who comes second gets WrongStatus with cap `amended`. BadInput
    names the field, `nothing` when nothing would change.
    """
    said.check()
    taken = take(session, ticket_id, "amend", actor)
    row = taken.row
    if row.version != version + 1:
        raise WrongStatus(f"ticket {ticket_id} was changed meanwhile", cap="amended")
    if (row.kind == STAFF) != (said.kind == STAFF):
        raise BadInput("a complaint about our own staff is one from the start", field="kind")
    guarded = row.confidential or row.anonymous
    changed = _write(session, row, said)
    if not changed:
        raise WrongStatus("nothing was changed", cap="unchanged")
    guarded = guarded or row.confidential or row.anonymous
    told = {name: Change("", "") if guarded and name in TEXTS else each for name, each in changed.items()}  # fmt: skip
    event = TicketAmended(
        changed=told, dues=_clocks(session, row, now), **facts(taken, actor, now, note)
    )
    tell(session, taken, actor, event)


def _write(session: Session, row: Ticket, said: Facts) -> dict[str, Change]:
    """Set what differs, and return it; who reports somebody stays protected."""
    was = _plain(facts_of(row))
    if said.kind in ("report", STAFF):
        said = replace(said, flags=said.flags | {"confidential"})
    wanted = _plain(said)
    changed = {name: Change(was[name], wanted[name]) for name in was if was[name] != wanted[name]}
    if "category" in changed:
        row.category_version = category_version(session, said.category)
    for name, change in changed.items():
        setattr(row, name, bool(change.now) if name in FLAGS else change.now)
    if changed.keys() & TEXTS.keys():
        row.grams = cast(str, held(row.title, row.content, row.address))
    return changed


def _plain(said: Facts) -> dict[str, str]:
    """Return facts as events tell them: texts without idle spaces, a flag as "yes" or empty."""
    texts = {name: str(value).strip() for name, value in asdict(said).items() if name != "flags"}
    return texts | {flag: "yes" if flag in said.flags else "" for flag in FLAGS}


def _clocks(session: Session, row: Ticket, now: Instant) -> dict[str, float]:
    """Compute the clocks anew that kind, category and urgency decide; while they stand, it waits until they run."""
    steps.renew(session, row)
    if row.paused_at is not None:
        return {}
    found = recompute.moved(session, row, terms.calendar(session), terms.rules(session), now=now)
    return recompute.write(row, found)
