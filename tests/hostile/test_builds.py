"""Source distributions that attack the builder: they see nothing, reach nobody, leave nothing, and end with a cause."""

from __future__ import annotations

import socket
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.limits import BuildLimits
from builder.engines.local import LocalEngine
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.resolver import resolve as resolve_old
from builder.engines.old_python.upstream import Upstream
from builder.engines.progress import Progress
from builder.engines.uv_process import Uv, find_uv
from builder.errors import BuildError
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex, serve_index
from tests.builder.engines.old_python.conftest import wanted
from tests.builder.engines.one_build import plain_recipe
from tests.hostile.cases import HOSTILE, Case, Outside, cases

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]
MIB = 2**20
LIMITS = BuildLimits(memory_bytes=400 * MIB, disk_bytes=20 * MIB, output_bytes=10 * MIB, processes=400)
MARKER = "987654"
SHARED = ("cache", "envs", "envs/other", "wheels", "locks", "bytecode", "fonts", "files")


@dataclass
class Workshop:
    """An engine with what others keep in it, an index, and all that was said."""

    engine: LocalEngine
    root: Path
    index: LocalIndex
    python: Interpreter
    outside: Outside
    log: list[str]

    def publish(self, case: Case, *, is_only_built: bool = True, requires_python: str = ">=3.6") -> None:
        """Put the attack on the index; it acts when its wheel is built, or whenever it is looked into."""
        files = {
            path.name.removesuffix(".txt"): self.outside.named(
                path.read_text(), engine=str(self.root), marker=MARKER, abstract=ABSTRACT
            )
            for path in (HOSTILE / "builds" / case.name).glob("*.txt")
        }
        setup = files.pop("setup.py")
        if is_only_built:
            setup = f"import os\nif 'out' in os.getcwd():\n    pass\n{textwrap.indent(setup, '    ')}"
        self.index.source(
            "optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup=setup, more=files, requires_python=requires_python
        )

    def build(self, *names: str) -> str:
        """Build an environment; return the cause's id ("" for none). What is said is in the log."""
        recipe = plain_recipe(self.python.version, *names)
        progress = Progress(self.log.append)
        try:
            lock = self.engine.resolve(recipe, progress=progress)
            self.engine.build(recipe, lock, source=Path(), progress=progress)
        except BuildError as error:
            self.log.append(str(error))
            return error.kind_id
        return ""

    @property
    def said(self) -> str:
        return "\n".join(self.log)

    def is_untouched(self) -> bool:
        """Tell whether what others keep is as it was, nobody was called, and no process is left."""
        planted = list(self.root.rglob("planted")) + list(Path(self.python.prefix).glob("planted"))
        other = {path.name: path.read_text() for path in (self.root / "envs" / "other").iterdir()}
        return (
            not planted
            and other == {"secret": "canary"}
            and (self.root / "cache" / "secret").read_text() == "canary"
            and self.outside.is_untouched()
            and not left_running()
        )


ABSTRACT = "reprise-hostile-builds"


def left_running() -> list[str]:
    """Return the processes of an attack that are still there a moment later."""
    end = time.monotonic() + 3
    while True:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if MARKER.encode() in path.read_bytes():
                    found.append(str(path))
            except OSError:
                continue
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.1)


