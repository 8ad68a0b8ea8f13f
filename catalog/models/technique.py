"""Techniques, terms of PaNET where it has them, with the broader ones of each."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

IRI_PREFIX: Final = "http://purl.org/pan-science/PaNET/"


class TechniqueQuerySet(models.QuerySet["Technique"]):
    def matching(self, words: str) -> TechniqueQuerySet:
        """Those in use whose name, synonyms or id hold every one of the words, the shortest names first."""
        found = self.filter(is_deprecated=False)
        for word in words.split()[:8]:
            found = found.filter(
                Q(name__icontains=word) | Q(synonyms__icontains=word) | Q(panet_id__iexact=word.rpartition("/")[2])
            )
        return found.order_by(Length("name"), "name")

    def narrower_than(self, key: int) -> TechniqueQuerySet:
        """The technique with this key and all narrower ones."""
        return self.filter(Q(pk=key) | Q(closure__ancestor=key)).distinct()


class Technique(models.Model):
    """An experimental technique, a term of PaNET where it has one.

    `release` names the ontology's release that the term was last seen in; it is empty for what the operator named.
    """

    name = models.CharField(max_length=200)
    panet_id = models.CharField(max_length=20, blank=True)
    definition = models.TextField(blank=True)
    synonyms = models.JSONField(default=list, blank=True, help_text="other names")
    parents = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="children", help_text="the next broader techniques"
    )
    release = models.CharField(max_length=80, blank=True)
    is_deprecated = models.BooleanField(default=False, help_text="kept for what names it; not offered any more")

    objects = TechniqueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(is_deprecated=False), name="technique_name_once_in_use"
            ),
            models.UniqueConstraint(fields=["panet_id"], condition=~Q(panet_id=""), name="technique_once_per_term"),
            models.CheckConstraint(
                condition=Q(panet_id="") | Q(panet_id__startswith="PaNET"), name="technique_panet_id_is_one"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="technique_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def iri(self) -> str:
        """The address that names the term, or empty."""
        return f"{IRI_PREFIX}{self.panet_id}" if self.panet_id else ""


class TechniqueAncestor(models.Model):
    """That a technique is narrower than another, at whatever distance, or is itself: the closure of the hierarchy.

    It is there so that what is counted by a broad technique is counted by one query on every database.
    """

    technique = models.ForeignKey(Technique, on_delete=models.CASCADE, related_name="closure")
    ancestor = models.ForeignKey(Technique, on_delete=models.CASCADE, related_name="below")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["technique", "ancestor"], name="technique_ancestor_once")]
        indexes = [models.Index(fields=["ancestor", "technique"], name="technique_below")]

    def __str__(self) -> str:
        return f"{self.technique_id} below {self.ancestor_id}"
