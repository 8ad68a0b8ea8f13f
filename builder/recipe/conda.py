"""Read environment.yml: the pip part as it is, conda's packages as far as the index has them under a name."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.findings import Findings
from builder.recipe.names import CONDA_COLLECTIONS, CONDA_TO_DISTRIBUTION
from builder.recipe.requirements_txt import read_requirement_line

_DEPTH_LIMIT: Final = 20
_SPEC: Final = re.compile(r"^(?:[\w./:-]+::)?([A-Za-z0-9_][\w.-]*)\s*(\[.*\])?\s*(.*)$")
_OPERATORS: Final = re.compile(r"(===|==|!=|>=|<=|~=|=|>|<)\s*")
_LEFT_OUT: Final = re.compile(
    r"^(_|lib(?!rosa|sass|clang|cst|tmux|usb1)|r-|gcc|gxx|gfortran|mkl|cuda|cudatoolkit|ld_impl|vs20)"
)


def read_environment(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the environment file `path` of `root` asks for; every conda package is an approximation and says so.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    file = str(path)
    text = read_text(root / path, name=file)
    findings.files.append(file)
    if text.count("&") > 100:
        raise BuildError("recipe-unreadable", file=file, reason="it holds too many anchors")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BuildError("recipe-unreadable", file=file, reason=str(error).replace("\n", " ")[:200]) from error
    dependencies = data.get("dependencies") if isinstance(data, dict) else None
    if data is None or (isinstance(data, dict) and dependencies is None):
        return
    if not isinstance(dependencies, list):
        raise BuildError("recipe-unreadable", file=file, reason="its dependencies are not a list")
    left_out: list[str] = []
    taken: list[str] = []
    for entry in dependencies:
        if isinstance(entry, dict):
            for line in entry.get("pip") or []:
                read_requirement_line(str(line), root, path, findings)
        elif isinstance(entry, str):
            _add_conda(entry, file, findings, taken=taken, left_out=left_out)
        elif entry is not None:
            raise BuildError("requirement-invalid", requirement=str(entry)[:100], file=file, reason="it is no text")
    if taken:
        findings.approximations.append(
            f"Conda packages of {file} are taken from the Python package index instead: {', '.join(taken)}."
        )
    if left_out:
        findings.approximations.append(
            f"Conda packages of {file} that are no Python packages are left out: {', '.join(left_out)}."
        )


def _add_conda(entry: str, file: str, findings: Findings, *, taken: list[str], left_out: list[str]) -> None:
    match = _SPEC.match(entry.strip())
    if not match:
        raise BuildError("requirement-invalid", requirement=entry[:100], file=file, reason="it names no package")
    name, _, rest = match.groups()
    name = name.lower()
    specifier = conda_specifier(rest)
    if specifier is None:
        reason = "its version is not written as conda understands it"
        raise BuildError("requirement-invalid", requirement=entry[:100], file=file, reason=reason)
    if name == "python":
        _set_python(rest, specifier, file, findings)
        return
    if name in CONDA_COLLECTIONS:
        for part in CONDA_COLLECTIONS[name]:
            findings.add(part, file)
        taken.append(name)
        return
    target = CONDA_TO_DISTRIBUTION.get(name)
    if target == "" or (target is None and _LEFT_OUT.match(name)):
        if name not in ("pip", "setuptools", "wheel", "python_abi", "tzdata", "ca-certificates"):
            left_out.append(name)
        return
    findings.add(f"{target or name}{specifier}", file)
    taken.append(name if target in (None, name) else f"{name} (as {target})")


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


def _set_python(rest: str, specifier: str, file: str, findings: Findings) -> None:
    pinned = re.match(r"^[=\s]*(\d+\.\d+(?:\.\d+)?)(?:\.?\*)?(?:=[\w.*]+)?$", rest.strip())
    if pinned:
        findings.python = findings.python or pinned.group(1)
        findings.python_reason = findings.python_reason or f"{file} asks for Python {pinned.group(1)}"
    elif specifier:
        findings.python_specifier = findings.python_specifier or specifier.replace("==3.*", ">=3").replace(
            "==2.*", ">=2.7,<3"
        )
        findings.python_specifier_file = findings.python_specifier_file or file
