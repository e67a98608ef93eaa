"""Names of the demo city: believable, fictional, each road's own."""

from itertools import cycle

from gis_data.city.demo.ground import BANK, chance

DISTRICTS: dict[str, str] = {
    "990101": "莲湖区", "990102": "云岭区", "990103": "滨江区", "990104": "东沙区",
    "990105": "北塘区", "990121": "清溪县",
}  # fmt: skip
"""GB/T 2260 code -> name; 99 is no province, so the codes meet no real ones."""
STREETS: dict[str, tuple[str, ...]] = {
    "990101": ("望江街道", "人民广场街道", "莲湖街道", "钟楼街道", "金桥街道", "文庙街道"),
    "990102": ("学府街道", "建设街道", "云岭街道", "青松街道", "石门镇", "云台镇", "凤凰镇"),
    "990103": ("滨江街道", "南苑街道", "会展街道", "月亮湾街道", "镜湖街道", "南渡镇", "柳林镇"),
    "990104": ("东沙街道", "高新街道", "钢城街道", "港口街道", "沙河镇", "大桥镇", "东岗镇"),
    "990105": ("北塘街道", "铁西街道", "青年街道", "太平镇", "马集镇", "双井镇", "北山乡"),
    "990121": ("城关镇", "清溪镇", "白石镇", "龙潭镇", "梅岭镇", "竹园乡", "桃源乡"),
}
ANCHORS: dict[str, tuple[float, float]] = {
    "望江街道": (0.0, 0.5), "人民广场街道": (0.5, 2.2), "莲湖街道": (2.8, 2.6), "钟楼街道": (-0.8, 3.8),
    "金桥街道": (3.8, 1.0), "文庙街道": (-1.2, 1.8), "学府街道": (-4.2, 3.6), "建设街道": (-4.0, 1.0),
    "云岭街道": (-7.2, 3.4), "青松街道": (-8.0, 1.0), "滨江街道": (-6.0, -1.5), "南苑街道": (3.6, -3.6),
    "会展街道": (3.0, -1.2), "月亮湾街道": (-1.2, -2.6), "镜湖街道": (-6.0, -4.4), "东沙街道": (7.0, 3.0),
    "高新街道": (19.0, 9.0), "钢城街道": (14.0, -13.0), "港口街道": (8.2, -1.5), "北塘街道": (-2.4, 6.2),
    "铁西街道": (2.6, 6.0), "青年街道": (0.2, 6.4), "城关镇": (-17.0, -12.0),
}  # fmt: skip
"""Where the streets on built land lie, in blocks."""
ROWS: dict[int, str] = {
    8: "解放", 16: "人民", 24: "学府", 32: "和平", 40: "青年", 48: "北环", 56: "太平", -8: "滨河",
    -16: "长江", -24: "会展", -32: "南苑", -40: "迎春", -48: "南环", -56: "柳林",
}  # fmt: skip
COLUMNS: dict[int, str] = {
    0: "中山", 8: "钟楼", 16: "湖滨", 24: "文昌", 32: "工农", 40: "东风", 48: "科技", 56: "港口",
    64: "钢城", 72: "东环", -8: "文庙", -16: "胜利", -24: "青松", -32: "建设", -40: "云岭", -48: "凤凰",
    -56: "石门", -64: "西山", -72: "西环",
}  # fmt: skip
_FIRST = "安康福瑞祥和顺宁昌兴永长文德金玉春秋桂兰竹梅松柏锦绣云霞星月"
_SECOND = "平泰乐居华盛隆裕景明新园苑庆丰林溪泉桥塘里坊台亭"
_VILLAGE = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_VILLAGE_END = ("家庄", "家村", "家店", "家湾", "家铺", "家岗", "家集", "家洼", "家寨", "家桥")
_ORDER = "一二三四五六七八九十"
_ESTATES = (
    "阳光", "锦绣", "金色", "翠湖", "紫金", "东方", "世纪", "福景", "御景", "丽景", "香樟", "银杏", "观澜",
    "书香", "都市", "绿城", "水岸", "名仕", "天成", "盛世", "和谐", "康乐", "康居", "安居", "泰和", "玫瑰",
    "凤凰", "桃园", "梧桐", "星河",
)  # fmt: skip
_ESTATE_ENDS = ("花园", "小区", "家园", "新村", "名邸", "苑", "华庭", "一期", "二期", "公寓")
RESERVED_ESTATES = (("幸福小区", 4.0, 12.0), ("滨河花园", -28.0, 5.0), ("锦绣二期", -36.0, 20.0))
"""Compounds the demo's tickets speak of, with the lattice position they stand near."""


def arterial(*, column: bool, index: int, along: int) -> str:
    """Return the name of an arterial where its cross index is `along`; halves are 东/西 or 北/南."""
    if not column and abs(index) == BANK:
        if index < 0:
            return "南滨江路"
        return "望江街" if -12 <= along < 40 else "北滨江路"
    if column:
        if index == -32 and along >= 0:
            return "建设大街"
        return f"{COLUMNS[index]}{'北' if along >= 0 else '南'}路" if index in COLUMNS else ""
    if index == 24 and along < -16:
        return "学府路"
    return f"{ROWS[index]}{'东' if along >= 0 else '西'}路" if index in ROWS else ""


def country_road(*, column: bool, index: int) -> str:
    """Return the name of a road outside the city."""
    if index % 32 == 0:
        return f"G{510 + index // 32}国道" if column else f"S{220 + index // 32}省道"
    return f"X{60 + index // 16 + (40 if column else 0):03}县道"


class Names:
    """Hands out names, each once."""

    def __init__(self) -> None:
        luck = chance("names")
        stems = [a + b for a in _FIRST for b in _SECOND if a != b]
        luck.shuffle(stems)
        used = {*ROWS.values(), *COLUMNS.values()}
        self._stems = cycle([stem for stem in stems if stem not in used])
        self._taken: set[str] = set()
        estates = [a + b for b in _ESTATE_ENDS for a in _ESTATES]
        luck.shuffle(estates)
        estates += [
            a + b + end
            for a in _ESTATES
            for b in ("东", "南", "西", "北")
            for end in ("园", "里", "苑")
        ]
        self._estates = iter(estates)
        villages = [a + b for a in _VILLAGE for b in _VILLAGE_END]
        luck.shuffle(villages)
        self._villages = iter([*villages, *(f"{side}{v}" for side in "东西" for v in villages)])
        self._luck = luck

    def lanes(self, count: int) -> list[str]:
        """Return names for the small streets of one neighbourhood."""
        kind = self._luck.choice(("路", "街", "巷", "里"))
        if self._luck.random() < 0.6:
            stem = next(self._stems)
            return [self._once(f"{stem}{_ORDER[k % 10]}{kind}") for k in range(count)]
        return [self._once(f"{next(self._stems)}{kind}") for _ in range(count)]

    def _once(self, name: str) -> str:
        while name in self._taken:
            name = f"{next(self._stems)}{name[-1]}"
        self._taken.add(name)
        return name

    def estate(self) -> str:
        """Return the name of a residential compound."""
        reserved = {name for name, _, _ in RESERVED_ESTATES}
        return next(name for name in self._estates if name not in reserved)

    def village(self) -> str:
        """Return the name of a village."""
        return next(self._villages)
