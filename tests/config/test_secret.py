"""The key that signs sessions: made once, kept, readable by its owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secret import read_or_make_secret


def test_a_secret_is_long_and_stays(tmp_path: Path) -> None:
    first = read_or_make_secret(tmp_path / "data" / "key")
    assert len(first) >= 64
    assert read_or_make_secret(tmp_path / "data" / "key") == first


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    read_or_make_secret(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    assert read_or_make_secret(tmp_path / "a") != read_or_make_secret(tmp_path / "b")


def test_two_that_start_at_once_end_with_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: read_or_make_secret(tmp_path / "key"), range(32)))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ImproperlyConfigured, match="Set REPRISE_DATA to one that can"):
        read_or_make_secret(tmp_path / "file" / "key")
