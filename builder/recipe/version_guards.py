"""Judge the conditions that imports stand under: which Pythons reach them, or whether any does here."""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from typing import Final

_SYMBOLS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}
_OPERATORS: Final = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# "sys.version_info > (3,)" is every Python 3: a tuple with more numbers is greater than its beginning.
_STRICT: Final = {">": ">=", "<=": "<"}


@dataclass(frozen=True, slots=True)
class Guard:
    """What a condition means for what stands under it, and (`otherwise`) for its else."""

    is_reached: bool = True
    marker: str = ""
    otherwise: str = ""


def guard_of(test: ast.expr, *, is_main: bool) -> Guard:
    """Return the guard that `test` is; an unknown condition lets everything through."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = guard_of(test.operand, is_main=is_main)
        return Guard(marker=inner.otherwise, otherwise=inner.marker)
    if isinstance(test, ast.Constant):
        return Guard(is_reached=bool(test.value))
    words = ast.unparse(test)
    if words in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return Guard(is_reached=False)
    if words in ("six.PY2", "PY2", "six.PY3", "PY3"):
        two, three = 'python_version < "3"', 'python_version >= "3"'
        return Guard(marker=two, otherwise=three) if words.endswith("2") else Guard(marker=three, otherwise=two)
    if words.startswith("sys.platform.startswith('win") or words in ("os.name == 'nt'", "sys.platform == 'win32'"):
        return Guard(is_reached=False)
    if not is_main and words == "__name__ == '__main__'":
        return Guard(is_reached=False)
    return _version_guard(test)


def _version_guard(test: ast.expr) -> Guard:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or type(test.ops[0]) not in _SYMBOLS:
        return Guard()
    left = ast.unparse(test.left)
    version = _version(test.comparators[0])
    symbol, opposite = _SYMBOLS[type(test.ops[0])]
    if version is None:
        return Guard()
    if left in ("sys.version_info[0]", "sys.version_info.major") and len(version) == 1:
        return _major_guard(symbol, version[0])
    if left in ("sys.version_info", "sys.version_info[:2]", "sys.version_info[0:2]"):
        if left == "sys.version_info":
            symbol, opposite = _STRICT.get(symbol, symbol), _STRICT.get(opposite, opposite)
        written = ".".join(str(number) for number in version[:2])
        return Guard(marker=f'python_version {symbol} "{written}"', otherwise=f'python_version {opposite} "{written}"')
    return Guard()


def _major_guard(symbol: str, major: int) -> Guard:
    """Return the guard of a comparison of the major version alone: Python 2 or Python 3."""
    two, three = 'python_version < "3"', 'python_version >= "3"'
    compare = _OPERATORS[symbol]
    is_two, is_three = bool(compare(2, major)), bool(compare(3, major))
    if is_two == is_three:
        return Guard(is_reached=is_three)
    return Guard(marker=two, otherwise=three) if is_two else Guard(marker=three, otherwise=two)


def _version(node: ast.expr) -> tuple[int, ...] | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(numbers) if numbers and all(type(number) is int for number in numbers) else None
