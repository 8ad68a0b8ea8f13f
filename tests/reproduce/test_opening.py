"""What a target's page and JSON say of where its notebook can be opened."""

from __future__ import annotations

from importlib import import_module
from urllib.parse import quote

import pytest
from django.apps import apps
from django.test import Client

from catalog.models import Facility, LaunchSite, Target
from tests.evidence import prove
from tests.personas import COMMIT

BINDER = "https://hub.example.org/v2/{binder}?labpath={notebook}"


@pytest.fixture
def site(target: Target) -> LaunchSite:
    """A BinderHub of the facility of the paper."""
    LaunchSite.objects.all().delete()
    return LaunchSite.objects.create(name="Example hub", template=BINDER, facility=target.publication.facility)


def names(client: Client, target: Target) -> list[str]:
    return [one["name"] for one in client.get(f"{target.get_absolute_url()}?format=json").json()["open_in"]]


def test_a_target_can_be_opened_at_its_facility(site: LaunchSite, target: Target, anonymous: Client) -> None:
    page = anonymous.get(target.get_absolute_url()).content.decode()
    repository = quote(target.repository.url, safe="")
    assert f'href="https://hub.example.org/v2/git/{repository}/{COMMIT}?labpath=' in page
    assert "Open in Example hub" in page


def test_its_json_says_the_same(site: LaunchSite, target: Target, anonymous: Client) -> None:
    assert names(anonymous, target) == ["Example hub"]


def test_sites_of_other_facilities_are_not_offered(site: LaunchSite, target: Target, anonymous: Client) -> None:
    other = Facility.objects.create(name="Other", slug="other")
    LaunchSite.objects.filter(pk=site.pk).update(facility=other)
    assert names(anonymous, target) == []


def test_sites_of_no_facility_are_offered_for_all(site: LaunchSite, target: Target, anonymous: Client) -> None:
    LaunchSite.objects.filter(pk=site.pk).update(facility=None)
    assert names(anonymous, target) == ["Example hub"]


def test_what_the_operator_switched_off_is_not_offered(site: LaunchSite, target: Target, anonymous: Client) -> None:
    LaunchSite.objects.filter(pk=site.pk).update(is_offered=False)
    assert names(anonymous, target) == []


def test_a_repository_that_is_not_to_be_had_by_https_is_not_offered(target: Target, anonymous: Client) -> None:
    type(target.repository).objects.filter(pk=target.repository_id).update(url="ssh://git@git.example.org/x.git")
    assert "On your own machine" not in anonymous.get(target.get_absolute_url()).content.decode()


def test_on_ones_own_machine_the_packages_of_the_evidence_are_installed(target: Target, anonymous: Client) -> None:
    prove(target)
    page = anonymous.get(target.get_absolute_url()).content.decode()
    assert "uv pip install ipykernel" in page
    assert "git checkout" in page


def test_a_fresh_installation_offers_the_public_binderhubs(target: Target, anonymous: Client) -> None:
    LaunchSite.objects.all().delete()
    import_module("catalog.migrations.0012_public_launch_sites").forwards(apps, None)
    assert names(anonymous, target) == ["mybinder.org", "EGI Replay"]
