"""Files that others rely on: vendored ones, and the schemas of what we publish."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.contracts.project import ROOT, table_rows

SCHEMAS = sorted((ROOT / "docs" / "schemas").glob("*.json"))
VENDORED = ROOT / "static" / "vendor"


def test_every_vendored_file_is_what_its_table_says() -> None:
    rows = [row for row in table_rows("static/vendor/VENDORED.md") if row[0].startswith("`")]
    said = {row[0].strip("`"): row[4].strip("`") for row in rows}
    seen = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDORED.iterdir()
        if path.suffix in {".js", ".css"}
    }
    assert seen == said


def test_every_vendored_file_has_its_licence_beside_it() -> None:
    rows = [row for row in table_rows("static/vendor/VENDORED.md") if row[0].startswith("`")]
    assert rows
    for row in rows:
        assert (VENDORED / row[3].split("`")[1]).is_file()


@pytest.mark.parametrize(
    "folder", ["tests/certificates", "tests/validators/oai", "tests/validators/oidc", "tests/validators/oidc/node"]
)
def test_packages_of_node_are_pinned_by_digest_and_name_no_host_but_the_public_registry(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    for name, one in packages.items():
        assert one["integrity"].startswith("sha512-"), name
        assert one.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_valid_json_schema(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_the_statement_has_a_schema() -> None:
    assert "reproduction.schema.json" in {path.name for path in SCHEMAS}
