"""What a comparison says, output by output. Plain data, no Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OutputState = Literal[
    "identical", "within_tolerance", "differs", "unstable", "not_compared", "missing", "unexpected", "ignored"
]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a re-run output may be from the published one.

    `rtol` and `atol` as in |a - b| <= atol + rtol * |b| for numbers in text; None for `rtol` means "to the printed
    precision". `image` is the largest accepted value of the image metric (its unit and reasoning: docs/comparison.md).
    """

    rtol: float | None = None
    atol: float = 0.0
    image: float | None = None
    disabled_rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OutputComparison:
    """One output. `metric` names what was measured and its value; `reason` is a sentence for people.

    `published` and `fresh` are the decoded bytes of the two images where there are any, `difference_png` the
    difference map, present for every image pair that is not pixel-equal; none of the three is part of the JSON form.
    `noise` tells how far our own runs are apart, where the notebook was run more than once and they disagree.
    """

    mime: str
    state: OutputState
    metric: Mapping[str, Any] | None = None
    tolerance: Mapping[str, Any] | None = None
    reason: str = ""
    rules: tuple[str, ...] = ()
    published: bytes | None = field(default=None, repr=False)
    fresh: bytes | None = field(default=None, repr=False)
    difference_png: bytes | None = field(default=None, repr=False)
    published_text: str | None = field(default=None, repr=False)
    fresh_text: str | None = field(default=None, repr=False)
    noise: Mapping[str, Any] | None = None


# (MIME type, published, fresh, tolerance) -> what `compare_pictures` says of the two encoded pictures.
ComparePictures = Callable[[str, bytes, bytes, Tolerance], OutputComparison]


@dataclass(frozen=True, slots=True)
class CellComparison:
    """One code cell; `id` is nbformat's, or "cell-<index>" where the published notebook has none.

    `index` is the cell's place in the published notebook, from 0. `state` is the worst of its outputs, "not_compared"
    when it has none that could be compared, "identical" when both sides have no outputs. `notes` are sentences on how
    the published outputs came about, as far as the published notebook tells.
    """

    id: str
    index: int
    state: OutputState
    outputs: tuple[OutputComparison, ...]
    source: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One output file, by its path in the repository. `is_claimed` is false where the repository holds none like it.

    Digests and size are None for a side that has no such file. A file that is not claimed says nothing of the target.
    """

    path: str
    outcome: OutputComparison
    published_sha256: str | None = None
    fresh_sha256: str | None = None
    size_bytes: int | None = None
    is_claimed: bool = True


@dataclass(frozen=True, slots=True)
class NotebookComparison:
    """All cells, and the count of outputs in each state. `runs` is how many runs of ours it rests on."""

    cells: tuple[CellComparison, ...]
    counts: Mapping[str, int]
    version: str
    runs: int = 1
