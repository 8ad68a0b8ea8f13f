"""Do once, when an environment is made, what its packages would otherwise do in every run.

A run sees its environment read-only and starts with an empty home, so Python would compile every module that it imports
and matplotlib would list the fonts of the system, each time. uv's own bytecode compilation fails below Python 3.7.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from builder.engines.bytecode import OLDEST
from builder.engines.fonts import FontSet
from builder.engines.interpreters import Interpreter
from builder.engines.progress import Progress
from builder.engines.protocol import HOME_TEMPLATE, Lock
from builder.engines.uv_process import Uv
from builder.errors import BuildError

_LIST_FONTS: Final = (
    "import os, sys; os.environ.update(MPLCONFIGDIR=sys.argv[1], FONTCONFIG_FILE=sys.argv[2]);"
    "import matplotlib.font_manager"
)


def warm(
    staged: Path,
    prefix: Path,
    lock: Lock,
    *,
    fonts: FontSet,
    uv: Uv,
    interpreter: Interpreter,
    timeout_s: float,
    progress: Progress,
) -> None:
    """Compile `staged` for an old Python, and keep matplotlib's list of `fonts` in it, where it has matplotlib.

    In a sandbox it is seen at `prefix`, its later place, so that what is kept names no other.
    What fails here only makes runs slower, so it is logged and is nobody's fault.
    """
    here = prefix if uv.is_sandboxed else staged
    python = str(here / "bin" / "python")
    parallel = ["-j", "0"] if interpreter.minor >= (3, 5) else []
    # No links: those of a virtual environment of Python 2 lead to the interpreter, which is not written to.
    libraries = [str(here / path.relative_to(staged)) for path in sorted(staged.glob("lib/python*/site-packages"))]
    # Newer ones have theirs already (builder.engines.bytecode).
    is_old = interpreter.minor < OLDEST
    steps = [("compile its modules", [python, "-m", "compileall", "-q", *parallel, *libraries])] if is_old else []
    if any(package.name == "matplotlib" for package in lock.packages):
        folder = f"{HOME_TEMPLATE}/.config/matplotlib"
        (staged / folder).mkdir(parents=True)
        configuration = dict(fonts.variables())["FONTCONFIG_FILE"]
        steps.append(("list the fonts", [python, "-c", _LIST_FONTS, str(here / folder), configuration]))
    for purpose, command in steps:
        try:
            uv.run_program(
                command,
                interpreter=interpreter,
                cwd=staged,
                writable=(staged,),
                readonly=(fonts.path,),
                mounts=fonts.mounts(),
                writable_mounts=((staged, str(prefix)),),
                timeout_s=timeout_s,
                progress=progress.logging_to(_say_nothing),
            )
        except BuildError as error:
            progress.log(f"Each run has to {purpose} again: {error}")


def _say_nothing(_: str) -> None:
    """Modules for another Python do not compile, and nobody needs to hear of each."""
