"""Advise on images: a name without a digest is another image one day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from builder.recipe.advice import Advice, advise
from builder.recipe.lint_versions import lines_of
from builder.recipe.model import Recipe, Wish

_FROM: Final = re.compile(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_ARGUMENT: Final = re.compile(r"\s*ARG\s+(\w+)=[\"']?([^\s\"']+)", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")


def advise_on_images(root: Path, recipe: Recipe) -> list[Advice]:
    """Return what is to be said of each image that a Dockerfile starts from, or that is given by name."""
    found: list[Advice] = []
    for extra in recipe.wishes(Wish.DOCKERFILE, Wish.IMAGE):
        lines = lines_of(root, extra.file)
        if PurePosixPath(extra.file).name == "Dockerfile":
            for number, image in _images(lines):
                found += _on_image(extra.file, number, image)
            continue
        for image in extra.values:
            line = next((number for number, text in enumerate(lines, 1) if image in text), None)
            found += _on_image(extra.file, line, image)
    return found


def _images(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and name of each image, stages and what cannot be told from the file apart."""
    stages: set[str] = {"scratch"}
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        argument, start = _ARGUMENT.match(line), _FROM.match(line)
        if argument:
            values[argument[1]] = argument[2]
        if not start:
            continue
        image = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), start[1])
        if image.lower() not in stages and "$" not in image:
            yield number, image
        if start[2]:
            stages.add(start[2].lower())


def _on_image(file: str, line: int | None, image: str) -> Iterator[Advice]:
    if "@sha256:" in image:
        return
    name, _, tag = image.rpartition("/")[2].partition(":")
    base = image.removesuffix(f":{tag}") if tag else image
    said = f"(docker inspect --format '{{{{.RepoDigests}}}}' {image} says it)."
    if tag in ("", "latest"):
        message = f"{name}{':latest' if tag else ' without a tag'} is whatever was pushed last."
        fix = f"Write {base}:<version>@sha256:<digest> {said}"
        yield advise("image-not-pinned", file, line, message=message, fix=fix)
    else:
        message = f"The tag {tag} of {name} can be pushed again with other content."
        fix = f"Write {image}@sha256:<digest> {said}"
        yield advise("image-without-digest", file, line, message=message, fix=fix)
