"""Experiment groups: make one, say who is in it, and what belongs to it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from catalog.audit import Actor, record
from catalog.errors import CatalogError
from catalog.models import Dataset, ExperimentGroup, GroupMembership, Publication, Viewer


def make_group(*, name: str, manager: User, by: Actor) -> ExperimentGroup:
    """Create a group with its first manager. Raises CatalogError group-name-taken."""
    try:
        with transaction.atomic():
            group = ExperimentGroup.objects.create(name=name)
            GroupMembership.objects.create(group=group, user=manager, is_manager=True)
            record("group.make", by=by, subject=group)
    except IntegrityError:
        raise CatalogError("group-name-taken", name=name) from None
    return group


def set_member(group: ExperimentGroup, *, username: str, is_manager: bool, by: Actor) -> GroupMembership:
    """Add an account, or change what it is in the group.

    Raises CatalogError: account-unknown, group-needs-a-manager when it was the last manager.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CatalogError("account-unknown", name=username)
    with transaction.atomic():
        ExperimentGroup.objects.select_for_update().get(pk=group.pk)
        if not is_manager:
            _check_another_manages(group, user)
        membership, _ = GroupMembership.objects.update_or_create(
            group=group, user=user, defaults={"is_manager": is_manager}
        )
        record("group.member", by=by, subject=group, account=username, is_manager=is_manager)
    return membership


def remove_member(group: ExperimentGroup, *, username: str, by: Actor) -> bool:
    """Take an account out of the group; return whether it was in it. Raises CatalogError group-needs-a-manager."""
    with transaction.atomic():
        ExperimentGroup.objects.select_for_update().get(pk=group.pk)
        membership = group.memberships.filter(user__username=username).select_related("user").first()
        if membership is None:
            return False
        _check_another_manages(group, membership.user)
        membership.delete()
        record("group.leave", by=by, subject=group, account=username)
    return True


def _check_another_manages(group: ExperimentGroup, user: User) -> None:
    managers = list(group.memberships.filter(is_manager=True).values_list("user_id", flat=True))
    if managers == [user.pk]:
        raise CatalogError("group-needs-a-manager", name=group.name)


def attach(group: ExperimentGroup, *, doi: str, viewer: Viewer, by: Actor) -> None:
    """Have a publication or a dataset belong to the group.

    A publication is for whoever may edit it to give. A dataset is for whoever may edit every publication that rests on
    it, so that nobody gets at the data of others by registering a paper that names them. Raises CatalogError
    not-yours-to-attach, also when there is none with this DOI.
    """
    publication = Publication.objects.editable_by(viewer).filter(doi=doi).first()
    dataset = None if publication is not None else _own_dataset(viewer, doi)
    if publication is None and dataset is None:
        raise CatalogError("not-yours-to-attach", doi=doi)
    with transaction.atomic():
        if publication is not None:
            group.publications.add(publication)
        elif dataset is not None:
            group.datasets.add(dataset)
        record("group.attach", by=by, subject=group, doi=doi)


def _own_dataset(viewer: Viewer, doi: str) -> Dataset | None:
    dataset = Dataset.objects.visible_to(viewer).filter(doi=doi).first()
    if dataset is None:
        return None
    editable = Publication.objects.editable_by(viewer).values("pk")
    is_of_others = dataset.publications.exclude(pk__in=editable).exists() or not dataset.publications.exists()
    return None if is_of_others else dataset


def detach(group: ExperimentGroup, *, doi: str, by: Actor) -> bool:
    """Have a publication or dataset belong to the group no more; return whether it did."""
    with transaction.atomic():
        publications, datasets = group.publications.filter(doi=doi), group.datasets.filter(doi=doi)
        is_there = publications.exists() or datasets.exists()
        group.publications.remove(*publications)
        group.datasets.remove(*datasets)
        if is_there:
            record("group.detach", by=by, subject=group, doi=doi)
    return is_there
