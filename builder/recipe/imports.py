"""Infer requirements from what notebooks and the modules beside them import, where a repository declares nothing."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError, SnapshotError
from builder.recipe.decoding import decode
from builder.recipe.findings import judge
from builder.recipe.names import MODULE_TO_DISTRIBUTION, NAMESPACE_MODULES, NOT_ON_AN_INDEX, STANDARD_MODULES
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source_language import code_without_magics

_FILES_LIMIT: Final = 2000
_SIZE_LIMIT: Final = 2 * 2**20
_INSTALL_LINE: Final = re.compile(
    r"^\s*[!%]\s*(?:\{?sys\.executable\}?\s+-m\s+|python\d?\s+-m\s+)?pip\d?\s+install\s+(?P<pip>.+)$"
    r"|^\s*[!%]\s*conda\s+install\s+(?P<conda>.+)$",
    re.MULTILINE,
)
_PYLAB: Final = re.compile(r"^\s*%(pylab|matplotlib)\b", re.MULTILINE)
_IMPORT: Final = re.compile(r"^\s*(?:import\s+(?P<names>[\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)"
                            r"|from\s+(?P<origin>[\w.]+)\s+import\b)", re.MULTILINE)  # fmt: skip


@dataclass(slots=True)
class Imported:
    """What the code imports: dotted module names with the file that imports each first, and what it installs itself."""

    modules: dict[str, str] = field(default_factory=dict)
    installs: dict[str, str] = field(default_factory=dict)


def imported_by(root: Path, notebooks: Sequence[str]) -> Imported:
    """Collect the imports of the notebooks and of the modules of this repository that they reach."""
    found = Imported()
    waiting: list[str] = []
    for notebook in sorted(notebooks):
        try:
            document = read_notebook(root / notebook, name=notebook)
        except SnapshotError:
            continue  # said where notebooks are listed; the others can still be run
        for cell in document.cells:
            if cell.cell_type == "code":
                _collect(str(cell.source), notebook, found)
    seen: set[str] = set()
    waiting = [path for path in _local_files(root, found.modules, notebooks) if path not in seen]
    while waiting and len(seen) < _FILES_LIMIT:
        path = waiting.pop()
        seen.add(path)
        before = set(found.modules)
        _collect(_source(root / path), path, found)
        if set(found.modules) != before:
            waiting += [new for new in _local_files(root, found.modules, notebooks) if new not in {*seen, *waiting}]
    return found


def infer(root: Path, notebooks: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (distribution, file that needs it) pairs, sorted, and notes about modules that no index has."""
    imported = imported_by(root, notebooks)
    local = local_modules(root, notebooks)
    wanted: dict[str, str] = {}
    notes: list[str] = []
    for module, file in sorted(imported.modules.items()):
        top = module.split(".")[0]
        if top in STANDARD_MODULES or top in local or top.startswith("_"):
            continue
        if top in NOT_ON_AN_INDEX or module in NOT_ON_AN_INDEX:
            notes.append(f"{file} imports {top}, which no package index has.")
            continue
        wanted.setdefault(distribution_of(module), file)
    for requirement, file in sorted(imported.installs.items()):
        name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
        if name.lower() not in {re.split(r"[^A-Za-z0-9._-]", have)[0].lower() for have in wanted}:
            wanted[requirement] = file
    return sorted(wanted.items(), key=lambda pair: pair[0].lower()), notes


def distribution_of(module: str) -> str:
    """Return the distribution that brings the module: by the kept tables, else its own top-level name."""
    for prefix, name in NAMESPACE_MODULES.items():
        if module == prefix or module.startswith(prefix + "."):
            return name
    top = module.split(".")[0]
    return MODULE_TO_DISTRIBUTION.get(top, top)


def local_modules(root: Path, notebooks: Sequence[str]) -> frozenset[str]:
    """Return the top-level names that the repository itself has: beside a notebook, at its root, in src/ or lib/."""
    names: set[str] = set()
    for folder in _module_folders(root, notebooks):
        here = root / folder
        if not here.is_dir():
            continue
        for path in here.iterdir():
            if path.suffix in (".py", ".so", ".pyx"):
                names.add(path.name.split(".")[0])
            elif path.is_dir() and ((path / "__init__.py").exists() or any(path.glob("*.py"))):
                names.add(path.name)
    return frozenset(names)


def _module_folders(root: Path, notebooks: Sequence[str]) -> list[PurePosixPath]:
    folders = {PurePosixPath("."), PurePosixPath("src"), PurePosixPath("lib"), PurePosixPath("code")}
    for notebook in notebooks:
        # Notebooks often extend sys.path by their parents, or by folders beside them.
        folders |= {PurePosixPath(notebook).parent, *PurePosixPath(notebook).parent.parents}
    for notebook in notebooks:
        here = root / PurePosixPath(notebook).parent
        folders |= (
            {
                PurePosixPath(path.relative_to(root).as_posix())
                for path in here.iterdir()
                if path.is_dir() and not path.name.startswith(".")
            }
            if here.is_dir()
            else set()
        )
    return sorted(folders)


def _local_files(root: Path, modules: Iterable[str], notebooks: Sequence[str]) -> list[str]:
    files: set[str] = set()
    folders = _module_folders(root, notebooks)
    for top in {module.split(".")[0] for module in modules}:
        if top in STANDARD_MODULES:
            continue
        for folder in folders:
            if (root / folder / f"{top}.py").is_file():
                files.add((folder / f"{top}.py").as_posix())
            package = root / folder / top
            if package.is_dir() and not package.is_symlink():
                found = sorted(path.relative_to(root).as_posix() for path in package.rglob("*.py"))
                files |= {path for path in found if "/test" not in path}
    return sorted(files)[:_FILES_LIMIT]


def _collect(source: str, file: str, found: Imported) -> None:
    for match in _INSTALL_LINE.finditer(source):
        for requirement in _installed(match["pip"] or match["conda"] or ""):
            found.installs.setdefault(requirement, file)
    if _PYLAB.search(source):
        found.modules.setdefault("matplotlib", file)
    for module in modules_of(source):
        found.modules.setdefault(module, file)


def modules_of(source: str) -> list[str]:
    """Return the dotted names that `source` imports; Python 2 and broken code are read line by line."""
    source = code_without_magics(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _modules_by_line(source)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names if node.module == "google")]
    return names


def _modules_by_line(source: str) -> list[str]:
    names: list[str] = []
    for match in _IMPORT.finditer(source):
        if match["origin"] and not match["origin"].startswith("."):
            names.append(match["origin"])
        elif match["names"]:
            names += [part.split()[0] for part in match["names"].split(",")]
    return names


def _installed(arguments: str) -> list[str]:
    kept = []
    for word in re.split(r"\s+", arguments.split("#")[0].split(";")[0].strip()):
        word = word.strip("\"'")
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[\w,]+\])?([=<>!~]=?[\w.*,=<>!~]+)?", word):
            try:
                kept.append(judge(re.sub(r"(?<![=<>!~])=(?!=)", "==", word), "").text)
            except BuildError:
                continue
    return kept


def _source(path: Path) -> str:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return ""
        return decode(path.read_bytes(), name=path.name)
    except (OSError, BuildError):
        return ""
