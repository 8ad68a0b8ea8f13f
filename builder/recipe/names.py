"""Kept tables of names: which distribution brings a module, what conda calls it, and what was renamed since.

Sources: the projects' own pages at the Python Package Index; conda-forge's feedstocks for the conda names; the Python
library reference of 2.7 for modules that Python 3 no longer has.
"""

from __future__ import annotations

import sys
from typing import Final

MODULE_TO_DISTRIBUTION: Final[dict[str, str]] = dict(
    pair.split(":")
    for pair in ["Bio:biopython", "Crypto:pycryptodome", "Cython:cython", "IPython:ipython", "MDAnalysis:MDAnalysis", "MySQLdb:mysqlclient", "OpenGL:PyOpenGL", "OpenSSL:pyOpenSSL", "PIL:pillow", "PyPDF2:PyPDF2", "PyQt5:PyQt5", "PySide2:PySide2", "PySide6:PySide6", "Xlib:python-xlib", "absl:absl-py", "apt_pkg:python-apt", "arviz:arviz", "astropy:astropy", "attr:attrs", "axes_grid1:matplotlib", "babel:Babel", "bayes_opt:bayesian-optimization", "bs4:beautifulsoup4", "cairo:pycairo", "cairosvg:CairoSVG", "cartopy:Cartopy", "cv2:opencv-python-headless", "corner:corner", "dash_core_components:dash-core-components", "dateutil:python-dateutil", "dbfread:dbfread", "deap:deap", "descartes:descartes", "discretisedfield:discretisedfield", "dns:dnspython", "docx:python-docx", "dot_parser:pydot", "dotenv:python-dotenv", "editor:python-editor", "emcee:emcee", "extra_data:EXtra-data", "extra_geom:EXtra-geom", "fabio:fabio", "faiss:faiss-cpu", "fitz:PyMuPDF", "flask:Flask", "fuzzywuzzy:fuzzywuzzy", "gdal:GDAL", "git:GitPython", "google.protobuf:protobuf", "gi:PyGObject", "graphviz:graphviz", "grpc:grpcio", "gridspec:matplotlib", "h5py:h5py", "haishoku:haishoku", "hdf5plugin:hdf5plugin", "hpccm:hpccm", "igraph:python-igraph", "image_registration:image-registration", "ipympl:ipympl", "ipywidgets:ipywidgets", "jose:python-jose", "jupyter_core:jupyter-core", "jwt:PyJWT", "karabo_data:karabo-data", "keras:keras", "kivy:Kivy", "lib2to3:lib2to3", "lxml:lxml", "magic:python-magic", "markdown:Markdown", "mpl_toolkits:matplotlib", "mplhep:mplhep", "mpi4py:mpi4py", "msgpack:msgpack", "nacl:PyNaCl", "nbformat:nbformat", "netCDF4:netCDF4", "nmrglue:nmrglue", "numpy:numpy", "nexusformat:nexusformat", "odf:odfpy", "osgeo:GDAL", "oommfc:oommfc", "past:future", "paramiko:paramiko", "pcl:python-pcl", "periodictable:periodictable", "pkg_resources:setuptools", "playhouse:peewee", "plotly:plotly", "podpac:podpac", "prettytable:prettytable", "progressbar:progressbar2", "psycopg2:psycopg2-binary", "pyFAI:pyFAI", "pyNN:PyNN", "pydicom:pydicom", "pylab:matplotlib", "pymc3:pymc3", "pysam:pysam", "pytorch_lightning:pytorch-lightning", "pywt:PyWavelets", "qdarkstyle:QDarkStyle", "rdkit:rdkit", "ruamel:ruamel.yaml", "sasmodels:sasmodels", "sasdata:sasdata", "scitbx:cctbx-base", "serial:pyserial", "shapefile:pyshp", "shapely:Shapely", "silx:silx", "skbeam:scikit-beam", "skbio:scikit-bio", "skfda:scikit-fda", "skfmm:scikit-fmm", "skgstat:scikit-gstat", "skimage:scikit-image", "sklearn:scikit-learn", "skopt:scikit-optimize", "skued:scikit-ued", "slugify:python-slugify", "snappy:python-snappy", "socks:PySocks", "speech_recognition:SpeechRecognition", "sqlalchemy:SQLAlchemy", "tables:tables", "tenacity:tenacity", "tlz:toolz", "tqdm:tqdm", "ubermag:ubermag", "umap:umap-learn", "unidecode:Unidecode", "usb:pyusb", "vtk:vtk", "websocket:websocket-client", "werkzeug:Werkzeug", "wx:wxPython", "xarray:xarray", "xlrd:xlrd", "xrayutilities:xrayutilities", "yaml:PyYAML", "zmq:pyzmq", "tensorflow_probability:tensorflow-probability", "mystic:mystic", "lmfit:lmfit", "jinja2:Jinja2", "six:six", "pythreejs:pythreejs", "itkwidgets:itkwidgets", "k3d:k3d", "pyvista:pyvista", "sns:seaborn", "mayavi:mayavi", "tvtk:mayavi", "traits:traits", "pyface:pyface", "dipy:dipy", "nibabel:nibabel", "nilearn:nilearn", "mne:mne", "obspy:obspy", "pyproj:pyproj", "iminuit:iminuit", "uproot:uproot", "awkward:awkward", "ROOT:ROOT", "pint:Pint", "uncertainties:uncertainties"]
)

