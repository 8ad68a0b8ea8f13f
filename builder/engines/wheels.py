"""Build wheels from locked source distributions, each alone in the sandbox, and keep them by the source's checksum."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import requests

from builder.engines.exclusive import exclusively
from builder.engines.interpreters import Interpreter
from builder.engines.lockfile import SourceOnly
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.resolving import build_tools, date_arguments
from builder.engines.uv_errors import build_reason, tell
from builder.engines.uv_process import Uv
from builder.errors import BuildError

_SIZE_LIMIT: Final = 2**30
_CHUNK: Final = 2**16
# Of a build that failed; one that succeeds says nothing that people read.
_LINES_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class WheelShop:
    """Makes wheels. What a source distribution's build leaves behind reaches nothing but its own wheel."""

    uv: Uv
    kept: Path
    scratch: Path
    timeout_s: float

    def wheel(self, source: SourceOnly, lock: Lock, python: Interpreter, *, progress: Progress) -> Path:
        """Return the wheel of `source` for `python`, built now or before.

        Raises BuildError package-build-failed, hash-mismatch, index-unreachable, build-timeout or disk-full.
        """
        tag = f"{source.sha256}-{python.version}-{lock.as_of:%Y%m%d}"
        with exclusively(self.kept / f"{tag}.lock"):
            place = self.kept / tag
            found = sorted(place.glob("*.whl"))
            if found:
                return found[0]
            self.scratch.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="wheel-", dir=self.scratch, ignore_cleanup_errors=True) as folder:
                built = self._build(source, lock, python, Path(folder), progress)
                # A directory of its own, so that one rename makes it visible whole.
                staged = Path(folder) / "done"
                staged.mkdir()
                built.rename(staged / built.name)
                staged.rename(place)
            return place / built.name

    def _build(self, source: SourceOnly, lock: Lock, python: Interpreter, folder: Path, progress: Progress) -> Path:
        progress.log(f"Building {source.name} {source.version} from source.")
        archive = folder / Path(source.file_name).name
        _download(source, archive)
        (folder / "cache").mkdir()
        last: BuildError | None = None
        for tools in build_tools(lock.as_of, python):
            try:
                return self._build_with(source, lock, python, archive, tools, progress)
            except BuildError as error:
                if error.kind_id != "package-build-failed":
                    raise
                last = last or error
        raise last or BuildError("internal-error", reason="there are no build tools")

    def _build_with(
        self, source: SourceOnly, lock: Lock, python: Interpreter, archive: Path, tools: datetime, progress: Progress
    ) -> Path:
        folder = archive.parent
        lines: list[str] = []
        answer = self.uv.run(
            [
                *("build", "--wheel", "--no-config", "--out-dir", str(folder / "out")),
                *("--python", str(python.executable), *date_arguments(lock.as_of, tools), *self.uv.index_arguments()),
                str(archive),
            ],
            interpreter=python,
            cache=folder / "cache",
            cwd=folder,
            writable=(folder,),
            timeout_s=self.timeout_s,
            progress=progress.logging_to(lines.append),
        )
        found = sorted((folder / "out").glob("*.whl")) if (folder / "out").is_dir() else []
        if answer.status or not found:
            for line in lines[-_LINES_SHOWN:]:
                progress.log(line)
            error = tell(answer.text, as_of=lock.as_of, python=python.version, root=self.kept)
            if error.kind_id in ("disk-full", "index-unreachable"):
                raise error
            package, reason = f"{source.name}=={source.version}", build_reason(answer.text)
            raise BuildError("package-build-failed", package=package, reason=reason, python=python.version)
        return found[0]


def _download(source: SourceOnly, target: Path) -> None:
    """Fetch the archive and compare its checksum while it comes."""
    digest, size = hashlib.sha256(), 0
    try:
        with requests.get(source.url, stream=True, timeout=60) as answer, target.open("wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_content(_CHUNK):
                size += len(chunk)
                if size > _SIZE_LIMIT:
                    raise BuildError(
                        "package-build-failed", package=source.name, reason="its archive is over 1 GiB", python="this"
                    )
                digest.update(chunk)
                file.write(chunk)
    except requests.RequestException as error:
        reason = f"{source.file_name} cannot be fetched ({type(error).__name__})"
        raise BuildError("index-unreachable", reason=reason) from error
    if digest.hexdigest() != source.sha256:
        raise BuildError("hash-mismatch", package=f"{source.name}=={source.version}")
