"""A report with everything in it: figures that differ, numbers, a table, rules that fired, what is not compared."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import nbformat
from matplotlib.figure import Figure

from catalog.causes import cause
from reproduce.compare import compare_notebooks
from reproduce.report import Report, ReportedFile, ReportedNotebook
from reproduce.reproduction import Reproduction
from reproduce.runner.job import Result
from reproduce.statement import notebook_json, reproduction_json

MANY_CELLS = 60


def figure(shift: float = 0.0) -> str:
    """Return a plot as a notebook stores it; one of its points is moved by `shift`."""
    drawn = Figure(figsize=(5, 3.5), dpi=80)
    axes = drawn.subplots()
    values = [x * x / 20 for x in range(12)]
    values[7] += shift
    axes.plot(range(12), values, "o-", label="intensity")
    axes.set_xlabel("q (1/nm)")
    axes.set_title("Small angle scattering")
    axes.legend()
    stream = io.BytesIO()
    drawn.savefig(stream, format="png")
    return base64.b64encode(stream.getvalue()).decode()


def _notebook(*, shift: float, mean: str, table: tuple[str, str], address: str) -> Any:  # noqa: ANN401 - nbformat's
    def cell(name: str, source: str, *outputs: Any) -> Any:  # noqa: ANN401 - as above
        made = nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1)
        made["id"] = name
        return made

    display, stream = nbformat.v4.new_output, nbformat.v4.new_output
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in zip("ab", table, strict=True))
    html = f"<table><tr><th>k</th><th>v</th></tr>{rows}</table>"
    cells = [
        cell("silent", "import numpy"),
        cell("plot", "plot(q, intensity)", display("display_data", data={"image/png": figure(shift)})),
        cell("same", "plot(q)", display("display_data", data={"image/png": figure()})),
        cell(
            "mean", "print(mean, error)", stream("stream", name="stdout", text=f"mean {mean}\nerror 0.0312\ncount 12\n")
        ),
        cell("table", "frame", display("execute_result", data={"text/html": html}, execution_count=1)),
        cell(
            "object", "fit", display("execute_result", data={"text/plain": f"<Fit at 0x{address}>"}, execution_count=1)
        ),
        cell("clock", "# NBVAL_IGNORE_OUTPUT\nprint(now())", stream("stream", name="stdout", text=f"{shift}\n")),
    ]
    cells += [
        cell(f"more-{number}", f"print({number})", stream("stream", name="stdout", text=f"{number}\n"))
        for number in range(MANY_CELLS)
    ]
    return nbformat.v4.new_notebook(cells=cells)


def sample_report() -> Report:
    """Return a report of one notebook that differs, in an environment, with publication and files."""
    comparison = compare_notebooks(
        _notebook(shift=0.0, mean="1.2345678", table=("10.50", "7"), address="7f0123456789"),
        _notebook(shift=1.5, mean="1.2345679", table=("10.57", "7"), address="7fabcdef0123"),
    )
    result = Result(
        status="completed",
        failure=None,
        started_at="2024-06-01T00:00:00+00:00",
        ended_at="2024-06-01T00:00:03+00:00",
        run_s=3.0,
        first_cell_s=1.0,
        cells_total=19,
        cells_done=19,
        sandbox={"kind": "bwrap", "version": "0.8.0", "network": False, "limits": {"memory_bytes": {"value": 5}}},
        machine={"processor": "A processor", "processors": 2, "memory_bytes": 2**33},
        digests={"notebook": "cd" * 32, "executed": "ab" * 32},
        data=[
            {
                "dataset": "10.5072/frames",
                "at": "data/raw",
                "files": 3,
                "bytes": 4096,
                "checked": {"sha256": 3},
                "checked_at": "2024-05-31",
                "manifest_sha256": "ef" * 32,
            }
        ],
        variables={"values": {"OMP_NUM_THREADS": "1"}, "sha256": "12" * 32},
    )
    why = cause("outputs-differ", count=3, total=17)
    reproduction = Reproduction("differs", why, result, comparison, Path())
    said = notebook_json(
        "figures/fig 1.ipynb",
        verdict="differs",
        cause=why,
        result=result,
        comparison=comparison,
        parameters={"gain": 2},
    )
    environment = {
        "engine": "local",
        "python": "3.9.18",
        "as_of": "2021-08-31T23:59:59+00:00",
        "recipe_files": ["requirements.txt"],
        "lock_sha256": "34" * 32,
        "packages": [{"name": f"package-{number}", "version": f"1.{number}"} for number in range(60)],
        "approximations": ["Python 3.8 is not at hand; 3.9 is the nearest."],
        "reasons": {"python": "asked for in runtime.txt", "as_of": "the date of the commit"},
        "companion": {"locale": "C.UTF-8"},
        "details": {"uv": {"version": "0.9"}},
    }
    statement = reproduction_json(
        source="https://github.com/example/paper",
        commit="a" * 40,
        swhid="swh:1:dir:" + "b" * 40,
        environment=environment,
        notebooks=[said],
    )
    return Report(
        title="Figure 1 of a paper about silica",
        statement=statement,
        notebooks=(ReportedNotebook("figures/fig 1.ipynb", reproduction),),
        publication=("10.5072/silica", "A paper about silica"),
        files=(ReportedFile("executed.ipynb", "ab" * 32, 4096), ReportedFile("pylock.toml", "34" * 32, 2048)),
    )
