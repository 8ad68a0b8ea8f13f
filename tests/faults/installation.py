"""A whole installation whose machines can be killed: workers, schedule, and a clerk who asks for runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from builder.process_tree import children, descendants, is_alive
from tests.faults.ledger import Ledger
from tests.faults.processes import kill, kill_machine
from tests.journeys.installation import ROOT, ask, share_environments, variables

SET_UP = """
from config.installation import prepare_installation
prepare_installation()
from django.contrib.auth.models import User
from catalog.models import Publication, Repository, Target
owner = User.objects.create_user("owner")
publication = Publication.objects.create(doi="10.5072/fault", title="Fault", owner=owner, state="published")
answer = {{}}
for number, (url, kind) in enumerate({papers!r}):
    repository, _ = Repository.objects.get_or_create(publication=publication, url=url)
    target = Target.objects.create(publication=publication, repository=repository, label=f"Figure {{number}}",
                                   slug=f"figure-{{number}}", notebook=f"{{kind}}.ipynb", state="confirmed")
    answer[target.pk] = kind
"""
CLERK = """
import json, os, sys
import django
django.setup()
from django.db import close_old_connections
from catalog.models import Target
from reproduce.models import Run
from reproduce.queue import cancel_run, request_run
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    what, key, choice = json.loads(line)
    close_old_connections()
    try:
        if what == "request":
            target = Target.objects.get(pk=key)
            answer = str(request_run(target, reason="click", requested_by=None, as_of=choice).pk)
        else:
            answer = cancel_run(Run.objects.get(pk=key))
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
"""


class Machine:
    """One worker with its pool, as one machine runs it; started again when it has ended, as a system does."""

    def __init__(self, name: str, argv: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._argv = argv
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def tend(self) -> None:
        """Start it unless it runs."""
        if self._process is None or self._process.poll() is not None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._argv, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
                )
            self.starts += 1

    def pool(self) -> list[int]:
        """Return the processes that execute runs."""
        return children(self.pid)

    def below(self) -> list[int]:
        """Return everything below the worker and its pool: runners, builds, kernels."""
        pool = set(self.pool())
        return [pid for pid in descendants(self.pid) if pid not in pool and is_alive(pid)]

    def kill(self) -> bool:
        """Kill the worker alone."""
        return kill(self.pid)

    def cut_power(self) -> bool:
        """Kill everything at once."""
        return kill_machine(self.pid)

    def end(self) -> None:
        """End it for good."""
        if self._process is not None:
            self.cut_power()
            self._process.wait()


class Clerk:
    """A process of the installation that asks for runs and for their end, as a web process does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
        self._process: subprocess.Popen[str] | None = None

    def ask(self, what: str, key: object, choice: str = "") -> Any:  # noqa: ANN401 - JSON
        """Have it done; None when the clerk was killed before it could answer."""
        self.tell(what, key, choice)
        return self.answer()

    def tell(self, what: str, key: object, choice: str = "") -> None:
        """Say what to do and do not wait."""
        process = self._start()
        assert process.stdin is not None
        process.stdin.write(json.dumps([what, key, choice]) + "\n")
        process.stdin.flush()

    def answer(self) -> Any:  # noqa: ANN401 - JSON
        """Return the next answer."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def kill(self) -> None:
        """Kill it, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                (sys.executable, "-c", CLERK),
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert self.answer() == "ready"
        return self._process


class Installation:
    """Machines with two runs at a time each, a schedule, and a clerk. A paper is an address and a notebook's name."""

    def __init__(self, folder: Path, papers: list[tuple[str, str]], *, machines: int = 2, **more: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.tmp = folder / "tmp"
        self.tmp.mkdir(parents=True)
        share_environments(self.data, Path(os.environ["REPRISE_DATA"]) / "shared-environments")
        settings = {
            "REPRISE_SOURCE_SCHEMES": "file,http",
            "REPRISE_ALLOW_PRIVATE_HOSTS": "true",
            "REPRISE_LEASE_S": "3",
            "REPRISE_SWEEP_S": "1",
            "REPRISE_RUN_ATTEMPTS": "10",
            "REPRISE_LOG_LEVEL": "WARNING",
            "TMPDIR": str(self.tmp),
            **more,
        }
        self.variables = variables(self.data, **settings)
        self.ledger = Ledger(more.get("DATABASE_URL") or self.data / "reprise.sqlite3")
        answer = ask(self.data, SET_UP.format(papers=papers), **settings)
        self.kinds = {int(pk): str(kind) for pk, kind in answer.items()}
        self.ledger.install_triggers()
        celery = (sys.executable, "-m", "celery", "--quiet", "-A", "config.celery")
        worker = (*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "-Ofair")
        worker = (*worker, "--without-gossip", "--without-mingle", "--without-heartbeat")
        self.machines = [
            Machine(name, (*worker, "-n", f"{name}@%h"), self.variables, folder / f"{name}.log")
            for name in (f"machine-{number}" for number in range(1, machines + 1))
        ]
        beat = (*celery, "beat", "--loglevel", "WARNING", "--pidfile=")
        self.beat = Machine("beat", beat, self.variables, folder / "beat.log")
        self.clerk = Clerk(self.variables)

    def tend(self) -> None:
        """Start again what has ended."""
        for machine in (*self.machines, self.beat):
            machine.tend()

    def end(self) -> None:
        """End every process."""
        self.clerk.kill()
        for machine in (*self.machines, self.beat):
            machine.end()

    def run_once(self, target: int, timeout_s: float = 240.0) -> str:
        """Have one run of the target end, which also builds the environment; return its id."""
        run = str(self.clerk.ask("request", target))
        until = time.monotonic() + timeout_s
        while run in self.ledger.active():
            self.tend()
            assert time.monotonic() < until, self.logs()
            time.sleep(0.1)
        return run

    def logs(self) -> str:
        """Return the end of what each process said."""
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-3000:]}" for path in self.folder.glob("*.log")
        )
