"""Measure the figure comparison on generated pairs: detection and false alarms, ours against RMS and SSIM.

Run as `python -m benchmarks.comparison.calibrate`. It prints Markdown tables; docs/comparison.md holds a run of it.
"""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.comparison.figures import pairs
from reproduce.compare import Tolerance
from reproduce.compare.images import compare_pictures
from reproduce.compare.raster import decode_picture


def _greys(one: bytes, other: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return both pictures as grey values at the size of the first, as whole-picture scores are usually taken."""
    first, second = (Image.fromarray(decode_picture(encoded).rgb).convert("L") for encoded in (one, other))
    second = second.resize(first.size, Image.Resampling.BILINEAR)
    return np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)


def rms(one: bytes, other: bytes) -> float:
    """Return the root mean square difference of grey values."""
    a, b = _greys(one, other)
    return float(np.sqrt(np.mean((a - b) ** 2)))


def dissimilarity(one: bytes, other: bytes) -> float:
    """Return 1 - SSIM, with Gaussian weights of 1.5 px (Wang et al. 2004, doi:10.1109/TIP.2003.819861)."""
    a, b = _greys(one, other)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(ndimage.gaussian_filter(values, 1.5))

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(1 - np.mean((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))))


def caught_at(altered: list[float], same: list[float], false_alarms: float) -> float:
    """Return the share of altered pairs above the threshold that this share of the same pairs exceeds."""
    threshold = np.quantile(same, 1 - false_alarms)
    return float(np.mean(np.asarray(altered) > threshold))


def main() -> None:
    """Draw all pairs, compare them and print the tables."""
    verdicts: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    scores: dict[str, dict[bool, list[float]]] = defaultdict(lambda: defaultdict(list))
    seconds: list[float] = []
    for _, name, is_altered, one, other in pairs():
        start = time.perf_counter()
        result = compare_pictures("image/png", one, other, Tolerance())
        seconds.append(time.perf_counter() - start)
        if is_altered and result.state == "identical":
            continue
        value = (result.metric or {"value": 0.0})["value"]
        verdicts[is_altered, name].append(result.state == "differs")
        scores["ours"][is_altered].append(float("inf") if value is None else value)
        scores["RMS"][is_altered].append(rms(one, other))
        scores["1 - SSIM"][is_altered].append(dissimilarity(one, other))
    for is_altered, title in ((False, "Redrawn the same: false alarms"), (True, "Altered: caught")):
        print(f"\n| {title} | of | share |\n|---|---|---|")
        for (kind, name), found in verdicts.items():
            if kind == is_altered:
                print(f"| {name} | {sum(found)} of {len(found)} | {100 * np.mean(found):.0f} % |")
        every = [found for (kind, _), group in verdicts.items() if kind == is_altered for found in group]
        print(f"| all | {sum(every)} of {len(every)} | {100 * np.mean(every):.1f} % |")
    print("\n| caught at a false alarm rate of | 2 % | 5 % | 10 % | 25 % |\n|---|---|---|---|---|")
    for method, both in scores.items():
        cells = [f"{100 * caught_at(both[True], both[False], rate):.0f} %" for rate in (0.02, 0.05, 0.10, 0.25)]
        print(f"| {method} | {' | '.join(cells)} |")
    print(f"\nMedian time a pair: {1000 * np.median(seconds):.0f} ms.")


if __name__ == "__main__":
    main()
