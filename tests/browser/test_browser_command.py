"""A gas leak from the call on the floor to the closed report, by the people of the night: an agent, the duty officer, a
coordinator and his leader, each in a browser of his own, and the big screen beside them.

The three tests are one night, told in order: raised and graded, fought, looked back upon. With HOTLINE_SHOTS set to a
folder every step is kept there as a picture.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cap_messages import accepted
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect
from waiting import until
from whole_stack import Stack

from command import demo, demo_display, demo_resources
from ingest.installation import environment_of
from models import demo as house
from models.clock import now
from models.settings import load
from models.store import db

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

TITLE = "金桥市场燃气泄漏"
SMALL, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
SLOW_MS = 90_000
"""The first closure builds the city's graph, the first address the gazetteer."""


class Night(NamedTuple):
    """The browsers of the night, what was learned in it (`known`: numbers and moments by name), and its album."""

    stack: Stack
    page: Callable[[str], Page]
    known: dict[str, Any]
    shots: Path

    def shoot(self, page: Page, name: str, *, large: bool = False) -> None:
        """Keep what a page shows; nothing may stick out of it, in neither size where `large`."""
        sizes = (LARGE, SMALL) if large else (None,)
        for size in sizes:
            if size is not None:
                page.set_viewport_size(size)  # type: ignore[arg-type]
            page.wait_for_timeout(400)
            wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], (name, size)
            mark = f"-{size['width']}" if size == LARGE else ""
            page.screenshot(path=str(self.shots / f"{name}{mark}.png"))

    def command(self, page: Page, pane: str = "overview") -> None:
        page.goto(f"{self.stack.url}/command?id={self.known['id']}&pane={pane}")
        expect(page.locator("#command-head .title")).to_have_text(TITLE)


@pytest.fixture(scope="module")
def night(
    chromium: Browser, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Night]:
    """A house with plans, forces and screens, and a browser of each of its people, signed in when first needed."""
    from browser_support import Watch  # a plugin: to be imported after pytest has it

    engine = db.engine_for(load(environment_of(stack.data)).database_url)
    tenant = db.tenant_id_of(engine, house.TENANT)
    with db.transaction(engine, tenant) as session:
        demo.seed(session, now=now())
    demo_resources.fill(engine, tenant, now=now())
    demo_display.fill(engine, tenant, now=now())
    engine.dispose()
    shots = Path(os.environ.get("HOTLINE_SHOTS") or tmp_path_factory.mktemp("shots"))
    shots.mkdir(parents=True, exist_ok=True)
    pages: dict[str, Page] = {}
    watch = Watch()
    with ExitStack() as contexts:

        def of(login: str) -> Page:
            if login not in pages:
                size = LARGE if login == "wall" else SMALL
                context = chromium.new_context(viewport=size, accept_downloads=True)  # type: ignore[arg-type]
                contexts.callback(context.close)
                pages[login] = context.new_page()
                watch.on(pages[login], stack.url)
                stack.login(pages[login], login, "/wall" if login == "wall" else "/tickets")
            return pages[login]

        yield Night(stack, of, {}, shots)
        for login, page in pages.items():  # what each saw last: where a step went wrong
            page.screenshot(path=str(shots / f"last-{login}.png"))
    watch.clean()


# --- hands ----------------------------------------------------------------------------------


def pane(page: Page, name: str) -> Locator:
    page.click(f"#command-pane label:has(input[value={name}])")
    shown = page.locator(f"#command-right > [data-pane={name}]")
    expect(shown).to_be_visible()
    return shown


def verb_of(within: Page | Locator, verb: str, about: object = "") -> Locator:
    said = f'"verb": "{verb}"' + (f', "about": "{about}"' if about else "")
    return within.locator(f"button[data-press*='{said}']").first


def choose(page: Page, box: Locator, option: str) -> None:
    box.click()
    page.locator(".dash-dropdown-content [role=option]", has_text=option).first.click()


