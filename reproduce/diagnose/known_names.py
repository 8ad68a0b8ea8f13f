"""Names that packages removed, changed or brought, with the version: what we know of them.

Sources: the release notes and deprecation lists of the projects themselves (numpy.org/doc/stable/release,
pandas.pydata.org/docs/whatsnew, matplotlib.org/stable/api/prev_api_changes, docs.scipy.org/doc/scipy/release,
scikit-learn.org/stable/whats_new, networkx.org/documentation/stable/release, seaborn.pydata.org/whatsnew,
docs.h5py.org/en/stable/whatsnew, docs.astropy.org/en/stable/changelog), read in November 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Change = Literal["removed", "added", "changed"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a name: the distribution, what it did, since which version, and what to write instead."""

    name: str
    package: str
    change: Change
    since: str
    instead: str


# One a line: package, sign and version, names, what to write instead. - removed, + added, ~ changed.
# A name is dotted (module or module.name), Class.attribute, or function(argument).
_TABLE: Final = """
numpy -1.24 numpy.float,numpy.int,numpy.bool,numpy.object,numpy.complex,numpy.str : the builtin of that name
numpy -1.24 numpy.long,numpy.unicode : int or str
numpy -1.23 numpy.asscalar : the array's item()
numpy -1.18 numpy.rank : numpy.ndim
numpy -2.0 numpy.float_,numpy.complex_,numpy.unicode_,numpy.string_ : numpy.float64, complex128, str_ or bytes_
numpy -2.0 numpy.Inf,numpy.Infinity,numpy.infty,numpy.PINF,numpy.NINF,numpy.NaN,numpy.NAN : numpy.inf or numpy.nan
numpy -2.0 numpy.alltrue,numpy.sometrue,numpy.product,numpy.cumproduct : numpy.all, any, prod or cumprod
numpy -2.0 numpy.round_ : numpy.round
numpy -2.0 numpy.msort,numpy.asfarray,numpy.find_common_type : what numpy's migration guide names
numpy -2.0 numpy.cast,numpy.source,numpy.lookfor,numpy.who,numpy.safe_eval,numpy.set_string_function : another way
numpy -2.0 numpy.issctype,numpy.issubclass_,numpy.obj2sctype,numpy.sctype2char,numpy.sctypes : numpy.issubdtype
numpy -2.0 numpy.byte_bounds,numpy.disp,numpy.deprecate,numpy.recfromcsv,numpy.recfromtxt : what the guide names
numpy -2.0 numpy.RankWarning,numpy.ComplexWarning,numpy.VisibleDeprecationWarning : numpy.exceptions
numpy -2.0 ndarray.newbyteorder,ndarray.itemset,ndarray.ptp : the function of numpy
numpy -2.4 numpy.trapz : numpy.trapezoid
numpy -2.4 numpy.in1d : numpy.isin
numpy +1.17 numpy.random.default_rng,numpy.random.Generator,numpy.random.SeedSequence : -
numpy +2.0 numpy.trapezoid,numpy.astype,numpy.concat,numpy.permute_dims,numpy.matrix_transpose,numpy.vecdot : -
numpy +1.20 numpy.typing,numpy.broadcast_shapes,numpy.lib.stride_tricks.sliding_window_view : -
numpy +1.12 numpy.flip : -
numpy +1.13 numpy.isin,numpy.heaviside,numpy.divmod,numpy.block : -
numpy +1.15 numpy.quantile,numpy.nanquantile,numpy.take_along_axis,numpy.gcd,numpy.lcm : -
numpy +1.10 numpy.stack,numpy.broadcast_to : -
numpy +1.25 numpy.exceptions : -
numpy +1.22 quantile(method),percentile(method) : -
numpy +2.1 numpy.cumulative_sum,numpy.unstack : -
pandas -2.0 DataFrame.append,Series.append : pandas.concat
pandas -2.0 DataFrame.iteritems,Series.iteritems : items()
pandas -2.0 DataFrame.mad,Series.mad,DataFrame.lookup,Index.is_monotonic,Series.is_monotonic : what the notes name
pandas -2.0 pandas.Int64Index,pandas.Float64Index,pandas.UInt64Index : pandas.Index
pandas -1.0 DataFrame.ix,Series.ix : loc or iloc
pandas -1.0 DataFrame.as_matrix,Series.as_matrix,DataFrame.get_value,DataFrame.set_value : to_numpy() or at
pandas -1.0 DataFrame.ftypes,DataFrame.get_dtype_counts,Series.get_values,DataFrame.get_values : dtypes
pandas -0.25 pandas.Panel : a DataFrame with a MultiIndex, or xarray
pandas -1.0 pandas.read_msgpack,pandas.scatter_matrix,pandas.TimeGrouper : another format, plotting or Grouper
pandas -2.0 pandas.datetime,pandas.np : datetime, numpy
pandas -1.0 DataFrame.to_msgpack,DataFrame.to_panel : another format
pandas -0.25 pandas.tools,pandas.formats : pandas.plotting, pandas.io.formats
pandas -1.0 pandas.tslib,pandas.lib : pandas itself
pandas -0.20 pandas.rpy : rpy2
pandas -0.19 pandas.io.data,pandas.io.wb : pandas_datareader or rpy2
pandas -0.20 DataFrame.sort,DataFrame.irow,DataFrame.icol,Series.order,Series.sort : sort_values or iloc
pandas -0.23 pandas.rolling_mean,pandas.rolling_std,pandas.rolling_sum,pandas.rolling_apply,pandas.ewma : rolling()
pandas -3.0 DataFrame.applymap,DataFrame.swapaxes,DataFrame.first,DataFrame.last : map(), transpose() or loc
pandas -2.0 read_csv(error_bad_lines),read_csv(warn_bad_lines) : on_bad_lines
pandas -2.0 read_csv(squeeze),read_csv(prefix),read_excel(squeeze) : squeeze("columns") of the result
pandas ~2.0 drop(axis),drop(#) : -
pandas ~2.0 groupby(squeeze),to_csv(line_terminator),std(level),sum(level),mean(level) : -
pandas +1.0 pandas.NA,DataFrame.convert_dtypes,pandas.BooleanDtype : -
pandas +0.25 DataFrame.explode,Series.explode,pandas.NamedAgg : -
pandas +0.24 DataFrame.to_numpy,Series.to_numpy,Series.array,pandas.array : -
pandas +0.21 drop(columns),drop(index),rename(axis),DataFrame.infer_objects,pandas.isna,pandas.notna : -
pandas +0.20 DataFrame.agg,pandas.plotting : -
pandas +1.2 merge(how='cross') : -
pandas +1.3 read_csv(on_bad_lines),read_csv(encoding_errors),pandas.read_xml : -
pandas +2.1 DataFrame.map : -
pandas +1.4 Styler.hide,Styler.concat : -
matplotlib -3.11 matplotlib.cm.get_cmap : matplotlib.colormaps
matplotlib -3.9 matplotlib.cm.register_cmap : matplotlib.colormaps
matplotlib -2.2 Axes.set_axis_bgcolor,Axes.get_axis_bgcolor,matplotlib.finance : set_facecolor
matplotlib -2.2 add_subplot(axisbg),subplot(axisbg),axes(axisbg) : facecolor
matplotlib -3.0 Axes.hold,matplotlib.pyplot.hold : nothing; it is always on
matplotlib -3.7 gca(projection) : add_subplot(projection=...)
matplotlib -3.1 hist(normed),set(normed),Rectangle.normed : density
matplotlib -3.1 matplotlib.mlab.normpdf,matplotlib.mlab.griddata,matplotlib.mlab.bivariate_normal : scipy.stats
matplotlib -3.1 matplotlib.mlab.PCA,matplotlib.mlab.movavg,matplotlib.mlab.prctile,matplotlib.mlab.rec2csv : scipy
matplotlib -3.3 matplotlib.cbook.iterable : numpy.iterable or isinstance
matplotlib -3.8 matplotlib.docstring,Axes3D.w_xaxis,Axes3D.w_yaxis,Axes3D.w_zaxis : what the notes name
matplotlib -3.8 Grouper.join,GrouperView.join,Colormap.cmap : sharex()
matplotlib -3.7 grid(b) : visible
matplotlib -2.2 matplotlib.cm.spectral : nipy_spectral
matplotlib ~3.5 axis(adjustable),axis(aspect) : -
matplotlib ~2.0 bar(left),bar(x) : -
matplotlib +2.0 matplotlib.colors.to_rgba,matplotlib.colors.to_hex,matplotlib.colors.to_rgb : -
matplotlib +2.0 Axes.set_facecolor,Axes.get_facecolor : -
matplotlib +3.3 Figure.subplot_mosaic,matplotlib.pyplot.subplot_mosaic,Axes.axline : -
matplotlib +3.5 matplotlib.colormaps : -
matplotlib +3.4 Figure.subfigures,Figure.supxlabel,Figure.supylabel,Axes.bar_label : -
matplotlib +3.6 Figure.set_layout_engine,subplots(layout),figure(layout) : -
matplotlib +3.1 Axes.secondary_xaxis,Axes.secondary_yaxis : -
matplotlib +1.5 matplotlib.cm.viridis : -
scipy -1.2 scipy.misc.imread : imageio.imread
scipy -1.3 scipy.misc.imresize,scipy.misc.imsave,scipy.misc.imshow,scipy.misc.imrotate,scipy.misc.bytescale : pillow
scipy -1.3 scipy.misc.toimage,scipy.misc.imfilter,scipy.misc.fromimage,scipy.misc.comb,scipy.misc.factorial : pillow
scipy -1.3 scipy.misc.logsumexp : scipy.special
scipy -0.16 scipy.weave : Cython
scipy -1.15 scipy.misc.derivative,scipy.misc.face,scipy.misc.ascent,scipy.misc.electrocardiogram : scipy.datasets
scipy -2.0 scipy.misc : scipy.datasets
scipy -1.14 scipy.integrate.simps,scipy.integrate.trapz,scipy.integrate.cumtrapz : simpson, trapezoid
scipy -1.9 scipy.signal.hanning : scipy.signal.windows.hann
scipy -1.13 scipy.signal.hann,scipy.signal.hamming,scipy.signal.blackman : scipy.signal.windows
scipy -1.13 scipy.signal.gaussian,scipy.signal.bartlett,scipy.signal.boxcar,scipy.signal.kaiser : scipy.signal.windows
scipy -1.15 scipy.signal.cwt,scipy.signal.ricker,scipy.signal.morlet,scipy.signal.daub : PyWavelets
scipy -1.12 scipy.array,scipy.arange,scipy.linspace,scipy.sqrt,scipy.pi,scipy.exp,scipy.zeros : numpy
scipy -1.14 scipy.integrate.romberg,scipy.integrate.quadrature : scipy.integrate.quad
scipy -1.14 scipy.interpolate.interp2d : RegularGridInterpolator
scipy -1.11 scipy.stats.binom_test : binomtest
scipy -1.3 scipy.special.errprint : seterr
scipy +1.0 scipy.integrate.solve_ivp : -
scipy +1.1 scipy.signal.find_peaks : -
scipy +1.4 scipy.fft : -
scipy +1.6 scipy.integrate.simpson,scipy.integrate.trapezoid,scipy.integrate.cumulative_trapezoid : -
scipy +1.10 scipy.datasets : -
scipy +1.7 scipy.stats.qmc,scipy.stats.binomtest,scipy.stats.bootstrap : -
scikit-learn -0.23 sklearn.externals.joblib,sklearn.externals.six : joblib or six itself
scikit-learn -0.20 sklearn.cross_validation,sklearn.grid_search,sklearn.learning_curve : sklearn.model_selection
scikit-learn -0.20 sklearn.lda,sklearn.qda : sklearn.discriminant_analysis
scikit-learn -1.2 sklearn.datasets.load_boston : another data set
scikit-learn -0.22 sklearn.preprocessing.Imputer : sklearn.impute.SimpleImputer
scikit-learn -0.20 sklearn.mixture.GMM,sklearn.mixture.VBGMM,sklearn.decomposition.RandomizedPCA : the newer class
scikit-learn -0.22 sklearn.datasets.fetch_mldata : fetch_openml
scikit-learn -0.24 sklearn.linear_model.logistic,sklearn.metrics.scorer,sklearn.neighbors.kde : the public module
scikit-learn -0.24 sklearn.datasets.samples_generator,sklearn.utils.testing,sklearn.tree.tree : the public module
scikit-learn -1.2 sklearn.metrics.plot_confusion_matrix,sklearn.metrics.plot_roc_curve : ConfusionMatrixDisplay
scikit-learn -1.2 CountVectorizer.get_feature_names,TfidfVectorizer.get_feature_names : get_feature_names_out()
scikit-learn -1.2 DictVectorizer.get_feature_names,PolynomialFeatures.get_feature_names : get_feature_names_out()
scikit-learn -1.2 LinearRegression(normalize),__init__(normalize) : a scaler before it
scikit-learn -1.0 KMeans(n_jobs),KMeans(precompute_distances) : nothing; it needs them no longer
scikit-learn -1.4 OneHotEncoder(sparse) : sparse_output
scikit-learn -1.6 AgglomerativeClustering(affinity) : metric
scikit-learn +1.0 DictVectorizer.get_feature_names_out,CountVectorizer.get_feature_names_out : -
scikit-learn +0.20 sklearn.impute,sklearn.compose,sklearn.datasets.fetch_openml : -
scikit-learn +0.18 sklearn.model_selection,sklearn.neural_network.MLPClassifier : -
networkx -3.0 networkx.to_numpy_matrix,networkx.from_numpy_matrix : to_numpy_array
networkx -3.0 networkx.info,networkx.adj_matrix,networkx.OrderedGraph,networkx.read_gpickle : what the notes name
networkx -3.0 networkx.write_gpickle,networkx.read_yaml,networkx.write_yaml,networkx.read_shp : pickle or geopandas
networkx -2.4 Graph.node,DiGraph.node,MultiGraph.node,MultiDiGraph.node : nodes
networkx -2.4 networkx.connected_component_subgraphs,networkx.weakly_connected_component_subgraphs : subgraph()
networkx -2.4 networkx.biconnected_component_subgraphs,networkx.strongly_connected_component_subgraphs : subgraph()
networkx -2.0 Graph.nodes_iter,Graph.edges_iter,Graph.neighbors_iter,Graph.degree_iter,DiGraph.edges_iter : nodes()
networkx -3.0 networkx.from_scipy_sparse_matrix,networkx.to_scipy_sparse_matrix : from_scipy_sparse_array
networkx +2.7 networkx.to_scipy_sparse_array,networkx.from_scipy_sparse_array : -
seaborn -0.12 seaborn.factorplot : catplot
seaborn -0.14 seaborn.distplot : histplot
seaborn -0.10 seaborn.tsplot : lineplot
seaborn +0.9 seaborn.scatterplot,seaborn.lineplot,seaborn.relplot,seaborn.catplot : -
seaborn +0.11 seaborn.histplot,seaborn.displot,seaborn.ecdfplot : -
seaborn +0.12 seaborn.objects : -
seaborn ~0.12 boxplot(#),barplot(#),scatterplot(#),lineplot(#),violinplot(#),regplot(#),countplot(#) : -
seaborn -0.11 jointplot(stat_func),lmplot(size),factorplot(size),pairplot(size) : height
h5py -3.0 Dataset.value : dataset[()]
astropy -4.0 astropy.io.fits.new_table : Table
astropy -5.0 astropy.cosmology.funcs,astropy.tests.disable_internet : the function of astropy.cosmology
astropy -2.0 astropy.coordinates.ICRSCoordinates,astropy.vo,astropy.analytic_functions : SkyCoord
astropy -6.0 astropy.modeling.blackbody,astropy.convolution.MexicanHat2DKernel : BlackBody
ipython -8.0 IPython.parallel,IPython.nbformat,IPython.nbconvert,IPython.html,IPython.kernel : the project of that name
ipython -9.0 IPython.core.display.display : IPython.display
scikit-image -0.19 skimage.measure.compare_ssim,skimage.measure.compare_psnr : skimage.metrics
scikit-image -0.19 skimage.util.pad,skimage.draw.circle : skimage.filters, numpy.pad or disk
scikit-image +0.15 hog(visualize) : -
sympy -1.0 sympy.mpmath,sympy.galgebra : mpmath
keras -3.0 keras.utils.np_utils,keras.wrappers : to_categorical
tensorflow -2.0 tensorflow.Session,tensorflow.placeholder,tensorflow.contrib,tensorflow.app : tensorflow.compat.v1
tensorflow -2.0 tensorflow.global_variables_initializer,tensorflow.flags,tensorflow.examples : tensorflow.compat.v1
plotly -4.0 plotly.plotly : chart_studio.plotly
dask -2.0 dask.set_options : dask.config.set
statsmodels -0.14 statsmodels.tsa.arima_model,statsmodels.api.tsa.ARMA : statsmodels.tsa.arima.model
bokeh -1.0 bokeh.charts : holoviews
"""
# What a package says of a call that it took once: the words, the package, since when ("" where not known), what it was.
KNOWN_WORDS: Final[tuple[tuple[re.Pattern[str], str, str, str], ...]] = (
    (re.compile(r"inhomogeneous shape after"), "numpy", "1.24", "numpy.array with rows of unequal length"),
    (re.compile(r"only 0-dimensional arrays can be converted"), "numpy", "", "a number made of an array"),
    (re.compile(r"Dimensions of C .{1,60} should be one smaller than X"), "matplotlib", "3.5", "pcolor or pcolormesh"),
    (re.compile(r"is no longer supported for offsets"), "pandas", "3.0", "a frequency by its old letter"),
    (
        re.compile(r"with any missing labels is no longer supported"),
        "pandas",
        "1.0",
        "loc with labels that are missing",
    ),
    (re.compile(r"subtraction of integers .{1,60} is no longer supported"), "pandas", "1.0", "arithmetic with dates"),
    (re.compile(r"agg function failed \[how->"), "pandas", "2.0", "an aggregation of columns that are no numbers"),
    (
        re.compile(r"Expected 2D array, got 1D array instead"),
        "scikit-learn",
        "0.19",
        "fit or predict with one dimension",
    ),
)
_CHANGES: Final[dict[str, Change]] = {"-": "removed", "+": "added", "~": "changed"}


def _read(table: str) -> dict[str, tuple[Known, ...]]:
    found: dict[str, tuple[Known, ...]] = {}
    for line in table.strip().splitlines():
        head, _, instead = line.partition(" : ")
        package, since, names = head.split(" ", 2)
        for name in names.strip().split(","):
            entry = Known(name, package, _CHANGES[since[0]], since[1:], instead.strip())
            found[name] = (*found.get(name, ()), entry)
    return found


KNOWN_NAMES: Final[dict[str, tuple[Known, ...]]] = _read(_TABLE)
