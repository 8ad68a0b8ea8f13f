"""The limits under which git talks to strangers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from builder.snapshot.git import run_git


def test_what_git_starts_has_its_limit_from_the_beginning(tmp_path: Path) -> None:
    for _ in range(20):  # from outside it would come too late now and then
        answer = run_git(
            ["limits"], cwd=tmp_path, settings=["alias.limits=!ulimit -d; ulimit -c"], memory_bytes=64 * 2**20
        )
        data, core = (line.split()[-1] for line in answer.stdout.decode().splitlines())
        assert (data, core) == (str(64 * 2**10), "0")


def test_a_lower_limit_of_ours_stays(tmp_path: Path) -> None:
    code = (
        "import resource; from pathlib import Path; from builder.snapshot.git import run_git;"
        f"resource.setrlimit(resource.RLIMIT_DATA, ({2**30}, {2**30}));"
        f"print(run_git(['limits'], cwd=Path({str(tmp_path)!r}), settings=['alias.limits=!ulimit -d'],"
        f" memory_bytes={2**40}).stdout.decode())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(2**20)
