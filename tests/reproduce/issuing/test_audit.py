"""The audit finds whatever was changed behind the log's back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Target
from reproduce.certificates.canonical import canonical
from reproduce.certificates.merkle import leaf_hash
from reproduce.issuing.audit import Audit
from reproduce.issuing.issue import issue
from reproduce.issuing.statuses import revoke
from reproduce.models import Certificate, LogEntry, LogNode, TreeHead
from tests.reproduce.issuing.conftest import prove_with_environment


@pytest.fixture
def worse(target: Target, certificate: Certificate) -> Certificate:
    """A second certificate, which superseded the first; the log has three entries."""
    found = issue(prove_with_environment(target, verdict="differs").pk)
    assert found is not None
    return found


def rewrite(seq: int, **changes: object) -> None:
    """Change an entry as an operator would who forgets nothing but the heads: document and leaf fit again."""
    entry = LogEntry.objects.get(seq=seq)
    data = canonical({**entry.as_json(), **changes})
    LogEntry.objects.filter(seq=seq).update(document=data.decode(), leaf=leaf_hash(data).hex())


def change_verdict() -> None:
    rewrite(0, name="Everything reproduced")


def change_record() -> None:
    Certificate.objects.filter(entry=0).update(rung="today")


def forget_an_entry() -> None:
    LogEntry.objects.filter(seq=2).delete()


def forget_the_last_entry_and_its_head() -> None:
    forget_an_entry()
    TreeHead.objects.filter(size=3).delete()
    LogNode.objects.filter(level=0, position=2).delete()


def take_back_a_supersession() -> None:
    Certificate.objects.update(superseded_by=None)


def revoke_without_the_log() -> None:
    Certificate.objects.filter(entry=0).update(revoked_at=timezone.now(), revoked_why="x")


def change_a_node() -> None:
    LogNode.objects.filter(level=1).update(hash="0" * 64)


def forget_a_head() -> None:
    TreeHead.objects.filter(size=2).delete()


def sign_nothing() -> None:
    head = TreeHead.objects.get(size=2)
    TreeHead.objects.filter(size=2).update(document=json.dumps({**head.as_json(), "rootHash": "0" * 64}))


def change_the_kind() -> None:
    LogEntry.objects.filter(seq=0).update(kind="status")


def spoil_an_entry() -> None:
    LogEntry.objects.filter(seq=1).update(document="{")


@pytest.mark.parametrize(
    "change",
    [
        change_verdict,
        change_record,
        forget_an_entry,
        forget_the_last_entry_and_its_head,
        take_back_a_supersession,
        revoke_without_the_log,
        change_a_node,
        forget_a_head,
        sign_nothing,
        change_the_kind,
        spoil_an_entry,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_behind_the_log_is_found(change: Callable[[], None], worse: Certificate) -> None:
    assert list(Audit().findings()) == []
    change()
    assert list(Audit().findings())


def test_a_spoiled_and_a_missing_artefact_are_found(worse: Certificate, data: Path) -> None:
    files = [path for path in (data / "artefacts").rglob("*") if path.is_file()]
    files[0].chmod(0o600)
    files[0].write_bytes(b"something else")
    files[1].unlink()
    findings = "\n".join(Audit().findings())
    assert "is not what it was when it was kept" in findings
    assert "is not in the store" in findings


def test_an_empty_log_is_in_order(db: None) -> None:
    assert list(Audit().findings()) == []


def test_a_log_that_went_through_everything_is_in_order(
    worse: Certificate, settings: Settings, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    revoke(worse.pk, why="A mistake.")
    call_command("certificates", "rotate")
    assert issue(prove_with_environment(target).pk) is not None
    settings.REPRISE_URL = "https://elsewhere.example.org"
    assert issue(prove_with_environment(target).pk) is not None
    call_command("certificates", "audit")
    assert "6 entries" in capsys.readouterr().out


def test_the_command_ends_with_an_error_when_something_is_wrong(worse: Certificate) -> None:
    change_record()
    with pytest.raises(CommandError, match="not in order"):
        call_command("certificates", "audit")
