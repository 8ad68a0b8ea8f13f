"""What is hostile in YAML, TOML and JSON is refused before it costs time or memory."""

from __future__ import annotations

import time

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("environment.yml", "[" * 100_000),
        ("environment.yml", "- " * 1000),
        ("environment.yml", LAUGHS),
        ("environment.yml", MERGES),
        ("environment.yml", "dependencies: [" + "1" * 10_000 + "]"),
        ("environment.yml", "a: !!timestamp 2001-99-99"),
        ("conda-lock.yml", "- a\n" * 1_200_000),
        ("uv.lock", "a=" + "[" * 10_000),
        ("uv.lock", "[" + ".".join(["a"] * 50_000) + "]"),
        ("pylock.toml", "a = " + "1" * 10_000),
        ("Pipfile.lock", "[" * 100_000),
        (".devcontainer.json", '"/* ' * 100_000),
        ("poetry.lock", "#" * (9 * 2**20)),
    ],
)
def test_it_is_refused_soon_and_named(read: Read, name: str, text: str) -> None:
    started = time.monotonic()
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", name)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pipfile", "[requires]\npython_version = 3.7"),
        ("Pipfile", "source = [{url = 1}]\n[packages]\n"),
        ("pixi.toml", "[workspace]\nchannels = 1\n[environments]\ndefault = 1"),
        ("install.R", "install.packages(c())"),
        ("environment.yml", "dependencies: [python=3.99999, numpy]"),
        ("pyproject.toml", "[project]\nrequires-python = '>=banana'\ndependencies = []"),
    ],
)
def test_what_does_not_matter_may_be_wrong(read: Read, name: str, text: str) -> None:
    assert read({name: text}).python == "3.6"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "numpy==" + "1" * 5000),
        ("requirements.txt", "./x-" + "1" * 5000 + "-py3-none-any.whl"),
        ("pylock.toml", f"lock-version='1.0'\n[[packages]]\nname='a'\nversion='{'1' * 5000}x'"),
        ("pyproject.toml", f"[tool.poetry.dependencies]\na = '^{'1' * 5000}'"),
        ("Pipfile", f"[packages]\na = '~{'1' * 5000}'"),
    ],
)
def test_numbers_without_end_are_no_versions(read: Read, name: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert caught.value.kind_id in ("requirement-invalid", "recipe-unreadable")
