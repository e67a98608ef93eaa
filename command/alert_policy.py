"""What a tenant decides of its public warnings: in whose name they go out, and who may let them."""

from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, NotFound
from models.rules import cap
from models.rules.cap.draft import Draft, Sender, Words
from models.rules.cap.message import Area
from models.store.db import tenant_of
from models.tables import Parameter, Tenant
from tickets import parameters
from tickets.moving import Actor

_SOMEWHERE = ((114.0, 33.0), (115.0, 33.0), (115.0, 34.0), (114.0, 33.0))
ByItself = Literal["no", "draft", "publish"]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of warnings; what is empty is derived from the tenant.

    sender : the CAP sender, globally unique, e.g. an address of the tenant's own domain; name, english : its
    names; contact, web : put into new drafts; self_approve : who wrote a draft may approve it; by_itself : a plan
    that starts by itself drafts a warning, too, which waits for approval, or is published as it is.
    """

    sender: str = ""
    name: str = ""
    english: str = ""
    contact: str = ""
    web: str = ""
    self_approve: bool = False
    by_itself: ByItself = "no"


def policy(session: Session) -> Policy:
    """Return the tenant's parameters of warnings as they are now."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "alerts"))
    return msgspec.convert(value, Policy) if value is not None else Policy()


def set_policy(
    session: Session, given: Policy, *, seen: Instant, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Set the parameters that nobody set since `seen`; BadInput names the field no message could carry."""
    parameters.allowed(actor)
    _check(_sender(_tenant(session), given), given)
    parameters.put(session, "alerts", msgspec.to_builtins(given), seen, actor, now)


def sender_of(session: Session) -> Sender:
    """Return in whose name the tenant publishes."""
    return _sender(_tenant(session), policy(session))


def city_of(session: Session) -> str:
    """Return the city the tenant warns."""
    return _tenant(session).city


def _tenant(session: Session) -> Tenant:
    tenant = session.get(Tenant, tenant_of(session))
    if tenant is None:
        raise NotFound("no tenant")
    return tenant


def _sender(tenant: Tenant, given: Policy) -> Sender:
    return Sender(
        sender=given.sender or f"12345@{tenant.slug}.invalid",  # .invalid (RFC 2606): nobody set one yet
        name=given.name or f"{tenant.city}12345政务服务便民热线",
        english=given.english or f"12345 hotline {tenant.slug}",
        zone=tenant.zone,
    )  # fmt: skip


def _check(sender: Sender, given: Policy) -> None:
    """Ask the rules with a message that has nothing else wrong."""
    words = Words("x", "x", "x")
    draft = Draft(
        chinese=words, english=words, contact=given.contact, web=given.web,
        areas=(Area("x", polygons=(_SOMEWHERE,)),),
    )  # fmt: skip
    faults = cap.wrong(cap.message(draft, sender, identifier="x", sent=0.0))
    if faults:
        raise BadInput(f"{faults[0]} cannot be", field=faults[0])
