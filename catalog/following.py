"""Roles and groups follow the provider: what it says at a login is given, what it says no more is taken.

What people gave by hand is left alone: it has no grant on record.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from catalog.audit import Actor, record
from catalog.login_providers import Rights
from catalog.models import ExperimentGroup, GroupMembership, ProviderGrant
from catalog.roles import grant, take_away


def follow(user: User, *, provider: str, rights: Rights, by: Actor) -> None:
    """Give the account what the provider says it may, and take back what of this provider it may no more."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        _follow_roles(user, provider, rights.roles, by)
        _follow_groups(user, provider, rights.groups, by)


def _follow_roles(user: User, provider: str, wanted: frozenset[str], by: Actor) -> None:
    grants = ProviderGrant.objects.filter(user=user).exclude(role="")
    told = set(grants.filter(provider=provider).values_list("role", flat=True))
    by_others = set(grants.exclude(provider=provider).values_list("role", flat=True))
    held = set(user.groups.values_list("name", flat=True))
    by_hand = held - told - by_others
    for role in sorted(wanted - told - by_hand):
        ProviderGrant.objects.create(user=user, provider=provider, role=role)
    grants.filter(provider=provider, role__in=told - wanted).delete()
    gained, lost = sorted(wanted - held), sorted((told - wanted - by_others) & held)
    for role in gained:
        grant(user, role)
    for role in lost:
        take_away(user, role)
    if gained or lost:
        record("account.roles", by=by, subject=user, provider=provider, gained=gained, lost=lost)


def _follow_groups(user: User, provider: str, wanted: Mapping[str, bool], by: Actor) -> None:
    grants = ProviderGrant.objects.filter(user=user, provider=provider, group__isnull=False)
    told = {one.group_id: one for one in grants.select_related("group")}
    kept: set[int] = set()
    for name, is_manager in wanted.items():
        group = _group_named(name, provider, by)
        kept.add(group.pk)
        _join(user, provider, group, is_manager, told.get(group.pk), by)
    for group_id, one in told.items():
        if group_id not in kept:
            _leave(one, by)


def _group_named(name: str, provider: str, by: Actor) -> ExperimentGroup:
    """Return the group that providers fill by this name.

    One that people made under it is another: whoever made it could have chosen the name in order to be joined.
    """
    found = ExperimentGroup.objects.filter(followed=name).first()
    if found is not None:
        return found
    free = name
    number = 1
    while ExperimentGroup.objects.filter(name=free).exists():
        free = f"{name} ({provider})" if number == 1 else f"{name} ({provider} {number})"
        number += 1
    group, is_new = ExperimentGroup.objects.get_or_create(followed=name, defaults={"name": free})
    if is_new:
        record("group.make", by=by, subject=group, provider=provider)
    return group


def _join(
    user: User, provider: str, group: ExperimentGroup, is_manager: bool, told: ProviderGrant | None, by: Actor
) -> None:
    membership, is_new = GroupMembership.objects.get_or_create(
        group=group, user=user, defaults={"is_manager": is_manager}
    )
    if is_new:
        record(
            "group.member",
            by=by,
            subject=group,
            account=user.get_username(),
            is_manager=is_manager,
            provider=provider,
        )
    others = ProviderGrant.objects.filter(user=user, group=group)
    if told is None and (is_new or others.exists()):
        ProviderGrant.objects.create(user=user, provider=provider, group=group, is_manager=is_manager)
    elif told is not None and told.is_manager != is_manager:
        ProviderGrant.objects.filter(pk=told.pk).update(is_manager=is_manager)
    else:
        return
    _set_managing(membership, by)


def _leave(told: ProviderGrant, by: Actor) -> None:
    user, group = told.user, told.group
    told.delete()
    membership = GroupMembership.objects.filter(group=group, user=user).select_related("group", "user").first()
    if membership is None:
        return
    if ProviderGrant.objects.filter(user=user, group=group).exists():
        _set_managing(membership, by)
        return
    membership.delete()
    record("group.leave", by=by, subject=group, account=user.get_username(), provider=told.provider)


def _set_managing(membership: GroupMembership, by: Actor) -> None:
    is_manager = ProviderGrant.objects.filter(user=membership.user, group=membership.group, is_manager=True).exists()
    if GroupMembership.objects.filter(pk=membership.pk).exclude(is_manager=is_manager).update(is_manager=is_manager):
        name = membership.user.get_username()
        record("group.member", by=by, subject=membership.group, account=name, is_manager=is_manager)
