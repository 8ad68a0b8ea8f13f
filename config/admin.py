"""The operator's view of logins: by which provider an account comes in. What else allauth has is not used here."""

from __future__ import annotations

import allauth.account.admin
import allauth.socialaccount.admin
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest

# Imported first, so that theirs are there to be taken away.
_REGISTERED = (allauth.account.admin, allauth.socialaccount.admin)
for model in (EmailAddress, EmailConfirmation, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(SocialAccount)
class IdentityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """A login is added by its owner alone; the operator may look at it."""

    list_display = ("user", "provider", "uid", "last_login")
    list_filter = ("provider",)
    list_select_related = ("user",)
    search_fields = ("user__username", "uid")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: SocialAccount | None = None) -> bool:
        """Return false."""
        return False
