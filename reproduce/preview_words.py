"""A file's tree in words: what its default plot shows to who cannot see it, and the files of a dataset in rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reproduce.preview.trees import Node, Tree
from reproduce.preview_files import PreviewFile

_MOST_NAMED: Final = 8
KINDS: Final = {
    "group": "group",
    "dataset": "values",
    "datatype": "type",
    "soft_link": "link",
    "external_link": "link to another file, which is not followed",
    "other": "of a kind that is not shown",
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a dataset as its page lists it.

    `preview` is there where it can be looked into or fetched for that, `has_picture` where it has a picture.
    """

    path: str
    size_bytes: int | None
    digest_kind: str
    digest: str
    preview: PreviewFile | None
    has_picture: bool


def rows_of_files(listed: Sequence[Any], previews: Iterable[PreviewFile], *, pictures: int) -> list[FileRow]:
    """Return the files of a dataset: those of its list, where it has none those found here; the first with a picture.

    Only what is on this machine can be looked into; what can be fetched has a page that offers it.
    """
    shown = {file.path: file for file in previews if file.is_here or file.source}
    here = {path: file for path, file in shown.items() if file.is_here}
    entries = [entry for entry in listed if isinstance(entry, Mapping)]
    entries = entries or [{"path": file.path, "size_bytes": file.size_bytes} for file in here.values()]
    with_picture = [path for entry in entries if (path := entry.get("path")) in here][:pictures]
    return [_row(entry, shown, with_picture) for entry in entries]


def row_of_file(listed: Sequence[Any], file: PreviewFile) -> FileRow:
    """Return what is known of one file, by the list of its dataset and by what lies here."""
    told = next((one for one in listed if isinstance(one, Mapping) and one.get("path") == file.path), None)
    return _row(told or {"path": file.path, "size_bytes": file.size_bytes}, {file.path: file}, ())


def _row(entry: Mapping[str, Any], shown: Mapping[str, PreviewFile], with_picture: Sequence[str]) -> FileRow:
    path = str(entry.get("path", ""))
    kind = next((kind for kind in ("sha256", "md5") if entry.get(kind)), "")
    digest = str(entry[kind]) if kind else ""
    return FileRow(path, entry.get("size_bytes"), kind, digest, shown.get(path), path in with_picture)


def default_plot_in_words(tree: Tree) -> str:
    """Return what the default plot of a file shows, by name, size and unit; empty where the file has none."""
    node = next((node for node in tree.nodes if node.path == tree.default), None)
    if node is None:
        return f"What the file plots by default, {tree.default}." if tree.default else ""
    if node.kind == "dataset":
        return f"Plot of {node.path}: {_values(node)}."
    inside = [one for one in tree.nodes if one.kind == "dataset" and one.path.rpartition("/")[0] == node.path]
    named = "; ".join(f"{one.name}, {_values(one)}" for one in inside[:_MOST_NAMED])
    more = f"; and {len(inside) - _MOST_NAMED} more" if len(inside) > _MOST_NAMED else ""
    return f"Plot of {node.path}, which holds {named}{more}." if named else f"Plot of {node.path}."


def _values(node: Node) -> str:
    size = "one value" if not node.shape else f"{' × '.join(str(length) for length in node.shape)} values"
    return f"{size} in {node.units}" if node.units else size
