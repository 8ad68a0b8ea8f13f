"""Install a lock into an empty place: downloads first, then what must be built, then what was built."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.build_network.reach import EVERYWHERE, NOWHERE, Reach
from builder.engines.interpreters import Interpreter
from builder.engines.lockfile import source_only, with_names_only, without_sources
from builder.engines.metadata_cache import cached_names
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import Lock
from builder.engines.uv_errors import tell
from builder.engines.uv_process import Uv
from builder.engines.wheels import WheelShop
from builder.errors import BuildError

_DOWNLOADED: Final = re.compile(r"Prepared \d+ packages? in ")
# What the cache has no more, or has another file of, is asked for.
_INDEX_MAY_HELP: Final = frozenset({"index-unreachable", "requirement-not-found", "hash-mismatch", "internal-error"})


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs locks below `root`, the engine's directory."""

    uv: Uv
    root: Path
    are_builds_allowed: bool

    def install(self, lock: Lock, python: Interpreter, staged: Path, *, deadline: float, progress: Progress) -> None:
        """Make a virtual environment at `staged` that holds exactly the lock; `deadline` is a monotonic time.

        Runs nobody's program but those of source distributions, in their own sandbox. Raises BuildError.
        """
        sources = source_only(lock)
        if sources and not self.are_builds_allowed:
            reason = "it has only a source distribution, and building needs the sandbox"
            package = f"{sources[0].name}=={sources[0].version}"
            error = BuildError("package-build-failed", package=package, reason=reason, python=python.version)
            raise error.seen_in(f"locked for {package}: {sources[0].file_name}, and no wheel")
        (self.root / "cache").mkdir(parents=True, exist_ok=True)
        progress.stage(Stage.DOWNLOAD)
        venv = ["venv", "--no-config", "--relocatable", "--python", str(python.executable), str(staged)]
        self._must(venv, lock, python, staged.parent, deadline, progress)
        self._sync(lock, python, staged, deadline, progress, is_last=not sources)
        if sources:
            left_s = max(1.0, deadline - time.monotonic())
            shop = WheelShop(self.uv, self.root / "wheels", self.root / "scratch", left_s)
            wheels = [shop.wheel(source, lock, python, progress=progress) for source in sources]
            progress.stage(Stage.INSTALL)
            # By name, not by path: an installed path would be written down, and differ from machine to machine.
            places = [part for wheel in wheels for part in ("--find-links", str(wheel.parent))]
            names = [f"{name}=={version}" for name, version, *_ in (wheel.name.split("-") for wheel in wheels)]
            options = ["pip", "install", "--no-config", "--no-deps", "--no-index", "--no-build", *places, "--python"]
            command = [*options, str(staged / "bin" / "python"), *names]
            self._must(command, lock, python, staged.parent, deadline, progress)

    def _sync(
        self, lock: Lock, python: Interpreter, staged: Path, deadline: float, progress: Progress, *, is_last: bool
    ) -> None:
        """Install what has wheels: from the cache what it has, the rest from the index."""
        locked = staged.with_name("pylock.toml")
        options = ["pip", "sync", "--no-config", "--no-build", "--link-mode", "hardlink", "--allow-empty-requirements"]
        command = [*options, "--python", str(staged / "bin" / "python"), str(locked)]

        def log(line: str) -> None:
            if is_last and _DOWNLOADED.match(line):
                progress.stage(Stage.INSTALL)
            progress.log(line)

        # An index that says nothing of how long its files may be believed, or no longer has them, would be asked for
        # each again; the cache knows their checksums. What it does not know is fetched after.
        cached = cached_names(self.root / "cache")
        whole = without_sources(lock)
        near = with_names_only(whole, cached)
        if near is not None:
            locked.write_text(near, encoding="utf-8")
            if near == whole and is_last:
                progress.stage(Stage.INSTALL)
            quiet = progress if near == whole else progress.logging_to(lambda _: None)
            try:
                self._must([*command, "--offline"], lock, python, staged.parent, deadline, quiet)
            except BuildError as error:
                if error.kind_id not in _INDEX_MAY_HELP:
                    raise
            else:
                if near == whole:
                    return
        locked.write_text(whole, encoding="utf-8")
        self._must(command, lock, python, staged.parent, deadline, progress.logging_to(log), EVERYWHERE)

    def _must(
        self,
        arguments: list[str],
        lock: Lock,
        python: Interpreter,
        cwd: Path,
        deadline: float,
        progress: Progress,
        reach: Reach = NOWHERE,
    ) -> None:
        # One mount for cache and environments: between two mounts no hard link can be made.
        answer = self.uv.run(
            arguments,
            interpreter=python,
            cache=self.root / "cache",
            cwd=cwd,
            writable=(self.root,),
            reach=reach,
            timeout_s=max(1.0, deadline - time.monotonic()),
            progress=progress,
        )
        if answer.status:
            raise tell(answer.text, as_of=lock.as_of, python=python.version, root=self.root)
