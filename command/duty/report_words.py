"""The words of a duty report, in Chinese: a draft from the facts, and the pages it is printed on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command.duty.journal import Entry, class_of
from models.clock import Instant
from models.rules.duty.lines import Class
from tickets.letter_words import Body

KINDS: Mapping[str, str] = {
    "consult": "咨询", "help": "求助", "complaint": "投诉", "report": "举报", "suggestion": "意见建议",
    "thanks": "表扬感谢", "other": "其他",
}  # fmt: skip
LISTED = 12
"""Matters of a class that are named one by one; the rest are counted."""


SECTIONS: Sequence[tuple[str, tuple[Class, ...], str]] = (
    ("三、突发事件与应急接报", ("report", "incident", "task", "warning"), "本期无应急接报。"),
    ("四、领导批示与督办", ("order",), "本期无批示、督办。"),
    ("五、道路与设备", ("road", "fault"), "道路通行与系统运行正常。"),
    ("六、值班备注", ("remark",), "无。"),
)
"""Heading, the log's classes under it, what is said when there is nothing."""


UNSEEN = "突发事件未列入：起草人无权查看。"


def draft(
    facts: Mapping[str, Any], earliest: Sequence[Sequence[Entry]], zone: str, *, unseen: bool
) -> str:
    """Return the draft: figures first, then what happened, then who was on duty.

    earliest : of each section its first lines; how many there are is the facts' own count. unseen : whoever draws
    it may see no incident: then it says so, and not that there was none.
    """
    calls, tickets = facts["calls"], facts["tickets"]
    rate = calls["connect_rate"]
    said = [
        "一、话务情况",
        f"本期来电 {calls['arrived']['v']} 次，进入人工排队 {calls['entered']['v']} 次，"
        f"接通 {calls['answered']['v']} 次，接通率 {_percent(rate)}；"
        f"15 秒接通率 {_percent(calls['within_offered'])}，放弃 {calls['abandoned']['v']} 次。",
        "二、诉求受理",
        f"登记诉求 {tickets['opened']} 件{_kinds(tickets['kinds'])}。",
    ]
    for (heading, classes, nothing), lines in zip(SECTIONS, earliest, strict=True):
        total = sum(n for name, n in facts["log"].items() if class_of(name) in classes)
        none = UNSEEN if unseen and "incident" in classes else nothing
        said += [heading, *(_matters(lines, total, zone) if total else [none])]
    people = (f"{label}：{'、'.join(names)}。" for label, names in facts["people"])
    return "\n".join([*said, "七、值班人员", *people])


def _percent(ratio: Mapping[str, Any]) -> str:
    return f"{ratio['v'] * 100:.1f}%" if ratio.get("d") else "无数据"


def _kinds(kinds: Mapping[str, int]) -> str:
    parts = [f"{KINDS.get(kind, kind)} {number} 件" for kind, number in kinds.items()]
    return f"，其中{'、'.join(parts)}" if parts else ""


def _matters(lines: Sequence[Entry], total: int, zone: str) -> list[str]:
    named = [f"{_clock(line.at, zone)} {_sentence(line)}" for line in lines]
    rest = total - len(lines)
    return [*named, f"另有 {rest} 条，见值班日志。"] if rest > 0 else named


_SAYINGS: Mapping[str, str] = {
    "TicketOpened": "应急接报：{no} {title}",
    "TicketAmended": "转为应急：{no} {title}",
    "TicketInstructed": "{by}批示：{no} {note}",
    "TicketSupervised": "{by}督办：{no} {note}",
    "SupervisionRated": "督办办结：{no}，评价 {rating} 分",
    "LinkDown": "交换机 {pbx} 失联",
    "LinkUp": "交换机 {pbx} 恢复",
    "road_closed": "道路封闭：{reason}",
    "road_opened": "道路恢复通行",
    "remark": "{by}：{text}",
    "correction": "{by}（更正）：{text}",
    "IncidentReported": "突发事件：{title}",
    "IncidentVerified": "{of}：情况核实",
    "LevelSet": "{of}：{field} {was} → {now}",
    "PlanActivated": "{of}：启动预案《{title}》",
    "ResponseBegun": "{of}：启动处置",
    "UnitAssigned": "{of}：调派 {label}",
    "IncidentControlled": "{of}：事态已控制 {note}",
    "IncidentRelapsed": "{of}：险情反复 {note}",
    "ReportFiled": "{of}：信息报告第 {number} 期",
    "OrderGiven": "{by}下达指令：{text}",
    "DecisionAsked": "{by}请示：{question}",
    "DecisionGiven": "{by}批复：{answer}",
    "IncidentEnded": "{of}：应急终止 {note}",
    "IncidentClosed": "{of}：结案 {note}",
    "IncidentCancelled": "{of}：撤销 {note}",
    "EvaluationSigned": "{of}：评估报告通过，得分 {score}",
    "TaskLate": "{of}：任务“{title}”超时未完成",
    "AlertApproved": "预警{msg_type}：{headline}",
    "approve_alert": "预警{msg_type}：{headline}",
}
"""What the report says of each key fact."""
_VALUES: Mapping[str, Mapping[str, str]] = {
    "field": {"grade": "事件等级", "colour": "预警颜色", "level": "响应级别"},
    "msg_type": {"Alert": "发布", "Update": "更新", "Cancel": "解除"},
}
_COLOURS: Mapping[str, str] = {
    "": "未发",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "blue": "蓝色",
}
_GRADES: Mapping[str, str] = {"": "未定", "I": "Ⅰ级", "II": "Ⅱ级", "III": "Ⅲ级", "IV": "Ⅳ级"}


def _sentence(line: Entry) -> str:
    facts = {
        name: _VALUES[name].get(value, value) if name in _VALUES else value
        for name, value in line.facts.items()
    }
    if "field" in facts:
        scale = _COLOURS if line.facts["field"] == "colour" else _GRADES
        facts |= {name: scale.get(facts[name], facts[name]) for name in ("was", "now")}
    return _SAYINGS[line.name].format(by=line.actor, **facts).strip()


def _clock(at: Instant, zone: str) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%m-%d %H:%M}"


def page(title: str, text: str, *, city: str, no: str, state: str, approved: str, day: str) -> Body:
    """Return a report as the letters' printer takes it; `state` stands where it is not approved yet."""
    return Body(
        head=f"{city}12345值班报告", no=no if not state else f"{no}（{state}）", title=title, to="",
        said=tuple(line for line in text.split("\n") if line.strip()), rows=(), blank=(),
        closing=(approved,) if approved else (), sign=f"{city}12345政务服务热线", date=day,
    )  # fmt: skip
