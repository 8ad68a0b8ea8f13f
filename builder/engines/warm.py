"""Do once, when an environment is made, what its packages would otherwise do in every run.

A run sees its environment read-only and starts with an empty home, so Python would compile every module that it imports
and matplotlib would list the fonts of the system, each time. uv's own bytecode compilation fails below Python 3.7.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from builder.engines.interpreters import Interpreter
from builder.engines.progress import Progress
from builder.engines.protocol import HOME_TEMPLATE, Lock
from builder.engines.uv_process import Uv
from builder.errors import BuildError

_LIST_FONTS: Final = "import os, sys; os.environ['MPLCONFIGDIR'] = sys.argv[1]; import matplotlib.font_manager"


def warm(staged: Path, lock: Lock, *, uv: Uv, interpreter: Interpreter, timeout_s: float, progress: Progress) -> None:
    """Compile the environment `staged` and keep matplotlib's list of fonts in it, where it has matplotlib.

    What fails here only makes runs slower, so it is logged and is nobody's fault.
    """
    python = str(staged / "bin" / "python")
    parallel = ["-j", "0"] if interpreter.minor >= (3, 5) else []
    # No links: those of a virtual environment of Python 2 lead to the interpreter, which is not written to.
    libraries = [str(path) for path in sorted(staged.glob("lib/python*/site-packages"))]
    steps = [("compile its modules", [python, "-m", "compileall", "-q", *parallel, *libraries])]
    if any(package.name == "matplotlib" for package in lock.packages):
        folder = staged / HOME_TEMPLATE / ".config" / "matplotlib"
        folder.mkdir(parents=True)
        steps.append(("list the fonts", [python, "-c", _LIST_FONTS, str(folder)]))
    for purpose, command in steps:
        try:
            uv.run_program(
                command,
                interpreter=interpreter,
                cwd=staged,
                writable=(staged,),
                timeout_s=timeout_s,
                progress=progress.logging_to(_say_nothing),
            )
        except BuildError as error:
            progress.log(f"Each run has to {purpose} again: {error}")


def _say_nothing(_: str) -> None:
    """Modules for another Python do not compile, and nobody needs to hear of each."""
