"""The rules of the house that a machine can hold: layers, sizes, names, no loose ends."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.project import APPS, ROOT, code_files, templates

LOOSE_ENDS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
BAD_NAMES = {"utils", "helpers", "common", "core", "services", "misc"}
MOST_LINES = 300


def test_the_layers_hold() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", code_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_whole_short_and_named_after_what_it_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not LOOSE_ENDS.search(text)
    assert path.stem not in BAD_NAMES
    assert len(text.splitlines()) <= MOST_LINES


def test_no_import_is_hidden_in_a_function() -> None:
    hidden = []
    for path in code_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden += [
                    f"{path}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
    assert hidden == []


def test_no_model_overrides_save_and_no_app_listens_to_model_signals() -> None:
    text = {path: path.read_text(encoding="utf-8") for path in code_files()}
    assert [path for path, code in text.items() if "db.models.signals" in code] == []
    models = [ROOT / app / "models.py" for app in APPS if (ROOT / app / "models.py").exists()]
    assert [path for path in models if re.search(r"def (save|delete)\(", text[path])] == []


# The report is one file that is read without this service, and a rendered notebook stands in a frame under a policy of
# its own that lets no script run: both bring their style sheet.
PAGES = [path for path in templates() if path.parent.name != "report" and path.name != "notebook_content.html"]
# Help texts are our own and Django's; the rendered notebook is foreign, which is what its frame and policy are for.
UNESCAPED = {"_field.html", "notebook_content.html"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"""(src|href)=["'](https?:)?//[^"']*\.(js|css|woff2?)""", text)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_known_templates_turn_escaping_off(path: Path) -> None:
    is_off = bool(re.search(r"\{%\s*autoescape off|\|\s*safe\b", path.read_text(encoding="utf-8")))
    assert is_off == (path.name in UNESCAPED)
