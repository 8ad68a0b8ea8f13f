"""The forwarding proxy of one run: takes connections from a listening socket until it is closed."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Final

from reproduce.runner.network.conversation import Conversation, Office
from reproduce.runner.network.upstream import cut_off

_ACCEPT_S: Final = 0.5
_END_S: Final = 0.5


class Proxy:
    """Serves each connection in a thread of its own; those beyond the limit wait until another is over."""

    def __init__(self, office: Office, listener: socket.socket) -> None:
        self._office = office
        self._listener = listener
        self._places = threading.BoundedSemaphore(office.network.connections)
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._is_closed = threading.Event()
        listener.settimeout(_ACCEPT_S)
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Take no more, cut off what is under way, and wait for its last notes, shortly: a cancelled run waits too."""
        self._is_closed.set()
        cut_off(self._listener)
        self._acceptor.join(_END_S)
        self._listener.close()
        with self._lock:
            sockets, threads = list(self._sockets), list(self._threads)
        for one in sockets:
            cut_off(one)
        end = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))

    def _accept(self) -> None:
        while not self._is_closed.is_set():
            if not self._places.acquire(timeout=_ACCEPT_S):
                continue
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._places.release()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), name="proxy-connection", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        tracked: list[socket.socket] = []

        def track(one: socket.socket) -> None:
            with self._lock:
                tracked.append(one)
                self._sockets.add(one)
            if self._is_closed.is_set():
                cut_off(one)

        track(connection)
        try:
            with suppress(OSError):
                Conversation(self._office, track).hold(connection)
        finally:
            with self._lock:
                self._sockets.difference_update(tracked)
                self._threads.discard(threading.current_thread())
            self._places.release()
