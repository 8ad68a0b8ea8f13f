"""Roles: author, curator and reader are groups; anonymous is everybody else.

Readers start runs and keep track of them; authors also register publications; curators edit and publish everything.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User

from catalog.role_names import AUTHOR, CURATOR, READER, ROLES

__all__ = [
    "AUTHOR",
    "CURATOR",
    "READER",
    "ROLES",
    "grant",
    "is_curator",
    "may_register",
    "take_away",
    "without_curating",
]


def is_curator(viewer: AbstractBaseUser | AnonymousUser) -> bool:
    """Tell whether `viewer` is a curator; superusers are."""
    return _has_role(viewer, CURATOR)


def may_register(viewer: AbstractBaseUser | AnonymousUser) -> bool:
    """Tell whether `viewer` may register publications: authors and curators may."""
    return _has_role(viewer, AUTHOR) or _has_role(viewer, CURATOR)


def without_curating(user: User) -> User:
    """Have the account act as an author where it is a curator, for as long as this request lasts."""
    held = set(user.groups.values_list("name", flat=True))
    if user.is_superuser or CURATOR in held:
        held.add(AUTHOR)
    vars(user)["_reprise_roles"] = frozenset(held - {CURATOR})
    return user


def grant(user: User, role: str) -> None:
    """Give `user` the role, which is one of ROLES."""
    if role not in ROLES:
        raise ValueError(f"no role {role}")
    group, _ = Group.objects.get_or_create(name=role)
    user.groups.add(group)


def take_away(user: User, role: str) -> None:
    """Take the role from `user`, who may not have it."""
    user.groups.remove(*Group.objects.filter(name=role))


def _has_role(viewer: AbstractBaseUser | AnonymousUser, role: str) -> bool:
    if not isinstance(viewer, User) or not viewer.is_active:
        return False
    if not hasattr(viewer, "_reprise_roles"):
        # Asked several times a page; the roles of one request's user do not change under it.
        named = frozenset(viewer.groups.values_list("name", flat=True))
        vars(viewer)["_reprise_roles"] = named.union(ROLES) if viewer.is_superuser else named
    return role in vars(viewer)["_reprise_roles"]
