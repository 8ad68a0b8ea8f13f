"""What a matplotlib figure holds, as plain data. Runs in the author's kernel: Python 2.7 and newer, matplotlib 1.5 and
newer; nothing is imported that the notebook has not imported itself, and nothing of the figure is changed.

A part that cannot be read is left out and counted. Numbers are bounded by budgets, so that the same figure gives the
same record however long it takes.
"""
# Python 2 knows neither annotations nor f-strings, and fewer arguments.
# ruff: noqa: B905, C402

import sys

from reproduce.runner.recorder.artists import ARTISTS, space_of
from reproduce.runner.recorder.values import MOST_NAMES, Budget, color_of, colors_of, label_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 - in comments alone

KINDS = {
    "lines": "line",
    "collections": "collection",
    "patches": "patch",
    "images": "image",
    "texts": "text",
    "tables": "table",
}

# From which day dates were counted before matplotlib 3.3.
OLD_EPOCH = "0000-12-31T00:00:00"


def content_of(figure):
    # type: (Any) -> dict[str, Any]
    """Return the figure's content: canvas, words beside the axes, and the axes in their order."""
    reader = Reader(figure)
    told = {
        "size": [float(side) for side in figure.get_size_inches()],
        "dpi": float(figure.dpi),
        "color": color_of(figure.get_facecolor()),
        "axes": [],
        "artists": reader.artists_of(figure, ("lines", "patches", "images", "texts")),
        "legends": [reader.budget.part(legend_of, legend) for legend in figure.legends],
    }  # type: dict[str, Any]
    pending = list(figure.axes)
    while pending:
        axes = pending.pop(0)
        told["axes"].append(reader.budget.part(reader.axes, axes))
        pending[:0] = getattr(axes, "child_axes", [])
    told["unread"] = reader.budget.unread
    return told


class Reader:
    """Reads one figure within its budgets."""

    def __init__(self, figure):
        # type: (Any) -> None
        self.figure = figure
        self.budget = Budget()

    def axes(self, axes):
        # type: (Any) -> dict[str, Any]
        """Return the content of one pair of axes."""
        legend = axes.get_legend()
        names = [name for name in ("x", "y", "z") if hasattr(axes, name + "axis")]
        view = [float(getattr(axes, name)) for name in ("elev", "azim") if getattr(axes, name, None) is not None]
        box = axes.get_position()
        return {
            "projection": text_of(getattr(axes, "name", "")),
            "label": text_of(axes.get_label()),
            "place": [float(number) for number in (box.x0, box.y0, box.width, box.height)],
            "is_visible": bool(axes.get_visible()),
            "has_frame": bool(axes.axison),
            "titles": [text_of(axes.get_title(loc=side)) for side in ("left", "center", "right")],
            "color": color_of(axes.get_facecolor() if hasattr(axes, "get_facecolor") else axes.get_axis_bgcolor()),
            "axis": dict((name, self.budget.part(axis_of, axes, name)) for name in names),
            "view": view,
            "legend": None if legend is None else self.budget.part(legend_of, legend),
            "artists": self.artists_of(axes, ("lines", "collections", "patches", "images", "texts", "tables")),
        }

    def artists_of(self, owner, kinds):
        # type: (Any, tuple[str, ...]) -> list[dict[str, Any]]
        """Return the artists of a figure or of axes; bars of one call of `bar` or `hist` as one."""
        found = []  # type: list[Any]
        parts, bars = parts_of(owner)
        for container in bars:
            found.append(self.budget.part(self.bars, container))
        for kind in kinds:
            for artist in list(getattr(owner, kind, [])):
                if parts.get(id(artist)) == "bar":
                    continue
                if not self.budget.has_room():
                    continue
                told = self.budget.part(self.artist, kind, artist, owner)
                if told is not None and id(artist) in parts:
                    told["part_of"] = parts[id(artist)]
                found.append(told)
        return [told for told in found if told is not None]

    def artist(self, kind, artist, owner):
        # type: (str, Any, Any) -> dict[str, Any]
        """Return one artist."""
        told = {
            "kind": KINDS[kind],
            "label": label_of(artist),
            "is_visible": bool(artist.get_visible()),
            "z": float(artist.get_zorder()),
            "space": space_of(artist, owner, self.figure),
            "numbers": {},
            "words": {"class": type(artist).__name__},
            "style": {},
        }  # type: dict[str, Any]
        if artist.get_alpha() is not None:
            told["style"]["alpha"] = float(artist.get_alpha())
        ARTISTS[kind](artist, told["numbers"], told["words"], told["style"])
        told["numbers"] = dict((name, self.budget.array(value)) for name, value in sorted(told["numbers"].items()))
        return told

    def bars(self, container):
        # type: (Any) -> dict[str, Any]
        """Return bars drawn together: where each begins, how wide and how high it is."""
        rows = [(bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()) for bar in container.patches]
        numbers = dict(zip(("x", "y", "width", "height"), ([row[side] for row in rows] for side in range(4))))
        return {
            "kind": "bars",
            "label": label_of(container),
            "is_visible": all(bar.get_visible() for bar in container.patches),
            "z": max([float(bar.get_zorder()) for bar in container.patches] or [0.0]),
            "space": "data",
            "numbers": dict((name, self.budget.array(value)) for name, value in sorted(numbers.items())),
            "words": {"class": "Rectangle", "colors": colors_of([bar.get_facecolor() for bar in container.patches])},
            "style": {"edges": colors_of([bar.get_edgecolor() for bar in container.patches])},
        }


