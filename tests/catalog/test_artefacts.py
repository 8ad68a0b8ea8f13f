"""The store of artefacts: once, whole, checkable."""

from __future__ import annotations

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.artefacts import ArtefactError, ArtefactStore

EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "store")


def kept_files(store: ArtefactStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_bytes_are_kept_under_their_digest_in_shards(store: ArtefactStore) -> None:
    artefact = store.put_bytes(b"figure")
    digest = hashlib.sha256(b"figure").hexdigest()
    assert (artefact.sha256, artefact.size_bytes) == (digest, 6)
    assert store.path(digest) == store.root / digest[:2] / digest[2:4] / digest
    with store.open(digest) as reader:
        assert reader.read() == b"figure"


def test_a_file_and_bytes_of_the_same_content_are_kept_once(store: ArtefactStore, tmp_path: Path) -> None:
    source = tmp_path / "notebook.ipynb"
    source.write_bytes(b"x" * 3_000_000)
    assert store.put_file(source) == store.put_bytes(b"x" * 3_000_000)
    assert len(kept_files(store)) == 1


def test_kept_files_are_read_only(store: ArtefactStore) -> None:
    path = store.path(store.put_bytes(b"figure").sha256)
    assert path.stat().st_mode & 0o777 == 0o444


def test_writers_at_once_leave_one_whole_file_and_nothing_else(store: ArtefactStore) -> None:
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        artefacts = set(pool.map(store.put_bytes, [data] * 32))
    assert len(artefacts) == 1
    assert store.verify(artefacts.pop().sha256).size_bytes == len(data)
    assert len(kept_files(store)) == 1


def test_damage_is_found(store: ArtefactStore) -> None:
    artefact = store.put_bytes(b"figure")
    path = store.path(artefact.sha256)
    path.chmod(0o644)
    path.write_bytes(b"forged")
    with pytest.raises(ArtefactError) as refusal:
        store.verify(artefact.sha256)
    assert refusal.value.cause.id == "artefact-damaged"


def test_a_truncated_artefact_is_repaired_by_keeping_it_again(store: ArtefactStore) -> None:
    artefact = store.put_bytes(b"figure")
    path = store.path(artefact.sha256)
    path.chmod(0o644)
    path.write_bytes(b"fig")
    store.put_bytes(b"figure")
    assert store.verify(artefact.sha256) == artefact


def test_what_is_not_kept_is_missing(store: ArtefactStore) -> None:
    assert not store.has(EMPTY)
    with pytest.raises(ArtefactError) as refusal:
        store.open(EMPTY)
    assert refusal.value.cause.id == "artefact-missing"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", EMPTY.upper(), EMPTY[:-1], EMPTY + "\n", "g" * 64])
def test_a_malformed_digest_is_refused(store: ArtefactStore, digest: str) -> None:
    with pytest.raises(ArtefactError) as refusal:
        store.path(digest)
    assert refusal.value.cause.id == "digest-malformed"


def test_a_full_disk_says_so_and_leaves_nothing(store: ArtefactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ArtefactError) as refusal:
        store.put_bytes(b"figure")
    assert refusal.value.cause.id == "disk-full"
    assert kept_files(store) == []


def test_a_store_that_cannot_be_made_names_the_operator(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError) as refusal:
        ArtefactStore(tmp_path / "file" / "store").put_bytes(b"figure")
    assert refusal.value.cause.id == "artefact-unwritable"
    assert refusal.value.cause.fault == "operator"
