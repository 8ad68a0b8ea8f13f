"""A worker that lives and hands its processes nothing any more ends by itself, and whoever runs it starts it anew."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.installation import Installation
from tests.faults.processes import kill
from tests.journeys.installation import git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def test_a_pool_whose_lock_died_with_its_holder_is_started_anew(tmp_path: Path) -> None:
    # Idle processes of this pool wait for each other's lock, and one of them for the next task with the lock in its
    # hand. Killed there, it takes the lock along: the others, and whoever replaces it, wait for ever.
    git_repository(
        tmp_path / "repository", {"a.ipynb": notebook(("print(1)", "1\n")), "requirements.txt": "ipykernel\n"}
    )
    installation = Installation(tmp_path, [(f"file://{tmp_path / 'repository'}", "a")], machines=1)
    try:
        (target,) = installation.kinds
        installation.run_once(target)  # which also builds the environment
        (machine,) = installation.machines
        installation.beat.end()  # no sweep keeps a process of the pool busy at this moment
        time.sleep(2)
        for pid in machine.pool()[:]:
            kill(pid)
        starts = machine.starts
        installation.run_once(target)
        assert machine.starts > starts, "the pool took the task: the lock was not held"
        assert "worker-handed-nothing" in installation.logs()
    finally:
        installation.end()
