"""The environment variables a kernel sees: an allow-list made here, nothing inherited."""

from __future__ import annotations

from typing import Final

from reproduce.runner.job import Job
from reproduce.runner.workspace import WORK_NAME

_ONE_THREAD: Final = (
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
_SOURCE_DATE: Final = "315532800"


def kernel_environment(job: Job, *, home: str, tmp: str) -> dict[str, str]:
    """Return the kernel's whole environment.

    One thread for each numerical library and a fixed hash seed, because sums and set orders otherwise change from run
    to run. MPLBACKEND is left unset: the kernel chooses its inline backend when nothing else is declared.
    """
    roots = ":".join(f"{home}/{WORK_NAME}/{root}" for root in job.import_roots)
    return {
        **({"PYTHONPATH": roots} if roots else {}),
        "PATH": f"{job.kernel.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": tmp,
        "USER": "reprise",
        "LOGNAME": "reprise",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": _SOURCE_DATE,
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter-runtime",
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        **dict.fromkeys(_ONE_THREAD, "1"),
        **job.environment_variables,
    }
