"""Why an image could not be built: the author's step, or something else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from builder.engines.containers.build_refusals import tell_build_failure
from builder.engines.containers.refusals import tell_refusal
from builder.engines.protocol import Lock

LOCK = Lock("", "", "3.11", datetime(2024, 1, 1, tzinfo=UTC), (), ())
ENDS = {
    "newer": 'process "/bin/sh -c {}" did not complete successfully: exit code: {}',
    "older": "executor failed running [/bin/sh -c {}]: exit code: {}",
}


def failed(command: str, *lines: str, status: int = 1, end: str = ENDS["newer"]) -> str:
    said = [f"#9 0.1{number} {line}" for number, line in enumerate(lines)]
    why = end.format(command, status)
    return "\n".join([f"#9 [4/5] RUN {command}", *said, f"#9 ERROR: {why}", f"ERROR: failed to solve: {why}"])


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_step_of_the_author_is_named_with_its_telling_line(end: str) -> None:
    error = tell_build_failure(
        failed("./binder/postBuild", "E: no", "x: command not found", end=end), lock=LOCK, image="b"
    )
    assert (error.kind_id, error.data) == (
        "image-build-failed",
        {"step": "postBuild", "reason": "x: command not found"},
    )
    assert error.cause.evidence == "exit status 1 after: x: command not found"


APT = "apt-get -qq update && apt-get install --yes --no-install-recommends nothing && apt-get -qq purge"
UV = "/tmp/reprise-uv pip install --require-hashes -r binder/requirements.txt"


@pytest.mark.parametrize(
    ("text", "kind", "fault"),
    [
        (failed(APT, "E: Unable to locate package nothing", status=100), "image-build-failed", "author"),
        (failed(APT, "Err:1 Temporary failure resolving 'deb.example.org'"), "index-unreachable", "upstream"),
        (failed("make", "cc: fatal error: No space left on device"), "disk-full", "operator"),
        (failed(UV, "error: Failed to fetch", "  cause: dns error"), "index-unreachable", "upstream"),
        (failed(UV, "  × Hash mismatch for `six==1.16.0`"), "hash-mismatch", "upstream"),
        ("ERROR: failed to solve: dockerfile parse error line 1: unknown: X", "image-build-failed", "author"),
        ('ERROR: failed to solve: failed to compute cache key: "/gone": not found', "image-build-failed", "author"),
        (
            "ERROR: failed to solve: failed to resolve source metadata for docker.io/library/python:0: not found",
            "image-not-found",
            "author",
        ),
        (
            "ERROR: failed to solve: x: failed to do request: dial tcp: lookup registry.example.org: no such host",
            "registry-unreachable",
            "upstream",
        ),
        ("ERROR: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
         "container-engine-unreachable", "operator"),
        ("repo2docker: Invalid runtime.txt: x", "image-build-failed", "author"),
        ("repo2docker: Failed to fetch available Julia versions: x", "index-unreachable", "upstream"),
        ("Traceback (most recent call last):\nKeyError: 1", "internal-error", "service"),
    ],
)  # fmt: skip
def test_each_reason_has_its_own_cause(text: str, kind: str, fault: str) -> None:
    error = tell_build_failure(text, lock=LOCK, image="base")
    assert (error.kind_id, error.cause.fault) == (kind, fault)


def test_what_a_build_prints_is_not_taken_for_the_engine() -> None:
    said = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
    for line in (said, f"x\u2028{said}", f"x\x85ERROR: failed to solve: {said}"):
        for command in ("./postBuild", f"echo {said}"):
            text = failed(command, line) + f"\n------\n > [4/5] RUN {command}:\n0.283 {line}\n------\n"
            assert tell_build_failure(text, lock=LOCK, image="base").kind_id == "image-build-failed"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Error: No such image: x", "image-not-found"),
        ("Error response from daemon: manifest for a/b:1 not found: manifest unknown", "image-not-found"),
        ("Error response from daemon: pull access denied for a, repository does not exist", "image-not-found"),
        ("Error: a:1: image not known", "image-not-found"),
        ("Error response from daemon: Get https://r/v2/: dial tcp 1.2.3.4:443: i/o timeout", "registry-unreachable"),
        ("write /x: no space left on device", "disk-full"),
        ("Cannot connect to the Docker daemon at unix:///x", "container-engine-unreachable"),
        ("something new", "container-engine-unreachable"),
    ],
)
def test_each_refusal_of_the_engine_has_its_own_cause(text: str, kind: str) -> None:
    assert tell_refusal(text, image="a:1").kind_id == kind


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ERROR: failed to solve: dockerfile parse error line 1: unknown: X", "parse error line 1: unknown: X"),
        ("repo2docker: Invalid runtime.txt: x", "repo2docker: Invalid runtime.txt: x"),
        (failed("make", "cc1: killed", status=137), "exit status 137 after: cc1: killed"),
    ],
)
def test_a_failed_build_has_the_line_that_it_rests_on(text: str, line: str) -> None:
    assert line in tell_build_failure(text, lock=LOCK, image="base").cause.evidence


def test_an_absent_image_has_the_engines_line() -> None:
    told = tell_refusal("Pulling\nError: No such image: x\n", image="x")
    assert (told.kind_id, told.cause.evidence) == ("image-not-found", "Error: No such image: x")


def test_a_password_in_an_address_is_not_told() -> None:
    assert "secret" not in tell_refusal("dial tcp https://me:secret@host/", image="a").cause.message
