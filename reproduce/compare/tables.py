"""HTML outputs, first of all pandas' tables: by their words and cells, not by their styling."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from reproduce.compare.model import OutputComparison
from reproduce.compare.sanitize import apply_sanitizers
from reproduce.compare.text import TextSettings, compare_text

RULE: Final = "html-layout"
MAX_CHARS: Final = 8_000_000
_CELLS: Final = frozenset({"td", "th"})
_BLOCKS: Final = frozenset(
    {"div", "p", "br", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"}
)
# What these point to is part of what is shown.
_SHOWN_ATTRIBUTES: Final = {"img": "src", "a": "href", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
_SPAN_ATTRIBUTES: Final = ("colspan", "rowspan")
_COLOURED: Final = re.compile(r"(?:^|;)\s*((?:background(?:-color)?|color)\s*:[^;]+)", re.IGNORECASE)
_RANDOM_ID: Final = re.compile(
    r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=T_)[0-9a-f]{5}|(?:table|js-plotly-|id_|sk-container-id-)\d+(?:-\d+)?)"
)


class _Reader(HTMLParser):
    """Writes what a page shows as text: a line for each row, cells between bars, other blocks on lines of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.code: list[str] = []
        self._within: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "style"):
            self._within = tag
        elif tag == "tr" or tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in _CELLS:
            spans = [f"{name}={given[name]}" for name in _SPAN_ATTRIBUTES if given.get(name) not in (None, "1")]
            self.pieces.append(f" | {'[' + ' '.join(spans) + '] ' if spans else ''}")
        shown = _SHOWN_ATTRIBUTES.get(tag)
        if shown is not None and given.get(shown):
            self.pieces.append(f" <{tag} {given[shown]}> ")
        for colour in _COLOURED.findall(given.get("style") or ""):
            self.pieces.append(f" {{{' '.join(colour.split())}}} ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = None
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._within is None:
            self.pieces.append(" ".join(data.split()) if data.strip() else " ")
        elif not (self._within == "style" and ".dataframe" in data):
            # pandas' own style sheet changes with its version and colours nothing; any other code or style counts.
            self.code.append(data)


def compare_html(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two HTML outputs: shown words and numbers, cells by row and column, links, pictures, scripts, colours.

    Markup that shows nothing (classes, identifiers, borders, pandas' style sheet) is left out by the rule
    "html-layout". Broken markup is read as a browser would, never refused.
    """
    one, other = apply_sanitizers(published, settings.sanitize), apply_sanitizers(fresh, settings.sanitize)
    is_off = RULE in settings.tolerance.disabled_rules or max(len(one), len(other)) > MAX_CHARS
    if one == other or is_off:
        return compare_text("text/html", one, other, settings)
    result = compare_text("text/html", _shown(one), _shown(other), settings)
    reason = result.reason or f"Equal but for what these rules leave out: {RULE}."
    return OutputComparison(
        "text/html",
        result.state,
        metric=result.metric,
        tolerance=result.tolerance,
        reason=reason,
        rules=(RULE, *result.rules),
        published_text=result.published_text,
        fresh_text=result.fresh_text,
    )


def _shown(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]+", " ", "".join(reader.pieces))
    lines = [line.strip() for line in text.split("\n")]
    return "\n".join([*filter(None, lines), *(_RANDOM_ID.sub("id", code).strip() for code in reader.code)])
