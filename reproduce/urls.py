"""Addresses of publications, targets, runs, certificates, facilities and badges.

A DOI holds slashes and takes all that follows it, so an action stands before it and `by_doi` tells a target from it.
The second pattern of each pair never matches: it is there to make a target's address.
"""

from __future__ import annotations

from django.urls import path, register_converter

from reproduce import (
    badge_views,
    crate_views,
    derive_views,
    environment_pages,
    facility_views,
    preview_pages,
    run_views,
    template_views,
    views,
)
from reproduce import preview_views as previews
from reproduce.issuing import pages as certificates
from reproduce.issuing import published
from reproduce.review import links as review_links
from reproduce.review import pages as review
from reproduce.streams import events


class TextConverter:
    """A part of an address that is taken as it is written, where it has the right form."""

    def to_python(self, value: str) -> str:
        """Return the form as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return the form as it is."""
        return value


class BadgeFormConverter(TextConverter):
    """The forms of a badge."""

    regex = "svg|json|shields"


class CrateDocumentConverter(TextConverter):
    """The documents of a run's RO-Crate."""

    regex = r"ro-crate-metadata\.json|README\.md"


class EnvironmentKeyConverter(TextConverter):
    """The content address of an environment."""

    regex = "[0-9A-Za-z][0-9A-Za-z._-]{0,63}"


class FileKeyConverter(TextConverter):
    """The key of a file of a dataset."""

    regex = "[0-9a-f]{16}"


class PreviewPartConverter(TextConverter):
    """What h5grove's servers answer."""

    regex = "meta|attr|data|paths|stats"


class ArtefactConverter(TextConverter):
    """The name of what is kept of a run, with its folders; a notebook chose it, so it may hold any sign."""

    regex = "(?s:.+)"


register_converter(ArtefactConverter, "artefact")
register_converter(CrateDocumentConverter, "crate_document")
register_converter(EnvironmentKeyConverter, "environment_key")
register_converter(BadgeFormConverter, "badge_form")
register_converter(FileKeyConverter, "file_key")
register_converter(PreviewPartConverter, "preview_part")

urlpatterns = [
    path("doi/<doi:doi>", views.by_doi, name="publication"),
    path("doi/<doi:doi>/<slug:slug>", views.target_page, name="target"),
    path("reproduce/<doi:doi>/<slug:slug>", views.reproduce, name="reproduce"),
    path("repair/<doi:doi>/<slug:slug>", views.repair, name="repair"),
    path("derive/<doi:doi>/<slug:slug>", derive_views.derive, name="derive"),
    path("template/<doi:doi>/<slug:slug>", template_views.template, name="template"),
    path("analyse/<int:target_id>/<doi:doi>", template_views.analyse, name="analyse"),
    path("watch/<doi:doi>/<slug:slug>", views.set_watch, name="watch"),
    path("preview/<doi:doi>/<file_key:key>/h5/<preview_part:part>/", previews.preview_h5, name="preview-h5"),
    path("preview/<doi:doi>/<file_key:key>/preview.png", previews.preview_picture, name="preview-picture"),
    path("preview/<doi:doi>/<file_key:key>/viewer", preview_pages.preview_viewer, name="preview-viewer"),
    path("preview/<doi:doi>/<file_key:key>/fetch", preview_pages.fetch_for_preview, name="preview-fetch"),
    path("preview/<doi:doi>/<file_key:key>", preview_pages.preview_page, name="preview"),
    path("runs/<uuid:run_id>", run_views.run_page, name="run"),
    path("runs/<uuid:run_id>/events", events, name="run-events"),
    path("runs/<uuid:run_id>/cancel", run_views.cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/thumbnail", run_views.thumbnail, name="run-thumbnail"),
    path("runs/<uuid:run_id>/notebook", run_views.notebook, name="run-notebook"),
    path("runs/<uuid:run_id>/notebook/content", run_views.notebook_content, name="run-notebook-content"),
    path("runs/<uuid:run_id>/artefacts/<artefact:name>", run_views.artefact, name="artefact"),
    path("runs/<uuid:run_id>/crate.zip", crate_views.crate_zip, name="run-crate"),
    path("runs/<uuid:run_id>/<crate_document:name>", crate_views.crate_document, name="run-crate-document"),
    path("environments/<environment_key:key>", environment_pages.environment_page, name="environment"),
    path("environments/<environment_key:key>/<str:name>", environment_pages.environment_file, name="environment-file"),
    path("builds/<uuid:build_id>/log", environment_pages.build_log, name="build-log"),
    path("certificates/<uuid:certificate_id>", certificates.certificate_page, name="certificate"),
    path("certificates/<uuid:certificate_id>.json", certificates.certificate_json, name="certificate-json"),
    path(
        "certificates/<uuid:certificate_id>/package.json",
        certificates.certificate_package,
        name="certificate-package",
    ),
    path(
        "certificates/<uuid:certificate_id>/deposit",
        certificates.certificate_deposit,
        name="certificate-deposit",
    ),
    path("verify", certificates.verify_page, name="verify"),
    path("log", certificates.log_page, name="log"),
    path("status/<slug:purpose>/<int:number>", published.statuses, name="status-list"),
    path("contexts/certificate-v1.jsonld", published.context, name="certificate-context"),
    path(".well-known/did.json", published.issuer, name="issuer"),
    path("did.json", published.issuer, name="issuer-below-path"),
    path("review-links/<doi:doi>", review_links.review_links, name="review-links"),
    path("review/<slug:secret>", review.review, name="review"),
    path("review/<slug:secret>/targets/<str:slug>", review.review_target, name="review-target"),
    path("review/<slug:secret>/reproduce/<str:slug>", review.review_reproduce, name="review-reproduce"),
    path("review/<slug:secret>/runs/<uuid:run_id>", review.review_run, name="review-run"),
    path("review/<slug:secret>/runs/<uuid:run_id>/notebook", review.review_notebook, name="review-notebook"),
    path("review/<slug:secret>/runs/<uuid:run_id>/crate.zip", review.review_crate, name="review-crate"),
    path("review/<slug:secret>/runs/<uuid:run_id>/files/<artefact:name>", review.review_file, name="review-file"),
    path(
        "review/<slug:secret>/runs/<uuid:run_id>/environment/<str:name>",
        review.review_environment,
        name="review-environment",
    ),
    path("facilities", facility_views.facilities, name="facilities"),
    path("facilities/<slug:slug>", facility_views.facility, name="facility"),
    path("badge/<doi:doi>.<badge_form:form>", badge_views.badge_by_doi, name="badge"),
    path("badge/<doi:doi>/<slug:slug>.<badge_form:form>", badge_views.badge_by_doi, name="target-badge"),
    path("badge/<path:name>.<badge_form:form>", badge_views.unknown_badge, name="unknown-badge"),
]
