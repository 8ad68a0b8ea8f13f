"""Read what a Python project says of its dependencies: pyproject.toml, setup.cfg and setup.py. Nothing is executed."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.findings import Findings

_CARET: Final = re.compile(r"^([\^~])\s*(\d+(?:\.\d+)*)(.*)$")


def read_pyproject(root: Path, path: PurePosixPath, findings: Findings) -> bool:
    """Add the dependencies of PEP 621 or poetry; return whether the file describes a package.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    file = str(path)
    try:
        data = tomllib.loads(read_text(root / path, name=file))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BuildError("recipe-unreadable", file=file, reason=str(error)[:200]) from error
    project, poetry = data.get("project"), _table(data, "tool", "poetry")
    if isinstance(project, dict):
        findings.files.append(file)
        _read_project(project, file, findings)
    if poetry and not (isinstance(project, dict) and project.get("dependencies")):
        if file not in findings.files:
            findings.files.append(file)
        _read_poetry(_table(poetry, "dependencies"), file, findings)
    return isinstance(project, dict) or bool(poetry)


def _read_project(project: dict[str, Any], file: str, findings: Findings) -> None:
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(entry, str) for entry in dependencies):
        raise BuildError("recipe-unreadable", file=file, reason="project.dependencies is not a list of texts")
    for entry in dependencies:
        findings.add(entry, file)
    _set_python(project.get("requires-python"), file, findings)


def _read_poetry(dependencies: dict[str, Any], file: str, findings: Findings) -> None:
    for name, wanted in dependencies.items():
        entry = wanted[0] if isinstance(wanted, list) and wanted else wanted
        version = entry.get("version", "*") if isinstance(entry, dict) else entry
        if isinstance(entry, dict) and entry.get("optional"):
            continue
        if isinstance(entry, dict) and {"git", "url", "path"} & set(entry):
            address = str(entry.get("git") or entry.get("url") or entry.get("path"))[:200]
            findings.add(name, file, f"{name} is asked for from {address}; the release in the index is taken instead.")
            continue
        specifier = poetry_specifier(str(version))
        if name.lower() == "python":
            _set_python(specifier, file, findings)
            continue
        extras = entry.get("extras", []) if isinstance(entry, dict) else []
        findings.add(f"{name}{'[' + ','.join(extras) + ']' if extras else ''}{specifier}", file)


def poetry_specifier(text: str) -> str:
    """Return the PEP 440 form of a poetry version: "^1.2" is ">=1.2,<2", "~1.2" is ">=1.2,<1.3", "1.2" is "==1.2"."""
    parts = []
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


def read_setup_cfg(root: Path, path: PurePosixPath, findings: Findings) -> bool:
    """Add install_requires of setup.cfg; return whether the file describes a package."""
    file = str(path)
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(read_text(root / path, name=file))
    except configparser.Error as error:
        raise BuildError("recipe-unreadable", file=file, reason=str(error).replace("\n", " ")[:200]) from error
    if not parser.has_section("metadata") and not parser.has_section("options"):
        return False
    wanted = parser.get("options", "install_requires", fallback="")
    lines = [line.strip() for line in wanted.replace(";\n", "\n").splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "file:"))]
    if lines:
        findings.files.append(file)
    for line in lines:
        findings.add(line, file)
    _set_python(parser.get("options", "python_requires", fallback=None), file, findings)
    return parser.has_option("metadata", "name") or parser.has_section("options")


def read_setup_py(root: Path, path: PurePosixPath, findings: Findings) -> bool:
    """Add install_requires of setup.py as far as it can be read without running it.

    Returns whether it describes a package. What is computed there is noted, not guessed.
    """
    file = str(path)
    try:
        tree = ast.parse(read_text(root / path, name=file))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        findings.notes.append(f"{file} is not Python 3; its requirements are not read.")
        return True
    names = _constants(tree)
    for call in _setup_calls(tree):
        for keyword in call.keywords:
            if keyword.arg == "install_requires":
                _read_install_requires(keyword.value, names, file, findings)
            elif keyword.arg == "python_requires":
                value = _literal(keyword.value, names)
                _set_python(value if isinstance(value, str) else None, file, findings)
        return True
    return False


def _read_install_requires(node: ast.expr, names: dict[str, object], file: str, findings: Findings) -> None:
    value = _literal(node, names)
    if isinstance(value, str):
        value = [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value):
        findings.files.append(file)
        for entry in value:
            findings.add(str(entry), file)
    else:
        findings.notes.append(f"{file} computes its requirements, so they are not read.")


def _setup_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "setup":
                yield node


def _constants(tree: ast.Module) -> dict[str, object]:
    names: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = _literal(node.value, names)
            if value is not None:
                names[node.targets[0].id] = value
    return names


def _literal(node: ast.expr, names: dict[str, object]) -> object:
    """Return the value of a constant expression, names of constants and sums of lists included; else None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, names), _literal(node.right, names)
        return [*left, *right] if isinstance(left, list) and isinstance(right, list) else None
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


def _set_python(value: object, file: str, findings: Findings) -> None:
    if isinstance(value, str) and value.strip() and not findings.python_specifier:
        findings.python_specifier = value.strip()
        findings.python_specifier_file = file


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        found = data.get(key)
        if not isinstance(found, dict):
            return {}
        data = found
    return data
