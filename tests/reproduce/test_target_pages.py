"""What the pages of a publication and a target say."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from catalog.causes import cause
from catalog.models import Dataset, Evidence, Publication, Target
from reproduce.models import Run, Watch
from reproduce.queue import request_run
from tests.evidence import compared, make_environment, make_run, prove
from tests.personas import People


def test_a_target_shows_both_pictures_the_difference_and_the_verdict(target: Target, anonymous: Client) -> None:
    run = prove(target)
    page = anonymous.get(target.get_absolute_url()).content.decode()
    for name in ("published", "fresh", "difference"):
        assert f"/runs/{run.pk}/artefacts/cell-2-0-{name}.png" in page
    assert '<p class="word">reproduced</p>' in page
    assert "region difference 0.0123 (allowed: image 0.05)" in page
    assert "not sandboxed" not in page


def test_a_target_without_evidence_claims_nothing(target: Target, anonymous: Client) -> None:
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert '<p class="word">no verdict yet</p>' in page
    assert "Nothing has been proven yet." in page
    assert f"/figures/{target.pk}" in page


def test_a_target_whose_last_run_was_unstable_shows_what_came_out_and_still_claims_nothing(
    target: Target, anonymous: Client
) -> None:
    run = make_run(target)
    shown = compared("unstable")
    noise = {"runs": 2, "floor": {"name": "largest_unexplained_region", "value": 31.889}, "published_within": None}
    shown["cells"][1]["outputs"][0]["noise"] = {**noise, "guesses": []}
    shown["cells"][0]["notes"] = ["The cell was never executed in the published notebook."]
    why = cause("unstable-outputs", count=1, total=2, reason="Because.").as_dict()
    Run.objects.filter(pk=run.pk).update(
        verdict=None,
        cause=why,
        comparison=shown,
        repetitions={"runs": [{"status": "completed", "run_s": 4.2}, {"status": "completed", "run_s": 4.4}]},
    )
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert '<p class="word">no verdict yet</p>' in page
    assert f"/runs/{run.pk}/artefacts/cell-2-0-fresh.png" in page
    assert "1 output came out otherwise each time the notebook was run." in page
    assert "noise of 2 runs: largest unexplained region 31.9" in page
    assert "The cell was never executed in the published notebook." in page
    assert "completed (4.2 s), completed (4.4 s)" in page
    assert anonymous.get(f"{target.get_absolute_url()}?format=json").json()["evidence"] is None


def test_a_reproduced_target_says_that_an_output_is_unstable_within_its_noise(
    target: Target, anonymous: Client
) -> None:
    run = prove(target)
    Run.objects.filter(pk=run.pk).update(comparison=compared("unstable"))
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "each time the notebook was run, and what was published lies within that." in page


def test_a_bad_verdict_says_why_and_whose_it_is(target: Target, anonymous: Client) -> None:
    prove(target, verdict="failed", cause=cause("module-missing", cell=2, module="lmfit").as_dict())
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "Cell 2 needs the module lmfit" in page
    assert "Add the package that brings lmfit to requirements.txt." in page
    assert "It lies with the repository." in page


def test_a_run_outside_the_sandbox_is_labelled_wherever_its_verdict_stands(target: Target, anonymous: Client) -> None:
    run = prove(target, sandbox="none")
    pages = (target.get_absolute_url(), target.publication.get_absolute_url(), f"/runs/{run.pk}")
    assert all("not sandboxed" in anonymous.get(url).content.decode() for url in pages)


def test_what_an_author_wrote_is_escaped(target: Target, anonymous: Client) -> None:
    Target.objects.filter(pk=target.pk).update(caption="<script>alert(1)</script>")
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(("query", "accept"), [("?format=json", "text/html"), ("", "application/json")])
def test_a_target_answers_in_json_at_the_same_address(
    query: str, accept: str, target: Target, anonymous: Client
) -> None:
    run = prove(target)
    response = anonymous.get(target.get_absolute_url() + query, headers={"accept": accept})
    record = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/json"
    assert "Accept" in response.headers["Vary"]
    assert record["verdict"] == "reproduced"
    assert record["evidence"]["run"] == str(run.pk)
    assert record["statement"] == {"schema": "reprise.reproduction/1"}
    assert (
        record["artefacts"]["executed.ipynb"]["url"] == f"{settings.REPRISE_URL}/runs/{run.pk}/artefacts/executed.ipynb"
    )


def test_a_browser_gets_the_page_and_caches_keep_the_two_apart(target: Target, anonymous: Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = anonymous.get(target.get_absolute_url(), headers={"accept": accept})
    assert response.headers["Content-Type"].startswith("text/html")
    assert "Accept" in response.headers["Vary"]


def test_json_of_a_target_without_evidence_has_null_for_its_verdict(target: Target, anonymous: Client) -> None:
    record = anonymous.get(target.get_absolute_url() + "?format=json").json()
    assert (record["verdict"], record["evidence"], record["statement"]) == (None, None, None)


def test_json_of_a_publication_lists_its_confirmed_targets(publication: Publication, anonymous: Client) -> None:
    record = anonymous.get(publication.get_absolute_url(), headers={"accept": "application/json"}).json()
    assert record["doi"] == publication.doi
    assert [target["slug"] for target in record["targets"]] == ["figure-1", "figure-2"]


def test_a_doi_in_other_case_finds_the_publication(publication: Publication, anonymous: Client) -> None:
    assert anonymous.get(f"/doi/{publication.doi.upper()}").status_code == 200


def test_a_doi_with_more_slashes_is_told_from_a_target(publication: Publication, anonymous: Client) -> None:
    Publication.objects.filter(pk=publication.pk).update(doi="10.5072/a/b/c", title="Slashes")
    assert b"<h1>Slashes</h1>" in anonymous.get("/doi/10.5072/a/b/c").content
    assert b"<h1>Figure 1</h1>" in anonymous.get("/doi/10.5072/a/b/c/figure-1").content
    assert anonymous.get("/doi/10.5072/a/b").status_code == 404


def test_the_doi_of_a_dataset_leads_to_what_rests_on_it(publication: Publication, anonymous: Client) -> None:
    dataset = Dataset.objects.create(doi="10.5072/data", title="Raw data")
    dataset.publications.add(publication)
    assert b"Silica spheres" in anonymous.get("/doi/10.5072/data").content


def test_the_dataset_of_a_draft_is_not_there_for_strangers(draft: Publication, stranger: Client, owner: Client) -> None:
    dataset = Dataset.objects.create(doi="10.5072/data", title="Raw data")
    dataset.publications.add(draft)
    assert stranger.get("/doi/10.5072/data").status_code == 404
    assert owner.get("/doi/10.5072/data").status_code == 200


def test_clicking_reproduce_starts_one_run_for_everybody(target: Target, reader: Client, anonymous: Client) -> None:
    url = f"/reproduce/{target.publication.doi}/{target.slug}"
    first, second = reader.post(url), anonymous.post(url)
    assert first.headers["Location"] == second.headers["Location"] == Run.objects.get().get_absolute_url()


def test_a_visitor_is_led_to_the_login_where_runs_need_an_account(
    target: Target, anonymous: Client, settings: Settings
) -> None:
    settings.REPRISE_ANONYMOUS_RUNS = False
    response = anonymous.post(f"/reproduce/{target.publication.doi}/{target.slug}")
    assert response.headers["Location"] == f"/login?next={target.get_absolute_url()}"
    assert not Run.objects.exists()


def test_a_visitor_who_asks_too_often_is_told_when_to_come_back(
    target: Target, anonymous: Client, reader: Client, settings: Settings
) -> None:
    settings.REPRISE_ANONYMOUS_RATE = "1/hour"
    url = f"/reproduce/{target.publication.doi}/{target.slug}"
    assert anonymous.post(url, REMOTE_ADDR="192.0.2.77").status_code == 302
    response = anonymous.post(url, REMOTE_ADDR="192.0.2.77")
    assert response.status_code == 429
    assert "Too many runs were asked for from your address." in response.content.decode()
    assert anonymous.post(url, REMOTE_ADDR="192.0.2.78").status_code == 302
    assert reader.post(url, REMOTE_ADDR="192.0.2.77").status_code == 302


def test_a_target_under_way_offers_to_watch_instead_of_running_twice(target: Target, anonymous: Client) -> None:
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert f'href="{run.get_absolute_url()}">Watch it run' in page
    assert f"/reproduce/{target.publication.doi}/{target.slug}" not in page


def test_the_owner_watches_a_target_and_ends_it(target: Target, owner: Client) -> None:
    url = f"/watch/{target.publication.doi}/{target.slug}"
    owner.post(url, {"every_days": "14"})
    assert Watch.objects.get(target=target).every_days == 14
    owner.post(url, {"is_over": "on"})
    assert not Watch.objects.exists()


@pytest.mark.parametrize("days", ["", "0", "367", "x", "-1"])
def test_a_number_of_days_that_is_none_watches_nothing(days: str, target: Target, owner: Client) -> None:
    response = owner.post(f"/watch/{target.publication.doi}/{target.slug}", {"every_days": days}, follow=True)
    assert b"Give a number of days between 1 and 366." in response.content
    assert not Watch.objects.exists()


def test_a_draft_shows_its_owner_how_to_publish(draft: Publication, owner: Client) -> None:
    page = owner.get(draft.get_absolute_url()).content.decode()
    assert "This is a draft." in page
    assert f'action="/publish/{draft.doi}"' in page


def test_a_reader_sees_no_buttons_of_the_author(publication: Publication, reader: Client, people: People) -> None:
    page = reader.get(publication.get_absolute_url()).content.decode()
    assert "/withdraw/" not in page
    assert "/edit/" not in page


def test_the_snippet_of_a_badge_carries_public_addresses(publication: Publication, anonymous: Client) -> None:
    page = anonymous.get(publication.get_absolute_url()).content.decode()
    base = settings.REPRISE_URL
    assert f"[![Reprise]({base}/badge/{publication.doi}.svg)]({base}/doi/{publication.doi})" in page


def test_the_number_of_queries_of_a_publication_does_not_grow_with_its_targets(
    publication: Publication, anonymous: Client, django_assert_num_queries: object
) -> None:
    first, *others = publication.targets.all()
    prove(first)
    publication.targets.exclude(pk=first.pk).update(state="proposed")
    with CaptureQueriesContext(connection) as of_one:
        anonymous.get(publication.get_absolute_url())
    publication.targets.update(state="confirmed")
    for target in others:
        prove(target)
    with django_assert_num_queries(len(of_one)):  # type: ignore[operator]  # a fixture of pytest-django
        anonymous.get(publication.get_absolute_url())
    # Of these the record of the page and the groups of the publication take three.
    assert len(of_one) <= 15


def test_another_date_may_be_asked_for_and_leads_to_a_what_if(target: Target, anonymous: Client) -> None:
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert 'name="as_of" value="commit" checked' in page
    answer = anonymous.post(f"/reproduce/{target.publication.doi}/{target.slug}", {"as_of": "today"})
    run = Run.objects.get()
    assert answer.headers["Location"] == run.get_absolute_url()
    assert "What if:" in anonymous.get(run.get_absolute_url()).content.decode()


def test_a_date_that_is_none_starts_nothing(target: Target, anonymous: Client) -> None:
    anonymous.post(f"/reproduce/{target.publication.doi}/{target.slug}", {"as_of": "1066"})
    assert not Run.objects.exists()


def test_a_what_if_is_listed_as_such_and_never_as_the_run_on_record(target: Target, anonymous: Client) -> None:
    prove(target)
    what_if = make_run(target, verdict="failed")
    Run.objects.filter(pk=what_if.pk).update(as_of="today")
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "what if, as of today" in page
    assert page.count(f'href="{what_if.get_absolute_url()}"') == 1
    assert '<p class="word">reproduced</p>' in page
    page = anonymous.get(what_if.get_absolute_url()).content.decode()
    assert "Read its report" in page
    assert "See the evidence" not in page


def test_an_approximated_environment_is_told_beside_every_verdict(target: Target, anonymous: Client) -> None:
    run = prove(target)
    environment = make_environment(run.snapshot)
    Run.objects.filter(pk=run.pk).update(environment=environment)
    Evidence.objects.filter(target=target).update(is_approximated=True)
    for url in ("/", target.publication.get_absolute_url(), "/facilities/example-source"):
        assert "in an environment that is approximated" in anonymous.get(url).content.decode(), url
    for url in (target.get_absolute_url(), run.get_absolute_url()):
        page = anonymous.get(url).content.decode()
        assert ">approximated</span>" in page, url
        assert environment.approximations[0] in page, url


def test_how_long_the_environment_will_take_is_told_where_it_was_measured(target: Target, anonymous: Client) -> None:
    assert "The environment takes about" not in anonymous.get(target.get_absolute_url()).content.decode()
    make_environment(target.repository.snapshots.get())
    other = make_environment(target.repository.snapshots.get(), as_of_choice="today", key="0" * 64)
    other.builds.update(stages=[])
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "The environment takes about 12.5 s: so long took the last build of environments that were known." in page
