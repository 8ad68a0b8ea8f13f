"""The PaNOSC Search API's answers: filters in LoopBack's notation on records of the catalogue."""

from __future__ import annotations

import itertools
import json
import time
from contextlib import nullcontext, suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from catalog.exposure.panosc.answers import count, find, show
from catalog.exposure.panosc.description import openapi
from catalog.exposure.panosc.filters import FilterError, read_filter, read_where
from catalog.exposure.panosc.things import RELATIONS, Thing, Things, things_of
from catalog.exposure.panosc.units import converted
from catalog.exposure.record import (
    File,
    Identifier,
    Instrument,
    Licence,
    Organisation,
    Person,
    Quantity,
    Record,
    Relation,
    Subject,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PANET = "http://purl.org/pan-science/PaNET/PaNET"
FACILITY = Organisation("Example Source", "https://ror.org/02550n020")


def term(number: str, text: str) -> Subject:
    return Subject(text, f"{PANET}{number}", "PaNET", "http://purl.org/pan-science/PaNET/")


SANS, SAXS, SMALL = term("01189", "SANS"), term("01188", "SAXS"), term("01124", "small angle scattering")
NEUTRON = term("01190", "neutron scattering")


def record(key: str, title: str, **more: object) -> Record:
    kind = key.partition("/")[0]
    doi = key.partition("/")[2]
    fields: dict[str, Any] = {
        "created_at": NOW,
        "updated_at": NOW,
        "doi": doi,
        "published_on": date(2020, 5, 1),
        **more,
    }
    return Record(
        key=key,
        kind=kind,  # type: ignore[arg-type]
        url=f"https://reprise.example.org/doi/{doi}",
        title=title,
        resource_type="Dataset" if kind == "dataset" else "JournalArticle",
        **fields,
    )


@pytest.fixture(scope="module")
def things() -> Things:
    link = Relation("References", Identifier("DOI", "10.5072/data"), "Dataset", "dataset/10.5072/data")
    paper = record(
        "publication/10.5072/silica",
        "Silica spheres",
        description="Neutrons were scattered by silica.",
        creators=(Person("Olga Olsson", "Olga", "Olsson", "0000-0002-1825-0097", (FACILITY,)),),
        licence=Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        techniques=(SANS,),
        subjects=(Subject("colloids"),),
        facility=FACILITY,
        relations=(link,),
    )
    other = record("publication/10.5072/gold", "Gold", description="Silica was the substrate.", published_on=None)
    data = record(
        "dataset/10.5072/data",
        "Raw neutron data",
        size_bytes=3,
        techniques=(SANS,),
        broader_techniques=(SMALL, NEUTRON),
        instruments=(Instrument("D22", "", FACILITY),),
        quantities=(Quantity("wavelength", 0.6, "nm"), Quantity("formula", "SiO2")),
        files=(File("raw/run-1.nxs", 3), File("raw/run-2.nxs")),
    )
    closed = record(
        "dataset/10.5072/closed",
        "X-rays",
        techniques=(SAXS,),
        broader_techniques=(SMALL,),
        access="embargoed",
        instruments=(Instrument("D22", "", FACILITY),),
        published_on=date(2024, 1, 1),
    )
    notebooks = record("notebooks/10.5072/silica", "Notebooks")
    return things_of([paper, other, data, closed, notebooks])


def asked(things: tuple[Thing, ...], **wish: object) -> list[dict[str, Any]]:
    return find(things, read_filter(json.dumps(wish), things[0].kind))


def pids(things: tuple[Thing, ...], **wish: object) -> list[str]:
    return [one["pid"] for one in asked(things, **wish)]


def test_a_document_is_as_the_model_has_it(things: Things) -> None:
    (found,) = asked(things.documents, where={"pid": "10.5072/silica"}, include=[{"relation": "datasets"}])
    assert found == {
        "pid": "10.5072/silica",
        "isPublic": True,
        "type": "publication",
        "title": "Silica spheres",
        "summary": "Neutrons were scattered by silica.",
        "doi": "10.5072/silica",
        "releaseDate": "2020-05-01T00:00:00.000Z",
        "license": "CC-BY-4.0",
        "keywords": ["SANS", "colloids"],
        "score": 0.5,
        "datasets": [
            {
                "pid": "10.5072/data",
                "title": "Raw neutron data",
                "isPublic": True,
                "creationDate": "2020-05-01T00:00:00.000Z",
                "size": 3,
            }
        ],
    }


def test_people_come_with_their_orcid_and_where_they_work(things: Things) -> None:
    scope = {"where": {"role": "author"}, "include": [{"relation": "person"}, {"relation": "affiliation"}]}
    (found,) = asked(things.documents, include=[{"relation": "members", "scope": scope}])
    (member,) = found["members"]
    assert member["person"]["orcid"] == "0000-0002-1825-0097"
    assert member["affiliation"]["name"] == "Example Source"


def test_an_embargoed_dataset_is_known_and_not_public(things: Things) -> None:
    assert pids(things.datasets, where={"isPublic": False}) == ["10.5072/closed"]


def test_an_instrument_of_two_datasets_is_one(things: Things) -> None:
    (found,) = asked(things.instruments, include=["datasets"])
    assert (found["name"], found["facility"], len(found["datasets"])) == ("D22", "Example Source", 2)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"title": "Silica spheres"}, ["silica"]),
        ({"title": {"neq": "Gold"}}, ["silica"]),
        ({"title": {"like": "%spheres"}}, ["silica"]),
        ({"title": {"like": "SILICA"}}, []),
        ({"title": {"ilike": "SIL_CA%"}}, ["silica"]),
        ({"title": {"nilike": "gold"}}, ["silica"]),
        ({"title": {"regexp": "/^sil/i"}}, ["silica"]),
        ({"title": {"inq": ["Gold", "x"]}}, ["gold"]),
        ({"title": {"nin": ["Gold", "x"]}}, ["silica"]),
        ({"text": "silica"}, ["gold", "silica"]),
        ({"text": "silica", "title": "Gold"}, ["gold"]),
        ({"releaseDate": {"gt": "2020-04-30"}}, ["silica"]),
        ({"releaseDate": {"between": ["2020-05-01T00:00:00Z", "2020-05-02"]}}, ["silica"]),
        ({"releaseDate": None}, ["gold"]),
        ({"keywords": "colloids"}, ["silica"]),
        ({"keywords": {"neq": "colloids"}}, ["gold"]),
        ({"or": [{"title": "Gold"}, {"license": "CC-BY-4.0"}]}, ["gold", "silica"]),
        ({"and": [{"isPublic": True}, {"title": {"gt": "H"}}]}, ["silica"]),
        ({"nothing": "of it"}, []),
        ({"or": []}, []),
        ({}, ["gold", "silica"]),
    ],
)
def test_conditions_find_what_meets_them(where: dict[str, Any], found: list[str], things: Things) -> None:
    assert sorted(one.partition("/")[2] for one in pids(things.documents, where=where)) == found
    assert count(things.documents, read_where(json.dumps(where), "Document")) == len(found)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"pid": f"{PANET}01189"}, ["data"]),
        ({"pid": {"eq": f"{PANET}01124"}}, ["closed", "data"]),
        ({"panetId": f"{PANET}01190"}, ["data"]),
        ({"name": "small angle scattering"}, ["closed", "data"]),
        ({"pid": {"neq": f"{PANET}01190"}}, ["closed"]),
        ({"and": [{"pid": f"{PANET}01124"}, {"pid": f"{PANET}01190"}]}, ["data"]),
        ({"pid": {"inq": [f"{PANET}01188", "x"]}}, ["closed"]),
    ],
)
def test_a_technique_finds_what_is_narrower(where: dict[str, Any], found: list[str], things: Things) -> None:
    asked_for = pids(things.datasets, include=[{"relation": "techniques", "scope": {"where": where}}])
    assert sorted(one.partition("/")[2] for one in asked_for) == found


