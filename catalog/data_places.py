"""Where a notebook expects a dataset, and which files it writes: what an author may say of both. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from catalog.causes import CausedError
from catalog.identifiers import parse_doi

MOST_DATASETS: Final = 20
MOST_PATTERNS: Final = 50
# Where no absolute place may be, whatever the operator allows: the system, and what a run makes itself.
CLOSED_PLACES: Final = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/sys", "/dev", "/run"),
    *("/tmp", "/boot", "/root", "/home/repro", "/var", "/reprise-data"),  # noqa: S108 - a name that is refused
)
_MOST_CHARACTERS: Final = 500
_MOST_PARTS: Final = 32
_PART: Final = re.compile(r"[\w@+=,~.-](?:[\w@+=,~. -]{0,198}[\w@+=,~.-])?")
_PATTERN_PART: Final = re.compile(r"[\w@+=,~.*?-](?:[\w@+=,~.*? -]{0,198}[\w@+=,~.*?-])?")
_VARIABLE: Final = re.compile(r"\$([A-Z][A-Z0-9_]{0,63})")
_TAKEN_VARIABLES: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "LANG", "LANGUAGE", "TZ", "IFS", "ENV"),
        *("BASH_ENV", "DISPLAY", "MPLBACKEND", "MPLCONFIGDIR", "SOURCE_DATE_EPOCH", "PWD", "TERM"),
    }
)
_TAKEN_PREFIXES: Final = (
    *("LD_", "LC_", "PYTHON", "JUPYTER", "JPY_", "IPYTHON", "R_", "JULIA_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_"),
    *("XDG_", "SSL_", "GIT_", "REPRISE_", "CONDA_", "DYLD_", "MALLOC_", "GLIBC_", "HTTP_", "HTTPS_", "NO_PROXY"),
    *("REQUESTS_", "CURL_", "PIP_", "NODE_", "AWS_"),
)
_LINE: Final = re.compile(r"(?:(?P<part>\S.*?) of )?(?P<dataset>\S+) at (?P<at>\S.*)")

PlaceKind = Literal["repository", "absolute", "variable"]


@dataclass(frozen=True, slots=True)
class DataPlace:
    """A place inside a run: a path of the repository, an absolute path, or the name of a variable that tells it."""

    kind: PlaceKind
    value: str


@dataclass(frozen=True, slots=True)
class DataWish:
    """A dataset (its DOI) that a notebook expects at a place; of it one part alone, if `part` names one."""

    dataset: str
    at: str
    part: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as it is kept and as the API shows it."""
        return {"dataset": self.dataset, "at": self.at, "part": self.part}


def read_place(at: str) -> DataPlace:
    """Read a place: `data/raw`, `/data/raw` or `$DATA_DIR`. Raises CausedError data-place-invalid."""
    if at.startswith("$"):
        found = _VARIABLE.fullmatch(at)
        name = found[1] if found else ""
        if not name or name in _TAKEN_VARIABLES or name.startswith(_TAKEN_PREFIXES):
            raise _refused(at, "it is not the name of a variable that is free, such as $DATA_DIR")
        return DataPlace("variable", name)
    if not _is_plain(at.removeprefix("/"), _PART):
        raise _refused(at, "it is not a plain path such as data/raw, /data/raw or $DATA_DIR")
    if not at.startswith("/"):
        return DataPlace("repository", at)
    if is_below(at, CLOSED_PLACES):
        raise _refused(at, "this part of the system cannot be replaced")
    return DataPlace("absolute", at)


def read_wishes(entries: Iterable[Mapping[str, Any]], *, places: Sequence[str] | None = None) -> tuple[DataWish, ...]:
    """Read what an author says of data: entries {dataset, at, part}; `part` may be absent.

    `places` are the directories below which an absolute place may be; None allows any that is not closed. No two
    places may lie in each other. Raises CausedError data-place-invalid, or doi-malformed.
    """
    wishes = []
    for entry in entries:
        wish = DataWish(parse_doi(str(entry["dataset"])), str(entry["at"]), str(entry.get("part") or ""))
        place = read_place(wish.at)
        if place.kind == "absolute" and places is not None and not is_below(place.value, places):
            allowed = ", ".join(places) or "nowhere"
            raise _refused(wish.at, f"absolute places are allowed below {allowed}")
        if wish.part and not _is_plain(wish.part, _PART):
            raise _refused(wish.part, "a part of a dataset is a plain path inside it")
        wishes.append(wish)
    if len(wishes) > MOST_DATASETS:
        raise _refused(wishes[MOST_DATASETS].at, f"a target takes at most {MOST_DATASETS} datasets")
    check_apart([wish.at for wish in wishes])
    return tuple(wishes)


def check_apart(places: Sequence[str]) -> None:
    """Refuse places that are the same or lie in each other. Raises CausedError data-place-invalid."""
    for number, at in enumerate(places):
        for other in places[:number]:
            if is_below(at, (other,)) or is_below(other, (at,)):
                raise _refused(at, f"it is the same place as {other}, or one lies in the other")


def read_patterns(patterns: Iterable[str]) -> tuple[str, ...]:
    """Read the paths of output files; * and ? stand for what lies in one directory.

    Raises CausedError output-pattern-invalid.
    """
    found = tuple(dict.fromkeys(pattern.strip() for pattern in patterns if pattern.strip()))
    for pattern in found:
        if not _is_plain(pattern, _PATTERN_PART):
            raise CausedError("output-pattern-invalid", pattern=pattern[:200])
    if len(found) > MOST_PATTERNS:
        raise CausedError("output-pattern-invalid", pattern=f"number {MOST_PATTERNS + 1}, {found[MOST_PATTERNS][:200]}")
    return found


def read_lines(text: str, *, places: Sequence[str] | None = None) -> tuple[DataWish, ...]:
    """Read wishes as people type them, one a line: `DOI at PLACE` or `PART of DOI at PLACE`.

    Raises CausedError data-place-invalid, or doi-malformed.
    """
    entries = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        if found is None:
            raise _refused(line[:200], "write it as DOI at PLACE, for example 10.5072/abc at data/raw")
        entries.append(found.groupdict())
    return read_wishes(entries, places=places)


def as_lines(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return wishes as people type them."""
    return "\n".join(
        (f"{entry['part']} of " if entry.get("part") else "") + f"{entry['dataset']} at {entry['at']}"
        for entry in entries
    )


def is_plain_path(path: str) -> bool:
    """Tell whether `path` is a plain relative path without dot segments, links' tricks or odd signs."""
    return _is_plain(path, _PART)


def is_below(path: str, places: Iterable[str]) -> bool:
    """Tell whether `path` is one of `places` or lies below one."""
    return any(path == place or path.startswith(f"{place.rstrip('/')}/") for place in places)


def _is_plain(path: str, part: re.Pattern[str]) -> bool:
    parts = path.split("/")
    is_short = 0 < len(path) <= _MOST_CHARACTERS and len(parts) <= _MOST_PARTS
    is_normal = is_short and posixpath.normpath(path) == path and ".git" not in parts and ".." not in parts
    return is_normal and path != "." and all(part.fullmatch(each) for each in parts)


def _refused(at: str, reason: str) -> CausedError:
    return CausedError("data-place-invalid", at=at[:200], reason=reason)
