"""What harvesters are shown follows what is known: shown, changed, taken back, together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from catalog.expose import expose_dataset, expose_or_log, expose_publication
from catalog.exposure.record import Record
from catalog.models import Dataset, Evidence, Facility, Publication, RecordReason, Target
from catalog.publishing import publish, withdraw
from catalog.registration import edit_publication, edit_target, save_targets
from tests.catalog.test_registration import draft_of, prove
from tests.personas import People, make_publication
from tests.shelf import Shelf


@pytest.fixture
def dataset(publication: Publication) -> Dataset:
    made = Dataset.objects.create(doi="10.5072/data", title="Curves")
    made.publications.add(publication)
    return made


def described(publication: Publication) -> dict[str, object]:
    names = ("title", "creators", "published_on", "venue", "licence", "abstract", "language", "facility")
    return {name: getattr(publication, name) for name in names} | {
        "subjects": [],
        "funding": [],
        "techniques": [],
        "instruments": [],
    }


def test_publishing_shows_all_records_and_withdrawing_takes_all_back(draft: Publication, shelf: Shelf) -> None:
    expose_publication(draft)
    assert shelf == {}
    publish(draft, now=timezone.now())
    keys = {f"publication/{draft.doi}", f"notebooks/{draft.doi}"}
    assert set(shelf) == keys
    withdraw(draft, now=timezone.now())
    assert (shelf, shelf.withdrawn) == ({}, keys)
    publish(draft, now=timezone.now())
    assert set(shelf) == keys


def test_showing_twice_changes_nothing(publication: Publication, dataset: Dataset, shelf: Shelf) -> None:
    expose_publication(publication)
    changes = shelf.changes
    expose_publication(publication)
    assert shelf.changes == changes == 3


def test_every_relation_between_two_records_is_told_both_ways(
    publication: Publication, dataset: Dataset, shelf: Shelf
) -> None:
    expose_publication(publication)
    paper, notebooks = f"publication/{publication.doi}", f"notebooks/{publication.doi}"
    assert shelf.relations(paper) == {("References", "dataset/10.5072/data"), ("IsSupplementedBy", notebooks)}
    assert shelf.relations("dataset/10.5072/data") == {
        ("IsReferencedBy", paper),
        ("IsReferencedBy", notebooks),
        ("IsRequiredBy", notebooks),
    }
    assert ("IsSupplementTo", paper) in shelf.relations(notebooks)


def test_what_an_author_changes_is_shown(publication: Publication, shelf: Shelf) -> None:
    edit_publication(publication, **{**described(publication), "title": "Silica again"})  # type: ignore[arg-type]  # by name
    assert shelf[f"publication/{publication.doi}"].title == "Silica again"
    assert shelf[f"notebooks/{publication.doi}"].title == "Notebooks of “Silica again”"


def test_a_verdict_is_shown_with_the_notebooks_and_goes_with_its_claim(target: Target, shelf: Shelf) -> None:
    key = f"notebooks/{target.publication.doi}"
    prove(target)
    assert [(one.verdict, one.claim) for one in shelf[key].outcomes] == [("identical", "Figure 1")]
    assert shelf[key].updated_at >= target.current_evidence.seen_at  # type: ignore[union-attr]  # it was proven
    edit_target(target, draft=replace(draft_of(target), rtol=0.5))
    assert shelf[key].outcomes == ()


def test_targets_that_are_saved_are_shown(publication: Publication, shelf: Shelf) -> None:
    prove(publication.targets.get(slug="figure-1"))
    drafts = [replace(draft_of(publication.targets.get(slug="figure-1")), label="Fig. 1")]
    save_targets(publication, drafts=drafts)
    assert [one.claim for one in shelf[f"notebooks/{publication.doi}"].outcomes] == ["Fig. 1"]


def test_data_that_two_share_stay_until_the_last_goes(
    people: People, publication: Publication, dataset: Dataset, shelf: Shelf
) -> None:
    other = make_publication(people.owner, doi="10.5072/other")
    dataset.publications.add(other)
    expose_publication(publication)
    expose_publication(other)
    withdraw(other, now=timezone.now())
    assert f"publication/{other.doi}" not in {one.key for one in shelf["dataset/10.5072/data"].relations}
    withdraw(publication, now=timezone.now())
    assert "dataset/10.5072/data" in shelf.withdrawn
    assert not RecordReason.objects.exists()


def test_a_dataset_that_changes_is_shown(publication: Publication, dataset: Dataset, shelf: Shelf) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(title="Other curves")
    expose_dataset(dataset)
    assert shelf["dataset/10.5072/data"].title == "Other curves"
    assert "Other curves" in {one.title for one in shelf[f"publication/{publication.doi}"].relations}


def _broken(_publication: Publication) -> Iterator[Record]:
    raise ValueError("a fault of ours")
    yield


def test_a_fault_in_a_record_keeps_no_verdict_off_the_record(target: Target, shelf: Shelf, settings: Settings) -> None:
    settings.REPRISE_RECORDS = ("catalog.records.records_of", f"{__name__}._broken")
    prove(target)
    assert Evidence.objects.get(target=target).verdict == "identical"
    assert not RecordReason.objects.exists()
    expose_or_log(target.publication)
    with pytest.raises(ValueError, match="a fault of ours"):
        expose_publication(target.publication)


def test_the_command_shows_everything_goes_on_behind_a_number_and_names_what_cannot_be_told(
    publication: Publication, draft: Publication, dataset: Dataset, shelf: Shelf, settings: Settings
) -> None:
    out, errors = StringIO(), StringIO()
    call_command("expose", stdout=out)
    assert "2 publications exposed, 0 could not be; 0 records of deleted ones withdrawn." in out.getvalue()
    assert len(shelf) == 3
    call_command("expose", "--after", str(draft.pk), stdout=out)
    assert "0 publications exposed" in out.getvalue()
    settings.REPRISE_RECORDS = (f"{__name__}._broken",)
    with pytest.raises(CommandError, match="2 of 2"):
        call_command("expose", stdout=out, stderr=errors)
    assert f"{publication.pk}: ValueError: a fault of ours" in errors.getvalue()


def test_the_command_takes_back_what_a_deleted_publication_leaves(publication: Publication, shelf: Shelf) -> None:
    expose_publication(publication)
    publication.delete()
    assert shelf
    call_command("expose", stdout=StringIO())
    assert not shelf


def test_a_facility_that_was_renamed_is_shown_by_the_command(publication: Publication, shelf: Shelf) -> None:
    Facility.objects.update(name="New Source")
    call_command("expose", stdout=StringIO())
    assert {one.facility.name for one in shelf.values() if one.facility} == {"New Source"}
