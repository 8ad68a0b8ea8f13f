"""What notebooks wrote, looked at in a real browser: nothing of it runs, asks anybody, or leads anywhere."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Request

from reproduce.report import render_report
from tests.hostile.cases import Case, cases
from tests.journeys.browser import open_browser
from tests.journeys.installation import ask
from tests.journeys.web import web_server
from tests.reproduce.test_report import figure_pair, make_report

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_SEED = """
import json
from pathlib import Path
from config.installation import prepare_installation
prepare_installation()
from builder.models import Build, Snapshot
from reproduce.models import Run, RunEvent
from tests.evidence import keep, make_environment, prove
from tests.personas import make_people, make_publication
given = json.loads(Path(GIVEN).read_text())
text = given["text"]
people = make_people()
paper = make_publication(people.owner)
type(paper).objects.filter(pk=paper.pk).update(
    title=text, abstract=text, venue=text, creators=[{"name": text, "orcid": ""}])
first, second = paper.targets.filter(state="confirmed")
proven = prove(first)
paper.targets.filter(pk=first.pk).update(caption=text, label=text[:80], notebook="notebooks/" + text[:90])
environment = make_environment(proven.snapshot, approximations=[text], packages=[{"name": text, "version": text}])
Build.objects.filter(environment=environment).update(log=text)
artefacts = dict(proven.artefacts)
artefacts |= keep("executed.ipynb", json.dumps(given["notebook"]).encode(), "application/x-ipynb+json")
for each in given["artefacts"]:
    artefacts |= keep(each["name"], each["text"].encode(), each["media_type"])
comparison = json.loads(json.dumps(proven.comparison))
for cell in comparison["cells"]:
    cell["source_line"] = text
    for output in cell["outputs"]:
        output["reason"] = text
        output["published_text"] = output["published_text"] and text
        output["fresh_text"] = output["fresh_text"] and text
why = {"id": "cell-raised", "fault": "author", "message": text, "hint": text}
Run.objects.filter(pk=proven.pk).update(
    artefacts=artefacts, environment=environment, build=environment.builds.get(), comparison=comparison)
RunEvent.objects.create(run=proven, seq=9, kind="run", text=text)
failed = prove(second, verdict="failed", cause=why)
Run.objects.filter(pk=failed.pk).update(cause=why, artefacts=artefacts)
active = Run.objects.create(target=second, reason="click", state="running", cells_total=9, cells_done=4)
RunEvent.objects.bulk_create(RunEvent(run=active, seq=n, kind="build", text=text) for n in range(1, 5))
Snapshot.objects.filter(pk=proven.snapshot_id).update(
    notebooks=[], declaration=text, advice=[{"id": "unpinned", "file": text, "line": 1, "message": text, "fix": text,
    "severity": "warning"}])
answer = {"proven": str(proven.pk), "failed": str(failed.pk), "active": str(active.pk), "environment": environment.key,
          "build": str(environment.builds.get().pk), "snapshot": proven.snapshot_id, "target": str(first.pk)}
"""
PAGES = (
    "/",
    "/doi/10.5072/silica",
    "/doi/10.5072/silica/figure-1",
    "/doi/10.5072/silica/figure-2",
    "/runs/{proven}",
    "/runs/{failed}",
    "/runs/{active}",
    "/runs/{proven}/notebook",
    "/runs/{proven}/notebook/content",
    "/environments/{environment}",
    "/builds/{build}/log",
    "/facilities/example-source",
    "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/api/v1/runs/{proven}/?format=api",
    "/api/v1/runs/{proven}/artefacts/",
    "/api/v1/runs/{proven}/events/",
    "/api/v1/publications/",
    "/runs/{proven}/events",
    "/badge/10.5072/silica.svg",
)
_ACTIVE = ("srcdoc", "srcset", "style", "ping", "formaction", "background", "poster")
OWNED = "(() => { try { return [localStorage.owned, document.cookie] } catch (e) { return [null, ''] } })()"
ARTEFACTS = cases("renderings", "artefact")


class _Seen(HTMLParser):
    """What stands in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "#" for name, value in attrs if name in ("href", "src")]


