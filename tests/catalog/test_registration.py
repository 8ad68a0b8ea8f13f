"""Registering, editing, confirming, publishing: what is kept, and what is refused whole."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from catalog.errors import CatalogError
from catalog.evidence import record
from catalog.exposure.record import Organisation, Subject
from catalog.models import Dataset, Evidence, Publication, Repository, Target
from catalog.proposals import ProposedTarget
from catalog.publishing import publish, withdraw
from catalog.registration import (
    TargetDraft,
    edit_target,
    free_slug,
    propose,
    register,
    save_targets,
)
from catalog.sources import Creator, Funder, PublicationFacts, Related
from tests.personas import DOI, People

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FACTS = PublicationFacts(
    doi="10.5072/new",
    title="New",
    agency="crossref",
    creators=(Creator("A. Author", "A.", "Author", "0000-0002-1825-0097"), Creator("The Group")),
    published_on=date(2021, 2, 3),
    related=(
        Related("IsSupplementedBy", "10.5072/data", "dataset"),
        Related("References", "10.5072/paper", "publication"),
        Related("IsSupplementedBy", "https://example.org/data", "dataset"),
    ),
)


def register_new(people: People, *, doi: str = "10.5072/new") -> Publication:
    return register(
        doi=doi,
        source_url="https://git.example.org/a/b.git",
        ref="v1",
        owner=people.owner,
        facts=FACTS,
        facility=None,
    )


def draft_of(target: Target) -> TargetDraft:
    return TargetDraft(
        id=target.pk,
        label=target.label,
        kind=target.kind,
        caption=target.caption,
        notebook=target.notebook,
        cells=tuple(target.cells),
        rtol=target.rtol,
        atol=target.atol,
    )


def prove(target: Target) -> None:
    record(
        target,
        verdict="identical",
        cause=None,
        run=uuid.uuid4(),
        commit="",
        is_sandboxed=True,
        is_approximated=False,
        seen_at=NOW,
    )


def proposal(label: str) -> ProposedTarget:
    return ProposedTarget(label, "", "figure", "", "a.ipynb", (), "The name says so.", "named")


def test_registering_makes_a_draft_with_its_repository_and_the_datasets_it_names(people: People) -> None:
    publication = register_new(people)
    assert (publication.state, publication.origin, publication.owner) == ("draft", "crossref", people.owner)
    assert str(publication.repositories.get()) == "https://git.example.org/a/b.git@v1"
    assert list(publication.datasets.values_list("doi", flat=True)) == ["10.5072/data"]
    assert publication.creators == [
        {"name": "A. Author", "given": "A.", "family": "Author", "orcid": "0000-0002-1825-0097"},
        {"name": "The Group"},
    ]


def test_a_doi_that_is_taken_is_refused_and_nothing_is_kept(people: People, publication: Publication) -> None:
    with pytest.raises(CatalogError) as refusal:
        register_new(people, doi=DOI)
    assert refusal.value.cause.id == "doi-taken"
    assert (Publication.objects.count(), Repository.objects.count(), Dataset.objects.count()) == (1, 1, 0)


def test_registering_keeps_all_that_the_source_knows(people: People) -> None:
    facts = replace(
        FACTS,
        creators=(
            Creator("A. Author", affiliations=(Organisation("X", "https://ror.org/01zy2cs03"),)),
            Creator("The Group", is_group=True),
        ),
        published_precision="year",
        type="journal-article",
        subjects=(Subject("silica"),),
        funders=(Funder("EC", "https://ror.org/00k4n6c32", "823852"),),
    )
    publication = register(
        doi="10.5072/new", source_url="https://x.org/a", ref="", owner=people.owner, facts=facts, facility=None
    )
    publication.refresh_from_db()
    assert publication.creators == [
        {"name": "A. Author", "affiliations": [{"name": "X", "ror": "https://ror.org/01zy2cs03"}]},
        {"name": "The Group", "is_group": True},
    ]
    assert (publication.published_precision, publication.type) == ("year", "journal-article")
    assert publication.subjects == [{"text": "silica"}]
    assert publication.funding == [{"funder": "EC", "identifier": "https://ror.org/00k4n6c32", "award": "823852"}]
    assert publication.related[1] == {"relation": "References", "identifier": "10.5072/paper", "kind": "publication"}


def test_a_dataset_is_shared_by_the_papers_that_name_it(people: People) -> None:
    register_new(people)
    register_new(people, doi="10.5072/other")
    assert Dataset.objects.get().publications.count() == 2


def test_proposals_are_added_once(people: People) -> None:
    repository = register_new(people).repositories.get()
    assert propose(repository, [proposal("Figure 1"), proposal("Figure 1")]) == 2
    assert propose(repository, [proposal("Figure 9")]) == 0
    found = Target.objects.order_by("position").values_list("slug", "state")
    assert list(found) == [("figure-1", "proposed"), ("figure-1-2", "proposed")]


def test_a_slug_that_is_taken_gets_a_number() -> None:
    assert free_slug("figure-1", {"figure-1", "figure-1-2"}) == "figure-1-3"


def test_saving_confirms_what_is_kept_and_deletes_the_rest(publication: Publication) -> None:
    first, second, third = publication.targets.order_by("position")
    new = TargetDraft(id=None, label="Table 1", kind="table", caption="", notebook="t.ipynb")
    drafts = [draft_of(third), replace(draft_of(first), is_kept=False), draft_of(second), new]
    save_targets(publication, drafts=drafts)
    saved = publication.targets.order_by("position").values_list("label", "state", "slug")
    assert list(saved) == [
        ("Figure 3", "confirmed", "figure-3"),
        ("Figure 2", "confirmed", "figure-2"),
        ("Table 1", "confirmed", "table-1"),
    ]


def test_saving_leaves_the_targets_of_other_papers_alone(publication: Publication, draft: Publication) -> None:
    foreign = draft.targets.get(slug="figure-1")
    save_targets(
        publication, drafts=[replace(draft_of(foreign), label="Mine"), replace(draft_of(foreign), is_kept=False)]
    )
    foreign.refresh_from_db()
    assert foreign.label == "Figure 1"


@pytest.mark.parametrize(
    "change", [{"notebook": "other.ipynb"}, {"cells": ("a",)}, {"rtol": 0.1}, {"atol": 1.0}], ids=str
)
def test_a_changed_claim_loses_its_evidence(change: dict[str, object], target: Target) -> None:
    prove(target)
    save_targets(target.publication, drafts=[replace(draft_of(target), **change)])  # type: ignore[arg-type]  # by name
    assert not Evidence.objects.filter(target=target).exists()


@pytest.mark.parametrize("change", [{}, {"label": "Fig. 1"}, {"caption": "Other words"}], ids=str)
def test_other_words_keep_the_evidence(change: dict[str, object], target: Target) -> None:
    prove(target)
    save_targets(target.publication, drafts=[replace(draft_of(target), **change)])  # type: ignore[arg-type]  # by name
    assert Evidence.objects.get(target=target).verdict == "identical"


def test_editing_one_target_leaves_the_others_as_they_are(publication: Publication) -> None:
    edit_target(publication.targets.get(slug="figure-2"), draft=draft_of(publication.targets.get(slug="figure-2")))
    states = publication.targets.order_by("position").values_list("slug", "state", "position")
    assert list(states) == [("figure-1", "confirmed", 0), ("figure-2", "confirmed", 1), ("figure-3", "proposed", 2)]


@pytest.mark.parametrize(
    "path", ["/etc/a.ipynb", "../a.ipynb", "a/../../b.ipynb", "a.py", "", "./a.ipynb", "a\\b.ipynb"]
)
def test_a_notebook_outside_the_repository_is_refused_and_nothing_changes(path: str, target: Target) -> None:
    with pytest.raises(CatalogError) as refusal:
        save_targets(target.publication, drafts=[replace(draft_of(target), label="New", notebook=path)])
    assert refusal.value.cause.id == "notebook-missing"
    target.refresh_from_db()
    assert target.label == "Figure 1"


def test_publishing_needs_a_confirmed_target(draft: Publication) -> None:
    draft.targets.update(state=Target.State.PROPOSED)
    with pytest.raises(CatalogError) as refusal:
        publish(draft, now=NOW)
    assert refusal.value.cause.id == "no-targets"
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_only_the_first_of_two_publishes(draft: Publication) -> None:
    same = Publication.objects.get(pk=draft.pk)
    assert [publish(draft, now=NOW), publish(same, now=NOW)] == [True, False]
    assert (same.state, same.state_changed_at) == ("published", NOW)
    assert [withdraw(draft, now=NOW), withdraw(same, now=NOW)] == [True, False]
