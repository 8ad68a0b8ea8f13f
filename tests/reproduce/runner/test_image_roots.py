"""A kernel over the root file system of an image: what it sees, what it can write, and what a hostile image can do."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.engines.protocol import Root
from reproduce.runner.bundle import BundleUnusableError, check_job
from reproduce.runner.confinement.bwrap import bwrap_arguments
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.confinement.protocol import HOME
from reproduce.runner.job import Job, Kernel
from reproduce.runner.kernel_environment import kernel_environment
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.launch import run_job
from reproduce.runner.workspace import Workspace
from tests.image_tar import ImageTar

pytestmark = pytest.mark.real


def _kernel(
    root: Root, argv: tuple[str, ...] = ("/bin/sh", "-c", "exit", "{connection_file}"), **fields: object
) -> Kernel:
    defaults = {"language": "python", "prefix": "/usr", "readonly_paths": (), "root_digest": root.digest}
    given = {"root": str(root.path), "root_repository": root.repository}
    return Kernel(argv, **{**defaults, **given, **fields})  # type: ignore[arg-type]


@pytest.fixture
def say(job: Callable[..., Job], tmp_path: Path) -> Callable[..., str]:
    """Run a line of shell over an image made by hand, confined as a kernel is; return what it says."""

    def run(tar: ImageTar, line: str, **fields: object) -> str:
        kernel = _kernel(tar.unpacked(tmp_path / "roots"), **fields)
        described = job("print(1)", kernel=kernel)
        workspace = Workspace()
        try:
            workspace.fill(Path(described.source), None)
            variables = kernel_environment(described, home=HOME, tmp="/tmp")
            arguments = bwrap_arguments(described, workspace, variables, ["/bin/sh", "-c", line])
            answer = subprocess.run(arguments, capture_output=True, text=True, env={}, timeout=30)
            return answer.stdout + answer.stderr
        finally:
            workspace.remove()

    return run


def _usual() -> ImageTar:
    return ImageTar().programs().file("etc/passwd", b"image\n").file("etc/os-release", b"its own\n").file("opt/here")


def test_the_image_is_seen_and_the_machine_is_not(say):
    said = say(_usual(), "cat /etc/os-release; ls /; ls /usr/share /root /etc/ssl; id")
    assert said.startswith("its own\n")
    assert "opt" in said.split()
    assert said.count("No such file or directory") == 3
    assert "uid=1000(reprise)" in said


def test_the_accounts_are_ours_and_the_work_is_where_it_always_is(say):
    said = say(_usual(), "cat /etc/passwd; pwd; ls; echo $HOME")
    assert "image" not in said
    assert said.endswith("/home/repro/work\nfigure.ipynb\n/home/repro\n")


def test_nothing_of_the_image_can_be_written(say):
    said = say(
        _usual(), "for d in / /etc /home /usr /opt /dev /proc; do touch $d/reprise-was-here; done; touch /tmp/a ~/b"
    )
    lines = said.splitlines()
    assert len(lines) == 7
    assert all("Read-only file system" in line or "No such file" in line for line in lines)


@pytest.mark.parametrize("name", ["proc", "dev", "tmp", "etc", "home", "sys", "run"])
@pytest.mark.parametrize("to", ["/", "/oldroot/tmp", "usr"])
def test_a_link_where_the_sandbox_puts_its_own_leads_nowhere(say, name, to):
    said = say(
        ImageTar().programs().link(name, to),
        "pwd; cat /etc/passwd; ls /proc/1/comm /dev/null /home; touch /tmp/reprise-x",
    )
    assert said.splitlines()[0] == "/home/repro/work"
    assert "reprise:x:1000" in said
    assert {"/dev/null", "/proc/1/comm", "repro"} <= set(said.split())
    assert not Path("/tmp/reprise-x").exists()


@pytest.mark.parametrize("path", ["etc/passwd", "etc/hosts", "home/repro", "etc/resolv.conf"])
def test_a_link_in_place_of_our_files_is_not_followed(say, path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    said = say(ImageTar().programs().link(path, f"/oldroot{victim}"), "cat /etc/passwd; touch ~/x; echo written")
    assert "reprise:x:1000" in said
    assert said.endswith("written\n")
    assert victim.read_text() == "untouched"


def test_an_image_without_any_of_the_usual_directories_will_do(say):
    said = say(ImageTar().programs(), "echo here; ls /home")
    assert said == "here\nrepro\n"


def test_a_setuid_program_gains_nothing(say):
    tar = ImageTar().programs().file("opt/env", Path("/usr/bin/env").read_bytes(), mode=0o6755)
    assert "uid=1000(reprise) gid=1000" in say(tar, "/opt/env id")


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / "a.ttf").write_text("a font")
    return folder


@pytest.mark.parametrize("place", ["/usr/share/fonts", "/new/fonts", "/etc/fonts", "/home/jovyan"])
def test_a_mount_is_shown_where_there_is_a_place_for_it(say, fonts, place):
    tar = ImageTar().programs().folder("usr/share/fonts")
    assert say(tar, f"cat {place}/a.ttf; touch {place}/b", mounts=((str(fonts), place),)).startswith(
        "a fonttouch: cannot"
    )


@pytest.mark.parametrize(
    "place", ["/usr/share/none", "/way/fonts", "/usr/share/link", "/opt/file", "/proc/fonts", "/tmp/f"]
)
def test_a_mount_without_a_place_is_left_out(say, fonts, place, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    tar = ImageTar().programs().folder("usr/share").file("opt/file")
    tar.link("way", f"/oldroot{victim}").link("usr/share/link", f"/oldroot{victim}")
    said = say(tar, f"ls {place}/a.ttf || echo left out", mounts=((str(fonts), place),))
    assert said.splitlines()[0] == "left out" or "No such file" in said or "Not a directory" in said
    assert not list(victim.iterdir())


def test_a_mount_in_the_home_of_the_run_is_refused(job, fonts, tmp_path):
    kernel = _kernel(_usual().unpacked(tmp_path / "roots"), mounts=((str(fonts), f"{HOME}/.fonts"),))
    with pytest.raises(BundleUnusableError, match="home of the run"):
        check_job(job(kernel=kernel))


def test_the_local_engine_has_mounts_too(run, kernel, fonts):
    """Over the machine's own system: a new place is made, a place in what is shown must be there."""
    mounts = ((str(fonts), "/new/fonts"), (str(fonts), "/usr/nowhere/fonts"))
    ran = run(
        "import os\nprint(open('/new/fonts/a.ttf').read(), os.path.exists('/usr/nowhere'), os.environ['FONTS'])",
        kernel=dataclasses.replace(kernel, mounts=mounts, variables={"FONTS": "ours", "TZ": "Europe/Berlin"}),
    )
    assert ran.text(0) == "a font False ours\n"


