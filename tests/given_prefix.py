"""A prefix as a facility keeps it: laid out as conda does, apart from everything of this service."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from pathlib import Path

from packaging.requirements import Requirement

CONDA_PACKAGES = {
    "python": {"version": "3.11.9", "build": "hb806964_0_cpython", "sha256": "ab" * 32},
    "openssl": {"version": "3.3.0", "build": "h4ab18f5_3", "sha256": "cd" * 32},
}


def lay_out_as_conda(prefix: Path, *, version: str = "3.11.9") -> Path:
    """Write what conda keeps of its packages into the prefix, and return it."""
    meta = prefix / "conda-meta"
    meta.mkdir(parents=True, exist_ok=True)
    for name, facts in CONDA_PACKAGES.items():
        told = {**facts, "version": version} if name == "python" else facts
        file = meta / f"{name}-{told['version']}-{told['build']}.json"
        file.write_text(json.dumps({"name": name, "channel": "conda-forge", "files": [], **told}))
    (meta / "state").write_text(json.dumps({"env_vars": {"BEAMLINE": "p07"}}))
    return prefix


def copy_as_given(environment: Path, target: Path, *, version: str) -> Path:
    """Make a prefix of the packages that another environment holds, without what this service keeps in its own."""
    shutil.copytree(environment, target, symlinks=True, ignore=shutil.ignore_patterns("reprise*", "*.lock"))
    return lay_out_as_conda(target, version=version)


def make_given(target: Path) -> Path:
    """Make a prefix with this Python and a copy of its kernel, ipykernel and all that it needs."""
    site = target / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (target / "bin").mkdir()
    (target / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    version = ".".join(map(str, sys.version_info[:3]))
    (target / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\nversion = {version}\n")
    pending, done = ["ipykernel"], set()
    while pending:
        name = pending.pop()
        if name in done:
            continue
        done.add(name)
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), site / file)
        wanted = map(Requirement, distribution.requires or ())
        pending += [each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    return lay_out_as_conda(target, version=version)
