"""Whether the data that a run is shown are what their dataset says: sizes and checksums, before and after the run."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reproduce.runner.data_memory import DataMemory, Fingerprint
from reproduce.runner.events import now_text
from reproduce.runner.job import DataFile, DataMount, Status
from reproduce.runner.written import shown

OnProgress = Callable[[str, int, int], None]
ShouldStop = Callable[[], bool]

_CHUNK_BYTES: Final = 4 << 20
_READERS: Final = 4
_PROGRESS_S: Final = 0.5
_MOST_EXTRA: Final = 20_000
_EXTRA_NAMES: Final = 100
_ALGORITHMS: Final = {"sha256": "SHA-256", "md5": "MD5"}


class DataProblemError(Exception):
    """The data are not what they should be; `status` is how the run ends."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class CheckStoppedError(Exception):
    """The run was cancelled while its data were being checked."""


@dataclass(slots=True)
class CheckedData:
    """One mount after its check. `seen` is what each file looked like then."""

    mount: DataMount
    seen: dict[str, Fingerprint] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("sha256", "md5", "size", "nothing"), 0))
    remembered: int = 0
    read_at: str = ""
    extra: int = 0
    extra_names: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return what the result tells: never where the data lie on this machine."""
        lines = [f"{self.digests.get(path, '-')} {found.size_bytes} {path}\n" for path, found in self.seen.items()]
        manifest = "".join(sorted(lines)).encode("utf-8", "surrogateescape")
        return {
            "dataset": self.mount.dataset,
            "at": self.mount.at,
            "files": len(self.seen),
            "bytes": sum(found.size_bytes for found in self.seen.values()),
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            "checked": self.checked,
            "remembered": self.remembered,
            "checked_at": self.read_at,
            "extra": {"files": self.extra, "names": self.extra_names},
        }


def check_data(
    mounts: tuple[DataMount, ...], memory: Path | None, *, on_progress: OnProgress, should_stop: ShouldStop
) -> list[CheckedData]:
    """Check every file that the datasets list; what was read before and is unchanged since is not read again.

    `on_progress` gets (dataset, files done, files in all). Raises DataProblemError at the first file that is not what
    it should be, and CheckStoppedError within the time of one chunk once `should_stop` says so.
    """
    return [_Check(mount, memory, on_progress, should_stop).run() for mount in mounts]


def check_again(checked: list[CheckedData]) -> None:
    """Tell whether a file changed while the notebook ran. Raises DataProblemError data-changed."""
    for data in checked:
        for path, before in data.seen.items():
            try:
                place = _place(data.mount, path)
                after = Fingerprint.of(place.stat())
            except (OSError, DataProblemError):
                raise _problem("data-changed", data.mount, path, "was removed while the notebook ran") from None
            if after == before:
                continue
            expected = data.digests.get(path, "")
            algorithm, _, digest = expected.partition(":")
            if not digest or _hashed(place, algorithm, lambda: False) != digest:
                raise _problem("data-changed", data.mount, path, "changed while the notebook ran")


@dataclass(frozen=True, slots=True)
class _CheckedFile:
    path: str
    found: Fingerprint
    by: str
    digest: str = ""
    read_at: str = ""
    is_remembered: bool = False


class _Check:
    """The check of one mount."""

    def __init__(self, mount: DataMount, memory: Path | None, on_progress: OnProgress, should_stop: ShouldStop) -> None:
        self._mount = mount
        self._memory = DataMemory(memory, mount.here)
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._is_stopped = False
        self._data = CheckedData(mount)
        self._told_at = 0.0

    def run(self) -> CheckedData:
        here = Path(self._mount.here)
        try:
            is_there = os.path.realpath(here, strict=True) == self._mount.here
        except OSError:
            is_there = False
        if not is_there:
            raise DataProblemError("data-not-here", f"{self._mount.dataset} is not where the operator says it lies")
        try:
            self._check_listed()
        finally:
            self._memory.save()
        self._look_at_the_rest(here)
        self._data.read_at = self._data.read_at or now_text()
        return self._data

    def _check_listed(self) -> None:
        self._tell(0)
        with ThreadPoolExecutor(_READERS, thread_name_prefix="data") as pool:
            waiting = [pool.submit(self._check_file, file) for file in self._mount.files]
            try:
                for number, future in enumerate(waiting, start=1):
                    self._note(future.result())
                    self._tell(number)
            except BaseException:
                # The others read no further.
                self._is_stopped = True
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _note(self, one: _CheckedFile) -> None:
        data = self._data
        data.seen[one.path] = one.found
        data.checked[one.by] += 1
        data.remembered += one.is_remembered
        if one.digest:
            data.digests[one.path] = f"{one.by}:{one.digest}"
            # The oldest reading is what all of it rests on.
            data.read_at = min(filter(None, (data.read_at, one.read_at)))

    def _check_file(self, file: DataFile) -> _CheckedFile:
        place = _place(self._mount, file.path)
        try:
            found = Fingerprint.of(place.stat())
        except OSError as error:
            raise _problem("data-missing", self._mount, file.path, "is not there") from error
        if file.size_bytes is not None and found.size_bytes != file.size_bytes:
            words = f"has {found.size_bytes} bytes instead of {file.size_bytes}"
            raise _problem("data-changed", self._mount, file.path, words)
        if file.sha256 or file.md5:
            return self._check_digest(file, place, found)
        return _CheckedFile(file.path, found, "nothing" if file.size_bytes is None else "size")

    def _check_digest(self, file: DataFile, place: Path, found: Fingerprint) -> _CheckedFile:
        algorithm, expected = ("sha256", file.sha256) if file.sha256 else ("md5", file.md5)
        known = self._memory.digest(file.path, algorithm, found)
        digest, read_at = known or (self._read(file, place, found, algorithm), now_text())
        if digest != expected.lower():
            words = f"has another {_ALGORITHMS[algorithm]} than the dataset says"
            raise _problem("data-changed", self._mount, file.path, words)
        if known is None:
            self._memory.keep(file.path, algorithm, found, digest, read_at)
        return _CheckedFile(file.path, found, algorithm, digest, read_at, known is not None)

    def _read(self, file: DataFile, place: Path, found: Fingerprint, algorithm: str) -> str:
        try:
            digest = _hashed(place, algorithm, self._has_to_stop)
            after = Fingerprint.of(place.stat())
        except OSError as error:
            raise _unreadable(self._mount, file.path, error) from error
        if after != found:
            raise _problem("data-changed", self._mount, file.path, "changed while it was read")
        return digest

    def _has_to_stop(self) -> bool:
        return self._is_stopped or self._should_stop()

    def _look_at_the_rest(self, here: Path) -> None:
        """Note what else lies there: all of it, where the dataset lists nothing."""
        if not here.is_dir():
            if not self._mount.files:
                self._note_unlisted("", here.stat())
            return
        for path, found in _files_below(here):
            if path in self._data.seen:
                continue
            if self._mount.files:
                self._data.extra += 1
                if len(self._data.extra_names) < _EXTRA_NAMES:
                    self._data.extra_names.append(shown(path))
            else:
                self._note_unlisted(path, found)
        self._data.extra_names.sort()

    def _note_unlisted(self, path: str, found: os.stat_result) -> None:
        self._data.checked["nothing"] += 1
        self._data.seen[path] = Fingerprint.of(found)

    def _tell(self, done: int) -> None:
        total = len(self._mount.files)
        now = time.monotonic()
        if total and (done in (0, total) or now - self._told_at >= _PROGRESS_S):
            self._told_at = now
            self._on_progress(self._mount.dataset, done, total)


def _place(mount: DataMount, path: str) -> Path:
    """Return the file itself; one that a link leads out of the mount would not be seen inside."""
    here = Path(mount.here)
    try:
        place = Path(os.path.realpath(here / path if path else here, strict=True))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise _problem("data-missing", mount, path, "is not there") from error
        raise _unreadable(mount, path, error) from error
    if not place.is_relative_to(here):
        raise _problem("data-missing", mount, path, "is a link that leads out of the dataset's directory")
    if not place.is_file():
        raise _problem("data-missing", mount, path, "is no file")
    return place


def _hashed(place: Path, algorithm: str, should_stop: ShouldStop) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with place.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            if should_stop():
                raise CheckStoppedError
            digest.update(chunk)
    if should_stop():
        raise CheckStoppedError
    return digest.hexdigest()


def _files_below(here: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield plain files below a directory, as many as are looked at in any case."""
    left = _MOST_EXTRA
    for parent, folders, names in os.walk(here):
        folders.sort()
        for name in sorted(names):
            left -= 1
            if left < 0:
                return
            path = os.path.join(parent, name)  # noqa: PTH118 - called for each file
            try:
                found = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - as above
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                yield os.path.relpath(path, here), found


def _problem(status: Status, mount: DataMount, path: str, words: str) -> DataProblemError:
    name = f"{shown(path)} of {mount.dataset}" if path else mount.dataset
    return DataProblemError(status, f"{name} {words}")


def _unreadable(mount: DataMount, path: str, error: OSError) -> DataProblemError:
    return _problem("data-not-here", mount, path, f"cannot be read: {error.strerror}")
