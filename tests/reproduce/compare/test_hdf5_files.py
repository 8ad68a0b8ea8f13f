"""HDF5, NeXus and netCDF 4: tree, attributes, types and values, in bounded memory, whatever a file claims or hides."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from reproduce.compare import OutputComparison, Tolerance, compare_files

# What a process may take that compares files of any size: the libraries alone take about a third of it.
MOST_MEMORY_KIB = 300 * 1024
MEASURED = """
import json, re, sys
from pathlib import Path
from reproduce.compare.array_files import compare_array_files
from reproduce.compare.model import Tolerance
found = compare_array_files("hdf5", Path(sys.argv[1]), Path(sys.argv[2]), Tolerance())
# Not ru_maxrss: that begins with the memory of the process that started this one.
peak_kib = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps([found.beyond, found.compared, found.first, peak_kib]))
"""


def write(path: Path, fill) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def compare(tmp_path, fill, fresh, tolerance=None, name="a.h5") -> OutputComparison:
    one, other = write(tmp_path / "one.h5", fill), write(tmp_path / "other.h5", fresh)
    (found,) = compare_files({name: one}, {name: other}, tolerance=tolerance or Tolerance())
    return found.outcome


def measured(one: Path, other: Path) -> tuple[int, int, str, int]:
    command = [sys.executable, "-c", MEASURED, str(one), str(other)]
    beyond, compared, first, peak_kib = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return beyond, compared, first, peak_kib


def process(date: str):
    def fill(file):
        group = file.create_group("entry/process")
        group.attrs["NX_class"] = "NXprocess"
        group["date"] = date
        file["entry/q"] = np.arange(3.0)

    return fill


def test_when_a_nexus_process_ran_is_no_result(tmp_path):
    assert compare(tmp_path, process("2016-01-01"), process("2026-01-01")).state == "identical"


def test_a_date_that_is_no_record_of_processing_is_a_result(tmp_path):
    def fill(date):
        return lambda file: file.update({"entry/date": date})

    assert compare(tmp_path, fill("2016-01-01"), fill("2026-01-01")).state == "differs"


def test_another_type_with_equal_values_is_within_tolerance_and_told(tmp_path):
    found = compare(
        tmp_path,
        lambda file: file.update(a=np.arange(3, dtype="f8")),
        lambda file: file.update(a=np.arange(3, dtype="f4")),
    )
    assert found.state == "within_tolerance"
    assert "/a was float64 and is now float32" in found.reason


def test_another_byte_order_or_chunking_is_no_difference(tmp_path):
    values = np.arange(1000.0).reshape(10, 100)
    found = compare(
        tmp_path,
        lambda file: file.create_dataset("a", data=values.astype(">f8"), chunks=(3, 7), compression="gzip"),
        lambda file: file.create_dataset("a", data=values.astype("<f8")),
    )
    assert found.state == "identical"


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        (["a", "b"], ["a", "b"], "identical"),
        (["a", "b"], ["a", "c"], "differs"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0]], "identical"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0 + 1e-12]], "within_tolerance"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.5], [3.0]], "differs"),
        ([[1.0, 2.0], [3.0]], [[1.0], [2.0, 3.0]], "differs"),
    ],
)
def test_texts_and_lists_of_any_length_are_compared(tmp_path, one, other, state):
    def fill(values, marker):
        def write_values(file):
            is_text = isinstance(values[0], str)
            dtype = h5py.string_dtype() if is_text else h5py.vlen_dtype("f8")
            dataset = file.create_dataset("a", (len(values),), dtype=dtype)
            for place, value in enumerate(values):
                dataset[place] = value
            file.attrs["file_time"] = marker

        return write_values

    assert compare(tmp_path, fill(one, "1"), fill(other, "2")).state == state


def test_groups_that_lead_in_a_circle_are_walked_once(tmp_path):
    def fill(value):
        def circle(file):
            group = file.create_group("a/b")
            group["c"] = value
            group["back"] = file["a"]
            file["self"] = file["/"]

        return circle

    assert compare(tmp_path, fill(1.0), fill(1.0 + 1e-12)).state == "within_tolerance"
    found = compare(tmp_path, fill(1.0), fill(2.0))
    assert found.state == "differs"
    assert found.reason.startswith("1 of ")


def netcdf(history: str, scale: float = 1.0) -> bytes:
    """Write what netCDF's library does: dimensions as scales, references between them, its version and history."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["_NCProperties"] = f"version=2,netcdf={history}"
        file.attrs["history"] = history
        file["x"] = np.arange(4.0)
        file["y"] = np.arange(4.0) * scale
        file["x"].make_scale("x")
        file["y"].dims[0].attach_scale(file["x"])
        file["y"].attrs["units"] = "nm"
    return stream.getvalue()