# The modules of one project that is imported under a name of its namespace.
NAMESPACE_MODULES: Final[dict[str, str]] = {
    "google.cloud.storage": "google-cloud-storage",
    "google.protobuf": "protobuf",
    "ruamel.yaml": "ruamel.yaml",
    "mpl_toolkits.basemap": "basemap",
    "mpl_toolkits.mplot3d": "matplotlib",
    "backports.functools_lru_cache": "backports.functools_lru_cache",
}

# Modules that are part of an environment which has to be there before any kernel runs, or are no package at all.
NOT_ON_AN_INDEX: Final = frozenset(
    {
        "ROOT",
        "apt_pkg",
        "gi",
        "lib2to3",
        "google.colab",
        "fenics",
        "dolfin",
        "finmag",
        "paraview",
        "pymol",
        "hutch_python",
    }
)

_PYTHON_2: Final = frozenset(
    ["BaseHTTPServer", "CGIHTTPServer", "ConfigParser", "Cookie", "DocXMLRPCServer", "HTMLParser", "MimeWriter", "Queue", "SimpleHTTPServer", "SimpleXMLRPCServer", "SocketServer", "StringIO", "Tix", "Tkinter", "UserDict", "UserList", "UserString", "__builtin__", "_winreg", "anydbm", "asynchat", "asyncore", "audiodev", "bsddb", "cPickle", "cStringIO", "commands", "compiler", "cookielib", "copy_reg", "dbhash", "dircache", "distutils", "dl", "dumbdbm", "dummy_thread", "dummy_threading", "exceptions", "fpformat", "ftplib", "future_builtins", "gdbm", "getopt", "gopherlib", "hotshot", "htmlentitydefs", "htmllib", "httplib", "ihooks", "imp", "imputil", "itertools", "ittypes", "markupbase", "md5", "mhlib", "mimetools", "mimify", "multifile", "mutex", "new", "nntplib", "os2emxpath", "parser", "pipes", "popen2", "posixfile", "repr", "rexec", "rfc822", "robotparser", "sets", "sgmllib", "sha", "smtpd", "spwd", "statvfs", "stringold", "strop", "sunau", "sunaudio", "symbol", "telnetlib", "thread", "tkColorChooser", "tkCommonDialog", "tkFileDialog", "tkFont", "tkMessageBox", "tkSimpleDialog", "toaiff", "ttk", "urllib", "urllib2", "urlparse", "user", "uu", "whichdb", "whrandom", "xdrlib", "xmllib", "xmlrpclib"]
)
_PYTHON_3_PAST: Final = frozenset(
    ["aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils", "formatter", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "tkinter", "turtle", "uu", "xdrlib", "tomllib", "zoneinfo"]
)
STANDARD_MODULES: Final[frozenset[str]] = (
    frozenset(sys.stdlib_module_names) | _PYTHON_2 | _PYTHON_3_PAST | {"__future__"}
)

