"""manage.py verify: exit codes and plain sentences, from files alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installation
from django.core.management import call_command
from django.utils import timezone

from catalog.models import Target
from reproduce.issuing.issue import issue
from reproduce.issuing.keyring import rotate_key
from reproduce.issuing.proofs import consistency_between, latest_head, package_of
from reproduce.issuing.statuses import revoke
from reproduce.issuing.verify_command import Request, verify_files
from reproduce.models import Certificate, IssuerKey, TreeHead
from reproduce.record import open_store
from tests.reproduce.issuing.conftest import prove_with_environment


@pytest.fixture
def files(certificate: Certificate, tmp_path: Path) -> Path:
    """A directory with what a visitor has downloaded: the credential, the package, and the issuer's keys."""
    package = package_of(certificate)
    write(tmp_path / "certificate.json", package["certificate"])
    write(tmp_path / "package.json", package)
    write(tmp_path / "did.json", package["issuer"])
    return tmp_path


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def run(request: Request, *, days: int = 1) -> tuple[int, str]:
    """Return the exit code and what was said."""
    said: list[str] = []
    code = verify_files(request, now=timezone.now() + timedelta(days=days), say=said.append, complain=said.append)
    return code, "\n".join(said)


def test_a_package_verifies_with_the_issuers_keys_alone(files: Path) -> None:
    IssuerKey.objects.update(did="did:web:nobody")
    code, said = run(Request(files / "package.json", issuer=files / "did.json"))
    assert (code, said.count(" ok ")) == (0, 6)
    assert said.endswith("The certificate is genuine and in force.")


def test_without_the_keys_it_is_not_established(files: Path) -> None:
    IssuerKey.objects.update(did="did:web:nobody")
    code, said = run(Request(files / "package.json"))
    assert code == 3
    assert "whose key that is was not checked" in said


def test_an_installation_knows_its_own_keys(files: Path) -> None:
    assert run(Request(files / "certificate.json"))[0] == 0


def test_a_changed_certificate_is_not_genuine(files: Path) -> None:
    document = json.loads((files / "certificate.json").read_text())
    document["credentialSubject"]["verdict"] = "identical"
    code, said = run(Request(write(files / "changed.json", document), issuer=files / "did.json"))
    assert code == 1
    assert "The signature does not fit: something in it was changed." in said


def test_a_stale_or_revoked_certificate_has_lapsed(files: Path, certificate: Certificate) -> None:
    assert run(Request(files / "package.json", issuer=files / "did.json"), days=365)[0] == 2
    revoke(certificate.pk, why="A mistake.")
    code, said = run(Request(files / "certificate.json"))
    assert code == 2
    assert "Its issuer has revoked it." in said


def test_a_status_list_may_be_given(files: Path, certificate: Certificate) -> None:
    revoke(certificate.pk, why="A mistake.")
    listed = write(files / "list.json", package_of(certificate)["statusLists"][0])
    wanted = Request(files / "certificate.json", issuer=files / "did.json", status_lists=(listed,))
    assert run(wanted)[0] == 2


def test_artefacts_are_read_and_held_against_their_digests(files: Path, certificate: Certificate) -> None:
    kept = files / "artefacts"
    (kept / "deep").mkdir(parents=True)
    for one in certificate.entry.as_json()["credentialSubject"]["artefacts"]:
        with open_store().open(one["sha256"]) as stream:
            (kept / one["name"]).write_bytes(stream.read())
    wanted = Request(files / "package.json", issuer=files / "did.json", artefacts=kept)
    assert run(wanted)[0] == 0
    (kept / "report.html").write_text("<!doctype html>another")
    code, said = run(wanted)
    assert code == 1
    assert "1 of the files are not what it certifies: report.html." in said


def test_a_witness_holds_an_earlier_head_against_the_log(files: Path, target: Target) -> None:
    head = latest_head()
    assert head is not None
    earlier = write(files / "earlier.json", head.as_json())
    later = issue(prove_with_environment(target, verdict="differs").pk)
    assert later is not None
    package = write(files / "later.json", package_of(later))
    consistency = write(files / "consistency.json", consistency_between(1, 3))
    given = {"issuer": files / "did.json", "earlier_head": earlier}
    code, said = run(Request(package, **given, consistency=consistency))  # type: ignore[arg-type]
    assert code == 0
    assert "The log still begins with the 1 entries" in said
    assert run(Request(package, earlier_head=earlier))[0] == 0
    code, said = run(Request(package, **given))  # type: ignore[arg-type]
    assert code == 3
    assert "no proof leads" in said
    forged = write(files / "forged.json", {**head.as_json(), "rootHash": "0" * 64})
    assert run(Request(package, earlier_head=forged))[0] == 1


def test_a_witness_sees_that_the_log_lost_entries(files: Path, target: Target) -> None:
    later = issue(prove_with_environment(target).pk)
    assert later is not None
    head = latest_head()
    assert head is not None
    kept = write(files / "kept.json", head.as_json())
    TreeHead.objects.filter(size=2).delete()
    code, said = run(Request(files / "certificate.json", earlier_head=kept))
    assert code == 1
    assert "The log has lost entries: it had 2." in said


def test_keys_from_after_a_rotation_verify_what_was_signed_before(files: Path, certificate: Certificate) -> None:
    rotate_key()
    issuer = write(files / "new-did.json", package_of(certificate)["issuer"])
    assert run(Request(files / "package.json", issuer=issuer))[0] == 0


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"[]", b"\xff" * 100, b'{"type": "reprise.certificate-package/1"}']
)
def test_a_file_that_holds_none_is_not_genuine(content: bytes, tmp_path: Path, db: None) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    code, said = run(Request(path))
    assert code == 1
    assert "WRONG" in said


@pytest.mark.parametrize("name", ["certificate", "issuer", "artefacts", "earlier_head"])
def test_a_file_that_is_not_there_is_wrong_usage(name: str, files: Path) -> None:
    given: dict[str, Any] = {"certificate": files / "package.json", name: files / "nothing-here"}
    code, said = run(Request(**given))
    assert code == 64
    assert "nothing-here cannot be read" in said


def test_the_command_says_it_in_json(files: Path) -> None:
    stdout = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "verify", str(files / "package.json"), "--issuer", str(files / "did.json"), "--json", stdout=stdout
        )
    assert ended.value.code == 0
    assert json.loads(stdout.getvalue())["outcome"] == "valid"


@pytest.mark.real
def test_the_command_needs_no_installation(files: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "verify", str(files / "package.json"), "--issuer", str(files / "did.json")],
        cwd=installation.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "REPRISE_DATA": str(tmp_path / "empty")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    assert "genuine and in force" in ended.stdout


@pytest.mark.real
def test_wrong_usage_has_its_own_code(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=installation.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "REPRISE_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 64
    assert "usage" in ended.stderr
