"""The one way in which anything reaches a reviewer: through a mask, on request with a list of all that did."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from catalog.exposure.media_types import NOTEBOOK
from catalog.masking import Mask
from catalog.masking.mask import with_letters
from catalog.masking.notebook import LARGEST_BYTES, MaskedNotebook, UnreadableNotebookError, mask_notebook
from catalog.masking.pictures import PictureError, without_words
from catalog.masking.scan import Text

# Texts larger than this are not shown to a reviewer: they could not be looked through in bounded time.
LARGEST_TEXT: Final = 5 * 2**20
_TEXTS: Final = ("text/", "application/json", "application/x-ndjson", "application/toml", "application/ld+json")
_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
_DRAWING: Final = "image/svg+xml"


def can_give(media_type: str, size_bytes: int) -> bool:
    """Tell whether a file is of a kind that can be masked, and not too large to be."""
    if media_type in _PICTURES:
        return True
    if media_type == NOTEBOOK:
        return size_bytes <= LARGEST_BYTES
    return (media_type == _DRAWING or media_type.startswith(_TEXTS)) and size_bytes <= LARGEST_TEXT


@dataclass
class Veil:
    """Masks what is said and what is given. With `texts` it also keeps each text, as it was and as it is shown."""

    mask: Mask
    texts: list[Text] | None = None
    pictures: int = 0
    stays: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def say(self, place: str, text: object) -> str:
        """Return a text as the reviewer reads it."""
        plain = str(text or "")
        masked = self.mask.text(plain)
        self._keep(place, plain, masked)
        return masked

    def give(self, place: str, content: bytes, media_type: str) -> bytes | None:
        """Return a file as the reviewer gets it, or None when it cannot be masked."""
        if not can_give(media_type, len(content)):
            return None
        if media_type == NOTEBOOK:
            return self._notebook(place, content)
        if media_type in _PICTURES:
            self.pictures += 1
            try:
                return without_words(content)
            except PictureError:
                return None
        if media_type == _DRAWING:
            self.pictures += 1
        plain = content.decode("utf-8", "replace")
        try:
            readable, masked = self._masked(plain, media_type)
        except (ValueError, RecursionError):
            return None
        self._keep(place, readable, masked)
        return masked.encode("utf-8", "replace")

    def _masked(self, plain: str, media_type: str) -> tuple[str, str]:
        """Return a text as it can be looked through, and masked. Raises ValueError for JSON that is none."""
        if media_type in ("text/html", "text/markdown", _DRAWING):
            return with_letters(plain), self.mask.markup(plain)
        if "json" in media_type:
            # JSON may write letters by number: they are read before they are masked.
            lines = plain.splitlines() if media_type == "application/x-ndjson" else [plain]
            values = [json.loads(line) for line in lines if line.strip()]
            indent = None if media_type == "application/x-ndjson" else 2
            said = [json.dumps(value, ensure_ascii=False, indent=indent) for value in values]
            masked = [json.dumps(self.mask.json(value), ensure_ascii=False, indent=indent) for value in values]
            return "\n".join(said), "\n".join(masked)
        return plain, self.mask.text(plain)

    def _notebook(self, place: str, content: bytes) -> bytes | None:
        try:
            masked: MaskedNotebook = mask_notebook(content, self.mask)
        except UnreadableNotebookError:
            return None
        self.pictures += masked.pictures
        self.stays.update(masked.stays)
        self.files.update(masked.files)
        shown = masked.content.decode("utf-8", "replace")
        # Words of libraries are listed for the author, and are no leak that masking left.
        for word in masked.stays:
            shown = re.sub(rf"\b{re.escape(word)}\b", "", shown)
        self._keep(place, json.dumps(json.loads(content), ensure_ascii=False), shown)
        return masked.content

    def _keep(self, place: str, plain: str, masked: str) -> None:
        if self.texts is not None and plain:
            self.texts.append(Text(place, plain, masked))
