"""Experiment groups: who is in them, what belongs to them, and what that opens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client

from catalog.audit import SERVICE
from catalog.causes import CausedError
from catalog.groups import attach, make_group, remove_member, set_member
from catalog.models import Dataset, ExperimentGroup, Publication
from tests.personas import People, api_client


@pytest.fixture
def group(people: People) -> ExperimentGroup:
    """A group that the stranger manages, with the reader as a member."""
    made = make_group(name="Proposal 1", manager=people.stranger, by=SERVICE)
    set_member(made, username="rita", is_manager=False, by=SERVICE)
    return made


def test_a_member_sees_a_draft_and_a_manager_edits_it(
    group: ExperimentGroup, people: People, draft: Publication
) -> None:
    assert not Publication.objects.open_to(people.reader).exists()
    group.publications.add(draft)
    assert Publication.objects.open_to(people.reader).get() == draft
    assert (draft.is_editable_by(people.reader), draft.is_editable_by(people.stranger)) == (False, True)


def test_who_left_sees_no_more(group: ExperimentGroup, people: People, draft: Publication) -> None:
    group.publications.add(draft)
    remove_member(group, username="rita", by=SERVICE)
    assert not Publication.objects.visible_to(people.reader).exists()


def test_an_ending_that_leaves_no_manager_is_refused(group: ExperimentGroup) -> None:
    for change in (
        lambda: remove_member(group, username="stan", by=SERVICE),
        lambda: set_member(group, username="stan", is_manager=False, by=SERVICE),
    ):
        with pytest.raises(CausedError) as error:
            change()
        assert error.value.cause.id == "group-needs-a-manager"


def test_a_publication_is_given_by_who_may_edit_it(group: ExperimentGroup, people: People, draft: Publication) -> None:
    with pytest.raises(CausedError) as error:
        attach(group, doi=draft.doi, viewer=people.stranger, by=SERVICE)
    assert error.value.cause.id == "not-yours-to-attach"
    attach(group, doi=draft.doi, viewer=people.owner, by=SERVICE)
    assert group.publications.get() == draft


def test_a_dataset_is_not_taken_by_a_paper_that_names_it(
    group: ExperimentGroup, people: People, publication: Publication
) -> None:
    dataset = publication.datasets.create(doi="10.5072/data", title="Data")
    own = Publication.objects.create(doi="10.5072/own", title="Own", owner=people.stranger)
    own.datasets.add(dataset)
    with pytest.raises(CausedError):
        attach(group, doi=dataset.doi, viewer=people.stranger, by=SERVICE)
    attach(group, doi=dataset.doi, viewer=people.curator, by=SERVICE)
    assert group.datasets.get() == dataset


@pytest.mark.parametrize("access", ["embargoed", "restricted"])
def test_files_of_closed_data_are_for_the_groups_that_hold_them(
    access: str, group: ExperimentGroup, people: People, publication: Publication
) -> None:
    dataset = publication.datasets.create(doi="10.5072/data", title="Data", access=access, files=[{"path": "a.h5"}])

    def readers() -> set[str]:
        everybody = [people.owner, people.curator, people.reader, people.stranger, AnonymousUser()]
        return {str(one) for one in everybody if Dataset.objects.open_to(one).exists()}

    assert readers() == {"olga", "curt"}
    group.datasets.add(dataset)
    assert readers() == {"curt", "rita", "stan"}
    files = [api_client(one).get("/api/v1/datasets/").json()["results"][0]["files"] for one in (None, people.reader)]
    assert files == [[], [{"path": "a.h5"}]]


def test_open_data_of_an_embargoed_paper_list_no_files_to_others(embargoed: Publication) -> None:
    embargoed.datasets.create(doi="10.5072/data", title="Data", access="open", files=[{"path": "a.h5"}])
    assert api_client(None).get("/api/v1/datasets/").json()["results"][0]["files"] == []


def test_a_group_does_not_exist_for_others(
    group: ExperimentGroup, owner: Client, reader: Client, curator: Client
) -> None:
    path = group.get_absolute_url()
    assert [client.get(path).status_code for client in (owner, reader, curator)] == [404, 200, 200]
    assert b"Proposal 1" not in owner.get("/groups").content


def test_a_group_is_made_and_changed_on_its_page(owner: Client, people: People, draft: Publication) -> None:
    made = owner.post("/groups", {"name": "Proposal 2"})
    path = made.headers["Location"]
    owner.post(path, {"username": "rita", "is_manager": "on"})
    owner.post(path, {"doi": draft.doi})
    page = owner.get(path).content.decode()
    assert "rita" in page
    assert draft.title in page
    owner.post(path, {"detach": draft.doi})
    owner.post(path, {"remove": "olga"})
    found = ExperimentGroup.objects.get(name="Proposal 2")
    assert (found.publications.count(), [row.user.username for row in found.memberships.all()]) == (0, ["rita"])


def test_a_member_changes_nothing_but_may_leave(group: ExperimentGroup, reader: Client) -> None:
    path = group.get_absolute_url()
    for typed in ({"username": "olga"}, {"remove": "stan"}, {"doi": "10.5072/x"}, {"detach": "10.5072/x"}):
        assert reader.post(path, typed).status_code == 403
    assert reader.post(path, {"remove": "rita"}).headers["Location"] == "/groups"
    assert not group.memberships.filter(user__username="rita").exists()


def test_a_reader_makes_no_group(reader: Client, people: People) -> None:
    assert reader.post("/groups", {"name": "Mine"}).status_code == 403
    assert api_client(people.reader).post("/api/v1/groups/", {"name": "Mine"}, format="json").status_code == 403


def test_a_group_is_managed_through_the_api(people: People, draft: Publication) -> None:
    client = api_client(people.owner)
    made = client.post("/api/v1/groups/", {"name": "Proposal 3"}, format="json")
    assert made.status_code == 201
    path = f"/api/v1/groups/{made.json()['id']}/"
    client.post(f"{path}add-member/", {"username": "rita"}, format="json")
    shown = client.post(f"{path}attach/", {"doi": f"https://doi.org/{draft.doi}"}, format="json").json()
    assert shown["publications"] == [draft.doi]
    assert shown["members"] == [
        {"username": "olga", "is_manager": True},
        {"username": "rita", "is_manager": False},
    ]
    member = api_client(people.reader)
    assert member.post(f"{path}add-member/", {"username": "stan"}, format="json").status_code == 403
    assert member.post(f"{path}remove-member/", {"username": "olga"}, format="json").status_code == 403
    assert api_client(people.stranger).get(path).status_code == 404
    assert client.post(f"{path}detach/", {"doi": draft.doi}, format="json").json()["publications"] == []
    assert member.post(f"{path}remove-member/", {"username": "rita"}, format="json").status_code == 204


def test_a_name_is_taken_once_and_an_account_must_be_there(group: ExperimentGroup, people: People) -> None:
    again = api_client(people.owner).post("/api/v1/groups/", {"name": "Proposal 1"}, format="json")
    assert (again.status_code, again.json()["cause"]["id"]) == (409, "group-name-taken")
    with pytest.raises(CausedError) as error:
        set_member(group, username="nobody", is_manager=False, by=SERVICE)
    assert error.value.cause.id == "account-unknown"
    User.objects.filter(username="olga").update(is_active=False)
    with pytest.raises(CausedError):
        set_member(group, username="olga", is_manager=False, by=SERVICE)
