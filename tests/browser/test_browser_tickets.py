"""One ticket from a ringing call to the archive, by six people; what is beside its way; who sees what."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from waiting import until
from whole_stack import Stack

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

TITLE = "翠湖苑小区停水两天"
TO_UNIT = (
    ("dispatch", "派单", "请尽快办理", "分配待处理"),
    ("unit", "申请退回", "不属本局", "分配待处理"),
    ("dispatch", "同意退回", "", "记录待分配"),
    ("dispatch", "派单", "", "分配待处理"),
    ("unit", "签收办理", "", "开始处理"),
)
TO_ARCHIVE = (
    ("unit", "转下属单位", "", "开始处理"),
    ("sub", "申请延期", "等配件", "开始处理"),
    ("dispatch", "同意延期", "", "开始处理"),
    ("dispatch", "催办", "市民再次来电", "开始处理"),
    ("leader", "督办", "跟踪到底", "开始处理"),
    ("sub", "提交办理结果", "已恢复供水", "处理完毕待审核"),
    ("review", "审核退回", "请补充照片", "分配待处理"),
    ("unit", "签收办理", "", "开始处理"),
    ("unit", "提交办理结果", "已恢复供水，附照片", "处理完毕待审核"),
    ("review", "审核通过", "", "审核完毕"),
    ("agent", "答复市民", "供水已恢复，感谢反映", "审核完毕"),
    ("agent", "回访", "市民满意", "审核完毕"),
    ("agent", "归档", "", "已归档"),
    ("leader", "督办评价", "按时办结", "已归档"),
)
"""(login, verb, what is typed, the state it leads to)."""
Sign = Callable[[str], Page]
expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong


@pytest.fixture(scope="module")
def sign(chromium: Browser, stack: Stack) -> Iterator[Sign]:
    """Return a page of each login, signed in once; nothing may go wrong or abroad on any of them."""
    from browser_support import Watch  # a plugin: to be imported after pytest has it

    pages: dict[str, Page] = {}
    watch = Watch()

    def of(login: str) -> Page:
        if login not in pages:
            page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
            watch.on(page, stack.url)
            stack.login(page, login, "/tickets")
            pages[login] = page
        return pages[login]

    yield of
    for page in pages.values():
        page.context.close()
    watch.clean()


def fill(page: Page, title: str) -> None:
    page.check("#new-kind input[value=complaint]")
    page.fill("#new-title", title)
    page.fill("#new-content", "某小区自昨日起停水，物业未通知。")
    page.fill("#new-name", "李女士")


def saved(page: Page) -> str:
    page.wait_for_url("**/ticket?no=*")
    expect(page.locator(".page-title .badge")).to_have_text("记录待分配")
    return page.url.partition("no=")[2]


def opened(page: Page, stack: Stack, title: str = "小区停水两天") -> str:
    """Open a ticket of no call: by the duty officer, at whose desk no call pops up."""
    page.goto(f"{stack.url}/tickets/new")
    fill(page, title)
    page.fill("#new-phone", "13812345678")
    page.click("#new-save")
    return saved(page)


def opened_from_a_call(page: Page, stack: Stack) -> str:
    """Wait until the agent's own seat is called, type, lose the page, save by the keyboard."""
    page.goto(f"{stack.url}/tickets/new")
    page.wait_for_url("**/tickets/new?call=*", timeout=90_000)
    caller = page.locator("#new-caller .caller")
    expect(caller).to_have_text(re.compile(r"\d{3}\*{4}\d{4}"), timeout=20_000)
    number = caller.inner_text()
    fill(page, TITLE)
    expect(page.locator("#new-kept")).to_contain_text("草稿已留存")
    stack.deafen(page)  # the next call does not come in between
    page.reload()
    expect(page.locator("#new-title")).to_have_value(TITLE)
    expect(page.locator("#new-content")).to_have_value(re.compile("停水"))
    page.locator("#new-title").press("Control+Enter")
    no = saved(page)
    expect(page.locator(".facts")).to_contain_text(number)
    return no


def do(page: Page, stack: Stack, no: str, verb: str, words: str, **choice: str) -> None:
    page.goto(f"{stack.url}/ticket?no={no}")
    move = page.locator(".move", has=page.locator(f"summary:text-is('{verb}')"))
    move.locator("summary").click()
    if words:
        move.locator("textarea").first.fill(words)
    unsaid = move.locator("button.dash-dropdown:has(.dash-dropdown-placeholder)")
    while unsaid.count():  # what is owed is chosen, for nothing is before
        unsaid.first.click()
        page.locator(".dash-dropdown-content [role=option]").first.click()
    for text in choice.values():
        box = move.locator("input").first
        box.evaluate("box => box.removeAttribute('maxlength')")  # for seconds beside the minutes
        box.fill(text)
    move.locator("button.primary").last.click()
    expect(page.locator(".toast", has_text=f"已完成：{verb}")).to_be_visible()


def walk(sign: Sign, stack: Stack, no: str, steps: tuple[tuple[str, str, str, str], ...]) -> None:
    for login, verb, words, state in steps:
        do(sign(login), stack, no, verb, words)
        expect(sign(login).locator(".page-title .badge")).to_have_text(state)


