"""The last steps of a build: fonts, bytecode, verification, the facts that are kept with the environment, its marker.

What `finish` leaves is complete before the marker is written, and `finished` believes nothing without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.engines.bytecode import OLDEST, Bytecode
from builder.engines.companion import make_companion, read_companion, write_companion
from builder.engines.fonts import FontSet, keep_fonts
from builder.engines.interpreters import Interpreter, as_dict
from builder.engines.limits import occupied_bytes
from builder.engines.manifest import checksums, is_undisturbed, watched, write_manifest
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import HOME_TEMPLATE, Lock
from builder.engines.uv_process import Uv
from builder.engines.verifying import KernelFacts, verify_kernel
from builder.engines.warm import warm
from builder.errors import BuildError
from builder.kept_recipe import recipe_to_json
from builder.recipe.model import Recipe

MARKER: Final = "reprise-environment.json"
LOCK: Final = "share/reprise/lock.json"
RECIPE: Final = "share/reprise/recipe.json"
# A kernel is made of these; whoever pins one of them chose the kernel.
_KERNEL_PARTS: Final = frozenset(
    {"ipykernel", "ipython", "jupyter-client", "jupyter-core", "pyzmq", "tornado", "traitlets", "matplotlib-inline"}
)
_UNDECLARED: Final = "the notebook kernel"
_WARM_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Finished:
    """What a finished environment needs to be shown, and says of itself."""

    readonly_paths: tuple[Path, ...] = ()
    mounts: tuple[tuple[Path, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    companion: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """Finishes environments that were installed below `root`; `engine` is the name and version that is recorded."""

    engine: str
    root: Path
    uv: Uv
    made_at: datetime

    def finish(
        self,
        staged: Path,
        prefix: Path,
        *,
        recipe: Recipe,
        lock: Lock,
        python: Interpreter,
        kernel_argv: tuple[str, ...],
        progress: Progress,
    ) -> None:
        """Make the installed environment `staged`, that will lie at `prefix`, complete, and mark it. Raises BuildError.

        kernel-broken is the author's where the repository chose a part of the kernel, else kernel-chosen-broken.
        """
        fonts = keep_fonts(self.root / "fonts")
        if python.minor >= OLDEST:
            bytecode = Bytecode(self.root / "bytecode", self.root / "scratch", self.uv)
            bytecode.add(staged, python, timeout_s=_WARM_S, progress=progress)
        warm(staged, prefix, lock, fonts=fonts, uv=self.uv, interpreter=python, timeout_s=_WARM_S, progress=progress)
        progress.stage(Stage.VERIFY)
        with ThreadPoolExecutor(1, thread_name_prefix="checksums") as pool:
            # The kernel mostly waits for its disk and its sockets; meanwhile the files are read.
            installed = pool.submit(checksums, staged)
            facts = self._verify(staged, prefix, recipe, lock, python, kernel_argv, fonts, progress)
        write_companion(staged, make_companion(facts, fonts=fonts.as_dict()))
        _write(staged / LOCK, _lock_to_json(lock))
        _write(staged / RECIPE, recipe_to_json(recipe))
        marker = {
            "key": prefix.name,
            "engine": self.engine,
            "lock_sha256": lock.sha256,
            "as_of": lock.as_of.isoformat(),
            "packages": len(lock.packages),
            "interpreter": as_dict(python),
            "made_at": self.made_at.isoformat(),
            "fonts": fonts.digest,
            "font_mounts": [[str(path), place] for path, place in fonts.mounts()],
            "package_digest": write_manifest(staged, installed.result()),
            "size_bytes": occupied_bytes([staged]),
            "watched": watched(staged),
        }
        _write(staged / MARKER, marker)

    def _verify(
        self,
        staged: Path,
        prefix: Path,
        recipe: Recipe,
        lock: Lock,
        python: Interpreter,
        kernel_argv: tuple[str, ...],
        fonts: FontSet,
        progress: Progress,
    ) -> KernelFacts:
        is_sandboxed = self.uv.is_sandboxed
        here = prefix if is_sandboxed else staged
        try:
            facts = verify_kernel(
                [part.replace(str(prefix), str(here)) for part in kernel_argv],
                readonly_paths=(*python.readonly_paths, fonts.path),
                mounts=((staged, str(prefix)), *fonts.mounts()),
                variables=fonts.variables(),
                scratch=self.root / "scratch",
                home_template=staged / HOME_TEMPLATE,
                is_sandboxed=is_sandboxed,
                progress=progress,
            )
        except BuildError as error:
            if error.kind_id != "kernel-broken" or _is_kernel_declared(recipe):
                raise
            as_of = f"{lock.as_of:%Y-%m-%d}"
            chosen = BuildError("kernel-chosen-broken", as_of=as_of, python=python.version, reason=error.data["reason"])
            raise chosen.seen_in(error.cause.evidence) from error
        kernel = facts.versions.get("kernel", {})
        told = ", ".join(f"{name} {kernel[name]}" for name in ("ipykernel", "ipython", "pyzmq") if kernel.get(name))
        progress.log(f"The kernel starts: {told or facts.implementation} on Python {facts.language_version}.")
        if facts.gap:
            progress.log(f"What changes figures could not be asked: {facts.gap}")
        return facts


def finished(prefix: Path) -> Finished | None:
    """Return the environment at `prefix` if it was finished and is undisturbed, else None. Takes milliseconds."""
    marker = read_marker(prefix)
    if marker is None or marker.get("key") != prefix.name or not is_undisturbed(prefix, marker.get("watched")):
        return None
    fonts = prefix.parent.parent / "fonts" / str(marker.get("fonts"))
    if not (fonts / "fonts.conf").is_file():
        return None
    return Finished(
        readonly_paths=(fonts,),
        mounts=tuple((Path(path), str(place)) for path, place in marker.get("font_mounts", ())),
        variables=(("FONTCONFIG_FILE", str(fonts / "fonts.conf")),),
        companion=read_companion(prefix),
        details={"engine": marker.get("engine", ""), "package_digest": marker.get("package_digest", "")},
    )


def read_marker(prefix: Path) -> dict[str, Any] | None:
    """Return what the marker of an environment says, or None without one."""
    try:
        marker = json.loads((prefix / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) else None


def _is_kernel_declared(recipe: Recipe) -> bool:
    for requirement in recipe.requirements:
        if requirement.file == _UNDECLARED:
            continue
        try:
            name = canonicalize_name(Requirement(requirement.text).name)
        except InvalidRequirement:
            continue
        if name in _KERNEL_PARTS:
            return True
    return False


def _lock_to_json(lock: Lock) -> dict[str, Any]:
    return {
        "text": lock.text,
        "python_version": lock.python_version,
        "as_of": lock.as_of.isoformat(),
        "approximations": list(lock.approximations),
    }


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")
