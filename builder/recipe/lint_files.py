"""Advise on lines of the files that declare: addresses, other indexes, channels, system packages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.advice import Advice, advise, listed
from builder.recipe.documents import parse_yaml, without_credentials
from builder.recipe.lint_versions import CONDA_FILES, PROJECT_FILES, lines_of
from builder.recipe.model import Recipe, Wish

_GIT: Final = re.compile(r"(?:git|hg|svn|bzr)\+[a-z]+://[^\s\"',;]+|git@[^\s\"',;]+|git://[^\s\"',;]+", re.IGNORECASE)
_REVISION: Final = re.compile(r"\.git@([^#@\s]+)|://[^\s#]*/[^\s#@]*@([^#@\s]+)")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,40}")
_TAG: Final = re.compile(r"v?\d+(?:\.\d+)+[\w.-]*")
_EGG: Final = re.compile(
    r"#(?:.*&)?egg=([A-Za-z0-9][\w.-]*)|([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s*(?:git\+|https?:)"
)
_ARCHIVE: Final = re.compile(
    r"(?<![+\w])https?://[^\s\"',;]+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)\b[^\s\"',;]*", re.IGNORECASE
)
_CHECKSUM: Final = re.compile(r"#(?:.*&)?(?:sha\d+|md5)=|--hash[= ]")
_INDEX: Final = re.compile(
    r"^\s*-?\s*[\"']?(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)(?:[\s=]+(\S+))?"
)
_TABLE_GIT: Final = re.compile(r"^\s*[\"']?([\w.-]+)[\"']?\s*=\s*\{[^}]*\bgit\s*=\s*\"([^\"]+)\"([^}]*)")
_REQUIRED: Final = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*(?:git\+|https?:)[^\s\"',;]+")
_TABLE_LINE: Final = re.compile(r"^(?![^=]*=\s*\{).*")
_TABLE_REVISION: Final = re.compile(r"\b(rev|tag|branch|ref)\s*=\s*\"([^\"]+)\"")
_READ: Final = (".txt", ".in", ".yml", ".yaml", ".toml", ".cfg", ".py")
_LOCKS: Final = ("pylock.toml", "conda-lock.yml", "conda-lock.yaml")


def advise_on_files(root: Path, recipe: Recipe, versions: Mapping[str, str]) -> list[Advice]:
    """Return what is to be said of single lines of the files that were read, and of the channels of conda."""
    found: list[Advice] = []
    for file in recipe.files:
        name = PurePosixPath(file).name
        if not (name.endswith(_READ) or name == "Pipfile") or name in _LOCKS or name == "runtime.txt":
            continue
        for number, line in enumerate(lines_of(root, file), 1):
            code = re.sub(r"(^|\s)#.*$", "", line)
            found += _on_line(file, number, code, versions)
        if name in CONDA_FILES:
            found += _on_channels(root, file)
    for extra in recipe.wishes(Wish.SYSTEM_PACKAGES):
        found += _on_apt(extra.file, extra.values)
    return found


def _on_line(file: str, number: int, line: str, versions: Mapping[str, str]) -> Iterator[Advice]:
    if PurePosixPath(file).name in PROJECT_FILES:
        # Here a line may as well say where the project itself lies; what is required is "name @ address".
        line = "".join(match[0] for match in _REQUIRED.finditer(line)) or _TABLE_LINE.sub("", line)
    for address, name, revision in _git_addresses(line):
        yield from _on_git(file, number, address, name, revision, versions)
    archive = _ARCHIVE.search(line)
    if archive and not _CHECKSUM.search(line):
        yield advise(
            "address-without-checksum",
            file,
            number,
            message=f"{without_credentials(archive[0])[:200]} is fetched from an address whose content can change.",
            fix=f"Write {released}."
            if (released := _released(_name_in(line), versions))
            else f"Write {archive[0][:200]}#sha256=<checksum of the file>.",
        )
    index = _INDEX.match(line)
    if index:
        shown = without_credentials(index[2] or "")[:200]
        yield advise(
            "other-index",
            file,
            number,
            message=f"{index[1]} {shown} names another package index, which may be gone or hold other files one day."
            if shown
            else f"{index[1]} names another package index, which may be gone one day.",
            fix="Remove the line where the packages are on the public index; else put their wheels into an archive "
            "with a DOI and name them by address with #sha256=<checksum>.",
        )


def _git_addresses(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield (address, package or "", revision or "") of each repository that a line names."""
    for match in _GIT.finditer(line):
        revision = _REVISION.search(match[0])
        yield match[0], _name_in(line), (revision[1] or revision[2]) if revision else ""
    table = _TABLE_GIT.match(line)
    if table:
        revision = _TABLE_REVISION.search(table[3])
        yield table[2], table[1], revision[2] if revision else ""


