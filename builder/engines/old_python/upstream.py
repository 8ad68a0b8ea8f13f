"""Read the package index with the upload times of its files (PEP 691, PEP 700), and fetch files from it, checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
from packaging.utils import canonicalize_name
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from builder.engines.build_network.reach import PUBLIC_INDEX
from builder.engines.exclusive import exclusively
from builder.engines.old_python.index_page import IndexFile, files_of_page
from builder.engines.progress import Progress
from builder.errors import BuildError

_ACCEPTED: Final = "application/vnd.pypi.simple.v1+json"
_PAGE_LIMIT: Final = 64 * 2**20
_FILE_LIMIT: Final = 2**30
_CHUNK: Final = 2**16
_TIMEOUT_S: Final = (15.0, 60.0)
_FILE_TIMEOUT_S: Final = 900.0
_PAGE_KEPT_S: Final = 600.0
_PAGES_LIMIT: Final = 2000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Upstream:
    """The index at `address`. Pages are remembered for some minutes, files for good under their checksum in `kept`.

    What is in `kept` was written by this process alone and is checked each time it is given out.
    Safe to use from several threads. Raises BuildError index-unreachable, hash-mismatch or release-vanished.
    """

    def __init__(self, address: str, kept: Path, *, is_over: Callable[[], bool] = lambda: False) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BuildError("index-unreachable", reason="its address is not one of http or https")
        self._host = parts.netloc.rpartition("@")[2]
        self.address = urlunsplit((parts.scheme, self._host, parts.path.rstrip("/"), parts.query, ""))
        self._login = (parts.username or "", parts.password or "") if parts.username else None
        self._kept = kept
        self._is_over = is_over
        self._pages: dict[str, tuple[float, tuple[IndexFile, ...] | None]] = {}
        self._lock = threading.Lock()
        self._session = requests.Session()
        retry = Retry(total=2, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), raise_on_status=False)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def project(self, name: str) -> tuple[IndexFile, ...] | None:
        """Return the wheels and source distributions of a project, or None when the index does not know it."""
        name = canonicalize_name(name)
        with self._lock:
            known = self._pages.get(name)
        if known is not None and time.monotonic() - known[0] < _PAGE_KEPT_S:
            return known[1]
        page = self._page(f"{self.address}/{name}/")
        files = None if page is None else tuple(files_of_page(name, *page))
        with self._lock:
            if len(self._pages) >= _PAGES_LIMIT:
                self._pages.clear()
            self._pages[name] = (time.monotonic(), files)
        return files

    def fetch(self, url: str, sha256: str, name: str) -> Path:
        """Return the path of the file's bytes, whose checksum is `sha256`. `name` is for people."""
        if not _SHA256.fullmatch(sha256):
            raise BuildError("hash-mismatch", package=name)
        place = self._kept / sha256[:2] / sha256
        with exclusively(self._kept / f".{sha256[:2]}.lock"):
            if _digest(place) != sha256:
                self._download(url, sha256, name, place)
        return place

    def _page(self, url: str) -> tuple[str, dict[str, Any]] | None:
        """Return the address that answered in the end, and the page."""
        with self._asked(url, {"Accept": _ACCEPTED}) as answer:
            if answer.status_code == 404:
                return None
            _must_be_good(answer)
            body = bytearray()
            for chunk in _chunks(answer, self._is_over):
                body += chunk
                if len(body) > _PAGE_LIMIT:
                    raise BuildError("index-unreachable", reason="a page of it is over 64 MiB")
            kind, final = answer.headers.get("Content-Type", ""), answer.url
        if "json" not in kind:
            raise BuildError("index-unreachable", reason="it tells no upload times (PEP 691 and PEP 700 are needed)")
        try:
            page = json.loads(body)
        except ValueError:
            page = None
        if not isinstance(page, dict) or not isinstance(page.get("files"), list):
            raise BuildError("index-unreachable", reason="a page of it cannot be read")
        return final, page

    def _download(self, url: str, sha256: str, name: str, place: Path) -> None:
        """Put the file in its place by one rename, after its checksum was compared while it came."""
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = place.with_name(f".{sha256}.part")
        digest, size, started = hashlib.sha256(), 0, time.monotonic()
        try:
            with self._asked(url, {"Accept-Encoding": "identity"}) as answer, scratch.open("wb") as file:
                _must_be_good(answer, name)
                for chunk in _chunks(answer, self._is_over):
                    size += len(chunk)
                    if size > _FILE_LIMIT or time.monotonic() - started > _FILE_TIMEOUT_S:
                        raise BuildError("index-unreachable", reason=f"{name} is over 1 GiB or takes too long")
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != sha256:
                raise BuildError("hash-mismatch", package=name)
            scratch.replace(place)
        finally:
            scratch.unlink(missing_ok=True)

    def _asked(self, url: str, headers: dict[str, str]) -> requests.Response:
        # The operator's name and password go to the index's own host alone.
        login = self._login if urlsplit(url).netloc == self._host else None
        try:
            return self._session.get(url, headers=headers, auth=login, timeout=_TIMEOUT_S, stream=True)
        except requests.RequestException as error:
            raise BuildError("index-unreachable", reason=_network_reason(error)) from error


def open_index(index_url: str | None, root: Path, progress: Progress) -> Upstream:
    """Return the index of an engine whose directory is `root`; downloads end when `progress` is cancelled."""
    return Upstream(index_address(index_url, os.environ), root / "files", is_over=progress.is_cancelled)


def index_address(configured: str | None, variables: Mapping[str, str]) -> str:
    """Return the address of the index: the installation's setting, else what uv or pip are told, else the public one.

    >>> index_address(None, {"UV_DEFAULT_INDEX": "ours=https://index.example.org/simple"})
    'https://index.example.org/simple'
    """
    named = re.sub(r"^[A-Za-z0-9_-]+=(?=https?://)", "", variables.get("UV_DEFAULT_INDEX", "").strip())
    return configured or named or variables.get("PIP_INDEX_URL", "").strip() or PUBLIC_INDEX


def _chunks(answer: requests.Response, is_over: Callable[[], bool]) -> Iterator[bytes]:
    try:
        for chunk in answer.iter_content(_CHUNK):
            if is_over():
                raise BuildError("index-unreachable", reason="nobody waits for the answer any more")
            yield chunk
    except requests.RequestException as error:
        raise BuildError("index-unreachable", reason=_network_reason(error)) from error


def _must_be_good(answer: requests.Response, name: str = "") -> None:
    if name and answer.status_code in (404, 410):
        error = BuildError("release-vanished", package=name, reason=f"it answers {answer.status_code}")
        raise error.seen_in(f"GET {answer.url}: {answer.status_code} {answer.reason}")
    if answer.status_code != 200:
        what = f"it answers {answer.status_code} for {name}" if name else f"it answers {answer.status_code}"
        raise BuildError("index-unreachable", reason=what)


def _network_reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    return "it takes too long" if isinstance(error, requests.Timeout) else "the connection fails"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
