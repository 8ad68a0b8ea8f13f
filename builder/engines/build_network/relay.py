"""Inside a sandbox without a network: carry what comes to a port of its loopback to a socket, and run a command.

`python -I -S relay.py SOCKET PORT COMMAND…` ends with the command and its exit code. It is a program of its own that
needs nothing but the standard library, because it runs where strangers' programs run.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading

_CHUNK = 2**16
_WAITING = 64


def main() -> None:
    """Listen first, so that the command never finds the port closed."""
    path, port, *command = sys.argv[1:]
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(port)))
    server.listen(_WAITING)
    threading.Thread(target=_accept, args=(server, path), daemon=True).start()
    status = subprocess.call(command)
    sys.stdout.flush()
    # Threads that still carry something are of no use any more.
    os._exit(status if status >= 0 else 128 - status)


def _accept(server: socket.socket, path: str) -> None:
    while True:
        near, _ = server.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(path)
        except OSError:
            near.close()
            far.close()
            continue
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Carry until the source has ended, and tell the target so; the other direction may go on."""
    try:
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
