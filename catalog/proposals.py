"""Propose targets: which figures and tables of a paper the notebooks of a repository seem to make."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final, Literal, Protocol

from catalog.figure_numbers import Mention, Numbered, TargetKind, find_numbers
from catalog.identifiers import target_slug
from catalog.sources.codecheck import ManifestFile

MAX_PROPOSALS: Final = 100
MAX_GUESSES_PER_NOTEBOOK: Final = 12

Confidence = Literal["declared", "named", "headed", "guessed"]
_PICTURES: Final = frozenset({".png", ".pdf", ".svg", ".jpg", ".jpeg", ".eps", ".tif", ".tiff", ".gif"})
_TABLES: Final = frozenset({".csv", ".tsv", ".tex", ".html", ".xlsx", ".txt"})
_LEFT_OUT: Final = ".ipynb_checkpoints"


class FigureLike(Protocol):
    """An output of a notebook that a paper may show."""

    @property
    def cell_id(self) -> str: ...
    @property
    def cell_index(self) -> int: ...
    @property
    def mime(self) -> str: ...
    @property
    def heading(self) -> str: ...


class NotebookLike(Protocol):
    """What can be told of a notebook without running it."""

    @property
    def path(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def figures(self) -> Sequence[FigureLike]: ...


@dataclass(frozen=True, slots=True)
class ProposedTarget:
    """A target for the author to confirm. No `cells` means all outputs of the notebook; `files` are of a manifest.

    `slug` and `label` are unique among the proposals; `reason` is a sentence for the author.
    """

    label: str
    slug: str
    kind: TargetKind
    caption: str
    notebook: str
    cells: tuple[str, ...]
    reason: str
    confidence: Confidence
    files: tuple[str, ...] = ()


def propose_targets(
    notebooks: Sequence[NotebookLike], manifest: Sequence[ManifestFile] = ()
) -> tuple[ProposedTarget, ...]:
    """Return at most 100 proposals: first what has a number or is declared, by kind and number, then guesses
    from images in the order of notebooks and cells.

    For each notebook the first of these that yields anything counts: the manifest (codecheck.yml), the number in the
    file's name or its directory's, the numbers in its title and headings, its image outputs.
    """
    kept = sorted((one for one in notebooks if _LEFT_OUT not in one.path), key=lambda one: natural_key(one.path))
    declared = _declared(kept, manifest)
    wholes = {(one.notebook, number.whole) for one in declared if (number := _number_of(one.label))}
    found = list(declared)
    guesses: list[ProposedTarget] = []
    titles = Counter(one.title for one in kept)
    for notebook in kept:
        numbered = _named(notebook) or _headed(notebook)
        # What the manifest declares of a notebook is not proposed again, whole or in panels.
        fresh = [one for one in numbered if (notebook.path, _whole(one.label)) not in wholes]
        is_declared = any(one.notebook == notebook.path for one in declared)
        found.extend(fresh)
        if not numbered and not is_declared:
            guesses.extend(_guessed(notebook, is_title_shared=titles[notebook.title] > 1))
    found.sort(key=lambda one: (one.kind, natural_key(one.label), natural_key(one.notebook)))
    return _made_unique([*found, *guesses][:MAX_PROPOSALS])


def natural_key(text: str) -> tuple[tuple[int, str], ...]:
    """Return a key by which Figure 2 comes before Figure 10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text.lower())
    return tuple((int(part[:18]), "") if part[0].isascii() and part[0].isdigit() else (-1, part) for part in parts)


def _declared(notebooks: Sequence[NotebookLike], manifest: Sequence[ManifestFile]) -> list[ProposedTarget]:
    found: dict[tuple[str, str], ProposedTarget] = {}
    for entry in manifest:
        path = PurePosixPath(entry.file)
        mention = find_numbers(entry.comment) or find_numbers(path.stem)
        numbers = mention.numbers if mention else _unnumbered(entry, path)
        for number in numbers:
            notebook = _match(notebooks, entry, number)
            if notebook is None:
                continue
            known = found.get((number.label, notebook.path))
            if known is not None:
                found[number.label, notebook.path] = replace(known, files=(*known.files, entry.file))
                continue
            says = f" as “{entry.comment[:100]}”" if entry.comment else ""
            found[number.label, notebook.path] = _target(
                number,
                _after(mention, entry.comment),
                notebook,
                _cells_headed(notebook, number),
                f"codecheck.yml lists {entry.file}{says}.",
                "declared",
                (entry.file,),
            )
    return list(found.values())


def _unnumbered(entry: ManifestFile, path: PurePosixPath) -> tuple[Numbered, ...]:
    suffix = path.suffix.lower()
    if suffix not in _PICTURES | _TABLES:
        return ()
    label = entry.comment or path.stem
    return (Numbered(label[:80], "figure" if suffix in _PICTURES else "table", label[:80]),)


