"""What the demonstration puts into the catalogue beyond its papers and their targets."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from catalog.models import Dataset
from reproduce.demonstration import demonstration_data, load_demonstration
from reproduce.models import DataLocation
from reproduce.preview_files import preview_files


@pytest.mark.django_db
def test_everybody_can_look_into_the_data_of_the_demonstration(
    settings: Settings, tmp_path: Path, anonymous: Client
) -> None:
    settings.REPRISE_DATA = tmp_path
    settings.REPRISE_DATA_ROOTS = [str(demonstration_data())]
    load_demonstration()
    load_demonstration()
    shown = Dataset.objects.filter(publications__is_demonstration=True)
    files = {dataset: preview_files(dataset, AnonymousUser()) for dataset in shown}
    assert [file.path for found in files.values() for file in found if not file.is_here] == []
    assert sum(len(found) for found in files.values()) >= 7
    assert DataLocation.objects.count() == len(files)
    dataset, found = next((one, found) for one, found in files.items() if found)
    page = anonymous.get(dataset.get_absolute_url()).content.decode()
    assert reverse("preview", args=[dataset.doi, found[0].key]) in page
