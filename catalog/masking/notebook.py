"""A notebook that tells nothing of its authors and still runs."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final

from catalog.masking.mask import Mask
from catalog.masking.pictures import PictureError, without_words
from catalog.masking.source import SourceMask

LARGEST_BYTES: Final = 15 * 2**20
_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
_MARKUP: Final = frozenset({"text/html", "text/markdown", "text/latex", "image/svg+xml"})
_KERNEL: Final = ("name", "display_name", "language")
_LANGUAGE: Final = ("name", "version", "file_extension", "mimetype")


class UnreadableNotebookError(ValueError):
    """What cannot be read cannot be masked, and is not shown."""


@dataclass(frozen=True, slots=True)
class MaskedNotebook:
    """The notebook, how many pictures it holds, which words of libraries stay, and files that are named otherwise."""

    content: bytes
    pictures: int
    stays: tuple[str, ...]
    files: tuple[str, ...]


def mask_notebook(content: bytes, mask: Mask) -> MaskedNotebook:
    """Return the notebook masked: sources, outputs, attachments; of its metadata the kernel and tags alone are kept.

    Raises UnreadableNotebookError.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableNotebookError("larger than 15 MB")
    try:
        notebook = json.loads(content)
        cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
        sources = SourceMask(mask)
        sources.learn(_joined(cell.get("source")) for cell in cells if cell.get("cell_type") == "code")
        masking = _Masking(mask, sources)
        masked = {
            "nbformat": int(notebook["nbformat"]),
            "nbformat_minor": int(notebook["nbformat_minor"]),
            "metadata": masking.metadata(notebook.get("metadata") or {}),
            "cells": [masking.cell(cell) for cell in cells],
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableNotebookError(type(error).__name__) from error
    text = json.dumps(masked, ensure_ascii=False, indent=1)
    return MaskedNotebook(
        text.encode("utf-8", "replace"), masking.pictures, tuple(sorted(sources.stays)), tuple(sorted(sources.files))
    )


class _Masking:
    """Walks one notebook."""

    def __init__(self, mask: Mask, sources: SourceMask) -> None:
        self._mask, self._sources = mask, sources
        self.pictures = 0

    def metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        kernel, language = metadata.get("kernelspec") or {}, metadata.get("language_info") or {}
        kept: dict[str, Any] = {}
        # Half of either is no valid notebook.
        if {"name", "display_name"} <= kernel.keys():
            kept["kernelspec"] = {name: self._mask.text(str(kernel[name])) for name in _KERNEL if name in kernel}
        if "name" in language:
            said = {name: language[name] for name in _LANGUAGE if name in language}
            kept["language_info"] = {name: self._mask.text(str(value)) for name, value in said.items()}
        return kept

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        kind, source = str(cell["cell_type"]), _joined(cell.get("source"))
        tags = (cell.get("metadata") or {}).get("tags")
        masked: dict[str, Any] = {
            "cell_type": kind,
            "metadata": {"tags": self._mask.json(tags)} if isinstance(tags, list) else {},
        }
        if "id" in cell:
            masked["id"] = self._mask.text(str(cell["id"]))
        if kind == "code":
            masked["source"] = self._sources.source(source)
            masked["execution_count"] = cell.get("execution_count")
            masked["outputs"] = [self._output(output) for output in cell.get("outputs") or ()]
        else:
            masked["source"] = self._mask.markup(source)
            if cell.get("attachments"):
                attached = cell["attachments"].items()
                masked["attachments"] = {self._mask.text(name): self._bundle(bundle) for name, bundle in attached}
        return masked

    def _output(self, output: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        kind = str(output["output_type"])
        if kind == "stream":
            text = self._mask.text(_joined(output.get("text")))
            return {"output_type": kind, "name": str(output.get("name", "stdout")), "text": text}
        if kind == "error":
            said = {name: self._mask.json(output.get(name) or "") for name in ("ename", "evalue")}
            return {"output_type": kind, **said, "traceback": self._mask.json(output.get("traceback") or [])}
        masked: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": self._bundle(output.get("data") or {})}
        if kind == "execute_result":
            masked["execution_count"] = output.get("execution_count")
        return masked

    def _bundle(self, bundle: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """Return the forms of one output that can be masked; other binary ones are left out."""
        kept: dict[str, Any] = {}
        for kind, held in bundle.items():
            if kind in _PICTURES:
                self.pictures += 1
                try:
                    raw = base64.b64decode("".join(_joined(held).split()), validate=True)
                    kept[kind] = base64.b64encode(without_words(raw)).decode()
                except (binascii.Error, PictureError):
                    continue
            elif kind in _MARKUP:
                self.pictures += kind == "image/svg+xml"
                kept[kind] = self._mask.markup(_joined(held))
            elif kind.startswith("text/") or kind == "application/javascript":
                kept[kind] = self._mask.text(_joined(held))
            elif kind.endswith("json"):
                kept[kind] = self._mask.json(held)
        return kept


def _joined(held: Any) -> str:  # noqa: ANN401 - a text, or its lines
    return "".join(map(str, held)) if isinstance(held, list) else str(held or "")
