"""An HDF5 file as h5grove is shown it: paths are walked link by link, never out of the file and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import h5py

from reproduce.preview.bounds import MOST_DEPTH, MOST_SOFT_LINKS


class GuardedGroup(h5py.Group):  # type: ignore[misc]  # h5py has no types
    """A group whose members all have names that are text."""

    def keys(self) -> list[str]:
        """Return the names; h5py gives those that are no UTF-8 as bytes, which nothing finds again."""
        return list(names_in(self))


_KINDS: Final = {
    h5py.h5i.GROUP: GuardedGroup,
    h5py.h5i.DATASET: h5py.Dataset,
    h5py.h5i.DATATYPE: h5py.Datatype,
}


class GuardedFile:
    """Stands in for h5py.File where h5grove looks paths up: a link to another file is told and never followed."""

    def __init__(self, file: Any, name: str) -> None:  # noqa: ANN401 - h5py has no types
        self._root = GuardedGroup(file["/"].id)
        self.filename = name

    def get(self, path: str, *, getlink: bool) -> Any:  # noqa: ANN401 - as above
        """Return the link at the end of a path, or None where the path leads nowhere; what it leads to, without."""
        try:
            if not getlink:
                return self[path]
            *before, last = split(path)
            return link_at(self._walk(self._root, before), last)
        except (KeyError, ValueError):
            return None

    def __getitem__(self, path: str) -> Any:  # noqa: ANN401 - as above
        """Return the object at a path. Raises KeyError where it leads nowhere, or out of the file."""
        return self._walk(self._root, split(path))

    def walk(self, start: Any, path: str) -> Any:  # noqa: ANN401 - as above
        """Return the object at a path that begins at a group, unless with a slash. Raises KeyError as above."""
        return self._walk(self._root if path.startswith("/") else start, split(path))

    def _walk(self, start: Any, names: list[str]) -> Any:  # noqa: ANN401 - as above
        here, pending, followed = start, names[::-1], 0
        while pending:
            name = pending.pop()
            link = link_at(here, name)
            if isinstance(link, h5py.ExternalLink):
                raise KeyError(f"{name} leads to another file")
            if not isinstance(link, h5py.SoftLink):
                here = open_member(here, name)
                continue
            followed += 1
            if followed > MOST_SOFT_LINKS or len(pending) > MOST_DEPTH:
                raise KeyError(f"{name} leads on and on")
            here = self._root if link.path.startswith("/") else here
            pending += split(link.path)[::-1]
        return here


def split(path: str) -> list[str]:
    """Return the names that a path is made of. Raises KeyError for more than are walked."""
    names = [name for name in path.split("/") if name not in ("", ".")]
    if len(names) > MOST_DEPTH:
        raise KeyError(f"a path of more than {MOST_DEPTH} names")
    return names


def names_in(group: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield the names in a group, in the order of the file; what is no UTF-8 in them as lone surrogates."""
    return (name.decode("utf-8", "surrogateescape") for name in group.id)


def link_at(group: Any, name: str) -> Any:  # noqa: ANN401 - as above
    """Return the link of this name in a group. Raises KeyError for none, and for one of an unknown kind."""
    if not isinstance(group, h5py.Group):
        raise KeyError(f"{name} would lie in something that is no group")
    encoded = name.encode("utf-8", "surrogateescape")
    try:
        kind = group.id.links.get_info(encoded).type
    except RuntimeError:
        raise KeyError(f"{name} is not there") from None
    if kind == h5py.h5l.TYPE_HARD:
        return h5py.HardLink()
    if kind == h5py.h5l.TYPE_SOFT:
        return h5py.SoftLink(group.id.links.get_val(encoded).decode("utf-8", "surrogateescape"))
    if kind == h5py.h5l.TYPE_EXTERNAL:
        file, path = group.id.links.get_val(encoded)
        return h5py.ExternalLink(*(each.decode("utf-8", "surrogateescape") for each in (file, path)))
    raise KeyError(f"{name} is a link of an unknown kind")


def open_member(group: Any, name: str) -> Any:  # noqa: ANN401 - as above
    """Open what a hard link of a group leads to. Raises KeyError."""
    found = h5py.h5o.open(group.id, name.encode("utf-8", "surrogateescape"))
    kind = _KINDS.get(h5py.h5i.get_type(found))
    if kind is None:
        raise KeyError(f"{name} is an object of an unknown kind")
    return kind(found)


def address_of(thing: Any) -> int:  # noqa: ANN401 - as above
    """Return where an object lies in its file: two paths that lead to the same one have the same."""
    return int(h5py.h5o.get_info(thing.id).addr)
