"""What is proposed to be declared, and when nothing is."""

from __future__ import annotations

import pytest

from reproduce.diagnose import Facts, Sought, propose, sought
from tests.reproduce.diagnose.test_failures import COMPLETED, failed

PACKAGES = {"numpy": "2.1.0", "pandas": "2.2.0", "networkx": "3.2"}


@pytest.mark.parametrize(
    ("ename", "evalue", "requirement"),
    [
        ("ModuleNotFoundError", "No module named 'cv2'", "opencv-python-headless"),
        ("ModuleNotFoundError", "No module named 'sklearn'", "scikit-learn"),
        ("ModuleNotFoundError", "No module named 'yaml'", "PyYAML"),
        ("ModuleNotFoundError", "No module named 'PIL'", "pillow"),
        ("ModuleNotFoundError", "No module named 'skimage.filters'", "scikit-image"),
        ("ModuleNotFoundError", "No module named 'mpl_toolkits.basemap'", "basemap"),
        ("ImportError", "Missing optional dependency 'Jinja2'. DataFrame.style requires jinja2.", "jinja2"),
        ("AttributeError", "module 'networkx' has no attribute 'info'", "networkx<3.0"),
        ("AttributeError", "'DataFrame' object has no attribute 'append'", "pandas<2.0"),
        ("AttributeError", "module 'numpy' has no attribute 'trapezoid'", ""),
        ("AttributeError", "`np.unheard_of` was removed in the NumPy 2.0 release. Use `x` instead.", "numpy<2.0"),
        ("AttributeError", "`np.unheard_of` was removed in the NumPy 2.3 release. Use `x` instead.", ""),
        ("AttributeError", "`opt.bend` was removed in Optics 2.0.", ""),
    ],
)
def test_a_requirement_is_proposed(ename: str, evalue: str, requirement: str) -> None:
    proposal = propose(Facts(failed(ename, evalue), python="3.11.2", packages=PACKAGES))
    assert (proposal.requirement if proposal else "") == requirement


def test_a_newer_version_may_need_a_later_date() -> None:
    result = failed("AttributeError", "module 'numpy.random' has no attribute 'default_rng'")
    proposal = propose(Facts(result, python="3.6.9", packages={"numpy": "1.11.3"}))
    assert proposal is not None
    assert (proposal.requirement, proposal.needs_later_date) == ("numpy>=1.17", True)


@pytest.mark.parametrize(
    ("evalue", "python"),
    [
        ("cannot import name 'Mapping' from 'collections' (/usr/lib/python3.12/collections/__init__.py)", "3.9"),
        ("No module named 'imp'", "3.11"),
        ("No module named 'urllib2'", "2.7"),
    ],
)
def test_a_python_is_proposed(evalue: str, python: str) -> None:
    proposal = propose(Facts(failed("ImportError", evalue), python="3.12.1", packages=PACKAGES))
    assert proposal is not None
    assert proposal.python == python


@pytest.mark.parametrize(
    ("ename", "evalue"),
    [
        ("ModuleNotFoundError", "No module named 'helpers_of_the_author'"),
        ("ValueError", "no"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'a.csv'"),
    ],
)
def test_nothing_is_proposed_where_nothing_is_known(ename: str, evalue: str) -> None:
    assert propose(Facts(failed(ename, evalue), python="3.11.2", packages=PACKAGES)) is None


def test_a_completed_run_needs_no_proposal() -> None:
    assert propose(Facts(COMPLETED)) is None


@pytest.mark.parametrize(
    ("ename", "evalue", "module", "name"),
    [
        ("AttributeError", "module 'optics.lens' has no attribute 'bend'", "optics.lens", "bend"),
        ("ImportError", "cannot import name 'bend' from 'optics' (/x/optics/__init__.py)", "optics", "bend"),
        ("ModuleNotFoundError", "No module named 'optics.lens.thin'", "optics.lens", "thin"),
    ],
)
def test_a_name_that_no_table_knows_is_sought_in_the_package_that_is_here(
    ename: str, evalue: str, module: str, name: str
) -> None:
    facts = Facts(failed(ename, evalue), python="3.11.2", packages={"optics": "1.4"})
    assert propose(facts) is None
    assert sought(facts) == Sought("3", "optics", "1.4", module, name)


@pytest.mark.parametrize(
    ("ename", "evalue", "packages", "language"),
    [
        ("ModuleNotFoundError", "No module named 'optics'", {"numpy": "2.0"}, "python"),
        ("AttributeError", "module 'helpers' has no attribute 'bend'", {"optics": "1.4"}, "python"),
        ("AttributeError", "module 'os' has no attribute 'bend'", {"optics": "1.4"}, "python"),
        ("AttributeError", "module 'numpy' has no attribute 'float'", {"numpy": "1.26"}, "python"),
        ("AttributeError", "module 'optics' has no attribute 'bend'", {"optics": "1.4"}, "r"),
    ],
    ids=["no-module", "own-module", "standard", "known", "other-language"],
)
def test_nothing_is_sought_where_no_release_could_have_it(
    ename: str, evalue: str, packages: dict[str, str], language: str
) -> None:
    assert sought(Facts(failed(ename, evalue), python="3.11.2", packages=packages, language=language)) is None
