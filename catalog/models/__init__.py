"""The facts: publications, their datasets and repositories, the targets they claim, and the evidence on record."""

from __future__ import annotations

from catalog.models.dataset import Dataset
from catalog.models.exposed import ExposedMembership, ExposedRecord, ExposedSet, ExposureCounter
from catalog.models.facility import Facility, Technique
from catalog.models.launch_site import LaunchSite
from catalog.models.look_up import LookUp
from catalog.models.publication import Publication, PublicationQuerySet, Viewer
from catalog.models.repository import AsOf, Repository
from catalog.models.search import SavedSearch, SearchDocument, SearchWord
from catalog.models.target import Evidence, Target, TargetQuerySet

__all__ = [
    "AsOf",
    "Dataset",
    "Evidence",
    "ExposedMembership",
    "ExposedRecord",
    "ExposedSet",
    "ExposureCounter",
    "Facility",
    "LaunchSite",
    "LookUp",
    "Publication",
    "PublicationQuerySet",
    "Repository",
    "SavedSearch",
    "SearchDocument",
    "SearchWord",
    "Target",
    "TargetQuerySet",
    "Technique",
    "Viewer",
]
