"""Whether the installation can do its work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django import Settings

from config import health


@pytest.fixture(autouse=True)
def _in_order(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REPRISE_DATA = tmp_path
    settings.REPRISE_BROKER_URL = ""
    (tmp_path / "broker" / "queue").mkdir(parents=True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1)


def checks(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/health")
    return response.status_code, response.json()["checks"]


def test_all_in_order_is_200(anonymous: Client) -> None:
    assert checks(anonymous) == (200, {"database": "ok", "broker": "ok", "sandbox": "ok", "disk": "ok"})


def test_health_is_never_cached(anonymous: Client) -> None:
    assert "no-store" in anonymous.get("/health").headers["Cache-Control"]


def test_a_database_that_does_not_answer_is_503(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def cursor(self) -> None:
            raise DatabaseError("password=secret")

    monkeypatch.setattr(health, "connection", Broken())
    response = anonymous.get("/health")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "does not answer"
    assert b"secret" not in response.content


def test_a_broker_directory_that_is_missing_is_503(anonymous: Client, tmp_path: Path) -> None:
    (tmp_path / "broker" / "queue").rmdir()
    assert checks(anonymous)[1]["broker"] == "directory cannot be written"


def test_a_broker_that_does_not_answer_is_503(anonymous: Client, settings: Settings) -> None:
    settings.REPRISE_BROKER_URL = "redis://127.0.0.1:1/0"
    status, found = checks(anonymous)
    assert (status, found["broker"]) == (503, "does not answer")


@pytest.mark.parametrize(
    ("allowed", "found"), [("no", "bubblewrap is not installed"), ("demonstration", "ok"), ("all", "ok")]
)
def test_a_missing_sandbox_is_a_problem_unless_the_operator_allows_it(
    allowed: str, found: str, anonymous: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    settings.REPRISE_ALLOW_UNSANDBOXED = allowed
    assert checks(anonymous)[1]["sandbox"] == found


def test_a_full_disk_is_503(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**70)
    assert checks(anonymous) == (
        503,
        {"database": "ok", "broker": "ok", "sandbox": "ok", "disk": "less than 512 MiB are free"},
    )
