"""From outputs that differ to the cause: what all of them have in common, the specific before the general. Pure.

The verdict is the comparison's; nothing here makes it better or worse.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from catalog.causes import Cause, cause
from reproduce.compare import OutputComparison
from reproduce.compare.guesses import find_unseeded
from reproduce.compare.outputs import ERROR, IMAGES
from reproduce.diagnose.evidence import one_line
from reproduce.diagnose.facts import Facts, StoredCell
from reproduce.diagnose.order import assigned_names, backward_step, never_run
from reproduce.diagnose.versions import INCOMPATIBLE

# Beyond it a difference is more than rounding, summation order or a solver's tolerance usually make.
SMALL_DRIFT: Final = 1e-3
_AGREEING: Final = frozenset({"identical", "within_tolerance"})
_DIFFERING: Final = frozenset({"differs", "unexpected", "missing"})
_CLOCK: Final = (
    r"\btime\.(?:time|clock|perf_counter|monotonic|process_time|strftime|ctime|asctime)\("
    r"|\b(?:datetime\.)?(?:datetime|date)\.(?:now|today|utcnow)\(|Timestamp\.(?:now"
    r"|today)\(|\bdatetime64\(['\"](?:now|today)|!date\b"
)
_TIME: Final = re.compile(rf"%%?time(?:it)?\b|\btimeit\.|%prun\b|%lprun\b|{_CLOCK}")
_MACHINE: Final = re.compile(
    r"__version__|\bsys\.version|\bsys\.executable|\bplatform\.\w+\(|%watermark"
    r"|%version_information|\bos\.getcwd\("
    r"|\bcpu_count\(|show_config\(|show_versions\(|%pwd\b|!pip\b|!conda\b|%pip\b|%conda\b"
    r"|!uname|!hostname|gethostname\("
    r"|\bgetpass\.getuser\(|\bsys\.path\b|\.cwd\(\)|\bos\.environ\b|__file__|!which"
    r"|!python\b|!ls\b|\bsys\.getsizeof\("
)
_CLOCK_OR_MACHINE: Final = re.compile(rf"{_CLOCK}|{_MACHINE.pattern}")
_IMPORT: Final = re.compile(r"(?m)^(?:import|from) [^\n]{1,300}$")
# What IPython's way to show a figure says of a matplotlib that is too old for it.
_CANNOT_SHOW: Final = re.compile(rf"'matplotlib\.colors' has no attribute 'to_rgba'|{INCOMPATIBLE.pattern}")
_COMMENT: Final = re.compile(r"(?m)#[^\n'\"]{0,300}$")


@dataclass(frozen=True, slots=True)
class _Differing:
    """One output that does not agree, and where it is from: a cell (from 0), or a file."""

    output: OutputComparison
    place: str
    index: int | None

    @property
    def line(self) -> str:
        return one_line(f"{self.place} | {self.output.reason or 'It differs.'}")


@dataclass(frozen=True, slots=True)
class _Differences:
    facts: Facts
    differing: tuple[_Differing, ...]
    agreeing: int

    @property
    def told(self) -> dict[str, int]:
        return {"count": len(self.differing), "total": len(self.differing) + self.agreeing}

    @property
    def cells(self) -> tuple[StoredCell, ...]:
        """The cells whose outputs do not agree, as they were published."""
        indexes = {each.index for each in self.differing}
        return tuple(cell for cell in self.facts.cells if cell.index in indexes)


def explain_difference(facts: Facts, why: Cause) -> Cause:
    """Return a more exact cause than `why` for a completed run whose outputs differ; `why` where none is known."""
    differences = _differences(facts)
    if not differences.differing:
        return why
    for rule in _RULES:
        if found := rule(differences):
            return found
    return dataclasses.replace(why, evidence=differences.differing[0].line)


def _differences(facts: Facts) -> _Differences:
    outputs = list(_outputs(facts))
    differing = tuple(each for each in outputs if each.output.state in _DIFFERING or _is_unstable(each.output))
    return _Differences(facts, differing, sum(each.output.state in _AGREEING for each in outputs))


def _outputs(facts: Facts) -> Iterator[_Differing]:
    for cell in facts.comparison.cells if facts.comparison else ():
        for output in cell.outputs:
            yield _Differing(output, f"cell {cell.index + 1}", cell.index)
    for file in facts.files:
        if file.is_claimed:
            yield _Differing(file.outcome, f"file {file.path}", None)


def _is_unstable(output: OutputComparison) -> bool:
    """Whether repetitions of the run disagreed here; a comparison of one run alone has no such state."""
    return str(output.state) == "unstable"


def _incompatible(found: _Differences) -> Cause | None:
    """Packages that do not work together, which IPython tells beside a cell that itself does not raise."""
    errors = [each for each in found.differing if each.output.mime == ERROR and each.output.state == "unexpected"]
    told = [each for each in errors if _CANNOT_SHOW.search(each.output.reason)]
    cells = {each.index for each in told}
    if not told or any(each.index not in cells for each in found.differing):
        return None
    reason = one_line(told[0].output.reason.rpartition("publication does not: ")[2])
    return _told("packages-incompatible", found, told[0].line, cell=str((told[0].index or 0) + 1), reason=reason)


def _stale(found: _Differences) -> Cause | None:
    """Results that carry another count than their cell, or outputs of a cell that has none."""
    for cell in found.cells:
        newer = [count for count in cell.shown_counts if count != cell.execution_count]
        if newer or (cell.execution_count is None and cell.has_outputs and _is_counted(found.facts)):
            number = "no number" if cell.execution_count is None else f"[{cell.execution_count}]"
            shown = f"the result [{newer[0]}]" if newer else "outputs"
            return _told("stale-outputs", found, f"cell {cell.index + 1} | it has {number} and shows {shown}")
    return None


def _random(found: _Differences) -> Cause | None:
    unstable = next((each for each in found.differing if _is_unstable(each.output)), None)
    if unstable is None and found.facts.comparison is not None and found.facts.comparison.runs > 1:
        # What differs is the same in all runs of ours, or they lie too close together to explain it.
        return None
    if any(each.output.mime == ERROR for each in found.differing) or any(
        _tells_of_the_run(found, cell) for cell in found.cells
    ):
        return None
    last = max((each.index for each in found.differing if each.index is not None), default=-1)
    sources = {cell.index: cell.source for cell in found.facts.cells}
    drawn = find_unseeded([sources.get(index, "") for index in range(last + 1)])
    if drawn and (unstable or all(each.index is None or each.index >= drawn.cell for each in found.differing)):
        return _told("random-unseeded", found, f"cell {drawn.cell + 1} | {drawn.line}")
    return None


def _tells_of_the_run(found: _Differences, cell: StoredCell) -> bool:
    """Whether the cell shows when or where it was run, and draws no random number itself."""
    if _CLOCK_OR_MACHINE.search(_COMMENT.sub("", cell.source)) is None:
        return False
    imports = "\n".join(line for other in found.facts.cells for line in _IMPORT.findall(other.source))
    return find_unseeded([imports, cell.source]) is None


def _time(found: _Differences) -> Cause | None:
    return _all_from(found, _TIME, "time-shown")


def _machine(found: _Differences) -> Cause | None:
    return _all_from(found, _MACHINE, "machine-shown")


def _drift(found: _Differences) -> Cause | None:
    """Numbers alone differ: the text around them, and every figure, agrees."""
    deviations = [_deviation(each.output) for each in found.differing]
    if any(deviation is None for deviation in deviations):
        return None
    most = max(deviation for deviation in deviations if deviation is not None)
    worst = found.differing[deviations.index(most)]
    kind = "numeric-drift-small" if most <= SMALL_DRIFT else "numeric-drift-large"
    shown = "more than the whole" if math.isinf(most) else f"{100 * most:.2g} %"
    if kind == "numeric-drift-large" and (out_of_order := _order(found)):
        return out_of_order
    return dataclasses.replace(cause(kind, most=shown, **found.told), evidence=worst.line)


def _order(found: _Differences) -> Cause | None:
    """The stored numbers of the cells do not rise down to the first that differs."""
    last = max((cell.index for cell in found.cells), default=-1)
    step = backward_step(tuple(cell for cell in found.facts.cells if cell.index <= last))
    if step is None:
        return None
    one, other = (f"cell {cell.index + 1} [{cell.execution_count}]" for cell in step)
    return _told("cells-out-of-order", found, f"{one} stands before {other}", reason=f"{one} stands before {other}.")


def _never_run(found: _Differences) -> Cause | None:
    """A cell that was never run when the notebook was saved, and runs now, binds what a cell that differs uses."""
    for cell in never_run(found.facts):
        for later in found.cells:
            names = sorted(name for name in assigned_names(cell) if re.search(rf"\b{name}\b", later.source))
            if names and later.index > cell.index:
                reason = (
                    f"cell {cell.index + 1}, which sets {names[0]}, has no number, and cell {later.index + 1} uses it"
                )
                return _told("never-run-completely", found, reason, reason=f"{reason}.")
    return None


def _figures(found: _Differences) -> Cause | None:
    is_figures = all(each.output.mime in IMAGES and each.output.state == "differs" for each in found.differing)
    if not (is_figures and found.agreeing):
        return None
    count, agreeing = len(found.differing), found.agreeing
    return _told("figures-alone-differ", found, found.differing[0].line, count=count, agreeing=agreeing)


_RULES: Final[tuple[Callable[[_Differences], Cause | None], ...]] = (
    _incompatible,
    _stale,
    _random,
    _time,
    _machine,
    _never_run,
    _drift,
    _order,
    _figures,
)


def _told(kind: str, found: _Differences, evidence: str, **data: object) -> Cause:
    return dataclasses.replace(cause(kind, **{**found.told, **data}), evidence=one_line(evidence))


def _all_from(found: _Differences, pattern: re.Pattern[str], kind: str) -> Cause | None:
    """Whether every output that does not agree is of a cell whose code the pattern fits."""
    cells = found.cells
    matches = [(cell, pattern.search(_COMMENT.sub("", cell.source))) for cell in cells]
    if not cells or len({each.index for each in found.differing}) != len(cells):
        return None
    fitting = [(cell, match) for cell, match in matches if match]
    if len(fitting) != len(cells):
        return None
    return _told(kind, found, f"cell {fitting[0][0].index + 1} | {_line_of(*fitting[0])}")


def _line_of(cell: StoredCell, match: re.Match[str]) -> str:
    return next((line.strip() for line in cell.source.splitlines() if match[0].split("\n")[0] in line), match[0])


def _deviation(output: OutputComparison) -> float | None:
    """The largest relative deviation where the numbers alone differ, infinite where it has no value; else None."""
    metric = output.metric or {}
    if output.state != "differs" or metric.get("name") != "max_relative_deviation":
        return None
    value = metric.get("value")
    return float(value) if isinstance(value, int | float) else math.inf


def _is_counted(facts: Facts) -> bool:
    return any(cell.execution_count is not None for cell in facts.cells)
