"""The report as a PDF, printed by a Chromium that sees nothing but the report: no network, a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from builder.engines.sandbox import sandboxed

PRINT_TIMEOUT_S: Final = 180.0
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_READ: Final = ("/etc/fonts", "/etc/chromium", "/etc/chromium.d", "/opt/google/chrome")
_FLAGS: Final = (
    "--headless",
    # The sandbox around it is bubblewrap.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-extensions",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)
_BY_HAND: Final = "Open report.html in a browser and print it to a file; its style for print is the same."


class PrintError(Exception):
    """The report was not printed; says why, and what to do instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"report.pdf was not written: {reason}. {_BY_HAND}")


def find_chromium(wanted: str = "") -> str | None:
    """Return the program: `wanted`, a name or path, where it is given, else the first of the usual names."""
    names = (wanted,) if wanted else _NAMES
    return next((path for name in names if (path := shutil.which(name))), None)


def print_report(page: str, pdf: Path, *, wanted: str = "") -> None:
    """Print the report to the file `pdf`, whole or not at all. Raises PrintError."""
    program = find_chromium(wanted)
    if program is None:
        raise PrintError(f"there is no {wanted or 'Chromium'} here; name one in REPRISE_CHROMIUM")
    if shutil.which("bwrap") is None:
        raise PrintError("there is no sandbox (bubblewrap) to run Chromium in")
    with tempfile.TemporaryDirectory(prefix="reprise-print-") as name:
        scratch = Path(name).resolve()
        (scratch / "report.html").write_text(page, encoding="utf-8")
        printed = scratch / "report.pdf"
        command = [program, *_FLAGS, f"--user-data-dir={scratch / 'profile'}", f"--print-to-pdf={printed}"]
        _run([*command, (scratch / "report.html").as_uri()], scratch)
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF-"):
            raise PrintError("Chromium left no PDF")
        partial = pdf.with_name(f".{pdf.name}.{os.getpid()}")
        shutil.copyfile(printed, partial)
        partial.replace(pdf)


def _run(command: list[str], scratch: Path) -> None:
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    variables |= {"HOME": str(scratch), "TMPDIR": str(scratch)}
    line = sandboxed(
        command,
        readonly=[Path(path) for path in _READ],
        writable=[scratch],
        variables=variables,
        cwd=scratch,
        has_network=False,
    )
    try:
        subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, timeout=PRINT_TIMEOUT_S, check=True, env={}, cwd="/"
        )
    except subprocess.TimeoutExpired:
        raise PrintError(f"Chromium took longer than {PRINT_TIMEOUT_S:.0f} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise PrintError(f"Chromium ended short ({type(error).__name__})") from error
