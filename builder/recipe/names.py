"""Kept tables of names: which distribution brings a module, what conda calls it, and what was renamed since.

Sources: the projects' own pages at the Python Package Index, read in November 2026 (a module whose own name belongs to
somebody else's project there is either mapped or named as not on an index); conda-forge's feedstocks for the conda
names; the Python library reference of 2.7 for modules that Python 3 no longer has.
"""

from __future__ import annotations

import sys
from typing import Final

# "module:distribution" where the two differ by more than case, dots, dashes and underscores, which an index ignores.
_MODULES: Final = """
_pytest:pytest abel:PyAbel absl:absl-py AFQ:pyAFQ aiida:aiida-core allel:scikit-allel astra:astra-toolbox attr:attrs
barcode:python-barcode batman:batman-package bayes_opt:bayesian-optimization Bio:biopython
bioformats:python-bioformats BioSQL:biopython bs4:beautifulsoup4 cairo:pycairo can:python-can casacore:python-casacore
cctbx:cctbx-base community:python-louvain Crypto:pycryptodome Cryptodome:pycryptodomex cv2:opencv-python-headless
cv:opencv-python-headless dateutil:python-dateutil decouple:python-decouple discord:discord.py dns:dnspython
docx:python-docx dotenv:python-dotenv ecmwfapi:ecmwf-api-client ee:earthengine-api epics:pyepics faiss:faiss-cpu
fitz:PyMuPDF fortranmagic:fortran-magic gdalconst:GDAL gdalnumeric:GDAL git:GitPython github:PyGithub
gitlab:python-gitlab googleapiclient:google-api-python-client grpc:grpcio haiku:dm-haiku icat:python-icat
igraph:python-igraph Image:pillow ImageDraw:pillow ImageFont:pillow imblearn:imbalanced-learn iotbx:cctbx-base
ipopt:cyipopt iris:scitools-iris jarvis:jarvis-tools jnius:pyjnius jose:python-jose jpype:JPype1 jwt:PyJWT
lal:lalsuite lalburst:lalsuite lalframe:lalsuite lalinference:lalsuite lalsimulation:lalsuite larch:xraylarch
ldap:python-ldap Levenshtein:python-Levenshtein libsbml:python-libsbml magic:python-magic mmtbx:cctbx-base
mpl_toolkits:matplotlib MySQLdb:mysqlclient nacl:PyNaCl newspaper:newspaper3k ocelot:ocelot-desy odf:odfpy ogr:GDAL
OpenGL:PyOpenGL OpenSSL:pyOpenSSL osgeo:GDAL osr:GDAL past:future pdfminer:pdfminer.six PIL:pillow
pkg_resources:setuptools pptx:python-pptx progressbar:progressbar2 psycopg2:psycopg2-binary pyart:arm-pyart
pyclaw:clawpack PyEMD:EMD-signal pylab:matplotlib pymesh:pymesh2 pyro:pyro-ppl pywt:PyWavelets pyximport:Cython
quippy:quippy-ase roadrunner:libroadrunner rtmidi:python-rtmidi sas:sasview scitbx:cctbx-base serial:pyserial
Shadow:shadow3 shapefile:pyshp simtk:openmm skbeam:scikit-beam skbio:scikit-bio skcuda:scikit-cuda
skdim:scikit-dimension skfda:scikit-fda skfem:scikit-fem skfmm:scikit-fmm skfuzzy:scikit-fuzzy skgarden:scikit-garden
skgstat:scikit-gstat skimage:scikit-image sklearn:scikit-learn sklearn_extra:scikit-learn-extra
skmultiflow:scikit-multiflow skopt:scikit-optimize skrf:scikit-rf sksparse:scikit-sparse sksurv:scikit-survival
skued:scikit-ued skvideo:scikit-video slugify:python-slugify snappy:python-snappy socks:PySocks
speech_recognition:SpeechRecognition talib:TA-Lib tango:pytango telegram:python-telegram-bot tlz:toolz tvtk:mayavi
umap:umap-learn usb:pyusb visual:vpython websocket:websocket-client wrf:wrf-python wx:wxPython Xlib:python-xlib
yaml:PyYAML zeus:zeus-mcmc zmq:pyzmq
"""
MODULE_TO_DISTRIBUTION: Final[dict[str, str]] = dict(pair.split(":") for pair in _MODULES.split())

