from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from reproduce.compare import Tolerance
from reproduce.compare.images import compare_pictures
from tests.reproduce.compare.notebooks import compare_one, figure, image_output, png


def compare(one, other, tolerance=None):
    return compare_pictures("image/png", one, other, tolerance or Tolerance())


def recoded(encoded, kind, **options):
    stream = io.BytesIO()
    Image.open(io.BytesIO(encoded)).save(stream, kind, **options)
    return stream.getvalue()


def test_equal_pixels_are_identical_whatever_the_bytes():
    one = figure()
    other = recoded(one, "PNG", compress_level=1)
    assert one != other
    result = compare(one, other)
    assert (result.state, result.difference_png) == ("identical", None)


def test_a_transparent_background_is_seen_as_white():
    rgb = np.asarray(Image.open(io.BytesIO(figure())))
    alpha = np.where((rgb == 255).all(axis=2), 0, 255).astype(np.uint8)
    assert compare(figure(), png(np.dstack([rgb, alpha]))).state == "identical"


@pytest.mark.parametrize("scale", [0.9, 1.1, 1.5])
def test_the_same_figure_at_another_resolution_is_within_tolerance(scale):
    result = compare(figure(), figure(scale=scale))
    assert result.state == "within_tolerance"
    assert result.metric is not None
    assert result.metric["value"] <= 1.0
    assert result.tolerance == {"max": 1.0}


def test_a_lossy_copy_is_within_tolerance():
    assert compare(figure(), recoded(figure(), "JPEG", quality=75)).state == "within_tolerance"


def test_other_margins_are_within_tolerance():
    wide = Image.new("RGB", (560, 420), "white")
    wide.paste(Image.open(io.BytesIO(figure())), (40, 25))
    assert compare(figure(), png(np.asarray(wide))).state == "within_tolerance"


@pytest.mark.parametrize("scale", [0.9, 1.0, 1.5])
@pytest.mark.parametrize(
    "change", [{"has_spike": True}, {"colour": "#d62728"}, {"is_mapped": True}], ids=["spike", "colour", "other figure"]
)
def test_a_changed_result_differs_at_any_resolution(change, scale):
    result = compare(figure(), figure(scale=scale, **change))
    assert result.state == "differs"
    assert result.reason


def test_a_changed_colour_of_an_area_differs():
    result = compare(figure(is_mapped=True), figure(is_mapped=True, colour="#2a77b4"))
    assert result.state == "differs"


def test_the_reason_says_where():
    assert "inside the axes" in compare(figure(), figure(has_spike=True)).reason


def test_comparing_is_symmetric():
    one, other = figure(), figure(scale=1.1, has_spike=True)
    first, second = compare(one, other), compare(other, one)
    assert (first.state, first.metric) == (second.state, second.metric)


def test_a_blank_picture_differs_from_a_figure():
    result = compare(figure(), png(np.full((360, 480, 3), 255, np.uint8)))
    assert result.state == "differs"
    assert result.difference_png is not None


def test_another_shape_differs():
    assert compare(figure(), png(np.zeros((20, 900, 3), np.uint8))).state == "differs"


def dotted(height, width):
    """Return a white picture with one black dot in its middle."""
    page = np.full((height, width, 3), 255, dtype=np.uint8)
    page[height // 2, width // 2] = 0
    return png(page)


SHAPES = [(1, 1), (1, 7), (5, 900), (60000, 1), (1, 60000), (33000, 40), (300, 400)]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_is_too_odd_to_be_compared(shape):
    for other in SHAPES:
        assert compare(dotted(*shape), dotted(*other)).state in {"identical", "within_tolerance", "differs"}


def test_a_target_can_allow_more():
    value = compare(figure(), figure(has_spike=True)).metric["value"]
    assert compare(figure(), figure(has_spike=True), Tolerance(image=value + 1)).state == "within_tolerance"


def test_the_difference_map_is_a_picture_with_marks_and_always_the_same_bytes():
    first, second = (compare(figure(), figure(has_spike=True)).difference_png for _ in range(2))
    assert first == second
    pixels = np.asarray(Image.open(io.BytesIO(first)).convert("RGB"))
    assert (pixels == (178, 0, 72)).all(axis=2).sum() > 50


def test_a_pair_within_tolerance_has_a_map_without_marks():
    pixels = np.asarray(Image.open(io.BytesIO(compare(figure(), figure(scale=1.1)).difference_png)).convert("RGB"))
    assert not (pixels == (178, 0, 72)).all(axis=2).any()


def bomb():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("broken", [b"", b"no picture", figure()[:500], bomb()], ids=["empty", "text", "cut", "bomb"])
def test_what_cannot_be_decoded_is_not_compared_and_says_why(broken):
    for result in (compare(figure(), broken), compare(broken, figure()), compare(broken, broken)):
        assert result.state == "not_compared"
        assert "not compared" in result.reason


def test_broken_base64_is_not_compared():
    output = image_output(figure())
    output.data["image/png"] = "%%%"
    assert compare_one(image_output(figure()), output).state == "not_compared"


def test_the_wording_beside_a_figure_is_not_compared_but_other_text_is():
    one = image_output(figure(), plain="<matplotlib.figure.Figure at 0x7f00001234>")
    assert compare_one(one, image_output(figure())).state == "identical"
    result = compare_one(image_output(figure(), plain="a"), image_output(figure(), plain="b"))
    assert (result.mime, result.state) == ("text/plain", "differs")
    assert result.published is not None


def test_a_figure_that_is_no_longer_drawn_is_missing():
    other = image_output(figure())
    del other.data["image/png"]
    assert compare_one(image_output(figure()), other).state == "missing"


def test_a_published_jpeg_is_compared_with_a_fresh_png():
    one = image_output(recoded(figure(), "JPEG", quality=90), mime="image/jpeg")
    assert compare_one(one, image_output(figure())).state == "within_tolerance"


def test_a_colour_of_an_area_that_changed_by_a_sixteenth_differs_in_a_jpeg_too():
    changed = figure(is_mapped=True, colour="#2f77b4")
    for one, is_changed in ((figure(is_mapped=True), True), (changed, False)):
        result = compare_pictures("image/png", recoded(one, "JPEG", quality=75), changed, Tolerance())
        assert (result.state == "differs") is is_changed


def test_forms_that_cannot_be_laid_beside_each_other_are_not_compared():
    drawing = image_output(b"", mime="image/svg+xml")
    drawing.data["image/svg+xml"] = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    assert compare_one(drawing, image_output(figure())).state == "not_compared"


def test_the_pictures_are_kept_as_evidence():
    result = compare_one(image_output(figure()), image_output(figure(has_spike=True)))
    assert base64.b64encode(result.published or b"").decode() == image_output(figure()).data["image/png"]
    assert result.fresh == figure(has_spike=True)
