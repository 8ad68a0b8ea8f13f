"""Notebooks and environments as records."""

from __future__ import annotations

import base64
import hashlib
import uuid
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from builder.models import Snapshot
from builder.records import records_of
from catalog.exposure.record import Identifier, Record, Relation, Software
from catalog.exposure.relations import Addition
from catalog.models import AsOf, Dataset, Publication, Target, Technique
from tests.evidence import make_environment, notebook, picture, put_on_record
from tests.personas import COMMIT, People, make_publication

RUN = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> None:
    settings.REPRISE_DATA = tmp_path


def records(publication: Publication) -> dict[str, Record]:
    return {one.kind: one for one in records_of(publication) if isinstance(one, Record)}


def figures(publication: Publication) -> tuple[Relation, ...]:
    return next(one.relations for one in records_of(publication) if isinstance(one, Addition))


def put_figure(tmp_path: Path, target: Target, data: bytes) -> None:
    """Have the target's notebook in the newest snapshot hold a picture."""
    path = tmp_path / "snapshot" / target.notebook
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook({"image/png": base64.b64encode(data).decode()}))
    Snapshot.objects.filter(repository=target.repository).update(path=str(tmp_path / "snapshot"))


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
    assert (environment.files[0].path, environment.files[0].sha256) == ("pylock.toml", made.lock_sha256)
    assert environment.files[0].url.endswith(f"/environments/{made.key}/pylock.toml?of={made.pk}")
    assert [(one.relation, one.key) for one in environment.relations] == [
        ("IsRequiredBy", f"notebooks/{publication.doi}")
    ]


def test_the_files_of_an_environment_are_what_their_addresses_give(publication: Publication, anonymous: Client) -> None:
    make_environment(Snapshot.objects.get())
    files = records(publication)["environment"].files
    assert [one.path for one in files] == ["pylock.toml", "requirements.txt", "runtime.txt", "companion.json"]
    for one in files:
        answer = anonymous.get(one.url.removeprefix("http://localhost:8000"))
        assert answer.status_code == 200, one
        assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (one.size_bytes, one.sha256)
        assert answer.headers["Content-Type"].partition(";")[0] == one.media_type


def test_what_an_environment_is_used_for_are_the_techniques_of_its_publications(publication: Publication) -> None:
    publication.techniques.set([Technique.objects.create(name="looking closely")])
    make_environment(Snapshot.objects.get())
    environment = records(publication)["environment"]
    assert [one.text for one in environment.techniques] == ["looking closely"]
    assert [one.text for one in environment.subjects] == ["software environment", "Python"]


def test_an_environment_that_is_given_has_no_lock(publication: Publication) -> None:
    make_environment(Snapshot.objects.get(), engine="given")
    assert [one.path for one in records(publication)["environment"].files] == ["companion.json"]


def test_an_environment_whose_lock_is_lost_lists_what_is_left(publication: Publication) -> None:
    make_environment(Snapshot.objects.get(), lock_sha256="0" * 64)
    assert [one.path for one in records(publication)["environment"].files] == ["companion.json"]


def test_a_published_figure_is_a_part_of_its_publication(
    publication: Publication, anonymous: Client, tmp_path: Path
) -> None:
    target = publication.targets.get(slug="figure-1")
    put_figure(tmp_path, target, picture("white"))
    (part,) = figures(publication)
    assert (part.relation, part.resource_type, part.title) == ("HasPart", "Image", "Figure 1 as published")
    answer = anonymous.get(part.identifier.value.removeprefix("http://localhost:8000"))
    assert part.file is not None
    assert (part.file.media_type, part.file.size_bytes) == (answer.headers["Content-Type"], len(answer.content))
    assert part.file.sha256 == hashlib.sha256(answer.content).hexdigest()
    put_figure(tmp_path, target, picture("black") + b"longer")
    assert figures(publication)[0].file != part.file


def test_what_is_no_figure_or_not_confirmed_or_not_there_is_no_part(publication: Publication, tmp_path: Path) -> None:
    for target in publication.targets.all():
        put_figure(tmp_path, target, picture("white"))
    publication.targets.filter(slug="figure-1").update(kind=Target.Kind.TABLE)
    assert [one.title for one in figures(publication)] == ["Figure 2 as published"]
    publication.targets.filter(slug="figure-2").update(notebook="../outside.ipynb")
    assert figures(publication) == ()


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
