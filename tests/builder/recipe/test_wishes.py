"""What a repository asks for beside Python packages: read, judged as a whole, and said where nobody follows it."""

from __future__ import annotations

import json

import pytest

from builder.errors import BuildError
from builder.recipe.model import Recipe, Wish
from tests.builder.recipe.conftest import Read, notebook


def wish(recipe: Recipe, kind: Wish) -> tuple[str, ...]:
    (extra,) = recipe.wishes(kind)
    return extra.values


def refused(read: Read, files: dict[str, str | bytes]) -> BuildError:
    with pytest.raises(BuildError) as caught:
        read(files)
    return caught.value


def test_system_packages_are_read_with_version_and_architecture(read: Read) -> None:
    recipe = read({"apt.txt": "# fonts\ngfortran\n\ng++  libhdf5-dev=1.10.4+repack-10 # why\nlibc6:i386\n"})
    assert wish(recipe, Wish.SYSTEM_PACKAGES) == ("gfortran", "g++", "libhdf5-dev=1.10.4+repack-10", "libc6:i386")
    assert recipe.unmet() == ("apt.txt: system packages of apt.txt are not installed.",)
    assert recipe.unmet(Wish.SYSTEM_PACKAGES) == ()


@pytest.mark.parametrize(
    "line",
    ["gcc; id", "gcc && id", "$(id)", "-o=Dpkg::x", "gcc\tid|sh", "Gcc", "gcc-", "../x", "gcc=", "a`id`", "gcc\x0bid;"],
)
def test_a_line_of_apt_that_is_no_package_is_refused_and_named(read: Read, line: str) -> None:
    error = refused(read, {"apt.txt": f"gfortran\n{line}\n"})
    assert (error.kind_id, error.data["requirement"]) == ("requirement-forbidden", line.strip())


def test_scripts_are_wishes(read: Read) -> None:
    recipe = read({"binder/postBuild": "#!/bin/sh\nmake", "binder/start": "exec", "binder/default.nix": "{}"})
    assert recipe.unmet() == (
        "binder/postBuild: postBuild is not run.",
        "binder/start: start is not run.",
        "binder/default.nix: default.nix is not followed.",
    )
    assert recipe.approximations == ()


def test_a_script_that_is_no_text_is_unreadable(read: Read) -> None:
    assert refused(read, {"postBuild": b"\x7fELF\x00\x00"}).kind_id == "recipe-unreadable"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("r-4.3-2023-01-01\n", ("4.3", "2023-01-01")),
        ("r-2019-04-11", ("2019-04-11",)),
        ("r-3.6.1", ("3.6.1",)),
    ],
)
def test_a_runtime_may_ask_for_r_as_of_a_date(read: Read, text: str, values: tuple[str, ...]) -> None:
    recipe = read({"runtime.txt": text})
    assert wish(recipe, Wish.R) == values
    assert recipe.language == "R"
    assert recipe.python == "3.6"


def test_packages_of_install_r_are_named_and_nothing_is_run(read: Read) -> None:
    text = "# install.packages('no')\ninstall.packages(c('ggplot2', \"dplyr\"))\nlibrary(zoo)\nsystem('id')\n"
    assert wish(read({"install.R": text}), Wish.R) == ("ggplot2", "dplyr", "zoo")


def test_a_description_of_an_r_package_names_what_it_imports(read: Read) -> None:
    text = "Package: optics\nVersion: 1.0\nDepends: R (>= 3.5), stats\nImports: ggplot2 (>= 3),\n    dplyr\n"
    assert wish(read({"DESCRIPTION": text}), Wish.R) == ("stats", "ggplot2", "dplyr")


def test_another_description_is_left_alone(read: Read) -> None:
    assert read({"DESCRIPTION": "This repository holds notebooks: three.\n"}).extras == ()


def test_julia_packages_have_the_versions_of_the_manifest(read: Read) -> None:
    recipe = read(
        {
            "Project.toml": '[deps]\nPlots = "91a5bcdd"\nDates = "ade2ca70"\n[compat]\njulia = "1.6"\n',
            "Manifest.toml": 'julia_version = "1.9.2"\nmanifest_format = "2.0"\n[[deps.Plots]]\nversion = "1.38.0"\n',
        }
    )
    assert wish(recipe, Wish.JULIA) == ("julia@1.9.2", "Plots@1.38.0", "Dates")
    assert recipe.files == ("Manifest.toml", "Project.toml")
    assert recipe.language == "julia"


def test_the_first_form_of_the_manifest_is_understood(read: Read) -> None:
    files: dict[str, str | bytes] = {
        "Project.toml": '[deps]\nPlots = "91a5bcdd"\n',
        "Manifest.toml": '[[Plots]]\nversion = "1.0.1"\n',
    }
    assert wish(read(files), Wish.JULIA) == ("Plots@1.0.1",)


def test_a_require_file_names_julia_packages(read: Read) -> None:
    assert wish(read({"REQUIRE": "julia 0.6\nPlots\n@osx Homebrew\n"}), Wish.JULIA) == (
        "julia@0.6",
        "Plots",
        "Homebrew",
    )


def test_environment_modules_are_read_in_binder_alone(read: Read) -> None:
    recipe = read({"binder/modules.txt": "gcc/12.2\nHDF5/1.14.0-gompi-2023a\n"})
    assert wish(recipe, Wish.MODULES) == ("gcc/12.2", "HDF5/1.14.0-gompi-2023a")


def test_modules_at_the_root_are_anything(read: Read) -> None:
    assert read({"modules.txt": "what we did in the lecture"}).extras == ()


