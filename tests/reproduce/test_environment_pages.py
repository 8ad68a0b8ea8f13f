"""What the page of an environment says, and the files that it gives away."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from builder.models import Build, Environment, Snapshot
from catalog.models import Publication, Target
from tests.evidence import LOCK, make_environment, make_run


@pytest.fixture
def environment(publication: Publication) -> Environment:
    return make_environment(publication.repositories.get().snapshots.get())


def page_of(environment: Environment, client: Client) -> str:
    return client.get(environment.get_absolute_url()).content.decode()


def test_the_page_says_what_was_wished_what_came_and_why(environment: Environment, anonymous: Client) -> None:
    page = page_of(environment, anonymous)
    assert "3.7.9; wished was 3.6" in page
    assert "asked for in runtime.txt" in page
    assert "the date of the commit" in page
    assert "Nothing else is asked for." in page


def test_approximations_stand_first(environment: Environment, anonymous: Client) -> None:
    page = page_of(environment, anonymous)
    sentence = "Python 3.6 is not at hand; 3.7 is the nearest."
    assert page.index("It is approximated") < page.index(sentence) < page.index("What it is, and why")


def test_each_package_is_shown_with_who_asks_for_it(environment: Environment, anonymous: Client) -> None:
    page = page_of(environment, anonymous)
    assert "numpy&gt;=1.18 (requirements.txt)" in page
    assert '<th scope="row">ipykernel</th><td>5.2.0</td><td><span class="quiet">other packages</span>' in page


def test_system_facts_and_how_it_was_made_are_shown(environment: Environment, anonymous: Client) -> None:
    page = page_of(environment, anonymous)
    assert "<dt>fonts</dt>" in page
    assert "DejaVu Sans, STIX" in page
    assert "<dt>uv, version</dt>" in page
    assert "engine_reason" not in page


def test_builds_with_their_stages_and_runs_are_shown(
    environment: Environment, target: Target, anonymous: Client
) -> None:
    run = make_run(target)
    run.environment = environment
    run.save()
    page = page_of(environment, anonymous)
    assert "resolve" in page
    assert "8.0 s" in page
    assert run.get_absolute_url() in page


@pytest.mark.parametrize(
    ("name", "media_type", "said"),
    [
        ("pylock.toml", "application/toml", "numpy"),
        ("requirements.txt", "text/plain; charset=utf-8", "numpy==1.18.2"),
        ("runtime.txt", "text/plain; charset=utf-8", "python-3.7\n"),
        ("companion.json", "application/json", "C.UTF-8"),
    ],
)
def test_a_file_is_saved_under_its_name_and_type(
    name: str, media_type: str, said: str, environment: Environment, anonymous: Client
) -> None:
    answer = anonymous.get(f"/environments/{environment.key}/{name}")
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert said in answer.content.decode()


def test_lock_and_companion_can_be_read_by_machines(environment: Environment, anonymous: Client) -> None:
    lock = anonymous.get(f"/environments/{environment.key}/pylock.toml").content.decode()
    companion = anonymous.get(f"/environments/{environment.key}/companion.json").content
    assert tomllib.loads(lock)["packages"][0]["version"] == "1.18.2"
    assert json.loads(companion) == environment.companion


def test_the_lock_is_given_as_a_patch_that_git_takes(
    environment: Environment, anonymous: Client, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("numpy>=1.18\n")
    Snapshot.objects.filter(pk=environment.snapshot_id).update(path=str(tmp_path))
    answer = anonymous.get(f"/environments/{environment.key}/lock.patch")
    assert answer.headers["Content-Type"] == "text/x-diff; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lock.patch"'
    for command in (["git", "init", "-q"], ["git", "apply", "-"]):
        subprocess.run(command, cwd=tmp_path, input=answer.content, check=True)
    assert "numpy==1.18.2" in (tmp_path / "requirements.txt").read_text()
    assert (tmp_path / "pylock.toml").read_text() == LOCK


def test_no_patch_is_offered_for_files_that_are_not_here(environment: Environment, anonymous: Client) -> None:
    assert "lock.patch" not in page_of(environment, anonymous)
    assert anonymous.get(f"/environments/{environment.key}/lock.patch").status_code == 404


@pytest.mark.parametrize("name", ["secret-key", "..%2fpylock.toml", "pylock.toml.bak"])
def test_nothing_else_is_given(name: str, environment: Environment, anonymous: Client) -> None:
    assert anonymous.get(f"/environments/{environment.key}/{name}").status_code == 404


@pytest.mark.parametrize("key", ["0" * 64, "..", "x" * 65])
def test_a_key_that_is_none_is_not_found(key: str, environment: Environment, anonymous: Client) -> None:
    del environment
    assert anonymous.get(f"/environments/{key}").status_code == 404


@pytest.mark.parametrize("of", ["0", "x", "9" * 30, "-1"])
def test_a_wrong_number_never_shows_anothers(of: str, environment: Environment, anonymous: Client) -> None:
    assert anonymous.get(f"/environments/{environment.key}?of={of}").status_code in (200, 404)


def test_an_environment_that_serves_two_papers_shows_only_what_the_viewer_may_see(
    environment: Environment, draft: Publication, anonymous: Client, owner: Client
) -> None:
    hidden = make_environment(draft.repositories.get().snapshots.get(), key=environment.key)
    assert anonymous.get(hidden.get_absolute_url()).status_code == 404
    assert f"?of={hidden.pk}" not in page_of(environment, anonymous)
    assert f"?of={hidden.pk}" in page_of(environment, owner)


def test_a_log_is_plain_text(environment: Environment, anonymous: Client) -> None:
    answer = anonymous.get(f"/builds/{environment.builds.get().pk}/log")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content == b"Resolving <numpy>\n"


def test_the_pages_that_show_a_verdict_lead_to_its_environment(
    environment: Environment, target: Target, anonymous: Client
) -> None:
    run = make_run(target)
    run.environment = environment
    run.save()
    for url in (run.get_absolute_url(), target.publication.get_absolute_url()):
        assert f'href="{environment.get_absolute_url()}"' in anonymous.get(url).content.decode()


def test_what_was_inferred_is_offered_and_never_committed_by_the_service(
    environment: Environment, anonymous: Client
) -> None:
    Snapshot.objects.filter(pk=environment.snapshot_id).update(declaration="+++ b/requirements.txt\n+numpy<2\n")
    assert "+numpy&lt;2" in page_of(environment, anonymous)
    answer = anonymous.get(f"/snapshots/{environment.snapshot_id}/declaration.patch")
    assert answer.headers["Content-Type"] == "text/x-diff; charset=utf-8"
    assert answer.content == b"+++ b/requirements.txt\n+numpy<2\n"


def test_advice_is_shown_with_its_fix(environment: Environment, anonymous: Client) -> None:
    advice = {"id": "x", "file": "a.txt", "line": 3, "message": "It rots.", "fix": "Pin it.", "severity": "warning"}
    Snapshot.objects.filter(pk=environment.snapshot_id).update(advice=[advice])
    page = page_of(environment, anonymous)
    assert "It rots." in page
    assert "Pin it." in page
    assert "line 3" in page


def test_a_build_that_failed_shows_the_stage_it_failed_in(target: Target, anonymous: Client) -> None:
    run = make_run(target, verdict="unbuildable")
    stages = [{"stage": "resolve", "seconds": 1.0}, {"stage": "build", "seconds": 61.0}]
    run.build = Build.objects.create(snapshot=run.snapshot, state="failed", stage="build", stages=stages)
    run.save()
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert 'class="failed" >build <span class="quiet">1 min 1 s</span> <span class="quiet">failed</span>' in page


def test_the_publication_leads_to_the_environment_as_of_its_authors_date(
    environment: Environment, publication: Publication, anonymous: Client
) -> None:
    what_if = make_environment(environment.snapshot, key="f" * 64, as_of_choice="today")
    page = anonymous.get(publication.get_absolute_url()).content.decode()
    assert f'href="{environment.get_absolute_url()}"' in page
    assert what_if.key not in page
