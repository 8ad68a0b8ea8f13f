"""Parse a stranger's Python without running it, and without being kept busy by it."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

_SIZE_LIMIT: Final = 2**20
# The parser joins the name of a module anew at each dot, which takes quadratic time.
_LONG_NAME: Final = re.compile(r"(?<!\w)(?:\w++[ \t\\\n]*+\.[ \t\\\n]*+){100}")


def parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of Python 3 source, None where it is none, or larger or stranger than anybody writes."""
    if len(source) > _SIZE_LIMIT or _LONG_NAME.search(source):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
