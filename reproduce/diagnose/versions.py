"""Rules about versions: of the language, of a package, of packages among each other. Each returns a cause or None."""

from __future__ import annotations

import re
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from builder.python_syntax import parsed
from builder.recipe.imports import distribution_of
from builder.recipe.names import STANDARD_MODULES
from catalog.causes import Cause, cause
from reproduce.diagnose.evidence import one_line, raised_line
from reproduce.diagnose.facts import Facts
from reproduce.diagnose.known_names import KNOWN_NAMES, KNOWN_WORDS, Known
from reproduce.diagnose.python_names import (
    ADDED,
    LAZY_NOW,
    PYTHON_2_BUILTINS,
    PYTHON_2_MODULES,
    PYTHON_2_NAMES,
    PYTHON_2_SYNTAX,
    REMOVED,
    TOO_NEW_WORDS,
    TOO_OLD_WORDS,
)
from reproduce.diagnose.wanted import brought_by, missing_module, wanted_call, wanted_names

_SYNTAX_ERRORS: Final = frozenset({"SyntaxError", "IndentationError", "TabError"})
_UNDEFINED: Final = re.compile(r"name '(\w{1,100})' is not defined")
_MAGIC: Final = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
INCOMPATIBLE: Final = re.compile(
    r"may indicate binary incompatibility|numpy\.core\.multiarray failed to import|compiled using NumPy 1\.x cannot"
    r"|compiled against (?:A[BP]I|NumPy)|version `\w+_[\d.]+' not found|undefined symbol|[Nn]eeds NumPy [\d.]+"
    r"|was built with a different version|requires numpy|numpy\.core\._multiarray_umath failed"
    r"|incompatible with (?:your|the installed)|Descriptors cannot (?:not )?be created directly"
)
# IPython asks matplotlib for this when a cell has ended; a notebook never does.
_SHOWS_FIGURE: Final = re.compile(r"\bin _(?:fetch_figure_metadata|is_transparent)\(")
_SAID_REMOVED: Final = re.compile(
    r"`?([\w.]{2,100})`? (?:was|has been) removed (?:from the (?P<owner>\w+) class )?(?:in|from|since) (?:the )?"
    r"(?P<package>[A-Za-z][\w-]{1,40})(?: since)?(?: version)? ?(?P<since>\d+(?:\.\d+)+)"
)
_SAID_INSTEAD: Final = re.compile(r"\b[Uu]se `{0,2}([^`\n.][^`\n]{0,100}?)`{0,2} instead")
_STYLE: Final = re.compile(
    r"'(seaborn(?:-[\w-]{1,30})?)' (?:is not a valid package style|not found in the style library)"
)


def packages_incompatible(facts: Facts) -> Cause | None:
    """Compiled parts that were built for other versions than those that are here, or what shows figures for another."""
    shows_figure = facts.failure.ename == "AttributeError" and _SHOWS_FIGURE.search(facts.failure.traceback)
    if not (INCOMPATIBLE.search(facts.failure.evalue) or shows_figure):
        return None
    return cause("packages-incompatible", cell=facts.cell, reason=one_line(facts.failure.evalue, 200))


def python_2(facts: Facts) -> Cause | None:
    """Code that only Python 2 takes, on a Python 3."""
    if facts.python_version and facts.python_version < (3,):
        return None
    what = _python_2_syntax(facts) if facts.failure.ename in _SYNTAX_ERRORS else _python_2_name(facts)
    if not what:
        return None
    return cause("python-2-code", cell=facts.cell, what=what, python=facts.python or "3")


def python_too_new(facts: Facts) -> Cause | None:
    """What Python's library no longer has."""
    for name in wanted_names(facts):
        if known := REMOVED.get(name):
            if not _is_python_at_least(facts, known[0]):
                continue
            return _too_new(facts, name, *known)
    for pattern, name, since, instead in TOO_OLD_WORDS:
        if pattern.search(facts.failure.evalue):
            return _too_new(facts, name, since, instead)
    return None


