"""The runner program: `python -m reproduce.runner BUNDLE_DIR` runs the bundle's job and leaves its result there.

Exit status 0 when a result was written, whatever it says; 2 when the bundle cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from builder.lifeline import die_with
from reproduce.runner.attempt import Attempt
from reproduce.runner.bundle import BundleUnusableError, clear_results, read_job
from reproduce.runner.conclude import conclude, leave
from reproduce.runner.events import EventStream


def main(arguments: list[str]) -> int:
    """Run one bundle; events also go to standard output, one JSON object a line."""
    parser = argparse.ArgumentParser(
        prog="python -m reproduce.runner", description="Run the job of one bundle directory."
    )
    parser.add_argument("bundle", type=Path, help="directory that holds job.json")
    parser.add_argument("--parent", type=int, help="process id of the starter: the runner ends when that process ends")
    options = parser.parse_args(arguments)
    if options.parent is not None:
        die_with(options.parent)
    try:
        job = read_job(options.bundle)
        clear_results(options.bundle)
        events = EventStream(options.bundle, live_fd=sys.stdout.fileno())
    except (BundleUnusableError, OSError) as error:
        sys.stderr.write(f"reproduce.runner: {error}\n")
        return 2
    return conclude(Attempt(job, options.bundle, events), options.bundle)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
