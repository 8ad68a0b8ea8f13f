"""How much of a file one question may ask for."""

from __future__ import annotations

from typing import Final

# An image of sixteen megapixels goes as a whole, as numbers; as text it takes twenty times the room.
MOST_ELEMENTS: Final = 20_000_000
MOST_TEXT_ELEMENTS: Final = 1_000_000
MOST_ANSWER_BYTES: Final = 96 * 2**20
# What has to be unpacked to find what is asked for.
MOST_UNPACKED_BYTES: Final = 2 * 2**30
MOST_CHUNK_BYTES: Final = 128 * 2**20
MOST_MEMBERS: Final = 10_000
MOST_PATHS: Final = 50_000
MOST_PATH_CHARACTERS: Final = 16 * 2**20
MOST_ATTRIBUTES: Final = 2_000
MOST_ATTRIBUTE_BYTES: Final = 2**20
MOST_DEPTH: Final = 256
# As many as the HDF5 library follows itself.
MOST_SOFT_LINKS: Final = 16
MOST_VIRTUAL_SOURCES: Final = 256
MOST_TREE_NODES: Final = 1_000
MOST_TREE_DEPTH: Final = 12
MOST_SELECTION_CHARACTERS: Final = 500
