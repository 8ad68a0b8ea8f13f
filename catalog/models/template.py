"""Targets whose notebooks their authors offer as templates: for other data of the same techniques."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.models.publication import Viewer
from catalog.models.target import Target
from catalog.models.technique import Technique, TechniqueAncestor


class AnalysisTemplateQuerySet(models.QuerySet["AnalysisTemplate"]):
    def visible_to(self, viewer: Viewer) -> AnalysisTemplateQuerySet:
        """Those of confirmed targets that the viewer may see."""
        seen = Target.objects.visible_to(viewer).filter(state=Target.State.CONFIRMED)
        return self.filter(target__in=seen.values("pk"))

    def suiting(self, techniques: QuerySet[Technique]) -> AnalysisTemplateQuerySet:
        """Those for one of the techniques or for a broader one."""
        keys = techniques.values("pk")
        broader = TechniqueAncestor.objects.filter(technique__in=keys).values("ancestor")
        suiting = Technique.objects.filter(Q(pk__in=keys) | Q(pk__in=broader))
        links = AnalysisTemplate.techniques.through.objects.filter(technique__in=suiting.values("pk"))
        return self.filter(pk__in=links.values("analysistemplate"))


class AnalysisTemplate(models.Model):
    """That a target's notebook may be run on other data, of these techniques or of narrower ones."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="template")
    techniques = models.ManyToManyField(Technique, related_name="templates")
    endings = models.JSONField(
        default=list, blank=True, help_text="of the files that it takes, such as .h5; as the published one's if empty"
    )
    offered_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AnalysisTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["target__publication", "target__position", "pk"]

    def __str__(self) -> str:
        return f"template {self.target}"
