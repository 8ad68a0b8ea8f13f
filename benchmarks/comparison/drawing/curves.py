"""Figures of series: lines, points, bars. Each function draws a content onto a figure and returns its axes.

Python 2.7 understands it too.
"""

# ruff: noqa: UP031

from __future__ import division  # noqa: UP010

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from benchmarks.comparison.drawing.dress import add_legend, dress, finish, main_axes, plot, set_ticks


def _line(figure, content):
    axes = main_axes(figure)
    add_legend(axes, content, [plot(axes, content, series, series["x"], series["y"]) for series in content["series"]])
    finish(axes, content)
    return axes


def _dense(figure, content):
    axes = main_axes(figure)
    handles = [plot(axes, content, each, each["x"], each["y"], marker="None") for each in content["series"]]
    add_legend(axes, content, handles)
    finish(axes, content)
    return axes


def _scatter(figure, content):
    axes = main_axes(figure)
    handles = []
    for series in content["series"]:
        is_open = content["style"] == 1
        handles.append(
            axes.scatter(
                series["x"],
                series["y"],
                s=content["marker_size"] ** 2,
                marker=series["marker"],
                facecolors="none" if is_open else series["colour"],
                edgecolors=series["colour"],
                linewidths=1.0,
                alpha=0.6 if content["style"] == 2 else 1.0,
            )
        )
    add_legend(axes, content, handles)
    finish(axes, content)
    return axes


def _errorbar(figure, content):
    axes = main_axes(figure)
    handles = []
    for series in content["series"]:
        handles.append(
            axes.errorbar(
                series["x"],
                series["y"],
                yerr=series["error"],
                fmt=series["marker"],
                color=series["colour"],
                ecolor=series["colour"],
                markeredgecolor=series["colour"],
                markersize=content["marker_size"],
                markeredgewidth=1.0,
                elinewidth=1.0,
                capsize=2.5,
                capthick=1.0,
            )
        )
    add_legend(axes, content, handles)
    finish(axes, content)
    return axes


def _bars(figure, content):
    axes = main_axes(figure)
    handles = []
    count = len(content["series"])
    for number, series in enumerate(content["series"]):
        handles.append(
            axes.bar(
                series["x"] + 0.6 * (number - 1),
                series["y"],
                width=0.6,
                align="edge",
                color=series["colour"],
                edgecolor="#000000" if content["style"] == 0 else series["colour"],
                linewidth=1.0,
                yerr=series["error"] if content["style"] else None,
                error_kw={"ecolor": "#000000", "elinewidth": 1.0, "capsize": 2.0, "capthick": 1.0},
            )
        )
    if count > 1:
        add_legend(axes, content, handles)
    finish(axes, content)
    return axes


def _histogram(figure, content):
    axes = main_axes(figure)
    series = content["series"][0]
    width = series["x"][1] - series["x"][0]
    edge = {0: "#000000", 1: series["colour"], 2: "#ffffff"}[content["style"]]
    axes.bar(
        series["x"] - width / 2,
        series["y"],
        width=width,
        align="edge",
        color=series["colour"],
        edgecolor=edge,
        linewidth=0.8,
    )
    finish(axes, content)
    return axes


def log_place(content, x, y):
    """Return where a point of the content lies on logarithmic axes of three decades each."""
    return 10.0 ** (np.asarray(x) * 0.3), 10.0 ** (3.0 * np.asarray(y) / content["unit"])


def _loglog(figure, content):
    axes = main_axes(figure)
    axes.set_xscale("log")
    axes.set_yscale("log")
    handles = []
    for series in content["series"]:
        x, y = log_place(content, series["x"], np.maximum(series["y"], 0.01 * content["unit"]))
        handles.append(plot(axes, content, series, x, y))
    add_legend(axes, content, handles)
    axes.set_xlim(1.0, 1000.0)
    axes.set_ylim(1.0, 10.0 ** (3.0 * content["ylim"][1] / content["unit"]))
    set_ticks(axes.xaxis, [10.0**power for power in range(4)], [text for _, text in content["xticks"][:4]], content)
    set_ticks(axes.yaxis, [10.0**power for power in range(4)], ["1", "10", "100", "1000"], content)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(LogLocator(base=10.0, subs=np.arange(2.0, 10.0)))
        axis.set_minor_formatter(NullFormatter())
    dress(axes, content)
    return axes


def polar_place(_, x, y):
    """Return angle and radius of a point of a content."""
    return np.asarray(x) * 0.2 * np.pi, np.asarray(y)


def _polar(figure, content):
    figure.subplots_adjust(left=0.1, right=0.9, bottom=0.15, top=0.85)
    axes = figure.add_subplot(111, polar=True)
    for series in content["series"]:
        angle, radius = polar_place(content, series["x"], series["y"])
        plot(axes, content, series, angle, radius)
    axes.set_ylim(0.0, content["ylim"][1])
    places = np.linspace(0.0, content["unit"], 5)[1:]
    axes.set_rlabel_position(22.5)
    set_ticks(axes.yaxis, places, ["%g" % place for place in places], content)
    ticks = content["xticks"][:5]
    set_ticks(axes.xaxis, [v * 0.2 * np.pi for v, _ in ticks], [t for _, t in ticks], content)
    axes.grid(True, color="#b0b0b0", linewidth=0.8, linestyle="-")
    figure.text(0.5, 0.03, content["xlabel"], ha="center", fontsize=content["font_size"])
    if content["title"]:
        axes.set_title(content["title"], fontsize=content["font_size"] + 2, y=1.08)
    return axes


def _panels(figure, content):
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.13, top=0.93, wspace=0.35, hspace=0.4)
    drawn = []
    for number, series in enumerate(content["series"]):
        axes = figure.add_subplot(2, 2, number + 1)
        plot(axes, content, series, series["x"], series["y"], markersize=3.0, linewidth=1.0)
        finish(axes, dict(content, font_size=8, title=series["name"]))
        drawn.append(axes)
    return drawn[0]


def _many(figure, content):
    axes = main_axes(figure)
    handles = [plot(axes, content, each, each["x"], each["y"], linewidth=1.0) for each in content["series"]]
    add_legend(axes, content, handles, columns=1 + content["style"] % 2)
    finish(axes, content)
    return axes


def _fill(figure, content):
    axes = main_axes(figure)
    handles = []
    for series in content["series"]:
        axes.fill_between(
            series["x"],
            series["y"] - series["error"].mean(),
            series["y"] + series["error"].mean(),
            facecolor=series["colour"],
            edgecolor="none",
            alpha=0.3,
            linewidth=0.0,
        )
        handles.append(plot(axes, content, series, series["x"], series["y"], marker="None"))
    add_legend(axes, content, handles)
    finish(axes, content)
    return axes


CURVES = {
    "line": _line,
    "dense": _dense,
    "scatter": _scatter,
    "errorbar": _errorbar,
    "bars": _bars,
    "histogram": _histogram,
    "loglog": _loglog,
    "polar": _polar,
    "panels": _panels,
    "legend": _many,
    "fill": _fill,
}
