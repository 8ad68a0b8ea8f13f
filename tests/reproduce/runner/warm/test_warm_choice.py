"""Which jobs may share a kernel, which keys are worth one, and when memory is short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reproduce.runner.job import DataMount, Job, Kernel, Limits, Network
from reproduce.runner.warm.demand import Demand
from reproduce.runner.warm.key import is_warmable, template_of, warm_key
from reproduce.runner.warm.memory import is_short

KERNEL = Kernel(("python", "{connection_file}"), "python", "/env", ("/env",))
JOB = Job("a", "/snapshot", "figures/one.ipynb", KERNEL, "bwrap")


@pytest.mark.parametrize(
    "same",
    [
        {"id": "b"},
        {"notebook": "figures/two.ipynb"},
        {"parameters": {"n": 1}},
        {"output_files": ("a.txt",)},
        {"output_files_bytes": 9},
        {"data_memory": "/m"},
    ],
    ids=lambda same: next(iter(same)),
)
def test_what_is_the_runs_alone_makes_no_other_key(same):
    assert warm_key(replace(JOB, **same)) == warm_key(JOB)


@pytest.mark.parametrize(
    "other",
    [
        {"source": "/other"},
        {"notebook": "one.ipynb"},
        {"kernel": replace(KERNEL, variables={"A": "1"})},
        {"kernel": replace(KERNEL, root="/images/1/root")},
        {"limits": Limits(memory_bytes=1 << 30)},
        {"environment_variables": {"A": "1"}},
        {"import_roots": ("src",)},
        {"threads": 2},
        {"matplotlib_backend": "svg"},
        {"source_date_epoch": 1_700_000_000},
        {"are_figures_recorded": False},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_settles_a_kernels_start_makes_another_key(other):
    assert warm_key(replace(JOB, **other)) != warm_key(JOB)


def test_only_a_sandboxed_run_without_network_and_data_may_be_warm():
    assert is_warmable(JOB)
    assert not is_warmable(replace(JOB, sandbox="none"))
    assert not is_warmable(replace(JOB, network=Network()))
    assert not is_warmable(replace(JOB, data=(DataMount("a", "/a", "/data"),)))


def test_the_template_of_a_template_is_itself():
    assert template_of(template_of(JOB)) == template_of(JOB)


def test_slots_are_dealt_by_how_often_a_key_was_asked_for():
    demand = Demand(idle_s=100)
    for time, key in enumerate("aaaabbc"):
        demand.ask(key, float(time))
    assert demand.wanted(4, 9.0) == ["a", "b", "a", "a"]


def test_no_key_gets_more_than_it_was_asked_for():
    demand = Demand(idle_s=100)
    demand.ask("a", 1.0)
    assert demand.wanted(3, 2.0) == ["a"]


def test_of_two_keys_the_later_goes_first():
    demand = Demand(idle_s=100)
    demand.ask("a", 1.0)
    demand.ask("b", 2.0)
    assert demand.wanted(1, 3.0) == ["b"]


def test_what_nobody_asked_for_lately_is_not_wanted():
    demand = Demand(idle_s=10)
    demand.ask("a", 1.0)
    assert demand.wanted(1, 11.0) == ["a"]
    assert demand.wanted(1, 11.1) == []
    assert not demand.is_asked("a")


def test_memory_is_short_when_less_than_a_tenth_is_available(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 99 kB\n")
    assert is_short(meminfo)
    meminfo.write_text("MemTotal: 1000 kB\nMemAvailable: 100 kB\n")
    assert not is_short(meminfo)
    assert not is_short(tmp_path / "none")
