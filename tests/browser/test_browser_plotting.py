"""Plotting together: five browsers on one map, five hundred edits that meet, the web process killed in the middle."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from factories import make_user
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from waiting import until as poll
from whole_stack import Stack

from command import demo, plotting
from gis_data.coordinates import from_wgs84
from gis_data.roads import closures
from ingest.installation import environment_of
from models import demo as house
from models.clock import now
from models.events.incident.course import Place
from models.settings import load
from models.store import db, people
from models.store.seed import PERMISSIONS_OF
from models.tables import DrawingStep, User

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser
expect.set_options(
    timeout=60_000
)  # the first closure builds the city's graph, on a machine that does much else
HERE = (114.3417, 33.6312)
EDITORS, EDITS, OBJECTS = 5, 100, 20
READY = "hotline.plot && hotline.plot.map() && hotline.plot.state().began"
EDIT = """([seed, edits, ids]) => {
  const P = hotline.plot;
  let at = seed;
  const random = (most) => (at = (at * 1103515245 + 12345) % 2147483648) % most;
  const puts = [];
  let left = edits;
  window.plotted = false;
  function one() {
    const id = ids[random(ids.length)];
    const body = P.current(id);
    const what = random(20);
    if (what === 0 && body) P.change(id, null);
    else if (what === 1) P.undo();
    else {
      const now = { ...(body || P.body({ shape: "point", points: [[114.3417, 33.6312]] })) };
      if (what < 9) now.points = [[114.3 + ((seed * 1000 + left) % 80000) / 1e6, 33.6 + random(50000) / 1e6]];
      else if (what < 15) now.text = seed + "-" + left;
      else now.stroke = "#" + (seed * 1000 + left).toString(16).padStart(6, "0");
      P.change(id, now);
      const queue = P.state().queue;
      puts.push(queue[queue.length - 1].op);
    }
    left -= 1;
    if (left) setTimeout(one, 15);
    else window.plotted = puts;
  }
  one();
}"""


def until(check: Callable[[], object], *, within_s: float = 60.0) -> None:
    """Wait as long as a machine that does much else may need."""
    poll(check, within_s=within_s)


class Town(NamedTuple):
    """An incident in the running house, and a door to its database."""

    engine: Engine
    tenant: int
    incident: int

    def ask(self, question: Callable[[Session], Any]) -> Any:
        with db.transaction(self.engine, self.tenant) as session:
            return question(session)

    def board(self) -> dict[str, Any]:
        found = self.ask(lambda session: plotting.board(session, self.incident)).drawings
        return {key: json.loads(msgspec.json.encode(each.body)) for key, each in found.items()}


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[Town]:
    engine = db.engine_for(load(environment_of(stack.data)).database_url)
    tenant = db.tenant_id_of(engine, house.TENANT)
    with db.transaction(engine, tenant) as session:
        demo.seed(session, now=now())
        place = Place(*HERE, address="金桥市场", district="990101")
        incident = demo.exercise(session, place, now=now())
        for n in range(EDITORS):
            make_user(session, tenant, f"plot{n}", permissions=PERMISSIONS_OF["coordinator"])
    yield Town(engine, tenant, incident)
    engine.dispose()


Sit = Callable[[int], Page]


@pytest.fixture
def sit(chromium: Browser, stack: Stack, town: Town, watch: "Watch") -> Iterator[Sit]:
    """Let a coordinator sit down before the incident's map."""
    with ExitStack() as contexts:

        def down(n: int) -> Page:
            with db.transaction(town.engine, town.tenant) as session:
                user = session.scalars(select(User).where(User.login == f"plot{n}")).one()
                token = people.open_session(session, user, now=now(), hours=1)
            context = chromium.new_context(viewport={"width": 1366, "height": 768})
            contexts.callback(context.close)
            context.add_cookies([
                {"name": "hotline_session", "value": f"{house.TENANT}.{token}", "url": stack.url}
            ])  # fmt: skip
            page = context.new_page()
            watch.on(page, stack.url)
            page.goto(f"{stack.url}/command?id={town.incident}")
            page.wait_for_function(READY, timeout=120_000)
            return page

        yield down


AWAY = ("net::ERR_", "the server did not respond")


def lost(watch: "Watch") -> None:
    """Assert that all the pages complained of was the server that was away."""
    watch.errors = [said for said in watch.errors if not any(word in said for word in AWAY)]
    watch.clean(faults=True)


