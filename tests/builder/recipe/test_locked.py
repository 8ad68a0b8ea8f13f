"""On which Pythons a locked package is wanted, and the marker that says the same."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from packaging.markers import Marker

from builder.recipe.locked import PYTHONS, marker_for, pythons_of

LOCK = PurePosixPath("uv.lock")


@pytest.mark.parametrize(
    ("marker", "same"),
    [
        ("", ""),
        ("sys_platform == 'linux'", ""),
        ("python_version >= '3.8' and sys_platform != 'win32'", 'python_version >= "3.8"'),
        ("python_full_version < '3.11.4'", 'python_version <= "3.10"'),
        ("python_version == '3.9.*'", 'python_version == "3.9"'),
        ("python_version < '3.5' or python_version > '3.12'", 'python_version <= "3.4" or python_version >= "3.13"'),
        ("python_version == '2.7'", 'python_version <= "2.7"'),
        ("'nb' in dependency_groups", ""),
        ("platform_python_implementation == 'CPython' and platform_machine == 'x86_64'", ""),
    ],
)
def test_the_marker_says_the_same_for_linux(marker: str, same: str) -> None:
    assert marker_for(pythons_of(marker, LOCK, groups=["nb"])) == same


@pytest.mark.parametrize("marker", ["sys_platform == 'win32'", "extra == 'q'", "'q' in extras", "os_name == 'nt'"])
def test_what_is_for_others_is_for_no_python(marker: str) -> None:
    assert pythons_of(marker, LOCK) == frozenset()


def test_a_marker_holds_for_exactly_the_pythons_it_is_made_of() -> None:
    wanted = frozenset({"2.7", "3.6", "3.7", "3.10", "3.14"})
    marker = Marker(marker_for(wanted))
    assert {python for python in PYTHONS if marker.evaluate({"python_version": python})} == wanted
