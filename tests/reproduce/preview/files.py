"""Files of data as facilities write them, made small."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np


def write_scan(path: Path) -> Path:
    """Write a NeXus file with what such files hold: a default plot, an image, texts, links within, odd types."""
    with h5py.File(path, "w") as file:
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        entry["title"] = "Silica in water"
        data = entry.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": ["q"]})
        data["counts"] = np.exp(-np.linspace(0, 3, 64))
        data["counts"].attrs["units"] = "1/cm"
        data["q"] = np.linspace(0.01, 3, 64, dtype=np.float32)
        data["q"].attrs["units"] = "1/nm"
        detector = entry.create_group("instrument/detector")
        image = np.arange(48 * 32, dtype=np.uint16).reshape(48, 32)
        detector.create_dataset("image", data=image, chunks=(16, 16), compression="gzip", shuffle=True)
        detector.create_dataset("stack", data=np.arange(4 * 6 * 5, dtype=">f4").reshape(4, 6, 5))
        detector.attrs["distance"] = 2.5
        file["linked"] = h5py.SoftLink("/entry/data/counts")
        file["again"] = entry["data"]
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["scalar"] = 4.25
        file["words"] = np.array(["one", "two"], dtype=h5py.string_dtype())
        file["flags"] = np.array([True, False])
        file["complex"] = np.array([1 + 2j, 3 - 4j])
        file["table"] = np.array([(1, 2.5), (3, 4.5)], dtype=[("n", "i4"), ("x", "f8")])
        file["empty"] = h5py.Empty("f4")
        file["ragged"] = np.array([np.arange(2), np.arange(3)], dtype=h5py.vlen_dtype(np.int32))
        file["kinds"] = np.array([0, 1], dtype=h5py.enum_dtype({"sample": 0, "empty": 1}, basetype="i1"))
        file["half"] = np.array([0.5, np.nan], dtype=np.float16)
        file["type"] = np.dtype("f8")
    return path
