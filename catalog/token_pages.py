"""The page of an account's API tokens."""

from __future__ import annotations

from typing import Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.audit import actor_of
from catalog.models import ApiToken
from catalog.tokens import make_token, revoke_token

_SHOWN: Final = 50
_USUAL_DAYS: Final = 90


class TokenForm(forms.Form):
    """What a new token is for, what it may do and for how long."""

    name = forms.CharField(max_length=100, label="Name", help_text="What will use it, for example: harvester at home.")
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        initial=[ApiToken.Scope.READ],
    )
    days = forms.IntegerField(min_value=1, label="Days until it ends")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the account's tokens; make one, which is shown once, or revoke one."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    fresh, form = "", TokenForm(initial={"days": min(_USUAL_DAYS, settings.REPRISE_TOKEN_DAYS)})
    if "revoke" in request.POST:
        return _revoke(request, user)
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            _, fresh = make_token(user, **form.cleaned_data, now=timezone.now(), by=actor_of(request))
    context = {
        "rows": [(token, token.is_good_at(timezone.now())) for token in user.api_tokens.all()[:_SHOWN]],
        "fresh": fresh,
        "form": form,
        "most_days": settings.REPRISE_TOKEN_DAYS,
    }
    return render(request, "accounts/tokens.html", context)


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    number = request.POST["revoke"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    revoke_token(get_object_or_404(user.api_tokens, pk=int(number)), now=timezone.now(), by=actor_of(request))
    messages.success(request, "The token is revoked.")
    return redirect("tokens")
