"""The room of executors knows no Django, the choice by the settings apart: what a node imports must not need it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
_CODE = """
import importlib, sys
for name in {names!r}:
    importlib.import_module(f"reproduce.executors.{{name}}")
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("django", "celery", "rest_framework")))
"""


def test_the_executors_know_no_django() -> None:
    names = [path.stem for path in (PROJECT / "reproduce" / "executors").glob("*.py") if path.stem != "choose"]
    assert "slurm" in names
    command = [sys.executable, "-P", "-c", _CODE.format(names=names)]
    answer = subprocess.run(command, env={"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
