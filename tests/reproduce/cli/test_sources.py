"""What SOURCE may be, and how each wrong one is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from catalog.models import Publication, Repository, Target
from reproduce.cli.source import find_source
from reproduce.compare import Tolerance
from tests.personas import People
from tests.reproduce.cli.conftest import Run

GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]


@pytest.fixture
def bare(repository: Path) -> Path:
    """A git repository with a tag, on this disk."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "paper"], ["tag", "v1"]):
        subprocess.run([*GIT, *command], check=True, cwd=repository)
    return repository


@pytest.mark.enable_socket
@pytest.mark.real
def test_a_git_address_is_fetched_at_its_ref(run: Run, bare: Path) -> None:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=bare, capture_output=True, text=True, check=True).stdout
    call = run(f"file://{bare}@v1")
    assert call.code == 0, call.stderr
    assert call.statement["commit"] == commit.strip()
    assert call.statement["source"] == f"file://{bare}@v1"


def test_a_ref_that_is_not_there_is_unavailable(run: Run, bare: Path) -> None:
    call = run(f"file://{bare}@v2")
    assert call.code == 4
    assert call.statement["cause"]["id"] == "repository-ref-missing"
    assert call.statement["notebooks"] == []


def test_an_empty_directory_is_unavailable(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    call = run(tmp_path / "empty")
    assert call.code == 4
    assert call.statement["cause"]["id"] == "repository-empty"


def test_a_directory_that_is_too_large_is_refused(run: Run, repository: Path, settings: Settings) -> None:
    settings.REPRISE_REPOSITORY_SIZE = 100
    assert run(repository).statement["cause"]["id"] == "repository-too-large"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no/such/directory", "There is no directory"),
        ("ext::sh -c touch% /tmp/x", "ext::"),
        ("ftp://example.org/paper.git", "ftp"),
        ("https://127.0.0.1/paper.git", "127.0.0.1 is not a public address"),
        ("https://localhost/paper.git", "localhost is not a public address"),
        ("--upload-pack=x", "hyphen"),
        ("", "is not a repository"),
        ("x" * 5000, "longer than"),
    ],
)
def test_a_source_that_is_none_is_wrong_usage(run: Run, source: str, said: str) -> None:
    call = run(source)
    assert call.code == 64
    assert said in call.stderr
    assert not call.out.exists()


@pytest.mark.django_db
def test_an_unknown_doi_is_wrong_usage(run: Run) -> None:
    call = run("10.5072/nobody-knows-this")
    assert call.code == 64
    assert "10.5072/nobody-knows-this" in call.stderr


def test_a_doi_without_a_database_is_wrong_usage_and_makes_none(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = tmp_path / "no.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    assert run("10.5072/nobody-knows-this").code == 64
    assert not name.exists()


@pytest.mark.django_db
def test_a_doi_of_the_catalogue_leads_to_its_repository_and_what_its_targets_declare(people: People) -> None:
    publication = Publication.objects.create(doi="10.5072/known", title="Known", owner=people.owner)
    repository = Repository.objects.create(publication=publication, url="https://example.org/paper.git", ref="v1")
    Target.objects.create(
        publication=publication,
        repository=repository,
        label="Figure 1",
        slug="figure-1",
        notebook="figure-1.ipynb",
        rtol=1e-6,
        image_limit=2.0,
        disabled_rules=["timings"],
        allowed_hosts=["data.example.org"],
        threads=4,
        matplotlib_backend="svg",
        state=Target.State.CONFIRMED,
    )
    found = find_source("https://doi.org/10.5072/KNOWN", allow_private=False)
    assert (found.source.location, found.source.ref) == ("https://example.org/paper.git", "v1")
    assert found.name == "10.5072-known"
    assert found.declared["figure-1.ipynb"].tolerance == Tolerance(
        rtol=1e-6, image=2.0, disabled_rules=frozenset({"timings"})
    )
    assert found.declared["figure-1.ipynb"].allowed_hosts == ("data.example.org",)
    assert found.declared["figure-1.ipynb"].threads == 4
    assert found.declared["figure-1.ipynb"].matplotlib_backend == "svg"


def test_a_private_host_is_accepted_when_asked_for() -> None:
    assert find_source("https://git.example.internal/group/paper.git", allow_private=True).is_private_allowed


def test_the_publications_date_is_known_of_a_doi_alone(run: Run, repository: Path, publication: Publication) -> None:
    assert find_source(publication.doi, allow_private=True).published_on == publication.published_on
    call = run(repository, as_of="publication")
    assert call.code == 64
    assert "publication-date-unknown" in call.stderr
