"""The audit log: what is written by whom, who reads it, and that the database itself keeps it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog.audit import SERVICE, forget_old, record
from catalog.models import AuditEntry, Publication
from catalog.publishing import release_embargoes
from catalog.tokens import make_token
from tests.personas import People, api_client


@pytest.fixture
def entry(db: None, settings: Settings) -> AuditEntry:
    """An entry that is kept for a day."""
    settings.REPRISE_AUDIT_DAYS = 1
    record("publication.edit", by=SERVICE, subject="Silica", doi="10.5072/silica")
    return AuditEntry.objects.get()


def test_the_database_refuses_to_change_an_entry(entry: AuditEntry) -> None:
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(account="someone else")


def test_the_database_refuses_to_delete_an_entry_before_its_time(entry: AuditEntry) -> None:
    with pytest.raises(DatabaseError, match="kept until its time"), transaction.atomic():
        entry.delete()
    assert forget_old(now=timezone.now()) == 0
    assert AuditEntry.objects.exists()


def test_an_entry_whose_time_is_over_is_forgotten(db: None, settings: Settings) -> None:
    settings.REPRISE_AUDIT_DAYS = 0
    record("publication.edit", by=SERVICE)
    assert forget_old(now=timezone.now() + timedelta(seconds=1)) == 1


def test_an_action_that_is_none_is_not_recorded(db: None) -> None:
    with pytest.raises(ValueError, match="no action"):
        record("publication.frobnicate", by=SERVICE)


def test_what_is_done_on_pages_is_recorded_with_the_account(owner: Client, draft: Publication, people: People) -> None:
    doi = draft.doi
    typed = {"title": "Other", "creators": "Olga Olsson"}
    acts: dict[str, tuple[str, dict[str, object]]] = {
        "publication.edit": (f"/edit/{doi}", typed),
        "repository.date": (f"/as-of/{doi}", {"as_of": "today"}),
        "repository.fetch": (f"/fetch/{doi}", {}),
        "run.request": (f"/reproduce/{doi}/figure-1", {}),
        "watch.set": (f"/watch/{doi}/figure-1", {"every_days": 7}),
        "watch.end": (f"/watch/{doi}/figure-1", {"every_days": 7, "is_over": "on"}),
        "publication.embargo": (f"/embargo/{doi}", {"until": (timezone.now() + timedelta(days=9)).date()}),
        "publication.publish": (f"/publish/{doi}", {}),
        "publication.withdraw": (f"/withdraw/{doi}", {}),
    }
    for action, (path, body) in acts.items():
        assert owner.post(path, body).status_code == 302
        entry = AuditEntry.objects.order_by("-pk")[0]
        assert (entry.action, entry.account, entry.via, entry.doi) == (action, "olga", "page", doi)


def test_what_a_program_does_is_recorded_with_its_token(people: People, publication: Publication) -> None:
    token, secret = make_token(
        people.owner, name="robot", scopes=["read", "run"], days=1, now=timezone.now(), by=SERVICE
    )
    client = api_client(None)
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    target = publication.targets.get(slug="figure-1")
    run = client.post(f"/api/v1/targets/{target.pk}/reproduce/").json()["id"]
    entry = AuditEntry.objects.get(action="run.request")
    assert (entry.account, entry.via, entry.via_id, entry.details) == ("olga", "token", token.pk, {"run": run})
    assert secret not in "".join(map(str, AuditEntry.objects.values_list("details", "subject")))


def test_a_visitor_without_an_account_leaves_no_name(anonymous: Client, publication: Publication) -> None:
    anonymous.post(f"/reproduce/{publication.doi}/figure-1")
    entry = AuditEntry.objects.get()
    assert (entry.account, entry.account_id, entry.via) == ("", None, "page")


def test_what_changed_nothing_is_not_recorded(owner: Client, publication: Publication) -> None:
    owner.post(f"/publish/{publication.doi}")
    assert not AuditEntry.objects.exists()


def test_a_release_is_recorded_as_done_by_this_service(embargoed: Publication) -> None:
    release_embargoes(now=timezone.now() + timedelta(days=9999))
    entry = AuditEntry.objects.get(action="publication.release")
    assert (entry.via, entry.account, entry.doi) == ("service", "", embargoed.doi)


def test_owners_read_what_was_done_to_their_papers_and_others_do_not(
    owner: Client, stranger: Client, curator: Client, anonymous: Client, publication: Publication
) -> None:
    curator.post(f"/withdraw/{publication.doi}")
    shown = [
        client.get("/audit").content.count(b"publication.withdraw</code>") for client in (owner, curator, stranger)
    ]
    assert shown == [1, 1, 0]
    assert anonymous.get("/audit").headers["Location"] == "/login?next=/audit"


def test_the_log_is_read_through_the_api(people: People, owner: Client, publication: Publication) -> None:
    owner.post(f"/withdraw/{publication.doi}")
    path = f"/api/v1/audit/?doi={publication.doi}&action=publication.withdraw"
    counts = [api_client(one).get(path).json()["count"] for one in (people.owner, people.curator, people.stranger)]
    assert counts == [1, 1, 0]
    assert api_client(None).get(path).status_code == 401
    one = api_client(people.owner).get(path).json()["results"][0]
    assert api_client(people.owner).delete(f"/api/v1/audit/{one['id']}/").status_code == 405