# Modules whose distribution has their name. Where a repository has a folder of such a name that is no package
# (examples/numpy/*.py), the import means the distribution.
_SAME_NAME: Final = """
abipy abtem albumentations altair anndata aplpy arviz ase asteval astral astroML astroplan astropy astroquery
astroscrappy asyncssh autograd awkward babel bcdi bilby blosc bluesky bokeh boto3 bottleneck bpy bqplot brian2 bumps
camb cantera cartopy casadi catboost ccdproc celerite cffi cfgrib cftime chaospy chempy click cloudpickle cmocean
colorcet control CoolProp corner cufflinks cupy cvxopt cvxpy cycler cython Cython Dans_Diffraction darfix dash dask
databroker datashader deap diffpy dill discretisedfield distributed docopt dynesty einops emcee ephem euphonic
extra_data extra_geom fabio fastai fiona fipy fisx flask flopy folium freesas fsspec future galpy gammapy gemmi gensim
geopandas geopy getdist ggplot gmpy2 graphviz gsw gwosc gwpy h5glance h5netcdf h5py h5pyd hankel hdbscan hdf5plugin
healpy holoviews hvplot hyperopt hyperspy hypothesis iapws image_registration imageio iminuit ipykernel ipyleaflet
ipympl ipyparallel IPython ipython_genutils ipythonblocks ipyvolume ipywidgets jax jinja2 joblib jupyter
jupyter_client jupyter_core jupyterlab k3d karabo_bridge karabo_data keras kikuchipy kiwisolver lammps landlab librosa
lifelines lightgbm lightkurve line_profiler lmfit lxml magpylib mahotas matminer matplotlib matplotlib_inline mayavi
mcstasscript MDAnalysis mdtraj memory_profiler mendeleev meshio metpy micromagneticmodel missingno mlxtend mne mock
moviepy mpi4py mpld3 mpmath mrcfile napari nbconvert nbdime nbformat nbval ncempy NCrystal netCDF4 networkx
nexusformat nglview nibabel nilearn nltk nmrglue nose notebook numba numdifftools numexpr numpy numpydoc obspy oct2py
odl oommfc openmm openpyxl optuna orix pandas pandas_datareader panel papermill param paramiko parmed patsy peakutils
periodictable pexpect phonopy photutils pims pint plasmapy plotly plotly_express plotnine pooch ppigrf prody psutil
pwlf py3Dmol py4DSTEM pyarrow PyAstronomy pybtex pycbc pycuda pydantic pydicom pydot pydub pyFAI pyfftw pyfits
pygments pygraphviz pymatgen pymc pymc3 PyMca5 pymcmcstat pynbody pyobjcryst pyopencl pypandoc pyparsing pyproj PyQt5
pysam pyscf PySide2 pyspeckit pysr pystan pyswarm pytest pythreejs pytz pyvista pyxem pyxtal qutip radio_beam radvel
rasterio ray rdkit rebound refl1d refnx regions reproject requests rpy2 SALib sasmodels scanpy scikits scipp
scippneutron scippnexus scipy seaborn seekpath setuptools shap shapely silx simplejson six sklearn_pandas sncosmo
spacy spectral spectral_cube specutils spglib sphinx spiceypy sqlalchemy statsmodels sunpy sympy tables tabulate
tensorflow termcolor theano threadpoolctl tifffile toolz torch torchvision tornado tqdm trackpy traitlets traits
transformers trimesh ubermag ultranest uncertainties uproot urllib3 vega_datasets version_information vpython vtk
watermark wordcloud xarray xesmf xgboost xlrd xlsxwriter xlwt xraydb xraylib xrayutilities xrt yt zarr
"""

# The modules that share a name's beginning; the longest beginning counts.
NAMESPACE_MODULES: Final[dict[str, str]] = {
    "IPython.html.widgets": "ipywidgets",
    "IPython.nbconvert": "nbconvert",
    "IPython.nbformat": "nbformat",
    "IPython.parallel": "ipyparallel",
    "backports": "",  # the distribution has the name with its dot: backports.lzma
    "dask.array": "dask[array]",
    "dask.bag": "dask[bag]",
    "dask.dataframe": "dask[dataframe]",
    "dask.distributed": "distributed",
    "diffpy": "",
    "diffpy.Structure": "diffpy.structure",
    "enthought.mayavi": "mayavi",
    "enthought.traits": "traits",
    "google.cloud": "",
    "google.protobuf": "protobuf",
    "jaraco": "",
    "mpl_toolkits.basemap": "basemap",
    "ruamel.yaml": "ruamel.yaml",
    "sphinxcontrib": "",
    "scikits": "",
    "scikits.learn": "scikit-learn",
    "scikits.sparse": "scikit-sparse",
    "scikits.statsmodels": "statsmodels",
    "scikits.umfpack": "scikit-umfpack",
}

