"""Infer requirements from what notebooks and the modules beside them import, where a repository declares nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.recipe.cells import Piece, compiled_here, files_run_by, module_piece, notebook_pieces, written_module
from builder.recipe.implied import implied_by_code, implied_by_magics, implied_by_modules
from builder.recipe.import_statements import ImportStatement, import_statements, without_strings
from builder.recipe.install_lines import installations, requirements_beside
from builder.recipe.names import (
    BACKPORTS,
    KNOWN_MODULES,
    MODULE_TO_DISTRIBUTION,
    NAMESPACE_MODULES,
    NEEDS_HARDWARE,
    NOT_ON_AN_INDEX,
    SAME_MODULE,
    STANDARD_MODULES,
)
from builder.recipe.own_modules import OwnModules
from builder.recipe.wanted import Wanted
from builder.snapshot.source_language import code_without_magics

_PIECES_LIMIT: Final = 5000


def infer(root: Path, notebooks: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (requirement, place that needs it) pairs, sorted, and notes about what was left out or guessed.

    A place is "fits.ipynb, cell 3" or "tools.py". Nothing of the repository is executed.
    """
    reading = _Reading(root, notebooks)
    reading.read()
    return reading.wanted.listed(), reading.notes()


def distribution_of(module: str) -> str:
    """Return the distribution that brings the module: by the kept tables, else its own top-level name."""
    prefix = _namespace_of(module)
    if prefix:
        name = NAMESPACE_MODULES[prefix]
        rest = module.removeprefix(prefix).strip(".").split(".")[0]
        if name or not rest:
            return name or prefix
        return f"{prefix.replace('.', '-')}-{rest}" if prefix == "google.cloud" else f"{prefix}.{rest}"
    top = module.split(".")[0]
    return MODULE_TO_DISTRIBUTION.get(top, top)


def _namespace_of(module: str) -> str:
    fitting = [prefix for prefix in NAMESPACE_MODULES if f"{module}.".startswith(f"{prefix}.")]
    return max(fitting, key=len, default="")


def _dotted(statement: ImportStatement) -> list[str]:
    """Return the dotted names that count: of a namespace those below it (from mpl_toolkits import basemap)."""
    module = statement.module
    if statement.names and any(prefix.startswith(f"{module}.") or prefix == module for prefix in NAMESPACE_MODULES):
        return [f"{module}.{name}" if name != "*" else module for name in statement.names]
    return [module]


