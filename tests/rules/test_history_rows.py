"""The mapping of an old system's file and the judging of its rows: every fault named, nothing guessed."""

from pathlib import Path

import pytest
from factories import AT

from models.errors import BadInput
from tickets.history.mapping import parse, places
from tickets.history.rows import Names, Old, Reader, Verdict

MAPPING = """
dates = ["%Y-%m-%d %H:%M", "%Y-%m-%d"]
[columns]
key = "编号"
content = "内容"
opened = "受理"
closed = "办结"
kind = "类型"
status = "状态"
unit = "单位"
category = "分类"
phone = "电话"
title = "标题"
lon = "经度"
lat = "纬度"
reply = "答复"
grade = "满意度"
solved = "解决"
district = "区县"
[defaults]
channel = "phone"
status = "archived"
[values.kind]
"投诉件" = "complaint"
[values.status]
"待办" = "pending_assign"
[values.grade]
"满意" = "good"
"""
PLAN = parse(MAPPING)
HEADER = list(PLAN.columns.values())
NAMES = Names(
    units={"zjj": ["zjj"], "市住建局": ["zjj"], "物业科": ["a", "b"]}, categories={"供水": ["H01"]}
)
READER = Reader(PLAN, places(PLAN, HEADER), NAMES, AT)
GOOD = {
    "编号": "A1",
    "内容": "停水",
    "受理": "2019-03-04 09:12",
    "办结": "2019-03-08",
    "类型": "投诉件",
}


def read(**cells: str) -> Verdict:
    row = {**GOOD, **cells}
    return READER.read([row.get(name, "") for name in HEADER], len(HEADER))


def old(**cells: str) -> Old:
    verdict = read(**cells)
    assert verdict.old is not None, verdict.reasons
    return verdict.old


def test_it_works() -> None:
    found = old(
        单位="市住建局", 分类="供水", 电话="138-0000 0001", 满意度="满意", 解决="是", 答复="已修"
    )
    assert (found.unit, found.category, found.phone) == ("zjj", "H01", "13800000001")
    assert (found.kind, found.channel, found.status) == ("complaint", "phone", "archived")
    assert found.opened == 1_551_661_920.0  # 09:12 in Shanghai
    assert (found.replied, found.called_back) == (found.closed, found.closed)
    assert (found.grade, found.solved, found.title) == ("good", True, "停水")


def test_our_own_words_need_no_table() -> None:
    assert old(类型="consult").kind == "consult"


def test_a_reporter_is_always_protected() -> None:
    assert old(类型="report").confidential


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"编号": " "}, "编号：为空"), ({"内容": ""}, "内容：为空"), ({"受理": ""}, "受理：为空"),
        ({"类型": ""}, "类型：为空"), ({"类型": "怪"}, "类型：没有对应的值“怪”"),
        ({"受理": "2019-13-04"}, "受理：日期无法识别“2019-13-04”"),
        ({"受理": "2077-01-01"}, "受理：日期在将来"), ({"受理": "1900-01-01"}, "受理：日期过早"),
        ({"办结": "2019-03-01"}, "办结：早于受理时间"), ({"办结": ""}, "办结：已办结的工单没有办结时间"),
        ({"状态": "待办"}, "状态：未办结的工单有办结"), ({"单位": "没有"}, "单位：系统中没有“没有”"),
        ({"单位": "物业科"}, "单位：名称不唯一"), ({"分类": "X"}, "分类：系统中没有“X”"),
        ({"电话": "1.38E+10"}, "电话：不是电话号码"), ({"电话": "12"}, "电话：不是电话号码"),
        ({"内容": "长" * 5001}, "内容：超过 5000 字（5001 字）"), ({"内容": "a\0b"}, "内容：含有空字符"),
        ({"内容": "a\udcff"}, "内容：编码错误"), ({"经度": "117"}, "经度：经纬度只有一半"),
        ({"经度": "217", "纬度": "30"}, "经度：不是经纬度"), ({"经度": "nan", "纬度": "1"}, "经度：不是经纬度"),
        ({"区县": "莲湖区"}, "区县：不是区划代码"),
    ],
)  # fmt: skip
def test_a_wrong_row_says_why(cells: dict[str, str], reason: str) -> None:
    verdict = read(**cells)
    assert verdict.old is None
    assert any(said.startswith(reason) for said in verdict.reasons), verdict.reasons


def test_every_fault_of_a_row_is_told_at_once() -> None:
    assert len(read(类型="怪", 电话="abc", 受理="昨天").reasons) == 3


def test_a_row_too_short_or_too_long_is_not_shifted() -> None:
    assert "表头有" in READER.read(["A1", "停水"], len(HEADER)).reasons[0]
    cells = [GOOD.get(name, "") for name in HEADER]
    assert READER.read([*cells, "", ""], len(HEADER)).old
    assert READER.read([*cells, "x"], len(HEADER)).old is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("columns = 3", "columns"), ('[columns]\nkey="a"', "content, opened, kind, status, channel"),
        (MAPPING.replace('title = "标题"', 'titel = "标题"'), "titel; known: "),
        (MAPPING.replace('"complaint"', '"komplaint"'), "'komplaint' is none of consult"),
        (MAPPING.replace('channel = "phone"', 'channel = "pigeon"'), "'pigeon'"),
        ('encoding = "latin-1"' + MAPPING, "latin-1"), ('delimiter = ";;"' + MAPPING, "delimiter"),
        ('zone = "Mars/Base"' + MAPPING, "Mars/Base"), ("key = [", "mapping"),
        (MAPPING.replace('"%Y-%m-%d %H:%M", "%Y-%m-%d"', ""), "no pattern"),
        (MAPPING.replace('"%Y-%m-%d"]', '"%Q"]'), "%Q"), ("surprise = 1" + MAPPING, "surprise"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_says_what_is_wrong(wrong: str, told: str) -> None:
    with pytest.raises(BadInput, match=told.replace("(", r"\(")):
        parse(wrong)


def test_a_header_that_lacks_columns_names_them_and_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"'内容', '编号'.*the file has: '单号'"):
        places(PLAN, ["单号", *(name for name in HEADER if name not in ("编号", "内容"))])
    with pytest.raises(BadInput, match="another encoding"):
        places(PLAN, ["\udcb1\udce0", "x"])
    with pytest.raises(BadInput, match="stands twice: '编号'"):
        places(PLAN, [*HEADER, "编号"])


def test_the_example_mapping_fits_the_example_file() -> None:
    folder = Path(__file__).parents[2] / "docs/examples"
    plan = parse((folder / "tickets-mapping.toml").read_text(encoding="utf-8"))
    head = (folder / "tickets.csv").read_text(encoding="utf-8").split("\n")[0]
    assert len(places(plan, head.split(","))) == len(plan.columns)
