"""Import statements of any Python: what counts, and what only looks like one."""

from __future__ import annotations

import pytest

from builder.recipe.import_statements import import_statements, without_strings


def modules(source: str, **options: bool) -> list[str]:
    return ["." * found.level + found.module for found in import_statements(source, **options)]


PYTHON_2 = "\nprint 'x'"


@pytest.mark.parametrize("end", ["", PYTHON_2], ids=["python 3", "python 2"])
@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a, b.c as d", ["a", "b.c"]),
        ("from a.b import c", ["a.b"]),
        ("from a import (b,  # one\n    c,\n)", ["a"]),
        ("from a import b, \\\n    c\nimport d", ["a", "d"]),
        ("from . import a\nfrom .b import c\nfrom ..d import e", [".", ".b", "..d"]),
        ("x = 1; import a; y = 2", ["a"]),
        ('"""\nimport a\n"""\nimport b', ["b"]),
        ("x = '''\nimport a\n'''\nx = 'import c'", []),
        ("# import a\nimport b  # import c", ["b"]),
        ("def f():\n    import a\nclass C:\n    import b", ["a", "b"]),
        ("if x:\n\timport a\nelse:\n\timport b", ["a", "b"]),
        ("try:\n    import a\nfinally:\n    import b", ["a", "b"]),
        ("with f() as g:\n    import a", ["a"]),
        ("if x: import a", ["a"]),
        ("x = __import__('a')\ny = importlib.import_module('b.c')", ["a", "b.c"]),
        ("exec('import a')", []),
        ("if TYPE_CHECKING:\n    import a\nif False:\n    import b", []),
        ("if sys.platform == 'win32':\n    import a\nelse:\n    import b", ["b"]),
        ("x = (1,\nimport_a)\nimport b", ["b"]),
    ],
)
def test_what_is_imported(source: str, found: list[str], end: str) -> None:
    assert modules(source + end) == found


def test_broken_code_does_not_swallow_the_imports_after_it() -> None:
    assert modules("x = f(1, (2\nimport a\nfor i in\nimport b") == ["a", "b"]


def test_a_block_without_body_is_read_line_by_line() -> None:
    assert modules("def f():\n# nothing\nprint 'x'\nimport a\ntry: import b") == ["a", "b"]


def test_the_main_block_of_a_module_is_not_reached() -> None:
    source = "import a\nif __name__ == '__main__':\n    import b"
    assert modules(source) == ["a", "b"]
    assert modules(source, is_main=False) == ["a"]


@pytest.mark.parametrize("end", ["", PYTHON_2], ids=["python 3", "python 2"])
def test_alternatives_are_ranked(end: str) -> None:
    comma = "ImportError, e" if end else "ImportError as e"
    source = f"try:\n    import a\nexcept {comma}:\n    import b\nimport c"
    assert [(each.module, each.choice, each.rank) for each in import_statements(source + end)] == [
        ("a", 1, 0),
        ("b", 1, 1),
        ("c", None, 0),
    ]


@pytest.mark.parametrize(
    ("test", "marker", "otherwise"),
    [
        ("sys.version_info >= (3, 8)", 'python_version >= "3.8"', 'python_version < "3.8"'),
        ("sys.version_info > (3,)", 'python_version >= "3"', 'python_version < "3"'),
        ("sys.version_info[0] < 3", 'python_version < "3"', 'python_version >= "3"'),
        ("sys.version_info.major == 2", 'python_version < "3"', 'python_version >= "3"'),
        ("not six.PY2", 'python_version >= "3"', 'python_version < "3"'),
        ("sys.version_info[:2] == (2, 7)", 'python_version == "2.7"', 'python_version != "2.7"'),
        ("has_numpy", "", ""),
    ],
)
def test_conditions_on_the_version_become_markers(test: str, marker: str, otherwise: str) -> None:
    found = import_statements(f"if {test}:\n    import a\nelse:\n    import b")
    assert [each.marker for each in found] == [marker, otherwise]


def test_strings_and_comments_are_blanked_in_place() -> None:
    source = "f('x')  # y\nu'''z\n'''; g(\"\\\"\")"
    assert without_strings(source) == "f(   )     \n     \n   ; g(    )"


def test_hostile_text_ends_in_time() -> None:
    assert modules("(" * 200_000 + "\nimport a") == ["a"]
    assert modules("x = " + "-" * 100_000 + "1\nimport a") == ["a"]
    assert modules("'" * 300_001) == []
