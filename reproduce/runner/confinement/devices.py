"""The graphics processors that a job was given: which devices a sandbox shows for them, and what is known of them.

Only what the batch system gave this very job is shown, by the variables that it sets; and only where the job asks.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

DEVICES: Final = Path("/dev")
DRIVER: Final = Path("/proc/driver/nvidia")
SYSTEM: Final = Path("/sys")
# By these a batch system says which devices a job has; the first that names any counts.
GIVEN_BY: Final = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
_VISIBLE: Final = {"nvidia": "CUDA_VISIBLE_DEVICES", "amd": "ROCR_VISIBLE_DEVICES"}
_SHARED: Final = {"nvidia": ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"), "amd": ("kfd",)}
_UUID: Final = re.compile(r"GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_INFORMATION: Final = re.compile(r"^(?P<name>Model|GPU UUID|Device Minor):\s*(?P<value>\S.*?)\s*$", re.MULTILINE)
_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?")

Maker = Literal["", "nvidia", "amd"]


@dataclass(frozen=True, slots=True)
class Devices:
    """What a job has of graphics processors. `nodes` are (path here, path inside), those for the driver first.

    `names` are the processors themselves, as numbers or, where the batch system says so, as UUIDs. `groups` are the
    groups that may use them. `visible` is what the batch system said, in the words of the driver's libraries.
    """

    asked: int = 0
    maker: Maker = ""
    nodes: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    visible: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)

    def variables_where_others_are_hidden(self) -> dict[str, str]:
        """Return what a kernel is told that sees these alone: they are counted from zero there."""
        if not self.maker or not self.names:
            return {}
        is_named = all(map(_UUID.fullmatch, self.names))
        counted = self.names if is_named else tuple(map(str, range(len(self.names))))
        return {_VISIBLE[self.maker]: ",".join(counted)}

    def variables_where_all_are_seen(self) -> dict[str, str]:
        """Return what a kernel is told that sees the others too, as far as the batch system lets it."""
        return {_VISIBLE[self.maker]: self.visible or ",".join(self.names)} if self.maker and self.names else {}

    def facts(self) -> dict[str, Any]:
        """Return what a result says of them; nothing where none was asked for."""
        if not self.asked:
            return {}
        return {"gpus_asked": self.asked, "gpus": [inside for _, inside in self.nodes], **self.about}


def find_devices(asked: int, variables: Mapping[str, str] | None = None) -> Devices:
    """Return the devices of a job that asks for so many; none where this machine has none, or none was asked for.

    `variables` are this process's own unless given.
    """
    if asked < 1:
        return Devices()
    told = os.environ if variables is None else variables
    if _is_device(DEVICES / "nvidiactl"):
        return _of_nvidia(asked, told)
    if _is_device(DEVICES / "kfd"):
        return _of_amd(asked, told)
    return Devices(asked)


def sysfs_of(devices: Devices) -> tuple[str, ...]:
    """Return what AMD's libraries read below /sys to find the processors: nothing for others."""
    if devices.maker != "amd":
        return ()
    own = [os.path.realpath(SYSTEM / "class/drm" / Path(here).name / "device") for here, _ in devices.nodes[1:]]
    wanted = ("class/kfd", "devices/virtual/kfd", "class/drm", "dev/char")
    return tuple(path for path in (*(str(SYSTEM / name) for name in wanted), *own) if Path(path).is_dir())


def _of_nvidia(asked: int, told: Mapping[str, str]) -> Devices:
    information = _information()
    here = _numbered(DEVICES, "nvidia")
    by_uuid = {uuid: minor for minor, (_, uuid) in information.items()}
    names = _names(asked, told, {**{str(minor): minor for minor in here}, **by_uuid}, here)
    minors = [by_uuid.get(name, -1) if _UUID.fullmatch(name) else int(name) for name in names]
    nodes = [_pair(name) for name in _SHARED["nvidia"] if _is_device(DEVICES / name)]
    nodes += [_pair(f"nvidia{minor}") for minor in minors]
    about: dict[str, Any] = {"gpu_models": [information[minor][0] for minor in minors if minor in information]}
    with suppress(OSError):
        found = _VERSION.search((DRIVER / "version").read_text(encoding="utf-8", errors="replace").split("\n")[0])
        about["gpu_driver"] = found[0] if found else None
    if not names:
        return Devices(asked)
    visible = _listed(told.get(_VISIBLE["nvidia"], ""))
    return Devices(asked, "nvidia", tuple(nodes), names, (), ",".join(visible), about)


def _of_amd(asked: int, told: Mapping[str, str]) -> Devices:
    numbers = _numbered(DEVICES / "dri", "renderD")
    # Named by the number of the node, or counted among the nodes.
    known = {**{str(count): number for count, number in enumerate(numbers)}, **{str(each): each for each in numbers}}
    names = _names(asked, told, known, list(range(len(numbers))))
    if not names:
        return Devices(asked)
    nodes = [_pair("kfd"), *(_pair(f"dri/renderD{known[name]}") for name in names)]
    groups = sorted({Path(here).stat().st_gid for here, _ in nodes} - {0})
    visible = _listed(told.get(_VISIBLE["amd"], ""))
    return Devices(asked, "amd", tuple(nodes), names, tuple(groups), ",".join(visible))


def _names(asked: int, told: Mapping[str, str], known: Mapping[str, int], here: list[int]) -> tuple[str, ...]:
    """Return the processors that the job has: as the batch system names them, else the first of this machine."""
    for variable in GIVEN_BY:
        listed = _listed(told.get(variable, ""))
        if listed:
            return tuple(name for name in listed if name in known)
    return tuple(map(str, here[:asked]))


def _listed(text: str) -> list[str]:
    """Return the names of a list such as "0,2" or "GPU-…"; what is none of these is left out."""
    parts = [part.strip() for part in text.split(",")]
    return [part for part in parts if _NUMBER.fullmatch(part) or _UUID.fullmatch(part)]


def _numbered(folder: Path, beginning: str) -> list[int]:
    found = []
    with suppress(OSError):
        for path in folder.iterdir():
            number = path.name.removeprefix(beginning)
            if path.name.startswith(beginning) and _NUMBER.fullmatch(number) and _is_device(path):
                found.append(int(number))
    return sorted(found)


def _information() -> dict[int, tuple[str, str]]:
    """Return model and UUID of each processor by the number of its device, as NVIDIA's driver tells."""
    found = {}
    for path in sorted((DRIVER / "gpus").glob("*/information")):
        with suppress(OSError, ValueError, KeyError):
            text = path.read_text(encoding="utf-8", errors="replace")
            facts = {match["name"]: match["value"] for match in _INFORMATION.finditer(text)}
            found[int(facts["Device Minor"])] = facts["Model"], facts.get("GPU UUID", "")
    return found


def _pair(name: str) -> tuple[str, str]:
    return str(DEVICES / name), f"/dev/{name}"


def _is_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(path.stat().st_mode)
    except OSError:
        return False
