"""Notebooks and environments as records."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from builder.models import Snapshot
from builder.records import records_of
from catalog.exposure.record import Identifier, Record, Software
from catalog.models import AsOf, Dataset, Publication, Target
from tests.evidence import make_environment, put_on_record
from tests.personas import COMMIT, People, make_publication

RUN = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> None:
    settings.REPRISE_DATA = tmp_path


def records(publication: Publication) -> dict[str, Record]:
    return {record.kind: record for record in records_of(publication)}


def test_notebooks_say_where_they_are_and_at_which_commit(publication: Publication) -> None:
    Snapshot.objects.update(notebooks=[{"path": "a.ipynb", "language": "python"}])
    notebooks = records(publication)["notebooks"]
    assert notebooks.key == f"notebooks/{publication.doi}"
    assert notebooks.resource_type == "ComputationalNotebook"
    assert notebooks.identifiers == (
        Identifier("URL", "https://git.example.org/olga/silica.git"),
        Identifier("SWHID", f"swh:1:dir:{COMMIT}"),
        Identifier("SWHID", f"swh:1:rev:{COMMIT}"),
    )
    assert (notebooks.code_repository, notebooks.commit) == ("https://git.example.org/olga/silica.git", COMMIT)
    assert (notebooks.programming_language, str(notebooks.published_on)) == ("Python", "2020-04-01")
    assert "Figure 1, Figure 2 of “Silica spheres”" in notebooks.description
    assert notebooks.facility_slug == "example-source"


def test_notebooks_list_those_of_confirmed_targets_each_once(publication: Publication) -> None:
    assert publication.targets.filter(state=Target.State.PROPOSED, notebook="notebooks/figure-3.ipynb").exists()
    publication.targets.filter(slug="figure-2").update(notebook="notebooks/figure-1.ipynb")
    told = [(one.path, one.media_type) for one in records(publication)["notebooks"].files]
    assert told == [("notebooks/figure-1.ipynb", "application/x-ipynb+json")]


def test_notebooks_supplement_the_paper_and_require_and_reference_its_data(publication: Publication) -> None:
    Dataset.objects.create(doi="10.5072/data", title="Curves").publications.add(publication)
    relations = [(one.relation, one.key) for one in records(publication)["notebooks"].relations]
    assert relations == [
        ("IsSupplementTo", f"publication/{publication.doi}"),
        ("Requires", "dataset/10.5072/data"),
        ("References", "dataset/10.5072/data"),
    ]


def test_what_came_of_confirmed_targets_is_told_and_of_proposed_ones_not(publication: Publication) -> None:
    cause = {"id": "x", "fault": "author", "message": "It ends.", "hint": ""}
    for target in publication.targets.all():
        put_on_record(target, RUN, verdict="failed", is_sandboxed=True, cause=cause)
    outcomes = records(publication)["notebooks"].outcomes
    assert [(one.verdict, one.claim, one.sentence) for one in outcomes] == [
        ("failed", "Figure 1", "It ends."),
        ("failed", "Figure 2", "It ends."),
    ]


def test_notebooks_that_are_not_fetched_yet_are_there_without_a_commit(publication: Publication) -> None:
    Snapshot.objects.all().delete()
    notebooks = records(publication)["notebooks"]
    assert (notebooks.commit, len(notebooks.identifiers), notebooks.published_on) == ("", 1, publication.published_on)


def test_an_environment_lists_its_packages_and_its_lock(publication: Publication) -> None:
    made = make_environment(Snapshot.objects.get())
    environment = records(publication)["environment"]
    assert environment.key == f"environment/{made.key}"
    assert environment.title == "Python 3.7.9 with 2 packages as of 2020-04-01"
    assert environment.software[1] == Software("numpy", "1.18.2", "pkg:pypi/numpy@1.18.2")
    assert [(one.path, one.sha256) for one in environment.files] == [("pylock.toml", made.lock_sha256)]
    assert environment.files[0].url.endswith(f"/environments/{made.key}/pylock.toml")
    assert [(one.relation, one.key) for one in environment.relations] == [
        ("IsRequiredBy", f"notebooks/{publication.doi}")
    ]


def test_an_environment_that_is_given_has_no_lock(publication: Publication) -> None:
    make_environment(Snapshot.objects.get(), engine="given")
    assert records(publication)["environment"].files == ()


def test_one_environment_serves_several_publications_and_tells_of_the_public_ones(
    publication: Publication, people: People
) -> None:
    other = make_publication(people.owner, doi="10.5072/other")
    draft = make_publication(people.owner, doi="10.5072/kept-back", is_published=False)
    for snapshot in Snapshot.objects.all():
        make_environment(snapshot)
    for one in (publication, other):
        keys = [relation.key for relation in records(one)["environment"].relations]
        assert keys == [f"notebooks/{publication.doi}", f"notebooks/{other.doi}"]
    assert records(draft) == {}


def test_an_environment_as_of_another_date_is_no_record(publication: Publication) -> None:
    make_environment(Snapshot.objects.get(), as_of_choice=AsOf.TODAY)
    assert "environment" not in records(publication)


def test_the_page_of_the_notebooks_shows_what_the_record_says(publication: Publication, anonymous: Client) -> None:
    make_environment(Snapshot.objects.get())
    Dataset.objects.create(doi="10.5072/data", title="Curves").publications.add(publication)
    shown = anonymous.get(f"/notebooks/{publication.doi}").content.decode()
    for text in (COMMIT, f"swh:1:dir:{COMMIT}", "Figure 1", "Curves", "2 packages", "https://git.example.org/olga"):
        assert text in shown
    assert "Figure 3" not in shown


def test_the_page_of_a_drafts_notebooks_is_for_its_owner(draft: Publication, anonymous: Client, owner: Client) -> None:
    assert anonymous.get(f"/notebooks/{draft.doi}").status_code == 404
    assert owner.get(f"/notebooks/{draft.doi}").status_code == 200
