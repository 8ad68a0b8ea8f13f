"""Kernels and packages of an image, found without running anything of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.engines.containers.image_contents import python_at, python_packages, system_packages
from builder.engines.containers.image_kernels import find_kernel
from builder.engines.containers.inside import Inside
from builder.errors import BuildError

PATH = {"PATH": "/opt/env/bin:/usr/bin", "HOME": "/root"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("opt/env/bin", "opt/env/lib/python3.8/site-packages/six-1.16.0.dist-info", "usr/bin"):
        (tmp_path / folder).mkdir(parents=True)
    program(tmp_path, "usr/bin/python3.8")
    (tmp_path / "opt/env/bin/python").symlink_to("/usr/bin/python3.8")
    (tmp_path / "opt/env/pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.8.18\n")
    return tmp_path


def program(root: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("")
    (root / path).chmod(0o755)


def spec(root: Path, folder: str, language: str, *argv: str, **more: object) -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / "kernel.json").write_text(json.dumps({"argv": argv, "language": language, **more}))


def test_the_kernelspec_of_the_language_is_taken_with_the_python_beside_it(root: Path) -> None:
    spec(root, "opt/env/share/jupyter/kernels/ir", "R", "R", "--args", "{connection_file}")
    argv = ("python", "-m", "ipykernel_launcher", "-f", "{connection_file}", "{resource_dir}")
    spec(root, "opt/env/share/jupyter/kernels/python3", "python", *argv, env={"A": "1", "bad name": "2"})
    kernel = find_kernel(Inside(root), PATH, language="python", python="3.8")
    folder = "/opt/env/share/jupyter/kernels/python3"
    assert kernel.argv == ("/opt/env/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}", folder)
    assert kernel.variables == (("A", "1"),)
    assert kernel.python is not None
    assert (kernel.python.prefix, kernel.python.version) == ("/opt/env", "3.8.18")


def test_among_several_pythons_the_wished_one_is_taken(root: Path) -> None:
    program(root, "usr/local/bin/python2.7")
    (root / "usr/local/lib/python2.7").mkdir(parents=True)
    spec(root, "opt/env/share/jupyter/kernels/a", "python", "python", "{connection_file}")
    spec(root, "usr/share/jupyter/kernels/b", "python", "/usr/local/bin/python2.7", "{connection_file}")
    assert find_kernel(Inside(root), PATH, language="python", python="2.7").argv[0] == "/usr/local/bin/python2.7"
    assert find_kernel(Inside(root), PATH, language="python", python="3.8.1").argv[0] == "/opt/env/bin/python"


def test_a_kernel_without_a_kernelspec_is_found_by_its_package(root: Path) -> None:
    (root / "opt/env/lib/python3.8/site-packages/ipykernel_launcher.py").write_text("")
    kernel = find_kernel(Inside(root), PATH, language="python", python="3.8")
    assert kernel.argv == ("/opt/env/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}")


def test_no_kernel_names_those_that_there_are(root: Path) -> None:
    program(root, "usr/bin/R")
    spec(root, "usr/share/jupyter/kernels/ir", "R", "R", "{connection_file}")
    with pytest.raises(BuildError, match="no kernel for python; its kernels: r") as raised:
        find_kernel(Inside(root), PATH, language="python", python="3.8")
    assert raised.value.kind_id == "kernel-missing-in-image"


@pytest.mark.parametrize("text", ["", "[]", '{"argv": "x"}', '{"argv": ["python"]}', '{"argv": [1]}', "[" * 100_000])
def test_a_damaged_kernelspec_is_passed_over(root: Path, text: str) -> None:
    (root / "usr/share/jupyter/kernels/x").mkdir(parents=True)
    (root / "usr/share/jupyter/kernels/x/kernel.json").write_text(text)
    with pytest.raises(BuildError):
        find_kernel(Inside(root), PATH, language="python", python="3.8")


@pytest.mark.parametrize(
    ("language", "argv"),
    [
        ("python\x1b[2J", "{connection_file}"),
        ("x" * 50_000, "{connection_file}"),
        ("a\nb", "{connection_file}"),
        ("python", "\ud800{connection_file}"),
        ("python", "\0{connection_file}"),
    ],
)
def test_a_kernelspec_with_what_cannot_be_shown_or_passed_is_passed_over(root: Path, language: str, argv: str) -> None:
    spec(root, "usr/share/jupyter/kernels/x", language, "/usr/bin/python3.8", argv)
    with pytest.raises(BuildError, match="its kernels: none") as raised:
        find_kernel(Inside(root), PATH, language="python", python="3.8")
    assert raised.value.kind_id == "kernel-missing-in-image"


def test_variables_that_cannot_be_passed_are_left_out(root: Path) -> None:
    env = {"GOOD": "1", "ZERO": "\0", "HALF": "\ud800", "LONG": "x" * 5000, "NUMBER": 1, "a b": "1", "LD\n": "1"}
    spec(root, "usr/share/jupyter/kernels/x", "python", "/usr/bin/python3.8", "{connection_file}", env=env)
    assert find_kernel(Inside(root), PATH, language="python", python="3.8").variables == (("GOOD", "1"),)


def test_no_link_leads_out_of_the_image(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc/hostname").write_text("inside")
    (root / "link").symlink_to("../../../../etc/hostname")
    (root / "far").symlink_to("/etc/hostname")
    (root / "circle").symlink_to("circle")
    inside = Inside(root)
    assert [inside.text(f"/{name}", limit_bytes=100) for name in ("link", "far", "circle")] == [
        "inside",
        "inside",
        None,
    ]
    assert inside.outside("/../../..") == root


def test_packages_are_listed_from_files(root: Path) -> None:
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(
        "Package: tree\nStatus: install ok installed\nVersion: 2.1.0-1\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
    )
    inside = Inside(root)
    python = python_at(inside, "/opt/env/bin/python", PATH)
    assert python is not None
    assert [(each.name, each.version) for each in python_packages(inside, python)] == [("six", "1.16.0")]
    assert system_packages(inside) == {"tree": "2.1.0-1"}
