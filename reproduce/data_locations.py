"""From what an author says of data to what a run is shown: the operator's locations, within the operator's roots."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from catalog.data_places import is_below, is_plain_path, read_wishes
from catalog.identifiers import parse_doi
from catalog.models import Dataset, Target
from reproduce.errors import RunError
from reproduce.models import DataLocation, Run
from reproduce.runner.job import DataFile, DataMount

ANY: Final = "*"
_BEGINNING: Final = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]{1,9})*/[^\s*]*\*")
_DIGESTS: Final = {"sha256": re.compile(r"[0-9a-f]{64}"), "md5": re.compile(r"[0-9a-f]{32}")}


def data_memory() -> Path:
    """Return the directory in which checks of data are remembered."""
    return Path(settings.REPRISE_DATA) / "data-checks"


def mounts_of(target: Target, run: Run | None = None) -> tuple[DataMount, ...]:
    """Return what a run of the target is shown, by the catalogue and the locations as they are now.

    With a `run` on another dataset that is shown, as it was put in place. Raises RunError dataset-not-linked or
    data-not-here, and CausedError data-place-invalid.
    """
    other = run.dataset if run else None
    wishes = read_wishes(run.put["data"] if run and other else target.data, places=settings.REPRISE_DATA_PLACES)
    if not wishes:
        return ()
    linked = {dataset.doi: dataset for dataset in target.publication.datasets.all()}
    if other:
        linked[other.doi] = other
    mounts = []
    for wish in wishes:
        dataset = linked.get(wish.dataset)
        if dataset is None:
            raise RunError("dataset-not-linked", dataset=wish.dataset)
        place = locate(dataset, facility_id=target.publication.facility_id)
        # What stands in for a directory is looked for in one.
        is_file_in = dataset == other and not wish.part and place.is_file() and not wish.at.startswith("$")
        at = f"{wish.at}/{place.name}" if is_file_in else wish.at
        mounts.append(mount_of(dataset.doi, place, at, dataset.files, part=wish.part))
    return tuple(mounts)


def locate(dataset: Dataset, *, facility_id: int | None) -> Path:
    """Return where a dataset lies on this machine, every link resolved. Raises RunError data-not-here."""
    best = location_of(dataset, facility_id=facility_id)
    if best is None:
        raise RunError("data-not-here", reason=f"{dataset.doi} has no location here")
    path = best.path
    if best.dataset.endswith(ANY):
        rest = dataset.doi.removeprefix(best.dataset.removesuffix(ANY))
        path = path.replace(ANY, rest) if ANY in path else f"{path}/{rest}"
    return allowed_path(path, dataset.doi, roots=settings.REPRISE_DATA_ROOTS)


def location_of(dataset: Dataset, *, facility_id: int | None) -> DataLocation | None:
    """Return what the operator says of a dataset, None for nothing.

    A location of the dataset itself goes before one of several, and one of the facility before a general one. One of
    several serves open datasets alone.
    """
    own = Q(facility__isnull=True) | Q(facility_id=facility_id)
    found = DataLocation.objects.filter(own).filter(Q(dataset=dataset.doi) | Q(dataset__endswith=ANY))
    fitting = [one for one in found if one.dataset == dataset.doi or _is_meant(one.dataset, dataset)]
    return max(fitting, key=_rank, default=None)


def _rank(one: DataLocation) -> tuple[bool, int, bool]:
    return (not one.dataset.endswith(ANY), len(one.dataset), one.facility_id is not None)


def _is_meant(pattern: str, dataset: Dataset) -> bool:
    rest = dataset.doi.removeprefix(beginning := pattern.removesuffix(ANY))
    return dataset.access == Dataset.Access.OPEN and dataset.doi.startswith(beginning) and is_plain_path(rest)


def allowed_path(path: str, name: str, *, roots: Sequence[str]) -> Path:
    """Return the real path, if it lies below one of the roots and apart from what this service keeps.

    Raises RunError data-not-here, which never tells a path.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
    except (OSError, ValueError):
        raise RunError("data-not-here", reason=f"{name} is not where the operator says it lies") from None
    if not any(is_below(str(real), (str(Path(root).resolve()),)) for root in roots):
        raise RunError("data-not-here", reason=f"{name} lies outside of the directories that runs may be shown")
    own = Path(settings.REPRISE_DATA).resolve()
    if is_below(str(real), (str(own),)) or is_below(str(own), (str(real),)):
        raise RunError("data-not-here", reason=f"{name} lies where this service keeps its own files")
    return real


def mount_of(name: str, place: Path, at: str, files: Iterable[Mapping[str, Any]], *, part: str = "") -> DataMount:
    """Return the mount of a dataset, or of a part of it, with those of its files that lie there.

    Raises RunError data-not-here.
    """
    listed = [listed_file(file, name) for file in files]
    if place.is_file():
        if part and len(listed) > 1 and place.name != part.rpartition("/")[2]:
            raise RunError("data-not-here", reason=f"{name} has no {part} here")
        return DataMount(name, str(place), at, _of_one_file(listed, place.name))
    if part:
        below = Path(os.path.realpath(place / part))
        if not below.exists() or not below.is_relative_to(place):
            raise RunError("data-not-here", reason=f"{name} has no {part} here")
        listed = [file for file in listed if is_below(file.path, (part,))]
        cut = len(part) + 1
        listed = [DataFile(file.path[cut:], file.size_bytes, file.sha256, file.md5) for file in listed]
        place = below
    return DataMount(name, str(place), at, tuple(listed))


def _of_one_file(listed: list[DataFile], name: str) -> tuple[DataFile, ...]:
    fitting = listed if len(listed) == 1 else [file for file in listed if file.path.rpartition("/")[2] == name]
    return tuple(DataFile("", file.size_bytes, file.sha256, file.md5) for file in fitting[:1])


def listed_file(entry: Mapping[str, Any], name: str) -> DataFile:
    """Read an entry of a dataset's list: digests also as `checksum`, "md5:…", which many repositories give.

    Raises RunError data-not-here.
    """
    path, size = entry.get("path"), entry.get("size_bytes")
    digests = {kind: str(entry.get(kind) or "").lower() for kind in _DIGESTS}
    kind, _, digest = str(entry.get("checksum") or "").lower().partition(":")
    if kind in digests and not digests[kind]:
        digests[kind] = digest
    is_good = isinstance(path, str) and is_plain_path(path) and (size is None or (isinstance(size, int) and size >= 0))
    if not is_good or any(digest and not _DIGESTS[kind].fullmatch(digest) for kind, digest in digests.items()):
        raise RunError("data-not-here", reason=f"the list of the files of {name} cannot be read")
    return DataFile(str(path), size, **digests)


def check_location(dataset: str, path: str, *, roots: Sequence[str]) -> str:
    """Return the normal form of a location's dataset, once it and its path can be meant.

    Raises RunError data-not-here for a path, CausedError doi-malformed for a dataset that is no DOI.
    """
    text = dataset.strip()
    is_several = text.endswith(ANY)
    doi = text.lower() if is_several and _BEGINNING.fullmatch(text.lower()) else parse_doi(text)
    beginning = path.partition(ANY)[0] if is_several else path
    # Of several only the directory in which they lie can be looked at.
    folder = beginning if not is_several or beginning.endswith("/") or ANY not in path else beginning.rpartition("/")[0]
    if not path.startswith("/"):
        raise RunError("data-not-here", reason="the path of a location begins with /")
    allowed_path(folder or "/", doi, roots=roots)
    return doi
