"""Where the notebooks of a publication live."""

from __future__ import annotations

from django.db import models

from catalog.declarable import DECLARATIONS
from catalog.models.publication import Publication


class AsOf(models.TextChoices):
    """The date as of which what a repository does not pin is resolved."""

    COMMIT = "commit", "the date of the commit"
    PUBLICATION = "publication", "the date of the publication"
    TODAY = "today", "today"


class Repository(models.Model):
    """Where the notebooks of a publication live."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="repositories")
    url = models.CharField(max_length=1000)
    ref = models.CharField(max_length=200, blank=True, help_text="branch, tag or commit; the default branch if empty")
    as_of = models.CharField(max_length=20, choices=AsOf.choices, default=AsOf.COMMIT)
    is_own = models.BooleanField(default=False, help_text="made by this project and shipped with it")
    declared = models.CharField(
        max_length=20,
        blank=True,
        choices=list(DECLARATIONS.items()),
        help_text="by what its environment is declared, as it was fetched last; empty: not known",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "repositories"
        constraints = [
            models.UniqueConstraint(fields=["publication", "url", "ref"], name="repository_once_per_publication"),
        ]

    def __str__(self) -> str:
        return f"{self.url}@{self.ref}" if self.ref else self.url
