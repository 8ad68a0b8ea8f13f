"""Show an old pip the package index as it was on a date: a small server on loopback in front of the index of today.

Old pips read only the HTML of PEP 503, know no modern TLS, and cannot be told a date. So each page is made here from
what the index says of its files, and the files go through here too, their checksums compared.
"""

from __future__ import annotations

import html
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import unquote

from packaging.utils import canonicalize_name
from packaging.version import Version

from builder.engines.old_python.index_page import IndexFile
from builder.engines.old_python.upstream import Upstream
from builder.errors import BuildError

T = TypeVar("T")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_REQUEST_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What is shown of the index.

    `dates` are exceptions from `as_of`, by normalised name. Of `wheels_only` projects no source distribution is shown,
    without `are_sources_shown` of none. Withdrawn ("yanked") releases are shown where `pinned` names the very version.
    Releases before the final one are shown where `with_prereleases` names the project, or there is no final one yet.
    """

    as_of: datetime
    dates: Mapping[str, datetime] = field(default_factory=dict)
    wheels_only: frozenset[str] = frozenset()
    are_sources_shown: bool = True
    pinned: frozenset[tuple[str, Version]] = frozenset()
    with_prereleases: frozenset[str] = frozenset()

    def there(self, files: tuple[IndexFile, ...]) -> list[IndexFile]:
        """Return the files that the index had on the date and has not withdrawn since."""
        return [
            each
            for each in files
            if each.uploaded <= self.dates.get(each.project, self.as_of)
            and (not each.is_yanked or (each.project, each.version) in self.pinned)
        ]

    def shown(self, files: tuple[IndexFile, ...]) -> list[IndexFile]:
        """Return the files that pip may choose from."""
        there = self.there(files)
        # Also where the final one has only a source distribution that is not shown: a preview is no replacement for it.
        has_final = any(not each.version.is_prerelease for each in there)
        return [
            each
            for each in there
            if (each.is_wheel or (self.are_sources_shown and each.project not in self.wheels_only))
            and (not has_final or not each.version.is_prerelease or each.project in self.with_prereleases)
        ]


class DatedIndex:
    """What was asked for and given. `url` is for pip and holds a secret, so that no other program finds the index.

    `failure` is the first fault of the index itself, `last_source` the source distribution that was given out last.
    """

    def __init__(self, upstream: Upstream, rules: Rules) -> None:
        self.url = ""
        self.failure: BuildError | None = None
        self.last_source: IndexFile | None = None
        self._upstream = upstream
        self._rules = rules
        self._offered: dict[str, IndexFile] = {}

    @property
    def as_of(self) -> datetime:
        """Return the date as of which the index is shown."""
        return self._rules.as_of

    def offered(self, file_name: str) -> IndexFile | None:
        """Return the file of this name that a page has named, or None."""
        return self._offered.get(file_name)

    def versions(self, name: str) -> frozenset[Version]:
        """Return all that the index had of a project on the date, whether pip may choose it or not."""
        return frozenset(each.version for each in self._rules.there(self._upstream.project(name) or ()))

    def page(self, name: str) -> str | None:
        """Return the PEP 503 page of a project, or None when the index does not know it. Raises BuildError."""
        files = self._noticing(lambda: self._upstream.project(name))
        if files is None:
            return None
        lines = []
        for each in self._rules.shown(files):
            self._offered[each.name] = each
            needs = f' data-requires-python="{html.escape(each.requires_python)}"' if each.requires_python else ""
            address = f"../../files/{each.sha256}/{html.escape(each.name)}#sha256={each.sha256}"
            lines.append(f'<a href="{address}"{needs}>{html.escape(each.name)}</a><br>\n')
        return f"<!DOCTYPE html>\n<html><body>\n{''.join(lines)}</body></html>\n"

    def file(self, sha256: str, file_name: str) -> Path | None:
        """Return the bytes of a file that a page has named, or None. Raises BuildError."""
        wanted = self._offered.get(file_name)
        if wanted is None or wanted.sha256 != sha256:
            return None
        path = self._noticing(lambda: self._upstream.fetch(wanted.url, wanted.sha256, wanted.name))
        if not wanted.is_wheel:
            self.last_source = wanted
        return path

    def _noticing(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except BuildError as error:
            self.failure = self.failure or error
            raise


@contextmanager
def serve(upstream: Upstream, rules: Rules) -> Iterator[DatedIndex]:
    """Serve the index on loopback as long as the block lasts."""
    index = DatedIndex(upstream, rules)
    secret = secrets.token_urlsafe(24)
    server = _Server(index, secret)
    index.url = f"http://127.0.0.1:{server.server_address[1]}/{secret}/simple/"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="dated-index", daemon=True
    )
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A file that is still coming when the block ends is of no use to anybody.
    block_on_close = False

    def __init__(self, index: DatedIndex, secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self.secret = secret


class _Handler(BaseHTTPRequestHandler):
    """Answers /SECRET/simple/NAME/ and /SECRET/files/SHA256/FILE; everything else is not there."""

    timeout = _REQUEST_TIMEOUT_S
    server: _Server

    def do_HEAD(self) -> None:
        """Answer like GET, without the body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Give a page or a file."""
        parts = [unquote(part) for part in self.path.split("?")[0].strip("/").split("/")]
        if len(parts) < 3 or not secrets.compare_digest(parts[0].encode(), self.server.secret.encode()):
            self._say(404)
            return
        try:
            match parts[1:]:
                case ["simple", name] if _NAME.fullmatch(name):
                    self._give_page(self.server.index.page(canonicalize_name(name)))
                case ["files", sha256, name]:
                    self._give_file(self.server.index.file(sha256, name))
                case _:
                    self._say(404)
        except BuildError:
            # The index remembers it; pip does not ask again after a 502.
            self._say(502)

    def _give_page(self, page: str | None) -> None:
        if page is None:
            self._say(404)
            return
        body = page.encode()
        self._say(200, "text/html; charset=utf-8", len(body))
        if self.command == "GET":
            self.wfile.write(body)

    def _give_file(self, path: Path | None) -> None:
        if path is None:
            self._say(404)
            return
        with path.open("rb") as file:
            self._say(200, "application/octet-stream", path.stat().st_size)
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile, 2**18)

    def _say(self, status: int, kind: str = "text/plain", size_bytes: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size_bytes))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that is overridden
        """Say nothing: pip's own lines are shown."""
