"""The ontology's files, as they are published and as they are not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from catalog.panet.exported_file import write_export
from catalog.panet.reading import SHIPPED, read_ontology
from catalog.panet.terms import PREFIX, OntologyError, Term
from tests.contracts.project import ROOT, read

HEADS = "no,ID,Label,Alt,Type,Parent,Parent,Same,Same,Wider,Domain,Range\n"
TEMPLATE = (
    "no,ID,A rdfs:label,A http://www.w3.org/2004/02/skos/core#altLabel,TYPE,SC %,SC %,EC %,EC %,SP %,DOMAIN,RANGE\n"
)
ROWS = """1,{p}PaNET00001,technique,,owl:Class,owl:Thing,,,,,,
2,{p}PaNET00002,by probe,,owl:Class,,,('by' some 'probe'),,,,
3,{p}PaNET00003,photon technique,,owl:Class,,,('by' some 'photon'),,,,
4,{p}PaNET00004,x-ray technique,,owl:Class,,,('by' some PaNET:PaNET2000003),,,,
5,{p}PaNET00005,scattering,,owl:Class,technique,,,,,,
6,{p}PaNET00006,x-ray scattering,SAXS and others,owl:Class,,,scattering,PaNET:PaNET00004,,,
7,{p}PaNET00007,photon scattering,,owl:Class,,,('scattering' and 'photon technique'),,,,
8,{p}PaNET00008,scattered light,,owl:Class,,,photon technique,scattering,,,
,,,,,,,,,,,
9,{p}PaNET1000000,by,,owl:ObjectProperty,,,,,,technique,probe
10,{p}PaNET2000001,probe,,owl:Class,,,,,,,
11,{p}PaNET2000002,photon,,owl:Class,probe,,,,,,
12,{p}PaNET2000003,x-ray technique,,owl:Class,photon,,,,,,
""".replace("{p}", PREFIX)


def write(folder: Path, text: str) -> Path:
    path = folder / "panet.csv"
    path.write_text(text, encoding="utf-8")
    return path


def source(folder: Path, rows: str = ROWS) -> dict[str, Term]:
    return {term.id[-1]: term for term in read_ontology(write(folder, HEADS + TEMPLATE + rows)).terms}


def ids(*digits: str) -> tuple[str, ...]:
    return tuple(f"PaNET0000{digit}" for digit in digits)


def test_what_a_technique_is_defined_by_makes_it_narrower(tmp_path: Path) -> None:
    terms = source(tmp_path)
    assert terms["3"].parents == ids("2")
    assert terms["3"].ancestors == ids("1", "2")


def test_the_domain_and_the_range_of_a_relation_count(tmp_path: Path) -> None:
    unrelated = ROWS.replace("PaNET2000002,photon,,owl:Class,probe", "PaNET2000002,photon,,owl:Class,")
    assert source(tmp_path, unrelated)["3"].ancestors == ids("1", "2")


def test_an_intersection_is_narrower_than_what_each_part_follows_from(tmp_path: Path) -> None:
    terms = source(tmp_path)
    assert terms["6"].synonyms == ("SAXS and others",)
    assert set(ids("3", "4", "5", "7", "8")) <= set(terms["6"].ancestors)


def test_techniques_that_are_the_same_are_above_each_other_and_parents_of_none(tmp_path: Path) -> None:
    terms = source(tmp_path)
    assert ids("8")[0] in terms["7"].ancestors
    assert ids("7")[0] in terms["8"].ancestors
    assert terms["7"].parents == terms["8"].parents == ids("3", "5")


def test_of_two_classes_with_one_label_a_bare_name_is_the_later(tmp_path: Path) -> None:
    assert ids("4")[0] in source(tmp_path)["6"].ancestors
    assert ids("4")[0] not in source(tmp_path, ROWS.replace("PaNET:PaNET00004", "x-ray technique"))["6"].ancestors


def test_a_name_that_no_class_has_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="row 5 names “photon”"):
        source(tmp_path, ROWS.replace("PaNET2000002,photon,", "PaNET2000002,light,"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither"),
        ("a,b\n1,2\n", "neither"),
        (HEADS + TEMPLATE.replace("ID,", "Id,") + ROWS, "no column ID"),
        (HEADS + TEMPLATE + ROWS.replace("PaNET00001,", "PaNET00009,"), "lacks PaNET00001"),
        (HEADS + TEMPLATE + ROWS.replace("('by' some 'probe')", "('by' only 'probe')"), "has the expression"),
        ("Class ID,Preferred Label,Parents\n" + PREFIX + "PaNET00001,,\n", "row 2 has no label"),
        ('"', "no CSV"),
    ],
    ids=["empty", "other", "no-id", "no-root", "syntax", "no-label", "quote"],
)
def test_what_is_no_ontology_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match=reason) as refusal:
        read_ontology(write(tmp_path, text))
    assert refusal.value.cause.id == "ontology-unreadable"


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="No such file"):
        read_ontology(tmp_path / "none.csv")
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OntologyError, match="UTF-8"):
        read_ontology(path)


def test_what_bioportal_exports_is_read(tmp_path: Path) -> None:
    text = (
        "Class ID,Preferred Label,Synonyms,Definitions,Obsolete,CUI,Parents\n"
        f"{PREFIX}PaNET00001,technique,,,false,,http://www.w3.org/2002/07/owl#Thing\n"
        f"{PREFIX}PaNET00002,scattering,s|sc,What is scattered,FALSE,,{PREFIX}PaNET00001\n"
        f"{PREFIX}PaNET00003,old,,,TRUE,,{PREFIX}PaNET00002|{PREFIX}PaNET00001\n"
        f"{PREFIX}PaNET2000000,specifier,,,false,,\n"
    )
    terms = read_ontology(write(tmp_path, text)).terms
    assert [term.id for term in terms] == ["PaNET00001", "PaNET00002", "PaNET00003"]
    assert terms[1].synonyms == ("s", "sc")
    assert terms[2] == Term("PaNET00003", "old", "", (), ids("2"), ids("1", "2"), True)


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    terms = tuple(source(tmp_path).values())
    assert read_ontology(write(tmp_path, write_export(terms))).terms == terms


def test_the_shipped_copy_is_what_the_documentation_says() -> None:
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() in read("docs/catalogue.md")


def test_the_shipped_copy_is_made_of_the_published_file() -> None:
    ontology = read_ontology(ROOT / "tests" / "schemas" / "panet" / "PaNET.csv")
    assert ontology.sha256 in read("docs/catalogue.md")
    assert ontology.terms == read_ontology(SHIPPED).terms


def test_the_hierarchy_of_the_shipped_copy_is_that_of_the_ontology_as_its_makers_reasoned_it() -> None:
    """By PaNET_reasoned.owl in docs/_data of the ontology's repository at commit b8dad41, of the same source."""
    terms = {term.label: term for term in read_ontology(SHIPPED).terms}
    above = {name: {one.label for one in terms.values() if one.id in term.ancestors} for name, term in terms.items()}
    assert len(terms) == 380
    assert {"x-ray scattering", "diffraction", "photon probe technique", "x-ray probe technique"} <= above[
        "x-ray diffraction"
    ]
    assert above["small angle neutron scattering"] == {
        "defined by experimental physical process",
        "defined by experimental probe",
        "diffraction",
        "elastic scattering",
        "low momentum transfer scattering",
        "neutron diffraction",
        "neutron probe technique",
        "neutron scattering",
        "photon and neutron technique",
        "scattering technique",
        "small angle scattering",
    }
    assert above["imaging"] == {"obtain spatial map", "defined by purpose", "photon and neutron technique"}
