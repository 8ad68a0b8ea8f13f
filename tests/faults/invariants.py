"""What must hold when everything is over: of each run, of the record, of the store, of the machine."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from tests.faults.installation import Installation
from tests.faults.ledger import Ledger, ended_otherwise_than_once, events_in_disorder, name
from tests.faults.processes import is_held, outliving

ATTEMPTS = 10


def broken_runs(ledger: Ledger, kinds: dict[int, str], cancelled: set[str]) -> list[str]:
    """Return what is wrong with the runs: none is under way, none is blamed for a fault of ours, none is held."""
    found = []
    query = (
        "SELECT id, target_id, state, verdict, attempts, cause, claim, lease_until, ended_at, as_of FROM reproduce_run"
    )
    for pk, target, state, verdict, attempts, why, claim, lease, ended, _ in ledger.rows(query):
        run = f"{name(pk)} of {kinds[target]}, {attempts} attempts"
        cause = (json.loads(why) if isinstance(why, str) else why) or {}
        if state == "cancelled":
            if name(pk) not in cancelled or verdict is not None:
                found.append(f"{run}: cancelled, nobody asked")
        elif state != "done":
            found.append(f"{run}: {state}")
        elif name(pk) in cancelled:
            found.append(f"{run}: done, though it was cancelled")
        elif verdict is None:
            if cause.get("fault") != "service" or attempts < ATTEMPTS:
                found.append(f"{run}: no verdict, {cause}")
        elif verdict != kinds[target]:
            found.append(f"{run}: {verdict}, {cause}")
        if claim is not None or lease is not None or ended is None:
            found.append(f"{run}: still held by {claim} until {lease}")
    return found


def broken_record(ledger: Ledger) -> list[str]:
    """Return what is wrong with the record: a verdict twice, one without its run, an end that was no end."""
    verdicts = {name(pk): verdict for pk, verdict in ledger.rows("SELECT id, verdict FROM reproduce_run")}
    noted = [(name(run), verdict) for run, verdict in ledger.rows("SELECT run, verdict FROM fault_verdicts")]
    found = [f"{run}: on record twice" for run in {run for run, _ in noted} if [r for r, _ in noted].count(run) > 1]
    found += [
        f"{run}: {verdict} on record, {verdicts.get(run)}" for run, verdict in noted if verdicts.get(run) != verdict
    ]
    counted = ledger.rows("SELECT id FROM reproduce_run WHERE verdict IS NOT NULL AND as_of = ''")
    found += [f"{name(pk)}: not on record" for (pk,) in counted if name(pk) not in {run for run, _ in noted}]
    changes = ledger.rows("SELECT run, was, became FROM fault_states ORDER BY number")
    found += [f"{run}: ended otherwise than once" for run in ended_otherwise_than_once(changes)]
    events = ledger.rows("SELECT run_id, seq FROM reproduce_runevent")
    found += [f"{run}: events not numbered 1, 2, 3" for run in events_in_disorder(events)]
    builds = ledger.rows("SELECT id FROM builder_build WHERE state = 'running'")
    return found + [f"build {name(pk)}: still running" for (pk,) in builds]


def broken_store(ledger: Ledger, store: Path) -> list[str]:
    """Return the artefacts that a run names and the store does not hold as they were."""
    found = []
    named: dict[str, int] = {}
    for (artefacts,) in ledger.rows("SELECT artefacts FROM reproduce_run"):
        kept: dict[str, Any] = json.loads(artefacts) if isinstance(artefacts, str) else artefacts
        named |= {entry["sha256"]: entry["size_bytes"] for entry in kept.values()}
    for sha256, size_bytes in named.items():
        path = store / sha256[:2] / sha256[2:4] / sha256
        content = path.read_bytes() if path.is_file() else b""
        if len(content) != size_bytes or hashlib.sha256(content).hexdigest() != sha256:
            found.append(f"artefact {sha256}: missing or not what it was")
    return found


def left_behind(installation: Installation) -> list[str]:
    """Return what dead attempts left: directories of runs, temporary ones, half-built environments, processes."""
    data = installation.data
    # Other tests may build in the same store at the same time.
    shared = data / "environments"
    places = [
        *(data / "runs").glob("*"),
        # Celery's own multiprocessing leaves an empty directory of a worker that is killed.
        *(place for place in installation.tmp.glob("*") if not place.name.startswith("pymp-")),
        *(place for pattern in ("scratch/*", "envs/.making-*") for place in shared.glob(pattern) if not is_held(place)),
        *data.glob("snapshots/.partial-*"),
    ]
    runners = [pid for machine in installation.machines for pid in machine.below()]
    return [*map(str, places), *(f"process {pid}" for pid in runners)]


def wait_until_swept(installation: Installation, timeout_s: float = 30.0) -> list[str]:
    """Return what is left when the sweep has had its time."""
    until = time.monotonic() + timeout_s
    while (left := left_behind(installation)) and time.monotonic() < until:
        installation.tend()
        time.sleep(0.2)
    return left


def all_broken(installation: Installation, cancelled: set[str]) -> list[str]:
    """Return everything that is wrong; ends the installation to see whether a process outlives it."""
    left = wait_until_swept(installation)
    ledger = installation.ledger
    until = time.monotonic() + 15
    while (record := broken_record(ledger)) and time.monotonic() < until:
        time.sleep(0.5)  # the sweep closes a lost build two leases after it was opened
    found = [*broken_runs(ledger, installation.kinds, cancelled), *record]
    found += broken_store(ledger, installation.data / "artefacts")
    installation.end()
    return found + left + [f"outlives the installation: {line}" for line in outliving(str(installation.data))]
