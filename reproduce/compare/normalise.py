"""Named rules that take out of a text what changes from run to run and is no result.

Each rule only removes what it can recognise by its form; a text that would merely look similar is left alone, because
a removed result would be a false pass. Every rule is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from reproduce.compare.literals import order_literals
from reproduce.compare.machine_words import drop_installer_lines, drop_overwriting, mask_dates, mask_timings
from reproduce.compare.printed_objects import name_scalar_types, plain_figures, plain_scalars, plain_types
from reproduce.compare.whitespace import collapse_arrays, collapse_columns

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)|[@-Z\\^_])")
_RETURN: Final = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
# What an author lets the bar say after its rate (", loss=0.1") is no clock and stays.
_TQDM_CLOCK: Final = re.compile(
    r"\[\d[\d:]{0,12}<[\d:?]{1,12}(?:, {0,12}(?:\d[\d.]{0,20}[kMGT]?|\?) ?[^\s,\]/]{0,20}/[^\s,\]]{1,20})?(?=[,\]])"
)
_STEP_TIME: Final = re.compile(
    r"\b\d++(?:\.\d++)?(?:s|ms|us|µs) \d++(?:\.\d++)?(?:s|ms|us|µs)/(?:step|epoch|it|sample)\b"
)
# dask.diagnostics.ProgressBar, of both forms in which its releases write the time.
_DASK_CLOCK: Final = re.compile(
    r"(\[#{0,200} {0,200}\] \| \d{1,3}% Completed \|)(?: {1,2}\d++(?:\.\d++)? ?(?:days?|hr|min|m|s|ms|us)\b){1,3}"
)
_ETA: Final = re.compile(r"\bETA: [\d:]++(?:s\b)?")

_ADDRESS: Final = re.compile(r"\b(at|id=) ?0x[0-9A-Fa-f]{3,16}\b")
_BARE_ADDRESS: Final = re.compile(r"(<[A-Za-z_][^<>\n]{0,120}[ :=]) ?0x[0-9A-Fa-f]{6,16}(?=>)")
_NUMBERED: Final = re.compile(r"(<[A-Za-z_][^<>\n]{0,120}\bid=)\d{12,20}(?=[ ,>])")

_WARNED_AT: Final = re.compile(r"^[^\s:<][^\n:]*(?::\\[^\n:]*)?:\d++: (?=\w*Warning\b)", re.MULTILINE)
_WARNED_IN_CELL: Final = re.compile(r"^<ipython-input-\d++-[0-9a-f]++>:\d++: (?=\w*Warning\b)", re.MULTILINE)
_CELL_NAME: Final = re.compile(
    r"<ipython-input-\d++-[0-9a-f]++>(?: in )?|(?:/[\w.-]{1,60}){1,6}/ipykernel_\d++/\d++\.py"
)
_NAME: Final = r"[^\s/\\:'\"<>,;()\[\]|]++"
_VOLATILE_PATH: Final = re.compile(
    rf"(?<![\w./:~])(?:/home/{_NAME}|/Users/{_NAME}|/root|/tmp|/var/tmp|(?:/private)?/var/folders)(?P<rest>(?:/{_NAME})*+)/?"
)
_PACKAGES: Final = re.compile(
    rf"(?<![\w./:~])(?:[A-Z]:)?(?:[/\\]{_NAME}){{1,12}}[/\\](?:site|dist)-packages(?=[/\\\s:,;'\")]|$)", re.MULTILINE
)
_WINDOWS_HOME: Final = re.compile(rf"\b[A-Z]:\\{{1,2}}Users\\{{1,2}}{_NAME}(?P<rest>(?:\\{{1,2}}{_NAME})*+)")
_TEMPORARY_NAME: Final = re.compile(r"^tmp[a-z0-9_]{6,10}(?=$|\.)")

_UUID: Final = re.compile(
    r"(?<![0-9A-Fa-f])[0-9a-f]{8}-[0-9a-f]{4}-[14][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9A-Fa-f-])",
    re.IGNORECASE,
)


def apply_carriage_returns(text: str) -> str:
    """Let a carriage return overwrite the line so far, as nbval (and a terminal) does."""
    return _RETURN.sub("", text)


def _apply_controls(text: str) -> str:
    if "\b" in text:
        kept: list[str] = []
        for character in text:
            if character != "\b":
                kept.append(character)
            elif kept and kept[-1] != "\n":
                kept.pop()
        text = "".join(kept)
    text = apply_carriage_returns(text.replace("\r\n", "\n"))
    text = _DASK_CLOCK.sub(r"\1 time", _TQDM_CLOCK.sub("[time", text))
    return _STEP_TIME.sub("time", _ETA.sub("ETA: time", text))


def _shorten_path(match: re.Match[str]) -> str:
    parts = [part for part in re.split(r"[/\\]+", match.group("rest")) if part]
    name = _TEMPORARY_NAME.sub("tmp", parts[-1]) if parts else ""
    return f"<path>/{name}"


def _shorten_paths(text: str) -> str:
    text = _PACKAGES.sub("<packages>", _CELL_NAME.sub("<cell>", text))
    return _WINDOWS_HOME.sub(_shorten_path, _VOLATILE_PATH.sub(_shorten_path, text))


def _mask_warning_places(text: str) -> str:
    return _WARNED_IN_CELL.sub("<file>: ", _WARNED_AT.sub("<file>: ", text))


def _mask_addresses(text: str) -> str:
    return _NUMBERED.sub(r"\1", _BARE_ADDRESS.sub(r"\1 0x", _ADDRESS.sub(r"\1 0x", text)))


def _number_identifiers(text: str) -> str:
    """Name random identifiers by their first appearance, so that which of them are the same stays."""
    names: dict[str, str] = {}
    return _UUID.sub(lambda match: names.setdefault(match.group().lower(), f"uuid-{len(names) + 1}"), text)


def _are_alike_scalars(published: str, fresh: str) -> bool:
    """Two texts that both name types must name the same: then the types are part of what they say."""
    one, other = name_scalar_types(published), name_scalar_types(fresh)
    return not one or not other or one == other


# In this order: later rules see what earlier ones left.
RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "ansi": lambda text: _ANSI.sub("", text),
    "progress-bars": _apply_controls,
    "installer-output": drop_installer_lines,
    "written-files": drop_overwriting,
    "warning-places": _mask_warning_places,
    "paths": _shorten_paths,
    "object-reprs": plain_figures,
    "memory-addresses": _mask_addresses,
    "random-identifiers": _number_identifiers,
    "timings": mask_timings,
    "dates": mask_dates,
    "numpy-scalars": plain_scalars,
    "type-names": plain_types,
    "literal-order": order_literals,
    "array-wrapping": collapse_arrays,
    "column-spacing": collapse_columns,
}
# A rule that has one fires only on two texts that it lets through.
_GUARDS: Final[Mapping[str, Callable[[str, str], bool]]] = {"numpy-scalars": _are_alike_scalars}


def normalise(published: str, fresh: str, disabled: frozenset[str]) -> tuple[str, str, tuple[str, ...]]:
    """Apply the rules to both texts until they are equal or no rule is left.

    Returns both texts and the names of the rules that changed either. A rule fires on both sides or on none, so a
    text that has what the other has not stays different.
    """
    fired: list[str] = []
    for name, rule in RULES.items():
        if published == fresh:
            break
        if name in disabled or (name in _GUARDS and not _GUARDS[name](published, fresh)):
            continue
        one, other = rule(published), rule(fresh)
        if (one, other) != (published, fresh):
            fired.append(name)
        published, fresh = one, other
    return published, fresh, tuple(fired)
