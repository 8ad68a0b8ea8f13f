"""When a figure is read: as its picture has been made. Runs in the author's kernel: Python 2.7 and newer.

A figure that IPython shows goes through its display formatter, whatever the backend; one that is saved goes through
`Figure.savefig`. Both are called as before, and what they gave is handed on untouched; only then the figure is read.
"""
# Python 2 knows neither annotations nor f-strings, and fewer arguments.
# ruff: noqa: UP031, PTH118

import base64
import functools
import hashlib
import io
import json
import os
import sys
import warnings

from reproduce.runner.recorder.content import content_of
from reproduce.runner.recorder.values import WORDS, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 - in comments alone

FIGURE_MODULE = "matplotlib.figure"
MOST_SHOWN = 100
MOST_SAVED = 100
MOST_PICTURE_BYTES = 64 << 20
PICTURES = ("image/png", "image/jpeg", "image/svg+xml", "application/pdf")


def begin(shell, folder):
    # type: (Any, str) -> None
    """Record from now on what this shell shows and what figures are saved, one file a figure in the folder."""
    recorder = Recorder(shell, folder)
    formatter = shell.display_formatter
    formatter.format = recorder.around_format(formatter.format)
    if hasattr(shell, "events"):
        shell.events.register("pre_execute", recorder.cell_begins)
    if FIGURE_MODULE in sys.modules:
        recorder.hook(sys.modules[FIGURE_MODULE])
    else:
        sys.meta_path.insert(0, recorder)


