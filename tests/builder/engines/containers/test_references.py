"""Names of images and where they come from."""

from __future__ import annotations

import pytest

from builder.engines.containers.references import judge_host, parse_reference
from builder.errors import BuildError

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.8", "docker.io/library/python:3.8"),
        ("jupyter/base-notebook:x", "docker.io/jupyter/base-notebook:x"),
        ("quay.io/a/b", "quay.io/a/b:latest"),
        ("127.0.0.1:5000/a", "127.0.0.1:5000/a:latest"),
        ("localhost/a", "localhost/a:latest"),
        (f"quay.io/a/b:1@{DIGEST}", f"quay.io/a/b@{DIGEST}"),
        ("index.docker.io/library/python", "docker.io/library/python:latest"),
    ],
)
def test_a_name_is_understood_in_full(text: str, whole: str) -> None:
    assert parse_reference(text).whole == whole


@pytest.mark.parametrize(
    "text",
    [
        "", "--privileged", "-v/:/x", "a b", "a;b", "$(x)", "UPPER/name", "a:tag:tag", "x@sha256:12", "http://x/y",
        "a\nb", "x" * 600,
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BuildError) as raised:
        parse_reference(text)
    assert raised.value.kind_id == "image-forbidden"


def test_an_image_of_another_registry_is_refused_by_name() -> None:
    judge_host(parse_reference("python"), ["docker.io"])
    with pytest.raises(BuildError, match=r"10\.0\.0\.1:5000") as raised:
        judge_host(parse_reference("10.0.0.1:5000/a"), ["docker.io", "quay.io"])
    assert raised.value.kind_id == "image-forbidden"
