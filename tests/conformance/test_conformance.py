"""Wherever an environment was made and whatever confines it, the same notebook gets the same verdict and outputs.

A directory below fixtures/ is a case: a notebook as its author published it, what it needs, and in expected.json
what must be said of it everywhere: verdict, cause, texts, and the digest of all its outputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from builder.engines.protocol import BuiltEnvironment
from reproduce.reproduction import Claim, Reproduction, reproduce_notebook
from reproduce.runner.job import Limits, Network
from tests.conformance.conftest import PLACES

# Whoever comes first makes the images and the SIF.
# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(900)]
_REPOSITORIES = Path(__file__).parent / "fixtures"
_CASES = sorted(path.name for path in _REPOSITORIES.iterdir())


@pytest.mark.parametrize(("engine", "sandbox"), PLACES, ids=["-".join(place) for place in PLACES])
@pytest.mark.parametrize("case", _CASES)
def test_every_place_says_the_same(
    built: Callable[[str], BuiltEnvironment],
    confined: Callable[[str], dict[str, Any]],
    tmp_path: Path,
    case: str,
    engine: str,
    sandbox: str,
):
    expected = json.loads((_REPOSITORIES / case / "expected.json").read_text())
    network = Network(tuple(expected["allowed_hosts"])) if "allowed_hosts" in expected else None
    claim = Claim(_REPOSITORIES / case, "figure.ipynb", parameters=expected.get("parameters", {}), network=network)
    limits = Limits(**{"cell_timeout_s": 20, "run_timeout_s": 40, **expected.get("limits", {})})
    environment = _with_kernel(built(engine), expected)
    way = confined(sandbox)
    seen = reproduce_notebook(claim, environment, limits=limits, bundle=tmp_path, **way)
    assert {
        "verdict": seen.verdict,
        "cause": seen.cause and seen.cause.id,
        "texts": _texts(seen),
        "outputs": seen.result.digests["outputs"],
    } == {name: expected[name] for name in ("verdict", "cause", "texts", "outputs")}, seen.cause
    assert seen.result.sandbox["kind"] == way["sandbox"]


def _with_kernel(environment: BuiltEnvironment, expected: dict[str, Any]) -> BuiltEnvironment:
    """The same environment with the kernel that the case asks for."""
    module = expected.get("kernel_module")
    if module is None:
        return environment
    argv = (environment.kernel_argv[0], "-m", module, "-f", "{connection_file}")
    return replace(environment, language=module.removesuffix("_kernel"), kernel_argv=argv)


def _texts(seen: Reproduction) -> list[str]:
    """What each published cell printed or returned, or the error it raised."""
    notebook = nbformat.read(seen.bundle / "executed.ipynb", as_version=4)
    return ["".join(map(_text, cell.outputs)) for cell in notebook.cells if "index" in cell.metadata.reprise]


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.data.get("text/plain", ""))
