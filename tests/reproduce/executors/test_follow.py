"""A batch system that misses the end of a job is not waited for once the runner has told its result."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalog.resources import Resources
from reproduce.executors.follow import Follower, Patience, Submitted
from reproduce.executors.scheduler import JobState, Request
from reproduce.executors.stage import Stage
from reproduce.runner.bundle import write_result
from reproduce.runner.job import Job, Kernel, Result, Status

_JOB = Job("j", "/s", "n.ipynb", Kernel(("k", "{connection_file}"), "python", "/p", ()), "bwrap")


class Forgetful:
    """A batch system that never learns that the job has ended, until it is cancelled."""

    title = "Forgetful"
    memory_words = re.compile("no such words")

    def __init__(self) -> None:
        self.asked = 0

    def state(self, job: str, name: str) -> JobState:
        self.asked += 1
        return JobState("running", node="node-1")

    def submit(self, script: Path, request: Request) -> str:
        raise AssertionError

    def facts(self, job: str) -> Mapping[str, str]:
        return {}

    def find(self, name_begin: str) -> Mapping[str, tuple[str, str]]:
        return {}

    def cancel(self, job: str, *, is_urgent: bool = False) -> None:
        raise AssertionError


def _follower(place: Path, patience: Patience, *, is_cancelled=lambda: False) -> tuple[Follower, list[str]]:
    told: list[str] = []
    request = Request("reprise-1", "c", Resources(), 60, 1 << 20, 1, place / "log")
    submitted = Submitted(Forgetful(), "7", request, Stage(place), _JOB)
    return Follower(submitted, patience, lambda event: told.append(event.get("text", "")), is_cancelled), told


def _tell_end(place: Path, status: Status) -> None:
    bundle = place / "attempt-aaaaaa"
    bundle.mkdir()
    (place / "current").write_text("attempt-aaaaaa\n")
    write_result(bundle, Result(status, None, "", "", 1.0, None, 1, 1, {"kind": "bwrap"}, {}, {}))
    (bundle / "events.jsonl").write_text(json.dumps({"type": "ended", "status": status}) + "\n")


@pytest.mark.parametrize("status", ["completed", "cell-raised"])
def test_a_result_counts_though_the_job_still_counts_as_running(tmp_path: Path, status: Status) -> None:
    _tell_end(tmp_path, status)
    follower, told = _follower(tmp_path, Patience(lag_s=0.5, poll_s=0.1))
    ending = follower.follow()
    assert (ending.phase, ending.result.status) == ("completed", status)
    assert not follower.is_over  # so that the job is ended
    assert "Forgetful still counts job 7 as running, but it has told its result." in told


def test_a_runner_that_was_told_to_end_was_interrupted_though_the_job_still_counts_as_running(tmp_path: Path) -> None:
    _tell_end(tmp_path, "cancelled")
    follower, told = _follower(tmp_path, Patience(lag_s=0.5, poll_s=0.1))
    ending = follower.follow()
    assert ending.phase == "interrupted"
    assert ending.is_to_repeat
    assert not follower.is_over  # so that the job is ended before it is submitted again
    assert "Forgetful still counts job 7 as running, but it was interrupted." in told


def test_a_job_that_waits_again_is_waited_for(tmp_path: Path) -> None:
    _tell_end(tmp_path, "completed")
    follower, _ = _follower(tmp_path, Patience(lag_s=0.1, poll_s=0.1))
    follower._take_events(_NoWatch())
    later = time.monotonic() + 1
    assert follower._overdue(JobState("pending"), later) is None
    assert follower._overdue(JobState("running"), later) is not None


def test_a_job_that_was_interrupted_and_put_back_has_time_to_start_anew(tmp_path: Path) -> None:
    _tell_end(tmp_path, "cancelled")
    follower, _ = _follower(tmp_path, Patience(lag_s=1.0, poll_s=0.1))
    follower._take_events(_NoWatch())
    follower._heed_state(JobState("pending"))
    assert follower._overdue(JobState("running"), time.monotonic() + 3) is None
    ending = follower._overdue(JobState("running"), time.monotonic() + 5)
    assert ending.phase == "interrupted"


def test_what_the_batch_system_said_before_the_end_is_no_word_about_it(tmp_path: Path) -> None:
    _tell_end(tmp_path, "completed")
    follower, _ = _follower(tmp_path, Patience(lag_s=0.0, poll_s=0.1))
    before = time.monotonic()
    follower._take_events(_NoWatch())
    assert follower._overdue(JobState("running"), before) is None


class _NoWatch:
    def hurry(self) -> None:
        pass
