"""The evidence of one certificate is deposited because somebody who may edit the paper asks for it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from catalog.clock import database_now
from catalog.depositing_account import Depositing
from catalog.expose import expose_publication
from catalog.models import AuditEntry, Deposit, Publication, Target
from reproduce.deposit_sweep import deposit_wanted
from reproduce.models import Certificate
from tests.evidence import certify
from tests.reproduce.zenodo_server import Archive, running

BUTTON = "Deposit its evidence at Zenodo"


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """A Zenodo on loopback, and this service as one of its accounts."""
    with running(Archive()) as running_archive:
        settings.REPRISE_ZENODO = Depositing(True, running_archive.url, "secret", "", 1 << 20)
        yield running_archive


def certified(target: Target) -> Certificate:
    Publication.objects.filter(pk=target.publication_id).update(licence="CC-BY-4.0")
    issued = certify(target)
    expose_publication(Publication.objects.get(pk=target.publication_id))
    return issued


@pytest.fixture
def failed(target: Target) -> Certificate:
    """A certificate of a run that is not good, which the sweep alone would not deposit."""
    issued = certified(target)
    Certificate.objects.filter(pk=issued.pk).update(verdict="failed")
    issued.refresh_from_db()
    return issued


def ask(client: Client, certificate: Certificate) -> int:
    return client.post(f"/certificates/{certificate.pk}/deposit").status_code


def command(certificate: object) -> str:
    said = io.StringIO()
    call_command("certificates", "deposit", str(certificate), stdout=said)
    return said.getvalue()


def test_who_may_edit_asks_on_the_page_and_the_sweep_deposits_it_once(
    failed: Certificate, archive: Archive, owner: Client
) -> None:
    assert deposit_wanted() == 0
    assert BUTTON in owner.get(failed.get_absolute_url()).content.decode()
    assert [ask(owner, failed), ask(owner, failed)] == [302, 302]
    page = owner.get(failed.get_absolute_url()).content.decode()
    assert BUTTON not in page
    assert "<dt>Deposit at Zenodo</dt><dd>wanted" in page
    assert deposit_wanted() == 1
    assert ask(owner, failed) == 302
    assert deposit_wanted() == 0
    assert archive.published[0]["doi"] in owner.get(failed.get_absolute_url()).content.decode()
    entry = AuditEntry.objects.get(action="deposit.ask")
    assert (entry.account, entry.doi, entry.details) == ("olga", failed.doi, {"certificate": str(failed.pk)})


def test_nobody_else_is_shown_the_button_or_may_ask(
    failed: Certificate, archive: Archive, reader: Client, anonymous: Client
) -> None:
    for client, status in ((reader, 404), (anonymous, 302)):
        assert BUTTON not in client.get(failed.get_absolute_url()).content.decode()
        assert ask(client, failed) == status
    assert not Deposit.objects.exists()


def test_where_the_operator_turned_it_off_there_is_no_button_and_the_reason_is_said(
    failed: Certificate, owner: Client
) -> None:
    assert BUTTON not in owner.get(failed.get_absolute_url()).content.decode()
    answer = owner.post(f"/certificates/{failed.pk}/deposit")
    assert (answer.status_code, b"this service deposits nothing" in answer.content) == (409, True)
    with pytest.raises(CommandError, match="this service deposits nothing"):
        command(failed.pk)
    assert not Deposit.objects.exists()


@pytest.mark.parametrize(
    ("of_publication", "of_certificate", "reason"),
    [
        ({"state": "draft"}, {}, "its publication is not public"),
        ({"is_demonstration": True}, {}, "made for demonstration"),
        ({}, {"revoked_why": "A mistake."}, "it is revoked"),
        ({}, {"target": None}, "its target is no more"),
    ],
)
def test_what_cannot_be_deposited_is_refused_with_the_reason_and_has_no_button(
    of_publication: dict[str, object],
    of_certificate: dict[str, object],
    reason: str,
    failed: Certificate,
    archive: Archive,
    owner: Client,
) -> None:
    Publication.objects.filter(doi=failed.doi).update(**of_publication)
    revoked = {"revoked_at": database_now()} if "revoked_why" in of_certificate else {}
    Certificate.objects.filter(pk=failed.pk).update(**of_certificate, **revoked)
    if "target" not in of_certificate:
        assert BUTTON not in owner.get(failed.get_absolute_url()).content.decode()
    with pytest.raises(CommandError, match=reason):
        command(failed.pk)
    assert not Deposit.objects.exists()


def test_only_the_newest_certificate_is_deposited_as_a_new_version_of_the_one_before(
    target: Target, archive: Archive, owner: Client
) -> None:
    first = certified(target)
    command(first.pk)
    later = certified(target)
    assert ask(owner, first) == 302
    command(later.pk)
    assert len({one["concept"] for one in archive.published}) == 1
    assert [one["files"][0]["filename"] for one in archive.published] == [
        f"reprise-run-{one.run}.zip" for one in (first, later)
    ]
    certified(target)
    Deposit.objects.filter(key=f"certificate/{later.pk}").delete()
    with pytest.raises(CommandError, match="a newer certificate"):
        command(later.pk)


def test_the_next_is_not_asked_for_before_the_one_before_is_published(target: Target, archive: Archive) -> None:
    first = certified(target)
    archive.faults["POST publish"] = [503]
    with pytest.raises(CommandError, match="looked at again"):
        command(first.pk)
    later = certified(target)
    with pytest.raises(CommandError, match="not yet published"):
        command(later.pk)
    assert Deposit.objects.count() == 1


def test_the_command_deposits_at_once_and_says_where_it_is(
    failed: Certificate, archive: Archive, anonymous: Client
) -> None:
    doi = command(failed.pk).strip().rpartition("https://doi.org/")[2]
    assert [doi] == [one["doi"] for one in archive.published]
    assert doi in command(failed.pk)
    assert len(archive.published) == 1
    assert doi in anonymous.get(failed.get_absolute_url()).content.decode()
    assert AuditEntry.objects.get(action="deposit.ask").via == "service"


def test_the_command_says_why_it_is_not_done_and_when_it_is_tried_again(failed: Certificate, archive: Archive) -> None:
    archive.token = "another"
    with pytest.raises(CommandError, match=r"does not let this service deposit.* It is looked at again at 20"):
        command(failed.pk)
    with pytest.raises(CommandError, match="does not let this service deposit"):
        command(failed.pk)
    assert archive.depositions == {}


def test_the_command_refuses_what_is_no_certificate(archive: Archive, db: None) -> None:
    with pytest.raises(CommandError, match="no such certificate"):
        command("00000000-0000-0000-0000-000000000000")
