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
