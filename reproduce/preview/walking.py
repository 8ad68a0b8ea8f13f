"""Walks a file for its tree: bounded in number and depth; what a group lies in is not walked again inside of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice
from typing import Any

import h5py
from h5grove.utils import hdf_path_join

from reproduce.preview.bounds import MOST_TREE_DEPTH, MOST_TREE_NODES
from reproduce.preview.endpoints import as_json
from reproduce.preview.guarded_file import GuardedFile, address_of, link_at, names_in, open_member
from reproduce.preview.nexus import default_path, text_of
from reproduce.preview.trees import Node


def tree(file: GuardedFile) -> bytes:
    """Return the tree of a file as `Tree.of_bytes` reads it."""
    walk = _Walk(file)
    nodes = [dataclasses.asdict(node) for node in islice(walk.nodes(), MOST_TREE_NODES + 1)]
    is_cut = walk.is_cut or len(nodes) > MOST_TREE_NODES
    return as_json({"is_cut": is_cut, "default": default_path(file), "nodes": nodes[:MOST_TREE_NODES]})


class _Walk:
    def __init__(self, file: GuardedFile) -> None:
        self._root = file["/"]
        self.is_cut = False

    def nodes(self) -> Iterator[Node]:
        yield _node("/", "", 0, self._root)
        pending = [(self._root, "/", names_in(self._root), address_of(self._root))]
        while pending:
            group, path, names, _ = pending[-1]
            name = next(names, None)
            if name is None:
                pending.pop()
                continue
            below, depth = hdf_path_join(path, name), len(pending)
            link = _link(group, name)
            if not isinstance(link, h5py.HardLink):
                yield _link_node(below, name, depth, link)
                continue
            thing = open_member(group, name)
            yield _node(below, name, depth, thing)
            if not isinstance(thing, h5py.Group):
                continue
            address = address_of(thing)
            if address in (each[-1] for each in pending):
                continue
            if depth >= MOST_TREE_DEPTH:
                self.is_cut = True
                continue
            pending.append((thing, below, names_in(thing), address))


def _link(group: Any, name: str) -> Any:  # noqa: ANN401 - h5py has no types
    try:
        return link_at(group, name)
    except KeyError:
        return None


def _link_node(path: str, name: str, depth: int, link: Any) -> Node:  # noqa: ANN401 - as above
    if isinstance(link, h5py.SoftLink):
        return Node(path, name, depth, "soft_link", target=link.path)
    if isinstance(link, h5py.ExternalLink):
        return Node(path, name, depth, "external_link", target=f"{link.filename}:{link.path}")
    return Node(path, name, depth, "other")


def _node(path: str, name: str, depth: int, thing: Any) -> Node:  # noqa: ANN401 - as above
    if isinstance(thing, h5py.Group):
        return Node(path, name, depth, "group", nx_class=text_of(thing, "NX_class"))
    if not isinstance(thing, h5py.Dataset):
        return Node(path, name, depth, "datatype")
    return Node(path, name, depth, "dataset", thing.shape, _type_words(thing), text_of(thing, "units"))


def _type_words(dataset: Any) -> str:  # noqa: ANN401 - as above
    """Say the type as people do: a text, a number's name, a compound's parts."""
    try:
        dtype = dataset.dtype
    except (TypeError, ValueError):
        return "unknown"
    if h5py.check_string_dtype(dtype):
        return "text"
    if (length := h5py.check_vlen_dtype(dtype)) is not None:
        return f"{length} of any length"
    if h5py.check_ref_dtype(dtype):
        return "reference"
    if h5py.check_enum_dtype(dtype):
        return "enumeration"
    return "compound" if dtype.names else str(dtype)[:60]
