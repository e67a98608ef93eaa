"""Chinese texts of intake: the form, what it recognises, amending, screening."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "verb.amend": "修改工单",
    "ticket.field.kind": "类型",
    "ticket.field.urgency": "紧急程度",
    "ticket.field.category": "事项分类",
    "ticket.field.title": "标题",
    "ticket.field.content": "诉求内容",
    "ticket.field.address": "地址",
    "ticket.field.flags": "标记",
    "ticket.field.note": "修改原因",
    "amend.on": "标上",
    "amend.off": "取消",
    "amend.protected": "已修改（保密工单不留旧文）",
    "amend.nothing": "（空）",
    "field.kind": "类型",
    "field.category": "事项分类",
    "field.urgency": "紧急程度",
    "field.title": "标题",
    "field.content": "诉求内容",
    "cap.amended": "这张工单刚刚有变动，请看过现在的内容再修改",
    "cap.unchanged": "没有改动",
}
