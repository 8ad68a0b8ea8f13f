"""Make virtual environments for old Pythons, and run their pip in the sandbox of builds."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from virtualenv.seed.wheels.embed import get_embed_wheel

from builder.engines.build_network.reach import reach_of
from builder.engines.interpreters import Interpreter
from builder.engines.progress import Progress
from builder.engines.uv_process import Uv, UvAnswer
from builder.errors import BuildError

# pip up to 20 resolves properly only when asked to.
_SHY_RESOLVER_BELOW: Final = (3, 6)
_FASTER_PIP: Final = Path(__file__).resolve().with_name("faster_pip.py")
_ENV: Final = "/usr/bin/env"
_LOOPBACK: Final = re.compile(r"http://127\.0\.0\.1:\d+/\S*/([^/\s#]+)(?:#\S*)?")
_SILENT: Final = re.compile(r"^\s*(Looking in indexes|Saved |Using cached |Processing |Preparing metadata|Getting req)")


@dataclass(frozen=True, slots=True)
class OldPip:
    """virtualenv and pip for one interpreter. `folder` is a private directory, and all that they may write to."""

    uv: Uv
    python: Interpreter
    folder: Path
    timeout_s: float
    progress: Progress

    def make_virtualenv(self, place: Path, *, has_tools: bool) -> None:
        """Make a virtual environment at `place` in the folder: with pip, setuptools and wheel, or with nothing at all.

        The tools are those that virtualenv brings: the last ones for that Python.

        Raises BuildError internal-error, and what running a program raises.
        """
        seeds = ["--pip=bundle", "--setuptools=bundle", "--wheel=bundle"] if has_tools else ["--no-seed"]
        answer = self.uv.run_program(
            [
                *(sys.executable, "-I", "-m", "virtualenv", "--quiet", "--no-download", "--no-periodic-update"),
                *("--app-data", str(self.folder / "seeds"), "--python", str(self.python.executable)),
                *(*seeds, str(place)),
            ],
            interpreter=self.python,
            cwd=self.folder,
            writable=(self.folder,),
            readonly=(Path(sys.prefix), Path(sys.base_prefix)),
            timeout_s=self.timeout_s,
            progress=self.progress,
        )
        if answer.status:
            raise BuildError("internal-error", reason=f"virtualenv ended with: {answer.text[-400:]}")

    def run(
        self, arguments: Sequence[str], *, virtualenv: Path, index_url: str = "", readonly: Sequence[Path] = ()
    ) -> UvAnswer:
        """Run the pip of `virtualenv`; every index that a setup.py may ask, too, is the one of `index_url`."""
        return self._run([str(_FASTER_PIP), *arguments], virtualenv, index_url, [*readonly, _FASTER_PIP])

    def install_into(self, virtualenv: Path, arguments: Sequence[str], *, readonly: Sequence[Path]) -> UvAnswer:
        """Run `pip install` in an environment that has no pip."""
        wheel = get_embed_wheel("pip", ".".join(map(str, self.python.minor)))
        if wheel is None:
            raise BuildError("internal-error", reason=f"there is no pip for Python {self.python.version}")
        # A wheel is an archive that Python can run from.
        return self._run([str(wheel.path / "pip"), "install", *arguments], virtualenv, "", [*readonly, wheel.path])

    def _run(self, arguments: list[str], virtualenv: Path, index_url: str, readonly: Sequence[Path]) -> UvAnswer:
        (self.folder / ".pydistutils.cfg").write_text(
            f"[easy_install]\nindex_url = {index_url}\nallow_hosts = 127.0.0.1\n", encoding="utf-8"
        )
        variables = [f"{name}={value}" for name, value in self._variables(index_url).items()]
        return self.uv.run_program(
            [_ENV, *variables, str(virtualenv / "bin" / "python"), *arguments],
            interpreter=self.python,
            cwd=self.folder,
            writable=(self.folder,),
            readonly=readonly,
            reach=reach_of(index_url),
            timeout_s=self.timeout_s,
            progress=self.progress.logging_to(self._show),
        )

    def _show(self, line: str) -> None:
        """Pass pip's lines on, without the address of an index that nobody else can ask."""
        line = _LOOPBACK.sub(r"\1", line)
        if line.strip() and not _SILENT.search(line):
            self.progress.log(line)

    def _variables(self, index_url: str) -> dict[str, str]:
        """Return pip's settings. As variables they hold for the pips, too, that pip and setuptools start."""
        # In the sandbox the way to the index is its proxy; outside, a proxy of the machine does not lead back here.
        direct = [] if self.uv.is_sandboxed else ["127.0.0.1", *_unproxied()]
        return {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_PYTHON_VERSION_WARNING": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            # A file is given when all of it is here, which for a large one takes a while.
            "PIP_DEFAULT_TIMEOUT": "900",
            "PIP_RETRIES": "0",
            "NO_PROXY": ",".join(direct),
            "no_proxy": ",".join(direct),
            **({"PIP_INDEX_URL": index_url} if index_url else {"PIP_NO_INDEX": "1"}),
            **({"PIP_USE_FEATURE": "2020-resolver"} if self.python.minor < _SHY_RESOLVER_BELOW else {}),
        }


def _unproxied() -> list[str]:
    return [os.environ[name] for name in ("NO_PROXY", "no_proxy") if os.environ.get(name)]
