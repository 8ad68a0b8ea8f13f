"""Evidence comes to Zenodo once, whole, and only when it is public, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from catalog.clock import database_now
from catalog.depositing_account import Depositing
from catalog.expose import expose_publication
from catalog.exposing import stored_record
from catalog.models import Deposit, Publication, Target
from reproduce.deposit_sweep import deposit_wanted
from reproduce.models import Certificate
from tests.evidence import certify
from tests.reproduce.zenodo_server import Archive, running

# What is asked, in order, when nothing goes wrong.
STRAIGHT = [
    "GET depositions", "POST depositions", "GET one", "PUT one", "PUT file", "GET one",
    "GET depositions", "GET one", "POST publish", "GET one",
]  # fmt: skip


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """A Zenodo on loopback, and this service as one of its accounts."""
    with running(Archive()) as running_archive:
        settings.REPRISE_ZENODO = Depositing(True, running_archive.url, "secret", "reproduced", 1 << 20)
        yield running_archive


@pytest.fixture
def certificate(target: Target) -> Certificate:
    """A good certificate of a published paper that names a licence."""
    Publication.objects.filter(pk=target.publication_id).update(licence="CC-BY-4.0")
    return certified(target)


def certified(target: Target) -> Certificate:
    certificate = certify(target)
    expose_publication(Publication.objects.get(pk=target.publication_id))
    return certificate


def sweep(times: int = 1) -> int:
    """Sweep as often, as if enough time went by between two sweeps."""
    count = 0
    for _ in range(times):
        count += deposit_wanted()
        Deposit.objects.exclude(state="published").update(next_at=database_now() - timedelta(seconds=1))
    return count


def test_evidence_is_drafted_uploaded_checked_and_published(certificate: Certificate, archive: Archive) -> None:
    assert sweep() == 1
    assert archive.asked == STRAIGHT
    [held] = archive.published
    row = Deposit.objects.get()
    assert (row.state, row.doi, row.md5) == ("published", held["doi"], held["files"][0]["checksum"])
    assert [one["filename"] for one in held["files"]] == [f"reprise-run-{certificate.run}.zip"]


def test_the_metadata_name_the_paper_its_authors_its_licence_and_where_it_came_from(
    certificate: Certificate, archive: Archive
) -> None:
    sweep()
    said = archive.published[0]["metadata"]
    related = {(one["relation"], one["identifier"]) for one in said["related_identifiers"]}
    assert ("reviews", certificate.doi) in related
    assert any(relation == "isSupplementTo" and str(certificate.pk) in what for relation, what in related)
    assert any(relation == "isDerivedFrom" and "notebooks" in what for relation, what in related)
    assert said["contributors"] == [{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097", "type": "RelatedPerson"}]
    assert (said["license"], said["access_right"]) == ("cc-by-4.0", "open")
    assert said["communities"] == [{"identifier": "reproduced"}]


def test_the_doi_stands_in_the_record_and_on_the_page(
    certificate: Certificate, archive: Archive, anonymous: Client
) -> None:
    sweep()
    doi = archive.published[0]["doi"]
    stored = stored_record(f"certificate/{certificate.pk}")
    assert stored is not None
    assert stored.record is not None
    assert ("HasPart", doi) in [(one.relation, one.identifier.value) for one in stored.record.relations]
    assert doi in anonymous.get(certificate.get_absolute_url()).content.decode()


def test_what_is_deposited_is_not_deposited_again(certificate: Certificate, archive: Archive) -> None:
    sweep()
    assert sweep(times=3) == 0
    assert archive.asked == STRAIGHT


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        *((step, "lost") for step in range(len(STRAIGHT))),
        (0, "html"),
        (1, 500),
        (3, 502),
        (4, 429),
        (8, 503),
        (9, "html"),
    ],
)
def test_one_is_published_whatever_answer_is_lost(
    step: int, fault: int | str, certificate: Certificate, archive: Archive
) -> None:
    nth = STRAIGHT[:step].count(STRAIGHT[step])
    archive.faults[STRAIGHT[step]] = [*[""] * nth, fault]
    assert sweep(times=4) == 1
    assert len(archive.published) == 1
    assert archive.drafts == []
    assert Deposit.objects.get().doi == archive.published[0]["doi"]


def test_of_two_drafts_one_is_published_and_the_other_goes(certificate: Certificate, archive: Archive) -> None:
    archive.faults = {"POST depositions": ["lost"], "GET depositions": ["", "stale"]}
    assert sweep(times=3) == 1
    assert archive.asked.count("POST depositions") == 2
    assert (len(archive.published), archive.drafts) == (1, [])


def test_a_refused_token_is_told_and_nothing_is_made(certificate: Certificate, archive: Archive) -> None:
    archive.token = "another"
    assert sweep() == 0
    problem = Deposit.objects.get().problem
    assert problem is not None
    assert problem["id"] == "deposit-account"
    assert archive.depositions == {}


def test_who_may_edit_is_told_on_the_page_why_it_is_not_deposited(
    certificate: Certificate, archive: Archive, owner: Client, anonymous: Client
) -> None:
    Publication.objects.filter(doi=certificate.doi).update(licence="")
    expose_publication(Publication.objects.get(doi=certificate.doi))
    assert sweep() == 0
    assert archive.asked == []
    assert "names no licence" in owner.get(certificate.get_absolute_url()).content.decode()
    assert "names no licence" not in anonymous.get(certificate.get_absolute_url()).content.decode()


def test_a_file_that_came_otherwise_is_sent_again_before_anything_is_published(
    certificate: Certificate, archive: Archive
) -> None:
    archive.faults["PUT file"] = ["damaged"]
    assert sweep() == 0
    row = Deposit.objects.get()
    assert row.problem is not None
    assert (row.problem["id"], archive.published) == ("deposit-damaged", [])
    assert sweep() == 1
    assert archive.published[0]["files"][0]["checksum"] == Deposit.objects.get().md5


def test_a_pause_that_is_asked_for_is_kept(certificate: Certificate, archive: Archive) -> None:
    archive.faults["POST depositions"] = [429]
    deposit_wanted()
    assert Deposit.objects.get().next_at > database_now() + timedelta(minutes=50)
    assert deposit_wanted() == 0
    assert archive.asked == STRAIGHT[:2]


def test_a_bundle_that_is_too_large_is_not_sent(certificate: Certificate, archive: Archive, settings: Settings) -> None:
    settings.REPRISE_ZENODO = Depositing(True, archive.url, "secret", "", 10)
    assert sweep() == 0
    problem = Deposit.objects.get().problem
    assert problem is not None
    assert problem["id"] == "deposit-too-large"
    assert "PUT file" not in archive.asked


def test_what_is_no_longer_public_is_not_published_and_its_draft_goes(
    certificate: Certificate, archive: Archive
) -> None:
    archive.faults["POST publish"] = [500]
    sweep()
    assert len(archive.drafts) == 1
    Publication.objects.filter(doi=certificate.doi).update(state="draft")
    assert sweep(times=2) == 0
    assert archive.depositions == {}
    Publication.objects.filter(doi=certificate.doi).update(state="published")
    assert sweep(times=2) == 1


def test_what_was_published_before_it_was_withdrawn_stays_known(certificate: Certificate, archive: Archive) -> None:
    archive.faults["POST publish"] = ["lost"]
    sweep()
    Publication.objects.filter(doi=certificate.doi).update(state="draft")
    sweep()
    assert Deposit.objects.get().doi == archive.published[0]["doi"]


@pytest.mark.parametrize("changes", [{"is_demonstration": True}, {"state": "draft"}, {"state": "embargoed"}])
def test_what_is_not_public_or_a_demonstration_is_not_deposited(
    changes: dict[str, object], certificate: Certificate, archive: Archive
) -> None:
    more = {"embargo_until": "2090-01-01"} if changes.get("state") == "embargoed" else {}
    Publication.objects.filter(doi=certificate.doi).update(**changes, **more)
    assert sweep() == 0
    assert archive.asked == []


def test_a_draft_that_somebody_deleted_there_is_made_again(certificate: Certificate, archive: Archive) -> None:
    archive.faults["PUT file"] = [500]
    sweep()
    archive.depositions.clear()
    assert sweep(times=2) == 1


def test_a_second_good_run_is_not_deposited(certificate: Certificate, target: Target, archive: Archive) -> None:
    sweep()
    certified(target)
    assert sweep(times=2) == 0
    assert len(archive.depositions) == 1


def test_the_certificate_that_supersedes_becomes_a_new_version(
    certificate: Certificate, target: Target, archive: Archive
) -> None:
    sweep()
    later = certified(target)
    Certificate.objects.filter(pk=certificate.pk).update(superseded_by=later)
    archive.faults["POST newversion"] = ["lost"]
    assert sweep(times=2) == 1
    first, second = archive.published
    assert first["concept"] == second["concept"]
    assert [one["filename"] for one in second["files"]] == [f"reprise-run-{later.run}.zip"]
    assert archive.drafts == []


def test_a_good_run_after_a_revoked_one_becomes_a_new_version(
    certificate: Certificate, target: Target, archive: Archive
) -> None:
    sweep()
    Certificate.objects.filter(pk=certificate.pk).update(revoked_at=database_now(), revoked_why="A mistake.")
    certified(target)
    assert sweep() == 1
    assert len({one["concept"] for one in archive.published}) == 1


def test_a_bucket_of_another_host_gets_nothing(certificate: Certificate, archive: Archive) -> None:
    url, archive.url = archive.url, "http://127.0.0.1:9"
    assert sweep() == 0
    assert "PUT file" not in archive.asked
    assert url != archive.url


def test_nothing_is_deposited_unless_the_operator_wants_it(
    certificate: Certificate, archive: Archive, settings: Settings
) -> None:
    settings.REPRISE_ZENODO = Depositing()
    assert deposit_wanted() == 0
    assert (archive.asked, Deposit.objects.count()) == ([], 0)
