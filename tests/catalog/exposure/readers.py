"""What each format says, read back by a parser of that format: only what it says at all is in the answer.

`creators` are as shown, `inverted` with the family name first, `parted` as family and given name; `related` are what
identifiers resolve to, `relations` have their type as well. A key ending in `_some` may say less than the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import bibtexparser
import rdflib
import yaml
from lxml import etree

from catalog.exposure import bibtex
from catalog.exposure.linked import PROPERTIES
from tests.catalog.exposure.validators import parsed_xml

_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_KERNEL: Final = "{http://datacite.org/schema/kernel-4}"
_EU_REPO: Final = "info:eu-repo/semantics/"
_COAR: Final = {"c_abf2": "open", "c_f1cf": "embargoed", "c_16ec": "restricted", "c_14cb": "unknown"}
Said = dict[str, Any]


def _oai_dc(written: bytes) -> Said:
    root = parsed_xml(written)

    def texts(name: str) -> list[str]:
        return [one.text or "" for one in root.findall(_DC + name)]

    access = [one.removeprefix(_EU_REPO).removesuffix("Access") for one in texts("rights") if one.startswith(_EU_REPO)]
    terms = [one for one in texts("rights") if not one.startswith(_EU_REPO)]
    return {
        "title": texts("title")[0],
        "inverted_once": texts("creator"),
        "date": next((one for one in texts("date") if not one.startswith("info:")), ""),
        "main": texts("identifier")[0],
        "has_page": texts("identifier"),
        "related": set(texts("relation")),
        "access": access[0] if access else "unknown",
        "licence_name": terms[0] if terms else "",
        "licence_url": terms[1] if len(terms) > 1 else None,
    }


def _datacite_xml(written: bytes) -> Said:
    return _kernel(parsed_xml(written))


def _oai_datacite(written: bytes) -> Said:
    return _kernel(parsed_xml(written).find("{*}payload")[0])


def _kernel(root: etree._Element) -> Said:
    def all_of(path: str) -> list[etree._Element]:
        return root.findall("/".join(_KERNEL + part for part in path.split("/")))

    identifier = all_of("identifier")[0]
    dates = {one.get("dateType"): one.text for one in all_of("dates/date")}
    access, licence = _rights([(one.text or "", one.get("rightsURI") or "") for one in all_of("rightsList/rights")])
    return {
        "title": all_of("titles/title")[0].text,
        "inverted": _known([one.text or "" for one in all_of("creators/creator/creatorName")]),
        "parted": [
            (one.findtext(f"{_KERNEL}familyName") or "", one.findtext(f"{_KERNEL}givenName") or "")
            for one in all_of("creators/creator")
            if one.findtext(f"{_KERNEL}creatorName") != "(:unav)"
        ],
        "orcids": [one.text for one in all_of("creators/creator/nameIdentifier")],
        "doi": identifier.text if identifier.get("identifierType") == "DOI" else "",
        "date_or_other": dates.get("Issued", ""),
        "year": all_of("publicationYear")[0].text,
        "has_page": [identifier.text, *(one.text for one in all_of("alternateIdentifiers/alternateIdentifier"))],
        "access": access,
        "licence_name": licence[0],
        "licence_url": licence[1],
        "relations": {
            (one.get("relationType"), one.get("relatedIdentifierType"), one.text)
            for one in all_of("relatedIdentifiers/relatedIdentifier")
        },
    }


def _rights(found: list[tuple[str, str]]) -> tuple[str, tuple[str, str]]:
    access = [uri.removeprefix(_EU_REPO).removesuffix("Access") for _, uri in found if uri.startswith(_EU_REPO)]
    terms = [one for one in found if not one[1].startswith(_EU_REPO)]
    return (access[0] if access else "unknown"), (terms[0] if terms else ("", ""))


def _known(names: list[str]) -> list[str]:
    return [] if names == ["(:unav)"] else names


def _openaire(written: bytes) -> Said:
    root = parsed_xml(written)
    identifier = root.find(f"{_KERNEL}identifier")
    licence = root.find("{*}licenseCondition")
    issued = [one for one in root.findall(f"{_KERNEL}dates/{_KERNEL}date") if one.get("dateType") == "Issued"]
    return {
        "title": root.findtext(f"{_KERNEL}titles/{_KERNEL}title"),
        "inverted": [
            one.text or "" for one in root.iterfind(f"{_KERNEL}creators/{_KERNEL}creator/{_KERNEL}creatorName")
        ],
        "doi": identifier.text if identifier.get("identifierType") == "DOI" else "",
        "year": issued[0].text[:4],
        "access": _COAR[root.find(f"{_KERNEL}rights").get("rightsURI").rpartition("/")[2]],
        "licence_name": "" if licence is None else licence.text,
        "licence_url": "" if licence is None else licence.get("uri", ""),
        "addresses": {one.text for one in root.iterfind("{*}file")},
        "relations_some": {
            (one.get("relationType"), one.get("relatedIdentifierType"), one.text)
            for one in root.iterfind(f"{_KERNEL}relatedIdentifiers/{_KERNEL}relatedIdentifier")
        },
    }


def _datacite_json(written: bytes) -> Said:
    found = json.loads(written)
    dates = {one["dateType"]: one["date"] for one in found.get("dates", ())}
    access, licence = _rights([(one["rights"], one.get("rightsUri", "")) for one in found.get("rightsList", ())])
    return {
        "title": found["titles"][0]["title"],
        "inverted": _known([one["name"] for one in found["creators"]]),
        "doi": found.get("doi", ""),
        "url": found["url"],
        "date_or_other": dates.get("Issued", ""),
        "year": found["publicationYear"],
        "access": access,
        "licence_name": licence[0],
        "licence_url": licence[1],
        "relations": {
            (one["relationType"], one["relatedIdentifierType"], one["relatedIdentifier"])
            for one in found.get("relatedIdentifiers", ())
        },
    }


def _schema_org(written: bytes) -> Said:
    found = json.loads(written)
    identifiers = {one["propertyID"]: one["value"] for one in reversed(found["identifier"])}
    nodes = [node for name in {*PROPERTIES.values(), "mentions"} for node in found.get(name, ())]
    free = {True: {"open"}, False: {"embargoed", "restricted"}, None: {"unknown"}}[found.get("isAccessibleForFree")]
    access = found.get("conditionsOfAccess", "unknown").split()[0]
    assert access in free
    return {
        "title": found["name"],
        "creators": [one["name"] for one in found.get("author", ())],
        "main": found["@id"],
        "doi_first": identifiers.get("DOI", ""),
        "url": found["url"],
        "date": found.get("datePublished", ""),
        "access": access,
        "licence": found.get("license", ""),
        "related": {_resolved(node["identifier"]) for node in nodes if isinstance(node.get("identifier"), dict)},
        "files": {
            (node["contentUrl"], node.get("encodingFormat", ""), _bytes(node.get("contentSize")))
            for node in (*nodes, *found.get("distribution", ()))
            if isinstance(node, dict) and "contentUrl" in node
        },
    }


def _bytes(text: str | None) -> int | None:
    return int(text.removesuffix(" B")) if text else None


def _resolved(identifier: dict[str, str]) -> str:
    return identifier.get("url") or identifier["value"]


def _codemeta(written: bytes) -> Said:
    found = json.loads(written)
    nodes = [
        n
        for name in ("referencePublication", "relatedLink", "isPartOf", "hasPart", "sameAs")
        for n in found.get(name, ())
    ]
    return {
        "title": found["name"],
        "creators": [one["name"] for one in found.get("author", ())],
        "main": found["@id"],
        "url": found["url"],
        "date": found.get("datePublished", ""),
        "is_free": found.get("isAccessibleForFree"),
        "related": {_resolved(node["identifier"]) for node in nodes},
    }


def _csl(written: bytes) -> Said:
    (found,) = json.loads(written)
    parts = found.get("issued", {}).get("date-parts", [[]])[0]
    return {
        "title": found["title"],
        "parted_or_shown": [
            (one["family"], one.get("given", "")) if "family" in one else one["literal"]
            for one in found.get("author", ())
        ],
        "doi": found.get("DOI", ""),
        "url": found["URL"],
        "date": "-".join(f"{part:02}" if number else f"{part:04}" for number, part in enumerate(parts)),
    }


def _cff(written: bytes) -> Said:
    found = yaml.safe_load(written)
    of_record = [found.get("doi", ""), *(one["value"] for one in found.get("identifiers", ()))]
    names = [one.get("name") or (one["family-names"], one.get("given-names", "")) for one in found["authors"]]
    return {
        "title": found["title"],
        "parted_or_shown": _known(names),
        "has_doi": of_record,
        "url": found["url"],
        "date_some": found.get("date-released", ""),
        "spdx_some": found.get("license", ""),
        "licence_url_some": found.get("license-url", ""),
    }


def _bibtex(written: bytes) -> Said:
    library = bibtexparser.parse_string(written.decode())
    assert not library.failed_blocks, library.failed_blocks
    (entry,) = library.entries
    fields = {field.key: str(field.value) for field in entry.fields}
    months = {name: number for number, name in enumerate(bibtex._MONTHS, 1)}
    date = fields.get("year", "")
    if "month" in fields:
        date += f"-{months[fields['month']]:02}"
    if "day" in fields:
        date += f"-{fields['day']}"
    return {
        "title": _from_tex(fields["title"][1:-1]),
        "inverted": [_from_tex(_unbraced(one)) for one in _names(fields.get("author", ""))],
        "doi_quoted": fields.get("doi", ""),
        "url": fields["url"],
        "date": date,
        "licence_name": _from_tex(fields.get("copyright", "")),
    }


def _names(text: str) -> list[str]:
    """Split at each " and " outside braces, as BibTeX does."""
    names, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and text.startswith(" and ", at):
            names.append(text[start:at])
            start = at + 5
    return [*names, text[start:]] if text else []


def _unbraced(name: str) -> str:
    """Take braces off the parts of a name that stand in them whole."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(name):
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and name.startswith(", ", at):
            parts.append(name[start:at])
            start = at + 2
    parts.append(name[start:])
    return ", ".join(part[1:-1] if part.startswith("{") and _closes_at_end(part) else part for part in parts)


