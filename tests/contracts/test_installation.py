"""The code, the database and production settings agree."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from tests.contracts.project import APPS, ROOT


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


@pytest.mark.django_db
def test_every_model_has_its_table() -> None:
    tables = set(connection.introspection.table_names())
    ours = {model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()}
    assert ours
    assert ours <= tables


def test_migrations_are_named_by_intent_and_can_be_reversed() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in loader.disk_migrations.items():
        if app in APPS:
            assert "_auto_" not in name
            assert all(operation.reversible for operation in migration.operations), (app, name)


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("8Zq3_wV-7fJxkPz0aYtR5mGhLc1nUe6sBdQoXi2TvKyWpS4rHjNgDlEbCuAMFO9I", encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            **kept,
            "REPRISE_URL": "https://reprise.example.org",
            "REPRISE_HOSTS": "reprise.example.org",
            "REPRISE_BEHIND_PROXY": "true",
            "REPRISE_SECRET_KEY_FILE": str(key),
            "REPRISE_DATA": str(tmp_path / "data"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_description_of_the_api_is_valid_and_complete() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    described = yaml.safe_load(out.getvalue())
    assert described["openapi"].startswith("3.")
    operations = [
        operation
        for path in described["paths"].values()
        for method, operation in path.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    assert len(operations) == 70
    assert [one["operationId"] for one in operations if not one.get("summary")] == []


@pytest.mark.django_db
def test_the_description_of_the_api_is_served(client: Client) -> None:
    served = client.get("/api/v1/schema/", {"format": "json"})
    assert served.status_code == 200
    assert "/api/v1/targets/{id}/reproduce/" in served.json()["paths"]
