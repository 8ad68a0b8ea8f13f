"""Figures of fields, and figures in three dimensions, drawn as those of series are. Python 2.7 understands it too."""

from __future__ import division  # noqa: UP010

import numpy as np
from mpl_toolkits.mplot3d import Axes3D

from benchmarks.comparison.drawing.dress import finish, main_axes

assert Axes3D  # The import makes "3d" known to old versions.


def _bar_of_colours(figure, axes, content, drawn):
    place = figure.add_axes([0.86, 0.15, 0.03, 0.75])
    bar = figure.colorbar(drawn, cax=place)
    bar.set_ticks([0.0, 0.4, 0.8, 1.2])
    bar.set_ticklabels(["0.0", "0.4", "0.8", "1.2"])
    bar.outline.set_linewidth(0.8)
    place.tick_params(labelsize=content["font_size"], length=3.5, width=0.8, pad=3.5, direction="out")
    axes.set_position([0.15, 0.15, 0.66, 0.75])


def _map_axes(axes, content):
    finish(axes, dict(content, has_grid=False, unit=1.0, ylim=(0.0, 1.0)))


def _heatmap(figure, content):
    axes = main_axes(figure)
    low, high = content["zlim"]
    size = len(content["z"])
    drawn = axes.pcolormesh(
        np.linspace(0.0, 10.0, size + 1),
        np.linspace(0.0, 1.0, size + 1),
        content["z"],
        cmap=content["cmap"],
        vmin=low,
        vmax=high,
    )
    _map_axes(axes, content)
    _bar_of_colours(figure, axes, content, drawn)
    return axes


def _image(figure, content):
    axes = main_axes(figure)
    low, high = content["zlim"]
    how = ("nearest", "bilinear", "nearest")[content["style"]]
    axes.imshow(
        content["z"],
        cmap=content["cmap"],
        vmin=low,
        vmax=high,
        interpolation=how,
        origin="lower",
        extent=(0, 10, 0, 1),
        aspect="auto",
    )
    _map_axes(axes, content)
    return axes


def _contour(figure, content):
    axes = main_axes(figure)
    size = len(content["z"])
    x, y = np.linspace(0.0, 10.0, size), np.linspace(0.0, 1.0, size)
    low, high = content["zlim"]
    levels = np.linspace(low, high, 9)
    if content["style"]:
        drawn = axes.contourf(x, y, content["z"], levels, cmap=content["cmap"], extend="both")
        _bar_of_colours(figure, axes, content, drawn)
    if content["style"] != 1:
        colours = {"colors": "#000000"} if content["style"] else {"cmap": content["cmap"]}
        axes.contour(x, y, content["z"], levels, linewidths=1.0, linestyles="solid", **colours)
    _map_axes(axes, content)
    return axes


def _solid(figure):
    figure.subplots_adjust(left=0.05, right=0.95, bottom=0.05, top=0.95)
    axes = figure.add_subplot(111, projection="3d")
    axes.view_init(elev=30, azim=-60)
    return axes


def _finish_solid(axes, content, zlim):
    axes.set_xlim(0.0, 10.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_zlim(*zlim)
    axes.set_xlabel(content["xlabel"], fontsize=content["font_size"])
    axes.set_ylabel(content["ylabel"], fontsize=content["font_size"])
    axes.tick_params(labelsize=content["font_size"] - 2)
    axes.set_xticks([value for value, _ in content["xticks"]])
    axes.set_xticklabels([text for _, text in content["xticks"]])
    axes.set_yticks([0.25, 0.5, 0.75])
    # Versions disagree on ticks that lie on a limit.
    low, high = zlim
    axes.set_zticks([low + share * (high - low) for share in (0.2, 0.4, 0.6, 0.8)])


def _surface(figure, content):
    axes = _solid(figure)
    size = len(content["z"])
    x, y = np.meshgrid(np.linspace(0.0, 10.0, size), np.linspace(0.0, 1.0, size))
    low, high = content["zlim"]
    axes.plot_surface(
        x,
        y,
        content["z"],
        rstride=1,
        cstride=1,
        cmap=content["cmap"],
        vmin=low,
        vmax=high,
        linewidth=0,
        antialiased=False,
    )
    _finish_solid(axes, content, (low, high))
    return axes


def _lines_in_space(figure, content):
    axes = _solid(figure)
    for number, series in enumerate(content["series"]):
        axes.plot(
            series["x"],
            np.full(len(series["x"]), 0.3 + 0.4 * number),
            series["y"],
            color=series["colour"],
            marker=series["marker"],
            markersize=content["marker_size"],
            markeredgecolor=series["colour"],
            linestyle="-",
            linewidth=1.0,
        )
    _finish_solid(axes, content, content["ylim"])
    return axes


FIELDS = {
    "heatmap": _heatmap,
    "image": _image,
    "contour": _contour,
    "surface": _surface,
    "lines3d": _lines_in_space,
}
