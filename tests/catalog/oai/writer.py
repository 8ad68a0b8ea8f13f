"""A process that writes to the store of records of an installation, told what to do line by line.

Each line is a JSON list: ["begin"], ["commit"], ["rollback"], ["put", number, {field: value}] or ["withdraw", key].
Each is answered by a line with whether anything changed. Two such processes are transactions that overlap.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django

from tests.journeys.installation import ROOT, variables


class Writer:
    """Such a process, seen from a test."""

    def __init__(self, data: Path, database_url: str = "") -> None:
        more = {"DATABASE_URL": database_url} if database_url else {}
        self._process = subprocess.Popen(
            (sys.executable, "-m", __name__),
            cwd=ROOT,
            env=variables(data, DJANGO_SETTINGS_MODULE="config.settings", **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, *what: object) -> None:
        """Let it do something, and do not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:  # noqa: ANN401 - JSON
        """Wait for the answer to the oldest thing that was told."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def do(self, *what: object) -> Any:  # noqa: ANN401 - JSON
        """Let it do something and return its answer."""
        self.tell(*what)
        return self.hear()

    def end(self) -> None:
        """End the process; a transaction that is open is rolled back."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def main() -> None:
    """Do what the lines say."""
    django.setup()
    from django.db import transaction  # noqa: PLC0415 - Django must be set up first

    from catalog.exposing import put_record, withdraw_record  # noqa: PLC0415
    from tests.catalog.oai.records import make_record  # noqa: PLC0415

    open_one = ExitStack()
    for line in sys.stdin:
        verb, *rest = json.loads(line)
        answer = True
        if verb == "begin":
            open_one.enter_context(transaction.atomic())
        elif verb in {"commit", "rollback"}:
            if verb == "rollback":
                transaction.set_rollback(True)
            open_one.close()
        elif verb == "put":
            answer = put_record(make_record(rest[0], **rest[1]))
        elif verb == "withdraw":
            answer = withdraw_record(rest[0])
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
