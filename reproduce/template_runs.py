"""Run a template on a dataset: what of it takes which file, whether the dataset can be had, and the run itself."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from builder.models import Snapshot
from builder.parameters import Parameter
from catalog.analysis_templates import templates_for
from catalog.audit import SERVICE, Actor
from catalog.data_places import is_plain_path, read_wishes
from catalog.models import AnalysisTemplate, Dataset, Target, Viewer
from reproduce.data_locations import location_of
from reproduce.derived import checked_values, parameters_of
from reproduce.errors import RunError
from reproduce.models import Run
from reproduce.queue import request_derived
from reproduce.template_slots import Slot, find_slots, put_in_place, words_of_endings

MOST_OFFERS: Final = 100
MOST_FILES_TOLD: Final = 1000
_MOST_ENTRIES: Final = 20_000
_CLOSED: Final = (Dataset.Access.EMBARGOED, Dataset.Access.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Offer:
    """A template at a dataset: where a file goes, which files there are, and what else can be set."""

    template: AnalysisTemplate
    dataset: Dataset
    slots: tuple[Slot, ...]
    parameters: tuple[Parameter, ...]
    files: tuple[str, ...]

    @property
    def target(self) -> Target:
        return self.template.target

    def get_absolute_url(self) -> str:
        return reverse("analyse", args=[self.target.pk, self.dataset.doi])

    def fitting(self, slot: Slot) -> tuple[str, ...]:
        """Return the files of the dataset that the slot takes."""
        return tuple(path for path in self.files if slot.takes(path))


def slots_of(target: Target, endings: list[str]) -> tuple[tuple[Slot, ...], tuple[Parameter, ...]]:
    """Return where another dataset goes in the target's notebook, and what else can be set in it.

    None where the notebook was not fetched yet. Raises SnapshotError where it cannot be read.
    """
    snapshot = Snapshot.objects.filter(repository=target.repository_id, state=Snapshot.State.READY).first()
    if snapshot is None or not (Path(snapshot.path) / target.notebook).is_file():
        return (), ()
    parameters = parameters_of(target)
    listed = {
        dataset.doi: [str(file.get("path", "")) for file in dataset.files]
        for dataset in target.publication.datasets.all()
    }
    slots = find_slots(
        parameters,
        read_wishes(target.data),
        listed,
        notebook=target.notebook,
        find_file=_finder(Path(snapshot.path), target),
        endings=endings,
    )
    named = {slot.name for slot in slots}
    return slots, tuple(one for one in parameters if one.name not in named)


def _finder(root: Path, target: Target) -> Callable[[str], str | None]:
    """Return what finds a file of the repository by what a notebook calls it; what the notebook writes is none."""
    folder = posixpath.dirname(target.notebook)

    def find(value: str) -> str | None:
        beside = posixpath.normpath(posixpath.join(folder, value))
        for path in (beside, value):
            if is_plain_path(path) and (root / path).is_file():
                return None if _is_written(path, target) else path
        name = posixpath.basename(value)
        paths = [path for path in _files_named(root, name) if f"/{path}".endswith(f"/{value}")]
        return paths[0] if len(paths) == 1 and not _is_written(paths[0], target) else None

    return find


def _is_written(path: str, target: Target) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in target.output_files)


def _files_named(root: Path, name: str) -> list[str]:
    found, seen = [], 0
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        seen += len(names)
        if name in names:
            found.append(Path(parent, name).relative_to(root).as_posix())
        if seen > _MOST_ENTRIES:
            return []
    return [path for path in found if is_plain_path(path)]


def offers_for(viewer: Viewer, dataset: Dataset, **narrowed: object) -> Iterator[Offer]:
    """Return the templates at a dataset that suit it, where the viewer may see its files; `narrowed` as filters are.

    Raises SnapshotError where a notebook cannot be read.
    """
    if not Dataset.objects.open_to(viewer).filter(pk=dataset.pk).exists():
        return
    paths = (str(file.get("path", "")) for file in dataset.files)
    plain = tuple(path for path in paths if is_plain_path(path))
    for template in templates_for(dataset, viewer).filter(**narrowed)[:MOST_OFFERS]:
        slots, parameters = slots_of(template.target, template.endings)
        yield Offer(template, dataset, slots, parameters, plain)


def offer_at(viewer: Viewer, doi: str, target_id: int) -> Offer:
    """Return the template of that target at the dataset with this DOI.

    Raises RunError template-refused unless the viewer may see both and it suits, and SnapshotError as offers_for.
    """
    dataset = Dataset.objects.visible_to(viewer).filter(doi=doi).first()
    offer = next(offers_for(viewer, dataset, target=target_id), None) if dataset else None
    if offer is None:
        raise RunError("template-refused", reason=f"it is no template for {doi}, or the data are not open to you")
    return offer


def check_offer(offer: Offer) -> None:
    """Refuse what cannot be run, before anything is.

    Raises RunError template-takes-nothing, template-no-file, template-network or data-not-here.
    """
    target, dataset = offer.target, offer.dataset
    if not offer.slots:
        raise RunError("template-takes-nothing", path=target.notebook)
    if not any(offer.fitting(slot) for slot in offer.slots):
        wanted = dict.fromkeys(ending for slot in offer.slots for ending in slot.endings)
        raise RunError("template-no-file", endings=words_of_endings(list(wanted)))
    if dataset.access in _CLOSED and target.allowed_hosts:
        raise RunError("template-network", target=target.label)
    if location_of(dataset, facility_id=target.publication.facility_id) is None:
        raise RunError("data-not-here", reason=f"{dataset.doi} has no location here")


def request_on_dataset(
    offer: Offer,
    *,
    files: Mapping[str, str],
    parameters: Mapping[str, object],
    requested_by: User | None,
    by: Actor = SERVICE,
) -> Run:
    """Return the active run of the template on the dataset with these files by the names of their slots.

    Raises RunError as check_offer and put_in_place do, and parameter-refused; CausedError data-place-invalid.
    """
    check_offer(offer)
    values = checked_values(offer.parameters, parameters, is_any_needed=False)
    put = put_in_place(
        offer.slots,
        files,
        wishes=read_wishes(offer.target.data),
        dataset=offer.dataset.doi,
        files=offer.files,
    )
    data = read_wishes([one.as_dict() for one in put.data], places=settings.REPRISE_DATA_PLACES)
    told = {
        "data": [one.as_dict() for one in data],
        "files": _files_told(offer.dataset, put.files),
    }
    return request_derived(
        offer.target,
        parameters={**values, **put.values},
        dataset=offer.dataset,
        put=told,
        requested_by=requested_by,
        by=by,
    )


def _files_told(dataset: Dataset, chosen: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Return the files that were chosen, as the dataset lists them; all of its files for a slot that takes it all."""
    listed = {str(file.get("path", "")): file for file in dataset.files}
    facts = ("size_bytes", "sha256", "md5", "checksum")
    return [
        {"slot": name, "path": one, **{fact: listed[one][fact] for fact in facts if listed[one].get(fact) is not None}}
        for name, path in chosen
        for one in ([path] if path else sorted(listed))
    ][:MOST_FILES_TOLD]
