"""Plotting on real PostgreSQL: races, operations sent twice, closures in the same transaction, layers, symbols."""

import threading
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
import shapely
from conftest import Place
from factories import AT
from msgspec.structs import replace
from road_maps import CRS, both, city, lonlat
from small_city import frame
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import assessing, demo_plotting, incidents, moving, plotting, svg, symbols
from command.plot_shapes import VERTICES_FREE, VERTICES_MOST, check, simplified
from command.plotting import Op, Town
from gis_data import state
from gis_data.roads import closures
from models.clock import to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events import incident as events
from models.events.incident.course import IncidentReported
from models.events.incident.course import Place as Where
from models.events.incident.plotting import Drawing
from models.rules import incident as rules
from models.store import db, outbox, streams
from models.store.people import PERMISSIONS
from models.tables import City, Incident, Outbox
from tickets.moving import Actor

ANNA = Actor(11, "安娜", PERMISSIONS)
BO = Actor(12, "薄云", PERMISSIONS - {"command.approve"})
CHEN = Actor(13, "陈", frozenset({"command.view", "command.act"}))
WATCHER = Actor(14, "看", frozenset({"command.view"}))
AFAR = Actor(15, "远", PERMISSIONS, district="990102")
NODES = {"a": (0.0, 0.0), "b": (1000.0, 0.0), "c": (2000.0, 0.0)}
GROUND = city(NODES, [*both("ab", "a", "b"), *both("bc", "b", "c")]).ground
TOWN = Town(CRS, GROUND)


def spot(x: float, y: float = 0.0) -> tuple[float, float]:
    lon, lat = lonlat(x, y)
    return round(lon, 7), round(lat, 7)


LINE = Drawing("line", (spot(0), spot(500, 300)), "")
BOX = Drawing("area", (spot(450, -50), spot(550, -50), spot(550, 50), spot(450, 50)), "")


def make_incident(session: Session, tenant_id: int, no: str = "1001") -> int:
    row = Incident(
        tenant_id=tenant_id, no=no, seq=0, status="reported", kind="accident", type="gas",
        title="燃气泄漏", district="990101", reported_at=to_datetime(AT), reported_by=1, picture={},
    )  # fmt: skip
    session.add(row)
    session.flush()
    event = IncidentReported(
        id=f"incident-{row.id}-1", at=AT, actor="user:1", by="总值班", incident=row.id, seq=1, no=no,
        kind="accident", incident_type="gas", title="燃气泄漏", source="manual",
        place=Where(*spot(0), district="990101"), happened=AT,
    )  # fmt: skip
    picture = rules.reduce(None, event)
    moving.write(row, picture.incident)
    outbox.record(session, streams.incident_stream(tenant_id), event)
    session.flush()
    return row.id


@pytest.fixture
def incident(session: Session, tenant: Place) -> int:
    session.add(
        City(
            tenant_id=tenant.id, name="云州市", sha256="one", manifest={}, active=True,
            imported_at=to_datetime(AT), imported_by=1, activated_at=to_datetime(AT),
        )
    )  # fmt: skip
    return make_incident(session, tenant.id)


def do(session: Session, incident: int, actor: Actor = ANNA, **op: Any) -> plotting.Done:
    given = {"op": f"op-{op}-{actor.user_id}"[:60], "kind": "put", "drawing": "d1", **op}
    return plotting.apply(
        session, incident, Op(**given), town=lambda: TOWN, actor=actor, now=AT + 10
    )


def log(session: Session) -> list[Any]:
    rows = session.scalars(
        select(Outbox).where(Outbox.stream.like("incidents:%")).order_by(Outbox.id)
    )
    return [events.from_row(row.event) for row in rows]


def lives(session: Session, incident: int) -> None:
    """Live equals replay: the rows say what the fold of the log says."""
    picture = rules.fold(log(session))
    assert picture is not None
    found = plotting.board(session, incident)
    assert found.drawings == picture.drawings
    assert found.layers == picture.layers
    assert found.snapshots == picture.snapshots
    assert moving.read(session, incident, actor=ANNA) == picture.incident


