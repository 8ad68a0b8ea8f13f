"""A certificate is issued once for each run on record of a published paper, and a lower one supersedes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings

from builder.models import Build
from catalog.models import Publication, Target
from reproduce.certificates.canonical import MOST_BYTES, canonical
from reproduce.certificates.credential import Frame, unsigned_certificate
from reproduce.certificates.material import Material
from reproduce.certificates.verify import outcome_of, verify
from reproduce.issuing.facts import subject_of
from reproduce.issuing.issue import issue, issue_missing, issue_or_log
from reproduce.issuing.verification import with_own_knowledge
from reproduce.models import Certificate, LogEntry, Run, TreeHead
from reproduce.sweep import sweep_everything
from reproduce.tasks import execute_run, fetch_file
from tests.evidence import SEEN, keep, make_run
from tests.reproduce.issuing.conftest import prove_with_environment


def test_a_certificate_says_what_was_run_and_what_came_of_it(run: Run, certificate: Certificate) -> None:
    document = certificate.entry.as_json()
    subject = document["credentialSubject"]
    assert document["id"].endswith(f"/certificates/{certificate.pk}")
    assert (subject["verdict"], subject["rung"]) == ("reproduced", "figures")
    assert subject["publication"]["doi"] == run.target.publication.doi
    assert subject["source"]["commit"] == run.snapshot.commit  # type: ignore[union-attr]
    assert subject["source"]["swhid"] == run.snapshot.swhid  # type: ignore[union-attr]
    assert subject["environment"]["lockSha256"] == run.environment.lock_sha256  # type: ignore[union-attr]
    assert subject["confinement"] == {"kind": "bwrap", "isSandboxed": True, "details": []}
    assert subject["target"]["relativeTolerance"] == "to the printed precision"
    assert [(one["cell"], one["mediaType"], one["state"]) for one in subject["outputs"]] == [
        ("fit", "text/plain", "identical"),
        ("draw", "image/png", "within_tolerance"),
    ]
    assert subject["outputs"][1]["measured"] == [
        {"name": "name", "value": "region_difference"},
        {"name": "value", "value": "0.0123"},
    ]
    assert {one["name"]: one["sha256"] for one in subject["artefacts"]} == {
        name: kept["sha256"] for name, kept in run.artefacts.items()
    }


def test_it_verifies_here_and_is_good_for_the_days_that_are_set(certificate: Certificate) -> None:
    material = with_own_knowledge(Material(certificate.entry.as_json()))
    checks = verify(material, now=certificate.issued_at + timedelta(days=364))
    assert [check.state for check in checks if check.name in {"signature", "dates", "log"}] == ["passed"] * 3
    assert outcome_of(verify(material, now=certificate.issued_at + timedelta(days=365))) == "lapsed"


def test_a_run_has_one_certificate_however_often_it_is_asked_for(run: Run, certificate: Certificate) -> None:
    again = issue(run.pk)
    assert again == certificate
    assert (issue_missing(), LogEntry.objects.count(), TreeHead.objects.count()) == (0, 1, 1)


@pytest.mark.parametrize(
    ("verdict", "has_environment", "rung"),
    [
        ("unavailable", False, "registered"),
        ("unbuildable", False, "registered"),
        ("failed", True, "builds"),
        ("differs", True, "runs"),
    ],
)
def test_what_is_not_good_is_certified_as_far_as_it_came(
    verdict: str, has_environment: bool, rung: str, target: Target
) -> None:
    run = prove_with_environment(target, verdict=verdict)
    if not has_environment:
        Run.objects.filter(pk=run.pk).update(environment=None, build=None)
    issued = issue(run.pk)
    assert issued is not None
    assert (issued.verdict, issued.rung) == (verdict, rung)


def test_a_draft_a_what_if_and_an_older_run_get_none(target: Target, draft: Publication) -> None:
    of_draft = prove_with_environment(draft.targets.get(slug="figure-1"))
    older = prove_with_environment(target)
    newer = prove_with_environment(target)
    what_if = make_run(target)
    Run.objects.filter(pk=what_if.pk).update(as_of="today")
    assert [issue(run.pk) for run in (of_draft, older, what_if)] == [None, None, None]
    assert issue(newer.pk) is not None


def test_a_run_without_a_verdict_gets_none(target: Target) -> None:
    run = prove_with_environment(target)
    Run.objects.filter(pk=run.pk).update(verdict=None)
    assert (issue(run.pk), issue_missing()) == (None, 0)


def test_the_sweeper_issues_what_was_lost_and_what_was_published_since(target: Target, draft: Publication) -> None:
    run = prove_with_environment(target)
    later = prove_with_environment(draft.targets.get(slug="figure-1"))
    assert issue_missing() == 1
    assert Certificate.objects.get().run == run.pk
    Publication.objects.filter(pk=draft.pk).update(state=Publication.State.PUBLISHED)
    assert issue_missing() == 1
    assert Certificate.objects.filter(run=later.pk).exists()


def test_a_lower_rung_supersedes_and_removes_nothing(target: Target, certificate: Certificate) -> None:
    worse = issue(prove_with_environment(target, verdict="differs").pk)
    certificate.refresh_from_db()
    assert certificate.superseded_by == worse
    change = LogEntry.objects.get(kind=LogEntry.Kind.STATUS).as_json()
    assert change["certificate"].endswith(str(certificate.pk))
    assert change["supersededBy"].endswith(str(worse.pk))  # type: ignore[union-attr]
    assert change["number"] == certificate.number
    found = verify(with_own_knowledge(Material(certificate.entry.as_json())), now=SEEN + timedelta(days=30))
    assert [check.state for check in found if check.name == "superseded"] == ["lapsed"]


def test_a_rung_as_high_leaves_the_earlier_in_force(target: Target, certificate: Certificate) -> None:
    issue(prove_with_environment(target, verdict="identical").pk)
    certificate.refresh_from_db()
    assert certificate.superseded_by is None


def test_a_good_run_as_of_today_that_was_held_to_the_same_lifts_the_next_to_the_last_rung(target: Target) -> None:
    run = prove_with_environment(target)
    today = make_run(target)
    Run.objects.filter(pk=today.pk).update(as_of="today", environment=run.environment)
    issued = issue(run.pk)
    assert issued is not None
    assert issued.rung == "today"
    other = prove_with_environment(target)
    looser = today.comparison
    looser["cells"][1]["outputs"][0]["tolerance"] = {"image": 0.5}  # type: ignore[index]
    Run.objects.filter(pk=today.pk).update(comparison=looser)
    lower = issue(other.pk)
    assert lower is not None
    assert lower.rung == "figures"


@pytest.mark.parametrize("change", [{"as_of_choice": "today"}, {"given": "nexus"}], ids=str)
def test_the_last_rung_needs_a_frozen_environment_of_its_own(change: dict[str, str], target: Target) -> None:
    run = prove_with_environment(target)
    Build.objects.filter(pk=run.build_id).update(**change)
    today = make_run(target)
    Run.objects.filter(pk=today.pk).update(as_of="today", environment=run.environment)
    issued = issue(run.pk)
    assert issued is not None
    assert issued.rung == "figures"


def test_a_demonstration_says_that_it_is_one(target: Target) -> None:
    Publication.objects.filter(pk=target.publication_id).update(is_demonstration=True)
    issued = issue(prove_with_environment(target).pk)
    assert issued is not None
    assert issued.entry.as_json()["credentialSubject"]["publication"]["isDemonstration"] is True


def test_what_stands_in_a_notebook_cannot_stop_a_certificate(target: Target) -> None:
    run = prove_with_environment(target)
    assert run.comparison is not None
    hostile = "\ud800\x00" + "x" * 9000
    output = {**run.comparison["cells"][1]["outputs"][0], "mime": hostile}
    output["metric"] = {hostile: 1e308, "pair": [0.5, None], "text": hostile}
    run.comparison["cells"] += [{"id": hostile, "index": 3, "outputs": [output] * 5000}]
    run.artefacts |= {f"cell-{number}-{hostile[:300]}.png": run.artefacts["drawing.svg"] for number in range(9000)}
    run.sandbox = {"kind": "bwrap", "limits": {"cell_timeout_s": 1.5}}
    run.target.parameters, run.target.rtol = {"q": 0.1, "deep": {"a": [1.5]}}, 1e-9
    frame = Frame("https://x.example.org", "did:web:x", "id", 0, SEEN, SEEN)
    document = unsigned_certificate(frame, subject_of(run))
    subject = document["credentialSubject"]
    assert len(canonical(document)) < MOST_BYTES * 4
    assert {"executed.ipynb", "verdict.json"} <= {one["name"] for one in subject["artefacts"]}
    assert subject["artefactCount"] == len(run.artefacts)
    assert {"name": "within_tolerance", "value": "5001"} in subject["outputCounts"]


def test_an_artefact_that_is_gone_stops_one_certificate_and_not_the_others(
    publication: Publication, data: Path
) -> None:
    broken, whole = (prove_with_environment(publication.targets.get(slug=slug)) for slug in ("figure-1", "figure-2"))
    artefacts = {**broken.artefacts, "verdict.json": {**broken.artefacts["verdict.json"], "sha256": "f" * 64}}
    Run.objects.filter(pk=broken.pk).update(artefacts=artefacts)
    assert not issue_or_log(broken.pk)
    assert issue_missing() == 1
    assert Certificate.objects.get().run == whole.pk


def test_what_a_run_holds_cannot_stop_the_sweep(publication: Publication) -> None:
    odd, whole = (prove_with_environment(publication.targets.get(slug=slug)) for slug in ("figure-1", "figure-2"))
    Run.objects.filter(pk=odd.pk).update(data=[{"dataset": "10.5072/abc"}])
    assert issue_missing() == 1
    assert Certificate.objects.get().run == whole.pk
    Run.objects.filter(pk=odd.pk).update(data=[])
    assert issue_missing() == 0  # it is tried again in an hour
    cache.clear()
    assert issue_missing() == 1


def test_without_a_usable_key_nothing_is_issued_until_there_is_one(run: Run, settings: Settings, data: Path) -> None:
    settings.REPRISE_ISSUER_KEY_PATH = str(data / "elsewhere.pem")
    assert issue_missing() == 0
    settings.REPRISE_ISSUER_KEY_PATH = ""
    assert issue_missing() == 1


def test_the_task_of_a_run_issues_its_certificate(run: Run) -> None:
    execute_run(str(run.pk))
    assert Certificate.objects.get().run == run.pk


def test_the_sweep_issues_too(run: Run) -> None:
    sweep_everything(execute_run, fetch_file)
    assert Certificate.objects.get().run == run.pk


def test_the_parameters_are_those_of_the_statement_where_it_names_any(target: Target) -> None:
    Target.objects.filter(pk=target.pk).update(parameters={"q": 0.1})
    run = prove_with_environment(target)
    assert subject_of(run).facts["parameters"] == [{"name": "q", "value": "0.1"}]
    statement = {"notebooks": [{"parameters": {"q": 0.25, "name": "b"}}]}
    run.artefacts |= keep("verdict.json", json.dumps(statement).encode(), "application/json")
    expected = [{"name": "name", "value": "b"}, {"name": "q", "value": "0.25"}]
    assert subject_of(run).facts["parameters"] == expected


def test_the_certificate_of_a_target_that_is_gone_stays(target: Target, certificate: Certificate) -> None:
    target.delete()
    certificate.refresh_from_db()
    assert certificate.target is None
    assert certificate.entry.as_json()["credentialSubject"]["target"]["label"] == "Figure 1"