def test_what_an_image_sets_counts_unless_a_run_needs_its_own(job, tmp_path):
    given = {
        "PATH": "/opt/venv/bin:/bin",
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Asia/Tokyo",
        "OWN": "kept",
        "PYTHONPATH": "/l",
    }
    kernel = _kernel(_usual().unpacked(tmp_path / "roots"), variables=given)
    seen = kernel_environment(job(kernel=kernel, import_roots=("src",)), home=HOME, tmp="/tmp")
    assert (seen["PATH"], seen["OWN"], seen["TZ"], seen["LANG"]) == ("/opt/venv/bin:/bin", "kept", "UTC", "C.UTF-8")
    assert seen["PYTHONPATH"] == f"{HOME}/work/src:/l"
    assert "LC_ALL" not in seen


def test_an_image_is_not_run_without_a_sandbox(job, tmp_path):
    kernel = _kernel(_usual().unpacked(tmp_path / "roots"))
    result = run_job(job("print(1)", kernel=kernel, sandbox="none"), tmp_path / "bundle")
    assert (result.status, result.cells_done) == ("sandbox-missing", 0)


def test_an_image_that_was_removed_meanwhile_is_a_fault_of_ours(job, tmp_path):
    kernel = _kernel(_usual().unpacked(tmp_path / "roots"))
    described = job("print(1)", kernel=dataclasses.replace(kernel, root=str(tmp_path / "gone")))
    result = run_job(described, tmp_path / "bundle")
    assert result.status == "internal-error"
    assert "not here any more" in result.failure.evalue


def test_the_result_names_the_image(job, tmp_path):
    kernel = _kernel(_usual().unpacked(tmp_path / "roots"))
    result = run_job(job("print(1)", kernel=kernel), tmp_path / "bundle")
    assert result.status == "kernel-not-started"
    assert result.sandbox["root"] == kernel.root_digest


def test_a_program_of_the_image_may_start_the_kernel(job, tmp_path):
    script = b"#!/bin/sh\necho started: $1 $2\n"
    tar = ImageTar().programs().file("home/jovyan/start", script, mode=0o755)
    root = tar.unpacked(tmp_path / "roots", repository="/home/jovyan")
    described = job("print(1)", kernel=_kernel(root, ("/home/jovyan/start", "/bin/sh", "{connection_file}")))
    workspace = Workspace()
    try:
        workspace.fill(Path(described.source), None)
        kernel = KernelProcess(described, confinement_of(described), workspace, tmp_path / "log")
        kernel.process.wait(20)
        kernel.log.close()
        assert (tmp_path / "log").read_text() == "started: /bin/sh /tmp/.reprise/k.json\n"
    finally:
        workspace.remove()