def shown(page: Page) -> dict[str, Any]:
    """What a browser has on its map: every object by id, removed ones as None."""
    said = page.evaluate(
        "JSON.stringify(Object.fromEntries([...hotline.plot.ids()].map((id) => [id, hotline.plot.current(id)])))"
    )
    found: dict[str, Any] = json.loads(said)
    return found


def spot(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Return where on the screen a place lies."""
    x, y, left, top = page.evaluate(
        "([lon, lat]) => { const map = hotline.plot.map(); const at = map.latLngToContainerPoint([lat, lon]);"
        " const box = map.getContainer().getBoundingClientRect(); return [at.x, at.y, box.left, box.top]; }",
        [lon, lat],
    )
    return x + left, y + top


def draw_line(page: Page, *places: tuple[float, float]) -> str:
    page.click("[data-plot-tool=line]")
    for place in places:
        page.mouse.click(*spot(page, *place))
    page.keyboard.press("Enter")
    return str(page.evaluate("hotline.plot.selected"))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def bare(page: Page, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Return a point of a line on the screen, off its handles, that no sign of a place stands on."""
    for part in (0.25, 0.2, 0.3, 0.35, 0.65, 0.7, 0.75, 0.8):
        x, y = spot(page, *(a + part * (b - a) for a, b in zip(start, end, strict=True)))
        if not page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('.leaflet-marker-icon')", [x, y]
        ):
            return x, y
    raise AssertionError("signs stand on all of it")


def test_two_draw_one_object_see_each_other_and_lose_nothing(
    sit: Sit, town: Town, watch: "Watch"
) -> None:
    anna, bo = sit(0), sit(1)
    line = draw_line(anna, (114.335, 33.635), (114.345, 33.638))
    bo.wait_for_function("(id) => hotline.plot.current(id)", arg=line)
    expect(bo.locator(".plot-person")).to_have_text("plot0员")  # who is drawing
    for x, y, datum in ((114.335, 33.635, "gcj02"), (114.335, 33.635, "bd09")):
        ours = anna.evaluate("([x, y, d]) => hotline.plot.from([x, y], d)", [x, y, datum])
        assert ours == pytest.approx([float(each) for each in from_wgs84(x, y, datum)], abs=1e-9)
        back = anna.evaluate("([at, d]) => hotline.plot.to(at, d)", [ours, datum])
        assert back == pytest.approx([x, y], abs=1e-9)

    # moved by hand, from a point on the line; the other writes on it meanwhile, away from the server
    bo.context.set_offline(True)
    bo.evaluate(
        "(id) => hotline.plot.change(id, { ...hotline.plot.current(id), text: '警戒线' })", line
    )
    expect(bo.locator("#plot-sync")).to_contain_text("未同步 1")
    between = bare(anna, (114.335, 33.635), (114.345, 33.638))
    drag(anna, between, (between[0] + 60, between[1] + 40))
    until(lambda: town.board()[line]["points"][0][0] > 114.336)
    bo.context.set_offline(False)
    for page in (anna, bo):
        page.wait_for_function("(id) => hotline.plot.current(id).text === '警戒线'", arg=line)
        assert shown(page)[line] == town.board()[line]
    expect(bo.locator("#plot-sync")).to_be_hidden()

    # the same aspect: the later stands, both are told, the earlier one takes it back
    bo.context.set_offline(True)
    bo.evaluate(
        "(id) => hotline.plot.change(id, { ...hotline.plot.current(id), text: '二号线' })", line
    )
    anna.evaluate(
        "(id) => hotline.plot.change(id, { ...hotline.plot.current(id), text: '一号线' })", line
    )
    until(lambda: town.board()[line]["text"] == "一号线")
    bo.context.set_offline(False)
    expect(bo.locator(".toast", has_text="您的修改覆盖了plot0员的文字")).to_be_visible()
    expect(anna.locator(".toast", has_text="plot1员的修改覆盖了您的文字")).to_be_visible()
    anna.click("[data-plot-pane=log]")
    anna.click(".plot-conflicts button")
    bo.wait_for_function("(id) => hotline.plot.current(id).text === '一号线'", arg=line)
    anna.click("[data-plot-pane=log]")

    # keys: nudge, undo, remove, undo
    at = town.board()[line]["points"][0]
    anna.evaluate("(id) => { hotline.plot.select(''); hotline.plot.select(id); }", line)
    for _ in range(3):
        anna.keyboard.press("ArrowRight")
    until(lambda: town.board()[line]["points"][0][0] > at[0])
    anna.keyboard.press("Control+z")
    until(lambda: town.board()[line]["points"][0] == at)
    anna.keyboard.press("Delete")
    until(lambda: town.board()[line] is None)
    bo.wait_for_function("(id) => hotline.plot.current(id) === null", arg=line)
    anna.keyboard.press("Control+z")
    until(lambda: town.board()[line] is not None)
    lost(watch)


