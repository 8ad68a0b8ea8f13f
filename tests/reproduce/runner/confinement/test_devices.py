"""Graphics processors: a job sees those that it was given, and no other.

No machine of the tests has one. Devices of the tests' own, as /dev/null is one, stand for them.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reproduce.run_facts import machine_rows
from reproduce.runner.bundle import BundleUnusableError, check_job
from reproduce.runner.confinement import devices as looked_up
from reproduce.runner.confinement.apptainer import ApptainerConfinement
from reproduce.runner.confinement.bare import Bare
from reproduce.runner.confinement.bwrap import Bubblewrap
from reproduce.runner.confinement.container import ContainerConfinement
from reproduce.runner.confinement.devices import GIVEN_BY, find_devices
from reproduce.runner.confinement.protocol import Confinement
from reproduce.runner.job import Apptainer, Container, Job
from reproduce.runner.warm.key import is_warmable
from reproduce.runner.workspace import Workspace

UUID = "GPU-01234567-89ab-cdef-0123-456789abcdef"
_INFORMATION = "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 130\nGPU UUID: \t {uuid}\nDevice Minor: \t {minor}\n"


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Have the lookup find devices of these names, and no variable of a batch system."""
    place = tmp_path / "dev"
    monkeypatch.setattr(looked_up, "DEVICES", place)
    monkeypatch.setattr(looked_up, "DRIVER", tmp_path / "driver")
    monkeypatch.setattr(looked_up, "SYSTEM", tmp_path / "sys")
    for name in GIVEN_BY:
        monkeypatch.delenv(name, raising=False)

    def make(*names: str) -> Path:
        for name in names:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            os.mknod(place / name, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        return place

    return make


@pytest.fixture
def nvidia(devices: Callable[..., Path], tmp_path: Path) -> Path:
    """A machine with four of NVIDIA's."""
    for minor in range(4):
        folder = tmp_path / "driver" / "gpus" / f"0000:0{minor}:00.0"
        folder.mkdir(parents=True)
        uuid = UUID[:-1] + str(minor)
        (folder / "information").write_text(_INFORMATION.format(uuid=uuid, minor=minor))
    version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
    (tmp_path / "driver" / "version").write_text(version)
    return devices("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", *(f"nvidia{n}" for n in range(4)))


@pytest.fixture
def amd(devices: Callable[..., Path]) -> Path:
    """A machine with two of AMD's."""
    return devices("kfd", "dri/renderD128", "dri/renderD129", "dri/card0")


SHARED = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"]


def _inside(asked: int, told: dict[str, str]) -> list[str]:
    return [inside for _, inside in find_devices(asked, told).nodes]


@pytest.mark.parametrize(
    ("told", "shown", "visible"),
    [
        ({"SLURM_JOB_GPUS": "2"}, ["/dev/nvidia2"], "0"),
        ({"SLURM_JOB_GPUS": "1,3", "CUDA_VISIBLE_DEVICES": "0,1"}, ["/dev/nvidia1", "/dev/nvidia3"], "0,1"),
        ({"CUDA_VISIBLE_DEVICES": "3"}, ["/dev/nvidia3"], "0"),
        ({"CUDA_VISIBLE_DEVICES": UUID[:-1] + "2"}, ["/dev/nvidia2"], UUID[:-1] + "2"),
        ({"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, ["/dev/nvidia0"], "0"),
        ({}, ["/dev/nvidia0"], "0"),
    ],
)
def test_those_of_the_job_are_shown_and_counted_from_zero(
    nvidia: Path, told: dict[str, str], shown: list[str], visible: str
) -> None:
    assert _inside(1, told) == [*SHARED, *shown]
    assert find_devices(1, told).variables_where_others_are_hidden() == {"CUDA_VISIBLE_DEVICES": visible}


@pytest.mark.parametrize("told", [{"SLURM_JOB_GPUS": "7"}, {"CUDA_VISIBLE_DEVICES": UUID[:-1] + "9"}])
def test_one_that_is_not_there_is_not_replaced_by_another(nvidia: Path, told: dict[str, str]) -> None:
    found = find_devices(1, told)
    assert (found.nodes, found.facts()["gpus"], found.variables_where_all_are_seen()) == ((), [], {})


def test_who_asks_for_none_gets_none(nvidia: Path) -> None:
    found = find_devices(0, {"SLURM_JOB_GPUS": "0"})
    assert (found.nodes, found.facts()) == ((), {})


def test_a_machine_without_any_shows_none_and_says_so(devices: Callable[..., Path]) -> None:
    found = find_devices(2, {"SLURM_JOB_GPUS": "0,1"})
    assert (found.nodes, found.facts()) == ((), {"gpus_asked": 2, "gpus": []})


def test_a_file_that_is_no_device_is_not_shown(devices: Callable[..., Path]) -> None:
    place = devices("nvidiactl")
    (place / "nvidia0").write_text("secret")
    assert _inside(1, {"SLURM_JOB_GPUS": "0"}) == []


@pytest.mark.parametrize("told", [{"ROCR_VISIBLE_DEVICES": "1"}, {"SLURM_JOB_GPUS": "129"}])
def test_amds_are_named_by_count_or_by_number(amd: Path, told: dict[str, str]) -> None:
    assert _inside(1, told) == ["/dev/kfd", "/dev/dri/renderD129"]
    assert find_devices(1, told).variables_where_others_are_hidden() == {"ROCR_VISIBLE_DEVICES": "0"}


def test_the_result_names_model_and_driver_and_no_serial_number(nvidia: Path) -> None:
    facts = find_devices(1, {"SLURM_JOB_GPUS": "1"}).facts()
    assert facts["gpu_models"] == ["NVIDIA A100-SXM4-40GB"]
    assert facts["gpu_driver"] == "535.104.05"
    assert UUID[:-1] not in str(facts)
    assert ("Graphics processors", "NVIDIA A100-SXM4-40GB") in machine_rows(facts)


def _command(confinement: Confinement, argv: list[str]) -> tuple[list[str], dict[str, str]]:
    workspace = Workspace()
    try:
        command = confinement.command(workspace, {"A": "b"}, argv)
        return command.arguments, command.variables
    finally:
        confinement.close()
        workspace.remove()


@pytest.mark.real
def test_a_sandbox_shows_them_and_no_other(
    nvidia: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_GPUS", "2")
    workspace = Workspace()
    workspace.fill(Path(job("pass").source), None)
    script = "ls /dev | grep nvidia; echo $CUDA_VISIBLE_DEVICES; echo works > /dev/nvidia2 && stat -c %F /dev/nvidia2"
    try:
        command = Bubblewrap(job("pass", gpus=1)).command(workspace, {"PATH": "/usr/bin:/bin"}, ["sh", "-c", script])
        said = subprocess.run(
            command.arguments, env=command.variables, pass_fds=command.descriptors, capture_output=True, text=True
        )
    finally:
        workspace.remove()
    assert said.stderr == ""
    assert sorted(said.stdout.split("\n")[:4]) == ["nvidia-uvm", "nvidia-uvm-tools", "nvidia2", "nvidiactl"]
    assert said.stdout.split("\n")[4:6] == ["0", "character special file"]


@pytest.mark.real
def test_a_sandbox_of_a_job_that_asks_for_none_shows_none(
    nvidia: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_GPUS", "2")
    arguments, _ = _command(Bubblewrap(job("pass")), ["true"])
    assert not any("nvidia" in part or "CUDA" in part for part in arguments)


@pytest.mark.parametrize(
    ("program", "options"),
    [
        ("docker", ["--gpus", '"device=1,3"']),
        ("podman", ["--device", "nvidia.com/gpu=1", "--device", "nvidia.com/gpu=3"]),
    ],
)
def test_a_container_is_started_with_them(
    nvidia: Path,
    job: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    program: str,
    options: list[str],
) -> None:
    _pretend(program, tmp_path, monkeypatch)
    monkeypatch.setenv("SLURM_JOB_GPUS", "1,3")
    asked = job("pass", sandbox="container", container=Container(program, "", "image"), gpus=2)
    arguments, _ = _command(ContainerConfinement(asked), ["kernel"])
    at = arguments.index(options[0])
    assert arguments[at : at + len(options)] == options
    assert "CUDA_VISIBLE_DEVICES=0,1" in arguments


def test_a_container_is_started_with_amds_devices_and_their_group(
    amd: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pretend("docker", tmp_path, monkeypatch)
    os.chown(amd / "dri" / "renderD128", 0, 104)
    asked = job("pass", sandbox="container", container=Container("docker", "", "image"), gpus=1)
    arguments, _ = _command(ContainerConfinement(asked), ["kernel"])
    at = arguments.index("--device")
    shown = [f"{amd}/kfd:/dev/kfd", "--device", f"{amd}/dri/renderD128:/dev/dri/renderD128", "--group-add", "104"]
    assert arguments[at + 1 : at + 6] == shown


@pytest.mark.parametrize(("maker", "option"), [("nvidia", "--nv"), ("amd", "--rocm")])
def test_apptainer_is_told_whose_they_are(
    request: pytest.FixtureRequest,
    job: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    maker: str,
    option: str,
) -> None:
    request.getfixturevalue(maker)
    _pretend("apptainer", tmp_path, monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES" if maker == "nvidia" else "ROCR_VISIBLE_DEVICES", "1")
    asked = job("pass", sandbox="apptainer", apptainer=Apptainer(image="/image.sif"), gpus=1)
    arguments, _ = _command(ApptainerConfinement(asked), ["kernel"])
    assert option in arguments[: arguments.index("/image.sif")]
    assert f"{'CUDA' if maker == 'nvidia' else 'ROCR'}_VISIBLE_DEVICES=1" in arguments


def test_without_a_sandbox_the_words_of_the_batch_system_hold(
    nvidia: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_GPUS", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    _, variables = _command(Bare(job("pass", sandbox="none", gpus=1)), ["kernel"])
    assert variables["CUDA_VISIBLE_DEVICES"] == "0"


@pytest.mark.parametrize("gpus", [-1, 100, "all"])
def test_a_number_that_cannot_be_is_refused(job: Callable[..., Job], gpus: object) -> None:
    with pytest.raises(BundleUnusableError, match="graphics processors"):
        check_job(job("pass", gpus=gpus))


def test_no_kernel_waits_with_them(job: Callable[..., Job]) -> None:
    assert (is_warmable(job("pass")), is_warmable(job("pass", gpus=1))) == (True, False)


def _pretend(program: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a program of this name that does nothing."""
    path = place / "programs" / program
    path.parent.mkdir()
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
