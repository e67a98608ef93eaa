"""Chinese texts of what command keeps up: types of incidents, capabilities, groups and levels of duty."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    # --- types of incidents
    "admin.incident_types": "突发事件类型",
    "admin.incident_types.count": "共 {n} 种，启用 {used} 种",
    "admin.incident_types.none": "还没有类型，不能上报突发事件。可导入标准类型，或逐个新增",
    "admin.incident_type.new": "新增类型",
    "admin.incident_type.label": "名称",
    "admin.incident_type.code": "编码",
    "admin.incident_type.code_help": "字母、数字、- 和 _，保存后不再改变",
    "admin.incident_type.kind": "大类",
    "admin.incident_type.category": "CAP 类别",
    "admin.incident_type.category_help": "公众预警文件里的 category",
    "admin.incident_type.by_kind": "按大类",
    "admin.incident_type.event": "CAP 事件（英文）",
    "admin.incident_type.event_help": "公众预警英文部分的事件名称",
    "admin.incident_type.position": "排序",
    "admin.incident_type.state": "状态",
    "admin.incident_type.off_help": "停用后不再出现在上报表单里，已有事件和预案照旧。",
    "admin.incident_type.added": "已新增 {name}，上报时可选",
    "admin.incident_type.standard": "已导入标准类型 {n} 种",
    "admin.do.incident_type.add": "新增类型",
    "admin.do.incident_type.change": "保存",
    "admin.do.incident_type.activate": "恢复使用",
    "admin.do.incident_type.deactivate": "停用类型",
    "admin.do.incident_type.standard": "导入标准类型",
    # --- capabilities
    "resources.capabilities": "能力",
    "resources.new_capability": "新增能力",
    "resources.capability_help": "停用后，新增力量、需求和预案不再提供；已有的照旧。",
    "resources.col.units": "力量（支）",
    "resources.col.position": "排序",
    "resources.col.used": "状态",
    "resources.field.position": "排序",
}
