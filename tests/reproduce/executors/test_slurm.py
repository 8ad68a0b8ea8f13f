"""A real Slurm runs the notebook, and each way in which a job ends there is told as what it was."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.resources import Resources
from reproduce.errors import RunError
from reproduce.executors.batch import BatchExecutor
from reproduce.executors.scheduler import Request
from reproduce.executors.script import Node
from reproduce.executors.slurm import Slurm
from reproduce.runner.bundle import write_job
from reproduce.runner.job import Job
from tests.reproduce.executors.conftest import PROJECT, Running
from tests.reproduce.runner.conftest import processes_with, wait_until
from tests.slurm_cluster import SlurmCluster

pytestmark = pytest.mark.real
Start = Callable[..., Running]
MakeJob = Callable[..., Job]
_STEPS = ("started", "kernel-started", "cell-started", "restarted", "ended")


def steps(running: Running) -> list[str]:
    return [text for text in running.told if text in _STEPS]


def test_a_notebook_runs_on_the_node_and_its_events_come_back(start: Start, job: MakeJob):
    running = start(job("print(6 * 7)", "print('second')"))
    result = running.wait()
    assert (result.status, result.cells_done) == ("completed", 2)
    assert running.text(0) == "42\n"
    assert steps(running) == ["started", "kernel-started", "cell-started", "cell-started", "ended"]


def test_what_slurm_has_on_record_of_the_job_is_kept_as_evidence(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("print(1)"), resources=Resources(processors=2, constraint="fast"))
    result = running.wait()
    facts = running.facts
    assert (facts["ended_as"], facts["node"], facts["starts"]) == ("completed", cluster.node, 1)
    assert facts["record"]["NumCPUs"] == "2"
    assert facts["record"]["Features"] == "fast"
    assert result.machine["scheduler"] == f"Slurm job {facts['job']} on node {cluster.node}"


def test_nothing_is_left_on_the_shared_file_system(start: Start, job: MakeJob, tmp_path: Path):
    start(job("print(1)")).wait()
    assert list((tmp_path / "shared").iterdir()) == []


def test_a_cell_that_raises_is_the_notebooks_failure(start: Start, job: MakeJob):
    result = start(job("1 / 0")).wait()
    assert (result.status, result.failure and result.failure.ename) == ("cell-raised", "ZeroDivisionError")


def test_the_notebooks_own_limits_hold_on_the_node(start: Start, job: MakeJob):
    slow = start(job("while True: pass", limits={"cell_timeout_s": 1.0}))
    assert slow.wait().status == "cell-timeout"
    hungry = start(job("x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1"))
    assert hungry.wait().status == "out-of-memory"


class _Frugal(Slurm):
    """Asks Slurm for less memory than the notebook may take."""

    def submit(self, script: Path, request: Request) -> str:
        return super().submit(script, dataclasses.replace(request, memory_bytes=300 << 20))


def test_memory_that_slurm_does_not_give_is_out_of_memory(
    start: Start, job: MakeJob, slurm: Slurm, executor: Callable[..., BatchExecutor]
):
    place = dataclasses.replace(executor(), scheduler=_Frugal(slurm.conf))
    code = "import time\nx = bytearray(900 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(20)"
    running = start(job("print('before')", code, limits={"memory_bytes": 4 << 30}), place=place)
    result = running.wait()
    assert (result.status, result.failure and result.failure.cell_index) == ("out-of-memory", 1)


def test_scancel_by_somebody_else_is_a_cancelled_run(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(60)"))
    running.wait_until_told("cell-started")
    cluster.call("scancel", cluster.wait_for("RUNNING"))
    assert running.wait().status == "cancelled"


def test_cancelling_ends_every_process_within_two_seconds_after_slurm_acts(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    daemon = "subprocess.Popen(['sleep', '61.25'], start_new_session=True)"
    code = f"import subprocess\n{daemon}\nsubprocess.call(['sleep', '61.25'])"
    running = start(job(code))
    assert wait_until(lambda: len(processes_with("61.25")) == 2, 40)
    running.cancel.set()
    assert wait_until(lambda: "RUNNING" not in cluster.jobs().values(), 20)
    assert wait_until(lambda: not processes_with("61.25"), 2)
    assert running.wait(20).status == "cancelled"


def test_a_job_that_waits_tells_why_and_is_cancelled_in_the_queue(start: Start, job: MakeJob, cluster: SlurmCluster):
    blocker = _block(cluster, "--partition=urgent")
    running = start(job("print(1)"))
    running.wait_until_told("Slurm job")
    number = cluster.wait_for("PENDING")
    assert wait_until(lambda: any(text.startswith(f"Slurm job {number} waits: ") for text in running.told), 20)
    running.cancel.set()
    assert running.wait(15).status == "cancelled"
    assert cluster.jobs() == {}
    cluster.call("scancel", blocker)


def test_a_job_that_never_starts_is_given_up(start: Start, job: MakeJob, cluster: SlurmCluster):
    blocker = _block(cluster, "--partition=urgent")
    running = start(job("print(1)"), pending_s=1.0)
    with pytest.raises(RunError, match="did not start"):
        running.wait()
    assert wait_until(lambda: cluster.jobs() == {}, 10)
    cluster.call("scancel", blocker)


def test_a_requeued_job_begins_anew_and_its_first_start_does_not_count(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    running = start(job("print('one')", "import time\ntime.sleep(3)\nprint('two')"))
    assert wait_until(lambda: running.told.count("cell-started") == 2, 40)
    number = cluster.wait_for("RUNNING")
    cluster.call("scontrol", "requeue", number)
    cluster.start_now(number)
    result = running.wait()
    assert (result.status, result.cells_done, running.facts["starts"]) == ("completed", 2, 2)
    again = steps(running)[steps(running).index("restarted") :]
    assert again == ["restarted", "started", "kernel-started", "cell-started", "cell-started", "ended"]


def test_a_preempted_job_waits_and_begins_anew(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(3)\nprint('done')"))
    running.wait_until_told("cell-started")
    number = cluster.wait_for("RUNNING")
    blocker = _block(cluster, "--partition=urgent")
    assert wait_until(lambda: cluster.jobs().get(number) == "PENDING", 30)
    cluster.call("scancel", blocker)
    cluster.start_now(number)
    assert running.wait().status == "completed"
    assert running.facts["starts"] == 2, "\n".join(running.told)


def test_a_job_that_was_preempted_for_good_is_submitted_again(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(3)\nprint('done')"), resources=Resources(partition="taken"))
    running.wait_until_told("cell-started")
    blocker = _block(cluster, "--partition=urgent")
    assert wait_until(lambda: any("had to make place" in text for text in running.told), 30), running.told
    cluster.call("scancel", blocker)
    assert running.wait().status == "completed"


def test_a_node_that_fails_is_no_verdict_and_the_job_begins_anew(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(3)\nprint('done')"))
    running.wait_until_told("cell-started")
    number = cluster.wait_for("RUNNING")
    cluster.fail_node()
    cluster.start_now(number)
    assert running.wait().status == "completed"
    assert "restarted" in running.told


def test_a_job_that_is_lost_with_its_node_each_time_names_the_service(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    running = start(job("import time\ntime.sleep(60)"), starts=2)
    for count in (1, 2):
        assert wait_until(lambda count=count: running.told.count("cell-started") == count, 60), running.told
        number = cluster.wait_for("RUNNING")
        cluster.call("scontrol", "update", f"JobId={number}", "Requeue=0")
        cluster.fail_node()
    with pytest.raises(RunError) as raised:
        running.wait()
    assert (raised.value.cause.id, raised.value.cause.fault) == ("node-failed", "service")


def test_a_job_that_slurm_holds_because_its_start_failed_is_submitted_again(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    with cluster.sick_node():
        running = start(job("print('done')"), starts=3)
        running.wait_until_told("restarted", 60)
    assert running.wait(120).status == "completed"
    assert wait_until(lambda: cluster.jobs() == {}, 10)


def test_a_job_whose_every_start_fails_names_the_service_and_is_not_left_in_the_queue(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    with cluster.sick_node():
        running = start(job("print('done')"), starts=1)
        with pytest.raises(RunError) as raised:
            running.wait(120)
        assert wait_until(lambda: cluster.jobs() == {}, 10)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("node-failed", "service")


def test_a_job_that_slurm_refuses_is_the_operators_cause_in_slurms_words(start: Start, job: MakeJob):
    running = start(job("print(1)"), resources=Resources(partition="nosuch"))
    with pytest.raises(RunError, match="Invalid partition name specified") as raised:
        running.wait()
    assert (raised.value.cause.id, raised.value.cause.fault) == ("scheduler-refused", "operator")


def test_a_job_that_could_only_wait_for_ever_is_refused(start: Start, job: MakeJob, cluster: SlurmCluster):
    # The partition ends a job after two hours, so that one of three never starts.
    running = start(job("print(1)", limits={"run_timeout_s": 3 * 3600.0}))
    with pytest.raises(RunError, match="for ever: Partition"):
        running.wait()
    assert wait_until(lambda: cluster.jobs() == {}, 10)


def test_a_scheduler_that_is_away_for_a_while_is_waited_for(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(4)\nprint('done')"))
    running.wait_until_told("cell-started")
    cluster.stop_controller()
    running.wait_until_told("Slurm does not answer", 60)
    cluster.start_controller()
    assert running.wait(120).status == "completed"


def test_a_scheduler_that_is_away_for_too_long_is_the_operators(start: Start, job: MakeJob, cluster: SlurmCluster):
    cluster.stop_controller()
    try:
        running = start(job("print(1)"), unreachable_s=1.0)
        with pytest.raises(RunError) as raised:
            running.wait(120)
    finally:
        cluster.start_controller()
        assert wait_until(cluster.is_answering, 60)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("scheduler-unreachable", "operator")


def test_a_job_that_slurm_forgot_is_a_fault_of_the_service(start: Start, job: MakeJob, cluster: SlurmCluster):
    running = start(job("import time\ntime.sleep(60)"), starts=1)
    running.wait_until_told("cell-started")
    cluster.stop_controller()
    for file in (cluster.place / "state").glob("job_state*"):
        file.unlink()
    cluster.start_controller()
    with pytest.raises(RunError) as raised:
        running.wait(120)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("job-lost", "service")
    assert wait_until(cluster.is_answering, 60)


def test_the_time_limit_of_slurm_is_the_notebooks_where_it_is_not_the_facilitys(
    start: Start, job: MakeJob, cluster: SlurmCluster
):
    own = start(job("import time\ntime.sleep(80)"))
    capped = start(job("import time\ntime.sleep(80)"), resources=Resources(time_s=60))
    for running in (own, capped):
        running.wait_until_told("cell-started")
    for number in cluster.jobs():
        cluster.call("scontrol", "update", f"JobId={number}", "EndTime=now+1")
    assert own.wait(75).status == "run-timeout"
    with pytest.raises(RunError) as raised:
        capped.wait(60)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("scheduler-time-limit", "operator")


_WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, {project!r})
from reproduce.executors.batch import BatchExecutor, RunLabel
from reproduce.executors.follow import Patience
from reproduce.executors.script import Node
from reproduce.executors.slurm import Slurm
from reproduce.runner.bundle import read_job
bundle = Path(sys.argv[1])
node = Node(sys.executable, {project!r})
place = BatchExecutor("slurm", Slurm({conf!r}), Path({shared!r}), node, RunLabel("r1", "a"))
place.run(read_job(bundle), bundle, on_event=lambda event: print(event["type"], flush=True))
"""


