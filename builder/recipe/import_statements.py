"""Read the import statements of any Python: by its syntax tree, or by its outline where it is Python 2 or broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from builder.python_syntax import parsed
from builder.recipe.version_guards import guard_of

_SCAN: Final = re.compile(
    r"(?P<string>[A-Za-z]{0,2}(?:'''(?:\\.|[^\\])*?(?:'''|\Z)|\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)"
    r"|'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?))"
    r"|(?P<comment>\#[^\n]*)|(?P<join>\\\n)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<newline>\n)|(?P<semicolon>;)",
    re.DOTALL,
)
_BEGINS_IMPORT: Final = re.compile(r"[ \t]*(?:import\s+[A-Za-z_]|from\s+[.\w]+\s+import\b)")
_IMPORT: Final = re.compile(r"(?:import\s+.+|from\s+[.\w]+\s+import\s*.+)", re.DOTALL)
_CALLED: Final = re.compile(r"\b(?:__import__|(?:importlib\s*\.\s*)?import_module)\s*\(\s*")
_HEADER: Final = re.compile(r"(try|except|else|finally|if|elif|for|while|with|def|class|async)\b")
_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,200}")
_CATCHES_ALL: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException", "StandardError"})


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """One imported module: its dotted name, the names taken from it, and how many dots stood before it.

    `marker` is the PEP 508 marker of the Python versions it is for. Statements of one `choice` with different `rank`
    stand for each other: the program takes those of rank 1 where those of rank 0 are missing.
    """

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    marker: str = ""
    choice: int | None = None
    rank: int = 0


def import_statements(source: str, *, is_main: bool = True) -> list[ImportStatement]:
    """Return what `source` imports, in its order. Strings and comments do not count, nor what is never reached.

    `is_main` tells that the program itself is run; else what stands under `if __name__ == "__main__"` is left out.
    """
    tree = parsed(source)
    if tree is not None:
        return _read(tree, is_main=is_main)
    statements = list(_statements(source))
    tree = parsed("\n".join(_outline(statements)))
    if tree is not None:
        return _read(tree, is_main=is_main)
    found: list[ImportStatement] = []
    for _, code, raw in statements:
        inline = code.rsplit(":", 1)[-1] if _HEADER.match(code) else code
        for text in _kept(inline.strip(), raw):
            tree = parsed(text)
            found += _read(tree, is_main=is_main) if tree is not None else []
    return found


def without_strings(source: str) -> str:
    """Return the code with the contents of strings and comments blanked, character for character."""
    return _SCAN.sub(lambda match: _blank(match[0]) if match["string"] or match["comment"] else match[0], source)


def string_literals(source: str) -> Iterator[str]:
    """Yield the strings of the code without their quotes; of a text in parts ("a" + "b", "a" "b") the first."""
    before, position = "", 0
    for match in _SCAN.finditer(source):
        between = source[position : match.start()].strip()
        position = match.end()
        before = between[-1:] or before
        if match["string"]:
            if before not in ("+", "'"):
                yield match["string"].lstrip("rRbBuUfF").strip("\"'")
            before = "'"
        elif match.lastgroup in ("open", "close", "semicolon"):
            before = match[0]


def _read(tree: ast.Module, *, is_main: bool) -> list[ImportStatement]:
    reader = _Reader(is_main=is_main)
    try:
        reader.visit(tree)
    except RecursionError:
        return reader.found
    return reader.found


class _Reader(ast.NodeVisitor):
    """Collects imports with the guards that they stand under."""

    def __init__(self, *, is_main: bool) -> None:
        self.found: list[ImportStatement] = []
        self._is_main = is_main
        self._place = ImportStatement("")
        self._choices = 0

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [replace(self._place, module=alias.name) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = tuple(alias.name for alias in node.names)
        self.found.append(replace(self._place, module=node.module or "", names=names, level=node.level))

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        name = first.value if isinstance(first, ast.Constant) else None
        if called in ("__import__", "import_module") and isinstance(name, str) and _NAME.fullmatch(name):
            self.found.append(replace(self._place, module=name))
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        guard = guard_of(node.test, is_main=self._is_main)
        if guard.is_reached:
            self._visit_all(node.body, marker=guard.marker)
        self._visit_all(node.orelse, marker=guard.otherwise)

    def visit_Try(self, node: ast.Try) -> None:
        handlers = [handler for handler in node.handlers if _catches_import_error(handler)]
        others = [handler for handler in node.handlers if handler not in handlers]
        if handlers and self._place.choice is not None and self._place.rank:
            choice, rank = self._place.choice, self._place.rank  # a further try where the first failed
        else:
            self._choices += 1
            choice, rank = self._choices, 0
        if handlers:
            self._visit_all(node.body, choice=choice, rank=rank)
            for handler in handlers:
                self._visit_all(handler.body, choice=choice, rank=rank + 1)
        else:
            self._visit_all(node.body)
        self._visit_all([*others, *node.orelse, *node.finalbody])

    def _visit_all(
        self, nodes: Sequence[ast.AST], *, marker: str = "", choice: int | None = None, rank: int = 0
    ) -> None:
        before = self._place
        if marker:
            self._place = replace(before, marker=f"{before.marker} and {marker}" if before.marker else marker)
        if choice is not None:
            self._place = replace(self._place, choice=choice, rank=rank)
        for node in nodes:
            self.visit(node)
        self._place = before


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _CATCHES_ALL for kind in caught)


def _statements(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield (indentation, code with blank strings, raw code) of each logical line, by brackets and quotes alone."""
    code, raw = [], []
    depth = position = 0
    for match in _SCAN.finditer(source):
        between = source[position : match.start()]
        code.append(between)
        raw.append(between)
        position = match.end()
        kind = match.lastgroup
        # A bracket that is never closed must not swallow the imports after it.
        is_end = kind in ("newline", "semicolon") and (
            depth == 0 or (kind == "newline" and bool(_BEGINS_IMPORT.match(source, position)))
        )
        if is_end:
            yield from _line(code, raw)
            code, raw = [" " * _indentation(code) if kind == "semicolon" else ""], []
            raw.append(code[0])
            depth = 0
            continue
        depth = max(0, depth + (kind == "open") - (kind == "close"))
        text = " " if kind in ("join", "newline") else match[0]
        code.append(_blank(text) if kind in ("string", "comment") else text)
        raw.append(_blank(text) if kind == "comment" else text)
    yield from _line([*code, source[position:]], [*raw, source[position:]])


