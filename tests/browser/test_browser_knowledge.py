"""An agent looks a question up, a reviewer passes an answer, a file goes to a ticket and comes back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

from models.demo_knowledge import ITEMS

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

SIZE = {"width": 1366, "height": 768}


@pytest.fixture
def agent(chromium: Browser, stack: Stack, watch: "Watch") -> Iterator[Page]:
    yield from signed_in(chromium, stack, watch, "agent")


@pytest.fixture
def reviewer(chromium: Browser, stack: Stack, watch: "Watch") -> Iterator[Page]:
    yield from signed_in(chromium, stack, watch, "review")


def signed_in(chromium: Browser, stack: Stack, watch: "Watch", login: str) -> Iterator[Page]:
    context = chromium.new_context(viewport=SIZE)  # type: ignore[arg-type]
    page = context.new_page()
    watch.on(page, stack.url)
    stack.login(page, login, "/knowledge")
    stack.deafen(page)
    page.reload()
    expect(page.locator("#knowledge-list .table")).to_be_visible()
    yield page
    watch.clean()
    context.close()


def press(page: Page, verb: str, **typed: str) -> None:
    move = page.locator(".move", has=page.locator(f"summary:text-is('{verb}')")).first
    move.locator("summary").click()
    for place, text in typed.items():
        move.locator("input, textarea").nth(int(place[1:])).fill(text)
    move.locator("button.primary").click()
    expect(page.locator(".toast").last).to_contain_text("已完成")


def test_a_question_is_looked_up_and_an_answer_reviewed(
    agent: Page, reviewer: Page, stack: Stack
) -> None:
    held = [
        item for item in ITEMS if "电梯" in "".join((item.title, item.description, *item.answers))
    ]
    agent.locator("#knowledge-text").press_sequentially("电梯", delay=40)
    expect(agent.locator("#knowledge-list tbody tr")).to_have_count(len(held))
    assert "q=" in agent.url
    agent.click("text=电梯坏了、困人了找谁")
    expect(agent.locator(".answer")).to_have_count(1)
    expect(agent.locator(".facts")).to_contain_text("1 次")
    agent.locator("[data-copy]").click()
    expect(agent.locator(".toast")).to_have_text("已复制")
    address = agent.url

    reviewer.goto(address)
    press(reviewer, "新增答复", f0="困人时请先安抚，<b>不要</b>扒门")
    expect(reviewer.locator(".answer")).to_have_count(2)
    agent.reload()
    expect(agent.locator(".answer")).to_have_count(1)
    reviewer.goto(f"{stack.url}/knowledge?desk=review")
    reviewer.click("text=电梯坏了、困人了找谁")
    press(reviewer, "通过")
    agent.reload()
    expect(agent.locator(".answer")).to_have_count(2)
    expect(agent.locator(".answer").last).to_contain_text("<b>不要</b>")
    expect(agent.locator(".move")).to_have_count(0)


def test_the_second_editor_keeps_his_text(reviewer: Page, stack: Stack) -> None:
    reviewer.click("text=路灯不亮向谁反映")
    expect(reviewer.locator(".answer")).to_have_count(1)
    other = reviewer.context.new_page()
    other.goto(reviewer.url)
    expect(other.locator(".answer")).to_have_count(1)
    press(other, "编辑知识", f0="路灯不亮怎么报修")
    move = reviewer.locator(".move", has=reviewer.locator("summary:text-is('编辑知识')"))
    move.locator("summary").click()
    move.locator("input").first.fill("路灯坏了找谁")
    move.locator("button.primary").click()
    expect(reviewer.locator(".theirs")).to_contain_text("路灯不亮怎么报修")
    expect(reviewer.locator(".theirs")).to_be_in_viewport()
    expect(move.locator("input").first).to_have_value("路灯坏了找谁")
    move.locator("button.primary").click()
    expect(reviewer.locator("h1")).to_have_text("路灯坏了找谁")
    expect(reviewer.locator(".theirs")).to_have_count(0)


def test_a_file_goes_to_a_ticket_and_back(agent: Page, stack: Stack, tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(300_000)
    (tmp_path / "现场照片.png").write_bytes(content)
    (tmp_path / "大.png").write_bytes(content + bytes(21 * 1024 * 1024))
    agent.goto(f"{stack.url}/tickets/new")
    agent.check("#new-kind input[value=complaint]")
    agent.fill("#new-title", "小区停水")
    agent.fill("#new-content", "停水两天")
    agent.click("#new-save")
    agent.wait_for_url("**/ticket?no=*")
    with agent.expect_file_chooser() as chosen:
        agent.locator("[data-file-add]").focus()
        agent.keyboard.press("Enter")
    chosen.value.set_files([tmp_path / "现场照片.png", tmp_path / "大.png"])
    name = agent.locator(".files a.file-name")
    expect(name).to_have_text("现场照片.png")
    expect(agent.locator(".file-queue .refused")).to_contain_text("20 MB")
    with agent.expect_download() as download:
        name.click()
    assert download.value.suggested_filename == "现场照片.png"
    assert Path(download.value.path()).read_bytes() == content
    agent.locator(".files details summary").click()
    agent.locator(".file-why input").fill("传错了")
    agent.locator(".file-why button").click()
    expect(name).to_have_count(0)
    expect(agent.locator(".toast").last).to_have_text(re.compile("已移除"))


@pytest.mark.parametrize("width", [1366, 1920])
def test_nothing_overflows(agent: Page, stack: Stack, width: int) -> None:
    agent.set_viewport_size({"width": width, "height": 768})
    for path in ("/knowledge", "/knowledge?shelf=duty", "/knowledge/item?id=1"):
        agent.goto(stack.url + path)
        expect(agent.locator(".panel").first).to_be_visible()
        assert agent.evaluate("document.documentElement.scrollWidth <= innerWidth")