class Recorder:
    """Reads figures in this process alone. It also stands in sys.meta_path until matplotlib has come."""

    def __init__(self, shell, folder):
        # type: (Any, str) -> None
        self.shell = shell
        self.folder = folder
        self.process = os.getpid()
        self.ordinal = 0
        self.shown = self.saved = 0
        self.has_come = False

    def cell_begins(self):
        # type: () -> None
        """Note that the next cell has begun."""
        self.quietly(self.note_cell)

    def note_cell(self):
        # type: () -> None
        """Count from one again, and look for matplotlib where it came unseen."""
        self.ordinal = 0
        if self.has_come and self in sys.meta_path:
            sys.meta_path.remove(self)
        module = sys.modules.get(FIGURE_MODULE)
        if module is not None:
            self.hook(module)

    def around_format(self, original):
        # type: (Any) -> Any
        """Return the display formatter's method with the reading behind it."""

        @functools.wraps(original)
        def format(*args, **kwargs):  # noqa: A001 - as IPython calls it
            # type: (*Any, **Any) -> Any
            made = original(*args, **kwargs)
            self.quietly(self.note_shown, args[0] if args else kwargs.get("obj"), made)
            return made

        return format

    def around_savefig(self, original):
        # type: (Any) -> Any
        """Return `Figure.savefig` with the reading behind it."""

        @functools.wraps(original)
        def savefig(figure, *args, **kwargs):
            # type: (Any, *Any, **Any) -> Any
            made = original(figure, *args, **kwargs)
            target = args[0] if args else kwargs.get("fname", kwargs.get("filename"))
            self.quietly(self.note_saved, figure, target)
            return made

        savefig.reprise = True  # type: ignore[attr-defined]  # a function takes any attribute
        return savefig

    def hook(self, module):
        # type: (Any) -> None
        """Look at what figures are saved from now on."""
        self.has_come = True
        figure = getattr(module, "Figure", None)
        original = getattr(figure, "__dict__", {}).get("savefig")
        if original is not None and not hasattr(original, "reprise"):
            figure.savefig = self.around_savefig(original)  # type: ignore[union-attr]  # it has one already

    def quietly(self, note, *args):
        # type: (Any, *Any) -> None
        """Let nothing of the reading be seen: no error, and no warning, which would be an output of the cell."""
        if os.getpid() != self.process:
            return
        told = warnings.showwarning
        try:
            warnings.showwarning = _unheard
            with sys.modules["numpy"].errstate(all="ignore") if "numpy" in sys.modules else _Nothing():
                note(*args)
        except Exception:  # noqa: BLE001, S110 - the notebook goes on as if nobody had looked
            pass
        finally:
            warnings.showwarning = told

    def note_shown(self, thing, made):
        # type: (Any, Any) -> None
        """Keep the figure that was shown, with the digests of its pictures."""
        module = sys.modules.get(FIGURE_MODULE)
        if module is None or not issubclass(type(thing), module.Figure) or self.shown >= MOST_SHOWN:
            return
        pictures = [picture_of(mime, made[0][mime]) for mime in PICTURES if mime in made[0]]
        if pictures:
            self.shown += 1
            self.keep(thing, {"way": "shown", "file": None, "pictures": pictures})

    def note_saved(self, figure, target):
        # type: (Any, Any) -> None
        """Keep the figure that was saved to a file, or to memory, from where it may be shown."""
        if self.saved >= MOST_SAVED:
            return
        name, data = None, None
        if isinstance(target, io.BytesIO):
            data = target.getvalue()
        else:
            target = os.fspath(target) if hasattr(os, "fspath") else target
            if not isinstance(target, WORDS):
                return
            name = text_of(target)
        self.saved += 1
        pictures = [] if data is None else [{"type": None, "sha256": hashlib.sha256(data).hexdigest()}]
        self.keep(figure, {"way": "saved", "file": name, "pictures": pictures})

    def keep(self, figure, told):
        # type: (Any, dict[str, Any]) -> None
        """Write one record."""
        number = self.shown + self.saved
        self.ordinal += 1
        told.update(
            {
                "schema": "reprise.figure/1",
                "execution_count": cell_number(self.shell),
                "ordinal": self.ordinal,
                "matplotlib": text_of(getattr(sys.modules["matplotlib"], "__version__", "")),
                "figure": content_of(figure),
            }
        )
        data = json.dumps(told, allow_nan=False, separators=(",", ":")).encode("ascii")
        path = os.path.join(self.folder, "%04d.json" % number)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)

    def find_spec(self, name, path=None, target=None):
        # type: (str, Any, Any) -> Any
        """Find nothing oneself: what others find for matplotlib's figures is looked at when it has been loaded."""
        if name != FIGURE_MODULE or self.has_come:
            return None
        self.has_come = True
        for finder in [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self.quietly(self.look_behind, spec.loader)
                return spec
        return None

    def look_behind(self, loader):
        # type: (Any) -> None
        """Hook the module as soon as this loader has executed it."""
        original = loader.exec_module

        def exec_module(module):
            # type: (Any) -> None
            del loader.exec_module
            original(module)
            self.quietly(self.hook, module)

        loader.exec_module = exec_module

    def find_module(self, name, path=None):  # noqa: ARG002 - Python 2's protocol
        # type: (str, Any) -> Any
        """Do the same for Python 2."""
        if name != FIGURE_MODULE or self.has_come:
            return None
        self.has_come = True
        return self

    def load_module(self, name):
        # type: (str) -> Any
        """Let the others load it, as Python 2 asks for it."""
        __import__(name)
        self.quietly(self.hook, sys.modules[name])
        return sys.modules[name]


class _Nothing:
    def __enter__(self):
        # type: () -> None
        pass

    def __exit__(self, *_):
        # type: (*Any) -> None
        pass


def _unheard(*_, **__):
    # type: (*Any, **Any) -> None
    """A warning that nobody hears."""


def cell_number(shell):
    # type: (Any) -> int
    """Return the execution count of the cell under way; when the shell's own goes on depends on its version."""
    return len(shell.history_manager.input_hist_parsed) - 1


def picture_of(mime, value):
    # type: (str, Any) -> dict[str, Any]
    """Return the type and the SHA-256 of a picture as it was shown; IPython holds it as bytes or in base64."""
    data = value if isinstance(value, bytes) else value.encode("utf-8")
    if mime != "image/svg+xml" and not data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"%PDF")):
        data = base64.b64decode(data)
    return {"type": mime, "sha256": hashlib.sha256(data).hexdigest()}
