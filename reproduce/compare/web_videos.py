"""Videos of the web, as IPython shows them: what counts is the address, not the preview that is fetched for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from reproduce.compare.outputs import as_text

RULE: Final = "video-previews"

# YouTubeVideo._repr_jpeg_ of IPython.lib.display asks img.youtube.com, and gives nothing where nobody answers.
_REPR: Final = re.compile(r"\s*<IPython\.(?:lib|core)\.display\.YouTubeVideo (?:object )?at 0x[0-9A-Fa-f]{1,16}>\s*")
_PREVIEW: Final = "image/jpeg"


def has_other_preview(published: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Tell whether both outputs show a video as a page, and their previews are not the same."""
    is_video = all(
        "text/html" in data and _REPR.fullmatch(as_text(data.get("text/plain", ""))) for data in (published, fresh)
    )
    return is_video and published.get(_PREVIEW) != fresh.get(_PREVIEW)


def without_preview(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the output without the picture that stands for its video."""
    return {mime: value for mime, value in data.items() if mime != _PREVIEW}
