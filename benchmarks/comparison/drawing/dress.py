"""Axes, ticks, labels, legends and lines with everything stated that versions disagree on by default.

So only the renderer differs. Python 2.7 understands it too.
"""

# ruff: noqa: UP031

from __future__ import division  # noqa: UP010

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator


def set_ticks(axis, places, texts, content):
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(FixedFormatter(texts))
    axis.set_minor_locator(NullLocator())
    for label in axis.get_ticklabels():
        label.set_fontsize(content["font_size"])


def finish(axes, content):
    axes.set_xlim(*content["xlim"])
    axes.set_ylim(*content["ylim"])
    places = np.linspace(0.0, content["unit"], 5)
    set_ticks(axes.xaxis, [v for v, _ in content["xticks"]], [t for _, t in content["xticks"]], content)
    set_ticks(axes.yaxis, places, ["%g" % place for place in places], content)
    dress(axes, content)


def dress(axes, content):
    size = content["font_size"]
    axes.set_xlabel(content["xlabel"], labelpad=4, fontsize=size)
    axes.set_ylabel(content["ylabel"], labelpad=4, fontsize=size)
    if content["title"]:
        axes.set_title(content["title"], fontsize=size + 2)
    axes.set_axisbelow(True)
    if content["has_grid"]:
        axes.grid(True, color="#b0b0b0", linewidth=0.8, linestyle="-", alpha=1.0)
    else:
        axes.grid(False)
    direction = "in" if content["ticks_in"] else "out"
    axes.xaxis.set_ticks_position("both" if content["ticks_in"] else "bottom")
    axes.yaxis.set_ticks_position("both" if content["ticks_in"] else "left")
    axes.tick_params(which="major", direction=direction, length=3.5, width=0.8, pad=3.5, labelsize=size)
    axes.tick_params(which="minor", direction=direction, length=2.0, width=0.6)
    for spine in axes.spines.values():
        spine.set_linewidth(0.8)


def add_legend(axes, content, handles, columns=1):
    names = [series["name"] for series in content["series"]]
    legend = axes.legend(
        handles[: len(names)],
        names,
        loc=content["legend_at"],
        numpoints=1,
        scatterpoints=1,
        fontsize=content["font_size"] - 1,
        ncol=columns,
        fancybox=False,
        framealpha=0.8,
        borderpad=0.4,
        labelspacing=0.5,
        handlelength=2.0,
        handletextpad=0.8,
        borderaxespad=0.5,
        columnspacing=2.0,
    )
    legend.get_frame().set_edgecolor("#cccccc")
    legend.get_frame().set_linewidth(1.0)


def main_axes(figure, **options):
    figure.subplots_adjust(left=0.15, right=0.94, bottom=0.15, top=0.9)
    return figure.add_subplot(111, **options)


def plot(axes, content, series, x, y, **changes):
    options = {
        "color": series["colour"],
        "linestyle": series["dash"],
        "linewidth": content["line_width"],
        "marker": series["marker"],
        "markersize": content["marker_size"],
        "markeredgecolor": series["colour"],
        "markerfacecolor": series["colour"],
        "markeredgewidth": 1.0,
        "dash_capstyle": "butt",
        "solid_capstyle": "projecting",
    }
    options.update(changes)
    return axes.plot(x, y, **options)[0]
