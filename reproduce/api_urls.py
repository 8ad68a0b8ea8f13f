"""Addresses of the API, version 1. They are mounted at /api/v1/."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from catalog.api_audit import AuditViewSet
from catalog.api_facilities import FacilityViewSet
from catalog.api_groups import GroupViewSet
from catalog.api_techniques import TechniqueViewSet
from reproduce.api import NothingView
from reproduce.api_certificates import (
    CertificateViewSet,
    ConsistencyView,
    EntriesView,
    HeadView,
    InclusionView,
)
from reproduce.api_environments import BuildViewSet, EnvironmentViewSet
from reproduce.api_publications import PublicationViewSet
from reproduce.api_repositories import RepositoryViewSet, SnapshotViewSet
from reproduce.api_review_links import ReviewLinkViewSet
from reproduce.api_runs import RunViewSet
from reproduce.api_targets import TargetViewSet
from reproduce.api_templates import DatasetTemplatesViewSet
from reproduce.api_token import TokenView, TokenViewSet
from reproduce.api_watches import WatchViewSet

router = SimpleRouter()
router.register("publications", PublicationViewSet, basename="api-publication")
router.register("publications/(?P<publication>[0-9]{1,18})/review-links", ReviewLinkViewSet, basename="api-review-link")
router.register("repositories", RepositoryViewSet, basename="api-repository")
router.register("snapshots", SnapshotViewSet, basename="api-snapshot")
router.register("targets", TargetViewSet, basename="api-target")
router.register("runs", RunViewSet, basename="api-run")
router.register("environments", EnvironmentViewSet, basename="api-environment")
router.register("builds", BuildViewSet, basename="api-build")
router.register("certificates", CertificateViewSet, basename="api-certificate")
router.register("watches", WatchViewSet, basename="api-watch")
router.register("facilities", FacilityViewSet, basename="api-facility")
router.register("techniques", TechniqueViewSet, basename="api-technique")
router.register("datasets", DatasetTemplatesViewSet, basename="api-dataset")
router.register("groups", GroupViewSet, basename="api-group")
router.register("tokens", TokenViewSet, basename="api-token")
router.register("audit", AuditViewSet, basename="api-audit")

urlpatterns = [
    path("token/", TokenView.as_view(), name="api-token"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("log/head/", HeadView.as_view(), name="api-log-head"),
    path("log/inclusion/", InclusionView.as_view(), name="api-log-inclusion"),
    path("log/consistency/", ConsistencyView.as_view(), name="api-log-consistency"),
    path("log/entries/", EntriesView.as_view(), name="api-log-entries"),
    path("", include(router.urls)),
    # An address that would redirect for want of its slash still does.
    re_path(r"^[\s\S]*/\Z", NothingView.as_view(), name="api-nothing"),
]
