"""公文 on the ticket's page: made by a press, downloaded by who may, and closed to everybody else."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser


def test_letters_are_made_and_handed_out_by_scope(
    chromium: Browser, stack: Stack, watch: "Watch"
) -> None:
    def signed(login: str) -> Page:
        page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
        watch.on(page, stack.url)
        stack.login(page, login)
        return page

    duty = signed("duty")
    duty.goto(f"{stack.url}/tickets/new")
    duty.check("#new-kind input[value=complaint]")
    duty.fill("#new-title", "小区停水两天")
    duty.fill("#new-content", "李女士家停水两天 <b>物业</b>未通知")
    duty.fill("#new-phone", "13812345678")
    duty.fill("#new-name", "李女士")
    duty.click("#new-save")
    duty.wait_for_url("**/ticket?no=*")
    expect(duty.locator("#letters button")).to_have_text(["制作受理告知书"])
    duty.locator("summary:text-is('派单')").click()
    duty.locator(".move[open] button.primary").click()
    expect(duty.locator("#letters button")).to_have_count(3)
    for kind in ("受理告知书", "交办函"):
        duty.locator(f"#letters button:text-is('制作{kind}')").click()
        expect(duty.locator(f"#letters td:text-is('{kind}')")).to_be_visible()
    link = duty.locator("#letters tr", has_text="交办函").locator("a:text-is('Word')")
    with duty.expect_download() as came:
        link.click()
    assert re.search(r"关于交办第\d{8}号市民诉求的函.*\.docx$", came.value.suggested_filename)
    assert duty.evaluate("document.documentElement.scrollWidth <= innerWidth")
    notice = duty.locator("#letters tr", has_text="受理告知书").locator("a").first
    own, closed = link.get_attribute("href") or "", notice.get_attribute("href") or ""

    unit, agent = signed("unit"), chromium.new_context().new_page()
    unit.goto(duty.url)
    expect(unit.locator("#letters tbody tr")).to_have_count(1)
    expect(unit.locator("#letters button")).to_have_count(0)
    statuses = [
        page.request.get(stack.url + path).status
        for page, path in (
            (unit, own), (unit, closed), (duty, closed), (agent, own),
            (duty, own.replace(".docx", ".exe")), (duty, "/api/letters/x.docx"),
            (duty, "/api/letters/99999999999999999999.docx"),
        )
    ]  # fmt: skip
    assert statuses == [200, 404, 200, 401, 400, 404, 404]
    watch.clean()
