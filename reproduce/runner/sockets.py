"""The kernel's sockets, held by descriptor: a notebook can put a link in the place of one, the runner follows none."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


class NotASocketError(Exception):
    """Something else lies where the kernel's socket belongs."""


class HeldSockets:
    """Opens each socket once, without following a link, and names it so that only this one can be connected to."""

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        self._fds: dict[int, int] = {}

    def are_there(self, ports: tuple[int, ...]) -> bool:
        """Hold the sockets of these ports; False while one of them is not there. Raises NotASocketError."""
        for port in ports:
            if port not in self._fds:
                try:
                    fd = os.open(f"{self._prefix}-{port}", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
                except FileNotFoundError:
                    return False
                self._fds[port] = fd
                if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                    raise NotASocketError(f"{self._prefix.name}-{port} is no socket")
        return True

    def address(self, port: int) -> str:
        """The address that leads to the held socket, for this process only."""
        return f"ipc:///proc/self/fd/{self._fds[port]}"

    def close(self) -> None:
        """Let go of the sockets."""
        for fd in self._fds.values():
            with suppress(OSError):
                os.close(fd)
        self._fds.clear()
