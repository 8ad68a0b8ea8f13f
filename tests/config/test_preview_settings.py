"""How looking into files is set up, and what is refused."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from config.preview_settings import read_preview_settings


def test_without_settings_two_files_are_looked_into_at_a_time() -> None:
    limits = read_preview_settings(Environment({}))
    assert (limits.at_a_time, limits.memory_bytes, limits.seconds, limits.kept_bytes) == (2, 2**30, 20, 2**28)


def test_less_memory_than_the_libraries_take_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="256M or more"):
        read_preview_settings(Environment({"REPRISE_PREVIEW_MEMORY": "100M"}))
