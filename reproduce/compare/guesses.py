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

MAX_SOURCE_CHARS: Final = 200_000
_RANDOM_ROOTS: Final = ("random.", "numpy.random.", "torch.rand", "tensorflow.random.")
_DRAWING: Final = re.compile(
    r"(?:^|\.)(?:rvs|sample|shuffle|train_test_split|resample|KMeans|MiniBatchKMeans|(?:RandomForest|ExtraTrees)\w+|TSNE"
    r"|differential_evolution|dual_annealing|basinhopping|run_mcmc)$"
)
# Called without a seed they are drawn from the operating system.
_GENERATORS: Final = ("default_rng", "RandomState", "Random", "Generator", "PRNGKey")
_SEEDS: Final = ("seed", "manual_seed", "set_seed", "set_random_seed")
_SEED_WORDS: Final = ("random_state", "seed")
_NO_DRAW: Final = ("get_state", "set_state", "getstate", "setstate", "SystemRandom")
_CLOCKS: Final = re.compile(
    r"(?:^|\.)(?:time\.(?:time|perf_counter|process_time|monotonic)(?:_ns)?|perf_counter|default_timer"
    r"|(?:datetime|Timestamp|Time)\.(?:now|utcnow|today)|date\.today|strftime|ctime|localtime|gmtime)$"
)
_IDENTITIES: Final = re.compile(r"^(?:id|hash)$|(?:^|\.)(?:uuid1|uuid4|urandom|mkdtemp|mkstemp|getpid)$")
_LISTINGS: Final = re.compile(r"^(?:set|frozenset)$|(?:^|\.)(?:listdir|glob|iglob|rglob|iterdir|scandir|as_completed)$")
_THREADED: Final = re.compile(
    r"(?:^|\.)(?:Thread|ThreadPool|ThreadPoolExecutor|ProcessPoolExecutor|Pool|Parallel|prange)$"
)
_TIMED_MAGIC: Final = re.compile(r"^\s*%%?(?:time|timeit)\b", re.MULTILINE)
_MAGIC: Final = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_WORD: Final = re.compile(r"[^\s,;:{}\[\]()]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A sentence, and whether what it names drifts: two runs within minutes tell little of one years ago."""

    words: str
    is_drifting: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in the sources: its full name, as it is written, its cell, whether it was given anything, its keywords."""

    name: str
    written: str
    cell: int
    has_arguments: bool
    keywords: tuple[str, ...]


def guess_why(sources: Sequence[str], index: int, texts: Sequence[str]) -> tuple[Guess, ...]:
    """Return guesses at what may make the outputs of cell `index` unstable, the likeliest first; none for no idea.

    `sources` are those of all cells, empty for what is no code; `texts` what our runs showed.
    """
    names: dict[str, str] = {}
    calls = [call for number, source in enumerate(sources[: index + 1]) for call in _calls(source, number, names)]
    order = _reordered(texts)
    found = [
        Guess(order),
        Guess(_unseeded(calls)),
        Guess(_named(calls, _THREADED, "threads or processes are used ({}), which add up in another order each time.")),
        Guess(_clock(calls, sources, index), is_drifting=True),
        Guess(_named(calls, _IDENTITIES, "what identifies an object or a process is used ({})."), is_drifting=True),
        Guess("" if order else _named(calls, _LISTINGS, "the order of a set or of a directory is used ({}).")),
    ]
    return tuple(guess for guess in found if guess.words)


def _reordered(texts: Sequence[str]) -> str:
    if len(set(texts)) < 2:
        return ""
    words = [Counter(_WORD.findall(text[:MAX_SOURCE_CHARS])) for text in texts]
    return "the same words come in another order." if all(each == words[0] for each in words) else ""


def _unseeded(calls: Iterable[_Call]) -> str:
    """Tell the first random numbers that are drawn before any seed is set."""
    for call in calls:
        last = call.name.rpartition(".")[2]
        if last in _SEEDS and call.has_arguments:
            return ""
        if last in _GENERATORS:
            if call.has_arguments:
                return ""
            return f"{_said(call)} is made without a seed."
        is_random = (call.name.startswith(_RANDOM_ROOTS) and last not in _NO_DRAW) or _DRAWING.search(call.name)
        if is_random and not set(call.keywords) & set(_SEED_WORDS):
            return f"random numbers are drawn ({_said(call)}) and no seed is set before."
    return ""


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


def _calls(source: str, cell: int, names: dict[str, str]) -> Iterator[_Call]:
    """Yield the calls of a cell in the order of the source; nothing for what is no Python.

    `names` are those that imports gave so far, each with the full name behind it; those of this cell are added.
    """
    if not source.strip() or len(source) > MAX_SOURCE_CHARS:
        return
    try:
        nodes = list(ast.walk(ast.parse(_MAGIC.sub(r"\1pass", source))))
        for node in nodes:
            names.update(_imported(node))
        calls = sorted((node for node in nodes if isinstance(node, ast.Call)), key=lambda node: node.lineno)
        written = [(node, _dotted(node.func)) for node in calls]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node, name in written:
        if name:
            first, dot, rest = name.partition(".")
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            full = names.get(first, first) + dot + rest
            yield _Call(full, name, cell, bool(node.args or node.keywords), keywords)


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
