"""Settings of the comparison."""

from __future__ import annotations

from config.env import Environment


def read_comparison_settings(env: Environment) -> int:
    """Return how many threads compare the pictures of one notebook; 0 is one for each processor."""
    return env.integer(
        "REPRISE_COMPARE_THREADS",
        0,
        "Threads that compare a notebook's pictures; 0 is one for each processor the worker may use, 4 at most.",
        most=4,
    )
