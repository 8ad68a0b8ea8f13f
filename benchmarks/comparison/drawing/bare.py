"""Figures with all that matplotlib or seaborn do by themselves, as most notebooks draw them.

Python 2.7 understands it too.
"""

from __future__ import division  # noqa: UP010

import matplotlib

try:
    import seaborn
except ImportError:
    seaborn = None


def _bare_line(figure, content):
    axes = figure.add_subplot(111)
    for number, series in enumerate(content["series"]):
        axes.plot(series["x"], series["y"], "o-" if number == 0 else "--", label=series["name"])
    axes.legend()
    _name(axes, content)
    return axes


def _bare_bars(figure, content):
    axes = figure.add_subplot(111)
    axes.bar(content["series"][0]["x"], content["series"][0]["y"])
    _name(axes, content)
    return axes


def _bare_image(figure, content):
    axes = figure.add_subplot(111)
    low, high = content["zlim"]
    figure.colorbar(axes.imshow(content["z"], vmin=low, vmax=high, cmap=content["cmap"]))
    _name(axes, content)
    return axes


def _name(axes, content):
    axes.set_xlabel(content["xlabel"])
    axes.set_ylabel(content["ylabel"])
    axes.set_title(content["title"])


def _seaborn_axes(figure, style):
    # Its style would choose another font than the rendering asks for.
    rc = {key: value for key, value in seaborn.axes_style(style).items() if not key.startswith("font.")}
    with matplotlib.rc_context(rc):
        return figure.add_subplot(111)


def _seaborn_heat(figure, content):
    axes = _seaborn_axes(figure, "white")
    low, high = content["zlim"]
    seaborn.heatmap(
        content["z"],
        vmin=low,
        vmax=high,
        cmap=content["cmap"],
        ax=axes,
        annot=content["style"] == 0,
        fmt=".1f",
        annot_kws={"size": 7},
    )
    _name(axes, content)
    return axes


def _seaborn_bars(figure, content):
    axes = _seaborn_axes(figure, "whitegrid")
    series = content["series"][0]
    seaborn.barplot(x=list("ABCDE"), y=series["y"], color=series["colour"], ax=axes)
    _name(axes, content)
    return axes


def _seaborn_points(figure, content):
    axes = _seaborn_axes(figure, "darkgrid")
    for series in content["series"]:
        seaborn.scatterplot(x=series["x"], y=series["y"], color=series["colour"], label=series["name"], ax=axes)
    axes.legend(loc=content["legend_at"])
    _name(axes, content)
    return axes


PLAIN_KINDS = {
    "bareline": _bare_line,
    "barebars": _bare_bars,
    "bareimage": _bare_image,
    "snsheat": _seaborn_heat,
    "snsbars": _seaborn_bars,
    "snspoints": _seaborn_points,
}
