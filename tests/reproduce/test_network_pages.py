"""What a run fetched, on the pages, in the report and in JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from django.test import Client

from catalog.models import Target
from reproduce.models import Run
from reproduce.network_words import MOST_SHOWN, network_words, shortened
from reproduce.report import ReportedNotebook, render_report
from reproduce.statement import notebook_json, reproduction_json
from tests.contracts.project import ROOT
from tests.evidence import prove
from tests.reproduce.test_report import make_report

URL = "https://data.example.org/a.csv?x=<script>"
DIGEST = "ab" * 32
FETCHED: dict[str, Any] = {
    "at": "2026-01-02T03:04:05.678+00:00",
    "method": "GET",
    "url": URL,
    "host": "data.example.org",
    "port": 443,
    "status": 200,
    "size_bytes": 12345,
    "sha256": DIGEST,
    "coding": "",
    "sent_bytes": 0,
    "took_s": 0.5,
    "error": "",
}
REFUSED: dict[str, Any] = {
    "at": "2026-01-02T03:04:06.678+00:00",
    "kind": "host",
    "method": "CONNECT",
    "url": "https://evil.example.org/",
    "host": "evil.example.org",
    "port": 443,
    "reason": "evil.example.org is not among the hosts that this notebook may reach.",
}
NETWORK: dict[str, Any] = {
    "allowed_hosts": ["data.example.org"],
    "is_confined": True,
    "fetched": [FETCHED],
    "fetched_count": 1,
    "refused": [REFUSED],
    "refused_count": 1,
    "received_bytes": 12345,
    "sent_bytes": 0,
}


def with_network(run: Run, network: dict[str, Any] | None, *, is_open: bool = True) -> Run:
    Run.objects.filter(pk=run.pk).update(network=network, sandbox={**run.sandbox, "network": is_open})
    return run


def test_the_pages_of_target_and_run_list_what_was_fetched(target: Target, anonymous: Client) -> None:
    run = with_network(prove(target), NETWORK)
    for address in (target.get_absolute_url(), run.get_absolute_url()):
        page = anonymous.get(address).content.decode()
        assert "Fetched while it ran" in page
        assert "1 address was fetched, 12,345 bytes in all: the verdict rests on them as they were then." in page
        assert "data.example.org/a.csv?x=&lt;script&gt;" in page
        assert DIGEST in page
        assert "evil.example.org is not among" in page
    assert "It rests on what the notebook" in anonymous.get(target.get_absolute_url()).content.decode()


def test_a_target_says_which_hosts_it_may_reach_for_people_and_programs(target: Target, anonymous: Client) -> None:
    Target.objects.filter(pk=target.pk).update(allowed_hosts=["data.example.org"])
    prove(target)
    assert "<dt>May reach</dt>" in anonymous.get(target.get_absolute_url()).content.decode()
    record = anonymous.get(f"{target.get_absolute_url()}?format=json").json()
    assert record["target"]["allowed_hosts"] == ["data.example.org"]


def test_the_pages_of_a_run_without_a_network_say_nothing_of_one(target: Target, anonymous: Client) -> None:
    run = with_network(prove(target), None, is_open=False)
    for address in (target.get_absolute_url(), run.get_absolute_url()):
        assert "Fetched while it ran" not in anonymous.get(address).content.decode()
    assert "without network" in anonymous.get(target.get_absolute_url()).content.decode()


def test_the_api_gives_what_a_run_fetched(target: Target, anonymous: Client) -> None:
    run = with_network(prove(target), NETWORK)
    assert anonymous.get(f"/api/v1/runs/{run.pk}/").json()["network"] == NETWORK


def test_report_and_statement_list_what_was_fetched_and_fit_the_schema() -> None:
    report = make_report()
    (notebook,) = report.notebooks
    assert notebook.reproduction is not None
    sandbox = {**notebook.reproduction.result.sandbox, "network": True}
    result = dataclasses.replace(notebook.reproduction.result, network=NETWORK, sandbox=sandbox)
    reproduction = dataclasses.replace(notebook.reproduction, result=result)
    said = notebook_json("fig.ipynb", verdict="differs", cause=reproduction.cause, result=result)
    statement = reproduction_json(source="/paper", commit=None, swhid=None, environment=None, notebooks=[said])
    page = render_report(
        dataclasses.replace(report, statement=statement, notebooks=(ReportedNotebook("fig.ipynb", reproduction),))
    )
    assert "the verdict rests on them as they were then" in page
    assert "a.csv?x=&lt;script&gt;" in page
    assert DIGEST in page
    schema = json.loads((ROOT / "docs/schemas/reproduction.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(statement)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fetched": [], "fetched_count": 0}, "Nothing was fetched. It could reach data.example.org."),
        ({"fetched": [], "fetched_count": 0, "allowed_hosts": []}, "Nothing was fetched, and no host named."),
        ({"is_confined": False}, "the list may lack something"),
        ({"refused_count": 2}, "2 requests were refused."),
        ({"fetched_count": 1200}, f"The first {MOST_SHOWN} are shown."),
    ],
)
def test_the_summary_says_what_happened(changes: dict[str, Any], said: str) -> None:
    words = network_words({**NETWORK, **changes}, is_open=True)
    assert words is not None
    assert said in words.summary


def test_a_network_whose_record_was_lost_is_told_as_that() -> None:
    words = network_words(None, is_open=True)
    assert words is not None
    assert "not known" in words.summary
    assert network_words(None, is_open=False) is None


def test_pages_keep_as_many_as_they_show_and_the_counts_of_all() -> None:
    kept = shortened({**NETWORK, "fetched": [FETCHED] * 300, "fetched_count": 300})
    assert kept is not None
    assert (len(kept["fetched"]), kept["fetched_count"]) == (MOST_SHOWN, 300)
    assert shortened(None) is None
