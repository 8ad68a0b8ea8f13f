"""Files that others rely on: vendored ones, and the schemas of what we publish."""

from __future__ import annotations

import hashlib
import json
import re
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


def test_no_vendored_script_makes_code_at_run_time() -> None:
    scripts = sorted(VENDORED.glob("*.js"))
    assert scripts
    for script in scripts:
        found = re.findall(r"\bnew Function\b|(?<![.\w$])(?:Function|eval)\(", script.read_text(encoding="utf-8"))
        assert found == [], script.name


def test_every_package_of_the_viewer_that_runs_here_is_named_with_its_licence() -> None:
    pinned = json.loads((ROOT / "deploy/h5web/package.json").read_text(encoding="utf-8"))["dependencies"]
    licences = next(VENDORED.glob("h5web-*.LICENSES.txt")).read_text(encoding="utf-8")
    assert pinned
    for name, version in pinned.items():
        assert f"{name} {version} (MIT)" in licences


@pytest.mark.parametrize(
    "folder",
    [
        "deploy/h5web",
        "tests/certificates",
        "tests/validators/oai",
        "tests/validators/oidc",
        "tests/validators/oidc/node",
    ],
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
