"""LaTeX outputs: by their symbols, not by how a version of a library spaces or wraps them."""

from __future__ import annotations

import re
from typing import Final

from reproduce.compare.model import OutputComparison
from reproduce.compare.sanitize import apply_sanitizers
from reproduce.compare.text import TextSettings, compare_text

RULE: Final = "latex-layout"
MAX_CHARS: Final = 4_000_000

_DISPLAYSTYLE: Final = re.compile(r"\\displaystyle(?![A-Za-z])")
_FRAMES: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\begin{equation*}", "\\end{equation*}"), ("$", "$"))
_SPACES: Final = re.compile(r"\s++")
# The gap that SymPy leaves behind the comma of a list, as wide as its version likes it.
_LIST_GAP: Final = re.compile(r",\s*+\\(?:quad(?![A-Za-z])|[ ,:;])\s*+")
# Outside of a command's name and of words in text mode a space shows nothing.
_IDLE_SPACE: Final = re.compile(r"(?<=[{}()\[\],=+&^_]) | (?=[{}()\[\],=+&^_])")


def compare_latex(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two LaTeX outputs as texts; the rule "latex-layout" leaves out frames, \\displaystyle and idle spaces."""
    mime = "text/latex"
    is_off = RULE in settings.tolerance.disabled_rules or max(len(published), len(fresh)) > MAX_CHARS
    if published == fresh or is_off:
        return compare_text(mime, published, fresh, settings)
    # An author's expressions are meant for the formula as it is stored.
    one, other = (_plain(apply_sanitizers(text, settings.sanitize)) for text in (published, fresh))
    result = compare_text(mime, one, other, settings)
    return OutputComparison(
        mime,
        result.state,
        metric=result.metric,
        tolerance=result.tolerance,
        reason=result.reason or f"Equal but for what these rules leave out: {RULE}.",
        rules=(RULE, *result.rules),
        published_text=published,
        fresh_text=fresh,
    )


def _plain(latex: str) -> str:
    text = latex.strip()
    for opened, closed in _FRAMES:
        inner = text[len(opened) : -len(closed)]
        if len(text) > len(opened) + len(closed) and text.startswith(opened) and text.endswith(closed):
            if "$" not in inner:
                text = inner.strip()
            break
    text = _SPACES.sub(" ", _DISPLAYSTYLE.sub("", text)).strip()
    return text if "\\text" in text or "\\mbox" in text else _IDLE_SPACE.sub("", _LIST_GAP.sub(",", text))
