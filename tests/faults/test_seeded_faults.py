"""Processes are killed, and broker, database and disk hurt, at every stage of a run: all runs end right.

With those in containers and on Slurm more than a hundred are killed. The seed is printed. REPRISE_FAULT_SEED repeats it
as far as the machine's own timing allows, REPRISE_FAULT_KILLS asks for another number of kills.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.campaign import Campaign
from tests.faults.installation import Installation
from tests.faults.invariants import all_broken
from tests.faults.seed import SEED
from tests.faults.servers import Postgres, Redis
from tests.faults.small_disk import fill, small_disk
from tests.journeys.installation import git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]

KILLS = int(os.environ.get("REPRISE_FAULT_KILLS", "84"))
DEADLINE_S = 600 + 4 * KILLS


SHORT = "import time\ntime.sleep(0.15)\n"
NOTEBOOKS = {
    "identical": notebook(*((f"{SHORT}print({number})", f"{number}\n") for number in range(4))),
    "differs": notebook((f"{SHORT}print(1)", "1\n"), (f"{SHORT}print(2)", "3\n")),
    "failed": notebook((f"{SHORT}print(1)", "1\n"), (f"{SHORT}raise ValueError('no')", "")),
}
TARGETS = 24


def papers(folder: Path) -> list[tuple[str, str]]:
    """Write one repository with notebooks named after their verdicts, and return a paper for each target."""
    notebooks = {f"{verdict}.ipynb": text for verdict, text in NOTEBOOKS.items()}
    git_repository(folder / "repository", notebooks | {"requirements.txt": "ipykernel\n"})
    return [(f"file://{folder / 'repository'}", list(NOTEBOOKS)[number % 3]) for number in range(TARGETS)]


def empty_the_broker(data: Path) -> None:
    """Lose every message, and the directories they lie in."""
    shutil.rmtree(data / "broker", ignore_errors=True)


def lock_the_database(data: Path, seconds: float) -> None:
    """Hold the only lock that writers need."""
    connection = sqlite3.connect(data / "reprise.sqlite3", timeout=60, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(seconds)
    connection.execute("ROLLBACK")
    connection.close()


def in_background(do: Callable[[], None]) -> Callable[[], None]:
    return lambda: threading.Thread(target=do, daemon=True).start()


def conduct(installation: Installation, kills: int, seed: int, troubles: dict[str, Callable[[], object]]) -> Campaign:
    """Build the environment in peace, then let it come."""
    for target in list(installation.kinds)[:3]:
        installation.run_once(target)
    campaign = Campaign(installation, seed, kills, troubles, trouble_every=6, deadline_s=DEADLINE_S)
    campaign.conduct()
    return campaign


def judge(campaign: Campaign, lane: str, record_property: Callable[[str, object], None]) -> None:
    broken = all_broken(campaign.installation, campaign.cancelled)
    assert broken == [], (
        f"seed {campaign.seed}: {campaign.summary()}; {campaign.details()}\n{campaign.installation.logs()}"
    )
    record_property("faults", campaign.details())
    line = f"faults on {lane}: {campaign.summary()}, all ended right (seed {campaign.seed})"
    record_property("counted", line)


def test_every_run_ends_right_on_sqlite_and_the_filesystem_broker(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(SEED)
    with small_disk(tmp_path / "disk", "300m") as disk:
        installation = Installation(disk, papers(disk))
        troubles = {
            "broker lost": lambda: empty_the_broker(installation.data),
            "database locked": in_background(lambda: lock_the_database(installation.data, chance.uniform(1, 4))),
            "disk full": in_background(lambda: fill(disk, chance.uniform(1, 6))),
        }
        try:
            campaign = conduct(installation, KILLS - KILLS // 2, SEED, troubles)
            judge(campaign, "SQLite", record_property)
        finally:
            installation.end()


def test_every_run_ends_right_on_postgresql_and_redis(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    postgres, redis = Postgres(), Redis()
    installation = None

    def restart_the_database() -> None:
        postgres.stop()
        time.sleep(0.5)
        postgres.start()

    def lose_the_broker() -> None:
        redis.kill()
        time.sleep(1)
        redis.start()

    chance = random.Random(SEED)
    troubles: dict[str, Callable[[], object]] = {
        "broker hangs": in_background(lambda: redis.hang(chance.uniform(2, 15))),
        "database hangs": in_background(lambda: postgres.hang(chance.uniform(1, 6))),
        "connections cut": postgres.cut_connections,
        "database restarted": in_background(restart_the_database),
        "broker killed and restarted": in_background(lose_the_broker),
    }
    try:
        installation = Installation(tmp_path, papers(tmp_path), DATABASE_URL=postgres.url, REPRISE_BROKER_URL=redis.url)
        campaign = conduct(installation, KILLS // 2, SEED + 1, troubles)
        judge(campaign, "PostgreSQL and Redis", record_property)
    finally:
        if installation is not None:
            installation.end()
        redis.kill()
        postgres.remove()
