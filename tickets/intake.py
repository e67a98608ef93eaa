"""受理: a citizen's request becomes a ticket with a public number, in one transaction."""

import secrets
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.floor import Caller, WorkSaved
from models.events.ticket import Finding, Flag, StaffComplaintSettled, TicketAnswered, TicketOpened
from models.rules.places import CHOSEN, Precision, kept
from models.rules.tickets.choices import CHANNELS, FINDINGS, KINDS, STAFF, URGENCIES
from models.rules.tickets.recognition import said
from models.store import outbox, streams
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.store.fulltext import held
from models.tables import (
    Agent,
    CallerIdentity,
    CallLedger,
    Category,
    Tenant,
    Ticket,
    TicketParty,
    User,
)
from models.tables.ticket import NUMBERS
from tickets.moving import TEXT_MAX, Actor, Taken, facts, intake_policy, owed, take, tell
from tickets.recordings import recording_of

TITLE_MAX, SHORT_MAX = 100, 200
QUERY_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits nobody mistakes for another when they are read out."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the intake form says; instants in seconds, lon/lat WGS-84. Empty means not known.

    token : the same form sent twice is one ticket, empty for none; call : key of a visit of a call.
    emergency, disputed : ticked as one (应急, 矛盾纠纷排查); words of the text tick them by themselves, and an
    emergency so found is 特急; waved : the words that the agent saw, and unticked.
    later : 不能当时答复: it is answered later, so the citizen must be reachable: `contact`, by `contact_phone`, at the
    instant `contact_on`, each empty for the citizen's own name and number, and for any time.
    about : agent number of the person complained of, of kind `STAFF` only; empty when it is not known.
    precision : how exactly the point says where, "point" when it is not said; point_source : who said so;
    street, grid : codes in the city. `tickets.placing.on_ground` fills these in.
    """

    kind: str
    title: str
    content: str
    category: str = ""
    urgency: str = "normal"
    channel: str = "phone"
    cause: str = ""
    happened: Instant = 0.0
    address: str = ""
    district: str = ""
    lon: float | None = None
    lat: float | None = None
    name: str = ""
    phone: str = ""
    anonymous: bool = False
    confidential: bool = False
    later: bool = False
    contact: str = ""
    contact_phone: str = ""
    contact_on: Instant = 0.0
    disputed: bool = False
    emergency: bool = False
    waved: tuple[str, ...] = ()
    about: str = ""
    precision: Precision = ""
    point_source: str = ""
    street: str = ""
    grid: str = ""
    call: str = ""
    token: str = ""

    def check(self) -> None:
        """Raise BadInput naming the first field that cannot be taken."""
        limits = {
            "title": TITLE_MAX, "content": TEXT_MAX, "cause": TEXT_MAX, "address": SHORT_MAX,
            "name": SHORT_MAX, "phone": 32,
            "contact": SHORT_MAX, "contact_phone": 32,
        }  # fmt: skip
        for field, limit in limits.items():
            if len(getattr(self, field)) > limit or "\0" in getattr(self, field):
                raise BadInput(f"{field} is longer than {limit}", field=field)
        reached = self.phone or self.contact_phone or self.call  # who is answered later is called
        lon, lat = self.lon or 0.0, self.lat or 0.0
        wrong = {
            "kind": self.kind not in KINDS,
            "urgency": self.urgency not in URGENCIES,
            "channel": self.channel not in CHANNELS,
            "title": not self.title.strip(),
            "content": not self.content.strip(),
            "phone": _no_number(self.phone) or (self.later and not reached),
            "contact_phone": _no_number(self.contact_phone),
            "about": bool(self.about) and self.kind != STAFF,
            "point": (self.lon is None) != (self.lat is None)
            or not (-180 <= lon <= 180 and -90 <= lat <= 90),
            "precision": self.precision not in CHOSEN or bool(self.precision and self.lon is None),
        }
        first = next((field for field, is_wrong in wrong.items() if is_wrong), "")
        if first:
            raise BadInput(f"wrong {first}", field=first)  # without the value: it may be a number


def _no_number(typed: str) -> bool:
    """True of what is typed and is no telephone number."""
    return bool(typed) and not typed.lstrip("+").replace("-", "").isdigit()


def open_ticket(
    session: Session, form: Form, *, actor: Actor, now: Instant, vault: Vault
) -> Ticket:
    """Register a request; return its row, that of an earlier sending of the same form if there was one.

    BadInput names the field, Refused without `ticket.open`, WrongStatus when it is being sent this moment.
    """
    if "ticket.open" not in actor.can:
        raise Refused(f"{actor.ref} lacks ticket.open", permission="ticket.open")
    form.check()
    origin = f"form:{form.token}" if form.token else ""
    earlier = select(Ticket).where(Ticket.origin == origin, Ticket.origin != "")
    if origin and (known := session.scalar(earlier)) is not None:
        return known
    if not 0 <= form.happened <= now + 60:
        raise BadInput("it has not happened yet", field="happened")
    if form.later and form.contact_on and form.contact_on <= now:
        raise BadInput("a call back in the past", field="contact_on")
    version = category_version(session, form.category)
    if form.about and session.scalar(select(_agent_known(form.about))) is not True:
        raise BadInput("no such agent", field="about")
    emergency, disputed = recognised(session, form)
    precision, h9 = kept(form.lon, form.lat, form.precision or "point")
    row = Ticket(
        tenant_id=tenant_of(session), no=str(session.scalar(NUMBERS)),
        query_code="".join(secrets.choice(QUERY_LETTERS) for _ in range(6)),
        status="pending_assign", version=1, kind=form.kind, category=form.category,
        category_version=version, channel=form.channel,
        title=form.title.strip(), content=form.content.strip(), cause=form.cause.strip(),
        happened_at=to_datetime(form.happened) if form.happened else None,
        address=form.address.strip(), district=form.district, lon=form.lon, lat=form.lat,
        point_source=(form.point_source or "entered") if form.lon is not None else "",
        precision=precision, h9=h9, street=form.street, grid=form.grid,
        anonymous=form.anonymous, confidential=form.confidential or form.kind in ("report", STAFF),
        urgency="critical" if emergency else form.urgency,
        emergency=form.emergency or emergency, disputed=form.disputed or disputed,
        later=form.later,
        later_on=to_datetime(form.contact_on) if form.later and form.contact_on else None,
        call_key=form.call, recording=recording_of(session, form.call), opened_at=to_datetime(now),
        opened_by=actor.user_id,
        origin=origin, grams=held(form.title, form.content, form.address),
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus("this form is being saved", cap="saved") from error
    session.add(_party(session, row, form, vault))
    _tell_opened(session, row, form, actor, now)
    return row


def recognised(session: Session, form: Form) -> tuple[bool, bool]:
    """Return whether words of an emergency, and of a dispute, are in a form that nobody waved off."""
    rule, text = intake_policy(session), f"{form.title} {form.content}"
    found = (said(words, text) for words in (rule.emergency, rule.dispute))
    emergency, disputed = (bool(set(words) - set(form.waved)) for words in found)
    return emergency, disputed


def _tell_opened(session: Session, row: Ticket, form: Form, actor: Actor, now: Instant) -> None:
    taken = Taken(row, "open")
    event = TicketOpened(
        no=row.no, kind=row.kind, category=row.category, channel=row.channel, urgency=row.urgency,
        call=form.call, recording=row.recording, about=form.about,
        later=row.later, later_on=row.later_on.timestamp() if row.later_on else 0.0,
        flags=tuple(flag for flag in get_args(Flag) if getattr(row, flag)), **facts(taken, actor, now),
    )  # fmt: skip
    tell(session, taken, actor, event)
    seat = form.call and session.scalar(select(CallLedger.seat).where(CallLedger.key == form.call))
    if seat:
        slug = session.scalar(select(Tenant.slug).where(Tenant.id == row.tenant_id)) or ""
        saved = WorkSaved(
            id=f"saved-{row.no}", at=now, actor=actor.ref, pbx="", epoch=0, seq=0, seat=seat
        )
        outbox.record(session, streams.floor_stream(slug), saved)


def _agent_known(number: str) -> ColumnElement[bool]:
    """True when somebody has, or had, this agent number."""
    return or_(
        exists().where(Agent.agent_no == number), exists().where(User.agent_no == number)
    )  # fmt: skip


def category_version(session: Session, code: str) -> int:
    """Return the dictionary's newest version; BadInput for a category that is not in it, or not any more."""
    newest = session.scalar(select(func.max(Category.version))) or 1
    if not code:
        return newest
    found = session.scalar(
        select(Category.version)
        .where(Category.code == code)
        .order_by(Category.version.desc())
        .limit(1)
    )
    if found is None:
        raise BadInput(f"category {code!r}", field="category")
    if found != newest:
        raise BadInput(f"category {code} was removed", field="category", removed=True)
    return newest


