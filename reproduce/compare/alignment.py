"""Which executed cell belongs to which published one: by id, then by what the runner noted, then by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

NOTE: Final = "reprise"
INJECTED_TAG: Final = "injected-parameters"
# difflib needs quadratic time on many equal sources; beyond this only unique ids and indices align.
MAX_BY_SOURCE: Final = 2000


@dataclass(frozen=True, slots=True)
class CellPair:
    """A published code cell and its executed counterpart; one of them may be absent, never both.

    `id` is nbformat's or "cell-<index>"; `index` is the place in the published notebook. An executed cell that no
    published one belongs to is numbered after the end of the published notebook.
    """

    id: str
    index: int
    published: Any | None
    fresh: Any | None


def align_cells(published: Sequence[Any], fresh: Sequence[Any]) -> tuple[CellPair, ...]:
    """Pair the code cells of two notebooks. Cells that papermill injected are left out.

    Never by naive position: an inserted, removed or moved cell must not shift the others.
    """
    ours = {index: cell for index, cell in enumerate(published) if _is_compared(cell)}
    theirs = {index: cell for index, cell in enumerate(fresh) if _is_compared(cell)}
    matches: dict[int, int] = {}
    _match_by_key(matches, ours, theirs, {i: _id(c) for i, c in ours.items()}, {i: _id(c) for i, c in theirs.items()})
    noted = {index: _noted_index(cell) for index, cell in theirs.items()}
    _match_by_key(matches, ours, theirs, {index: str(index) for index in ours}, noted)
    _match_by_source(matches, ours, theirs)
    pairs = [
        CellPair(_id(cell) or f"cell-{index}", index, cell, theirs[matches[index]] if index in matches else None)
        for index, cell in ours.items()
    ]
    taken = set(matches.values())
    extra = [cell for index, cell in theirs.items() if index not in taken]
    for offset, cell in enumerate(extra):
        index = len(published) + offset
        pairs.append(CellPair(_id(cell) or f"cell-{index}", index, None, cell))
    return tuple(pairs)


def _is_compared(cell: Any) -> bool:  # noqa: ANN401 - a notebook node
    tags = (cell.get("metadata") or {}).get("tags")
    return cell.get("cell_type") == "code" and not (isinstance(tags, list) and INJECTED_TAG in tags)


def _id(cell: Any) -> str | None:  # noqa: ANN401 - a notebook node
    value = cell.get("id")
    return value if isinstance(value, str) and value else None


def _noted_index(cell: Any) -> str | None:  # noqa: ANN401 - a notebook node
    noted = (cell.get("metadata") or {}).get(NOTE)
    index = noted.get("index") if isinstance(noted, dict) else None
    return str(index) if isinstance(index, int) and not isinstance(index, bool) else None


def _match_by_key(
    matches: dict[int, int],
    ours: Mapping[int, Any],
    theirs: Mapping[int, Any],
    our_keys: Mapping[int, str | None],
    their_keys: Mapping[int, str | None],
) -> None:
    """Match what has the same key on both sides and is still free. A key that occurs twice decides nothing."""
    taken = set(matches.values())
    by_key: dict[str, int | None] = {}
    for index in theirs:
        key = their_keys.get(index)
        if key is not None and index not in taken:
            by_key[key] = None if key in by_key else index
    seen: set[str] = set()
    for index in ours:
        key = our_keys.get(index)
        found = by_key.get(key) if key is not None else None
        if key is not None and found is not None and index not in matches and key not in seen:
            matches[index] = found
            seen.add(key)


def _match_by_source(matches: dict[int, int], ours: dict[int, Any], theirs: dict[int, Any]) -> None:
    taken = set(matches.values())
    left = [index for index in ours if index not in matches]
    right = [index for index in theirs if index not in taken]
    if not left or not right or len(left) > MAX_BY_SOURCE or len(right) > MAX_BY_SOURCE:
        return
    sources = [_source(ours[index]) for index in left], [_source(theirs[index]) for index in right]
    for block in SequenceMatcher(None, sources[0], sources[1], autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            matches[left[block.a + offset]] = right[block.b + offset]
    # What was moved: a source that is left once on either side.
    remaining = set(matches.values())
    lone = {index: source for index, source in zip(right, sources[1], strict=True) if index not in remaining}
    _match_by_key(matches, ours, theirs, dict(zip(left, sources[0], strict=True)), lone)


def _source(cell: Any) -> str:  # noqa: ANN401 - a notebook node
    source = cell.get("source", "")
    text = "".join(source) if isinstance(source, list) else str(source)
    # Editors strip what ends a line.
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
