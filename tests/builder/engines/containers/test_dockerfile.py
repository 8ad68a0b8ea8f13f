"""Which images a Dockerfile builds on, however it says so."""

from __future__ import annotations

import pytest

from builder.engines.containers.dockerfile import images_of
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
    ],
)
def test_no_trick_hides_an_image(text: str) -> None:
    assert "10.0.0.1/evil:latest" in names(text)


@pytest.mark.parametrize("text", ["FROM ${UNSET}\n", "FROM a b c\n", "FROM --flag\n", "FROM $(evil)\n"])
def test_a_name_that_cannot_be_told_is_refused(text: str) -> None:
    with pytest.raises(BuildError) as raised:
        images_of(text)
    assert raised.value.kind_id == "image-forbidden"
