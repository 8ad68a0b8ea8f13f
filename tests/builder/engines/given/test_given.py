"""An environment of the facility is used as it is: listed without being run, seen to start once, never written to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.engines.given.engine import GivenEngine, in_given
from builder.engines.given.kernel import find_given_kernel, shown_for
from builder.engines.given.listing import PrefixUnusableError, read_listing
from builder.engines.given.modules import GivenModules
from builder.engines.interpreters import Interpreter
from builder.engines.leases import in_use, place_of
from builder.engines.local import LocalEngine
from builder.engines.lockfile import lock_as_requirements
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment
from builder.errors import BuildError
from builder.prepare import size_of
from builder.recipe.model import Recipe
from tests.builder.engines.local_index import LocalIndex
from tests.given_prefix import copy_as_given

quiet = Progress(lambda _: None)
Use = Callable[..., BuiltEnvironment]


@pytest.fixture
def prefix(
    engine: LocalEngine, index: LocalIndex, recipe: Callable[..., Recipe], python: Interpreter, tmp_path: Path
) -> Path:
    """A prefix with a kernel and the package alpha 1.0."""
    index.wheel("alpha", "1.0", uploaded="2017-01-01T00:00:00Z")
    asked = recipe("alpha")
    made = engine.build(asked, engine.resolve(asked, progress=quiet), source=tmp_path, progress=quiet)
    found = copy_as_given(made.prefix, tmp_path / "software" / "nexus", version=python.version)
    kernel = next(found.glob("lib/python*/site-packages/ipykernel.py"))
    kernel.with_name("ipykernel_launcher.py").write_bytes(kernel.read_bytes())
    return found


@pytest.fixture
def given(prefix: Path, tmp_path: Path) -> GivenEngine:
    return GivenEngine(tmp_path / "store", {"nexus": prefix})


@pytest.fixture
def use(recipe: Callable[..., Recipe], prefix: Path, tmp_path: Path) -> Use:
    """Look at the prefix anew, as each run does, and return the environment."""

    def use_it(*requirements: str, **changes: object) -> BuiltEnvironment:
        engine = GivenEngine(tmp_path / "store", {"nexus": prefix})
        asked = in_given(recipe(*requirements, **changes), "nexus", asked_by="The target")
        return engine.build(asked, engine.resolve(asked, progress=quiet), source=tmp_path, progress=quiet)

    return use_it


def test_its_record_says_that_it_was_given_and_what_it_holds(use: Use, prefix: Path, python: Interpreter) -> None:
    built = use("alpha")
    assert (built.engine, built.details["given"], built.python_version) == ("given", "nexus", python.version)
    assert {"alpha": "1.0"}.items() <= {each.name: each.version for each in built.lock.packages}.items()
    assert "openssl=3.3.0=h4ab18f5_3" in built.details["conda_packages"]
    assert built.details["digest"] in built.lock.text
    assert str(prefix) not in built.lock.text + json.dumps(dict(built.details))
    assert built.companion["language"]["name"] == "python"
    assert dict(built.variables) == {"CONDA_PREFIX": str(prefix), "BEAMLINE": "p07"}
    assert "alpha==1.0" in lock_as_requirements(built.lock)


def test_nothing_of_it_is_written_and_its_kernel_is_tried_once(use: Use, prefix: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in prefix.rglob("*")}
    first, second = use("alpha"), use("alpha")
    with in_use(place_of(second)):
        assert place_of(second).name == second.key
    assert {path: path.lstat().st_mtime_ns for path in prefix.rglob("*")} == before
    assert (first.is_reused, second.is_reused, second.key) == (False, True, first.key)
    assert size_of(second) == 0


def test_a_package_that_came_makes_it_another_environment(use: Use, prefix: Path) -> None:
    first = use("alpha")
    (prefix / "conda-meta" / "zlib-1.3-h1.json").write_text('{"name": "zlib", "version": "1.3", "build": "h1"}')
    second = use("alpha")
    assert (second.key != first.key, second.details["digest"] != first.details["digest"]) == (True, True)


def test_another_build_of_the_same_version_shows(prefix: Path) -> None:
    record = next(prefix.glob("lib/python*/site-packages/alpha-1.0.dist-info/RECORD"))
    record.write_text("alpha.py,sha256=one,10\nalpha.pyc,,\n")
    first = read_listing(prefix)
    record.write_text("alpha.py,sha256=two,10\nalpha.pyc,,\n")
    second = read_listing(prefix)
    assert (second.packages, second.digest != first.digest) == (first.packages, True)


def test_the_same_packages_at_another_place_have_the_same_digest(prefix: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    first = read_listing(prefix)
    prefix.rename(moved)
    assert read_listing(moved).digest == first.digest


def test_what_the_repository_asks_for_and_it_does_not_hold_is_said(use: Use) -> None:
    assert use("alpha==1.0").lock.approximations == ()
    said = use("alpha>=2", "beta", "gamma; python_version < '3'", python="2.7").lock.approximations
    assert any("wished was 2.7" in each for each in said)
    assert [each for each in said if "wished" not in each] == [
        "nexus has alpha 1.0, requirements.txt asks for >=2.",
        "nexus does not have beta, which requirements.txt asks for.",
    ]


def test_a_lock_of_what_is_no_more_is_not_built(
    given: GivenEngine, recipe: Callable[..., Recipe], prefix: Path, tmp_path: Path
) -> None:
    asked = in_given(recipe("alpha"), "nexus", asked_by="The target")
    lock = given.resolve(asked, progress=quiet)
    (prefix / "conda-meta" / "zlib-1.3-h1.json").write_text('{"name": "zlib", "version": "1.3", "build": "h1"}')
    later = GivenEngine(tmp_path / "store", {"nexus": prefix})
    with pytest.raises(BuildError) as raised:
        later.build(asked, lock, source=tmp_path, progress=quiet)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("given-changed", "operator")


def test_a_name_that_nobody_gives_is_the_operators(given: GivenEngine, recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(BuildError, match="it gives: nexus") as raised:
        given.resolve(in_given(recipe(), "gone", asked_by="The target"), progress=quiet)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("given-unknown", "operator")


def _remove_kernel(prefix: Path) -> None:
    for path in (*prefix.glob("lib/python*/site-packages/ipykernel*"), prefix / "share" / "jupyter"):
        if path.is_dir():
            path.rename(prefix / f"old-{path.name}")
        elif path.exists():
            path.unlink()


def _break_kernel(prefix: Path) -> None:
    for path in prefix.glob("lib/python*/site-packages/ipykernel*.py"):
        path.write_text(f"raise RuntimeError('broken at {prefix}')\n")


@pytest.mark.parametrize(
    ("hurt", "reason"),
    [
        (lambda prefix: prefix.rename(prefix.with_name("gone")), "its directory is not there"),
        (_remove_kernel, "it has no kernel for python"),
        (_break_kernel, "its kernel does not start: RuntimeError: broken at nexus"),
    ],
    ids=["missing", "without-a-kernel", "broken"],
)
def test_what_cannot_be_used_is_never_the_authors(
    use: Use, prefix: Path, hurt: Callable[[Path], object], reason: str
) -> None:
    hurt(prefix)
    with pytest.raises(BuildError) as raised:
        use("alpha")
    assert (raised.value.cause.id, raised.value.cause.fault) == ("given-unusable", "operator")
    assert reason in raised.value.cause.message
    assert str(prefix) not in raised.value.cause.message


def _kernelspec(prefix: Path, name: str, **spec: object) -> None:
    folder = prefix / "share" / "jupyter" / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def test_a_kernelspec_is_followed_with_its_variables(prefix: Path) -> None:
    argv = [f"{prefix}/bin/python", "-X", "dev", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    _kernelspec(prefix, "python3", argv=argv, language="python", env={"DETECTOR": "eiger"})
    kernel = find_given_kernel(prefix, language="python")
    assert kernel.argv == tuple(argv)
    assert dict(kernel.variables)["DETECTOR"] == "eiger"


def test_a_kernel_of_another_prefix_is_not_taken(prefix: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "bin" / "R"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    _kernelspec(prefix, "ir", argv=[str(other), "{connection_file}"], language="R")
    with pytest.raises(PrefixUnusableError, match="no kernel for R"):
        find_given_kernel(prefix, language="R")


def test_a_link_into_a_home_shows_the_program_and_not_the_home(prefix: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    program = prefix / "bin" / "python"
    (home / "bin" / "python3").symlink_to(program.readlink())
    program.unlink()
    program.symlink_to(home / "bin" / "python3")
    shown = shown_for(prefix, prefix)
    assert home / "bin" / "python3" in shown
    assert home not in shown


def test_an_editable_package_is_named(prefix: Path, use: Use) -> None:
    folder = next(prefix.glob("lib/python*/site-packages/alpha-1.0.dist-info"))
    (folder / "direct_url.json").write_text('{"url": "file:///home/someone/alpha", "dir_info": {"editable": true}}')
    assert "alpha of nexus lies outside of it and is not part of its digest." in use("alpha").lock.approximations


@pytest.fixture
def modules(prefix: Path, tmp_path: Path) -> GivenModules:
    """A module that brings the prefix, needs another one and adds a library beside it."""
    library = tmp_path / "software" / "extra"
    (library / "delta-3.0.dist-info").mkdir(parents=True)
    (library / "delta-3.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: delta\nVersion: 3.0\n\n")
    (library / "delta.py").write_text("")
    for name, lines in {
        "compiler/12": "setenv COMPILER twelve\n",
        "exfel/2024.1": f"module load compiler/12\nprepend-path PATH {prefix}/bin\nprepend-path PYTHONPATH {library}\n",
    }.items():
        file = tmp_path / "modulefiles" / name
        file.parent.mkdir(parents=True)
        file.write_text(f"#%Module\n{lines}")
    init = tmp_path / "modules.sh"
    init.write_text(f". /usr/share/modules/init/bash\nmodule use {tmp_path}/modulefiles\n")
    return GivenModules(("exfel/2024.1",), init, (tmp_path / "software",))


def test_modules_bring_an_environment(
    modules: GivenModules, recipe: Callable[..., Recipe], prefix: Path, tmp_path: Path
) -> None:
    engine = GivenEngine(tmp_path / "store", {"exfel": modules})
    asked = in_given(recipe("alpha", "delta"), "exfel", asked_by="The target")
    built = engine.build(asked, engine.resolve(asked, progress=quiet), source=tmp_path, progress=quiet)
    assert (built.prefix, built.details["given"]) == (prefix, "exfel")
    assert set(built.details["modules"]) == {"exfel/2024.1", "compiler/12"}
    assert built.lock.approximations == ()
    variables = dict(built.variables)
    assert variables["COMPILER"] == "twelve"
    assert variables["PATH"].split(":")[0] == f"{prefix}/bin"
    assert tmp_path / "software" in built.readonly_paths


def test_modules_that_are_not_there_are_the_operators(
    modules: GivenModules, recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    gone = GivenModules(("gone/7",), modules.init)
    engine = GivenEngine(tmp_path / "store", {"exfel": gone, "empty": GivenModules(("compiler/12",), modules.init)})
    for name, reason in {"exfel": "gone/7", "empty": "bring no Python"}.items():
        with pytest.raises(BuildError, match=reason) as raised:
            engine.resolve(in_given(recipe(), name, asked_by="The target"), progress=quiet)
        assert (raised.value.cause.id, raised.value.cause.fault) == ("given-unusable", "operator")
