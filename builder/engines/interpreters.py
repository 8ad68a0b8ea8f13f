"""Find the Pythons of this machine: on PATH, in the system's folders, pyenv's and uv's. Each is run to be believed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from builder.engines.whole_files import write_whole

_QUESTION: Final = (
    "import json, platform, sys, sysconfig; print(json.dumps(dict("
    "version='.'.join(map(str, sys.version_info[:3])), implementation=platform.python_implementation(),"
    "is_final=sys.version_info[3] == 'final', prefix=getattr(sys, 'base_prefix', sys.prefix),"
    "is_virtual=getattr(sys, 'base_prefix', sys.prefix) != sys.prefix or hasattr(sys, 'real_prefix'),"
    "platform=sysconfig.get_platform() + '-' + '-'.join(platform.libc_ver()))))"
)
_NAME: Final = re.compile(r"python(\d+(\.\d+)?)?")
_ASK_TIMEOUT_S: Final = 10.0
# The local engine uses these: uv serves Pythons from 3.6 on, virtualenv and their own pip serve 2.7 and 3.5.
OLDEST: Final = (2, 7)
OLDEST_FOR_UV: Final = (3, 6)
_SERVED_BY_NOTHING: Final = ((3, 0), (3, 5))


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that runs here. `executable` and `prefix` are real paths, `version` is exact ("3.6.15")."""

    executable: Path
    version: str
    prefix: Path
    platform: str

    @property
    def minor(self) -> tuple[int, int]:
        """Return (3, 6) for 3.6.15."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)

    @property
    def is_older_than_uv(self) -> bool:
        """Tell whether it needs its own pip, because uv makes no environment for it."""
        return self.minor < OLDEST_FOR_UV

    @property
    def readonly_paths(self) -> tuple[Path, ...]:
        """Return what a sandbox must show for it to start."""
        return (self.prefix,)


def discover(cache: Path | None = None, *, places: Iterable[Path] | None = None) -> tuple[Interpreter, ...]:
    """Return the usable interpreters, newest first, one for each exact version.

    Answers are kept in the file `cache` and believed while the executable is the same file. `places` replaces the
    folders that are looked through.
    """
    kept = _load(cache)
    fresh: dict[str, dict[str, object]] = {}
    found: dict[str, Interpreter] = {}
    for executable in _candidates(places):
        try:
            facts = executable.stat()
        except OSError:
            continue
        mark = f"{executable}|{facts.st_size}|{facts.st_mtime_ns}"
        answer = kept.get(mark) or _ask(executable)
        fresh[mark] = answer
        interpreter = _judge(executable, answer)
        if interpreter is not None:
            found.setdefault(interpreter.version, interpreter)
    if cache is not None and fresh != kept:
        _save(cache, fresh)
    return tuple(sorted(found.values(), key=_order, reverse=True))


def nearest(interpreters: Iterable[Interpreter], wished: str) -> list[Interpreter]:
    """Return the interpreters that this engine can use, nearest to `wished` ("3.6" or "3.6.15") first.

    Among equals in distance the older goes first, because what is missing from it is rarely asked for. Another
    language goes last: for Python 2 each Python 3, for Python 3 each Python 2.
    """
    numbers = [int(number) for number in wished.split(".")]
    minor = _position(numbers[0], numbers[1])
    patch = numbers[2] if len(numbers) > 2 else None

    def distance(interpreter: Interpreter) -> tuple[bool, int, int, int]:
        here = _order(interpreter)
        patches = -here[2] if patch is None else abs(here[2] - patch)
        return here[0] != numbers[0], abs(_position(here[0], here[1]) - minor), _position(here[0], here[1]), patches

    return sorted((each for each in interpreters if each.minor >= OLDEST), key=distance)


def _position(major: int, minor: int) -> int:
    """Put versions on one line: 2.7 stands where 3.4 does, the Python 3 of its time."""
    return minor if major == 3 else 4 if major == 2 else minor + 100 * major


def _order(interpreter: Interpreter) -> tuple[int, int, int]:
    major, minor, patch = (int(number) for number in interpreter.version.split("."))
    return major, minor, patch


def _candidates(places: Iterable[Path] | None) -> list[Path]:
    """Return the real paths of executables, each once, in order of preference."""
    folders = list(places) if places is not None else _folders()
    paths: dict[Path, None] = {}
    for folder in folders:
        if folder.name == "shims":
            continue  # pyenv's wrappers; the real ones are found in its versions
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if _NAME.fullmatch(entry.name))
        except OSError:
            continue
        for name in names:
            real = (folder / name).resolve()
            if real.is_file() and os.access(real, os.X_OK):
                paths[real] = None
    return list(paths)


def _folders() -> list[Path]:
    home = Path(os.environ.get("HOME", "/nonexistent"))
    pyenv = Path(os.environ.get("PYENV_ROOT", str(home / ".pyenv"))) / "versions"
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", str(home / ".local/share/uv/python")))
    own = [*_bins(pyenv), *_bins(managed), *_bins(Path("/opt/python"))]
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder.startswith("/")]
    return [*own, *on_path, Path("/usr/local/bin"), Path("/usr/bin")]


def _bins(parent: Path) -> list[Path]:
    try:
        return sorted(entry / "bin" for entry in parent.iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        return []


def _ask(executable: Path) -> dict[str, object]:
    try:
        answer = subprocess.run(
            [str(executable), "-E", "-s", "-S", "-c", _QUESTION],
            capture_output=True,
            timeout=_ASK_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            check=True,
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {"version": ""}
    return facts if isinstance(facts, dict) else {"version": ""}


def _judge(executable: Path, answer: dict[str, object]) -> Interpreter | None:
    version = str(answer.get("version", ""))
    is_usable = answer.get("implementation") == "CPython" and answer.get("is_final") and not answer.get("is_virtual")
    if not is_usable or not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return None
    found = Interpreter(executable, version, Path(str(answer["prefix"])).resolve(), str(answer.get("platform", "")))
    return None if _SERVED_BY_NOTHING[0] <= found.minor < _SERVED_BY_NOTHING[1] else found


def _load(cache: Path | None) -> dict[str, dict[str, object]]:
    try:
        kept = json.loads(cache.read_text(encoding="utf-8")) if cache is not None else {}
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _save(cache: Path, answers: dict[str, dict[str, object]]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    write_whole(cache, json.dumps(answers, sort_keys=True))


def as_dict(interpreter: Interpreter) -> dict[str, str]:
    """Return the facts of the interpreter for the marker of an environment."""
    return {name: str(value) for name, value in asdict(interpreter).items()}
