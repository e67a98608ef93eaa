"""What a letter says, word for word, of a ticket's facts. Pure; a document speaks Chinese on every screen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from models.tables import Ticket, TicketHistory, TicketLeg
from tickets.blotting import blotted

Kind = Literal["assign", "forward", "accept_notice", "reject_notice", "reply_notice"]
_WORDS: Mapping[str, str] = {
    "consult": "咨询", "help": "求助", "complaint": "投诉", "report": "举报",
    "suggestion": "意见建议", "thanks": "表扬感谢", "other": "其他",
    "normal": "一般", "urgent": "紧急", "critical": "特急",
    "self": "自办", "forward": "转送", "assign": "交办",
    "area": "不属于本市受理范围", "court": "涉法涉诉，应当通过司法途径解决",
    "police": "属于 110、119、120、122 受理范围", "petition": "属于信访受理范围",
    "closed": "已经三级终结", "same": "同一事项已经办结",
}  # fmt: skip


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
class Matter:
    """What the words of a letter are taken from; `secrets` are blotted out of every text."""

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
        """True when nobody may learn who asked."""
        return self.row.confidential or self.row.anonymous

    def clean(self, said: str) -> str:
        """Return a text of the ticket fit for paper."""
        return blotted(said, self.secrets, everything=self.protected)

    def day(self, at: datetime | None, *, hour: bool = False) -> str:
        """Return a day, or an hour of it, as letters write it."""
        if at is None:
            return "未定"
        local = at.astimezone(ZoneInfo(self.zone))
        day = f"{local.year}年{local.month}月{local.day}日"
        return f"{day}{local.hour}时{local.minute:02}分" if hour else day

    def unit(self, leg: TicketLeg) -> str:
        """Return the name of the unit that answers for a part."""
        return self.units.get(leg.unit, leg.unit)

    def told(self, verb: str) -> TicketHistory | None:
        """Return the last line of a verb."""
        return next((line for line in reversed(self.history) if line.verb == verb), None)


def body(kind: Kind, m: Matter, no: str, date: str) -> Body:
    """Return every word of a letter numbered `no`."""
    parts = _SAY[kind](m)
    return Body(
        head=f"{m.centre}12345政务服务便民热线", no=no, date=date,
        sign=f"{m.centre}12345政务服务便民热线服务中心", **parts,
    )  # fmt: skip


def _assign(m: Matter) -> dict[str, Any]:
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


def _forward(m: Matter) -> dict[str, Any]:
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


def _accept_notice(m: Matter) -> dict[str, Any]:
    said = (
        f"您反映的{_about(m)}，我中心已于{m.day(m.row.opened_at)}受理，"
        f"受理编号为{m.row.no}，查询码为{m.row.query_code}。",
        "我中心将按照职责分工交有关单位办理，并将办理情况向您答复。您可以凭受理编号和查询码，"
        "通过12345热线或者网上平台查询办理进度。请妥善保管查询码，不要告诉他人。",
    )
    return _notice("受理告知书", said)


def _reject_notice(m: Matter) -> dict[str, Any]:
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


def _reply_notice(m: Matter) -> dict[str, Any]:
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


_SAY: Mapping[Kind, Callable[[Matter], dict[str, Any]]] = {
    "assign": _assign,
    "forward": _forward,
    "accept_notice": _accept_notice,
    "reject_notice": _reject_notice,
    "reply_notice": _reply_notice,
}


def _about(m: Matter) -> str:
    """Name the matter; a protected one stays unnamed, the paper may reach other hands."""
    return "事项" if m.protected else f"“{m.clean(m.row.title)}”事项"


def _facts(m: Matter) -> list[tuple[str, str]]:
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


def _noted(label: str, m: Matter, verb: str) -> list[tuple[str, str]]:
    line = m.told(verb)
    return [(label, m.clean(line.note))] if line and line.note else []


def _care(m: Matter) -> tuple[str, ...]:
    if not m.protected:
        return ()
    return ("本件诉求人信息受保护。办理中不得打听、泄露诉求人身份，不得将本件转给被反映对象。",)