def test_a_ticket_goes_its_whole_way(sign: Sign, stack: Stack) -> None:
    agent = sign("agent")
    no = opened_from_a_call(agent, stack)
    other_ticket_is_merged_parted_and_rejected(sign, stack, no)
    walk(sign, stack, no, TO_UNIT)
    soon = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(seconds=8)
    do(sign("dispatch"), stack, no, "定时催办", "", on=f"{soon:%Y-%m-%d %H:%M:%S}")
    unit, marks = sign("unit"), sign("unit").locator(".marks")
    do(unit, stack, no, "暂停计时", "等市民补充材料")
    expect(marks).to_contain_text("计时暂停")
    do(unit, stack, no, "恢复计时", "")
    expect(marks).to_have_count(0)
    it_comes_to_the_urge_desk(sign("dispatch"), stack, no)
    walk(sign, stack, no, TO_ARCHIVE)

    agent.goto(f"{stack.url}/tickets?desk=archive")
    expect(agent.locator(".table")).to_contain_text(no)
    agent.goto(f"{stack.url}/ticket?no={no}")
    told = agent.locator(".course.wide > li b")
    expect(told.first).to_be_visible()
    beside = {"受理", "暂停计时", "恢复计时", "定时催办", "催办"}
    assert {*told.all_inner_texts()} == {verb for _, verb, _, _ in TO_UNIT + TO_ARCHIVE} | beside
    agent.locator(".why-due summary").click()
    expect(agent.locator(".why-due ol")).to_contain_text("周末，不计")
    a_query_finds_and_exports_it(sign("leader"), stack, no)
    the_strip_agrees_with_the_lists(sign("duty"), stack, no)


def other_ticket_is_merged_parted_and_rejected(sign: Sign, stack: Stack, main: str) -> None:
    """The same matter again: it shows while typing, goes under the first, comes back, is not accepted."""
    duty, dispatch = sign("duty"), sign("dispatch")
    duty.goto(f"{stack.url}/tickets/new")
    duty.locator("#new-title").press_sequentially(TITLE, delay=15)
    expect(duty.locator("#new-alike")).to_contain_text(main)
    no = opened(duty, stack, TITLE)
    do(dispatch, stack, no, "并案", "", into=main)
    expect(dispatch.locator(".page-title .badge")).to_have_text("已并案")
    dispatch.click(f"a:text('{main}')")
    expect(dispatch.locator("main")).to_contain_text("并入本单的工单")
    do(dispatch, stack, no, "撤销并案", "不是同一件事")
    expect(dispatch.locator(".page-title .badge")).to_have_text("记录待分配")
    do(dispatch, stack, no, "不予受理", "不属本市")
    expect(dispatch.locator(".page-title .badge")).to_have_text("不予受理")


def it_comes_to_the_urge_desk(page: Page, stack: Stack, no: str) -> None:
    def due() -> bool:
        page.goto(f"{stack.url}/tickets?desk=urge")
        expect(page.locator("h1")).to_have_text("工单")
        return no in page.locator("main").inner_text()

    until(due, within_s=30)


def a_query_finds_and_exports_it(page: Page, stack: Stack, no: str) -> None:
    page.goto(f"{stack.url}/tickets?desk=all")
    page.click(".query > summary")
    page.fill(".query [name=no]", no)
    page.select_option(".query [name=status]", "archived")
    page.select_option(".query [name=returned]", "yes")
    page.click(".query button[type=submit]")
    expect(page.locator(".total").first).to_have_text("共 1 件")
    with page.expect_download() as came:
        page.click("text=导出 Excel")
    rows = list(load_workbook(BytesIO(came.value.path().read_bytes())).active.values)
    assert [str(cell) for row in rows for cell in row if str(cell) == no] == [no]
    page.goto(f"{stack.url}/tickets?desk=all&returned=yes&tally=unit")
    number = page.locator(".table a.num").first
    expect(number).to_be_visible()
    count = number.inner_text()
    number.click()
    expect(page.locator(".total").first).to_have_text(f"共 {count} 件")


def the_strip_agrees_with_the_lists(page: Page, stack: Stack, no: str) -> None:
    """Its total and a number of each of its groups open lists of just that length."""
    # the strip may be drawn anew while it is read: what hangs in the air is left out; places open the map
    read = """all => all.filter(a => a.closest('[data-today]:not([data-today=hot])'))
        .map(a => [a.closest('[data-today]').dataset.today, a.textContent, a.getAttribute('href')])"""

    def agree() -> None:
        page.goto(f"{stack.url}/wall")
        page.wait_for_selector("#today [data-today=results] a.figure", state="attached")
        groups = {
            g: (n, to) for g, n, to in page.locator("#today a.figure").evaluate_all(read)[::-1]
        }
        assert groups.keys() - {"areas"} == {"opened", "kinds", "states", "results"}
        for group, (number, href) in groups.items():
            page.goto(stack.url + href)
            expect(page.locator("h1")).to_have_text("工单")
            assert (group, page.locator(".total").first.inner_text()) == (group, f"共 {number} 件")
            assert page.locator(".tickets > .panel tbody tr").count() == min(int(number), 50)

    until(agree, within_s=20)
    page.goto(f"{stack.url}/tickets?desk=all&no={no}")
    expect(page.locator(".total").first).to_have_text("共 1 件")


