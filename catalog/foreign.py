"""Content that is not ours: how it is served so that it can do nothing to who looks at it."""

from __future__ import annotations

from typing import Final

# Without scripts, forms, frames and origin; styles and pictures are its own.
FOREIGN_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
