"""Kept tables of names: which distribution brings a module, what conda calls it, and what was renamed since.

Sources: the projects' own pages at the Python Package Index; conda-forge's feedstocks for the conda names; the Python
library reference of 2.7 for modules that Python 3 no longer has.
"""

from __future__ import annotations

import sys
from typing import Final

# "module:distribution" where the two differ.
_MODULES: Final = """
absl:absl-py attr:attrs babel:Babel bayes_opt:bayesian-optimization Bio:biopython bs4:beautifulsoup4 cairo:pycairo
cairosvg:CairoSVG cartopy:Cartopy Crypto:pycryptodome cv2:opencv-python-headless Cython:cython
dash_core_components:dash-core-components dateutil:python-dateutil dns:dnspython docx:python-docx
dotenv:python-dotenv extra_data:EXtra-data extra_geom:EXtra-geom faiss:faiss-cpu fitz:PyMuPDF flask:Flask gdal:GDAL
git:GitPython grpc:grpcio igraph:python-igraph image_registration:image-registration IPython:ipython jinja2:Jinja2
jose:python-jose jupyter_core:jupyter-core jwt:PyJWT karabo_data:karabo-data kivy:Kivy magic:python-magic
markdown:Markdown mpl_toolkits:matplotlib MySQLdb:mysqlclient nacl:PyNaCl odf:odfpy OpenGL:PyOpenGL
OpenSSL:pyOpenSSL osgeo:GDAL past:future PIL:pillow pint:Pint pkg_resources:setuptools progressbar:progressbar2
psycopg2:psycopg2-binary pylab:matplotlib pyNN:PyNN pytorch_lightning:pytorch-lightning pywt:PyWavelets
qdarkstyle:QDarkStyle ruamel:ruamel.yaml scitbx:cctbx-base serial:pyserial shapefile:pyshp shapely:Shapely
skbeam:scikit-beam skbio:scikit-bio skfda:scikit-fda skfmm:scikit-fmm skgstat:scikit-gstat skimage:scikit-image
sklearn:scikit-learn skopt:scikit-optimize skued:scikit-ued slugify:python-slugify snappy:python-snappy
socks:PySocks speech_recognition:SpeechRecognition sqlalchemy:SQLAlchemy
tensorflow_probability:tensorflow-probability tlz:toolz tvtk:mayavi umap:umap-learn unidecode:Unidecode usb:pyusb
websocket:websocket-client werkzeug:Werkzeug wx:wxPython Xlib:python-xlib yaml:PyYAML zmq:pyzmq
"""
MODULE_TO_DISTRIBUTION: Final[dict[str, str]] = dict(pair.split(":") for pair in _MODULES.split())

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

_PYTHON_2: Final = """
BaseHTTPServer CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser MimeWriter Queue SimpleHTTPServer
SimpleXMLRPCServer SocketServer StringIO Tix Tkinter UserDict UserList UserString __builtin__ _winreg anydbm
asynchat asyncore audiodev bsddb cPickle cStringIO commands compiler cookielib copy_reg dbhash dircache distutils dl
dumbdbm dummy_thread dummy_threading exceptions fpformat ftplib future_builtins gdbm getopt gopherlib hotshot
htmlentitydefs htmllib httplib ihooks imp imputil itertools ittypes markupbase md5 mhlib mimetools mimify multifile
mutex new nntplib os2emxpath parser pipes popen2 posixfile repr rexec rfc822 robotparser sets sgmllib sha smtpd spwd
statvfs stringold strop sunau sunaudio symbol telnetlib thread tkColorChooser tkCommonDialog tkFileDialog tkFont
tkMessageBox tkSimpleDialog toaiff ttk urllib urllib2 urlparse user uu whichdb whrandom xdrlib xmllib xmlrpclib
"""
_PYTHON_3_PAST: Final = """
aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils formatter imghdr imp lib2to3 mailcap msilib
nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib tkinter tomllib turtle uu xdrlib zoneinfo
"""
STANDARD_MODULES: Final[frozenset[str]] = frozenset(
    [*sys.stdlib_module_names, *_PYTHON_2.split(), *_PYTHON_3_PAST.split(), "__future__"]
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

# "conda's name:the index's name"; nothing after the colon for what is no Python package.
_CONDA: Final = """
_libgcc_mutex: _openmp_mutex: anaconda-client:anaconda-client blas: boost: bzip2: c-compiler: ca-certificates:
certifi:certifi cmake: compilers: conda: cuda: cudatoolkit: cudnn: curl: cxx-compiler: dask-core:dask dbus: eccodes:
expat: faiss:faiss-cpu ffmpeg: fftw: fontconfig: fortran-compiler: freetype: gcc: gcc_linux-64: geos: gfortran:
gfortran_linux-64: git: git-lfs: glib: graphviz: gsl: gst-plugins-base: gstreamer: gxx: gxx_linux-64: hdf5: icu:
imagemagick: intel-openmp: jpeg: julia: jupyter_client:jupyter-client jupyter_core:jupyter-core ld_impl_linux-64:
libblas: libffi: libgcc: libgcc-ng: libgdal: libgfortran: liblapack: libnetcdf: libpng: libsodium: libstdcxx-ng:
libtiff: libuuid: libxcb: libxml2: lightning:lightning llvm-openmp: lz4-c: make: matplotlib-base:matplotlib mkl:
mkl-service: mpi: mpich: mysql-connector-python:mysql-connector-python ncurses: netcdf4:netCDF4 nodejs: nomkl:
octave: openblas: opencv:opencv-python-headless openmpi: openssl: pandoc: pcre: pip: pkg-config:
plotly_express:plotly-express proj: proj4: psycopg2:psycopg2-binary py-opencv:opencv-python-headless pyqt:PyQt5
pytables:tables python-graphviz:graphviz python-igraph:igraph python_abi: pytorch:torch pytorch-cpu:torch
pytorch-gpu:torch qt: r-base: r-irkernel: readline: seaborn-base:seaborn setuptools:setuptools snappy: sqlite:
tensorflow-base:tensorflow tensorflow-gpu:tensorflow texlive-core: tk: tzdata: vim: wget: wheel:wheel xz: zeromq:
zlib: zstd:
"""
CONDA_TO_DISTRIBUTION: Final[dict[str, str]] = dict(pair.split(":") for pair in _CONDA.split())

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
