"""The whole story in a browser: an author registers a paper, a stranger reproduces its figure and reads the verdict."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import Visitor, open_browser
from tests.journeys.installation import ROOT, git_repository, share_environments
from tests.journeys.web import service

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.browser, pytest.mark.real, pytest.mark.timeout(600)]

DOI = "10.5072/story/of.a-disc"
SETTINGS = {
    "REPRISE_SOURCE_SCHEMES": "https,file",
    "REPRISE_ALLOW_PRIVATE_HOSTS": "true",
    # Nobody listens there, so that the metadata must be given by hand.
    "REPRISE_DOI_URL": "http://127.0.0.1:9",
    "REPRISE_CROSSREF_URL": "http://127.0.0.1:9",
    "REPRISE_DATACITE_URL": "http://127.0.0.1:9",
    "REPRISE_LOG_LEVEL": "WARNING",
}
BUILD_MS = 240_000
SLOW_CELLS = 4


@dataclass(frozen=True)
class World:
    """The service, a browser, and the address of the paper's repository."""

    url: str
    browser: Browser
    repository: str

    def visitor(self) -> Visitor:
        return Visitor(self.browser, self.url)


def slow_notebook() -> str:
    """Return the tiny notebook with some cells that take their time, so that there is something to watch."""
    document = json.loads((ROOT / "fixtures/repositories/identical-tiny/figure-1.ipynb").read_text())
    slow = [
        {
            "cell_type": "code",
            "id": f"slow-{number}",
            "metadata": {},
            "execution_count": None,
            "source": "import time\ntime.sleep(1)",
            "outputs": [],
        }
        for number in range(SLOW_CELLS)
    ]
    document["cells"] += slow
    return json.dumps(document)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("story")
    share_environments(folder / "data", Path(os.environ["REPRISE_DATA"]) / "shared-environments")
    files = {"figure-1.ipynb": slow_notebook(), "requirements.txt": "ipykernel==6.29.4\n"}
    git_repository(folder / "repository", files)
    with service(folder / "data", **SETTINGS) as url, open_browser() as browser:
        yield World(url, browser, f"file://{folder / 'repository'}")


def sign_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("nora")
    page.get_by_label("Password", exact=True).fill("a rather long password")
    page.get_by_label("Password confirmation").fill("a rather long password")
    page.locator("main").get_by_role("button", name="Sign up").click()


def register(page: Page, repository: str) -> None:
    page.get_by_role("link", name="Register a paper").click()
    page.get_by_label("DOI of the paper").fill(f"https://doi.org/{DOI.upper()}")
    page.get_by_label("Repository with the notebooks").fill(repository)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be fetched now")
    page.get_by_label("Title").fill("The story of a disc")
    page.get_by_label("Authors").fill("Nora Nilsson 0000-0002-1825-0097")
    page.get_by_role("button", name="Continue").click()


def confirm_and_publish(page: Page) -> None:
    # The page goes on by itself when the worker has fetched the repository.
    confirm = page.get_by_role("button", name="Confirm the targets")
    expect(confirm).to_be_visible(timeout=60_000)
    picture = page.get_by_alt_text("Figure 1 as the notebook holds it").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 64)
    confirm.click()
    expect(page.get_by_text("This is a draft.")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("It is public now.")


@pytest.fixture(scope="module")
def published(world: World) -> World:
    """The author's part, done once."""
    author = world.visitor()
    sign_up(author.page)
    register(author.page, world.repository)
    confirm_and_publish(author.page)
    # The forms that were refused on the way are answered with 422, which Chromium notes.
    assert [wrong for wrong in author.wrongs if "422" not in wrong] == []
    author.close()
    return world


@pytest.fixture(scope="module")
def reproduced(published: World) -> Iterator[Visitor]:
    """The stranger's part: click, watch, until the verdict stands on the page without loading it again."""
    stranger = published.visitor()
    page = stranger.page
    page.goto("/")
    page.get_by_role("link", name="The story of a disc").first.click()
    page.get_by_role("button", name="Reproduce Figure 1").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}$"))
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_text(re.compile(r"\d of \d cells done"))).to_be_visible(timeout=BUILD_MS)
    expect(page.locator(".verdict .word")).to_have_text("identical", timeout=60_000)
    yield stranger
    stranger.close()