def test_it_works(session: Session, incident: int) -> None:
    made = do(session, incident, body=LINE, op="1")
    assert (made.rev, made.body, made.changed) == (1, LINE, True)
    moved = replace(LINE, points=(spot(0), spot(900, 300)))
    do(session, incident, body=moved, base=1, op="2")
    named = do(session, incident, BO, body=replace(LINE, text="警戒线"), base=1, op="3")
    assert named.body == replace(moved, text="警戒线")
    assert (named.rev, named.over) == (3, ())
    last = log(session)[-1]
    assert (last.rev, last.base, last.by, last.body) == (3, 1, "薄云", named.body)
    lives(session, incident)


def test_of_two_who_move_one_object_the_later_stands_and_undo_brings_the_other_back(
    session: Session, incident: int
) -> None:
    do(session, incident, body=LINE, op="1")
    first, second = (replace(LINE, points=(spot(0), spot(x, 0))) for x in (700, 800))
    do(session, incident, body=first, base=1, op="2")
    done = do(session, incident, BO, body=second, base=1, op="3")
    assert done.body == second
    assert [(o.aspect, o.rev, o.actor, o.by) for o in done.over] == [
        ("points", 2, "user:11", "安娜")
    ]
    assert log(session)[-1].over == done.over
    back = do(session, incident, kind="restore", rev=2, aspects=("points",), op="4")
    assert back.body == first
    gone = do(session, incident, BO, kind="remove", base=3, op="5")
    assert gone.body is None
    assert [o.aspect for o in gone.over] == ["points"]
    assert do(session, incident, kind="restore", rev=4, op="6").body == first
    lives(session, incident)


def test_an_operation_sent_again_changes_nothing_and_answers_the_same(
    session: Session, incident: int
) -> None:
    once = do(session, incident, body=LINE, op="1")
    do(session, incident, BO, body=replace(LINE, text="x"), base=1, op="2")
    told = len(log(session))
    again = do(session, incident, body=LINE, op="1")
    assert again == msgspec.structs.replace(once, changed=False)
    assert len(log(session)) == told
    same = do(session, incident, body=replace(LINE, text="x"), base=2, op="3")
    assert (same.changed, same.rev) == (False, 2)
    assert len(log(session)) == told
    with pytest.raises(BadInput, match="another's"):
        do(session, incident, BO, body=LINE, op="1")


def test_an_operation_whose_answer_was_lost_is_known_after_the_incidents_end(
    session: Session, incident: int
) -> None:
    once = do(session, incident, body=LINE, op="1")
    incidents.cancel(session, incident, note="误报", actor=ANNA, now=AT + 60)
    assert do(session, incident, body=LINE, op="1") == msgspec.structs.replace(once, changed=False)
    with pytest.raises(WrongStatus):
        do(session, incident, body=LINE, op="2")


