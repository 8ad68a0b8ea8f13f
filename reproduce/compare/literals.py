"""Printed dictionaries and sets: their order is an accident of hashing, so it is made the same on both sides."""

from __future__ import annotations

import ast
from typing import Final

MAX_CHARS: Final = 200_000


def order_literals(text: str) -> str:
    """Rewrite a text, or any line of it, that is a Python literal holding a dictionary or set, in sorted order."""
    whole = _ordered(text)
    if whole is not None:
        return whole
    return "\n".join(_ordered(line) or line for line in text.split("\n"))


def _ordered(text: str) -> str | None:
    stripped = text.strip()
    if "{" not in stripped or stripped[0] not in "{[(" or stripped[-1] not in "}])" or len(stripped) > MAX_CHARS:
        return None
    lines = [line.encode() for line in stripped.split("\n")]
    try:
        return _write(ast.parse(stripped, mode="eval").body, lines)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _write(node: ast.AST | None, lines: list[bytes]) -> str:
    """Write the literal anew. Numbers keep their printed form, on which the tolerance rests."""
    match node:
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return (
                "{" + ", ".join(sorted(f"{_write(key, lines)}: {_write(value, lines)}" for key, value in pairs)) + "}"
            )
        case ast.Set(elts=elements):
            return "{" + ", ".join(sorted(_write(element, lines) for element in elements)) + "}"
        case ast.List(elts=elements):
            return "[" + ", ".join(_write(element, lines) for element in elements) + "]"
        case ast.Tuple(elts=elements):
            return "(" + ", ".join(_write(element, lines) for element in elements) + ",)"
        case ast.Constant(value=str() as value):
            return repr(value)
        case ast.Constant() | ast.UnaryOp() | ast.BinOp() | ast.Name():
            return _segment(node, lines)
    raise ValueError("not a literal")


def _segment(node: ast.expr, lines: list[bytes]) -> str:
    """Return the source of a node that lies on one line. (ast's own function reads the whole source each time.)"""
    if node.end_lineno != node.lineno:
        raise ValueError("not a literal")
    return lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
