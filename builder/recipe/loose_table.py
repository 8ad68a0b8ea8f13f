"""Read a requirement that stands as "name = wanted" in a table, as poetry, Pipfile and pixi write it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any, Final

from builder.recipe.documents import text_of, texts_of, unreadable, without_credentials
from builder.recipe.findings import Findings, inside

_LENGTH_LIMIT: Final = 200
_ADDRESSES: Final = ("git", "url", "file")
_CARET: Final = re.compile(r"^([\^~])\s*(\d+(?:\.\d+)*)(.*)$")
_MARKERS: Final = (
    "sys_platform", "platform_system", "platform_machine", "os_name", "python_version", "python_full_version",
    "implementation_name", "platform_python_implementation",
)  # fmt: skip


def add_entry(name: str, wanted: object, root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add one requirement. Several forms of it are alternatives by platform or Python, each under its marker.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    for entry in wanted if isinstance(wanted, list) else [wanted]:
        if isinstance(entry, str):
            findings.add(f"{name}{poetry_specifier(entry)}", str(path))
        elif isinstance(entry, dict):
            _add_table(name, entry, root, path, findings)
        else:
            raise unreadable(path, f"“{name[:80]}” has no version")


def _add_table(name: str, entry: dict[str, Any], root: Path, path: PurePosixPath, findings: Findings) -> None:
    if entry.get("optional"):
        return
    address = next((text_of(entry, key) for key in _ADDRESSES if text_of(entry, key)), "")
    local = text_of(entry, "path")
    if local:
        folder = inside(root, path.parent, local, file=str(path))
        findings.projects.setdefault(folder, set()).update(texts_of(entry, "extras"))
    elif address:
        commit = text_of(entry, "rev") or text_of(entry, "ref") or text_of(entry, "tag") or text_of(entry, "branch")
        shown = without_credentials(address) + (f" at {commit[:80]}" if commit else "")
        remark = f"{name} is asked for from {shown}; the release in the package index is taken instead."
        findings.add(f"{name}{_marker(entry)}", str(path), remark)
    else:
        extras = texts_of(entry, "extras")
        listed = f"[{','.join(extras)}]" if extras else ""
        specifier = poetry_specifier(text_of(entry, "version") or "*")
        findings.add(f"{name}{listed}{specifier}{_marker(entry)}", str(path))


def _marker(entry: dict[str, Any]) -> str:
    parts = [f"({text_of(entry, 'markers')})"] if text_of(entry, "markers") else []
    parts += [f"{name} {text_of(entry, name)}" for name in _MARKERS if text_of(entry, name)]
    python = poetry_specifier(text_of(entry, "python")) if text_of(entry, "python") else ""
    parts += [re.sub(r"^(===|==|!=|>=|<=|~=|>|<)\s*(.*)$", r'python_version \1 "\2"', part)
              for part in python.split(",") if part]  # fmt: skip
    if text_of(entry, "platform"):
        parts.append(f'sys_platform == "{text_of(entry, "platform")}"')
    return f"; {' and '.join(parts)}" if parts else ""


def poetry_specifier(text: str) -> str:
    """Return the PEP 440 form of a poetry version: "^1.2" is ">=1.2,<2", "~1.2" is ">=1.2,<1.3", "1.2" is "==1.2"."""
    parts = []
    if len(text) > _LENGTH_LIMIT:
        return text  # which is no version then
    for part in text.split("||")[-1].split(","):
        part = part.strip()
        caret = _CARET.match(part)
        if caret and not part.startswith("~="):
            version = caret.group(2)
            parts.append(f">={version}{caret.group(3)},<{_upper(version, caret.group(1))}")
        elif re.match(r"^\d", part):
            parts.append(f"=={part}")
        elif part and part != "*":
            parts.append(part)
    return ",".join(parts)


def _upper(version: str, symbol: str) -> str:
    numbers = [int(number) for number in version.split(".")]
    if symbol == "~":
        keep = min(1, len(numbers) - 1)
    else:
        keep = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(str(number) for number in [*numbers[:keep], numbers[keep] + 1])
