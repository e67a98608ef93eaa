"""公函: letters made from a ticket. What one says is settled when it is made and kept as its body.

To units: 交办函 and 办理转送单. To the citizen: the three 告知书. No letter carries a citizen's name or
number, not even where the text of the ticket does: both are blotted out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.tickets.moves import OPEN
from models.store.chain import audit
from models.store.crypto import Vault
from models.tables import (
    Category,
    Letter,
    Tenant,
    Ticket,
    TicketHistory,
    TicketLeg,
    TicketParty,
    Unit,
)
from tickets import queries
from tickets.blotting import blotted
from tickets.moving import Actor, legs

Kind = Literal["assign", "forward", "accept_notice", "reject_notice", "reply_notice"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TO_UNITS: frozenset[Kind] = frozenset({"assign", "forward"})
"""What a unit may see of its own tickets; the others carry the citizen's query code."""
PERMISSION: Mapping[Kind, str] = {
    kind: "ticket.assign" if kind in TO_UNITS else "ticket.call_back" for kind in KINDS
}
NAMES: Mapping[Kind, str] = {
    "assign": "交办函",
    "forward": "办理转送单",
    "accept_notice": "受理告知书",
    "reject_notice": "不予受理告知书",
    "reply_notice": "答复告知书",
}
_SERIES: Mapping[Kind, str] = {
    "assign": "交办",
    "forward": "转办",
    "accept_notice": "受理",
    "reject_notice": "不予受理",
    "reply_notice": "答复",
}
"""The series a letter is counted in, as its number says it."""
_LOCK = 31
_WORDS: Mapping[str, str] = {
    "consult": "咨询", "help": "求助", "complaint": "投诉", "report": "举报",
    "suggestion": "意见建议", "thanks": "表扬感谢", "other": "其他",
    "normal": "一般", "urgent": "紧急", "critical": "特急",
    "self": "自办", "forward": "转送", "assign": "交办",
    "area": "不属于本市受理范围", "court": "涉法涉诉，应当通过司法途径解决",
    "police": "属于 110、119、120、122 受理范围", "petition": "属于信访受理范围",
    "closed": "已经三级终结", "same": "同一事项已经办结",
}  # fmt: skip
"""A document speaks Chinese whatever language the screen has."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every word of a letter, as it was said. `rows` is the table of facts; `blank` rows are left for the pen."""

    head: str
    no: str
    title: str
    to: str
    said: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    blank: tuple[str, ...]
    closing: tuple[str, ...]
    sign: str
    date: str


@dataclass(frozen=True, slots=True)
class _Matter:
    """What the words of a letter are taken from; texts are blotted already."""

    row: Ticket
    legs: Sequence[TicketLeg]
    history: Sequence[TicketHistory]
    units: Mapping[str, str]
    category: str
    centre: str
    zone: str
    secrets: tuple[str, ...]

    @property
    def protected(self) -> bool:
        return self.row.confidential or self.row.anonymous

    def clean(self, said: str) -> str:
        return blotted(said, self.secrets, everything=self.protected)

    def day(self, at: datetime | None, *, hour: bool = False) -> str:
        if at is None:
            return "未定"
        local = at.astimezone(ZoneInfo(self.zone))
        day = f"{local.year}年{local.month}月{local.day}日"
        return f"{day}{local.hour}时{local.minute:02}分" if hour else day

    def unit(self, leg: TicketLeg) -> str:
        return self.units.get(leg.unit, leg.unit)

    def told(self, verb: str) -> TicketHistory | None:
        """Return the last line of a verb."""
        return next((line for line in reversed(self.history) if line.verb == verb), None)


