"""An installation with small limits, on the tests' own database, and the registration agencies on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.catalog.local_host import LocalHost, local_host
from tests.journeys.installation import share_environments
from tests.personas import People, make_people


@pytest.fixture
def data(tmp_path: Path, settings: Settings, socket_enabled: None) -> Path:
    """A data directory of its own, whose environments are shared by all journeys. Repositories may be files.

    The package index is asked from this process too.
    """
    folder = tmp_path / "data"
    share_environments(folder, Path(os.environ["REPRISE_DATA"]) / "shared-environments")
    settings.REPRISE_DATA = folder
    settings.REPRISE_SOURCE_SCHEMES = ["file", "http", "git", "https", "ssh"]
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
    settings.REPRISE_FETCH_TIMEOUT_S = 20
    settings.REPRISE_CELL_TIMEOUT_S = 3
    settings.REPRISE_RUN_TIMEOUT_S = 60
    settings.REPRISE_RUN_MEMORY = 400 * 2**20
    settings.REPRISE_RUN_OUTPUT = 2**20
    settings.REPRISE_RUN_SCRATCH = 64 * 2**20
    return folder


@pytest.fixture
def agencies(settings: Settings) -> Iterator[LocalHost]:
    """Resolver and registration agencies, which know no DOI until a test tells them one."""
    with local_host() as host:
        settings.REPRISE_DOI_URL = settings.REPRISE_CROSSREF_URL = settings.REPRISE_DATACITE_URL = host.url
        settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
        yield host


@pytest.fixture
def persons(transactional_db: None) -> People:
    """Everybody, committed, so that threads and requests see them."""
    return make_people()


@pytest.fixture
def author(persons: People) -> Client:
    """A browser in which the author of the paper is logged in."""
    client = Client()
    client.force_login(persons.owner)
    return client