def test_the_author_comes_from_a_doi_to_a_public_page(published: World) -> None:
    anybody = published.visitor()
    anybody.page.goto(f"/doi/{DOI}")
    expect(anybody.page.get_by_role("heading", level=1)).to_have_text("The story of a disc")
    expect(anybody.page.get_by_role("button", name="Reproduce Figure 1")).to_be_visible()
    anybody.close()


def test_a_stranger_sees_the_run_go_on_and_end_without_loading_the_page_again(reproduced: Visitor) -> None:
    assert reproduced.page.evaluate("window.isTheSamePage") is True
    lines = reproduced.page.locator(".log li")
    numbers = [int(value or 0) for value in (lines.nth(n).get_attribute("value") for n in range(lines.count()))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 2 * SLOW_CELLS
    assert reproduced.wrongs == []


def test_the_stream_is_closed_when_the_run_is_over(reproduced: Visitor) -> None:
    asked: list[str] = []
    reproduced.page.on("request", lambda request: asked.append(request.url))
    reproduced.page.wait_for_timeout(4000)  # a browser comes back to an open stream after three seconds
    assert not [url for url in asked if url.endswith("/events")]


def test_the_page_that_was_streamed_has_no_serious_barrier(reproduced: Visitor) -> None:
    assert reproduced.barriers() == []


def test_the_evidence_shows_both_figures_the_verdict_and_what_it_rests_on(
    published: World, reproduced: Visitor
) -> None:
    visitor = published.visitor()
    page = visitor.page
    page.goto(f"/doi/{DOI}/figure-1")
    expect(page.locator(".verdict .word")).to_have_text("identical")
    for side in ("as published", "as it came out"):
        picture = page.get_by_alt_text(f"Figure 1 {side}")
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("naturalWidth", 64)
    expect(page.get_by_text("ipykernel 6.29.4")).to_have_count(1)
    expect(page.get_by_text("bwrap")).to_be_visible()
    assert visitor.wrongs == []
    visitor.close()


def test_the_same_address_gives_the_statement_in_json(published: World, reproduced: Visitor) -> None:
    visitor = published.visitor()
    answer = visitor.page.request.get(f"/doi/{DOI}/figure-1", headers={"Accept": "application/json"})
    record = answer.json()
    assert record["verdict"] == "identical"
    assert record["statement"]["notebooks"][0]["verdict"] == "identical"
    assert record["statement"]["commit"] == record["evidence"]["commit"]
    visitor.close()


def test_the_badge_tells_the_verdict(published: World, reproduced: Visitor) -> None:
    visitor = published.visitor()
    badge = visitor.page.request.get(f"/badge/{DOI}/figure-1.svg")
    assert "identical" in badge.text()
    visitor.close()


def test_the_executed_notebook_can_be_read_in_its_frame(published: World, reproduced: Visitor) -> None:
    visitor = published.visitor()
    page = visitor.page
    page.goto(f"/doi/{DOI}/figure-1")
    page.get_by_role("link", name="Read the executed notebook").click()
    frame = page.frame_locator("iframe.notebook")
    expect(frame.get_by_text("mean 3.2500 mm").first).to_be_visible()
    assert visitor.wrongs == []
    visitor.close()


def test_the_report_is_shown_as_it_was_made(published: World, reproduced: Visitor) -> None:
    visitor = published.visitor()
    page = visitor.page
    page.goto(f"/doi/{DOI}/figure-1")
    page.get_by_role("link", name="report.html").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visitor._console == []
    visitor.close()
