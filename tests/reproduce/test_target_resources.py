"""Who may ask a batch system for what: authors within the operator's bounds, by form and API; the operator by admin."""

from __future__ import annotations

import dataclasses
import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from catalog.models import Publication, Target
from tests.builder.test_views import rows
from tests.personas import People, api_client

HOSTILE = (
    "partition=gpu;id",
    "partition=$(id)",
    "memory=1T",
    "partition=secret",
    "modules=../x",
    "partition",
    "shell=sh",
)


@pytest.fixture
def with_slurm(settings: Settings) -> None:
    """An installation with a batch system that lets authors ask for a little."""
    settings.REPRISE_EXECUTOR = "slurm"
    settings.REPRISE_SLURM = dataclasses.replace(
        settings.REPRISE_SLURM, partitions=("gpu",), memory_bytes=16 * 2**30, processors=4
    )


def test_the_form_takes_what_is_allowed(with_slurm: None, draft: Publication, owner: Client) -> None:
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-resources": "partition=gpu memory=16G processors=4"}))
    target = draft.targets.get(slug="figure-1")
    assert target.resources == {"partition": "gpu", "memory": "16G", "processors": 4}
    assert 'value="partition=gpu memory=16G processors=4"' in owner.get(f"/targets/{draft.doi}").content.decode()


@pytest.mark.parametrize("typed", HOSTILE)
def test_the_form_refuses_the_rest_beside_its_field(
    typed: str, with_slurm: None, draft: Publication, owner: Client
) -> None:
    response = owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-resources": typed}))
    assert response.status_code == 422
    assert "cannot be asked for" in response.content.decode()
    assert draft.targets.get(slug="figure-1").resources == {}


def test_without_a_batch_system_nothing_is_asked_and_nothing_forgotten(draft: Publication, owner: Client) -> None:
    draft.targets.filter(slug="figure-1").update(resources={"partition": "gpu"})
    assert "form-0-resources" not in owner.get(f"/targets/{draft.doi}").content.decode()
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-resources": "partition=evil"}))
    assert draft.targets.get(slug="figure-1").resources == {"partition": "gpu"}


def test_what_was_allowed_once_does_not_stand_in_the_way_of_another_change(
    with_slurm: None, draft: Publication, owner: Client
) -> None:
    draft.targets.filter(slug="figure-1").update(resources={"partition": "closed"})
    changes = {"form-0-resources": "partition=closed", "form-0-caption": "Other words"}
    owner.post(f"/targets/{draft.doi}", rows(draft, **changes))
    target = draft.targets.get(slug="figure-1")
    assert (target.caption, target.resources) == ("Other words", {"partition": "closed"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"partition": "gpu", "memory": "1G"}, 200), ({}, 200), ({"partition": "secret"}, 400),
        ({"memory": "17G"}, 400),
        ({"partition": "gpu\n#SBATCH"}, 400), ({"time_s": 60}, 400), ({"shell": "sh"}, 400), ({"processors": {}}, 400),
        ("x", 400), ([], 400),
    ],
)  # fmt: skip
def test_the_api_takes_the_same(
    sent: object, status: int, with_slurm: None, target: Target, people: People, settings: Settings
) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    answer = api_client(people.owner).patch(path, {"resources": sent}, format="json")
    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.json()["resources"] == sent


@pytest.mark.parametrize(
    ("typed", "is_taken"),
    [
        ({"partition": "any", "time_s": 3600, "modules": ["hdf5/1.14"]}, True), ({}, True),
        ({"partition": "a b"}, False),
        ({"modules": ["$(id)"]}, False), (["x"], False), ("x", False),
    ],
)  # fmt: skip
def test_a_facility_has_what_the_operator_says_in_its_form(
    typed: object, is_taken: bool, publication: Publication
) -> None:
    operator = Client()
    operator.force_login(User.objects.create_superuser("otto", password="x"))
    facility = publication.facility
    assert facility is not None
    page = reverse("admin:catalog_facility_change", args=[facility.pk])
    sent = {"name": facility.name, "slug": facility.slug, "homepage": facility.homepage, "ror": ""}
    response = operator.post(page, {**sent, "resources": json.dumps(typed)})
    assert response.status_code == (302 if is_taken else 200)
    facility.refresh_from_db()
    assert facility.resources == (typed if is_taken else {})
