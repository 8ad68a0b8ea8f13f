"""Read setup.py as far as it can be read without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from builder.python_syntax import parsed
from builder.recipe.decoding import read_text
from builder.recipe.findings import Findings

# Sums of a list with itself double it at every line.
_LIST_LIMIT: Final = 5000


def read_setup_py(root: Path, path: PurePosixPath, findings: Findings, extras: Iterable[str] = ()) -> bool:
    """Add install_requires of setup.py, with the wanted `extras`; return whether it describes a package.

    What is computed there is noted, not guessed. Raises BuildError requirement-invalid or requirement-forbidden.
    """
    file = str(path)
    tree = parsed(read_text(root / path, name=file))
    if tree is None:
        findings.notes.append(f"{file} is not Python 3; its requirements are not read.")
        return True
    names = _constants(tree)
    for call in _setup_calls(tree):
        for keyword in call.keywords:
            if keyword.arg == "install_requires":
                _read_list(_literal(keyword.value, names), file, findings)
            elif keyword.arg == "python_requires":
                findings.take_python_range(_literal(keyword.value, names), file)
            elif keyword.arg == "extras_require":
                _read_extras(_literal(keyword.value, names), extras, file, findings)
        return True
    return False


def _read_extras(value: object, extras: Iterable[str], file: str, findings: Findings) -> None:
    for extra in sorted(extras):
        _read_list(value.get(extra, []) if isinstance(value, dict) else None, file, findings)


def _read_list(value: object, file: str, findings: Findings) -> None:
    if isinstance(value, str):
        value = [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value):
        findings.take_file(file)
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
            names[node.targets[0].id] = _literal(node.value, names)
    return names


def _literal(node: ast.expr, names: dict[str, object]) -> object:
    """Return the value of a constant expression, names of constants and sums of lists included; else None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Dict):
        keys = [_literal(key, names) if key is not None else None for key in node.keys]
        values = [_literal(value, names) for value in node.values]
        return {key: value for key, value in zip(keys, values, strict=True) if isinstance(key, str)}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, names), _literal(node.right, names)
        if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) <= _LIST_LIMIT:
            return [*left, *right]
        return None
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value