def test_a_long_past_is_not_read_again(
    session: Session, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rev in range(20):
        do(session, incident, body=replace(LINE, text=f"第{rev}版"), base=rev, op=f"r{rev}")
    read = 0
    known = plotting._body

    def counted(row: object) -> Drawing | None:
        nonlocal read
        read += 1
        return known(row)

    monkeypatch.setattr(plotting, "_body", counted)
    ops: list[dict[str, Any]] = [
        {"body": replace(LINE, text="新"), "base": 20}, {"kind": "restore", "rev": 3},
        {"kind": "remove", "base": 20},
    ]  # fmt: skip
    for number, op in enumerate(ops):
        read = 0
        do(session, incident, op=f"late{number}", **op)
        assert read <= 3
    for kind in ("put", "remove"):
        for base in (-1, 99):
            with pytest.raises(BadInput):
                do(session, incident, kind=kind, body=LINE, base=base, op=f"wrong{base}")
    lives(session, incident)


def test_a_drawn_closure_shuts_roads_at_once_and_removing_it_opens_them(
    session: Session, incident: int
) -> None:
    shut = replace(BOX, effect="closes", text="塌方")
    made = do(session, incident, body=shut, op="1")
    assert made.body is not None
    (row,) = closures.current(session, now=AT + 11)
    assert (row.id, row.edges, row.reason) == (made.body.closure, ["ab", "ab-"], "燃气泄漏：塌方")
    styled = do(session, incident, body=replace(shut, stroke="blue"), base=1, op="2")
    assert styled.body is not None
    assert styled.body.closure == row.id
    east = tuple(spot(x + 1000, y) for x, y in ((450, -50), (550, -50), (550, 50), (450, 50)))
    moved = do(session, incident, body=replace(shut, points=east), base=1, op="3")
    assert [c.edges for c in closures.current(session, now=AT + 11)] == [["bc", "bc-"]]
    assert moved.body is not None
    assert moved.body.stroke == "blue"
    with pytest.raises(BadInput) as nowhere:
        off = tuple(spot(x, y + 5000) for x, y in ((0, 0), (10, 0), (10, 10)))
        do(session, incident, body=replace(shut, points=off), base=3, op="4")
    assert nowhere.value.facts["why"] == "no_road"
    session.rollback()


def test_who_may_not_close_roads_moves_no_closure(session: Session, incident: int) -> None:
    do(session, incident, body=replace(BOX, effect="closes"), op="1")
    for more in ({"kind": "remove"}, {"body": replace(BOX, effect="")}):
        with pytest.raises(Refused):
            do(session, incident, CHEN, base=1, op="2", **more)
    do(session, incident, CHEN, drawing="d2", body=LINE, op="3")
    assert len(closures.current(session, now=AT + 11)) == 1
    do(session, incident, kind="remove", base=1, op="4")
    assert closures.current(session, now=AT + 11) == []
    again = do(session, incident, kind="restore", rev=1, op="5")
    assert again.body is not None
    assert [c.id for c in closures.current(session, now=AT + 11)] == [again.body.closure]
    lives(session, incident)


def test_no_road_stays_shut_by_what_is_over(session: Session, tenant: Place, incident: int) -> None:
    other = make_incident(session, tenant.id, "1002")
    for number in (incident, other):
        do(session, number, body=replace(BOX, effect="closes"), op="1")
    at = AT + 20

    def owed(verb: Callable[[], None]) -> list[str]:
        with pytest.raises(WrongStatus) as refused:
            verb()
        return cast(list[str], refused.value.facts["owed"])

    def merge() -> None:
        incidents.cancel(session, other, note="同一起", into=incident, actor=ANNA, now=at)

    assert owed(merge) == ["closures"]
    with pytest.raises(Refused):
        incidents.cancel(session, other, note="误报", actor=CHEN, now=at)
    incidents.cancel(session, other, note="误报", actor=ANNA, now=at)
    (left,) = closures.current(session, now=at)
    for verb in (incidents.respond, incidents.control, incidents.end):
        verb(session, incident, note="好", actor=ANNA, now=at)

    def close() -> None:
        incidents.close(session, incident, note="", actor=ANNA, now=at)

    assert owed(close) == ["closures", "final"]
    closures.lift(session, left.id, actor=ANNA, now=at)
    assert owed(close) == ["final"]


def test_a_locked_layer_is_its_makers_and_the_approvers(session: Session, incident: int) -> None:
    layer = plotting.set_layer(session, incident, title="消防", team="消防支队", actor=BO, now=AT)
    on = replace(LINE, layer=layer)
    do(session, incident, CHEN, body=on, op="1")
    with pytest.raises(Refused):
        plotting.set_layer(
            session, incident, layer=layer, title="x", locked=True, actor=CHEN, now=AT
        )
    plotting.set_layer(
        session, incident, layer=layer, title="消防", team="消防支队", locked=True, actor=BO, now=AT
    )
    for op in ({"body": replace(on, text="x")}, {"kind": "remove"}, {"body": LINE}):
        with pytest.raises(Refused) as locked:
            do(session, incident, CHEN, base=1, op="2", **op)
        assert locked.value.facts["title"] == "消防"
    do(session, incident, BO, body=replace(on, text="x"), base=1, op="3")
    do(session, incident, ANNA, body=replace(on, text="y"), base=2, op="4")  # approves
    plotting.set_layer(session, incident, layer=layer, title="消防组", actor=ANNA, now=AT)
    with pytest.raises(BadInput):
        do(session, incident, body=replace(LINE, layer="nowhere"), op="5", drawing="d2")
    plotting.snapshot(session, incident, "到场", actor=BO, now=AT)
    lives(session, incident)


def test_who_may_not_draw_draws_nothing(session: Session, incident: int) -> None:
    for actor, error in ((WATCHER, Refused), (AFAR, NotFound)):
        with pytest.raises(error):
            do(session, incident, actor, body=LINE, op="1")
    row = session.get_one(Incident, incident)
    row.picture = {**row.picture, "status": "closed"}
    session.flush()
    with pytest.raises(WrongStatus):
        do(session, incident, body=LINE, op="2")
    assert len(log(session)) == 1


def test_neighbours_see_nothing(
    session: Session, incident: int, engine: Engine, neighbour: Place
) -> None:
    do(session, incident, body=LINE, op="1")
    session.commit()
    with db.transaction(engine, neighbour.id) as other, pytest.raises(NotFound):
        do(other, incident, body=LINE, base=1, op="2")


# --- what cannot be drawn -------------------------------------------------------------------


def wrong(body: Drawing) -> tuple[Any, Any]:
    with pytest.raises(BadInput) as refused:
        check(body)
    return refused.value.facts["field"], refused.value.facts.get("why")


def test_what_cannot_be_drawn_is_refused_with_the_reason() -> None:
    bow = (spot(0), spot(100, 100), spot(100), spot(0, 100))
    assert wrong(replace(BOX, points=bow)) == ("points", "crossing")
    assert wrong(replace(BOX, points=(spot(0), spot(1), spot(1)))) == ("points", "few")
    assert wrong(replace(LINE, points=((33.0, 112.0), (33.1, 112.1)))) == ("points", "swapped")
    assert wrong(replace(LINE, points=((0.0, 0.0), (1.0, 1.0)))) == ("points", "outside")
    assert wrong(replace(LINE, points=((112.0, float("nan")), (112.1, 33.0)))) == ("points", "few")
    assert wrong(replace(LINE, text="字" * 201))[0] == "text"
    assert wrong(replace(LINE, stroke="url(http://x)"))[0] == "stroke"
    assert wrong(Drawing("text", (spot(0),), ""))[0] == "text"
    assert wrong(Drawing("circle", (spot(0),), ""))[0] == "metres"
    assert wrong(Drawing("circle", (spot(0),), "", metres=50.0, effect="plume"))[0] == "effect"
    assert wrong(Drawing("sector", (spot(0),), "", metres=50.0))[0] == "spread"
    closed = replace(BOX, points=(*BOX.points, BOX.points[0]))
    assert check(closed) == BOX


def test_ten_thousand_corners_are_refused_with_an_offer_and_more_without(
    session: Session, incident: int
) -> None:
    many = replace(LINE, points=tuple(spot(i / 10, (i % 7) / 3) for i in range(VERTICES_MOST)))
    with pytest.raises(BadInput) as refused:
        do(session, incident, body=many, op="1")
    facts = refused.value.facts
    assert (facts["why"], facts["vertices"], facts["most"], facts["offer"]) == (
        "many", VERTICES_MOST, VERTICES_FREE, True,
    )  # fmt: skip
    done = do(session, incident, body=many, simplify=True, op="1")
    assert done.body is not None
    assert 2 <= len(done.body.points) <= VERTICES_FREE
    one, two = (shapely.LineString(b.points) for b in (many, done.body))
    assert one.hausdorff_distance(two) * 111_000 < 5
    with pytest.raises(BadInput) as flat:
        simplified(replace(many, points=(*many.points, spot(5000))))
    assert flat.value.facts["offer"] is False


# --- races ----------------------------------------------------------------------------------


def race(engine: Engine, tenant: Place, work: list[Callable[[Session], object]]) -> None:
    faults: list[BaseException] = []
    start = threading.Barrier(len(work))

    def run(verb: Callable[[Session], object]) -> None:
        try:
            start.wait()
            with db.transaction(engine, tenant.id) as session:
                verb(session)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(verb,)) for verb in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_eight_at_once_lose_nothing(
    session: Session, incident: int, engine: Engine, tenant: Place
) -> None:
    do(session, incident, body=LINE, op="0")
    session.commit()
    people = [Actor(20 + n, f"席{n}", PERMISSIONS) for n in range(8)]
    aspects: list[dict[str, Any]] = [
        {"text": "t"},
        {"stroke": "blue"},
        {"points": (spot(0), spot(50, 5))},
    ]

    def edit(n: int) -> Callable[[Session], object]:
        body = replace(
            LINE, **{k: f"{v}{n}" if isinstance(v, str) else v for k, v in aspects[n % 3].items()}
        )
        return lambda s: do(s, incident, people[n], body=body, base=1, op=f"e{n}")

    work = [edit(n) for n in range(8)]
    race(engine, tenant, [*work[:4], *work[:4]])  # each sent twice at the same moment
    race(engine, tenant, work[4:])
    with db.transaction(engine, tenant.id) as after:
        found = [e for e in log(after) if isinstance(e, events.plotting.DrawingPut)]
        assert [e.rev for e in found] == list(range(1, len(found) + 1))
        assert {e.by for e in found} >= {"席0", "席1", "席2", "席3", "席4", "席6", "席7"}
        last = found[-1].body
        assert last.text.startswith("t")
        assert last.stroke.startswith("blue")
        assert last.points == (spot(0), spot(50, 5))
        texts = [e for e in found if "text" in {o.aspect for o in e.over}]
        assert len(texts) == 2  # three wrote the text: two stand over another, and say so
        lives(after, incident)