# What was renamed, by normalised name: the name to ask for, and why. Applied wherever a requirement is declared.
RENAMED: Final[dict[str, tuple[str, str]]] = {
    "sklearn": ("scikit-learn", "sklearn is the name of its module"),
    "skimage": ("scikit-image", "skimage is the name of its module"),
    "cv2": ("opencv-python-headless", "cv2 is the name of its module"),
    "opencv": ("opencv-python-headless", "the index has no opencv"),
    "pil": ("pillow", "PIL is no longer released"),
    "bs4": ("beautifulsoup4", "bs4 is the name of its module"),
    "yaml": ("PyYAML", "yaml is the name of its module"),
    "dateutil": ("python-dateutil", "dateutil is the name of its module"),
    "pytorch": ("torch", "the index calls it torch"),
    "mpl-toolkits": ("matplotlib", "mpl_toolkits is part of matplotlib"),
    "pytables": ("tables", "the index calls it tables"),
}

# conda's name (lower case): the index's name, or "" for what is no Python package.
CONDA_TO_DISTRIBUTION: Final[dict[str, str]] = dict(
    pair.split(":")
    for pair in ["pytables:tables", "opencv:opencv-python-headless", "py-opencv:opencv-python-headless", "pytorch:torch", "pytorch-cpu:torch", "pytorch-gpu:torch", "matplotlib-base:matplotlib", "seaborn-base:seaborn", "netcdf4:netCDF4", "python-graphviz:graphviz", "python-igraph:igraph", "faiss:faiss-cpu", "tensorflow-gpu:tensorflow", "tensorflow-base:tensorflow", "jupyter_client:jupyter-client", "jupyter_core:jupyter-core", "lightning:lightning", "psycopg2:psycopg2-binary", "mysql-connector-python:mysql-connector-python", "pyqt:PyQt5", "dask-core:dask", "plotly_express:plotly-express", "sqlite:", "hdf5:", "libnetcdf:", "mkl:", "mkl-service:", "blas:", "libblas:", "liblapack:", "openblas:", "nomkl:", "gcc:", "gxx:", "gfortran:", "gfortran_linux-64:", "gcc_linux-64:", "gxx_linux-64:", "compilers:", "c-compiler:", "cxx-compiler:", "fortran-compiler:", "cmake:", "make:", "pkg-config:", "libgfortran:", "libgcc:", "libgcc-ng:", "libstdcxx-ng:", "_libgcc_mutex:", "_openmp_mutex:", "openssl:", "ca-certificates:", "certifi:certifi", "zlib:", "xz:", "tk:", "readline:", "ncurses:", "libffi:", "libpng:", "freetype:", "jpeg:", "libtiff:", "fftw:", "gsl:", "boost:", "openmpi:", "mpich:", "mpi:", "cudatoolkit:", "cuda:", "cudnn:", "git:", "git-lfs:", "nodejs:", "texlive-core:", "pandoc:", "graphviz:", "ffmpeg:", "imagemagick:", "wget:", "curl:", "vim:", "python_abi:", "tzdata:", "ld_impl_linux-64:", "icu:", "qt:", "dbus:", "glib:", "expat:", "fontconfig:", "gstreamer:", "gst-plugins-base:", "libxcb:", "libxml2:", "libsodium:", "zeromq:", "intel-openmp:", "llvm-openmp:", "libuuid:", "pcre:", "bzip2:", "lz4-c:", "zstd:", "snappy:", "geos:", "proj:", "proj4:", "libgdal:", "eccodes:", "r-base:", "r-irkernel:", "julia:", "octave:", "conda:", "anaconda-client:anaconda-client", "pip:", "setuptools:setuptools", "wheel:wheel"]
    if ":" in pair
)

# Requirements that are collections of applications around a kernel: they bring nothing that a notebook's code imports.
CONDA_COLLECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "jupyter": ("ipywidgets",),
    "notebook": (),
    "jupyterlab": (),
    "nb_conda": (),
    "nb_conda_kernels": (),
    "jupyter_contrib_nbextensions": (),
    "scipy-stack": ("numpy", "scipy", "matplotlib", "pandas", "sympy"),
    "anaconda": ("numpy", "scipy", "matplotlib", "pandas", "sympy", "scikit-learn", "scikit-image", "statsmodels",
                 "bokeh", "seaborn", "h5py", "tables", "networkx", "numba", "xlrd", "openpyxl", "requests"),
}  # fmt: skip
