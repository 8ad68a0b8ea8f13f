"""Why the outputs of a cell may come out otherwise each time: guesses from the sources, and named as such.

A guess proves nothing. It names what is known to change from run to run and is used in the cell or in one before it,
so that an author knows where to look first.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reproduce.compare.recorded_findings import RecordedFinding

MAX_SOURCE_CHARS: Final = 200_000
_RANDOM_ROOTS: Final = ("random.", "numpy.random.", "torch.rand", "tensorflow.random.")
_DRAWING: Final = re.compile(
    r"(?:^|\.)(?:rvs|sample|shuffle|train_test_split|resample|KMeans|MiniBatchKMeans|(?:RandomForest|ExtraTrees)\w+|TSNE"
    r"|differential_evolution|dual_annealing|basinhopping|run_mcmc|urandom)$"
)
# Called without a seed they are drawn from the operating system.
_GENERATORS: Final = frozenset(
    {
        *("default_rng", "RandomState", "Random", "PRNGKey", "SeedSequence"),
        *("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"),
    }
)
_SEEDS: Final = ("seed", "manual_seed", "set_seed", "set_random_seed")
_SEED_WORDS: Final = ("random_state", "seed")
_NO_DRAW: Final = ("get_state", "set_state", "getstate", "setstate", "SystemRandom", "Generator", "seed")
_CLOCKS: Final = re.compile(
    r"(?:^|\.)(?:time\.(?:time|perf_counter|process_time|monotonic)(?:_ns)?|perf_counter|default_timer"
    r"|(?:datetime|Timestamp|Time)\.(?:now|utcnow|today)|date\.today|strftime|ctime|localtime|gmtime)$"
)
_IDENTITIES: Final = re.compile(r"^(?:id|hash)$|(?:^|\.)(?:uuid1|uuid4|mkdtemp|mkstemp|getpid)$")
_LISTINGS: Final = re.compile(r"^(?:set|frozenset)$|(?:^|\.)(?:listdir|glob|iglob|rglob|iterdir|scandir|as_completed)$")
_THREADED: Final = re.compile(
    r"(?:^|\.)(?:Thread|ThreadPool|ThreadPoolExecutor|ProcessPoolExecutor|Pool|Parallel|prange)$"
)
_TIMED_MAGIC: Final = re.compile(r"^\s*%%?(?:time|timeit)\b", re.MULTILINE)
_MAGIC: Final = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_PRINT: Final = re.compile(r"^([ \t]*)print[ \t]+(?=[^\s=,(])", re.MULTILINE)
# What these names mean where no import says so, as after %pylab.
_USUAL_NAMES: Final = {"np": "numpy", "tf": "tensorflow"}
# What a recorded figure says in words: nothing that random numbers change of themselves.
_SAID: Final = frozenset({"title", "label", "legend", "text"})
_WORD: Final = re.compile(r"[^\s,;:{}\[\]()]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A sentence, and whether what it names drifts: two runs within minutes tell little of one years ago."""

    words: str
    is_drifting: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """The first random numbers that are drawn without a seed: a sentence, the cell (from 0), and the line in it."""

    words: str
    cell: int
    line: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in the sources: its full name, as it is written, its cell, whether it was given anything, its keywords."""

    name: str
    written: str
    cell: int
    line: str
    has_arguments: bool
    keywords: tuple[str, ...]


def guess_why(
    sources: Sequence[str], index: int, texts: Sequence[str], changes: Sequence[RecordedFinding] = ()
) -> tuple[Guess, ...]:
    """Return guesses at what may make the outputs of cell `index` unstable, the likeliest first; none for no idea.

    `sources` are those of all cells, empty for what is no code; `texts` what our runs showed; `changes` what is not the
    same in the figures that they recorded.
    """
    calls = _all_calls(sources[: index + 1])
    drawn = _unseeded(calls)
    order, points = _reordered(texts), _reordered_values(changes)
    values = [
        Guess(drawn.words if drawn else ""),
        Guess(_named(calls, _THREADED, "threads or processes are used ({}), which add up in another order each time.")),
    ]
    words = [
        Guess(_clock(calls, sources, index), is_drifting=True),
        Guess(_named(calls, _IDENTITIES, "what identifies an object or a process is used ({})."), is_drifting=True),
    ]
    listing = Guess(_named(calls, _LISTINGS, "the order of a set or of a directory is used ({})."))
    if changes and all(change.what in _SAID for change in changes):
        # No number of the figure changes: what changes is what stands in its words.
        likely = [*words, listing, *values]
    elif points:
        likely = [Guess(points), listing, *values, *words]
    else:
        likely = [*values, *words, *([] if order else [listing])]
    return tuple(guess for guess in (Guess(order), *likely) if guess.words)


def _reordered(texts: Sequence[str]) -> str:
    if len(set(texts)) < 2:
        return ""
    words = [Counter(_WORD.findall(text[:MAX_SOURCE_CHARS])) for text in texts]
    return "the same words come in another order." if all(each == words[0] for each in words) else ""


def _reordered_values(changes: Sequence[RecordedFinding]) -> str:
    """Tell that our runs hold the same values of a figure in another order, where nothing else of it changes."""
    if not changes or any(change.what != "order" for change in changes):
        return ""
    return f"the same values come in another order ({changes[0].artist})."


def find_unseeded(sources: Sequence[str]) -> Draw | None:
    """Return the first random numbers that these cells draw before any seed is set; None where they draw none."""
    return _unseeded(_all_calls(sources))


def _unseeded(calls: Iterable[_Call]) -> Draw | None:
    for call in calls:
        last = call.name.rpartition(".")[2]
        if (last in _SEEDS or last in _GENERATORS) and call.has_arguments:
            return None
        if last in _GENERATORS:
            return Draw(f"{_said(call)} is made without a seed.", call.cell, call.line)
        is_random = (call.name.startswith(_RANDOM_ROOTS) and last not in _NO_DRAW) or _DRAWING.search(call.name)
        if is_random and not set(call.keywords) & set(_SEED_WORDS):
            return Draw(f"random numbers are drawn ({_said(call)}) and no seed is set before.", call.cell, call.line)
    return None


def _clock(calls: Sequence[_Call], sources: Sequence[str], index: int) -> str:
    if index < len(sources) and _TIMED_MAGIC.search(sources[index]):
        return f"cell {index + 1} is timed by a magic command."
    return _named(calls, _CLOCKS, "the time is asked for ({}).")


def _named(calls: Iterable[_Call], pattern: re.Pattern[str], sentence: str) -> str:
    """Name the last call that matches: the nearest one before the output."""
    found = [call for call in calls if pattern.search(call.name)]
    return sentence.format(_said(found[-1])) if found else ""


def _said(call: _Call) -> str:
    return f"{call.written} in cell {call.cell + 1}"


def _all_calls(sources: Sequence[str]) -> list[_Call]:
    names = dict(_USUAL_NAMES)
    return [call for cell, source in enumerate(sources) for call in _calls(source, cell, names)]


def _calls(source: str, cell: int, names: dict[str, str]) -> Iterator[_Call]:
    """Yield the calls of a cell in the order of the source; nothing for what is no Python.

    `names` are those that imports gave so far, each with the full name behind it; those of this cell are added.
    """
    if not source.strip() or len(source) > MAX_SOURCE_CHARS:
        return
    try:
        nodes = list(ast.walk(_parsed(source)))
        for node in nodes:
            names.update(_imported(node))
        calls = sorted((node for node in nodes if isinstance(node, ast.Call)), key=lambda node: node.lineno)
        written = [(node, _dotted(node.func)) for node in calls]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = source.split("\n")
    for node, name in written:
        if name:
            first, dot, rest = name.partition(".")
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            full = names.get(first, first) + dot + rest
            line = lines[node.lineno - 1].strip() if node.lineno <= len(lines) else name
            yield _Call(full, name, cell, line, bool(node.args or node.keywords), keywords)


def _parsed(source: str) -> ast.Module:
    """Parse a cell, and one of Python 2 with its print statements written as what may stand there in Python 3."""
    plain = _MAGIC.sub(r"\1pass", source)
    try:
        return ast.parse(plain)
    except SyntaxError:
        return ast.parse(_PRINT.sub(r"\1print, ", plain))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif not parts:
        return ""
    return ".".join(reversed(parts))
