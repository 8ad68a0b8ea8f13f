"""A reviewer sees and runs, and learns from nothing whose it is."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog.audit import SERVICE
from catalog.models import AuditEntry, Publication, ReviewLink
from catalog.review_links import bare_address, find_link, issue_link, revoke_link
from reproduce.models import Run
from reproduce.review.looking import look_through
from tests.personas import People
from tests.reproduce.review.under_review import DOI, TELLING, make_under_review

FURTHER = ["Uppsala", "AB-1234"]


@pytest.fixture
def reviewed(people: People) -> tuple[Publication, Run]:
    """The draft under review and its run."""
    User.objects.filter(pk=people.owner.pk).update(first_name="Olga", last_name="Olsson")
    return make_under_review(User.objects.get(pk=people.owner.pk))


@pytest.fixture
def secret(reviewed: tuple[Publication, Run]) -> str:
    """A link to it that is good for a week."""
    _, made = issue_link(
        reviewed[0], name="Referee 2", days=7, further=FURTHER, scan={}, now=timezone.now(), issued_by=None, by=SERVICE
    )
    return made


def walk(client: Client, start: str) -> dict[str, Any]:
    """Follow every link and picture from a page of the reviewer; return the answers by address."""
    answers: dict[str, Any] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in answers:
            continue
        answers[path] = response = client.get(path)
        if response.headers["Content-Type"].startswith("text/html") and "/files/" not in path:
            linked = re.findall(r'(?:href|src)="(/[^"]+)"', response.content.decode())
            waiting += [one.replace("&amp;", "&") for one in linked if one.startswith("/review/")]
    return answers


def test_nothing_that_a_reviewer_reaches_names_anybody(secret: str, anonymous: Client) -> None:
    answers = walk(anonymous, f"/review/{secret}")
    statuses = {path.replace(secret, "…"): answer.status_code for path, answer in answers.items()}
    assert len(answers) >= 12, statuses
    assert set(statuses.values()) == {200}, statuses
    for path, answer in answers.items():
        for part in (path, str(dict(answer.headers)), answer.content.decode("utf-8", "replace")):
            said = part.replace(secret, "").lower()
            assert [word for word in TELLING if word in said] == [], path


def test_a_reviewer_is_sent_nowhere_else_and_kept_nowhere(secret: str, anonymous: Client) -> None:
    for path, answer in walk(anonymous, f"/review/{secret}").items():
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "no-store" in answer.headers["Cache-Control"]
        foreign = re.findall(r'(?:href|src|action)="(https?:[^"]+)"', answer.content.decode("utf-8", "replace"))
        assert foreign == []


def test_a_reviewer_sees_the_figures_the_differences_and_the_notebook(
    secret: str, anonymous: Client, reviewed: tuple[Publication, Run]
) -> None:
    page = anonymous.get(f"/review/{secret}/targets/figure-1").content.decode()
    assert "Fit by Author1" in page
    assert "author1_fit(q)" in page
    assert re.search(r'<pre tabindex="0">Author1</pre>', page)
    run = reviewed[1]
    notebook = json.loads(anonymous.get(f"/review/{secret}/runs/{run.pk}/files/executed.ipynb?download").content)
    assert notebook["cells"][1]["source"] == "author1_fit = 1\nprint('/home/user/silica', author1_fit)"
    picture = anonymous.get(f"/review/{secret}/runs/{run.pk}/files/cell-2-0-fresh.png")
    assert (picture.headers["Content-Type"], b"Olga" in picture.content) == ("image/png", False)
    files = anonymous.get(f"/review/{secret}/runs/{run.pk}/files/files/author1_fit.csv")
    assert files.content == b"q,author1\n1,2\n"


def test_a_reviewer_runs_a_target_and_follows_it(secret: str, reviewed: tuple[Publication, Run]) -> None:
    browser = Client(enforce_csrf_checks=True)
    led = browser.post(f"/review/{secret}/reproduce/figure-2", HTTP_ORIGIN="null").headers["Location"]
    run = Run.objects.get(target__slug="figure-2", target__publication=reviewed[0])
    assert led == f"/review/{secret}/runs/{run.pk}"
    assert browser.get(led).status_code == 200
    entry = AuditEntry.objects.get(action="run.request")
    assert (entry.via, entry.via_id, entry.account) == ("review", ReviewLink.objects.get().pk, "")
    assert secret not in json.dumps(list(AuditEntry.objects.values("subject", "details")))


def test_a_reviewer_may_run_where_visitors_may_not(
    secret: str, anonymous: Client, settings: Settings, reviewed: tuple[Publication, Run]
) -> None:
    settings.REPRISE_ANONYMOUS_RUNS = False
    assert anonymous.post(f"/review/{secret}/reproduce/figure-1").status_code == 302


def test_a_link_opens_its_own_publication_alone(
    secret: str, anonymous: Client, reviewed: tuple[Publication, Run], people: People
) -> None:
    assert anonymous.get(f"/doi/{DOI}").status_code == 404
    assert anonymous.get(f"/runs/{reviewed[1].pk}").status_code == 404
    other = Run.objects.create(target=reviewed[0].targets.get(slug="figure-3"), reason=Run.Reason.CLICK)
    assert anonymous.get(f"/review/{secret}/runs/{other.pk}").status_code == 404
    assert anonymous.get(f"/review/{secret}/targets/figure-3").status_code == 404


@pytest.mark.parametrize("name", ["report.pdf", "files/olsson.h5", "files/author1.h5", "../verdict.json", "nothing"])
def test_what_cannot_be_masked_is_not_given(
    name: str, secret: str, anonymous: Client, reviewed: tuple[Publication, Run]
) -> None:
    assert anonymous.get(f"/review/{secret}/runs/{reviewed[1].pk}/files/{name}").status_code == 404


def test_a_link_ends_with_its_days_and_when_it_is_revoked(
    secret: str, anonymous: Client, reviewed: tuple[Publication, Run]
) -> None:
    now = timezone.now()
    link = ReviewLink.objects.get()
    assert find_link(secret, now=now + timedelta(days=6)) == link
    assert find_link(secret, now=now + timedelta(days=7, seconds=1)) is None
    assert revoke_link(link, now=now, by=SERVICE)
    assert not revoke_link(link, now=now, by=SERVICE)
    assert anonymous.get(f"/review/{secret}").status_code == 404
    assert anonymous.post(f"/review/{secret}/reproduce/figure-1").status_code == 404


def test_only_a_digest_of_a_link_is_kept(secret: str) -> None:
    assert secret not in str(ReviewLink.objects.values().get())


def test_no_link_lasts_longer_than_the_operator_lets_it(reviewed: tuple[Publication, Run], settings: Settings) -> None:
    settings.REPRISE_REVIEW_DAYS = 3
    now = timezone.now()
    link, _ = issue_link(reviewed[0], name="a", days=99, further=[], scan={}, now=now, issued_by=None, by=SERVICE)
    assert link.expires_at == now + timedelta(days=3)


def test_a_scan_tells_where_each_thing_is_and_leaves_nothing(reviewed: tuple[Publication, Run]) -> None:
    look = look_through(reviewed[0], further=[])
    masked = {(one.place, one.kind) for one in look.scan.masked}
    assert {
        ("abstract", "e-mail"),
        ("abstract", "ORCID"),
        ("abstract", "name"),
        ("run of Figure 1, log", "commit"),
        ("run of Figure 1, build.log", "repository"),
        ("run of Figure 1, executed.ipynb", "home directory"),
        ("run of Figure 1, name of a file", "name"),
        ("run of Figure 1, report.html", "DOI"),
        ("run of Figure 1, cause", "name"),
        ("environment", "name"),
    } <= masked
    assert look.scan.left == ()
    assert {one.kind for one in look.scan.to_mend} >= {"grant number"}
    assert look.pictures == 2
    assert look.hidden == ("files/olsson.h5", "report.pdf")


def test_a_link_is_issued_after_its_scan_was_looked_at(owner: Client, reviewed: tuple[Publication, Run]) -> None:
    path = f"/review-links/{DOI}"
    typed = {"name": "Referee 1", "days": 9, "further": "Uppsala\nAB-1234"}
    scanned = owner.post(path, {**typed, "scan": "1"}).content.decode()
    assert "What only you can mend" in scanned
    assert not ReviewLink.objects.exists()
    refused = owner.post(path, {**typed, "issue": "1"}).content.decode()
    assert "review-not-looked-at" in refused
    issued = owner.post(path, {**typed, "issue": "1", "is_looked_at": "on"}).content.decode()
    address = re.search(r'id="fresh-link">https?://[^/]+(/review/[\w-]+)<', issued)
    assert address is not None
    assert Client().get(address[1]).status_code == 200
    assert address[1] not in owner.get(path).content.decode()
    entry = AuditEntry.objects.get(action="review.issue")
    assert (entry.account, entry.details["scan"]["pictures"]) == ("olga", 2)
    owner.post(path, {"revoke": ReviewLink.objects.get().pk})
    assert Client().get(address[1]).status_code == 404
    assert AuditEntry.objects.filter(action="review.revoke").exists()


def test_the_page_warns_of_what_is_no_draft(owner: Client, reviewed: tuple[Publication, Run]) -> None:
    assert b"It is no draft" not in owner.get(f"/review-links/{DOI}").content
    Publication.objects.filter(pk=reviewed[0].pk).update(state="published")
    assert b"It is no draft" in owner.get(f"/review-links/{DOI}").content


def test_links_are_for_who_may_edit(stranger: Client, curator: Client, reviewed: tuple[Publication, Run]) -> None:
    path = f"/review-links/{DOI}"
    assert [client.get(path).status_code for client in (stranger, curator, Client())] == [404, 200, 302]


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://github.com/olga/silica.git", "github.com/olga/silica"),
        ("git@github.com:olga/silica.git", "github.com/olga/silica"),
        ("ssh://git@host.example:22/olga/silica/", "host.example/olga/silica"),
    ],
)
def test_an_address_is_masked_however_it_is_written(url: str, bare: str) -> None:
    assert bare_address(url) == bare