def _match(notebooks: Sequence[NotebookLike], entry: ManifestFile, number: Numbered) -> NotebookLike | None:
    """Return the notebook that makes a manifest's file: itself, of that number, of that name, or the only one."""
    stem = PurePosixPath(entry.file).stem.lower()
    for notebook in notebooks:
        if notebook.path == entry.file:
            return notebook
    numbers = {one.path: {target.label for target in _named(one) or _headed(one)} for one in notebooks}
    for wished in (number.label, number.whole):
        for notebook in notebooks:
            if wished in numbers[notebook.path]:
                return notebook
    for notebook in notebooks:
        if any(_whole(label) == number.whole for label in numbers[notebook.path]):
            return notebook
    for notebook in notebooks:
        if PurePosixPath(notebook.path).stem.lower() == stem:
            return notebook
    return notebooks[0] if len(notebooks) == 1 else None


def _named(notebook: NotebookLike) -> list[ProposedTarget]:
    """Propose by the number in the file's name, or in that of the nearest directory that has one."""
    path = PurePosixPath(notebook.path)
    for name in (path.stem, *reversed(path.parent.parts)):
        mention = find_numbers(name)
        if mention is None:
            continue
        title = find_numbers(notebook.title)
        caption = title.after if title else "" if notebook.title in {"", path.stem} else notebook.title
        if not caption and name == path.stem:
            caption = mention.after
        several = len(mention.numbers) > 1
        return [
            _target(
                number,
                caption,
                notebook,
                _cells_headed(notebook, number) if several else (),
                f"The name {name} says so.",
                "named",
            )
            for number in mention.numbers
        ]
    return []


def _headed(notebook: NotebookLike) -> list[ProposedTarget]:
    """Propose by numbers in the headings above outputs, else in the notebook's title."""
    found: dict[Numbered, ProposedTarget] = {}
    for figure in sorted(notebook.figures, key=lambda one: one.cell_index):
        mention = find_numbers(figure.heading)
        for number in mention.numbers if mention else ():
            if number in found:
                cells = dict.fromkeys((*found[number].cells, figure.cell_id))
                found[number] = replace(found[number], cells=tuple(cells))
                continue
            reason = f"The heading “{figure.heading[:100]}” stands above the output."
            caption = _after(mention, figure.heading)
            found[number] = _target(number, caption, notebook, (figure.cell_id,), reason, "headed")
    title = find_numbers(notebook.title)
    if found or title is None:
        return list(found.values())
    reason = f"The notebook is titled “{notebook.title[:100]}”."
    return [_target(number, title.after, notebook, (), reason, "headed") for number in title.numbers]


def _guessed(notebook: NotebookLike, *, is_title_shared: bool) -> list[ProposedTarget]:
    images = dict.fromkeys(
        (one.cell_index, one.cell_id, one.heading) for one in notebook.figures if one.mime.startswith("image/")
    )
    # A title that several notebooks share, as that of a course, tells none of them apart.
    title = "" if is_title_shared else notebook.title
    title = title or PurePosixPath(notebook.path).stem
    found: list[ProposedTarget] = []
    for place, (_, cell_id, heading) in enumerate(sorted(images)[:MAX_GUESSES_PER_NOTEBOOK], start=1):
        label = f"Figure from {title[:70]}, {place}"
        number = Numbered(label, "figure", label)
        reason = "A cell of the notebook shows an image; nothing tells its number in the paper."
        found.append(_target(number, "" if heading == title else heading, notebook, (cell_id,), reason, "guessed"))
    return found


def _cells_headed(notebook: NotebookLike, number: Numbered) -> tuple[str, ...]:
    """Return the cells under headings that name exactly this figure; none means all."""
    cells = [
        figure.cell_id
        for figure in sorted(notebook.figures, key=lambda one: one.cell_index)
        if (mention := find_numbers(figure.heading)) and number in mention.numbers
    ]
    return tuple(dict.fromkeys(cells))


def _target(
    number: Numbered,
    caption: str,
    notebook: NotebookLike,
    cells: tuple[str, ...],
    reason: str,
    confidence: Confidence,
    files: tuple[str, ...] = (),
) -> ProposedTarget:
    caption = caption.strip()[:500]
    caption = caption[:1].upper() + caption[1:]
    slug = target_slug(number.label)
    return ProposedTarget(number.label, slug, number.kind, caption, notebook.path, cells, reason, confidence, files)


def _after(mention: Mention | None, text: str) -> str:
    return mention.after if mention else text


def _number_of(label: str) -> Numbered | None:
    mention = find_numbers(label)
    return mention.numbers[0] if mention else None


def _whole(label: str) -> str:
    number = _number_of(label)
    return number.whole if number else label


def _made_unique(found: Sequence[ProposedTarget]) -> tuple[ProposedTarget, ...]:
    """Tell targets of one label apart by their notebooks, and number what is still alike."""
    labels: set[str] = set()
    slugs: set[str] = set()
    unique: list[ProposedTarget] = []
    for one in found:
        label = one.label
        if label in labels:
            label = f"{one.label} ({PurePosixPath(one.notebook).stem[:40]})"
        base, place = label, 2
        while label in labels or target_slug(label) in slugs:
            label, place = f"{base} {place}", place + 1
        labels.add(label)
        slugs.add(target_slug(label))
        unique.append(replace(one, label=label, slug=target_slug(label)))
    return tuple(unique)
