"""The demo city's units and categories: fictional, deterministic."""

from typing import NamedTuple


class DemoUnit(NamedTuple):
    """A handling unit; `duties` are the words it is proposed by."""

    code: str
    parent: str
    name: str
    level: int
    duties: str = ""
    district: str = ""


UNITS: tuple[DemoUnit, ...] = (
    DemoUnit(
        "zjj", "", "市住房和城乡建设局", 1, "物业 房屋 漏水 装修 停水 供水 停电 燃气 供热 暖气 电梯"
    ),
    DemoUnit("zjj-water", "zjj", "供水管理科", 2),
    DemoUnit("zjj-house", "zjj", "物业管理科", 2),
    DemoUnit("jtj", "", "市交通运输局", 1, "公交 出租车 网约车 停车 道路 红绿灯 地铁 坑洼"),
    DemoUnit("cgj", "", "市城市管理局", 1, "占道 摊贩 噪音 垃圾 路灯 违建 井盖 油烟 绿化"),
    DemoUnit("hbj", "", "市生态环境局", 1, "污染 异味 扬尘 污水 废气"),
    DemoUnit("rsj", "", "市人力资源和社会保障局", 1, "社保 工资 养老 就业 劳动 医保"),
    DemoUnit("scj", "", "市市场监督管理局", 1, "消费 退款 假货 食品 价格 餐饮 充值"),
    DemoUnit("jyj", "", "市教育局", 1, "学校 入学 教师 培训机构 幼儿园"),
    DemoUnit("wjw", "", "市卫生健康委员会", 1, "医院 疫苗 挂号 急诊"),
    DemoUnit("gaj", "", "市公安局", 1, "治安 户籍 交警 身份证 扰民"),
    DemoUnit("lhq", "", "莲湖区人民政府", 1, "街道 社区 村委", "990101"),
    DemoUnit("lhq-jd1", "lhq", "望江街道办事处", 2, "", "990101"),
    DemoUnit("ylq", "", "云岭区人民政府", 1, "", "990102"),
)

CATEGORIES: tuple[tuple[str, str, str, str], ...] = (
    ("H", "", "住建水电", ""), ("H01", "H", "供水", "zjj"), ("H02", "H", "供电", "zjj"),
    ("H03", "H", "供气", "zjj"), ("H04", "H", "供热", "zjj"), ("H05", "H", "物业管理", "zjj"),
    ("H0501", "H05", "物业收费", "zjj"), ("H0502", "H05", "电梯故障", "zjj"),
    ("T", "", "交通出行", "jtj"), ("T01", "T", "公共交通", "jtj"), ("T02", "T", "道路养护", "jtj"),
    ("C", "", "城市管理", "cgj"), ("C01", "C", "市容环境", "cgj"), ("C02", "C", "路灯照明", "cgj"),
    ("E", "", "生态环境", "hbj"), ("E01", "E", "噪声污染", "hbj"), ("E02", "E", "大气污染", "hbj"),
    ("L", "", "劳动社保", "rsj"), ("L01", "L", "拖欠工资", "rsj"), ("L02", "L", "社会保险", "rsj"),
    ("M", "", "市场监管", "scj"), ("M01", "M", "消费纠纷", "scj"), ("M02", "M", "食品安全", "scj"),
    ("D", "", "教育", "jyj"), ("W", "", "卫生健康", "wjw"), ("S", "", "公共安全", "gaj"),
)  # fmt: skip
"""(code, parent, label, proposed unit), version 1."""

UNIT_OF = {"unit": "zjj", "sub": "zjj-water"}
"""login of `demo.PEOPLE` -> the unit that person works for."""
