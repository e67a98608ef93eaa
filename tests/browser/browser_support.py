"""A headless Chromium, and a watch over what pages do behind the tester's back."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import missing
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, sync_playwright
from whole_stack import Stack

SIZE = {"width": 1920, "height": 1080}
QUIET = (
    "ERR_CONNECTION_REFUSED",
    "ERR_INCOMPLETE_CHUNKED",
    "ERR_CONNECTION_RESET",
    "ERR_CONTENT_LENGTH_MISMATCH",
    "status of 503",
)
"""What Chromium itself says about a server that is away; only fault tests may see it."""


@dataclass
class Watch:
    """What must not happen on any page: errors on the console, requests to other hosts."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def on(self, page: Page, own: str) -> None:
        """Watch a page."""

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.errors.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((own, "data:", "blob:")):
                self.foreign.append(request.url)

        page.on("console", heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", asked)

    def clean(self, *, faults: bool = False) -> None:
        """Assert that nothing happened; with `faults`, that a lost server is all there was."""
        left = [e for e in self.errors if not (faults and any(word in e for word in QUIET))]
        assert left == []
        assert self.foreign == []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for the whole run."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Watch:
    """A fresh watch."""
    return Watch()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, stack: Stack) -> Any:
    """The duty officer's cookies: signing in for every test would run into the rate limit."""
    context = chromium.new_context()
    stack.login(context.new_page(), "duty")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(chromium: Browser, stack: Stack, watch: Watch, signed_in: Any) -> Iterator[Page]:
    """A page of its own context, signed in as the duty officer, on the wall with live figures."""
    context = chromium.new_context(viewport=SIZE, storage_state=signed_in)  # type: ignore[arg-type]
    context.route(lambda url: not url.startswith(stack.url), _stop)
    opened = context.new_page()
    watch.on(opened, stack.url)
    opened.goto(f"{stack.url}/wall")
    opened.wait_for_selector("[data-seat]")
    yield opened
    context.close()


def _stop(route: Route) -> None:
    """Keep the browser itself (updates, probes) from leaving the machine, too."""
    route.abort()