def _closes_at_end(part: str) -> bool:
    depth = 0
    for at, sign in enumerate(part):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return at == len(part) - 1
    return False


def _from_tex(text: str) -> str:
    found, at = [], 0
    commands = sorted(((command, sign) for sign, command in bibtex.ESCAPES.items()), key=lambda one: -len(one[0]))
    while at < len(text):
        command, sign = next(((c, s) for c, s in commands if text.startswith(c, at)), (text[at], text[at]))
        found.append(sign)
        at += len(command)
    return "".join(found)


def _dcat(syntax: str) -> Callable[[bytes], Said]:
    def read(written: bytes) -> Said:
        graph = rdflib.Graph().parse(data=written, format=syntax)
        dcat, dct, foaf = (
            rdflib.Namespace(uri)
            for uri in ("http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/")
        )
        (dataset,) = graph.subjects(rdflib.RDF.type, dcat.Dataset)
        rights = {"PUBLIC": "open", "NON_PUBLIC": "embargoed", "RESTRICTED": "restricted", "None": "unknown"}
        known = graph.value(dataset, dct.issued)
        distribution = graph.value(dataset, dcat.distribution)
        terms = graph.value(distribution, dct.license)
        derived = rdflib.PROV.wasDerivedFrom
        related = (derived, dct.relation, dct.isReferencedBy, dct.source, dct.hasVersion, foaf.page)
        names = {str(name) for one in graph.objects(dataset, dct.creator) for name in graph.objects(one, foaf.name)}
        return {
            "title": str(graph.value(dataset, dct.title)),
            "creators_in_any_order": names,
            "main_iri": str(dataset),
            "url": str(graph.value(dataset, dcat.landingPage)),
            "date": str(known) if known is not None else "",
            "access": rights[str(graph.value(dataset, dct.accessRights)).rpartition("/")[2]],
            "licence_name": "" if terms is None else str(graph.value(terms, dct.title)),
            "related_resolved": {str(one) for name in related for one in graph.objects(dataset, name)},
        }

    return read


