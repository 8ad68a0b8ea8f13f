from __future__ import annotations

import pytest

from reproduce.compare import SanitizeFileError, SanitizeRule, compare_notebooks, read_sanitize_file
from tests.reproduce.compare.notebooks import cell, notebook, text


def test_sections_and_pairs_are_read_in_order_with_the_last_replacement(tmp_path):
    file = tmp_path / "sanitize.cfg"
    file.write_text(
        "[one]\nregex: \\d{2}:\\d{2}\nreplace: TIME\n\n[two]\nregex: x\nreplace: y\n[again]\nregex: x\nreplace: z\n"
    )
    assert read_sanitize_file(file) == (SanitizeRule(r"\d{2}:\d{2}", "TIME"), SanitizeRule("x", "z"))


def test_sanitised_texts_are_identical():
    one, other = notebook(cell("x", text("id 17"), id="a")), notebook(cell("x", text("id 18"), id="a"))
    rules = (SanitizeRule(r"id \d+", "id"),)
    assert compare_notebooks(one, other, sanitize=rules).counts["identical"] == 1
    assert compare_notebooks(one, other).counts["differs"] == 1


@pytest.mark.parametrize(
    "content",
    [
        "regex: (\nreplace: a\n",
        "regex: a\nreplace: \\1\n",
        "regex: (a+)+b\nreplace: a\n",
        "regex: " + "a" * 2000 + "\nreplace: b\n",
    ],
)
def test_an_expression_that_cannot_or_must_not_be_used_is_refused(tmp_path, content):
    file = tmp_path / "sanitize.cfg"
    file.write_text(content)
    with pytest.raises(SanitizeFileError) as caught:
        read_sanitize_file(file)
    assert caught.value.cause.id == "recipe-unreadable"
    assert "sanitize.cfg" in caught.value.cause.message


def test_a_missing_or_binary_file_is_refused(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("absent", "binary"):
        with pytest.raises(SanitizeFileError):
            read_sanitize_file(tmp_path / name)
