"""How much of a date is known."""

from __future__ import annotations

from django.db import models


class Precision(models.TextChoices):
    """What of a date is known; what is not is its first month or day."""

    YEAR = "year", "the year alone"
    MONTH = "month", "year and month"
    DAY = "day", "the day"