class Listener:
    """A host of the test on loopback that remembers who asks it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._server.accept()
                # A connection alone tells that somebody looks.
                self.asked.append("a connection")
                link.close()

    def close(self) -> None:
        self._server.close()


class Place:
    """The served installation, its browser, and the listener."""

    def __init__(self, browser: Browser, url: str, names: dict[str, str], listener: Listener) -> None:
        self.browser, self.url, self.names, self.listener = browser, url, names, listener

    def harmless(self, path: str, *, body: str = "") -> list[str]:
        """Look at a page, click what asks to be clicked, and return all that should not have happened.

        With a `body` the page is that one, as if the site had served it.
        """
        context = self.browser.new_context(base_url=self.url)
        page, wrong = context.new_page(), list[str]()
        _watch(page, self.url, wrong)
        if body:
            page.route(f"**{path}", lambda route: route.fulfill(body=body, content_type="text/html"))
        with suppress(Error):  # a download ends the navigation
            page.goto(path, wait_until="load")
        for frame in page.frames:
            for link in frame.get_by_text("click-me").all():
                with suppress(Error):
                    link.click(timeout=500, no_wait_after=True)
        page.wait_for_timeout(250)
        if not page.url.startswith((self.url, "about:blank")):
            wrong.append(f"went to {page.url}")
        page.goto("/about")
        stored, cookies = page.evaluate(OWNED)
        if stored or "owned" in cookies or any(each["name"] == "owned" for each in context.cookies()):
            wrong.append("something of it ran in the origin of the site")
        context.close()
        asked, self.listener.asked[:] = list(self.listener.asked), []
        return wrong + asked


def _watch(page: Page, url: str, wrong: list[str]) -> None:
    def request(asked: Request) -> None:
        # The policy refuses a request before it leaves; what leaves has an address of the site, or is the page's own.
        if not asked.url.startswith((url, "data:", "about:", "blob:", "file:")) and not asked.failure:
            wrong.append(f"asked {asked.url}")

    page.on("requestfinished", request)
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda opened: wrong.append(f"opened {opened.url}"))


def _filled(case: Case, address: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(case.make).replace("{listener}", address))
    return made


def _mark(case: Case) -> str:
    """Return a word that stands in the page where the case stands."""
    return case.name.replace("-", "_")


def _notebook(address: str) -> dict[str, Any]:
    """Return one notebook that shows all hostile outputs, each in a cell of its own."""
    cells: list[dict[str, Any]] = []
    for number, case in enumerate(cases("renderings", "output", "error", "markdown")):
        made, output = _filled(case, address), {}
        if case.by == "markdown":
            cells.append({"cell_type": "markdown", "id": f"m{number}", "metadata": {}, **made})
            continue
        if case.by == "error":
            output = {"output_type": "error", **made}
        else:
            output = {"output_type": "display_data", "metadata": {}, **made}
        cells.append(
            {"cell_type": "code", "id": f"c{number}", "metadata": {}, "execution_count": 1, "source": _mark(case),
             "outputs": [output]}
        )  # fmt: skip
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("rendering")
    listener = Listener()
    (words,) = cases("renderings", "text")
    given = {
        "text": _filled(words, listener.address)["text"],
        "notebook": _notebook(listener.address),
        "artefacts": [_filled(case, listener.address) for case in ARTEFACTS],
    }
    (folder / "given.json").write_text(json.dumps(given))
    names = ask(folder / "data", _SEED.replace("GIVEN", repr(str(folder / "given.json"))))
    with web_server(folder / "data") as url, open_browser() as browser:
        yield Place(browser, url, names, listener)
    listener.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_shows_hostile_words_runs_none_and_asks_nobody(path: str, place: Place) -> None:
    assert place.harmless(path.format(**place.names)) == []


@pytest.mark.parametrize("case", ARTEFACTS, ids=lambda case: case.name)
def test_a_hostile_artefact_is_shown_or_saved_without_harm(case: Case, place: Place) -> None:
    listed = place.browser.new_context(base_url=place.url).request.get(
        f"/api/v1/runs/{place.names['proven']}/artefacts/"
    )
    (address,) = [each["url"] for each in listed.json() if each["name"] == case.make["name"]]
    path = address.removeprefix(place.url)
    assert place.harmless(path) == []
    assert place.harmless(f"{path}?download") == []
    for one in (path, f"{path}?download"):
        answer = place.browser.new_context(base_url=place.url).request.get(one)
        headers = answer.headers
        assert answer.status == 200
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert not re.search("script-src|allow-", headers["content-security-policy"])
        assert {"x-owned", "set-cookie"} & set(headers) == set()
        named = headers.get("content-disposition", "")
        assert not re.search(r"[\x00-\x1f/\\<>]", named)
        assert named.startswith("attachment") or one == path


def test_every_hostile_output_is_in_the_page_that_was_looked_at(place: Place) -> None:
    answer = place.browser.new_context(base_url=place.url).request.get(
        f"/runs/{place.names['proven']}/notebook/content"
    )
    page = answer.text()
    assert "sandbox" in answer.headers["content-security-policy"]
    assert [_mark(case) for case in cases("renderings", "output", "error") if _mark(case) not in page] == []
    seen = _Seen()
    seen.feed(page)
    assert (
        seen.tags & {"script", "iframe", "object", "embed", "base", "form", "link", "svg", "math", "template"} == set()
    )
    assert [name for name in seen.attributes if name.startswith("on") or name in _ACTIVE] == []
    schemes = {value.partition(":")[0] for value in seen.addresses if re.match(r"[\w.+-]+:", value)}
    assert schemes <= {"http", "data"}
    assert [value for value in seen.addresses if re.match("data:(?!image/)", value)] == []


def test_no_line_of_a_log_begins_an_event_of_the_stream(place: Place) -> None:
    answer = place.browser.new_context(base_url=place.url).request.get(f"/runs/{place.names['proven']}/events")
    lines = [line for line in re.split(r"\r\n|\r|\n", answer.text()) if line]
    assert [line for line in lines if not line.startswith(("event: ", "id: ", "data: ", ": "))] == []
    assert [line for line in lines if line.startswith("event: ")].count("event: done") == 1


def test_the_report_of_the_command_line_does_nothing_from_the_disk(place: Place, tmp_path: Path) -> None:
    (words,) = cases("renderings", "text")
    text = _filled(words, place.listener.address)["text"]
    (drawn,) = [case for case in cases("renderings", "output") if case.name == "svg-script"]
    svg = _filled(drawn, place.listener.address)["data"]["image/svg+xml"].encode()
    report = tmp_path / "report.html"
    report.write_text(render_report(make_report(figure_pair(svg, svg), title=text)), encoding="utf-8")
    page, wrong = place.browser.new_page(), list[str]()
    _watch(page, "file:", wrong)
    page.goto(report.as_uri())
    page.wait_for_timeout(300)
    assert wrong + place.listener.asked == []
    assert page.url == report.as_uri()
    assert base64.b64encode(svg).decode()[:40] in page.content()


def test_what_would_be_wrong_is_noticed(place: Place) -> None:
    script = "localStorage.owned = document.cookie = 'owned=1'; alert(1)"
    body = f"<script>{script}</script><img src='http://{place.listener.address}/image'>"
    found = " ".join(place.harmless("/evil", body=body))
    assert [each for each in ("dialog 1", "a connection", "ran in the origin") if each not in found] == [], found
