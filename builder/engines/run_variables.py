"""The environment variables that are the same in every run, and what each settles. The runner sets them, and so does
the verification of an environment, so that what the environment says of itself holds for its runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

ONE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
)
# 1980-01-01, the earliest date that every archive format can hold.
EARLIEST_EPOCH: Final = 315532800
# One thread for each numerical library and a fixed hash seed, because sums and set orders otherwise change from run to
# run. A target may declare another number of threads, and a backend for Matplotlib; without one MPLBACKEND is left
# unset and the kernel chooses its inline backend.
RUN_VARIABLES: Final[Mapping[str, str]] = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SOURCE_DATE_EPOCH": str(EARLIEST_EPOCH),
    **dict.fromkeys(ONE_THREAD, "1"),
}


def home_variables(home: str, tmp: str) -> dict[str, str]:
    """Return the variables that name places of one run: its home and its directory for temporary files."""
    return {
        "HOME": home,
        "TMPDIR": tmp,
        "USER": "reprise",
        "LOGNAME": "reprise",
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter-runtime",
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
    }


def source_date_epoch(committed_at: datetime | None) -> int:
    """Return the date of a commit as SOURCE_DATE_EPOCH: seconds since 1970, from 1980 on, which is also no date's."""
    return EARLIEST_EPOCH if committed_at is None else max(EARLIEST_EPOCH, int(committed_at.timestamp()))


def declared_variables(*, threads: int, matplotlib_backend: str, source_date_epoch: int) -> dict[str, str]:
    """Return the variables for what a target may declare and its snapshot settles; no backend sets none."""
    return {
        "SOURCE_DATE_EPOCH": str(source_date_epoch),
        **dict.fromkeys(ONE_THREAD, str(threads)),
        **({"MPLBACKEND": matplotlib_backend} if matplotlib_backend else {}),
    }
