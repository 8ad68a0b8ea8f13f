"""Which data a run may be shown, where, and how much of what it writes is kept."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment


def read_data_settings(env: Environment) -> tuple[list[str], list[str], int]:
    """Return the roots of data on this machine, the places in a run, and the bytes of output files that are kept."""
    roots = _directories(env, "REPRISE_DATA_ROOTS", "", "Directories below which data may lie that runs are shown.")
    places = _directories(
        env,
        "REPRISE_DATA_PLACES",
        "/data,/gpfs,/mnt,/srv",
        "Directories below which a run may be shown data at an absolute path.",
    )
    return roots, places, env.size("REPRISE_RUN_FILES", "64M", "Declared output files that are kept of one run.")


def _directories(env: Environment, name: str, default: str, meaning: str) -> list[str]:
    found = env.items(name, default, meaning)
    if not all(path.startswith("/") for path in found):
        raise ImproperlyConfigured(f"{name} must be absolute paths; see docs/settings.md.")
    return found
