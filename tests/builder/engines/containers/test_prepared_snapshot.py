"""What repo2docker is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from builder.engines.containers.prepared_snapshot import PreparedSnapshot, judged_packages, prepare_snapshot
from builder.engines.lockfile import make_lock
from builder.engines.protocol import Lock
from builder.errors import BuildError
from builder.recipe.model import Extra, Recipe, Wish

PYLOCK = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "six"
version = "1.16.0"
wheels = [{ url = "https://example.org/six.whl", hashes = { sha256 = "aa" } }]

[[packages]]
name = "old"
version = "0.1"
sdist = { url = "https://example.org/old.tar.gz", hashes = { sha256 = "bb" } }
"""


@pytest.fixture
def lock() -> Lock:
    return make_lock(PYLOCK, python_version="3.8.18", as_of=datetime(2021, 1, 1, tzinfo=UTC), approximations=())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "figure.ipynb").write_text("{}")
    (folder / "requirements.txt").write_text("six\n")
    (folder / "setup.py").write_text("raise SystemExit\n")
    return folder


Make = Callable[..., Recipe]


def wish(kind: Wish, file: str, *values: str) -> Extra:
    return Extra(kind, file, values, f"{file} is not followed.")


def written(prepared: PreparedSnapshot, source: Path) -> dict[str, str]:
    target = source.parent / "prepared"
    prepared.write(source, target)
    return {str(path.relative_to(target)): path.read_text() for path in sorted(target.rglob("*")) if path.is_file()}


def test_packages_alone_need_nothing_of_the_repository(recipe: Make, lock: Lock, source: Path) -> None:
    prepared = prepare_snapshot(recipe(), lock, source, buildpacks="uv")
    files = written(prepared, source)
    assert sorted(files) == [
        "binder/requirements-sources.txt",
        "binder/requirements-wheels.txt",
        "binder/requirements.txt",
        "binder/runtime.txt",
    ]
    assert "six==1.16.0 \\\n    --hash=sha256:aa\n" in files["binder/requirements.txt"]
    assert files["binder/requirements-wheels.txt"] == "six==1.16.0 \\\n    --hash=sha256:aa\n"
    assert files["binder/requirements-sources.txt"] == "old==0.1 \\\n    --hash=sha256:bb\n"
    assert files["binder/runtime.txt"] == "python-3.8\n"


def test_another_commit_with_the_same_recipe_is_the_same_image(recipe: Make, lock: Lock, source: Path) -> None:
    before = prepare_snapshot(recipe(), lock, source, buildpacks="uv")
    (source / "figure.ipynb").write_text('{"cells": []}')
    assert prepare_snapshot(recipe(), lock, source, buildpacks="uv").digest == before.digest


def test_the_patch_release_that_resolved_the_lock_does_not_matter(recipe: Make, lock: Lock, source: Path) -> None:
    elsewhere = replace(lock, python_version="3.8.2")
    digests = {prepare_snapshot(recipe(), each, source, buildpacks="uv").digest for each in (lock, elsewhere)}
    assert len(digests) == 1


def test_a_step_of_the_author_sees_the_whole_repository(recipe: Make, lock: Lock, source: Path) -> None:
    (source / "postBuild").write_text("#!/bin/sh\n")
    (source / "postBuild").chmod(0o444)
    wished = recipe(extras=(wish(Wish.POST_BUILD, "postBuild"),))
    prepared = prepare_snapshot(wished, lock, source, buildpacks="standard")
    files = written(prepared, source)
    assert {"figure.ipynb", "setup.py", "binder/postBuild", "binder/requirements.txt"} <= files.keys()
    assert (source.parent / "prepared/binder/postBuild").stat().st_mode & 0o777 == 0o755
    (source / "figure.ipynb").write_text('{"cells": []}')
    assert prepare_snapshot(wished, lock, source, buildpacks="standard").digest != prepared.digest


def test_files_that_would_shadow_the_lock_are_left_out(recipe: Make, lock: Lock, source: Path) -> None:
    (source / ".binder").mkdir()
    for name in ("environment.yml", "Dockerfile", "requirements3.txt", "extra.sh", "start"):
        (source / ".binder" / name).write_text("x\n")
    wished = recipe(extras=(wish(Wish.START, ".binder/start"),))
    files = written(prepare_snapshot(wished, lock, source, buildpacks="standard"), source)
    kept = sorted(name for name in files if name.startswith(".binder"))
    assert kept == [".binder/extra.sh", ".binder/requirements.txt", ".binder/runtime.txt", ".binder/start"]


def test_conda_keeps_what_is_no_python_package(recipe: Make, lock: Lock, source: Path) -> None:
    wished = recipe(
        extras=(wish(Wish.CONDA_PACKAGES, "environment.yml", "fftw=3.3", "$(evil)"),), channels=("conda-forge",)
    )
    prepared = prepare_snapshot(wished, lock, source, buildpacks="standard")
    assert prepared.buildpack == "conda"
    assert yaml.safe_load(prepared.files["binder/environment.yml"]) == {
        "channels": ["conda-forge"],
        "dependencies": ["python=3.8", "fftw=3.3", "pip", {"pip": ["-r requirements.txt"]}],
    }


@pytest.mark.parametrize(
    "line", ["figlet; rm -rf /", "figlet && x", "-o=x", "figlet-", "$(x)", "a|b", "FIGLET", "a`b`"]
)
def test_a_line_of_apt_txt_that_is_no_package_is_refused(line: str) -> None:
    with pytest.raises(BuildError) as raised:
        judged_packages(f"tree\n{line}\n", "apt.txt")
    assert raised.value.kind_id == "recipe-unreadable"


def test_apt_txt_is_read_with_comments_and_versions() -> None:
    assert judged_packages("g++  # a compiler\n\n# none\ntree=2.1.0-1\nlibxml2 tree=2.1.0-1\n", "apt.txt") == [
        "g++",
        "libxml2",
        "tree=2.1.0-1",
    ]


def test_a_script_that_is_a_link_is_refused(recipe: Make, lock: Lock, source: Path) -> None:
    (source / "postBuild").symlink_to("setup.py")
    with pytest.raises(BuildError, match="not a plain file"):
        prepare_snapshot(recipe(extras=(wish(Wish.POST_BUILD, "postBuild"),)), lock, source, buildpacks="uv")
