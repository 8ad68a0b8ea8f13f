"""The sources of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.catalog.sources.serving import Sources, sources


@pytest.fixture
def served() -> Iterator[Sources]:
    """All sources, answering as the fixtures say."""
    with sources() as running:
        yield running
