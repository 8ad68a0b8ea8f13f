"""What machines say of themselves beside results: clocks of programs, test runners, logs and installers."""

from __future__ import annotations

import re
from typing import Final

_UNIT_OF_TIME: Final = r"(?:ns|us|µs|μs|ms|s|sec|secs|seconds?|min|mins|minutes?|h|hours?|d|days?)\b\.?"
_AMOUNT: Final = r"\d++(?:\.\d++)?(?:e[+-]?\d++)?"
_SPAN: Final = rf"{_AMOUNT} ?{_UNIT_OF_TIME}(?: \d++(?:\.\d++)? ?{_UNIT_OF_TIME}){{0,3}}"
_CPU_TIMES: Final = re.compile(rf"\b(CPU times: user|sys|total|Wall time|Compiler time|Parser)(:?) ?{_SPAN}")
_TIMEIT: Final = re.compile(rf"{_SPAN} ± {_SPAN} per loop \(mean ± std\. dev\. of [^)\n]{{1,60}}\)")
_TIMEIT_OLD: Final = re.compile(rf"\d[\d,]*+ loops?, best of \d++: {_SPAN} per loop")
_TIMEIT_NOTE: Final = re.compile(
    r"^The slowest run took [^\n]{1,40} times longer than the fastest\.[^\n]*\n?", re.MULTILINE
)
_ELAPSED: Final = re.compile(
    rf"\b((?:elapsed|execution|running|wall[- ]?clock|wall|cpu|computation) time|time elapsed|elapsed|runtime)"
    rf"(\s?[:=]\s?|\s(?:is|was)\s)(?:{_SPAN}|\d{{1,3}}:\d{{2}}:\d{{2}}(?:\.\d++)?)",
    re.IGNORECASE,
)
_DONE_IN: Final = re.compile(
    # With nothing that was done before it, it is the program: "reaction completed in 3 s" is a result.
    rf"(^|\.\.\. ?)((?:all )?(?:done|finished|completed|executed) in ){_SPAN}",
    re.IGNORECASE | re.MULTILINE,
)
_DASHED: Final = re.compile(rf"^(-{{3,}} ){_SPAN}(?= -{{3,}}$)", re.MULTILINE)
_PYTEST_END: Final = re.compile(
    r"^(=* ?\d++ (?:passed|failed|skipped|error|errors|xfailed|xpassed|warnings?)[^\n]{0,120}? in )"
    r"\d++\.\d++ ?s(?:econds)?(?: \(\d[\d:]*\))?(?=[ =]*$)",
    re.MULTILINE,
)
_UNITTEST_END: Final = re.compile(r"^(Ran \d++ tests? in )\d++\.\d++s$", re.MULTILINE)

_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d++)?)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_ISO: Final = rf"\d{{4}}-\d{{2}}-\d{{2}}(?:(?:T|,? ){_CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
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
# Python's logging writes milliseconds after a comma, which nobody else does.
_LOGGED_AT: Final = re.compile(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}(?= )", re.MULTILINE)

# What IPython's %%writefile says of its file, and nothing else beside it.
_OVERWRITTEN: Final = re.compile(r"Overwriting (\S[^\n]*+\n?)")

# One of these says that pip is speaking; only then the lines below are its own.
_PIP_SPEAKS: Final = ("Requirement already satisfied: ", "Installing collected packages: ", "Successfully installed ")
_PIP_LINES: Final = (
    *_PIP_SPEAKS,
    *("Looking in indexes: ", "Note: you may need to restart the kernel to use updated packages.", "[notice] "),
    *("You should consider upgrading via the ", "WARNING: You are using pip version", "WARNING: Running pip as"),
)
_PIP_FETCHES: Final = re.compile(
    r"(?:Collecting [A-Za-z][\w.-]*+(?:\[[\w,.-]*+\])?(?:[<>=!~]\S*+)?(?: \(from [^\n]*)?"
    r"|(?:  )?(?:Downloading|Using cached|Obtaining dependency information for) \S+\.(?:whl|tar\.gz|metadata)\b.*)"
)


def mask_timings(text: str) -> str:
    """Leave out how long a program took, where its wording says that this is meant."""
    text = _TIMEIT_OLD.sub("timeit", _TIMEIT.sub("timeit", _TIMEIT_NOTE.sub("", text)))
    text = _ELAPSED.sub(r"\1\2time", _CPU_TIMES.sub(r"\1\2 time", text))
    text = _DASHED.sub(r"\1time", _DONE_IN.sub(r"\1\2time", text))
    return _UNITTEST_END.sub(r"\1time", _PYTEST_END.sub(r"\1time", text))


def mask_dates(text: str) -> str:
    """Leave out when a program ran, where its wording or place says that this is meant."""
    text = _CTIME_LINE.sub("date", _STATED_NOW.sub(r"\1 date", text))
    text = _LOGGED_AT.sub("date", text)
    return _SUMMARY_TIME.sub(r"\1time", _SUMMARY_DATE.sub(r"\1date", text))


def drop_installer_lines(text: str) -> str:
    """Leave out the lines in which pip says what it installs from where."""
    lines = text.split("\n")
    if not any(_is_pip_speaking(line) for line in lines):
        return text
    return "\n".join(line for line in lines if not _is_of_pip(line))


def _is_pip_speaking(line: str) -> bool:
    """Tell pip's "Successfully installed numpy-1.2" from an author's "Successfully installed 3 detectors"."""
    opening = next((words for words in _PIP_SPEAKS if line.startswith(words)), None)
    if opening is None:
        return False
    if opening == "Successfully installed ":
        return all("-" in word and word[0].isalpha() for word in line[len(opening) :].split())
    return True


def _is_of_pip(line: str) -> bool:
    if line.startswith("Successfully installed "):
        return _is_pip_speaking(line)
    return line.startswith(_PIP_LINES) or (len(line) < 1000 and _PIP_FETCHES.fullmatch(line) is not None)


def drop_overwriting(text: str) -> str:
    """Leave out whether the file that a cell writes was there before, where that is all that it prints."""
    match = _OVERWRITTEN.fullmatch(text)
    return f"Writing {match[1]}" if match else text
