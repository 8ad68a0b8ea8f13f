"""What a diagnosis may look at: how the run ended, the stored notebook, the packages, the comparison. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from packaging.utils import canonicalize_name

from builder.engines.protocol import BuiltEnvironment
from reproduce.compare import FileComparison, NotebookComparison
from reproduce.runner.job import Failure, Result

_NO_FAILURE: Final = Failure(None, None, "", "", "")
# Of longer cells the beginning counts: the rules are linear, but a stranger chooses the length.
_SOURCE_CHARACTERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class StoredCell:
    """A code cell as it was published. `index` is its place in the notebook, from 0.

    `shown_counts` are the execution counts that its stored results carry, `has_outputs` whether it has any output.
    """

    index: int
    source: str
    execution_count: int | None = None
    has_outputs: bool = False
    shown_counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a rule may know. `packages` are versions by normalised name, `python` is "" where nobody knows it.

    `language` is that of the kernel; of another than Python no version is known.
    """

    result: Result
    cells: tuple[StoredCell, ...] = ()
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    kernel_log: str = ""
    comparison: NotebookComparison | None = None
    files: tuple[FileComparison, ...] = ()
    language: str = "python"

    @property
    def failure(self) -> Failure:
        """Where and how the run ended short; an empty one where it tells nothing."""
        return self.result.failure or _NO_FAILURE

    @property
    def cell(self) -> str:
        """The failing cell, counted from 1 as people do."""
        index = self.failure.cell_index
        return "(none)" if index is None else str(index + 1)

    @property
    def failing(self) -> StoredCell | None:
        """The failing cell as it was published."""
        return next((cell for cell in self.cells if cell.index == self.failure.cell_index), None)

    @property
    def source(self) -> str:
        """The source of the failing cell, as whole as it is known."""
        return self.failing.source if self.failing else self.failure.source

    @property
    def python_version(self) -> tuple[int, ...]:
        """The kernel's Python as numbers, (3, 9); empty where it is not known."""
        parts = self.python.split(".")[:2]
        return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def facts_of(
    result: Result,
    published: Any,  # noqa: ANN401 - nbformat's node
    built: BuiltEnvironment,
    kernel_log: str = "",
) -> Facts:
    """Gather the facts of a run of the `published` notebook in `built`."""
    packages = {str(canonicalize_name(package.name)): package.version for package in built.lock.packages}
    return Facts(result, stored_cells(published), built.python_version, packages, kernel_log, language=built.language)


def stored_cells(notebook: Any) -> tuple[StoredCell, ...]:  # noqa: ANN401 - nbformat's node
    """Return the code cells of a notebook; what they hold besides is left out."""
    return tuple(
        _stored(index, cell)
        for index, cell in enumerate(notebook.get("cells") or [])
        if cell.get("cell_type") == "code"
    )


def _stored(index: int, cell: Mapping[str, Any]) -> StoredCell:
    outputs = cell.get("outputs") or []
    counts = [output.get("execution_count") for output in outputs if output.get("output_type") == "execute_result"]
    source = cell.get("source", "")
    text = "".join(source) if isinstance(source, list) else str(source)
    return StoredCell(
        index,
        text[:_SOURCE_CHARACTERS],
        _count(cell.get("execution_count")),
        bool(outputs),
        tuple(count for count in map(_count, counts) if count is not None),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
