"""A lock of an old Python becomes an environment that holds exactly what was locked."""

from __future__ import annotations

import io
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.local import LocalEngine
from builder.engines.lockfile import make_lock
from builder.engines.old_python.installer import OldInstaller, redirect_scripts
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.resolver import resolve
from builder.engines.old_python.upstream import Upstream
from builder.engines.protocol import Lock
from builder.errors import BuildError
from builder.recipe.model import Recipe
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex
from tests.builder.engines.old_python.conftest import EVERY_PYTHON, THEN, quiet, wanted

pytestmark = pytest.mark.real
Publish = Callable[..., None]


def locked(upstream: Upstream, pip: OldPip, *requirements: str) -> Lock:
    text = resolve(wanted(*requirements), upstream, pip).text
    return make_lock(text, python_version=pip.python.version, as_of=THEN, approximations=())


def installed(lock: Lock, upstream: Upstream, pip: OldPip, root: Path, **changes: bool) -> Path:
    making, prefix = root / "making", root / "prefix"
    making.mkdir(parents=True)
    installer = OldInstaller(pip.uv, upstream, root, changes.get("are_builds_allowed", True))
    deadline = time.monotonic() + 120
    installer.install(lock, pip.python, making / "env", prefix=prefix, deadline=deadline, progress=quiet)
    return (making / "env").rename(prefix)


def said(prefix: Path, code: str) -> str:
    command = [str(prefix / "bin" / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_moved_environment_holds_what_was_locked_and_nothing_else(
    upstream: Upstream, pip: OldPip, optics: Publish, tmp_path: Path
) -> None:
    optics(("1.0", "2016-01-01"))
    prefix = installed(locked(upstream, pip, "optics"), upstream, pip, tmp_path / "root")
    assert said(prefix, "import optics, sys; print(optics.version + ' ' + sys.prefix)") == f"1.0 {prefix}"
    there = {path.name.split("-")[0] for path in prefix.glob("lib/python*/site-packages/*.dist-info")}
    assert there == {"optics"}


def test_a_source_distribution_is_built_once_and_kept(
    upstream: Upstream, index: LocalIndex, newer_pip: OldPip, tmp_path: Path
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = locked(upstream, newer_pip, "optics")
    prefix = installed(lock, upstream, newer_pip, tmp_path / "root")
    assert said(prefix, "import optics; print(optics.version)") == "1.1"
    assert len(list((tmp_path / "root" / "wheels").glob("*/*.whl"))) == 1


def test_without_a_sandbox_source_distributions_are_refused(
    upstream: Upstream, index: LocalIndex, newer_pip: OldPip, tmp_path: Path
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = locked(upstream, newer_pip, "optics")
    with pytest.raises(BuildError) as caught:
        installed(lock, upstream, newer_pip, tmp_path / "root", are_builds_allowed=False)
    assert "sandbox" in caught.value.data["reason"]


def test_a_file_that_changed_at_the_index_is_a_hash_mismatch(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish, tmp_path: Path
) -> None:
    optics(("1.0", "2016-01-01"))
    lock = locked(upstream, pip, "optics")
    index.corrupt("optics-1.0-py2.py3-none-any.whl")
    with pytest.raises(BuildError) as caught:
        installed(lock, Upstream(index.url, tmp_path / "empty"), pip, tmp_path / "root")
    assert caught.value.kind_id == "hash-mismatch"
    assert "optics" in caught.value.data["package"]


def test_scripts_start_the_python_of_the_later_place(tmp_path: Path) -> None:
    script, program = tmp_path / "tool", tmp_path / "program"
    script.write_text("#!/made/here/bin/python\nprint(1)\n")
    script.chmod(0o755)
    program.write_bytes(b"\0/made/here/bin")
    redirect_scripts(tmp_path, Path("/made/here"), Path("/later"))
    assert script.read_text() == "#!/later/bin/python\nprint(1)\n"
    assert script.stat().st_mode & 0o777 == 0o755
    assert program.read_bytes() == b"\0/made/here/bin"


def test_the_engine_serves_the_oldest_python_at_hand(
    index: LocalIndex, recipe: Callable[..., Recipe], tmp_path: Path, optics: Publish
) -> None:
    oldest: Interpreter = nearest(discover(), "2.7")[0]
    optics(("1.0", "2016-01-01"), ("2.0", "2017-01-01"))
    for name in ("ipykernel", "setuptools"):
        made = index.files[next(each for each in index.files if each.startswith(name))]
        code = "" if name == "setuptools" else _code(made[0])
        index.wheel(name, "40.0", uploaded="2015-02-01T00:00:00Z", code=code, **EVERY_PYTHON)
    wish = recipe("optics", as_of="2016-09-15", python=oldest.version)
    engine = LocalEngine(tmp_path / "engine", index_url=index.url, now=lambda: NOW, interpreters=(oldest,))
    lock = engine.resolve(wish, progress=quiet)
    built = engine.build(wish, lock, source=tmp_path, progress=quiet)
    assert said(built.prefix, "import optics; print(optics.version)") == "1.0"
    assert built.python_version == oldest.version
    assert not lock.approximations
    assert engine.build(wish, lock, source=tmp_path, progress=quiet).is_reused


def _code(wheel: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read("ipykernel.py").decode().split("\n", 1)[1]
