"""One ticket from the agent to the archive, by six people, with a return, an extension, an urge and a rejection."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

STEPS = (
    ("dispatch", "派单", "请尽快办理", "分配待处理"),
    ("unit", "申请退回", "不属本局", "分配待处理"),
    ("dispatch", "同意退回", "", "记录待分配"),
    ("dispatch", "派单", "", "分配待处理"),
    ("unit", "转下属单位", "", "开始处理"),
    ("sub", "申请延期", "等配件", "开始处理"),
    ("dispatch", "同意延期", "", "开始处理"),
    ("dispatch", "催办", "市民再次来电", "开始处理"),
    ("dispatch", "督办", "跟踪到底", "开始处理"),
    ("sub", "提交办理结果", "已恢复供水", "处理完毕待审核"),
    ("review", "审核退回", "请补充照片", "分配待处理"),
    ("unit", "签收办理", "", "开始处理"),
    ("unit", "提交办理结果", "已恢复供水，附照片", "处理完毕待审核"),
    ("review", "审核通过", "", "审核完毕"),
    ("agent", "答复市民", "供水已恢复，感谢反映", "审核完毕"),
    ("agent", "回访", "市民满意", "审核完毕"),
    ("agent", "归档", "", "已归档"),
)
Sign = Callable[[str], Page]


@pytest.fixture
def sign(chromium: Browser, stack: Stack) -> Iterator[Sign]:
    """Return a page of each login, signed in once; no console error on any of them."""
    pages: dict[str, Page] = {}
    errors: list[str] = []

    def of(login: str) -> Page:
        if login not in pages:
            page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
            page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
            stack.login(page, login)
            pages[login] = page
        return pages[login]

    yield of
    for page in pages.values():
        page.context.close()
    assert errors == []


def opened(page: Page, stack: Stack) -> str:
    page.goto(f"{stack.url}/tickets/new")
    page.fill("#new-title", "小区停水两天")
    page.fill("#new-content", "某小区自昨日起停水，物业未通知。")
    page.fill("#new-phone", "13812345678")
    page.fill("#new-name", "李女士")
    page.click("#new-save")
    page.wait_for_url("**/ticket?no=*")
    expect(page.locator(".badge")).to_have_text("记录待分配")
    return page.url.partition("no=")[2]


def do(page: Page, stack: Stack, no: str, verb: str, words: str) -> None:
    page.goto(f"{stack.url}/ticket?no={no}")
    move = page.locator(".move", has=page.locator(f"summary:text-is('{verb}')"))
    move.locator("summary").click()
    if words:
        move.locator("textarea").first.fill(words)
    move.locator("button.primary").click()
    expect(page.locator(".toast", has_text=verb)).to_be_visible()


def test_a_ticket_goes_its_whole_way(sign: Sign, stack: Stack) -> None:
    no = opened(sign("agent"), stack)
    for login, verb, words, state in STEPS:
        do(sign(login), stack, no, verb, words)
        expect(sign(login).locator(".badge")).to_have_text(state)
    page = sign("agent")
    page.goto(f"{stack.url}/tickets?desk=archive")
    expect(page.locator(".table")).to_contain_text(no)
    page.goto(f"{stack.url}/ticket?no={no}")
    expect(page.locator(".course.wide > li")).to_have_count(len(STEPS) + 1)
    page.locator(".why-due summary").click()
    expect(page.locator(".why-due ol")).to_contain_text("周末，不计")
    expect(page.locator("main")).not_to_contain_text("13812345678")


def test_a_unit_sees_only_its_own(sign: Sign, stack: Stack) -> None:
    no = opened(sign("agent"), stack)
    page = sign("unit")
    page.goto(f"{stack.url}/ticket?no={no}")
    expect(page.locator(".refusal")).to_be_visible()
    page.goto(f"{stack.url}/tickets?desk=all")
    expect(page.locator("h1")).to_have_text("工单")
    expect(page.locator("main")).not_to_contain_text(no)


def test_a_wrong_form_says_which_field(sign: Sign, stack: Stack) -> None:
    page = sign("agent")
    page.goto(f"{stack.url}/tickets/new")
    page.fill("#new-title", "路灯")
    page.click("#new-save")
    expect(page.locator(".toast")).to_contain_text("诉求内容")
    assert re.search(r"/tickets/new$", page.url)


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_overflows(sign: Sign, stack: Stack, size: tuple[int, int]) -> None:
    page = sign("dispatch")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("/tickets?desk=dispatch", "/tickets?desk=all"):
        page.goto(stack.url + path)
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
