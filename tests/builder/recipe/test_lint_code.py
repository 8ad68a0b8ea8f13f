"""What the linter says of code cells: data that is fetched, paths of one machine, packages that are installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builder.recipe.advice import Advice
from builder.recipe.lint_code import advise_on_code
from tests.builder.recipe.conftest import notebook

Check = Callable[..., list[Advice]]
URL = "https://data.example.org/a.csv"


@pytest.fixture
def checked(tmp_path: Path) -> Check:
    def run(*cells: str, **versions: str) -> list[Advice]:
        (tmp_path / "a.ipynb").write_text(notebook(*cells))
        return advise_on_code(tmp_path, ["a.ipynb"], versions)

    return run


@pytest.mark.parametrize(
    "cell",
    [
        f"urllib.request.urlretrieve('{URL}', 'a.csv')",
        f"r = requests.get(\n    '{URL}')",
        f"!wget -q {URL}",
        f"%%bash\ncurl -O {URL}",
        f"pd.read_csv('{URL}')",
        f"url = '{URL}'\nframe = pd.read_csv(url, sep=';')",
        "pd.read_csv('https://data.example.org/'\n            'a.csv')",
        "pd.read_csv('https://data.example.org/' + 'a.csv')",
        f"np.loadtxt(fname='{URL}')",
        f"pooch.retrieve('{URL}', known_hash=None)",
        f"xr.open_dataset(r'{URL}')",
        f"print 'x'\nurllib2.urlopen('{URL}')",
    ],
)
def test_data_fetched_without_a_checksum(cell: str, checked: Check) -> None:
    (advice,) = checked("import pandas as pd", cell)
    assert (advice.id, advice.file, advice.line) == ("data-without-checksum", "a.ipynb", None)
    assert advice.message.startswith(f"Cell 2: {URL} is fetched ")
    assert f'pooch.retrieve("{URL}", known_hash="sha256:<checksum>")' in advice.fix


@pytest.mark.parametrize(
    "cell",
    [
        "pd.read_csv('a.csv')",
        f"# pd.read_csv('{URL}')",
        f"print('see {URL}')",
        f"IFrame('{URL}')",
        "pd.read_csv('http://localhost:8000/a.csv')",
        f"pooch.retrieve('{URL}', known_hash='sha256:aa')",
        f"!wget {URL} && sha256sum -c a.sha256",
        "x = d.get('a')",
    ],
)
def test_what_fetches_nothing_or_is_checked_is_left_alone(cell: str, checked: Check) -> None:
    assert checked(cell) == []


def test_several_fetches_are_one_advice(checked: Check) -> None:
    (advice,) = checked(f"pd.read_csv('{URL}')", "1", "!wget https://data.example.org/b.csv")
    assert advice.message.startswith(f"Cells 1 and 3: {URL} and others are fetched ")


def test_a_clone_at_no_commit(checked: Check) -> None:
    (advice,) = checked("!git clone --depth 1 https://git.example.org/x/tools.git")
    assert advice.id == "git-without-commit"
    assert advice.fix == "Write git clone https://git.example.org/x/tools.git && git -C tools checkout <commit>."
    assert checked("!git clone https://git.example.org/x/tools.git\n!git -C tools checkout 1234567") == []


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("open('/home/ada/run7/a.h5')", "/home/ada/run7/a.h5"),
        ("sys.path.append(r'C:\\Users\\ada\\code')", "C:\\Users\\ada\\code"),
        ("f = 'D:/data/a.h5'", "D:/data/a.h5"),
        ("open('/data2/run7/a.h5')", "/data2/run7/a.h5"),
        ("path = u'/gpfs/exfel/exp/a.h5'", "/gpfs/exfel/exp/a.h5"),
        ("%cd /Users/ada/paper", "/Users/ada/paper"),
        ("!ls /scratch/ada/", "/scratch/ada/"),
    ],
)
def test_paths_of_one_machine(cell: str, path: str, checked: Check) -> None:
    (advice,) = checked(cell)
    assert (advice.id, advice.message) == ("absolute-path", f"Cell 1: {path} is on one machine alone.")


@pytest.mark.parametrize(
    "cell",
    [
        "open('/home/jovyan/a.h5')",
        "# open('/home/ada/a.h5')",
        "open(folder + '/data/a.csv')",
        "open('..' '/data/a.csv')",
        "!head ../data/a.csv",
        "g['/data/x']",
        "f['/entry/data']",
        "f['/work/title']",
        "f'{x}/home/ada'",
        "open('/tmp/a')",
        "'https://h.example.org/home/ada'",
        "'a: b'",
        "t = 'Note:/x'",
        "'%H:%M'",
    ],
)
def test_what_looks_like_a_path_of_one_machine(cell: str, checked: Check) -> None:
    assert checked(cell) == []


def test_packages_that_a_notebook_installs(checked: Check) -> None:
    (advice,) = checked("!pip install -q lmfit h5py==2.9.0", "%conda install -c conda-forge pytables", lmfit="0.9.13")
    assert advice.id == "install-in-notebook"
    assert advice.message.startswith("Cells 1 and 2: ")
    assert advice.fix == "Remove the line and write lmfit==0.9.13, h5py==2.9.0 and tables into requirements.txt."


@pytest.mark.timeout(30)
def test_hostile_cells_end_in_time(checked: Check) -> None:
    checked("x = '" + "\\'" * 20_000, "requests.get(" * 9_000, "a = " * 20_000, "!" + "wget " * 20_000, " " * 100_000)
    checked("'a' " * 20_000, "u = 'http://a' " + "+ 'a' " * 20_000, "git clone " * 20_000, "\n" * 100_000)
