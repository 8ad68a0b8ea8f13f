"""netCDF of the classic format: dimensions, attributes, types and values, whatever a file claims."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file

from reproduce.compare import OutputComparison, Tolerance, compare_files
from reproduce.compare.array_files import compare_array_files
from reproduce.compare.arrays import ArrayDifference
from reproduce.compare.hdf5_files import RefusedError
from tests.reproduce.compare.test_hdf5_files import netcdf

TIMES = np.arange(5.0)


def write(path: Path, change=lambda file: None, *, version: int = 1, history: str = "monday") -> Path:
    """Write a file as models and instruments do: records of several variables, of which one fills no four bytes."""
    with netcdf_file(path, "w", version=version) as file:
        file.history = history
        file.title = "silica"
        file.createDimension("time", None)
        file.createDimension("q", 3)
        file.createDimension("letters", 6)
        file.createVariable("q", "f4", ("q",))[:] = [0.1, 0.2, 0.3]
        file.variables["q"].units = "nm"
        file.createVariable("name", "c", ("letters",))[:] = list("silica")
        file.createVariable("scale", "d", ()).data[...] = 2.5
        counts = file.createVariable("counts", "i2", ("time", "q"))
        counts[:] = np.arange(15).reshape(5, 3)
        file.createVariable("time", "d", ("time",))[:] = TIMES
        change(file)
    return path


def difference(one: Path, other: Path, tolerance: Tolerance | None = None) -> ArrayDifference:
    return compare_array_files("hdf5", one, other, tolerance or Tolerance())


def changed(tmp_path: Path, change, **options) -> ArrayDifference:
    return difference(write(tmp_path / "one.nc"), write(tmp_path / "other.nc", change, **options))


def compared(one: Path, other: Path) -> OutputComparison:
    (found,) = compare_files({"a.nc": one}, {"a.nc": other}, tolerance=Tolerance())
    return found.outcome


@pytest.mark.parametrize("version", [1, 2])
def test_files_that_only_say_another_history_are_identical(tmp_path, version):
    one = write(tmp_path / "one.nc")
    found = compared(one, write(tmp_path / "other.nc", version=version, history="tuesday and more"))
    assert found.state == "identical"
    # 3 of q, a text, a scale, 15 counts, 5 times, the title and the unit.
    assert found.reason == "All 27 values are equal; the files are only written differently."


def put(name: str, place, value):
    def change(file):
        file.variables[name][place] = value

    return change


CHANGES = {
    "value": (put("q", 1, 0.25), "q was 0.2 and is now 0.25"),
    "value of a record": (put("counts", (3, 1), 99), "counts was 10 and is now 99"),
    "value of a record behind it": (put("time", 4, 7.0), "time was 4 and is now 7"),
    "text": (put("name", slice(None), list("quartz")), "name has 1 other values"),
    "number of records": (put("time", 5, 5.0), "dimension time was 5 and is now 6"),
    "attribute": (lambda file: setattr(file.variables["q"], "units", "A"), "q@units has 1 other values"),
    "attribute of the file": (lambda file: setattr(file, "title", "quartz"), "/@title has 1 other values"),
    "new attribute": (lambda file: setattr(file, "note", "x"), "/@note was not published"),
    "new dimension": (lambda file: file.createDimension("z", 2), "dimension z was not published"),
    "new variable": (lambda file: file.createVariable("z", "i4", ("q",)), "z was not published"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_another_is_found_and_named(tmp_path, name):
    change, words = CHANGES[name]
    found = changed(tmp_path, change)
    assert found.beyond >= 1
    assert found.first == words


def test_an_attribute_of_whatever_name_takes_the_place_of_no_values(tmp_path):
    def hide(value: float):
        def change(file):
            file.variables["time"][2] = value
            file.variables["time"]._attributes["data"] = np.arange(5.0)
            file._attributes["_recs"] = 0

        return change

    found = difference(write(tmp_path / "one.nc", hide(2.0)), write(tmp_path / "other.nc", hide(8.0)))
    assert (found.beyond, found.first) == (1, "time was 2 and is now 8")


def test_records_of_a_single_variable_lie_side_by_side(tmp_path):
    def single(path: Path, last: int) -> Path:
        with netcdf_file(path, "w") as file:
            file.createDimension("time", None)
            file.createDimension("q", 3)
            file.createVariable("counts", "i2", ("time", "q"))[:] = [*np.arange(12).reshape(4, 3), [7, 8, last]]
        return path

    found = difference(single(tmp_path / "one.nc", 9), single(tmp_path / "other.nc", 10))
    assert (found.beyond, found.compared, found.first) == (1, 15, "counts was 9 and is now 10")


def test_the_tolerance_counts(tmp_path):
    one, other = write(tmp_path / "one.nc"), write(tmp_path / "other.nc", put("time", 2, 2.0 + 1e-12))
    assert compared(one, other).state == "within_tolerance"
    assert difference(one, write(tmp_path / "far.nc", put("time", 2, 2.1)), Tolerance(rtol=0.1)).beyond == 0


def test_another_type_with_equal_values_is_told(tmp_path):
    def fill(kind):
        return lambda file: file.createVariable("z", kind, ("q",)).__setitem__(slice(None), [1, 2, 3])

    found = difference(write(tmp_path / "one.nc", fill("i4")), write(tmp_path / "other.nc", fill("d")))
    assert (found.beyond, found.first_type) == (0, "z was >i4 and is now >f8")


def cdf5(count: int) -> bytes:
    """Write CDF-5 up to its values by hand, as no library here does: one variable of numbers of eight bytes."""

    def number(value: int) -> bytes:
        return struct.pack(">q", value)

    def name(word: bytes) -> bytes:
        return number(len(word)) + word + bytes(-len(word) % 4)

    nothing = struct.pack(">i", 0) + number(0)
    dimensions = struct.pack(">i", 10) + number(1) + name(b"x") + number(count)
    variable = name(b"big") + number(1) + number(0) + nothing + struct.pack(">i", 11) + number(8 * count)
    header = b"CDF\x05" + number(0) + dimensions + nothing + struct.pack(">i", 11) + number(1) + variable
    return header + number(len(header) + 8)


def test_cdf_5_is_read_with_its_numbers_of_eight_bytes(tmp_path):
    one, same, other = (tmp_path / name for name in ("one.nc", "same.nc", "other.nc"))
    one.write_bytes(cdf5(2) + struct.pack(">2Q", 1, 2**63))
    same.write_bytes(cdf5(2) + struct.pack(">2Q", 1, 2**63) + b"behind it")
    other.write_bytes(cdf5(2) + struct.pack(">2Q", 3, 2**63))
    assert (difference(one, same).beyond, difference(one, same).compared) == (0, 2)
    assert difference(one, other).first == "big was 1 and is now 3"


def test_one_of_each_format_is_not_compared(tmp_path):
    new = tmp_path / "new.nc"
    new.write_bytes(netcdf("monday"))
    found = compared(write(tmp_path / "old.nc"), new)
    assert found.state == "not_compared"
    assert "one of them is netCDF of the classic format, and the other is not" in found.reason


def cut(data: bytes) -> bytes:
    return data[:100]


def claims(data: bytes) -> bytes:
    """Say that the record dimension has 2^31 - 2 records."""
    return data[:4] + struct.pack(">i", 2**31 - 2) + data[8:]


def streams(data: bytes) -> bytes:
    return data[:4] + b"\xff" * 4 + data[8:]


def swarms(data: bytes) -> bytes:
    """Say that there are 2^31 - 1 dimensions."""
    return data[:12] + struct.pack(">i", 2**31 - 1) + data[16:]


HOSTILE = {
    "cut": (cut, "its header is cut off"),
    "records that are not there": (claims, "claims more values than the file holds"),
    "records without number": (streams, "it does not say how many records it has"),
    "endless dimensions": (swarms, "it has more than 20000 objects"),
    "signature alone": (lambda data: data[:4], "its header is cut off"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_file_claims_and_does_not_hold_is_refused(tmp_path, name):
    spoil, words = HOSTILE[name]
    one, other = write(tmp_path / "one.nc"), tmp_path / "other.nc"
    other.write_bytes(spoil(one.read_bytes()))
    with pytest.raises(RefusedError, match=words):
        difference(one, other)


BOUNDED = """
import re, resource, sys
from pathlib import Path
from reproduce.compare.array_files import compare_array_files
from reproduce.compare.model import Tolerance
# What a file is mapped to is none of this: it is the machine's memory of its disk.
held = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + 200 * 2**20,) * 2)
found = compare_array_files("hdf5", Path(sys.argv[1]), Path(sys.argv[2]), Tolerance())
print(found.compared, found.first)
"""


def test_files_far_larger_than_the_memory_allowed_are_compared(tmp_path):
    count, paths = 40_000_000, []
    for name, last in (("one.nc", 1), ("other.nc", 2)):
        paths.append(tmp_path / name)
        with paths[-1].open("wb") as file:
            # A hole, and the last value.
            file.seek(file.write(cdf5(count)) + 8 * (count - 1))
            file.write(struct.pack(">Q", last))
    ended = subprocess.run(
        [sys.executable, "-c", BOUNDED, *map(str, paths)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "40000000 big was 1 and is now 2"
