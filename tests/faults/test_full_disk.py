"""A disk without a byte left is no verdict on the notebook that met it: the run goes through when there is space."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation
from tests.faults.invariants import wait_until_swept
from tests.faults.ledger import name
from tests.faults.small_disk import fill, small_disk
from tests.journeys.installation import git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

WRITES = """import time
said = "fine"
for number in range(40):
    time.sleep(0.1)
    {attempt}
print(said)"""
RAISES = 'open("made", "wb").write(bytes(100_000))'
GOES_ON = """try:
        open("made", "wb").write(bytes(100_000))
    except OSError:
        said = "odd\""""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_disk(tmp_path_factory.mktemp("full") / "disk", "300m") as place:
        yield place


@pytest.fixture(scope="module")
def installation(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One machine with three attempts for a run, whose scratch is the small disk and whose environment is built.

    What it keeps lies elsewhere, so that nothing but the notebook itself meets the full disk.
    """
    folder = tmp_path_factory.mktemp("installation")
    cells = {
        "quick": "print('fine')",
        "raises": WRITES.format(attempt=RAISES),
        "goes-on": WRITES.format(attempt=GOES_ON),
    }
    files = {f"{kind}.ipynb": notebook((cell, "fine\n")) for kind, cell in cells.items()}
    git_repository(folder / "repository", files | {"requirements.txt": "ipykernel\n"})
    papers = [(f"file://{folder / 'repository'}", kind) for kind in cells]
    made = Installation(folder, papers, machines=1, REPRISE_RUN_ATTEMPTS="3", TMPDIR=str(disk))
    try:
        made.run_once(next(iter(made.kinds)))
        yield made
    finally:
        made.end()


def wait_until(installation: Installation, run: str, *, has_begun: bool) -> None:
    until = time.monotonic() + 90
    while (
        not installation.ledger.has_said(run, "Cell 1 (1 of 1)") if has_begun else run in installation.ledger.active()
    ):
        assert time.monotonic() < until, f"{installation.ledger.active()} {installation.logs()}"
        installation.tend()
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["raises", "goes-on"])
def test_a_notebook_that_met_a_full_disk_is_run_again_when_there_is_space(
    installation: Installation, disk: Path, kind: str
) -> None:
    target = next(target for target, each in installation.kinds.items() if each == kind)
    run = str(installation.clerk.ask("request", target))
    wait_until(installation, run, has_begun=True)
    fill(disk, 1.5)
    wait_until(installation, run, has_begun=False)
    rows = installation.ledger.rows("SELECT id, state, verdict, attempts, cause FROM reproduce_run")
    state, verdict, attempts, why = next(row[1:] for row in rows if name(row[0]) == run)
    assert (state, verdict) == ("done", "identical"), json.loads(why or "{}")
    assert attempts > 1
    assert wait_until_swept(installation) == []
    assert [place for place in disk.iterdir() if place.name.startswith(("rl-", "rr-"))] == []
