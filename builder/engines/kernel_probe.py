"""What a Python kernel is asked to say of itself: source that Python 2.7 understands as well as the newest.

Each probe leaves its answer, JSON in hexadecimal digits, in the expression of the same name; nothing else of it stays.
A part that fails is left out of the answer and named among its problems: no probe fails because of one part.
"""

from __future__ import annotations

from typing import Final

_BEGIN: Final = """
def {name}():
    import binascii, json, os, sys
    facts = {{}}
    def part(function):
        try:
            answer = function()
        except ImportError as error:
            # Not to have a package is no problem, to have one that cannot be imported is.
            if str(error).replace("'", "") != "No module named " + function.__name__:
                facts.setdefault("problems", {{}})[function.__name__] = str(error)
            return
        except Exception as error:
            facts.setdefault("problems", {{}})[function.__name__] = "%s: %s" % (type(error).__name__, error)
            return
        if answer:
            facts[function.__name__] = answer
    def version_of(module):
        found = getattr(module, "__version__", None) or getattr(module, "version", None)
        return str(found) if found else ""
{parts}
    return binascii.hexlify(json.dumps(facts, default=str).encode("ascii")).decode("ascii")
{name} = {name}()
"""

_VERSIONS: Final = """
    def installed(name):
        try:
            from importlib.metadata import version
            return version(name)
        except Exception:
            return ""

    @part
    def kernel():
        found = {}
        for module, name in (
            ("ipykernel", "ipykernel"), ("IPython", "ipython"), ("jupyter_client", "jupyter-client"),
            ("jupyter_core", "jupyter-core"), ("zmq", "pyzmq"), ("tornado", "tornado"), ("traitlets", "traitlets"),
            ("matplotlib_inline", "matplotlib-inline"),
        ):
            # Nothing is imported that the kernel has not: matplotlib_inline would bring numpy, which may crash.
            version = version_of(sys.modules[module]) if module in sys.modules else ""
            version = version or installed(name)
            if version:
                found[name] = version
        return found

    @part
    def python():
        import platform
        return {
            "version": platform.python_version(), "implementation": platform.python_implementation(),
            "build": " ".join(platform.python_build()), "compiler": platform.python_compiler(),
            "full": sys.version.replace("\\n", " "), "platform": __import__("sysconfig").get_platform(),
            "machine": platform.machine(), "is_ucs4": sys.maxunicode > 65535,
            # Python 2 sets the flag also for a seed that is given.
            "has_random_hashes": bool(sys.flags.hash_randomization)
            and os.environ.get("PYTHONHASHSEED", "random") == "random",
        }

    @part
    def libc():
        import ctypes
        ask = ctypes.CDLL(None).gnu_get_libc_version
        ask.restype = ctypes.c_char_p
        return "glibc " + ask().decode("ascii")
"""

_SYSTEM: Final = """
    @part
    def locale():
        import locale
        return {
            "name": locale.setlocale(locale.LC_ALL, None), "encoding": locale.getpreferredencoding(False),
            "filesystem": sys.getfilesystemencoding(), "decimal_point": locale.localeconv()["decimal_point"],
        }

    @part
    def timezone():
        import time
        return {"names": list(time.tzname), "offset_s": -time.timezone}

    @part
    def variables():
        return dict((name, os.environ[name]) for name in WANTED if name in os.environ)

    @part
    def numpy():
        import numpy, numpy.linalg
        return {"version": version_of(numpy)}

    @part
    def scipy():
        import scipy, scipy.linalg
        return {"version": version_of(scipy)}

    @part
    def blas():
        import ctypes
        def ask(library, names, kind):
            for name in names:
                for whole in (name, name + "64_", name + "_64_", "scipy_" + name, "scipy_" + name + "64_"):
                    try:
                        function = getattr(library, whole)
                    except AttributeError:
                        continue
                    function.restype = kind
                    return function()
            return None
        def text(answer):
            return answer.decode("ascii", "replace") if answer else ""
        paths = set()
        with open("/proc/self/maps") as maps:
            for line in maps:
                path = line.rstrip("\\n").split(None, 5)[-1]
                name = os.path.basename(path).lower()
                if path.startswith("/") and ".so" in name and any(
                    word in name
                    for word in ("openblas", "mkl_rt", "libblis", "flexiblas", "libblas", "libcblas", "libatlas")
                ):
                    paths.add(path)
        found = []
        for path in sorted(paths):
            library, name = ctypes.CDLL(path), os.path.basename(path)
            fact = {"file": name}
            if "mkl" in name.lower():
                mark = ctypes.create_string_buffer(200)
                library.mkl_get_version_string(mark, 200)
                fact.update(name="MKL", version=text(mark.value).strip())
            else:
                config = text(ask(library, ["openblas_get_config"], ctypes.c_char_p)).split()
                if config:
                    # Before 0.3 it told neither its name nor its version.
                    has_name = config[0] == "OpenBLAS" and len(config) > 1
                    fact.update(name="OpenBLAS", version=config[1] if has_name else "")
                    fact["options"] = config[2:] if has_name else config
                    fact["core"] = text(ask(library, ["openblas_get_corename"], ctypes.c_char_p))
                    kind = ask(library, ["openblas_get_parallel"], ctypes.c_int)
                    fact["threading"] = {0: "none", 1: "pthreads", 2: "openmp"}.get(kind, "unknown")
                    fact["threads"] = ask(library, ["openblas_get_num_threads"], ctypes.c_int)
            found.append(fact)
        return found

    @part
    def matplotlib():
        import matplotlib
        get_ipython().run_line_magic("matplotlib", "inline")
        from matplotlib import font_manager, ft2font, pyplot
        rc = matplotlib.rcParams
        default = font_manager.findfont(font_manager.FontProperties())
        return {
            "version": version_of(matplotlib), "backend": str(matplotlib.get_backend()),
            "dpi": rc["figure.dpi"], "savefig_dpi": rc["savefig.dpi"], "figsize_in": list(rc["figure.figsize"]),
            "font_size": rc["font.size"], "font_family": list(rc["font.family"]),
            "font": os.path.basename(default),
            "freetype": str(getattr(ft2font, "__freetype_version__", "")),
            "freetype_build": str(getattr(ft2font, "__freetype_build_type__", "")),
            "is_using_tex": bool(rc["text.usetex"]),
        }
"""

# Names of the expressions that a kernel is asked for after the source was executed.
VERSIONS_NAME: Final = "_reprise_versions"
SYSTEM_NAME: Final = "_reprise_system"


def versions_source() -> str:
    """Return the probe for the versions of the kernel and its Python; it imports nothing that a kernel has not."""
    return _BEGIN.format(name=VERSIONS_NAME, parts=_VERSIONS)


def system_source(wanted: tuple[str, ...]) -> str:
    """Return the probe for the system facts that change figures; `wanted` are the variables it shall tell."""
    return _BEGIN.format(name=SYSTEM_NAME, parts=f"    WANTED = {sorted(wanted)!r}\n{_SYSTEM}")
