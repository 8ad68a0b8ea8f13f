"""W3C PROV in PROV-JSON (https://www.w3.org/submissions/prov-json/): who made it, from what, and what was run again."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.words import (
    day_text,
    issued,
    main_identifier,
    named,
    other_identifiers,
    summary,
)

NAME: Final = "prov"
SUFFIX: Final = "prov.json"
MEDIA_TYPE: Final = "application/vnd.w3.prov+json"
_DERIVED: Final = frozenset({"IsDerivedFrom", "IsNewVersionOf", "IsVersionOf", "IsCompiledBy"})
_INPUTS: Final = frozenset({"Requires", "References", "Reviews", "IsDerivedFrom", "IsCompiledBy"})
_ME: Final = "this:record"


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document; things are numbered in it, and named by their `dct:identifier`."""
    record = plain(record)
    related = {f"this:related-{number}": one for number, one in enumerate(record.relations, 1)}
    people = {f"this:creator-{number}": one for number, one in enumerate(record.creators, 1)}
    runs = {f"this:run-{number}": one for number, one in enumerate(record.outcomes, 1)}
    made_by_runs = record.kind == "certificate"
    inputs = [key for key, one in related.items() if one.relation in _INPUTS]
    used = [(run, key) for run in runs for key in (inputs if made_by_runs else [*inputs, _ME])]
    return json_document(
        {
            "prefix": {
                "this": record.url + "#",
                "dct": "http://purl.org/dc/terms/",
                "foaf": "http://xmlns.com/foaf/0.1/",
                "schema": "https://schema.org/",
                "reprise": "https://github.com/reprise-science/reprise/terms#",
            },
            "entity": {
                _ME: _entity(record, site),
                **{
                    key: {
                        "dct:identifier": named(one.identifier),
                        "dct:title": one.title,
                        "dct:type": one.resource_type,
                        "reprise:relation": one.relation,
                    }
                    for key, one in related.items()
                },
            },
            "activity": {
                run: {
                    "prov:endTime": day_text(one.seen_at),
                    "prov:label": one.claim,
                    "reprise:verdict": one.verdict,
                    "dct:description": one.sentence,
                    "schema:url": one.url,
                }
                for run, one in runs.items()
            },
            "agent": {
                key: {
                    "prov:type": _name("prov:Organization" if one.is_group else "prov:Person"),
                    "foaf:name": one.name,
                    "dct:identifier": f"https://orcid.org/{one.orcid}" if one.orcid else "",
                }
                for key, one in people.items()
            },
            "wasAttributedTo": {
                f"_:attributed-{number}": {"prov:entity": _ME, "prov:agent": key}
                for number, key in enumerate(people, 1)
            },
            "wasDerivedFrom": {
                f"_:derived-{number}": {"prov:generatedEntity": _ME, "prov:usedEntity": key}
                for number, (key, one) in enumerate(related.items(), 1)
                if one.relation in _DERIVED
            },
            "used": {
                f"_:used-{number}": {"prov:activity": run, "prov:entity": key}
                for number, (run, key) in enumerate(used, 1)
            },
            "wasGeneratedBy": {
                f"_:made-{number}": {"prov:entity": _ME, "prov:activity": run}
                for number, run in enumerate(runs if made_by_runs else (), 1)
            },
        }
    )


def _entity(record: Record, site: Site) -> dict[str, Any]:
    licence = record.licence
    return {
        "prov:type": record.resource_type,
        "prov:label": record.title,
        "dct:title": record.title,
        "dct:description": summary(record, site),
        "dct:identifier": [named(one) for one in (main_identifier(record), *other_identifiers(record))],
        "dct:issued": issued(record),
        "dct:license": (licence.url or licence.name) if licence else "",
        "schema:url": record.url,
        "schema:version": record.version,
    }


def _name(qualified: str) -> dict[str, str]:
    return {"$": qualified, "type": "prov:QUALIFIED_NAME"}
