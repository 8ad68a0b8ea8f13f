"""The environment variables that are the same in every run, and what each settles. The runner sets them, and so does
the verification of an environment, so that what the environment says of itself holds for its runs."""

from __future__ import annotations

from collections.abc import Mapping
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
# One thread for each numerical library and a fixed hash seed, because sums and set orders otherwise change from run to
# run. MPLBACKEND is left unset: the kernel chooses its inline backend when nothing else is declared.
RUN_VARIABLES: Final[Mapping[str, str]] = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    # 1980-01-01, the earliest date that every archive format can hold.
    "SOURCE_DATE_EPOCH": "315532800",
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
