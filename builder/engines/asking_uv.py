"""Ask uv for a resolution, with strangers' programs kept away from what others install."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.build_network.reach import NOWHERE, Reach
from builder.engines.dated_tools import Dates
from builder.engines.interpreters import Interpreter
from builder.engines.metadata_cache import forget_pages, seed
from builder.engines.progress import Progress
from builder.engines.uv_process import Uv, UvAnswer

_NOT_LOOKED_AT: Final = re.compile(r"Failed to (?:query|inspect) Python interpreter|Querying Python", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """What to resolve on which Python as of when: requirements, constraints, a uv.toml, uv's further arguments."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    settings: str
    arguments: tuple[str, ...]
    python: Interpreter
    dates: Dates


@dataclass(frozen=True, slots=True)
class Resolution:
    """The text of the pylock.toml, or None, and all that uv said."""

    lock: str | None
    text: str


@dataclass(slots=True)
class Asking:
    """Asks from `folder`, which is private. `shared_cache` is the cache of everyone.

    Where source distributions may be looked into, their setup.py may run, and could plant files in the cache that it
    sees. So the shared cache is first asked in a sandbox in which no Python can start: what is answered there is the
    whole answer, because nothing had to be built. Else the same is asked again with a cache that is thrown away.
    """

    uv: Uv
    folder: Path
    shared_cache: Path
    are_builds_allowed: bool
    timeout_s: float
    _is_looked_into: bool = False

    def ask(self, question: Question, *, progress: Progress) -> Resolution:
        """Return the resolution. Raises BuildError when a limit is met or nobody wants it any more."""
        self.shared_cache.mkdir(parents=True, exist_ok=True)
        if not self.are_builds_allowed:
            return self._compile(question, self.shared_cache, progress)
        # Without its library no Python starts; where none is found, nothing would be hidden.
        hidden = tuple(path for path in question.python.prefix.glob("lib*/python*") if path.is_dir())
        if self.uv.is_sandboxed and hidden and not self._is_looked_into:
            answer = self._without_programs(question, hidden, progress)
            if answer.lock is not None:
                return answer
            self._is_looked_into = True
            seed(self.shared_cache, self.folder / "cache")
        return self._compile(question, self.folder / "cache", progress)

    def _without_programs(self, question: Question, hidden: tuple[Path, ...], progress: Progress) -> Resolution:
        heard: list[str] = []
        quiet = progress.logging_to(heard.append)
        answer = self._compile(question, self.shared_cache, quiet, hidden)
        if answer.lock is None and _NOT_LOOKED_AT.search(answer.text):
            # uv has not seen this Python yet; once it has, it remembers.
            find = ["python", "find", "--no-config", str(question.python.executable)]
            self._run(find, question.python, quiet, self.shared_cache, reach=NOWHERE)
            answer = self._compile(question, self.shared_cache, quiet, hidden)
        if answer.lock is not None:
            for line in heard:
                progress.log(line)
        return answer

    def _compile(
        self,
        question: Question,
        cache: Path,
        progress: Progress,
        hidden: tuple[Path, ...] = (),
    ) -> Resolution:
        asked, limits = self.folder / "requirements.in", self.folder / "constraints.in"
        settings, target = self.folder / "uv.toml", self.folder / "pylock.toml"
        asked.write_text("".join(f"{text}\n" for text in question.requirements), encoding="utf-8")
        limits.write_text("".join(f"{text}\n" for text in question.constraints), encoding="utf-8")
        pages_for_s = forget_pages(cache, question.dates.latest)
        settings.write_text(f"{self.uv.index_settings(pages_for_s)}\n{question.settings}", encoding="utf-8")
        target.unlink(missing_ok=True)
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            *("pip", "compile", str(asked), "--format", "pylock.toml", "--output-file", str(target)),
            *("--no-header", "--no-annotate", "--generate-hashes", "--config-file", str(settings)),
            *("--python", str(question.python.executable), "--constraints", str(limits)),
            *question.dates.arguments(),
            *question.arguments,
        ]
        # Also where no stranger's program can start: what a source needs to be built may be an address of its choice.
        reach = self.uv.index_reach()
        answer = self._run(command, question.python, progress, cache, reach=reach, hidden=hidden)
        is_answered = answer.status == 0 and target.is_file()
        return Resolution(target.read_text(encoding="utf-8") if is_answered else None, answer.text)

    def _run(
        self,
        command: list[str],
        python: Interpreter,
        progress: Progress,
        cache: Path,
        *,
        reach: Reach,
        hidden: tuple[Path, ...] = (),
    ) -> UvAnswer:
        return self.uv.run(
            command,
            interpreter=python,
            cache=cache,
            cwd=self.folder,
            writable=(self.folder, cache),
            hidden=hidden,
            reach=reach,
            is_stdout_shown=False,
            timeout_s=self.timeout_s,
            progress=progress,
        )
