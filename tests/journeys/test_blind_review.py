"""Blind review in a real browser: the author scans and issues a link, the reviewer looks, runs, and learns no name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Request, expect

from tests.journeys.browser import Visitor, open_browser
from tests.journeys.installation import ask
from tests.journeys.web import web_server
from tests.personas import PASSWORD
from tests.reproduce.review.under_review import DOI, TELLING

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

_SEED = """
from config.installation import prepare_installation
prepare_installation()
from tests.personas import make_people
from tests.reproduce.review.under_review import make_under_review
publication, run = make_under_review(make_people().owner)
answer = {'run': str(run.pk)}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an installation with a draft under review."""
    data = tmp_path_factory.mktemp("review") / "data"
    ask(data, _SEED)
    with web_server(data) as url:
        yield url


def test_the_author_issues_a_link_and_the_reviewer_runs_without_learning_a_name(served: str) -> None:
    with open_browser() as browser:
        author = Visitor(browser, served)
        author.log_in("olga", PASSWORD)
        page = author.page
        page.goto(f"/review-links/{DOI}")
        page.get_by_label("For whom").fill("Referee 2")
        page.get_by_label(re.compile("Further words")).fill("Uppsala\nAB-1234")
        page.get_by_role("button", name="Scan for leaks").click()
        expect(page.get_by_role("heading", name="What is masked by itself")).to_be_visible()
        page.get_by_label(re.compile("I have looked at the list")).check()
        page.get_by_role("button", name="Issue the link").click()
        address = page.locator("#fresh-link").inner_text()
        assert (author.wrongs, author.barriers(), author.overhang()) == ([], [], 0)
        author.close()

        reviewer = Visitor(browser, served)
        page, sent = reviewer.page, list[Request]()
        page.on("request", lambda request: sent.append(request))
        page.goto("/review/" + address.rpartition("/review/")[2])
        page.get_by_role("link", name="Figure 1").click()
        expect(page.get_by_alt_text("Figure 1 as it came out")).to_be_visible()
        page.wait_for_load_state("load")
        drawn = page.get_by_alt_text("Figure 1 as it came out").evaluate("picture => picture.naturalWidth")
        assert drawn == 40
        assert (reviewer.wrongs, reviewer.barriers(), reviewer.overhang()) == ([], [], 0)
        seen = [page.content()]
        page.get_by_role("link", name="Read the executed notebook").click()
        expect(page.get_by_text("author1_fit").first).to_be_visible()
        seen.append(page.content())
        page.go_back()
        with page.expect_download() as saved:
            page.get_by_role("link", name="All of it as an RO-Crate").click()
        with zipfile.ZipFile(saved.value.path()) as crate:
            seen += [f"{name} {crate.read(name).decode('utf-8', 'replace')}" for name in crate.namelist()]
        page.get_by_role("button", name="Reproduce Figure 1").click()
        page.wait_for_url(re.compile("/review/[^/]+/runs/"))
        expect(page.locator(".word")).to_have_text("waiting")
        seen.append(page.content())
        assert [word for word in TELLING for text in seen if word in text.lower()] == []
        assert [request.url for request in sent if request.headers.get("referer")] == []
        assert all(request.url.startswith((served, "data:")) for request in sent)
        reviewer.close()
