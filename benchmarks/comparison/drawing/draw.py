"""Draw a file of jobs with this matplotlib: `python -m benchmarks.comparison.drawing.draw JOBS DIRECTORY`.

A job names kind, seed, alteration and rendering, and the file to write. What was drawn, and how much an alteration
changed at this very rendering, is written beside the pictures as JSON. Python 2.7 understands it.
"""

# ruff: noqa: B905, PTH118, PTH119, PTH123, UP031

from __future__ import division  # noqa: UP010

import io
import json
import os
import sys
import time

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.comparison.drawing.alterations import altered
from benchmarks.comparison.drawing.bare import PLAIN_KINDS
from benchmarks.comparison.drawing.content import BARE, make_content
from benchmarks.comparison.drawing.curves import CURVES, log_place, polar_place
from benchmarks.comparison.drawing.maps import FIELDS

try:
    from matplotlib.backends.backend_cairo import FigureCanvasCairo
except ImportError:
    FigureCanvasCairo = None

KINDS = dict(CURVES)
KINDS.update(FIELDS)
KINDS.update(PLAIN_KINDS)
PLAIN = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Bitstream Vera Sans"],
    "font.serif": ["DejaVu Serif", "Bitstream Vera Serif"],
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": "black",
    "axes.titleweight": "normal",
    "axes.titlepad": 5.0,
    "axes.axisbelow": True,
    "grid.color": "#b0b0b0",
    "grid.linestyle": "-",
    "grid.linewidth": 0.8,
    "lines.dashed_pattern": [6.0, 6.0],
    "lines.dashdot_pattern": [3.0, 5.0, 1.0, 5.0],
    "lines.dotted_pattern": [1.0, 3.0],
    "lines.scale_dashes": False,
    "errorbar.capsize": 2.5,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "patch.force_edgecolor": False,
}
CHANGES = {
    "serif": {"font.family": "serif"},
    "sans": {"font.sans-serif": ["Liberation Sans"]},
    "aliased": {"lines.antialiased": False, "patch.antialiased": False, "text.antialiased": False},
    "unhinted": {"text.hinting": "none"},
}


def _settings(rendering, is_bare=False):
    wanted = {} if is_bare else dict(PLAIN)
    for name in rendering.get("rc", ()):
        wanted.update(CHANGES[name])
    if int(matplotlib.__version__.split(".")[0]) < 2 and not is_bare:
        wanted["mathtext.fontset"] = "custom"
        for style, suffix in (("rm", ""), ("it", ":italic"), ("bf", ":bold")):
            wanted["mathtext." + style] = "sans" + suffix
    return {key: value for key, value in wanted.items() if key in matplotlib.rcParams}


def draw(content, rendering):
    """Return the encoded picture, and the change of a moved point in pixels where there is one."""
    moved = None
    with matplotlib.rc_context(_settings(rendering, is_bare=content["kind"] in BARE)):
        figure = Figure(figsize=rendering.get("size") or content["size"])
        (FigureCanvasCairo if rendering.get("backend") == "cairo" else FigureCanvasAgg)(figure)
        axes = KINDS[content["kind"]](figure, content)
        stream = io.BytesIO()
        options = {"bbox_inches": "tight"} if rendering.get("tight") else {}
        if rendering.get("transparent"):
            # White lines on grey are another figure without the grey: there only the page is transparent.
            options.update({"facecolor": "none"} if content["kind"] == "snspoints" else {"transparent": True})
        dpi = rendering.get("dpi", 100)
        figure.savefig(stream, format="png", dpi=dpi, **options)
        if "moved" in content and content["kind"] not in ("lines3d",):
            place = {"loglog": log_place, "polar": polar_place}.get(content["kind"], lambda _, x, y: (x, y))
            ends = [axes.transData.transform(place(content, x, y)) for x, y in content["moved"]]
            moved = float(np.hypot(*(ends[1] - ends[0])) * dpi / figure.dpi)
    quality = rendering.get("jpeg")
    if quality is None:
        return stream.getvalue(), moved
    lossy = io.BytesIO()
    Image.fromarray(pixels(stream.getvalue())).save(lossy, "JPEG", quality=quality)
    return lossy.getvalue(), moved


def pixels(encoded):
    """Return a picture as RGB on white."""
    picture = Image.open(io.BytesIO(encoded)).convert("RGBA")
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    white.paste(picture, (0, 0), picture)
    return np.asarray(white.convert("RGB"))


def _change(one, other):
    """Return how many pixels differ by more than 8 levels, and the weight of all in pixels of full contrast."""
    a, b = pixels(one).astype(np.int16), pixels(other).astype(np.int16)
    height, width = max(a.shape[0], b.shape[0]), max(a.shape[1], b.shape[1])
    padded = [np.full((height, width, 3), 255, np.int16) for _ in (a, b)]
    for canvas, picture in zip(padded, (a, b)):
        canvas[: picture.shape[0], : picture.shape[1]] = picture
    difference = np.abs(padded[0] - padded[1]).max(axis=2)
    return int((difference > 8).sum()), round(float(difference.sum()) / 255.0, 2)


def _font(name):
    with matplotlib.rc_context(_settings({"rc": [name] if name in CHANGES else []})):
        return os.path.basename(font_manager.findfont(font_manager.FontProperties()))


def _suffix(encoded):
    return ".png" if encoded[:4] == b"\x89PNG" else ".jpg"


def main(jobs_file, directory):
    """Draw all jobs and write what was drawn as `done.json` into the directory."""
    started = time.time()
    with open(jobs_file) as stream:
        jobs = json.load(stream)
    done, unaltered = [], {}
    for job in jobs:
        content, result = make_content(job["kind"], job["seed"]), {}
        if job["change"]:
            changed = altered(content, job["change"])
            encoded, result["moved_px"] = draw(changed, job["rendering"])
            lossless = dict(job["rendering"], jpeg=None)
            other = encoded if job["rendering"].get("jpeg") is None else draw(changed, lossless)[0]
            key = json.dumps([job["kind"], job["seed"], lossless], sort_keys=True)
            if key not in unaltered:
                unaltered[key] = draw(content, lossless)[0]
            result["changed_px"], result["changed_weight"] = _change(unaltered[key], other)
        else:
            encoded, _ = draw(content, job["rendering"])
        result["file"] = job["name"] + _suffix(encoded)
        with open(os.path.join(directory, result["file"]), "wb") as stream:
            stream.write(encoded)
        done.append(result)
    facts = {
        "matplotlib": matplotlib.__version__,
        "numpy": np.__version__,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "fonts": {name: _font(name) for name in ("plain", "serif", "sans")},
        "seconds": round(time.time() - started, 1),
        "done": done,
    }
    with open(os.path.join(directory, "done.json"), "w") as stream:
        json.dump(facts, stream)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
