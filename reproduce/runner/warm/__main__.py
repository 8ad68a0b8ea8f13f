"""The pool's program: `python -m reproduce.runner.warm ADDRESS --kernels N --memory BYTES --idle SECONDS`.

It serves until its standard input is closed, and then ends with all that waits.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

from reproduce.runner.warm.pool import Pool


def main(arguments: list[str]) -> int:
    """Serve the pool."""
    parser = argparse.ArgumentParser(
        prog="python -m reproduce.runner.warm", description="Keep kernels ready for the runs of this machine."
    )
    parser.add_argument("address", type=Path, help="socket to serve at, in a directory of its own")
    parser.add_argument("--kernels", type=int, required=True, help="how many may wait")
    parser.add_argument("--memory", type=int, required=True, help="bytes that they may have together")
    parser.add_argument("--idle", type=float, required=True, help="seconds for which an environment stays hot")
    options = parser.parse_args(arguments)
    # The terminal's Ctrl-C is for the worker, which closes our input when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pool = Pool(options.address, kernels=options.kernels, memory_bytes=options.memory, idle_s=options.idle)
    pool.serve(sys.stdin.fileno())
    options.address.unlink(missing_ok=True)
    with suppress(OSError):
        options.address.parent.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
