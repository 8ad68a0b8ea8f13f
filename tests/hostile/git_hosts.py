"""Hosts of git on loopback that answer crookedly, each by a name that fixtures use."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Final

from tests.catalog.local_host import LocalHost, local_host
from tests.hostile.git_objects import growing_delta, pack

_BLOB: Final = b"x"
_TREE: Final = b"100644 a\0" + hashlib.sha1(b"blob 1\0" + _BLOB, usedforsecurity=False).digest()
_GOOD: Final = ((2, _TREE), (3, _BLOB))
_REFS: Final = "/r/info/refs"
_UPLOAD: Final = "/r/git-upload-pack"
_KIND: Final = "application/x-git-upload-pack-advertisement"
_MIB: Final = 2**20


def _commit() -> tuple[bytes, str]:
    tree = hashlib.sha1(b"tree %d\0" % len(_TREE) + _TREE, usedforsecurity=False).hexdigest()
    who = "A <a@example.org> 1490442214 +0000"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
    return text, hashlib.sha1(b"commit %d\0" % len(text) + text, usedforsecurity=False).hexdigest()


def _line(text: bytes) -> bytes:
    return b"%04x" % (len(text) + 4) + text


def _advertised(more: bytes = b"") -> bytes:
    """Return the refs as a host that knows how to answer gives them: without any capability."""
    head = _commit()[1].encode()
    refs = _line(head + b" HEAD\0side-band-64k\n") + _line(head + b" refs/heads/main\n") + more
    return _line(b"# service=git-upload-pack\n") + b"0000" + refs + b"0000"


def _banded(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), 60_000):
        yield _line(b"\1" + data[start : start + 60_000])


def _bomb() -> bytes:
    """Return a pack of some KiB whose third object would have 64 GiB."""
    first, second = 2**16 * 64, 16 * _MIB - 2**20
    return pack(
        (1, _commit()[0]),
        (2, _TREE),
        (3, b"\0" * 65_536),
        (6, growing_delta(65_536, 65_536, 64 * 16), 2),
        (6, growing_delta(65_536 * 64 * 16, second, 4096), 3),
        (6, growing_delta(second * 4096, first, 4), 4),
    )


def _packs() -> dict[str, Iterable[bytes]]:
    """Return what each kind of host sends when it is asked for objects."""
    good, blow = pack((1, _commit()[0]), *_GOOD), bytearray(pack((1, _commit()[0]), *_GOOD))
    blow[20] ^= 255
    # One file of 16 TiB, in blocks that are not compressed and of which none is the last.
    head = b"PACK\0\0\0\2\0\0\xff\xff" + bytes([0xBF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) + b"\x78\x01"
    block = _line(b"\1\0\x50\xc3\xaf\x3c" + b"\0" * 50_000)
    return {
        "delta bomb": _banded(_bomb()),
        "corrupt pack": _banded(bytes(blow)),
        "truncated pack": _banded(good[:40]),
        "endless pack": itertools.chain(_banded(head), itertools.repeat(block)),
        "endless words": itertools.repeat(_line(b"\2" + b"Look at this. " * 4000)),
        "odd refs": itertools.chain(_banded(good), [b"0000"]),
    }


def _lists() -> dict[str, Iterable[bytes]]:
    """Return what each kind of host sends when it is asked for its branches, where that is not as usual."""
    head = _commit()[1].encode()
    odd = (b"heads/../../x", b"heads/-u", b"heads/a\x1b[2J", b"heads/\xff", b"../config", b"x --upload-pack=x")
    many = (_line(head + b" refs/heads/%d" % number + b"x" * 200 + b"\n") * 100 for number in itertools.count())
    return {
        "odd refs": [_advertised(b"".join(_line(head + b" refs/" + name + b"\n") for name in odd))],
        "endless refs": itertools.chain([_advertised()[:-4]], many),
        "silent": _slowly(b"x", 30.0),
        "drip": _slowly(_advertised(), 0.5),
    }


def _slowly(data: bytes, pause_s: float) -> Iterator[bytes]:
    for letter in data:
        time.sleep(pause_s)
        yield bytes([letter])


def _answer(kind: str, chunks: Iterable[bytes]) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.end_headers()
        with suppress(OSError):
            for chunk in chunks:
                request.wfile.write(chunk)

    return answer


@contextmanager
def git_host(kind: str) -> Iterator[LocalHost]:
    """Serve /r crookedly."""
    with local_host() as host:
        host.answers[_REFS] = _answer(_KIND, _lists().get(kind, [_advertised()]))
        objects = itertools.chain([b"0008NAK\n"], _packs().get(kind, []))
        host.answers[_UPLOAD] = _answer("application/x-git-upload-pack-result", objects)
        yield host
