"""What an index, a disk or a build can do wrong: each ends in its own cause, and nothing is asked twice in vain."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines import uv_process
from builder.engines.interpreters import Interpreter
from builder.engines.limits import BuildLimits
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex, serve_index

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]
quiet = Progress(lambda _: None)
MIB = 2**20


def failure(engine: LocalEngine, recipe: Recipe) -> BuildError:
    with pytest.raises(BuildError) as caught:
        engine.build(recipe, engine.resolve(recipe, progress=quiet), source=Path(), progress=quiet)
    return caught.value


@pytest.fixture
def at(tmp_path: Path, python: Interpreter) -> Callable[..., LocalEngine]:
    def make(index_url: str, name: str = "other", **options: object) -> LocalEngine:
        options = {"now": lambda: NOW, "interpreters": (python,), **options}
        return LocalEngine(tmp_path / name, index_url=index_url, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for nobody: what is asked again is another test's matter."""
    monkeypatch.setattr(uv_process, "_ASK_AGAIN", 0)
    monkeypatch.setattr(uv_process, "_ANSWER_WITHIN_S", 1)


# The index


@pytest.mark.usefixtures("hasty")
def test_an_index_that_refuses_connections(at: Callable[..., LocalEngine], recipe: Make) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = failure(at(f"http://127.0.0.1:{closed.getsockname()[1]}/simple"), recipe())
    assert (error.kind_id, error.data["reason"]) == ("index-unreachable", "the connection is refused")


@pytest.mark.usefixtures("hasty")
def test_an_index_that_never_answers(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.delays_s = (3.0, 0.0)
    error = failure(engine, recipe())
    assert (error.kind_id, error.data["reason"]) == ("index-unreachable", "it takes too long")


@pytest.mark.usefixtures("hasty")
def test_an_index_that_is_out_of_order(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.status = 503
    error = failure(engine, recipe())
    assert (error.kind_id, error.data["reason"]) == ("index-unreachable", "it answers 503 Service Unavailable")


@pytest.mark.usefixtures("hasty")
def test_an_index_that_nobody_vouches_for(at: Callable[..., LocalEngine], recipe: Make, tmp_path: Path) -> None:
    certificate = tmp_path / "self-signed.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    files = ["-keyout", str(certificate), "-out", str(tmp_path / "public.pem")]
    subprocess.run([*command.split(), *files], capture_output=True, check=True)
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "public.pem").read_bytes())
    with serve_index(certificate) as index:
        error = failure(at(index.url), recipe())
    assert (error.kind_id, error.data["reason"]) == ("index-unreachable", "its certificate is not trusted")


