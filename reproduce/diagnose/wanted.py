"""Which names an error says are missing, in the forms that the tables of names have. Pure."""

from __future__ import annotations

import re
from typing import Final

from packaging.utils import canonicalize_name

from builder.recipe.imports import distribution_of
from reproduce.diagnose.evidence import raised_line
from reproduce.diagnose.facts import Facts

_NO_ATTRIBUTE: Final = re.compile(r"module '([\w.]{1,200})' has no attribute '(\w{1,100})'")
_NO_ATTRIBUTE_OLD: Final = re.compile(r"'module' object has no attribute '(\w{1,100})'")
_NO_MEMBER: Final = re.compile(
    r"'(\w{1,100})' object has no attribute '(\w{1,100})'"
    r"|type object '(\w{1,100})' has no attribute '(\w{1,100})'"
)
_SCIPY: Final = re.compile(r"([\w.]{1,100}) is deprecated and has no attribute (\w{1,100})")
_NO_NAME: Final = re.compile(
    r"cannot import name '?(\w{1,100})'?(?: from (?:partially initialized module )?'([\w.]{1,200})')?"
)
_FROM: Final = re.compile(r"from\s+([\w.]{1,200})\s+import\b")
_NO_MODULE: Final = re.compile(r"No module named ['\"]?([\w.]{1,200})")
_KEYWORD: Final = re.compile(
    r"(?:(\w{1,100})\.)?(\w{1,100})\(\) got (?:an unexpected keyword argument"
    r"|multiple values for (?:keyword )?argument) ['\"](\w{1,100})['\"]"
)
_KEYWORD_BARE: Final = re.compile(
    r"(?:keyword |unexpected keyword argument:? )['\"]?(?:grid_)?(\w{1,100})['\"]? is not recognized"
)
_POSITIONAL: Final = re.compile(
    r"(?:(\w{1,100})\.)?(\w{1,100})\(\) takes (?:from |at most "
    r"|exactly )?\S+ (?:to \d+ )?(?:positional )?arguments?"
)
_LACKING: Final = re.compile(r"(?:(\w{1,100})\.)?(\w{1,100})\(\) missing \d+ required [\w-]+ arguments?: '(\w{1,100})'")
# Names that one class has in several releases.
_SAME_CLASS: Final = {
    "AxesSubplot": "Axes",
    "Axes3DSubplot": "Axes3D",
    "FigureBase": "Figure",
    "PolarAxesSubplot": "Axes",
}


def wanted_names(facts: Facts) -> tuple[str, ...]:
    """Return the names that the error says are not there, the most exact first: "scipy.misc.imread", "DataFrame.ix"."""
    evalue, ename = facts.failure.evalue, facts.failure.ename
    if ename in ("ImportError", "ModuleNotFoundError"):
        return _imported(facts, evalue)
    if match := _NO_ATTRIBUTE.search(evalue) or _SCIPY.search(evalue):
        return (f"{match[1]}.{match[2]}",)
    if match := _NO_ATTRIBUTE_OLD.search(evalue):
        return _attribute_in_line(facts, match[1])
    if match := _NO_MEMBER.search(evalue):
        owner, name = (match[1], match[2]) if match[1] else (match[3], match[4])
        return (f"{_SAME_CLASS.get(owner, owner)}.{name}",)
    return ()


def wanted_call(facts: Facts) -> tuple[str, str, str] | None:
    """Return (class or "", function, argument) of a call that was not taken; the argument is "#" for one too many."""
    evalue = facts.failure.evalue
    for pattern in (_KEYWORD, _LACKING):
        if match := pattern.search(evalue):
            return match[1] or "", match[2], match[3]
    if match := _KEYWORD_BARE.search(evalue):
        function = re.search(r"\.(\w{1,100})\([^()\n]{0,200}\b" + re.escape(match[1]) + r"\s*=", facts.source)
        return ("", function[1], match[1]) if function else None
    if facts.failure.ename == "TypeError" and (match := _POSITIONAL.search(evalue)):
        return match[1] or "", match[2], "#"
    return None


def missing_module(facts: Facts) -> str:
    """Return the dotted name of the module that could not be found, "" where that is not what happened."""
    match = _NO_MODULE.search(facts.failure.evalue)
    return match[1].rstrip(".") if match and facts.failure.ename in ("ImportError", "ModuleNotFoundError") else ""


def brought_by(module: str) -> str:
    """Return the distribution that brings the module's top, by the kept tables, under its normalised name."""
    return str(canonicalize_name(distribution_of(module.split(".")[0])))


def _imported(facts: Facts, evalue: str) -> tuple[str, ...]:
    if module := missing_module(facts):
        parts = module.split(".")
        # In "from a.b import c" the import fails at a.b, and what was wanted is c.
        _, line = raised_line(facts)
        names = re.search(re.escape(module) + r"\s+import\s+\(?([\w, ]{1,200})", line)
        wanted = [f"{module}.{name.strip().split(' ')[0]}" for name in names[1].split(",")] if names else []
        return (*wanted, *(".".join(parts[:count]) for count in range(len(parts), 0, -1)))
    match = _NO_NAME.search(evalue)
    if match is None:
        return ()
    module = match[2] or ""
    if not module:
        _, line = raised_line(facts)
        told = _FROM.search(line)
        module = told[1] if told else ""
    return (f"{module}.{match[1]}", module) if module else (match[1],)


def _attribute_in_line(facts: Facts, name: str) -> tuple[str, ...]:
    """Python 2 does not say which module; the line that raised does, under the name the notebook gave it."""
    _, line = raised_line(facts)
    match = re.search(r"([\w.]{1,200})\." + re.escape(name) + r"\b", line)
    if match is None:
        return ()
    head, dot, rest = match[1].partition(".")
    imported = re.search(
        r"import\s+([\w.]{1,200})\s+as\s+" + re.escape(head) + r"\b", "\n".join(c.source for c in facts.cells)
    )
    return (f"{imported[1] if imported else head}{dot}{rest}.{name}",)
