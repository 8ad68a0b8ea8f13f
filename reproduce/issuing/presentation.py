"""What the pages of certificates show, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from reproduce.certificates.ladder import MEANINGS, RUNGS, WORDS
from reproduce.certificates.material import Outcome
from reproduce.certificates.moments import read_moment
from reproduce.models import Certificate

# The colours of verdicts, each with its word beside it.
_STANDINGS: Final[dict[Outcome, str]] = {
    "valid": "reproduced",
    "invalid": "failed",
    "lapsed": "differs",
    "unproven": "none",
}


def standing_of(outcome: Outcome) -> str:
    """Return the verdict whose colour an outcome of a verification has."""
    return _STANDINGS[outcome]


def state_of(certificate: Certificate, now: datetime) -> tuple[str, str]:
    """Return in a word whether a certificate is in force, and the verdict whose colour that has."""
    if certificate.revoked_at is not None:
        return "revoked", "failed"
    if certificate.superseded_by_id is not None:
        return "superseded", "differs"
    if now >= certificate.valid_until:
        return "stale", "differs"
    return "in force", "reproduced"


def certificate_context(certificate: Certificate, now: datetime) -> dict[str, Any]:
    """Return what the page of a certificate shows, read from the signed document itself."""
    document = certificate.entry.as_json()
    subject = document["credentialSubject"]
    reached = {step["rung"]: step for step in subject["ladder"]}
    word, standing = state_of(certificate, now)
    return {
        "certificate": certificate,
        "target": certificate.target,
        "document": document,
        "subject": subject,
        "state": word,
        "standing": standing,
        "rung_words": WORDS[subject["rung"]],
        "ladder": [
            {
                "words": WORDS[rung],
                "meaning": MEANINGS[rung],
                "at": read_moment(reached[rung]["reachedAt"]) if rung in reached else None,
                "digests": [
                    {"name": one["name"], "value": one.get("sha256") or one["swhid"]}
                    for one in reached.get(rung, {}).get("digests", ())
                ],
            }
            for rung in RUNGS
        ],
    }