@pytest.fixture
def workshop(tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    root = tmp_path / "engine"
    for name in SHARED:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("cache/secret", "envs/other/secret"):
        (root / name).write_text("canary")
    monkeypatch.setenv("REPRISE_CANARY", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    python = nearest(discover(), "3.11")[0]
    with serve_index() as index, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0" + ABSTRACT)
        abstract.listen()
        engine = LocalEngine(
            root, index_url=index.url, now=lambda: NOW, interpreters=(python,), limits=LIMITS, build_timeout_s=60
        )
        yield Workshop(engine, root, index, python, outside, [])


@pytest.mark.parametrize("case", cases("builds", "setup"), ids=lambda case: case.name)
def test_a_setup_sees_nothing_reaches_nobody_and_leaves_nothing(case: Case, workshop: Workshop) -> None:
    workshop.publish(case)
    assert workshop.build("optics") == case.cause, workshop.said
    # It tells what it got hold of; that it tells anything shows that it ran.
    assert ("LOOT []" in workshop.said) == (case.cause == "package-build-failed"), workshop.said
    assert workshop.is_untouched()


@pytest.mark.parametrize("name", ["reads-the-machine", "connects-to-loopback", "writes-into-what-is-shared"])
def test_the_same_while_requirements_are_resolved(name: str, workshop: Workshop) -> None:
    (case,) = [each for each in cases("builds", "setup") if each.name == name]
    workshop.publish(case, is_only_built=False)
    assert workshop.build("optics") == "package-build-failed", workshop.said
    assert "LOOT []" in workshop.said
    assert workshop.is_untouched()


@pytest.mark.parametrize("case", cases("builds", "limit"), ids=lambda case: case.name)
def test_a_build_that_takes_without_end_is_ended_for_what_it_takes(case: Case, workshop: Workshop) -> None:
    is_slow = case.cause == "build-timeout"
    workshop.engine._build_timeout_s = workshop.engine._resolve_timeout_s = 4 if is_slow else 60
    workshop.publish(case, is_only_built=case.name != "prints-without-end")
    started = time.monotonic()
    assert workshop.build("optics") == case.cause, workshop.said
    assert time.monotonic() - started < 45
    assert workshop.is_untouched()


@pytest.mark.parametrize("case", cases("builds", "loud"), ids=lambda case: case.name)
def test_a_build_that_asks_for_what_is_not_there_is_the_authors_matter(case: Case, workshop: Workshop) -> None:
    workshop.publish(case)
    assert workshop.build("optics") == case.cause, workshop.said
    assert workshop.is_untouched()


@pytest.mark.parametrize("case", cases("builds", "killer"), ids=lambda case: case.name)
def test_a_build_that_kills_what_runs_it_ends_alone(case: Case, workshop: Workshop) -> None:
    workshop.publish(case)
    assert workshop.build("optics") == case.cause, workshop.said
    assert workshop.is_untouched()
    assert workshop.build() == ""


@pytest.mark.parametrize("case", cases("builds", "installed"), ids=lambda case: case.name)
def test_a_hostile_wheel_stays_in_its_environment(case: Case, workshop: Workshop) -> None:
    workshop.publish(case)
    workshop.build("optics")
    assert workshop.is_untouched()
    for prefix in (workshop.root / "envs").glob("*/lib/python*/site-packages"):
        links = [path for path in prefix.rglob("*") if path.is_symlink()]
        assert not links, links


def test_code_that_runs_when_python_starts_plants_nothing_while_others_are_installed(workshop: Workshop) -> None:
    root = workshop.root
    places = [str(root / name) for name in ("cache", "envs", "locks")]
    plant = f"import os; [open(p + '/planted', 'w') for p in {places} if os.access(p, os.W_OK)]"
    workshop.index.wheel("trap", "1.0", uploaded="2016-01-01T00:00:00Z", more={"trap.pth": plant + "\n"})
    workshop.index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    workshop.build("trap", "optics")
    assert workshop.is_untouched()


def test_an_old_pip_keeps_its_setups_from_the_network(workshop: Workshop, tmp_path: Path) -> None:
    (case,) = [each for each in cases("builds", "setup") if each.name == "connects-to-loopback"]
    workshop.publish(case, is_only_built=False, requires_python=">=2.7")
    folder = tmp_path / "pip"
    folder.mkdir()
    python = nearest(discover(), "2.7")[0]
    pip = OldPip(Uv(find_uv(), None, True), python, folder, 120.0, Progress(workshop.log.append))
    with pytest.raises(BuildError) as caught:
        resolve_old(wanted("optics"), Upstream(workshop.index.url, tmp_path / "files"), pip)
    assert "LOOT []" in workshop.said + str(caught.value)
    assert workshop.outside.is_untouched()


def test_a_host_that_the_operator_allows_is_reached(workshop: Workshop, tmp_path: Path) -> None:
    engine = LocalEngine(
        tmp_path / "allowing",
        index_url=workshop.index.url,
        now=lambda: NOW,
        interpreters=(workshop.python,),
        build_hosts=(workshop.outside.address,),
    )
    setup = f"import urllib.request as u, os\nif 'out' in os.getcwd(): u.urlopen('http://{workshop.outside.address}/x')"
    workshop.index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup=setup)
    workshop.engine = engine
    workshop.build("optics")
    assert workshop.outside.asked
