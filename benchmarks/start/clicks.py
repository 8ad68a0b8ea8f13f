"""Clicks on a figure of the served demonstration, whose workers have kernels that wait, or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.click.run import ask
from benchmarks.start.ways import Times, count_ready, wait_for

PROJECT: Final = Path(__file__).resolve().parents[2]
_DOI: Final = "10.5072/reprise-demo.sans-silica-spheres"


class Served(AbstractContextManager["Served"]):
    """The demonstration, served from a data directory of its own until this is left."""

    def __init__(self, data: Path, *, port: int, warm_kernels: int) -> None:
        self._site = f"http://127.0.0.1:{port}"
        self._worker_log = data / "log" / "worker.log"
        self._is_warm = warm_kernels > 0
        self._ready_before = count_ready(self._worker_log)
        variables = {
            **os.environ,
            "REPRISE_DATA": str(data),
            "REPRISE_WARM_KERNELS": str(warm_kernels),
            "REPRISE_WARM_IDLE_S": "3600",
            "REPRISE_ANONYMOUS_RATE": "10000/hour",
            "REPRISE_API_RATE": "1000000/hour",
        }
        arguments = (sys.executable, "manage.py", "demo", "--port", str(port))
        self._process = subprocess.Popen(arguments, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        for line in self._process.stdout or ():
            if line.startswith("Open http://"):
                break
        found = ask(f"{self._site}/api/v1/targets/?doi={_DOI}&ordering=position")["results"]
        self._target = found[0]["id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)

    def click(self) -> Times:
        """Ask for a run as the button does; return the times to its first cell and to its verdict."""
        before = count_ready(self._worker_log)
        clicked = time.time()
        run = ask(f"{self._site}/api/v1/targets/{self._target}/reproduce/", method="POST")["id"]
        while (state := ask(f"{self._site}/api/v1/runs/{run}/"))["state"] not in ("done", "cancelled"):
            time.sleep(0.02)
        ended = time.time()
        if state["verdict"] is None:
            sys.exit(f"no verdict: {state['cause']}")
        if self._is_warm:
            wait_for(lambda: count_ready(self._worker_log) > before)
        return Times(self._first_cell(run) - clicked, ended - clicked)

    def _first_cell(self, run: str) -> float:
        with urllib.request.urlopen(f"{self._site}/runs/{run}/artefacts/events.jsonl", timeout=30) as answer:
            for line in answer:
                event = json.loads(line)
                if event["type"] == "cell-started":
                    return datetime.fromisoformat(event["time"]).timestamp()
        sys.exit("the run had no cell")
