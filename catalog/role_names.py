"""The names of the roles; settings may name them before there are any models."""

from __future__ import annotations

from typing import Final

AUTHOR: Final = "author"
CURATOR: Final = "curator"
READER: Final = "reader"
ROLES: Final = (AUTHOR, CURATOR, READER)
