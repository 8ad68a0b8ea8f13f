"""Interactive figures (Plotly, Vega-Lite, Bokeh): by data and layout, whichever version or form stored them.

A figure stands in a notebook as JSON of its own MIME type, or inside the script of an HTML or JavaScript output. The
same figure's HTML, text or picture of code beside it are further forms, which say nothing that its JSON does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from reproduce.compare.bokeh_figures import read_bokeh, versions_of
from reproduce.compare.json_data import compare_json, parse_json
from reproduce.compare.model import OutputComparison
from reproduce.compare.outputs import as_text
from reproduce.compare.plotly_figures import read_plotly
from reproduce.compare.text import TextSettings
from reproduce.compare.typed_arrays import UnreadableFigureError
from reproduce.compare.vega_figures import read_vega

MAX_SCRIPT_CHARS: Final = 60_000_000
MAX_FIGURES: Final = 20
SCRIPTS: Final = ("text/html", "application/javascript")
# Other forms of an output that holds a figure.
FURTHER_FORMS: Final = frozenset({*SCRIPTS, "text/plain"})

_Reader = Callable[[Any, Any], tuple[Any, Any]]
_READERS: Final[Mapping[str, _Reader]] = {"Plotly": read_plotly, "Vega": read_vega, "Bokeh": read_bokeh}
_MIMES: Final = (
    ("Plotly", re.compile(r"application/vnd\.plotly\.v\d+\+json")),
    ("Vega", re.compile(r"application/vnd\.vega(?:lite)?\.v\d+(?:\.json|\+json)")),
)
_NEW_PLOT: Final = re.compile(r"Plotly\.(?:newPlot|plot|react)\(\s{0,200}[\"'][^\"'\n]{1,100}[\"'],\s{0,200}(?=\[)")
_VEGA_CALL: Final = re.compile(r"\}\)\(\s{0,20}(?=\{)|\bvegaEmbed\([^,\n]{1,100},\s{0,20}(?=\{)|\bspec = (?=\{)")
_BOKEH_DOCS: Final = re.compile(r"\bdocs_json = (?:JSON\.parse\()?(?=\{)")
_SCRIPT: Final = re.compile(r"<script\b[^>]{0,500}>", re.IGNORECASE)
_COMMA: Final = re.compile(r"\s{0,200},\s{0,200}(?=\{)")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a library, as its JSON, and the MIME type it was found in."""

    library: str
    mime: str
    content: Any


def find_figures(data: Mapping[str, Any]) -> list[Figure]:
    """Return the figures of an output: of its own MIME types, else those in its scripts."""
    for mime in data:
        for library, pattern in _MIMES:
            if pattern.fullmatch(mime):
                return [Figure(library, mime, parse_json(data[mime]))]
    for mime in SCRIPTS:
        found = _in_script(mime, as_text(data[mime])) if mime in data else []
        if found:
            return found
    return []


def is_figure_mime(mime: str) -> bool:
    """Tell whether a MIME type is a library's own for its figures."""
    return any(pattern.fullmatch(mime) for _, pattern in _MIMES)


def without_figures(page: str) -> str:
    """Return an HTML page without the scripts that hold figures."""
    pieces, done = [], 0
    for opened in _SCRIPT.finditer(page):
        closed = page.find("</script>", opened.end())
        if closed < 0:
            break
        if opened.start() >= done and _in_script("text/html", page[opened.end() : closed]):
            pieces.append(page[done : opened.start()])
            done = closed + len("</script>")
    return "".join([*pieces, page[done:]])


def compare_figures(published: list[Figure], fresh: list[Figure], settings: TextSettings) -> list[OutputComparison]:
    """Compare figures in their order; both lists hold at least one."""
    if [figure.library for figure in published] != [figure.library for figure in fresh]:
        was, now = (", ".join(figure.library for figure in side) for side in (published, fresh))
        return [OutputComparison(published[0].mime, "differs", reason=f"The figures were {was} and are now {now}.")]
    return [_compare(one, other, settings) for one, other in zip(published, fresh, strict=True)]


def _compare(published: Figure, fresh: Figure, settings: TextSettings) -> OutputComparison:
    mime, library = published.mime, published.library
    try:
        one, other = _READERS[library](published.content, fresh.content)
        versions = (versions_of(published.content), versions_of(fresh.content)) if library == "Bokeh" else ([], [])
    except (UnreadableFigureError, RecursionError) as error:
        as_it_is = compare_json(mime, published.content, fresh.content, settings)
        if as_it_is.state == "identical":
            return as_it_is
        reason = f"A figure of {library} was not compared: {str(error) or 'it is too deeply nested'}."
        return OutputComparison(mime, "not_compared", reason=reason)
    result = compare_json(mime, one, other, settings)
    if versions[0] != versions[1]:
        return _of_two_versions(result, *versions)
    if result.state == "identical" and published.content != fresh.content:
        return OutputComparison(mime, "identical", reason="The same figure; only how it is written differs.")
    return result


def _of_two_versions(result: OutputComparison, one: list[str], other: list[str]) -> OutputComparison:
    """Two versions of Bokeh describe a figure by other models, of which only what is drawn was compared."""
    limits = (
        f" Bokeh {', '.join(one)} and {', '.join(other)} describe figures differently; compared were glyphs with their "
        "columns, labels, ranges, annotations and colour maps."
    )
    state = "within_tolerance" if result.state == "identical" else result.state
    reason = (result.reason or "What is drawn is equal.") + limits
    return OutputComparison(result.mime, state, metric=result.metric, tolerance=result.tolerance, reason=reason)


def _in_script(mime: str, code: str) -> list[Figure]:
    if len(code) > MAX_SCRIPT_CHARS:
        return []
    found: list[Figure] = []
    for match in islice(_NEW_PLOT.finditer(code), MAX_FIGURES):
        data, end = _json_at(code, match.end())
        comma = _COMMA.match(code, end)
        layout = _json_at(code, comma.end())[0] if comma else {}
        if isinstance(data, list):
            found.append(Figure("Plotly", mime, {"data": data, "layout": layout}))
    for library, pattern in (("Bokeh", _BOKEH_DOCS), ("Vega", _VEGA_CALL)):
        for match in islice(pattern.finditer(code), MAX_FIGURES):
            content, _ = _json_at(code, match.end())
            if isinstance(content, dict) and (library == "Bokeh" or "$schema" in content):
                found.append(Figure(library, mime, content))
    return found


def _json_at(code: str, start: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(code, start)
    except (ValueError, RecursionError):
        return None, start
