"""An implementation of Verifiable Credentials that is not ours verifies what is issued, and finds what was changed."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installation
from django.test import Client
from jsonschema import Draft202012Validator

from catalog.models import Target
from reproduce.certificates.moments import written_moment
from reproduce.issuing.issue import issue
from reproduce.issuing.keyring import rotate_key
from reproduce.issuing.statuses import revoke
from reproduce.models import Certificate
from tests.reproduce.issuing.conftest import prove_with_environment

SCRIPT = Path(installation.BASE_DIR) / "tests" / "certificates" / "verify.mjs"


def judge(client: Client, *documents: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    """Return what Digital Bazaar's implementation says of each document, with what this service serves."""
    context = f"{installation.REPRISE_URL}/contexts/certificate-v1.jsonld"
    given = {
        "documents": documents,
        "issuer": json.loads(client.get("/.well-known/did.json").content),
        "lists": [json.loads(client.get(f"/status/{purpose}/0").content) for purpose in ("revocation", "message")],
        "contexts": {context: json.loads(client.get("/contexts/certificate-v1.jsonld").content)},
        "now": written_moment(at),
    }
    ended = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, f"{ended.stderr}\nIs it installed? sh deploy/test-vc.sh"
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def changed(document: dict[str, Any], *path: Any, to: object) -> dict[str, Any]:  # noqa: ANN401 - names and places
    copy: dict[str, Any] = json.loads(json.dumps(document))
    holder: Any = copy
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = to
    return copy


def check_schema(document: dict[str, Any]) -> None:
    schema = json.loads((Path(installation.BASE_DIR) / "docs/schemas/certificate.schema.json").read_text())
    Draft202012Validator(schema).validate(document)


def test_every_term_is_defined_and_the_certificate_verifies(certificate: Certificate, anonymous: Client) -> None:
    (found,) = judge(anonymous, certificate.entry.as_json(), at=certificate.issued_at + timedelta(days=1))
    check_schema(certificate.entry.as_json())
    assert (found["verified"], found["why"]) == (True, None)
    assert "error" not in found["expanded"], found["expanded"]
    assert found["statuses"] == [["revocation", False], ["message", False]]


def test_what_was_changed_is_found(certificate: Certificate, anonymous: Client) -> None:
    document = certificate.entry.as_json()
    forged = [
        changed(document, "credentialSubject", "verdict", to="identical"),
        changed(document, "credentialSubject", "outputs", 0, "state", to="differs"),
        changed(document, "validUntil", to="2099-01-01T00:00:00Z"),
        changed(document, "proof", "created", to="2020-01-01T00:00:00Z"),
        changed(document, "issuer", "name", to="Somebody else"),
    ]
    found = judge(anonymous, *forged, at=certificate.issued_at + timedelta(days=1))
    assert [one["verified"] for one in found] == [False] * len(forged)


def test_what_is_stale_is_found(certificate: Certificate, anonymous: Client) -> None:
    (found,) = judge(anonymous, certificate.entry.as_json(), at=certificate.issued_at + timedelta(days=366))
    assert found["verified"] is False
    assert "validUntil" in found["why"]


def test_what_was_superseded_or_revoked_is_seen_in_the_lists(
    target: Target, certificate: Certificate, anonymous: Client
) -> None:
    worse = issue(prove_with_environment(target, verdict="differs").pk)
    assert worse is not None
    revoke(worse.pk, why="A mistake.")
    documents = [certificate.entry.as_json(), worse.entry.as_json()]
    found = judge(anonymous, *documents, at=certificate.issued_at + timedelta(days=1))
    assert [one["statuses"] for one in found] == [
        [["revocation", False], ["message", True]],
        [["revocation", True], ["message", False]],
    ]


def test_after_a_rotation_old_and_new_certificates_verify(
    target: Target, certificate: Certificate, anonymous: Client
) -> None:
    rotate_key()
    later = issue(prove_with_environment(target).pk)
    assert later is not None
    documents = [certificate.entry.as_json(), later.entry.as_json()]
    found = judge(anonymous, *documents, at=certificate.issued_at + timedelta(days=1))
    assert [(one["verified"], one["why"]) for one in found] == [(True, None)] * 2
    assert documents[0]["proof"]["verificationMethod"] != documents[1]["proof"]["verificationMethod"]


@pytest.mark.parametrize(
    ("verdict", "has_environment"), [("unavailable", False), ("failed", True), ("identical", True)]
)
def test_the_terms_of_every_rung_are_defined(
    verdict: str, has_environment: bool, target: Target, anonymous: Client
) -> None:
    run = prove_with_environment(target, verdict=verdict)
    if not has_environment:
        type(run).objects.filter(pk=run.pk).update(environment=None, build=None, snapshot=None, comparison=None)
    type(run).objects.filter(pk=run.pk).update(
        cause={"id": "module-missing", "fault": "author", "message": "It needs lmfit.", "hint": "Add it."},
        started_at=run.ended_at,
        data=[
            {
                "dataset": "10.5072/abc",
                "at": "data",
                "manifest_sha256": "a" * 64,
                "files": 2,
                "bytes": 3,
                "checked": {"sha256": 2},
            }
        ],
    )
    Target.objects.filter(pk=target.pk).update(parameters={"q": 0.1}, cells=["draw"], output_files=["out/*.csv"])
    issued = issue(run.pk)
    assert issued is not None
    check_schema(issued.entry.as_json())
    (found,) = judge(anonymous, issued.entry.as_json(), at=issued.issued_at + timedelta(days=1))
    assert (found["verified"], found["why"]) == (True, None)
    assert "error" not in found["expanded"], found["expanded"]
