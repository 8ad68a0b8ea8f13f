"""Which images a Dockerfile builds on: they are judged and fetched before an engine reads the file.

What the engine itself would fetch from elsewhere is refused: it does so in the network of this machine, loopback and
all, where the steps of a build have one of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from builder.engines.containers.references import Reference, parse_reference
from builder.errors import BuildError

SIZE_LIMIT: Final = 1 << 20
_ESCAPE: Final = re.compile(r"^\s*#\s*escape\s*=\s*(\S)\s*$", re.IGNORECASE)
_SYNTAX: Final = re.compile(r"^\s*#\s*syntax\s*=\s*(\S+)\s*$", re.IGNORECASE)
_DIRECTIVE: Final = re.compile(r"^\s*#\s*[A-Za-z]+\s*=")
_FROM: Final = re.compile(r"^\s*FROM\s+((?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_ARGUMENT: Final = re.compile(r"^\s*ARG\s+(.+)$", re.IGNORECASE)
_ASSIGNED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(?:\"([^\"]*)\"|'([^']*)'|(\S*))")
_COPIED: Final = re.compile(r"^\s*(?:ONBUILD\s+)?(?:COPY|ADD)\s.*?--from=\"?([^\s\"]+)", re.IGNORECASE)
_RUN: Final = re.compile(r"^\s*(?:ONBUILD\s+)?RUN\s", re.IGNORECASE)
_MOUNTED: Final = re.compile(r"--mount=\S*?\bfrom=\"?([^\s,\"]+)", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
_ADDED: Final = re.compile(r"^\s*(?:ONBUILD\s+)?ADD\s+(.*)$", re.IGNORECASE | re.DOTALL)
_ELSEWHERE: Final = re.compile(r"[a-z+]+:|.*://|git@|github\.com/|[^/]*\$", re.IGNORECASE)
_UNQUOTED: Final = re.compile(r"[\"'\\`]")
_NOTHING: Final = "scratch"
# Programs that read a Dockerfile may ask the engine for anything from anywhere; only Docker's own are known.
_FRONTENDS: Final = ("docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream")


def images_of(text: str) -> tuple[Reference, ...]:
    """Return the images that the Dockerfile names: in FROM, in --from and as its syntax, without its own stages.

    Raises BuildError image-forbidden for a name that cannot be told before building, and recipe-unreadable for
    an address that the engine would fetch.
    """
    arguments: dict[str, str] = {}
    stages: set[str] = set()
    found: dict[str, Reference] = {}

    def note(name: str) -> None:
        name = _filled(name, arguments)
        if name.lower() in stages or name == _NOTHING or name.isdigit():
            return
        reference = parse_reference(name)
        found.setdefault(reference.whole, reference)

    escape, frontend = _directives(text)
    if frontend is not None:
        note(frontend)
        if parse_reference(frontend).name not in _FRONTENDS:
            raise BuildError(
                "image-forbidden", image=frontend[:100], reason="only Docker's own reads a Dockerfile here"
            )
    is_begun = False
    for line in _instructions(text, escape):
        if not is_begun:  # what is set later does not hold for a FROM
            arguments |= _assignments(line)
        match = _FROM.match(line)
        if match:
            is_begun = True
            note(match[2])
            if match[3]:
                stages.add(match[3].lower())
        elif re.match(r"\s*FROM\s", line, re.IGNORECASE):
            error = BuildError("image-forbidden", image=line.strip()[:100], reason="its FROM line cannot be read")
            raise error.seen_in(f"Dockerfile: {line}")
        _refuse_addresses(line)
        for name in _taken_from(line):
            note(name)
    return tuple(found.values())


def judge_triggers(triggers: Iterable[str], image: Reference) -> None:
    """Refuse an image whose ONBUILD makes whoever builds on it fetch more. Raises BuildError image-forbidden."""
    for line in triggers:
        try:
            _refuse_addresses(line)
        except BuildError as error:
            raise _forbidden_trigger(image) from error
        if _taken_from(line):
            raise _forbidden_trigger(image)


def _forbidden_trigger(image: Reference) -> BuildError:
    return BuildError("image-forbidden", image=image.whole, reason="its ONBUILD fetches something from elsewhere")


def _directives(text: str) -> tuple[str, str | None]:
    """Return the sign that continues a line, and the image that shall read the file, if one is named."""
    escape, frontend = "\\", None
    lines = text.lstrip("\ufeff").split("\n")
    if lines[0].startswith("#!"):
        del lines[0]
    if lines and lines[0].lstrip().startswith(("//", "{")):  # other ways to name it
        raise BuildError("image-forbidden", image=lines[0][:100], reason="the image that shall read it cannot be told")
    for line in lines:
        if not _DIRECTIVE.match(line):
            break
        match = _ESCAPE.match(line)
        escape = match[1] if match else escape
        match = _SYNTAX.match(line)
        frontend = match[1] if match else frontend
    return escape, frontend


def _instructions(text: str, escape: str) -> Iterator[str]:
    """Yield each instruction as one line, and each line that looks like one that fetches, wherever it stands.

    So no trick with continued lines can hide an image; text of a here-document may be taken for one and refused.
    """
    whole = ""
    # Only this ends a line for an engine: other signs that Python takes for an end are blanks there.
    for line in text.lstrip("\ufeff").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        if whole and (_FROM.match(line) or _COPIED.match(_UNQUOTED.sub("", line)) or _ADDED.match(line)):
            yield line
        if line.rstrip().endswith(escape):
            whole += line.rstrip()[: -len(escape)]
            continue
        yield whole + line
        whole = ""
    if whole:
        yield whole


def _taken_from(line: str) -> list[str]:
    # Engines take quotes and escapes out of options.
    line = _UNQUOTED.sub("", line)
    return _MOUNTED.findall(line) if _RUN.match(line) else _COPIED.findall(line)


def _refuse_addresses(line: str) -> None:
    match = _ADDED.match(_UNQUOTED.sub("", line))
    sources = (
        [each for each in re.split(r"[\s,\[\]]+", match[1]) if each and not each.startswith("--")] if match else []
    )
    if any(_ELSEWHERE.match(source) for source in sources):
        reason = "ADD of an address is fetched by the engine, past the network of builds; fetch it in a RUN step"
        raise BuildError("recipe-unreadable", file="Dockerfile", reason=reason)


def _assignments(line: str) -> dict[str, str]:
    match = _ARGUMENT.match(line)
    if match is None:
        return {}
    return {name: double or single or bare for name, double, single, bare in _ASSIGNED.findall(match[1])}


def _filled(name: str, arguments: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        known = arguments.get(match[1] or match[3]) or match[2]
        if not known:
            raise BuildError("image-forbidden", image=name[:100], reason="its name cannot be told before building")
        return known

    return _VARIABLE.sub(value, name)
