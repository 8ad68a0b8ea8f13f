"""Identifiers: every written form leads to one, and what is none says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.causes import CausedError
from catalog.identifiers import (
    IdentifierError,
    doi_url,
    is_doi,
    panet_iri,
    parse_doi,
    parse_orcid,
    parse_ror,
    target_slug,
)


@pytest.mark.parametrize(
    "text",
    [
        "10.1063/1.4962726",
        "  10.1063/1.4962726\n",
        "doi:10.1063/1.4962726",
        "DOI: 10.1063/1.4962726",
        "info:doi/10.1063/1.4962726",
        "urn:doi:10.1063/1.4962726",
        "https://doi.org/10.1063/1.4962726",
        "http://dx.doi.org/10.1063/1.4962726",
        "HTTPS://WWW.DOI.ORG/10.1063/1.4962726",
        "doi.org/10.1063/1.4962726",
        "https://doi.org/10.1063%2F1.4962726",
        "10.1063%2f1.4962726",
        "https://doi.org/10.1063/1.4962726?utm_source=x#abstract",
        "10.1063/1.4962726.",
    ],
)
def test_every_written_form_of_a_doi_leads_to_one(text: str) -> None:
    assert parse_doi(text) == "10.1063/1.4962726"


def test_a_doi_is_folded_to_lower_case_in_ascii_only() -> None:
    assert parse_doi("10.5555/ABC.Ä") == "10.5555/abc.Ä"


def test_old_dois_with_brackets_and_angles_are_kept() -> None:
    old = "10.1002/(sici)1096-8644(199601)99:1<1::aid-ajpa1>3.0.co;2-1"
    assert parse_doi(old.upper()) == old
    assert parse_doi(doi_url(old)) == old


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "11.1063/1.4962726",
        "10.1063",
        "10.1063/",
        "10.106/x",
        "10.1063/a b",
        "10.1063/a\u202eb",
        "10.1063/a\x00b",
        "10.5555/../../admin",
        "10.5555/.",
        "https://evil.org/10.1063/1.4962726",
        "https://doi.org@evil.org/10.1063/1.4962726",
        "https://doi.org.evil.org/10.1063/1",
        "https://[/10.1063/1",
        "javascript:10.1063/1",
        "10.5555/" + "x" * 300,
    ],
)
def test_what_is_no_doi_is_refused_with_its_cause(text: str) -> None:
    assert not is_doi(text)
    with pytest.raises(CausedError) as refusal:
        parse_doi(text)
    assert refusal.value.cause.id == "doi-malformed"
    assert refusal.value.cause.fault == "visitor"
    assert refusal.value.cause.message.isprintable()


@given(st.text(max_size=60))
def test_any_text_is_a_doi_or_a_caused_error(text: str) -> None:
    try:
        doi = parse_doi(text)
    except IdentifierError:
        return
    assert parse_doi(doi) == doi


@pytest.mark.parametrize(
    "text",
    [
        "0000-0002-1825-0097",
        "0000000218250097",
        " https://orcid.org/0000-0002-1825-0097 ",
        "http://orcid.org/0000-0002-1825-0097/",
    ],
)
def test_every_written_form_of_an_orcid_leads_to_one(text: str) -> None:
    assert parse_orcid(text) == "0000-0002-1825-0097"


def test_an_orcid_may_end_in_x() -> None:
    assert parse_orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"


@pytest.mark.parametrize(
    "text", ["0000-0002-1825-0098", "0000-0002-1694-2330", "0000-0002-1825", "０000-0002-1825-0097"]
)
def test_an_orcid_with_a_wrong_checksum_or_shape_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_orcid(text)
    assert refusal.value.cause.id == "orcid-malformed"


@pytest.mark.parametrize("text", ["01zy2cs03", "ror.org/01ZY2CS03", "https://ror.org/01zy2cs03"])
def test_every_written_form_of_a_ror_id_leads_to_its_address(text: str) -> None:
    assert parse_ror(text) == "https://ror.org/01zy2cs03"


@pytest.mark.parametrize("text", ["01zy2cs04", "01zy2cs0", "https://ror.org/", "01zu2cs03"])
def test_a_ror_id_with_a_wrong_checksum_or_shape_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_ror(text)
    assert refusal.value.cause.id == "ror-malformed"


@pytest.mark.parametrize("text", ["PaNET01168", "panet:01168", "01168", "http://purl.org/pan-science/PaNET/PaNET01168"])
def test_a_technique_is_named_by_its_iri(text: str) -> None:
    assert panet_iri(text) == "http://purl.org/pan-science/PaNET/PaNET01168"


def test_a_technique_that_is_none_is_refused() -> None:
    with pytest.raises(IdentifierError) as refusal:
        panet_iri("SAXS")
    assert refusal.value.cause.id == "technique-malformed"


@pytest.mark.parametrize(
    ("label", "slug"),
    [("Figure 3a", "figure-3a"), ("Fig. 9(b)", "fig-9-b"), ("Tröpfchen", "tropfchen"), ("A" * 90, "a" * 60)],
)
def test_a_slug_is_plain_and_short(label: str, slug: str) -> None:
    assert target_slug(label) == slug


def test_a_label_without_latin_letters_still_has_a_slug_of_its_own() -> None:
    assert target_slug("図") != target_slug("表")
    assert target_slug("図").startswith("target-")