def test_the_job_of_a_worker_that_died_is_ended_before_the_next_attempt_begins(
    start: Start, job: MakeJob, cluster: SlurmCluster, tmp_path: Path
):
    write_job(tmp_path / "first", job("import time\ntime.sleep(62.5)"))
    code = _WORKER.format(project=str(PROJECT), conf=str(cluster.conf), shared=str(tmp_path / "shared"))
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "first")], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert any(line.startswith("cell-started") for line in worker.stdout)
    worker.kill()
    worker.wait()
    orphan = cluster.wait_for("RUNNING", "reprise-r1")
    running = start(job("print('mine')"), run="r1", attempt="b")
    running.wait_until_told("Slurm job")
    assert orphan not in cluster.jobs("reprise-r1")
    assert (running.wait().status, running.text(0)) == ("completed", "mine\n")
    assert list((tmp_path / "shared").iterdir()) == []


def test_a_node_knows_neither_django_nor_the_database(
    start: Start, job: MakeJob, executor: Callable[..., BatchExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/hidden-word")
    program = tmp_path / "python"
    # Every import and every variable of the runner's process end in its own log, which comes back as evidence.
    program.write_text(f'#!/bin/sh\nenv | sed "s/^/variable /" >&2\nexec {sys.executable} -X importtime "$@"\n')
    program.chmod(0o755)
    place = dataclasses.replace(executor(), node=Node(str(program), str(PROJECT)))
    running = start(job("print(1)"), place=place)
    assert running.wait().status == "completed"
    log = (running.bundle / "runner.log").read_text()
    names = {line.removeprefix("variable ").partition("=")[0] for line in log.splitlines() if line[:9] == "variable "}
    assert names == {"PATH", "LANG", "TMPDIR", "HOME", "JUPYTER_PLATFORM_DIRS", "PYTHONPATH", "PWD"}
    assert "reproduce.runner" in log
    assert "django" not in log.lower()
    assert "hidden-word" not in log


def test_modules_are_loaded_on_the_node_seen_by_the_notebook_and_recorded(
    start: Start, job: MakeJob, executor: Callable[..., BatchExecutor], tmp_path: Path
):
    place = dataclasses.replace(executor(resources=Resources(modules=("saxs/1.2",))), node=_node_with_modules(tmp_path))
    code = "import os, subprocess\nprint(os.environ['SAXS_ROOT'], subprocess.check_output(['saxs'], text=True).strip())"
    running = start(job(code), place=place)
    result = running.wait()
    assert running.text(0) == f"{tmp_path}/software/saxs/1.2 reduced\n"
    assert result.machine["modules"] == "saxs/1.2"
    assert '"SAXS_ROOT"' in (running.bundle / "modules.json").read_text()


def test_modules_that_the_node_does_not_have_are_the_operators(
    start: Start, job: MakeJob, executor: Callable[..., BatchExecutor], tmp_path: Path
):
    place = dataclasses.replace(executor(resources=Resources(modules=("gone/7",))), node=_node_with_modules(tmp_path))
    running = start(job("print(1)"), place=place)
    with pytest.raises(RunError, match="gone/7") as raised:
        running.wait()
    assert (raised.value.cause.id, raised.value.cause.fault) == ("modules-not-loaded", "operator")


def test_an_interpreter_that_the_node_does_not_have_is_no_verdict(
    start: Start, job: MakeJob, executor: Callable[..., BatchExecutor]
):
    place = dataclasses.replace(executor(), node=Node("/nowhere/python", str(PROJECT)))
    result = start(job("print(1)"), place=place).wait()
    assert result.status == "internal-error"
    assert result.failure is not None
    assert "/nowhere/python" in result.failure.evalue


def test_a_notebook_sees_the_graphics_processor_that_slurm_gave_its_job_and_no_other(
    start: Start, job: MakeJob, executor: Callable[..., BatchExecutor], cluster: SlurmCluster, tmp_path: Path
):
    program = tmp_path / "python"
    # The devices of the tests lie in a directory of their own, where the runner does not look by itself.
    pointed = (
        "import sys, runpy, pathlib; import reproduce.runner.confinement.devices as devices; "
        f"devices.DEVICES = pathlib.Path({str(cluster.place / 'dev')!r}); sys.argv = ['runner', sys.argv[1]]; "
        "runpy.run_module('reproduce.runner', run_name='__main__')"
    )
    program.write_text(f'#!/bin/sh\nshift 4\nexec {sys.executable} -P -s -c "{pointed}" "$1"\n')
    program.chmod(0o755)
    place = dataclasses.replace(executor(resources=Resources(gpus="1")), node=Node(str(program), str(PROJECT)))
    code = (
        "import os\nprint(sorted(n for n in os.listdir('/dev') if 'nvidia' in n), os.environ['CUDA_VISIBLE_DEVICES'])"
    )
    running = start(job(code), place=place)
    result = running.wait()
    assert running.text(0) == "['nvidia-uvm', 'nvidia0', 'nvidiactl'] 0\n"
    assert result.machine["gpus_asked"] == 1
    assert "/dev/nvidia0" in result.machine["gpus"]


def _node_with_modules(place: Path) -> Node:
    software = place / "software" / "saxs" / "1.2" / "bin"
    software.mkdir(parents=True)
    (software / "saxs").write_text("#!/bin/sh\necho reduced\n")
    (software / "saxs").chmod(0o755)
    modulefile = place / "modulefiles" / "saxs" / "1.2"
    modulefile.parent.mkdir(parents=True)
    modulefile.write_text(f"#%Module\nsetenv SAXS_ROOT {software.parent}\nprepend-path PATH {software}\n")
    init = place / "modules.sh"
    init.write_text(f". /usr/share/modules/init/bash\nmodule use {place}/modulefiles\n")
    return Node(sys.executable, str(PROJECT), str(init), (str(place / "software"),))


def _block(cluster: SlurmCluster, *options: str) -> str:
    """Fill the node, in a partition that goes before the others, and return the job's number."""
    number = cluster.call(
        "sbatch",
        "--parsable",
        "--cpus-per-task=4",
        "--mem=100M",
        "--time=5",
        "--output=/dev/null",
        *options,
        "--wrap=sleep 300",
    )
    end = time.monotonic() + 40
    while cluster.jobs("wrap").get(number) != "RUNNING":
        assert time.monotonic() < end, cluster.jobs("")
        time.sleep(0.2)
    return number
