"""Slurm, by its commands: sbatch, squeue, sacct, scontrol, scancel. Argument lists, strict reading, timeouts."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reproduce.errors import RunError
from reproduce.executors.scheduler import JobState, Phase, Request, SchedulerUnreachableError

_TIMEOUT_S: Final = 20.0
_PHASES: Final[dict[str, Phase]] = {
    **dict.fromkeys(("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"), "pending"),
    **dict.fromkeys(("RESV_DEL_HOLD",), "pending"),
    **dict.fromkeys(("RUNNING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING", "STAGE_OUT"), "running"),
    "COMPLETING": "ending",
    "COMPLETED": "completed",
    "FAILED": "failed",
    **dict.fromkeys(("CANCELLED", "REVOKED"), "cancelled"),
    "PREEMPTED": "preempted",
    **dict.fromkeys(("NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL"), "node-failed"),
    **dict.fromkeys(("TIMEOUT", "DEADLINE"), "timed-out"),
    "OUT_OF_MEMORY": "out-of-memory",
}
_HOPELESS: Final = frozenset(
    {
        *("BadConstraints", "InvalidAccount", "InvalidQOS", "PartitionTimeLimit", "PartitionNodeLimit"),
        *("AccountNotAllowed", "QOSNotAllowed", "PartitionConfig"),
    }
)
# After a start that failed on the node Slurm puts the job back and holds it, until an operator lets it go.
_START_FAILED: Final = "launch failed requeued held"
_FORMAT: Final = "JobID:|,Name:|,State:|,Reason:|,NodeList:|,Comment:|"
_ROW: Final = re.compile(
    r"(?P<id>[0-9]{1,12})\|(?P<name>[^|]{0,200})\|(?P<state>[A-Z_]{1,40})\|(?P<reason>[^|]{0,500})\|"
    r"(?P<node>[^|]{0,500})\|(?P<comment>[^|]{0,200})\|"
)
_ACCOUNTED: Final = re.compile(
    r"(?P<id>[0-9]{1,12})\|(?P<name>[^|]{0,200})\|(?P<state>[A-Z_]{1,40})(?: by [0-9]+)?\|(?P<node>[^|]{0,500})"
)
_SUBMITTED: Final = re.compile(r"(?P<id>[0-9]{1,12})(?:;[A-Za-z0-9_.\-]{1,64})?\n?")
_UNREACHABLE: Final = re.compile(
    r"Unable to contact slurm|[Tt]imed out|[Cc]onnection refused|connect failure|authentication error|[Mm]unge|"
    r"Zero Bytes were transmitted|temporarily|standby mode|Transport endpoint|Resource busy|Communication"
)
_UNKNOWN: Final = re.compile(r"Invalid job id|invalid job id|already completing or completed")
_FACTS: Final = (
    *("JobState", "Reason", "Requeue", "Restarts", "ExitCode", "DerivedExitCode", "RunTime", "TimeLimit"),
    *("SubmitTime", "EligibleTime", "StartTime", "EndTime", "Partition", "Account", "QOS", "NodeList", "NumCPUs"),
    *("TRES", "Features", "PreemptTime"),
)
_FACT: Final = re.compile(r"(?:^|\s)(?P<name>[A-Za-z]{2,30})=(?P<value>[\x21-\x7e]{0,300})(?=\s|$)")
_PRINTABLE: Final = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Slurm:
    """Slurm as this machine's commands reach it. `conf` is its slurm.conf, empty for the system's own."""

    conf: str = ""

    title = "Slurm"
    memory_words = re.compile(r"exceeded (?:job )?memory limit|oom-kill event", re.IGNORECASE)

    def submit(self, script: Path, request: Request) -> str:
        """Submit the script, with none of this process's variables."""
        asked = request.resources
        options = [
            *(f"--job-name={request.name}", f"--comment={request.comment}", "--export=LANG=C.UTF-8"),
            *(f"--output={request.log}", "--open-mode=append", "--input=/dev/null", f"--chdir={script.parent}"),
            *("--nodes=1", "--ntasks=1", f"--cpus-per-task={request.processors}", "--requeue"),
            *(f"--mem={-(-request.memory_bytes // 2**20)}M", f"--time={-(-request.time_s // 60)}"),
        ]
        for name in ("partition", "account", "qos", "constraint"):
            if value := getattr(asked, name):
                options.append(f"--{name}={value}")
        if asked.gpus:
            options.append(f"--gres=gpu:{asked.gpus}")
        status, out, err = self._call("sbatch", "--parsable", *options, str(script))
        if status == 0 and (found := _SUBMITTED.fullmatch(out)):
            return found["id"]
        if status == 0:
            raise SchedulerUnreachableError(f"sbatch answered {_plain(out)}")
        raise RunError("scheduler-refused", scheduler=self.title, reason=_sentence(err))

    def state(self, job: str, name: str) -> JobState | None:
        """Ask squeue, and for a job that it has forgotten the accounting."""
        _check_id(job)
        status, out, err = self._call("squeue", "--noheader", "--states=all", f"--jobs={job}", f"--Format={_FORMAT}")
        if status == 0:
            rows = [_matched(_ROW, line) for line in out.splitlines() if line.strip()]
            mine = [row for row in rows if row["id"] == job and row["name"] == name]
            if mine:
                return _state(mine[0])
        elif not _UNKNOWN.search(err):
            raise SchedulerUnreachableError(_sentence(err))
        return self._accounted(job, name)

    def facts(self, job: str) -> Mapping[str, str]:
        """Read `scontrol show job`, and with sacct how much memory the job took."""
        _check_id(job)
        status, out, _ = self._call("scontrol", "--oneliner", "show", "job", job)
        found = {match["name"]: match["value"] for match in _FACT.finditer(out)} if status == 0 else {}
        facts = {name: found[name] for name in _FACTS if name in found}
        status, out, _ = self._call("sacct", "--noheader", "--parsable2", f"--jobs={job}.batch", "--format=MaxRSS")
        if status == 0 and re.fullmatch(r"[0-9.]{1,20}[KMGT]?", out.strip()):
            facts["MaxRSS"] = out.strip()
        return facts

    def find(self, name_begin: str) -> Mapping[str, tuple[str, str]]:
        """Look in the queue for jobs of this user."""
        status, out, err = self._call("squeue", "--noheader", "--me", f"--Format={_FORMAT}")
        if status != 0:
            raise SchedulerUnreachableError(_sentence(err))
        rows = [_matched(_ROW, line) for line in out.splitlines() if f"|{name_begin}" in line]
        return {row["id"]: (row["name"], row["comment"]) for row in rows if row["name"].startswith(name_begin)}

    def cancel(self, job: str, *, is_urgent: bool = False) -> None:
        """Call scancel; SIGKILL for everything of the job where it is urgent."""
        _check_id(job)
        urgent = ["--signal=KILL", "--full"] if is_urgent else []
        status, _, err = self._call("scancel", *urgent, job)
        if status != 0 and not _UNKNOWN.search(err):
            raise SchedulerUnreachableError(_sentence(err))

    def _accounted(self, job: str, name: str) -> JobState | None:
        """Ask the accounting: its database where there is one, else the log of completed jobs."""
        for options in ((), ("--completion",)):
            status, out, _ = self._call(
                *("sacct", *options, "--noheader", "--parsable2", f"--jobs={job}"),
                "--format=JobID,JobName,State,NodeList" if options else "--format=JobID,JobName%200,State,NodeList",
            )
            rows = [_ACCOUNTED.fullmatch(line) for line in out.splitlines()] if status == 0 else []
            mine = [row for row in rows if row and row["id"] == job and row["name"] == name]
            if mine:
                return _state({**mine[-1].groupdict(), "reason": ""})
        return None

    def _call(self, program: str, *arguments: str) -> tuple[int, str, str]:
        """Run one command. Its environment holds nothing of this process but the path."""
        variables = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        if self.conf:
            variables["SLURM_CONF"] = self.conf
        try:
            answer = subprocess.run(
                [program, *arguments],
                env=variables,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SchedulerUnreachableError(f"{program} did not answer within {_TIMEOUT_S:g} s") from error
        except OSError as error:
            raise RunError("scheduler-missing", scheduler=self.title, program=program) from error
        out, err = (stream.decode("utf-8", "replace") for stream in (answer.stdout, answer.stderr))
        if answer.returncode != 0 and _UNREACHABLE.search(err) and not _UNKNOWN.search(err):
            raise SchedulerUnreachableError(_sentence(err))
        return answer.returncode, out, err


def _state(row: Mapping[str, str]) -> JobState:
    phase = _PHASES.get(row["state"])
    if phase is None:
        raise SchedulerUnreachableError(f"“{row['state']}” is no state of a job")
    reason = "" if row["reason"] in ("None", "(null)") else _plain(row["reason"])
    found = JobState(phase, reason, "" if row["node"] in ("", "(null)", "None assigned") else _plain(row["node"]))
    if phase == "failed" and reason == "JobLaunchFailure":
        return replace(found, phase="node-failed")
    if phase == "pending" and reason == _START_FAILED:
        return replace(found, phase="node-failed", is_left=True)
    return replace(found, is_hopeless=phase == "pending" and reason in _HOPELESS)


def _matched(pattern: re.Pattern[str], line: str) -> dict[str, str]:
    match = pattern.fullmatch(line.strip())
    if match is None:
        raise SchedulerUnreachableError(f"squeue answered {_plain(line)}")
    return match.groupdict()


def _check_id(job: str) -> None:
    if not re.fullmatch(r"[0-9]{1,12}", job):
        raise ValueError(f"{job!r} is not the id of a job")


def _sentence(text: str) -> str:
    """The last line of an error, without the program's name before it."""
    lines = [line for line in text.splitlines() if line.strip()]
    return re.sub(r"^\w+: (?:error: )?", "", _plain(lines[-1])) if lines else "it says nothing"


def _plain(text: str) -> str:
    return _PRINTABLE.sub("·", text.strip())[:300]
