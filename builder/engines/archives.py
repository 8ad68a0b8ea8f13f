"""Fetch a locked source archive: bounded, its checksum compared while it comes, asked for again where a host fails."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Final

import requests

from builder.engines.lockfile import SourceOnly
from builder.engines.progress import Progress
from builder.errors import BuildError

_SIZE_LIMIT: Final = 2**30
_CHUNK: Final = 2**16
_ANSWER_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.1
# Waited before asking again, in seconds.
_PAUSES_S: Final = (0.5, 1.0, 2.0)
_GONE: Final = frozenset({404, 410})
_PASSING: Final = frozenset({429, 500, 502, 503, 504})


def fetch_archive(source: SourceOnly, target: Path, *, timeout_s: float, progress: Progress) -> None:
    """Write the archive of `source` to `target`.

    Asked again, a bounded number of times, is what fails for a passing reason; never what is gone or has another
    checksum. Raises BuildError release-vanished, index-unreachable, hash-mismatch, build-timeout, package-build-failed
    (too large) or cancelled.
    """
    deadline = time.monotonic() + timeout_s
    for pause_s in (*_PAUSES_S, None):
        try:
            digest = _Transfer(source, target).result(deadline, timeout_s, progress)
        except _PassingError as error:
            if pause_s is None:
                reason = f"{source.file_name} cannot be fetched ({error})"
                raise BuildError("index-unreachable", reason=reason) from error
            progress.log(f"{source.file_name}: {error}; asking again.")
            _wait(pause_s, progress)
        else:
            if digest != source.sha256:
                raise BuildError("hash-mismatch", package=f"{source.name}=={source.version}")
            return


class _PassingError(Exception):
    """The host may answer when it is asked again."""


class _Transfer:
    """One request, in a thread of its own, because a silent host would otherwise hold up a cancel."""

    def __init__(self, source: SourceOnly, target: Path) -> None:
        self._source = source
        self._target = target
        self._digest = ""
        self._error: BaseException | None = None
        self._is_unwanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)

    def result(self, deadline: float, timeout_s: float, progress: Progress) -> str:
        """Return the archive's SHA-256 when it is there whole."""
        self._thread.start()
        try:
            while self._thread.is_alive():
                progress.check()
                if time.monotonic() > deadline:
                    raise BuildError("build-timeout", limit=f"{timeout_s:.0f} s")
                self._thread.join(_LOOK_EVERY_S)
        finally:
            self._is_unwanted.set()
        if self._error is not None:
            raise self._error
        return self._digest

    def _run(self) -> None:
        try:
            self._digest = self._copy()
        except requests.exceptions.SSLError:
            self._error = BuildError("index-unreachable", reason="its certificate is not trusted")
        except requests.RequestException as error:
            self._error = _PassingError(type(error).__name__)
        except (BuildError, OSError, _PassingError) as error:
            self._error = error

    def _copy(self) -> str:
        digest, size = hashlib.sha256(), 0
        name = f"{self._source.name}=={self._source.version}"
        with requests.get(self._source.url, stream=True, timeout=_ANSWER_WITHIN_S) as answer:
            status = answer.status_code
            if status in _GONE:
                reason = f"{self._source.file_name} is answered with {status}"
                raise BuildError("release-vanished", package=name, reason=reason).seen_in(
                    f"GET {self._source.url}: {status} {answer.reason}"
                )
            if status in _PASSING:
                raise _PassingError(f"the answer is {status}")
            if status != requests.codes.ok:
                raise BuildError("index-unreachable", reason=f"it answers {status}")
            with self._target.open("wb") as file:
                for chunk in answer.iter_content(_CHUNK):
                    if self._is_unwanted.is_set():
                        break
                    size += len(chunk)
                    if size > _SIZE_LIMIT:
                        reason = "its archive is over 1 GiB"
                        raise BuildError("package-build-failed", package=name, reason=reason, python="this")
                    digest.update(chunk)
                    file.write(chunk)
        return digest.hexdigest()


def _wait(seconds: float, progress: Progress) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress.check()
        time.sleep(_LOOK_EVERY_S)
