"""What of a notebook can be set from outside: its plain assignments, found without running it, and set in its source.

A cell tagged "parameters" names them, as for papermill (https://papermill.readthedocs.io, "Parameterize"). Where there
is none, a parameter is a
name that the notebook assigns once, at the top of a cell, a plain value, and reads somewhere: then another value in the
same place has the effect that the author's own edit would have. Python 3 alone is read.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from builder.python_syntax import parsed
from builder.snapshot.source_language import code_without_magics

TAG: Final = "parameters"
MOST: Final = 60
MOST_ITEMS: Final = 100
LONGEST_TEXT: Final = 1000
LARGEST_WHOLE: Final = 2**63 - 1
Kind = Literal["boolean", "integer", "number", "text", "list"]
Scalar = bool | int | float | str
Value = Scalar | list[Scalar]

_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_NAMED: Final = (ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_ODD_LINES: Final = re.compile(r"[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ASSIGNS: Final = r"(?<![\w.]){}\s*(?:[-+*/%&|^@]|//|\*\*|<<|>>)?=(?!=)"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name that can be set: its value as stored, the author's comment, and where it stands.

    `cell` is the index of its cell; `start` and `end` enclose the value in the cell's source, in characters.
    """

    name: str
    kind: Kind
    value: Value
    comment: str
    cell: int
    start: int
    end: int


def find_parameters(cells: Sequence[Any]) -> tuple[Parameter, ...]:
    """Return the parameters of a notebook's cells in their order, at most MOST. Never raises for what cells hold."""
    tagged = [index for index, cell in enumerate(cells) if is_tagged(cell)]
    read = _Names()
    found: list[Parameter] = []
    for index, cell in enumerate(cells):
        if cell.get("cell_type") != "code":
            continue
        source = str(cell.get("source", ""))
        tree = parsed(code_without_magics(source))
        if tree is None:
            read.unreadable.append(source)
            continue
        read.visit(tree)
        if (index in tagged) if tagged else not source.lstrip().startswith("%%"):
            found += _assigned(tree, source, index)
    if not tagged:
        found = [one for one in found if read.is_set_once_and_read(one.name)]
    last = {one.name: one for one in found}
    return tuple(last.values())[:MOST]


def is_tagged(cell: Any) -> bool:  # noqa: ANN401 - the notebook is not ours
    """Tell whether the cell's author says that it holds the parameters."""
    tags = cell.get("metadata", {}).get("tags", ())
    return cell.get("cell_type") == "code" and isinstance(tags, list) and TAG in tags


