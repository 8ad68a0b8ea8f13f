"""Masked code: it still is code, its names agree, and the words of Python and of libraries stay."""

from __future__ import annotations

import ast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog.masking import Mask, identities_of
from catalog.masking.source import SourceMask

MASK = Mask(identities_of([{"given": "Olga", "family": "Olsson"}, {"given": "David", "family": "Hilbert"}]))


def masked(*cells: str, mask: Mask = MASK) -> tuple[list[str], SourceMask]:
    source = SourceMask(mask)
    source.learn(cells)
    return [source.source(cell) for cell in cells], source


def test_a_variable_is_renamed_throughout() -> None:
    (first, second), _ = masked("olsson_fit = 2\n", "print(olsson_fit + 1)  # by Olsson\n")
    scope: dict[str, object] = {}
    exec(first, scope)
    exec(second, scope)
    assert scope["author1_fit"] == 2
    assert "olsson" not in (first + second).lower()


def test_two_names_do_not_become_one_nor_one_that_is_there() -> None:
    (cell,), _ = masked("author1 = 1\nolga = 2\nolsson = 3\nprint(author1, olga, olsson)\n")
    scope: dict[str, object] = {}
    exec(cell.replace("print", "seen = "), scope)
    assert scope["seen"] == (1, 2, 3)


def test_words_of_a_library_stay_and_are_told() -> None:
    (cell,), source = masked("from scipy import signal\nx = signal.hilbert(y)\nhilbert_fit = 1\n")
    assert "signal.hilbert(y)" in cell
    assert "author2_fit = 1" in cell
    assert source.stays == {"hilbert"}


def test_a_module_of_the_authors_own_is_masked_and_told() -> None:
    (cell,), source = masked('import olsson_tools\nolsson_tools.load("olsson/data.csv")\n')
    assert "olsson" not in cell.lower()
    assert ast.parse(cell)
    assert source.files


def test_names_in_formatted_texts_are_renamed_with_their_variables() -> None:
    (cell,), _ = masked('olsson = 3\nsaid = f"Olsson has {olsson:.1f}"\n')
    scope: dict[str, object] = {}
    exec(cell, scope)
    assert scope["said"] == "Author1 has 3.0"


@pytest.mark.parametrize("line", ["%cd /home/olga/work\n", "!ls /home/olga\n", "?olsson\n"])
def test_lines_for_the_notebook_itself_are_masked_as_texts(line: str) -> None:
    (cell,), _ = masked(f"{line}olsson = 1\n")
    assert cell.endswith("\nauthor1 = 1\n")
    assert "olga" not in cell
    assert cell[0] == line[0]


@pytest.mark.parametrize("cell", ["plot(olsson <- 3)\n%>% x", 'x = """Olsson', "julia> f(x)=Olsson where {T}"])
def test_what_is_not_python_is_masked_as_text(cell: str) -> None:
    (shown,), _ = masked(cell)
    assert "olsson" not in shown.lower()


PIECES = (
    "{name} = 1\n",
    "def fit_{name}(x, {name}_a=2):\n    return x + {name}_a\n",
    "class {title}Model:\n    {name} = 'by {title}'\n",
    "text = f'{{len(\"{name}\")}} {title}'\n",
    "# {title} wrote this\npath = r'C:\\Users\\{name}\\x'\n",
    '"""{title}\n{name}"""\n',
    "data = {{'{name}': [1, 2], \"{title}\": None}}\n",
    "import {name}_tools as {name}t\n",
    "lambda {name}: {name} + 1\n",
)
WORDS = st.text(st.sampled_from("abcdefghijklmnoprstuvwyzäöüéøßł"), min_size=2, max_size=9)


@settings(max_examples=150, deadline=None)
@given(family=WORDS, given_name=WORDS, pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_masked_code_compiles_and_names_nobody(family: str, given_name: str, pieces: list[str]) -> None:
    cell = "".join(piece.format(name=family, title=family.title()) for piece in pieces)
    try:
        compile(cell, "cell", "exec")
    except SyntaxError:
        assume(False)
    mask = Mask(identities_of([{"given": given_name.title(), "family": family.title()}]))
    (shown,), source = masked(cell, mask=mask)
    compile(shown, "cell", "exec")
    if not source.stays:
        assert mask.find(shown) == []