def fill(page: Page, form: Locator, **fields: str) -> None:
    for name, text in fields.items():
        field = form.locator(f'[id*=\'"incident-field":"{name}"\']').first
        if field.evaluate("node => ['TEXTAREA', 'INPUT'].includes(node.tagName)"):
            field.fill(text)
        else:
            choose(page, field, text)


def once(press: Locator, then: Locator) -> None:
    """Press once: news that redraws the button beneath the pointer must not swallow the press."""
    press.click()
    expect(then).to_be_visible()


def press(page: Page, verb: str, about: object = "", **fields: str) -> None:
    """Open a verb's form, fill it, do it; the form is put away when it was done."""
    form = page.locator(".command-form")
    once(verb_of(page, verb, about), form)
    fill(page, form, **fields)
    form.locator(".buttons > button.primary").click()
    expect(form).to_have_count(0)


def status(page: Page, word: str) -> None:
    expect(page.locator("#command-head .status").first).to_have_text(word)


def opened(page: Page, night: Night, title: str, words: str) -> str:
    """Type a ticket where the call left off, with a place off the gazetteer; return its number."""
    page.check("#new-kind input[value=help]")
    page.fill("#new-title", title)
    page.fill("#new-content", words)
    page.fill("#new-name", "李女士")
    page.click("#new-address")
    page.keyboard.type("金桥市场", delay=30)
    expect(page.locator("#place-list [role=option]").first).to_contain_text(
        "金桥市场", timeout=SLOW_MS
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#new-point")).to_have_value(re.compile(r"\d"))
    expect(page.locator("#new-kept")).to_contain_text("草稿已留存")
    night.shoot(page, f"intake-{len(night.known)}")
    page.click("#new-save")
    page.wait_for_url("**/ticket?no=*")
    return page.url.partition("no=")[2]


# --- the night ------------------------------------------------------------------------------


def test_a_call_becomes_an_incident_that_is_graded_and_planned(night: Night) -> None:
    a_call_is_taken(night)
    it_is_raised_and_seen(night)
    it_is_verified_graded_planned(night)


def a_call_is_taken(night: Night) -> None:
    agent, url = night.page("agent"), night.stack.url
    agent.goto(f"{url}/tickets/new")
    agent.wait_for_url("**/tickets/new?call=*", timeout=90_000)
    expect(agent.locator("#new-caller .caller")).to_be_visible()
    night.stack.deafen(agent)
    agent.reload()
    night.known["ticket"] = opened(agent, night, TITLE, "东门餐饮区燃气泄漏，气味很浓，人很多。")
    expect(agent.locator(".marks").first).to_be_visible()
    night.shoot(agent, "ticket-agent")


def it_is_raised_and_seen(night: Night) -> None:
    duty, coord, wall, url = (
        night.page("duty"),
        night.page("coord"),
        night.page("wall"),
        night.stack.url,
    )
    coord.goto(f"{url}/command")
    expect(coord.locator("#command-list")).to_contain_text("目前没有进行中的突发事件")
    night.shoot(coord, "command-none", large=True)
    coord.goto(f"{url}/command?new=1")
    expect(coord.locator(".command-form")).to_be_visible()
    night.shoot(coord, "command-new", large=True)
    coord.locator(".command-form .buttons > button").last.click()  # put away
    wall.goto(f"{url}/centre?screen=main")
    wall.wait_for_selector("#centre")
    duty.goto(f"{url}/ticket?no={night.known['ticket']}")
    expect(duty.locator(".page-title")).to_contain_text(TITLE)
    choose(duty, duty.locator("#escalate-type"), "燃气泄漏")
    night.shoot(duty, "ticket-escalate")
    duty.locator("button.primary", has_text="转为突发事件").click()
    duty.wait_for_url("**/command?id=*")
    night.known["id"] = duty.url.partition("id=")[2].partition("&")[0]
    row = coord.locator(f"#command-list [data-incident-row='{night.known['id']}']")
    expect(row).to_contain_text(TITLE)
    expect(row).to_contain_text("接报")
    wall.wait_for_selector(f"[data-event='incident:{night.known['id']}']", timeout=30_000)
    night.shoot(coord, "command-listed")
    night.shoot(wall, "centre-raised")
    expect(duty.locator("#command-head .title")).to_have_text(TITLE)
    night.shoot(duty, "command-duty")


def it_is_verified_graded_planned(night: Night) -> None:
    coord, leader = night.page("coord"), night.page("leader")
    night.command(coord)
    night.command(leader)
    status(coord, "接报")
    expect(leader.locator("#command-head .verbs button")).to_have_count(0)  # approves, does not run
    expect(verb_of(leader, "ask_level")).to_have_count(0)
    press(coord, "verify", note="回拨核实，市场东门燃气味浓")
    status(coord, "已核实")
    press(coord, "ask_level", field="事件等级", value="Ⅲ级", reason="人员密集场所")
    press(coord, "ask_level", field="预警颜色", value="橙色", reason="扩散方向有居民")
    night.shoot(coord, "overview-asked", large=True)
    waiting = leader.locator("#command-overview .revisions li", has_text="待批准")
    for left in (1, 0):
        expect(waiting).to_have_count(left + 1)
        press(leader, "approve_level", note="同意")
        expect(waiting).to_have_count(left)
    expect(coord.locator("#command-head .levels")).to_contain_text("Ⅲ级")
    expect(coord.locator("#command-head .levels")).to_contain_text("橙色")
    night.shoot(leader, "overview-leader")

    plans = pane(coord, "plan")
    expect(plans.locator(".card")).to_contain_text("燃气泄漏事故应急预案")
    expect(plans.locator(".card")).to_contain_text("事件类型")  # the reason it is suggested for
    night.shoot(coord, "plan-suggested")
    press(coord, "activate_plan", reason="与预案触发条件一致")
    expect(plans.locator(".task")).to_have_count(7)
    press(coord, "respond", note="启动处置")
    status(coord, "处置中")
    night.known["planned"] = time.time()
    night.shoot(coord, "plan-running", large=True)


def test_units_are_sent_a_road_is_closed_and_the_public_is_warned(night: Night) -> None:
    three_are_sent(night)
    a_closure_turns_one_aside(night)
    a_buffer_tells_whom_it_holds(night)
    the_public_is_warned(night)
    the_records_are_kept(night)


def assignment(forces: Locator, label: str) -> Locator:
    return forces.locator(".assignments > li", has_text=label)


def three_are_sent(night: Night) -> None:
    coord = night.page("coord")
    forces = pane(coord, "units")
    cards = forces.locator(".card", has=coord.locator("button", has_text="选派"))
    expect(cards.first).to_be_visible(timeout=SLOW_MS)
    night.shoot(coord, "units-recommended")
    sent = forces.locator(".assignments > li")
    labels = []
    for n, need in enumerate(("燃气抢修", "灭火"), start=1):
        card = cards.filter(has=coord.locator(".chip", has_text=need)).first
        labels.append(card.locator("b").first.inner_text())
        card.locator("button").click()
        expect(sent).to_have_count(n)
    other = forces.locator("details", has_text="改派其他力量")
    other.locator("summary").click()
    other.locator("#dispatch-unit").click()
    coord.locator(".dash-dropdown-content [role=option]", has_text="救护车").last.click()
    choose(coord, other.locator("#dispatch-for"), "医疗急救")
    verb_of(other, "override").click()
    expect(coord.locator(".toast", has_text="请填写改派理由")).to_be_visible()
    other.locator("#dispatch-why").fill("现场要求熟悉市场的车组")
    night.shoot(coord, "units-override")
    verb_of(other, "override").click()
    expect(sent).to_have_count(3)
    night.known["far"] = sent.filter(has_text="改派理由").locator("b").first.inner_text()
    night.known["near"] = labels
    for label in labels:
        for step in ("已接令", "途中", "到场"):
            row = assignment(forces, label)
            once(row.locator("button", has_text=step), row.locator(".step", has_text=step))
    row = assignment(forces, night.known["far"])
    once(row.locator("button", has_text="已接令"), row.locator(".step", has_text="已接令"))
    expect(row.locator(".eta")).to_contain_text("分")
    lines = coord.locator("#command-time")
    expect(lines).to_contain_text(f"{labels[0]} 到场")  # by its name, not by its code
    night.known["sent"] = time.time()
    night.shoot(coord, "units-sent", large=True)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


WAY = """() => {
  const map = hotline.plot.map();
  const box = map.getContainer().getBoundingClientRect();
  const ways = [];
  map.eachLayer((layer) => {
    const facts = layer.feature && layer.feature.properties;
    if (!facts || facts.kind !== "best" || facts.casing) return;
    ways.push(layer.feature.geometry.coordinates.map(([lon, lat]) => {
      const at = map.latLngToContainerPoint([lat, lon]);
      return [at.x + box.left, at.y + box.top];
    }));
  });
  return { ways, box: [box.left, box.top, box.right, box.bottom] };
}"""


def on_the_way(page: Page) -> tuple[float, float]:
    """Return a spot of the way that is drawn, well before the scene, where the map is free of tools."""
    until(lambda: page.evaluate(WAY)["ways"], within_s=60)
    found = page.evaluate(WAY)
    (way,) = found["ways"]
    left, top, right, bottom = found["box"]
    end = way[-1]
    for x, y in reversed(way):
        far = ((x - end[0]) ** 2 + (y - end[1]) ** 2) ** 0.5
        if far > 150 and left + 130 < x < right - 130 and top + 60 < y < bottom - 60:
            return x, y
    raise AssertionError((way, found["box"]))


def spot(page: Page) -> tuple[float, float]:
    x, y = page.evaluate("""() => {
      const box = document.querySelector(".city-sign.incident.chosen").getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    }""")
    return x, y


def a_closure_turns_one_aside(night: Night) -> None:
    coord, label = night.page("coord"), night.known["far"]
    coord.wait_for_function("hotline.plot && hotline.plot.map() && hotline.plot.state().began")
    lines, eta = (
        coord.locator("#command-time li"),
        assignment(coord.locator(".dispatch"), label).locator(".eta"),
    )
    before = eta.inner_text()
    start = on_the_way(coord)
    night.shoot(coord, "way")
    coord.click("[data-plot-tool=close]")
    drag(coord, start, (start[0] + 55, start[1]))
    night.shoot(coord, "way-drawn")
    changed = lines.filter(has_text=f"{label} 路线重算（封控变化）")
    expect(changed).to_have_count(1, timeout=SLOW_MS)
    expect(eta).not_to_have_text(before)
    night.shoot(coord, "way-closed")
    coord.click("#plot-style .danger")
    expect(changed).to_have_count(2, timeout=SLOW_MS)
    expect(eta).to_have_text(before)
    night.shoot(coord, "way-open")


def a_buffer_tells_whom_it_holds(night: Night) -> None:
    coord, leader = night.page("coord"), night.page("leader")
    leader.wait_for_function("hotline.plot && hotline.plot.state().began")
    x, y = spot(coord)
    coord.click("[data-plot-tool=buffer]")
    drag(coord, (x + 6, y - 6), (x + 60, y - 6))
    circle = (
        "[...hotline.plot.ids()].some((id) => (hotline.plot.current(id) || {}).effect === 'buffer')"
    )
    leader.wait_for_function(circle)
    expect(coord.locator("#plot-panel")).to_contain_text("已知人数")
    night.shoot(coord, "buffer")
    night.shoot(leader, "buffer-leader")
    expect(coord.locator("#command-time")).to_contain_text("影响范围")


def the_public_is_warned(night: Night) -> None:
    coord, leader = night.page("coord"), night.page("leader")
    pane(coord, "alerts")
    form = coord.locator(".cap-form")
    once(verb_of(coord, "draft"), form)
    expect(form.locator("#cap-preview")).to_contain_text(TITLE)
    form.locator('[id*=\'"cap-field":"instruction"\']').fill(
        "请远离金桥市场东门，关闭明火，勿在现场使用手机。"
    )
    expect(form.locator("#cap-preview")).to_contain_text("可以发布")
    night.shoot(coord, "cap-form", large=True)
    verb_of(form, "draft").click()
    expect(form).to_have_count(0)
    night.shoot(coord, "cap-asked")
    cards = pane(leader, "alerts")
    expect(cards.locator(".cap-card")).to_contain_text("待批准")
    once(verb_of(leader, "approve"), leader.locator(".cap-form"))
    night.shoot(leader, "cap-approve")
    verb_of(leader.locator(".cap-form"), "approve").click()
    expect(cards.locator(".cap-card")).to_contain_text("已发布")
    href = cards.locator(".cap-card a", has_text="CAP").get_attribute("href")
    read = accepted(leader.request.get(f"{night.stack.url}{href}").body())
    assert "燃气泄漏" in json.dumps(read, ensure_ascii=False, default=str)
    night.shoot(leader, "cap-published")


def the_records_are_kept(night: Night) -> None:
    coord, leader, duty = night.page("coord"), night.page("leader"), night.page("duty")
    duty.goto(f"{night.stack.url}/tickets/new")
    night.known["second"] = opened(
        duty, night, "市场旁闻到燃气味", "金桥市场旁居民楼楼道有燃气味。"
    )
    kept = pane(coord, "records")
    press(coord, "file_report", to="市应急委")
    expect(kept).to_contain_text("首报 → 市应急委")
    press(coord, "order", to="燃气集团", said="关闭东侧上游阀门")
    press(coord, "ask_decision", question="是否停供东片区")
    asked = pane(leader, "records")
    expect(asked).to_contain_text("是否停供东片区")
    press(leader, "decide", answer="同意停供两小时")
    expect(kept).to_contain_text("同意停供两小时")
    press(coord, "answer_order", said="东侧阀门已关")
    expect(kept).to_contain_text("东侧阀门已关")
    press(coord, "file_report", to="市应急委")
    expect(kept).to_contain_text("续报 → 市应急委")
    night.shoot(coord, "records", large=True)
    pane(coord, "overview")
    press(coord, "merge_report", ticket=night.known["second"], note="同一处泄漏")
    expect(coord.locator("#command-overview")).to_contain_text(night.known["second"])
    night.shoot(coord, "merged")


def test_it_is_closed_and_looked_back_upon(night: Night) -> None:
    it_is_controlled_and_closed(night)
    the_night_is_replayed(night)
    it_is_evaluated(night)
    log_and_list_agree(night)


def it_is_controlled_and_closed(night: Night) -> None:
    coord = night.page("coord")
    press(coord, "control", note="浓度归零")
    status(coord, "已控制")
    tasks = pane(coord, "plan").locator(".task")
    for n in range(1, 7):
        before = tasks.nth(n - 1)
        press(coord, "drop_task" if n == 5 else "finish_task", n, note="复测合格")
        expect(before).to_contain_text("不再需要" if n == 5 else "完成")
    coord.wait_for_timeout(1500)  # the slider goes by whole seconds
    night.known["controlled"] = time.time()
    night.shoot(coord, "tasks-done", large=True)
    coord.wait_for_timeout(1500)
    press(coord, "end", note="应急终止")
    status(coord, "应急终止")
    form = coord.locator(".command-form")
    once(verb_of(coord, "close"), form)  # too early: it says what is owed
    form.locator(".buttons > button.primary").click()
    for owed in ("力量归队", "任务办结", "终报"):
        expect(form.locator(".form-note")).to_contain_text(owed)
    night.shoot(coord, "close-early")
    form.locator(".buttons > button").last.click()
    expect(form).to_have_count(0)
    press(coord, "drop_task", 7, note="警戒已解除")
    forces = pane(coord, "units")
    for label in (*night.known["near"], night.known["far"]):
        row = assignment(forces, label)
        once(row.locator("button", has_text="归队"), row.locator(".step", has_text="归队"))
    night.shoot(coord, "units-clear")
    pane(coord, "records")
    press(coord, "file_report", to="市应急委")
    expect(coord.locator("#command-records")).to_contain_text("终报 → 市应急委")
    press(coord, "close", note="处置完毕")
    status(coord, "已结案")
    night.shoot(coord, "closed")


def seek(page: Page, moment: float) -> None:
    page.evaluate(
        """(moment) => {
          const facts = JSON.parse(document.getElementById("replay").dataset.facts);
          const range = document.getElementById("replay-range");
          range.value = moment - facts.start;
          range.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        moment,
    )


def the_night_is_replayed(night: Night) -> None:
    duty = night.page("duty")
    duty.goto(f"{night.stack.url}/command/replay?id={night.known['id']}")
    duty.wait_for_selector("#replay-range")
    head, units, tasks = (duty.locator(f"#replay-{part}") for part in ("head", "units", "tasks"))
    expect(head).to_contain_text("已结案")
    out = units.locator("li:not(.none)")
    moments = (
        ("planned", "处置中", 0, 0),
        ("sent", "处置中", 3, 0),
        ("controlled", "已控制", 3, 5),
    )
    for name, word, sent, done in moments:
        seek(duty, night.known[name])
        expect(head).to_contain_text(word)
        expect(out).to_have_count(sent)
        expect(tasks.locator(".status.ok")).to_have_count(done)
        night.shoot(duty, f"replay-{name}", large=name == "sent")
    expect(duty.locator("#replay-faults")).to_be_hidden()


def it_is_evaluated(night: Night) -> None:
    coord, leader, url = night.page("coord"), night.page("leader"), night.stack.url
    coord.goto(f"{url}/command/reviews")
    night.shoot(coord, "reviews", large=True)
    choose(coord, coord.locator("#reviews-incident"), TITLE)
    coord.click("#reviews-draw")
    coord.wait_for_url("**/command/review?id=*")
    number = re.findall(r"id=(\d+)", coord.url)[0]
    expect(coord.locator(".review-judged").first).to_be_visible()
    for text in coord.locator(".review-texts textarea").all():
        text.fill("响应及时，封控得当。")
    for box in coord.locator(".review-judged input").all():
        box.fill("90")
    night.shoot(coord, "review-draft", large=True)
    coord.locator('button[id*=\'"review-do":"submit"\']').click()
    expect(coord.locator(".review-facts")).to_contain_text("待审批")
    leader.goto(f"{url}/command/review?id={number}")
    leader.locator('button[id*=\'"review-do":"approve"\']').click()
    expect(leader.locator(".review-facts")).to_contain_text("已批准")
    night.shoot(leader, "review-approved")
    file = leader.request.get(f"{url}/api/command/evaluation/{number}.pdf").body()
    assert file.startswith(b"%PDF")
    (night.shots / "evaluation.pdf").write_bytes(file)


def log_and_list_agree(night: Night) -> None:
    duty, leader, url = night.page("duty"), night.page("leader"), night.stack.url

    def written() -> bool:
        duty.goto(f"{url}/duty/log")
        duty.wait_for_selector("h1")
        said = duty.locator("main").inner_text()
        return all(word in said for word in (TITLE, "燃气泄漏事故应急预案", *night.known["near"]))

    until(written, within_s=60)
    night.shoot(duty, "duty-log", large=True)
    duty.locator("a", has_text=TITLE).first.click()
    expect(duty.locator("#command-head .title")).to_have_text(TITLE)
    leader.goto(f"{url}/command/incidents")
    expect(leader.locator("table")).to_contain_text(TITLE)
    night.shoot(leader, "incidents", large=True)
    shown = leader.locator("table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    with leader.expect_download() as came:
        leader.locator("a", has_text="导出").click()
    _, *rows = load_workbook(BytesIO(came.value.path().read_bytes())).active.values
    assert [[str(cell) for cell in row] for row in rows] == shown
    wall = night.page("wall")
    wall.wait_for_timeout(1000)
    night.shoot(wall, "centre-closed")
