"""Put the recorder of figures where an IPython kernel finds it when it starts, in the private home of one run."""

from __future__ import annotations

import ast
import functools
from contextlib import suppress
from pathlib import Path
from typing import Final

from reproduce.runner.job import Job
from reproduce.runner.workspace import Workspace

IPYTHON_DIRECTORY: Final = ".ipython"
RECORDER_DIRECTORY: Final = "reprise"
RECORDS_DIRECTORY: Final = "figures"
_STARTUP: Final = ("profile_default", "startup")
# In this order each knows what those before it define.
_PARTS: Final = ("values.py", "artists.py", "content.py", "hooks.py")
# One expression: nothing stays in the notebook's own names. `__file__` is what IPython calls this file meanwhile.
_START: Final = (
    'eval(compile(open(__file__ + ".txt").read(), "reprise-recorder", "exec"),'
    ' {"__name__": "reprise_recorder", "shell": get_ipython(), "place": __file__})\n'
)
_BEGIN: Final = """
place = os.path.join(os.path.dirname(os.path.abspath(place)), "..", "..", "reprise", "figures")
begin(shell, os.path.normpath(place))
"""


def install_recorder(job: Job, workspace: Workspace) -> None:
    """Write the recorder into the home of a Python kernel, unless the job or what its environment put there says no.

    Call it before the kernel starts. The template of a home is a stranger's: no link in it is followed.
    """
    if not job.are_figures_recorded or not job.kernel.language.lower().startswith("python"):
        return
    startup = _folder(workspace.home, IPYTHON_DIRECTORY, *_STARTUP)
    records = _folder(workspace.home, IPYTHON_DIRECTORY, RECORDER_DIRECTORY, RECORDS_DIRECTORY)
    if startup is None or records is None:
        return
    start = startup / "00-reprise.py"
    # Where anything has these names already, nothing is recorded.
    with suppress(FileExistsError):
        for path, text in ((start.with_name(f"{start.name}.txt"), recorder_source()), (start, _START)):
            with path.open("x", encoding="ascii") as file:
                file.write(text)


@functools.cache
def recorder_source() -> str:
    """Return the recorder as one file that imports nothing of this project."""
    return "\n".join([*(_part(Path(__file__).with_name(name)) for name in _PARTS), _BEGIN])


def _part(path: Path) -> str:
    """Return a file without what it imports from its neighbours."""
    lines = path.read_text(encoding="ascii").splitlines()
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("reproduce."):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "\n".join(lines)


def _folder(home: Path, *names: str) -> Path | None:
    """Return the directory, made where it is missing; None where something else lies on the way."""
    folder = home
    for name in names:
        folder = folder / name
        if folder.is_symlink():
            return None
        try:
            folder.mkdir(exist_ok=True)
        except FileExistsError:
            return None
    return folder
