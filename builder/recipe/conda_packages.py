"""Take conda's packages from the Python package index as far as it has them, and keep the names of the others."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.conda_names import index_name
from builder.recipe.findings import Findings
from builder.recipe.model import Extra, Wish
from builder.recipe.names import CONDA_COLLECTIONS, CONDA_TO_DISTRIBUTION

_SPEC: Final = re.compile(r"^(?:([\w./:-]+)::)?([A-Za-z0-9_][\w.-]*)\s*(?:\[(.*)\])?\s*(.*)$")
_BRACKET: Final = re.compile(r"(version|build|channel)\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^,\s]+))")
_OPERATORS: Final = re.compile(r"(===|==|!=|>=|<=|~=|=|>|<)\s*")
_LEFT_OUT: Final = re.compile(
    r"^(_|lib(?!rosa|sass|clang|cst|tmux|usb1)|r-|gcc|gxx|gfortran|mkl|cuda|cudatoolkit|ld_impl|vs20)"
)
# Part of every environment: nothing is lost when nobody says that they are there.
_UNSAID: Final = frozenset({"pip", "setuptools", "wheel", "python_abi", "tzdata", "ca-certificates"})
_KEPT: Final = re.compile(r"[a-z0-9_][a-z0-9_.-]*(?:[=<>!~|,*][A-Za-z0-9_.+*=<>!~|,-]*)?")
_PYTHON: Final = re.compile(r"^[=\s]*(\d+\.\d+(?:\.\d+)?)(?:\.?\*)?(?:[=\s][\w.*]+)?$")
_PYTHON_BUILD: Final = re.compile(r"(?:^|_)(?:py(?:\d|h[0-9a-f]|_|$)|np\d+py\d)")
_BUILD: Final = re.compile(r"^=*\s*[^=\s<>!~|,]+(?:\s*=\s*|\s+)([A-Za-z0-9_.]+)$")
_LENGTH_LIMIT: Final = 200


class CondaPackages:
    """The conda packages of one file: added one by one, then told together."""

    def __init__(self, path: PurePosixPath) -> None:
        self._file = str(path)
        self._taken: list[str] = []
        self._others: dict[str, str] = {}

    def add(self, entry: str, findings: Findings) -> None:
        """Take one package as conda names it ("conda-forge::numpy=1.13.1=py36_0").

        Raises BuildError requirement-invalid, or requirement-forbidden for one that is an address.
        """
        entry = entry.strip()
        if "://" in entry or len(entry) > _LENGTH_LIMIT:
            reason = "a package of conda is taken by its name"
            raise BuildError("requirement-forbidden", requirement=entry[:200], file=self._file, reason=reason)
        match = _SPEC.match(entry)
        if not match:
            raise self._invalid(entry, "it names no package")
        channel, name, bracket, version = match.groups()
        named = {key: a or b or c for key, a, b, c in _BRACKET.findall(bracket or "")}
        version = version or named.get("version", "")
        channel = channel or named.get("channel")
        if channel:
            findings.take_channel(channel)
        specifier = conda_specifier(version)
        if specifier is None:
            raise self._invalid(entry, "its version is not written as conda understands it")
        build = _BUILD.match(version.strip())
        if build and not is_python_build(build.group(1)) and name.lower() not in ("python", *CONDA_TO_DISTRIBUTION):
            self._leave(name.lower(), version)
        else:
            self._add(name.lower(), version, specifier, findings)

    def add_locked(self, name: str, version: str, *, is_python: bool, findings: Findings, known_as: str = "") -> None:
        """Take one package of a lock in its exact version; `known_as` is its name in the index where the lock has it.

        Raises BuildError requirement-invalid.
        """
        name = name.lower()
        if name == "python":
            findings.take_python(version, self._file)
        elif not is_python or index_name(name, CONDA_TO_DISTRIBUTION) == "":
            self._leave(name, f"={version}")
        elif name not in _UNSAID:
            target = known_as or index_name(name, CONDA_TO_DISTRIBUTION) or name
            self._require(name, target, f"=={version}", findings)

    def finish(self, findings: Findings) -> None:
        """Say what was taken from the index instead, and keep what is no Python package as a wish."""
        if self._taken:
            findings.approximations.append(
                f"Conda packages of {self._file} are taken from the Python package index instead: "
                f"{', '.join(self._taken)}."
            )
        if self._others:
            unmet = (
                f"Conda packages of {self._file} that are no Python packages are left out: {', '.join(self._others)}."
            )
            findings.extras.append(Extra(Wish.CONDA_PACKAGES, self._file, tuple(self._others.values()), unmet))

    def _add(self, name: str, version: str, specifier: str, findings: Findings) -> None:
        if name == "python":
            self._set_python(version, specifier, findings)
        elif name in CONDA_COLLECTIONS:
            for part in CONDA_COLLECTIONS[name]:
                findings.add(part, self._file)
            self._taken.append(name)
        else:
            target = index_name(name, CONDA_TO_DISTRIBUTION)
            if target == "" or (target is None and _LEFT_OUT.match(name)):
                self._leave(name, version)
            else:
                self._require(name, target or name, specifier, findings)

    def _require(self, name: str, target: str, specifier: str, findings: Findings) -> None:
        # Not said one by one: that the names are conda's is said of all together.
        because = f"{name} is conda's name; {target} of the package index is taken."
        required = findings.add(f"{target}{specifier}", self._file, because, is_said=False)
        target = Pep508(required.text).name
        self._taken.append(name if canonicalize_name(target) == canonicalize_name(name) else f"{name} (as {target})")

    def _leave(self, name: str, version: str) -> None:
        if name in _UNSAID:
            return
        version = re.sub(r"\s*([=<>!~|,]+)\s*", r"\1", version.strip()).replace(" ", "=")
        if version and version[0] not in "=<>!~":
            version = f"={version}"
        kept = f"{name}{version}"
        if not _KEPT.fullmatch(kept):
            raise self._invalid(kept, "it is not written as conda understands it")
        self._others[name] = kept

    def _set_python(self, version: str, specifier: str, findings: Findings) -> None:
        pinned = _PYTHON.match(version.strip())
        if pinned:
            findings.take_python(pinned.group(1), self._file)
        elif specifier:
            wide = specifier.replace("==3.*", ">=3").replace("==2.*", ">=2.7,<3")
            findings.take_python_range(wide, self._file)

    def _invalid(self, entry: str, reason: str) -> BuildError:
        return BuildError("requirement-invalid", requirement=entry[:100], file=self._file, reason=reason)


def is_python_build(build: str) -> bool:
    """Tell from the build ("py312h8753938_0", "pyhd8ed1ab_0") whether a conda package is for Python."""
    return bool(_PYTHON_BUILD.search(build))


def conda_specifier(text: str) -> str | None:
    """Return the PEP 440 form of a conda version ("=1.2=py36_0" is "==1.2.*"), or None when it is none."""
    text = text.strip()
    if text in ("", "*"):
        return ""
    if not _OPERATORS.match(text):
        text = f"={text}"
    alternatives = text.split("|")
    text = alternatives[-1].strip()  # the last alternative is the newest by habit
    parts = []
    for part in text.split(","):
        part = _OPERATORS.sub(r"\1", part.strip())
        operator = _OPERATORS.match(part)
        if not operator:
            version, symbol = part, "="
        else:
            symbol, version = operator.group(1), part[operator.end() :]
        version, _, build = version.replace(" ", "=", 1).partition("=")
        if symbol == "=" and build:
            symbol = "=="  # "=1.2.3=py36_0" names one build of one version
        if symbol == "=":
            version = version.removesuffix("*").removesuffix(".")
            parts.append(f"=={version}.*" if version else "")
        else:
            version = version.removesuffix(".*") if symbol not in ("==", "!=") else version
            parts.append(f"{symbol}{version}")
    specifier = ",".join(part for part in parts if part)
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    return specifier