@pytest.mark.parametrize(
    ("between", "unit", "value"), [([5, 7], "angstrom", 6.0), ([0.5, 0.7], "nm", 0.6), ([5e-10, 7e-10], "m", 6e-10)]
)
def test_a_quantity_is_compared_and_shown_in_the_unit_of_the_question(
    between: list[float], unit: str, value: float, things: Things
) -> None:
    where = {"and": [{"name": "wavelength"}, {"value": {"between": between}}, {"unit": unit}]}
    (found,) = asked(things.datasets, include=[{"relation": "parameters", "scope": {"where": where}}])
    (shown,) = found["parameters"]
    assert (shown["name"], shown["unit"]) == ("wavelength", unit)
    assert shown["value"] == pytest.approx(value)


@pytest.mark.parametrize("unit", ["K", "nonsense", "m**9999999", "1/0", "__import__"])
def test_a_unit_of_something_else_finds_nothing(unit: str, things: Things) -> None:
    where = {"and": [{"name": "wavelength"}, {"value": {"lt": 1e9}}, {"unit": unit}]}
    assert asked(things.datasets, include=[{"relation": "parameters", "scope": {"where": where}}]) == []


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "found"),
    [(1.0, "keV", "J", 1.602176634e-16), (25.0, "degC", "K", 298.15), (1.0, "Å", "nm", 0.1), (1.0, "bar", "Pa", 1e5)],
)
def test_units_of_the_field_are_known(value: float, unit: str, wanted: str, found: float) -> None:
    assert converted(value, unit, wanted) == pytest.approx(found)


