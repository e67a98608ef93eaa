"""Chinese texts of response units on the map."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "force.mark.fire": "消",
    "force.mark.ambulance": "急",
    "force.mark.police": "警",
    "force.mark.gas": "气",
    "force.mark.power": "电",
    "force.mark.water": "水",
    "force.mark.flood": "汛",
    "force.mark.hazmat": "化",
    "force.mark.boat": "船",
    "force.mark.machine": "机",
    "force.mark.other": "援",
    "force.lost": "失去定位",
    "force.lost_for": "失联 {age}",
    "force.never": "尚无定位，标在驻地",
    "force.heard": "最后定位 {age}前",
    "force.skewed": "终端时钟不准，按收到时间计",
    "force.speed": "时速 {n} 公里",
    "force.stands": "静止",
    "force.staff": "在岗 {n} 人",
    "force.short": "人员不足，不能出动",
    "force.count": "力量 {n}",
    "force.elsewhere": "在执行其他区的任务",
    "force.bound": "出动 {n}",
    "force.lost_n": "失联 {n}",
    "force.lost_help": "逐个查看失去定位的力量",
    "force.call": "电话 {phone}",
    "force.reason": "原因：{reason}",
}
