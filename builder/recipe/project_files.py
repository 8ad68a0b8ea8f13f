"""Read what a Python project says of its dependencies: pyproject.toml, setup.cfg and setup.py. Nothing is executed."""

from __future__ import annotations

import configparser
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from builder.recipe.decoding import read_text
from builder.recipe.documents import read_toml, table, text_of, texts_of, unreadable
from builder.recipe.findings import Findings, inside
from builder.recipe.groups import choose_group, texts_of_group
from builder.recipe.loose_table import add_entry, poetry_specifier
from builder.recipe.requirements_txt import read_requirements


def read_pyproject(root: Path, path: PurePosixPath, findings: Findings, extras: Iterable[str] = ()) -> bool:
    """Add the dependencies of PEP 621 or poetry, with the wanted `extras`; return whether the file describes a package.

    The dependency groups of PEP 735 count where there are no dependencies. Raises BuildError recipe-unreadable,
    requirement-invalid or requirement-forbidden.
    """
    data = read_toml(root, path)
    project, poetry = data.get("project"), table(data, "tool", "poetry")
    groups = table(data, "dependency-groups")
    if not (isinstance(project, dict) or poetry or groups):
        return False
    findings.take_file(str(path))
    before = len(findings.requirements)
    if isinstance(project, dict):
        _read_project(root, project, data, path, findings, extras)
    if poetry and not (isinstance(project, dict) and project.get("dependencies")):
        _read_poetry(root, poetry, path, findings, extras)
    _read_groups(groups, path, findings, is_wanted=len(findings.requirements) == before)
    return isinstance(project, dict) or bool(poetry and poetry.get("package-mode") is not False)


def _read_project(
    root: Path,
    project: dict[str, Any],
    data: dict[str, Any],
    path: PurePosixPath,
    findings: Findings,
    extras: Iterable[str],
) -> None:
    optional = table(project, "optional-dependencies")
    lists = [project.get("dependencies", []), *(optional.get(extra, []) for extra in sorted(extras))]
    for dependencies in lists:
        if not isinstance(dependencies, list) or not all(isinstance(entry, str) for entry in dependencies):
            raise unreadable(path, "project.dependencies is not a list of texts")
        for entry in dependencies:
            findings.add(entry, str(path))
    if "dependencies" in texts_of(project, "dynamic"):
        dynamic = table(data, "tool", "setuptools", "dynamic", "dependencies")
        named = texts_of(dynamic, "file") or [text_of(dynamic, "file")]
        for name in filter(None, named):
            read_requirements(root, inside(root, path.parent, name, file=str(path)), findings)
    findings.take_python_range(project.get("requires-python"), str(path))


def _read_poetry(
    root: Path, poetry: dict[str, Any], path: PurePosixPath, findings: Findings, extras: Iterable[str]
) -> None:
    optional = {name.lower() for extra in extras for name in texts_of(table(poetry, "extras"), extra)}
    before = len(findings.requirements)
    for name, wanted in table(poetry, "dependencies").items():
        if name.lower() == "python":
            specifier = wanted if isinstance(wanted, str) else text_of(wanted, "version")
            findings.take_python_range(poetry_specifier(specifier), str(path))
            continue
        if isinstance(wanted, dict) and name.lower() in optional:
            wanted = {**wanted, "optional": False}
        add_entry(name, wanted, root, path, findings)
    groups = table(poetry, "group")
    group = choose_group(groups)
    if group is not None and len(findings.requirements) == before:
        _say_group(group, path, findings)
        for name, wanted in table(groups, group, "dependencies").items():
            add_entry(name, wanted, root, path, findings)


def _read_groups(groups: dict[str, Any], path: PurePosixPath, findings: Findings, *, is_wanted: bool) -> None:
    name = choose_group(groups)
    if not groups:
        return
    if name is None or not is_wanted:
        listed = ", ".join(sorted(groups)[:20])
        taken = "its dependencies are" if not is_wanted else "none of its dependency groups is"
        findings.notes.append(f"{path}: {taken} taken; it also has the dependency groups {listed}.")
        return
    _say_group(name, path, findings)
    for text in texts_of_group(groups, name, path):
        findings.add(text, str(path))


def _say_group(name: str, path: PurePosixPath, findings: Findings) -> None:
    findings.notes.append(f"{path}: it has no dependencies; the dependency group {name} is taken.")


def read_setup_cfg(root: Path, path: PurePosixPath, findings: Findings, extras: Iterable[str] = ()) -> bool:
    """Add install_requires of setup.cfg; return whether the file describes a package."""
    file = str(path)
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(read_text(root / path, name=file))
    except configparser.Error as error:
        raise unreadable(path, str(error)) from error
    if not parser.has_section("metadata") and not parser.has_section("options"):
        return False
    wanted = [parser.get("options", "install_requires", fallback="")]
    wanted += [parser.get("options.extras_require", extra, fallback="") for extra in sorted(extras)]
    lines = [line.strip() for text in wanted for line in text.replace(";\n", "\n").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines:
        findings.take_file(file)
    for line in lines:
        if line.startswith("file:"):
            for name in line.removeprefix("file:").split(","):
                read_requirements(root, inside(root, path.parent, name.strip(), file=file), findings)
        else:
            findings.add(line, file)
    findings.take_python_range(parser.get("options", "python_requires", fallback=None), file)
    return parser.has_option("metadata", "name") or parser.has_section("options")