@pytest.mark.parametrize("stumble", [502, 503, 504, "reset"])
def test_an_index_that_stumbles_is_asked_again(
    engine: LocalEngine, index: LocalIndex, recipe: Make, stumble: int | str
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.stumbles["optics"] = [stumble]
    lock = engine.resolve(recipe("optics"), progress=quiet)
    assert "optics" in {package.name for package in lock.packages}
    assert index.asked.count("optics") == 2


def test_a_name_that_the_index_does_not_have_is_not_asked_for_again(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    assert failure(engine, recipe("homemade")).kind_id == "requirement-not-found"
    # As of its date and as of today, each in the shared cache and in a private one.
    assert index.asked.count("homemade") <= 4


# Releases


def test_a_withdrawn_release_is_taken_where_it_is_pinned_and_its_reason_stated(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.1", uploaded="2016-02-01T00:00:00Z", is_yanked=True)
    lock = engine.resolve(recipe("optics==1.1"), progress=quiet)
    told = "optics==1.1 was withdrawn by its authors (“broken”), and is taken because it is pinned."
    assert told in lock.approximations
    assert told in lock.text


@pytest.mark.usefixtures("hasty")
def test_a_locked_release_that_is_gone_is_upstreams_doing(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    del index.served["optics-1.0-py3-none-any.whl"]
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert (caught.value.kind_id, caught.value.cause.fault) == ("release-vanished", "upstream")
    assert "404" in caught.value.cause.evidence
    assert caught.value.data["package"] == "optics==1.0"
    assert "The lock is kept" in caught.value.cause.hint


def test_a_locked_release_that_is_gone_is_installed_from_the_cache(
    engine: LocalEngine, index: LocalIndex, recipe: Make, tmp_path: Path
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.source("lens", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = engine.resolve(recipe("optics", "lens"), progress=quiet)
    first = engine.build(recipe("optics", "lens"), lock, source=Path(), progress=quiet)
    shutil.rmtree(first.prefix)
    index.status = 410
    again = engine.build(recipe("optics", "lens"), lock, source=Path(), progress=quiet)
    assert not again.is_reused
    assert list(again.prefix.glob("lib/python*/site-packages/lens.py"))


def test_a_locked_source_that_is_gone_is_upstreams_doing(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    del index.served["optics-1.1.tar.gz"]
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert (caught.value.kind_id, caught.value.data["package"]) == ("release-vanished", "optics==1.1")
    assert "404" in caught.value.cause.evidence


@pytest.mark.parametrize("stumble", [503, "reset"])
def test_a_host_that_stumbles_over_a_source_is_asked_again(
    engine: LocalEngine, index: LocalIndex, recipe: Make, stumble: int | str
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    index.stumbles["optics-1.1.tar.gz"] = [stumble]
    built = engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert list(built.prefix.glob("lib/python*/site-packages/optics.py"))


def test_a_file_with_another_checksum_is_not_fetched_again(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    index.corrupt("optics-1.1.tar.gz")
    index.asked.clear()
    with pytest.raises(BuildError, match="checksum"):
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert index.asked.count("optics-1.1.tar.gz") == 1


# Builds


def broken(index: LocalIndex, setup: str) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup=setup)


def test_a_build_that_takes_too_much_memory(at: Callable[..., LocalEngine], index: LocalIndex, recipe: Make) -> None:
    broken(index, f"import time\nheld = bytearray(b'x') * (400 * {MIB})\ntime.sleep(20)")
    error = failure(at(index.url, limits=BuildLimits(memory_bytes=200 * MIB)), recipe("optics"))
    assert (error.kind_id, error.cause.fault, error.data["limit"]) == ("build-out-of-memory", "author", "200 MiB")


def test_a_build_that_takes_too_much_disk(at: Callable[..., LocalEngine], index: LocalIndex, recipe: Make) -> None:
    broken(
        index,
        f"import time\nfor n in range(4):\n    open(f'part-{{n}}', 'wb').write(b'x' * (20 * {MIB}))\ntime.sleep(20)",
    )
    error = failure(at(index.url, limits=BuildLimits(disk_bytes=40 * MIB)), recipe("optics"))
    assert (error.kind_id, error.data["limit"]) == ("build-out-of-disk", "40 MiB")


def test_a_build_that_writes_one_file_without_end(
    at: Callable[..., LocalEngine], index: LocalIndex, recipe: Make
) -> None:
    broken(index, f"file = open('all', 'wb')\nwhile True: file.write(b'x' * {MIB})")
    error = failure(at(index.url, limits=BuildLimits(disk_bytes=40 * MIB)), recipe("optics"))
    assert error.kind_id == "build-out-of-disk"


def test_a_build_that_prints_without_end(at: Callable[..., LocalEngine], index: LocalIndex, recipe: Make) -> None:
    # Only what uv passes on is counted: of a build that fails, all that it said.
    broken(index, f"import sys\nsys.stderr.write('x' * (12 * {MIB}))\nsys.exit(1)")
    lines: list[str] = []
    engine = at(index.url, limits=BuildLimits(output_bytes=10 * MIB))
    with pytest.raises(BuildError) as caught:
        engine.resolve(recipe("optics"), progress=Progress(lines.append))
    assert caught.value.kind_id == "build-out-of-output"
    assert sum(map(len, lines)) < 2 * MIB


def test_a_build_that_hangs(at: Callable[..., LocalEngine], index: LocalIndex, recipe: Make) -> None:
    broken(index, "import os, time\nif 'out' in os.getcwd(): time.sleep(60)")
    error = failure(at(index.url, build_timeout_s=2), recipe("optics"))
    assert error.kind_id == "build-timeout"
    assert error.cause.evidence


@pytest.mark.parametrize(
    ("complaint", "tool"),
    [
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "x86_64-linux-gnu-gcc"),
        ("optics.c:1:10: fatal error: fftw3.h: No such file or directory", "fftw3.h"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'gfortran'", "gfortran"),
    ],
)
def test_what_only_the_operator_can_install_is_named(
    engine: LocalEngine, index: LocalIndex, recipe: Make, complaint: str, tool: str
) -> None:
    broken(index, f"import sys, os\nif 'out' in os.getcwd(): sys.exit({complaint!r})")
    error = failure(engine, recipe("optics"))
    assert (error.kind_id, error.cause.fault, error.data["tool"]) == ("build-tools-missing", "operator", tool)


def test_what_a_setup_imports_undeclared_is_given_to_it_as_of_the_same_date(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("numpy", "1.13.0", uploaded="2017-01-01T00:00:00Z")
    index.wheel("numpy", "1.19.0", uploaded="2020-01-01T00:00:00Z")
    broken(index, "import numpy\nassert numpy.version == '1.13.0'")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    built = engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert list(built.prefix.glob("lib/python*/site-packages/optics.py"))


def test_a_setup_is_built_against_no_numpy_newer_than_the_locked_one(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("numpy", "1.11.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("numpy", "1.13.0", uploaded="2017-01-01T00:00:00Z")
    broken(index, "import numpy, os\nif 'out' in os.getcwd(): assert numpy.version == '1.11.0'")
    asked = recipe("optics", "numpy==1.11.0")
    lock = engine.resolve(asked, progress=quiet)
    assert engine.build(asked, lock, source=Path(), progress=quiet).prefix.is_dir()


def test_a_setup_that_runs_reaches_no_cache_that_others_use(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    planted = "import os, pathlib\nfor n in pathlib.Path(os.environ['HOME']).parent.parent.rglob('*'):\n"
    broken(index, planted + "    if n.is_file() and n.name.endswith('.rkyv'): n.write_bytes(b'planted')")
    index.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z")
    engine.resolve(recipe("lens"), progress=quiet)
    engine.resolve(recipe("lens", "optics"), progress=quiet)
    pages = list((engine._root / "cache").rglob("*.rkyv"))
    assert pages
    assert not any(page.read_bytes() == b"planted" for page in pages)


# The disk

_ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from builder.engines.interpreters import discover, nearest
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.errors import BuildError
from tests.builder.engines.conftest import NOW
from tests.builder.engines.test_local_faults import plain_recipe
python = nearest(discover(), "3.11")[0]
engine = LocalEngine(Path(sys.argv[1]), index_url=sys.argv[2], now=lambda: NOW, interpreters=(python,))
recipe = plain_recipe(python.version)
try:
    lock = engine.resolve(recipe, progress=Progress(lambda _: None))
    engine.build(recipe, lock, source=Path(), progress=Progress(lambda _: None))
except BuildError as error:
    left = [each.name for each in (Path(sys.argv[1]) / "envs").glob("*") if each.is_dir()]
    print(error.kind_id, left)
"""


def plain_recipe(python: str) -> Recipe:
    listed = tuple(Requirement(name, "requirements.txt") for name in ("optics", "ipykernel"))
    day = datetime(2018, 1, 1, tzinfo=UTC)
    return Recipe(("requirements.txt",), listed, python, "the test says so", day, "the date of the commit", False)


def test_a_disk_that_is_really_full_is_the_operators_matter(index: LocalIndex, tmp_path: Path) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", code=f"pixels = '{'x' * (24 * MIB)}'\n")
    place = tmp_path / "small"
    place.mkdir()
    # A file system of 16 MiB in a mount namespace of its own, which every user may make.
    small = ["bwrap", "--dev-bind", "/", "/", "--size", str(16 * MIB), "--tmpfs", str(place)]
    command = [*small, sys.executable, "-c", _ON_A_SMALL_DISK, str(place), index.url]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert answer.stdout.strip() == "disk-full []", answer.stderr