@pytest.mark.parametrize(("scale", "state"), [(1.0, "identical"), (1 + 1e-12, "within_tolerance"), (1.1, "differs")])
def test_netcdf_4_is_compared_by_its_variables(tmp_path, scale, state):
    for name, content in (("one.nc", netcdf("monday")), ("other.nc", netcdf("tuesday and more", scale))):
        (tmp_path / name).write_bytes(content)
    (found,) = compare_files({"a.nc": tmp_path / "one.nc"}, {"a.nc": tmp_path / "other.nc"}, tolerance=Tolerance())
    assert found.outcome.state == state


def test_values_packed_by_a_filter_that_is_not_installed_are_not_compared_and_the_filter_is_named(tmp_path):
    def fill(marker):
        def packed(file):
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_chunk((4,))
            layout.set_filter(32004, h5py.h5z.FLAG_OPTIONAL)
            space = h5py.h5s.create_simple((4,))
            dataset = h5py.h5d.create(file.id, b"a", h5py.h5t.IEEE_F64LE, space, layout)
            dataset.write_direct_chunk((0,), marker)

        return packed

    found = compare(tmp_path, fill(b"one"), fill(b"other"))
    assert found.state == "not_compared"
    assert "32004" in found.reason


def test_a_claim_of_more_values_than_any_disk_holds_is_not_compared(tmp_path):
    def fill(marker):
        def claim(file):
            dataset = file.create_dataset("a", (10**15,), "f8", chunks=(1000,))
            dataset[0] = marker
            dataset.parent.create_dataset("b", data=marker)

        return claim

    # Written chunks are all that is read of a claim; 10**15 values are equal or not in an instant.
    assert compare(tmp_path, fill(1.0), fill(2.0)).reason.startswith("2 of ")

    def other_chunks(file):
        file.create_dataset("a", (10**15,), "f8", chunks=(500,))[0] = 1.0
        file["b"] = 1.0

    found = compare(tmp_path, fill(1.0), other_chunks)
    assert found.state == "not_compared"
    assert "claims 1000000000000000 values" in found.reason


def test_where_nothing_was_written_the_fill_value_counts(tmp_path):
    def fill(value):
        return lambda file: file.create_dataset("a", (10**9,), "f8", fillvalue=value)

    found = compare(tmp_path, fill(1.0), fill(2.0))
    assert found.state == "differs"
    assert "where nothing was written was 1 and is now 2" in found.reason


def test_the_chunks_that_only_one_side_wrote_count(tmp_path):
    def fill(*places):
        def some(file):
            dataset = file.create_dataset("a", (10**6, 10**6), "f8", chunks=(100, 100))
            for place in places:
                dataset[place, place] = 1.0

        return some

    found = compare(tmp_path, fill(5), fill(5, 999_999))
    assert found.state == "differs"
    assert found.reason.startswith("1 of ")


def test_a_sparse_dataset_of_ten_gigabytes_is_compared_in_little_memory(tmp_path):
    def fill(value):
        def sparse(file):
            dataset = file.create_dataset("a", (40_000, 32_000), "f8", chunks=(100, 1000))
            for place in range(0, 40_000, 997):
                dataset[place, place % 32_000] = value

        return sparse

    one, other = write(tmp_path / "one.h5", fill(1.0)), write(tmp_path / "other.h5", fill(2.0))
    beyond, _, first, peak_kib = measured(one, other)
    assert beyond == len(range(0, 40_000, 997))
    assert "/a was 1 and is now 2" in first
    assert peak_kib < MOST_MEMORY_KIB


@pytest.mark.parametrize("shape", [(1, 64_000_000), (64_000_000, 1), (8000, 8000)], ids=["row", "column", "square"])
def test_a_dense_dataset_far_larger_than_the_memory_allowed_is_compared_in_little(tmp_path, shape):
    def fill(value):
        def dense(file):
            chunk = tuple(min(size, 1000 if len(set(shape)) == 1 else 1_000_000) for size in shape)
            dataset = file.create_dataset("a", shape, "f8", chunks=chunk, compression="lzf", fillvalue=0.0)
            first = np.zeros(chunk)
            packed = io.BytesIO()
            with h5py.File(packed, "w") as one:
                held = one.create_dataset("c", data=first, chunks=chunk, compression="lzf")
                _, raw = held.id.read_direct_chunk((0, 0))
            for offset in np.ndindex(*(size // edge for size, edge in zip(shape, chunk, strict=True))):
                dataset.id.write_direct_chunk(tuple(int(o * e) for o, e in zip(offset, chunk, strict=True)), raw)
            dataset[tuple(size - 1 for size in shape)] = value

        return dense

    one, other = write(tmp_path / "one.h5", fill(1.0)), write(tmp_path / "other.h5", fill(2.0))
    beyond, compared, first, peak_kib = measured(one, other)
    assert (beyond, compared) == (1, 64_000_000)
    assert "/a was 1 and is now 2" in first
    # The values themselves take 500,000 KiB on each side.
    assert peak_kib < MOST_MEMORY_KIB