def make(
    session: Session, ticket_id: int, kind: Kind, *, actor: Actor, now: Instant, vault: Vault
) -> Letter:
    """Make a letter; the same words again give the letter that is there already.

    WrongStatus when the ticket is not in a state for it; Refused without `PERMISSION[kind]`.
    """
    if kind not in KINDS:
        raise BadInput(f"letter {kind!r}", field="kind")
    if PERMISSION[kind] not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION[kind]}", permission=PERMISSION[kind])
    row = session.scalar(select(Ticket).where(Ticket.id == ticket_id).with_for_update(read=True))
    if row is None:
        raise NotFound(f"no ticket {ticket_id}")
    matter = _matter(session, row, vault)
    if not _may(kind, row, unit=bool(matter.legs), rejected=matter.told("reject") is not None):
        raise WrongStatus(f"{kind} from {row.status}", status=row.status, letter=kind)
    # one maker at a time in a tenant: the next number is not given twice, nor a letter made twice
    session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": row.tenant_id, "b": _LOCK})
    at = to_datetime(now)
    series = (
        f"{matter.centre[:1]}12345〔{at.astimezone(ZoneInfo(matter.zone)).year}〕{_SERIES[kind]}第"
    )
    body = _body(kind, matter, _next(session, kind, series), matter.day(at))
    same = _last(session, ticket_id, kind)
    if same is not None and _words(same.body) == _words(msgspec.to_builtins(body)):
        return same
    letter = Letter(
        tenant_id=row.tenant_id, ticket_id=ticket_id, kind=kind, no=body.no,
        body=msgspec.to_builtins(body), made_at=at, made_by=actor.user_id,
    )  # fmt: skip
    session.add(letter)
    session.flush()
    audit(
        session, actor=actor.ref, verb="letter_made", subject=f"ticket:{row.no}", now=now,
        kind=kind, no=body.no,
    )  # fmt: skip
    return letter


def possible(session: Session, row: Ticket, *, actor: Actor) -> list[Kind]:
    """Return the kinds the actor may make of a ticket now."""
    found = [kind for kind in KINDS if PERMISSION[kind] in actor.can]
    if not found:
        return []
    unit = bool(legs(session, row.id))
    rejected = any(line.verb == "reject" for line in _history(session, row.id))
    return [kind for kind in found if _may(kind, row, unit=unit, rejected=rejected)]


def made(session: Session, ticket_id: int, *, actor: Actor) -> list[Letter]:
    """Return the ticket's letters the actor may see, the newest first; the ticket is in scope already."""
    kinds = TO_UNITS if actor.unit else KINDS
    return list(
        session.scalars(
            select(Letter)
            .where(Letter.ticket_id == ticket_id, Letter.kind.in_(kinds))
            .order_by(Letter.id.desc())
        )
    )


def one(session: Session, letter_id: int, *, actor: Actor, now: Instant) -> Letter:
    """Return a letter of a ticket in the actor's scope; NotFound for every other."""
    found = session.execute(
        select(Letter, Ticket.no)
        .join(Ticket, Ticket.id == Letter.ticket_id)
        .where(Letter.id == letter_id, Letter.kind.in_(TO_UNITS if actor.unit else KINDS))
    ).first()
    if found is None:
        raise NotFound(f"no letter {letter_id}")
    letter, no = found
    queries.whole(session, no, actor=actor, now=now)  # raises what a page would
    return letter


def body_of(letter: Letter) -> Body:
    """Return what a letter says."""
    return msgspec.convert(letter.body, Body)


# --- when ------------------------------------------------------------------------------------


def _may(kind: Kind, row: Ticket, *, unit: bool, rejected: bool) -> bool:
    """Whether the ticket is in a state for the letter; unit : it has one; rejected : it was 不予受理."""
    match kind:
        case "assign":
            return unit and row.mode == "assign" and row.status in OPEN
        case "forward":
            return unit
        case "accept_notice":
            return row.status in OPEN | {"reviewed"}
        case "reject_notice":
            return rejected and row.status in ("rejected", "archived")
        case "reply_notice":
            return row.replied_at is not None and bool(row.reply)


# --- what ------------------------------------------------------------------------------------


