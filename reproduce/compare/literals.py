"""Printed dictionaries and sets: their order is an accident of hashing, so it is made the same on both sides."""

from __future__ import annotations

import ast
import re
from typing import Final

MAX_CHARS: Final = 200_000
# A stranger chooses the text: looking for closing brackets ends here, whatever is left stays as it is.
MAX_LOOKED_AT: Final = 2_000_000

_OPENING: Final = re.compile(r"\b(?:frozenset|set|OrderedDict)\(|[\[({]")
QUOTED: Final = re.compile(r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"")
_ONE_TEXT: Final = re.compile(rf"[A-Za-z]{{0,2}}(?:{QUOTED.pattern})")
_OBJECT: Final = re.compile(r"<([A-Za-z_][^<>'\"\n]{0,200})>")
_ENDS: Final = {")": "(", "]": "[", "}": "{"}


def order_literals(text: str) -> str:
    """Rewrite each Python literal in a text that holds a dictionary or set, in sorted order; lists keep theirs."""
    if "{" not in text and "set(" not in text and "OrderedDict(" not in text:
        return text
    pieces: list[str] = []
    done, left = 0, MAX_LOOKED_AT
    for match in _OPENING.finditer(text):
        if match.start() < done or left <= 0:
            continue
        end = find_closing(text, match.end() - 1, min(MAX_CHARS, left))
        left -= (end or min(len(text), match.start() + MAX_CHARS)) - match.start()
        written = None if end is None else _ordered(text[match.start() : end])
        if written is not None and end is not None:
            pieces += [text[done : match.start()], written]
            done = end
    return "".join([*pieces, text[done:]])


def find_closing(text: str, start: int, most: int) -> int | None:
    """Return the end of the brackets opened at `start`; None where they are not closed in order within `most` signs."""
    opened: list[str] = []
    place, limit = start, min(len(text), start + most)
    while place < limit:
        sign = text[place]
        if sign in "'\"":
            quoted = QUOTED.match(text, place, limit)
            if quoted is None:
                return None
            place = quoted.end()
            continue
        if sign in "([{":
            opened.append(sign)
        elif sign in _ENDS:
            if opened.pop() != _ENDS[sign]:
                return None
            if not opened:
                return place + 1
        place += 1
    return None


def _ordered(literal: str) -> str | None:
    if "{" not in literal and "set(" not in literal and "OrderedDict(" not in literal:
        return None
    objects: list[str] = []

    def keep(match: re.Match[str]) -> str:
        objects.append(match.group())
        return f"object_{len(objects) - 1}_"

    # What prints itself between angles is no Python, and stands for one value.
    source = _OBJECT.sub(keep, literal)
    try:
        written = _write(ast.parse(source, mode="eval").body, [line.encode() for line in source.split("\n")])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return re.sub(r"\bobject_(\d{1,6})_", lambda match: _object(match, objects), written)


def _object(match: re.Match[str], objects: list[str]) -> str:
    place = int(match.group(1))
    return objects[place] if place < len(objects) else match.group()


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
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _write_call(name, arguments, lines)
        case ast.List(elts=elements):
            return "[" + ", ".join(_write(element, lines) for element in elements) + "]"
        case ast.Tuple(elts=elements):
            return "(" + ", ".join(_write(element, lines) for element in elements) + ",)"
        case ast.Constant(value=str() as value) as node:
            # Two quoted texts side by side are one to Python, and two to numpy, which prints them so.
            if not _ONE_TEXT.fullmatch(_segment(node, lines)):
                raise ValueError("not a literal")
            return repr(value)
        case ast.Constant() | ast.UnaryOp() | ast.BinOp() | ast.Name():
            return _segment(node, lines)
    raise ValueError("not a literal")


def _write_call(name: str, arguments: list[ast.expr], lines: list[bytes]) -> str:
    """Write sets as Python 3 does, and ordered dictionaries, whose order is theirs, as Python 3.11 does."""
    match name, arguments:
        case (("set" | "frozenset" | "OrderedDict"), []):
            return f"{name}()"
        case (("set" | "frozenset"), [ast.List(elts=elements) | ast.Set(elts=elements)]):
            written = "{" + ", ".join(sorted(_write(element, lines) for element in elements)) + "}"
            return written if name == "set" else f"frozenset({written})"
        case "OrderedDict", [ast.Dict(keys=keys, values=values)]:
            pairs = (f"({_write(k, lines)}, {_write(v, lines)},)" for k, v in zip(keys, values, strict=True))
            return f"OrderedDict([{', '.join(pairs)}])"
        case "OrderedDict", [ast.List() as items]:
            return f"OrderedDict({_write(items, lines)})"
    raise ValueError("not a literal")


def _segment(node: ast.expr, lines: list[bytes]) -> str:
    """Return the source of a node that lies on one line. (ast's own function reads the whole source each time.)"""
    if node.end_lineno != node.lineno:
        raise ValueError("not a literal")
    return lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
