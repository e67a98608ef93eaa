"""The administrator adds a unit and a person, who sees only the unit's tickets; a day off moves the trial."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

from dashboard.views.admin.parts import TABS

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser


@pytest.fixture
def admin(chromium: Browser, stack: Stack, watch: "Watch") -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    watch.on(page, stack.url)
    stack.login(page, "admin")
    yield page
    context.close()
    watch.clean()


def opened(page: Page, stack: Stack, title: str, unit: str) -> str:
    """Register a ticket and assign it to `unit`, which its words propose; return its number."""
    page.goto(f"{stack.url}/tickets/new")
    page.check("#new-kind input[value=complaint]")
    page.fill("#new-title", title)
    page.fill("#new-content", f"{title}，请尽快处理。")
    page.click("#new-save")
    page.wait_for_url("**/ticket?no=*")
    no = page.url.partition("no=")[2]
    move = page.locator(".move", has=page.locator("summary:text-is('派单')"))
    move.locator("summary").click()
    expect(move.locator(".dash-dropdown").first).to_contain_text(unit)
    move.locator("button.primary").click()
    expect(page.locator(".page-title .badge")).to_have_text("分配待处理")
    return no


def choose(page: Page, label: str, option: str) -> None:
    field = page.locator(".field", has=page.locator(f"label:text-is('{label}')"))
    field.locator(".dash-dropdown").click()
    page.locator(".dash-dropdown-option", has_text=option).first.click()


def test_a_new_unit_and_its_person(
    admin: Page, chromium: Browser, stack: Stack, watch: "Watch"
) -> None:
    admin.goto(f"{stack.url}/admin")
    admin.get_by_label("编码", exact=True).fill("swj")
    admin.get_by_label("名称", exact=True).fill("市水务局 <b>一</b>")
    admin.get_by_label("职责词", exact=True).fill("水务、河道")
    admin.get_by_role("button", name="新增单位").click()
    expect(admin.locator(".table")).to_contain_text("市水务局 <b>一</b>")
    admin.get_by_label("编码", exact=True).fill("swj")
    admin.get_by_label("名称", exact=True).fill("又一个")
    admin.get_by_role("button", name="新增单位").click()
    expect(admin.locator(".toast.bad")).to_contain_text("编码")
    expect(admin.get_by_label("名称", exact=True)).to_have_value("又一个")
    admin.get_by_label(re.compile("^搜索单位")).fill("河道")
    expect(admin.locator("#units-list tbody tr")).to_have_count(1)

    admin.goto(f"{stack.url}/admin/people")
    admin.get_by_label("账号", exact=True).fill("shuiwu")
    admin.get_by_label("姓名", exact=True).fill("水务局经办")
    choose(admin, "角色", "承办单位")
    choose(admin, "所属单位", "市水务局")
    admin.get_by_role("button", name="新增人员").click()
    password = admin.locator(".secret").inner_text()
    expect(admin.locator("#people-list")).to_contain_text("市水务局 <b>一</b>及下级")

    own = opened(admin, stack, "河道护栏破损", "市水务局")
    foreign = opened(admin, stack, "公交站牌损坏", "市交通运输局")
    context = chromium.new_context()
    clerk = context.new_page()
    watch.on(clerk, stack.url)
    clerk.goto(f"{stack.url}/login?next=/tickets")
    clerk.fill("input[name=login]", "shuiwu")
    clerk.fill("input[name=password]", password)
    clerk.click("button[type=submit]")
    clerk.wait_for_url("**/password*")  # the first one is known to the administrator
    clerk.fill("input[name=old]", password)
    for name in ("new", "again"):
        clerk.fill(f"input[name={name}]", "hedao-tancha-9")
    clerk.click("button[type=submit]")
    clerk.goto(f"{stack.url}/tickets")
    expect(clerk.locator(".table")).to_contain_text(own)
    expect(clerk.locator("main")).not_to_contain_text(foreign)
    expect(clerk.locator(".nav")).not_to_contain_text("管理")
    clerk.goto(f"{stack.url}/admin/units")
    expect(clerk.locator(".refusal")).to_be_visible()

    admin.goto(f"{stack.url}/admin/units?unit=swj")
    expect(admin.locator(".held")).to_contain_text(own)
    admin.locator("summary", has_text="停用单位").click()
    admin.get_by_role("button", name="停用单位").click()
    expect(admin.locator(".toast.bad")).to_contain_text("1 件在办工单")
    admin.get_by_label(re.compile("收回中心")).check()
    admin.get_by_label("收回原因", exact=True).fill("机构撤并")
    admin.get_by_role("button", name="停用单位").click()
    expect(admin.get_by_role("button", name="恢复使用")).to_be_visible()
    admin.goto(f"{stack.url}/ticket?no={own}")
    expect(admin.locator(".page-title .badge")).to_have_text("记录待分配")
    context.close()


def test_a_day_off_moves_the_trial_and_the_open_legs(admin: Page, stack: Stack) -> None:
    no = opened(admin, stack, "路灯不亮", "市城市管理局")
    admin.goto(f"{stack.url}/admin/parameters")
    admin.locator("#try-start").fill("2026-12-01 09:00")
    expect(admin.locator("#try-due")).to_contain_text("2026-12-22")
    admin.locator("#try-start").fill("昨天")
    expect(admin.locator("#try-due")).to_contain_text("2026-12-01 09:00")

    admin.goto(f"{stack.url}/admin/calendar?year=2026")
    admin.get_by_label("起始日期", exact=True).fill("2026-12-02")
    admin.get_by_label("结束日期", exact=True).fill("2026-12-03")
    admin.get_by_label("说明", exact=True).fill("全市放假")
    admin.get_by_role("button", name="添加").click()
    expect(admin.locator(".day.mine", has_text="休")).to_have_count(2)
    admin.get_by_role("button", name="重算在办时限").click()
    expect(admin.locator(".told")).to_contain_text("时限变动")

    admin.goto(f"{stack.url}/ticket?no={no}")
    expect(admin.locator(".course.wide")).to_contain_text("重算时限")
    admin.locator(".why-due summary").click()
    expect(admin.locator(".why-due")).to_contain_text("全市放假，不计")
    admin.goto(f"{stack.url}/admin/parameters")
    admin.locator("#try-start").fill("2026-12-01 09:00")
    expect(admin.locator("#try-due")).to_contain_text("2026-12-24")


def test_the_flow_is_changed_and_a_trap_is_refused(admin: Page, stack: Stack) -> None:
    admin.goto(f"{stack.url}/admin/flow?verb=archive")
    for state in ("审核完毕", "不予受理"):
        admin.get_by_label(state, exact=True).uncheck()
    admin.get_by_role("button", name="保存").click()
    expect(admin.locator(".toast.bad")).to_contain_text("到不了归档")
    admin.goto(f"{stack.url}/admin/flow?verb=submit")
    admin.get_by_label("分配待处理", exact=True).check()
    admin.get_by_role("button", name="保存").click()
    expect(admin.locator("tr", has_text="提交办理结果")).to_contain_text("本市")
    admin.locator("summary", has_text="全部恢复默认").click()
    admin.get_by_role("button", name="全部恢复默认").click()
    expect(admin.locator("main")).not_to_contain_text("全部恢复默认")


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_overflows(admin: Page, stack: Stack, size: tuple[int, int]) -> None:
    admin.set_viewport_size({"width": size[0], "height": size[1]})
    for address, _, _ in TABS:
        admin.goto(stack.url + address)
        admin.wait_for_selector("#admin-body .panel")
        assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth")
