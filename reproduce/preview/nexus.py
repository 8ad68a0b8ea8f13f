"""What of a file is plotted by default: as NeXus says, else the first values that can be plotted.

The rule is that of the NeXus manual, "Find the plottable data": from the root the attribute `default` names the way to
an NXdata group, whose attribute `signal` names the values and whose attribute `axes` the coordinates; before version 3
the values had an attribute `signal` of 1 themselves, and named their axes in `axes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import h5py
from h5grove.utils import hdf_path_join

from reproduce.preview.guarded_file import GuardedFile, address_of, link_at, names_in, open_member
from reproduce.preview.question import RefusedError
from reproduce.preview.values import check_attribute

_MOST_LOOKED_AT: Final = 2_000
_MOST_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Plottable:
    """Values to plot and where they lie; `group` is their NXdata group, `axes` what that says of each dimension."""

    path: str
    signal: Any
    signal_name: str
    group: Any = None
    axes: tuple[Any, ...] = ()


def default_path(file: GuardedFile) -> str:
    """Return the path of what is plotted by default, an NXdata group or a dataset; empty where nothing can be."""
    found = plottable(file)
    return found.path if found is not None else ""


def plottable(file: GuardedFile) -> Plottable | None:
    """Return what is plotted by default, None where nothing can be."""
    root = file["/"]
    return _by_default(file, root) or _first(file, root)


def text_of(thing: Any, name: str) -> str:  # noqa: ANN401 - h5py has no types
    """Return an attribute as a line of text; empty where there is none, or what is there is no short text."""
    return next(iter(texts_of(thing, name)), "")


def texts_of(thing: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """Return an attribute of one text or several; empty where it is anything else, or large."""
    try:
        if name not in thing.attrs:
            return ()
        check_attribute(thing.attrs, name)
        value = thing.attrs[name]
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, RefusedError):
        return ()
    many = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    return tuple(_line(each) for each in many[:32] if isinstance(each, str | bytes))


def _line(value: str | bytes) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign for sign in readable if sign.isprintable())[:200]


def _by_default(file: GuardedFile, root: Any) -> Plottable | None:  # noqa: ANN401 - as above
    here, path = root, "/"
    for _ in range(_MOST_STEPS):
        name = text_of(here, "default")
        if not name:
            break
        try:
            here = file.walk(here, name)
        except KeyError:
            break
        path = name if name.startswith("/") else hdf_path_join(path, name)
        if isinstance(here, h5py.Dataset):
            return _of_dataset(here, path)
        if found := _of_group(file, here, path):
            return found
    return None


def _first(file: GuardedFile, root: Any) -> Plottable | None:  # noqa: ANN401 - as above
    """Return the first NXdata with a signal, else the first values of two dimensions or more, else of one."""
    things = list(islice(_things(root), _MOST_LOOKED_AT))
    for path, thing in things:
        if isinstance(thing, h5py.Group) and (found := _of_group(file, thing, path)):
            return found
    datasets = [one for path, thing in things if isinstance(thing, h5py.Dataset) and (one := _of_dataset(thing, path))]
    return next((one for one in datasets if one.signal.ndim > 1), datasets[0] if datasets else None)


def _things(root: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    """Yield what hard links lead to, the nearer to the root the earlier, each group once."""
    seen, waiting = {address_of(root)}, [("/", root)]
    for path, group in waiting:
        for name in islice(names_in(group), _MOST_LOOKED_AT):
            try:
                if not isinstance(link_at(group, name), h5py.HardLink):
                    continue
                thing = open_member(group, name)
            except (KeyError, OSError, RuntimeError):
                continue
            below = hdf_path_join(path, name)
            yield below, thing
            if isinstance(thing, h5py.Group) and address_of(thing) not in seen:
                seen.add(address_of(thing))
                waiting.append((below, thing))


def _of_group(file: GuardedFile, group: Any, path: str) -> Plottable | None:  # noqa: ANN401 - as above
    if not isinstance(group, h5py.Group) or text_of(group, "NX_class") != "NXdata":
        return None
    name = text_of(group, "signal") or _older_signal(group)
    signal = _member(file, group, name)
    if signal is None or not is_plottable(signal):
        return None
    # The second is NXcanSAS, which says the axes of the intensity I in I_axes.
    names = texts_of(group, "axes") or _parted(text_of(group, f"{name}_axes")) or _parted(text_of(signal, "axes"))
    axes = tuple(_member(file, group, each) for each in names)
    return Plottable(path, signal, name, group, axes if len(axes) <= signal.ndim else ())


def _older_signal(group: Any) -> str:  # noqa: ANN401 - as above
    for name in islice(names_in(group), 64):
        try:
            if isinstance(link_at(group, name), h5py.HardLink) and "signal" in open_member(group, name).attrs:
                return name
        except (KeyError, OSError, RuntimeError):
            continue
    return ""


def _parted(told: str) -> tuple[str, ...]:
    """Return names that stand in one text, with commas or colons between them, as older files have them."""
    return tuple(each.strip() for each in told.strip("[]").replace(",", ":").split(":")) if told else ()


def _member(file: GuardedFile, group: Any, name: str) -> Any:  # noqa: ANN401 - as above
    try:
        found = file.walk(group, name) if name and name != "." else None
    except KeyError:
        return None
    return found if isinstance(found, h5py.Dataset) else None


def _of_dataset(dataset: Any, path: str) -> Plottable | None:  # noqa: ANN401 - as above
    return Plottable(path, dataset, path.rpartition("/")[2]) if is_plottable(dataset) else None


def is_plottable(dataset: Any) -> bool:  # noqa: ANN401 - as above
    """Tell whether these are numbers, more than one, along at least one dimension."""
    try:
        shape, kind = dataset.shape, dataset.dtype.kind
    except (TypeError, ValueError, RuntimeError):
        return False
    return bool(shape) and kind in "biuf" and all(shape) and max(shape) > 1