RINGS = """call => { const live = window.hotline.live;
    live.roster = { seats: [{ key: "s", agent_no: "1001" }] };
    live.board = { seats: { s: { call, state: "ring", caller: "138****0001" } } }; }"""


def test_a_call_pops_up_on_any_page_and_the_next_one_after_saving(
    chromium: Browser, stack: Stack
) -> None:
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    stack.login(page, "agent", "/tickets")
    page.wait_for_url("**/tickets/new?call=*", timeout=90_000)
    expect(page.locator("#new-caller .caller")).to_be_visible(timeout=60_000)
    first = page.url
    fill(page, "路灯不亮")
    page.click("#new-save")
    page.wait_for_url("**/ticket?no=*")
    stack.deafen(page)  # who is called next, and when, is the exchange's to say: so it is said here
    page.reload()
    expect(page.locator("h1")).to_have_text("路灯不亮")
    page.evaluate(RINGS, parse_qs(urlsplit(first).query)["call"][0])  # the same call still talks
    page.wait_for_timeout(1500)
    assert "/ticket?no=" in page.url
    page.evaluate(RINGS, "pbx1|browser-0|1")
    page.wait_for_url("**/tickets/new?call=*browser-0*")
    page.context.close()


def test_what_is_half_typed_is_not_lost_to_a_call(chromium: Browser, stack: Stack) -> None:
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    stack.login(page, "agent", "/tickets")
    stack.deafen(page)
    no = opened(page, stack)
    page.goto(f"{stack.url}/ticket?no={no}")
    page.locator("summary:text-is('修改工单')").click()
    page.locator(".move[open] textarea").fill("还没有写完")
    page.evaluate(RINGS, "pbx1|browser-1|1")
    bar = page.locator("[data-call-bar]")
    expect(bar).to_contain_text("138****0001")
    expect(page.locator(".move[open] textarea")).to_have_value("还没有写完")
    page.keyboard.press("F2")
    page.wait_for_url("**/tickets/new?call=*browser-1*")
    page.goto(f"{stack.url}/tickets?desk=all")
    expect(page.locator("h1")).to_have_text("工单")
    page.evaluate(RINGS, "pbx1|browser-2|1")  # nothing is half typed: no click is needed
    page.wait_for_url("**/tickets/new?call=*browser-2*")
    page.context.close()


def test_who_has_no_seat_is_never_called_away(sign: Sign, stack: Stack) -> None:
    page = sign("duty")
    page.goto(f"{stack.url}/tickets?desk=all")
    expect(page.locator("h1")).to_have_text("工单")
    assert page.locator("[data-agent]").count() == 0


def test_words_of_an_emergency_warn_and_raise_it(sign: Sign, stack: Stack) -> None:
    page = sign("duty")
    page.goto(f"{stack.url}/tickets/new?new=fire")
    expect(page.locator("#new-alike h2")).to_be_visible()
    page.fill("#new-title", "居民楼着火")
    expect(page.locator("#new-signs")).to_contain_text("可能是紧急事件“着火”")
    expect(page.locator("#new-flags input[value=emergency]")).to_be_checked()
    expect(page.locator("#new-urgency")).to_contain_text("特急")
    page.uncheck("#new-flags input[value=emergency]")  # the agent has the last word
    page.fill("#new-content", "消防演练的时间")
    expect(page.locator("#new-kept")).to_contain_text("草稿已留存")
    expect(page.locator("#new-flags input[value=emergency]")).not_to_be_checked()
    page.click("#new-drop")
    expect(page.locator("#new-title")).to_have_value("")


def test_a_unit_sees_only_its_own(sign: Sign, stack: Stack) -> None:
    no = opened(sign("duty"), stack)
    page = sign("unit")
    page.goto(f"{stack.url}/ticket?no={no}")
    expect(page.locator(".refusal")).to_be_visible()
    page.goto(f"{stack.url}/tickets?desk=all")
    expect(page.locator("h1")).to_have_text("工单")
    expect(page.locator("main")).not_to_contain_text(no)


def test_a_wrong_form_says_which_field(sign: Sign, stack: Stack) -> None:
    page = sign("duty")
    page.goto(f"{stack.url}/tickets/new")
    page.fill("#new-title", "路灯")
    page.click("#new-save")
    expect(page.locator(".toast").last).to_contain_text("类型")  # none is chosen beforehand
    page.keyboard.press("Alt+2")
    expect(page.locator("#new-kind input[value=help]")).to_be_checked()
    page.click("#new-save")
    expect(page.locator(".toast").last).to_contain_text("诉求内容")
    assert re.search(r"/tickets/new$", page.url)


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_overflows(sign: Sign, stack: Stack, size: tuple[int, int]) -> None:
    page = sign("dispatch")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("/tickets?desk=dispatch", "/tickets?desk=all"):
        page.goto(stack.url + path)
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
