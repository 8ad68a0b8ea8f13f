"""HTML outputs, first of all pandas' and astropy's tables: by their words and cells, not by their styling."""

from __future__ import annotations

from typing import Final

from reproduce.compare.html_pages import Cell, Page, Table, read_page, spread_cells
from reproduce.compare.model import OutputComparison
from reproduce.compare.phrases import how_many, shown
from reproduce.compare.sanitize import apply_sanitizers
from reproduce.compare.text import TextSettings, compare_text

RULE: Final = "html-layout"
MAX_CHARS: Final = 8_000_000
# How MathJax shall read formulas: it goes with the style sheets that authors load into their notebooks.
_PAGE_SETTINGS: Final = "MathJax.Hub.Config("
# So many cells are looked at one by one to name the one that is farthest off.
MOST_NAMED: Final = 5000


def compare_html(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two HTML outputs: shown words and numbers, cells by row and column, links, pictures, scripts, colours.

    Markup that shows nothing (classes, identifiers, borders, pandas' style sheet) is left out by the rule
    "html-layout". Broken markup is read as a browser would, never refused.
    """
    one, other = apply_sanitizers(published, settings.sanitize), apply_sanitizers(fresh, settings.sanitize)
    is_off = RULE in settings.tolerance.disabled_rules or max(len(one), len(other)) > MAX_CHARS
    if one == other or is_off:
        return compare_text("text/html", one, other, settings)
    pages = read_page(one), read_page(other)
    result = compare_text("text/html", pages[0].text, pages[1].text, settings)
    reason = result.reason or f"Equal but for what these rules leave out: {RULE}."
    return OutputComparison(
        "text/html",
        result.state,
        metric=result.metric,
        tolerance=result.tolerance,
        reason=_tables_sentence(*pages, settings) + reason if result.metric or result.state == "differs" else reason,
        rules=(RULE, *result.rules),
        published_text=result.published_text,
        fresh_text=result.fresh_text,
    )


def shows_nothing(html: str) -> bool:
    """Tell whether a page has scripts and styles only."""
    return len(html) <= MAX_CHARS and not read_page(html).words


def only_styles(html: str) -> bool:
    """Tell whether a page is a style sheet for the notebook around it, with settings of MathJax at most."""
    if len(html) > MAX_CHARS:
        return False
    page = read_page(html)
    return not page.words and bool(page.code) and all(script.startswith(_PAGE_SETTINGS) for script in page.scripts)


def _tables_sentence(published: Page, fresh: Page, settings: TextSettings) -> str:
    """Say which cell of which table is farthest off, or that a table has another size; nothing where no table is."""
    if len(published.tables) != len(fresh.tables):
        return f"The page had {how_many(len(published.tables), 'table')} and now has {len(fresh.tables)}. "
    for number, (one, other) in enumerate(zip(published.tables, fresh.tables, strict=True), start=1):
        grids = spread_cells(one), spread_cells(other)
        if grids[0] is None or grids[1] is None:
            continue
        name = f"Table {number}" if len(published.tables) > 1 else "The table"
        if _size(one) != _size(other):
            return f"{name} had {_size(one)} and now has {_size(other)}. "
        words = _farthest_cell(grids[0], grids[1], settings)
        if words:
            return f"{name}: {words}. "
    return ""


def _farthest_cell(one: list[list[Cell]], other: list[list[Cell]], settings: TextSettings) -> str:
    beyond, total, worst = 0, 0, (-1.0, "")
    looked_at: set[int] = set()
    for row, (ours, theirs) in enumerate(zip(one, other, strict=True)):
        for column, (left, right) in enumerate(zip(ours, theirs, strict=False)):
            if id(left) in looked_at:
                continue
            looked_at.add(id(left))
            total += 1
            if left.text == right.text or beyond > MOST_NAMED:
                continue
            found = compare_text("text/plain", left.text, right.text, settings)
            if found.state == "identical":
                continue
            beyond += found.state == "differs"
            value = (found.metric or {}).get("value")
            weight = (value if value is not None else 1e308) + (1e300 if found.state == "differs" else 0)
            if weight > worst[0]:
                place = f"{_row_name(one, row)}, {_column_name(one, column)}"
                worst = (weight, f"{place}: {shown(left.text)} published against {shown(right.text)} now")
    counted = f"{beyond} of {total} cells differ; the farthest off is " if beyond > 1 else ""
    return counted + worst[1] if worst[1] else ""


def _head_rows(grid: list[list[Cell]]) -> int:
    return next((row for row, cells in enumerate(grid) if not cells or not all(cell.is_head for cell in cells)), 0)


def _column_name(grid: list[list[Cell]], column: int) -> str:
    heads = [row[column].text for row in grid[: _head_rows(grid)] if column < len(row)]
    name = " / ".join(dict.fromkeys(head for head in heads if head))
    return f"column “{shown(name)}”" if name else f"column {column + 1}"


def _row_name(grid: list[list[Cell]], row: int) -> str:
    heads = _head_rows(grid)
    if row < heads:
        return f"heading {row + 1}"
    name = " / ".join(dict.fromkeys(cell.text for cell in grid[row] if cell.is_head and cell.text))
    return f"row “{shown(name)}”" if name else f"row {row - heads + 1}"


def _size(table: Table) -> str:
    widths = [sum(cell.columns for cell in row) for row in table]
    return f"{how_many(len(table), 'row')} and {how_many(max(widths, default=0), 'column')}"
