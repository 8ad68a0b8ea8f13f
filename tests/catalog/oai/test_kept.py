"""The XML that is kept of each record: what its formats write, no more and no less."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import exposure_shelf
from catalog.exposing import put_record, withdraw_record
from catalog.exposure.formats import XML_FORMATS
from catalog.exposure.harvested import FORMATS
from catalog.exposure.oai.written import write_form, write_forms
from catalog.models import ExposedRecord, ExposedXml
from catalog.this_site import this_site
from tests.catalog.exposure.golden import documents, suffix_of
from tests.catalog.oai.asking import Ask, identifiers
from tests.catalog.oai.records import make_full_record, make_record
from tests.catalog.oai.validation import texts

# Who changes what a format writes of the same record raises its VERSION, so that what is kept is written anew; then the
# digest of its golden files is changed here.
WRITTEN = {
    "oai_dc": (1, "a6bf3859d2433c91"),
    "oai_datacite": (1, "e2a030ab61ed7c66"),
    "datacite": (1, "8d30f194d9e43d60"),
    "oai_openaire": (1, "4293c2030f89cf67"),
    "ro_crate_link": (1, "511748ffc3ba1d5e"),
}


def test_a_format_that_writes_otherwise_has_another_version() -> None:
    digests = {one.NAME: hashlib.sha256() for one in XML_FORMATS}
    names = {one.SUFFIX: one.NAME for one in XML_FORMATS}
    for file, content in sorted(documents()):
        if (name := names.get(suffix_of(file))) is not None:
            digests[name].update(content)
    versions = {each.prefix: each.version for each in FORMATS.values()}
    assert {name: (versions[name], digest.hexdigest()[:16]) for name, digest in digests.items()} == WRITTEN


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(title=st.text(), description=st.text())
def test_what_is_kept_is_what_the_formats_write(title: str, description: str) -> None:
    put_record(make_full_record())
    put_record(record := make_record(7, title=title, description=description))
    kept = dict(ExposedXml.objects.filter(record__key=record.key).values_list("bit", "text"))
    assert kept == write_forms(record, this_site())
    assert sum(kept) == ExposedRecord.objects.get(key=record.key).formats


@pytest.mark.django_db
def test_nothing_is_kept_of_a_deleted_record() -> None:
    put_record(make_record())
    withdraw_record(make_record().key)
    assert not ExposedXml.objects.exists()


@pytest.mark.parametrize("prefix", FORMATS)
def test_a_record_of_which_no_xml_is_kept_is_written_when_it_is_asked_for(
    client: Client, db: None, prefix: str
) -> None:
    record = make_full_record()
    put_record(record)
    asked = {"verb": "ListRecords", "metadataPrefix": prefix}
    before = client.get("/oai", asked).content.decode()
    ExposedXml.objects.all().delete()
    after = client.get("/oai", asked).content.decode()
    assert write_form(record, FORMATS[prefix], this_site()) in before
    assert before.partition("<ListRecords>")[2] == after.partition("<ListRecords>")[2]


@pytest.mark.parametrize("spec", ["", "facility"])
def test_large_records_are_given_whole_and_cut_a_page_short(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    monkeypatch.setattr(exposure_shelf, "_LARGE_BYTES", 5_000)
    monkeypatch.setattr(exposure_shelf, "_MOST_BYTES", 25_000)
    for number in range(3):
        put_record(make_record(number, description=f"{number} is long. " * 1_000 if number != 1 else "short"))
    arguments = {"metadataPrefix": "oai_dc"} | ({"set": spec} if spec else {})
    root = ask(verb="ListRecords", **arguments)
    assert len(identifiers(root)) == 2
    assert [len(text) > 10_000 for text in texts(root, "//dc:description")] == [True, False]
