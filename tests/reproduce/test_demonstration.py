"""What the demonstration puts into the catalogue beyond its papers and their targets."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from catalog.models import AnalysisTemplate, Dataset, Target
from reproduce.demonstration import demonstration_data, load_demonstration
from reproduce.models import DataLocation
from reproduce.preview_files import preview_files
from reproduce.template_runs import check_offer, offers_for


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


@pytest.mark.django_db
def test_a_notebook_of_the_demonstration_is_offered_at_data_that_no_figure_shows(
    settings: Settings, tmp_path: Path
) -> None:
    settings.REPRISE_DATA = tmp_path
    settings.REPRISE_DATA_ROOTS = [str(demonstration_data())]
    load_demonstration()
    larger = Dataset.objects.get(doi="10.5072/reprise-demo-data.sans-larger-spheres")
    assert not Target.objects.filter(datasets=larger).exists()
    offer = next(offers_for(AnonymousUser(), larger))
    check_offer(offer)
    assert (offer.target.label, [slot.name for slot in offer.slots]) == ("Figure 1", ["filename"])
    assert offer.fitting(offer.slots[0]) == ("data/larger_spheres_8m.nxs",)
    assert [one.name for one in offer.parameters] == ["guinier_limit"]
    AnalysisTemplate.objects.update(endings=[".h5"])
    load_demonstration()
    assert AnalysisTemplate.objects.get().endings == [".h5"]
