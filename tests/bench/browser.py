"""(b) The wall in a real browser: 1,000 seats at two updates a second."""

import shutil
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from models import demo
from models.rules.board import Board
from tests.bench.stage import Running, Stage, say
from tests.bench.updates import Teller

WATCH = """() => {
  if (window.watch) window.watch.disconnect();
  window.tasks = [];
  window.watch = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.tasks.push(task.duration);
  });
  window.watch.observe({ type: "longtask" });
}"""
SETTLE_S = 4.0


def measure(stage: Stage, web: Running, boards: list[Board], *, quick: bool) -> dict[str, Any]:
    """Return the browser's longest task while the wall is live; one below 50 ms is not told and counts as 0.

    With the changes a busy floor really makes in half a second, and with every seat changing; the worse counts.
    """
    seconds = 3 if quick else 32  # the charts are drawn anew every 15 s
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        _open(page, web.port)
        time.sleep(2 if quick else SETTLE_S)
        real = _watch(page, stage, boards, seconds, everything=False)
        every = _watch(page, stage, boards, seconds, everything=True)
        seats = page.locator("#seats [data-seat]").count()
        browser.close()
    longest = max(real["longest_ms"], every["longest_ms"])
    say(f"browser: {seats} seats, longest task {longest} ms")
    return {
        "browser_longest_task_ms": longest,
        "browser": {"seats": seats, "real_changes": real, "every_seat_changes": every},
    }


def _open(page: Page, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/login?next=/wall")
    page.fill("input[name=login]", "wall")
    page.fill("input[name=password]", demo.PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#seats [data-seat]", timeout=20_000)


def _watch(
    page: Page, stage: Stage, boards: list[Board], seconds: int, *, everything: bool
) -> dict[str, Any]:
    """Return the tasks over 50 ms, the longest one, and how many updates the page painted."""
    with Teller(stage, boards, everything=everything) as teller:
        time.sleep(1)
        page.evaluate(WATCH)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        before, told = _busy_s(session), teller.count
        time.sleep(seconds)
        busy, updates = _busy_s(session) - before, teller.count - told
        tasks = page.evaluate("window.tasks")
    return {
        "longest_ms": round(max(tasks), 1) if tasks else 0.0,
        "over_50_ms": len(tasks),
        "updates": updates,
        "update_bytes": teller.mean_bytes,
        "main_thread_share": round(busy / seconds, 3),
    }


def _busy_s(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == "TaskDuration"))