def test_an_include_with_conditions_is_an_inner_join_at_every_depth(things: Things) -> None:
    inner = {"relation": "files", "scope": {"where": {"name": "run-1.nxs"}}}
    (found,) = asked(things.documents, include=[{"relation": "datasets", "scope": {"include": [inner]}}])
    assert found["pid"] == "10.5072/silica"
    assert [one["name"] for one in found["datasets"][0]["files"]] == ["run-1.nxs"]
    none = {"relation": "files", "scope": {"where": {"name": "other"}}}
    assert asked(things.documents, include=[{"relation": "datasets", "scope": {"include": [none]}}]) == []


def test_an_include_without_conditions_leaves_nothing_out(things: Things) -> None:
    assert len(asked(things.documents, include=[{"relation": "datasets"}])) == 2


def test_pages_follow_each_other(things: Things) -> None:
    whole = pids(things.documents)
    assert [*pids(things.documents, limit=1), *pids(things.documents, limit=1, skip=1)] == whole
    assert pids(things.documents, limit=0) == []
    assert pids(things.documents, skip=9) == []


def test_keywords_find_what_has_them_the_best_first(things: Things) -> None:
    found = asked(things.documents, query="silica spheres")
    assert [one["pid"] for one in found] == ["10.5072/silica", "10.5072/gold"]
    assert 0 < found[1]["score"] < found[0]["score"] < 1
    assert asked(things.documents, query="xylophone") == []


def test_every_score_lies_between_0_and_1(things: Things) -> None:
    for query in ("", "silica", "silica " * 100, "Olsson 10.5072"):
        assert all(0 < one["score"] < 1 for one in asked(things.documents, query=query))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        '{"where": 1}',
        '{"where": {"title": {"near": 1}}}',
        '{"where": {"and": {}}}',
        '{"where": {"title": {"between": [1]}}}',
        '{"where": {"title": [1]}}',
        '{"where": {"title": {"like": 1}}}',
        '{"where": {"title": {"regexp": "(a+)+$"}}}',
        '{"where": {"title": {"regexp": "a*a*a*b"}}}',
        '{"where": {"title": {"regexp": "["}}}',
        '{"where": {"text": 1}}',
        '{"include": [{"relation": "nothing"}]}',
        '{"include": 1}',
        '{"limit": -1}',
        '{"skip": "1"}',
        '{"query": 1}',
        '{"order": "title"}',
        '{"else": 1}',
        json.dumps({"where": {"title": "x" * 30_000}}),
        json.dumps({"where": {"or": [{"title": "x"}] * 300}}),
        '{"where": {"and": [' * 20 + "{}" + "]}}" * 20,
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(FilterError) as caught:
        read_filter(text, "Document")
    assert str(caught.value)


@pytest.mark.parametrize("pattern", ["%a" * 90, "%_" * 90, "a%" * 90])
def test_no_pattern_keeps_it_busy(pattern: str, things: Things) -> None:
    long = Thing("Document", {"title": "a" * 20_000 + "b"})
    start = time.process_time()
    find([long], read_filter(json.dumps({"where": {"title": {"like": pattern + "c"}}}), "Document"))
    find([long], read_filter(json.dumps({"where": {"title": {"regexp": "a*a*c"}}}), "Document"))
    assert time.process_time() - start < 5


