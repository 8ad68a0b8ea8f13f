"""Numbers, colours and words of a figure as JSON can hold them, within bounds. Runs in the author's kernel."""
# Python 2 knows neither annotations nor f-strings, and fewer arguments.
# ruff: noqa: B905, UP031, RUF046

import hashlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 - in comments alone

# An array of more values is told by its digest and by this many of its values, evenly apart.
MOST_OF_ARRAY = 10000
MOST_OF_FIGURE = 100000
SMALL_SAMPLE = 100
# A larger array is not read as a whole: copying and hashing it would be felt.
MOST_READ_BYTES = 64 << 20
MOST_ARTISTS = 2000
MOST_PATHS = 20000
MOST_NAMES = 1000
MOST_CHARACTERS = 2000
# In Python 2 there are two.
WORDS = (str, type(b"".decode("ascii")))


class Budget:
    """How many values and artists of one figure may still be told, and how many parts could not be read."""

    def __init__(self):
        # type: () -> None
        self.values_left = MOST_OF_FIGURE
        self.artists_left = MOST_ARTISTS
        self.unread = 0

    def part(self, read, *args):
        # type: (Any, *Any) -> Any
        """Return what `read` says, None where it fails."""
        try:
            return read(*args)
        except Exception:  # noqa: BLE001 - an artist of the author's own may fail in every way there is
            self.unread += 1
            return None

    def has_room(self):
        # type: () -> bool
        """Take room for one artist; False when there is none."""
        self.artists_left -= 1
        self.unread += self.artists_left < 0
        return self.artists_left >= 0

    def array(self, value):
        # type: (Any) -> dict[str, Any]
        """Return an array as data: all its values, or a sample of them with the digest of the whole."""
        numpy = sys.modules["numpy"]
        array = value if isinstance(value, numpy.ma.MaskedArray) else numpy.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(float)
        told = {"shape": [int(side) for side in array.shape], "type": array.dtype.name}  # type: dict[str, Any]
        if array.dtype.kind not in "biuf":
            return told
        if array.size <= min(MOST_OF_ARRAY, self.values_left):
            self.values_left -= array.size
            told["values"] = listed(array.ravel())
            return told
        wanted = MOST_OF_ARRAY if self.values_left >= MOST_OF_ARRAY else SMALL_SAMPLE
        self.values_left -= min(self.values_left, wanted)
        told["step"] = int(-(-array.size // wanted))
        told["sample"] = listed(array.flat[:: told["step"]])
        if array.nbytes <= MOST_READ_BYTES:
            whole = numpy.ascontiguousarray(filled(array))
            told["sha256"] = hashlib.sha256(whole.tobytes() if hasattr(whole, "tobytes") else whole).hexdigest()
            finite = whole[numpy.isfinite(whole)]
            if finite.size:
                told.update({"min": float(finite.min()), "max": float(finite.max()), "mean": float(finite.mean())})
        return told


def joined(pieces):
    # type: (Any) -> dict[str, Any]
    """Return the coordinates of many paths one after the other, and how many each has."""
    numpy = sys.modules["numpy"]
    if not len(pieces):
        return {"counts": [], "x": [], "y": []}
    if len(pieces) > MOST_PATHS:
        raise ValueError("too many paths")
    whole = numpy.concatenate([filled(numpy.ma.asarray(piece)) for piece in pieces])
    told = dict(zip(("x", "y", "z"), whole.T))
    told["counts"] = [len(piece) for piece in pieces]
    return told


def filled(array):
    # type: (Any) -> Any
    """Return a plain array, what is masked as not a number."""
    numpy = sys.modules["numpy"]
    if not isinstance(array, numpy.ma.MaskedArray):
        return array
    if not numpy.ma.getmaskarray(array).any():
        return array.data
    return array.astype(float).filled(float("nan"))


def listed(array):
    # type: (Any) -> list[Any]
    """Return the values as JSON can hold them: not a number and infinities as words."""
    plain = filled(array)
    if plain.dtype.kind == "b":
        plain = plain.astype(int)
    values = plain.tolist()
    if plain.dtype.kind != "f" or sys.modules["numpy"].isfinite(plain).all():
        return list(values)
    return [value if value - value == 0 else str(value) for value in values]


def color_of(value):
    # type: (Any) -> str
    """Return a colour as #rrggbbaa."""
    colors = sys.modules["matplotlib.colors"]
    to_rgba = getattr(colors, "to_rgba", None) or colors.colorConverter.to_rgba
    word = text_of(value).lower()
    if word in ("none", "auto"):
        return word
    return "#" + "".join("%02x" % int(round(255 * min(max(float(part), 0.0), 1.0))) for part in to_rgba(value))


def colors_of(values):
    # type: (Any) -> list[str]
    """Return colours; one where all are the same, of too many the first and the digest of all."""
    found = [color_of(value) for value in values[:MOST_NAMES]]
    if len(values) > MOST_NAMES:
        found.append(hashlib.sha256(sys.modules["numpy"].ascontiguousarray(values).tobytes()).hexdigest())
    return found[:1] if len(set(found)) == 1 else found


def shape_of(paths):
    # type: (Any) -> str
    """Return a short digest of a marker's shape."""
    rounded = "".join("%.4f " % (number + 0.0) for path in paths for number in path.vertices.ravel())
    return hashlib.sha256(rounded.encode("ascii")).hexdigest()[:12]


def label_of(artist):
    # type: (Any) -> str
    """Return the label that the author gave; those that matplotlib makes up begin with an underscore."""
    label = text_of(artist.get_label() or "")
    return "" if label.startswith("_") else label


def text_of(value):
    # type: (Any) -> str
    """Return a text of bounded length."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return ("%s" % (text,))[:MOST_CHARACTERS]
