"""Every hostile notebook under every confinement: it ends as it must, and the host is as it was."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jsonschema import Draft202012Validator
from nbformat.v4 import new_code_cell, new_notebook

from builder.lifeline import adopt_orphans
from reproduce.compare import compare_notebooks
from reproduce.runner.bundle import read_events
from reproduce.runner.job import Job, Kernel, Limits, Result, SandboxKind
from reproduce.runner.kernel_cause import explain
from reproduce.runner.launch import run_job
from reproduce.verdict import judge
from tests.contracts.project import ROOT
from tests.hostile.confinements import CONFINEMENTS
from tests.hostile.notebook_cases import NOTEBOOKS, case_names, read_case
from tests.hostile.watched_host import WatchedHost, background, settle
from tests.reproduce.runner.conftest import wait_until

pytestmark = pytest.mark.real
WITHIN_S = 12.0
# What every bundle holds beside the outputs that its job allows.
BUNDLE_BYTES = 4 << 20


@pytest.fixture(scope="module", params=CONFINEMENTS, ids=[kind for kind, _ in CONFINEMENTS])
def confined(request: pytest.FixtureRequest) -> tuple[SandboxKind, Kernel]:
    """A sandbox and the kernel in it."""
    kind, kernel_of = request.param
    return kind, kernel_of()


@pytest.fixture(scope="module")
def host(confined: tuple[SandboxKind, Kernel], tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedHost]:
    """A host on which another run is under way and all temporary files lie in one place."""
    adopt_orphans()
    before = tempfile.tempdir
    directory = tmp_path_factory.mktemp("host")
    temporary = tempfile.tempdir = tempfile.mkdtemp(prefix="h")
    os.environ["REPRISE_HOSTILE_SECRET"] = "a worker keeps secrets in its variables"
    host = WatchedHost(directory, Path(temporary))
    stop = threading.Event()
    (directory / "snapshot").mkdir()
    waiting = {**new_notebook(), "cells": [new_code_cell("import time\nwhile True: time.sleep(1)")]}
    (directory / "snapshot" / "figure.ipynb").write_text(json.dumps(waiting))
    limits = Limits(cell_timeout_s=3600, run_timeout_s=3600)
    job = Job("beside", str(directory / "snapshot"), "figure.ipynb", confined[1], confined[0], limits=limits)
    run = threading.Thread(target=run_job, args=(job, directory / "run"), kwargs={"is_cancelled": stop.is_set})
    try:
        with background(run, stop):
            assert wait_until(lambda: "cell-started" in _text(directory / "run" / "events.jsonl"), 60)
            host.connection = str(next(Path(temporary).glob("rl-*/**/k.json")))
            settle(os.getpid())
            yield host
            assert run.is_alive()
    finally:
        host.close()
        del os.environ["REPRISE_HOSTILE_SECRET"]
        tempfile.tempdir = before
        shutil.rmtree(temporary)


@pytest.mark.parametrize("name", case_names())
def test_a_hostile_notebook_ends_as_it_must_and_leaves_the_host_as_it_was(
    name: str, host: WatchedHost, confined: tuple[SandboxKind, Kernel], tmp_path: Path
) -> None:
    case = read_case(name)
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    shutil.copy(NOTEBOOKS / name / "attack.ipynb", snapshot)
    for attempt in range(case.get("times", 1)):
        bundle = tmp_path / f"bundle-{attempt}"
        host.remember()
        started = time.monotonic()
        result = run_job(_job(case, snapshot, host, confined), bundle)
        took = time.monotonic() - started
        told = f"{result.status}: {result.failure}\n{_text(bundle / 'runner.log')[-3000:]}"
        assert host.changes() == {}, told
        assert result.status == case["status"], told
        _check_end(case, result, bundle, snapshot)
        _check_evidence(case, bundle, host)
        assert took < case.get("within_s", WITHIN_S)
    assert [path.name for path in snapshot.iterdir()] == ["attack.ipynb"]


def _job(case: dict[str, Any], snapshot: Path, host: WatchedHost, confined: tuple[SandboxKind, Kernel]) -> Job:
    kind, kernel = confined
    usual = {"cell_timeout_s": 10, "run_timeout_s": 20, "memory_bytes": 1 << 30, "output_bytes": 20 << 20}
    return Job(
        id="hostile",
        source=str(snapshot),
        notebook="attack.ipynb",
        kernel=kernel,
        sandbox=kind,
        parameters={"host": host.parameters(), **case.get("parameters", {})},
        limits=Limits(**{**usual, "scratch_bytes": 200 << 20, **case.get("limits", {})}),
        output_files=tuple(case.get("output_files", ())),
    )


def _check_end(case: dict[str, Any], result: Result, bundle: Path, snapshot: Path) -> None:
    """The verdict, its cause and the words for it."""
    comparison = None
    if result.status == "completed":
        published = nbformat.read(snapshot / "attack.ipynb", as_version=4)
        comparison = compare_notebooks(published, nbformat.read(bundle / "executed.ipynb", as_version=4))
    verdict, cause = judge(result, explain(result), comparison)
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
