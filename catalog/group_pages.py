"""Pages of experiment groups."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.audit import Actor, actor_of
from catalog.causes import CausedError
from catalog.forms import DoiField
from catalog.groups import attach, detach, make_group, remove_member, set_member
from catalog.models import Dataset, ExperimentGroup, Publication
from catalog.roles import may_register


class GroupForm(forms.Form):
    """The name of a new group."""

    name = forms.CharField(max_length=200, label="Name", help_text="For example the number of the proposal.")


class MemberForm(forms.Form):
    """An account and what it is in the group."""

    username = forms.CharField(max_length=150, label="Account")
    is_manager = forms.BooleanField(required=False, label="a manager: may edit, and say who belongs to it")


class BelongsForm(forms.Form):
    """What belongs to the group."""

    doi = DoiField(label="DOI of a publication or dataset", max_length=300)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """List the visitor's groups, and make one."""
    user = request.user
    may_make = isinstance(user, User) and may_register(user)
    form = GroupForm(request.POST or None)
    if request.method == "POST":
        if not isinstance(user, User) or not may_make:
            raise PermissionDenied("Your account may not make groups. Ask the operator for the role of author.")
        if form.is_valid():
            try:
                return redirect(make_group(name=form.cleaned_data["name"], manager=user, by=actor_of(request)))
            except CausedError as error:
                form.add_error("name", f"{error.cause.message} {error.cause.hint}")
    found = ExperimentGroup.objects.visible_to(user).prefetch_related("memberships__user")
    return render(request, "catalog/groups.html", {"groups": found, "form": form, "may_make": may_make})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Show who is in a group and what belongs to it; its managers change both, and members may leave."""
    found = get_object_or_404(ExperimentGroup.objects.visible_to(request.user), pk=group_id)
    is_managed = found.is_managed_by(request.user)
    if request.method == "POST":
        leaves = "remove" in request.POST and request.POST["remove"] == request.user.get_username()
        if not is_managed and not leaves:
            raise PermissionDenied("Only the managers of the group change it.")
        try:
            _change(request, found)
        except CausedError as error:
            messages.error(request, f"{error.cause.message} {error.cause.hint}")
        return redirect("groups" if leaves else found.get_absolute_url())
    context = {
        "group": found,
        "memberships": found.memberships.select_related("user"),
        "publications": Publication.objects.visible_to(request.user).filter(experiment_groups=found),
        "datasets": Dataset.objects.filter(experiment_groups=found),
        "is_managed": is_managed,
        "member_form": MemberForm(),
        "belongs_form": BelongsForm(),
    }
    return render(request, "catalog/group.html", context)


def _change(request: HttpRequest, found: ExperimentGroup) -> None:
    """Do what the form asks for. Raises CausedError."""
    by: Actor = actor_of(request)
    if "remove" in request.POST:
        remove_member(found, username=request.POST["remove"], by=by)
        return
    if "detach" in request.POST:
        detach(found, doi=request.POST["detach"], by=by)
        return
    member, belongs = MemberForm(request.POST), BelongsForm(request.POST)
    if "username" in request.POST and member.is_valid():
        set_member(found, **member.cleaned_data, by=by)
    elif "doi" in request.POST and belongs.is_valid():
        attach(found, doi=belongs.cleaned_data["doi"], viewer=request.user, by=by)
    else:
        messages.error(request, "Give the name of an account, or the DOI of a publication or dataset.")
