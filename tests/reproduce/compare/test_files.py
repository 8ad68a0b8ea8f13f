"""Output files are compared by what they hold: bytes, numbers within tolerance, pictures, arrays."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from reproduce.compare import FileComparison, Tolerance, compare_files
from reproduce.output_files import confined


def compare(tmp_path: Path, name: str, published: bytes, fresh: bytes, **options) -> FileComparison:
    one, other = tmp_path / "published" / name, tmp_path / "fresh" / name
    for path, content in ((one, published), (other, fresh)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (found,) = compare_files({name: one}, {name: other}, **{"tolerance": Tolerance(), **options})
    return found


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def hdf5(change=lambda file: None, scale: float = 1.0, time: str = "2020-01-01") -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["file_time"] = time
        entry = file.create_group("entry/data")
        entry.attrs["NX_class"] = "NXdata"
        entry["counts"] = np.arange(1000, dtype="f8").reshape(10, 100) * scale
        entry["title"] = "silica"
        change(file)
    return stream.getvalue()


def picture(colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><path d="M 0 0 L 10 %d"/></svg>'
CASES = {
    "csv equal": ("a.csv", b"q,i\n0.1,17.25\n", b"q,i\n0.1,17.25\n", "identical"),
    "csv last digit": ("a.csv", b"q,i\n0.1,17.25431\n", b"q,i\n0.1,17.25432\n", "within_tolerance"),
    "csv other value": ("a.csv", b"q,i\n0.1,17.25\n", b"q,i\n0.1,18.25\n", "differs"),
    "csv row missing": ("a.csv", b"q,i\n0.1,17.25\n0.2,3.5\n", b"q,i\n0.1,17.25\n", "differs"),
    "tsv other column": ("a.tsv", b"q\ti\n", b"q\tj\n", "differs"),
    "text": ("a.txt", b"chi2 = 1.0\n", b"chi2 = 2.0\n", "differs"),
    "json close": ("a.json", b'{"a": 1.0}', b'{"a": 1.0000000001}', "within_tolerance"),
    "json spaces": ("a.json", b'{"a": 1}', b'{ "a":1 }', "identical"),
    "json other": ("a.json", b'{"a": 1}', b'{"a": 2}', "differs"),
    "npy close": ("a.npy", npy(np.ones(5)), npy(np.ones(5) + 1e-12), "within_tolerance"),
    "npy other": ("a.npy", npy(np.ones(5)), npy(np.ones(5) * 1.1), "differs"),
    "npy shape": ("a.npy", npy(np.ones(5)), npy(np.ones(6)), "differs"),
    "npy float32": ("a.npy", npy(np.ones(5, "f4")), npy(np.full(5, 1 + 3e-7, "f4")), "within_tolerance"),
    "npy counts": ("a.npy", npy(np.array([10**9])), npy(np.array([10**9 + 1])), "differs"),
    "npy nan": ("a.npy", npy(np.array([np.nan, 1])), npy(np.array([np.nan, 1 + 1e-13])), "within_tolerance"),
    "npy now nan": ("a.npy", npy(np.array([1.0])), npy(np.array([np.nan])), "differs"),
    "npz same": ("a.npz", npz(a=np.ones(3)), npz(a=np.ones(3), b=np.ones(2)), "differs"),
    "hdf5 written at another time": ("a.h5", hdf5(), hdf5(time="2021-02-03"), "identical"),
    "hdf5 close": ("a.nxs", hdf5(), hdf5(scale=1 + 1e-12), "within_tolerance"),
    "hdf5 other": ("a.h5", hdf5(), hdf5(scale=1.01), "differs"),
    "hdf5 more": ("a.h5", hdf5(), hdf5(lambda file: file.create_dataset("more", data=1)), "differs"),
    "hdf5 attribute": ("a.h5", hdf5(), hdf5(lambda file: file["entry"].attrs.update(units="nm")), "differs"),
    "hdf5 text": ("a.h5", hdf5(lambda f: f.update(t="a")), hdf5(lambda f: f.update(t="b")), "differs"),
    "png equal": ("a.png", picture("white"), picture("white") + b"trailing", "identical"),
    "png other": ("a.png", picture("white"), picture("black"), "differs"),
    "svg": ("a.svg", SVG % 10, SVG % 60, "differs"),
    "unknown kind": ("a.bin", b"\x00\x01", b"\x00\x02", "not_compared"),
    "binary named text": ("a.csv", b"\xff\x00", b"\xff\x01", "not_compared"),
    "broken hdf5": ("a.h5", hdf5(), b"no hdf5", "not_compared"),
    "pickled npy": ("a.npy", npy(np.ones(2)), npy(np.array([{}], dtype=object)), "not_compared"),
    "pdf": ("a.pdf", b"%PDF-1.4 \xff", b"%PDF-1.5 \xff", "not_compared"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "published", "fresh", "state"), CASES.values(), ids=CASES)
def test_a_file_is_compared_by_its_kind(tmp_path, name, published, fresh, state):
    found = compare(tmp_path, name, published, fresh)
    assert found.outcome.state == state
    assert found.outcome.reason or state == "identical"


def test_the_declared_tolerance_counts(tmp_path):
    near = (npy(np.array([1.0])), npy(np.array([1.05])))
    assert compare(tmp_path, "a.npy", *near, tolerance=Tolerance(rtol=0.1)).outcome.state == "within_tolerance"
    assert compare(tmp_path, "a.npy", *near, tolerance=Tolerance(rtol=0.01)).outcome.state == "differs"
    assert compare(tmp_path, "a.npy", *near, tolerance=Tolerance(atol=0.1)).outcome.state == "within_tolerance"


@pytest.mark.real
@pytest.mark.parametrize("state", ["within_tolerance", "differs"])
def test_files_of_arrays_are_read_in_a_sandbox(tmp_path, state):
    scale = {"within_tolerance": 1 + 1e-12, "differs": 2.0}[state]
    assert compare(tmp_path, "a.h5", hdf5(), hdf5(scale=scale), confine=confined).outcome.state == state


@pytest.mark.real
def test_an_hdf5_file_leads_to_no_other_file(tmp_path):
    secret = tmp_path / "secret.h5"
    secret.write_bytes(hdf5())
    link = h5py.ExternalLink(str(secret), "/entry")
    found = compare(
        tmp_path, "a.h5", hdf5(lambda file: file.update(x=link)), hdf5(lambda file: file.update(x=link), 2.0)
    )
    assert found.outcome.state == "differs"
    assert "/x" not in found.outcome.reason

    def virtual(file):
        layout = h5py.VirtualLayout(shape=(10, 100), dtype="f8")
        layout[:] = h5py.VirtualSource(str(secret), "entry/data/counts", shape=(10, 100))
        file.create_virtual_dataset("v", layout)

    found = compare(tmp_path, "b.h5", hdf5(virtual), hdf5(virtual, scale=2.0))
    assert found.outcome.state == "not_compared"
    assert "other files" in found.outcome.reason


def test_a_published_file_that_was_not_written_is_missing_and_a_new_one_claims_nothing(tmp_path):
    for name in ("old.csv", "new.csv"):
        (tmp_path / name).write_text("1\n")
    found = compare_files(
        {"old.csv": tmp_path / "old.csv"},
        {"new.csv": tmp_path / "new.csv"},
        declared=["old.csv", "new.csv", "never.csv"],
        tolerance=Tolerance(),
    )
    assert {file.path: (file.outcome.state, file.is_claimed) for file in found} == {
        "old.csv": ("missing", True),
        "new.csv": ("not_compared", False),
        "never.csv": ("missing", True),
    }


def test_a_file_made_to_fill_the_memory_is_not_compared(tmp_path):
    bomb = io.BytesIO()
    np.lib.format.write_array_header_1_0(bomb, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})
    found = compare(tmp_path, "a.npy", npy(np.ones(3)), bomb.getvalue())
    assert found.outcome.state == "not_compared"
