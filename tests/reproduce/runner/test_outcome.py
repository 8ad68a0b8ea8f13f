"""How an end is judged, where a real one cannot be brought about."""

from __future__ import annotations

import pytest

from reproduce.runner import outcome
from reproduce.runner.job import Limits
from reproduce.runner.quantities import bytes_words, seconds_words

PLACE = outcome.Place("c", 0)


def test_a_full_disk_of_the_machine_is_told_from_a_full_sandbox():
    error = {"ename": "OSError", "evalue": "[Errno 28] No space left on device", "traceback": []}
    ending = outcome.raised(error, PLACE, Limits())
    assert outcome.unless_machine_full(ending, free_bytes=1 << 20) == ("internal-error", ending[1])
    assert outcome.unless_machine_full(ending, free_bytes=1 << 34) == ending


@pytest.mark.parametrize("status", ["completed", "cell-raised", "kernel-died", "kernel-not-started"])
def test_nothing_is_said_of_a_notebook_that_ran_while_the_machine_had_no_space_at_all(status):
    failure = None if status == "completed" else outcome.raised({"ename": "E", "evalue": "odd"}, PLACE, Limits())[1]
    said, why = outcome.unless_machine_full((status, failure), free_bytes=4096)
    assert (said, "[Errno 28]" in why.evalue) == ("internal-error", True)


@pytest.mark.parametrize("status", ["cell-timeout", "out-of-memory", "cancelled"])
def test_a_limit_that_was_passed_stays_one_on_a_full_disk(status):
    assert outcome.unless_machine_full((status, None), free_bytes=0) == (status, None)


@pytest.mark.parametrize("ename", ["MemoryError", "_ArrayMemoryError"])
def test_an_allocation_that_fails_is_out_of_memory(ename):
    status, failure = outcome.raised({"ename": ename, "evalue": ""}, PLACE, Limits(memory_bytes=1 << 30))
    assert (status, failure.limit) == ("out-of-memory", "1 GiB")


def test_a_forged_error_message_does_no_harm():
    status, failure = outcome.raised({"ename": 5, "evalue": ["x"], "traceback": "no list"}, PLACE, Limits())
    assert (status, failure.ename, failure.traceback) == ("cell-raised", "5", "")


def test_a_long_traceback_keeps_both_ends():
    frames = ["begin", *["x" * 100] * 1000, "end"]
    failure = outcome.raised({"ename": "E", "evalue": "", "traceback": frames}, PLACE, Limits())[1]
    assert len(failure.traceback) < 21_000
    assert failure.traceback.startswith("begin")
    assert failure.traceback.endswith("end")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-11, "killed by signal 11, SIGSEGV"),
        (137, "killed by signal 9, SIGKILL"),
        (1, "it ended with exit status 1"),
        (255, "it ended with exit status 255"),
        (None, "it stopped answering"),
    ],
)
def test_the_end_of_a_process_in_words(status, words):
    assert outcome.ending_words(status) == words


@pytest.mark.parametrize(("size", "words"), [(512, "512 bytes"), (3 << 29, "1.5 GiB"), (50 << 20, "50 MiB")])
def test_sizes_in_words(size, words):
    assert bytes_words(size) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.8, "0.8 s"), (45, "45 s"), (600, "10 min"), (7200, "2 h")])
def test_durations_in_words(seconds, words):
    assert seconds_words(seconds) == words
