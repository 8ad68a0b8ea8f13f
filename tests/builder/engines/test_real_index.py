"""The real package index, a few small packages."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.interpreters import discover, nearest
from builder.engines.kept_tables import MENDED_METADATA, uv_settings
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.engines.uv_process import find_uv
from builder.recipe.model import Recipe, Requirement

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]


def recipe(*requirements: str, python: str, as_of: datetime) -> Recipe:
    listed = tuple(Requirement(text, "requirements.txt") for text in requirements)
    return Recipe(("requirements.txt",), listed, python, "the test says so", as_of, "the date of the commit", False)


def test_a_kernel_of_2021_is_ready_to_start(tmp_path: Path) -> None:
    python = nearest(discover(), "3.8")[0]
    wished = recipe("ipykernel", python=python.version, as_of=datetime(2021, 11, 1, tzinfo=UTC))
    engine = LocalEngine(tmp_path)
    lock = engine.resolve(wished, progress=Progress(print))
    built = engine.build(wished, lock, source=Path(), progress=Progress(print))
    asked = "import ipykernel.kernelapp; print(ipykernel.__version__)"
    answer = subprocess.run([built.kernel_argv[0], "-c", asked], capture_output=True, text=True, check=True)
    versions = {package.name: package.version for package in lock.packages}
    assert answer.stdout.strip() == versions["ipykernel"]
    if python.minor == (3, 8):
        assert versions["ipykernel"].startswith("6.4")
    else:
        # A machine without that Python gets what its nearest can run, and the departure is stated.
        assert lock.approximations


@pytest.mark.parametrize(("name", "version"), [(entry[0], entry[1]) for entry in MENDED_METADATA[-6::3]])
def test_mended_metadata_lets_an_old_release_resolve(tmp_path: Path, name: str, version: str) -> None:
    (tmp_path / "uv.toml").write_text(uv_settings())
    (tmp_path / "asked.in").write_text(f"{name}=={version}\n")
    command = [str(find_uv()), "pip", "compile", "asked.in", "--config-file", "uv.toml", "--cache-dir", "cache"]
    options = ["--python-version", "3.6", "--only-binary", ":all:", "--exclude-newer", "2019-06-01T00:00:00Z"]
    answer = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert f"{name}=={version}" in answer.stdout
    assert "pytz==" in answer.stdout
