"""Keys: made on first use, rotated, given by the operator, and never used again once retired."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Target
from reproduce.certificates.keys import read_or_make_key
from reproduce.certificates.material import Material
from reproduce.certificates.verify import outcome_of, verify
from reproduce.errors import RunError
from reproduce.issuing.issue import issue
from reproduce.issuing.keyring import Signer, key_path, open_signer, own_issuers, rotate_key
from reproduce.issuing.ledger import append, in_one_go
from reproduce.issuing.verification import with_own_knowledge
from reproduce.models import Certificate, IssuerKey, LogEntry
from tests.reproduce.issuing.conftest import prove_with_environment


def outcome(certificate: Certificate) -> str:
    material = with_own_knowledge(Material(certificate.entry.as_json()))
    return outcome_of(verify(material, now=timezone.now() + timedelta(days=1)))


def test_a_key_is_made_on_first_use_below_the_data_directory(db: None, data: Path) -> None:
    assert key_path() == data / "issuer" / "key.pem"
    assert open_signer().row == open_signer().row
    assert IssuerKey.objects.count() == 1


def test_a_rotation_keeps_what_was_signed(target: Target, certificate: Certificate) -> None:
    before = open_signer().row
    after = rotate_key()
    later = issue(prove_with_environment(target).pk)
    assert later is not None
    assert (certificate.key, later.key) == (before, after)
    assert [outcome(certificate), outcome(later)] == ["valid", "valid"]
    (issuer,) = own_issuers().values()
    assert {key.multikey for key in issuer.keys.values()} == {before.multikey, after.multikey}


def test_a_retired_key_that_comes_back_from_a_backup_does_not_sign(db: None, tmp_path: Path) -> None:
    open_signer()
    shutil.copy(key_path(), tmp_path / "backup.pem")
    rotate_key()
    shutil.copy(tmp_path / "backup.pem", key_path())
    with pytest.raises(RunError, match="was retired"):
        open_signer()


def test_a_retired_key_signs_under_no_other_name_either(db: None, settings: Settings, tmp_path: Path) -> None:
    open_signer()
    shutil.copy(key_path(), tmp_path / "backup.pem")
    rotate_key()
    shutil.copy(tmp_path / "backup.pem", key_path())
    settings.REPRISE_URL = "https://elsewhere.example.org"
    with pytest.raises(RunError, match="was retired"):
        open_signer()


def test_another_address_and_the_way_back_retire_no_key(
    certificate: Certificate, target: Target, settings: Settings
) -> None:
    first, before = open_signer().row, settings.REPRISE_URL
    settings.REPRISE_URL = "https://elsewhere.example.org"
    second = open_signer().row
    assert (first.multikey == second.multikey, first.did == second.did) == (True, False)
    assert issue(prove_with_environment(target).pk) is not None
    settings.REPRISE_URL = before
    assert open_signer().row == first
    assert outcome(certificate) == "valid"
    assert not IssuerKey.objects.exclude(retired_at=None).exists()


def test_a_rotation_retires_the_key_under_all_its_names(db: None, settings: Settings) -> None:
    open_signer()
    settings.REPRISE_URL = "https://elsewhere.example.org"
    open_signer()
    new = rotate_key()
    assert list(IssuerKey.objects.filter(retired_at=None)) == [new]


def test_a_worker_that_opened_the_key_before_its_rotation_appends_nothing(db: None) -> None:
    signer: Signer = open_signer()
    rotate_key()
    with pytest.raises(RunError, match="replaced at this moment"):
        in_one_go(lambda: append(LogEntry.Kind.STATUS, signer, lambda number: {"number": number}))
    assert not LogEntry.objects.exists()


def test_what_a_stolen_key_signed_is_told_by_the_log(certificate: Certificate) -> None:
    document = {name: part for name, part in certificate.entry.as_json().items() if name != "proof"}
    forged = open_signer().sign({**document, "name": "Everything reproduced"})
    checks = verify(with_own_knowledge(Material(forged)), now=timezone.now())
    assert {check.name: check.state for check in checks if check.state != "not-checked"} == {
        "form": "passed",
        "signature": "passed",
        "dates": "passed",
        "log": "failed",
    }
    assert outcome_of(checks) == "invalid"


def test_the_operators_own_key_is_used_and_is_theirs_to_replace(db: None, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "own.pem"
    settings.REPRISE_ISSUER_KEY_PATH = str(path)
    with pytest.raises(RunError, match="cannot be read"):
        open_signer()
    call_command("certificates", "init")
    first = open_signer().row
    with pytest.raises(CommandError, match="replace that file"):
        call_command("certificates", "rotate")
    path.unlink()
    read_or_make_key(path)
    second = open_signer().row
    first.refresh_from_db()
    assert first.retired_at is not None
    assert (second.retired_at, first.multikey == second.multikey) == (None, False)


def test_a_key_that_others_can_read_signs_nothing(db: None) -> None:
    open_signer()
    key_path().chmod(0o644)
    with pytest.raises(RunError, match="0600"):
        open_signer()


def test_certificates_of_an_earlier_address_stay_verifiable(
    target: Target, certificate: Certificate, settings: Settings
) -> None:
    settings.REPRISE_URL = "https://elsewhere.example.org/reprise"
    later = issue(prove_with_environment(target).pk)
    assert later is not None
    assert later.entry.as_json()["issuer"]["id"] == "did:web:elsewhere.example.org:reprise"
    assert [outcome(certificate), outcome(later)] == ["valid", "valid"]
    states = {
        check.name: check.state
        for check in verify(with_own_knowledge(Material(certificate.entry.as_json())), now=timezone.now())
    }
    assert (states["log"], states["revoked"]) == ("passed", "not-checked")
