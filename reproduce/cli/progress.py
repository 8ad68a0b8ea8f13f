"""What is shown while notebooks run: one redrawn block on a terminal, a line at each start and end elsewhere."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from typing import Final, Protocol, TextIO

from reproduce.cli.words import duration, plain, shorten, shorten_path, verdict_word
from reproduce.verdicts import Verdict

_REDRAW_S: Final = 0.2


class Progress(Protocol):
    """What the work tells of itself. Called from several threads."""

    def step(self, text: str) -> None:
        """Tell of a stage of the work."""
        ...

    def log(self, line: str) -> None:
        """Tell a detail of the present stage."""
        ...

    def started(self, path: str) -> None:
        """Tell that a notebook starts."""
        ...

    def advanced(self, path: str, done: int, total: int) -> None:
        """Tell how many of its cells are done."""
        ...

    def ended(self, path: str, verdict: Verdict | None) -> None:
        """Tell that a notebook has ended."""
        ...

    def close(self) -> None:
        """Show nothing any more."""
        ...


@dataclass(slots=True)
class _Row:
    started: float
    done: int = 0
    total: int = 0
    ended: float | None = None
    verdict: Verdict | None = None

    def times(self, now: float) -> str:
        return duration((self.ended or now) - self.started)

    def cells(self) -> str:
        return f"{self.done} of {self.total} cells" if self.total else "starting"


class LineProgress:
    """For logs and pipes: whole lines, none redrawn."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}

    def step(self, text: str) -> None:
        """Write the stage on a line."""
        with self._lock:
            self._write(plain(text))

    def log(self, line: str) -> None:
        """Write nothing: the log is in the evidence."""

    def started(self, path: str) -> None:
        """Write that the notebook starts."""
        with self._lock:
            self._rows[path] = _Row(time.monotonic())
            self._write(f"{plain(path)}: started")

    def advanced(self, path: str, done: int, total: int) -> None:
        """Remember the count for the line at the end."""
        with self._lock:
            self._rows[path].done, self._rows[path].total = done, total

    def ended(self, path: str, verdict: Verdict | None) -> None:
        """Write how the notebook ended."""
        with self._lock:
            row = self._rows[path]
            self._write(f"{plain(path)}: {verdict_word(verdict)}, {row.cells()}, {row.times(time.monotonic())}")

    def close(self) -> None:
        """Nothing is left to undo."""

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class LiveProgress:
    """For terminals: a block that a thread redraws, with a line for each notebook that runs or has ended."""

    def __init__(self, stream: TextIO, *, has_colours: bool) -> None:
        self._stream = stream
        self._has_colours = has_colours
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}
        self._detail = ""
        self._step_started = time.monotonic()
        self._drawn = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._redraw, name="progress", daemon=True)
        self._thread.start()

    def step(self, text: str) -> None:
        """Write the stage above the block, where it stays."""
        with self._lock:
            self._clear()
            self._stream.write(plain(text) + "\n")
            self._detail = ""
            self._step_started = time.monotonic()
            self._draw()

    def log(self, line: str) -> None:
        """Show the detail in the block until the next one comes."""
        with self._lock:
            self._detail = plain(line)

    def started(self, path: str) -> None:
        """Add the notebook to the block."""
        with self._lock:
            self._detail = ""
            self._rows[path] = _Row(time.monotonic())

    def advanced(self, path: str, done: int, total: int) -> None:
        """Show the count at the next redraw."""
        with self._lock:
            self._rows[path].done, self._rows[path].total = done, total

    def ended(self, path: str, verdict: Verdict | None) -> None:
        """Show the verdict at the next redraw."""
        with self._lock:
            row = self._rows[path]
            row.ended, row.verdict = time.monotonic(), verdict

    def close(self) -> None:
        """Remove the block: the table of verdicts takes its place."""
        self._is_over.set()
        self._thread.join()
        with self._lock:
            self._clear()
            self._stream.flush()

    def _redraw(self) -> None:
        while not self._is_over.wait(_REDRAW_S):
            with self._lock:
                self._clear()
                self._draw()

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def _draw(self) -> None:
        lines = self._block()
        self._stream.write("".join(line + "\n" for line in lines))
        self._stream.flush()
        self._drawn = len(lines)

    def _block(self) -> list[str]:
        size = shutil.get_terminal_size()
        now = time.monotonic()
        lines = []
        if self._detail:
            lines.append(shorten(f"  {duration(now - self._step_started)}  {self._detail}", size.columns - 1))
        # A block higher than the screen could not be redrawn: those that run are shown, then the latest that ended.
        shown = sorted(self._rows.items(), key=lambda item: (item[1].ended is not None, -(item[1].ended or 0)))
        room = max(size.lines - 4, 1)
        if len(shown) > room:
            ended = sum(row.ended is not None for row in self._rows.values())
            lines.append(f"  {ended} of {len(self._rows)} started notebooks have ended")
        chosen = {path for path, _ in shown[:room]}
        return lines + [self._line(path, row, now, size.columns) for path, row in self._rows.items() if path in chosen]

    def _line(self, path: str, row: _Row, now: float, columns: int) -> str:
        width = max(min(48, columns - 46), 12)
        name = shorten_path(path, width).ljust(width)
        state = "running".ljust(11)
        if row.ended is not None:
            state = verdict_word(row.verdict, width=11, has_colours=self._has_colours)
        return f"  {name} {state} {row.cells().rjust(17)} {row.times(now).rjust(12)}"
