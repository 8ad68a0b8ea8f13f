"""What a figure shows, from its kind and seed: numbers, words and limits. Python 2.7 understands it too.

A content is a dictionary that the kinds draw. Random numbers come from numpy's RandomState, whose streams are the same
in all its versions.
"""

# ruff: noqa: UP031

from __future__ import division  # noqa: UP010

import zlib

import numpy as np

PALETTES = (
    ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f"),
    ("#0000ff", "#008000", "#ff0000", "#00bfbf", "#bf00bf", "#bfbf00", "#000000", "#808080"),
    ("#4c72b0", "#55a868", "#c44e52", "#8172b2", "#ccb974", "#64b5cd", "#333333", "#999999"),
    ("#000000", "#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00", "#a65628", "#f781bf"),
)
LABELS = (
    ("Energy (eV)", "Energy (keV)", "Energy (aV)"),
    ("Time (s)", "Time (ms)", "Time (a)"),
    ("$q$ (nm$^{-1}$)", "$q$ (mm$^{-1}$)", "$q$ (nm$^{-2}$)"),
    ("Temperature (K)", "Temperature (mK)", "Temperature (R)"),
    ("Field (T)", "Field (mT)", "Field (F)"),
)
Y_LABELS = ("Counts", "Intensity (arb. units)", "Absorption", "Yield (%)", "Signal (V)")
TITLES = ("Sample A", "Run 417", "", "Silica spheres, 2 %", "")
NAMES = ("data", "model", "fit", "reference", "background", "sample 1", "sample 2", "cold")
CMAPS = (("viridis", "plasma"), ("jet", "viridis"), ("gray", "hot"), ("RdBu", "PiYG"), ("magma", "inferno"))
MARKERS = ("o", "s", "^", "D", "v", "o", "s", "^")
MAPS = ("heatmap", "image", "contour", "surface", "snsheat", "bareimage")
BARS = ("bars", "histogram", "snsbars", "barebars")
POINTED = ("line", "scatter", "errorbar", "loglog", "polar", "panels", "legend", "lines3d", "snspoints", "bareline")
# Drawn with all that matplotlib or seaborn do by themselves: limits and ticks follow from the numbers.
BARE = ("bareline", "barebars", "bareimage", "snsheat", "snsbars", "snspoints")
COUNTS = {"dense": 2, "legend": 7, "scatter": 2, "panels": 4, "bars": 2, "histogram": 1, "loglog": 3}
COUNTS.update({"snsbars": 1, "barebars": 1})
SIZES = ((6.4, 4.8), (6.0, 4.0), (5.0, 4.0), (6.4, 4.8))


def make_content(kind, seed):
    """Return the content of one figure."""
    rng = np.random.RandomState(zlib.crc32(("%s:%d" % (kind, seed)).encode("ascii")) & 0xFFFFFFFF)
    content = {"kind": kind, "seed": seed, "size": SIZES[rng.randint(len(SIZES))]}
    content["xlabel"], content["other_xlabel"], content["xlabel_letter"] = LABELS[rng.randint(len(LABELS))]
    content["ylabel"] = Y_LABELS[rng.randint(len(Y_LABELS))]
    content["title"] = TITLES[rng.randint(len(TITLES))]
    content["cmap"], content["other_cmap"] = CMAPS[rng.randint(len(CMAPS))]
    content["font_size"] = (9, 10, 11, 12)[rng.randint(4)]
    content["has_grid"] = bool(rng.randint(3) == 0)
    content["ticks_in"] = bool(rng.randint(3) == 0)
    content["legend_at"] = ("upper right", "upper left", "lower right")[rng.randint(3)]
    content["line_width"] = (1.0, 1.5, 2.0)[rng.randint(3)]
    content["marker_size"] = (4.0, 5.0, 6.0)[rng.randint(3)]
    content["style"] = int(rng.randint(3))
    content["unit"] = (1.0, 10.0, 200.0)[rng.randint(3)]
    if kind in MAPS:
        content["z"] = _field(
            rng, 24 if kind == "surface" else 12 if kind == "snsheat" else (30, 60, 96)[rng.randint(3)]
        )
        content["zlim"] = (-0.2, 1.4)
        content["series"] = []
    else:
        content["series"] = _series(rng, kind, content)
    content["xlim"] = (0.0, 10.0)
    content["ylim"] = (0.0, content["unit"])
    # Three decades on logarithmic axes, ten units elsewhere.
    places = (1, 10, 100, 1000) if kind == "loglog" else (0, 2, 4, 6, 8, 10)
    content["xticks"] = [(value, "%d" % value) for value in places]
    # The random choices of alterations are made here, so that all of them are made in every rendering alike.
    content["at"] = float(rng.uniform(0.2, 0.8))
    content["sign"] = (-1.0, 1.0)[rng.randint(2)]
    content["noise"] = rng.normal(size=4096)
    return content


def _field(rng, size):
    y, x = np.mgrid[0.0 : 1.0 : size * 1j, 0.0 : 1.0 : size * 1j]
    z = np.zeros((size, size))
    for _ in range(4):
        width = rng.uniform(0.01, 0.06)
        z += rng.uniform(0.4, 1.0) * np.exp(
            -((x - rng.uniform(0.1, 0.9)) ** 2 + (y - rng.uniform(0.1, 0.9)) ** 2) / width
        )
    return z / z.max() + 0.06 * np.sin(rng.uniform(4, 9) * x + rng.uniform(4, 9) * y)


def _series(rng, kind, content):
    palette = PALETTES[rng.randint(len(PALETTES))]
    count = COUNTS.get(kind, 2)
    points = {
        "dense": 400,
        "fill": 120,
        "bars": 6,
        "histogram": 24,
        "scatter": int(rng.choice([30, 80])),
        "snsbars": 5,
        "barebars": 8,
    }.get(kind, int(rng.choice([14, 20, 30])))
    made = []
    for number in range(count):
        x = np.linspace(1.0, 9.0, points) if kind in BARS else np.linspace(0.4, 9.6, points)
        if kind == "scatter":
            x = np.sort(rng.uniform(0.4, 9.6, points))
        y = (
            0.35
            + 0.4 * np.exp(-((x - rng.uniform(2, 8)) ** 2) / rng.uniform(1, 6))
            + 0.12 * np.sin(rng.uniform(0.5, 1.5) * x)
        )
        if count > 3:
            y = 0.15 + 0.8 * (number + y) / (count + 1)
        if kind in ("scatter", "errorbar", "snspoints", "dense"):
            y = y + rng.normal(size=points) * (0.008 if kind == "dense" else 0.05)
        made.append(
            {
                "x": x,
                "y": np.clip(y, 0.06, 0.94) * content["unit"],
                "error": rng.uniform(0.02, 0.06, points) * content["unit"],
                "colour": palette[number % len(palette)],
                "marker": MARKERS[number % len(MARKERS)],
                "dash": ("-", "--", "-.", ":")[number % 4] if number else "-",
                "name": NAMES[number % len(NAMES)],
            }
        )
    return made
