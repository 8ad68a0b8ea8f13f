"""What is recorded of the machine: what may change a number, and nothing that tells which machine it was."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from reproduce.runner.machine import control_groups, filesystem_of, machine_facts


def test_processor_memory_and_system_are_recorded(tmp_path):
    facts = machine_facts(tmp_path)
    assert facts["processors"] == os.cpu_count()
    assert 1 <= facts["usable_processors"] <= facts["processors"]
    assert facts["memory_bytes"] > 1 << 28
    assert facts["kernel"] == platform.release()
    assert facts["libc"] is None or facts["libc"].startswith("glibc ")
    assert facts["clock_source"]


def test_only_instructions_that_matter_to_numbers_are_recorded(tmp_path):
    instructions = machine_facts(tmp_path)["instructions"]
    assert instructions == sorted(instructions)
    assert not {"fpu", "hypervisor", "aes"} & set(instructions)


def test_neither_name_nor_serial_number_of_the_machine_is_recorded(tmp_path):
    said = json.dumps(machine_facts(tmp_path))
    for path in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id"):
        if Path(path).exists():
            assert Path(path).read_text().strip() not in said or not Path(path).read_text().strip()
    assert set(machine_facts(tmp_path)).isdisjoint({"host", "hostname", "node", "serial"})
    assert len(platform.node()) < 4 or f'"{platform.node()}"' not in said


def test_the_file_system_is_that_of_the_nearest_mount():
    assert filesystem_of(Path("/proc/self")) == "proc"
    assert filesystem_of(Path("/dev/shm")) == "tmpfs"


def test_each_way_of_mounting_control_groups_is_told(tmp_path):
    assert control_groups(tmp_path) == "none"
    (tmp_path / "memory").mkdir()
    assert control_groups(tmp_path) == "v1"
    (tmp_path / "unified").mkdir()
    assert control_groups(tmp_path) == "hybrid"
    (tmp_path / "cgroup.controllers").touch()
    assert control_groups(tmp_path) == "v2"
