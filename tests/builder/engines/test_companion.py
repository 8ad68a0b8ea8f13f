"""The lock's companion: which system facts are kept, and that nothing else passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builder.engines.companion import make_companion, read_companion, write_companion
from builder.engines.verifying import KernelFacts
from tests.contracts.project import read

FONTS = {"digest": "a" * 64, "count": 38, "size_bytes": 12_000_000, "note": ""}


def facts(**system: object) -> KernelFacts:
    versions = {
        "kernel": {"ipykernel": "4.10.1", "pyzmq": "19.0.2"},
        "python": {"version": "2.7.18", "is_ucs4": True, "planted": "no fact"},
        "libc": "glibc 2.36",
    }
    return KernelFacts("python", "2.7.18", "ipython", "5.10.0", 0.5, versions, system)


def is_valid(companion: dict[str, Any]) -> bool:
    schema = json.loads(read("docs/schemas/companion.schema.json"))
    Draft202012Validator(schema).validate(json.loads(json.dumps(companion)))
    return True


def test_a_companion_keeps_what_changes_figures() -> None:
    inline = {"version": "1.5.3", "dpi": 72.0, "figsize_in": [6.0, 4.0], "backend": "inline", "freetype": "2.6.3"}
    blas = [{"file": "libopenblas.so", "name": "OpenBLAS", "version": "0.2.18", "core": "Haswell", "threads": 1}]
    companion = make_companion(facts(matplotlib=inline, blas=blas, numpy={"version": "1.11.3"}), fonts=FONTS)
    assert is_valid(companion)
    assert companion["matplotlib"]["figsize_in"] == [6.0, 4.0]
    assert companion["blas"][0]["core"] == "Haswell"
    assert companion["kernel"]["packages"]["pyzmq"] == "19.0.2"
    assert companion["threads"]["OPENBLAS_NUM_THREADS"] == "1"
    assert companion["fonts"]["count"] == 38


def test_an_environment_without_numpy_has_a_companion_too() -> None:
    companion = make_companion(facts(), fonts={})
    assert is_valid(companion)
    assert companion["numpy"] == {}
    assert companion["blas"] == []


@pytest.mark.parametrize(
    "system",
    [
        {"matplotlib": "a text"},
        {"matplotlib": {"dpi": {"deep": ["er"]}, "planted": 1}},
        {"blas": [{"file": "x" * 10_000}] * 1000},
        {"variables": {"TZ": "U" * 10_000, "N": 1}},
        {"timezone": {"names": ["UTC"] * 1000}},
    ],
)
def test_what_a_hostile_kernel_says_is_bounded_and_chosen(system: dict[str, Any]) -> None:
    companion = make_companion(facts(**system), fonts={})
    assert is_valid(companion)
    assert "planted" not in json.dumps(companion)
    assert len(json.dumps(companion)) < 50_000


def test_a_companion_is_read_back_as_it_was(tmp_path: Path) -> None:
    companion = make_companion(facts(), fonts=FONTS)
    write_companion(tmp_path, companion)
    assert read_companion(tmp_path) == companion


def test_without_a_companion_nothing_is_read(tmp_path: Path) -> None:
    assert read_companion(tmp_path) == {}