# --- what a buffer holds --------------------------------------------------------------------


def test_a_buffer_and_a_plume_tell_what_they_hold(session: Session, incident: int) -> None:
    places = frame(
        [shapely.Point(spot(300)), shapely.Point(spot(-300)), shapely.Point(spot(5000))],
        id=["p1", "p2", "p3"], name=["一小", "仓库", "远处"], kind=["school", "store", "school"],
        people=[800, -1, 10],
    )  # fmt: skip
    given = {"places": places, "crs": CRS, "actor": ANNA, "now": AT}
    do(
        session,
        incident,
        body=Drawing("circle", (spot(0),), "", metres=1000.0, effect="buffer"),
        op="1",
    )
    found = assessing.assess(session, incident, "d1", **given)
    assert (found.places, found.people, found.unknown, found.protected) == (2, 800, 1, 1)
    sector = Drawing(
        "sector", (spot(0),), "", metres=1000.0, bearing=90.0, spread=60.0, effect="plume"
    )
    do(session, incident, drawing="d2", body=sector, op="2")
    east = assessing.assess(session, incident, "d2", **given)
    assert [h.name for kind in east.kinds for h in kind.places] == ["一小"]
    assert east.around.endswith(",1000,270,60")  # the wind comes from the west
    told = log(session)[-1]
    assert (told.places, told.people, told.tickets) == (1, 800, 0)
    do(session, incident, drawing="d3", body=LINE, op="3")
    with pytest.raises(BadInput):
        assessing.assess(session, incident, "d3", **given)
    lives(session, incident)


