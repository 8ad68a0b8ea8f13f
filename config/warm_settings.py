"""Settings of the kernels that wait for the next click."""

from __future__ import annotations

from config.env import Environment


def read_warm_settings(env: Environment) -> tuple[int, int, int]:
    """Return how many kernels a worker keeps started, their memory together in bytes, and for how many seconds."""
    return (
        env.integer(
            "REPRISE_WARM_KERNELS",
            0,
            "Kernels that a worker keeps started, so that runs begin at once; 0 is none.",
            most=256,
        ),
        env.size("REPRISE_WARM_MEMORY", "2G", "Memory of all waiting kernels of a worker together."),
        env.integer(
            "REPRISE_WARM_IDLE_S", 600, "Seconds for which a kernel waits after its notebooks were asked for.", least=1
        ),
    )
