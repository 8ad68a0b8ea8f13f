"""What the operator does with data: say where they lie, record what they are, and verify them ahead of runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from catalog.causes import CausedError
from catalog.data_places import is_plain_path
from catalog.identifiers import parse_doi
from catalog.models import Dataset, Facility
from reproduce.data_locations import check_location, data_memory, locate, location_of, mount_of
from reproduce.errors import RunError
from reproduce.models import DataLocation
from reproduce.runner.data_check import DataProblemError, check_data

# The form of sha256sum and md5sum: digest, a space, a space or asterisk, the path.
_CHECKSUM: Final = re.compile(r"([0-9a-fA-F]{32}|[0-9a-fA-F]{64}) [ *](?:\./)?(.+)")


def add_location(dataset: str, path: str, *, facility: str | None) -> DataLocation:
    """Say where a dataset lies; what was said before of the same one is replaced.

    Raises RunError data-not-here, and CausedError doi-malformed.
    """
    doi = check_location(dataset, path, roots=settings.REPRISE_DATA_ROOTS)
    location, _ = DataLocation.objects.update_or_create(
        dataset=doi, facility=_facility(facility), defaults={"path": path, "verified_at": None}
    )
    return location


def remove_location(dataset: str, *, facility: str | None) -> bool:
    """Take back where a dataset lies; return whether anything was said."""
    found = DataLocation.objects.filter(dataset=dataset.strip().lower(), facility=_facility(facility))
    return bool(found.delete()[0])


def list_locations() -> list[dict[str, Any]]:
    """Return all that is said."""
    return [
        {
            "dataset": one.dataset,
            "path": one.path,
            "facility": one.facility.slug if one.facility else None,
            "verified_at": one.verified_at.isoformat() if one.verified_at else None,
        }
        for one in DataLocation.objects.select_related("facility")
    ]


def read_files(doi: str, *, checksums: Path | None) -> tuple[int, int]:
    """Put the files of a dataset on record, by a list of checksums or by reading all; return their number and size.

    Raises RunError data-not-here, also for a list that names what is not there.
    """
    dataset = _dataset(doi)
    place = locate(dataset, facility_id=_any_facility(dataset))
    digests = _read_checksums(checksums, dataset.doi) if checksums else None
    names = sorted(digests) if digests is not None else _names_below(place)
    rows: list[dict[str, Any]] = []
    for name in names:
        path = place if place.is_file() else place / name
        if not path.is_file() or not path.resolve().is_relative_to(place) or not is_plain_path(name):
            raise RunError("data-not-here", reason=f"{name} of {dataset.doi} is no file that runs could be shown")
        digest = digests[name] if digests is not None else _digest(path)
        rows.append({"path": name, "size_bytes": path.stat().st_size, _kind(digest): digest})
    Dataset.objects.filter(pk=dataset.pk).update(files=rows)
    return len(rows), sum(row["size_bytes"] for row in rows)


def verify(
    doi: str | None, *, on_progress: Callable[[str, int, int], None]
) -> Iterator[tuple[str, dict[str, Any] | DataProblemError | CausedError]]:
    """Check datasets as a run would, so that runs need not; yield each with what was found, or what is wrong."""
    datasets = [_dataset(doi)] if doi else list(Dataset.objects.order_by("doi"))
    for dataset in datasets:
        facility_id = _any_facility(dataset)
        location = location_of(dataset, facility_id=facility_id)
        if location is None and not doi:
            continue
        try:
            mount = mount_of(dataset.doi, locate(dataset, facility_id=facility_id), "data", dataset.files)
            (found,) = check_data((mount,), data_memory(), on_progress=on_progress, should_stop=lambda: False)
        except (RunError, DataProblemError) as error:
            yield dataset.doi, error
            continue
        if location is not None and location.dataset == dataset.doi:
            DataLocation.objects.filter(pk=location.pk).update(verified_at=timezone.now())
        yield dataset.doi, found.as_dict()


def _dataset(doi: str) -> Dataset:
    normal = parse_doi(doi)
    dataset = Dataset.objects.filter(doi=normal).first()
    if dataset is None:
        raise RunError("dataset-not-linked", dataset=normal)
    return dataset


def _any_facility(dataset: Dataset) -> int | None:
    return dataset.publications.exclude(facility=None).values_list("facility_id", flat=True).first()


def _facility(slug: str | None) -> Facility | None:
    if slug is None:
        return None
    facility = Facility.objects.filter(slug=slug).first()
    if facility is None:
        raise RunError("data-not-here", reason=f"there is no facility {slug}")
    return facility


def _read_checksums(path: Path, name: str) -> dict[str, str]:
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = _CHECKSUM.fullmatch(line.strip())
        if row is None:
            raise RunError(
                "data-not-here", reason=f"“{line[:100]}” in the list of {name} is no line of sha256sum or md5sum"
            )
        found[row[2]] = row[1].lower()
    return found


def _names_below(place: Path) -> list[str]:
    if place.is_file():
        return [place.name]
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kind(digest: str) -> str:
    return "md5" if len(digest) == 32 else "sha256"
