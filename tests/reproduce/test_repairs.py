"""A repair is offered to who may edit the paper, tried beside the verdict on record; its patch shows if it worked."""

from __future__ import annotations

import pytest
from django.test import Client

from catalog.causes import cause
from catalog.models import Evidence, Target
from reproduce.models import Run
from reproduce.queue import request_repair, request_run
from tests.evidence import keep, prove
from tests.personas import COMMIT, People, api_client

LACKING = cause("module-missing", cell="1", module="toolz").as_dict()
PATCH = b"--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1,2 @@\n ipykernel\n+toolz\n"
BUTTON = "Try a repair</button>"


@pytest.fixture
def failed(target: Target) -> Target:
    """A target that failed for want of a module."""
    prove(target, verdict="failed", cause=LACKING)
    Evidence.objects.filter(target=target).update(commit=COMMIT)
    target.refresh_from_db()
    return target


def tried(target: Target, *, is_found: bool) -> Run:
    """Put a trial on record that came to its end."""
    run = request_repair(target, requested_by=None)
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE,
        verdict="identical" if is_found else "failed",
        cause=None if is_found else LACKING,
        artefacts=keep("repair.patch", PATCH, "text/x-diff") if is_found else {},
        snapshot=target.repository.snapshots.first(),
    )
    return run


def page_of(target: Target, client: Client) -> str:
    return client.get(target.get_absolute_url()).content.decode()


def test_who_may_edit_the_paper_is_offered_a_trial_beside_the_cause(
    failed: Target, owner: Client, reader: Client, anonymous: Client
) -> None:
    assert BUTTON in page_of(failed, owner)
    assert f'action="/repair/{failed.publication.doi}/{failed.slug}"' in page_of(failed, owner)
    assert BUTTON not in page_of(failed, reader)
    assert BUTTON not in page_of(failed, anonymous)


def test_asking_starts_one_trial_and_leads_to_its_page(failed: Target, owner: Client, people: People) -> None:
    answer = owner.post(f"/repair/{failed.publication.doi}/{failed.slug}")
    again = owner.post(f"/repair/{failed.publication.doi}/{failed.slug}")
    run = Run.objects.get(target=failed, is_repair=True)
    assert answer.headers["Location"] == again.headers["Location"] == run.get_absolute_url()
    assert (run.reason, run.requested_by, run.is_what_if) == (Run.Reason.REPAIR, people.owner, True)
    assert "A repair is being tried" in page_of(failed, owner)
    assert BUTTON not in page_of(failed, owner)


def test_through_the_api_the_same_trial_is_asked_for_and_followed(failed: Target, people: People) -> None:
    client = api_client(people.owner)
    answer = client.post(f"/api/v1/targets/{failed.pk}/repair/")
    again = client.post(f"/api/v1/targets/{failed.pk}/repair/")
    run = Run.objects.get(target=failed, is_repair=True)
    assert (answer.status_code, again.json()["id"]) == (202, str(run.pk))
    assert answer.headers["Location"].endswith(f"/api/v1/runs/{run.pk}/")
    told = client.get(answer.headers["Location"]).json()
    assert (told["reason"], told["is_repair"], run.requested_by) == ("repair", True, people.owner)


def test_through_the_api_what_nothing_declared_can_mend_is_refused_with_its_cause(
    target: Target, people: People
) -> None:
    prove(target, verdict="reproduced")
    answer = api_client(people.owner).post(f"/api/v1/targets/{target.pk}/repair/")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (409, "nothing-to-repair")
    assert not Run.objects.filter(is_repair=True).exists()


def test_a_trial_goes_beside_the_run_that_counts(failed: Target) -> None:
    trial = request_repair(failed, requested_by=None)
    run = request_run(failed, reason=Run.Reason.CLICK, requested_by=None)
    assert trial.pk != run.pk
    assert list(Run.objects.active().of_record()) == [run]


@pytest.mark.parametrize(
    ("verdict", "why", "given"),
    [
        ("reproduced", None, ""),
        ("failed", cause("file-missing", cell="1", file="a.csv").as_dict(), ""),
        ("failed", LACKING, "beamline"),
    ],
    ids=["good", "another-cause", "given-environment"],
)
def test_what_nothing_declared_can_mend_is_not_tried(
    verdict: str, why: dict[str, str] | None, given: str, target: Target, owner: Client
) -> None:
    Target.objects.filter(pk=target.pk).update(given_environment=given)
    prove(target, verdict=verdict, cause=why)
    assert BUTTON not in page_of(target, owner)
    answer = owner.post(f"/repair/{target.publication.doi}/{target.slug}", follow=True)
    assert "Nothing that could be declared is known to mend this." in answer.content.decode()
    assert not Run.objects.filter(is_repair=True).exists()


def test_a_patch_that_worked_is_offered_and_the_verdict_on_record_stays(
    failed: Target, owner: Client, anonymous: Client
) -> None:
    trial = tried(failed, is_found=True)
    patch = f"/runs/{trial.pk}/artefacts/repair.patch?download"
    page = page_of(failed, owner)
    assert f'<a href="{patch}">patch</a> the notebook is identical' in page
    assert '<p class="word">failed</p>' in page
    given = owner.get(patch)
    assert given.content == PATCH
    assert given.headers["Content-Disposition"].startswith("attachment")
    shown = anonymous.get(trial.get_absolute_url()).content.decode()
    assert f'href="{patch}">Download the patch</a>' in shown
    assert "this run tries what could be declared" in shown
    assert Evidence.objects.get(target=failed).verdict == "failed"


def test_a_trial_that_found_nothing_offers_no_patch(failed: Target, owner: Client) -> None:
    trial = tried(failed, is_found=False)
    page = page_of(failed, owner)
    assert f"No repair was found on {trial.requested_at:%-d %B %Y}" in page
    assert "repair.patch" not in page
    assert "Download the patch" not in owner.get(trial.get_absolute_url()).content.decode()


def test_a_trial_of_another_commit_is_not_told(failed: Target, owner: Client) -> None:
    tried(failed, is_found=True)
    Evidence.objects.filter(target=failed).update(commit="f" * 40)
    assert "repair.patch" not in page_of(failed, owner)
    assert BUTTON in page_of(failed, owner)


def test_the_history_and_the_api_tell_a_trial_from_a_run_that_counts(failed: Target, owner: Client) -> None:
    trial = tried(failed, is_found=True)
    assert "to try a repair; what if" in page_of(failed, owner)
    told = api_client(None).get(f"/api/v1/runs/{trial.pk}/").json()
    assert (told["reason"], told["is_repair"], told["is_what_if"]) == ("repair", True, True)