def test_the_wind_is_the_nearest_stations_and_nobodys_when_it_is_old(session: Session) -> None:
    told = [
        state.Reading("w1", "城北站风向", *spot(0), 225.0, "°", "", AT, AT + 600),
        state.Reading("w2", "城南站风向", *spot(9000), 45.0, "°", "", AT, AT + 600),
        state.Reading("t1", "气温", *spot(0), 9.0, "℃", "", AT, AT + 600),
    ]
    state.tell(session, told, bureau="weather", actor=ANNA, now=AT)
    wind = assessing.wind_at(session, *spot(100), now=AT + 1)
    assert wind is not None
    assert (wind.wind_from, wind.label) == (225.0, "城北站风向")
    assert assessing.wind_at(session, *spot(100), now=AT + 700) is None


def test_the_demo_draws_its_exercise(session: Session, incident: int) -> None:
    demo_plotting.draw(session, incident, *spot(0), actor=ANNA, now=AT)
    assert len(plotting.board(session, incident).drawings) >= 8
    lives(session, incident)


# --- symbols --------------------------------------------------------------------------------

DRAWN = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>x</title>'
    b'<path d="M0 0h9" fill="#123"/></svg>'
)


def test_a_symbol_is_added_renamed_moved_and_put_away_while_drawings_keep_it(
    session: Session, incident: int
) -> None:
    code = symbols.add(session, category="force", label="民兵", drawing=DRAWN, actor=ANNA, now=AT)
    mark = Drawing("point", (spot(0),), "", symbol=code)
    do(session, incident, body=mark, op="1")
    symbols.change(session, code, 1, label="民兵分队", active=False, actor=ANNA, now=AT)
    found = symbols.sign(session, code)
    assert (found.label, found.active, found.rev) == ("民兵分队", False, 2)
    do(session, incident, body=replace(mark, text="三中队"), base=1, op="2")
    with pytest.raises(BadInput):
        do(session, incident, drawing="d2", body=mark, op="3")
    with pytest.raises(BadInput):
        do(session, incident, drawing="d2", body=replace(mark, symbol="no-such"), op="4")
    with pytest.raises(WrongStatus):
        symbols.change(session, code, 1, label="x", actor=ANNA, now=AT)
    before = [s.code for s in symbols.library(session) if s.category == "force"]
    assert before[-1] == code
    symbols.move(session, code, 2, up=True, actor=ANNA, now=AT)
    assert [s.code for s in symbols.library(session) if s.category == "force"][-2:] == [
        code, before[-2],
    ]  # fmt: skip
    symbols.change(session, "fire", 0, label="火警", actor=ANNA, now=AT)
    assert symbols.sign(session, "fire").label == "火警"
    with pytest.raises(WrongStatus):
        symbols.change(session, "fire", 0, label="火情", actor=ANNA, now=AT)
    with pytest.raises(Refused):
        symbols.add(session, category="force", label="x", drawing=DRAWN, actor=CHEN, now=AT)


