"""Build wheels from locked source distributions, each alone in the sandbox, and keep them by the source's checksum."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from builder.engines.archives import fetch_archive
from builder.engines.dated_tools import build_tools, dates_of
from builder.engines.exclusive import exclusively
from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import extra_build_settings
from builder.engines.lockfile import SourceOnly
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import Lock
from builder.engines.uv_errors import build_refusal, undeclared_requirement
from builder.engines.uv_process import Uv
from builder.errors import BuildError
from builder.held_directory import held_directory

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

        Raises BuildError package-build-failed, build-tools-missing, release-vanished, hash-mismatch,
        index-unreachable, disk-full, or what a limit of builds says.
        """
        tag = f"{source.sha256}-{python.version}-{lock.as_of:%Y%m%d}"
        with exclusively(self.kept / f"{tag}.lock"):
            place = self.kept / tag
            found = sorted(place.glob("*.whl"))
            if found:
                return found[0]
            self.scratch.mkdir(parents=True, exist_ok=True)
            with held_directory("wheel-", self.scratch) as folder:
                built = self._build(source, lock, python, folder, progress)
                # A directory of its own, so that one rename makes it visible whole.
                staged = folder / "done"
                staged.mkdir()
                built.rename(staged / built.name)
                staged.rename(place)
            return place / built.name

    def _build(self, source: SourceOnly, lock: Lock, python: Interpreter, folder: Path, progress: Progress) -> Path:
        deadline = time.monotonic() + self.timeout_s
        archive = folder / Path(source.file_name).name
        progress.stage(Stage.DOWNLOAD)
        fetch_archive(source, archive, timeout_s=self.timeout_s, progress=progress)
        (folder / "cache").mkdir()
        progress.stage(Stage.BUILD)
        progress.log(f"Building {source.name} {source.version} from source.")
        tools, extra = list(build_tools(lock.as_of, python)), tuple[str, ...]()
        first: BuildError | None = None
        while tools:
            ways = _Ways(archive, tools[0], extra, deadline)
            try:
                return self._build_with(source, lock, python, ways, progress)
            except BuildError as error:
                if error.kind_id not in ("package-build-failed", "build-tools-missing"):
                    raise
                first = first or error
                needed = undeclared_requirement(error.data.get("reason", ""), source.name, extra)
                if needed is None:
                    tools.pop(0)
                else:
                    progress.log(f"{source.name} needs {needed} to be built, and does not say so.")
                    extra = (*extra, needed)
        raise first or BuildError("internal-error", reason="there are no build tools")

    def _build_with(self, source: SourceOnly, lock: Lock, python: Interpreter, ways: _Ways, progress: Progress) -> Path:
        folder = ways.archive.parent
        lines: list[str] = []
        settings = folder / "uv.toml"
        limits = folder / "constraints.in"
        limits.write_text(built_against(lock), encoding="utf-8")
        settings.write_text(extra_build_settings({source.name: ways.extra}), encoding="utf-8")
        if ways.extra:
            # Only an installation lets a source have more than it asks for; the wheel it makes stays in the cache.
            way = ["pip", "install", "--no-deps", "--target", str(folder / "installed")]
            what, made = f"{source.name} @ {ways.archive.as_uri()}", folder / "cache"
        else:
            way = ["build", "--wheel", "--out-dir", str(folder / "out")]
            what, made = str(ways.archive), folder / "out"
        answer = self.uv.run(
            [
                *(*way, "--config-file", str(settings), "--build-constraints", str(limits)),
                *("--python", str(python.executable), *dates_of(lock.as_of, ways.tools).arguments()),
                *(*self.uv.index_arguments(), what),
            ],
            interpreter=python,
            cache=folder / "cache",
            cwd=folder,
            writable=(folder,),
            reach=self.uv.index_reach(),
            timeout_s=max(1.0, ways.deadline - time.monotonic()),
            progress=progress.logging_to(lines.append),
        )
        found = [path for path in sorted(made.rglob("*.whl")) if _is_wheel_of(path, source)]
        if answer.status or not found:
            for line in lines[-_LINES_SHOWN:]:
                progress.log(line)
            package = f"{source.name}=={source.version}"
            raise build_refusal(answer.text, package=package, as_of=lock.as_of, python=python.version, root=self.kept)
        return found[0]


@dataclass(frozen=True, slots=True)
class _Ways:
    """How a wheel is tried to be built: with build tools of which date, with what beside what the source asks for."""

    archive: Path
    tools: datetime
    extra: tuple[str, ...]
    deadline: float


def _is_wheel_of(path: Path, source: SourceOnly) -> bool:
    return path.is_file() and canonicalize_name(path.name.split("-")[0]) == canonicalize_name(source.name)


def built_against(lock: Lock) -> str:
    """Return the constraints of a build: what is compiled against a newer numpy does not work with the locked one."""
    return "".join(f"{each.name}<={each.version}\n" for each in lock.packages if each.name == "numpy" and each.version)