def _line(code: list[str], raw: list[str]) -> Iterator[tuple[int, str, str]]:
    text = "".join(code)
    if text.strip():
        indentation = _indentation(code)
        yield indentation, text.strip(), "".join(raw).expandtabs(8)[indentation:].strip()


def _indentation(code: list[str]) -> int:
    text = "".join(code).expandtabs(8)
    return len(text) - len(text.lstrip(" "))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _outline(statements: Sequence[tuple[int, str, str]]) -> Iterator[str]:
    """Yield a program of the same shape in which only imports are left: what no other Python can trip over."""
    for indentation, code, raw in statements:
        margin = " " * indentation
        if not _HEADER.match(code):
            yield margin + ("; ".join(_kept(code, raw)) or "pass")
            continue
        head, _, inline = _split_header(code)
        yield margin + _header(head, raw)
        if inline:
            yield f"{margin} " + ("; ".join(_kept(inline, raw)) or "pass")


def _kept(code: str, raw: str) -> list[str]:
    if _IMPORT.fullmatch(code):
        return [code]
    kept = []
    for call in _CALLED.finditer(code):
        # The name is a string, blank in `code`; what is a call there is looked up in the line as it was written.
        named = re.search(re.escape(call[0].strip()) + r"\s*[\"']([A-Za-z_][\w.]*)[\"']", raw)
        kept += [f"__import__({named[1]!r})"] if named else []
    return kept


def _split_header(code: str) -> tuple[str, str, str]:
    depth = 0
    for index, character in enumerate(code):
        depth += (character in "([{") - (character in ")]}")
        if character == ":" and depth == 0:
            return code[:index], ":", code[index + 1 :].strip()
    return code, "", ""


def _header(head: str, raw: str) -> str:
    keyword = head.split(None, 1)[0].split("(")[0].rstrip(":")
    if keyword in ("try", "else", "finally"):
        return f"{keyword}:"
    if keyword == "except":
        caught = sorted(_CATCHES_ALL.intersection(re.findall(r"\w+", head)))
        is_bare = not head.removeprefix("except").strip()
        return "except Exception:" if is_bare or caught else "except KeyError:"
    if keyword in ("if", "elif"):
        test = _split_header(raw)[0].removeprefix(keyword).strip()
        return f"{keyword} {test}:" if parsed(f"({test})") is not None else f"{keyword} unknown:"
    return "while unknown:" if keyword in ("for", "while") else "def unknown():"
