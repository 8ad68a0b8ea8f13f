"""What repo2docker's own buildpacks make of a prepared snapshot: their Dockerfiles, without building them."""

from __future__ import annotations

from pathlib import Path

import pytest
from repo2docker.app import Repo2Docker
from repo2docker.utils import chdir

from builder.engines.containers.drive import app_of, rendered_dockerfile
from builder.engines.containers.repo2docker_engine import DEFAULT_BASE
from builder.engines.containers.request import BuildRequest


def request(source: Path, buildpack: str, **changes: object) -> BuildRequest:
    fields: dict[str, object] = {
        "program": "docker", "source": str(source), "image": "localhost/reprise/x", "buildpack": buildpack,
        "base_image": DEFAULT_BASE, "labels": {"org.reprise.key": "k"}, "arguments": (), "appendix": "# the end",
        "report": "", "uv": "/usr/bin/uv", "python": "3.8",
    }  # fmt: skip
    return BuildRequest(**{**fields, **changes})  # type: ignore[arg-type]


def rendered(asked: BuildRequest) -> str:
    with chdir(asked.source):
        return rendered_dockerfile(app_of(asked), asked)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    binder = tmp_path / "binder"
    binder.mkdir()
    (binder / "requirements.txt").write_text("six==1.16.0 \\\n    --hash=sha256:aa\n")
    (binder / "runtime.txt").write_text("python-3.8\n")
    (tmp_path / "setup.py").write_text("raise SystemExit\n")
    return tmp_path


def test_the_base_image_that_is_fetched_first_is_repo2dockers_own() -> None:
    assert Repo2Docker.base_image.default_value == DEFAULT_BASE


def test_the_standard_buildpack_installs_the_lock_on_the_wished_python(source: Path) -> None:
    text = rendered(request(source, "python"))
    assert "py-2d3-2e8" in text  # the escaped name of its lock of conda packages
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in text
    assert "pip install --no-cache-dir ." not in text
    assert text.rstrip().endswith("# the end")


def test_the_conda_buildpack_installs_what_is_no_python_package(source: Path) -> None:
    (source / "binder/runtime.txt").unlink()
    (source / "binder/environment.yml").write_text(
        "channels: [conda-forge]\ndependencies: [python=3.8, fftw, pip, pip: [-r requirements.txt]]\n"
    )
    text = rendered(request(source, "conda"))
    assert "env update" in text
    assert "binder/environment.yml" in text


def test_the_nix_buildpack_takes_default_nix(source: Path) -> None:
    (source / "binder/default.nix").write_text("{}\n")
    assert "nix-shell" in rendered(request(source, "nix"))


def test_uv_installs_wheels_without_running_them_and_sources_as_of_their_date(source: Path) -> None:
    dated = {"has_sources": True, "sources_as_of": "2021-12-31T00:00:00Z", "has_pip": True}
    text = rendered(request(source, "uv", **dated))
    assert "venv --no-cache --allow-existing --python 3.8 /srv/env" in text
    assert "--require-hashes" in text
    assert "--no-build -r binder/requirements-wheels.txt" in text
    assert "--exclude-newer 2021-12-31T00:00:00Z -r binder/requirements-sources.txt" in text
    assert "ensurepip" in text
    assert "conda" not in text


def test_the_index_and_certificates_are_in_no_layer(source: Path) -> None:
    text = rendered(request(source, "uv"))
    assert "--mount=type=secret,id=reprise-settings" in text
    assert "ARG PIP" not in text
    assert "ENV UV" not in text


def test_a_repository_without_the_buildpacks_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="finds nothing to build"):
        rendered(request(tmp_path, "dockerfile"))
