"""Advise on the code cells of notebooks: what they fetch, install, and find on one machine alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.recipe.advice import Advice, advise, listed
from builder.recipe.cells import Piece, notebook_pieces
from builder.recipe.documents import without_credentials
from builder.recipe.import_statements import string_literals, without_strings
from builder.recipe.install_lines import installations
from builder.recipe.lint_versions import kind_of

_URL: Final = re.compile(r"(?:https?|ftp)://[^\s\"'`<>)\]}]+")
_LOCAL: Final = re.compile(r"(?:https?|ftp)://(?:localhost|127\.|0\.0\.0\.0|\[::1\])")
# Calls that fetch whatever they are given, and calls that fetch when they are given an address.
_FETCHES: Final = re.compile(
    r"(?<![\w])(?:urlretrieve|urlopen|requests\s*\.\s*(?:get|post)|wget\s*\.\s*download|pooch\s*\.\s*retrieve"
    r"|download_file|download_url|gdown\s*\.\s*download|sns\s*\.\s*load_dataset)\s*\("
)
_READS: Final = re.compile(
    r"(?<![\w])(?:read_(?:csv|table|excel|json|html|fwf|parquet|feather|hdf|xml|fits)|loadtxt|genfromtxt|imread"
    r"|open_(?:mf)?dataset|get_file|fits\s*\.\s*open|scan_csv|Table\s*\.\s*read)\s*\("
)
_SHELL: Final = re.compile(r"^[ \t]*(?:[\w, ]{1,100}=[ \t]*)?!?[ \t]*(?:wget|curl)[ \t][^\n]*", re.MULTILINE)
_SHELL_CELL: Final = re.compile(r"\s*%%(?:bash|sh|script|!)\b")
_ASSIGNED: Final = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*\(?(?=[\s\w]{0,100}[\"'](?:https?|ftp):)", re.MULTILINE)
_CHECKED: Final = re.compile(
    r"known_hash\s*=\s*[\"']|file_hash\s*=\s*[\"']|hashlib\b|(?:sha\d+|md5|sha)sum\b|\bchecksum|\b(?:md5|sha256)\s*="
)
# A text that may be written in parts: "https://example.org/" "data.csv", also with a plus between them.
_LITERALS: Final = re.compile(
    r"\s{0,200}(?:\w+\s{0,20}=\s{0,20})?((?:[rufRUF]{0,2}([\"'])(?:https?|ftp)://[^\"'\n]*\2)"
    r"(?:[\s+\\]{0,100}[rufRUF]{0,2}([\"'])[^\"'\n]*\3)*)"
)
_LITERAL: Final = re.compile(r"([\"'])([^\"'\n]*)\1")
_CLONE: Final = re.compile(
    r"\bgit[ \t]+clone[ \t]+(?:-[\w=-]+[ \t]+(?:\w+[ \t]+)?){0,8}[\"']?((?:https?://|git@|git://)[^\s\"']+)"
)
_CHECKOUT: Final = re.compile(r"\bgit\b[^\n]{0,200}\b(?:checkout|reset|switch)\b")
_ARGUMENT_LIMIT: Final = 600
_PATH: Final = re.compile(
    r"(?:/home/(?!jovyan\b)[\w.-]+|/Users/[\w.-]+|/root|/gpfs|/scratch|/nfs|/afs|/media|/mnt|/Volumes|/asap3"
    r"|/content/drive|/kaggle/input|/global/homes)/[^\s\"'*?<>|]*"
    # Inside an HDF5 file /data/x is a dataset; only the name of a file tells the two apart.
    r"|/(?:work|data)\d*/[^\s\"'*?<>|]*\.[A-Za-z]\w{0,4}(?=$|[\s\"'])"
    r"|[A-Za-z]:\\\\?(?!\\)[^\s\"'*?<>|]+|[A-Za-z]:/(?!/)[\w.-][^\s\"'*?<>|]*"
)
_MACHINE_LINE: Final = re.compile(r"^[ \t]*[%!][^\n]*", re.MULTILINE)


def advise_on_code(root: Path, notebooks: Sequence[str], versions: Mapping[str, str]) -> list[Advice]:
    """Return at most one advice of each kind for each notebook."""
    found: list[Advice] = []
    for notebook in sorted(notebooks):
        pieces = list(notebook_pieces(root, notebook))
        found += _on_data(notebook, pieces)
        found += _on_clones(notebook, pieces)
        found += _on_paths(notebook, pieces)
        found += _on_installs(notebook, pieces, versions)
    return found


def _on_data(notebook: str, pieces: Sequence[Piece]) -> Iterator[Advice]:
    if any(_CHECKED.search(piece.source) for piece in pieces):
        return  # its author knows; which check belongs to which file is not for a linter to say
    addresses = {
        match[1]: _url_of(piece.source[match.end() : match.end() + _ARGUMENT_LIMIT], {})
        for piece in pieces
        for match in _ASSIGNED.finditer(piece.source)
    }
    fetched: dict[str, int] = {}
    for piece in pieces:
        for url in _fetched(piece.source, addresses):
            if not _LOCAL.match(url):
                fetched.setdefault(without_credentials(url)[:200], piece.cell or 0)
    if not fetched:
        return
    url = next((url for url in fetched if url), "")
    cells = _cells(fetched.values())
    what = f"{url} is" if len(fetched) == 1 and url else f"{url} and others are" if url else "data are"
    are = "it is still the same file" if len(fetched) == 1 and url else "they are still the same"
    yield advise(
        "data-without-checksum",
        notebook,
        None,
        message=f"{cells}: {what} fetched when the notebook runs, and nothing tells whether {are}.",
        fix="Put the file into the repository, or link it as a dataset with its DOI; else check what comes: "
        f'pooch.retrieve("{url or "<address>"}", known_hash="sha256:<checksum>").',
    )


def _fetched(source: str, addresses: Mapping[str, str]) -> Iterator[str]:
    code = without_strings(source)
    for pattern, is_certain in ((_FETCHES, True), (_READS, False)):
        for match in pattern.finditer(code):
            argument = source[match.end() : match.end() + _ARGUMENT_LIMIT].split("\n\n")[0]
            url = _url_of(argument, addresses)
            if url or is_certain:
                yield url
    lines = "\n".join(_shell_lines(source))
    for match in _SHELL.finditer(lines):
        named = _URL.search(match[0])
        yield named[0] if named else ""


def _on_clones(notebook: str, pieces: Sequence[Piece]) -> Iterator[Advice]:
    if any(_CHECKOUT.search(piece.source) for piece in pieces):
        return
    for piece in pieces:
        clone = next((line for line in _shell_lines(piece.source) if _CLONE.search(line)), None)
        match = _CLONE.search(clone) if clone else None
        if match:
            address = without_credentials(match[1])[:200]
            folder = address.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
            yield advise(
                "git-without-commit",
                notebook,
                None,
                message=f"Cell {piece.cell}: {address} is cloned at no commit; another day brings other code.",
                fix=f"Write git clone {address} && git -C {folder} checkout <commit>.",
            )
            return


def _shell_lines(source: str) -> list[str]:
    if _SHELL_CELL.match(source):
        return source.splitlines()
    return [line for line in source.splitlines() if re.match(r"[ \t]*(?:[\w, ]{1,100}=[ \t]*)?!", line)]


def _url_of(argument: str, addresses: Mapping[str, str]) -> str:
    """Return the address that begins an argument: written there, or held by a variable of the notebook."""
    literal = _LITERALS.match(argument)
    if literal:
        joined = "".join(part for _, part in _LITERAL.findall(literal[1]))
        return joined if _URL.fullmatch(joined) else ""
    name = re.match(r"\s*(?:\w+\s*=\s*)?(\w+)", argument)
    return addresses.get(name[1], "") if name else ""


def _on_paths(notebook: str, pieces: Sequence[Piece]) -> Iterator[Advice]:
    paths: dict[str, int] = {}
    for piece in pieces:
        texts = [*string_literals(piece.source), *_MACHINE_LINE.findall(piece.source)]
        for text in texts:
            match = (
                re.match(_PATH, text)
                if text[:1] not in "%! \t"
                else re.search(rf"(?<=[\s=\"'])(?:{_PATH.pattern})", text)
            )
            if match:
                paths.setdefault(match[0][:120], piece.cell or 0)
    if paths:
        are = "is" if len(paths) == 1 else "are"
        instead = _relative(next(iter(paths)))
        yield advise(
            "absolute-path",
            notebook,
            None,
            message=f"{_cells(paths.values())}: {listed(list(paths), most=3)} {are} on one machine alone.",
            fix=f'Put the file beside the notebook and write "{instead}", or link it as a dataset.',
        )


def _relative(path: str) -> str:
    name = re.split(r"[/\\]+", path.rstrip("/\\"))[-1]
    return f"data/{name}" if name and "." in name else "data/"


def _on_installs(notebook: str, pieces: Sequence[Piece], versions: Mapping[str, str]) -> Iterator[Advice]:
    wanted: dict[str, None] = {}
    cells: list[int] = []
    for piece in pieces:
        for installation in installations(piece.source):
            cells.append(piece.cell or 0)
            for text in installation.requirements:
                parsed = Pep508(text)
                version = versions.get(canonicalize_name(parsed.name))
                is_open = kind_of(parsed.specifier) != "pinned"
                wanted[f"{parsed.name}=={version}" if version and is_open else str(parsed)] = None
            wanted |= dict.fromkeys(f"{without_credentials(address)}" for address in installation.addresses)
    if cells:
        what = listed(list(wanted)) if wanted else "what a file lists"
        yield advise(
            "install-in-notebook",
            notebook,
            None,
            message=f"{_cells(cells)}: the notebook installs packages while it runs; no environment is made with them, "
            "and none can be without a network.",
            fix=f"Remove the line and write {what} into requirements.txt.",
        )


def _cells(numbers: Iterable[int]) -> str:
    cells = sorted(set(numbers))
    return f"Cell {cells[0]}" if len(cells) == 1 else f"Cells {listed([str(cell) for cell in cells])}"
