"""From a click to the first cell and to the verdict, through a served installation with its real queue.

    .venv/bin/python benchmarks/click/run.py [--rounds 7] [--target 1]

See README.md beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOI = "10.5072/reprise-demo.sans-silica-spheres"


def ask(address: str, *, method: str = "GET") -> Any:  # noqa: ANN401 - JSON
    """Return the JSON answer of the service on loopback."""
    request = urllib.request.Request(address, method=method, data=b"{}" if method == "POST" else None)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def click(api: str, target: int) -> dict[str, float]:
    """Ask for a run and follow it; return the times from the click, and the notebook's own, in seconds."""
    clicked = time.monotonic()
    run = ask(f"{api}/targets/{target}/reproduce/", method="POST")
    seen: dict[str, float] = {}
    while time.monotonic() - clicked < 300:
        state = ask(f"{api}/runs/{run['id']}/")
        now = time.monotonic() - clicked
        if state["cells_total"] and "first cell" not in seen:
            seen["first cell"] = now
        if state["state"] in ("done", "cancelled"):
            if state["verdict"] is None:
                raise SystemExit(f"no verdict: {state['cause']}")
            return {**seen, "verdict": now, "notebook": float(state["run_s"])}
        time.sleep(0.02)
    raise SystemExit("the run did not end within 300 s")


def main() -> None:
    """Serve the demonstration, click, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--target", type=int, default=1, help="number of the target in the publication, from 1")
    parser.add_argument("--port", type=int, default=8793)
    options = parser.parse_args()
    data = Path(os.environ.get("REPRISE_DATA", ROOT / "var")) / "benchmarks" / "click"
    environment = {
        **os.environ,
        "REPRISE_DATA": str(data),
        "REPRISE_ANONYMOUS_RATE": "10000/hour",
        "REPRISE_API_RATE": "1000000/hour",
    }
    served = subprocess.Popen(
        (sys.executable, "manage.py", "demo", "--all", "--port", str(options.port)),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        for line in served.stdout:
            if line.startswith("Open http://"):
                break
        api = f"http://127.0.0.1:{options.port}/api/v1"
        targets = ask(f"{api}/targets/?doi={DOI}&ordering=position")["results"]
        rounds = [click(api, targets[options.target - 1]["id"]) for _ in range(options.rounds + 1)][1:]
    finally:
        served.terminate()
        served.wait(timeout=30)
    print(f"{options.rounds} clicks on {targets[options.target - 1]['label']} of {DOI}, after one that is not counted")
    for name in ("first cell", "verdict", "notebook"):
        times = [each[name] for each in rounds]
        print(f"{name:12} median {statistics.median(times):6.2f} s   {min(times):6.2f} to {max(times):6.2f} s")
    beyond = [each["verdict"] - each["notebook"] for each in rounds]
    ratio = [each["verdict"] / each["notebook"] for each in rounds]
    extra_s, share = statistics.median(beyond), statistics.median(ratio)
    print(f"verdict beyond the notebook's own time: median {extra_s:.2f} s, ratio {share:.2f}")


if __name__ == "__main__":
    main()
