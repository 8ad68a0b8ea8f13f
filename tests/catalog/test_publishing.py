"""Embargoes: who sets one, how long it lasts, and that its end needs nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from pytest_django import Settings

from catalog.causes import CausedError
from catalog.exposing import stored_record
from catalog.models import AuditEntry, Publication, Target
from catalog.publishing import embargo, publish, release_datasets, release_embargoes, withdraw

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)
LATER = date(2028, 3, 1)


def test_an_embargo_shows_the_metadata_and_keeps_the_rest_back(draft: Publication) -> None:
    assert embargo(draft, until=LATER, now=NOW)
    public = AnonymousUser()
    assert Publication.objects.visible_to(public).get() == draft
    assert not Publication.objects.open_to(public).exists()
    assert not Target.objects.visible_to(public).exists()


def test_an_embargo_is_released_on_its_day_and_not_before(draft: Publication) -> None:
    embargo(draft, until=LATER, now=NOW)
    assert release_embargoes(now=datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)) == 0
    assert release_embargoes(now=datetime(2028, 3, 1, tzinfo=UTC)) == 1
    draft.refresh_from_db()
    assert (draft.state, draft.embargo_until) == ("published", LATER)
    assert release_embargoes(now=datetime(2028, 3, 1, tzinfo=UTC)) == 0


def test_a_release_leaves_one_alone_that_was_given_a_later_day_or_withdrawn(draft: Publication) -> None:
    embargo(draft, until=LATER, now=NOW)
    embargo(draft, until=LATER + timedelta(days=1), now=NOW)
    assert release_embargoes(now=datetime(2028, 3, 1, tzinfo=UTC)) == 0
    withdraw(draft, now=NOW)
    assert release_embargoes(now=datetime(2029, 3, 1, tzinfo=UTC)) == 0
    assert draft.state == "draft"


@pytest.mark.parametrize("until", [NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=1097)])
def test_an_embargo_ends_after_today_and_within_three_years(until: date, draft: Publication) -> None:
    with pytest.raises(CausedError, match="cannot be") as error:
        embargo(draft, until=until, now=NOW)
    assert error.value.cause.id == "embargo-out-of-range"
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_later_day_counts_from_when_the_embargo_began(draft: Publication) -> None:
    embargo(draft, until=LATER, now=NOW)
    after = NOW + timedelta(days=300)
    latest = (NOW + timedelta(days=1096)).date()
    assert embargo(draft, until=latest, now=after)
    with pytest.raises(CausedError):
        embargo(draft, until=latest + timedelta(days=1), now=after)


def test_the_operator_says_how_long_an_embargo_lasts(draft: Publication, settings: Settings) -> None:
    settings.REPRISE_EMBARGO_DAYS = 10
    assert embargo(draft, until=NOW.date() + timedelta(days=10), now=NOW)
    with pytest.raises(CausedError):
        embargo(draft, until=NOW.date() + timedelta(days=11), now=NOW)


def test_what_is_public_is_not_put_under_embargo(publication: Publication) -> None:
    with pytest.raises(CausedError) as error:
        embargo(publication, until=LATER, now=NOW)
    assert error.value.cause.id == "embargo-too-late"


def test_what_claims_nothing_is_not_put_under_embargo(draft: Publication) -> None:
    draft.targets.update(state=Target.State.PROPOSED)
    with pytest.raises(CausedError) as error:
        embargo(draft, until=LATER, now=NOW)
    assert error.value.cause.id == "no-targets"


def test_an_embargo_can_be_lifted_before_its_day(draft: Publication) -> None:
    embargo(draft, until=LATER, now=NOW)
    assert publish(draft, now=NOW)
    assert draft.state == "published"


def test_the_database_refuses_an_embargo_without_an_end(draft: Publication) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.filter(pk=draft.pk).update(state="embargoed")


def test_embargoed_data_are_opened_on_their_day_and_not_before(publication: Publication) -> None:
    data = publication.datasets.create(doi="10.5072/data", title="Data", access="embargoed", embargo_until=LATER)
    publication.datasets.create(doi="10.5072/closed", title="Closed", access="restricted", embargo_until=LATER)
    publication.datasets.create(doi="10.5072/endless", title="Endless", access="embargoed")
    assert release_datasets(now=datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)) == 0
    assert release_datasets(now=datetime(2028, 3, 1, tzinfo=UTC)) == 1
    assert release_datasets(now=datetime(2028, 3, 1, tzinfo=UTC)) == 0
    data.refresh_from_db()
    assert data.access == "open"
    shown = stored_record("dataset/10.5072/data")
    assert shown is not None
    assert shown.record is not None
    assert shown.record.access == "open"
    assert AuditEntry.objects.get(action="dataset.release").subject