def test_a_question_that_takes_too_long_is_ended(things: Things) -> None:
    clock = itertools.count()
    with pytest.raises(FilterError, match="takes longer"):
        find(things.documents * 100, read_filter('{"where": {"title": "x"}}', "Document"), now=lambda: next(clock))


def linked(papers: int, data: int) -> Things:
    """Return papers of which each rests on all data."""
    sets = [record(f"dataset/10.5072/d{number}", "D") for number in range(data)]
    links = tuple(Relation("References", Identifier("DOI", one.doi), "Dataset", one.key) for one in sets)
    return things_of(
        [*sets, *(record(f"publication/10.5072/p{number}", "P", relations=links) for number in range(papers))]
    )


def nested(depth: int) -> list[Any]:
    """Return an include that goes from documents to data and back, as deep as that."""
    include: list[Any] = []
    for level in reversed(range(depth)):
        include = [{"relation": ("datasets", "documents")[level % 2], "scope": {"include": include}}]
    return include


@pytest.mark.parametrize("ask", ["find", "show"])
def test_what_leads_to_one_another_is_not_included_without_end(ask: str) -> None:
    things = linked(12, 12)
    assert len(asked(things.documents, include=nested(2))) == 12
    wish = read_filter(json.dumps({"include": nested(12)}), "Document")
    with pytest.raises(FilterError, match=r"include less|takes longer"):
        find(things.documents, wish) if ask == "find" else show(things.documents[0], wish.include)


def test_what_is_included_counts_against_the_time(things: Things) -> None:
    clock = itertools.count()
    wish = read_filter(json.dumps({"include": nested(3), "limit": 1}), "Document")
    with pytest.raises(FilterError, match="takes longer"):
        find(linked(3, 3).documents, wish, now=lambda: next(clock))


@pytest.mark.parametrize("where", [{"size": {"lt": 10**400}}, {"size": {"gt": -(10**400)}}, {"size": {"neq": 10**400}}])
def test_a_number_larger_than_any_is_compared(where: dict[str, Any], things: Things) -> None:
    assert "10.5072/data" in pids(things.datasets, where=where)


def test_what_is_answered_is_as_it_is_described(things: Things) -> None:
    described = openapi("https://reprise.example.org/panosc/api")
    include = {
        "Document": [
            {"relation": "datasets", "scope": {"include": list(RELATIONS["Dataset"])}},
            "members",
            "parameters",
        ],
        "Dataset": list(RELATIONS["Dataset"]),
        "Instrument": ["datasets"],
    }
    for kind, of_kind in (
        ("Document", things.documents),
        ("Dataset", things.datasets),
        ("Instrument", things.instruments),
    ):
        ref = {"$ref": f"#/components/schemas/{kind}", "components": described["components"]}
        validator = Draft202012Validator(ref)
        for one in asked(of_kind, include=include[kind]):
            validator.validate(one)
            assert not validator.is_valid({**one, "other": 1})


def test_what_is_asked_is_described_as_it_is_taken() -> None:
    described = openapi("https://reprise.example.org/panosc/api")
    ref = {"$ref": "#/components/schemas/DocumentFilter", "components": described["components"]}
    validator = Draft202012Validator(ref)
    good = {"where": {"or": [{"title": {"like": "a%"}}, {"text": "x"}, None]}, "include": nested(4), "limit": None}
    for data, is_taken in ((good, True), ({"order": 1}, False), ({"limit": -1}, False), ({"include": "files"}, False)):
        assert validator.is_valid(data) is is_taken
        with nullcontext() if is_taken else pytest.raises(FilterError):
            read_filter(json.dumps(data), "Document")


def test_one_object_is_shown_with_what_is_included(things: Things) -> None:
    shown = show(things.documents[0], read_filter('{"include": ["datasets"]}', "Document").include)
    assert shown is not None
    assert "datasets" in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("where", "include", "and", "or", "title", "relation", "scope", "like", "between", "limit")
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_whatever_is_asked_is_answered_or_refused(things: Things, data: Any) -> None:  # noqa: ANN401
    with suppress(FilterError):
        assert isinstance(find(things.documents, read_filter(json.dumps(data), "Document")), list)
