"""A warm run differs from a cold one in nothing but its start."""

from __future__ import annotations

import time

import pytest

from reproduce.runner.job import Network

pytestmark = pytest.mark.real

SAY = """
import json, os, resource, sys
limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
print(os.getcwd(), sys.path, len(sys.argv), sys.argv[3:], hash("a"), os.getpid(), os.getuid())
print(json.dumps(dict(os.environ), sort_keys=True))
print({name: text for name, text in limits.items() if name != "RLIMIT_NPROC"})
print(sorted(os.listdir(".")), len(os.listdir("/tmp")), sorted(os.listdir("/home/repro")))
print(sorted(os.listdir("/proc/self/fd")), sorted(os.listdir("/sys/class/net") if os.path.exists("/sys") else []))
"""


def test_a_warm_run_has_the_outputs_of_a_cold_one_to_the_bit(heated, run_with, source):
    (source / "pkg").mkdir()
    (source / "pkg" / "mine.py").write_text("VALUE = 3")
    (source / "figures").mkdir()
    (source / "figures" / "data.txt").write_text("1 2 3")
    cells = (
        SAY,
        "import mine\nprint(mine.VALUE, open('data.txt').read())\nopen('made.txt', 'w').write('x')",
        "ip = 1\nip",
        "import logging\nlogging.getLogger('matplotlib').setLevel(logging.ERROR)\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    options = {
        "notebook": "figures/figure.ipynb",
        "import_roots": ("pkg",),
        "output_files": ("figures/made.txt",),
        "parameters": {"energy": 2},
        "threads": 2,
    }
    pool = heated(*cells, **options)
    warm = run_with(pool, **options)
    cold = run_with(None, **options)
    assert (warm.result.is_warm, cold.result.is_warm) == (True, False)
    assert (warm.result.status, cold.result.status) == ("completed", "completed")
    assert warm.result.digests == cold.result.digests
    assert {"notebook", "executed", "files/figures/made.txt", "figures/0001.json"} <= set(warm.result.digests)
    assert warm.result.sandbox == cold.result.sandbox
    assert warm.result.variables == cold.result.variables
    assert [event["type"] for event in warm.events] == [event["type"] for event in cold.events]


def test_a_runner_that_waited_ends_without_a_complaint(heated, run_with):
    pool = heated("1")
    ran = run_with(pool)
    assert ran.result.is_warm
    assert (ran.bundle / "runner.log").read_text() == ""


def test_a_kernel_is_used_once(heated, run_with):
    pool = heated(
        "import os\nprint('mark' in globals() or os.path.exists('/tmp/mark'))\nmark = 1\nopen('/tmp/mark', 'w').close()"
    )
    first = run_with(pool)
    assert pool.says("is ready", times=2)
    second = run_with(pool)
    assert (first.result.is_warm, second.result.is_warm) == (True, True)
    assert (first.text(0), second.text(0)) == ("False\n", "False\n")


def test_what_acts_at_the_start_of_a_kernel_acts_in_a_warm_one_too(heated, run_with, source):
    (source / "lib").mkdir()
    (source / "lib" / "sitecustomize.py").write_text("import builtins\nbuiltins.planted = 'seen'")
    pool = heated("print(planted)", import_roots=("lib",))
    warm = run_with(pool, import_roots=("lib",))
    assert warm.result.is_warm
    assert warm.text(0) == "seen\n"


def test_another_notebook_and_other_parameters_may_have_the_kernel(heated, run_with, job):
    job("print(n)", notebook="other.ipynb")
    pool = heated("print(1)")
    ran = run_with(pool, notebook="other.ipynb", parameters={"n": 5})
    assert ran.result.is_warm
    assert ran.text(1) == "5\n"


def test_the_time_that_a_kernel_waited_is_not_the_runs(heated, run_with):
    limits = {"cell_timeout_s": 4.0, "run_timeout_s": 4.0}
    pool = heated("1", limits=limits)
    time.sleep(4.5)
    ran = run_with(pool, limits=limits)
    assert ran.result.is_warm
    assert ran.result.status == "completed"
    assert ran.result.run_s < 4


def test_limits_end_a_warm_run_as_what_they_are(heated, run_with, job):
    limits = {"memory_bytes": 400 << 20}
    job("blocks = [bytearray(20 << 20) for _ in range(100)]\nimport time\ntime.sleep(9)", notebook="greedy.ipynb")
    pool = heated("1", limits=limits)
    ran = run_with(pool, notebook="greedy.ipynb", limits=limits)
    assert ran.result.is_warm
    assert ran.result.status == "out-of-memory"


@pytest.mark.parametrize(
    "other",
    [
        {"limits": {"memory_bytes": 1 << 30}},
        {"threads": 2},
        {"environment_variables": {"MINE": "1"}},
        {"network": Network()},
        {"notebook": "below/figure.ipynb"},
        {"sandbox": "none"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_job_that_asks_for_something_else_starts_cold(heated, run_with, other):
    pool = heated("print('ran')")
    ran = run_with(pool, "print('ran')", **other)
    assert not ran.result.is_warm
    assert ran.text(0) == "ran\n"