def test_a_drawn_closure_closes_and_a_buffer_tells_what_it_holds(
    sit: Sit, town: Town, watch: "Watch"
) -> None:
    page = sit(0)
    page.click("[data-plot-tool=close]")
    start = spot(page, 114.350, 33.625)
    drag(page, start, (start[0] + 40, start[1]))
    shut = until_open(town, 1)
    assert len(shut[0].edges) > 0
    page.click("#plot-style .danger")
    until_open(town, 0)
    page.click("[data-plot-tool=buffer]")
    start = spot(page, *HERE)
    drag(page, (start[0] + 30, start[1]), (start[0] + 110, start[1]))
    expect(page.locator("#plot-panel")).to_contain_text("已知人数")
    inside = f"/tickets?desk=all&around={around(town)}&result=open"
    expect(page.locator("#plot-panel a")).to_have_attribute("href", inside)
    page.click("[data-plot-tool=plume]")  # nobody told of the wind: it is asked for
    drag(page, (start[0] + 20, start[1] + 60), (start[0] + 80, start[1] + 20))
    expect(page.locator("#plot-panel")).to_contain_text("没有实时风向")
    page.fill("#plot-panel input", "270")
    page.click("#plot-panel button[type=submit]")
    until(
        lambda: [
            b for b in town.board().values() if b and b["effect"] == "plume" and b["bearing"] == 90
        ]
    )
    page.click("[data-plot-tool=measure]")
    for lon in (114.335, 114.345):
        page.mouse.click(*spot(page, lon, 33.62))
    expect(page.locator("#plot-hint")).to_contain_text("距离 9")  # 928 m along the parallel
    watch.clean()


def around(town: Town) -> str:
    (found,) = [b for b in town.board().values() if b and b["effect"] == "buffer"]
    lon, lat = found["points"][0]
    return f"{lon:.6f}%2C{lat:.6f}%2C{found['metres']:.0f}"


def until_open(town: Town, count: int) -> list[Any]:
    found: list[Any] = []

    def there() -> bool:
        found[:] = town.ask(lambda session: [*closures.current(session, now=now())])
        return len(found) == count

    until(there, within_s=60)
    return found


def test_five_make_five_hundred_edits_and_come_to_one_picture(
    sit: Sit, town: Town, stack: Stack, watch: "Watch"
) -> None:
    pages = [sit(n) for n in range(EDITORS)]
    ids = [f"shared-{n}" for n in range(OBJECTS)]
    pages[0].evaluate(
        "(ids) => ids.forEach((id, n) => hotline.plot.change(id, hotline.plot.body("
        "{ shape: 'point', points: [[114.33 + n / 1000, 33.62 + n / 1000]], symbol: 'fire' })))", ids,
    )  # fmt: skip
    for page in pages:  # before anyone goes on, all see them
        page.wait_for_function("(ids) => ids.every((id) => hotline.plot.current(id))", arg=ids)
    for n, page in enumerate(pages):
        page.evaluate(EDIT, [n + 1, EDITS, ids])
    until(
        lambda: town.ask(lambda s: s.query(DrawingStep).count()) > EDITORS * EDITS // 4, within_s=90
    )
    stack.kill("web")
    done = "window.plotted && !hotline.plot.unsynced() && hotline.command.phase === 'open'"
    for page in pages:
        page.wait_for_function(done, timeout=120_000)
    truth = town.board()
    standing = sum(1 for body in truth.values() if body and body["shape"] == "point")
    until(lambda: all(shown(page) == truth for page in pages))
    until(lambda: all(page.locator(".plot-sign").count() == standing for page in pages))
    kept = set(town.ask(lambda s: list(s.scalars(select(DrawingStep.op)))))
    made = [op for page in pages for op in page.evaluate("window.plotted")]
    assert len(made) > EDITORS * EDITS * 0.8
    assert not set(made) - kept  # every edit is in the log
    steps = town.ask(lambda s: list(s.scalars(select(DrawingStep).order_by(DrawingStep.seq))))
    assert [step for step in steps if step.over]  # they did meet
    assert len({step.seq for step in steps}) == len(steps)
    lost(watch)
