"""Registering a paper: metadata, fetch, targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from builder import views
from builder.models import Snapshot
from catalog.causes import CausedError
from catalog.models import Publication, Target
from catalog.sources import Creator, PublicationFacts, Related

TYPED = {"doi": "10.5072/new", "source_url": "https://git.example.org/olga/new.git", "ref": "v1.0", "facility": ""}
BY_HAND = {
    "title": "Typed by hand",
    "creators": "Olga Olsson 0000-0002-1825-0097\nPer Persson",
    "published_on": "2020-05-01",
}


def told(doi: str) -> PublicationFacts:
    return PublicationFacts(
        doi=doi,
        title="Told by the agency",
        agency="crossref",
        creators=(Creator("Olga Olsson"),),
        related=(Related("IsSupplementedBy", "10.5072/data", "dataset"),),
    )


def failing(kind: str) -> Callable[[str], PublicationFacts]:
    def look_up(doi: str) -> PublicationFacts:
        raise CausedError(kind, doi=doi, reason="no answer")

    return look_up


@pytest.fixture(autouse=True)
def _agency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "look_up", told)


def test_registering_makes_a_draft_and_asks_for_its_repository(owner: Client) -> None:
    response = owner.post("/register", TYPED)
    publication = Publication.objects.get(doi="10.5072/new")
    assert response.headers["Location"] == "/targets/10.5072/new"
    assert publication.title == "Told by the agency"
    assert not publication.is_published
    assert publication.datasets.get().doi == "10.5072/data"
    assert Snapshot.objects.get(repository__publication=publication).state == Snapshot.State.REQUESTED


@pytest.mark.parametrize("kind", ["metadata-unreachable", "doi-unknown"])
def test_where_no_agency_tells_the_metadata_they_are_asked_for(
    kind: str, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "look_up", failing(kind))
    response = owner.post("/register", TYPED)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'name="title"' in page
    assert kind in page
    assert 'value="https://git.example.org/olga/new.git"' in page
    assert not Publication.objects.exists()


def test_metadata_given_by_hand_are_taken_without_asking_again(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "look_up", failing("metadata-unreachable"))
    owner.post("/register", {**TYPED, **BY_HAND})
    publication = Publication.objects.get(doi="10.5072/new")
    assert publication.title == "Typed by hand"
    assert publication.origin == Publication.Origin.MANUAL
    assert publication.creators == [{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097"}, {"name": "Per Persson"}]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("doi", "not a doi", "is not a DOI"),
        ("doi", "", "This field is required."),
        ("source_url", "/etc/passwd", "directories of this machine are not read"),
        ("source_url", "ext::sh -c id", "are not fetched"),
        ("source_url", "file:///srv/repository", "are not fetched"),
        ("source_url", "https://127.0.0.1/x.git", "is not a public address"),
        ("source_url", "https://localhost/x.git", "is not a public address"),
        ("ref", "--upload-pack=id", "is not a repository that can be fetched"),
        ("facility", "999", "Select a valid choice."),
    ],
)
def test_what_cannot_be_registered_is_refused_beside_its_field(
    name: str, value: str, message: str, owner: Client
) -> None:
    response = owner.post("/register", {**TYPED, name: value})
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Publication.objects.exists()


def test_a_doi_that_is_registered_already_is_said_to_be_and_nothing_is_half_done(
    publication: Publication, stranger: Client
) -> None:
    response = stranger.post("/register", {**TYPED, "doi": publication.doi})
    assert f"{publication.doi} is registered here already." in response.content.decode()
    assert publication.repositories.count() == 1


def test_a_reader_is_told_that_registering_needs_a_role(reader: Client) -> None:
    response = reader.get("/register")
    assert response.status_code == 403
    assert "Ask the operator for the role." in response.content.decode()


def test_the_anonymous_are_asked_to_log_in(anonymous: Client) -> None:
    assert anonymous.get("/register").headers["Location"] == "/login?next=/register"


def test_while_the_repository_is_fetched_the_page_waits_and_goes_on_by_itself(
    draft: Publication, owner: Client
) -> None:
    owner.post(f"/fetch/{draft.doi}")
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert "is waiting to be fetched." in page
    assert 'hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page


def test_a_fetch_that_failed_says_why(draft: Publication, owner: Client) -> None:
    cause = {"id": "repository-missing", "fault": "upstream", "message": "There is none.", "hint": "Look again."}
    Snapshot.objects.create(repository=draft.repositories.get(), state="failed", cause=cause)
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert "There is none." in page
    assert "Look again." in page
    assert "Fetch again" in page


def rows(publication: Publication, **changes: str) -> dict[str, str]:
    """Return what the browser sends for the form as it stands, with one empty row at its end."""
    targets = list(publication.targets.all())
    typed = {"form-TOTAL_FORMS": str(len(targets) + 1), "form-INITIAL_FORMS": str(len(targets))}
    for number, target in enumerate(targets):
        typed |= {
            f"form-{number}-id": str(target.pk),
            f"form-{number}-label": target.label,
            f"form-{number}-kind": target.kind,
            f"form-{number}-notebook": target.notebook,
            f"form-{number}-is_kept": "on",
        }
    last = len(targets)
    typed |= {f"form-{last}-kind": "figure", f"form-{last}-notebook": targets[0].notebook, f"form-{last}-is_kept": "on"}
    return {name: value for name, value in {**typed, **changes}.items() if value != "-"}


def test_confirming_keeps_what_is_kept_and_deletes_the_rest(draft: Publication, owner: Client) -> None:
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-1-is_kept": "-", "form-2-label": "Figure 3b"}))
    targets = draft.targets.all()
    assert [(target.label, target.state) for target in targets] == [
        ("Figure 1", Target.State.CONFIRMED),
        ("Figure 3b", Target.State.CONFIRMED),
    ]


def test_another_target_may_be_added(draft: Publication, owner: Client) -> None:
    changes = {"form-3-label": "Table 1", "form-3-kind": "table", "form-3-cells": "a1, b2", "form-3-rtol": "1e-3"}
    changes |= {"form-3-image_limit": "2.5", "form-3-disabled_rules": "timings, literal-order"}
    owner.post(f"/targets/{draft.doi}", rows(draft, **changes))
    added = draft.targets.get(label="Table 1")
    assert (added.kind, added.cells, added.rtol) == ("table", ["a1", "b2"], 1e-3)
    assert (added.image_limit, added.disabled_rules) == (2.5, ["literal-order", "timings"])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("form-0-label", "", "Say what the paper calls it"),
        ("form-0-notebook", "../../etc/passwd", "Select a valid choice."),
        ("form-0-kind", "poem", "Select a valid choice."),
        ("form-0-rtol", "-1", "greater than or equal to 0"),
        ("form-0-rtol", "nan", "Enter a number."),
        ("form-0-image_limit", "-1", "greater than or equal to 0"),
        ("form-0-disabled_rules", "no-such-rule", "There is no rule no-such-rule."),
        ("form-0-timeout_s", "0", "greater than or equal to 1"),
        ("form-0-allowed_hosts", "127.0.0.1", "is not a host that a notebook can be allowed to reach"),
        ("form-0-allowed_hosts", "data.example.org", "may not reach data.example.org at this service"),
    ],
)
def test_a_target_that_cannot_be_is_refused_beside_its_field(
    name: str, value: str, message: str, draft: Publication, owner: Client
) -> None:
    response = owner.post(f"/targets/{draft.doi}", rows(draft, **{name: value}))
    assert response.status_code == 422
    assert message in response.content.decode()
    assert draft.targets.get(slug="figure-3").state == Target.State.PROPOSED


def test_hosts_that_the_operator_permits_may_be_named_and_are_shown_again(
    draft: Publication, owner: Client, settings: Settings
) -> None:
    settings.REPRISE_RUN_HOSTS = ["*.example.org"]
    draft.targets.filter(slug="figure-1").update(is_host_missing=True)
    assert "asks for the network but names no host" in owner.get(f"/targets/{draft.doi}").content.decode()
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-allowed_hosts": "Data.example.org, api.example.org"}))
    target = draft.targets.get(slug="figure-1")
    assert (target.allowed_hosts, target.is_host_missing) == (["data.example.org", "api.example.org"], False)
    assert 'value="data.example.org api.example.org"' in owner.get(f"/targets/{draft.doi}").content.decode()


def test_targets_of_another_publication_are_out_of_reach(
    draft: Publication, publication: Publication, owner: Client
) -> None:
    foreign = publication.targets.get(slug="figure-1")
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-id": str(foreign.pk), "form-0-label": "Stolen"}))
    foreign.refresh_from_db()
    assert foreign.label == "Figure 1"


def test_a_form_without_its_management_fields_is_refused_and_does_not_crash(draft: Publication, owner: Client) -> None:
    assert owner.post(f"/targets/{draft.doi}", {}).status_code == 422


def test_a_draft_whose_repository_was_never_fetched_offers_to_fetch_it(draft: Publication, owner: Client) -> None:
    Snapshot.objects.all().delete()
    draft.targets.all().delete()
    assert "Fetch it" in owner.get(f"/targets/{draft.doi}").content.decode()
    assert owner.post(f"/targets/{draft.doi}", {}).status_code == 200


def test_the_date_is_chosen_among_three_that_are_shown(draft: Publication, owner: Client) -> None:
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert "1 April 2020" in page
    assert "1 May 2020" in page
    answer = owner.post(f"/as-of/{draft.doi}", {"as_of": "publication"})
    assert answer.headers["Location"] == f"/targets/{draft.doi}"
    assert draft.repositories.get().as_of == "publication"
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert 'value="publication" checked' in page


@pytest.mark.parametrize("typed", ["", "yesterday", "2020-01-01"])
def test_a_date_that_is_none_of_the_three_changes_nothing(typed: str, draft: Publication, owner: Client) -> None:
    owner.post(f"/as-of/{draft.doi}", {"as_of": typed})
    assert draft.repositories.get().as_of == "commit"


def test_what_will_rot_is_told_with_its_fix_and_what_was_inferred_is_offered(draft: Publication, owner: Client) -> None:
    advice = {"id": "x", "file": "a.txt", "line": None, "message": "It rots.", "fix": "Pin it.", "severity": "warning"}
    Snapshot.objects.filter(repository__publication=draft).update(advice=[advice], declaration="+numpy<2\n")
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert "It rots." in page
    assert "Pin it." in page
    assert "+numpy&lt;2" in page
