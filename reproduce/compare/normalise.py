"""Named rules that take out of a text what changes from run to run and is no result.

Each rule only removes what it can recognise by its form; a text that would merely look similar is left alone, because
a removed result would be a false pass. Every rule is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from reproduce.compare.literals import order_literals
from reproduce.compare.whitespace import collapse_arrays, collapse_columns

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)|[@-Z\\^_])")
_RETURN: Final = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
_TQDM_CLOCK: Final = re.compile(r"\[\d[\d:]*<[\d:?]++,[^\]\n]{0,40}\]")
_STEP_TIME: Final = re.compile(
    r"\b\d++(?:\.\d++)?(?:s|ms|us|µs) \d++(?:\.\d++)?(?:s|ms|us|µs)/(?:step|epoch|it|sample)\b"
)
_ETA: Final = re.compile(r"\bETA: [\d:]++(?:s\b)?")

_ADDRESS: Final = re.compile(r"\b(at|id=) ?0x[0-9A-Fa-f]{4,16}\b")

_UNIT_OF_TIME: Final = r"(?:ns|us|µs|μs|ms|s|sec|secs|seconds?|min|mins|minutes?|h|hours?|d|days?)\b\.?"
_SPAN: Final = rf"\d++(?:\.\d++)?(?:e[+-]?\d++)? ?{_UNIT_OF_TIME}(?: \d++(?:\.\d++)? ?{_UNIT_OF_TIME}){{0,3}}"
_CPU_TIMES: Final = re.compile(rf"\b(CPU times: user|sys|total|Wall time|Compiler time|Parser)(:?) ?{_SPAN}")
_TIMEIT: Final = re.compile(rf"{_SPAN} ± {_SPAN} per loop \(mean ± std\. dev\. of [^)\n]{{1,60}}\)")
_TIMEIT_OLD: Final = re.compile(rf"\d[\d,]*+ loops?, best of \d++: {_SPAN} per loop")
_TIMEIT_NOTE: Final = re.compile(
    r"^The slowest run took [^\n]{1,40} times longer than the fastest\.[^\n]*\n?", re.MULTILINE
)
_ELAPSED: Final = re.compile(
    rf"\b((?:elapsed|execution|running|wall[- ]?clock|wall|cpu|computation) time|time elapsed|elapsed|runtime)"
    rf"(\s?[:=]\s?|\s(?:is|was)\s){_SPAN}",
    re.IGNORECASE,
)

_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d++)?)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_ISO: Final = rf"\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{_CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
_STAMP: Final = (
    rf"(?:{_ISO}|{_DAY},? {_MONTH} +\d{{1,2}},?(?: {_CLOCK})?(?: [A-Z]{{3,4}})? \d{{4}}"
    rf"|{_DAY},? \d{{1,2}} {_MONTH} \d{{4}}(?: {_CLOCK})?(?: [A-Z]{{3,4}})?)"
)
_STATED_NOW: Final = re.compile(
    rf"\b((?:last )?(?:updated|run|executed|generated|created|compiled|started|finished)(?: on| at)?:?|"
    rf"now:?|today:?|(?:current|local|start|end) (?:date|time):?) {_STAMP}",
    re.IGNORECASE,
)
_CTIME_LINE: Final = re.compile(
    rf"^{_DAY} {_MONTH} +\d{{1,2}} \d{{2}}:\d{{2}}:\d{{2}}(?: [A-Z]{{3,4}})? \d{{4}}$", re.MULTILINE
)
# The heading that statsmodels prints above a fit.
_SUMMARY_DATE: Final = re.compile(rf"^(Date: +){_DAY}, \d{{2}} {_MONTH} \d{{4}}(?= )", re.MULTILINE)
_SUMMARY_TIME: Final = re.compile(r"^(Time: +)\d{2}:\d{2}:\d{2}(?= )", re.MULTILINE)

_WARNED_AT: Final = re.compile(r"^[^\s:<][^\n:]*(?::\\[^\n:]*)?:\d++: (?=\w*Warning\b)", re.MULTILINE)
_WARNED_IN_CELL: Final = re.compile(r"^<ipython-input-\d++-[0-9a-f]++>:\d++: (?=\w*Warning\b)", re.MULTILINE)
_CELL_NAME: Final = re.compile(
    r"<ipython-input-\d++-[0-9a-f]++>(?: in )?|(?:/[\w.-]{1,60}){1,6}/ipykernel_\d++/\d++\.py"
)
_NAME: Final = r"[^\s/\\:'\"<>,;()\[\]|]++"
_VOLATILE_PATH: Final = re.compile(
    rf"(?<![\w./:~])(?:/home/{_NAME}|/Users/{_NAME}|/root|/tmp|/var/tmp|(?:/private)?/var/folders)(?P<rest>(?:/{_NAME})*+)/?"
)
_WINDOWS_HOME: Final = re.compile(rf"\b[A-Z]:\\{{1,2}}Users\\{{1,2}}{_NAME}(?P<rest>(?:\\{{1,2}}{_NAME})*+)")
_TEMPORARY_NAME: Final = re.compile(r"^tmp[a-z0-9_]{6,10}(?=$|\.)")

_NUMPY_SCALAR: Final = re.compile(
    r"\b(?:np|numpy)\.(?:float|int|uint|complex|longdouble|str|bytes|datetime|timedelta)\d*_?\(([^()\n]{1,200})\)"
)
_NUMPY_BOOL: Final = re.compile(r"\b(?:np|numpy)\.(True|False)_\b")

_FIGURE_SIZE: Final = re.compile(r"<Figure size \d++(?:\.\d++)?x\d++(?:\.\d++)? with (\d++) Axes>")
_OLD_FIGURE: Final = re.compile(r"<matplotlib\.figure\.Figure(?: at [^>\n]{1,40})?>")
_MATPLOTLIB: Final = re.compile(
    r"<matplotlib\.[\w.]{0,120}?(?P<name>\w++)(?: at [^>\n]{1,40}| object at [^>\n]{1,40})?>"
)
_SUBPLOT: Final = re.compile(
    r"<(?:Axes|AxesSubplot|Axes3D|Axes3DSubplot|PolarAxes)(?::[^>\n]{0,300})?>"
    r"|\b(?:Axes|AxesSubplot)\([\d.,; x=]{7,80}\)"
)
_TEXT_OBJECT: Final = re.compile(
    r"\bText\(([-\d.e]{1,24}), ?([-\d.e]{1,24}), ?u?(?P<quoted>'[^'\n]{0,500}'|\"[^\"\n]{0,500}\")\)"
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
    text = _TQDM_CLOCK.sub("[time]", text)
    return _STEP_TIME.sub("time", _ETA.sub("ETA: time", text))


def _mask_timings(text: str) -> str:
    text = _TIMEIT_OLD.sub("timeit", _TIMEIT.sub("timeit", _TIMEIT_NOTE.sub("", text)))
    return _ELAPSED.sub(r"\1\2time", _CPU_TIMES.sub(r"\1\2 time", text))


def _mask_dates(text: str) -> str:
    text = _CTIME_LINE.sub("date", _STATED_NOW.sub(r"\1 date", text))
    return _SUMMARY_TIME.sub(r"\1time", _SUMMARY_DATE.sub(r"\1date", text))


def _shorten_path(match: re.Match[str]) -> str:
    parts = [part for part in re.split(r"[/\\]+", match.group("rest")) if part]
    name = _TEMPORARY_NAME.sub("tmp", parts[-1]) if parts else ""
    return f"<path>/{name}"


def _shorten_paths(text: str) -> str:
    text = _CELL_NAME.sub("<cell>", text)
    return _WINDOWS_HOME.sub(_shorten_path, _VOLATILE_PATH.sub(_shorten_path, text))


def _mask_warning_places(text: str) -> str:
    return _WARNED_IN_CELL.sub("<file>: ", _WARNED_AT.sub("<file>: ", text))


def _plain_scalars(text: str) -> str:
    return _NUMPY_BOOL.sub(r"\1", _NUMPY_SCALAR.sub(r"\1", text))


def _plain_objects(text: str) -> str:
    text = _OLD_FIGURE.sub("<Figure>", _FIGURE_SIZE.sub(r"<Figure with \1 Axes>", text))
    text = _MATPLOTLIB.sub(_object_name, text)
    text = _SUBPLOT.sub("<Axes>", text)
    return _TEXT_OBJECT.sub(lambda match: f"<Text {match.group('quoted')[1:-1]}>", text)


def _object_name(match: re.Match[str]) -> str:
    name = match.group("name")
    return "<Axes>" if name.startswith("Axes") or name.endswith(("Subplot", "Axes")) else f"<{name}>"


# In this order: later rules see what earlier ones left.
RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "ansi": lambda text: _ANSI.sub("", text),
    "progress-bars": _apply_controls,
    "warning-places": _mask_warning_places,
    "paths": _shorten_paths,
    "object-reprs": _plain_objects,
    "memory-addresses": lambda text: _ADDRESS.sub(r"\1 0x", text),
    "timings": _mask_timings,
    "dates": _mask_dates,
    "numpy-scalars": _plain_scalars,
    "literal-order": order_literals,
    "array-wrapping": collapse_arrays,
    "column-spacing": collapse_columns,
}


def normalise(published: str, fresh: str, disabled: frozenset[str]) -> tuple[str, str, tuple[str, ...]]:
    """Apply the rules to both texts until they are equal or no rule is left.

    Returns both texts and the names of the rules that changed either. A rule fires on both sides or on none, so a
    text that has what the other has not stays different.
    """
    fired: list[str] = []
    for name, rule in RULES.items():
        if published == fresh:
            break
        if name in disabled:
            continue
        one, other = rule(published), rule(fresh)
        if (one, other) != (published, fresh):
            fired.append(name)
        published, fresh = one, other
    return published, fresh, tuple(fired)
