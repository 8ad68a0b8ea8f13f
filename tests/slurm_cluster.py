"""A Slurm cluster of one node for the tests: munged, slurmctld and slurmd of their own, on this machine's loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from builder.process_tree import descendants

PROJECT = Path(__file__).resolve().parents[1]
PARTITION = "small"
_START_S = 60.0
_STOP_S = 15.0
# Ends the daemon when the test session is gone, however it ended.
_SUPERVISOR = """
import os, signal, subprocess, sys, time
session, log, *command = sys.argv[1:]
with open(log, "ab") as file:
    daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
signal.signal(signal.SIGTERM, lambda *_: daemon.terminate())
while daemon.poll() is None:
    if not os.path.exists("/proc/" + session):
        daemon.terminate()
    time.sleep(0.1)
"""
# `small` is the default; `urgent` takes its place from it by requeueing, `taken` by ending its jobs for good.
_CONFIGURATION = """
ClusterName=reprise
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={place}/munge/socket
CredType=cred/munge
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/{task}
Prolog={place}/prolog
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
KillWait=5
JobCompType=jobcomp/filetxt
JobCompLoc={place}/completed.txt
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
{memory}
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=32000 Gres=gpu:2 State=UNKNOWN Feature=fast
PartitionName=small Nodes=ALL Default=YES MaxTime=120 DefaultTime=60 State=UP PriorityTier=10 PreemptMode=REQUEUE
PartitionName=taken Nodes=ALL MaxTime=120 State=UP PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent Nodes=ALL MaxTime=120 State=UP PriorityTier=100 PreemptMode=OFF
"""


# Slurm limits memory by a control group where this machine lets it make one, otherwise by looking every second.
_MEMORY_CONTROL: Final = Path("/sys/fs/cgroup/memory")
_CONTROL_GROUPS: Final = """
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
ConstrainRAMSpace=yes
"""


@dataclass
class SlurmCluster:
    """A running cluster. `conf` is its slurm.conf, which the commands find by SLURM_CONF."""

    place: Path
    node: str
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def conf(self) -> Path:
        return self.place / "slurm.conf"

    def call(self, program: str, *arguments: str) -> str:
        """Run a command of Slurm; a refusal fails the test."""
        answer = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "SLURM_CONF": str(self.conf)},
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def jobs(self, name_begin: str = "reprise-") -> dict[str, str]:
        """Ids and states of the jobs of such a name that wait or run."""
        lines = self.call("squeue", "--noheader", "--format=%i|%T|%j").splitlines()
        rows = [line.split("|") for line in lines]
        return {number: state for number, state, name in rows if name.startswith(name_begin)}

    def wait_for(self, state: str, name_begin: str = "reprise-", within_s: float = 40.0) -> str:
        """Wait until a job of such a name is in this state, and return its id."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = [number for number, seen in self.jobs(name_begin).items() if seen == state]
            return bool(found)

        assert _wait_until(is_there, within_s), self.jobs("")
        return found[0]

    def start_now(self, job: str) -> None:
        """Let a requeued job start without most of the pause that Slurm makes before it."""
        # In the very second in which the node took back the earlier start's credential it refuses that of the next,
        # and the job fails: "Job credential revoked".
        time.sleep(2)
        environment = {"PATH": os.environ["PATH"], "SLURM_CONF": str(self.conf)}

        def has_started() -> bool:
            state = self.jobs("").get(job)
            if state == "PENDING":
                # Slurm sets the pause once more when the earlier start is put away, so this is said until it helps.
                update = ["scontrol", "update", f"JobId={job}", "StartTime=now"]
                subprocess.run(update, capture_output=True, env=environment)
                time.sleep(0.5)
            return state in ("RUNNING", None)

        assert _wait_until(has_started, 40), self.call("squeue", "--states=all")

    def fail_node(self) -> None:
        """Take the node down with all that runs on it, and bring it back."""
        environment = {"PATH": os.environ["PATH"], "SLURM_CONF": str(self.conf)}
        # A job that starts anew beside what is left of itself would fail.
        steps = [pid for pid in _of_cluster(self.conf) if _command(pid).startswith(b"slurmstepd")]
        self.call("scontrol", "update", f"NodeName={self.node}", "State=DOWN", "Reason=test")
        resume = ["scontrol", "update", f"NodeName={self.node}", "State=RESUME"]

        def is_back() -> bool:
            if self.is_answering(("idle", "mix")):
                return not any(_command(pid) for pid in steps)
            subprocess.run(resume, capture_output=True, env=environment)
            return False

        assert _wait_until(is_back, 40), self.call("sinfo", "-N")

    @contextmanager
    def sick_node(self) -> Iterator[None]:
        """What the facility runs on the node before each job fails, as where a disk is broken."""
        self._write_prolog("exit 1")
        try:
            yield
        finally:
            self._write_prolog("exit 0")
            self.resume_if_drained()

    def resume_if_drained(self) -> None:
        """Do what an operator does once a drained node is well."""
        if "drain" in self.call("sinfo", "--noheader", "--format=%T"):
            with suppress(AssertionError):
                self.call("scontrol", "update", f"NodeName={self.node}", "State=RESUME")

    def _write_prolog(self, line: str) -> None:
        new = self.place / "prolog.new"
        new.write_text(f"#!/bin/sh\n{line}\n")
        new.chmod(0o755)
        new.rename(self.place / "prolog")

    def is_answering(self, states: tuple[str, ...] = ("idle",)) -> bool:
        """Whether slurmctld answers and its node is in one of the states."""
        environment = {"PATH": os.environ["PATH"], "SLURM_CONF": str(self.conf)}
        try:
            answer = subprocess.run(
                ["sinfo", "--noheader", "--format=%T"], capture_output=True, text=True, env=environment, timeout=30
            )
        except subprocess.TimeoutExpired:
            return False
        return answer.returncode == 0 and any(state in answer.stdout for state in states)

    def start_controller(self) -> None:
        """Start slurmctld, and wait until it answers and has its node."""
        self._start("slurmctld", ["slurmctld", "-D", "-f", str(self.conf)])

    def stop_controller(self) -> None:
        """Stop slurmctld; what runs on the node goes on."""
        self._stop("slurmctld")

    def kill_and_restart(self, name: str) -> None:
        """Kill slurmctld or slurmd as the system would, and start it again; what runs on the node is not its child."""
        daemon = self.daemons.pop(name)
        for pid in (daemon.pid, *descendants(daemon.pid)):
            if pid == daemon.pid or _command(pid).partition(b"\0")[0].endswith(name.encode()):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        daemon.wait()
        if name == "slurmctld":
            self.start_controller()
        else:
            self._start_node()

    def start(self) -> None:
        """Start all three."""
        self._write_prolog("exit 0")
        munge = self.place / "munge"
        key = self.place / "key"
        self._start(
            "munged",
            [
                *("munged", "--foreground", "--force", f"--key-file={key}/munge.key", f"--socket={munge}/socket"),
                *(f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed", "--num-threads=4"),
            ],
        )
        assert _wait_until((munge / "socket").exists, 10), "munged does not start"
        self.start_controller()
        self._start_node()
        if not _wait_until(self.is_answering, _START_S):
            logs = [self.place / "slurmctld.out", self.place / "slurmd.out"]
            told = " ".join(line for log in logs for line in log.read_text(errors="replace").splitlines()[-2:])
            pytest.fail(f"Slurm does not start: {told[-1500:]}", pytrace=False)

    def _start_node(self) -> None:
        self._start("slurmd", ["slurmd", "-D", "-N", self.node, "-f", str(self.conf)])

    def stop(self) -> None:
        """End the jobs, the daemons, and whatever of them is left."""
        for name in ("slurmctld", "slurmd", "munged"):
            self._stop(name)
        for pid in _of_cluster(self.conf):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for group in sorted(_MEMORY_CONTROL.glob(f"slurm_{self.node}/**/"), reverse=True):
            with suppress(OSError):
                group.rmdir()
        shutil.rmtree(self.place, ignore_errors=True)

    def _start(self, name: str, command: list[str]) -> None:
        program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
        if os.geteuid() != 0 or program is None:
            pytest.fail("tests of a real Slurm need root and Slurm; type: sudo make test", pytrace=False)
        session = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        log = self.place / f"{name}.out"
        self.daemons[name] = subprocess.Popen(
            [sys.executable, "-S", "-c", _SUPERVISOR, str(session), str(log), program, *command[1:]],
            env={"PATH": f"{os.environ['PATH']}:/usr/sbin", "SLURM_CONF": str(self.conf)},
            cwd=self.place,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _stop(self, name: str) -> None:
        daemon = self.daemons.pop(name, None)
        if daemon is None:
            return
        daemon.terminate()
        try:
            daemon.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()


@contextmanager
def slurm_cluster() -> Iterator[SlurmCluster]:
    """Give a running cluster, alone on its ports and directories; it is gone afterwards."""
    _install()
    # The paths of sockets may have 108 bytes, and munge wants all directories above its socket open to all.
    place = Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
    place.chmod(0o755)
    for name, mode in (("munge", 0o755), ("key", 0o700), ("state", 0o755), ("spool", 0o755)):
        (place / name).mkdir(mode=mode)
    key = place / "key" / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    ports = dict(zip(("controller_port", "node_port"), _free_ports(2), strict=True))
    cluster = SlurmCluster(place, f"reprise{ports['node_port']}")
    has_control = os.access(_MEMORY_CONTROL / "memory.limit_in_bytes", os.W_OK)
    text = _CONFIGURATION.format(
        host=socket.gethostname().partition(".")[0],
        node=cluster.node,
        place=place,
        task="cgroup" if has_control else "none",
        memory="" if has_control else "JobAcctGatherParams=OverMemoryKill",
        **ports,
    )
    cluster.conf.write_text(text)
    (place / "cgroup.conf").write_text(_CONTROL_GROUPS)
    _make_devices(place / "dev")
    (place / "gres.conf").write_text(f"Name=gpu File={place}/dev/nvidia[0-1]\n")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _make_devices(place: Path) -> None:
    """Make what stands for two graphics processors and their driver: devices that take everything and give nothing."""
    place.mkdir(mode=0o755)
    for name in ("nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1"):
        with suppress(PermissionError):
            os.mknod(place / name, 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def _install() -> None:
    answer = subprocess.run(["sh", str(PROJECT / "deploy" / "test-slurm.sh")], capture_output=True, text=True)
    if answer.returncode:
        pytest.fail(answer.stderr.strip() or "sh deploy/test-slurm.sh failed", pytrace=False)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _of_cluster(conf: Path) -> list[int]:
    """Processes that were started by this cluster's daemons: they inherited the path of its configuration."""
    mark = f"SLURM_CONF={conf}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
