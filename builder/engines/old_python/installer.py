"""Install a lock for an old Python into an empty place: its own pip unpacks exactly the locked files."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.interpreters import Interpreter
from builder.engines.lockfile import source_only
from builder.engines.old_python.locked_wheels import LockedWheel, locked_wheels
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.upstream import Upstream
from builder.engines.old_python.wheel_shop import OldWheelShop
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import Lock
from builder.engines.uv_process import Uv
from builder.errors import BuildError

_SCRIPT_LIMIT_BYTES: Final = 2**20
_NO_SPACE: Final = re.compile(r"No space left on device|Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class OldInstaller:
    """Installs locks below `root`, the engine's directory."""

    uv: Uv
    upstream: Upstream
    root: Path
    are_builds_allowed: bool

    def install(
        self, lock: Lock, python: Interpreter, staged: Path, *, prefix: Path, deadline: float, progress: Progress
    ) -> None:
        """Make a virtual environment at `staged` that holds exactly the lock and will be moved to `prefix`.

        Runs nobody's program but those of source distributions, in their own sandbox. Raises BuildError.
        """
        sources = source_only(lock)
        if sources and not self.are_builds_allowed:
            reason = "it has only a source distribution, and building needs the sandbox"
            package = f"{sources[0].name}=={sources[0].version}"
            raise BuildError("package-build-failed", package=package, reason=reason, python=python.version)
        progress.stage(Stage.DOWNLOAD)
        shelf = staged.with_name("shelf")
        shelf.mkdir()
        wheels = [self._onto(shelf, each, progress) for each in locked_wheels(lock)]
        if sources:
            progress.stage(Stage.BUILD)
            shop = OldWheelShop(self.uv, self.upstream, self.root / "wheels", self.root / "scratch", deadline)
            built = [shop.wheel(each, lock, python, progress=progress) for each in sources]
            wheels += [_copied(path, shelf / path.name) for path in built]
        progress.stage(Stage.INSTALL)
        left_s = max(1.0, deadline - time.monotonic())
        pip = OldPip(self.uv, python, staged.parent, left_s, progress)
        pip.make_virtualenv(staged, has_tools=False)
        if wheels:
            self._unpack(wheels, lock, pip, staged)
        redirect_scripts(staged / "bin", staged, prefix)

    def _onto(self, shelf: Path, wheel: LockedWheel, progress: Progress) -> Path:
        progress.check()
        kept = self.upstream.fetch(wheel.url, wheel.sha256, f"{wheel.name}=={wheel.version}")
        return _copied(kept, shelf / Path(wheel.file_name).name)

    def _unpack(self, wheels: list[Path], lock: Lock, pip: OldPip, staged: Path) -> None:
        listed = staged.with_name("locked.txt")
        listed.write_text("".join(_lines(wheels)), encoding="utf-8")
        options = ["--no-deps", "--no-index", "--require-hashes", "--no-compile", "--no-warn-script-location"]
        answer = pip.install_into(staged, [*options, "--quiet", "-r", str(listed)], readonly=())
        if answer.status:
            if _NO_SPACE.search(answer.text):
                raise BuildError("disk-full", path=self.root)
            if "DO NOT MATCH THE HASHES" in answer.text:
                raise BuildError("hash-mismatch", package=f"a package of the lock {lock.sha256[:12]}")
            raise BuildError("internal-error", reason=f"pip ended with: {answer.text[-400:]}")


def redirect_scripts(folder: Path, old: Path, new: Path) -> None:
    """Let the scripts in `folder` start the Python below `new` instead of `old`."""
    before, after = str(old).encode(), str(new).encode()
    for script in sorted(folder.iterdir()):
        if script.is_symlink() or not script.is_file() or script.stat().st_size > _SCRIPT_LIMIT_BYTES:
            continue
        text = script.read_bytes()
        if before in text and b"\0" not in text:
            mode = script.stat().st_mode
            script.write_bytes(text.replace(before, after))
            script.chmod(mode)


def _lines(wheels: Iterable[Path]) -> Iterable[str]:
    for path in wheels:
        with path.open("rb") as file:
            yield f"{path.as_uri()} --hash=sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}\n"


def _copied(source: Path, target: Path) -> Path:
    # No link: what lies below an environment in the making could be written to, what is shared must not.
    shutil.copyfile(source, target)
    return target
