"""HTML read as a browser would show it: words, tables by row and column, links, pictures, drawings and colours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

MOST_CELLS: Final = 200_000
MOST_SPANNED: Final = 1000

_CELLS: Final = frozenset({"td", "th"})
_BLOCKS: Final = frozenset(
    {"div", "p", "br", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"}
)
# What these point to or hold is part of what is shown.
_SHOWN_ATTRIBUTES: Final = {
    **dict.fromkeys(("img", "iframe", "source", "video", "audio", "embed", "script"), ("src", "srcdoc")),
    "a": ("href",),
    "object": ("data",),
    "input": ("type", "value", "checked"),
    "option": ("selected",),
    **dict.fromkeys(("progress", "meter"), ("value", "max")),
}
# "10<sup>5</sup>" is not "105".
_MARKED: Final = {"sup": ("^{", "}"), "sub": ("_{", "}"), "s": ("[struck ", "]"), "del": ("[struck ", "]")}
_SPAN_ATTRIBUTES: Final = ("colspan", "rowspan")
_COLOURED: Final = re.compile(r"(?:^|;)\s*((?:background(?:-color|-image)?|color)\s*:[^;]+)", re.IGNORECASE)
_SIZED: Final = re.compile(r"(?:^|;)\s*((?:width|height)\s*:[^;]+)", re.IGNORECASE)
# The style sheets of pandas and Vega change with their versions and colour nothing; any other one counts.
_IDLE_STYLES: Final = (".dataframe", ".vega-embed")
# Inside of these every tag and attribute draws.
_DRAWINGS: Final = frozenset({"svg", "math"})
_IDLE_ATTRIBUTES: Final = frozenset({"id", "class", "xmlns", "xmlns:xlink", "version"})
_REFERENCE: Final = re.compile(r"#([^\s)\"']{1,200})")
_RANDOM_ID: Final = re.compile(
    r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=altair-viz-)[0-9a-f]{32}|(?<=T_)[0-9a-f]{5}"
    r"|(?:table|js-plotly-|id_|sk-container-id-)\d+(?:-\d+)?)"
)


@dataclass(slots=True)
class Cell:
    """A cell of a table: its words, whether it heads a row or column, and how many columns and rows it spans."""

    is_head: bool
    columns: int = 1
    rows: int = 1
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the cell shows, in single spaces."""
        return " ".join("".join(self.pieces).split())


Table = list[list[Cell]]


@dataclass(slots=True)
class Page:
    """What a page shows, as lines of text, its tables in the order in which they end, and its scripts and styles.

    `scripts` are those of `code` that are no styles.
    """

    words: str
    tables: list[Table]
    code: list[str]
    scripts: list[str]

    @property
    def text(self) -> str:
        """All of it as one text."""
        return "\n".join([*filter(None, [self.words]), *self.code])


