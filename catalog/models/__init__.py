"""The facts: publications with their data, techniques and repositories, the targets they claim, their evidence, and who
may see and change them.
"""

from __future__ import annotations

from catalog.models.api_tokens import ApiToken
from catalog.models.audit import AuditEntry, AuditQuerySet
from catalog.models.dataset import Dataset, DatasetQuerySet
from catalog.models.deposit import Deposit
from catalog.models.exposed import ExposedMembership, ExposedRecord, ExposedSet, ExposedXml, ExposureCounter
from catalog.models.facility import Facility, Instrument
from catalog.models.granted import ProviderGrant
from catalog.models.groups import ExperimentGroup, ExperimentGroupQuerySet, GroupMembership
from catalog.models.launch_site import LaunchSite
from catalog.models.look_up import LookUp
from catalog.models.minted import MintedDoi
from catalog.models.precision import Precision
from catalog.models.publication import Publication, PublicationQuerySet, Viewer
from catalog.models.record_reason import RecordReason, UntoldPublication
from catalog.models.repository import AsOf, Repository
from catalog.models.review import ReviewLink
from catalog.models.search import SavedSearch, SearchDocument, SearchWord
from catalog.models.target import Evidence, Target, TargetQuerySet
from catalog.models.technique import Technique, TechniqueAncestor, TechniqueQuerySet
from catalog.models.template import AnalysisTemplate, AnalysisTemplateQuerySet

__all__ = [
    "AnalysisTemplate",
    "AnalysisTemplateQuerySet",
    "ApiToken",
    "AsOf",
    "AuditEntry",
    "AuditQuerySet",
    "Dataset",
    "DatasetQuerySet",
    "Deposit",
    "Evidence",
    "ExperimentGroup",
    "ExperimentGroupQuerySet",
    "ExposedMembership",
    "ExposedRecord",
    "ExposedSet",
    "ExposedXml",
    "ExposureCounter",
    "Facility",
    "GroupMembership",
    "Instrument",
    "LaunchSite",
    "LookUp",
    "MintedDoi",
    "Precision",
    "ProviderGrant",
    "Publication",
    "PublicationQuerySet",
    "RecordReason",
    "Repository",
    "ReviewLink",
    "SavedSearch",
    "SearchDocument",
    "SearchWord",
    "Target",
    "TargetQuerySet",
    "Technique",
    "TechniqueAncestor",
    "TechniqueQuerySet",
    "UntoldPublication",
    "Viewer",
]
