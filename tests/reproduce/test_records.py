"""Certificates as records, and how verdicts and certificates come to be shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from catalog.exposure.record import Record
from catalog.models import Target
from catalog.publishing import withdraw
from reproduce.issuing.issue import issue
from reproduce.issuing.statuses import revoke
from reproduce.models import Certificate
from reproduce.records import records_of
from tests.evidence import prove
from tests.reproduce.issuing.conftest import prove_with_environment
from tests.shelf import Shelf


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> None:
    settings.REPRISE_DATA = tmp_path


@pytest.fixture
def certificate(target: Target, shelf: Shelf) -> Certificate:
    """A certificate of Figure 1, issued while harvesters look on."""
    issued = issue(prove_with_environment(target).pk)
    assert issued is not None
    return issued


def key(certificate: Certificate) -> str:
    return f"certificate/{certificate.pk}"


def test_a_certificate_says_what_was_found_and_how_far_it_came(certificate: Certificate, shelf: Shelf) -> None:
    record = shelf[key(certificate)]
    assert record.title == "Figure 1 of “Silica spheres”: reproduced"
    assert "no human reviewed the science" in record.description
    (outcome,) = record.outcomes
    assert (outcome.verdict, outcome.rung, outcome.claim) == ("reproduced", certificate.rung, "Figure 1")
    assert outcome.url == record.url
    assert record.url.endswith(f"/certificates/{certificate.pk}")
    assert (record.valid_until, record.created_at) == (certificate.valid_until, certificate.issued_at)
    assert record.crate_url.endswith("/ro-crate-metadata.json")


def test_its_evidence_is_listed_with_digests_and_addresses(certificate: Certificate, shelf: Shelf) -> None:
    found = {one.path: one for one in shelf[key(certificate)].files}
    assert {"verdict.json", "executed.ipynb", "report.html"} <= set(found)
    assert len(found["verdict.json"].sha256) == 64
    assert found["verdict.json"].url.endswith(f"/runs/{certificate.run}/artefacts/verdict.json")


def test_it_reviews_notebooks_and_paper_which_say_so(certificate: Certificate, shelf: Shelf) -> None:
    doi = certificate.doi
    reviewed = {one for one in shelf.relations(key(certificate)) if one[0] == "Reviews"}
    assert reviewed == {("Reviews", f"publication/{doi}"), ("Reviews", f"notebooks/{doi}")}
    for other in (f"publication/{doi}", f"notebooks/{doi}"):
        assert ("IsReviewedBy", key(certificate)) in shelf.relations(other)
        assert shelf[other].updated_at >= certificate.issued_at


def test_it_has_the_crate_as_a_part_and_references_the_environment(certificate: Certificate, shelf: Shelf) -> None:
    said = dict(shelf.relations(key(certificate)))
    environment = f"environment/{'e' * 64}"
    assert said["HasPart"].endswith(f"/runs/{certificate.run}/crate.zip")
    assert said["References"] == environment
    assert ("IsReferencedBy", key(certificate)) in shelf.relations(environment)


def test_a_lower_certificate_obsoletes_the_one_before_both_ways(
    certificate: Certificate, target: Target, shelf: Shelf
) -> None:
    lower = issue(prove(target, verdict="failed").pk)
    assert lower is not None
    assert ("Obsoletes", key(certificate)) in shelf.relations(key(lower))
    assert ("IsObsoletedBy", key(lower)) in shelf.relations(key(certificate))
    assert shelf[key(certificate)].updated_at == lower.issued_at


def test_one_that_is_revoked_is_taken_back(certificate: Certificate, shelf: Shelf) -> None:
    assert revoke(certificate.pk, why="The data were wrong.")
    assert key(certificate) in shelf.withdrawn
    assert "IsReviewedBy" not in {relation for relation, _ in shelf.relations(f"publication/{certificate.doi}")}


def test_all_certificates_go_with_the_paper(certificate: Certificate, target: Target, shelf: Shelf) -> None:
    withdraw(target.publication, now=timezone.now())
    assert not shelf
    assert key(certificate) in shelf.withdrawn


def test_one_whose_run_and_target_are_gone_says_what_it_said(certificate: Certificate, target: Target) -> None:
    publication = target.publication
    target.delete()
    (record,) = list(records_of(publication))
    assert isinstance(record, Record)
    assert (record.title, record.files, record.crate_url) == ("A target of “Silica spheres”: reproduced", (), "")
    assert record.valid_until is not None
    assert record.valid_until > certificate.issued_at + timedelta(days=1)
