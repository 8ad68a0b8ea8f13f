"""The details of datasets: looked up by a worker, kept beside what is on record, found again when lost."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from catalog import dataset_details as details
from catalog import tasks
from catalog.dataset_details import look_up_details, lost_after
from catalog.described import (
    facility_told,
    instrument_drafts_told,
    instruments_told,
    known_facility,
    techniques_told,
)
from catalog.exposure.record import Instrument, Organisation, Subject
from catalog.finding import Wish, find
from catalog.models import Dataset, Facility, LookUp, Publication
from catalog.models import Instrument as RecordedInstrument
from catalog.queue import request_look_up, request_look_ups
from catalog.sources import DatasetFacts, Known
from catalog.sources.merging import Merged
from catalog.sweep import sweep_look_ups
from tests.catalog.sources.serving import ZENODO_DATA, Sources, fixture, sources
from tests.shelf import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def served(settings: Settings) -> Iterator[Sources]:
    """All sources, as those of this installation."""
    with sources() as running:
        url = running.host.url
        settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
        settings.REPRISE_DOI_URL, settings.REPRISE_CROSSREF_URL = f"{url}/doi", f"{url}/crossref"
        settings.REPRISE_DATACITE_URL = f"{url}/datacite"
        settings.REPRISE_METADATA = dataclasses.replace(
            settings.REPRISE_METADATA,
            zenodo=f"{url}/zenodo",
            github=f"{url}/github",
            pause_ms=0,
            cache_bytes=0,
            timeout_s=10,
        )
        yield running


@pytest.fixture
def dataset(publication: Publication) -> Dataset:
    """A dataset of which only the DOI is known."""
    dataset = Dataset.objects.create(doi=ZENODO_DATA, title=ZENODO_DATA)
    dataset.publications.add(publication)
    return dataset


def looked_up(dataset: Dataset) -> LookUp:
    request_look_up(dataset)
    look_up_details(LookUp.objects.get(dataset=dataset).pk)
    dataset.refresh_from_db()
    return LookUp.objects.get(dataset=dataset)


def test_a_look_up_fills_in_what_is_not_known(served: Sources, dataset: Dataset) -> None:
    look_up = looked_up(dataset)
    assert look_up.state == LookUp.State.DONE
    assert (dataset.title, dataset.access) == ("Images of broken pots", "open")
    assert dataset.url == "https://zenodo.org/records/99000002"
    assert dataset.files[0] == {
        "path": "pots.h5",
        "size_bytes": 1048576,
        "md5": "0123456789abcdef0123456789abcdef",
        "url": dataset.files[0]["url"],
    }
    assert dataset.files[0]["url"].startswith("http")
    assert look_up.found["provenance"]["files"] == "Zenodo"
    assert look_up.found["facts"]["creators"][0]["orcid"] == "0000-0002-1825-0097"


def test_a_look_up_keeps_what_describes_the_data_and_shows_it_to_harvesters(
    served: Sources, dataset: Dataset, shelf: Shelf
) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(version="mine", published_on=date(2020, 1, 1))
    before = dataset.updated_at
    looked_up(dataset)
    assert dataset.creators[0]["orcid"] == "0000-0002-1825-0097"
    assert dataset.licence
    assert (dataset.version, dataset.published_on) == ("mine", date(2020, 1, 1))
    assert dataset.updated_at > before
    assert shelf[f"dataset/{dataset.doi}"].title == "Images of broken pots"
    changed_at = dataset.updated_at
    looked_up(dataset)
    assert dataset.updated_at == changed_at


def test_techniques_of_a_source_are_those_on_record_that_panet_names(dataset: Dataset) -> None:
    iri = "http://purl.org/pan-science/PaNET/"
    told = (Subject("SANS", f"{iri}PaNET01189"), Subject("new", f"{iri}PaNET99999"), Subject("tasting"))
    facts = DatasetFacts(title="D", techniques=told)
    assert [one.panet_id for one in techniques_told(facts)] == ["PaNET01189"]


FACTS = DatasetFacts(
    title="D",
    facility=Organisation("The Source", "https://ror.org/02550n020"),
    instruments=(
        Instrument("id 19", "doi:10.5072/ID19"),
        Instrument("bm05", "no identifier"),
        Instrument("unheard | of"),
    ),
)


@pytest.mark.parametrize(
    ("name", "ror", "is_known"),
    [
        ("Another name", "https://ror.org/02550n020", True),
        ("the source", "", True),
        ("Another name", "", False),
    ],
)
def test_the_facility_and_the_instruments_of_a_source_are_those_on_record(
    name: str, ror: str, is_known: bool, dataset: Dataset
) -> None:
    facility = Facility.objects.create(slug="the-source", name=name, ror=ror)
    by_pid = RecordedInstrument.objects.create(name="ID19", pid="10.5072/id19")
    at_it = RecordedInstrument.objects.create(name="BM05", facility=facility)
    assert facility_told(FACTS) == (facility if is_known else None)
    assert instruments_told(FACTS) == ([by_pid, at_it] if is_known else [by_pid])
    drafts = [(one.name, one.pid) for one in instrument_drafts_told((FACTS, FACTS))]
    assert drafts == [("ID19", "10.5072/id19"), ("bm05", ""), ("unheard   of", "")]


def test_of_several_facilities_none_is_taken_and_a_ror_goes_before_a_name(dataset: Dataset) -> None:
    one = Facility.objects.create(slug="one", name="One", ror="https://ror.org/02550n020")
    Facility.objects.create(slug="two", name="Two")
    assert known_facility([Organisation("One"), Organisation("Two")]) is None
    assert known_facility([Organisation("Two", "https://ror.org/02550n020")]) == one
    assert known_facility([]) is None


def test_a_look_up_keeps_where_the_data_were_taken_and_nothing_over_what_is_on_record(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    facility = Facility.objects.create(slug="the-source", name="The source")
    instrument = RecordedInstrument.objects.create(name="BM05", facility=facility)
    found = Merged(dataclasses.replace(FACTS, doi=dataset.doi), {}, ())
    known = Known(dataset.doi, None, (found,), (), (), 1)
    monkeypatch.setattr(details, "look_up_all", lambda *_, **__: known)
    looked_up(dataset)
    assert (dataset.facility, list(dataset.instruments.all())) == (facility, [instrument])
    other = Facility.objects.create(slug="other", name="Other")
    Dataset.objects.filter(pk=dataset.pk).update(facility=other)
    looked_up(dataset)
    assert dataset.facility == other


def test_a_publication_is_found_by_the_title_that_its_data_turned_out_to_have(
    served: Sources, dataset: Dataset, publication: Publication
) -> None:
    looked_up(dataset)
    assert list(find(AnonymousUser(), Wish(text="broken pots"))) == [publication]


def test_what_is_on_record_stays_and_other_files_are_a_note(served: Sources, dataset: Dataset) -> None:
    own = [{"path": "mine.h5", "size_bytes": 5, "sha256": "a" * 64}]
    Dataset.objects.filter(pk=dataset.pk).update(files=own, access="restricted", title="Mine")
    look_up = looked_up(dataset)
    assert (dataset.files, dataset.access, dataset.title) == (own, "restricted", "Mine")
    assert "The files that the source lists now are not those on record, which were kept." in look_up.notes


def test_a_source_that_does_not_answer_leaves_a_cause_and_what_was_known(served: Sources, dataset: Dataset) -> None:
    looked_up(dataset)
    served.serve("/zenodo/api/records/99000002", b"", 500)
    look_up = looked_up(dataset)
    assert look_up.state == LookUp.State.FAILED
    assert look_up.cause["id"] in {"doi-unknown", "metadata-unreachable"}
    assert look_up.found["facts"]["title"] == "Images of broken pots"
    assert len(dataset.files) == 2


def test_a_fault_of_ours_ends_the_look_up_with_a_cause(
    dataset: Dataset, served: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("catalog.dataset_details.look_up_all", break_down)
    assert looked_up(dataset).cause["id"] == "internal-error"


def test_datasets_of_a_publication_are_asked_for_once(
    dataset: Dataset, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert request_look_ups(publication) == 1
    assert request_look_ups(publication) == 0
    assert not request_look_up(dataset)


def test_a_look_up_is_done_by_one_worker_alone(served: Sources, dataset: Dataset) -> None:
    request_look_up(dataset)
    LookUp.objects.update(state=LookUp.State.ASKING, asked_at=timezone.now())
    look_up_details(LookUp.objects.get().pk)
    assert served.host.requests == []


def test_a_worker_is_told_when_the_request_is_committed(
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    told: list[str] = []
    monkeypatch.setattr("catalog.queue.wake", lambda task, key: told.append(f"{task.name} {key}"))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture
        request_look_up(dataset)
    assert told == [f"{tasks.look_up_dataset.name} {LookUp.objects.get().pk}"]


def test_a_look_up_that_was_lost_is_sent_again(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    def wake_each(_task: object, keys: list[int]) -> list[int]:
        told.extend(keys)
        return keys

    monkeypatch.setattr("catalog.sweep.wake_each", wake_each)
    request_look_up(dataset)
    now = timezone.now()
    assert sweep_look_ups(now=now) == 0
    LookUp.objects.update(state=LookUp.State.ASKING, asked_at=now, requested_at=now)
    assert sweep_look_ups(now=now + lost_after() / 2) == 0
    assert sweep_look_ups(now=now + lost_after() + timedelta(minutes=5)) == 1
    assert LookUp.objects.get().state == LookUp.State.REQUESTED
    assert told == [LookUp.objects.get().pk]


def test_refreshing_asks_for_those_that_were_not_asked_for_long(served: Sources, dataset: Dataset) -> None:
    out = StringIO()
    call_command("refresh_metadata", stdout=out)
    assert out.getvalue().splitlines() == [f"{ZENODO_DATA}  done", "1 of 1 datasets are up to date."]
    out = StringIO()
    call_command("refresh_metadata", stdout=out)
    assert out.getvalue() == "0 of 0 datasets are up to date.\n"
    out = StringIO()
    call_command("refresh_metadata", ZENODO_DATA, stdout=out)
    assert "1 of 1" in out.getvalue()


def test_refreshing_says_what_failed_and_ends_with_an_error(served: Sources, dataset: Dataset) -> None:
    served.serve("/zenodo/api/records/99000002", b"", 500)
    out = StringIO()
    with pytest.raises(CommandError, match="None of them"):
        call_command("refresh_metadata", stdout=out)
    assert out.getvalue().startswith(f"{ZENODO_DATA}  failed: ")


@pytest.mark.parametrize(("doi", "message"), [("10.5072/nobody", "no dataset"), ("nonsense", "is not a DOI")])
def test_refreshing_what_is_not_there_is_an_error(doi: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("refresh_metadata", doi)


def test_the_command_says_what_is_known_and_who_said_it(served: Sources) -> None:
    out = StringIO()
    call_command("lookup", ZENODO_DATA, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Publication"
    assert "  title: Toward a Unified Theory of Broken Pots  (Crossref)" in lines
    assert "    pots.h5, 1048576 bytes, md5 0123456789abcdef0123456789abcdef" in lines
    assert "    Josiah Carberry, 0000-0002-1825-0097, Brown University" in lines
    assert lines[-1].endswith("questions asked.")


def test_the_command_gives_everything_as_json(served: Sources) -> None:
    out = StringIO()
    call_command("lookup", ZENODO_DATA, "--json", "--alone", stdout=out)
    said = json.loads(out.getvalue())
    assert said["publication"] is None
    assert said["datasets"][0]["facts"]["title"] == "Images of broken pots"


def test_the_command_says_in_one_line_why_nothing_is_known(served: Sources) -> None:
    with pytest.raises(CommandError, match="No registration agency knows the DOI"):
        call_command("lookup", "10.5555/nobody")


def test_the_answers_of_sources_are_kept_and_confirmed(served: Sources, dataset: Dataset, settings: Settings) -> None:
    settings.REPRISE_METADATA = dataclasses.replace(settings.REPRISE_METADATA, cache_bytes=2**20)
    body = fixture("zenodo/99000002.json")
    served.host.answers["/zenodo/api/records/99000002"] = [(200, {"ETag": '"1"'}, body), (304, {}, b"")]
    looked_up(dataset)
    assert looked_up(dataset).state == LookUp.State.DONE
    asked = [headers for path, headers in served.host.requests if path.startswith("/zenodo")]
    assert [headers.get("if-none-match") for headers in asked] == [None, '"1"']
