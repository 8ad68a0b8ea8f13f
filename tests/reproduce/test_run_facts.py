"""Machine and variables of a run, in words and on its pages."""

from __future__ import annotations

from django.test import Client

from catalog.models import Target
from reproduce.models import Run
from reproduce.run_facts import machine_rows, variable_rows
from tests.evidence import make_run

MACHINE = {"kernel": "6.1", "memory_bytes": 8 << 30, "instructions": ["avx", "avx2"], "clock_source": None}
VARIABLES = {"values": {"TZ": "UTC", "OMP_NUM_THREADS": "<b>4</b>"}, "sha256": "ab" * 32}


def test_the_machine_is_told_in_words_without_what_it_did_not_tell() -> None:
    expected = [("Instructions for numbers", "avx, avx2"), ("Memory", "8 GiB"), ("System kernel", "6.1")]
    assert machine_rows(MACHINE) == expected


def test_what_is_not_known_by_name_is_told_too() -> None:
    assert machine_rows({"accelerator": "none here"}) == [("accelerator", "none here")]


def test_a_run_that_kept_no_variables_has_no_rows() -> None:
    assert variable_rows({}) == []


def test_the_page_of_a_run_shows_machine_and_variables_escaped(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    Run.objects.filter(pk=run.pk).update(machine=MACHINE, variables=VARIABLES)
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert '<th scope="row">Memory</th><td class="break">8 GiB</td>' in page
    assert "&lt;b&gt;4&lt;/b&gt;" in page
    assert "abababababab" in page


def test_the_api_gives_machine_and_variables_of_a_run(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    Run.objects.filter(pk=run.pk).update(machine=MACHINE, variables=VARIABLES)
    said = anonymous.get(f"/api/v1/runs/{run.pk}/").json()
    assert (said["machine"], said["variables"]) == (MACHINE, VARIABLES)
