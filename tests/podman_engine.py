"""A Podman for the tests: the machine's own program, with all that it keeps in one place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docker_engine import DockerEngine, kept

# Of the runtimes, runc alone bears control groups of both versions at once. The name is what tells the engine apart.
_PROGRAM = """#!/bin/sh
exec {podman} --runtime runc --root {place}/kept --runroot {short}/run --tmpdir {short}/tmp "$@"
"""


@contextmanager
def podman_engine(place: Path) -> Iterator[DockerEngine]:
    """Give an engine of its own in the directory, with the base image; all its containers go at the end."""
    tar = kept() / "base.tar"
    found = shutil.which("podman")
    if found is None:
        pytest.fail("podman is not installed; type: sh deploy/test-containers.sh", pytrace=False)
    program = place / "podman"
    # Podman refuses a runroot of more than 50 characters.
    short = tempfile.mkdtemp(prefix="pm-", dir="/tmp")
    program.write_text(_PROGRAM.format(podman=found, place=place, short=short))
    program.chmod(0o755)
    engine = DockerEngine(str(program), "")
    engine.docker("import", "--quiet", str(tar), engine.base_image)
    try:
        yield engine
    finally:
        engine.docker("rm", "--all", "--force", "--time", "0")
        shutil.rmtree(short, ignore_errors=True)
