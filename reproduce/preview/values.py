"""Whether the values of a dataset are read: how many are asked for, how they are stored, and where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import h5py
from h5grove.utils import parse_slice

from reproduce.preview.bounds import (
    MOST_ANSWER_BYTES,
    MOST_ATTRIBUTE_BYTES,
    MOST_CHUNK_BYTES,
    MOST_ELEMENTS,
    MOST_SELECTION_CHARACTERS,
    MOST_TEXT_ELEMENTS,
    MOST_UNPACKED_BYTES,
    MOST_VIRTUAL_SOURCES,
)
from reproduce.preview.guarded_file import GuardedFile
from reproduce.preview.question import RefusedError

# Those that come with the library: gzip, shuffle, Fletcher's checksum, szip, n-bit, scale and offset, LZF.
FILTERS: Final = frozenset({1, 2, 3, 4, 5, 6, 32000})


def selected(shape: Sequence[int], selection: str | None) -> tuple[range, ...]:
    """Return what a selection takes along each dimension. Raises RefusedError for what is none of this shape."""
    if selection is None:
        return tuple(range(length) for length in shape)
    if len(selection) > MOST_SELECTION_CHARACTERS:
        raise RefusedError("preview-unreadable", "the selection is too long")
    try:
        wanted = parse_slice(selection)
    except (ValueError, TypeError):
        raise RefusedError("preview-unreadable", f"{selection[:100]} is not a selection such as 0,10:20,::2") from None
    if len(wanted) > len(shape):
        raise RefusedError("preview-unreadable", f"{selection[:100]} has more members than there are dimensions")
    found = []
    for one, length in zip([*wanted, *[slice(None)] * (len(shape) - len(wanted))], shape, strict=True):
        if isinstance(one, slice):
            if one.step is not None and one.step < 1:
                raise RefusedError("preview-unreadable", "the steps of a selection are 1 or more")
            found.append(range(*one.indices(length)))
        elif -length <= one < length:
            found.append(range(one % length, one % length + 1))
        else:
            raise RefusedError("preview-unreadable", f"{one} lies outside of the {length} values of its dimension")
    return tuple(found)


def check_values(
    file: GuardedFile,
    dataset: Any,  # noqa: ANN401 - h5py has no types
    taken: Sequence[range],
    *,
    is_text: bool,
) -> None:
    """Raise RefusedError unless these values of a dataset can be read within the bounds, from this file alone."""
    count = math.prod(len(one) for one in taken)
    item_bytes = dataset.id.get_type().get_size()
    most = MOST_TEXT_ELEMENTS if is_text or dataset.dtype.kind == "O" else MOST_ELEMENTS
    if count > most or count * item_bytes > MOST_ANSWER_BYTES:
        raise RefusedError(
            "preview-too-large",
            f"{count} values of {item_bytes} bytes are asked for, and {most} are given at once, of together"
            f" {MOST_ANSWER_BYTES // 2**20} MiB at most",
        )
    check_storage(file, dataset)
    _check_unpacking(dataset, taken)


def check_storage(file: GuardedFile, dataset: Any, *, is_source: bool = False) -> None:  # noqa: ANN401 - as above
    """Raise RefusedError for values that lie in other files, or are packed in a way that is not unpacked here."""
    layout = dataset.id.get_create_plist()
    if layout.get_external_count():
        raise RefusedError("preview-unreadable", "its values lie in another file, which is not opened")
    if layout.get_layout() == h5py.h5d.VIRTUAL:
        if is_source:
            raise RefusedError("preview-unreadable", "it is a virtual dataset made of virtual datasets")
        _check_sources(file, layout)
    for number in range(layout.get_nfilters()):
        code, _, _, name = layout.get_filter(number)
        if code not in FILTERS or not h5py.h5z.filter_avail(code):
            raise RefusedError(
                "preview-unreadable",
                f"its values are packed by the filter {code} ({name.decode('ascii', 'replace')[:60]}), which is not"
                " unpacked here",
            )
    if (chunks := dataset.chunks) and math.prod(chunks) * dataset.id.get_type().get_size() > MOST_CHUNK_BYTES:
        raise RefusedError("preview-too-large", f"its chunks are of more than {MOST_CHUNK_BYTES // 2**20} MiB")


def _check_sources(file: GuardedFile, layout: Any) -> None:  # noqa: ANN401 - as above
    """Let a virtual dataset pass if it is made of plain datasets of the same file."""
    count = layout.get_virtual_count()
    if count > MOST_VIRTUAL_SOURCES:
        raise RefusedError("preview-too-large", f"it is a virtual dataset of {count} pieces")
    for number in range(count):
        source = layout.get_virtual_dsetname(number)
        if layout.get_virtual_filename(number) != ".":
            raise RefusedError("preview-unreadable", "it is a virtual dataset of other files, which are not opened")
        if "%" in source:
            # The library counts such a name on, so that it stands for others.
            raise RefusedError("preview-unreadable", "it is a virtual dataset of a series of datasets")
        try:
            dataset = file[source]
        except KeyError:
            raise RefusedError("preview-unreadable", "it is a virtual dataset of what is not in the file") from None
        if not isinstance(dataset, h5py.Dataset):
            raise RefusedError("preview-unreadable", "it is a virtual dataset of what is no dataset")
        check_storage(file, dataset, is_source=True)


def _check_unpacking(dataset: Any, taken: Sequence[range]) -> None:  # noqa: ANN401 - as above
    chunks = dataset.chunks
    if not chunks or not all(taken) or not dataset.id.get_storage_size():
        return
    touched = math.prod(_touched(one, edge) for one, edge in zip(taken, chunks, strict=True))
    if touched * math.prod(chunks) * dataset.id.get_type().get_size() > MOST_UNPACKED_BYTES:
        raise RefusedError(
            "preview-too-large", f"{touched} chunks would have to be unpacked to find the values that are asked for"
        )


def _touched(taken: range, edge: int) -> int:
    return len(taken) if taken.step >= edge else taken[-1] // edge - taken[0] // edge + 1


def check_attribute(attributes: Any, name: str) -> None:  # noqa: ANN401 - as above
    """Raise RefusedError for an attribute whose value is too large to be shown."""
    found = attributes.get_id(name)
    if math.prod(found.shape or ()) * found.get_type().get_size() > MOST_ATTRIBUTE_BYTES:
        raise RefusedError(
            "preview-too-large", f"the attribute {name[:60]} is of more than {MOST_ATTRIBUTE_BYTES // 2**10} KiB"
        )
