"""The notebook before and after: read whatever its age, prepared to be run, cleaned to be kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import nbformat
from nbformat import NotebookNode, converter, reader
from papermill.parameterize import parameterize_notebook

from builder.parameters import is_tagged, set_in_place
from reproduce.runner.job import Job
from reproduce.runner.notebook_bytes import NotebookInvalidError, check_notebook_bytes

_CELL_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CELL_TYPES: Final = frozenset({"code", "markdown", "raw", "heading"})
_RAISES: Final = "raises-exception"
BLOCK: Final = "reprise"
_CONTENT: Final = ("output_type", "name", "text", "data", "ename", "evalue")


def prepare_notebook(content: bytes, job: Job) -> NotebookNode:
    """Return the notebook to run, in nbformat 4.5.

    Each published cell carries `metadata.reprise` with its `index` and `id` ("cell-<index>" where it has none of its
    own), so that a comparison finds it whatever was injected. A cell that was published with an error is run past it,
    and so is one that was not run when the others were.
    Raises NotebookInvalidError.
    """
    check_notebook_bytes(content)
    try:
        # The reader joins lines and knows every version, but corrects nothing: ids stay as they were published.
        notebook: NotebookNode = reader.reads(content.decode("utf-8-sig"))
        if notebook.nbformat < 4:
            notebook = converter.convert(notebook, 4)
        _check_shape(notebook)
        has_ids = (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
        published_ids = [cell.get("id") if has_ids else None for cell in notebook.cells]
        notebook = nbformat.v4.upgrade(notebook)
        _name_cells(notebook, published_ids)
    except NotebookInvalidError:
        raise
    except Exception as error:  # nbformat fails on malformed notebooks in every way there is
        raise NotebookInvalidError(f"{type(error).__name__}: {str(error)[:300]}") from error
    notebook.metadata["papermill"] = {}
    for cell in notebook.cells:
        cell.metadata["papermill"] = {}
    return _with_parameters(notebook, job) if job.parameters else notebook


def node(data: dict[str, Any]) -> NotebookNode:
    """The same as nbformat's kind of dictionary, nested ones too."""
    made: NotebookNode = nbformat.from_dict(data)
    return made


def finish_notebook(notebook: NotebookNode, job: Job, status: str) -> bytes:
    """Return the executed notebook as it is kept: without what papermill and the runner added for themselves."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata[BLOCK] = {"status": status, "notebook": job.notebook, "parameters": job.parameters}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        block = cell.metadata.get(BLOCK, {})
        if (block.get("is_error_expected") or block.get("is_never_run")) and not block.pop("is_tagged", False):
            cell.metadata["tags"] = [tag for tag in cell.metadata["tags"] if tag != _RAISES]
        if not cell.metadata["tags"]:
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            cell["outputs"] = _joined_streams(cell.get("outputs", []))
    text: str = nbformat.v4.writes(notebook, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def outputs_digest(notebook: NotebookNode) -> str:
    """Return the SHA-256 of what the published cells gave: a list for each, as canonical JSON.

    Of an output count its type and its content; not the number of its execution, nor metadata. Canonical are sorted
    keys, no spaces, ASCII.
    """
    kept = [
        [{name: output[name] for name in _CONTENT if name in output} for output in cell.get("outputs", [])]
        for cell in notebook.cells
        if cell.cell_type == "code" and "index" in cell.metadata.get(BLOCK, {})
    ]
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def is_to_run(cell: NotebookNode) -> bool:
    """Whether the cell is code of the published notebook that does something."""
    return cell.cell_type == "code" and bool(cell.source.strip()) and "index" in cell.metadata.get(BLOCK, {})


def _check_shape(notebook: NotebookNode) -> None:
    if not isinstance(notebook.get("cells"), list):
        raise NotebookInvalidError("it has no list of cells")
    notebook.setdefault("metadata", node({}))
    if not isinstance(notebook.metadata, dict):
        raise NotebookInvalidError("its metadata is no object")
    for index, cell in enumerate(notebook.cells):
        if not isinstance(cell, dict) or cell.get("cell_type") not in _CELL_TYPES:
            raise NotebookInvalidError(f"cell {index + 1} is of no known type")
        if not isinstance(cell.get("source"), str):
            raise NotebookInvalidError(f"cell {index + 1} has no source")
        if not isinstance(cell.setdefault("metadata", node({})), dict):
            raise NotebookInvalidError(f"the metadata of cell {index + 1} is no object")
        if cell["cell_type"] == "code" and not isinstance(cell.setdefault("outputs", []), list):
            raise NotebookInvalidError(f"the outputs of cell {index + 1} are no list")


def _name_cells(notebook: NotebookNode, published_ids: list[Any]) -> None:
    usual = [name if isinstance(name, str) and _CELL_ID.fullmatch(name) else None for name in published_ids]
    counts = Counter(usual)
    was_run = any(cell.get("execution_count") is not None for cell in notebook.cells)
    for index, cell in enumerate(notebook.cells):
        name = usual[index]
        if not isinstance(cell.metadata.get("tags"), list):
            cell.metadata["tags"] = []
        cell["id"] = name if name is not None and counts[name] == 1 else f"cell-{index}"
        block: dict[str, Any] = {"index": index, "id": cell["id"]}
        if cell.cell_type == "code" and any(_is_error(output) for output in cell.outputs):
            block["is_error_expected"] = True
            block["is_tagged"] = _tag(cell)
        elif was_run and cell.cell_type == "code" and not cell.outputs and cell.get("execution_count") is None:
            # Left unrun when the paper was written, often an exercise: what it raises contradicts nothing published.
            block["is_never_run"] = True
            block["is_tagged"] = _tag(cell)
        cell.metadata[BLOCK] = node(block)


def _is_error(output: Any) -> bool:  # noqa: ANN401 - the notebook is not ours
    return isinstance(output, dict) and output.get("output_type") == "error"


def _tag(cell: NotebookNode) -> bool:
    """Let the cell raise; True when its author had said so already."""
    is_tagged = _RAISES in cell.metadata["tags"]
    if not is_tagged:
        cell.metadata["tags"].append(_RAISES)
    return is_tagged


def _with_parameters(published: NotebookNode, job: Job) -> NotebookNode:
    """Set them where papermill sets them if a cell is tagged; else where the notebook itself assigns them."""
    rest = job.parameters if any(map(is_tagged, published.cells)) else set_in_place(published.cells, job.parameters)
    if not rest:
        return published
    notebook: NotebookNode = parameterize_notebook(
        published, rest, kernel_name="reprise", language=job.kernel.language.lower(), comment="Parameters"
    )
    for cell in notebook.cells:
        if BLOCK not in cell.metadata:
            cell["id"] = "reprise-parameters"
            cell.metadata[BLOCK] = node({"is_injected": True})
            cell.metadata["papermill"] = {}
    return notebook


def _joined_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring texts of the same stream, as a notebook saved by Jupyter has them."""
    joined: list[Any] = []
    texts: list[list[str]] = []
    for output in outputs:
        if output.get("output_type") != "stream":
            joined.append(output)
            texts.append([])
        elif joined and texts[-1] and joined[-1].get("name") == output.get("name"):
            texts[-1].append(str(output.get("text", "")))
        else:
            joined.append(output)
            texts.append([str(output.get("text", ""))])
    for output, parts in zip(joined, texts, strict=True):
        if parts:
            output["text"] = "".join(parts)
    return joined


def write_notebook(path: Path, content: bytes) -> None:
    """Write the executed notebook in one step."""
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(content)
    partial.replace(path)
