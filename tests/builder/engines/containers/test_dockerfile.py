"""Which images a Dockerfile builds on, however it says so."""

from __future__ import annotations

import pytest

from builder.engines.containers.dockerfile import images_of, judge_triggers
from builder.engines.containers.references import parse_reference
from builder.errors import BuildError


def names(text: str) -> list[str]:
    return [reference.whole for reference in images_of(text)]


def test_from_copy_mounts_and_syntax_name_images() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nARG BASE=python:3.8\nFROM --platform=linux/amd64 ${BASE} AS built\n"
        "FROM quay.io/a/b\nCOPY --from=built /x /x\nCOPY --from=busybox:1 /y /y\n"
        "RUN --mount=type=bind,from=alpine,target=/m ls\nRUN pip download --from=nothing\nFROM scratch\n"
    )
    assert names(text) == [
        "docker.io/docker/dockerfile:1",
        "docker.io/library/python:3.8",
        "quay.io/a/b:latest",
        "docker.io/library/busybox:1",
        "docker.io/library/alpine:latest",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN x \\\nFROM 10.0.0.1/evil\n",
        "# escape=`\nFROM a\nRUN x \\\nFROM 10.0.0.1/evil\n",
        "FROM a\nFR\\\nOM 10.0.0.1/evil\n",
        "FROM a\nONBUILD COPY --from=10.0.0.1/evil / /\n",
        "FROM a\nRUN --mount=type=cache,target=/c --mount=from=10.0.0.1/evil,target=/x ls\n",
        "FROM a\nCOPY\v--from=10.0.0.1/evil / /\n",
        "FROM\f10.0.0.1/evil\n",
        "FROM a\nRUN x \\\v\nCOPY --from=10.0.0.1/evil / /\n",
        'FROM a\nCOPY --fr"o"m=10.0.0.1/evil / /\n',
    ],
)
def test_no_trick_hides_an_image(text: str) -> None:
    assert "10.0.0.1/evil:latest" in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "# syntax=docker.io/someone/frontend\nFROM a\n",
        "#!/usr/bin/env x\n# syntax=someone/frontend\nFROM a\n",
        "// syntax=someone/frontend\nFROM a\n",
        '{"syntax": "someone/frontend"}\nFROM a\n',
    ],
)
def test_only_dockers_own_programs_read_a_dockerfile(text: str) -> None:
    with pytest.raises(BuildError) as raised:
        images_of(text)
    assert raised.value.kind_id == "image-forbidden"


@pytest.mark.parametrize(
    "line",
    [
        "ADD http://127.0.0.1:1/x /x",
        "ADD --chown=1:1 local.txt HTTPS://127.0.0.1/x /",
        'ADD ["http://127.0.0.1/x", "/x"]',
        'ADD h"tt"p://127.0.0.1/x /x',
        "ADD git@127.0.0.1:x.git /x",
        "ADD ssh://127.0.0.1/x /x",
        "ADD github.com/someone/x /x",
        "ADD ${WHERE} /x",
        "ONBUILD ADD http://127.0.0.1/x /x",
        "ADD \\\n  http://127.0.0.1/x /x",
        "RUN x \\\v\nADD http://127.0.0.1/x /x",
    ],
)
def test_what_the_engine_itself_would_fetch_is_refused(line: str) -> None:
    with pytest.raises(BuildError, match="past the network of builds") as raised:
        images_of(f"FROM a\n{line}\n")
    assert (raised.value.kind_id, raised.value.cause.fault) == ("recipe-unreadable", "author")


def test_files_of_the_repository_are_added() -> None:
    assert names('FROM a\nADD data.tar.gz ./figures/x$1 /x\nADD ["a b", "/x"]\nRUN echo ADD http://x /\n') == [
        "docker.io/library/a:latest"
    ]


@pytest.mark.parametrize("line", ["ADD http://127.0.0.1/x /x", "COPY --from=10.0.0.1/evil / /"])
def test_an_image_that_makes_others_fetch_is_refused(line: str) -> None:
    with pytest.raises(BuildError) as raised:
        judge_triggers(("RUN true", line), parse_reference("quay.io/a/b:1"))
    assert (raised.value.kind_id, raised.value.data["image"]) == ("image-forbidden", "quay.io/a/b:1")
    judge_triggers(("RUN true", "ADD . /x"), parse_reference("quay.io/a/b:1"))


@pytest.mark.parametrize("text", ["FROM ${UNSET}\n", "FROM a b c\n", "FROM --flag\n", "FROM $(evil)\n"])
def test_a_name_that_cannot_be_told_is_refused(text: str) -> None:
    with pytest.raises(BuildError) as raised:
        images_of(text)
    assert raised.value.kind_id == "image-forbidden"
