"""What is searched: the words of each publication, and the vocabulary of all."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from catalog.models.publication import Publication


class SearchDocument(models.Model):
    """The folded words of a publication, in four fields of falling weight. The database indexes them by itself.

    SQLite keeps them in an FTS5 table, PostgreSQL in a column of its own (migration 0013).
    """

    publication = models.OneToOneField(Publication, on_delete=models.CASCADE, related_name="search_document")
    title = models.TextField()
    names = models.TextField(help_text="of people, facilities, instruments; DOIs")
    subjects = models.TextField(help_text="techniques, venue, keywords, labels and captions of targets, titles of data")
    body = models.TextField(help_text="the abstract")
    indexed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A word that some publication has, to find what was meant by one that none has."""

    word = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.word


class SavedSearch(models.Model):
    """A search that an account wants to come back to; its feed is of the same address."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    query = models.CharField(max_length=1000, help_text="the query of its address")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "saved searches"
        constraints = [models.UniqueConstraint(fields=["owner", "query"], name="saved_search_once_per_account")]

    def __str__(self) -> str:
        return self.name
