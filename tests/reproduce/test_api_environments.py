"""Environments, builds and dates in the API."""

from __future__ import annotations

import pytest

from builder.models import Environment
from catalog.models import Publication, Target
from reproduce.models import Run
from tests.evidence import make_environment, make_run
from tests.personas import People, api_client


@pytest.fixture
def environment(publication: Publication) -> Environment:
    return make_environment(publication.repositories.get().snapshots.get())


def test_an_environment_tells_what_it_is_and_why(environment: Environment) -> None:
    told = api_client(None).get(f"/api/v1/environments/{environment.pk}/").json()
    assert (told["python"], told["python_reason"]) == ("3.7.9", "asked for in runtime.txt")
    assert (told["as_of_choice"], told["as_of_reason"]) == ("commit", "the date of the commit")
    assert told["engine_reason"] == "Nothing else is asked for."
    assert told["approximations"] == environment.approximations
    assert told["packages"][1] == {"name": "numpy", "version": "1.18.2"}
    assert told["companion"]["locale"] == "C.UTF-8"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("doi=10.5072/silica", 1),
        ("doi=10.5072/none", 0),
        ("engine=local", 1),
        ("as_of_choice=today", 0),
        (f"key={'e' * 64}", 1),
        ("lock_sha256=00", 0),
    ],
)
def test_environments_are_filtered(query: str, count: int, environment: Environment) -> None:
    del environment
    assert api_client(None).get(f"/api/v1/environments/?{query}").json()["count"] == count


def test_the_files_lead_to_where_they_can_be_had(environment: Environment) -> None:
    files = api_client(None).get(f"/api/v1/environments/{environment.pk}/files/").json()
    named = {file["name"]: file["url"] for file in files}
    assert {"pylock.toml", "requirements.txt", "runtime.txt", "companion.json"} <= set(named)
    assert named["pylock.toml"].endswith(f"/environments/{environment.key}/pylock.toml?of={environment.pk}")


def test_a_build_tells_its_stages_and_its_log(environment: Environment) -> None:
    build = api_client(None).get(f"/api/v1/builds/?environment={environment.pk}").json()["results"][0]
    assert build["stages"][0] == {"stage": "resolve", "seconds": 8.0}
    assert "log" not in build
    assert api_client(None).get(f"/api/v1/builds/{build['id']}/").json()["log"] == "Resolving <numpy>"


def test_a_run_as_of_another_date_is_a_what_if(target: Target) -> None:
    answer = api_client(None).post(f"/api/v1/targets/{target.pk}/reproduce/", {"as_of": "today"}, format="json")
    assert answer.status_code == 202
    assert (answer.json()["as_of"], answer.json()["is_what_if"]) == ("today", True)
    assert Run.objects.get().as_of == "today"


def test_a_date_that_is_none_is_refused(target: Target) -> None:
    answer = api_client(None).post(f"/api/v1/targets/{target.pk}/reproduce/", {"as_of": "2021-01-01"}, format="json")
    assert answer.status_code == 400
    assert not Run.objects.exists()


def test_a_run_tells_whether_its_environment_is_approximated(environment: Environment, target: Target) -> None:
    run = make_run(target)
    assert api_client(None).get(f"/api/v1/runs/{run.pk}/").json()["is_approximated"] is False
    run.environment = environment
    run.save()
    told = api_client(None).get(f"/api/v1/runs/{run.pk}/").json()
    assert told["is_approximated"] is True
    assert told["environment"]["id"] == environment.pk


def test_the_owner_chooses_the_date(people: People, publication: Publication) -> None:
    repository = publication.repositories.get()
    client = api_client(people.owner)
    answer = client.patch(f"/api/v1/repositories/{repository.pk}/", {"as_of": "publication"}, format="json")
    assert answer.json()["as_of"] == "publication"
    repository.refresh_from_db()
    assert repository.as_of == "publication"
