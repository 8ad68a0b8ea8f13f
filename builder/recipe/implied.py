"""Kept tables of what code needs without importing it: readers behind a call, extensions behind a magic.

Sources: "Optional dependencies" in the installation guide of pandas; the documentation of xarray, plotly and dask; the
documentation of each extension of IPython.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

# "module call distribution...": needed where a file imports the module and makes the call.
_CALLS: Final = """
pandas read_excel xlrd openpyxl
pandas ExcelFile xlrd openpyxl
pandas ExcelWriter openpyxl
pandas to_excel openpyxl
pandas read_hdf tables
pandas to_hdf tables
pandas HDFStore tables
pandas read_parquet pyarrow
pandas to_parquet pyarrow
pandas read_feather pyarrow
pandas to_feather pyarrow
pandas read_orc pyarrow
pandas read_html lxml
pandas read_xml lxml
pandas to_xml lxml
pandas read_spss pyreadstat
pandas to_markdown tabulate
pandas to_xarray xarray
pandas background_gradient matplotlib jinja2
pandas highlight_max jinja2
pandas highlight_min jinja2
pandas highlight_null jinja2
pandas set_table_styles jinja2
pandas scatter_matrix matplotlib
xarray open_dataset netCDF4
xarray load_dataset netCDF4
xarray open_dataarray netCDF4
xarray load_dataarray netCDF4
xarray open_mfdataset netCDF4 dask
xarray to_netcdf netCDF4
xarray open_zarr zarr
xarray to_zarr zarr
networkx draw_networkx matplotlib
networkx draw_networkx_nodes matplotlib
networkx to_pydot pydot
networkx read_dot pydot
networkx graphviz_layout pydot
networkx to_agraph pygraphviz
networkx read_shp GDAL
plotly write_image kaleido
plotly FigureWidget ipywidgets
geopandas sjoin rtree
geopandas overlay rtree
"""

# "module distribution...": needed by every notebook that imports the module.
_MODULES: Final = """
jax jaxlib
keras tensorflow
plotly nbformat
scipy.datasets pooch
tensorflow_hub tensorflow
tensorflow_probability tensorflow
"""

# "magic distribution...": a line or cell magic, and what brings it.
_MAGICS: Final = """
R rpy2
Rdevice rpy2
Rget rpy2
Rpull rpy2
Rpush rpy2
cython Cython
cython_inline Cython
cython_pyximport Cython
fortran fortran-magic
heat py-heat-magic
itikz itikz
julia julia
lprun line_profiler
matplotlib matplotlib
memit memory_profiler
mprun memory_profiler
octave oct2py
octave_eval oct2py
px ipyparallel
pylab matplotlib numpy
snakeviz snakeviz
sql ipython-sql
tensorboard tensorboard
version_information version_information
watermark watermark
"""

# "extension distribution": what %load_ext names, where it is not the module of the distribution.
_EXTENSIONS: Final = """
autoreload
autotime ipython-autotime
bigquery
blackcellmagic blackcellmagic
cythonmagic Cython
Cython Cython
fortranmagic fortran-magic
google.cloud.bigquery google-cloud-bigquery
google.colab.data_table
heat py-heat-magic
lab_black nb-black
nb_black nb-black
octavemagic oct2py
parallelmagic ipyparallel
rmagic rpy2
sql ipython-sql
storemagic
sympy.interactive.ipythonprinting sympy
sympyprinting sympy
tikzmagic
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {row[0]: tuple(row[1:]) for row in rows}


CALLS: Final = {tuple(line.split()[:2]): tuple(line.split()[2:]) for line in _CALLS.strip().splitlines()}
MODULES: Final = _table(_MODULES)
MAGICS: Final = _table(_MAGICS)
EXTENSIONS: Final = _table(_EXTENSIONS)
_CALLED: Final = re.compile(r"(?<![\w])([A-Za-z_]\w*)\s*\(")
_MAGIC: Final = re.compile(r"^[ \t]*(?:[\w, ]{1,100}=[ \t]*)?%{1,2}(\w+)([^\n]*)", re.MULTILINE)
_MAGIC_CALL: Final = re.compile(
    r"get_ipython\(\)\s*\.\s*(?:run_line_magic|run_cell_magic|magic)\s*\(\s*u?[\"']%?(\w+)[ \"',]*([\w.]*)"
)
_BACKENDS: Final = {"widget": "ipympl", "ipympl": "ipympl"}
# A frame's .plot and .style are attributes; a frame is what pandas made, so pandas must be imported beside.
_PANDAS_PLOT: Final = re.compile(r"\.plot\s*\(|\.plot\.\w+\s*\(|\.(?:hist|boxplot)\s*\(")
_PANDAS_STYLE: Final = re.compile(r"\.style\s*\.\s*(?:format|apply|applymap|map|bar|set_\w+|hide\w*|highlight_\w+)\b")


def implied_by_code(code: str, modules: Iterable[str]) -> Iterator[str]:
    """Yield the distributions that `code` (strings blanked) needs beside the `modules` that its file imports."""
    tops = {module.split(".")[0] for module in modules}
    calls = set(_CALLED.findall(code))
    for (module, call), distributions in CALLS.items():
        if module in tops and call in calls:
            yield from distributions
    if "pandas" in tops and _PANDAS_STYLE.search(code):
        yield "jinja2"
    if "pandas" in tops and not tops & {"matplotlib", "pylab"} and _PANDAS_PLOT.search(code):
        yield "matplotlib"


def implied_by_modules(modules: Iterable[str]) -> Iterator[str]:
    """Yield the distributions that a notebook needs because it imports `modules`."""
    for module in modules:
        for prefix, distributions in MODULES.items():
            if module == prefix or module.startswith(f"{prefix}."):
                yield from distributions


def implied_by_magics(source: str) -> Iterator[str]:
    """Yield the distributions that the magics of a cell need. An unknown extension is the module of that name."""
    for name, rest in [*_MAGIC.findall(source), *_MAGIC_CALL.findall(source)]:
        if name in ("load_ext", "reload_ext"):
            yield from _of_extension(rest)
            continue
        yield from MAGICS.get(name, ())
        backend = _BACKENDS.get(rest.strip().split(" ")[0]) if name == "matplotlib" else None
        if backend:
            yield backend


def _of_extension(rest: str) -> Iterator[str]:
    named = re.match(r"\s*([A-Za-z_][\w.]*)", rest)
    if not named:
        return
    if named[1] in EXTENSIONS:
        yield from EXTENSIONS[named[1]]
    else:
        yield f"module:{named[1]}"
