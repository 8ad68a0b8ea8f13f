"""The tree of a file, for a page without scripts. Pure, and without the library that reads such files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a file; `kind` is as h5grove says it, `target` where a link leads, `depth` 0 at the root."""

    path: str
    name: str
    depth: int
    kind: str
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    units: str = ""
    nx_class: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """The things of a file, each behind what it lies in; `default` is the path of what NeXus would plot, or empty."""

    nodes: tuple[Node, ...]
    default: str
    is_cut: bool

    @classmethod
    def of_bytes(cls, text: bytes) -> Self:
        """Read what the program told. Raises ValueError, TypeError or KeyError for what is no tree."""
        told = json.loads(text)
        nodes = [dict(one, shape=None if one["shape"] is None else tuple(one["shape"])) for one in told["nodes"]]
        return cls(tuple(Node(**one) for one in nodes), str(told["default"]), bool(told["is_cut"]))
