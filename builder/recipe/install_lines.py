"""Read what code installs by itself: lines of pip and conda in cells, and calls that run them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.cells import Piece
from builder.recipe.decoding import read_text
from builder.recipe.findings import judge
from builder.recipe.import_statements import without_strings
from builder.recipe.names import CONDA_COLLECTIONS, CONDA_TO_DISTRIBUTION

_PROGRAM: Final = (
    r"(?:sudo\s+(?:-\w+\s+)*)?(?:[\w./{}$-]*(?:python[\d.]*|executable\}?)\s+-m\s+)?"
    r"(?P<tool>pip[\d.]*|conda|mamba|micromamba|easy_install)\s+(?:(?:-\w\s+)*install\s+)?"
)
_MARKED: Final = re.compile(r"\s*(?:[\w, ]{1,100}=\s*)?(?P<mark>!{1,2}|%)\s*(?=\S)")
_BARE: Final = re.compile(r"\s*(?:sudo\s|[\w./-]*python[\d.]*\s+-m\s+pip|pip[\d.]*\s+install\s)")
_LINE_LIMIT: Final = 5000
_NAME_LIMIT: Final = 200
_COMMAND: Final = re.compile(rf"\s*{_PROGRAM}(?P<rest>\S.*)", re.DOTALL)
_SHELL_CELL: Final = re.compile(r"\s*%%(?:bash|sh|script|!|cmd)\b[^\n]*\n")
_SHELL_CALL: Final = re.compile(
    r"(?:system|getoutput|check_call|check_output|call|run|Popen)\s*\(\s*"
    r"[urf]{0,2}([\"'])(?P<command>[^\n]{0,2000}?)\1"
)
_MAGIC_CALL: Final = re.compile(
    r"run_line_magic\s*\(\s*[\"'](?P<tool>pip|conda|mamba)[\"']\s*,\s*[\"'](?P<rest>[^\"'\n]{0,2000})"
)
_LIST_CALL: Final = re.compile(r"(?<![\w.])(?P<before>[\w.]{0,200})\s{0,20}\(\s{0,20}\[(?P<words>[^\[\]]{0,2000})\]")
_LITERAL: Final = re.compile(r"[\"']([^\"'\n]*)[\"']")
_WORD: Final = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?P<extras>\[[\w,. -]+\])?"
    r"(?P<versions>(?:[=<>!~]=?|===)[\w.*+!-]+(?:,(?:[=<>!~]=?|===)[\w.*+!-]+)*)?"
)
_ADDRESS: Final = re.compile(r"(?:[\w.-]+@)?(?:git|hg|svn|bzr)\+|https?://|git@", re.IGNORECASE)
_EGG: Final = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9][\w.-]*)|^([A-Za-z0-9][\w.-]*)@(?=git\+|https?:)")
_OPTIONS: Final = """
-r --requirement --constraint -f --find-links -i --index-url --extra-index-url -t --target --prefix --root --src
--trusted-host --timeout --proxy --cache-dir --log --platform --python-version --abi --progress-bar
--upgrade-strategy --channel -n --name -p --file --solver -c --global-option --install-option
"""
_TAKES_VALUE: Final = frozenset(_OPTIONS.split())
_IS_FILE: Final = frozenset({"-r", "--requirement", "--file"})


@dataclass(frozen=True, slots=True)
class Installation:
    """What one line installs: requirements in PEP 508 form, requirements files, and addresses that are not followed."""

    requirements: tuple[str, ...]
    files: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def installations(source: str) -> list[Installation]:
    """Return what the code of a cell or a module installs, line by line. Comments and strings do not count."""
    joined = re.sub(r"\\\n", "  ", source)
    found: list[Installation] = []
    for command in _commands(joined):
        found += _from_commands(command)
    for match in _SHELL_CALL.finditer(joined):
        found += _from_commands(match["command"])
    for match in _MAGIC_CALL.finditer(joined):
        found += _from_commands(f"{match['tool']} {match['rest']}")
    for match in _LIST_CALL.finditer(joined):
        words = _LITERAL.findall(match["words"])
        if "install" in words and ("pip" in words[: words.index("install")] or "pip" in match["before"]):
            found.append(_judged("pip", words[words.index("install") + 1 :]))
    return [each for each in found if each.requirements or each.files or each.addresses]


def _commands(source: str) -> Iterator[str]:
    """Yield the lines that a shell or a package manager gets."""
    is_shell = bool(_SHELL_CELL.match(source))
    # What is blanked tells what is no string; the words themselves may be quoted.
    blanked = re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), source) if is_shell else without_strings(source)
    for seen, line in zip(blanked.split("\n"), source.split("\n"), strict=True):
        if len(line) > _LINE_LIMIT or not seen.strip():
            continue
        marked = _MARKED.match(seen)
        if marked:
            yield line[marked.end() :]
        elif is_shell or _BARE.match(seen):
            yield line


def requirements_beside(root: Path, piece: Piece, file: str) -> list[str]:
    """Return what a requirements file of the repository lists that `piece` installs by -r, as far as it can be read."""
    real_root = root.resolve()
    if len(file) > _NAME_LIMIT:
        return []
    for folder in (PurePosixPath(piece.file).parent, PurePosixPath(".")):
        real = (root / folder / file).resolve()
        if real.is_relative_to(real_root) and real.is_file():
            try:
                lines = read_text(real, name=file).splitlines()
            except BuildError:
                return []
            return [text for line in lines for text in _requirement(re.sub(r"\s|#.*", "", line), is_conda=False)]
    return []


def _from_commands(text: str) -> Iterator[Installation]:
    for part in re.split(r"&&|;|\|\|?", text):
        match = _COMMAND.match(part)
        if match and (" install " in f" {part} " or match["tool"] == "easy_install"):
            words = re.findall(r"\"[^\"]*\"|'[^']*'|[^\s\"']+", match["rest"].split(" #")[0])
            yield _judged(match["tool"], [word.strip("\"'") for word in words])


def _judged(tool: str, words: Sequence[str]) -> Installation:
    requirements: list[str] = []
    files: list[str] = []
    addresses: list[str] = []
    is_conda = tool.endswith(("conda", "mamba"))
    option = ""
    for word in words:
        if option:
            files += [word] if option in _IS_FILE else []
            option = ""
        elif word.startswith("-"):
            option = word if word in _TAKES_VALUE else ""
        elif _ADDRESS.match(word):
            egg = _EGG.search(word)
            addresses.append(re.sub(r"//[^/@]*@", "//", word)[:200])
            requirements += _requirement(egg[1] or egg[2], is_conda=False) if egg else []
        else:
            requirements += _requirement(word, is_conda=is_conda)
    return Installation(tuple(requirements), tuple(files), tuple(addresses))


def _requirement(word: str, *, is_conda: bool) -> list[str]:
    match = _WORD.fullmatch(word.split("::")[-1] if is_conda else word)
    if match is None or word.endswith((".whl", ".gz", ".zip", ".txt", ".py")):
        return []
    name, versions = match["name"], match["versions"] or ""
    if is_conda:
        name = name.lower()
        versions = re.sub(r"^=(\d[\w.]*)\*?(?:=.*)?$", r"==\1.*", versions)
        names = CONDA_COLLECTIONS.get(name, (CONDA_TO_DISTRIBUTION.get(name, name),))
    else:
        versions = re.sub(r"(?<![=<>!~])=(?!=)", "==", versions)
        names = (name,)
    found = []
    for each in names:
        if not each or each in ("python", "pip", "install"):
            continue
        try:
            found.append(judge(f"{each}{match['extras'] or ''}{versions if len(names) == 1 else ''}", "").text)
        except BuildError:
            continue
    return found
