"""The outputs of one cell on both sides: merged, paired, and each pair sent to the comparator of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reproduce.compare.normalise import apply_carriage_returns

STDOUT: Final = "application/vnd.jupyter.stdout"
STDERR: Final = "application/vnd.jupyter.stderr"
ERROR: Final = "application/vnd.jupyter.error"
MAX_PAIRED: Final = 300

_STREAMS: Final = {"stdout": STDOUT, "stderr": STDERR}


@dataclass(frozen=True, slots=True)
class Output:
    """One output as compared: a merged stream, an error, or a bundle of MIME types (execute_result or display_data).

    `place` is where it stands among the outputs of its cell, which says nothing of what it shows.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    place: int = field(default=-1, compare=False)

    @property
    def main_mime(self) -> str:
        """The MIME type an output goes by: its richest."""
        if self.kind != "bundle":
            return self.kind
        return min(self.data, key=_richness, default="text/plain")


@dataclass(frozen=True, slots=True)
class OutputPair:
    """A published output and the fresh one that belongs to it; one of them may be absent, never both."""

    published: Output | None
    fresh: Output | None


PDF: Final = "application/pdf"
IMAGES: Final = ("image/png", "image/svg+xml", "image/jpeg", "image/gif", PDF)
_ORDER: Final = (*IMAGES, "text/html", "text/latex", "text/markdown", "text/plain")


def _richness(mime: str) -> tuple[int, str]:
    if mime in _ORDER:
        return (_ORDER.index(mime), mime)
    return (len(IMAGES) if mime != "text/plain" else len(_ORDER), mime)


def read_outputs(cell: Any | None) -> list[Output]:  # noqa: ANN401 - a notebook node or nothing
    """Return the outputs of a cell with its streams merged by name at the place of the first, as nbval does.

    Kernels cut a stream where time falls, so the cuts and their interleaving with figures mean nothing.
    """
    merged: list[Output] = []
    streams: dict[str, list[str]] = {}
    for place, output in enumerate((cell.get("outputs") or []) if cell is not None else []):
        kind = output.get("output_type")
        if kind == "stream":
            name = _STREAMS.get(str(output.get("name")), STDOUT)
            if name not in streams:
                merged.append(Output(name, place=place))
            streams.setdefault(name, []).append(as_text(output.get("text", "")))
        elif kind == "error":
            names = {key: as_text(output.get(key, "")) for key in ("ename", "evalue")}
            merged.append(Output(ERROR, dict(names), place))
        elif kind in ("execute_result", "display_data"):
            merged.append(Output("bundle", dict(output.get("data") or {}), place))
    for output in merged:
        if output.kind in streams:
            output.data["text"] = apply_carriage_returns("".join(streams[output.kind]))
    return merged


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever the notebook holds
    """Return a multi-line string of nbformat, which may be a list of lines, as one text."""
    return "".join(str(part) for part in value) if isinstance(value, list) else str(value)


def pair_outputs(published: Sequence[Output], fresh: Sequence[Output]) -> list[OutputPair]:
    """Pair outputs kind by kind and in order; where the counts differ, so that most pairs show the same."""
    pairs: list[OutputPair] = []
    for kind in dict.fromkeys(output.kind for output in (*published, *fresh)):
        ours = [output for output in published if output.kind == kind]
        theirs = [output for output in fresh if output.kind == kind]
        if len(ours) == len(theirs) or max(len(ours), len(theirs)) > MAX_PAIRED:
            pairs += [
                OutputPair(
                    ours[i] if i < len(ours) else None,
                    theirs[i] if i < len(theirs) else None,
                )
                for i in range(max(len(ours), len(theirs)))
            ]
        else:
            pairs += _pair_best(ours, theirs)
    order = {id(output): place for place, output in enumerate(published)}
    return sorted(pairs, key=lambda pair: order.get(id(pair.published), len(order)))


def _likeness(one: Output, other: Output) -> int:
    if one.data == other.data:
        return 4
    if one.main_mime == other.main_mime:
        return 2
    return 1 if set(one.data) & set(other.data) else 0


def _pair_best(ours: list[Output], theirs: list[Output]) -> list[OutputPair]:
    """Align two ordered lists so that the sum of likenesses is largest (Needleman and Wunsch 1970, gaps free)."""
    best = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            paired = best[i + 1][j + 1] + _likeness(ours[i], theirs[j])
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs: list[OutputPair] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        likeness = _likeness(ours[i], theirs[j])
        if likeness and best[i][j] == best[i + 1][j + 1] + likeness:
            pairs.append(OutputPair(ours[i], theirs[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append(OutputPair(ours[i], None))
            i += 1
        else:
            pairs.append(OutputPair(None, theirs[j]))
            j += 1
    pairs += [OutputPair(output, None) for output in ours[i:]]
    pairs += [OutputPair(None, output) for output in theirs[j:]]
    return pairs
