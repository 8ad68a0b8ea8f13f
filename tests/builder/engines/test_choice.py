"""Which engine a recipe goes to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.engines.choice import BUILT, Installed, choose_engine
from builder.recipe.model import Extra, Recipe, Wish

LOCAL = frozenset({"local"})
ALL = frozenset({"local", "repo2docker", "image"})
PYTHONS = frozenset({(3, 11), (3, 8)})


def wish(kind: Wish, file: str) -> Extra:
    return Extra(kind, file, (), f"{file} is not followed.")


def test_packages_alone_stay_local(recipe: Callable[..., Recipe]) -> None:
    name, _ = choose_engine(recipe(python="3.8"), installed=Installed(ALL, PYTHONS))
    assert name == "local"


@pytest.mark.parametrize("kind", sorted(BUILT))
def test_what_only_a_container_brings_is_built(recipe: Callable[..., Recipe], kind: Wish) -> None:
    wished = recipe(python="3.8", extras=(wish(kind, "the-file"),))
    assert choose_engine(wished, installed=Installed(ALL, PYTHONS)) == (
        "repo2docker",
        "the-file needs a container image.",
    )


@pytest.mark.parametrize("kind", [Wish.IMAGE, Wish.SIF])
def test_a_given_image_is_used_as_it_is(recipe: Callable[..., Recipe], kind: Wish) -> None:
    wished = recipe(python="3.8", extras=(wish(kind, "asked for"), wish(Wish.DOCKERFILE, "Dockerfile")))
    assert choose_engine(wished, installed=Installed(ALL, PYTHONS))[0] == "image"


def test_a_python_that_is_not_at_hand_is_built(recipe: Callable[..., Recipe]) -> None:
    name, reason = choose_engine(recipe(python="2.7"), installed=Installed(ALL, PYTHONS))
    assert (name, "Python 2.7" in reason) == ("repo2docker", True)


def test_without_a_container_engine_everything_stays_local_and_says_so(recipe: Callable[..., Recipe]) -> None:
    wished = recipe(python="3.8", extras=(wish(Wish.SYSTEM_PACKAGES, "apt.txt"),))
    name, reason = choose_engine(wished, installed=Installed(LOCAL, PYTHONS))
    assert (name, reason) == ("local", "There is no container engine here, which apt.txt needs.")


def test_conda_packages_are_built_only_where_conda_is(recipe: Callable[..., Recipe]) -> None:
    wished = recipe(python="3.8", extras=(wish(Wish.CONDA_PACKAGES, "environment.yml"),))
    with_conda = Installed(ALL, PYTHONS, BUILT | {Wish.CONDA_PACKAGES})
    assert choose_engine(wished, installed=with_conda)[0] == "repo2docker"
    assert choose_engine(wished, installed=Installed(ALL, PYTHONS))[0] == "local"
