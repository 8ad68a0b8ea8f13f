"""A broker or a database that takes connections and answers nothing holds nobody up for long, and no run is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation
from tests.faults.invariants import broken_record, wait_until_swept
from tests.faults.ledger import name
from tests.faults.servers import Postgres, Redis
from tests.journeys.installation import git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Redis]]:
    postgres, redis = Postgres(), Redis()
    yield postgres, redis
    redis.kill()
    postgres.remove()


@pytest.fixture(scope="module")
def installation(servers: tuple[Postgres, Redis], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One machine whose environment is built, and a notebook that takes four seconds."""
    folder = tmp_path_factory.mktemp("hanging")
    cells = {"quick": ("print(1)", "1\n"), "slow": ("import time\ntime.sleep(4)\nprint(1)", "1\n")}
    files = {f"{kind}.ipynb": notebook(cell) for kind, cell in cells.items()}
    git_repository(folder / "repository", files | {"requirements.txt": "ipykernel\n"})
    papers = [(f"file://{folder / 'repository'}", kind) for kind in cells]
    postgres, redis = servers
    made = Installation(folder, papers, machines=1, DATABASE_URL=postgres.url, REPRISE_BROKER_URL=redis.url)
    try:
        made.run_once(next(iter(made.kinds)))
        yield made
    finally:
        made.end()


def wait_until_over(installation: Installation, run: str) -> tuple[object, ...]:
    until = time.monotonic() + 90
    while run in installation.ledger.active():
        assert time.monotonic() < until, f"{installation.ledger.active()} {installation.logs()}"
        installation.tend()
        time.sleep(0.1)
    rows = installation.ledger.rows("SELECT id, state, verdict FROM reproduce_run")
    return next(row[1:] for row in rows if name(row[0]) == run)


def target_of(installation: Installation, kind: str) -> int:
    return next(target for target, each in installation.kinds.items() if each == kind)


def test_whoever_asks_for_a_run_does_not_wait_for_a_broker_that_hangs(
    installation: Installation, servers: tuple[Postgres, Redis]
) -> None:
    _, redis = servers
    hanging = threading.Thread(target=redis.hang, args=(9.0,))
    hanging.start()
    time.sleep(0.2)
    asked = time.monotonic()
    run = str(installation.clerk.ask("request", target_of(installation, "quick")))
    assert time.monotonic() - asked < 7.0
    assert installation.ledger.active()[run] == ("queued", 0, 0)
    hanging.join()
    assert wait_until_over(installation, run) == ("done", "identical")


def test_a_run_under_way_goes_on_while_the_broker_hangs(
    installation: Installation, servers: tuple[Postgres, Redis]
) -> None:
    _, redis = servers
    run = str(installation.clerk.ask("request", target_of(installation, "slow")))
    until = time.monotonic() + 60
    while not installation.ledger.has_said(run, "Cell 1 (1 of 1)"):
        assert time.monotonic() < until
        time.sleep(0.05)
    hanging = threading.Thread(target=redis.hang, args=(8.0,))
    hanging.start()
    assert wait_until_over(installation, run) == ("done", "identical")
    assert hanging.is_alive()
    hanging.join()


def test_a_run_ends_right_when_the_database_hangs_for_longer_than_its_lease(
    installation: Installation, servers: tuple[Postgres, Redis]
) -> None:
    postgres, _ = servers
    run = str(installation.clerk.ask("request", target_of(installation, "slow")))
    time.sleep(2)
    postgres.hang(7.0)
    assert wait_until_over(installation, run) == ("done", "identical")
    assert wait_until_swept(installation) == []
    assert broken_record(installation.ledger) == []