def _party(session: Session, row: Ticket, form: Form, vault: Vault) -> TicketParty:
    """Who asked, sealed: the form's number, else that of the call itself."""
    caller = vault.seal(form.phone) if form.phone else _of_call(session, form.call)
    contact = (form.contact.strip(), form.contact_phone) if form.later else ("", "")
    return TicketParty(
        tenant_id=row.tenant_id, ticket_id=row.id, digest=caller.digest, masked=caller.masked,
        phone_sealed=caller.sealed, name_sealed=vault.seal_text(form.name.strip()),
        name_digest=vault.digest_name(form.name),
        contact_sealed=vault.seal_text("\n".join(contact)) if any(contact) else "",
    )  # fmt: skip


def _of_call(session: Session, key: str) -> Caller:
    if not key:
        return Caller()
    found = session.execute(
        select(CallLedger.caller_masked, CallLedger.caller_digest, CallerIdentity.sealed)
        .outerjoin(CallerIdentity, CallerIdentity.digest == CallLedger.caller_digest)
        .where(CallLedger.key == key)
    ).first()
    if found is None:
        raise NotFound(f"no call {key}")
    return Caller(found[0], found[1], found[2] or "")


def answer(session: Session, ticket_id: int, *, reply: str, actor: Actor, now: Instant) -> None:
    """Answer at once: the shortest process of a consult or a simple matter (D-20)."""
    owed(reply, "reply")
    at = to_datetime(now)
    taken = take(
        session, ticket_id, "answer", actor, reply=reply.strip(), result=reply.strip(),
        replied_at=at, closed_at=at,
    )  # fmt: skip
    if taken.row.kind not in intake_policy(session).at_once:
        raise WrongStatus(f"a {taken.row.kind} is not answered at once", cap="at_once")
    tell(session, taken, actor, TicketAnswered(**facts(taken, actor, now, reply)))


def settle(
    session: Session, ticket_id: int, *, finding: Finding, note: str, actor: Actor, now: Instant
) -> None:
    """Settle a complaint about the hotline's own staff (E-16): what was found, and what follows from it."""
    if finding not in FINDINGS:
        raise BadInput(f"finding {finding!r}", field="finding")
    owed(note, "note")
    taken = take(
        session, ticket_id, "settle", actor, mode="self", result=note.strip(),
        closed_at=to_datetime(now),
    )  # fmt: skip
    if taken.row.kind != STAFF:
        raise WrongStatus("only a complaint about our own staff is settled", cap="not_staff")
    event = StaffComplaintSettled(finding=finding, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)
