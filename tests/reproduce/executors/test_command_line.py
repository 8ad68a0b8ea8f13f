"""The command line runs notebooks by Slurm when it is told to."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from reproduce.cli.command import run_command
from reproduce.cli.options import Options
from tests.reproduce.executors.conftest import PROJECT
from tests.slurm_cluster import SlurmCluster


@pytest.mark.enable_socket
@pytest.mark.real
def test_a_directory_is_reproduced_on_a_node(cluster: SlurmCluster, settings: Settings, tmp_path: Path) -> None:
    settings.REPRISE_SLURM = dataclasses.replace(
        settings.REPRISE_SLURM, conf=str(cluster.conf), directory=tmp_path / "batch", poll_s=1
    )
    source = shutil.copytree(PROJECT / "fixtures" / "repositories" / "identical-tiny", tmp_path / "paper")
    said = io.StringIO()
    options = Options(str(source), as_of=datetime(2024, 6, 1, tzinfo=UTC), out=tmp_path / "out", executor="slurm")
    assert run_command(options, stdout=said, stderr=said) == 0, said.getvalue()
    facts = json.loads(next((tmp_path / "out").rglob("scheduler.json")).read_text())
    assert (facts["ended_as"], facts["node"]) == ("completed", cluster.node)