def _on_git(
    file: str, number: int, address: str, name: str, revision: str, versions: Mapping[str, str]
) -> Iterator[Advice]:
    if _COMMIT.fullmatch(revision):
        return
    shown = without_credentials(address)[:200]
    is_tag = bool(_TAG.fullmatch(revision))
    where = (
        f"the tag {revision}, which can be moved" if is_tag else f"the branch {revision}" if revision else "no commit"
    )
    plain = re.sub(r"(\.git)?(@[^#@\s/]+)?(#.*)?$", r"\1", shown)
    instead = f"{name} @ {plain}@<commit>" if name else f"{plain}@<commit>"
    released = _released(name, versions)
    or_release = f"; or the release: {released}." if released else "."
    yield advise(
        "git-tag" if is_tag else "git-without-commit",
        file,
        number,
        message=f"{shown} names {where}; another day brings other code.",
        fix=f"Write {instead}, the commit being what git rev-parse HEAD says{or_release}",
    )


def _name_in(line: str) -> str:
    match = _EGG.search(line)
    return (match[1] or match[2]) if match else ""


def _released(name: str, versions: Mapping[str, str]) -> str:
    version = versions.get(canonicalize_name(name)) if name else None
    return f"{name}=={version}" if version else ""


def _on_channels(root: Path, file: str) -> Iterator[Advice]:
    lines = lines_of(root, file)
    try:
        data = parse_yaml("\n".join(lines), PurePosixPath(file))
    except BuildError:
        return
    table = data if isinstance(data, dict) else {}
    listed_entries = table.get("dependencies")
    entries = [entry for entry in listed_entries if isinstance(entry, str)] if isinstance(listed_entries, list) else []
    names = [re.split(r"[=<>!~ \[]", entry, maxsplit=1)[0] for entry in entries if "::" not in entry]
    channels = table.get("channels")
    named = [str(channel) for channel in channels] if isinstance(channels, list) else []
    packages = [name for name in names if name and name not in ("python", "pip")]
    number = next(
        (count for count, line in enumerate(lines, 1) if re.match(r"\s*(dependencies|channels)\s*:", line)), 1
    )
    if packages and not named:
        yield advise(
            "conda-without-channel",
            file,
            number,
            message=f"No channel is given for {listed(packages)}; whoever builds it takes their own.",
            fix="Write channels: [conda-forge] above the dependencies.",
        )
    elif "defaults" in named:
        yield advise(
            "conda-defaults",
            file,
            number,
            message="The channel defaults is another one in another installer, under another licence.",
            fix="Write channels: [conda-forge, nodefaults].",
        )


def _on_apt(file: str, packages: tuple[str, ...]) -> Iterator[Advice]:
    floating = [package for package in packages if "=" not in package]
    if floating:
        yield advise(
            "apt-not-pinned",
            file,
            1,
            message=f"The versions of {listed(floating)} are those of the base image of the day.",
            fix="Where results depend on them, take them from conda-forge with a version in environment.yml, or run in "
            "an image named by its digest.",
        )
