"""Where the notebook of a target can be opened and worked with, for its page and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse

from builder.environment_facts import downloads
from builder.models import Environment, Snapshot
from builder.prepare import GIVEN
from catalog.launching import Place, launch_url, local_commands
from catalog.models import LaunchSite, Target

_LOCK: Final = "requirements.txt"


@dataclass(frozen=True, slots=True)
class Launch:
    """A site and the address that opens the notebook there."""

    name: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Opening:
    """All ways to open a target's notebook: none where its repository cannot be had by https."""

    launches: tuple[Launch, ...] = ()
    commands: tuple[str, ...] = ()


def opening_of(target: Target, *, snapshot: Snapshot | None, environment: Environment | None) -> Opening:
    """Return where `target` can be opened, at the commit of `snapshot`, with the packages of `environment`."""
    repository = target.repository
    if not repository.url.startswith("https://"):
        return Opening()
    place = Place(
        repository=repository.url,
        commit=snapshot.commit if snapshot else "",
        notebook=target.notebook,
        ref=repository.ref,
        doi=target.publication.doi,
        dataset=_dataset_of(target),
    )
    sites = LaunchSite.objects.offered_for(target.publication)
    found = [(site, launch_url(site.template, place)) for site in sites]
    return Opening(
        launches=tuple(Launch(site.name, url, site.note) for site, url in found if url),
        commands=local_commands(place, python=_python_of(environment), lock_url=_lock_url(environment)),
    )


def _dataset_of(target: Target) -> str:
    named = [str(wish.get("dataset", "")) for wish in target.data]
    first = target.publication.datasets.values_list("doi", flat=True).first()
    return next(iter(named), first or "")


def _python_of(environment: Environment | None) -> str:
    return environment.python if environment else ""


def _lock_url(environment: Environment | None) -> str:
    # What a given environment holds is a list, of which nothing can be installed.
    if environment is None or environment.engine == GIVEN:
        return ""
    if _LOCK not in {file.name for file in downloads(environment)}:
        return ""
    path: str = reverse("environment-file", args=[environment.key, _LOCK])
    return f"{settings.REPRISE_URL}{path}?of={environment.pk}"
