"""Code that still runs when it is masked: names are renamed throughout, words of the language and of libraries stay."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from catalog.masking.mask import Mask

_LANGUAGE: Final = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)])
_IDENTIFIER: Final = re.compile(r"[^\W\d]\w*")
_MAGIC: Final = re.compile(r"\s*[%!?]")
_LOOKS_LIKE_A_FILE: Final = re.compile(r"[\w\-./\\]{1,300}\.\w{1,8}|[\w\-.]{0,200}/[\w\-./]{1,300}")


@dataclass
class SourceMask:
    """Masks the cells of one notebook alike. `libraries` are modules that are nobody's here.

    `stays` collects words of libraries that are names as well, `files` the files and modules that are called otherwise
    than in the repository afterwards.
    """

    mask: Mask
    stays: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    _foreign: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _renamed: dict[str, str] = field(default_factory=dict)

    def learn(self, sources: Iterable[str]) -> None:
        """Look at all cells first: what they import, and which identifiers there are."""
        for source in sources:
            self._taken.update(_IDENTIFIER.findall(source))
            for module, bound in _imports(_without_magics(source)):
                if self.mask.text(module) == module:
                    self._foreign.update((*module.split("."), *bound))

    def source(self, source: str) -> str:
        """Return one cell masked; what is not Python is masked as text."""
        plain = _without_magics(source)
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(plain).readline))
        except (tokenize.TokenError, SyntaxError, ValueError):
            return self.mask.text(source)
        lines = source.splitlines(keepends=True)
        magics = {number for number, line in enumerate(lines, start=1) if _MAGIC.match(line)}
        for number in magics:
            lines[number - 1] = self.mask.text(lines[number - 1])
        for token, is_foreign in reversed(list(self._with_roots(tokens))):
            instead = token.string if token.start[0] in magics else self._token(token, is_foreign)
            if instead != token.string:
                _put(lines, token, instead)
        return "".join(lines)

    def _with_roots(self, tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[tokenize.TokenInfo, bool]]:
        """Yield each token and whether it is a name that a library gave: `scipy.signal.hilbert`, not `fit.hilbert`."""
        is_foreign, after_dot = False, False
        for token in tokens:
            if token.type == tokenize.NAME:
                if not after_dot:
                    is_foreign = token.string in self._foreign
                yield token, is_foreign
            else:
                yield token, False
            after_dot = token.type == tokenize.OP and token.string == "."

    def _token(self, token: tokenize.TokenInfo, is_foreign: bool) -> str:
        if token.type == tokenize.NAME:
            return self._name(token.string, is_foreign)
        if token.type == tokenize.COMMENT:
            return self.mask.text(token.string)
        if token.type == tokenize.STRING or token.type == getattr(tokenize, "FSTRING_MIDDLE", -1):
            return self._string(token.string)
        return token.string

    def _name(self, name: str, is_foreign: bool) -> str:
        masked = self._renamed.get(name) or self.mask.text(name)
        if masked == name:
            return name
        if name in _LANGUAGE or is_foreign:
            self.stays.add(name)
            return name
        if name not in self._renamed:
            # A name may not become one that is there, nor two names one.
            free, number = masked, 2
            while free in self._taken:
                free, number = f"{masked}_{number}", number + 1
            self._taken.add(free)
            self._renamed[name] = free
        return self._renamed[name]

    def _string(self, text: str) -> str:
        if re.match(r"(?i)[rb]?f[rb]?['\"]", text):
            # What stands in braces are names, and these are renamed.
            text = re.sub(r"\{([^{}]*)\}", lambda match: "{" + self._names_in(match[1]) + "}", text)
        masked = self.mask.text(text)
        if masked != text and _LOOKS_LIKE_A_FILE.search(text):
            self.files.add(masked.strip("rbfRBF'\""))
        return masked

    def _names_in(self, expression: str) -> str:
        return _IDENTIFIER.sub(lambda match: self._name(match[0], match[0] in self._foreign), expression)


def _put(lines: list[str], token: tokenize.TokenInfo, instead: str) -> None:
    """Replace a token in its lines; those after it are done already."""
    (first, start), (last, end) = token.start, token.end
    head, tail = lines[first - 1][:start], lines[last - 1][end:]
    lines[first - 1 : last] = (head + instead + tail).splitlines(keepends=True) or [""]


def _without_magics(source: str) -> str:
    """Return the source with lines for the notebook's own shell as comments, so that Python can read the rest."""
    lines = source.splitlines(keepends=True)
    return "".join("#" + line[1:] if _MAGIC.match(line) and line.strip() else line for line in lines)


def _imports(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each imported module and the names that it gives."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, [alias.asname or alias.name.partition(".")[0]]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            bound = [name for alias in node.names for name in (alias.name, alias.asname) if name]
            yield node.module or "", bound
