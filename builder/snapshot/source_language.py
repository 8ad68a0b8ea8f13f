"""Tell a notebook's kernel and language from its metadata or, where it has none, from its code."""

from __future__ import annotations

import re
from typing import Any, Final

from builder.python_syntax import parsed

_BY_KERNEL: Final = (
    (re.compile(r"(i?python|conda-?root|conda-?env|py\d|.*\bpython).*|.*[-_.]py$", re.IGNORECASE), "python"),
    (re.compile(r"ir(\d|$|-).*", re.IGNORECASE), "r"),
    (re.compile(r"i?julia.*", re.IGNORECASE), "julia"),
    (re.compile(r"(xeus-?)?cling.*|xcpp.*", re.IGNORECASE), "c++"),
    (re.compile(r"sagemath.*|octave|matlab.*|bash|ijavascript|scala.*|spylon.*|ruby|rust|gnuplot", re.IGNORECASE), ""),
)
_MAGIC: Final = re.compile(r"^\s*(?:[%!?]|[\w.]+\?{1,2}\s*$)|^.*\?{1,2}\s*$")
_ASSIGNED_MAGIC: Final = re.compile(r"^(\s*\w[\w, ]*=\s*)[!%].*$")
_CELL_MAGIC: Final = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS: Final = frozenset({"time", "timeit", "capture", "prun", "pypy", "python", "python2", "python3", "memit"})
_PRINT_STATEMENT: Final = re.compile(
    # Blanks of one line alone: over empty lines without end the same would take hours.
    r"^[ \t]*(?:print[ \t]+[\"'\w(%]|except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:|exec[ \t]+[\"'])",
    re.MULTILINE,
)


def guess_language(notebook: Any) -> tuple[str, str, str]:  # noqa: ANN401 (nbformat is untyped)
    """Return kernel name, language (lower case, "python" for every Python) and version; "" where nothing tells."""
    spec, info = _table(notebook, "kernelspec"), _table(notebook, "language_info")
    kernel = _text(spec, "name")
    language = (_text(info, "name") or _text(spec, "language")).lower()
    version = _text(info, "version")
    if re.fullmatch(r"i?python\s*[23]?", language):
        if not version and language.endswith("2"):
            version = "2.7"
        language = "python"
    if not language:
        language = _language_of_kernel(kernel, _text(spec, "display_name"))
    sources = [code_without_magics(str(cell.source)) for cell in notebook.cells if cell.cell_type == "code"]
    sources = [source for source in sources if source.strip()]
    if not language and not kernel and sources and _is_python(sources):
        language = "python"
    if language == "python" and not version:
        version = _python_version(kernel, sources)
    return kernel, language, version


def code_without_magics(source: str) -> str:
    """Return the Python of a cell: magics and shell lines emptied; nothing when the whole cell is another language."""
    whole = _CELL_MAGIC.match(source)
    if whole and whole.group(1).lower() not in _PYTHON_CELLS:
        return ""
    lines = []
    for line in source.splitlines():
        assigned = _ASSIGNED_MAGIC.match(line)
        if assigned:
            line = f"{assigned.group(1)}None"
        elif _MAGIC.match(line) and not line.lstrip().startswith("#"):
            indent = line[: len(line) - len(line.lstrip())]
            line = f"{indent}pass"
        lines.append(line)
    return "\n".join(lines)


def is_python_2(source: str) -> bool:
    """Tell whether `source` is Python 2 and not Python 3: it does not parse, and has what only Python 2 has."""
    return not _parses(source) and bool(_PRINT_STATEMENT.search(source))


def _table(notebook: Any, key: str) -> dict[str, Any]:  # noqa: ANN401
    found = notebook.metadata.get(key, {})
    return found if isinstance(found, dict) else {}


def _text(table: dict[str, Any], key: str) -> str:
    found = table.get(key, "")
    # No database keeps a NUL, and nobody wants the others in a page or a log.
    return re.sub(r"[\x00-\x1f\x7f]", "", found[:200]).strip()[:100] if isinstance(found, str) else ""


def _language_of_kernel(*names: str) -> str:
    for name in names:
        for pattern, language in _BY_KERNEL:
            if pattern.fullmatch(name):
                return language or name.lower()
    return ""


def _is_python(sources: list[str]) -> bool:
    good = sum(1 for source in sources if _parses(source) or is_python_2(source))
    return good * 2 > len(sources)


def _parses(source: str) -> bool:
    return parsed(source) is not None


def _python_version(kernel: str, sources: list[str]) -> str:
    named = re.search(r"py(?:thon)?[-_]?(\d)\.?(\d{1,2})?$", kernel, re.IGNORECASE)
    if (named and named.group(1) == "2") or any(is_python_2(source) for source in sources):
        return "2.7"
    if named and named.group(1) == "3" and named.group(2):
        return f"3.{named.group(2)}"
    return ""
