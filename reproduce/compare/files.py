"""Output files: each published one and its re-run, by what kind of file it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from reproduce.compare.apart import Apart, Confine, CutShortError
from reproduce.compare.delimited import compare_delimited
from reproduce.compare.images import compare_pictures
from reproduce.compare.json_data import compare_json
from reproduce.compare.model import FileComparison, OutputComparison, Tolerance
from reproduce.compare.numbers import tolerance_as_dict
from reproduce.compare.pdf_figures import compare_pdfs
from reproduce.compare.sanitize import SanitizeRule
from reproduce.compare.svg import compare_svg
from reproduce.compare.text import TextSettings, compare_text

MAX_READ_BYTES: Final = 64 * 2**20
ARRAY_TIMEOUT_S: Final = 300.0

_PICTURES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
_ARRAYS: Final = {
    **dict.fromkeys((".h5", ".hdf5", ".hdf", ".nxs", ".nx", ".nx5"), ("application/x-hdf5", "hdf5")),
    **dict.fromkeys((".nc", ".nc4", ".netcdf"), ("application/x-netcdf", "hdf5")),
    ".npy": ("application/x-npy", "npy"),
    ".npz": ("application/x-npz", "npz"),
}
_TEXTS: Final = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".tex": "text/x-tex",
    **dict.fromkeys((".txt", ".dat", ".asc", ".xy", ".xye", ".log", ".yaml", ".yml", ".toml", ".ini"), "text/plain"),
}


def compare_files(
    published: Mapping[str, Path],
    fresh: Mapping[str, Path],
    *,
    declared: Iterable[str] = (),
    tolerance: Tolerance,
    sanitize: Sequence[SanitizeRule] = (),
    confine: Confine | None = None,
) -> tuple[FileComparison, ...]:
    """Compare the files of both sides, by their paths in the repository; sorted by path.

    A published file that the run did not write is missing, as is a path in `declared` that neither side has. A fresh
    one that the repository does not hold is kept, and nothing is claimed of it. `confine` wraps the command that reads
    files of arrays and PDFs. Never raises for what a file holds.
    """
    settings = TextSettings(tolerance, tuple(sanitize), Apart(confine))
    found = []
    for path in sorted({*published, *fresh, *declared}):
        one, other = published.get(path), fresh.get(path)
        found.append(
            FileComparison(
                path,
                _outcome(path, one, other, settings),
                published_sha256=_digest(one) if one else None,
                fresh_sha256=_digest(other) if other else None,
                size_bytes=other.stat().st_size if other else None,
                is_claimed=one is not None or other is None,
            )
        )
    return tuple(found)


def file_as_dict(file: FileComparison) -> dict[str, Any]:
    """Return a file's comparison as the public JSON has it (docs/schemas/)."""
    outcome = file.outcome
    return {
        "path": file.path,
        "mime": outcome.mime,
        "state": outcome.state,
        "metric": dict(outcome.metric) if outcome.metric else None,
        "tolerance": dict(outcome.tolerance) if outcome.tolerance else None,
        "reason": _line(outcome.reason),
        "noise": dict(outcome.noise) if outcome.noise else None,
        "published_sha256": file.published_sha256,
        "fresh_sha256": file.fresh_sha256,
        "size_bytes": file.size_bytes,
        "is_claimed": file.is_claimed,
    }


def mime_of(path: str) -> str:
    """Return the media type that a file's name tells."""
    suffix = PurePosixPath(path).suffix.lower()
    known = {**_PICTURES, **_TEXTS, ".svg": "image/svg+xml", ".pdf": "application/pdf", ".json": "application/json"}
    if suffix in _ARRAYS:
        return _ARRAYS[suffix][0]
    return known.get(suffix, "application/octet-stream")


def _outcome(path: str, published: Path | None, fresh: Path | None, settings: TextSettings) -> OutputComparison:
    mime = mime_of(path)
    if fresh is None:
        reason = "The repository holds this file; the run did not write it."
        if published is None:
            reason = "The target names this file; the run did not write it."
        return OutputComparison(mime, "missing", reason=reason)
    if published is None:
        return OutputComparison(mime, "not_compared", reason="The repository holds no such file to compare with.")
    if _digest(published) == _digest(fresh):
        return OutputComparison(mime, "identical")
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _ARRAYS:
        return _compare_arrays(*_ARRAYS[suffix], published, fresh, settings)
    if max(published.stat().st_size, fresh.stat().st_size) > MAX_READ_BYTES:
        return OutputComparison(mime, "not_compared", reason="The files are not equal, and too large to look into.")
    if suffix in _PICTURES:
        return compare_pictures(mime, published.read_bytes(), fresh.read_bytes(), settings.tolerance)
    if suffix == ".pdf":
        return compare_pdfs(published.read_bytes(), fresh.read_bytes(), settings.tolerance, settings.apart)
    return _compare_texts(mime, published, fresh, settings)


def _compare_texts(mime: str, published: Path, fresh: Path, settings: TextSettings) -> OutputComparison:
    is_text = mime.startswith("text/") or mime in ("image/svg+xml", "application/json")
    try:
        one, other = (path.read_text(encoding="utf-8") for path in (published, fresh))
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        kind = "of a kind that is not looked into" if mime == "application/octet-stream" else f"{mime} and no text"
        return OutputComparison(mime, "not_compared", reason=f"The files are not equal, and {kind}.")
    if mime == "image/svg+xml":
        return compare_svg(one, other, settings)
    if mime in ("text/csv", "text/tab-separated-values"):
        return compare_delimited(mime, one, other, settings)
    if mime == "application/json":
        try:
            return compare_json(mime, json.loads(one), json.loads(other), settings)
        except (ValueError, RecursionError):
            return compare_text(mime, one, other, settings)
    return compare_text(mime, one, other, settings)


def _compare_arrays(mime: str, kind: str, published: Path, fresh: Path, settings: TextSettings) -> OutputComparison:
    tolerance = settings.tolerance
    rtol = "-" if tolerance.rtol is None else repr(tolerance.rtol)
    arguments = [kind, str(published), str(fresh), rtol, repr(tolerance.atol)]
    try:
        answer = settings.apart.ask("array_files", arguments, timeout_s=ARRAY_TIMEOUT_S, shown=(published, fresh))
    except CutShortError as error:
        reason = f"The files are not equal, and were not looked into: {error}."
        return OutputComparison(mime, "not_compared", reason=reason)
    if "refused" in answer:
        reason = f"The files are not equal, and were not looked into: {_line(answer['refused'])}."
        return OutputComparison(mime, "not_compared", reason=reason)
    return _judged_arrays(mime, answer, tolerance)


def _judged_arrays(mime: str, answer: Mapping[str, Any], tolerance: Tolerance) -> OutputComparison:
    beyond, compared = int(answer["beyond"]), int(answer["compared"])
    retyped = int(answer["other_types"])
    types = f" {retyped} of its arrays have another type; {_line(answer['first_type'])}." if retyped else ""
    if answer["is_exact"] and not beyond and not retyped:
        reason = f"All {compared} values are equal; the files are only written differently."
        return OutputComparison(mime, "identical", reason=reason)
    worst = f"{beyond} of {compared} values differ; {_line(answer['first'])}."
    return OutputComparison(
        mime,
        "differs" if beyond else "within_tolerance",
        metric={"name": "max_relative_deviation", "value": answer["max_relative"]},
        tolerance=tolerance_as_dict(tolerance),
        reason=(worst if beyond else f"All {compared} values agree within the tolerance.") + types,
    )


def _line(text: object) -> str:
    return "".join(sign if sign.isprintable() else "·" for sign in str(text)[:1000])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