@dataclass
class _Reading:
    """One reading of a repository: from its notebooks to the modules of its own that they reach."""

    root: Path
    notebooks: Sequence[str]
    wanted: Wanted = field(default_factory=Wanted)
    _notes: dict[str, None] = field(default_factory=dict)
    _guessed: dict[str, None] = field(default_factory=dict)
    _left_out: dict[str, str] = field(default_factory=dict)
    _waiting: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _written: set[str] = field(default_factory=set)
    _imported: dict[str, set[str]] = field(default_factory=dict)
    _pieces: list[Piece] = field(default_factory=list)

    def read(self) -> None:
        """Follow the imports, then the calls that need more than is imported, then the lines that install."""
        self._own = OwnModules(self.root, self.notebooks)
        self._waiting = sorted(self.notebooks, reverse=True)
        while self._waiting and len(self._pieces) < _PIECES_LIMIT:
            file = self._waiting.pop()
            if file not in self._seen:
                self._seen.add(file)
                self._read_file(file)
        for piece in self._pieces:
            self._add_implied(piece)
        for piece in self._pieces:
            self._add_installed(piece)

    def notes(self) -> list[str]:
        """Return the notes in the order in which they came up."""
        spare = [
            f"{said}; it is left out."
            for module, said in self._left_out.items()
            if not self.wanted.has(Pep508(distribution_of(module)).name)
        ]
        guessed = sorted(self._guessed, key=str.lower)
        said = f"Taken as the packages of their names, which no table confirms: {', '.join(guessed)}."
        return [*self._notes, *spare, *([said] if guessed else [])]

    def _read_file(self, file: str) -> None:
        if not file.endswith(".ipynb"):
            self._read_piece(module_piece(self.root, file), is_main=False)
            return
        pieces = list(notebook_pieces(self.root, file))
        for piece in pieces:
            self._written |= compiled_here(piece)
            module = written_module(piece)
            if module is not None:
                self._written.add(module[0])
        for piece in pieces:
            module = written_module(piece)
            if module is not None:
                piece = replace(piece, source=module[1])
            self._read_piece(piece, is_main=module is None)

    def _read_piece(self, piece: Piece, *, is_main: bool) -> None:
        self._pieces.append(piece)
        self._waiting += [file for file in files_run_by(self.root, piece) if file not in self._seen]
        code = code_without_magics(piece.source) if piece.cell else piece.source
        statements = import_statements(code, is_main=is_main)
        modules = self._imported.setdefault(piece.file, set())
        for statement in self._chosen(statements, piece):
            if self._follow(statement, piece.file):
                continue
            for module in _dotted(statement):
                modules.add(module)
                self._add_module(module, statement.marker, piece)

    def _follow(self, statement: ImportStatement, importer: str) -> bool:
        """Queue the repository's own files that the statement reaches; tell whether it is the repository's."""
        top = statement.module.split(".")[0]
        if not statement.level and top in self._written:
            return True
        found = self._own.find(statement.module, importer=importer, level=statement.level)
        if found is None and not statement.level:
            return False
        files = set(found or ())
        for name in statement.names:
            below = f"{statement.module}.{name}".strip(".")
            files |= set(self._own.find(below, importer=importer, level=statement.level) or ())
        self._waiting += sorted(files - self._seen, reverse=True)
        return True

    def _chosen(self, statements: Sequence[ImportStatement], piece: Piece) -> list[ImportStatement]:
        """Leave out what stands in for something that can be had; the first that is no standard module counts."""
        best: dict[int, int] = {}
        for statement in statements:
            if statement.choice is not None and self._can_be_had(statement, piece.file):
                best[statement.choice] = min(statement.rank, best.get(statement.choice, statement.rank))
        chosen = []
        for statement in statements:
            rank = best.get(statement.choice, statement.rank) if statement.choice is not None else statement.rank
            if statement.rank == rank:
                chosen.append(statement)
            elif not statement.level and statement.module.split(".")[0] not in STANDARD_MODULES:
                why = "only where another module is missing" if statement.rank > rank else "where it can"
                self._left_out.setdefault(statement.module, f"{piece.place} imports {statement.module} {why}")
        return chosen

    def _can_be_had(self, statement: ImportStatement, importer: str) -> bool:
        if statement.level or self._own.find(statement.module, importer=importer) is not None:
            return True
        names = {statement.module, statement.module.split(".")[0]}
        return not names & (STANDARD_MODULES | NOT_ON_AN_INDEX | NEEDS_HARDWARE)

    def _add_module(self, module: str, marker: str, piece: Piece) -> None:
        top = module.split(".")[0]
        if top in STANDARD_MODULES or top.startswith("_"):
            self._add_backport(top, piece)
        elif top in NOT_ON_AN_INDEX or module in NOT_ON_AN_INDEX or ".".join(module.split(".")[:2]) in NOT_ON_AN_INDEX:
            named = top if top in NOT_ON_AN_INDEX else module
            self._notes[f"{piece.place} imports {named}, which no package index has."] = None
        else:
            name = distribution_of(module)
            if top not in KNOWN_MODULES and not _namespace_of(module):
                self._guessed[name] = None
            self.wanted.add(name, piece.place, marker=marker)

    def _add_backport(self, top: str, piece: Piece) -> None:
        backport = BACKPORTS.get(top)
        numbers = tuple(int(part) for part in piece.python.split(".")[:2] if part.isdigit())
        if backport and len(numbers) == 2 and numbers < backport[1]:
            self.wanted.add(backport[0], piece.place)

    def _add_implied(self, piece: Piece) -> None:
        modules = self._imported.get(piece.file, set())
        code = without_strings(code_without_magics(piece.source) if piece.cell else piece.source)
        names: Iterable[str] = implied_by_code(code, modules)
        if piece.cell:
            names = [*names, *implied_by_magics(piece.source), *implied_by_modules(modules)]
        for name in names:
            if name.startswith("module:"):
                module = name.removeprefix("module:")
                statement = ImportStatement(module)
                if not self._follow(statement, piece.file):
                    self._add_module(module, "", piece)
            else:
                self.wanted.add(name, piece.place)

    def _add_installed(self, piece: Piece) -> None:
        for installation in installations(piece.source):
            for address in installation.addresses:
                self._notes[f"{piece.place} installs {address}, which is not followed."] = None
            listed = [text for file in installation.files for text in requirements_beside(self.root, piece, file)]
            for text in [*installation.requirements, *listed]:
                other = SAME_MODULE.get(canonicalize_name(Pep508(text).name), "")
                if not self.wanted.has(other):
                    self.wanted.add(text, piece.place)
