"""Find the kernel of an image by its kernelspecs, as jupyter_client would from inside, without running anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from builder.engines.containers.image_contents import PythonInside, python_at
from builder.engines.containers.inside import Inside
from builder.errors import BuildError

_PLACES: Final = ("/opt/conda", "/srv/conda/envs/notebook", "/srv/conda", "/usr/local", "/usr")
_FOLDERS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_SPEC_BYTES: Final = 64 * 2**10
_ARGUMENTS: Final = 64
_ARGUMENT_BYTES: Final = 4096
_SPECS: Final = 100
_PYTHON: Final = re.compile(r"python(\d+(\.\d+)?)?")
_LANGUAGE: Final = re.compile(r"[a-z0-9][a-z0-9+#._ -]{0,40}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ImageKernel:
    """A kernel of an image: its command line with {connection_file}, and the Python that runs it, if one does."""

    name: str
    language: str
    argv: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    python: PythonInside | None


def find_kernel(inside: Inside, variables: Mapping[str, str], *, language: str, python: str) -> ImageKernel:
    """Return the image's kernel for `language`, among several for Python the one of the wished version.

    `variables` are those that the image sets. Raises BuildError kernel-missing-in-image.
    """
    kernels = list(_kernels(inside, variables))
    fitting = [kernel for kernel in kernels if kernel.language == language.lower()]
    if language.lower() == "python":
        fitting += list(undeclared_kernels(inside, search_path(variables), variables))
    if not fitting:
        found = ", ".join(sorted({kernel.language for kernel in kernels})) or "none"
        named = ", ".join(f"{kernel.name} ({kernel.language})" for kernel in kernels) or "none"
        error = BuildError("kernel-missing-in-image", language=language, found=found)
        raise error.seen_in(f"kernelspecs in the image: {named}")
    wished = ".".join(python.split(".")[:2])
    return next((kernel for kernel in fitting if kernel.python and kernel.python.minor == wished), fitting[0])


def search_path(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders in which the image looks for programs."""
    named = [folder for folder in variables.get("PATH", "").split(":") if folder.startswith("/")]
    return tuple(dict.fromkeys([*named, *_FOLDERS]))


def _kernels(inside: Inside, variables: Mapping[str, str]) -> Iterator[ImageKernel]:
    count = 0
    for folder in _kernel_folders(variables):
        for name in inside.names(folder):
            kernel = kernel_at(inside, f"{folder}/{name}", name, variables)
            if kernel is not None:
                yield kernel
                count += 1
            if count >= _SPECS:
                return


def _kernel_folders(variables: Mapping[str, str]) -> list[str]:
    named = [folder for folder in variables.get("JUPYTER_PATH", "").split(":") if folder.startswith("/")]
    prefixes = [folder.rpartition("/")[0] for folder in search_path(variables) if folder.endswith("/bin")]
    shared = [f"{prefix}/share/jupyter" for prefix in dict.fromkeys([*prefixes, *_PLACES])]
    home = variables.get("HOME", "/root")
    return [f"{folder}/kernels" for folder in dict.fromkeys([*named, f"{home}/.local/share/jupyter", *shared])]


def kernel_at(inside: Inside, folder: str, name: str, variables: Mapping[str, str]) -> ImageKernel | None:
    """Return the kernel whose kernelspec lies in `folder`, None where it is none or its program is not there."""
    text = inside.text(f"{folder}/kernel.json", limit_bytes=_SPEC_BYTES)
    try:
        spec = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    argv = _argv(spec)
    if not argv:
        return None
    argv = tuple(part.replace("{resource_dir}", folder).replace("{prefix}", _prefix(folder)) for part in argv)
    program = _program(inside, argv[0], _prefix(folder), variables)
    if program is None:
        return None
    extra = spec.get("env") if isinstance(spec.get("env"), dict) else {}
    set_here = tuple((key, value) for key, value in extra.items() if _VARIABLE.fullmatch(key) and _is_passable(value))
    language = str(spec.get("language", "")).lower()
    if not _LANGUAGE.fullmatch(language):  # it is shown
        return None
    python = python_at(inside, program, variables) if language == "python" else None
    return ImageKernel(name, language, (program, *argv[1:]), set_here, python)


def _argv(spec: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever a stranger's JSON holds
    argv = spec.get("argv") if isinstance(spec, dict) else None
    if not isinstance(argv, list) or not 0 < len(argv) <= _ARGUMENTS:
        return ()
    if not all(_is_passable(part) for part in argv):
        return ()
    return tuple(argv) if any("{connection_file}" in part for part in argv) else ()


def _is_passable(text: object) -> bool:
    """Tell whether it can be handed to a program: no zero, no half of a letter, no book."""
    if not isinstance(text, str) or len(text) > _ARGUMENT_BYTES or "\0" in text:
        return False
    return not any(0xD800 <= ord(sign) <= 0xDFFF for sign in text)


def _prefix(folder: str) -> str:
    """Return /opt/x of /opt/x/share/jupyter/kernels/python3."""
    return folder.rsplit("/share/jupyter/", 1)[0]


def _program(inside: Inside, name: str, prefix: str, variables: Mapping[str, str]) -> str | None:
    """Return the program's path inside. A bare "python" means the one beside the kernelspec, as Jupyter has it."""
    if name.startswith("/"):
        return name if inside.is_program(name) else None
    if "/" in name:
        return None
    beside = (f"{prefix}/bin",) if _PYTHON.fullmatch(name) else ()
    return next(inside.programs(name, (*beside, *search_path(variables))), None)


def undeclared_kernels(inside: Inside, folders: tuple[str, ...], variables: Mapping[str, str]) -> Iterator[ImageKernel]:
    """Yield the Pythons in `folders` that have ipykernel but no kernelspec."""
    for name in ("python", "python3", "python2"):
        for program in inside.programs(name, folders):
            python = python_at(inside, program, variables)
            if python is None:
                continue
            library = f"{python.prefix}/lib/python{python.minor}"
            for folder in (f"{library}/site-packages", f"{library}/dist-packages", "/usr/lib/python3/dist-packages"):
                launcher = inside.outside(f"{folder}/ipykernel_launcher.py")
                if launcher is not None or inside.is_directory(f"{folder}/ipykernel"):
                    module = "ipykernel_launcher" if launcher is not None else "ipykernel"
                    argv = (program, "-m", module, "-f", "{connection_file}")
                    yield ImageKernel(name, "python", argv, (), python)
                    break
