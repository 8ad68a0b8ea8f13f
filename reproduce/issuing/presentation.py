"""What the pages of certificates show, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from reproduce.certificates.ladder import MEANINGS, RUNGS, WORDS
from reproduce.certificates.material import Check, Outcome, State
from reproduce.certificates.moments import read_moment
from reproduce.models import Certificate

_OUTCOME_TONES: Final[dict[Outcome, str]] = {
    "valid": "ok",
    "invalid": "failed",
    "lapsed": "differs",
    "unproven": "idle",
}
_CHECK_TONES: Final[dict[State, tuple[str, str]]] = {
    "passed": ("ok", "in order"),
    "failed": ("failed", "wrong"),
    "lapsed": ("differs", "lapsed"),
    "not-checked": ("idle", "not checked"),
}
_RUNG_TONES: Final = {"registered": "idle", "builds": "failed", "runs": "differs"}


def outcome_tone(outcome: Outcome) -> str:
    """Return the tone of an outcome of a verification."""
    return _OUTCOME_TONES[outcome]


def check_rows(checks: Iterable[Check]) -> list[dict[str, str]]:
    """Return the checks with the tone and the word of each."""
    return [
        {"name": one.name, "tone": tone, "word": word, "sentence": one.sentence}
        for one in checks
        for tone, word in (_CHECK_TONES[one.state],)
    ]


def state_of(certificate: Certificate, now: datetime) -> tuple[str, str]:
    """Return in a word whether a certificate is in force, and its tone."""
    if certificate.revoked_at is not None:
        return "revoked", "failed"
    if certificate.superseded_by_id is not None:
        return "superseded", "differs"
    if now >= certificate.valid_until:
        return "stale", "differs"
    return "in force", "ok"


def certificate_row(certificate: Certificate, now: datetime) -> dict[str, Any]:
    """Return what a list of certificates shows of one."""
    word, tone = state_of(certificate, now)
    rung = next(rung for rung in RUNGS if rung == certificate.rung)
    return {"certificate": certificate, "word": word, "tone": tone, "rung": WORDS[rung]}


def certificate_context(certificate: Certificate, now: datetime) -> dict[str, Any]:
    """Return what the page of a certificate shows, read from the signed document itself."""
    document = certificate.entry.as_json()
    subject = document["credentialSubject"]
    reached = {step["rung"]: step for step in subject["ladder"]}
    word, tone = state_of(certificate, now)
    return {
        "certificate": certificate,
        "target": certificate.target,
        "document": document,
        "subject": subject,
        "state": word,
        "tone": tone,
        "rung_tone": _RUNG_TONES.get(subject["rung"], "ok"),
        "did": document["issuer"]["id"],
        "counts": {one["name"]: one["value"] for one in subject["outputCounts"]},
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
