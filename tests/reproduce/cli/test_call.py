"""What a call leaves: evidence, statement, messages, exit code."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from reproduce.cli import conclude
from tests.reproduce.cli.conftest import REPOSITORIES, Run, change_notebook, copy_repository

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]


def add_parameter_cell(notebook: dict[str, Any]) -> None:
    notebook["cells"].insert(
        0,
        {
            "cell_type": "code",
            "id": "knobs",
            "metadata": {"tags": ["parameters"]},
            "source": "gain = 1",
            "outputs": [],
            "execution_count": 1,
        },
    )
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "shown",
            "metadata": {},
            "source": "print(gain, type(gain).__name__)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "1 int\n"}],
            "execution_count": 9,
        }
    )


def test_each_run_of_a_notebook_that_is_run_again_is_kept(run: Run, repository: Path) -> None:
    call = run(repository, repeat=3)
    assert call.code == 0, call.stderr
    names = {path.name for path in (call.out / "figure-1").iterdir()}
    assert {"executed.ipynb", "executed-2.ipynb", "executed-3.ipynb"} <= names
    (said,) = call.statement["notebooks"]
    assert [end["status"] for end in said["runs"]] == ["completed"] * 3
    assert len({end["outputs_sha256"] for end in said["runs"]}) == 1


def test_evidence_is_complete_and_beside_nothing_else(run: Run, repository: Path) -> None:
    call = run(repository)
    assert call.code == 0, call.stderr
    assert sorted(path.name for path in call.out.iterdir()) == [
        ".gitignore",
        "README.md",
        "build.log",
        "companion.json",
        "figure-1",
        "pylock.toml",
        "report.html",
        "reproduction.json",
        "requirements.txt",
        "ro-crate-metadata.json",
    ]
    names = {path.name for path in (call.out / "figure-1").iterdir()}
    assert {"executed.ipynb", "published.ipynb", "kernel.log", "events.jsonl", "verdict.json"} <= names
    cells = call.statement["notebooks"][0]["cells"]
    (place,) = (cell["index"] + 1 for cell in cells if any(one["mime"] == "image/png" for one in cell["outputs"]))
    assert {f"cell-{place}-1-published.png", f"cell-{place}-1-rerun.png"} <= names
    assert json.loads((call.out / "figure-1" / "verdict.json").read_text()) == call.statement
    assert str(call.out / "report.html") in call.stdout


def test_a_second_run_replaces_the_evidence_of_the_first(run: Run, repository: Path) -> None:
    (repository / "second.ipynb").write_bytes((repository / "figure-1.ipynb").read_bytes())
    first = run(repository)
    assert (first.out / "second").is_dir()
    second = run(repository, notebooks=("figure-1.ipynb",))
    assert second.code == 0
    assert not (second.out / "second").exists()


def test_a_directory_with_something_else_in_it_is_never_written_to(run: Run, repository: Path, tmp_path: Path) -> None:
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter.tex").write_text("years of work")
    call = run(repository, out=mine)
    assert call.code == 64
    assert "thesis" in call.stderr
    assert [path.name for path in mine.iterdir()] == ["chapter.tex"]


def test_evidence_inside_a_clean_checkout_leaves_the_next_snapshot_the_same(run: Run, repository: Path) -> None:
    git = ["git", "-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "paper"]):
        subprocess.run([*git, *command], check=True)
    first = run(repository, out=repository / "reprise-evidence" / "paper").statement
    second = run(repository, out=repository / "reprise-evidence" / "paper").statement
    assert first["commit"] is not None
    assert (first["commit"], first["swhid"]) == (second["commit"], second["swhid"])
    assert [notebook["path"] for notebook in second["notebooks"]] == ["figure-1.ipynb"]


def test_evidence_inside_a_plain_directory_is_no_part_of_the_next_snapshot(run: Run, repository: Path) -> None:
    first = run(repository, out=repository / "evidence").statement
    second = run(repository, out=repository / "evidence").statement
    assert first["swhid"] == second["swhid"]
    assert [notebook["path"] for notebook in second["notebooks"]] == ["figure-1.ipynb"]


def test_json_on_standard_output_is_alone_there(run: Run, repository: Path) -> None:
    call = run(repository, json="-")
    assert json.loads(call.stdout) == call.statement
    assert "figure-1.ipynb: started" in call.stderr


def test_json_is_written_to_a_file(run: Run, tmp_path: Path) -> None:
    call = run(REPOSITORIES / "no-notebooks", json=str(tmp_path / "said.json"))
    assert json.loads((tmp_path / "said.json").read_text()) == call.statement


def test_a_json_file_that_cannot_be_written_is_refused_before_any_work(run: Run, repository: Path) -> None:
    call = run(repository, json="/nowhere/at/all/said.json")
    assert call.code == 64
    assert not call.out.exists()


def test_only_notebooks_that_match_are_run(run: Run, repository: Path) -> None:
    (repository / "more").mkdir()
    for name in ("more/a.ipynb", "more/b.ipynb"):
        (repository / name).write_bytes((repository / "figure-1.ipynb").read_bytes())
    call = run(repository, notebooks=("more/a*", "figure-*"), jobs=2)
    assert [notebook["path"] for notebook in call.statement["notebooks"]] == ["figure-1.ipynb", "more/a.ipynb"]
    assert call.code == 0


def test_a_pattern_that_matches_nothing_is_wrong_usage(run: Run, repository: Path) -> None:
    call = run(repository, notebooks=("figure-9*",))
    assert call.code == 64
    assert "figure-9*" in call.stderr
    assert not call.out.exists()


def test_the_worst_verdict_decides_the_exit_code(run: Run, repository: Path) -> None:
    differs = copy_repository("differs-tiny", repository.parent / "other")
    (repository / "figure-2.ipynb").write_bytes((differs / "figure-1.ipynb").read_bytes())
    call = run(repository)
    assert [notebook["verdict"] for notebook in call.statement["notebooks"]] == ["identical", "differs"]
    assert call.code == 1
    assert "differs" in call.stdout


def test_a_notebook_without_outputs_is_told_and_fails_nothing_beside_one_that_has_some(
    run: Run, repository: Path
) -> None:
    def clear(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = []

    (repository / "draft.ipynb").write_bytes((repository / "figure-1.ipynb").read_bytes())
    change_notebook(repository / "draft.ipynb", clear)
    call = run(repository)
    assert call.code == 0
    told = {notebook["path"]: notebook["cause"] for notebook in call.statement["notebooks"]}
    assert told["draft.ipynb"]["id"] == "notebook-without-outputs"
    assert told["figure-1.ipynb"] is None


def test_date_and_python_decide_the_environment(run: Run, repository: Path) -> None:
    (repository / "requirements.txt").write_text("ipykernel\n")
    call = run(repository, as_of=datetime(2023, 3, 1, tzinfo=UTC), python="3.11")
    versions = {package["name"]: package["version"] for package in call.statement["environment"]["packages"]}
    assert versions["ipykernel"] == "6.21.2"
    assert call.statement["environment"]["as_of"].startswith("2023-03-01")
    assert call.statement["environment"]["python"].startswith("3.11")
    assert "3.11 was asked for" in (call.out / "build.log").read_text()


def test_parameters_reach_the_notebook_and_the_statement(run: Run, repository: Path) -> None:
    change_notebook(repository / "figure-1.ipynb", add_parameter_cell)
    call = run(repository, parameters=(("gain", 2.5),))
    assert "2.5 float" in (call.out / "figure-1" / "executed.ipynb").read_text()
    assert call.statement["notebooks"][0]["parameters"] == {"gain": 2.5}
    assert call.code == 1


def test_the_timeout_ends_a_notebook(run: Run, repository: Path) -> None:
    def sleep(notebook: dict[str, Any]) -> None:
        notebook["cells"][-1]["source"] = "import time\ntime.sleep(60)"

    change_notebook(repository / "figure-1.ipynb", sleep)
    call = run(repository, timeout_s=6)
    assert call.code == 2
    assert call.statement["notebooks"][0]["cause"]["id"] in ("cell-timeout", "run-timeout")


def test_a_host_may_be_reached_when_asked_for_and_the_statement_says_so(run: Run, repository: Path) -> None:
    call = run(repository, allowed_hosts=("data.example.org",))
    said = call.statement["notebooks"][0]
    assert said["sandbox"]["network"] is True
    assert (said["network"]["allowed_hosts"], said["network"]["fetched"]) == (["data.example.org"], [])


def test_a_host_that_is_not_allowed_is_named_in_the_cause(run: Run, repository: Path) -> None:
    def fetch(notebook: dict[str, Any]) -> None:
        notebook["cells"][-1]["source"] = "import urllib.request\nurllib.request.urlopen('https://other.example.org/x')"

    change_notebook(repository / "figure-1.ipynb", fetch)
    said = run(repository, allowed_hosts=("data.example.org",)).statement["notebooks"][0]
    assert said["cause"]["id"] == "network-needed"
    assert "other.example.org" in said["cause"]["message"]
    assert [entry["host"] for entry in said["network"]["refused"]] == ["other.example.org"]


def test_without_a_sandbox_nothing_runs(run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reproduce.reproduction.detect_sandbox", lambda: None)
    call = run(repository)
    assert call.code == 70
    assert "apt-get install bubblewrap" in call.stderr
    assert call.statement["cause"]["id"] == "sandbox-missing"


def test_without_a_sandbox_notebooks_run_where_that_is_allowed_and_the_evidence_says_so(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reproduce.reproduction.detect_sandbox", lambda: None)
    call = run(repository, allow_unsandboxed=True)
    assert call.code == 0, call.stdout
    assert call.statement["notebooks"][0]["sandbox"]["kind"] == "none"
    assert "act as you" in call.stdout
    assert "rights of whoever started it" in (call.out / "report.html").read_text()


def test_an_unexpected_error_is_one_message_with_the_traceback_in_a_file(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(conclude, "render_report", fail)
    call = run(repository)
    assert call.code == 70
    assert "Traceback (most recent" not in call.stderr
    assert "of all things" in call.stderr
    assert "Traceback (most recent" in (call.out / "internal-error.log").read_text()


def test_a_full_disk_is_no_fault_of_the_author(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(conclude, "render_report", fail)
    call = run(repository)
    assert call.code == 70
    assert "no disk space left" in call.stderr


def write_a_table(notebook: dict[str, Any]) -> None:
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "table",
            "metadata": {},
            "source": "total = open('data/raw/counts.txt').read()\nopen('table.csv', 'w').write(total)\nprint(total)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "17.25\n"}],
            "execution_count": 9,
        }
    )


def test_data_of_the_author_are_read_and_declared_files_are_compared(
    run: Run, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "counts.txt").write_text("17.25")
    notebook = next(repository.glob("*.ipynb"))
    change_notebook(notebook, write_a_table)
    (repository / "table.csv").write_text("17.25")
    call = run(repository, data=(("data/raw", tmp_path / "counts"),), output_files=("*.csv",))
    assert call.code == 0, call.stderr
    (told,) = call.statement["notebooks"]
    assert (told["data"][0]["dataset"], told["data"][0]["checked"]["nothing"]) == ("counts", 1)
    assert [(file["path"], file["state"]) for file in told["files"]] == [("table.csv", "identical")]
    assert (call.out / notebook.stem / "files" / "table.csv").read_text() == "17.25"


def test_data_at_one_place_twice_are_wrong_usage(run: Run, repository: Path, tmp_path: Path) -> None:
    call = run(repository, data=(("data", tmp_path), ("data/raw", tmp_path)))
    assert call.code == 64
    assert "data-place-invalid" in call.stderr or "cannot be where data are shown" in call.stderr
