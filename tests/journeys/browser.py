"""A real Chromium, and a page in it that remembers everything that was wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

Scheme = Literal["light", "dark"]

_FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Violations of the content security policy are events of the document; the console tells of them as well.
_WATCH_POLICY: Final = """
window.refused = [];
document.addEventListener(
  'securitypolicyviolation', event => window.refused.push(event.violatedDirective + ' ' + event.blockedURI)
);
"""


def chromium_path() -> str:
    """Return where Chromium is. The tests fail without it, because a page nobody looked at is not tested."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is missing. Install it: apt-get install chromium")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Give a Chromium, closed at the end."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """A person with a browser window. `wrongs` are console errors, failed requests and refusals of the policy."""

    def __init__(
        self,
        browser: Browser,
        base_url: str,
        *,
        width: int = 1280,
        scheme: Scheme = "light",
        has_scripts: bool = True,
    ) -> None:
        self._context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=has_scripts,
            reduced_motion="reduce",
        )
        self._console: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self._console.append(str(error)))
        if has_scripts:
            self.page.add_init_script(_WATCH_POLICY)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._console.append(message.text)

    @property
    def wrongs(self) -> list[str]:
        return [*self._console, *self.page.evaluate("window.refused ?? []")]

    def forget_wrongs(self) -> None:
        """Let what pages until now did wrong count for no page that is opened from now on."""
        self._console.clear()

    def log_in(self, name: str, password: str) -> None:
        """Log in by the form."""
        self.page.goto("/login")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.locator("main").get_by_role("button", name="Log in").click()
        self.page.wait_for_url("/")

    def barriers(self) -> list[str]:
        """Return what axe finds serious or critical, each with the element it is about."""
        options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for violation in found
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def overhang(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, wider)

    def close(self) -> None:
        """Close the window and forget its cookies."""
        self._context.close()