def python_too_old(facts: Facts) -> Cause | None:
    """What Python's language or library has only in a later release."""
    evalue = facts.failure.evalue
    for name in (*wanted_names(facts), *_called(facts)):
        since = ADDED.get(name)
        if since and facts.python_version and not _is_python_at_least(facts, since):
            return cause("python-too-old", cell=facts.cell, name=name, since=since, python=facts.python)
    for pattern, name, since in TOO_NEW_WORDS:
        if pattern.search(evalue) and facts.python_version and not _is_python_at_least(facts, since):
            return cause("python-too-old", cell=facts.cell, name=name, since=since, python=facts.python)
    if facts.failure.ename in _SYNTAX_ERRORS and facts.python_version:
        return _newer_syntax(facts)
    return None


def known_name(facts: Facts) -> Cause | None:
    """A name that the table knows to have gone, come or changed, as far as the version here fits."""
    for name in (*wanted_names(facts), *_called(facts)):
        for known in KNOWN_NAMES.get(name, ()):
            if found := _known(facts, known):
                return found
    return _said_by_package(facts)


def module_missing(facts: Facts) -> Cause | None:
    """A module that no package of the environment brings."""
    if optional := optional_module(facts):
        return cause("module-missing", cell=facts.cell, module=optional)
    module = missing_module(facts)
    if not module or ("." in module and _is_part_of_what_is_here(facts, module)):
        return None
    return cause("module-missing", cell=facts.cell, module=module)


def name_missing(facts: Facts) -> Cause | None:
    """A name that a module which is here does not have, and of which no table knows more."""
    names = wanted_names(facts)
    evalue, ename = facts.failure.evalue, facts.failure.ename
    is_of_module = ename in ("ImportError", "ModuleNotFoundError") or "odule" in evalue
    if not names or not is_of_module or (ename == "AttributeError" and "." not in names[0]):
        return None
    module, _, name = names[0].rpartition(".")
    if missing := missing_module(facts):
        module, _, name = missing.rpartition(".")
    if not module:
        return None
    version = _version_of(facts, module)
    said = f" ({brought_by(module)} {version})" if version else ""
    return cause("name-missing", cell=facts.cell, name=name, module=module, version=said)


def optional_module(facts: Facts) -> str:
    """Return the module that pandas names as needed for one of its calls alone, "" where it names none."""
    match = re.search(r"Missing optional dependency '([\w.-]{1,100})'", facts.failure.evalue)
    return match[1] if match else ""


def said_removed(facts: Facts) -> tuple[str, str, str] | None:
    """Return name, package and version where the package itself says that it removed the name in that version."""
    match = _SAID_REMOVED.search(" ".join(facts.failure.evalue.split()))
    if match is None:
        return None
    name = f"{match['owner']}.{match[1]}" if match["owner"] else match[1]
    return name, str(canonicalize_name(match["package"])), match["since"]


def is_at_least(version: str, since: str) -> bool:
    """Whether a version is `since` or later; one that is none is not."""
    try:
        return Version(version) >= Version(since)
    except InvalidVersion:
        return False


def _is_part_of_what_is_here(facts: Facts, module: str) -> bool:
    """Whether the package that would bring the module is here: then it lacks the module, and nothing is missing."""
    return bool(_version_of(facts, module)) and canonicalize_name(distribution_of(module)) == brought_by(module)


def _python_2_syntax(facts: Facts) -> str:
    number, line = raised_line(facts)
    # IPython cuts nothing off the line, so what is wrong stands in it, or in the lines beside it of the cell.
    near = facts.source.splitlines()[max(0, (number or 1) - 2) : (number or 1) + 1] if number else []
    for text in (line, "\n".join(near)):
        found = next((what for what, pattern in PYTHON_2_SYNTAX if text and pattern.search(text)), "")
        if found:
            return found
    return "a print statement" if "Missing parentheses in call to 'print'" in facts.failure.evalue else ""


def _python_2_name(facts: Facts) -> str:
    evalue = facts.failure.evalue
    if facts.failure.ename == "NameError" and (match := _UNDEFINED.search(evalue)):
        return f"the builtin {match[1]}" if match[1] in PYTHON_2_BUILTINS else ""
    for name in wanted_names(facts):
        if name in PYTHON_2_NAMES:
            return name
        if name in PYTHON_2_MODULES and missing_module(facts) == name:
            return f"the module {name}"
    return "a list where Python 3 has an iterator or a view" if LAZY_NOW.search(evalue) else ""


