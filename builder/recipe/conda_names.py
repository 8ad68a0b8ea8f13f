"""More of conda's names: libraries and programs that are no Python packages, and what locks call by another name.

Source: the recipes of conda-forge's feedstocks.
"""

from __future__ import annotations

from typing import Final

_NO_PYTHON: Final = """
_python_abi3_support alsa-lib anaconda-navigator aom arpack at-spi2-atk at-spi2-core atk atk-1.0 autoconf
automake backports bash binutils binutils_linux-64 bison blas-devel boost-cpp brotli brotli-bin brunsli
bwidget c-ares c-blosc2 cairo cairomm cfitsio charls clang clangxx clhep cmdstan coin-or-cbc coreutils
cpython curl cyrus-sasl dav1d dcmtk double-conversion doxygen eigen elfutils epoxy esmf fftw3f fish flex fmt
font-ttf-dejavu-sans-mono font-ttf-inconsolata font-ttf-source-code-pro font-ttf-ubuntu fonts-anaconda
fonts-conda-ecosystem fonts-conda-forge freeglut freeimage freexl fribidi gawk gcc_impl_linux-64 gdbm
gdk-pixbuf geotiff gettext gflags gfortran_impl_linux-64 ghostscript giflib gl2ps glew glog glpk gmp
gnuplot gnutls go gperf gperftools graphite2 gst-libav gtest gtk2 gtk3 gts gxx_impl_linux-64 harfbuzz hdf4
hdfeos2 hicolor-icon-theme highfive hypre imath ipopt isl jansson jasper jbig jq json-c jsoncpp jxrlib
kealib kernel-headers_linux-64 keyutils krb5 lame lapack latexmk lcms2 ld_impl_linux-64 leptonica lerc
level-zero libdeflate llvm llvm-openmp llvmdev lz4-c lzo m4 make mariadb-connector-c maven mesa mesalib
metis mkl-devel mkl-include mongodb mpc mpfr mpi msgpack-c mumps-mpi mumps-seq mysql-common
mysql-connector-c mysql-libs nasm navigator-updater ncl nco ncview netcdf-cxx4 netcdf-fortran nettle
ninja-base nlohmann_json nspr nss numactl occt ocl-icd oniguruma opencl-headers openexr openh264 openjdk
openjpeg openldap orc ossuuid p11-kit p7zip packmol pango parallel parmetis patch patchelf pcre2 perl petsc
pixman poppler poppler-data popt postgresql povray proj-data pthread-stubs ptscotch pugixml qhull
qt-main qt-webengine qt6-main re2 rhash ripgrep ruby rust s2n scalapack scotch sdl sdl2 sed slepc soxr
spdlog spirv-tools sqlcipher suitesparse sundials superlu superlu_dist svt-av1 swig sysroot_linux-64 tbb
tbb-devel tcl tectonic tesseract texinfo texlive tiledb tmux udunits2 unixodbc unrar unzip utfcpp vc wayland
wayland-protocols wxwidgets x264 x265 xcb-util xcb-util-image xcb-util-keysyms xcb-util-renderutil
xcb-util-wm xerces-c xkeyboard-config xorg-libx11 xorg-libxau xorg-libxdmcp xorg-libxext xorg-libxrender
xorg-xproto yaml-cpp yarn zfp zip zlib-ng zsh zziplib
"""
NO_PYTHON: Final = frozenset(_NO_PYTHON.split())

_OTHER_NAMES: Final = """
brotli-python:Brotli cached_property:cached-property importlib_metadata:importlib-metadata
msgpack-python:msgpack py-xgboost:xgboost py-xgboost-cpu:xgboost py-boost: pyarrow-core:pyarrow
pyqt5-sip:PyQt5-sip pyside2:PySide2 pyside6:PySide6 python-blosc:blosc python-duckdb:duckdb
python-fastjsonschema:fastjsonschema python-flatbuffers:flatbuffers python-kaleido:kaleido python-lmdb:lmdb
python-tzdata:tzdata python-xxhash:xxhash python-eccodes:eccodes python-gmsh:gmsh python-neo4j:neo4j
python-symengine:symengine ruamel_yaml:ruamel.yaml xorg-kbproto: xorg-renderproto:
"""
OTHER_NAMES: Final[dict[str, str]] = dict(pair.split(":") for pair in _OTHER_NAMES.split())


def index_name(conda_name: str, kept: dict[str, str]) -> str | None:
    """Return the index's name for conda's, "" for what is no Python package, None where the two are the same.

    `kept` is the table that goes before this one.
    """
    if conda_name in kept:
        return kept[conda_name]
    if conda_name in NO_PYTHON:
        return ""
    return OTHER_NAMES.get(conda_name)
