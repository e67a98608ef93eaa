"""Writes docs/screenshots: a demo floor is started, looked at in every size, and stopped.

Run: python tests/browser/screenshots.py [seconds to let the floor fill, 90]
"""

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from whole_stack import Stack, running_stack  # noqa: E402

OUT = ROOT / "docs/screenshots"
SIZES = ((1366, 768), (1920, 1080), (3840, 2160))


def shoot(page: Page, name: str) -> None:
    """Save what the page shows, in 256 colours: a third of the size, and rare status colours stay true."""
    path = OUT / f"{name}.png"
    page.screenshot(path=str(path))
    with Image.open(path) as full:
        few = full.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(path, optimize=True)
    print(path)


def walk(page: Page, stack: Stack, fill_s: float) -> None:
    """Go through the screens one by one."""
    page.goto(f"{stack.url}/login")
    shoot(page, "login")
    stack.login(page, "duty")
    page.wait_for_timeout(fill_s * 1000)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(1500)
        shoot(page, f"wall-{width}x{height}")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.hover("#kpi-within_offered")
    page.wait_for_timeout(500)
    shoot(page, "wall-formula")
    page.locator(".seat.st-talk").first.click()
    page.wait_for_selector("#drawer .strip")
    page.wait_for_timeout(500)
    shoot(page, "seat-drawer")
    for name, path in (("calls", "/calls?day=today"), ("system", "/system"), ("alarms", "/alarms")):
        page.goto(stack.url + path)
        page.wait_for_timeout(3000)
        shoot(page, name)
    page.goto(f"{stack.url}/calls?day=today&outcome=answered,talking")
    page.locator("#calls-grid .ag-row[row-id]").nth(3).click()
    page.wait_for_selector("#drawer .course")
    shoot(page, "call-course")
    page.goto(f"{stack.url}/wall")
    page.wait_for_selector("[data-seat]")
    stack.stop_exchange()
    page.wait_for_timeout(7000)
    shoot(page, "wall-lost")
    stack.start_exchange()


def desks(browser: Browser, stack: Stack) -> None:
    """Go through the pages of the tickets, each as who works there."""

    def at(login: str, path: str) -> Page:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        stack.login(page, login, "/tickets")
        page.goto(stack.url + path)
        page.wait_for_selector("h1")
        page.wait_for_timeout(1500)
        return page

    agent = at("agent", "/tickets/new")
    agent.wait_for_url("**/tickets/new?call=*", timeout=120_000)
    agent.wait_for_selector("#new-caller .caller")
    agent.check("#new-kind input[value=complaint]")
    agent.fill("#new-title", "幸福小区路灯不亮")
    agent.fill("#new-content", "幸福小区三号楼前的路灯不亮已经三天，老人夜里出门不安全。")
    agent.wait_for_selector(".hits li")
    agent.wait_for_timeout(1500)
    shoot(agent, "agent-desk")
    dispatch = at("dispatch", "/tickets?desk=dispatch")
    shoot(dispatch, "tickets")
    dispatch.click(".tickets .table a.num")
    dispatch.click(".move.main summary")
    dispatch.wait_for_timeout(500)
    shoot(dispatch, "ticket")
    shoot(at("leader", "/tickets?desk=all&kind=complaint"), "ticket-query")
    shoot(at("leader", "/tickets?desk=all&tally=unit"), "ticket-ledger")
    hot = at("leader", "/hotspots")
    hot.wait_for_selector(".leaflet-tile-loaded", timeout=60_000)
    hot.click("[data-hot-cell] >> nth=0")
    hot.wait_for_timeout(4000)
    shoot(hot, "hotspots")
    shoot(at("agent", "/knowledge"), "knowledge")
    duty = at("duty", "/tickets?desk=all&status=in_progress")
    duty.click(".tickets .table a.num")
    duty.click("#letters .letter-actions button >> nth=0")
    duty.wait_for_selector("#letters td")
    duty.locator(".course.wide").scroll_into_view_if_needed()
    duty.wait_for_timeout(6000)
    shoot(duty, "letters")


def command(browser: Browser, stack: Stack) -> None:
    """The command centre, its big screen and the duty desk, large."""
    for login, path, ready, name in (
        (
            "coord",
            "/command?id=1&pane=units",
            "#dispatch-body .button.primary",
            "command-1920x1080",
        ),
        ("duty", "/centre", ".leaflet-tile-loaded", "centre-1920x1080"),
        ("duty", "/duty", "h1", "duty"),
        ("leader", "/command/replay?id=1", ".leaflet-tile-loaded", "replay"),
    ):
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        stack.login(page, login, "/command")
        page.goto(stack.url + path)
        page.wait_for_selector(ready, timeout=120_000)
        page.wait_for_timeout(8000)
        shoot(page, name)
        page.context.close()


def main() -> None:
    """Start, shoot, stop."""
    fill_s = float(sys.argv[1]) if len(sys.argv) > 1 else 90.0
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with (
            running_stack(Path(folder) / "data", empty=False) as stack,
            sync_playwright() as playwright,
        ):
            path = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            walk(browser.new_page(viewport={"width": 1366, "height": 768}), stack, fill_s)
            desks(browser, stack)
            command(browser, stack)
            browser.close()


if __name__ == "__main__":
    main()
