"""Docker for real, for the tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docker_engine import DockerEngine, docker_engine


@pytest.fixture(scope="session")
def container_engine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[DockerEngine]:
    """A running Docker engine of the tests' own, with the base image."""
    own = tmp_path_factory.getbasetemp()
    with docker_engine(own if worker_id == "master" else own.parent) as engine:
        yield engine
