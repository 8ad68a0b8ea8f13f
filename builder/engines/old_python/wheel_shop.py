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
from builder.engines.old_python.pip_errors import without_pips_words
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.tools import make_tools
from builder.engines.old_python.upstream import Upstream
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.uv_errors import build_refusal, undeclared_requirement
from builder.engines.uv_process import Uv
from builder.errors import BuildError
from builder.held_directory import held_directory

# Of a build that failed; one that succeeds says nothing that people read.
_LINES_SHOWN: Final = 60
_ANOTHER_WAY_MAY_HELP: Final = frozenset({"package-build-failed", "build-tools-missing"})


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
            with held_directory("wheel-", self.scratch) as folder:
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
        tools, extra = list(build_tools(lock.as_of, python)), tuple[str, ...]()
        first: BuildError | None = None
        while tools:
            with tempfile.TemporaryDirectory(prefix="room-", dir=folder, ignore_cleanup_errors=True) as room:
                lines: list[str] = []
                left_s = max(1.0, self.deadline - time.monotonic())
                pip = OldPip(self.uv, python, Path(room), left_s, progress.logging_to(lines.append))
                try:
                    built = self._build_with(source, lock, pip, archive, tools[0], extra)
                    return built.rename(folder / built.name)
                except BuildError as error:
                    if error.kind_id not in _ANOTHER_WAY_MAY_HELP:
                        raise
                    for line in lines[-_LINES_SHOWN:]:
                        progress.log(line)
                    first = first or error
                    needed = undeclared_requirement(error.data.get("reason", ""), source.name, extra)
            if needed is None:
                tools.pop(0)
            else:
                progress.log(f"{source.name} needs {needed} to be built, and does not say so.")
                extra = (*extra, needed)
        raise first or BuildError("internal-error", reason="there are no build tools")

    def _build_with(
        self, source: SourceOnly, lock: Lock, pip: OldPip, archive: Path, tools: datetime, extra: tuple[str, ...]
    ) -> Path:
        out = pip.folder / "out"
        # What is compiled against a newer numpy does not work with the locked one.
        against = [f"numpy<={each.version}" for each in lock.packages if each.name == "numpy" and each.version]
        with serve(self.upstream, Rules(lock.as_of, {"setuptools": tools, "wheel": tools})) as index:
            virtualenv = make_tools(pip, index, tools=tools, extra=extra, constraints=against)
            answer = pip.run(
                ["wheel", "--no-deps", "--wheel-dir", str(out), str(archive)],
                virtualenv=virtualenv,
                index_url=index.url,
                readonly=(archive,),
            )
        found = sorted(out.glob("*.whl"))
        if answer.status or not found:
            if index.failure is not None:
                raise index.failure
            package, python = f"{source.name}=={source.version}", pip.python.version
            said = without_pips_words(answer.text)
            raise build_refusal(said, package=package, as_of=lock.as_of, python=python, root=self.kept)
        return found[0]
