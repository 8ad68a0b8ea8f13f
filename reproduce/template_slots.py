"""Where another dataset goes in a notebook: inferred from what it plainly assigns and which data it is shown. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from builder.parameters import Parameter
from catalog.data_places import DataWish, is_below, read_place
from reproduce.errors import RunError

# In a repository nothing has this name, so that nothing of its own is in the way.
FOLDER: Final = "reprise-data"
DATA_ENDINGS: Final = frozenset(
    (
        *(".h5", ".hdf5", ".hdf", ".nxs", ".nx5", ".cxi", ".he5", ".nc", ".zarr", ".tif", ".tiff", ".edf", ".cbf"),
        *(".npy", ".npz", ".csv", ".tsv", ".txt", ".dat", ".xy", ".xye", ".asc", ".mat", ".fits", ".root", ".ort"),
        *(".orb", ".spec", ".raw", ".json", ".parquet", ".gz", ".bin", ".mrc", ".img", ".mar", ".sxm", ".mtz"),
    )
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One place that takes a file of the other dataset, or all of it.

    `name` is that of the parameter, else the place. `published` is what the author wrote there. `at` is the place of
    the data that are replaced, empty for a file of the repository. `folder` is where the file is put and `before` what
    stands before it in the value; both count where a single file is put. `takes_all` takes the dataset as it is.
    """

    name: str
    published: str
    at: str
    folder: str = ""
    before: str = ""
    endings: tuple[str, ...] = ()
    is_parameter: bool = True
    takes_all: bool = False
    is_whole_path: bool = False

    def takes(self, path: str) -> bool:
        """Tell whether a file of that name is of the right kind."""
        return not self.endings or path.lower().endswith(self.endings)


@dataclass(frozen=True, slots=True)
class Put:
    """What a run is shown and told with the other dataset in place; `files` are (slot's name, path in the dataset)."""

    data: tuple[DataWish, ...]
    values: dict[str, str]
    files: tuple[tuple[str, str], ...]


def find_slots(
    parameters: Iterable[Parameter],
    wishes: Sequence[DataWish],
    listed: Mapping[str, Sequence[str]],
    *,
    notebook: str,
    find_file: Callable[[str], str | None],
    endings: Sequence[str] = (),
) -> tuple[Slot, ...]:
    """Return where another dataset goes. `listed` are the paths of the files of each of the target's datasets.

    A parameter takes a file where its value names a file of the target's data, or one that `find_file` finds in the
    repository. A place whose files no parameter names takes the dataset itself, or the one file that it shows.
    """
    kinds = tuple(endings)
    shown = [(wish, _shown(wish, listed.get(wish.dataset, ()))) for wish in wishes]
    slots = []
    for one in parameters:
        if one.kind == "text" and (ending := posixpath.splitext(str(one.value))[1].lower()):
            found = _in_data(one, shown, notebook) or _in_repository(one, kinds or tuple(DATA_ENDINGS), find_file)
            if found is not None:
                slots.append(replace(found, endings=kinds or (ending,)))
    named = {slot.at for slot in slots}
    return (*slots, *(_of_place(wish, kinds) for wish in wishes if wish.at not in named))


def _shown(wish: DataWish, files: Sequence[str]) -> tuple[str, ...]:
    """Return the paths of a dataset's files below the place; one empty path where the place is the file."""
    if not wish.part:
        return tuple(files)
    return tuple(
        "" if path == wish.part else path[len(wish.part) + 1 :] for path in files if is_below(path, (wish.part,))
    )


def _in_data(one: Parameter, shown: Sequence[tuple[DataWish, tuple[str, ...]]], notebook: str) -> Slot | None:
    value = posixpath.normpath(str(one.value))
    for wish, files in shown:
        kind = read_place(wish.at).kind
        if files == ("",):
            # The place is the file itself: it keeps its name, so the value stays true.
            if _meant(value, notebook) == wish.at or value == wish.at:
                return Slot(one.name, str(one.value), wish.at, is_parameter=False)
            continue
        whole = [path for path in files if value == path or value.endswith(f"/{path}")]
        if len(whole) == 1:
            path = whole[0]
            before = value[: len(value) - len(path)]
            folder = posixpath.join(wish.at, posixpath.dirname(path)).rstrip("/")
            return Slot(one.name, str(one.value), wish.at, folder, before, is_whole_path=True)
        tails = [path for path in files if path.endswith(f"/{value}")]
        if len(tails) == 1 and kind != "variable":
            # The folder is said elsewhere in the notebook, so the file has to lie in the same one.
            folder = posixpath.dirname(posixpath.join(wish.at, tails[0]))
            return Slot(one.name, str(one.value), wish.at, folder, value[: len(value) - len(posixpath.basename(value))])
    return None


