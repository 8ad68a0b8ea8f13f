"""Do once, when an environment is made, what its packages would otherwise do in every run.

A run sees its environment read-only and starts with an empty home, so matplotlib would list the fonts of the system each
time. The list made here is the template of that home. uv compiles the bytecode when it installs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from builder.engines.interpreters import Interpreter
from builder.engines.protocol import Lock, OnLog
from builder.engines.uv_process import Uv
from builder.errors import BuildError

# The runner copies this directory of an environment into the home of each run.
HOME_TEMPLATE: Final = Path("share/reprise/home")
_LIST_FONTS: Final = "import os, sys; os.environ['MPLCONFIGDIR'] = sys.argv[1]; import matplotlib.font_manager"


def warm(staged: Path, lock: Lock, *, uv: Uv, interpreter: Interpreter, timeout_s: float, on_log: OnLog) -> None:
    """Keep matplotlib's list of fonts in the environment `staged`, where it has matplotlib.

    What fails here only makes runs slower, so it is logged and never the fault of anybody.
    """
    if not any(package.name == "matplotlib" for package in lock.packages):
        return
    folder = staged / HOME_TEMPLATE / ".config" / "matplotlib"
    folder.mkdir(parents=True)
    command = [str(staged / "bin" / "python"), "-c", _LIST_FONTS, str(folder)]
    try:
        answer = uv.run_program(
            command,
            interpreter=interpreter,
            cwd=staged,
            writable=(staged,),
            timeout_s=timeout_s,
            on_log=lambda line: None,
        )
    except BuildError as error:
        on_log(f"matplotlib's fonts are listed in each run: {error}")
        return
    if answer.status:
        on_log("matplotlib's fonts are listed in each run.")
