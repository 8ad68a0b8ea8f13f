"""What may be asked of a batch system: nothing passes that is not matched as a whole, nor more than is allowed."""

from __future__ import annotations

import pytest

from catalog.errors import CatalogError
from catalog.resources import Bounds, Resources, check_bounds, combine, parse_resources, parse_words, words_of

_ENDS = (
    " --wrap=id",
    "; id",
    "\n#SBATCH -A root",
    "$(id)",
    "`id`",
    "| id",
    "&&id",
    " ",
    "\n",
    "\0",
    "'",
    '"',
    "\\",
    "\u202e",
)


def test_everything_that_is_known_is_read() -> None:
    assert parse_resources(
        {
            "partition": "gpu",
            "account": "beamline-7",
            "qos": "long",
            "constraint": "skylake&fast",
            "memory": "16G",
            "processors": 4,
            "gpus": "a100:2",
            "time_s": 7200,
            "modules": ["hdf5/1.14", "gcc/12.2.0"],
        }
    ) == Resources(
        "gpu", "beamline-7", "long", "skylake&fast", 16 * 2**30, 4, "a100:2", 7200, ("hdf5/1.14", "gcc/12.2.0")
    )


@pytest.mark.parametrize("name", ["partition", "account", "qos", "constraint", "memory", "gpus"])
@pytest.mark.parametrize("end", _ENDS)
def test_a_text_that_holds_more_than_its_pattern_is_refused(name: str, end: str) -> None:
    good = {"memory": "16G", "gpus": "1"}.get(name, "x")
    assert parse_resources({name: good})
    for value in (good + end, end + good, end):
        with pytest.raises(CatalogError) as raised:
            parse_resources({name: value})
        assert raised.value.cause.id == "resources-refused"
        assert raised.value.cause.message.isprintable()


@pytest.mark.parametrize("end", _ENDS)
def test_a_module_that_is_more_than_a_name_is_refused(end: str) -> None:
    for value in (f"hdf5{end}", f"{end}hdf5", f"hdf5/{end}", "../hdf5", "/etc/passwd", "-hdf5", "a/../b", ""):
        with pytest.raises(CatalogError):
            parse_resources({"modules": [value]})


@pytest.mark.parametrize(
    "data",
    [
        None, "x", 7, [], {"shell": "x"}, {"partition": None}, {"partition": ["a"]}, {"partition": "-p"},
        {"partition": "a" * 65}, {"processors": "4"}, {"processors": True}, {"processors": 0}, {"processors": -1},
        {"processors": 1.5}, {"processors": 10**9}, {"time_s": 0}, {"memory": 16}, {"memory": "16"}, {"memory": "0G"},
        {"memory": "-1G"}, {"memory": "1GG"}, {"gpus": 1}, {"gpus": "0"}, {"gpus": "a100:"}, {"gpus": ":1"},
        {"modules": "hdf5"}, {"modules": ["a"] * 21}, {"modules": [7]}, {"modules": {"a": 1}}, {"constraint": "a&"},
        {"constraint": "a&&b"}, {"constraint": "[a|b]"}, {"partition": "größe"}, {"partition": "１"},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_resource_is_refused(data: object) -> None:
    with pytest.raises(CatalogError) as raised:
        parse_resources(data)
    assert raised.value.cause.id == "resources-refused"


def test_nothing_may_be_asked_for_until_the_operator_allows_it() -> None:
    for data in (
        {"partition": "a"}, {"account": "a"}, {"qos": "a"}, {"constraint": "a"}, {"memory": "1M"}, {"processors": 1},
        {"gpus": "1"}, {"modules": ["a"]}, {"time_s": 60},
    ):  # fmt: skip
        with pytest.raises(CatalogError, match="cannot be asked for"):
            check_bounds(parse_resources(data), Bounds())


def test_what_lies_within_the_bounds_may_be_asked_for_and_nothing_beyond() -> None:
    bounds = Bounds(("gpu",), ("mx",), ("long",), ("a", "b"), ("hdf5/1.14",), 2**30, 4, 2)
    asked = {
        "partition": "gpu", "account": "mx", "qos": "long", "constraint": "a|b", "modules": ["hdf5/1.14"],
        "memory": "1G", "processors": 4, "gpus": "a100:2",
    }  # fmt: skip
    check_bounds(parse_resources(asked), bounds)
    for name, value in {"memory": "1025M", "processors": 5, "gpus": "3", "constraint": "a&c"}.items():
        with pytest.raises(CatalogError):
            check_bounds(parse_resources({**asked, name: value}), bounds)


def test_later_layers_go_before_earlier_ones_and_modules_add_up() -> None:
    first = Resources(partition="main", memory_bytes=1, modules=("a",))
    assert combine(first, Resources(), Resources(memory_bytes=2, modules=("b", "a"))) == Resources(
        partition="main", memory_bytes=2, modules=("a", "b")
    )


def test_words_are_the_same_object_and_are_written_back() -> None:
    text = "partition=gpu processors=4 modules=hdf5/1.14,git"
    assert parse_words(text) == {"partition": "gpu", "processors": 4, "modules": ["hdf5/1.14", "git"]}
    assert words_of(parse_words(text)) == text
    assert parse_words("  ") == {}


@pytest.mark.parametrize(
    "text", ["gpu", "partition=", "=gpu", "partition=a partition=b", "memory=1G;id", "processors=４"]
)
def test_words_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(CatalogError):
        parse_words(text)
