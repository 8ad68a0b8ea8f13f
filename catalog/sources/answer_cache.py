"""Answers of metadata services, kept on disk so that asking again costs them a 304.

Only what a service can confirm is kept: an answer 200 with an ETag or a Last-Modified (RFC 9111). An entry is believed
only when it is whole, is of the very question, and its body has the digest that was written with it; whatever else
lies in its place counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import Final

from catalog.outbound import Response

MOST_ENTRIES: Final = 2000
_KEPT_HEADERS: Final = ("etag", "last-modified", "content-type")
_HEAD_LIMIT_BYTES: Final = 16_384


class AnswerCache:
    """A directory of at most `size_bytes` bytes and 2,000 answers; the least recently used go first. 0 keeps none."""

    def __init__(self, directory: Path, size_bytes: int) -> None:
        self._directory = directory
        self._size_bytes = size_bytes

    def get(self, url: str, accept: str) -> Response | None:
        """Return the answer that is kept for this question, or None."""
        path = self._path(url, accept)
        try:
            with path.open("rb") as reader:
                head = reader.readline(_HEAD_LIMIT_BYTES)
                body = reader.read(self._size_bytes + 1)
            said = json.loads(head)
            is_whole = (
                said["question"] == [url, accept]
                and said["size"] == len(body)
                and said["sha256"] == hashlib.sha256(body).hexdigest()
            )
            headers = {name: str(said["headers"][name]) for name in _KEPT_HEADERS if name in said["headers"]}
            final = str(said["url"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if not is_whole:
            return None
        # Another process may have removed it just now; what was read is whole all the same.
        with contextlib.suppress(OSError):
            os.utime(path)
        return Response(200, MappingProxyType(headers), body, final)

    def keep(self, url: str, accept: str, answer: Response) -> None:
        """Keep an answer, if it is one that can be confirmed and fits. A disk that is full keeps nothing."""
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        is_confirmable = "etag" in headers or "last-modified" in headers
        is_forbidden = "no-store" in answer.headers.get("cache-control", "").lower()
        # One answer may not push out all others.
        if answer.status != 200 or not is_confirmable or is_forbidden or len(answer.body) > self._size_bytes // 4:
            return
        head = json.dumps(
            {
                "question": [url, accept],
                "url": answer.url,
                "headers": headers,
                "size": len(answer.body),
                "sha256": hashlib.sha256(answer.body).hexdigest(),
            }
        ).encode()
        if len(head) >= _HEAD_LIMIT_BYTES:
            return
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._directory, prefix=".new-", delete=False) as writer:
                writer.write(head + b"\n" + answer.body)
            Path(writer.name).replace(self._path(url, accept))
            self._evict()
        except OSError:
            return

    def _path(self, url: str, accept: str) -> Path:
        return self._directory / hashlib.sha256(f"{accept}\n{url}".encode()).hexdigest()

    def _evict(self) -> None:
        entries = [(one.stat(), Path(one.path)) for one in os.scandir(self._directory) if one.is_file()]
        entries.sort(key=lambda entry: entry[0].st_mtime_ns, reverse=True)
        total = 0
        for place, (status, path) in enumerate(entries):
            total += status.st_size
            if total > self._size_bytes or place >= MOST_ENTRIES:
                path.unlink(missing_ok=True)
