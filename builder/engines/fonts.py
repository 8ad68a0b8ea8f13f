"""The fonts that are shipped with an environment: a content-addressed copy of this machine's, shown to each run.

Figures are drawn with the fonts at hand. So that a change of the machine's fonts changes no figure, an environment
names the set it was made with, and every run sees that set where programs look for fonts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from builder.engines.exclusive import exclusively
from builder.held_directory import held_directory

# Where programs look for fonts, and the part of a set that is shown there.
FONT_PLACES: Final[Mapping[str, str]] = {"/usr/share/fonts": "system", "/usr/local/share/fonts": "local"}
SIZE_LIMIT_BYTES: Final = 200 * 2**20
_KINDS: Final = (".ttf", ".otf", ".ttc", ".afm", ".pfa", ".pfb")
# What matplotlib, R and most figures ask for; these are kept where not all can be.
_FIRST: Final = ("dejavu", "liberation")
_FORMAT: Final = "fonts/1"
_FAMILIES: Final = {
    "sans-serif": ("DejaVu Sans", "Liberation Sans"),
    "serif": ("DejaVu Serif", "Liberation Serif"),
    "monospace": ("DejaVu Sans Mono", "Liberation Mono"),
    "Arial": ("Liberation Sans",),
    "Helvetica": ("Liberation Sans",),
    "Times New Roman": ("Liberation Serif",),
    "Times": ("Liberation Serif",),
    "Courier New": ("Liberation Mono",),
    "Courier": ("Liberation Mono",),
}


@dataclass(frozen=True, slots=True)
class FontSet:
    """A kept set. `left_out` counts the fonts of this machine that are beyond the size limit."""

    path: Path
    digest: str
    count: int
    size_bytes: int
    left_out: int = 0

    def mounts(self) -> tuple[tuple[Path, str], ...]:
        """Return what a sandbox shows where: only where this machine has the place, since none can be made there."""
        return tuple((self.path / part, place) for place, part in FONT_PLACES.items() if Path(place).is_dir())

    def variables(self) -> tuple[tuple[str, str], ...]:
        """Return the variables with which fontconfig finds the set."""
        return (("FONTCONFIG_FILE", str(self.path / "fonts.conf")),)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as an environment keeps them."""
        note = "" if self.count else "this machine has no fonts"
        if self.left_out:
            note = f"{self.left_out} fonts of this machine are left out, beyond {SIZE_LIMIT_BYTES >> 20} MiB"
        return {"digest": self.digest, "count": self.count, "size_bytes": self.size_bytes, "note": note}


@dataclass(frozen=True, slots=True)
class _Font:
    source: str
    name: str
    size_bytes: int


def keep_fonts(
    folder: Path, *, places: Mapping[str, str] = FONT_PLACES, limit_bytes: int = SIZE_LIMIT_BYTES
) -> FontSet:
    """Keep this machine's fonts under `folder` by the digest of names and contents, and return the set.

    A set that is there is used again. Fonts beyond `limit_bytes` are left out, the common ones last.
    """
    chosen, left_out = _choose(_found(places), limit_bytes)
    digest = _digest(chosen)
    target = folder / digest
    size_bytes = sum(font.size_bytes for font in chosen)
    kept = FontSet(target, digest, len(chosen), size_bytes, left_out)
    if not (target / "fonts.conf").is_file():
        with exclusively(folder / ".lock"):
            if not (target / "fonts.conf").is_file():
                _copy(chosen, places, folder, target)
    return kept


def _found(places: Mapping[str, str]) -> list[_Font]:
    found = []
    for place, part in places.items():
        for path in _files(place, set()):
            with suppress(OSError):
                name = f"{part}/{os.path.relpath(path, place)}"
                found.append(_Font(path, name, os.stat(path).st_size))  # noqa: PTH116 - text paths throughout
    return sorted(found, key=lambda font: font.name)


def _files(folder: str, seen: set[str]) -> Iterator[str]:
    """Yield the fonts below the folder, through links, each directory once."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                yield from _files(entry.path, seen)
            elif entry.name.lower().endswith(_KINDS) and entry.is_file():
                yield entry.path


def _choose(found: Sequence[_Font], limit_bytes: int) -> tuple[list[_Font], int]:
    by_use = sorted(found, key=lambda font: (not any(word in font.name.lower() for word in _FIRST), font.name))
    chosen, size_bytes = [], 0
    for font in by_use:
        if size_bytes + font.size_bytes <= limit_bytes:
            chosen.append(font)
            size_bytes += font.size_bytes
    return sorted(chosen, key=lambda font: font.name), len(found) - len(chosen)


def _digest(fonts: Sequence[_Font]) -> str:
    digest = hashlib.sha256(f"{_FORMAT}\n".encode())
    for font in fonts:
        with open(font.source, "rb") as stream:  # noqa: PTH123 - text paths throughout
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{content} {font.name}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _copy(fonts: Sequence[_Font], places: Mapping[str, str], folder: Path, target: Path) -> None:
    """Copy beside the place and rename: what is visible is whole. A link would change with the machine's file."""
    with held_directory(".making-", folder) as made:
        staged = Path(made) / "set"
        staged.mkdir()
        for part in places.values():
            (staged / part).mkdir()
        for font in fonts:
            copy = staged / font.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(font.source, copy)
        (staged / "fonts.conf").write_text(_configuration(places), encoding="utf-8")
        if target.exists():
            target.rename(Path(made) / "broken")
        staged.rename(target)


def _configuration(places: Mapping[str, str]) -> str:
    """Return fontconfig's configuration: the set's places, its own preferences, nothing of this machine's."""
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">', "<fontconfig>"]
    lines += [f"  <dir>{place}</dir>" for place in places]
    lines += ['  <cachedir prefix="xdg">fontconfig</cachedir>']
    for family, preferred in _FAMILIES.items():
        families = "".join(f"<family>{name}</family>" for name in preferred)
        lines += [f'  <alias binding="same"><family>{family}</family><prefer>{families}</prefer></alias>']
    return "\n".join([*lines, "</fontconfig>", ""])
