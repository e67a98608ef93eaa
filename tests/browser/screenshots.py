"""Writes docs/screenshots: a demo floor is started, looked at in every size, and stopped.

Run: python tests/browser/screenshots.py [seconds to let the floor fill, 90]
"""

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import Page, sync_playwright  # noqa: E402
from whole_stack import Stack, running_stack  # noqa: E402

OUT = ROOT / "docs/screenshots"
SIZES = ((1366, 768), (1920, 1080), (3840, 2160))


def shoot(page: Page, name: str) -> None:
    """Save what the page shows."""
    page.screenshot(path=str(OUT / f"{name}.png"))
    print(OUT / f"{name}.png")


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


def main() -> None:
    """Start, shoot, stop."""
    fill_s = float(sys.argv[1]) if len(sys.argv) > 1 else 90.0
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with running_stack(Path(folder) / "data") as stack, sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            walk(browser.new_page(viewport={"width": 1366, "height": 768}), stack, fill_s)
            browser.close()


if __name__ == "__main__":
    main()
