"""Git repositories object by object, so that they may hold what git itself would never write."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

from tests.hostile.cases import content

_SUBMODULE = "1" * 40
_KINDS = {b"commit": 1, b"tree": 2, b"blob": 3}
_WHO = b"A <a@example.org> 1490442214 +0000"


class GitRepository:
    """A bare repository at `path` whose objects are written by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._objects: dict[str, tuple[int, bytes]] = {}
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True, capture_output=True)

    def put(self, kind: bytes, data: bytes) -> str:
        """Write an object and return its id."""
        whole = kind + b" %d\0" % len(data) + data
        name = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        self._objects[name] = (_KINDS[kind], data)
        return name

    def tree(self, spec: Any) -> str:  # noqa: ANN401 - JSON
        """Write a tree: {NAME: what}, or a list of [NAME, what] whose order and doubles are kept."""
        is_sorted = isinstance(spec, dict)
        entries = [(os.fsencode(name), *self._entry(what)) for name, what in (spec.items() if is_sorted else spec)]
        if is_sorted:
            entries.sort(key=lambda entry: entry[0] + (b"/" if entry[1] == b"40000" else b""))
        return self.put(
            b"tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(id_) for name, mode, id_ in entries)
        )

    def _entry(self, what: Any) -> tuple[bytes, str]:  # noqa: ANN401 - JSON
        """Return mode and id of what a name stands for."""
        if isinstance(what, dict):
            if "link" in what:
                return b"120000", self.put(b"blob", os.fsencode(what["link"]))
            if "tree" in what:
                return b"40000", self.tree(what["tree"])
            if "fan" in what:
                return b"40000", self._fan(**what["fan"])
            if "chain" in what:
                return b"40000", self._chain(what["chain"])
            if "submodule" in what:
                return b"160000", _SUBMODULE
            if "mode" in what:
                return what["mode"].encode(), self.put(b"blob", content(what["text"]))
        return b"100644", self.put(b"blob", content(what))

    def _fan(self, depth: int, width: int, leaf: Any = "x") -> str:  # noqa: ANN401 - JSON
        """Return a tree of width to the power of depth files, made of `depth` objects."""
        id_, mode = self.put(b"blob", content(leaf)), b"100644"
        for _ in range(depth):
            lines = (mode + b" %04d\0" % number + bytes.fromhex(id_) for number in range(width))
            id_, mode = self.put(b"tree", b"".join(lines)), b"40000"
        return id_

    def _chain(self, depth: int) -> str:
        """Return a directory with a directory with a directory."""
        id_, mode = self.put(b"blob", b"x"), b"100644"
        for _ in range(depth):
            id_, mode = self.put(b"tree", mode + b" d\0" + bytes.fromhex(id_)), b"40000"
        return id_

    def commit(self, tree: str, *, author: str | None = None, committer: str | None = None, more: str = "") -> str:
        """Write a commit of the tree with these lines, whatever they say."""
        lines = [f"tree {tree}".encode(), *(b"author " + (os.fsencode(author) if author else _WHO),)]
        lines += [
            b"committer " + (os.fsencode(committer) if committer else _WHO),
            *([os.fsencode(more)] if more else []),
        ]
        return self.put(b"commit", b"\n".join(lines) + b"\n\nAs published\n")

    def make(self, spec: dict[str, Any]) -> GitRepository:
        """Write what a fixture describes: its tree, the lines of its commit, its refs and its configuration."""
        head = self.commit(self.tree(spec["tree"]), **spec.get("commit", {}))
        written = pack(*self._objects.values())
        place = self.path / "objects" / "pack" / f"pack-{written[-20:].hex()}.pack"
        place.write_bytes(written)
        subprocess.run(["git", "index-pack", place], check=True, capture_output=True, cwd=self.path)
        refs = {"refs/heads/main": head, **dict.fromkeys(spec.get("refs", ()), head)}
        (self.path / "packed-refs").write_bytes(
            b"".join(f"{id_} ".encode() + os.fsencode(n) + b"\n" for n, id_ in refs.items())
        )
        with (self.path / "config").open("a") as file:
            file.write(spec.get("config", ""))
        for name, text in spec.get("hooks", {}).items():
            (self.path / "hooks").mkdir(exist_ok=True)
            (self.path / "hooks" / name).write_text(text)
            (self.path / "hooks" / name).chmod(0o755)
        return self


def pack(*objects: tuple[int, bytes] | tuple[int, bytes, int]) -> bytes:
    """Return a pack of (kind, data), or of (6, delta, number of the object that it changes)."""
    data, places = bytearray(b"PACK") + struct.pack(">II", 2, len(objects)), []
    for kind, body, *base in objects:
        places.append(len(data))
        size, head = len(body), []
        head.append((kind << 4) | (size & 15))
        size >>= 4
        while size:
            head[-1] |= 128
            head.append(size & 127)
            size >>= 7
        data += bytes(head)
        if base:
            data += _offset(places[-1] - places[base[0]])
        data += zlib.compress(body, 1)
    return bytes(data) + hashlib.sha1(data, usedforsecurity=False).digest()


def growing_delta(size: int, copied: int, times: int) -> bytes:
    """Return a delta that makes `times` copies of the first `copied` bytes of something of `size` bytes."""
    copy = bytes([0x80 | 0x10 | 0x20 | 0x40]) + copied.to_bytes(3, "little")
    return _varint(size) + _varint(copied * times) + copy * times


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 127
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def _offset(distance: int) -> bytes:
    out = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        out.insert(0, 128 | (distance & 127))
    return bytes(out)
