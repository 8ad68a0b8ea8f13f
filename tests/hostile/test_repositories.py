"""Hostile repositories: each ends with its cause, or is taken and does no harm, in bounded time and memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.advice import advise
from builder.recipe.read import read_recipe
from builder.snapshot import remote
from builder.snapshot.checkout import FetchLimits, fetch_snapshot
from builder.snapshot.directory import snapshot_directory
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.notebooks import outline_notebooks
from builder.snapshot.reading import read_notebook
from builder.snapshot.source import Source
from catalog.proposals import propose_targets
from tests.catalog.local_host import local_host
from tests.hostile.cases import Case, Outside, cases, write_files
from tests.hostile.git_hosts import git_host
from tests.hostile.git_objects import GitRepository
from tests.hostile.measured import Outcome, outcome_of

pytestmark = pytest.mark.real
LIMITS = FetchLimits(size_bytes=64 * 2**20, timeout_s=30.0)
COMMITTED, TODAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


def judge(case: Case, outcome: Outcome) -> None:
    assert (outcome.cause, case.reason in outcome.says) == (case.cause, True), outcome
    # What is said is shown on pages and in logs.
    assert outcome.says.encode("utf-8")
    assert not any(ord(letter) < 32 for letter in outcome.says.replace("\n", "")), outcome.says
    assert outcome.seconds < case.seconds, outcome
    assert outcome.memory_mib < case.memory_mib, outcome


def used(facts: SnapshotFacts, log: list[str]) -> str:
    """Do with a snapshot what the service does before a build; return all that would be shown or kept."""
    proposals = propose_targets(facts.notebooks)
    advised = advise(facts, published_on=None)
    return json.dumps([log, facts.source, [str(each) for each in (*proposals, *advised.advice)], advised.declaration])


def fetched(location: str, into: Path, *, limits: FetchLimits = LIMITS) -> Callable[[], str]:
    def call() -> str:
        log: list[str] = []
        facts = fetch_snapshot(
            Source("git", location, None, location.partition(":")[0], "127.0.0.1"),
            into=into,
            on_log=log.append,
            limits=limits,
            allowed_schemes=frozenset({"file", "http"}),
            allow_private=True,
        )
        return used(facts, log)

    return call


def whole(into: Path) -> bool:
    """Tell whether only whole snapshots are there, nothing that leads out of them, and no file that can be written."""
    paths = list(into.rglob("*")) if into.exists() else []
    links = [path for path in paths if path.is_symlink()]
    return (
        not any(path.name.startswith(".partial") for path in paths)
        and all(os.path.realpath(link).startswith(str(into.resolve())) for link in links)
        and not any(
            path.stat().st_mode & 0o7222
            for path in paths
            if path.is_file() and not path.is_symlink() and "files" in path.parts
        )
    )


@pytest.mark.parametrize("case", cases("repositories", "git"), ids=lambda case: case.name)
def test_a_hostile_git_repository(case: Case, tmp_path: Path, outside: Outside) -> None:
    origin = GitRepository(tmp_path / "origin").make(outside.filled_in(case.make))
    into = tmp_path / "snapshots"
    judge(case, outcome_of(fetched(f"file://{origin.path}", into)))
    assert whole(into)
    assert outside.is_untouched()


@pytest.mark.parametrize("case", cases("repositories", "host"), ids=lambda case: case.name)
def test_a_hostile_host(case: Case, tmp_path: Path) -> None:
    limits = FetchLimits(size_bytes=64 * 2**20, timeout_s=case.make["timeout_s"])
    with git_host(case.make["host"]) as host:
        judge(case, outcome_of(fetched(f"{host.url}/r", tmp_path / "s", limits=limits)))
    assert whole(tmp_path / "s")


@pytest.mark.parametrize("case", cases("repositories", "redirect"), ids=lambda case: case.name)
def test_a_host_that_redirects(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first host counts as public; git connects to the address that was judged.
    monkeypatch.setattr(remote, "public_addresses", lambda host, port: ("127.0.0.1",))
    with local_host() as host:
        port = host.url.rpartition(":")[2]
        host.answers["/r/info/refs"] = (302, {"Location": case.make["to"].replace("{port}", port)}, b"")
        source = Source("git", f"http://git.example.org:{port}/r", None, "http", "git.example.org", int(port))

        def call() -> object:
            schemes = frozenset({"http"})
            return fetch_snapshot(source, into=tmp_path / "s", limits=LIMITS, on_log=print, allowed_schemes=schemes)

        judge(case, outcome_of(call))
    assert {path.split("?")[0] for path in host.paths} == {"/r/info/refs"}


@pytest.mark.parametrize("case", cases("repositories", "directory"), ids=lambda case: case.name)
def test_a_hostile_directory(case: Case, tmp_path: Path, outside: Outside) -> None:
    given, into = tmp_path / "given", tmp_path / "snapshots"
    write_files(given, outside.filled_in(case.make)["files"])
    log: list[str] = []
    judge(
        case,
        outcome_of(lambda: used(snapshot_directory(given, into=into, limits=LIMITS, on_log=log.append), log)),
    )
    inodes = {path.stat().st_ino for path in into.rglob("*") if path.is_file()}
    assert (outside.folder / "kept").stat().st_ino not in inodes
    assert outside.is_untouched()


@pytest.mark.parametrize("case", cases("repositories", "notebook"), ids=lambda case: case.name)
def test_a_hostile_notebook_file(case: Case, tmp_path: Path) -> None:
    write_files(tmp_path, case.make["files"])

    def call() -> str:
        outlines = outline_notebooks(tmp_path)
        proposals = propose_targets(outlines)
        recipe = read_recipe(tmp_path, ["paper.ipynb"], as_of="commit", committed_at=COMMITTED, today=TODAY)
        return json.dumps([str(each) for each in (*outlines, *proposals, recipe)])

    outcome = outcome_of(call)
    judge(Case(**{**vars(case), "cause": ""}), outcome)
    (outline,) = outline_notebooks(tmp_path)
    assert (outline.problem or "") == case.cause
    assert json.dumps(outline.problem_message, ensure_ascii=False).encode()


@pytest.mark.parametrize("case", cases("repositories", "recipe"), ids=lambda case: case.name)
def test_a_hostile_recipe(case: Case, tmp_path: Path, outside: Outside) -> None:
    root = tmp_path / "files"
    write_files(root, outside.filled_in(case.make)["files"])

    def call() -> str:
        return str(read_recipe(root, ["figure.ipynb"], as_of="commit", committed_at=COMMITTED, today=TODAY))

    outcome = outcome_of(call)
    judge(case, outcome)
    assert "root:x:0" not in outcome.says
    assert os.environ["REPRISE_SECRET_KEY"] not in outcome.says
    assert outside.is_untouched()


def test_reading_gives_nothing_that_cannot_be_kept(tmp_path: Path) -> None:
    (case,) = [each for each in cases("repositories", "notebook") if each.name == "notebook-with-lone-surrogates"]
    write_files(tmp_path, case.make["files"])
    text = json.dumps(read_notebook(tmp_path / "paper.ipynb"), ensure_ascii=False)
    assert text.encode("utf-8")
