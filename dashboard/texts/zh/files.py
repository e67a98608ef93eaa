"""Chinese texts of attached files."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "files.title": "附件",
    "files.none": "还没有附件",
    "files.none_add": "还没有附件，可点“添加附件”，或把文件拖到这里",
    "files.add": "添加附件",
    "files.add_help": "每个不超过 {size} MB，最多 {count} 个：PDF、Word、Excel、PPT、图片、文本、录音、视频",
    "files.protected": "保密或匿名件：承办单位能看到附件，请勿上传能认出当事人的内容",
    "files.by": "{name} {time}",
    "files.remove": "移除",
    "files.reason": "移除原因（必填）",
    "files.removed": "已移除，原文件留存备查",
    "files.sending": "正在上传 {done}%",
    "files.keeping": "正在保存",
    "files.added": "已添加 {name}",
    "files.lost": "连接中断，没有上传，请重试",
    "files.dismiss": "关闭提示",
    "files.limit.size": "文件超过 {most} MB，没有上传",
    "files.limit.count": "已有 {most} 个附件，不能再加",
    "files.limit.kind": "不能接收这种文件；可用 PDF、Word、Excel、PPT、图片、文本、录音、视频，不含宏",
    "files.limit.empty": "文件是空的",
    "files.why.disk_full": "存储空间已满，文件没有保存，请联系系统管理员",
    "files.why.disk": "存储出错，文件没有保存，请联系系统管理员",
    "files.why.closed": "工单已办结归档，附件不能再改",
    "files.why.removed": "附件已被他人移除",
    "files.why.reason": "请填写移除原因",
    "files.why.refused": "您现在不能改这里的附件",
}