class _Reader(HTMLParser):
    """Writes what a page shows as text: a line for each row, cells between bars, other blocks on lines of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.code: list[str] = []
        self.scripts: list[str] = []
        self.tables: list[Table] = []
        self._open: list[Table] = []
        self._within: str | None = None
        self._drawing: str | None = None
        self._names: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._drawing is not None or tag in _DRAWINGS:
            self._drawing = self._drawing or tag
            self._write(self._drawn(tag, given))
            return
        if tag in ("script", "style"):
            self._within = tag
        elif tag == "tr" or tag in _BLOCKS:
            self._write("\n")
        self._note_table(tag, given)
        self._write(_MARKED.get(tag, ("", ""))[0])
        for name in _SHOWN_ATTRIBUTES.get(tag, ()):
            if name in given:
                self._write(f" <{tag} {given[name] or name}> ")
        style = given.get("style") or ""
        colours = [*_COLOURED.findall(style), *(given[name] or "" for name in ("bgcolor", "color") if name in given)]
        # The size of a coloured box is a bar of a bar chart.
        for words in [*colours, *(_SIZED.findall(style) if colours else [])]:
            self._write(f" {{{' '.join(words.split())}}} ")

    def handle_endtag(self, tag: str) -> None:
        if self._drawing is not None:
            self._write(f"</{tag}>")
            self._drawing = None if tag == self._drawing else self._drawing
        elif tag == self._within:
            self._within = None
        elif tag in _BLOCKS:
            if tag == "table" and self._open:
                self.tables.append(self._open.pop())
            self._write("\n")
        else:
            self._write(_MARKED.get(tag, ("", ""))[1])

    def handle_data(self, data: str) -> None:
        if self._within is None:
            # A bar that is shown is told from the bar between two cells.
            self._write(re.sub(r"\s+", " ", data).replace("|", "\\|"))
        elif not (self._within == "style" and any(name in data for name in _IDLE_STYLES)):
            self.code.append(_RANDOM_ID.sub("id", data).strip())
            if self._within == "script":
                self.scripts.append(self.code[-1])

    def end(self) -> Page:
        """Return what was read; tables that were never closed are closed."""
        self.close()
        text = re.sub(r"[ \t]+", " ", "".join(self.pieces))
        words = "\n".join(filter(None, (line.strip() for line in text.split("\n"))))
        return Page(words, [*self.tables, *reversed(self._open)], [code for code in self.code if code], self.scripts)

    def _write(self, piece: str) -> None:
        if not piece:
            return
        self.pieces.append(piece)
        if self._open and self._open[-1] and self._open[-1][-1]:
            self._open[-1][-1][-1].pieces.append(piece)

    def _note_table(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "table":
            self._open.append([])
        elif tag == "tr" and self._open:
            self._open[-1].append([])
        elif tag in _CELLS:
            spans = [f"{name}={given[name]}" for name in _SPAN_ATTRIBUTES if given.get(name) not in (None, "1")]
            self.pieces.append(f" | {'[' + ' '.join(spans) + '] ' if spans else ''}")
            if self._open:
                rows = self._open[-1]
                if not rows:
                    rows.append([])
                rows[-1].append(Cell(tag == "th", _span(given.get("colspan")), _span(given.get("rowspan"))))

    def _drawn(self, tag: str, given: dict[str, str | None]) -> str:
        kept = [f"{name}={self._renamed(given[name] or '')}" for name in sorted(given) if name not in _IDLE_ATTRIBUTES]
        identifier = [f"id={self._renamed('#' + (given['id'] or ''))}"] if "id" in given else []
        return f"\n<{' '.join([tag, *identifier, *kept])}>"

    def _renamed(self, value: str) -> str:
        """Name what is referred to by its first appearance: libraries draw identifiers at random."""
        return _REFERENCE.sub(lambda m: self._names.setdefault(m.group(1), f"#n{len(self._names)}"), value)


def read_page(html: str) -> Page:
    """Read a page. Broken markup is read as a browser would, never refused."""
    reader = _Reader()
    reader.feed(html)
    return reader.end()


def spread_cells(table: Table) -> list[list[Cell]] | None:
    """Return the table as a grid in which a cell stands at every place that it spans; None for one too large."""
    grid: list[list[Cell]] = []
    held: dict[int, tuple[Cell, int]] = {}
    written = 0
    for row in table:
        line: list[Cell] = []
        cells = iter(row)
        while True:
            place = len(line)
            if place in held:
                cell, left = held.pop(place)
                line.append(cell)
                if left > 1:
                    held[place] = (cell, left - 1)
                continue
            found = next(cells, None)
            if found is None:
                break
            if written + place + found.columns > MOST_CELLS:
                return None
            for offset in range(found.columns):
                line.append(found)
                if found.rows > 1:
                    held[place + offset] = (found, found.rows - 1)
        written += len(line)
        grid.append(line)
    return grid


def _span(value: str | None) -> int:
    return min(max(int(value), 1), MOST_SPANNED) if value and value.isascii() and value.isdigit() else 1
