"""What code installs by itself."""

from __future__ import annotations

import pytest

from builder.recipe.install_lines import installations


def requirements(source: str) -> list[str]:
    return [text for each in installations(source) for text in each.requirements]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("!pip install lmfit", ["lmfit"]),
        ("%pip install -q --upgrade 'lmfit>=1,<2' h5py[mpi]==3.1", ["lmfit<2,>=1", "h5py[mpi]==3.1"]),
        ("! {sys.executable} -m pip install --user lmfit # tools", ["lmfit"]),
        ("!python3 -m pip install --index-url https://i.example.org lmfit", ["lmfit"]),
        ("x = !pip3 install lmfit", ["lmfit"]),
        ("!apt-get install -y graphviz && pip install graphviz", ["graphviz"]),
        ("pip install lmfit", ["lmfit"]),
        ("%%bash\nset -e\npip install lmfit\n# pip install no", ["lmfit"]),
        ("!pip install a \\\n  b", ["a", "b"]),
        ("!conda install -y -c conda-forge -n env lmfit=1.0 openmpi pytables", ["lmfit==1.0.*", "tables"]),
        ("!mamba install --yes conda-forge::lmfit", ["lmfit"]),
        ("!conda env update -f x.yml\n!conda create -n a b", []),
        ("!pip install . ./x.whl -e ../y -r needs.txt {x} $y", []),
        ("!pip install git+https://git.example.org/x.git@v1#egg=lmfit", ["lmfit"]),
        ("pip.main(['install', 'lmfit'])", ["lmfit"]),
        ("from pip._internal import main\npip._internal.main(['install', '-U', 'lmfit'])", ["lmfit"]),
        ("subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'lmfit', \"h5py==2\"])", ["lmfit", "h5py==2"]),
        ("os.system('pip install lmfit; pip install h5py')", ["lmfit", "h5py"]),
        ("get_ipython().system('pip install lmfit')", ["lmfit"]),
        ("get_ipython().run_line_magic('pip', 'install lmfit')", ["lmfit"]),
        ("# !pip install no", []),
        ("print('pip install no')", []),
        ('"""\npip install no\n!pip install no\n"""', []),
        ("!pip uninstall -y no\n!pip list\n!pip freeze", []),
        ("install = ['install', 'no']", []),
    ],
)
def test_what_is_installed(source: str, found: list[str]) -> None:
    assert requirements(source) == found


def test_files_and_addresses_are_told_apart() -> None:
    (found,) = installations("x = 1\n!pip install -r needs.txt https://user:pw@h.example.org/a.zip lmfit")
    assert (found.files, found.addresses) == (("needs.txt",), ("https://h.example.org/a.zip",))


def test_hostile_text_ends_in_time() -> None:
    assert requirements("!pip install " + "a" * 100_000 + "!" + " \\\n" * 50_000) == []
    assert requirements("system('pip install " * 20_000) == []
    assert requirements("f([" * 50_000) == []
