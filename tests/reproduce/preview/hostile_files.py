"""Files made to harm who reads them, each small on disk."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import h5py
import numpy as np

SECRET: Final = "the content of another file"


def write_secret(path: Path) -> Path:
    """Write a file whose content must never be told of another."""
    with h5py.File(path, "w") as file:
        file["x"] = SECRET
        file["numbers"] = np.full(8, 424242.0)
    return path


def _external_link(file: h5py.File, secret: Path) -> None:
    file["x"] = h5py.ExternalLink(str(secret), "/x")
    file["passwd"] = h5py.ExternalLink("/etc/passwd", "/")
    file["through"] = h5py.SoftLink("/passwd/../x")
    file["around"] = h5py.SoftLink("/x")


def _external_storage(file: h5py.File, _secret: Path) -> None:
    file.create_dataset("x", shape=(64,), dtype="u1", external=[("/etc/passwd", 0, 64)])


def _virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout(shape=(8,), dtype="f8")
    layout[:] = h5py.VirtualSource(str(secret), "numbers", shape=(8,))
    file.create_virtual_dataset("x", layout)


def _virtual_circle(file: h5py.File, _secret: Path) -> None:
    for name, other in (("x", "y"), ("y", "x")):
        layout = h5py.VirtualLayout(shape=(8,), dtype="f8")
        layout[:] = h5py.VirtualSource(".", other, shape=(8,))
        file.create_virtual_dataset(name, layout)


def _unknown_filter(file: h5py.File, _secret: Path) -> None:
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk((8,))
    # An optional filter may be set without being there.
    layout.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, (0, 2))
    space = h5py.h5s.create_simple((8,))
    dataset = h5py.Dataset(h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_DOUBLE, space, layout))
    dataset.id.write_direct_chunk((0,), bytes(16))


def _billion(file: h5py.File, _secret: Path) -> None:
    file.create_dataset("x", shape=(10**9,), dtype="f8", chunks=(10**5,), fillvalue=7.0)


def _billion_at_once(file: h5py.File, _secret: Path) -> None:
    file.create_dataset("x", shape=(10**9,), dtype="f8", fillvalue=7.0)


def _bomb(file: h5py.File, _secret: Path) -> None:
    chunk = 2**24
    dataset = file.create_dataset("x", shape=(600 * chunk,), dtype="u1", chunks=(chunk,), compression="gzip")
    packed = zlib.compress(bytes(chunk))
    for number in range(600):
        dataset.id.write_direct_chunk((number * chunk,), packed)


def _lying_chunk(file: h5py.File, _secret: Path) -> None:
    """A chunk of eight values whose bytes unpack to very many more."""
    packed = zlib.compress(bytes(2**27), level=1)
    dataset = file.create_dataset("x", shape=(8,), dtype="u1", chunks=(8,), compression="gzip")
    dataset.id.write_direct_chunk((0,), packed)


def _huge_chunk(file: h5py.File, _secret: Path) -> None:
    file.create_dataset("x", shape=(2**29,), dtype="f4", chunks=(2**29,), compression="gzip")


def _deep(file: h5py.File, _secret: Path) -> None:
    here = file.id
    for _ in range(10_000):
        here = h5py.h5g.create(here, b"d")
    file["x"] = 1.0


def _circles(file: h5py.File, _secret: Path) -> None:
    group = file.create_group("group")
    group["up"] = file["/"]
    group["self"] = group
    file["one"] = h5py.SoftLink("/two")
    file["two"] = h5py.SoftLink("/one/on")
    file["x"] = h5py.SoftLink("/group/up/group/self/x")


def _many_members(file: h5py.File, _secret: Path) -> None:
    many = file.create_group("many")
    for number in range(100_000):
        many.id.links.create_hard(b"%d" % number, file.id, b"/many")
    file["x"] = 1.0


def _large_attribute(file: h5py.File, _secret: Path) -> None:
    file["x"] = 1.0
    file["x"].attrs.create("large", np.zeros(2**18))


def _odd_names(file: h5py.File, _secret: Path) -> None:
    h5py.h5g.create(file.id, b"\xff\xfe")
    file["x"] = 1.0
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(4)
    attribute = h5py.h5a.create(file["x"].id, b"\xe9\xff", kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(b"\xff\xfe\xfd", dtype="S4"))
    file["<script>alert(1)"] = 2.0


def _many_dimensions(file: h5py.File, _secret: Path) -> None:
    file.create_dataset("x", shape=(2,) * 32, dtype="f8", chunks=(1,) * 32)


def _nested_types(file: h5py.File, _secret: Path) -> None:
    kind = h5py.h5t.NATIVE_DOUBLE
    for _ in range(200):
        kind = h5py.h5t.vlen_create(kind)
    h5py.h5d.create(file.id, b"x", kind, h5py.h5s.create_simple((1,)))


def _references(file: h5py.File, _secret: Path) -> None:
    file["group/x"] = 1.0
    file["x"] = np.array([file["group"].ref, file.ref], dtype=h5py.ref_dtype)


def _nothing_but_nan(file: h5py.File, _secret: Path) -> None:
    file["x"] = np.full((16, 16), np.nan)


def _old_soft_default(file: h5py.File, _secret: Path) -> None:
    file.attrs["default"] = "/../../etc/passwd"
    file["x"] = np.arange(4.0)


HOSTILE: Final[dict[str, Callable[[h5py.File, Path], None]]] = {
    "external link": _external_link,
    "external storage": _external_storage,
    "virtual dataset of another file": _virtual,
    "virtual datasets of each other": _virtual_circle,
    "filter of its own": _unknown_filter,
    "10^9 values in chunks never written": _billion,
    "10^9 values never written": _billion_at_once,
    "ten gigabytes packed small": _bomb,
    "a chunk that unpacks to more than it is": _lying_chunk,
    "a chunk of two gigabytes": _huge_chunk,
    "10,000 groups in each other": _deep,
    "links in circles": _circles,
    "100,000 members": _many_members,
    "a large attribute": _large_attribute,
    "names that are no text": _odd_names,
    "32 dimensions": _many_dimensions,
    "types in types": _nested_types,
    "references": _references,
    "nothing but NaN": _nothing_but_nan,
    "a default outside": _old_soft_default,
}


def write_hostile(name: str, path: Path, secret: Path) -> Path:
    """Write one of HOSTILE."""
    with h5py.File(path, "w", libver="latest") as file:
        HOSTILE[name](file, secret)
    return path


def broken_files(good: bytes) -> dict[str, bytes]:
    """Return files that are none."""
    return {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "cut in its head": good[:20],
        "not HDF5": b"\x89PNG\r\n\x1a\n" + bytes(4096),
        "text": b"root:x:0:0:root:/root:/bin/sh\n" * 20,
        "a head alone": good[:8] + bytes(4096),
        "a long way off": bytes(2**20) + good[:512],
    }


def mutations(good: bytes, count: int, seed: int = 20) -> list[bytes]:
    """Return copies of a file with some bits or words changed, the same ones every time."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        bad = bytearray(good)
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            at = chance.randrange(len(bad) - 8)
            if chance.random() < 0.5:
                bad[at] ^= 1 << chance.randrange(8)
            else:
                bad[at : at + 8] = struct.pack("<Q", chance.choice((0, 1, 2**31, 2**63, 2**64 - 1, len(bad), at)))
        found.append(bytes(bad))
    return found
