"""What uv says becomes a cause. The texts are uv's own, of real runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.uv_errors import tell
from builder.errors import BuildError

UNKNOWN = """error: No solution found when resolving dependencies
  cause: Because nosuchpackage was not found in the package registry and you require nosuchpackage, we can conclude that
  your requirements are unsatisfiable."""
NO_VERSION = """error: No solution found when resolving dependencies
  cause: Because there is no version of numpy==99.9 and you require numpy==99.9, we can conclude that your requirements
  are unsatisfiable."""
TOO_EARLY = """error: No solution found when resolving dependencies
  cause: Because there are no versions of numpy and you require numpy, we can conclude that your requirements are
  unsatisfiable.

hint: `numpy` was filtered by `exclude-newer` to only include packages uploaded before 2000-01-01T00:00:00Z."""
CONFLICT = """error: No solution found when resolving dependencies
  cause: Because you require idna==2.8 and idna<2, we can conclude that your requirements are unsatisfiable."""
DEEP = """error: No solution found when resolving dependencies
  cause: Because there is no version of deep==3 and lens==2 depends on deep==3, we can conclude that lens==2 cannot be
      used. And because you require lens==2, we can conclude that your requirements are unsatisfiable."""
REFUSED = """error: Request failed after 3 retries in 8.0s
  cause: Failed to fetch: http://127.0.0.1:9/simple/numpy/
  cause: error sending request for url (http://127.0.0.1:9/simple/numpy/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111)"""
NO_NAME = """error: Request failed after 3 retries in 10.7s
  cause: Failed to fetch: https://nosuch.invalid/simple/numpy/
  cause: client error (Connect)
  cause: dns error
  cause: failed to lookup address information: Name or service not known"""
OFFLINE = """error: No solution found when resolving dependencies
  cause: Because numpy was not found in the cache and you require numpy, we can conclude that your requirements are
  unsatisfiable.

hint: Packages were unavailable because the network was disabled. When the network is disabled, registry packages may
only be read from the cache."""
FORBIDDEN = """error: No solution found when resolving dependencies
  cause: Because optics was not found in the package registry and you require optics, we can conclude that your
  requirements are unsatisfiable.
hint: An index (http://127.0.0.1:1/simple) returned a 403 Forbidden error. Check that the index URL is correct."""
BUILD = """error: Failed to build `markupsafe==1.0`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)
         [stderr]
         Traceback (most recent call last):
           File "setup.py", line 6, in <module>
             from setuptools import setup, Extension, Feature
         ImportError: cannot import name 'Feature'
hint: Build failures usually indicate a problem with the package or the build environment"""
SIZE = """error: Failed to download `optics==1.0`
  cause: Size mismatch for `optics==1.0`: expected 670 bytes, but downloaded 673 bytes"""
HASH = """error: Failed to download `optics==1.0`
  cause: Hash mismatch for `optics==1.0`

         Expected:
           sha256:aa
         Computed:
           sha256:bb"""
DAMAGED = """error: Failed to download `optics==1.0`
  cause: Failed to extract archive: optics-1.0-py3-none-any.whl
  cause: ZIP file contains trailing contents after the end-of-central-directory record"""
GONE = """error: Failed to download `optics==1.0`
  cause: Failed to fetch: https://index.org/optics-1.0.whl
  cause: HTTP status client error (404 Not Found) for url (https://index.org/optics-1.0.whl)"""
FULL = """error: Failed to install: optics-1.0-py3-none-any.whl (optics==1.0)
  cause: failed to copy file
  cause: No space left on device (os error 28)"""


def told(text: str, *requirements: str) -> BuildError:
    date = datetime(2018, 1, 1, tzinfo=UTC)
    return tell(text, as_of=date, python="3.6.15", requirements=requirements, root=Path("/srv"))


@pytest.mark.parametrize(
    ("text", "kind", "field", "value"),
    [
        (UNKNOWN, "requirement-not-found", "requirement", "nosuchpackage"),
        (NO_VERSION, "requirement-not-found", "requirement", "numpy==99.9"),
        (TOO_EARLY, "requirement-not-found", "requirement", "numpy"),
        (CONFLICT, "requirements-conflict", "reason", "Because you require idna==2.8 and idna<2."),
        (REFUSED, "index-unreachable", "reason", "the connection is refused"),
        (NO_NAME, "index-unreachable", "reason", "its name is not known"),
        (OFFLINE, "index-unreachable", "reason", "the network is switched off"),
        (FORBIDDEN, "index-unreachable", "reason", "it answers 403 Forbidden"),
        (BUILD, "package-build-failed", "reason", "ImportError: cannot import name 'Feature'"),
        (SIZE, "hash-mismatch", "package", "optics==1.0"),
        (HASH, "hash-mismatch", "package", "optics==1.0"),
        (DAMAGED, "hash-mismatch", "package", "optics==1.0"),
        (FULL, "disk-full", "path", "/srv"),
        ("error: something new", "internal-error", "reason", "uv ended with: error: something new"),
    ],
)
def test_each_refusal_has_its_cause(text: str, kind: str, field: str, value: str) -> None:
    error = told(text, "numpy", "nosuchpackage", "idna==2.8", "optics")
    assert (error.kind_id, error.data[field]) == (kind, value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (UNKNOWN, "Because nosuchpackage was not found in the package registry and you require nosuchpackage"),
        (TOO_EARLY, "Because there are no versions of numpy and you require numpy"),
        (DEEP, "Because there is no version of deep==3 and lens==2 depends on deep==3"),
        (BUILD, "ImportError: cannot import name 'Feature'"),
        (HASH, "cause: Hash mismatch for `optics==1.0`"),
        (REFUSED, "error: Request failed after 3 retries in 8.0s"),
        (GONE, "cause: HTTP status client error (404 Not Found) for url (https://index.org/optics-1.0.whl)"),
        (f"{BUILD}\n         MemoryError", "MemoryError"),
        (f"{BUILD}\n         unable to execute 'gcc': No such file", "unable to execute 'gcc': No such file"),
    ],
)
def test_each_refusal_has_the_line_that_says_so(text: str, line: str) -> None:
    evidence = told(text, "numpy", "nosuchpackage").cause.evidence
    assert evidence.startswith(line)
    assert "hint" not in evidence


def test_what_a_requirement_needs_in_turn_is_a_conflict_that_tells_the_story() -> None:
    error = told(DEEP, "lens==2")
    assert error.kind_id == "requirements-conflict"
    assert "lens==2 depends on deep==3" in error.data["reason"]


def test_a_build_names_its_package() -> None:
    assert told(BUILD).data["package"] == "markupsafe==1.0"


def test_a_password_of_the_index_is_not_shown() -> None:
    assert "pw" not in told("error: broke at https://me:pw@host.org/simple").cause.message
