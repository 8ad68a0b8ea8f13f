"""Build wheels for old Pythons from locked source distributions, each alone, and keep them by the source's checksum."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from builder.engines.dated_tools import build_tools
from builder.engines.exclusive import exclusively
from builder.engines.interpreters import Interpreter
from builder.engines.lockfile import SourceOnly
from builder.engines.old_python.dated_index import Rules, serve
from builder.engines.old_python.pip_errors import tell
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.resolver import make_tools, tools_dates
from builder.engines.old_python.upstream import Upstream
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.uv_errors import build_reason
from builder.engines.uv_process import Uv
from builder.errors import BuildError

# Of a build that failed; one that succeeds says nothing that people read.
_LINES_SHOWN: Final = 60
_OTHER_FAULTS: Final = frozenset({"disk-full", "index-unreachable", "hash-mismatch"})


@dataclass(frozen=True, slots=True)
class OldWheelShop:
    """Makes wheels. What a source distribution's build leaves behind reaches nothing but its own wheel.

    `deadline` is a monotonic time. Wheels lie in `kept`, beside those that uv builds and under the same kind of name.
    """

    uv: Uv
    upstream: Upstream
    kept: Path
    scratch: Path
    deadline: float

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
            progress.log(f"Building {source.name} {source.version} from source.")
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
        archive = folder / Path(source.file_name).name
        shutil.copyfile(self.upstream.fetch(source.url, source.sha256, f"{source.name}=={source.version}"), archive)
        first: BuildError | None = None
        for number, tools in enumerate(build_tools(lock.as_of, python)):
            room = folder / str(number)
            room.mkdir()
            try:
                return self._build_with(source, lock, python, archive, room, tools, progress)
            except BuildError as error:
                if error.kind_id != "package-build-failed":
                    raise
                first = first or error
        raise first or BuildError("internal-error", reason="there are no build tools")

    def _build_with(
        self,
        source: SourceOnly,
        lock: Lock,
        python: Interpreter,
        archive: Path,
        room: Path,
        tools: datetime,
        progress: Progress,
    ) -> Path:
        lines: list[str] = []
        left_s = max(1.0, self.deadline - time.monotonic())
        pip = OldPip(self.uv, python, room, left_s, progress.logging_to(lines.append))
        rules = Rules(as_of=lock.as_of, dates=tools_dates({}, tools))
        with serve(self.upstream, rules) as index:
            virtualenv = make_tools(pip, index, room / "tools", as_of=lock.as_of)
            locked = [f"{each.name}=={each.version}" for each in lock.packages if each.name == "numpy"]
            if locked:
                # Whoever compiles against numpy shall do so against the one that it will meet.
                pip.run(
                    ["install", "--quiet", "--only-binary", "numpy", *locked],
                    virtualenv=virtualenv,
                    index_url=index.url,
                )
            answer = pip.run(
                ["wheel", "--no-deps", "--wheel-dir", str(room / "out"), str(archive)],
                virtualenv=virtualenv,
                index_url=index.url,
                readonly=(archive,),
            )
            found = sorted((room / "out").glob("*.whl")) if (room / "out").is_dir() else []
            if not answer.status and found:
                return found[0]
            for line in lines[-_LINES_SHOWN:]:
                progress.log(line)
            error = tell(answer.text, index=index, as_of=lock.as_of, python=python.version, wanted=(), root=self.kept)
        if error.kind_id in _OTHER_FAULTS:
            raise error
        package, reason = f"{source.name}=={source.version}", build_reason(answer.text)
        raise BuildError("package-build-failed", package=package, reason=reason, python=python.version)
