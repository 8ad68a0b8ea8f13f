"""Ways to say how much two pictures differ: ours and those it is measured against. Above its threshold one alarms."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.testing.compare import calculate_rms
from matplotlib.testing.exceptions import ImageComparisonFailure
from PIL import Image
from scipy import fft, ndimage

from reproduce.compare import Tolerance
from reproduce.compare.images import compare_pictures
from reproduce.compare.raster import decode_picture

Grey = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Method:
    """A score of two encoded pictures, 0 for the same, and the threshold above which they are called different."""

    score: Callable[[bytes, bytes], float]
    threshold: float
    threshold_is: str


def ours(one: bytes, other: bytes) -> float:
    """Return the metric of `compare_pictures`; infinite where the pictures cannot be laid onto each other."""
    result = compare_pictures("image/png", one, other, Tolerance())
    if result.state == "identical":
        return 0.0
    value = (result.metric or {}).get("value")
    return float("inf") if value is None else float(value)


def unequal_bytes(one: bytes, other: bytes) -> float:
    """Return 0 for equal files, 1 for others. This is also what nbval does with pictures where it compares them."""
    return float(one != other)


def nothing(_one: bytes, _other: bytes) -> float:
    """Return 0: stock nbval leaves `image/png` and `image/jpeg` out of its comparison."""
    return 0.0


def matplotlib_rms(one: bytes, other: bytes) -> float:
    """Return what matplotlib's `compare_images` calculates; pictures of two sizes are a failure there."""
    pictures = [np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"), dtype=np.int16) for encoded in (one, other)]
    try:
        return float(calculate_rms(*pictures))
    except ImageComparisonFailure:
        return float("inf")


def resized_rms(one: bytes, other: bytes) -> float:
    """Return the root mean square difference of grey values, the second picture drawn at the size of the first."""
    a, b = _greys(one, other)
    return float(np.sqrt(np.mean((a - b) ** 2)))


def dissimilarity(one: bytes, other: bytes) -> float:
    """Return 1 - SSIM, with Gaussian weights of 1.5 px (Wang et al. 2004, doi:10.1109/TIP.2003.819861)."""
    a, b = _greys(one, other)

    def mean(values: Grey) -> Grey:
        return np.asarray(ndimage.gaussian_filter(values, 1.5))

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(1 - np.mean((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))))


def difference_hash(one: bytes, other: bytes) -> float:
    """Return how many of 64 bits differ: whether each of 8 by 9 reduced pixels is brighter than its neighbour."""

    def bits(encoded: bytes) -> npt.NDArray[np.bool_]:
        small = np.asarray(_grey(encoded).resize((9, 8), Image.Resampling.LANCZOS), dtype=np.int16)
        return small[:, 1:] > small[:, :-1]

    return float(np.count_nonzero(bits(one) != bits(other)))


def cosine_hash(one: bytes, other: bytes) -> float:
    """Return how many of 64 bits differ: which of the lowest frequencies of 32 by 32 pixels lie above their median."""

    def bits(encoded: bytes) -> npt.NDArray[np.bool_]:
        small = np.asarray(_grey(encoded).resize((32, 32), Image.Resampling.LANCZOS), dtype=np.float64)
        low = np.asarray(fft.dctn(small))[:8, :8]
        return low > np.median(low)

    return float(np.count_nonzero(bits(one) != bits(other)))


def _grey(encoded: bytes) -> Image.Image:
    return Image.fromarray(decode_picture(encoded).rgb).convert("L")


def _greys(one: bytes, other: bytes) -> tuple[Grey, Grey]:
    first, second = _grey(one), _grey(other)
    second = second.resize(first.size, Image.Resampling.BILINEAR)
    return np.asarray(first, dtype=np.float32), np.asarray(second, dtype=np.float32)


OURS: Final = "Reprise"
METHODS: Final[Mapping[str, Method]] = {
    OURS: Method(ours, 1.0, "its default"),
    "RMS as matplotlib": Method(matplotlib_rms, 2.0, "pytest-mpl's default"),
    "RMS, resized": Method(resized_rms, 2.0, "the same"),
    "1 - SSIM, resized": Method(dissimilarity, 0.05, "0.95 is a usual limit"),
    "dHash": Method(difference_hash, 10.0, "its author's"),
    "pHash": Method(cosine_hash, 10.0, "the same"),
    "bytes, nbval with nbdime": Method(unequal_bytes, 0.0, "any difference"),
    "nbval": Method(nothing, 0.0, "pictures are not compared"),
}