def _meant(value: str, notebook: str) -> str:
    return value if value.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(notebook), value))


def _in_repository(one: Parameter, kinds: tuple[str, ...], find_file: Callable[[str], str | None]) -> Slot | None:
    value = posixpath.normpath(str(one.value))
    if not value.lower().endswith(kinds) or value.startswith("/") or (path := find_file(value)) is None:
        return None
    folder = posixpath.join(posixpath.dirname(path), FOLDER)
    return Slot(one.name, str(one.value), "", folder, posixpath.join(posixpath.dirname(value), FOLDER) + "/")


def _of_place(wish: DataWish, kinds: tuple[str, ...]) -> Slot:
    ending = posixpath.splitext(wish.part)[1].lower()
    words = wish.dataset + (f", {wish.part}" if wish.part else "")
    if wish.part and ending:
        return Slot(wish.at, words, wish.at, endings=kinds or (ending,), is_parameter=False)
    return Slot(wish.at, words, wish.at, endings=kinds, is_parameter=False, takes_all=True)


def put_in_place(
    slots: Sequence[Slot],
    chosen: Mapping[str, str],
    *,
    wishes: Sequence[DataWish],
    dataset: str,
    files: Sequence[str],
) -> Put:
    """Return what the run is shown: the chosen files, by the names of their slots, in the place of the target's own.

    All of `dataset` stands for a slot that takes it; it is chosen by any text. A dataset of one file is put where that
    file goes, whether it lies in a directory or not. Raises RunError template-file-refused or template-no-file.
    """
    known = {slot.name: slot for slot in slots}
    for name, path in chosen.items():
        _check(known.get(name), name, path, files)
    taken = [known[name] for name in chosen]
    if not taken:
        raise RunError("template-file-refused", file="", name=slots[0].name, reason="no file was chosen")
    replaced = {slot.at for slot in taken if slot.at}
    for slot in slots:
        if slot.at in replaced and slot not in taken:
            reason = "the published data are not there any more, since other data take their place"
            raise RunError("template-file-refused", file=slot.published, name=slot.name, reason=reason)
    data = [wish for wish in wishes if wish.at not in replaced]
    values: dict[str, str] = {}
    for at in dict.fromkeys(slot.at for slot in taken):
        group = [slot for slot in taken if slot.at == at]
        if at and all(slot.takes_all or (slot.is_whole_path and len(files) > 1) for slot in group):
            data.append(DataWish(dataset, at))
            values |= {slot.name: slot.before + chosen[slot.name] for slot in group if slot.is_parameter}
        else:
            data += _single(group, chosen, dataset, values)
    return Put(tuple(dict.fromkeys(data)), values, tuple((slot.name, _told(slot, chosen)) for slot in taken))


def _single(group: Sequence[Slot], chosen: Mapping[str, str], dataset: str, values: dict[str, str]) -> list[DataWish]:
    """Return the wishes that show single files, and say in `values` where."""
    data = []
    for slot in group:
        if slot.is_parameter and slot.at.startswith("$"):
            reason = f"it is looked for in the directory that {slot.at} names, and the dataset is one file"
            raise RunError("template-file-refused", file=chosen[slot.name], name=slot.name, reason=reason)
        path = chosen[slot.name]
        if not slot.is_parameter:
            data.append(DataWish(dataset, slot.at, path))
            continue
        name = posixpath.basename(path)
        data.append(DataWish(dataset, f"{slot.folder}/{name}", path))
        beside = posixpath.dirname(posixpath.normpath(slot.published))
        values[slot.name] = posixpath.join(beside, name) if slot.is_whole_path else slot.before + name
    return data


def _told(slot: Slot, chosen: Mapping[str, str]) -> str:
    return "" if slot.takes_all else chosen[slot.name]


def _check(slot: Slot | None, name: str, path: str, files: Sequence[str]) -> None:
    if slot is None:
        raise RunError("template-file-refused", file=path[:300], name=name[:100], reason="nothing takes a file there")
    if slot.takes_all:
        if not any(slot.takes(one) for one in files):
            raise RunError("template-no-file", endings=words_of_endings(slot.endings))
        return
    if path not in files:
        raise RunError("template-file-refused", file=path[:300], name=name, reason="the dataset lists no such file")
    if not slot.takes(path):
        reason = f"it takes files that end in {words_of_endings(slot.endings)}"
        raise RunError("template-file-refused", file=path[:300], name=name, reason=reason)


def words_of_endings(endings: Sequence[str]) -> str:
    """Say which endings: ".h5 or .nxs"."""
    return " or ".join(endings) or "any name"
