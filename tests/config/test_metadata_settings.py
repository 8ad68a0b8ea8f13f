"""Addresses of metadata sources are refused when they are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from config.metadata_settings import read_metadata_settings


def test_several_addresses_are_read_without_their_last_slash() -> None:
    env = Environment({"REPRISE_PANOSC_URLS": "https://a.example.org/api/, https://b.example.org/api"})
    named = read_metadata_settings(env, data=Path("/srv"))[3]
    assert named.panosc == ("https://a.example.org/api", "https://b.example.org/api")
    assert named.gitlab == ("https://gitlab.com",)
    assert named.cache_directory == Path("/srv/metadata-cache")


@pytest.mark.parametrize("value", ["a.example.org", "ftp://a.example.org", "https://", "file:///etc"])
def test_what_is_no_address_is_refused_with_the_name_of_the_setting(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REPRISE_SCICAT_URLS"):
        read_metadata_settings(Environment({"REPRISE_SCICAT_URLS": value}), data=Path("/srv"))
