"""Certificates, the log that they stand in, and the public keys that ever signed. Rows are added and never deleted."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models import Publication, Target, Viewer


class IssuerKey(models.Model):
    """A public key of this installation. One that is retired signs nothing more; what it signed stays good."""

    multikey = models.CharField(max_length=100)
    did = models.CharField(max_length=500, help_text="name of this installation when the key came into use")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["multikey", "did"], name="issuer_key_once_per_name")]

    def __str__(self) -> str:
        return self.multikey


class LogEntry(models.Model):
    """One entry of the log, numbered from 0 without a gap: a signed certificate, or what became of one."""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", "certificate"
        STATUS = "status", "revoked or superseded"

    seq = models.PositiveIntegerField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    document = models.TextField(help_text="the signed JSON in canonical form; its hash is the leaf")
    leaf = models.CharField(max_length=64, unique=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["seq"]
        verbose_name_plural = "log entries"

    def __str__(self) -> str:
        return f"entry {self.seq}"

    def as_json(self) -> dict[str, Any]:
        """Return the document."""
        found: dict[str, Any] = json.loads(self.document)
        return found


class LogNode(models.Model):
    """The hash of a complete part of the log's tree; `level` 0 are the leaves."""

    level = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="log_node_once")]

    def __str__(self) -> str:
        return f"node {self.level}/{self.position}"


class TreeHead(models.Model):
    """What the issuer signed of the whole log when it had `size` entries."""

    size = models.PositiveIntegerField(primary_key=True)
    did = models.CharField(max_length=500, help_text="who signed it")
    document = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["size"]

    def __str__(self) -> str:
        return f"head of {self.size}"

    def as_json(self) -> dict[str, Any]:
        """Return the document."""
        found: dict[str, Any] = json.loads(self.document)
        return found


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, viewer: Viewer) -> CertificateQuerySet:
        """Those of publications that are open to the viewer."""
        return self.filter(doi__in=Publication.objects.open_to(viewer).values("doi"))


class Certificate(models.Model):
    """What was certified of a run on record. The document itself is the log's entry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.UUIDField(unique=True, help_text="the run's public id; a run has one certificate")
    target = models.ForeignKey(Target, null=True, blank=True, on_delete=models.SET_NULL, related_name="certificates")
    doi = models.CharField(max_length=255, db_index=True)
    entry = models.OneToOneField(LogEntry, on_delete=models.PROTECT, related_name="certificate")
    key = models.ForeignKey(IssuerKey, on_delete=models.PROTECT, related_name="certificates")
    rung = models.CharField(max_length=20)
    verdict = models.CharField(max_length=20)
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.TextField(blank=True)
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-entry_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_why="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="certificate_revoked_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(rung__in=["registered", "builds", "runs", "outputs", "figures", "today"]),
                name="certificate_rung_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.id}"

    def get_absolute_url(self) -> str:
        return reverse("certificate", args=[self.pk])

    @property
    def number(self) -> int:
        """Its place in the log and in the status lists."""
        return self.entry_id
