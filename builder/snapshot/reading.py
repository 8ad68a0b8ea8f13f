"""Read one notebook, whoever wrote it: any format version in, a valid version 4 with stable cell ids out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import nbformat
from nbformat import NotebookNode

from builder.errors import SnapshotError
from builder.snapshot.tree import size_words

__all__ = ["SIZE_LIMIT_BYTES", "NotebookNode", "read_notebook"]

SIZE_LIMIT_BYTES: Final = 100 * 2**20
CELLS_LIMIT: Final = 20_000
# What a parsed value takes in memory is many times what it takes in the file; texts are what they are.
_VALUES_LIMITS: Final = ((b"{", 500_000), (b"[", 5_000_000), (b",", 20_000_000))
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_TOKENS: Final = re.compile(rb'(?:[^"]++|"(?:[^"\\]|\\.)*+")*+', re.DOTALL)
_PIECE: Final = 2**20
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_CELL_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_notebook(path: Path, *, name: str | None = None) -> NotebookNode:
    """Return the notebook at `path` in format 4.5. Cells without a usable id get "cell-<index>", never a random one.

    `name` is what messages call it. Raises SnapshotError notebook-missing, -too-large, -not-json or -invalid.
    """
    name = name or path.name
    data = _load(path, name)
    version = data.get("nbformat")
    has_cells = isinstance(data.get("cells"), list) or isinstance(data.get("worksheets"), list)
    if not isinstance(version, int) or isinstance(version, bool) or not has_cells:
        raise SnapshotError("notebook-invalid", path=name, reason="it has no cells or no format version")
    if version not in (2, 3, 4):
        raise SnapshotError("notebook-invalid", path=name, reason=f"its format version is {version}")
    if version == 4 and len(data.get("cells") or ()) > CELLS_LIMIT:
        raise SnapshotError("notebook-too-large", path=name, limit=f"{CELLS_LIMIT} cells")
    try:
        _mend_before(data, version)
        ids = [cell.get("id") for cell in data["cells"]] if version == 4 else []
        notebook: NotebookNode = nbformat.from_dict(data) if version == 4 else nbformat.convert(_old(data, version), 4)
        _mend(notebook)
        _name_cells(notebook, ids)
        nbformat.validate(notebook, relax_add_props=True)
    except SnapshotError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise SnapshotError("notebook-invalid", path=name, reason=lines[0][:300] if lines else "unknown") from error
    return notebook


def _load(path: Path, name: str) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > SIZE_LIMIT_BYTES:
            raise SnapshotError("notebook-too-large", path=name, limit=size_words(SIZE_LIMIT_BYTES))
        raw = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise SnapshotError("notebook-missing", path=name) from error
    _judge_values(raw, name)
    try:
        data = json.loads(raw.decode("utf-8-sig"))
        if _HALF.search(raw):
            data = _without_halves(data)
    except (ValueError, RecursionError) as error:
        reason = "it is empty" if not raw.strip() else _json_reason(raw, error)
        raise SnapshotError("notebook-not-json", path=name, reason=reason) from error
    if not isinstance(data, dict):
        raise SnapshotError("notebook-invalid", path=name, reason="it is not a JSON object")
    return data


def _judge_values(raw: bytes, name: str) -> None:
    """Refuse what would unfold in memory, before anything is parsed. Raises SnapshotError notebook-too-large."""
    if all(raw.count(sign) <= most for sign, most in _VALUES_LIMITS):
        return
    # Signs inside texts do not count. In pieces, because there may be millions of texts.
    counts, place = dict.fromkeys((sign for sign, _ in _VALUES_LIMITS), 0), 0
    while place < len(raw):
        whole = _TOKENS.match(raw, place, place + _PIECE)
        end = whole.end() if whole else place
        if end == place:
            # A text that is longer than a piece, or one that does not end.
            text = _STRING.match(raw, place)
            place = text.end() if text else len(raw)
            continue
        structure = _STRING.sub(b"", raw[place:end])
        for sign, most in _VALUES_LIMITS:
            counts[sign] += structure.count(sign)
            if counts[sign] > most:
                raise SnapshotError("notebook-too-large", path=name, limit=f"{most} values")
        place = end


def _without_halves(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the value with whole letters alone: half of a surrogate pair can be kept and shown nowhere."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_halves(each) for each in value]
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(each) for key, each in value.items()}
    return value


def _json_reason(raw: bytes, error: Exception) -> str:
    if re.search(rb"^(<<<<<<< |>>>>>>> )", raw, re.MULTILINE):
        return "it holds conflict markers of git"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)[:200]


def _old(data: dict[str, Any], version: int) -> NotebookNode:
    old: NotebookNode = nbformat.versions[version].reads_json(json.dumps(data))
    return old


def _mend_before(data: dict[str, Any], version: int) -> None:
    """Put right what would make nbformat stumble before it can say what is wrong."""
    if not isinstance(data.get("metadata"), dict):
        data["metadata"] = {}
    if version == 4:
        if not all(isinstance(cell, dict) for cell in data["cells"]):
            raise ValueError("one of its cells is not an object")
    else:
        data["metadata"].setdefault("name", "")


def _mend(notebook: Any) -> None:  # noqa: ANN401 (nbformat is untyped)
    """Add the empty fields that old clients left out, and join what they left as lists of lines."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _mend_metadata(notebook.metadata)
    for cell in notebook.cells:
        cell.setdefault("metadata", {})
        cell.source = _joined(cell.get("source", ""))
        if cell.get("cell_type") == "heading":
            cell.source = "#" * max(1, min(6, int(cell.pop("level", 1)))) + " " + cell.source
            cell.cell_type = "markdown"
        if cell.get("cell_type") != "code":
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
            continue
        cell.setdefault("execution_count", None)
        cell.setdefault("outputs", [])
        for output in cell.outputs:
            _mend_output(output)


def _mend_metadata(metadata: Any) -> None:  # noqa: ANN401 (nbformat is untyped)
    """Drop a kernel or language that has no name; such an entry says nothing."""
    for key in ("kernelspec", "language_info"):
        entry = metadata.get(key, {})
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            metadata.pop(key, None)
        elif key == "kernelspec":
            entry.setdefault("display_name", entry["name"])


def _mend_output(output: Any) -> None:  # noqa: ANN401
    kind = output.get("output_type")
    if kind == "stream":
        output.setdefault("name", "stdout")
        output.text = _joined(output.get("text", ""))
    elif kind in ("display_data", "execute_result"):
        output.setdefault("metadata", {})
        output.setdefault("data", {})
        for mime, content in output.data.items():
            if not mime.endswith("json"):
                output.data[mime] = _joined(content)
    elif kind == "error":
        output.setdefault("ename", "")
        output.setdefault("evalue", "")
        output.setdefault("traceback", [])
    if kind == "execute_result":
        output.setdefault("execution_count", None)


def _joined(text: object) -> object:
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "".join(text)
    return text


def _name_cells(notebook: Any, ids: list[object]) -> None:  # noqa: ANN401
    kept = {id_ for id_ in ids if isinstance(id_, str) and _CELL_ID.fullmatch(id_)}
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        id_ = ids[index] if index < len(ids) else None
        if not isinstance(id_, str) or id_ not in kept or id_ in seen:
            id_ = f"cell-{index}"
            while id_ in kept or id_ in seen:
                id_ += "-x"
        cell.id = id_
        seen.add(id_)