def _prov(written: bytes) -> Said:
    found = json.loads(written)
    record = found["entity"].pop("this:record")
    return {
        "title": record["dct:title"],
        "creators": [one["foaf:name"] for one in found.get("agent", {}).values()],
        "main": record["dct:identifier"][0] if isinstance(record["dct:identifier"], list) else record["dct:identifier"],
        "url": record["schema:url"],
        "date": record.get("dct:issued", ""),
        "related": {one["dct:identifier"] for one in found["entity"].values()},
    }


def _scholix(written: bytes) -> Said:
    found = json.loads(written)
    source = found[0]["Source"]
    return {
        "title": source["Title"][0],
        "creators": [one["Name"] for one in source.get("Creator", ())],
        "main": _idurl(source["Identifier"][0]),
        "date": source.get("PublicationDate", ""),
        "relations_some": {
            (
                one["RelationshipType"].get("SubType") or one["RelationshipType"]["Name"],
                one["Target"]["Identifier"]["IDScheme"],
                one["Target"]["Identifier"]["ID"],
            )
            for one in found
        },
    }


def _idurl(identifier: dict[str, str]) -> str:
    return identifier.get("IDURL") or identifier["ID"]


def _ro_crate(written: bytes) -> Said:
    graph = {one["@id"]: one for one in json.loads(written)["@graph"]}
    root = graph["./"]
    authors = root.get("author", [])
    references = [one["@id"] for one in (authors if isinstance(authors, list) else [authors])]
    return {
        "title": root["name"],
        "creators_by_orcid": [graph[one]["name"] for one in references],
        "main": root["identifier"],
        "url": root["url"],
        "crate": root["mentions"][0]["@id"],
        "is_flat": all(
            not isinstance(value, dict) or set(value) <= {"@id"} for one in graph.values() for value in one.values()
        ),
    }


def _ro_crate_link(written: bytes) -> Said:
    root = parsed_xml(written)
    about = root.find("{*}about")
    return {
        "main_iri": about.get("identifier"),
        "url": about.get("href"),
        "crate": root.find("{*}metadata").get("href"),
    }


READERS: Final[dict[str, Callable[[bytes], Said]]] = {
    "oai_dc": _oai_dc,
    "datacite": _datacite_xml,
    "oai_datacite": _oai_datacite,
    "oai_openaire": _openaire,
    "datacite_json": _datacite_json,
    "schema_org": _schema_org,
    "codemeta": _codemeta,
    "csl_json": _csl,
    "citation_cff": _cff,
    "bibtex": _bibtex,
    "dcat_ap": _dcat("turtle"),
    "dcat_ap_json": _dcat("json-ld"),
    "prov": _prov,
    "scholix": _scholix,
    "ro_crate": _ro_crate,
    "ro_crate_link": _ro_crate_link,
}
