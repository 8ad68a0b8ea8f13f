"""Run one hostile notebook, and check that it ends as it must and that the host is as it was."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
from jsonschema import Draft202012Validator

from reproduce.compare import compare_notebooks
from reproduce.diagnose import Facts, explain_failure
from reproduce.runner.bundle import read_events
from reproduce.runner.job import Job, Limits, Result
from reproduce.runner.launch import run_job
from reproduce.verdict import judge
from tests.contracts.project import ROOT
from tests.hostile.confinements import Confined
from tests.hostile.notebook_cases import NOTEBOOKS, read_case
from tests.hostile.watched_host import WatchedHost

WITHIN_S = 12.0
# What every bundle holds beside the outputs that its job allows.
BUNDLE_BYTES = 4 << 20


def attack(name: str, host: WatchedHost, confined: Confined, place: Path) -> None:
    """Run the case as often as it wants to be run."""
    case = read_case(name)
    snapshot = place / "snapshot"
    snapshot.mkdir()
    shutil.copy(NOTEBOOKS / name / "attack.ipynb", snapshot)
    for attempt in range(case.get("times", 1)):
        bundle = place / f"bundle-{attempt}"
        host.remember()
        started = time.monotonic()
        result = run_job(_job(case, snapshot, host, confined), bundle)
        took = time.monotonic() - started
        told = f"{result.status}: {result.failure}\n{_text(bundle / 'runner.log')[-3000:]}"
        changes = host.changes()
        assert changes == {}, f"{changes}\n{told}"
        assert result.status == case["status"], told
        _check_end(case, result, bundle, snapshot)
        _check_evidence(case, bundle, host)
        assert took < case.get("within_s", WITHIN_S)
    assert [path.name for path in snapshot.iterdir()] == ["attack.ipynb"]


def _job(case: dict[str, Any], snapshot: Path, host: WatchedHost, confined: Confined) -> Job:
    otherwise = case.get("under", {}).get(confined.sandbox, {})
    parameters = {**case.get("parameters", {}), **otherwise.get("parameters", {})}
    usual = {"cell_timeout_s": 10, "run_timeout_s": 20, "memory_bytes": 1 << 30, "output_bytes": 20 << 20}
    return Job(
        id="hostile",
        source=str(snapshot),
        notebook="attack.ipynb",
        kernel=confined.kernel,
        sandbox=confined.sandbox,
        container=confined.container,
        parameters={"host": host.parameters(), **parameters},
        limits=Limits(**{**usual, "scratch_bytes": 200 << 20, **case.get("limits", {})}),
        output_files=tuple(case.get("output_files", ())),
    )


def _check_end(case: dict[str, Any], result: Result, bundle: Path, snapshot: Path) -> None:
    """The verdict, its cause and the words for it."""
    comparison = None
    if result.status == "completed":
        published = nbformat.read(snapshot / "attack.ipynb", as_version=4)
        comparison = compare_notebooks(published, nbformat.read(bundle / "executed.ipynb", as_version=4))
    verdict, cause = judge(result, explain_failure(Facts(result)), comparison)
    told = f"{cause}\n{result.failure}\n{_text(bundle / 'executed.ipynb')[:5000]}"
    assert verdict == case["verdict"], told
    assert (cause.id if cause else None) == case.get("cause", None if verdict else "nothing-compared"), told
    if "reason" in case:
        failure = result.failure
        assert case["reason"] in f"{failure.limit}\n{failure.ename}\n{failure.evalue}", told


def _check_evidence(case: dict[str, Any], bundle: Path, host: WatchedHost) -> None:
    """What is kept is whole, small, holds what must be there, and nothing of the host."""
    notebook = json.loads((bundle / "executed.ipynb").read_bytes(), parse_constant=_no_constant)
    nbformat.validate(nbformat.from_dict(notebook), relax_add_props=True)
    published = {cell["metadata"]["reprise"].get("index"): cell for cell in notebook["cells"]}
    for index, text in case.get("shows", {}).items():
        assert text in json.dumps(published[int(index)]["outputs"])
    for index, names in case.get("updated_by", {}).items():
        assert published[int(index)]["metadata"]["reprise"]["updated_by"] == names
    outputs = json.dumps([cell["outputs"] for cell in notebook["cells"]]) + json.dumps(notebook["metadata"])
    assert [text for text in case.get("hides_output", ()) if text in outputs] == []
    files = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if path.is_file()}
    kept = [name for name in files if name.startswith("files/")]
    if "keeps" in case:
        assert sorted(kept) == sorted(f"files/{name}" for name in case["keeps"])
    assert not any(path.is_symlink() for path in bundle.rglob("*"))
    for path in files.values():
        content = path.read_bytes()
        assert host.secret.encode() not in content
        assert [text for text in case.get("hides", ()) if text.encode() in content] == []
    limit = case.get("limits", {}).get("output_bytes", 20 << 20)
    assert sum(path.stat().st_size for path in files.values()) < 6 * limit + BUNDLE_BYTES
    assert (bundle / "runner.log").stat().st_size < 100_000
    _check_schemas(bundle)


def _check_schemas(bundle: Path) -> None:
    schemas = {
        name: json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())
        for name in ("event", "result")
    }
    Draft202012Validator(schemas["result"]).validate(json.loads((bundle / "result.json").read_bytes()))
    validator = Draft202012Validator(schemas["event"])
    for event in read_events(bundle):
        validator.validate(event)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