def set_in_place(cells: Sequence[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Write `values` into the sources where these names are plainly assigned; return those whose names are not.

    The sources of cells that hold none are left as they are.
    """
    places = [one for one in find_parameters(cells) if one.name in values]
    # From the end, so that the places before stay where they are.
    for one in sorted(places, key=lambda place: (place.cell, place.start), reverse=True):
        source = str(cells[one.cell]["source"])
        cells[one.cell]["source"] = f"{source[: one.start]}{values[one.name]!r}{source[one.end :]}"
    named = {one.name for one in places}
    return {name: value for name, value in values.items() if name not in named}


def read_value(kind: Kind, given: object) -> Value:
    """Return `given`, a JSON value or typed text, as a value of the kind. Raises ValueError with what to give."""
    if kind == "list":
        items = _split(given) if isinstance(given, str) else given
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            raise ValueError(f"Give at most {MOST_ITEMS} values, with commas between them.")
        return [_scalar(item) for item in items]
    if kind == "text":
        if not isinstance(given, str) or len(given) > LONGEST_TEXT or not given.isprintable():
            raise ValueError(f"Give a text of at most {LONGEST_TEXT} signs in one line.")
        return given
    if kind == "boolean":
        if not isinstance(given, bool):
            raise ValueError("Give yes or no.")
        return given
    return _number(kind, given)


def _number(kind: Kind, given: object) -> int | float:
    wanted = "a whole number" if kind == "integer" else "a number"
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str) or len(str(given)) > 40:
            raise ValueError
        number = int(given) if kind == "integer" else float(given)
    except (ValueError, OverflowError):
        raise ValueError(f"Give {wanted}.") from None
    if kind == "integer" and isinstance(given, float) and given != number:
        raise ValueError(f"Give {wanted}.")
    if not math.isfinite(number) or (abs(number) > LARGEST_WHOLE and kind == "integer"):
        raise ValueError(f"Give {wanted} that is not that large.")
    return number


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []


def _scalar(item: object) -> Scalar:
    """Return an item of a list: typed text is a number where it looks like one."""
    if isinstance(item, bool | int | float):
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("Give numbers that are not that large.")
        return item
    if not isinstance(item, str):
        raise ValueError("Give numbers or texts, and no lists within the list.")
    kinds: tuple[Kind, ...] = ("integer", "number")
    for kind in kinds:
        try:
            return _number(kind, item)
        except ValueError:
            continue
    text = read_value("text", item)
    assert isinstance(text, str)  # noqa: S101 - a text is read as one
    return text


def _assigned(tree: ast.Module, source: str, cell: int) -> Iterator[Parameter]:
    if _ODD_LINES.search(source):
        # Python and we might not count the same lines.
        return
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for statement in tree.body:
        name, node = _plain(statement)
        if node is None or node.end_lineno is None or node.end_col_offset is None or node.end_lineno > len(lines):
            continue
        literal = _literal(node)
        if literal is None:
            continue
        start = starts[node.lineno - 1] + _characters(lines[node.lineno - 1], node.col_offset)
        end = starts[node.end_lineno - 1] + _characters(lines[node.end_lineno - 1], node.end_col_offset)
        if parsed_literal(source[start:end]) != literal[1]:
            # A magic before it on the line, say: then it stands elsewhere than the parser thinks.
            continue
        comment = _comment(lines, node.lineno, source[end : starts[node.end_lineno] - 1])
        yield Parameter(name, *literal, comment, cell, start, end)


def parsed_literal(text: str) -> object:
    """Return the plain value that `text` is, None where it is none."""
    try:
        return _as_json(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _plain(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    return "", None


def _literal(node: ast.expr) -> tuple[Kind, Value] | None:
    try:
        value = _as_json(ast.literal_eval(node))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return None
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int):
        return ("integer", value) if abs(value) <= LARGEST_WHOLE else None
    if isinstance(value, float):
        return ("number", value) if math.isfinite(value) else None
    if isinstance(value, str):
        return ("text", value) if len(value) <= LONGEST_TEXT and value.isprintable() else None
    if isinstance(value, list) and isinstance(node, ast.List) and 0 < len(value) <= MOST_ITEMS:
        try:
            return "list", read_value("list", value)
        except ValueError:
            return None
    return None


def _as_json(value: object) -> Any:  # noqa: ANN401 - whatever a literal is
    return value if isinstance(value, bool | int | float | str | list) else None


def _characters(line: str, column: int) -> int:
    """Return how many characters the first `column` bytes of a line are: the parser counts bytes of UTF-8."""
    return len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))


def _comment(lines: list[str], number: int, behind: str) -> str:
    after = behind.strip()
    before = lines[number - 2].strip() if number >= 2 else ""
    text = after if after.startswith("#") else before if before.startswith("#") else ""
    return "".join(sign for sign in text.lstrip("#! ").strip()[:200] if sign.isprintable())


class _Names:
    """What is assigned and read in the module's own scope, over all cells."""

    def __init__(self) -> None:
        self.set: Counter[str] = Counter()
        self.read: set[str] = set()
        self.unreadable: list[str] = []

    def visit(self, tree: ast.AST) -> None:
        """Take note of what a tree assigns and reads; what a function assigns is its own, unless it says "global"."""
        todo: list[tuple[ast.AST, bool]] = [(tree, True)]
        while todo:
            node, is_module = todo.pop()
            if isinstance(node, ast.Name):
                self._note(node, is_module)
            elif isinstance(node, ast.Global):
                self.set.update(dict.fromkeys(node.names, 2))
            elif isinstance(node, ast.alias) and is_module:
                self.set[(node.asname or node.name).partition(".")[0]] += 1
            elif isinstance(node, _NAMED) and node.name and is_module:
                self.set[node.name] += 1
            elif isinstance(node, ast.NamedExpr):
                # Within a comprehension it sets a name around it.
                self.set[node.target.id] += 1
            inner = is_module and not isinstance(node, (*_SCOPES, *_COMPREHENSIONS))
            todo += [(child, inner) for child in ast.iter_child_nodes(node)]

    def _note(self, node: ast.Name, is_module: bool) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read.add(node.id)
        elif is_module:
            self.set[node.id] += 1

    def is_set_once_and_read(self, name: str) -> bool:
        """Tell whether one assignment alone gives the name its value, as far as can be read."""
        if self.set[name] != 1 or name not in self.read:
            return False
        pattern = re.compile(_ASSIGNS.format(re.escape(name)))
        return not any(pattern.search(source) for source in self.unreadable)
