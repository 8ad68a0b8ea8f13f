"""The pool of waiting runners of one machine: keeps those that are worth it, gives each away once, ends the others."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from reproduce.runner.bundle import BundleUnusableError, job_from
from reproduce.runner.job import Job
from reproduce.runner.quantities import bytes_words
from reproduce.runner.warm.demand import Demand
from reproduce.runner.warm.key import is_warmable, template_of, warm_key
from reproduce.runner.warm.memory import is_short
from reproduce.runner.warm.waiter import Waiter
from reproduce.runner.warm.words import LONGEST_MESSAGE

_TICK_S: Final = 1.0
_START_S: Final = 90.0
_FAREWELL_S: Final = 2.0
_REPLACED: Final = "what it was started from is not there any more"


class Pool:
    """Serves one socket. Nothing it does can fail a run: who gets no runner from it starts one of its own."""

    def __init__(self, address: Path, *, kernels: int, memory_bytes: int, idle_s: float) -> None:
        self._kernels = kernels
        self._memory_bytes = memory_bytes
        self._idle_s = idle_s
        self._demand = Demand(idle_s)
        self._templates: dict[str, Job] = {}
        self._sizes: dict[str, int] = {}
        self._broken_until: dict[str, float] = {}
        self._waiters: list[Waiter] = []
        self._given: list[Waiter] = []
        self._askers: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # It has its name only once it listens: who finds it is heard.
        unnamed = address.with_name(f"{address.name}.new")
        unnamed.unlink(missing_ok=True)
        self._listener.bind(str(unnamed))
        self._listener.listen(64)
        unnamed.rename(address)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def serve(self, lifeline: int) -> None:
        """Serve until the other end of the pipe `lifeline` is closed; then nothing is left."""
        self._selector.register(lifeline, selectors.EVENT_READ, None)
        next_tick = time.monotonic() + _TICK_S
        try:
            while True:
                for ready, _ in self._selector.select(max(0.0, next_tick - time.monotonic())):
                    if ready.fd == lifeline:
                        return
                    ready.data()
                if time.monotonic() >= next_tick:
                    self._tick()
                    next_tick = time.monotonic() + _TICK_S
        finally:
            for waiter in list(self._waiters):
                self._end(waiter, "the worker has ended")
            for waiter in self._given:
                # They end with who holds them, which most likely ends now too.
                waiter.is_cleared(within_s=_FAREWELL_S)
            self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            asker, _ = self._listener.accept()
            asker.setblocking(False)
            self._askers.add(asker)
            self._selector.register(asker, selectors.EVENT_READ, partial(self._hear_asker, asker))

    def _hear_asker(self, asker: socket.socket) -> None:
        """Answer who asks for a runner; who hangs up has ended a run, so that there is room to get the next ready."""
        try:
            message = asker.recv(LONGEST_MESSAGE)
            if message:
                self._answer(asker, job_from(json.loads(message)))
                return
        except (OSError, ValueError, TypeError, BundleUnusableError):
            pass
        self._selector.unregister(asker)
        self._askers.discard(asker)
        asker.close()
        self._refill()

    def _answer(self, asker: socket.socket, job: Job) -> None:
        if not is_warmable(job):
            asker.send(json.dumps({"is_warm": False}).encode())
            return
        key, template = warm_key(job), template_of(job)
        self._templates[key] = template
        self._demand.ask(key, time.monotonic())
        for waiter in [waiter for waiter in self._waiters if waiter.key == key and waiter.is_ready]:
            if not waiter.is_current():
                self._end(waiter, _REPLACED)
                continue
            message = json.dumps({"is_warm": True, "place": str(waiter.place)}).encode()
            self._selector.unregister(waiter.peer)
            self._waiters.remove(waiter)
            if waiter.hand_over(asker, message):
                self._given.append(waiter)
            else:
                waiter.end()
            return
        asker.send(json.dumps({"is_warm": False}).encode())

    def _hear_waiter(self, waiter: Waiter) -> None:
        if not waiter.hear():
            self._break(waiter, "its kernel ended by itself")
        elif waiter.is_ready:
            self._sizes[waiter.key] = waiter.measure()
            _say(f"{waiter.key[:8]} is ready, {bytes_words(waiter.memory_bytes)}")
            self._shrink()
            self._refill()

    def _tick(self) -> None:
        """End what is worth nothing any more, and get ready what is, while no run is under way here."""
        self._given = [waiter for waiter in self._given if not waiter.is_cleared()]
        now = time.monotonic()
        for waiter in list(self._waiters):
            if not waiter.is_ready and now - waiter.started_at > _START_S:
                self._break(waiter, "it did not get ready")
            elif not waiter.is_current():
                self._end(waiter, _REPLACED)
            elif waiter.is_ready and waiter.is_working(now):
                self._break(waiter, "it does not rest while it waits")
        self._shrink()
        self._broken_until = {key: until for key, until in self._broken_until.items() if until > now}
        self._templates = {key: job for key, job in self._templates.items() if self._demand.is_asked(key)}
        self._sizes = {key: size for key, size in self._sizes.items() if key in self._templates}
        if not self._askers:
            self._refill()

    def _wanted(self) -> list[str]:
        return self._demand.wanted(self._kernels, time.monotonic())

    def _shrink(self) -> None:
        """End the least wanted until all are wanted, fit into the memory, and leave the machine enough of its own."""
        wanted = self._wanted()
        keep: list[Waiter] = []
        used = 0
        for key in wanted if not is_short() else ():
            waiter = next((one for one in self._waiters if one.key == key and one not in keep), None)
            if waiter is None:
                continue
            used += waiter.measure()
            if used <= self._memory_bytes:
                keep.append(waiter)
        for waiter in [waiter for waiter in self._waiters if waiter not in keep]:
            self._sizes[waiter.key] = max(self._sizes.get(waiter.key, 0), waiter.memory_bytes)
            self._end(waiter, "there is no memory for it" if waiter.key in wanted else "nobody asked for it any more")

    def _refill(self) -> None:
        """Start the most wanted that is missing, one at a time."""
        if is_short() or any(not waiter.is_ready for waiter in self._waiters):
            return
        missing = self._wanted()
        for waiter in self._waiters:
            if waiter.key in missing:
                missing.remove(waiter.key)
        room = self._memory_bytes - sum(waiter.memory_bytes for waiter in self._waiters)
        for key in missing:
            if key in self._broken_until or key not in self._templates or self._sizes.get(key, 0) > room:
                continue
            try:
                waiter = Waiter(key, self._templates[key])
            except OSError as error:
                _say(str(error))
                self._leave_alone(key)
                return
            self._waiters.append(waiter)
            self._selector.register(waiter.peer, selectors.EVENT_READ, partial(self._hear_waiter, waiter))
            return

    def _break(self, waiter: Waiter, why: str) -> None:
        self._leave_alone(waiter.key)
        self._end(waiter, why)

    def _leave_alone(self, key: str) -> None:
        """Start none of this key for a while: its runs start cold, and say themselves what is wrong."""
        self._broken_until[key] = time.monotonic() + self._idle_s

    def _end(self, waiter: Waiter, why: str) -> None:
        _say(f"{waiter.key[:8]} is ended: {why}")
        with suppress(KeyError, ValueError):
            self._selector.unregister(waiter.peer)
        self._waiters.remove(waiter)
        waiter.end()


def _say(text: str) -> None:
    sys.stderr.write(f"reproduce.runner.warm: {text}\n")
    sys.stderr.flush()
