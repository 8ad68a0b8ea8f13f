"""Apptainer for the tests: prepared once, kept beside what the tests of containers keep."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def apptainer_program() -> Path:
    """Prepare Apptainer where it is not, and return the path of the program."""
    script = PROJECT / "deploy" / "test-apptainer.sh"
    answer = subprocess.run(["sh", str(script)], capture_output=True, text=True)
    if answer.returncode:
        pytest.fail(answer.stderr.strip() or "sh deploy/test-apptainer.sh failed", pytrace=False)
    return Path(answer.stdout.strip().splitlines()[-1]) / "apptainer"
