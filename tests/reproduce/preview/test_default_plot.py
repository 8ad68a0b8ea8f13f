"""Which values are plotted by default, what the picture says of them, and where its ticks stand."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from reproduce.preview.default_plot import Plot, default_plot
from reproduce.preview.drawing import HEIGHT, WIDTH, draw
from reproduce.preview.guarded_file import GuardedFile
from reproduce.preview.lettering import plain
from reproduce.preview.nexus import default_path
from reproduce.preview.question import RefusedError
from reproduce.preview.ticks import is_wide, ticks, written
from tests.reproduce.preview.files import write_scan


def plot_of(path: Path, write: Callable[[h5py.File], None]) -> Plot:
    """Write a file and return its default plot."""
    with h5py.File(path, "w") as file:
        write(file)
    with h5py.File(path) as file:
        return default_plot(GuardedFile(file, path.name))


def test_the_way_that_default_names_is_followed_to_signal_and_axes(tmp_path: Path) -> None:
    with h5py.File(write_scan(tmp_path / "scan.nxs")) as file:
        plot = default_plot(GuardedFile(file, "scan.nxs"))
        assert default_path(GuardedFile(file, "scan.nxs")) == "/entry/data"
    assert (plot.title, plot.label, plot.x.label, plot.y) == ("/entry/data", "counts (1/cm)", "q (1/nm)", None)
    assert plot.x.at[0] == np.float32(0.01)
    assert plot.notes == ()


def test_the_older_signal_of_1_and_its_axes_are_understood(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        group = file.create_group("run/data")
        group.attrs["NX_class"] = "NXdata"
        group["zeros"] = np.zeros(3)
        group["y"] = np.arange(3.0)
        group["y"].attrs.update({"signal": 1, "axes": "angle"})
        group["angle"] = np.array([10.0, 20.0, 30.0])

    plot = plot_of(tmp_path / "old.nxs", write)
    assert (plot.title, plot.x.label, plot.values.tolist()) == ("/run/data", "angle", [0.0, 1.0, 2.0])


def test_the_axes_of_small_angle_scattering_are_understood(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        data = file.create_group("sasdata")
        data.attrs.update({"NX_class": "NXdata", "signal": "I", "I_axes": "Q"})
        data["I"] = np.arange(3.0)
        data["Q"] = np.array([0.1, 0.2, 0.4])

    plot = plot_of(tmp_path / "sas.h5", write)
    assert (plot.x.label, plot.x.at.tolist()) == ("Q", [0.1, 0.2, 0.4])


def test_without_a_word_of_nexus_the_first_image_is_plotted(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["a"] = np.arange(3)
        file["b/image"] = np.arange(6.0).reshape(2, 3)
        file["label"] = "text"

    plot = plot_of(tmp_path / "plain.h5", write)
    assert plot.title == "/b/image"
    assert plot.y is not None


def test_a_file_without_numbers_has_no_plot(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no numbers to plot"):
        plot_of(tmp_path / "words.h5", lambda file: file.update({"words": "none"}))


def test_what_is_left_out_of_a_stack_is_said(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file.create_dataset("stack", shape=(5, 1300, 900), dtype="u4", chunks=(1, 100, 100), fillvalue=2**32 - 1)
        file["stack"][2, :650] = 7

    plot = plot_of(tmp_path / "stack.h5", write)
    assert plot.values.shape == (434, 900)
    assert plot.notes == ("index 2 of 5", "1 in 3 × 1 of 1300 × 900 values", "195300 values masked")
    assert plot.y is not None
    assert plot.y.at[:2].tolist() == [0.0, 3.0]


def test_edges_of_bins_stand_for_their_middles_and_uneven_ones_of_images_are_not_claimed(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        data = file.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": "map", "axes": ["y", "x"]})
        data["map"] = np.arange(6.0).reshape(2, 3)
        data["x"] = np.array([0.0, 1.0, 2.0, 3.0])
        data["y"] = np.array([5.0, 1.0])

    plot = plot_of(tmp_path / "map.nxs", write)
    assert plot.x.at.tolist() == [0.5, 1.5, 2.5]
    assert plot.y is not None
    assert (plot.y.label, plot.y.at.tolist()) == ("index", [0.0, 1.0])


def test_a_value_stands_in_the_picture_where_its_axes_say(tmp_path: Path) -> None:
    values = np.zeros((20, 30))
    values[15:, :5] = 1.0
    picture = Image.open(BytesIO(draw(plot_of(tmp_path / "p.h5", lambda file: file.update({"p": values})))))
    assert picture.size == (WIDTH, HEIGHT)
    found = np.asarray(picture.convert("RGB")).astype(int)
    bright = np.argwhere((found[:, :500] - [253, 231, 37]).__abs__().sum(axis=2) < 12)
    assert len(bright) > 500
    # Of 20 rows the last ones, which stand at the top; of 30 columns the first.
    assert bright[:, 0].max() < HEIGHT / 2
    assert bright[:, 1].max() < WIDTH / 3


def test_a_lost_peak_is_no_way_to_make_a_line_shorter(tmp_path: Path) -> None:
    values = np.zeros(200_000)
    values[123_456] = 1.0
    picture = Image.open(BytesIO(draw(plot_of(tmp_path / "l.h5", lambda file: file.update({"l": values})))))
    found = np.asarray(picture.convert("RGB")).astype(int)
    blue = np.argwhere((found[:, :, 2] - found[:, :, 0]) > 60)
    assert blue[:, 0].min() < HEIGHT / 4
    assert blue[:, 0].max() > HEIGHT / 2


def test_a_line_with_holes_and_single_values_is_drawn(tmp_path: Path) -> None:
    values = np.array([1.0, np.nan, 2.0, 3.0, np.inf, 1.0])
    drawn = draw(plot_of(tmp_path / "n.h5", lambda file: file.update({"n": values})))
    assert drawn.startswith(b"\x89PNG")


def test_ticks_are_round_numbers_within_the_axis() -> None:
    assert ticks(0.0, 1.0, is_log=False) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-3.0, 47.0, is_log=False) == [0, 10, 20, 30, 40]
    assert ticks(0.5, 2e5, is_log=True) == [1, 10, 100, 1000, 10_000, 100_000]
    assert ticks(5.0, 5.0, is_log=False) == [5.0]
    assert ticks(-1e308, 1e308, is_log=False) == [-1e308]


def test_numbers_at_ticks_are_written_short() -> None:
    assert [written(value, 1.0) for value in (0.1 + 0.2, 1e-17, 2.5e6)] == ["0.3", "0", "2.5e6"]
    assert written(1e-7) == "1e-7"


def test_only_what_is_above_0_over_four_decades_is_wide() -> None:
    assert (is_wide(1e-3, 1e3), is_wide(0.0, 1e9), is_wide(1.0, 100.0)) == (True, False, False)


def test_labels_can_be_written_without_the_letters_of_the_system() -> None:
    assert plain("q (Å⁻¹) 2 × 3 µm 中") == "q (A-1) 2 x 3 um ?"
