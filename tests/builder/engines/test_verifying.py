"""Verifying an environment: its kernel really starts, without a network, and says its versions."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import ipykernel
import pytest

from builder.engines.interpreters import discover
from builder.engines.kernel_probe import system_source, versions_source
from builder.engines.progress import BuildCancelledError, Progress
from builder.engines.verifying import KernelFacts, telling_line, verify_kernel
from builder.errors import BuildError

pytestmark = pytest.mark.real

HERE = (Path(sys.prefix), Path(sys.base_prefix))
KERNEL = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
quiet = Progress(lambda _: None)


@pytest.fixture(scope="module")
def facts() -> KernelFacts:
    return verify_kernel(KERNEL, readonly_paths=HERE, progress=quiet)


def test_a_kernel_says_its_versions(facts: KernelFacts) -> None:
    assert facts.language == "python"
    assert facts.versions["kernel"]["ipykernel"] == ipykernel.__version__
    assert facts.versions["kernel"]["pyzmq"]
    assert facts.versions["python"]["full"] == sys.version.replace("\n", " ")


def test_a_kernel_says_what_a_run_gets(facts: KernelFacts) -> None:
    assert facts.gap == ""
    assert facts.system["timezone"]["names"] == ["UTC", "UTC"]
    assert facts.system["variables"]["OMP_NUM_THREADS"] == "1"
    assert facts.versions["python"]["has_random_hashes"] is False


def _program(tmp_path: Path, code: str) -> tuple[str, ...]:
    path = tmp_path / "kernel.py"
    path.write_text(code)
    return (sys.executable, str(path), "{connection_file}")


def _refusal(tmp_path: Path, code: str, **options: float) -> BuildError:
    with pytest.raises(BuildError) as caught:
        verify_kernel(_program(tmp_path, code), readonly_paths=(*HERE, tmp_path), progress=quiet, **options)
    return caught.value


def test_a_kernel_that_lacks_a_module_is_refused_with_its_name(tmp_path: Path) -> None:
    error = _refusal(tmp_path, "import sys\nprint('starting')\nimport zmq_of_old\n")
    assert error.kind_id == "kernel-broken"
    assert error.data["reason"] == "ModuleNotFoundError: No module named 'zmq_of_old'"


def test_a_kernel_that_never_answers_is_refused_in_time(tmp_path: Path) -> None:
    started = time.monotonic()
    error = _refusal(tmp_path, "import time\ntime.sleep(60)\n", timeout_s=1.5)
    assert time.monotonic() - started < 10
    assert error.data["reason"] == "it did not answer within 2 s"


def test_a_kernel_sees_no_network(tmp_path: Path) -> None:
    code = "import socket\nprint('Error: has', [name for _, name in socket.if_nameindex()])\n"
    assert _refusal(tmp_path, code).data["reason"] == "Error: has ['lo']"


def test_a_kernel_that_dies_of_its_libraries_is_still_verified_and_the_gap_is_told(tmp_path: Path) -> None:
    # numpy is made to crash as one that was built for another processor does.
    (tmp_path / "numpy.py").write_text("import os\nos._exit(132)\n")
    facts = verify_kernel(
        KERNEL, readonly_paths=(*HERE, tmp_path), progress=quiet, variables=(("PYTHONPATH", str(tmp_path)),)
    )
    assert facts.versions["kernel"]["ipykernel"]
    assert facts.system == {}
    assert facts.gap


def test_a_cancel_ends_the_verification_at_once(tmp_path: Path) -> None:
    is_over = threading.Event()
    threading.Timer(0.5, is_over.set).start()
    progress = Progress(lambda _: None, is_cancelled=is_over.is_set)
    kernel = _program(tmp_path, "import time\ntime.sleep(60)")
    started = time.monotonic()
    with pytest.raises(BuildCancelledError):
        verify_kernel(kernel, readonly_paths=(*HERE, tmp_path), progress=progress)
    assert time.monotonic() - started < 3


def test_a_mount_shows_the_environment_at_its_later_place(tmp_path: Path) -> None:
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "kernel.py").write_text("raise RuntimeError(__file__)")
    inside = "/opt/environment"
    with pytest.raises(BuildError) as caught:
        verify_kernel(
            (sys.executable, f"{inside}/kernel.py"),
            readonly_paths=HERE,
            mounts=((tmp_path / "staged", inside),),
            progress=quiet,
        )
    assert caught.value.data["reason"] == f"RuntimeError: {inside}/kernel.py"


def test_without_a_sandbox_the_kernel_is_verified_as_well() -> None:
    facts = verify_kernel(KERNEL, readonly_paths=HERE, progress=quiet, is_sandboxed=False)
    assert facts.versions["kernel"]["ipykernel"]


@pytest.mark.parametrize("source", [versions_source(), system_source(("TZ",))], ids=["versions", "system"])
def test_the_probes_compile_for_every_python_at_hand(source: str, tmp_path: Path) -> None:
    path = tmp_path / "probe.py"
    path.write_text(source)
    for python in discover():
        subprocess.run([str(python.executable), "-m", "py_compile", str(path)], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("one\n\n  two  \n", "two"),
        ("Traceback\n  File x\nImportError: cannot import name 'a'\nbye\n", "ImportError: cannot import name 'a'"),
        ("/usr/bin/python: No module named ipykernel\n", "/usr/bin/python: No module named ipykernel"),
    ],
)
def test_the_telling_line_is_the_last_that_tells_of_an_error(log: str, line: str) -> None:
    assert telling_line(log) == line
