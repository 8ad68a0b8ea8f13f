"""The certificate: a W3C Verifiable Credential 2.0 whose subject is a target, and what a run on record says of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from reproduce.certificates.ladder import WORDS, Step
from reproduce.certificates.moments import written_moment
from reproduce.certificates.status import status_entries

CREDENTIALS_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
CONTEXT_PATH: Final = "/contexts/certificate-v1.jsonld"
TYPE: Final = "ReproducibilityCertificate"
# A certificate stays small enough to be read everywhere. The statement, whose digest it holds, lists all.
_TEXT_LIMIT: Final = 2000
_SHORT: Final = 200
_MOST_LISTED: Final = 2000


@dataclass(frozen=True, slots=True)
class Frame:
    """What a certificate is apart from its subject: `url` is the service's, `number` its place in the log."""

    url: str
    issuer: str
    certificate: str
    number: int
    issued_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What is certified: facts as JSON, the ladder, the comparison as a run keeps it, and its artefacts."""

    id: str
    name: str
    verdict: str
    facts: Mapping[str, Any]
    ladder: Sequence[Step]
    comparison: Mapping[str, Any] | None
    artefacts: Mapping[str, Mapping[str, Any]]


def certificate_url(url: str, certificate: str) -> str:
    """Return the address and name of a certificate."""
    return f"{url}/certificates/{certificate}"


def unsigned_certificate(frame: Frame, subject: Subject) -> dict[str, Any]:
    """Return the credential as it is to be signed: strings, whole numbers, booleans, lists and objects alone."""
    name = certificate_url(frame.url, frame.certificate)
    return {
        "@context": [CREDENTIALS_CONTEXT, frame.url + CONTEXT_PATH],
        "id": name,
        "type": ["VerifiableCredential", TYPE],
        "issuer": {"id": frame.issuer, "name": f"Reprise at {frame.url}"},
        "validFrom": written_moment(frame.issued_at),
        "validUntil": written_moment(frame.valid_until),
        "name": f"{subject.name}: {WORDS[subject.ladder[-1].rung].lower()}",
        "credentialStatus": status_entries(frame.url, frame.number),
        "credentialSubject": {
            "id": subject.id,
            "type": "ReproductionTarget",
            "verdict": subject.verdict,
            "rung": subject.ladder[-1].rung,
            "ladder": [_step(step) for step in subject.ladder],
            **subject.facts,
            "outputCounts": named_values(_counts(subject.comparison)),
            "outputs": list(islice(_outputs(subject.comparison), _MOST_LISTED)),
            "files": list(islice(_files(subject.comparison), _MOST_LISTED)),
            "artefactCount": len(subject.artefacts),
            "artefacts": _artefacts(subject.artefacts),
        },
    }


def named_values(values: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Return `values` as a list of names and texts, since a number with a fraction has no one form that is signed."""
    return [
        {"name": as_text(str(name), _SHORT), "value": as_text(part)} for name, part in sorted((values or {}).items())
    ]


def as_text(value: object, most: int = _TEXT_LIMIT) -> str:
    """Return a value as text of at most so many signs: a string as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text[:most].encode("utf-8", "replace").decode()


def _step(step: Step) -> dict[str, Any]:
    digests = [{"name": one.name, one.algorithm: one.value} for one in step.digests]
    return {"rung": step.rung, "reachedAt": written_moment(step.at), "digests": digests}


def _outputs(comparison: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
    for cell in (comparison or {}).get("cells", ()):
        for output in cell["outputs"]:
            yield {
                "cell": as_text(cell["id"], _SHORT),
                "cellIndex": int(cell["index"]),
                "mediaType": as_text(output["mime"], _SHORT),
                "state": str(output["state"]),
                "measured": named_values(output["metric"]),
                "tolerance": named_values(output["tolerance"]),
            }


def _files(comparison: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
    for file in (comparison or {}).get("files", ()):
        yield {
            "path": as_text(file["path"]),
            "mediaType": as_text(file["mime"], _SHORT),
            "state": str(file["state"]),
            "isClaimed": bool(file["is_claimed"]),
            "measured": named_values(file["metric"]),
            "tolerance": named_values(file["tolerance"]),
        }


def _counts(comparison: Mapping[str, Any] | None) -> dict[str, int]:
    cells = (comparison or {}).get("cells", ())
    return dict(Counter(str(output["state"]) for cell in cells for output in cell["outputs"]))


def _artefacts(kept: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the artefacts; of too many, the pictures of single outputs are left to the statement."""
    names = sorted(kept, key=lambda name: (name.startswith("cell-"), name))
    found = [
        {
            "name": as_text(name),
            "sha256": str(kept[name]["sha256"]),
            "sizeBytes": int(kept[name]["size_bytes"]),
            "mediaType": as_text(kept[name]["media_type"], _SHORT),
        }
        for name in names[:_MOST_LISTED]
    ]
    return sorted(found, key=lambda one: str(one["name"]))
