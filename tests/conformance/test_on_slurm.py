"""Through Slurm the same notebook gets the same verdict, the same cause and prints the same as on this machine."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from builder.engines.protocol import BuiltEnvironment
from reproduce.executors.batch import BatchExecutor, RunLabel
from reproduce.executors.follow import Patience
from reproduce.executors.script import Node
from reproduce.executors.slurm import Slurm
from reproduce.reproduction import Claim, reproduce_notebook
from reproduce.runner.job import Limits, Network, SandboxKind
from tests.conformance.test_conformance import _CASES, _REPOSITORIES, _texts, _with_kernel
from tests.slurm_cluster import PROJECT, SlurmCluster, slurm_cluster

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(900)]
# What lies on the shared file system: an environment of this machine, one of the facility, and an image as a SIF.
PLACES: Final = (("local", "bwrap"), ("given", "bwrap"), ("repo2docker", "apptainer"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    """A running cluster of one node."""
    with slurm_cluster() as cluster:
        yield cluster


@pytest.mark.parametrize(("engine", "sandbox"), PLACES, ids=["-".join(place) for place in PLACES])
@pytest.mark.parametrize("case", _CASES)
def test_slurm_says_the_same(
    built: Callable[[str], BuiltEnvironment],
    confined: Callable[[SandboxKind], dict[str, Any]],
    cluster: SlurmCluster,
    tmp_path: Path,
    case: str,
    engine: str,
    sandbox: SandboxKind,
) -> None:
    expected = json.loads((_REPOSITORIES / case / "expected.json").read_text())
    network = Network(tuple(expected["allowed_hosts"])) if "allowed_hosts" in expected else None
    claim = Claim(_REPOSITORIES / case, "figure.ipynb", parameters=expected.get("parameters", {}), network=network)
    executor = BatchExecutor(
        "slurm",
        Slurm(str(cluster.conf)),
        tmp_path / "shared",
        Node(sys.executable, str(PROJECT)),
        RunLabel(uuid.uuid4().hex, "a"),
        patience=Patience(poll_s=0.3),
    )
    seen = reproduce_notebook(
        claim,
        _with_kernel(built(engine), expected),
        limits=Limits(**{"cell_timeout_s": 20, "run_timeout_s": 40, **expected.get("limits", {})}),
        bundle=tmp_path / "bundle",
        executor=executor,
        **confined(sandbox),
    )
    assert {
        "verdict": seen.verdict,
        "cause": seen.cause and seen.cause.id,
        "texts": _texts(seen),
        "outputs": seen.result.digests["outputs"],
    } == {name: expected[name] for name in ("verdict", "cause", "texts", "outputs")}, seen.cause
