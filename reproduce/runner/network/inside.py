"""A listening socket on the loopback of another process's network namespace, made from outside.

A socket stays in the namespace in which it was made, whoever holds it. So the proxy runs here, and inside nothing of
ours is needed: a short process enters the namespace, makes the socket, hands it back and ends. Entering a user
namespace, which an ordinary user has to, is for a process with one thread alone.

    python inside.py NAMESPACE-FD PORT CHANNEL-FD
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_NS_GET_USERNS: Final = 0xB701
_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 1
_BACKLOG: Final = 64
_WAIT_S: Final = 10.0
_TRY_S: Final = 0.005


class NotInsideError(Exception):
    """The namespace cannot be entered; the message says why."""


def listen_inside(pids: Callable[[], list[int]], port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1:`port` in the network namespace of the run's processes.

    Waits until one of `pids` has a namespace of its own with a loopback that is up. Raises NotInsideError.
    """
    namespace = _confined_network(pids)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        handles = [namespace, theirs.fileno()]
        arguments = [sys.executable, "-I", "-S", __file__, str(namespace), str(port), str(theirs.fileno())]
        try:
            done = subprocess.run(
                arguments, pass_fds=handles, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        finally:
            os.close(namespace)
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise NotInsideError(f"the network of the sandbox cannot be entered: {words[:300]}")
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    return socket.socket(fileno=descriptors[0])


def _confined_network(pids: Callable[[], list[int]]) -> int:
    """Return a descriptor of the run's network namespace. It is good whatever becomes of the process it came from.

    Of those that only prepare the sandbox the first that is found may end at once.
    """
    own = os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116 - a link that leads nowhere as a path
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        for pid in pids():
            with suppress(OSError):
                namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
                if os.fstat(namespace).st_ino != own:
                    return namespace
                os.close(namespace)
        time.sleep(_TRY_S)
    raise NotInsideError("no process of the run has a network of its own")


def main(namespace: int, port: int, channel: int) -> None:
    """Enter, listen, hand the socket over `channel`. Raises OSError."""
    try:
        _enter(namespace, _CLONE_NEWNET)
    except PermissionError:
        # An ordinary user may, from the user namespace that this network belongs to: it is that user's own.
        _enter(fcntl.ioctl(namespace, _NS_GET_USERNS), _CLONE_NEWUSER)
        _enter(namespace, _CLONE_NEWNET)
    with suppress(OSError):
        _raise_loopback()
    listener = _listen(port)
    with socket.socket(fileno=channel) as out:
        socket.send_fds(out, [b"."], [listener.fileno()])


def _raise_loopback() -> None:
    """Bring the loopback up where what confines the kernel leaves it down. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | _IFF_UP, b""))


def _listen(port: int) -> socket.socket:
    deadline = time.monotonic() + _WAIT_S
    while True:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(_BACKLOG)
            return listener
        except OSError:
            # The address is not there until the loopback of the new namespace is up.
            listener.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(_TRY_S)


def _enter(namespace: int, kind: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, kind) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
