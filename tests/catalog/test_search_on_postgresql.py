"""The search on PostgreSQL: every test of it once more, with a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.servers import Postgres

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/catalog/test_finding.py", "tests/catalog/test_search_pages.py")


@pytest.mark.real
@pytest.mark.enable_socket
def test_the_search_is_the_same_on_postgresql(tmp_path: Path) -> None:
    server = Postgres()
    try:
        ran = subprocess.run(
            (
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                f"--basetemp={tmp_path / 'inner'}",
                *TESTS,
            ),
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": server.url, "REPRISE_DATA": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        server.remove()
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
    assert "skipped" not in ran.stdout
