"""What a kernel may not ask of the operating system, as the filter that bubblewrap installs before it starts one."""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct
from typing import Final

# Families of sockets that stay in the kernel's own network namespace; others, such as vsock, reach beyond it.
FAMILIES: Final = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
# Where the newer calls have the same number everywhere: io_uring, new mounts.
_EVERYWHERE: Final = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442)
# Keys, tracing, loading of code, mounts, namespaces, files by handle, the machine itself: no notebook needs them, and
# holes of the system were found in them. The numbers of linux/arch/*/syscall*.tbl.
_REFUSED: Final = {
    "x86_64": (
        *(248, 249, 250, 298, 321, 323, 134, 153, 155, 156, 163, 165, 166, 167, 168, 169, 172, 173, 175, 176),
        *(179, 180, 212, 246, 304, 308, 313, 320, 103),
    ),
    "aarch64": (
        *(217, 218, 219, 241, 280, 282, 39, 40, 41, 58, 60, 89, 104, 105, 106, 116, 142, 224, 225, 265, 268, 273),
        *(294,),
    ),
}
_SOCKET: Final = {"x86_64": 41, "aarch64": 198}
_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# On x86_64 the same processor takes calls under other numbers from here on.
_OTHER_NUMBERS: Final = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


def filter_descriptor() -> int | None:
    """Return a descriptor to read the filter from, None for a processor whose numbers are not known here."""
    program = call_filter(platform.machine())
    if program is None:
        return None
    descriptor = os.memfd_create("calls", 0)
    os.write(descriptor, program)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def call_filter(machine: str) -> bytes | None:
    """Return the filter as a program of classic BPF: a call that is refused fails with EPERM, as under Docker."""
    if machine not in _REFUSED:
        return None
    numbers = (*_REFUSED[machine], *_EVERYWHERE)
    # (code, value, where to go when it holds, where when not); None is the next line.
    lines: list[tuple[int, int, str | None, str | None]] = [
        (_LOAD, _ARCHITECTURE_AT, None, None),
        (_EQUAL, _ARCHITECTURE[machine], None, "refuse"),
        (_LOAD, _NUMBER_AT, None, None),
        (_AT_LEAST, _OTHER_NUMBERS, "refuse", None),
        *((_EQUAL, number, "refuse", None) for number in numbers),
        (_EQUAL, _SOCKET[machine], None, "allow"),
        (_LOAD, _FIRST_ARGUMENT_AT, None, None),
        *((_EQUAL, int(family), "allow", None) for family in FAMILIES),
        (_RETURN, _ERROR | errno.EAFNOSUPPORT, None, None),
        (_RETURN, _ERROR | errno.EPERM, None, None),
        (_RETURN, _ALLOW, None, None),
    ]
    ends = {None: None, "refuse": len(lines) - 2, "allow": len(lines) - 1}

    def jump(place: int, name: str | None) -> int:
        target = ends[name]
        return 0 if target is None else target - place - 1

    return b"".join(
        struct.pack("=HBBI", code, jump(place, then), jump(place, otherwise), value)
        for place, (code, value, then, otherwise) in enumerate(lines)
    )