def _body(kind: Kind, m: _Matter, no: str, date: str) -> Body:
    parts = _SAY[kind](m)
    return Body(
        head=f"{m.centre}12345政务服务便民热线", no=no, date=date,
        sign=f"{m.centre}12345政务服务便民热线服务中心", **parts,
    )  # fmt: skip


def _assign(m: _Matter) -> dict[str, Any]:
    lead, *others = m.legs
    helped = f"，请{'、'.join(m.unit(leg) for leg in others)}协办" if others else ""
    due = m.day(lead.due_at, hour=True)
    said = [
        f"现将市民诉求（工单号{m.row.no}）交由你单位主办{helped}。请按照“属地管理、分级负责，谁主管、谁负责”的"
        f"原则依法依规办理，于{due}前通过热线平台反馈办理结果。",
        "具体事项如下：",
    ]
    return {
        "title": f"关于交办第{m.row.no}号市民诉求的函",
        "to": m.unit(lead),
        "said": tuple(said),
        "rows": (*_facts(m), *_noted("交办意见", m, "assign"), *_noted("领导批示", m, "instruct")),
        "blank": (),
        "closing": (*_care(m), "特此函达。"),
    }


def _forward(m: _Matter) -> dict[str, Any]:
    lead, *others = m.legs
    rows = [
        ("工单号", m.row.no),
        ("办理方式", _WORDS.get(m.row.mode, "转送")),
        ("主办单位", m.unit(lead)),
        ("协办单位", "、".join(m.unit(leg) for leg in others)),
        ("转送时间", m.day(lead.assigned_at, hour=True)),
        ("办理期限", m.day(lead.due_at, hour=True) if lead.due_at else ""),
        *_facts(m),
        *_noted("转送意见", m, "assign"),
        *_noted("领导批示", m, "instruct"),
        ("办理结果", m.clean(m.row.result)),
    ]
    pen = [] if m.told("instruct") else ["领导批示"]
    return {
        "title": "市民诉求办理转送单",
        "to": "",
        "said": (),
        "rows": tuple((label, value) for label, value in rows if value),
        "blank": (*pen, "承办人签收"),
        "closing": _care(m),
    }


def _accept_notice(m: _Matter) -> dict[str, Any]:
    said = (
        f"您反映的{_about(m)}，我中心已于{m.day(m.row.opened_at)}受理，"
        f"受理编号为{m.row.no}，查询码为{m.row.query_code}。",
        "我中心将按照职责分工交有关单位办理，并将办理情况向您答复。您可以凭受理编号和查询码，"
        "通过12345热线或者网上平台查询办理进度。请妥善保管查询码，不要告诉他人。",
    )
    return _notice("受理告知书", said)


def _reject_notice(m: _Matter) -> dict[str, Any]:
    line = m.told("reject")
    ground = _WORDS.get(str(line.event.get("ground", "")), "") if line else ""
    why = f"经审查，该事项{ground}，我中心不予受理。" if ground else "经审查，我中心不予受理。"
    note = m.clean(line.note) if line else ""
    said = [
        f"您于{m.day(m.row.opened_at)}反映的{_about(m)}（编号{m.row.no}，查询码{m.row.query_code}）收悉。",
        why,
        *([f"具体说明：{note}"] if note else []),
        "您对此有异议的，可以凭编号和查询码向我中心提出。",
    ]
    return _notice("不予受理告知书", said)


def _reply_notice(m: _Matter) -> dict[str, Any]:
    said = (
        f"您于{m.day(m.row.opened_at)}反映的{_about(m)}（受理编号{m.row.no}，查询码{m.row.query_code}），"
        "现将办理情况答复如下：",
        *m.clean(m.row.reply).split("\n"),
        "感谢您对我们工作的支持。您对办理结果有意见的，可以凭受理编号和查询码向我中心反映。",
    )
    return _notice("答复告知书", said)


