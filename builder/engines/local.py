"""The local engine: uv makes a locked, content-addressed environment on an interpreter of this machine."""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from builder.engines.exclusive import exclusively, together
from builder.engines.finishing import Finish, finished
from builder.engines.installing import Installer
from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.kept_locks import KeptLocks
from builder.engines.leases import mark_used, replace_environment, sweep_removed
from builder.engines.limits import DEFAULT_LIMITS, BuildLimits
from builder.engines.lockfile import packages_sha256
from builder.engines.old_python.installer import OldInstaller
from builder.engines.old_python.upstream import open_index
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment, Lock
from builder.engines.resolving import Resolver
from builder.engines.storage import BUILDING, Store
from builder.engines.uv_process import Uv, find_uv
from builder.errors import BuildError
from builder.held_directory import held_directory, sweep_left
from builder.recipe.model import Recipe

# Part of every key: raise it when the same lock is installed differently.
ENGINE_VERSION: Final = "local/4"
# Part of every kept lock: raise it when the same recipe is resolved differently.
RESOLVER_VERSION: Final = "resolver/5"


class LocalEngine:
    """Engine on uv. Everything it keeps lies under `root`; safe to use from several processes at once.

    `is_sandboxed` puts resolution, builds and installation into bubblewrap. Without it source distributions, whose
    setup.py is a stranger's program, are refused unless `are_builds_allowed` says otherwise. Such a program reaches the
    index and `build_hosts`, each with or without a port, and nothing else.
    """

    name = "local"

    def __init__(
        self,
        root: Path,
        *,
        index_url: str | None = None,
        is_sandboxed: bool = True,
        are_builds_allowed: bool | None = None,
        uv: Path | None = None,
        resolve_timeout_s: float = 300.0,
        build_timeout_s: float = 1800.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        interpreters: tuple[Interpreter, ...] | None = None,
        limits: BuildLimits = DEFAULT_LIMITS,
        build_hosts: tuple[str, ...] = (),
    ) -> None:
        self._root = root.resolve()
        self._uv = Uv(uv or find_uv(), index_url, is_sandboxed, limits, build_hosts)
        self._are_builds_allowed = is_sandboxed if are_builds_allowed is None else are_builds_allowed
        self._resolve_timeout_s = resolve_timeout_s
        self._build_timeout_s = build_timeout_s
        self._now = now
        self._interpreters = interpreters

    def interpreters(self) -> tuple[Interpreter, ...]:
        """Return the interpreters at hand, newest first."""
        if self._interpreters is None:
            self._interpreters = discover(self._root / "interpreters.json")
        return self._interpreters

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        """Resolve the recipe as of its date; the same recipe of a past date gives the kept lock again.

        The lock's approximations are the recipe's and then those of the resolution. Raises BuildError.
        """
        candidates = nearest(self.interpreters(), recipe.python)
        if not candidates:
            at_hand = ", ".join(each.version for each in self.interpreters()) or "none"
            raise BuildError("python-unavailable", python=recipe.python, available=at_hand)
        kept = KeptLocks(self._root / "locks", now=self._now())
        settings = (self._uv.index_url or "", str(self._are_builds_allowed), RESOLVER_VERSION)
        address = kept.address(recipe, settings, [each.version for each in candidates])
        known = kept.find(address)
        if known is not None:
            progress.log(f"The lock of {known.as_of:%Y-%m-%d} is here: {len(known.packages)} packages.")
            return known
        resolver = Resolver(
            uv=self._uv,
            scratch=self._root / "scratch",
            shared_cache=self._root / "cache",
            are_builds_allowed=self._are_builds_allowed,
            timeout_s=self._resolve_timeout_s,
        )
        with self._disk_watched():
            lock = resolver.resolve(recipe, candidates, now=self._now(), progress=progress)
            kept.keep(address, lock)
        progress.log(f"Resolved {len(lock.packages)} packages for Python {lock.python_version}.")
        return lock

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:  # noqa: ARG002 - an environment of this engine serves every snapshot with the same lock
        """Make the locked environment under its key, or reuse it; others who ask for it wait. Raises BuildError."""
        started = time.monotonic()
        python = self._interpreter(lock)
        key = environment_key(lock, python)
        prefix = self._root / "envs" / key
        found = finished(prefix)
        is_reused = found is not None
        if found is None:
            building = together(self._root / BUILDING)
            with self._disk_watched(), exclusively(self._root / "envs" / f".{key}.lock"), building:
                found = finished(prefix)
                is_reused = found is not None
                if found is None:
                    if prefix.exists():
                        progress.log(f"The environment {key[:12]} is damaged and is made again.")
                        Store(self._root).drop_damaged(prefix)
                    self._make(recipe, lock, python, prefix, progress)
                    found = finished(prefix)
        if found is None:
            raise BuildError("internal-error", reason="an environment was removed while it was being made")
        mark_used(prefix)
        progress.log(f"The environment {key[:12]} is {'reused' if is_reused else 'ready'}.")
        return BuiltEnvironment(
            engine=self.name,
            key=key,
            prefix=prefix,
            python_version=python.version,
            language="python",
            kernel_argv=kernel_argv(prefix, kernel_module(prefix)),
            readonly_paths=(prefix, *python.readonly_paths, *found.readonly_paths),
            lock=lock,
            recipe_files=recipe.files,
            is_reused=is_reused,
            build_s=time.monotonic() - started,
            mounts=found.mounts,
            variables=found.variables,
            details=found.details,
            companion=found.companion,
        )

    def _interpreter(self, lock: Lock) -> Interpreter:
        found = next((each for each in self.interpreters() if each.version == lock.python_version), None)
        if found is None:
            at_hand = ", ".join(each.version for each in self.interpreters()) or "none"
            raise BuildError("python-unavailable", python=lock.python_version, available=at_hand)
        return found

    def _make(self, recipe: Recipe, lock: Lock, python: Interpreter, prefix: Path, progress: Progress) -> None:
        """Make the environment beside its place and move it there when it is whole."""
        deadline = time.monotonic() + self._build_timeout_s
        sweep(prefix.parent)
        sweep_removed(prefix.parent)
        with held_directory(".making-", prefix.parent) as folder:
            staged = folder / "env"
            if python.is_older_than_uv:
                upstream = open_index(self._uv.index_url, self._root, progress)
                old = OldInstaller(self._uv, upstream, self._root, self._are_builds_allowed)
                old.install(lock, python, staged, prefix=prefix, deadline=deadline, progress=progress)
            else:
                installer = Installer(self._uv, self._root, self._are_builds_allowed)
                installer.install(lock, python, staged, deadline=deadline, progress=progress)
            finish = Finish(ENGINE_VERSION, self._root, self._uv, self._now())
            # Nothing of the kernel's module depends on where it lies.
            argv = kernel_argv(prefix, kernel_module(staged))
            finish.finish(staged, prefix, recipe=recipe, lock=lock, python=python, kernel_argv=argv, progress=progress)
            progress.check()
            replace_environment(prefix, staged)

    def _disk_watched(self) -> DiskWatch:
        return DiskWatch(self._root)


class DiskWatch:
    """Turns a full disk, wherever it shows, into BuildError disk-full."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BuildError("disk-full", path=self._root) from error


def kernel_argv(prefix: Path, module: str) -> tuple[str, ...]:
    """Return the command line of the kernel of an environment at `prefix`."""
    return (str(prefix / "bin" / "python"), "-m", module, "-f", "{connection_file}")


def kernel_module(prefix: Path) -> str:
    """Return the module that starts the environment's kernel: ipykernel_launcher, which came with ipykernel 4.6."""
    has_launcher = any(prefix.glob("lib/python*/site-packages/ipykernel_launcher.py"))
    return "ipykernel_launcher" if has_launcher else "ipykernel"


def environment_key(lock: Lock, python: Interpreter) -> str:
    """Return the content address: what is installed, on which interpreter and platform, by which way of installing."""
    parts = (ENGINE_VERSION, packages_sha256(lock), python.version, str(python.executable), python.platform)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def sweep(folder: Path) -> None:
    """Remove what killed builds left half-made, and a day later what nobody marked as held."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep_left(folder, ".making-")
    oldest = time.time() - 24 * 3600
    for left in folder.glob(".making-*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < oldest:
                shutil.rmtree(left, ignore_errors=True)