def axis_of(axes, name):
    # type: (Any, str) -> dict[str, Any]
    """Return one axis: its limits, scale and words. Ticks count where the author has set them."""
    axis = getattr(axes, name + "axis")
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    told = {
        "limits": [float(limit) for limit in getattr(axes, "get_" + name + "lim")()],
        "scale": text_of(axis.get_scale()),
        "label": text_of(axis.get_label_text()),
        "is_visible": bool(axis.get_visible()),
        "is_date": "Date" in type(formatter).__name__,
    }  # type: dict[str, Any]
    if told["is_date"]:
        dates = sys.modules["matplotlib.dates"]
        told["epoch"] = text_of(dates.get_epoch() if hasattr(dates, "get_epoch") else OLD_EPOCH)
    if type(locator).__name__ in ("FixedLocator", "StrCategoryLocator"):
        places = list(locator())[:MOST_NAMES]
        told["ticks"] = [float(place) for place in places]
        if type(formatter).__name__ in ("FixedFormatter", "StrCategoryFormatter"):
            told["tick_labels"] = [text_of(formatter(place, at)) for at, place in enumerate(places)]
    return told


def legend_of(legend):
    # type: (Any) -> dict[str, Any]
    """Return the words of a legend."""
    title = legend.get_title()
    return {
        # Older versions hide a title that nobody gave, and call it "None".
        "title": text_of(title.get_text()) if getattr(legend, "_legend_title_box", title).get_visible() else "",
        "labels": [text_of(text.get_text()) for text in legend.get_texts()][:MOST_NAMES],
        "is_visible": bool(legend.get_visible()),
    }


def parts_of(owner):
    # type: (Any) -> tuple[dict[int, str], list[Any]]
    """Return which artists belong to error bars and to bars, by id, and the containers of bars."""
    parts, bars = {}, []  # type: dict[int, str], list[Any]
    for container in getattr(owner, "containers", []):
        name = type(container).__name__
        if name == "BarContainer" and all(hasattr(bar, "get_width") for bar in container.patches):
            bars.append(container)
            parts.update((id(bar), "bar") for bar in container.patches)
        elif name == "ErrorbarContainer":
            line, caps, segments = container.lines
            owned = [(line, "data")] + [(cap, "cap") for cap in caps] + [(one, "bar") for one in segments]
            parts.update((id(artist), "error bars, " + role) for artist, role in owned if artist is not None)
    return parts, bars
