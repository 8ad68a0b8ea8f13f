"""A runner that waits with its kernel started: `python -m reproduce.runner.warm.waiting PLACE --parent PID`.

PLACE holds the template of its job. Standard input is a socket: it says READY there once the kernel answers, takes one
bundle directory, says TAKEN when it is going to run that bundle's job, and runs it as any runner does; whoever
holds the other end then holds its life. It ends with 3 when the kernel, or the bundle, is not what was expected.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import select
import socket
import sys
from pathlib import Path
from typing import Final

from builder.held_directory import hold
from builder.lifeline import die_with, die_with_peer, outlive_parent
from reproduce.runner.attempt import Attempt
from reproduce.runner.bundle import KERNEL_LOG, RUNNER_LOG, BundleUnusableError, clear_results, read_job
from reproduce.runner.conclude import conclude, leave
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.events import EventStream
from reproduce.runner.guard import Guard
from reproduce.runner.job import Job
from reproduce.runner.standing import NoKernelError, StandingKernel
from reproduce.runner.warm.key import warm_key
from reproduce.runner.warm.words import LONGEST_MESSAGE, READY, TAKEN

NOT_TAKEN: Final = 3
_LOOK_S: Final = 0.5


def main(arguments: list[str]) -> int:
    """Start the kernel, wait, and run the one bundle that comes."""
    parser = argparse.ArgumentParser(prog="python -m reproduce.runner.warm.waiting")
    parser.add_argument("place", type=Path)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args(arguments)
    die_with(options.parent)
    hold(options.place)
    peer = socket.socket(fileno=os.dup(0))
    try:
        template = read_job(options.place)
        standing = StandingKernel(template, confinement_of(template), options.place / KERNEL_LOG, is_waiting=True)
    except (BundleUnusableError, NoKernelError, OSError) as error:
        sys.stderr.write(f"reproduce.runner.warm: {error}\n")
        return NOT_TAKEN
    try:
        return _serve(template, standing, peer)
    finally:
        standing.end()
        standing.remove()


def _serve(template: Job, standing: StandingKernel, peer: socket.socket) -> int:
    # As in a cold start, papermill and all it brings is loaded while the kernel starts.
    readiness = importlib.import_module("reproduce.runner.warm.readiness")
    importlib.import_module("reproduce.runner.execution")
    readiness.rehearse(template)
    confinement_of(template).version()
    connection = importlib.import_module("reproduce.runner.connected")
    standing.connected = connection.Connected(template, standing.process, standing.guard)
    if not readiness.is_answering(standing.connected):
        sys.stderr.write(f"reproduce.runner.warm: the kernel did not start\n{standing.process.log.tail()}\n")
        return NOT_TAKEN
    standing.process.limit_processes()
    peer.sendall(READY)
    bundle = _wait_for_bundle(peer, standing.guard)
    if bundle is None:
        return NOT_TAKEN
    try:
        job = read_job(bundle)
        if warm_key(job) != warm_key(template) or not readiness.is_answering(standing.connected):
            return NOT_TAKEN
        clear_results(bundle)
        standing.process.log.move_to(bundle / KERNEL_LOG)
        with (bundle / RUNNER_LOG).open("ab") as log:
            os.dup2(log.fileno(), sys.stderr.fileno())
        events = EventStream(bundle, live_fd=sys.stdout.fileno())
        peer.sendall(TAKEN)
    except (BundleUnusableError, OSError) as error:
        sys.stderr.write(f"reproduce.runner.warm: {error}\n")
        return NOT_TAKEN
    die_with_peer(peer)
    outlive_parent()
    return conclude(Attempt(job, bundle, events, standing), bundle)


def _wait_for_bundle(peer: socket.socket, guard: Guard) -> Path | None:
    """Return the bundle that was sent; None when the kernel has ended, or nobody is left to send one."""
    while not guard.has_ended.is_set():
        if select.select([peer], [], [], _LOOK_S)[0]:
            line = b""
            while not line.endswith(b"\n"):
                part = peer.recv(LONGEST_MESSAGE)
                if not part or len(line) > LONGEST_MESSAGE:
                    return None
                line += part
            return Path(json.loads(line)["bundle"])
    return None


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