def _newer_syntax(facts: Facts) -> Cause | None:
    """Syntax that this service's own, newer Python can read."""
    source = _MAGIC.sub("pass", facts.source)
    if parsed(source) is None:
        return None
    since, name = "", "syntax that is newer"
    for pattern, told, first in (
        (r"\bmatch\b[^\n]{1,200}:[ \t]{0,20}\n\s{0,50}case\b", "match", "3.10"),
        (r":=", "the operator :=", "3.8"),
        (r"\{[^{}\n]{1,200}=\}", "f'{name=}'", "3.8"),
        (r"\bdef\b[^\n]{1,300}/\s{0,9}[,)]", "arguments by position alone (/)", "3.8"),
        (r"\b[fF][rR]?['\"]", "an f-string", "3.6"),
        (r"\basync\s+(?:def|with|for)\b|\bawait\b", "async", "3.5"),
        (r"\d_\d", "a number such as 1_000", "3.6"),
        (r"->|\bdef\b[^\n]{1,300}\w ?: ?\w", "annotations", "3.0"),
        (r"\bnonlocal\b|\byield from\b", "nonlocal or yield from", "3.3"),
        (r"\w @ \w", "the operator @", "3.5"),
    ):
        if re.search(pattern, source) and not _is_python_at_least(facts, first):
            since, name = first, told
            break
    return cause("python-too-old", cell=facts.cell, name=name, since=since or "a later release", python=facts.python)


def _too_new(facts: Facts, name: str, since: str, instead: str) -> Cause:
    python = facts.python or since
    return cause("python-too-new", cell=facts.cell, name=name, since=since, python=python, instead=instead)


def _is_python_at_least(facts: Facts, since: str) -> bool:
    """Of a Python that nobody knows it is taken to be so: the error says it."""
    return not facts.python_version or facts.python_version >= tuple(int(part) for part in since.split("."))


def _called(facts: Facts) -> tuple[str, ...]:
    call = wanted_call(facts)
    if call is None:
        return ()
    owner, function, argument = call
    names = [f"{function}({argument})", f"{owner}({argument})" if owner else ""]
    return tuple(name for name in names if name)


def _known(facts: Facts, known: Known) -> Cause | None:
    here = facts.packages.get(known.package)
    if here is None:
        return None
    is_since = is_at_least(here, known.since)
    told = {"cell": facts.cell, "name": known.name, "package": known.package, "version": here, "since": known.since}
    if known.change == "added":
        return None if is_since else cause("api-not-yet", **told)
    if known.change == "changed":
        name = known.name.partition("(")[0]
        return cause("api-changed", **{**told, "name": name, "since": f" since {known.since}" if is_since else ""})
    if not is_since:
        return None
    if "(" in known.name:
        return cause("api-changed", **{**told, "name": known.name, "since": f" since {known.since}"})
    return cause("api-removed", instead=known.instead, **told)


def _said_by_package(facts: Facts) -> Cause | None:
    """What the package itself says of a name that it removed."""
    evalue = " ".join(facts.failure.evalue.split())
    if said := said_removed(facts):
        name, of, since = said
        instead = _SAID_INSTEAD.search(evalue)
        told = {"package": of, "since": since, "version": facts.packages.get(of, "newer")}
        return cause(
            "api-removed", cell=facts.cell, name=name, instead=instead[1] if instead else "another way", **told
        )
    if (style := _STYLE.search(evalue)) and "matplotlib" in facts.packages:
        told = {"package": "matplotlib", "since": "3.8", "version": facts.packages["matplotlib"]}
        return cause("api-removed", cell=facts.cell, name=f"the style {style[1]}", instead="seaborn-v0_8", **told)
    for words, package, since, name in KNOWN_WORDS:
        version = facts.packages.get(package, "")
        if version and words.search(evalue) and (not since or is_at_least(version, since)):
            told = {"package": package, "version": version, "since": f" since {since}" if since else ""}
            return cause("api-changed", cell=facts.cell, name=name, **told)
    return None


def _version_of(facts: Facts, module: str) -> str:
    if module.split(".")[0] in STANDARD_MODULES:
        return f"Python {facts.python}" if facts.python else ""
    return facts.packages.get(brought_by(module), "")