@pytest.mark.parametrize("line", ["gcc; id", "a b", "$HOME", "-f", "x\\y"])
def test_what_is_no_module_is_refused(read: Read, line: str) -> None:
    assert refused(read, {"binder/modules.txt": line}).kind_id == "requirement-forbidden"


def test_a_dockerfile_goes_first_and_the_other_files_are_read_all_the_same(read: Read) -> None:
    text = "# syntax\nARG X\nFROM --platform=linux/amd64 python:3.8-slim AS a\nFROM ${X}\n"
    recipe = read({"Dockerfile": text, "requirements.txt": "numpy"})
    assert recipe.extras[0].wish is Wish.DOCKERFILE
    assert recipe.extras[0].values == ("python:3.8-slim",)
    assert "Dockerfile goes before every other file, as in Binder." in recipe.notes
    assert recipe.requirements[0].text == "numpy"


def test_an_image_is_named_in_one_line(read: Read) -> None:
    digest = "a" * 64
    recipe = read({"binder/image.txt": f"# ours\ndocker://ghcr.io/lab/paper:v1@sha256:{digest}\n"})
    assert wish(recipe, Wish.IMAGE) == (f"ghcr.io/lab/paper:v1@sha256:{digest}",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("python:3.8 --privileged", "requirement-forbidden"),
        ("-v/:/x", "requirement-forbidden"),
        ("../x", "requirement-forbidden"),
        ("https://h.org/x.tar", "requirement-forbidden"),
        ("a:1\nb:2", "recipe-unreadable"),
        ("", "recipe-unreadable"),
    ],
)
def test_what_is_no_image_is_refused(read: Read, text: str, kind: str) -> None:
    assert refused(read, {"binder/image.txt": text}).kind_id == kind


def test_a_development_container_may_have_comments(read: Read) -> None:
    text = '{ // ours\n "image": "mcr.example.org/python:3.8", /* more */ "features": {"a": "http://x",},\n}'
    recipe = read({".devcontainer/devcontainer.json": text})
    assert wish(recipe, Wish.IMAGE) == ("mcr.example.org/python:3.8",)
    assert recipe.approximations == (".devcontainer/devcontainer.json: not followed are features.",)


@pytest.mark.parametrize("name", [".devcontainer/devcontainer.json", "paper.sif", "paper.def"])
def test_an_image_for_other_purposes_is_not_used_beside_what_is_declared(read: Read, name: str) -> None:
    recipe = read({name: "Bootstrap: docker\n", "requirements.txt": "numpy"})
    assert recipe.extras == ()
    assert f"{name} is not used beside requirements.txt." in recipe.notes


def test_a_development_container_without_an_image_asks_for_nothing(read: Read) -> None:
    assert read({".devcontainer/devcontainer.json": json.dumps({"build": {"dockerfile": "D"}})}).extras == ()


def test_singularity_images_and_definitions_are_found(read: Read) -> None:
    recipe = read(
        {
            "paper.sif": b"#!/usr/bin/env run-singularity\n\0SIF_MAGIC\0" + b"\0" * 100,
            "paper.def": "Bootstrap: docker\nFrom: python:3.8\n",
            "exports.def": "EXPORTS\n  f\n",
        }
    )
    assert [extra.values for extra in recipe.wishes(Wish.SIF)] == [("paper.sif",), ("paper.def",)]


def test_a_damaged_singularity_image_is_unreadable(read: Read) -> None:
    assert refused(read, {"paper.sif": b"\0" * 100}).kind_id == "recipe-unreadable"


def test_a_singularity_image_that_lies_in_lfs_is_noted(read: Read) -> None:
    recipe = read({"paper.sif": "version https://git-lfs.github.com/spec/v1\noid sha256:aa\n"})
    assert (recipe.extras, recipe.notes[0]) == ((), "paper.sif lies in Git LFS and is not here.")


@pytest.mark.parametrize(
    ("files", "language"),
    [
        ({"install.R": "install.packages('zoo')"}, "R"),
        ({"Project.toml": "[deps]\n"}, "julia"),
        ({"environment.yml": "dependencies: [r-base=4.1, r-irkernel]"}, "R"),
        ({"install.R": "install.packages('zoo')", "requirements.txt": "numpy"}, "python"),
        ({"install.R": "", "a.ipynb": notebook("1", kernelspec={"name": "python3", "language": "python"})}, "python"),
        ({"requirements.txt": "x", "a.ipynb": notebook("1", kernelspec={"name": "ir", "language": "R"})}, "R"),
        ({"requirements.txt": "numpy"}, "python"),
    ],
)
def test_the_language_is_the_one_that_is_asked_for(read: Read, files: dict[str, str], language: str) -> None:
    assert read(files).language == language


def test_nothing_is_inferred_for_another_language(read: Read) -> None:
    recipe = read({"install.R": "", "a.ipynb": notebook("library(zoo)", kernelspec={"name": "ir", "language": "R"})})
    assert (recipe.is_inferred, recipe.approximations) == (False, ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Project.toml", "[deps"),
        ("Project.toml", "[deps]\n'a b' = 'x'"),
        ("REQUIRE", "!!"),
        ("Dockerfile", "RUN id"),
        (".devcontainer/devcontainer.json", "{"),
        (".devcontainer/devcontainer.json", "[]"),
        ("apt.txt", "a1\n" * 400_000),
        ("apt.txt", "\n".join(f"a{number}" for number in range(5001))),
    ],
)
def test_damaged_files_are_unreadable_and_named(read: Read, name: str, text: str) -> None:
    error = refused(read, {name: text})
    assert (error.kind_id, error.data["file"]) == ("recipe-unreadable", name)
