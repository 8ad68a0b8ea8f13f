"""What the artists of a figure hold: lines, collections, patches, images, texts. Runs in the author's kernel."""
# Python 2 knows neither annotations nor f-strings, and fewer arguments.
# ruff: noqa: B905, C401, RUF005

from reproduce.runner.recorder.values import (
    MOST_NAMES,
    MOST_PATHS,
    WORDS,
    color_of,
    colors_of,
    joined,
    shape_of,
    text_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 - in comments alone


def read_line(line, numbers, words, style):
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """A line, in space where it is drawn so."""
    data = getattr(line, "_verts3d", None) or line.get_xydata().T
    numbers.update(zip(("x", "y", "z"), data))
    words.update({"color": color_of(line.get_color()), "line": drawn_as(line.get_linestyle())})
    words["drawn"] = text_of(line.get_drawstyle())
    marker = line.get_marker()
    words["marker"] = drawn_as(marker) if isinstance(marker, WORDS + (int,)) else type(marker).__name__
    if words["marker"] != "None":
        words["marker_color"] = color_of(line.get_markerfacecolor())
        style["marker_size"] = float(line.get_markersize())
    style["width"] = float(line.get_linewidth())


def drawn_as(word):
    # type: (Any) -> str
    """Return a marker or a style of lines; of the words for none the one."""
    return text_of(word) if text_of(word).strip().lower() not in ("", "none") else "None"


def read_collection(many, numbers, words, style):
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """Points, segments, areas, arrows or a mesh: what is drawn many times at once."""
    offsets = getattr(many, "_offsets3d", None)
    spots = many.get_offsets() if offsets is None else None  # type: Any
    if offsets is not None:
        numbers.update(zip(("x", "y", "z"), offsets))
    elif hasattr(many, "U") and hasattr(many, "V") and hasattr(many, "XY"):
        numbers.update({"x": many.XY[:, 0], "y": many.XY[:, 1], "u": many.U, "v": many.V})
    elif getattr(many, "_coordinates", None) is not None:
        numbers.update({"x": many._coordinates[..., 0], "y": many._coordinates[..., 1]})
    elif hasattr(many, "_segments3d") or getattr(many, "_vec", None) is not None:
        pieces = getattr(many, "_segments3d", None)
        numbers.update(joined(pieces) if pieces is not None else dict(zip(("x", "y", "z"), many._vec)))
    elif "PathCollection" in type(many).__name__ and len(spots):
        numbers.update({"x": spots[:, 0], "y": spots[:, 1]})
    else:
        numbers.update(joined([path.vertices for path in many.get_paths()[: MOST_PATHS + 1]]))
        if spots is not None and (len(spots) > 1 or abs(spots).sum() > 0):
            numbers.update({"place_x": spots[:, 0], "place_y": spots[:, 1]})
    if hasattr(many, "get_sizes") and "PathCollection" in type(many).__name__:
        numbers["sizes"] = many.get_sizes()
        words["marker"] = shape_of(many.get_paths()[:1])
    if not colored(many, numbers, words):
        words["colors"] = colors_of(many.get_facecolor())
        words["edges"] = colors_of(many.get_edgecolor())
    widths = many.get_linewidth()
    style["widths"] = sorted(set(float(width) for width in (widths if hasattr(widths, "__len__") else [widths])))[:10]


def read_patch(patch, numbers, words, style):
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """A rectangle by its sides, a wedge by its angles, any other shape by its corners."""
    if all(hasattr(patch, "get_" + side) for side in ("x", "y", "width", "height")):
        numbers.update((side, [getattr(patch, "get_" + side)()]) for side in ("x", "y", "width", "height"))
    elif hasattr(patch, "theta1") and hasattr(patch, "center"):
        numbers.update({"x": patch.center[:1], "y": patch.center[1:], "radius": [patch.r]})
        numbers.update({"begin": [patch.theta1], "end": [patch.theta2]})
    else:
        numbers.update(joined([patch.get_patch_transform().transform_path(patch.get_path()).vertices]))
    words.update({"color": color_of(patch.get_facecolor()), "edge": color_of(patch.get_edgecolor())})
    words.update({"hatch": text_of(patch.get_hatch() or ""), "is_filled": bool(patch.get_fill())})
    style["width"] = float(patch.get_linewidth())


def read_image(image, numbers, words, style):
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """An image: its values before they became colours."""
    if hasattr(image, "get_extent"):
        numbers["extent"] = [float(side) for side in image.get_extent()]
    words["origin"] = text_of(getattr(image, "origin", ""))
    style["interpolation"] = text_of(image.get_interpolation() if hasattr(image, "get_interpolation") else "")
    if not colored(image, numbers, words):
        numbers["array"] = image.get_array()


def read_text(text, numbers, words, style):
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """Words and where they stand; of an annotation also what it points to."""
    place = getattr(text, "xyann", None) or text.get_position()
    numbers.update({"x": [text.convert_xunits(place[0])], "y": [text.convert_yunits(place[1])]})
    if getattr(text, "xy", None) is not None:
        numbers.update({"at_x": [text.convert_xunits(text.xy[0])], "at_y": [text.convert_yunits(text.xy[1])]})
    words.update({"text": text_of(text.get_text()), "color": color_of(text.get_color())})
    style.update({"size": float(text.get_size()), "font": text_of(text.get_fontproperties().get_family()[0])})


def read_table(table, numbers, words, style):  # noqa: ARG001 - as the others
    # type: (Any, dict[str, Any], dict[str, Any], dict[str, Any]) -> None
    """The words of a table, row by row."""
    cells = sorted(table.get_celld().items())[:MOST_NAMES]
    words["cells"] = [[int(at[0]), int(at[1]), text_of(cell.get_text().get_text())] for at, cell in cells]


def colored(drawn, numbers, words):
    # type: (Any, dict[str, Any], dict[str, Any]) -> bool
    """Note the values that a colour map turns into colours, and which map; False where there are none."""
    values = drawn.get_array()
    if values is None or (len(values.shape) == 3 and drawn.__class__.__name__.endswith("Image")):
        return False
    numbers.update({"array": values, "range": [float(drawn.norm.vmin), float(drawn.norm.vmax)]})
    words.update({"map": text_of(drawn.cmap.name), "norm": type(drawn.norm).__name__})
    words["map_colors"] = [color_of(drawn.cmap(step / 8.0)) for step in range(9)]
    return True


ARTISTS = {
    "lines": read_line,
    "collections": read_collection,
    "patches": read_patch,
    "images": read_image,
    "texts": read_text,
    "tables": read_table,
}


def space_of(artist, owner, figure):
    # type: (Any, Any, Any) -> str
    """Return what the numbers of an artist mean: data, parts of the axes or of the figure, or something else."""
    transform = artist.get_offset_transform() if _is_placed(artist) else artist.get_transform()
    if hasattr(artist, "get_patch_transform"):
        transform = getattr(artist, "get_data_transform", artist.get_transform)()
    if not hasattr(owner, "transData"):
        return "figure" if transform == figure.transFigure else "other"
    if transform == owner.transData:
        return "data"
    if transform == owner.transAxes:
        return "axes"
    if transform == owner.get_xaxis_transform():
        return "data, axes"
    return "axes, data" if transform == owner.get_yaxis_transform() else "other"


def _is_placed(artist):
    # type: (Any) -> bool
    return "PathCollection" in type(artist).__name__ and hasattr(artist, "get_offset_transform")