@pytest.mark.parametrize("inside", [
    '<script>alert(1)</script>', '<path d="M0 0" onload="x()"/>', '<foreignObject/>', '<image href="http://x"/>',
    '<use href="#a"/>', '<path d="M0 0" style="fill:url(http://x)"/>', '<path d="M0 0" fill="url(#a)"/>',
    '<a href="javascript:x"><path d="M0 0"/></a>', '<style>*{}</style>', '<animate attributeName="x"/>',
    '<path d="M0 0&quot;/><script>"/>', '<g xmlns:x="http://x"><x:path d="M0 0"/></g>', '<g/>', '<set/>',
    '<path d="M0 0" fill="expression(1)"/>', '<html:script xmlns:html="http://www.w3.org/1999/xhtml"/>',
])  # fmt: skip
def test_only_shapes_get_through(inside: str) -> None:
    given = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'
    with pytest.raises(BadInput):
        svg.clean(given.encode())


def test_entities_large_files_and_what_is_no_drawing_are_refused() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + DRAWN
    for given in (bomb, b"\x89PNG", b"", b"<svg/>", DRAWN + b" " * 20_001, b"<html><svg/></html>"):
        with pytest.raises(BadInput):
            svg.clean(given)
    clean = svg.clean(DRAWN)
    assert clean == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 10 10">'
        '<path d="M0 0h9" fill="#123"></path></svg>'
    )
    assert svg.clean(clean.encode()) == clean


def test_a_long_wrong_transform_is_refused_at_once() -> None:
    """A pattern that can split a text in two ways tries them all: forty turns took days."""
    turned = b'<path transform="' + b"rotate(1)  " * 15 + b'!" d='
    with pytest.raises(BadInput):
        svg.clean(DRAWN.replace(b"<path d=", turned))
    turned = b'<path transform=" rotate(1) , scale(2,3)translate(1 1)" d='
    assert 'transform="rotate(1) , scale(2,3)translate(1 1)"' in svg.clean(
        DRAWN.replace(b"<path d=", turned)
    )


def test_a_drawing_in_another_encoding_is_read_or_refused() -> None:
    chinese = DRAWN.replace(b"<title>x", "<title>火".encode("gb18030"))
    for name in (b"GB2312", b"gbk"):
        assert svg.clean(b'<?xml version="1.0" encoding="' + name + b'"?>' + chinese)
    for name in (b"big5", b"klingon"):
        with pytest.raises(BadInput):
            svg.clean(b'<?xml version="1.0" encoding="' + name + b'"?>' + DRAWN)
