"""Roles and groups follow providers, and leave alone what people gave."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from catalog.audit import SERVICE
from catalog.following import follow
from catalog.groups import make_group, remove_member, set_member
from catalog.login_providers import Rights
from catalog.models import ExperimentGroup, GroupMembership, ProviderGrant
from catalog.roles import grant, take_away
from tests.personas import People


def told(user: User, *roles: str, provider: str = "one", **groups: bool) -> None:
    follow(user, provider=provider, rights=Rights(frozenset(roles), groups), by=SERVICE)


def roles(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def members(name: str) -> dict[str, bool]:
    return dict(GroupMembership.objects.filter(group__name=name).values_list("user__username", "is_manager"))


def test_what_two_providers_give_goes_with_the_last_of_them(people: People) -> None:
    for name in ("one", "two"):
        told(people.reader, "author", provider=name, P=name == "two")
    assert members("P") == {"rita": False} or members("P") == {"rita": True}
    told(people.reader, provider="one")
    assert (roles(people.reader), members("P")) == ({"reader", "author"}, {"rita": True})
    told(people.reader, provider="two")
    assert (roles(people.reader), members("P")) == ({"reader"}, {})
    assert not ProviderGrant.objects.exists()


def test_a_place_in_a_group_that_people_gave_stays_as_it_was(people: People) -> None:
    told(people.owner, P=True)
    group = ExperimentGroup.objects.get()
    set_member(group, username="rita", is_manager=False, by=SERVICE)
    told(people.reader, P=True)
    assert members("P") == {"olga": True, "rita": False}
    told(people.reader)
    assert members("P") == {"olga": True, "rita": False}


def test_what_people_take_the_next_login_gives_again(people: People) -> None:
    told(people.reader, "author", P=False)
    told(people.owner, P=True)
    take_away(people.reader, "author")
    remove_member(ExperimentGroup.objects.get(), username="rita", by=SERVICE)
    told(people.reader, "author", P=False)
    assert (roles(people.reader), members("P")) == ({"reader", "author"}, {"rita": False, "olga": True})


def test_a_group_that_somebody_made_under_the_name_before_is_not_joined(people: People) -> None:
    make_group(name="P", manager=people.stranger, by=SERVICE)
    told(people.reader, P=False)
    assert members("P") == {"stan": True}
    assert members("P (one)") == {"rita": False}
    told(people.owner, provider="two", P=False)
    assert members("P (one)") == {"rita": False, "olga": False}


def test_the_last_manager_goes_when_the_provider_says_so(people: People) -> None:
    told(people.reader, P=True)
    told(people.reader, P=False)
    assert members("P") == {"rita": False}
    told(people.reader)
    assert members("P") == {}


def test_saying_the_same_again_changes_nothing(people: People) -> None:
    grant(people.reader, "author")
    for _ in range(2):
        told(people.reader, "author", "curator", P=True)
    assert list(ProviderGrant.objects.values_list("role", "group__name")) == [("", "P"), ("curator", None)]
    told(people.reader)
    assert roles(people.reader) == {"reader", "author"}


@pytest.mark.parametrize("is_manager", [False, True])
def test_a_member_that_people_made_a_manager_stays_one_until_the_provider_says_otherwise(
    is_manager: bool, people: People
) -> None:
    told(people.reader, P=False)
    set_member(ExperimentGroup.objects.get(), username="rita", is_manager=True, by=SERVICE)
    told(people.reader, P=is_manager)
    assert members("P") == {"rita": True}