# Modules that come with a program, a service, another installer or another name space of packages, or are nowhere
# public. Of most of them an index has a project of the same name that is something else.
_NOT_ON_AN_INDEX: Final = """
abaqus abaqusConstants apt_pkg arcpy caffe CASA ccp4 chimera cil dials dolfin dolfinx dxchange dxfile dxtbx
escript espressomd esys extra_foam fenics fidimag finmag Fr gdb gi google.colab graph_tool gtk hexrd hoomd hou
hutch_python iraf joommf lib2to3 lldb mantid mantidplot mantidqt matlab meep midas modeller mpb mumax nest Ngl Nio
oommfodt openeye openmc paraview psi4 ptypy pylal pylith pymol PyNGL pynx PyQt4 pyrosetta pythoncom PyTrilinos
ROOT sage schrodinger shogun tigre tomopy toolbox_scs win32api win32com win32con win32gui xspec
"""
NOT_ON_AN_INDEX: Final = frozenset(_NOT_ON_AN_INDEX.split())

# Modules that need more than a package: where the code has another way, that way is taken.
NEEDS_HARDWARE: Final = frozenset({"cupy", "cudf", "cuml", "pycuda", "skcuda", "gnumpy", "tensorrt", "backports.lzma"})

# Standard modules that older Pythons got from a distribution: its name, and the Python that has the module.
BACKPORTS: Final[dict[str, tuple[str, tuple[int, int]]]] = {
    "configparser": ("configparser", (3, 0)),
    "concurrent": ("futures", (3, 0)),
    "contextvars": ("contextvars", (3, 7)),
    "dataclasses": ("dataclasses", (3, 7)),
    "enum": ("enum34", (3, 4)),
    "ipaddress": ("ipaddress", (3, 3)),
    "pathlib": ("pathlib", (3, 4)),
    "statistics": ("statistics", (3, 4)),
    "typing": ("typing", (3, 5)),
}

# Distributions that bring the same module: what a cell installs, and what is taken for the module's import.
SAME_MODULE: Final[dict[str, str]] = {
    "faiss-gpu": "faiss-cpu",
    "igraph": "python-igraph",
    "opencv-contrib-python-headless": "opencv-python-headless",
    "opencv-python": "opencv-python-headless",
    "progressbar": "progressbar2",
    "psycopg2": "psycopg2-binary",
    "pycrypto": "pycryptodome",
    "tensorflow-gpu": "tensorflow",
}

# What comes along with the notebook kernel, and with packages that have always required it.
BROUGHT_BY_KERNEL: Final = frozenset(
    {"ipykernel", "ipython", "jupyter-client", "jupyter-core", "matplotlib-inline", "pyzmq", "tornado", "traitlets"}
)
_BRINGS: Final = """
astropy:numpy bokeh:numpy,jinja2,tornado geopandas:pandas,shapely,pyproj,numpy h5py:numpy keras:numpy lmfit:numpy,scipy
matplotlib:numpy,cycler,pyparsing,python-dateutil,kiwisolver netcdf4:numpy pandas:numpy,python-dateutil,pytz
scikit-image:numpy,scipy,pillow,networkx,imageio scikit-learn:numpy,scipy,joblib scipy:numpy
seaborn:numpy,scipy,pandas,matplotlib silx:numpy,h5py statsmodels:numpy,scipy,pandas,patsy sympy:mpmath tables:numpy
tensorflow:numpy torch:numpy torchvision:torch,pillow,numpy xarray:numpy,pandas
"""
BRINGS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(brought.split(",")) for name, brought in (pair.split(":") for pair in _BRINGS.split())
}

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
    [*sys.stdlib_module_names, *_PYTHON_2.split(), *_PYTHON_3_PAST.split(), "__future__", "__main__"]
)
KNOWN_MODULES: Final = frozenset({*MODULE_TO_DISTRIBUTION, *_SAME_NAME.split()}) - NOT_ON_AN_INDEX

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
