"""A call that a package's function did not take: whose function it is, by the traceback and the imports. Pure."""

from __future__ import annotations

import re
from typing import Final

from catalog.causes import Cause, cause
from reproduce.diagnose.evidence import raised_line
from reproduce.diagnose.facts import Facts
from reproduce.diagnose.wanted import brought_by, wanted_call

_PLACE_OF_FUNCTION: Final = re.compile(r"site-packages/(\w+)")


def call_not_taken(facts: Facts) -> Cause | None:
    """A call of a package's function with arguments that this version does not have."""
    call = wanted_call(facts)
    if call is None:
        return None
    owner, function, _ = call
    package = _package_called(facts, owner, function)
    if package is None:
        return None
    name = f"{owner}.{function}" if owner else function
    version = facts.packages[package]
    return cause("api-changed", cell=facts.cell, name=name, package=package, version=version, since="")


def _package_called(facts: Facts, owner: str, function: str) -> str | None:
    """Return the package whose function did not take the call: by the frames of the traceback, else by the import."""
    own = rf"(?:def|class)\s+{re.escape(owner or function)}\b"
    if any(re.search(own, cell.source) for cell in facts.cells):
        return None
    _, line = raised_line(facts)
    frames = [brought_by(name) for name in _PLACE_OF_FUNCTION.findall(facts.failure.traceback)]
    sources = "\n".join(cell.source for cell in facts.cells) or facts.source
    imported = [module for module, name in _imports(sources) if re.search(rf"\b{re.escape(name)}\b", line)]
    for package in (*reversed(frames), *(brought_by(module) for module in imported)):
        if package in facts.packages:
            return package
    return _of_object(facts, sources, line)


def _imports(source: str) -> list[tuple[str, str]]:
    """Return (module, the name it goes by) of the imports in the source."""
    plain = re.findall(r"import\s+([\w.]{1,100})(?:\s+as\s+(\w{1,100}))?", source)
    named = re.findall(r"from\s+([\w.]{1,100})\s+import\s+\(?([\w, ]{1,300})", source)
    return [
        *((module, name or module.split(".")[0]) for module, name in plain),
        *((module, name.split(" as ")[-1].strip()) for module, names in named for name in names.split(",")),
    ]


def _of_object(facts: Facts, sources: str, line: str) -> str | None:
    """A method of an object: of the one package of the environment whose import made any."""
    if "." not in line:
        return None
    packages = [brought_by(module) for module, _ in _imports(sources)]
    here = [package for package in dict.fromkeys(packages) if package in facts.packages]
    return here[0] if len(here) == 1 else None
