"""The values of a default plot, few enough to be drawn, with words for what was left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reproduce.preview.guarded_file import GuardedFile
from reproduce.preview.nexus import Plottable, plottable, text_of
from reproduce.preview.question import RefusedError
from reproduce.preview.values import check_values

MOST_POINTS: Final = 2_000_000
MOST_ROWS: Final = 600
MOST_COLUMNS: Final = 900

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plot: its label, its unit, and the coordinates of the values along it; those of an image are even.

    Where the file says none, the values are counted.
    """

    label: str
    units: str
    at: Floats


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: a line of values, or rows of them as an image; `x` is the last dimension, `y` the one before.

    `label` says what the values are, `notes` what of them is not shown; a value that is none is NaN.
    """

    title: str
    values: Floats
    label: str
    x: Axis
    y: Axis | None
    notes: tuple[str, ...]


def default_plot(file: GuardedFile) -> Plot:
    """Return what is plotted by default. Raises RefusedError where nothing can be."""
    found = plottable(file)
    if found is None:
        raise RefusedError("preview-missing", f"{file.filename} has no numbers to plot")
    shape = found.signal.shape
    is_image = len(shape) > 1 and min(shape[-2:]) > 1 and text_of(found.signal, "interpretation") != "spectrum"
    most = (MOST_ROWS, MOST_COLUMNS) if is_image else (MOST_POINTS,)
    steps = [max(1, math.ceil(length / each)) for length, each in zip(shape[-len(most) :], most, strict=True)]
    before = [length // 2 for length in shape[: -len(steps)]]
    taken = [*(range(one, one + 1) for one in before), *map(range, [0] * len(steps), shape[-len(steps) :], steps)]
    check_values(file, found.signal, taken, is_text=False)
    values, masked = _read(found.signal, taken)
    values = values.reshape(values.shape[-len(steps) :])
    axes = [_axis(file, found, -number, taken[-number], is_even=is_image) for number in range(len(steps), 0, -1)]
    notes = [*_slice_notes(shape, before), *_step_notes(shape, steps)]
    notes += [f"{masked} values masked"] if masked else []
    y = axes[0] if is_image else None
    return Plot(found.path, values, _label(found.signal, found.signal_name), axes[-1], y, tuple(notes))


def _read(signal: Any, taken: list[range]) -> tuple[Floats, int]:  # noqa: ANN401 - h5py has no types
    """Return the values, and how many of them are the greatest of an unsigned kind: a detector's sign for none."""
    read = np.asarray(signal[tuple(slice(one.start, one.stop, one.step) for one in taken)])
    values = read.astype(np.float64)
    is_masked = read == np.iinfo(read.dtype).max if read.dtype.kind == "u" and read.dtype.itemsize > 1 else None
    if is_masked is None or not is_masked.any():
        return values, 0
    values[is_masked] = np.nan
    return values, int(is_masked.sum())


def _axis(file: GuardedFile, found: Plottable, dimension: int, taken: range, *, is_even: bool) -> Axis:
    """Return an axis of the signal; without usable coordinates its label says that it counts the values."""
    counted = Axis("index", "", np.array(taken, dtype=np.float64))
    number = len(found.signal.shape) + dimension
    dataset = found.axes[number] if len(found.axes) == len(found.signal.shape) else None
    if dataset is None and len(found.axes) == 1 and dimension == -1:
        dataset = found.axes[0]
    at = _coordinates(file, dataset, found.signal.shape[dimension])
    if dataset is None or at is None:
        return counted
    steps = np.diff(at)
    if is_even and (steps[0] <= 0 or np.abs(steps - steps.mean()).max() > 0.05 * steps.mean()):
        return counted
    label = _label(dataset, dataset.name.rpartition("/")[2])
    return Axis(label, text_of(dataset, "units"), at[taken.start : taken.stop : taken.step])


def _coordinates(file: GuardedFile, dataset: Any, length: int) -> Floats | None:  # noqa: ANN401 - as above
    """Return the coordinates of so many values, of bins their middles; None where the dataset does not give them."""
    if dataset is None or dataset.ndim != 1 or dataset.dtype.kind not in "iuf":
        return None
    if dataset.shape[0] not in (length, length + 1) or length < 2:
        return None
    try:
        check_values(file, dataset, [range(dataset.shape[0])], is_text=False)
    except RefusedError:
        return None
    read = np.asarray(dataset[()]).astype(np.float64)
    at = (read[1:] + read[:-1]) / 2 if read.size > length else read
    return at if bool(np.isfinite(at).all()) else None


def _label(dataset: Any, name: str) -> str:  # noqa: ANN401 - as above
    said, units = text_of(dataset, "long_name") or name, text_of(dataset, "units")
    return f"{said} ({units})" if units and units not in said else said


def _slice_notes(shape: tuple[int, ...], before: list[int]) -> list[str]:
    if not before:
        return []
    return ["index " + ", ".join(f"{one} of {length}" for one, length in zip(before, shape, strict=False))]


def _step_notes(shape: tuple[int, ...], steps: list[int]) -> list[str]:
    if all(step == 1 for step in steps):
        return []
    size = " × ".join(str(length) for length in shape[-len(steps) :])
    return [f"1 in {' × '.join(map(str, steps))} of {size} values"]
