"""The letters in pictures: DejaVu where the system has it, else those that come with Pillow, which are fewer."""

from __future__ import annotations

import unicodedata
from typing import Final

from PIL import ImageFont

_SIZES: Final = (23, 20)
_WORDS: Final = {"\N{MULTIPLICATION SIGN}": "x", "\N{MIDDLE DOT}": "-", "\N{MICRO SIGN}": "u"}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def _fonts() -> tuple[Font, Font, bool]:
    try:
        first, second = (ImageFont.truetype("DejaVuSans.ttf", size) for size in _SIZES)
    except OSError:
        return ImageFont.load_default(_SIZES[0]), ImageFont.load_default(_SIZES[1]), False
    return first, second, True


FONT, SMALL, _HAS_ALL_LETTERS = _fonts()


def fitted(text: str, font: Font, width: float) -> str:
    """Return a text that the font can write, cut to a width."""
    shown = text if _HAS_ALL_LETTERS else plain(text)
    if font.getlength(shown) <= width:
        return shown
    while shown and font.getlength(f"{shown}...") > width:
        shown = shown[:-1]
    return f"{shown}..."


def plain(text: str) -> str:
    """Return a text in ASCII: superscripts and accents as what they are made of, other signs as question marks."""
    spelled = "".join(_WORDS.get(sign, sign) for sign in text)
    normal = unicodedata.normalize("NFKD", spelled).replace("\N{MINUS SIGN}", "-")
    kept = "".join(sign for sign in normal if not unicodedata.combining(sign))
    return kept.encode("ascii", "replace").decode()