def _notice(title: str, said: Sequence[str]) -> dict[str, Any]:
    paragraphs = tuple(part.strip() for part in said if part.strip())
    return {
        "title": title, "to": "市民", "said": paragraphs, "rows": (), "blank": (),
        "closing": ("特此告知。",),
    }  # fmt: skip


_SAY: Mapping[Kind, Callable[[_Matter], dict[str, Any]]] = {
    "assign": _assign,
    "forward": _forward,
    "accept_notice": _accept_notice,
    "reject_notice": _reject_notice,
    "reply_notice": _reply_notice,
}


def _about(m: _Matter) -> str:
    """Name the matter; a protected one stays unnamed, the paper may reach other hands."""
    return "事项" if m.protected else f"“{m.clean(m.row.title)}”事项"


def _facts(m: _Matter) -> list[tuple[str, str]]:
    """Return the facts a unit needs; where a caller lives is left out of a protected one."""
    kind = _WORDS.get(m.row.kind, m.row.kind)
    hidden = m.protected
    rows = [
        ("诉求类型", f"{kind}（{m.category}）" if m.category else kind),
        ("紧急程度", "" if m.row.urgency == "normal" else _WORDS.get(m.row.urgency, "")),
        ("受理时间", m.day(m.row.opened_at, hour=not hidden)),
        ("事发地址", "" if hidden else m.clean(m.row.address)),
        ("诉求标题", m.clean(m.row.title)),
        ("诉求内容", m.clean(m.row.content)),
    ]
    return [(label, value) for label, value in rows if value]


def _noted(label: str, m: _Matter, verb: str) -> list[tuple[str, str]]:
    line = m.told(verb)
    return [(label, m.clean(line.note))] if line and line.note else []


def _care(m: _Matter) -> tuple[str, ...]:
    if not m.protected:
        return ()
    return ("本件诉求人信息受保护。办理中不得打听、泄露诉求人身份，不得将本件转给被反映对象。",)


# --- from the database -----------------------------------------------------------------------


def _matter(session: Session, row: Ticket, vault: Vault) -> _Matter:
    city, zone = session.execute(
        select(Tenant.city, Tenant.zone).where(Tenant.id == row.tenant_id)
    ).one()
    label = session.scalar(
        select(Category.label).where(
            Category.code == row.category, Category.version == row.category_version
        )
    )
    party = session.get(TicketParty, row.id)
    # opened to be blotted out, never to be shown: no view of an identity
    sealed = (party.name_sealed, party.phone_sealed) if party else ()
    return _Matter(
        row=row,
        legs=legs(session, row.id),
        history=_history(session, row.id),
        units=dict(session.execute(select(Unit.code, Unit.name)).all()),
        category=label or "",
        centre=city,
        zone=zone,
        secrets=tuple(vault.open(each) for each in sealed if each),
    )


def _history(session: Session, ticket_id: int) -> list[TicketHistory]:
    return list(
        session.scalars(
            select(TicketHistory)
            .where(
                TicketHistory.ticket_id == ticket_id,
                TicketHistory.verb.in_(("assign", "instruct", "reject")),
            )
            .order_by(TicketHistory.id)
        )
    )


def _last(session: Session, ticket_id: int, kind: Kind) -> Letter | None:
    return session.scalar(
        select(Letter)
        .where(Letter.ticket_id == ticket_id, Letter.kind == kind)
        .order_by(Letter.id.desc())
        .limit(1)
    )


def _next(session: Session, kind: Kind, series: str) -> str:
    """Return the next number of a series; under the lock the newest row has the highest."""
    last = session.scalar(
        select(Letter.no)
        .where(Letter.kind == kind, Letter.no.startswith(series, autoescape=True))
        .order_by(Letter.id.desc())
        .limit(1)
    )
    count = int(last.removeprefix(series).removesuffix("号")) if last else 0
    return f"{series}{count + 1:05}号"


def _words(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("no", "date")}
