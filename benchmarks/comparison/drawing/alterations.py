"""What is altered in a figure: each alteration returns a changed copy of a content. Python 2.7 understands it too.

One that has no meaning for a kind returns None.
"""

# ruff: noqa: UP031

from __future__ import division  # noqa: UP010

import copy

import numpy as np

from benchmarks.comparison.drawing.content import BARE, BARS, MAPS, POINTED


def _altered_point(content, share):
    first = content["series"][0]
    number = int(content["at"] * len(first["y"]))
    step = share * content["unit"] * content["sign"]
    if not 0.03 < (first["y"][number] + step) / content["unit"] < 0.97:
        step = -step
    before = (first["x"][number], first["y"][number])
    first["y"][number] += step
    content["moved"] = (before, (first["x"][number], first["y"][number]))
    return content


def _point_moved(share):
    def change(content):
        return _altered_point(content, share) if content["kind"] in POINTED else None

    return change


def _point_missing(content):
    if content["kind"] not in POINTED:
        return None
    first = content["series"][0]
    keep = np.arange(len(first["y"])) != int(content["at"] * len(first["y"]))
    for name in ("x", "y", "error"):
        first[name] = first[name][keep]
    return content


def _series_missing(content):
    if len(content["series"]) < 2:
        return None
    content["series"].pop()
    return content


def _series_swapped(content):
    if len(content["series"]) < 2:
        return None
    one, other = content["series"][0], content["series"][1]
    for name in ("x", "y", "error"):
        one[name], other[name] = other[name], one[name]
    return content


def _shifted(share):
    def change(content):
        if content["kind"] in MAPS:
            cells = max(1, int(share * len(content["z"]) + 0.5))
            content["z"] = np.roll(content["z"], cells, axis=1)
            return content
        first = content["series"][0]
        before = (first["x"][0], first["y"][0])
        first["y"] = first["y"] + share * content["unit"]
        content["moved"] = (before, (first["x"][0], first["y"][0]))
        return content

    return change


def _scaled(content):
    if content["kind"] in MAPS:
        content["z"] = content["z"] * 1.05
        return content
    first = content["series"][0]
    highest = int(np.argmax(first["y"]))
    before = (first["x"][highest], first["y"][highest])
    first["y"] = first["y"] * 1.02
    content["moved"] = (before, (first["x"][highest], first["y"][highest]))
    return content


def _range_changed(content):
    if content["kind"] in BARE and content["kind"] not in MAPS:
        return None
    content["ylim"] = (content["ylim"][0], content["ylim"][1] * 1.06)
    content["zlim"] = (content.get("zlim", (0, 1))[0], content.get("zlim", (0, 1))[1] * 1.1)
    return content


def _cmap_changed(content):
    if content["kind"] not in MAPS:
        return None
    content["cmap"] = content["other_cmap"]
    return content


def _sign_flipped(content):
    if content["kind"] in MAPS:
        content["z"] = 1.2 - content["z"]
        return content
    first = content["series"][0]
    first["y"] = content["unit"] - first["y"]
    return content


def _noise(content):
    if content["kind"] in MAPS:
        content["z"] = content["z"] + 0.05 * np.resize(content["noise"], content["z"].shape)
        return content
    first = content["series"][0]
    first["y"] = first["y"] + 0.02 * content["unit"] * content["noise"][: len(first["y"])]
    return content


def _smoothed(content):
    if content["kind"] in BARS or content["kind"] == "surface":
        return None
    if content["kind"] in MAPS:
        z = np.pad(content["z"], 1, mode="edge")
        size = len(content["z"])
        content["z"] = sum(z[i : i + size, j : j + size] for i in range(3) for j in range(3)) / 9.0
        return content
    first = content["series"][0]
    y = np.pad(first["y"], 2, mode="edge")
    first["y"] = sum(y[i : i + len(first["y"])] for i in range(5)) / 5.0
    return content


def _label_changed(content):
    content["xlabel"] = content["other_xlabel"]
    return content


def _label_letter(content):
    content["xlabel"] = content["xlabel_letter"]
    return content


def _tick_changed(content):
    if content["kind"] in BARE:
        return None
    value, text = content["xticks"][3]
    content["xticks"][3] = (value, "%d" % (int(text) + 1))
    return content


def _bar_changed(content):
    return _altered_point(content, 0.05) if content["kind"] in BARS else None


def _bar_missing(content):
    if content["kind"] not in BARS:
        return None
    first = content["series"][0]
    first["y"][int(content["at"] * len(first["y"]))] = 0.0
    return content


def _errors_changed(content):
    if content["kind"] not in ("errorbar", "bars"):
        return None
    for series in content["series"]:
        series["error"] = series["error"] * 1.5
    return content


def _spike(content):
    if content["kind"] in ("heatmap", "image", "snsheat"):
        size = len(content["z"])
        row, column = int(content["at"] * size), int((1 - content["at"] * 0.7) * size)
        content["z"][row, column] = 1.3 if content["z"][row, column] < 0.6 else 0.0
        return content
    return _altered_point(content, 0.25) if content["kind"] in ("dense", "fill", "line", "loglog") else None


ALTERATIONS = (
    ("point moved 2 %", _point_moved(0.02)),
    ("point moved 5 %", _point_moved(0.05)),
    ("point moved 10 %", _point_moved(0.10)),
    ("point missing", _point_missing),
    ("series missing", _series_missing),
    ("series swapped", _series_swapped),
    ("shift 1 %", _shifted(0.01)),
    ("shift 3 %", _shifted(0.03)),
    ("scale 2 % (maps 5 %)", _scaled),
    ("axis range changed", _range_changed),
    ("colour map changed", _cmap_changed),
    ("sign flipped", _sign_flipped),
    ("noise 2 % (maps 5 %)", _noise),
    ("smoothed", _smoothed),
    ("label changed", _label_changed),
    ("label letter", _label_letter),
    ("tick text changed", _tick_changed),
    ("bar height 5 %", _bar_changed),
    ("bar missing", _bar_missing),
    ("error bars changed", _errors_changed),
    ("spike", _spike),
)


def altered(content, name):
    """Return a copy with the alteration of that name made, or None where it does not apply to the kind."""
    return dict(ALTERATIONS)[name](copy.deepcopy(content))
