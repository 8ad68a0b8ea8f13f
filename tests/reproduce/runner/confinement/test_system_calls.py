"""The filter of system calls is a program that ends in every case, for the processors it knows."""

from __future__ import annotations

import struct

import pytest

from reproduce.runner.confinement.system_calls import call_filter

ALLOW, REFUSE, NO_FAMILY = 0x7FFF0000, 0x00050001, 0x00050061
X86_64, AARCH64 = 0xC000003E, 0xC00000B7


def answer(program: bytes, architecture: int, number: int, argument: int = 0) -> int:
    """Run the program as the operating system does."""
    lines = list(struct.iter_unpack("=HBBI", program))
    fields = {0: number, 4: architecture, 16: argument}
    place, loaded = 0, 0
    while True:
        code, then, otherwise, value = lines[place]
        if code == 0x06:
            return value
        if code == 0x20:
            loaded, step = fields[value], 0
        else:
            step = then if (loaded == value if code == 0x15 else loaded >= value) else otherwise
        place += 1 + step


@pytest.mark.parametrize(
    ("machine", "architecture", "number", "argument", "expected"),
    [
        ("x86_64", X86_64, 0, 0, ALLOW),
        ("x86_64", X86_64, 248, 0, REFUSE),
        ("x86_64", X86_64, 425, 0, REFUSE),
        ("x86_64", X86_64, 41, 2, ALLOW),
        ("x86_64", X86_64, 41, 40, NO_FAMILY),
        ("x86_64", X86_64, 41, 17, NO_FAMILY),
        ("x86_64", X86_64, 0x40000000, 0, REFUSE),
        ("x86_64", 0x40000003, 0, 0, REFUSE),
        ("aarch64", AARCH64, 63, 0, ALLOW),
        ("aarch64", AARCH64, 217, 0, REFUSE),
        ("aarch64", AARCH64, 198, 1, ALLOW),
        ("aarch64", AARCH64, 198, 40, NO_FAMILY),
    ],
)
def test_a_call_is_allowed_or_refused(machine, architecture, number, argument, expected):
    assert answer(call_filter(machine), architecture, number, argument) == expected


def test_there_is_none_for_another_processor():
    assert call_filter("riscv64") is None
