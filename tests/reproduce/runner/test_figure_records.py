"""Records of figures as hostile files: only what is one is taken, within bounds, and no link is followed."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from reproduce.runner.recorder.collect import MOST_BYTES, MOST_RECORD_BYTES, MOST_RECORDS, keep_figures
from reproduce.runner.recorder.install import install_recorder, recorder_source
from reproduce.runner.workspace import Workspace

RECORD = {
    "schema": "reprise.figure/1",
    "way": "shown",
    "file": None,
    "pictures": [],
    "execution_count": 1,
    "ordinal": 1,
    "matplotlib": "3.9",
    "figure": {},
}


@pytest.fixture
def workspace(job):
    made = Workspace()
    install_recorder(job("1"), made)
    yield made
    made.remove()


@pytest.fixture
def records(workspace):
    return workspace.home / ".ipython" / "reprise" / "figures"


def kept(workspace, tmp_path, notebook=None):
    return [row["name"] for row in keep_figures(workspace, tmp_path / "figures", notebook or new_notebook())]


def write(records, name, **others):
    (records / name).write_text(json.dumps({**RECORD, **others}))


def test_a_record_is_written_anew_as_canonical_json(workspace, records, tmp_path):
    write(records, "0001.json", extra={"b": 1.50, "a": "é"})
    assert kept(workspace, tmp_path) == ["0001.json"]
    text = (tmp_path / "figures" / "0001.json").read_text()
    assert '"extra":{"a":"\\u00e9","b":1.5}' in text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b'{"schema": "reprise.figure/1"}'),
        json.dumps({**RECORD, "figure": float("nan")}).encode(),
        json.dumps({**RECORD, "figure": {"size": [0]}}).replace("0]", "1e999]").encode(),
        *(json.dumps({**RECORD, **part}).encode() for part in ({"way": 1}, {"pictures": None}, {"ordinal": "1"})),
        json.dumps({**RECORD, "file": "x" * MOST_RECORD_BYTES}).encode(),
    ],
)
def test_what_is_no_record_is_left_out(workspace, records, tmp_path, content):
    (records / "0001.json").write_bytes(content)
    write(records, "0002.json")
    assert kept(workspace, tmp_path) == ["0002.json"]


def test_links_pipes_directories_and_other_names_are_left_out(workspace, records, tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps(RECORD))
    (records / "0001.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(records / "0002.json")
    (records / "0003.json").mkdir()
    write(records, "other.json")
    assert kept(workspace, tmp_path) == []
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("place", [".ipython", ".ipython/reprise", ".ipython/reprise/figures"])
def test_a_directory_that_was_replaced_by_a_link_is_not_entered(workspace, records, tmp_path, place):
    elsewhere = tmp_path / "elsewhere"
    (workspace.home / place).rename(elsewhere)
    (workspace.home / place).symlink_to(elsewhere)
    inside = elsewhere / records.relative_to(workspace.home / place)
    (inside / "0001.json").write_text(json.dumps(RECORD))
    assert kept(workspace, tmp_path) == []


def test_no_more_is_kept_than_the_limits_of_count_and_bytes(workspace, records, tmp_path):
    for number in range(MOST_RECORDS + 5):
        write(records, f"{number:04}.json")
    assert len(kept(workspace, tmp_path)) == MOST_RECORDS
    for number in range(12):
        write(records, f"{number:04}.json", file="x" * (MOST_RECORD_BYTES - 1000))
    assert len(kept(workspace, tmp_path)) <= MOST_BYTES // (MOST_RECORD_BYTES - 1000)


def test_a_record_names_the_cell_and_the_output_only_where_they_fit(workspace, records, tmp_path):
    cell = new_code_cell("1", id="a", metadata={"reprise": {"index": 4, "id": "a"}}, execution_count=2)
    notebook: nbformat.NotebookNode = new_notebook(cells=[cell])
    write(records, "0001.json", execution_count=2, pictures=[{"type": "image/png", "sha256": "0" * 64}])
    write(records, "0002.json", execution_count=9)
    rows = keep_figures(workspace, tmp_path / "figures", notebook)
    assert [(row["cell_index"], row["cell_id"], row["output"]) for row in rows] == [(4, "a", None), (None, None, None)]


@pytest.mark.parametrize("link", [".ipython", ".ipython/profile_default", ".ipython/profile_default/startup"])
def test_the_recorder_is_never_written_through_a_link_of_an_environments_home(job, tmp_path, link):
    made = Workspace()
    try:
        (made.home / link).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "elsewhere").mkdir()
        (made.home / link).symlink_to(tmp_path / "elsewhere")
        install_recorder(job("1"), made)
        assert list((tmp_path / "elsewhere").iterdir()) == []
    finally:
        made.remove()


def test_other_languages_and_jobs_without_it_get_no_recorder(job):
    asked = job("1")
    for other in (
        replace(asked, are_figures_recorded=False),
        replace(asked, kernel=replace(asked.kernel, language="R")),
    ):
        made = Workspace()
        try:
            install_recorder(other, made)
            assert not (made.home / ".ipython").exists()
        finally:
            made.remove()


def test_the_recorder_is_one_file_that_imports_nothing_of_this_project():
    source = recorder_source()
    assert "reproduce." not in source.replace('"reproduce.', "")
    compile(source, "recorder", "exec")
