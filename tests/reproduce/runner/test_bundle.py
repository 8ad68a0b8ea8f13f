"""What goes through a bundle comes back the same; what cannot be run is refused before anything starts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest

from reproduce.runner.bundle import BundleUnusableError, read_events, read_job, read_result, write_job, write_result
from reproduce.runner.events import EventStream, preview
from reproduce.runner.job import Failure, Job, Kernel, Limits, Network, Result

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"
KERNEL = Kernel(("python", "-f", "{connection_file}"), "python", "/env", ("/env",))
JOB = Job(
    "7", "/snapshot", "a/b.ipynb", KERNEL, "bwrap", parameters={"energy": [1, 2.5, None]}, output_files=("t.csv",)
)
RESULT = Result(
    status="cell-raised",
    failure=Failure("c", 0, "ValueError", "no", "trace"),
    started_at="2026-01-01T00:00:00+00:00",
    ended_at="2026-01-01T00:00:01+00:00",
    run_s=1.0,
    first_cell_s=None,
    cells_total=1,
    cells_done=0,
    sandbox={
        "kind": "bwrap",
        "version": "0.8.0",
        "network": False,
        "limits": {"processes": {"value": 3, "by": "count"}},
    },
    machine={"processors": 2},
    digests={"notebook": "0" * 64},
)


def validate(name: str, data: object) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)


def test_a_job_comes_back_the_same_and_fits_its_schema(tmp_path):
    write_job(tmp_path, JOB)
    assert read_job(tmp_path) == JOB
    validate("job", json.loads((tmp_path / "job.json").read_text()))


def test_a_job_with_a_network_comes_back_the_same_and_fits_its_schema(tmp_path):
    job = dataclasses.replace(JOB, network=Network(("data.example.org", "*.example.net:8443")))
    write_job(tmp_path, job)
    assert read_job(tmp_path) == job
    validate("job", json.loads((tmp_path / "job.json").read_text()))


@pytest.mark.parametrize(("is_allowed", "network"), [(False, None), (True, Network())])
def test_a_job_of_an_earlier_version_names_no_host(tmp_path, is_allowed, network):
    write_job(tmp_path, JOB)
    path = tmp_path / "job.json"
    written = json.loads(path.read_text())
    del written["network"]
    path.write_text(json.dumps({**written, "is_network_allowed": is_allowed}))
    assert read_job(tmp_path) == dataclasses.replace(JOB, network=network)
    validate("job", json.loads(path.read_text()))


def test_a_result_comes_back_the_same_and_fits_its_schema(tmp_path):
    write_result(tmp_path, RESULT)
    assert read_result(tmp_path) == RESULT
    validate("result", json.loads((tmp_path / "result.json").read_text()))


def test_a_completed_result_with_a_failure_does_not_fit_the_schema(tmp_path):
    write_result(tmp_path, dataclasses.replace(RESULT, status="completed"))
    with pytest.raises(jsonschema.ValidationError):
        validate("result", json.loads((tmp_path / "result.json").read_text()))


@pytest.mark.real
@pytest.mark.parametrize("code", ["print(1)", "1/0"])
def test_a_real_run_fits_the_schemas(run, code):
    ran = run(code)
    validate("job", json.loads((ran.bundle / "job.json").read_text()))
    validate("result", json.loads((ran.bundle / "result.json").read_text()))
    for event in ran.events:
        validate("event", event)


@pytest.mark.parametrize(
    "change",
    [
        {"notebook": "../b.ipynb"},
        {"notebook": "/etc/passwd"},
        {"notebook": ""},
        {"output_files": ("a/../../b",)},
        {"sandbox": "docker"},
        {"parameters": {"x; import os": 1}},
        {"environment_variables": {"A=B": "c"}},
        {"environment_variables": {"A": "c\0d"}},
        {"limits": Limits(memory_bytes=0)},
        {"limits": Limits(cell_timeout_s=-1.0)},
        {"limits": Limits(run_timeout_s=float("nan"))},
        {"kernel": dataclasses.replace(KERNEL, argv=("python",))},
        {"network": Network(("127.0.0.1",))},
        {"network": Network(("*",))},
        {"network": Network(("data.example.org",), total_bytes=0)},
    ],
)
def test_a_job_that_cannot_be_run_is_refused(tmp_path, change):
    with pytest.raises(BundleUnusableError):
        write_job(tmp_path, dataclasses.replace(JOB, **change))
    assert list(tmp_path.iterdir()) == []


def test_a_result_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BundleUnusableError, match=r"result\.json"):
        read_result(tmp_path)


def test_an_event_still_being_written_is_left_out(tmp_path):
    (tmp_path / "events.jsonl").write_bytes(b'{"seq": 1}\n{"seq": 2')
    assert read_events(tmp_path) == [{"seq": 1}]


def test_events_are_numbered_and_fit_their_schema(tmp_path):
    stream = EventStream(tmp_path, live_fd=None)
    stream.emit("started", notebook="a.ipynb", sandbox="none")
    stream.emit("log", text="one\ntwo")
    assert [event["seq"] for event in read_events(tmp_path)] == [1, 2]
    for event in read_events(tmp_path):
        validate("event", event)


def test_a_preview_is_short_and_holds_nothing_unprintable():
    text = preview("é\x1b[31m\ud800" * 10_000)
    assert len(text.encode()) < 2000 * 2
    assert text.startswith("é·[31m?")
