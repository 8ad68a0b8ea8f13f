"""An old pip resolves as of a date, and what it chose becomes a lock."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from packaging.pylock import Pylock

from builder.engines.lockfile import make_lock
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.resolver import Wanted, last_date, resolve
from builder.engines.old_python.upstream import Upstream
from builder.errors import BuildError
from tests.builder.engines.local_index import LocalIndex
from tests.builder.engines.old_python.conftest import EVERY_PYTHON, THEN, wanted
from tests.builder.engines.test_interpreters import made

pytestmark = pytest.mark.real
Publish = Callable[..., None]


def versions(question: Wanted, upstream: Upstream, pip: OldPip) -> dict[str, str]:
    text = resolve(question, upstream, pip).text
    lock = make_lock(text, python_version=pip.python.version, as_of=question.as_of, approximations=())
    return {package.name: package.version for package in lock.packages}


def refusal(question: Wanted, upstream: Upstream, pip: OldPip) -> BuildError:
    with pytest.raises(BuildError) as caught:
        resolve(question, upstream, pip)
    return caught.value


def test_the_newest_of_the_date_is_chosen_with_what_it_needs(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish
) -> None:
    optics(("1.0", "2016-01-01"), ("2.0", "2017-01-01"), requires=("lens>=1",))
    index.wheel("lens", "1.5", uploaded="2016-01-01T00:00:00Z", **EVERY_PYTHON)
    index.wheel("lens", "1.6", uploaded="2018-01-01T00:00:00Z", **EVERY_PYTHON)
    assert versions(wanted("optics"), upstream, pip) == {"optics": "1.0", "lens": "1.5"}


def test_the_lock_is_a_pylock_with_the_addresses_of_the_index_itself(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish
) -> None:
    optics(("1.0", "2016-01-01"))
    index.source("lens", "1.0", uploaded="2016-02-01T00:00:00Z", setup="")
    index.files["lens-1.0.tar.gz"] = (*index.files["lens-1.0.tar.gz"][:2], "", False)
    found = tomllib.loads(resolve(wanted("optics", "lens"), upstream, pip).text)
    lock = Pylock.from_dict(found)
    lens, glass = lock.packages
    assert lens.sdist is not None
    assert glass.wheels is not None
    assert glass.wheels[0].url == index.url.replace("/simple", "/files/optics-1.0-py2.py3-none-any.whl")
    assert set(glass.wheels[0].hashes) == {"sha256"}
    assert str(lock.requires_python) == "=={}.{}.*".format(*pip.python.minor)


def test_constraints_hold_for_what_nobody_asked_for(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish
) -> None:
    optics(("1.0", "2016-01-01"), requires=("lens",))
    for version in ("1.5", "1.6"):
        index.wheel("lens", version, uploaded="2016-01-01T00:00:00Z", **EVERY_PYTHON)
    assert versions(wanted("optics", constraints=("lens<1.6",)), upstream, pip)["lens"] == "1.5"


def test_a_withdrawn_release_is_taken_where_pinned_and_that_is_said(
    upstream: Upstream, pip: OldPip, optics: Publish
) -> None:
    optics(("1.0", "2016-01-01"), is_yanked=True)
    found = resolve(wanted("optics==1.0"), upstream, pip)
    assert found.remarks == ("optics==1.0 was withdrawn by its authors (“broken”), and is taken because it is pinned.",)


@pytest.mark.parametrize(
    ("requirement", "kind", "words"),
    [
        ("nowhere", "requirement-not-found", "nowhere"),
        ("optics==9.9", "requirement-not-found", "optics==9.9"),
        ("late", "requirement-not-found", "late"),
        ("tomorrow", "requirements-conflict", "nothing that can be installed on Python"),
    ],
)
def test_what_cannot_be_had_is_named(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish, requirement: str, kind: str, words: str
) -> None:
    optics(("1.0", "2016-01-01"))
    index.wheel("late", "1.0", uploaded="2017-01-01T00:00:00Z", **EVERY_PYTHON)
    index.wheel("tomorrow", "1.0", uploaded="2016-01-01T00:00:00Z", requires_python=">=4")
    error = refusal(wanted(requirement), upstream, pip)
    assert error.kind_id == kind
    assert words in error.cause.message
    assert error.cause.evidence.startswith(f"No matching distribution found for {requirement}")


def test_requirements_that_exclude_each_other_are_a_conflict(
    upstream: Upstream, index: LocalIndex, pip: OldPip, optics: Publish
) -> None:
    optics(("1.0", "2016-01-01"), requires=("lens<1",))
    index.wheel("lens", "0.9", uploaded="2016-01-01T00:00:00Z", **EVERY_PYTHON)
    index.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z", **EVERY_PYTHON)
    error = refusal(wanted("optics", "lens>=1"), upstream, pip)
    assert error.kind_id == "requirements-conflict"
    assert "lens<1" in error.data["reason"]
    assert "lens<1" in error.cause.evidence


def test_a_source_that_cannot_be_read_is_named_with_its_error(
    upstream: Upstream, index: LocalIndex, pip: OldPip
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="raise ValueError('no glass')")
    index.files["optics-1.1.tar.gz"] = (*index.files["optics-1.1.tar.gz"][:2], "", False)
    error = refusal(wanted("optics"), upstream, pip)
    assert (error.kind_id, error.data["package"]) == ("package-build-failed", "optics==1.1")
    assert "no glass" in error.data["reason"]


def test_an_index_that_fails_meanwhile_is_the_cause(upstream: Upstream, index: LocalIndex, pip: OldPip) -> None:
    index.status = 403
    assert refusal(wanted("optics"), upstream, pip).kind_id == "index-unreachable"


def test_old_pythons_are_not_looked_for_in_years_that_forgot_them() -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    old, new = made("2.7.18", "3.6.15")
    assert last_date(old, THEN, now) == datetime(2021, 1, 1, tzinfo=UTC)
    assert last_date(new, THEN, now) == now
    assert last_date(old, now, now) == now
