"""Process attributes that tie the life of one process to another's. Linux only."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import threading
from contextlib import suppress
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def die_with(parent: int) -> None:
    """Have this process killed when `parent` ends, also by SIGKILL; end at once when it already has."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def outlive_parent() -> None:
    """Take back `die_with`: this process now goes on when its parent ends."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def die_with_peer(peer: socket.socket) -> None:
    """Have this process killed when nobody holds the other end of the socket any more, for whatever reason."""

    def wait() -> None:
        with suppress(OSError):
            while peer.recv(1):
                pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none escapes the process tree."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
